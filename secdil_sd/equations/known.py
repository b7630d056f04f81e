"""Values an expression can have by the file's constants, known before anything runs."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from itertools import product

from secdil_sd.equations.expression import Array, Call, Node, Number, Reference, references, walk
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.system import System

_OPERATIONS: dict[str, Callable[..., float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "power": operator.pow,
    "negative": operator.neg,
    "min": min,
    "max": max,
    "abs": abs,
    "integer": math.trunc,
    "initial": lambda value: value,
}
_SWITCHES: dict[str, Callable[[tuple[Node, ...]], Node]] = {
    "step": lambda arguments: arguments[0],
    "pulse": lambda _: Number(1.0),
    "pulse train": lambda _: Number(1.0),
}
"""What functions of time switch on."""
MOST = 1000
"""Combinations of element values beyond which an expression is not worked out."""


def possible(system: System, node: Node) -> tuple[float, ...]:
    """Return the values of an expression, over all elements; none if it is not constant.

    >>> from secdil_sd.equations.system import Definition, Variable
    >>> n = Variable("n", (Definition((), Number(3.0)),))
    >>> possible(System("m", (), (n,)), Call("*", (Reference("n"), Number(2.0))))
    (6.0,)
    """
    try:
        return tuple(sorted(_possible(system, node, ())))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return ()


def _possible(system: System, node: Node, above: tuple[str, ...]) -> set[float]:
    if isinstance(node, Number):
        return {node.value}
    if isinstance(node, Array):
        return set(node.values)
    if isinstance(node, Reference) and node.name in system and node.name not in above:
        variable = system[node.name]
        if variable.is_data:
            raise LookupError(node.name)
        inside = (*above, variable.name)
        found = [_possible(system, each.expression, inside) for each in variable.definitions]
        return set().union(*found)
    if isinstance(node, Call) and node.function in _SWITCHES:
        return {0.0} | _possible(system, _SWITCHES[node.function](node.arguments), above)
    if isinstance(node, Call) and node.function == "if then else":
        return set().union(*(_possible(system, each, above) for each in node.arguments[1:]))
    if isinstance(node, Call):
        operation = _OPERATIONS[node.function]
        arguments = [_possible(system, each, above) for each in node.arguments]
        if math.prod(map(len, arguments)) > MOST:
            raise ValueError("too many")
        return {float(operation(*each)) for each in product(*arguments)}
    raise LookupError(type(node).__name__)


def varies(system: System, node: Node) -> bool:
    """Say whether an expression can change during a run, by the file's own equations."""
    waiting, seen = [node], set()
    while waiting:
        for each in walk(waiting.pop()):
            if isinstance(each, Call) and FUNCTIONS[each.function].kind in ("time", "stateful"):
                return True
            if isinstance(each, Reference) and each.name not in seen:
                seen.add(each.name)
                if each.name in system:
                    if system[each.name].is_data:
                        return True
                    waiting += [d.expression for d in system[each.name].definitions]
                elif system.range(each.name) is None and not system.ranges_with(each.name):
                    return True  # Time
    return False


def constants_behind(system: System, node: Node) -> Iterator[str]:
    """Yield the constants an expression depends on, directly or through others."""
    waiting, seen = [node], set()
    while waiting:
        for each in references(waiting.pop()):
            if each.name not in system or each.name in seen:
                continue
            seen.add(each.name)
            variable = system[each.name]
            if variable.kind == "constant":
                yield variable.name
            waiting += [definition.expression for definition in variable.definitions]
