"""The rates of a small world as NumPy code, element by element, for a batch of members.

The text defines ``build(c, series, known, new)``, which computes what depends on constants alone
and returns ``derivatives(t, y, dy)``. Every line is one operation on vectors over the members:
equations over arrays would also compute what is zero for a reason, such as a state's dealings
with itself. Buffers are few and used again as soon as they are free.
"""

from __future__ import annotations

from collections import Counter

from secdil_sd.equations.expression import Table
from secdil_sd.equations.folding import INPUT, LOOKUP, NUMBER, STATE, Node
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.scalars import Scalars
from secdil_sd.equations.schedule import Schedule
from secdil_sd.targets.kernel import number_text
from secdil_sd.targets.naming import numbers
from secdil_sd.targets.runtime import UFUNCS

_OWN = {"truth": "truth", "as number": "number", "^": "power"}


def numpy_name(function: str) -> str:
    """Return what generated NumPy code calls for the function of a node."""
    row = FUNCTIONS.get(function)
    return _OWN.get(function) or (row.numpy if row else "")


def table_text(table: Table, *more: str) -> str:
    """Return the code of a lookup's table, with what else it is made of."""
    points = (numbers(table.x), numbers(table.y), repr(table.beyond))
    return f"LookupTable({', '.join((*points, *more))})"


def print_rates(scalars: Scalars, schedule: Schedule) -> str:
    """Return NumPy source for the rates of a schedule in scalar form.

    Parameters
    ----------
    scalars : Scalars
    schedule : Schedule
        The schedule it is the form of.

    Returns
    -------
    str
        Source text that defines ``build``; run it only through ``targets.program``.
    """
    return _Rates(scalars, schedule).source()


def print_inputs(scalars: Scalars, schedule: Schedule) -> str:
    """Return NumPy source for what compiled rates take as known from the constants.

    The text defines ``build(c, known)``, which returns the values of ``scalars.inputs``.
    """
    names = BatchNames(scalars, schedule)
    lines = names.early("batch")
    tables = [f"{name} = {text}" for text, name in names.tables.items()]
    found = "".join(f"{names.names[each]}, " for each in scalars.inputs)
    body = [*tables, *lines, f"return ({found})"]
    return "\n".join(["def build(c, known):", *(f"    {each}" for each in body), ""])


class BatchNames:
    """How each node that is no value of the state is written, and the lines that make it so."""

    def __init__(self, scalars: Scalars, schedule: Schedule) -> None:
        self.nodes, self.slots = scalars.nodes, schedule.slots
        self.names: dict[int, str] = {}
        self.tables: dict[str, str] = {}

    def early(self, stage: str) -> list[str]:
        """Lines that compute the values of a stage before the state, each allocating."""
        lines = []
        for k, node in enumerate(self.nodes):
            if node.stage != stage:
                continue
            if node.function == NUMBER:
                self.names[k] = number_text(node)
                continue
            self.names[k] = f"v{k}"
            text = self._input(node) if node.function == INPUT else self.call(node, "")
            lines.append(f"v{k} = {text}")
        return lines

    def call(self, node: Node, out: str) -> str:
        """The call that computes a node, into ``out`` if there is one."""
        arguments = [self.names[each] for each in node.arguments]
        if node.function == LOOKUP:
            function = self._table(node)
        elif node.function == "^" and arguments[1] == "2.0":
            function, arguments = "square", arguments[:1]
        else:
            row = FUNCTIONS.get(node.function)
            function = numpy_name(node.function)
            if row is not None and row.kind == "time":
                text = f"{function}({', '.join(['t', *arguments])})"
                return f"copyto({out}, {text})" if out else text
            if function == "pi":
                return "pi"
        return f"{function}({', '.join([*arguments, *([out] if out else [])])})"

    def _input(self, node: Node) -> str:
        if node.name == TIME:
            return "t"
        slot = self.slots[node.name]
        index: list[int] = []
        place = node.place
        for size in reversed(slot.shape):
            index.insert(0, place % size)
            place //= size
        where = f"[{', '.join(map(str, index))}]" if index else ""
        if slot.role == "series":
            return f"series[{node.name!r}](t){where}"
        holder = "c" if slot.role == "constant" else "known"
        return f"{holder}[{node.name!r}]{where}"

    def _table(self, node: Node) -> str:
        assert node.table is not None
        return self.tables.setdefault(table_text(node.table), f"table_{len(self.tables) + 1}")


class _Rates(BatchNames):
    """Gives state values buffers, each free again after its last reader."""

    def __init__(self, scalars: Scalars, schedule: Schedule) -> None:
        super().__init__(scalars, schedule)
        self.rates = scalars.rates
        self.readers = Counter(
            each
            for node in scalars.nodes
            if node.stage == "state"
            for each in dict.fromkeys(node.arguments)
        )
        self.row_of: dict[int, int] = {}
        for row, node in enumerate(scalars.rates):
            self.row_of.setdefault(node, row)
        self.buffers: dict[str, bool] = {}
        self.free: dict[bool, list[str]] = {True: [], False: []}

    def source(self) -> str:
        batch, clock, state = self.early("batch"), self.early("time"), self._state()
        lines = ["def build(c, series, known, new):"]
        lines += [f"    {name} = {text}" for text, name in self.tables.items()]
        lines += [f"    {each}" for each in batch]
        lines += [
            f"    {name} = new({'logical=True' if logical else ''})"
            for name, logical in self.buffers.items()
        ]
        lines += ["", "    def derivatives(t, y, dy):"]
        lines += [f"        {each}" for each in (*self._unpack(), *clock, *state)]
        return "\n".join([*lines, "", "    return derivatives", ""])

    def _unpack(self) -> list[str]:
        rows = range(len(self.rates))
        if not rows:  # a model without stocks
            return ["return"]
        return [
            f"{''.join(f'y{k}, ' for k in rows)}= y",
            f"{''.join(f'd{k}, ' for k in rows)}= dy",
        ]

    def _state(self) -> list[str]:
        lines: list[str] = []
        left = Counter(self.readers)
        for k, node in enumerate(self.nodes):
            if node.stage != "state":
                continue
            if node.function == STATE:
                self.names[k] = f"y{node.place}"
                continue
            spent = []
            for each in dict.fromkeys(node.arguments):
                left[each] -= 1
                if left[each] == 0 and self.names[each] in self.buffers:
                    spent.append(self.names[each])
            in_place = numpy_name(node.function) in UFUNCS
            if in_place:
                self._give(spent)
            out = self._target(k, node)
            lines.append(self.call(node, out))
            self.names[k] = out
            if not in_place:
                self._give(spent)
        return lines + self._copies()

    def _target(self, k: int, node: Node) -> str:
        if k in self.row_of and not node.logical:
            return f"d{self.row_of[k]}"
        waiting = self.free[node.logical]
        if waiting:
            return waiting.pop()
        name = f"b{len(self.buffers) + 1}"
        self.buffers[name] = node.logical
        return name

    def _give(self, names: list[str]) -> None:
        for name in names:
            self.free[self.buffers[name]].append(name)

    def _copies(self) -> list[str]:
        """Rates that are computed elsewhere: zeros, values of the state, another rate."""
        return [
            f"d{row}[...] = {self.names[node]}"
            for row, node in enumerate(self.rates)
            if self.names[node] != f"d{row}"
        ]
