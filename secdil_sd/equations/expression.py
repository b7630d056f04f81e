"""The syntax tree of an equation: seven kinds of node, as the author wrote them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number; ``:NA:`` is NaN."""

    value: float


@dataclass(frozen=True, slots=True)
class Array:
    """A literal array of constants, row by row, as in ``1,2;3,4;``."""

    shape: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string argument, as in ``GET DIRECT DATA('file.csv', ...)``."""

    value: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A name with the subscripts written behind it; ``rival!`` is summed over.

    The name may also be a subscript range (its position along the axis) or element.
    """

    name: str
    subscripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup table given by its points, or the values of a data variable over time.

    ``y`` holds the points of one element, or of each element of an equation's box in turn.
    ``beyond`` says what holds outside the points: the end value ("hold": Vensim), the
    last slope ("extrapolate": XMILE); or that even between them the point to the left holds
    ("discrete"), the point to the right ("forward"), or nothing (NaN, "raw").
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    beyond: str = "hold"

    def element(self, number: int) -> Table:
        """Return the points of one element of the box."""
        if len(self.y) == len(self.x):
            return self
        count = len(self.x)
        return Table(self.x, self.y[number * count : (number + 1) * count], self.beyond)

    def at(self, x: float) -> float:
        """Return the value at ``x`` of a table of one element that holds its ends.

        >>> Table((0.0, 2.0), (1.0, 5.0)).at(0.5), Table((0.0, 2.0), (1.0, 5.0), "forward").at(0.5)
        (2.0, 5.0)
        """
        left, right = bisect_right(self.x, x) - 1, bisect_left(self.x, x)
        if left < 0 or right >= len(self.x):
            return self.y[0] if left < 0 else self.y[-1]
        if left == right or self.beyond == "discrete":
            return self.y[left]
        if self.beyond == "forward":
            return self.y[right]
        share = (x - self.x[left]) / (self.x[right] - self.x[left])
        return self.y[left] + share * (self.y[right] - self.y[left])


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function of ``functions.FUNCTIONS`` applied to arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class LookupCall:
    """A lookup read at ``argument``; ``table`` is a Table or a Reference to a lookup variable.

    ``manner`` is empty, or how it is read in spite of its own ``beyond``: "forward",
    "backward", "extrapolate", or "invert" (the x that has ``argument`` as its y).
    """

    table: Table | Reference
    argument: Node
    manner: str = ""


Node = Number | Array | Text | Reference | Table | Call | LookupCall


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below ``node``."""
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, LookupCall):
        return (node.table, node.argument)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it, parents first.

    >>> tree = Call("+", (Number(1.0), Reference("GDP")))
    >>> [type(each).__name__ for each in walk(tree)]
    ['Call', 'Number', 'Reference']
    """
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def references(node: Node) -> Iterator[Reference]:
    """Yield every reference in the expression, in reading order."""
    return (each for each in walk(node) if isinstance(each, Reference))


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the tree with ``change`` applied to each node, leaves first."""
    if isinstance(node, Call):
        node = Call(node.function, tuple(rebuild(each, change) for each in node.arguments))
    elif isinstance(node, LookupCall):
        table = rebuild(node.table, change)
        if not isinstance(table, Table | Reference):
            raise TypeError("a lookup's table stays a table or a reference")
        node = LookupCall(table, rebuild(node.argument, change), node.manner)
    return change(node)


def to_json(node: Node) -> Any:
    """Return the tree as nested lists of strings and numbers; floats as hexadecimal text.

    >>> to_json(Call("-", (Number(1.5),)))
    ['call', '-', [['number', '0x1.8000000000000p+0']]]
    """
    match node:
        case Number(value):
            return ["number", float(value).hex()]
        case Array(shape, values):
            return ["array", list(shape), [float(each).hex() for each in values]]
        case Text(value):
            return ["text", value]
        case Reference(name, subscripts):
            return ["reference", name, list(subscripts)]
        case Table(x, y, beyond):
            return ["table", [float(v).hex() for v in x], [float(v).hex() for v in y], beyond]
        case Call(function, arguments):
            return ["call", function, [to_json(each) for each in arguments]]
        case LookupCall(table, argument, manner):
            return ["lookup", to_json(table), to_json(argument), manner]
    raise TypeError(f"not a node: {node!r}")


def from_json(data: Any) -> Node:
    """Return the tree that ``to_json`` wrote; raises ValueError on anything else."""
    match data:
        case ["number", str(value)]:
            return Number(float.fromhex(value))
        case ["array", [*shape], [*values]]:
            return Array(tuple(int(n) for n in shape), tuple(float.fromhex(v) for v in values))
        case ["text", str(value)]:
            return Text(value)
        case ["reference", str(name), [*subscripts]]:
            return Reference(name, tuple(str(each) for each in subscripts))
        case ["table", [*x], [*y], str(beyond)]:
            points = [tuple(float.fromhex(v) for v in axis) for axis in (x, y)]
            return Table(points[0], points[1], beyond)
        case ["call", str(function), [*arguments]]:
            return Call(function, tuple(from_json(each) for each in arguments))
        case ["lookup", table, argument, str(manner)]:
            node = from_json(table)
            if isinstance(node, Table | Reference):
                return LookupCall(node, from_json(argument), manner)
    raise ValueError(f"not an expression: {str(data)[:60]}")
