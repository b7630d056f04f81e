"""The rates of a large world as nests of loops for numba, and NumPy code for what they read.

The text defines ``rates(t, y, p, s, w, dy)``, as ``targets.kernel`` does for small worlds. With
several members in a block, the members are one more axis, the innermost of every loop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from secdil_sd.equations.expression import Table
from secdil_sd.equations.folding import INPUT, NUMBER, STATE
from secdil_sd.equations.nests import REDUCTIONS, VARIABLE, Nest, Nests, Store
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.schedule import Slot
from secdil_sd.targets.kernel import KernelText, call_text, number_text, table_lines

LANE = "lane"
_START = {"sum": "0.0", "prod": "1.0", "vmin": "inf", "vmax": "-inf"}
_JOIN = {
    "sum": "{0} + {1}",
    "prod": "{0} * {1}",
    "vmin": "minimum({0}, {1})",
    "vmax": "maximum({0}, {1})",
}


def inputs_of(form: Nests) -> tuple[int, ...]:
    """Return the batch nodes, not numbers, that loops read."""
    nodes = form.nodes
    read = {
        each
        for k in form.levels
        if nodes[k].stage != "batch"
        for each in nodes[k].arguments
        if nodes[k].function != VARIABLE
    }
    read |= {each.node for each in form.stores}
    return tuple(
        sorted(k for k in read if nodes[k].stage == "batch" and nodes[k].function != NUMBER)
    )


def print_nests(
    form: Nests, slots: Mapping[str, Slot], series: Sequence[str], lanes: int
) -> KernelText:
    """Return the source of compiled rates in loops.

    Parameters
    ----------
    form : Nests
    slots : mapping of str to Slot
    series : sequence of str
        Names of the time-varying inputs, in the order in which they stand in ``s``.
    lanes : int
        Members in a block.
    """
    return _Printer(form, slots, series, lanes).text()


class _Printer:
    def __init__(
        self, form: Nests, slots: Mapping[str, Slot], series: Sequence[str], lanes: int
    ) -> None:
        self.form, self.slots, self.lanes = form, slots, lanes
        self.series = {name: place for place, name in enumerate(series)}
        self.tables: dict[Table, int] = {}
        self.sizes = {**form.sizes, LANE: lanes}
        self.loops = {name: f"i_{k}" for k, name in enumerate(self.sizes)}
        self.room = 0
        self.inputs: dict[int, int] = {}
        place = 0
        for k in inputs_of(form):
            self.inputs[k] = place
            place += form.size(form.nodes[k].axes)
        self.variables: dict[str, int] = {}
        self.places: dict[int, int] = {}
        self.kept = self._kept()

    def whole(self, axes: Nest) -> Nest:
        """Axes with the members' own, if there are several."""
        return (*axes, LANE) if self.lanes > 1 else axes

    def text(self) -> KernelText:
        body: list[str] = []
        for level, nest in self.form.rounds:
            body += _Loop(self, level, nest).lines()
        used = {self.form.nodes[k].name for k in self.form.levels}
        clock = [
            f"k_{place}, f_{place} = located(t, s, {place})"
            for name, place in self.series.items()
            if name in used
        ]
        clock.append("dy[:] = 0.0")
        head = [*table_lines(self.tables), "", "def rates(t, y, p, s, w, dy):"]
        source = "\n".join([*head, *(f"    {each}" for each in (*clock, *body)), ""])
        return KernelText(source, self.room)

    def _kept(self) -> frozenset[int]:
        """Nodes that are read in another loop than their own, or whose sums are."""
        form, found = self.form, set()
        for k in form.levels:
            if not form.computed(k):
                continue
            if form.nodes[k].function in REDUCTIONS:
                found.add(k)
            for each in form.nodes[k].arguments:
                if form.computed(each) and (form.levels[each], form.home(each)) != (
                    form.levels[k],
                    form.home(k),
                ):
                    found.add(each)
        for level, store in zip(form.stored, form.stores, strict=True):
            k = store.node
            if form.computed(k) and (form.levels[k], form.home(k)) != (level, store.axes):
                found.add(k)
        return frozenset(found)

    def kept_at(self, k: int) -> int:
        """Where in ``w`` a node's values are kept."""
        if k not in self.places:
            self.places[k] = self.room
            self.room += self.lanes * self.form.size(self.form.nodes[k].axes)
        return self.places[k]

    def variable_at(self, name: str) -> int:
        """Where in ``w`` a variable's values are kept."""
        if name not in self.variables:
            self.variables[name] = self.room
            self.room += self.lanes * self.slots[name].size
        return self.variables[name]

    def flat(self, index: Sequence[str], shape: Sequence[int]) -> str:
        """The place of an element, as text: by row, the members of a block side by side."""
        text = ""
        for each, size in zip(self.whole(tuple(index)), (*shape, self.lanes), strict=False):
            axis, _, begin = each.partition("+")
            own = self.loops.get(axis, axis) + (f" + {begin}" if begin else "")
            text = f"({text}) * {size} + {own}" if text else own
        return text or "0"

    def along(self, axes: Nest) -> str:
        return self.flat(axes, [self.sizes[each] for each in axes])

    def read(self, k: int) -> str:
        """How a node that another loop computed, or that nobody computes, is read."""
        node = self.form.nodes[k]
        if node.function == NUMBER:
            return number_text(node)
        if k in self.inputs:
            text = f"p[{self.inputs[k] * self.lanes} + {self.along(node.axes)}]"
        elif node.function == STATE:
            shape = self.slots[node.name].shape
            text = f"y[{node.place * self.lanes} + {self.flat(node.index, shape)}]"
        elif node.function == VARIABLE:
            shape = self.slots[node.name].shape
            text = f"w[{self.variable_at(node.name)} + {self.flat(node.index, shape)}]"
        elif node.function == INPUT and node.name == TIME:
            text = "t"
        elif node.function == INPUT:
            text = self._series(node.name, node.index)
        elif not self.whole(node.axes):
            text = f"c_{k}"
        else:
            text = f"w[{self.kept_at(k)} + {self.along(node.axes)}]"
        return f"({text} != 0.0)" if node.logical and not text.startswith("c_") else text

    def _series(self, name: str, index: tuple[str, ...]) -> str:
        place = self.series[name]
        element = self.element(index, self.slots[name].shape) or "0"
        return f"between(s, {place}, {element}, k_{place}, f_{place})"

    def element(self, index: Sequence[str], shape: Sequence[int]) -> str:
        """The place of an element among those of an array, as text; the same for all members."""
        text = ""
        for each, size in zip(index, shape, strict=True):
            axis, _, begin = each.partition("+")
            own = self.loops.get(axis, axis) + (f" + {begin}" if begin else "")
            text = f"({text}) * {size} + {own}" if text else own
        return text


