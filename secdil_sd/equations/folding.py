"""Values as nodes, folded as they are made: what the equations decide is not computed.

A comparison of two elements, a product with its zero, a switch that all members share: whatever
is known beforehand never becomes an operation. Rounding does not change.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from secdil_sd.equations.expression import Table
from secdil_sd.equations.functions import COMPARISONS, FUNCTIONS
from secdil_sd.equations.schedule import RANK, Stage
from secdil_sd.equations.spans import ANY, TRUTH, Span, exactly, span_of, square

NUMBER, STATE, INPUT, LOOKUP = "number", "state", "input", "lookup"
"""Nodes that are no function: a number, an element of the state, of an input, a table read."""

NAN, MASK, GIVEN = "nan", "mask", "given"
"""Names of numbers: not a number; one that subscripts decide, which hides what it removes; and
one that a constant decides, whose zero hides nothing."""

_LOGICAL = COMPARISONS | {"or", "and", "not", "truth"}
JOINED = {"sum": "+", "prod": "*", "vmin": "min", "vmax": "max"}

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
        the state vector; of a number: NAN, MASK, GIVEN or nothing.
    table : Table or None
        Of a lookup.
    axes, index : tuple of str
        Where equations stay whole (see ``nests``): the axes it varies along; and of what is
        read from an array, the axis or place for each of its dimensions.
    """

    function: str
    arguments: tuple[int, ...] = ()
    stage: Stage = "batch"
    logical: bool = False
    value: float = 0.0
    name: str = ""
    place: int = 0
    table: Table | None = None
    axes: tuple[str, ...] = ()
    index: tuple[str, ...] = ()


def reached(nodes: Sequence[Node], roots: Iterable[int]) -> list[int]:
    """Return the places of what some nodes are computed from, themselves included, in order."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        k = waiting.pop()
        if k not in found:
            found.add(k)
            waiting += nodes[k].arguments
    return sorted(found)


class NoScalarForm(Exception):
    """A schedule is too large, or holds what is no function of single numbers."""


class Folding:
    """Nodes in the order in which they were made, each once, with what is certain of each."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.spans: list[Span] = []
        self.known: dict[Node, int] = {}

    def axes(self, arguments: tuple[int, ...]) -> tuple[str, ...]:
        """The axes along which a function of these nodes varies."""
        return ()

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
            Node(function, arguments, stage, logical, axes=self.axes(arguments)),
            self._span(function, arguments, logical),
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
            name = _decided(function, nodes)
            if function in _LOGICAL:
                return self._truth(bool(value), name)
            return self.number(float(value), name)
        if function == "if then else" and fixed[0]:
            chosen = arguments[1] if nodes[0].value else arguments[2]
            node = self.nodes[chosen]
            if node.function != NUMBER or node.name in (NAN, MASK):
                return chosen
            # what subscripts decide is a mask: what it hides is hidden whatever its value
            return self.number(node.value, GIVEN if GIVEN in (node.name, nodes[0].name) else MASK)
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

    def _truth(self, value: bool, name: str) -> int:
        return self.add(Node(NUMBER, logical=True, value=float(value), name=name), TRUTH)


def _decided(function: str, numbers: Sequence[Node]) -> str:
    """The name of a number made of numbers: what comes of a mask is one, unless constants join."""
    if function == "*" and any(each.name == MASK and each.value == 0.0 for each in numbers):
        return MASK
    names = {each.name for each in numbers}
    return GIVEN if GIVEN in names else MASK if MASK in names else ""
