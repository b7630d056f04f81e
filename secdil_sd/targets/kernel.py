"""The rates of a small world as scalar code for numba: one loop over the members of a block.

The text defines ``rates(t, y, p, s, w, dy)``. ``y`` and ``dy`` hold the state and its rates,
``p`` what is known from the constants, each value for all members of a block side by side;
``s`` is the clock's settings and the series, shared by all; ``w`` is room for what one loop
hands to the next. Arrays are flat and places are literal, so that LLVM turns a loop into vector
operations; what only the library can compute (a table, a sine) gets a loop of its own between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from secdil_sd.equations.expression import Table
from secdil_sd.equations.folding import INPUT, LOOKUP, NAN, NUMBER, STATE, Node
from secdil_sd.equations.functions import COMPARISONS, FUNCTIONS
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.scalars import Scalars
from secdil_sd.targets.naming import literal, numbers

VECTORS = frozenset(
    {"+", "-", "*", "/", "negative", "^", "power", "abs", "exp", "ln", "log", "sqrt"}
    | {"min", "max", "zidz", "xidz", "if then else", "truth", "as number"}
    | {*COMPARISONS, "and", "or", "not"}
    | {"integer", "quantum", "modulo", "step", "ramp", "pulse", "impulse", "lagged"}
)
"""Functions a loop over members can hold and still become vector operations."""

_OWN = {"truth": "({0} != 0.0)", "as number": "(1.0 if {0} else 0.0)"}
READERS = {
    "hold": "read_hold",
    "extrapolate": "read_extrapolate",
    "discrete": "read_discrete",
    "forward": "read_forward",
}


@dataclass(frozen=True)
class KernelText:
    """Source that defines ``rates``, and how many values wide its room is.

    Parameters
    ----------
    source : str
    scratch : int
        Length of ``w``.
    """

    source: str
    scratch: int


def print_kernel(scalars: Scalars, series: Sequence[str], lanes: int) -> KernelText:
    """Return the source of compiled rates.

    Parameters
    ----------
    scalars : Scalars
    series : sequence of str
        Names of the time-varying inputs, in the order in which they stand in ``s``.
    lanes : int
        Members in a block.
    """
    return _Kernel(scalars, series, lanes).text()


def call_text(
    node: Node, arguments: Sequence[str], tables: dict[Table, int], element: str = ""
) -> str:
    """Return the call that computes a node; tables it reads are numbered in ``tables``.

    ``element`` is the place, as text, of the element whose points are read, where each has its own.
    """
    if node.function == LOOKUP:
        assert node.table is not None
        place, count = tables.setdefault(node.table, len(tables)), len(node.table.x)
        part = f"[({element}) * {count} : ({element}) * {count} + {count}]" if element else ""
        return f"{READERS[node.table.beyond]}(x_{place}, y_{place}{part}, {arguments[0]})"
    if node.function in _OWN:
        return _OWN[node.function].format(*arguments)
    if node.function == "^" and arguments[1] in ("2.0", "0.5"):
        text = "({0} * {0})" if arguments[1] == "2.0" else "sqrt({0})"
        return text.format(arguments[0])
    row = FUNCTIONS[node.function]
    if row.kind == "time":
        return f"{row.scalar}({', '.join(['t', 's', *arguments])})"
    return row.scalar.format(*arguments)


def number_text(node: Node) -> str:
    """Return a number, or true or false, as code."""
    if node.logical:
        return str(bool(node.value))
    return "nan" if node.name == NAN else literal(node.value)


def table_lines(tables: dict[Table, int]) -> list[str]:
    """Return the lines that hold the points of tables."""
    return [
        f"{axis}_{place} = array({numbers(values)})"
        for table, place in tables.items()
        for axis, values in (("x", table.x), ("y", table.y))
    ]


class _Kernel:
    def __init__(self, scalars: Scalars, series: Sequence[str], lanes: int) -> None:
        self.nodes, self.rates, self.lanes = scalars.nodes, scalars.rates, lanes
        self.series = {name: place for place, name in enumerate(series)}
        self.inputs = {node: place for place, node in enumerate(scalars.inputs)}
        self.tables: dict[Table, int] = {}
        self.common = self._common()
        self.loop = self._loops()
        self.room: dict[int, int] = {}
        self.names: dict[int, str] = {}

    def text(self) -> KernelText:
        clock = self._clock()
        body: list[str] = []
        for loop in sorted(set(self.loop.values()) | {0}):
            lines = self._lines(loop)
            if lines:
                body.append(f"    for m in range({self.lanes}):")
                body += [f"        {each}" for each in lines]
        head = [*table_lines(self.tables), "", "def rates(t, y, p, s, w, dy):"]
        lines = [*(f"    {each}" for each in clock), *body] or ["    return"]
        source = "\n".join([*head, *lines, ""])
        return KernelText(source, self.lanes * len(self.room))

    # what all members share

    def _common(self) -> frozenset[int]:
        """Values of time alone: computed once for all members of a block."""
        found: set[int] = set()
        for k, node in enumerate(self.nodes):
            if node.stage == "time" and all(
                each in found or self.nodes[each].function == NUMBER for each in node.arguments
            ):
                found.add(k)
        return frozenset(found)

    def _clock(self) -> list[str]:
        lines: list[str] = []
        used = {self.nodes[k].name for k in self.common if self.nodes[k].function == INPUT}
        for name, place in self.series.items():
            if name in used:
                lines.append(f"k_{place}, f_{place} = located(t, s, {place})")
        for k in sorted(self.common):
            node = self.nodes[k]
            if node.name == TIME:
                self.names[k] = "t"
                continue
            self.names[k] = f"c_{k}"
            if node.function == INPUT:
                place = self.series[node.name]
                text = f"between(s, {place}, {node.place}, k_{place}, f_{place})"
            else:
                text = self._call(node)
            lines.append(f"c_{k} = {text}")
        return lines

    # the loops over members

    def _loops(self) -> dict[int, int]:
        """Which loop computes each value: even ones are vectors, odd ones call the library."""
        found: dict[int, int] = {}
        for k, node in enumerate(self.nodes):
            if node.stage == "batch" or node.function == STATE or k in self.common:
                continue
            own = 0 if node.function in VECTORS else 1
            before = [found[each] for each in node.arguments if each in found]
            least = max(before, default=0)
            found[k] = least + (least + own) % 2
        return found

    def _lines(self, loop: int) -> list[str]:
        lines = []
        last = max(self.loop.values(), default=0)
        crossing = {
            each
            for k, node in enumerate(self.nodes)
            for each in node.arguments
            if each in self.loop and self.loop[each] != self.loop.get(k)
        } | {each for each in self.rates if self.loop.get(each, last) != last}
        for k, node in enumerate(self.nodes):
            if self.loop.get(k) != loop:
                continue
            text = self._call(node, loop)
            self.names[k] = f"v_{k}"
            lines.append(f"v_{k} = {text}")
            if k in crossing:
                place = self.lanes * self.room.setdefault(k, len(self.room))
                stored = f"(1.0 if v_{k} else 0.0)" if node.logical else f"v_{k}"
                lines.append(f"w[{place} + m] = {stored}")
        if loop == last:
            lines += [
                f"dy[{self.lanes * row} + m] = {self._name(node, loop)}"
                for row, node in enumerate(self.rates)
            ]
        return lines

    def _call(self, node: Node, loop: int = -1) -> str:
        return call_text(node, [self._name(each, loop) for each in node.arguments], self.tables)

    def _name(self, k: int, loop: int) -> str:
        node = self.nodes[k]
        if node.function == NUMBER:
            return number_text(node)
        if node.function == STATE:
            return f"y[{self.lanes * node.place} + m]"
        if k in self.inputs:
            text = f"p[{self.lanes * self.inputs[k]} + m]"
            return f"({text} != 0.0)" if node.logical else text
        if k in self.loop and self.loop[k] != loop:
            text = f"w[{self.lanes * self.room[k]} + m]"
            return f"({text} != 0.0)" if node.logical else text
        return self.names[k]
