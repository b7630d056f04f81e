"""Equations printed as NumPy code: in place, with a trailing member axis.

The text defines ``build(c, series, t0, y0, new, trailing)``, which computes what depends on
constants alone, fills ``y0`` with initial values, allocates buffers, and returns functions:
``derivatives(t, y, dy)``, which also puts into the arrays of ``seen`` what pipelines take in,
``observe(t, y, out)``, ``crossings(t)``, ``clock_values(t)`` and the times of steps and pulses.
State values are computed by three-address lines into buffers that are reused as soon as they are
free; everything that can be known earlier is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from secdil_sd.equations.blocks import Along, Axis
from secdil_sd.equations.expression import Table
from secdil_sd.equations.functions import COMPARISONS, FUNCTIONS
from secdil_sd.equations.resolve import (
    TIME,
    Apply,
    Literal,
    Load,
    Read,
    Reduce,
    Term,
    Vector,
    loads,
    reads_clock,
    terms,
)
from secdil_sd.equations.schedule import Schedule, Stage, Statement
from secdil_sd.targets.lines import REDUCTIONS, Lines, Pool, Value
from secdil_sd.targets.naming import comment, identifiers, literal, numbers
from secdil_sd.targets.places import brackets, copies, part_of, view
from secdil_sd.targets.runtime import RESERVED

_OWN = (
    "build",
    "c",
    "series",
    "t0",
    "y0",
    "new",
    "trailing",
    "t",
    "y",
    "dy",
    "out",
    "seen",
    "marks",
)


def print_arrays(schedule: Schedule, outputs: Sequence[str]) -> str:
    """Return NumPy source for a schedule.

    Parameters
    ----------
    schedule : Schedule
    outputs : sequence of str
        Variables that ``observe`` writes.

    Returns
    -------
    str
        Source text that defines ``build``; run it only through ``targets.program``.
    """
    return Printer(schedule).source(outputs)


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", text)


class Printer:
    """Collects the parts of the text of one schedule."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.names = identifiers(schedule.slots, {*RESERVED, *_OWN})
        self.pool = Pool()
        self.batch: list[str] = []
        self.views: dict[str, str] = {}
        self.clock: list[str] = []
        self.clock_names: list[str] = []
        self.explicit: set[str] = set()
        self.watched: dict[tuple[str, tuple[str, ...]], None] = {}
        self.tables: dict[tuple[Table, tuple[int, ...]], str] = {}
        self.literals: dict[Literal, str] = {}
        self.early: dict[tuple[Term, bool], str] = {}
        self.persistent = self._persistent()
        self.used: dict[int, Statement] = {}

    def _persistent(self) -> set[str]:
        """Variables written in pieces: they need an array of their own."""
        statements = (*self.schedule.prepare, *self.schedule.values)
        return {each.target for each in statements if each.kind == "value" and not each.whole}

    # the whole text

    def source(self, outputs: Sequence[str]) -> str:
        prepare = self._prepare()
        derivatives = self._derivatives()
        observe = self._observe(outputs)
        crossings, marks = self._events()
        lines = ["def build(c, series, t0, y0, new, trailing):"]
        lines += self._constants()
        lines += ["    # known from the constants; values at the start end in _0"]
        lines += [f"    {each}" for each in prepare]
        lines += self._buffers()
        lines += [f"    seen = {{{', '.join(self._seen())}}}"]
        weights = (f"acts({', '.join(each)}), " for _, each in self.watched)
        lines += [f"    acting = ({''.join(weights)})"]
        lines += ["", f"    def clock_values(t):  # {', '.join(self.clock_names) or 'nothing'}"]
        lines += [f"        {each}" for each in self.clock]
        lines += [f"        return ({''.join(f'{each}, ' for each in self.clock_names)})"]
        lines += ["    clock_values = latest(clock_values)"]
        lines += ["", "    def derivatives(t, y, dy):"]
        lines += [f"        {each}" for each in self._unpack() + derivatives]
        lines += ["", "    def observe(t, y, out):"]
        lines += [f"        {each}" for each in self._unpack() + observe]
        lines += ["", "    def watched(t):"]
        lines += [f"        {each}" for each in self._clock_for([text for text, _ in self.watched])]
        watched = [f"{text} if acting[{k}] else 0.0, " for k, (text, _) in enumerate(self.watched)]
        lines += [f"        return ({''.join(watched)})"]
        lines += ["", "    def crossings(t):"]
        lines += [f"        {each}" for each in self._clock_for(crossings) + crossings]
        lines += ["", f"    marks = [{', '.join(marks)}]"]
        lines += [f"    known = {{{', '.join(self._known())}}}"]
        lines += ["    if not any(acting):", "        watched = nothing"]
        lines += ["    return derivatives, observe, watched, crossings, marks, seen, known", ""]
        return "\n".join(lines)

    def _clock_for(self, texts: Sequence[str]) -> list[str]:
        """The lines of the clock that some texts need, directly or through each other."""
        wanted = {word for text in texts for word in _words(text)}
        kept: list[str] = []
        for line in reversed(self.clock):
            words = _words(line.partition("  #")[0])
            if words[0] in wanted:
                kept.append(line)
                wanted.update(words)
        return kept[::-1]

    def _known(self) -> list[str]:
        """Values known from the constants, which other forms of the same equations read."""
        prepared = (each for each in self.schedule.prepare if each.kind == "value")
        names = dict.fromkeys(each.target for each in prepared)
        return [f"{each!r}: {self.names[each]}" for each in names]

    def _seen(self) -> list[str]:
        """Arrays for what is looked at in every step, because pipelines take it in."""
        slots = self.schedule.slots
        return [
            f"{each!r}: new({', '.join(map(str, slots[each].shape))})"
            for each in self.schedule.remembered
        ]

    def _constants(self) -> list[str]:
        lines = ["    # constants"]
        for name, slot in self.schedule.slots.items():
            if slot.role == "constant":
                dims = f"  # [{', '.join(slot.dimensions)}]" if slot.dimensions else ""
                lines.append(f"    {self.names[name]} = c[{name!r}]{dims}")
        lines += [
            f"    {name} = LookupTable({numbers(t.x)}, {numbers(t.y)}, {t.beyond!r}"
            + (f", {sizes!r}, trailing)" if sizes else ")")
            for (t, sizes), name in self.tables.items()
        ]
        for term, name in self.literals.items():
            shape = tuple(each.size for each in term.axes)
            lines.append(f"    {name} = literals({numbers(term.values)}, {shape!r}, trailing)")
        for name in self.persistent:
            if self.schedule.slots[name].role == "auxiliary":
                sizes = ", ".join(map(str, self.schedule.slots[name].shape))
                lines.append(f"    {self.names[name]} = new({sizes})")
                lines.append(f"    {self.names[name]}[...] = nan")
        return lines

    def _buffers(self) -> list[str]:
        lines = ["    # buffers"] if self.pool.shapes else []
        for name, (shape, logical) in self.pool.shapes.items():
            kind = ", logical=True" if logical else ""
            lines.append(
                f"    {name} = new({', '.join(map(str, shape))}{kind})".replace("(, ", "(")
            )
        lines += [f"    {name} = {text}" for text, name in self.views.items()]
        return lines

    def _unpack(self) -> list[str]:
        lines = []
        for slot in self.schedule.stocks:
            lines.append(f"{self.names[slot.name]} = {part_of('y', slot.offset, slot.shape)}")
        return lines + self._clock_unpacked()

    def _clock_unpacked(self) -> list[str]:
        if not self.clock_names:
            return ["clock_values(t)"] if self.clock else []
        return [f"{''.join(f'{each}, ' for each in self.clock_names)}= clock_values(t)"]

    # values known early: nested expressions

    def _prepare(self) -> list[str]:
        for slot in self.schedule.stocks:
            self.batch.append(
                f"{self.names[slot.name]}_0 = {part_of('y0', slot.offset, slot.shape)}"
            )
        for statement in self.schedule.prepare:
            self._assign_early(statement)
        return self.batch

    def _assign_early(self, statement: Statement) -> None:
        slot = self.schedule.slots[statement.target]
        value = self.nested(statement.term, statement.at_start)
        target = self.names[statement.target]
        if statement.kind == "initial":
            target += "_0"
        note = f"  # {comment(statement.text)}"
        text = self.align(value, statement.axes)
        if slot.role == "stock" or not statement.whole:
            if slot.role != "stock" and statement.kind == "initial":
                self._start_array(target, slot.shape)
            place = brackets(statement.index)
            self.batch.append(f"{target}{place} = {text}{note}")
        elif value.axes == statement.axes:
            self.batch.append(f"{target} = {text}{note}")
        else:
            count = len(statement.axes) if value.axes else 0
            self.batch.append(f"{target} = spread({text}, {slot.shape!r}, {count}, trailing){note}")

    def _start_array(self, target: str, shape: tuple[int, ...]) -> None:
        line = f"{target} = new({', '.join(map(str, shape))})"
        if line not in self.batch:
            self.batch.append(line)

    def nested(self, term: Term, at_start: bool = False) -> Value:
        """A term as one nested expression that allocates: for what is computed once."""
        match term:
            case Literal():
                return self.literal(term)
            case Load():
                return self.load(term, at_start)
            case Read(_, argument, axes):
                inner = self.nested(argument, at_start)
                return Value(f"{self.table(term)}({self.align(inner, axes)})", axes)
            case Reduce(function, over, body, axes):
                inner = self.nested(body, at_start)
                places = tuple(inner.axes.index(each) for each in over)
                return Value(f"{REDUCTIONS[function]}.reduce({inner.text}, {places!r})", axes)
            case Vector():
                return self.vector(term, [self.nested(e, at_start) for e in term.arguments])
            case Apply(function, arguments, axes, logical):
                inner_values = [self.nested(each, at_start) for each in arguments]
                fitted = self.fitted(
                    function, inner_values, axes, lambda v: f"number({v})", lambda v: f"truth({v})"
                )
                return Value(self.call(function, fitted, "t0" if at_start else "t"), axes, logical)
        raise TypeError(f"not a term: {term!r}")

    def call(self, function: str, arguments: list[str], time: str) -> str:
        row = FUNCTIONS[function]
        if row.name == "pi":
            return "pi"
        if row.kind == "time":
            return f"{row.numpy}({', '.join([time, *arguments])})"
        if function in ("+", "-", "*"):
            return f"({arguments[0]} {function} {arguments[1]})"
        if function == "^" and arguments[1] == "2.0":
            return f"square({arguments[0]})"
        return f"{row.numpy}({', '.join(arguments)})"

    def vector(self, term: Vector, arguments: list[Value]) -> Value:
        """A function of whole vectors: its arguments over all axes, and where it works."""
        texts = self.fitted(
            term.function, arguments, term.inner, lambda v: f"number({v})", lambda v: f"truth({v})"
        )
        sizes = tuple(each.size for each in term.inner)
        places = tuple(term.inner.index(each) for each in term.over)
        call = FUNCTIONS[term.function].numpy
        text = f"{call}(({', '.join(texts)},), {sizes!r}, {places!r}, trailing)"
        return Value(text, term.axes)

    def fitted(
        self,
        function: str,
        values: list[Value],
        axes: tuple[Axis, ...],
        as_number: Callable[[str], str],
        as_truth: Callable[[str], str],
    ) -> list[str]:
        """Texts of arguments, aligned, with conditions and numbers where each is wanted."""
        texts = []
        for place, value in enumerate(values):
            wants_truth = function in ("and", "or", "not") or (
                function == "if then else" and place == 0
            )
            text = self.align(value, axes)
            if value.logical and not wants_truth:
                text = as_number(text)
            elif wants_truth and not value.logical:
                text = as_truth(text)
            texts.append(text)
        return texts

    # leaves

    def literal(self, term: Literal) -> Value:
        if not term.axes:
            return Value(literal(term.values[0]), ())
        name = self.literals.setdefault(term, f"numbers_{len(self.literals) + 1}")
        return Value(name, term.axes)

    def table(self, read: Read) -> str:
        """The name of a table; where it differs along axes, of one shaped to fit the result."""
        sizes = tuple(each.size if each in read.along else 1 for each in read.axes)
        key = (read.table, sizes if read.along else ())
        return self.tables.setdefault(key, f"table_{len(self.tables) + 1}")

    def load(self, load: Load, at_start: bool = False) -> Value:
        if load.name == TIME and load.name not in self.schedule.slots:
            return Value("t0" if at_start else "t", ())
        slot = self.schedule.slots[load.name]
        name = self.names[load.name]
        if slot.role == "series":
            base = f"series[{load.name!r}]({'t0' if at_start else 't'})"
        elif at_start and slot.role != "constant" and not self.schedule.is_batch(load.name):
            base = f"{name}_0"
        else:
            base = name
        return Value(base + view(load, slot.shape), load.axes)

    def align(self, value: Value, axes: tuple[Axis, ...]) -> str:
        """The operand with an axis of one wherever ``axes`` has one it lacks, before its last."""
        if not value.axes or value.axes == axes:
            return value.text
        first = axes.index(value.axes[0])
        marks = [":" if each in value.axes else "None" for each in axes[first:]]
        if "None" not in marks:
            return value.text
        while marks and marks[-1] == ":":
            marks.pop()
        return f"{value.text}[{', '.join(marks)}]"

    def seen(self, text: str, term: Term | None, stage: Stage | None = None) -> str:
        """A view of something that outlives the call, made once; stocks and clocks are not."""
        stale = copies(text) and text.split("[")[0] in self.pool.shapes
        if text.isidentifier() or stale or not isinstance(term, Load) or stage != "batch":
            return text
        return self.views.setdefault(text, f"view_{len(self.views) + 1}")

    # values of the state: three-address lines

    def _derivatives(self) -> list[str]:
        lines: list[str] = []
        seen = self.schedule.remembered
        needed = self.schedule.needed_for(seen, flows=True)
        code = Lines(self, lines, (*needed, *self.schedule.flows), keep=frozenset(seen))
        for statement in needed:
            code.assign(statement)
        written: dict[str, list[Statement]] = {}
        for statement in self.schedule.flows:
            written.setdefault(statement.target, []).append(statement)
        for target, statements in written.items():
            slot = self.schedule.slots[target]
            place = part_of("dy", slot.offset, slot.shape)
            lines.append(f"d_{self.names[target]} = {place}")
            if not all(each.whole for each in statements):
                lines.append(f"d_{self.names[target]}[...] = 0.0")
            for statement in statements:
                code.store(statement, f"d_{self.names[target]}")
        self._shown(code, seen, "seen")
        code.finish()
        return lines or ["pass"]

    def _observe(self, outputs: Sequence[str]) -> list[str]:
        lines: list[str] = []
        needed = self.schedule.needed_for(outputs, flows=False)
        code = Lines(self, lines, needed, keep=frozenset(outputs))
        for statement in needed:
            code.assign(statement)
        self._shown(code, outputs, "out")
        code.finish()
        return lines or ["pass"]

    def _shown(self, code: Lines, names: Sequence[str], holder: str) -> None:
        """Write variables into the arrays of ``out`` or ``seen``."""
        for name in names:
            slot = self.schedule.slots[name]
            value = self.load(Load(name, tuple(Along("", tuple(range(n))) for n in slot.shape), ()))
            text = code.named.get(
                name, value.text.split("[")[0] if slot.role != "series" else value.text
            )
            code.lines.append(f"{holder}[{name!r}][...] = {text}")

    def hoisted(self, term: Term, stage: Stage) -> Value:
        """Name a subexpression that is known before the state, and return it."""
        found = self.early.get((term, stage == "batch"))
        logical = isinstance(term, Apply) and term.logical
        if found is None:
            value = self.nested(term)
            if stage == "batch":
                found = f"early_{len(self.early) + 1}"
                self.batch.append(f"{found} = uniform({value.text})")
            else:
                found = f"clock_{len(self.clock_names) + 1}"
                self._clock_line(found, value.text, term)
            self.early[term, stage == "batch"] = found
        return Value(found, term.axes, logical)

    def _clock_line(self, name: str, text: str, term: Term, note: str = "") -> None:
        self.clock.append(f"{name} = {text}{note}")
        self.clock_names.append(name)
        if self._explicit(term):
            self.explicit.add(name)
            self._watch(term)

    def _watch(self, term: Term) -> None:
        """Watch what a value of time changes by, and by which factors it counts at all."""
        weights: list[Term] = []
        while isinstance(term, Apply) and term.function == "*":
            first, second = term.arguments
            stages = [self.schedule.stage_of(each) for each in term.arguments]
            if "batch" not in stages:
                break
            weight, term = (first, second) if stages[0] == "batch" else (second, first)
            weights.append(weight)
        texts = tuple(self.nested(each).text for each in weights)
        self.watched[self.nested(term).text, texts] = None

    def _explicit(self, term: Term) -> bool:
        """Say whether a term names Time itself: series alone are piecewise linear."""
        if reads_clock(term):
            return True
        for load in loads(term):
            if load.name == TIME or self.names.get(load.name) in self.explicit:
                return True
        return False

    def clock_assign(self, statement: Statement) -> None:
        """Write a time value among the clock's."""
        name = self.names[statement.target]
        if name in self.clock_names and statement.whole:
            return
        value = self.nested(statement.term)
        note = f"  # {comment(statement.text)}"
        text = self.align(value, statement.axes)
        if not statement.whole:
            line = f"{name}{brackets(statement.index)} = {text}{note}"
            if line not in self.clock:
                self.clock.append(line)
                if self._explicit(statement.term) and name in self.clock_names:
                    self.explicit.add(name)
                    self.watched[name, ()] = None
            return
        if value.axes != statement.axes:
            shape = self.schedule.slots[statement.target].shape
            text = (
                f"spread({text}, {shape!r}, {len(statement.axes) if value.axes else 0}, trailing)"
            )
        self._clock_line(name, text, statement.term, note)

    # events

    def _events(self) -> tuple[list[str], list[str]]:
        """Expressions of time whose crossings are breaks, and times known from constants."""
        found: list[str] = []
        marks: list[str] = []
        for statement in self.used.values():
            for term in terms(statement.term):
                if isinstance(term, Read) and self.schedule.stage_of(term.argument) == "time":
                    found.append(f"({self.nested(term.argument).text}, {numbers(term.table.x)})")
                elif isinstance(term, Apply) and term.function in COMPARISONS:
                    stages = [self.schedule.stage_of(each) for each in term.arguments]
                    if "time" in stages and "state" not in stages:
                        values = [
                            self.align(self.nested(each), term.axes) for each in term.arguments
                        ]
                        found.append(f"(subtract({values[0]}, {values[1]}), (0.0,))")
                elif isinstance(term, Apply) and self._is_mark(term):
                    arguments = ", ".join(self.nested(each).text for each in term.arguments)
                    marks.append(f"({FUNCTIONS[term.function].numpy!r}, ({arguments},))")
        found, marks = list(dict.fromkeys(found)), list(dict.fromkeys(marks))
        return [f"return [{', '.join(found)}]"], marks

    def _is_mark(self, term: Apply) -> bool:
        """Say whether a STEP, PULSE or RAMP switches at times known from the constants."""
        known = (self.schedule.stage_of(each) == "batch" for each in term.arguments)
        return FUNCTIONS[term.function].kind == "time" and all(known)
