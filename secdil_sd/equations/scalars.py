"""A schedule element by element: every value a node of its own, nothing computed twice.

In a small world the pairs of a state with itself are as many as the others, and an equation
over an array computes them all. Here each element has its own node; what is fixed by the
equations themselves (a comparison of two elements, a product with its zero) is folded away, and
what nobody needs is left out. Rounding does not change: the same operations are done on the
same numbers in the same order.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from secdil_sd.equations.blocks import Along, Axis, Index
from secdil_sd.equations.expression import Table
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import TIME, Apply, Literal, Load, Read, Reduce, Term, terms
from secdil_sd.equations.schedule import RANK, Schedule, Stage, Statement

MOST_NODES = 4_000
"""Size beyond which equations stay whole: arrays serve large worlds better."""

NUMBER, STATE, INPUT, LOOKUP = "number", "state", "input", "lookup"
"""Nodes that are no function: a number, an element of the state, of an input, a table read."""

_LOGICAL = frozenset({"or", "and", "not", "=", "<>", "<", "<=", ">", ">=", "truth"})
_JOINED = {"sum": "+", "prod": "*", "vmin": "min", "vmax": "max"}

_FOLDED: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "negative": operator.neg,
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "min": min,
    "max": max,
    "and": lambda a, b: bool(a) and bool(b),
    "or": lambda a, b: bool(a) or bool(b),
    "not": operator.not_,
    "truth": bool,
    "as number": float,
}
"""Functions of numbers alone that are done once and for all."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value: a function of other nodes, named by their places in the list.

    Parameters
    ----------
    function : str
        A function of ``functions.FUNCTIONS``, "truth", "as number", or one of NUMBER, STATE,
        INPUT, LOOKUP.
    arguments : tuple of int
    stage : {"batch", "time", "state"}
    logical : bool
        Whether it is true or false.
    value : float
        Of a number.
    name, place
        Of an input: the variable and the flat index of its element; of a state: its place in
        the state vector.
    table : Table or None
        Of a lookup.
    """

    function: str
    arguments: tuple[int, ...] = ()
    stage: Stage = "batch"
    logical: bool = False
    value: float = 0.0
    name: str = ""
    place: int = 0
    table: Table | None = None


@dataclass(frozen=True)
class Scalars:
    """The rates of a schedule, element by element.

    Parameters
    ----------
    nodes : tuple of Node
        Each after its arguments; only what the rates need.
    rates : tuple of int
        The node of each value of the derivative, in the order of the state vector.
    """

    nodes: tuple[Node, ...]
    rates: tuple[int, ...]

    def places(self, stage: Stage) -> Iterator[int]:
        """Yield the nodes of a stage, in order."""
        return (k for k, node in enumerate(self.nodes) if node.stage == stage)

    @cached_property
    def inputs(self) -> tuple[int, ...]:
        """Batch nodes, not numbers, that later stages (or the rates) read."""
        read = {
            each
            for node in self.nodes
            if node.stage != "batch"
            for each in node.arguments
            if self.nodes[each].stage == "batch"
        }
        read |= {each for each in self.rates if self.nodes[each].stage == "batch"}
        return tuple(sorted(each for each in read if self.nodes[each].function != NUMBER))


class NoScalarForm(Exception):
    """A schedule is too large, or holds what is no function of single numbers."""


def scalar_form(schedule: Schedule) -> Scalars:
    """Return the rates of a schedule element by element.

    Raises
    ------
    NoScalarForm
        Saying why, in a sentence.
    """
    size = 0
    for statement in (*schedule.values, *schedule.flows):
        size += math.prod(each.size for each in statement.axes) * _weight(statement.term)
        if size > MOST_NODES:
            raise NoScalarForm(f"The equations hold more than {MOST_NODES:,} single operations.")
    return _Builder(schedule).form()


def _weight(term: Term) -> int:
    """How many operations an element of a term takes, roughly."""
    count = 0
    for each in terms(term):
        count += math.prod(a.size for a in each.over) if isinstance(each, Reduce) else 1
    return count


class _Builder:
    """Evaluates terms with numbers and nodes instead of arrays."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.nodes: list[Node] = []
        self.known: dict[Node, int] = {}
        self.values: dict[tuple[str, int], int] = {}
        self.written: set[str] = set()

    def form(self) -> Scalars:
        schedule = self.schedule
        early = [each for each in schedule.prepare if each.kind == "value" and not each.at_start]
        for statement in (*early, *schedule.values):
            self.written.add(statement.target)
            for place, node in self.evaluated(statement):
                self.values[statement.target, place] = node
        rates = [self.number(0.0)] * schedule.state_size
        for statement in schedule.flows:
            offset = schedule.slots[statement.target].offset
            for place, node in self.evaluated(statement):
                rates[offset + place] = node
        return _pruned(self.nodes, [self.as_number(each) for each in rates])

    def evaluated(self, statement: Statement) -> Iterator[tuple[int, int]]:
        """Yield the place of each element a statement writes, and its node."""
        shape = self.schedule.slots[statement.target].shape
        for steps in product(*(range(each.size) for each in statement.axes)):
            at = {axis.name: step for axis, step in zip(statement.axes, steps, strict=True)}
            node = self.as_number(self.term(statement.term, at))
            yield _place(statement.index, shape, at), node

    def term(self, term: Term, at: Mapping[str, int]) -> int:
        match term:
            case Literal(values, axes):
                return self.number(values[_flat(axes, at)])
            case Load():
                return self.load(term, at)
            case Read(table, argument, _):
                inner = self.as_number(self.term(argument, at))
                stage = self.nodes[inner].stage
                return self.add(Node(LOOKUP, (inner,), stage, table=table))
            case Reduce(function, over, body, _):
                parts = [
                    self.as_number(self.term(body, {**at, **_steps(over, each)}))
                    for each in product(*(range(axis.size) for axis in over))
                ]
                total = parts[0]
                for part in parts[1:]:
                    total = self.apply(_JOINED[function], (total, part))
                return total
            case Apply(function, arguments, _, _):
                return self.apply(function, tuple(self.term(each, at) for each in arguments))
        raise NoScalarForm(f"{type(term).__name__} has no form for single numbers.")

    def load(self, load: Load, at: Mapping[str, int]) -> int:
        slots = self.schedule.slots
        if load.name == TIME and load.name not in slots:
            return self.add(Node(INPUT, stage="time", name=TIME))
        slot = slots[load.name]
        place = _place(load.index, slot.shape, at)
        if slot.role == "stock":
            return self.add(Node(STATE, stage="state", place=slot.offset + place))
        if slot.role == "series":
            return self.add(Node(INPUT, stage="time", name=load.name, place=place))
        found = self.values.get((load.name, place))
        if found is not None:
            return found
        if load.name in self.written:  # an element no equation writes
            return self.number(math.nan)
        return self.add(Node(INPUT, name=load.name, place=place))

    # making nodes

    def add(self, node: Node) -> int:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = len(self.nodes)
            self.nodes.append(node)
        return found

    def number(self, value: float) -> int:
        # NaN differs from itself, so it is written as its own input-free node once
        if math.isnan(value):
            return self.add(Node(NUMBER, name="nan"))
        return self.add(Node(NUMBER, value=float(value)))

    def as_number(self, node: int) -> int:
        return self.apply("as number", (node,)) if self.nodes[node].logical else node

    def as_truth(self, node: int) -> int:
        return node if self.nodes[node].logical else self.apply("truth", (node,))

    def apply(self, function: str, arguments: tuple[int, ...]) -> int:
        row = FUNCTIONS.get(function)
        if row is not None and not row.scalar:
            raise NoScalarForm(f"{function.upper()} has no form for single numbers.")
        arguments = self._fitted(function, arguments)
        folded = self._folded(function, arguments)
        if folded is not None:
            return folded
        stages: list[Stage] = [self.nodes[each].stage for each in arguments]
        if row is not None and row.kind == "time":
            stages.append("time")
        stage = max(stages, key=RANK.__getitem__, default="batch")
        return self.add(Node(function, arguments, stage, function in _LOGICAL))

    def _fitted(self, function: str, arguments: tuple[int, ...]) -> tuple[int, ...]:
        """Conditions where truth is wanted, numbers elsewhere."""
        if function in ("truth", "as number"):
            return arguments
        if function in ("and", "or", "not"):
            return tuple(map(self.as_truth, arguments))
        if function == "if then else":
            first, *rest = arguments
            return (self.as_truth(first), *map(self.as_number, rest))
        return tuple(map(self.as_number, arguments))

    def _folded(self, function: str, arguments: tuple[int, ...]) -> int | None:
        """The node an application comes down to, if the equations alone decide it."""
        nodes = [self.nodes[each] for each in arguments]
        fixed = [each.function == NUMBER and each.name != "nan" for each in nodes]
        if arguments and all(fixed) and function in _FOLDED:
            value = _FOLDED[function](*(each.value for each in nodes))
            return self._truth(bool(value)) if function in _LOGICAL else self.number(float(value))
        if function == "if then else" and fixed[0]:
            return arguments[1] if nodes[0].value else arguments[2]
        simplify = _SIMPLIFIED.get(function)
        if simplify is None or len(arguments) != 2:
            return None
        first, second = (n.value if f else None for n, f in zip(nodes, fixed, strict=True))
        found = simplify(first, second)
        if found == "zero":
            return self.number(0.0)
        return None if found is None else arguments[int(found)]

    def _truth(self, value: bool) -> int:
        return self.add(Node(NUMBER, logical=True, value=float(value)))


