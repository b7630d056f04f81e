"""A schedule element by element: every value a node of its own, nothing computed twice.

In a small world the pairs of a state with itself are as many as the others, and an equation
over an array computes them all. Here each element has its own node; what the equations alone
decide (a comparison of two elements, a product with its zero) is folded away, so is what a
switch that all members share turns off, and what nobody needs is left out. Rounding does not
change: the same operations are done on the same numbers in the same order.
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
from secdil_sd.equations.spans import (
    ANY,
    FINITE,
    MOST,
    SMALL,
    TRUTH,
    Span,
    exactly,
    of_table,
    span_of,
    square,
)

MOST_NODES = 4_000
"""Size beyond which equations stay whole: arrays serve large worlds better."""

NUMBER, STATE, INPUT, LOOKUP = "number", "state", "input", "lookup"
"""Nodes that are no function: a number, an element of the state, of an input, a table read."""

NAN, MASK = "nan", "mask"
"""Names of numbers: not a number; and one that subscripts decide, which hides what it removes."""

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
        the state vector; of a number: NAN or MASK or nothing.
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


POSITIVE = "positive"

Fixed = Mapping[str, tuple[float | str | None, ...]]
"""What is known of constants that all members share, element by element: a value, POSITIVE
(so that a division by it is sound), or None."""


def telling(shared: Mapping[str, Sequence[float]], exponents: frozenset[str]) -> Fixed:
    """Return what is worth a form of its own about the values of shared constants.

    Zeros and ones, which turn terms off, and the usual exponents; of any other value, which may
    change from run to run without new code, only whether it is positive.

    >>> telling({"switch": [0.0], "delay": [4.0], "power": [0.5]}, frozenset(["power"]))
    {'switch': (0.0,), 'delay': ('positive',), 'power': (0.5,)}
    """
    found: dict[str, tuple[float | str | None, ...]] = {}
    for name, values in shared.items():
        special = (0.0, 1.0, 0.5, 2.0) if name in exponents else (0.0, 1.0)
        found[name] = tuple(
            each if each in special else POSITIVE if SMALL < each <= MOST else None
            for each in values
        )
    return found


def exponents(schedule: Schedule) -> frozenset[str]:
    """Return the constants to whose power something is raised."""
    return frozenset(
        term.arguments[1].name
        for statement in (*schedule.prepare, *schedule.values, *schedule.flows)
        for term in terms(statement.term)
        if isinstance(term, Apply) and term.function in ("^", "power")
        if isinstance(term.arguments[1], Load)
    )


def scalar_form(schedule: Schedule, fixed: Fixed | None = None) -> Scalars:
    """Return the rates of a schedule element by element.

    Parameters
    ----------
    schedule : Schedule
    fixed : mapping of str to tuple, optional
        What is known of constants that all members share; see `telling`.

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
    return _Builder(schedule, fixed or {}).form()


def _weight(term: Term) -> int:
    """How many operations an element of a term takes, roughly."""
    count = 0
    for each in terms(term):
        count += math.prod(a.size for a in each.over) if isinstance(each, Reduce) else 1
    return count


class _Builder:
    """Evaluates terms with numbers and nodes instead of arrays."""

    def __init__(self, schedule: Schedule, fixed: Fixed) -> None:
        self.schedule, self.fixed = schedule, fixed
        self.nodes: list[Node] = []
        self.spans: list[Span] = []
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
                span = of_table(table, self.spans[inner])
                return self.add(Node(LOOKUP, (inner,), stage, table=table), span)
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
            return self.add(Node(INPUT, stage="time", name=TIME), FINITE)
        slot = slots[load.name]
        place = _place(load.index, slot.shape, at)
        if slot.role == "stock":
            return self.add(Node(STATE, stage="state", place=slot.offset + place), FINITE)
        if slot.role == "series":
            return self.add(Node(INPUT, stage="time", name=load.name, place=place), FINITE)
        found = self.values.get((load.name, place))
        if found is not None:
            return found
        if load.name in self.written:  # an element no equation writes
            return self.number(math.nan)
        known = self.fixed[load.name][place] if load.name in self.fixed else None
        if isinstance(known, float):
            return self.number(known)
        span = Span(SMALL, MOST) if known == POSITIVE else FINITE
        return self.add(Node(INPUT, name=load.name, place=place), span)

    # making nodes

    def add(self, node: Node, span: Span) -> int:
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = len(self.nodes)
            self.nodes.append(node)
            self.spans.append(span)
        return found

    def number(self, value: float, name: str = "") -> int:
        # NaN differs from itself: as a key it would be made anew each time
        if math.isnan(value):
            return self.add(Node(NUMBER, name=NAN), ANY)
        return self.add(Node(NUMBER, value=float(value), name=name), exactly(value))

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
        stage: Stage = max(stages, key=lambda each: RANK[each], default="batch")
        logical = function in _LOGICAL
        return self.add(
            Node(function, arguments, stage, logical), self._span(function, arguments, logical)
        )

    def _span(self, function: str, arguments: tuple[int, ...], logical: bool) -> Span:
        spans = [self.spans[each] for each in arguments]
        if logical:
            return TRUTH
        alike = len(arguments) == 2 and arguments[0] == arguments[1]
        squared = function == "^" and self.nodes[arguments[1]].value == 2.0
        if squared or (function == "*" and alike):
            return square(spans[0])
        return span_of(function, *spans)

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
        """The node an application comes down to, if what is known decides it."""
        nodes = [self.nodes[each] for each in arguments]
        fixed = [each.function == NUMBER and each.name != NAN for each in nodes]
        if arguments and all(fixed) and function in _FOLDED:
            value = _FOLDED[function](*(each.value for each in nodes))
            if function in _LOGICAL:
                return self._truth(bool(value))
            # what comes of a mask is one: subscripts alone decide it too
            return self.number(float(value), MASK if MASK in {n.name for n in nodes} else "")
        if function == "if then else" and fixed[0]:
            chosen = arguments[1] if nodes[0].value else arguments[2]
            node = self.nodes[chosen]
            # what subscripts decide is a mask: what it hides is hidden whatever its value
            return self.number(node.value, MASK) if node.function == NUMBER else chosen
        if len(arguments) == 2:
            first, second = (n.value if f else None for n, f in zip(nodes, fixed, strict=True))
            return self._simplified(function, arguments, first, second)
        return None

    def _simplified(
        self, function: str, arguments: tuple[int, ...], a: float | None, b: float | None
    ) -> int | None:
        """Operations with zero and one, of which ``a`` and ``b`` are the known arguments."""
        first, second = arguments
        match function:
            case "*":
                if a == 1.0 or b == 1.0:
                    return second if a == 1.0 else first
                zero, other = (first, second) if a == 0.0 else (second, first)
                if a == 0.0 or b == 0.0:
                    return self._zero(zero, self.spans[other].finite)
            case "+":
                return second if a == 0.0 else first if b == 0.0 else None
            case "-" if b == 0.0:
                return first
            case "/" | "zidz" if b == 1.0:
                return first
            case "/" | "zidz" if a == 0.0:
                span = self.spans[second]
                return self._zero(first, not span.nan if function == "zidz" else span.from_zero)
            case "^" | "power" if b == 1.0:
                return first
            case "^" | "power" if b == 0.0:
                return self.number(1.0)
        return None

    def _zero(self, zero: int, certain: bool) -> int | None:
        """Zero, if it hides the rest as a mask or the rest is certainly a number."""
        return zero if certain or self.nodes[zero].name == MASK else None

    def _truth(self, value: bool) -> int:
        return self.add(Node(NUMBER, logical=True, value=float(value)), TRUTH)


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
