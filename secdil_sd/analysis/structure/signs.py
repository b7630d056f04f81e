"""Whether a cause raises or lowers what it enters: signs of partial derivatives, where definite.

A sign is 1, -1 or 0; None where it depends on the values. It rests on the ranges the file
declares, on the numbers it gives, and on what follows from them through the equations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from secdil_sd.equations.delays import CHAINED
from secdil_sd.equations.expression import (
    Call,
    LookupCall,
    Node,
    Number,
    Reference,
    Table,
    references,
)
from secdil_sd.equations.system import System, Variable
from secdil_sd.names import spelling

Sign = int | None

RISING = frozenset(
    {"exp", "ln", "log10", "sqrt", "arctan", "arcsin", "sinh", "tanh", "integer", "sum", "vmin"}
    | {"vmax", "initial"}
)
"""Functions of one argument that never fall as it rises."""

FOLLOWING = frozenset({*CHAINED, "delay fixed", "lagged"})
"""Functions that come after their first argument and never against it."""


def plus(a: Sign, b: Sign) -> Sign:
    """Return the sign of a sum.

    >>> plus(1, 0), plus(1, -1)
    (1, None)
    """
    if a == 0 or a == b:
        return b
    return a if b == 0 else None


def times(a: Sign, b: Sign) -> Sign:
    """Return the sign of a product.

    >>> times(-1, -1), times(0, None), times(1, None)
    (1, 0, None)
    """
    if a == 0 or b == 0:
        return 0
    return None if a is None or b is None else a * b


def against(a: Sign) -> Sign:
    """Return the opposite sign."""
    return None if a is None else -a


@dataclass
class Signs:
    """Signs of values and derivatives in one system; what was found is kept.

    Examples
    --------
    >>> from secdil_sd.equations.system import Definition
    >>> fatigue = Variable("fatigue", (Definition((), Number(0.2)),))
    >>> signs = Signs(System("m", (), (fatigue,)))
    >>> lapse = Call("negative", (Call("*", (Reference("fatigue"), Reference("spending"))),))
    >>> signs.slope(lapse, "spending")
    -1
    """

    system: System
    _values: dict[str, Sign] = field(default_factory=dict)

    # values

    def value(self, node: Node) -> Sign:
        """Return 1 where an expression is never negative, -1 never positive, 0 always zero."""
        match node:
            case Number(number):
                return (number > 0) - (number < 0) if number == number else None
            case Reference(name):
                return self._variable(name)
            case Call(function, arguments):
                return self._call(function, arguments)
        return None

    def _variable(self, name: str) -> Sign:
        if name not in self.system:
            return None
        variable = self.system[name]
        if variable.name not in self._values:
            self._values[variable.name] = None  # what is asked again on the way stays open
            self._values[variable.name] = self._found(variable)
        return self._values[variable.name]

    def _found(self, variable: Variable) -> Sign:
        if variable.low is not None and variable.low >= 0:
            return 1
        if variable.high is not None and variable.high <= 0:
            return -1
        if variable.low is not None or variable.high is not None or variable.kind == "stock":
            return None
        if variable.kind not in ("auxiliary", "constant"):
            return None
        found = {self.value(each.expression) for each in variable.definitions} - {0}
        if not found and variable.kind == "constant":
            return None  # a zero that somebody will set
        return found.pop() if len(found) == 1 else None if found else 0

    def _call(self, function: str, arguments: tuple[Node, ...]) -> Sign:
        if function in ("exp", "abs", "sqrt"):
            return 1
        if function == "if then else":
            return plus(self.value(arguments[1]), self.value(arguments[2]))
        inner = [self.value(each) for each in arguments]
        match function:
            case "+" | "max" | "min":
                if function == "max" and 1 in inner:
                    return 1
                return plus(*inner)
            case "-":
                return plus(inner[0], against(inner[1]))
            case "negative":
                return against(inner[0])
            case "*" | "/" | "zidz":
                return times(*inner)
            case "^" | "power":
                return 1 if inner[0] == 1 else None
            case "sum" | "vmin" | "vmax" | "initial":
                return inner[0]
        return inner[0] if function in FOLLOWING and inner[0] == inner[-1] else None

    # derivatives

    def slope(self, node: Node, name: str) -> Sign:
        """Return the sign of the partial derivative of an expression by a variable."""
        if not any(spelling(each.name) == spelling(name) for each in references(node)):
            return 0
        match node:
            case Reference():
                return 1
            case LookupCall(table, argument):
                return times(self._table(table), self.slope(argument, name))
            case Call(function, arguments):
                return self._chain(function, arguments, name)
        return None

    def _chain(self, function: str, arguments: tuple[Node, ...], name: str) -> Sign:
        inner = [self.slope(each, name) for each in arguments]
        first = inner[0]
        if function in RISING:
            return first
        if function in FOLLOWING:
            return first if all(each == 0 for each in inner[1:]) else None
        match function:
            case "negative" | "arccos":
                return against(first)
            case "+" | "min" | "max":
                return plus(*inner)
            case "-":
                return plus(first, against(inner[1]))
            case "*":
                left, right = (self.value(each) for each in arguments)
                return plus(times(first, right), times(inner[1], left))
            case "/" | "zidz" | "xidz":
                above, below = (self.value(each) for each in arguments[:2])
                found = plus(times(first, below), against(times(inner[1], above)))
                return plus(found, inner[2]) if function == "xidz" else found
            case "^" | "power":
                base, exponent = (self.value(each) for each in arguments)
                return times(first, exponent) if inner[1] == 0 and base == 1 else None
            case "abs":
                return times(first, self.value(arguments[0]))
            case "prod":
                return first if self.value(arguments[0]) == 1 else None
            case "if then else":
                return plus(*inner[1:]) if first == 0 else None
        return None

    def _table(self, table: Table | Reference) -> Sign:
        if isinstance(table, Reference):
            variable = self.system.get(table.name)
            found = [each.expression for each in variable.definitions] if variable else []
            slopes = {self._table(each) for each in found if isinstance(each, Table)}
            return slopes.pop() if len(slopes) == 1 else None
        rises = set()
        for number in range(max(1, len(table.y) // max(1, len(table.x)))):
            y = table.element(number).y
            rises |= {(b > a) - (b < a) for a, b in pairwise(y)}
        rises.discard(0)
        return rises.pop() if len(rises) == 1 else None if rises else 0