def _product(a: float | None, b: float | None) -> str | None:
    if a == 0.0 or b == 0.0:
        return "zero"
    return "1" if a == 1.0 else "0" if b == 1.0 else None


_SIMPLIFIED: dict[str, Callable[[float | None, float | None], str | None]] = {
    "*": _product,
    "+": lambda a, b: "1" if a == 0.0 else "0" if b == 0.0 else None,
    "-": lambda a, b: "0" if b == 0.0 else None,
    "/": lambda a, b: "zero" if a == 0.0 and b != 0.0 else "0" if b == 1.0 else None,
    "zidz": lambda a, b: "zero" if a == 0.0 else None,
}
"""Which argument an operation gives back (by its place), or "zero"."""


def _pruned(nodes: Sequence[Node], rates: Sequence[int]) -> Scalars:
    """Keep what the rates need, each value close before its first use, numbered anew."""
    order: list[int] = []
    placed: dict[int, int] = {}
    waiting = [(each, False) for each in reversed(rates)]
    while waiting:
        place, ready = waiting.pop()
        if place in placed:
            continue
        if ready:
            placed[place] = len(order)
            order.append(place)
        else:
            waiting.append((place, True))
            waiting += [(each, False) for each in reversed(nodes[place].arguments)]
    kept = (
        replace(nodes[each], arguments=tuple(placed[one] for one in nodes[each].arguments))
        for each in order
    )
    return Scalars(tuple(kept), tuple(placed[each] for each in rates))


def _steps(axes: Sequence[Axis], steps: Sequence[int]) -> dict[str, int]:
    return {axis.name: step for axis, step in zip(axes, steps, strict=True)}


def _flat(axes: Sequence[Axis], at: Mapping[str, int]) -> int:
    place = 0
    for axis in axes:
        place = place * axis.size + at[axis.name]
    return place


def _place(index: Sequence[Index], shape: Sequence[int], at: Mapping[str, int]) -> int:
    """The flat place of an index at one step of its axes."""
    place = 0
    for each, size in zip(index, shape, strict=True):
        own = each.positions[at[each.axis]] if isinstance(each, Along) else each
        place = place * size + own
    return place