class _Loop:
    """One nest of one round: lines before and after each of its loops."""

    def __init__(self, printer: _Printer, level: int, nest: Nest) -> None:
        self.printer, self.form = printer, printer.form
        self.level, self.nest, self.whole = level, nest, printer.whole(nest)
        depth = len(self.whole)
        self.before: list[list[str]] = [[] for _ in range(depth + 1)]
        self.after: list[list[str]] = [[] for _ in range(depth + 1)]
        self.names: dict[int, str] = {}

    def lines(self) -> list[str]:
        form = self.form
        for k in sorted(form.levels):
            if form.computed(k) and (form.levels[k], form.home(k)) == (self.level, self.nest):
                self._compute(k)
        for level, store in zip(form.stored, form.stores, strict=True):
            if (level, store.axes) == (self.level, self.nest):
                self._store(store)
        lines = list(self.before[0])
        for depth, axis in enumerate(self.whole):
            loop = self.printer.loops[axis]
            lines.append(f"{'    ' * depth}for {loop} in range({self.printer.sizes[axis]}):")
            lines += [f"{'    ' * (depth + 1)}{each}" for each in self.before[depth + 1]]
        for depth in range(len(self.whole), -1, -1):
            lines += [f"{'    ' * depth}{each}" for each in self.after[depth]]
        return lines

    @property
    def inner(self) -> list[str]:
        return self.before[-1]

    def name(self, k: int) -> str:
        """How a node is written inside the innermost loop; read as far out as it can be."""
        if k in self.names:
            return self.names[k]
        text, axes = self.printer.read(k), self.printer.whole(self.form.nodes[k].axes)
        reads = self.form.nodes[k].function != NUMBER and not text.startswith(("c_", "t"))
        if reads and LANE in axes and self.form.nodes[k].stage != "batch":
            axes = self.whole
        depth = 0
        while not set(axes) <= set(self.whole[:depth]):
            depth += 1
        if reads and depth < len(self.whole):
            self.before[depth].append(f"r_{k} = {text}")
            text = f"r_{k}"
        self.names[k] = text
        return text

    def _compute(self, k: int) -> None:
        node, printer = self.form.nodes[k], self.printer
        if node.function in REDUCTIONS:
            self._reduce(k)
            return
        local = f"v_{k}" if self.whole else f"c_{k}"
        arguments = [self.name(each) for each in node.arguments]
        element = printer.element(node.index, [printer.sizes[each] for each in node.index])
        self.inner.append(f"{local} = {call_text(node, arguments, printer.tables, element)}")
        self.names[k] = local
        if k in printer.kept and self.whole:
            value = f"(1.0 if {local} else 0.0)" if node.logical else local
            self.inner.append(f"w[{printer.kept_at(k)} + {printer.along(node.axes)}] = {value}")

    def _reduce(self, k: int) -> None:
        node, printer = self.form.nodes[k], self.printer
        value, left = self.name(node.arguments[0]), printer.whole(node.axes)
        join = _JOIN[node.function]
        depth = len(left)
        if left == self.whole[:depth]:
            total = f"a_{k}" if depth else f"c_{k}"
            self.before[depth].append(f"{total} = {_START[node.function]}")
            self.inner.append(f"{total} = {join.format(total, value)}")
            if depth:
                place = f"w[{printer.kept_at(k)} + {printer.along(node.axes)}]"
                self.after[depth].append(f"{place} = {total}")
            return
        begin = printer.kept_at(k)
        end = begin + printer.lanes * self.form.size(node.axes)
        self.before[0].append(f"w[{begin}:{end}] = {_START[node.function]}")
        place = f"w[{begin} + {printer.along(node.axes)}]"
        self.inner.append(f"{place} = {join.format(place, value)}")

    def _store(self, store: Store) -> None:
        printer = self.printer
        flat = printer.flat(store.index, store.shape)
        if store.offset >= 0:
            place = f"dy[{store.offset * printer.lanes} + {flat}]"
        else:
            place = f"w[{printer.variable_at(store.variable)} + {flat}]"
        self.inner.append(f"{place} = {self.name(store.node)}")
