"""Three-address lines: values of the state computed in place, in buffers used again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from secdil_sd.equations.blocks import Axis
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import (
    Apply,
    Literal,
    Load,
    Read,
    Reduce,
    Term,
    Vector,
    loads,
    parts,
)
from secdil_sd.equations.schedule import Stage, Statement
from secdil_sd.targets.naming import comment
from secdil_sd.targets.places import brackets, copies, view
from secdil_sd.targets.runtime import UFUNCS

if TYPE_CHECKING:
    from secdil_sd.targets.arrays import Printer

REDUCTIONS = {"sum": "add", "prod": "multiply", "vmin": "least", "vmax": "greatest"}
"""The ufunc of each reduction, as generated code calls it."""


@dataclass
class Value:
    """An operand in the text: how it is written, its axes, and whether its buffer is ours."""

    text: str
    axes: tuple[Axis, ...]
    logical: bool = False
    buffer: bool = False


@dataclass
class Pool:
    """Buffers by shape and kind, handed out again once free."""

    free: dict[tuple[tuple[int, ...], bool], list[str]] = field(default_factory=dict)
    shapes: dict[str, tuple[tuple[int, ...], bool]] = field(default_factory=dict)

    def take(self, axes: Iterable[Axis], logical: bool) -> str:
        shape = (tuple(each.size for each in axes), logical)
        waiting = self.free.setdefault(shape, [])
        if waiting:
            return waiting.pop()
        name = f"{'flag' if logical else 'b'}{len(self.shapes) + 1}"
        self.shapes[name] = shape
        return name

    def give(self, name: str) -> None:
        self.free[self.shapes[name]].append(name)


class Lines:
    """Writes the three-address lines of one function."""

    def __init__(
        self,
        printer: Printer,
        lines: list[str],
        statements: Sequence[Statement],
        keep: frozenset[str] = frozenset(),
    ) -> None:
        self.printer = printer
        self.lines = lines
        self.named: dict[str, str] = {}
        self.keep = keep
        self.uses: dict[str, int] = {}
        printer.used |= {id(each): each for each in statements}
        for statement in statements:
            for name in {load.name for load in loads(statement.term)}:
                self.uses[name] = self.uses.get(name, 0) + 1

    def assign(self, statement: Statement) -> None:
        """Write one value into a buffer of its own (or its persistent array)."""
        printer = self.printer
        if statement.stage == "time":
            printer.clock_assign(statement)
            return
        name = printer.names[statement.target]
        self.lines.append(f"# {comment(statement.text)}")
        if not statement.whole:
            self.store(statement, name)
            return
        buffer = printer.pool.take(statement.axes, False)
        self._into(statement.term, statement.axes, buffer)
        self.named[statement.target] = buffer
        self._release(statement)

    def store(self, statement: Statement, target: str) -> None:
        """Write one value into part of an array."""
        place = "" if statement.whole else brackets(statement.index)
        if copies(place):
            value = self._operand(statement.term)
            text = self.printer.align(value, statement.axes)
            self.lines.append(f"{target}{place} = {text}")
            self._done(value)
        else:
            self._into(statement.term, statement.axes, self._lasting(target + place))
        self._release(statement)

    def finish(self) -> None:
        """Give every buffer back for the next function."""
        for buffer in self.named.values():
            self.printer.pool.give(buffer)
        self.named.clear()

    def _release(self, statement: Statement) -> None:
        """Free the buffers of variables this statement was the last to read."""
        for name in dict.fromkeys(load.name for load in loads(statement.term)):
            self.uses[name] -= 1
            if self.uses[name] == 0 and name in self.named and name not in self.keep:
                self.printer.pool.give(self.named.pop(name))

    def _done(self, *values: Value) -> None:
        for value in values:
            if value.buffer:
                self.printer.pool.give(value.text)

    def _into(self, term: Term, axes: tuple[Axis, ...], target: str) -> None:
        """Write a term straight into ``target``, whose axes are ``axes``."""
        if isinstance(term, Apply) and self._stage(term) == "state" and not term.logical:
            self._apply(term, axes, target)
            return
        value = self._operand(term)
        self.lines.append(f"copyto({target}, {self.printer.align(value, axes)})")
        self._done(value)

    def _stage(self, term: Term) -> Stage:
        return self.printer.schedule.stage_of(term)

    def _operand(self, term: Term) -> Value:
        printer = self.printer
        if isinstance(term, Literal):
            return printer.literal(term)
        stage = self._stage(term)
        if isinstance(term, Load):
            return self._loaded(term, stage)
        if stage != "state":
            return printer.hoisted(term, stage)
        if isinstance(term, Apply):
            buffer = None
            return self._apply(term, term.axes, buffer)
        if isinstance(term, Vector):
            return self._vector(term)
        inner = self._operand(parts(term)[0])
        buffer = printer.pool.take(term.axes, False)
        if isinstance(term, Read):
            self.lines.append(f"{printer.table(term)}({printer.align(inner, term.axes)}, {buffer})")
        elif isinstance(term, Reduce):
            places = tuple(inner.axes.index(each) for each in term.over)
            place = places[0] if len(places) == 1 else places
            ufunc = REDUCTIONS[term.function]
            self.lines.append(f"{ufunc}.reduce({inner.text}, {place!r}, None, {buffer})")
        self._done(inner)
        return Value(buffer, term.axes, False, True)

    def _vector(self, term: Vector) -> Value:
        values = [self._operand(each) for each in term.arguments]
        buffer = self.printer.pool.take(term.axes, False)
        self.lines.append(f"copyto({buffer}, {self.printer.vector(term, values).text})")
        self._done(*values)
        return Value(buffer, term.axes, False, True)

    def _loaded(self, load: Load, stage: Stage) -> Value:
        printer = self.printer
        buffer = self.named.get(load.name)
        if buffer is None:
            value = printer.load(load)
            value.text = printer.seen(value.text, load, stage)
            return value
        place = view(load, printer.schedule.slots[load.name].shape)
        return Value(printer.seen(buffer + place, load, "batch"), load.axes)

    def _apply(self, term: Apply, axes: tuple[Axis, ...], target: str | None) -> Value:
        printer = self.printer
        row = FUNCTIONS[term.function]
        values = [self._operand(each) for each in term.arguments]
        extra: list[Value] = []

        def converted(function: str, logical: bool) -> Callable[[str], str]:
            def convert(text: str) -> str:
                buffer = printer.pool.take(term.axes if target is None else axes, logical)
                extra.append(Value(buffer, axes, logical, True))
                self.lines.append(f"{function}({text}, {buffer})")
                return buffer

            return convert

        texts = printer.fitted(
            term.function, values, axes, converted("number", False), converted("truth", True)
        )
        texts = [self._lasting(text) for text in texts]
        out = target
        if out is None:
            out = self._reusable(term, row.numpy, values) or printer.pool.take(axes, term.logical)
        if row.kind == "time":
            self.lines.append(f"copyto({out}, {printer.call(term.function, texts, 't')})")
        elif term.function == "^" and texts[1] == "2.0":
            self.lines.append(f"square({texts[0]}, {out})")
        else:
            self.lines.append(f"{row.numpy}({', '.join([*texts, out])})")
        self._done(*(each for each in (*values, *extra) if each.text != out))
        return Value(out, axes, term.logical, target is None)

    def _lasting(self, text: str) -> str:
        """A view of a buffer or early value is made once, outside the function."""
        base = text.split("[")[0]
        lasting = base in self.printer.pool.shapes or base.startswith(
            ("early_", "view_", "numbers_")
        )
        if "[" not in text or not (lasting or self._outlives(base)) or copies(text):
            return text
        return self.printer.views.setdefault(text, f"view_{len(self.printer.views) + 1}")

    def _outlives(self, identifier: str) -> bool:
        return identifier in self._outliving

    @cached_property
    def _outliving(self) -> frozenset[str]:
        printer = self.printer
        return frozenset(
            printer.names[name]
            for name, slot in printer.schedule.slots.items()
            if slot.role == "constant"
            or (slot.role == "auxiliary" and printer.schedule.is_batch(name))
            or (slot.role == "auxiliary" and name in printer.persistent)
        )

    def _reusable(self, term: Apply, function: str, values: list[Value]) -> str | None:
        """An argument's own buffer can take the result of a ufunc of the same shape."""
        if function not in UFUNCS:
            return None
        for value in values:
            if value.buffer and value.axes == term.axes and value.logical == term.logical:
                return value.text
        return None
