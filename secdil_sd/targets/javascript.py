"""A small world as JavaScript, so that a page can solve it anew: the numba kernel's scalar form.

The text is a function of the runtime (``reporting/templates/solver.js``) that returns
``bind(c, series, t0, s)``: constants as one flat list, series, the time of the start and the
file's TIME STEP in; initial values, rates and outputs as functions of time and state out. No
name of the model is ever printed, so that nothing of a stranger's file becomes code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from secdil_sd.equations.expression import Table
from secdil_sd.equations.folding import (
    INPUT,
    LOOKUP,
    NUMBER,
    STATE,
    Node,
    NoScalarForm,
    reached,
)
from secdil_sd.equations.functions import COMPARISONS, FUNCTIONS
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.scalars import scalar_form, start_form
from secdil_sd.equations.schedule import Schedule
from secdil_sd.targets.kernel import call_text, number_text
from secdil_sd.targets.naming import literal

_OWN = {
    "as number": "({0} ? 1 : 0)",
    "if then else": "({0} ? {1} : {2})",
    "not": "(!{0})",
}
_CALLED = (
    *("power", "minimum", "maximum", "trunc", "quantum", "modulo", "zidz", "xidz"),
    *("step", "ramp", "pulse", "pulse_train", "impulse", "impulse_train", "lagged"),
    *("read_hold", "read_extrapolate", "read_discrete", "read_forward", "between"),
)
_FROM_MATH = (
    *("abs", "exp", "log", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh"),
)


@dataclass(frozen=True)
class Script:
    """A printed model, and where its inputs stand.

    Parameters
    ----------
    source : str
        A JavaScript function expression.
    constants : mapping of str to int
        The place of each constant's first element among the inputs; the others follow.
    series : tuple of str
        Time-varying inputs, in the order in which they are wanted.
    explicit : bool
        Whether the equations name Time itself: a step must then not be too long.
    """

    source: str
    constants: Mapping[str, int]
    series: tuple[str, ...]
    explicit: bool


def print_javascript(
    schedule: Schedule, observed: Mapping[str, Sequence[str]] | None = None
) -> Script:
    """Return a model as JavaScript.

    Parameters
    ----------
    schedule : Schedule
    observed : mapping of str to sequence of str
        Outputs: for each function wanted (named by a JavaScript identifier of ours), the
        variables whose elements it fills into ``out``, one after the other.

    Raises
    ------
    NoScalarForm
        Saying in a sentence why there is no such form.
    """
    if schedule.pipelines:
        raise NoScalarForm(
            "What is remembered from step to step (DELAY FIXED, SAMPLE IF TRUE, a DELAY N of "
            "moving time) cannot be solved with steps of any size."
        )
    return _Printer(schedule, observed or {}).script()


class _Printer:
    def __init__(self, schedule: Schedule, observed: Mapping[str, Sequence[str]]) -> None:
        self.groups = observed
        names = tuple(dict.fromkeys(name for each in observed.values() for name in each))
        self.start, self.form = start_form(schedule), scalar_form(schedule, observed=names)
        self.constants: dict[str, int] = {}
        place = 0
        for name, slot in schedule.slots.items():
            if slot.role == "constant":
                self.constants[name] = place
                place += slot.size
        slots = schedule.slots
        self.series = tuple(sorted(n for n, slot in slots.items() if slot.role == "series"))
        self.kept = {name: place for place, name in enumerate(self.start.kept)}
        self.tables: dict[Table, int] = {}

    def script(self) -> Script:
        nodes = self.form.nodes
        begin = self._lines(self.start.nodes, range(len(self.start.nodes)))
        first = self._texts(self.start.nodes, self.start.initial)
        kept = self._texts(self.start.nodes, self.start.kept.values())
        batch = self._lines(nodes, self._of(("batch",)))
        functions = self._function("rates", "dy", self.form.rates)
        for group, names in self.groups.items():
            roots = [each for name in names for each in self.form.observed[name]]
            functions += self._function(group, "out", roots)
        functions += [*self._crossings(), f"marks: [{', '.join(self._marks())}],"]
        body = [
            "const [initial, kept] = (function (t) {",
            *(f"  {each}" for each in begin),
            f"  return [[{', '.join(first)}], [{', '.join(kept)}]];",
            "})(t0);",
            *batch,
            "return {",
            "  initial,",
            *(f"  {each}" for each in functions),
            "};",
        ]
        source = "\n".join(
            [
                "function (runtime) {",
                f"  const {{ {', '.join(_CALLED)} }} = runtime;",
                f"  const {{ {', '.join(_FROM_MATH)} }} = Math;",
                "  const inf = Infinity, nan = NaN;",
                *(f"  {each}" for each in self._points()),
                "  return function (c, series, t0, s) {",
                *(f"    {each}" for each in body),
                "  };",
                "}",
            ]
        )
        explicit = any(each.function == INPUT and each.name == TIME for each in nodes)
        return Script(source, self.constants, self.series, explicit)

    def _of(self, stages: Sequence[str]) -> list[int]:
        return [k for k, node in enumerate(self.form.nodes) if node.stage in stages]

    def _function(self, name: str, out: str, roots: Sequence[int]) -> list[str]:
        """A function of time and state that fills ``out`` with the values of some nodes."""
        nodes = self.form.nodes
        needed = [k for k in reached(nodes, roots) if nodes[k].stage != "batch"]
        texts = self._texts(nodes, roots)
        return [
            f"{name}(t, y, {out}) {{",
            *(f"  {each}" for each in self._lines(nodes, needed)),
            *(f"  {out}[{row}] = {text};" for row, text in enumerate(texts)),
            "},",
        ]

    def _crossings(self) -> list[str]:
        """What a derivative may jump at when it crosses a threshold: expressions of time."""
        nodes = self.form.nodes
        found: list[str] = []
        roots: list[int] = []
        for node in nodes:
            if node.function in COMPARISONS and node.stage == "time":
                first, second = self._texts(nodes, node.arguments)
                found.append(f"[{first} - {second}, [0]]")
                roots += node.arguments
            elif node.function == LOOKUP and nodes[node.arguments[0]].stage == "time":
                (text,) = self._texts(nodes, node.arguments)
                call_text(node, [text], self.tables)
                assert node.table is not None
                found.append(f"[{text}, x_{self.tables[node.table]}]")
                roots.append(node.arguments[0])
        needed = [k for k in reached(nodes, roots) if nodes[k].stage == "time"]
        lines = [f"  {each}" for each in self._lines(nodes, needed)]
        return ["crossings(t) {", *lines, f"  return [{', '.join(dict.fromkeys(found))}];", "},"]

    def _marks(self) -> Iterable[str]:
        """Steps, ramps and pulses that switch at times known from the constants."""
        nodes = self.form.nodes
        for node in nodes:
            row = FUNCTIONS.get(node.function)
            known = all(nodes[each].stage == "batch" for each in node.arguments)
            if row is not None and row.kind == "time" and known:
                texts = ", ".join(self._texts(nodes, node.arguments))
                yield f'["{row.scalar}", [{texts}]]'

    # nodes as text

    def _lines(self, nodes: Sequence[Node], places: Iterable[int]) -> list[str]:
        return [
            f"const v{k} = {self._call(nodes, nodes[k])};"
            for k in places
            if nodes[k].function not in (NUMBER, STATE) and nodes[k].name != TIME
        ]

    def _call(self, nodes: Sequence[Node], node: Node) -> str:
        if node.function == INPUT:
            return self._input(node)
        arguments = self._texts(nodes, node.arguments)
        if node.function in _OWN:
            return _OWN[node.function].format(*arguments)
        return call_text(node, arguments, self.tables)

    def _input(self, node: Node) -> str:
        if node.name in self.constants:
            return f"c[{self.constants[node.name] + node.place}]"
        if node.name in self.series:
            return f"between(series[{self.series.index(node.name)}], {node.place}, t)"
        return f"kept[{self.kept[node.name, node.place]}]"

    def _texts(self, nodes: Sequence[Node], places: Iterable[int]) -> list[str]:
        return [_text(k, nodes[k]) for k in places]

    def _points(self) -> list[str]:
        return [
            f"const {axis}_{place} = [{', '.join(map(literal, values))}];"
            for table, place in self.tables.items()
            for axis, values in (("x", table.x), ("y", table.y))
        ]


def _text(k: int, node: Node) -> str:
    if node.function == NUMBER:
        return ("true" if node.value else "false") if node.logical else number_text(node)
    if node.function == STATE:
        return f"y[{node.place}]"
    return "t" if node.name == TIME else f"v{k}"
