"""A schedule element by element: every value a node of its own, nothing computed twice.

In a small world the pairs of a state with itself are as many as the others, and an equation
over an array computes them all. Here each element has its own node; what the equations alone
decide (a comparison of two elements, a product with its zero) is folded away, so is what a
switch that all members share turns off, and what nobody needs is left out. Rounding does not
change: the same operations are done on the same numbers in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from secdil_sd.equations.blocks import Along, Axis, Index
from secdil_sd.equations.folding import (
    GIVEN,
    INPUT,
    JOINED,
    LOOKUP,
    NUMBER,
    STATE,
    Folding,
    Node,
    NoScalarForm,
)
from secdil_sd.equations.resolve import TIME, Apply, Literal, Load, Read, Reduce, Term, terms
from secdil_sd.equations.schedule import Schedule, Statement
from secdil_sd.equations.spans import ANY, FINITE, MOST, SMALL, Span, of_table

MOST_NODES = 4_000
"""Size beyond which equations stay whole: arrays serve large worlds better."""


@dataclass(frozen=True)
class Scalars:
    """The rates of a schedule, element by element.

    Parameters
    ----------
    nodes : tuple of Node
        Each after its arguments; only what the rates need.
    rates : tuple of int
        The node of each value of the derivative, in the order of the state vector.
    observed : mapping of str to tuple of int
        The nodes of the elements of other variables that were asked for, by name.
    """

    nodes: tuple[Node, ...]
    rates: tuple[int, ...]
    observed: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)

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


@dataclass(frozen=True)
class Start:
    """What is computed once when a run begins, element by element.

    Parameters
    ----------
    nodes : tuple of Node
        Each after its arguments; the time they read is that of the start.
    initial : tuple of int
        The node of each value of the state.
    kept : mapping of (str, int) to int
        The nodes of values that stay what they were at the start, by variable and flat place.
    """

    nodes: tuple[Node, ...]
    initial: tuple[int, ...]
    kept: Mapping[tuple[str, int], int]


POSITIVE = "positive"

Fixed = Mapping[str, tuple[float | str | None, ...]]
"""What is known of constants that all members share, element by element: a value, POSITIVE
(so that a division by it is sound), or None."""


def special(exponent: bool) -> tuple[float, ...]:
    """Return the values worth a form of their own: what turns terms off, the usual exponents."""
    return (0.0, 1.0, 0.5, 2.0) if exponent else (0.0, 1.0)


def telling(shared: Mapping[str, Sequence[float]], exponents: frozenset[str]) -> Fixed:
    """Return what is worth a form of its own about the values of shared constants.

    Zeros and ones, which turn terms off, and the usual exponents; of any other value, which may
    change from run to run without new code, only whether it is positive.

    >>> telling({"switch": [0.0], "delay": [4.0], "power": [0.5]}, frozenset(["power"]))
    {'switch': (0.0,), 'delay': ('positive',), 'power': (0.5,)}
    """
    found: dict[str, tuple[float | str | None, ...]] = {}
    for name, values in shared.items():
        own = special(name in exponents)
        found[name] = tuple(
            each if each in own else POSITIVE if SMALL < each <= MOST else None for each in values
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


def scalar_form(
    schedule: Schedule, fixed: Fixed | None = None, observed: Sequence[str] = ()
) -> Scalars:
    """Return the rates of a schedule element by element.

    Parameters
    ----------
    schedule : Schedule
    fixed : mapping of str to tuple, optional
        What is known of constants that all members share; see `telling`.
    observed : sequence of str
        Variables wanted besides the rates.

    Raises
    ------
    NoScalarForm
        Saying why, in a sentence.
    """
    if not schedule.flows:
        raise NoScalarForm("There is no stock to integrate.")
    _refuse_large((*schedule.values, *schedule.flows))
    return _Builder(schedule, fixed or {}).form(observed)


def start_form(schedule: Schedule) -> Start:
    """Return the initial values of a schedule, and what it keeps from the start.

    Raises
    ------
    NoScalarForm
        Saying why, in a sentence.
    """
    _refuse_large(schedule.prepare)
    return _AtStart(schedule, {}).start()


def _refuse_large(statements: Sequence[Statement]) -> None:
    size = 0
    for statement in statements:
        size += math.prod(each.size for each in statement.axes) * _weight(statement.term)
        if size > MOST_NODES:
            raise NoScalarForm(f"The equations hold more than {MOST_NODES:,} single operations.")


def _weight(term: Term) -> int:
    """How many operations an element of a term takes, roughly."""
    count = 0
    for each in terms(term):
        count += math.prod(a.size for a in each.over) if isinstance(each, Reduce) else 1
    return count


class _Builder(Folding):
    """Evaluates terms with numbers and nodes instead of arrays."""

    def __init__(self, schedule: Schedule, fixed: Fixed) -> None:
        super().__init__()
        self.schedule, self.fixed = schedule, fixed
        self.values: dict[tuple[str, int], int] = {}

    def form(self, observed: Sequence[str]) -> Scalars:
        schedule = self.schedule
        early = [each for each in schedule.prepare if each.kind == "value"]
        for statement in (*early, *schedule.values):
            found = self.kept(statement) if statement.at_start else self.evaluated(statement)
            for place, node in found:
                self.values[statement.target, place] = node
        rates = [self.number(0.0)] * schedule.state_size
        for statement in schedule.flows:
            offset = schedule.slots[statement.target].offset
            for place, node in self.evaluated(statement):
                rates[offset + place] = node
        asked = {
            name: [self.element(name, place) for place in range(schedule.slots[name].size)]
            for name in observed
        }
        roots = [self.as_number(each) for each in rates]
        nodes, placed = _pruned(self.nodes, [*roots, *(k for each in asked.values() for k in each)])
        seen = {name: tuple(placed[each] for each in own) for name, own in asked.items()}
        return Scalars(nodes, tuple(placed[each] for each in roots), seen)

    def evaluated(self, statement: Statement) -> Iterator[tuple[int, int]]:
        """Yield the place of each element a statement writes, and its node."""
        for place, at in self.elements(statement):
            yield place, self.as_number(self.term(statement.term, at))

    def kept(self, statement: Statement) -> Iterator[tuple[int, int]]:
        """Yield the place of each element that keeps its value at the start, and its node."""
        for place, _ in self.elements(statement):
            yield place, self.add(Node(INPUT, name=statement.target, place=place), ANY)

    def elements(self, statement: Statement) -> Iterator[tuple[int, Mapping[str, int]]]:
        """Yield the place of each element a statement writes, and where its axes stand."""
        shape = self.schedule.slots[statement.target].shape
        for steps in product(*(range(each.size) for each in statement.axes)):
            at = _steps(statement.axes, steps)
            yield _place(statement.index, shape, at), at

    def term(self, term: Term, at: Mapping[str, int]) -> int:
        match term:
            case Literal(values, axes):
                return self.number(values[_flat(axes, at)])
            case Load():
                return self.load(term, at)
            case Read(table, argument, _, along):
                table = table.element(_flat(along, at))
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
                    total = self.apply(JOINED[function], (total, part))
                return total
            case Apply(function, arguments, _, _):
                return self.apply(function, tuple(self.term(each, at) for each in arguments))
        raise NoScalarForm(f"{term.function.upper()} has no form for single numbers.")

    def load(self, load: Load, at: Mapping[str, int]) -> int:
        slots = self.schedule.slots
        if load.name == TIME and load.name not in slots:
            return self.add(Node(INPUT, stage="time", name=TIME), FINITE)
        return self.element(load.name, _place(load.index, slots[load.name].shape, at))

    def element(self, name: str, place: int) -> int:
        """The node of one element of a variable."""
        slot = self.schedule.slots[name]
        if slot.role == "stock":
            return self.add(Node(STATE, stage="state", place=slot.offset + place), FINITE)
        if slot.role == "series":
            return self.add(Node(INPUT, stage="time", name=name, place=place), FINITE)
        found = self.values.get((name, place))
        if found is not None:
            return found
        if slot.role != "constant":  # an element no equation writes
            return self.number(math.nan)
        known = self.fixed[name][place] if name in self.fixed else None
        if isinstance(known, float):
            return self.number(known, GIVEN)
        span = Span(SMALL, MOST) if known == POSITIVE else FINITE
        return self.add(Node(INPUT, name=name, place=place), span)


class _AtStart(_Builder):
    """Evaluates what is computed once, in its order; stocks are what they begin with."""

    def start(self) -> Start:
        schedule = self.schedule
        kept: dict[tuple[str, int], int] = {}
        for statement in schedule.prepare:
            for place, node in self.evaluated(statement):
                self.values[statement.target, place] = node
                if statement.kind == "value" and statement.at_start:
                    kept[statement.target, place] = node
        initial = [
            self.values.get((slot.name, place), self.number(0.0))
            for slot in schedule.stocks
            for place in range(slot.size)
        ]
        nodes, placed = _pruned(self.nodes, [*initial, *kept.values()])
        return Start(
            nodes,
            tuple(placed[each] for each in initial),
            {name: placed[each] for name, each in kept.items()},
        )

    def element(self, name: str, place: int) -> int:
        """The node of one element as it is at the start."""
        if self.schedule.slots[name].role == "stock":
            return self.values[name, place]
        return super().element(name, place)


def _pruned(nodes: Sequence[Node], roots: Sequence[int]) -> tuple[tuple[Node, ...], dict[int, int]]:
    """Keep what the roots need, each value close before its first use, numbered anew."""
    order: list[int] = []
    placed: dict[int, int] = {}
    waiting = [(each, False) for each in reversed(roots)]
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
    return tuple(kept), placed


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
