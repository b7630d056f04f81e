"""Conditions of Reality Check constraints as the experiments that make them true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from secdil_sd.equations.expression import Call, Node, Number, Reference, rebuild
from secdil_sd.equations.reality import RealityLine
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.names import spelling, suggestion

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "="}
MOST_BRANCHES = 32


@dataclass(frozen=True)
class Term:
    """One comparison of a condition.

    Parameters
    ----------
    comparison : Call
        ``left relation right``; a forced variable stands on the left.
    forced : bool
        Whether the variable is made to fulfil it; else it is only looked at.
    label : str
        The comparison, or the test input's name, in words.
    """

    comparison: Call
    forced: bool
    label: str


Branch = tuple[Term, ...]


def branches(condition: Node, system: System) -> list[Branch]:
    """Return the experiments that make a condition true: one for each way to fulfil it.

    ``a :AND: (b :OR: c)`` has two: a with b, and a with c. Test inputs stand for their equation.

    Raises
    ------
    ValueError
        For what is neither a comparison nor a test input, and for too many ways.
    """
    tests = {spelling(each.name): each for each in system.reality if each.kind == "test input"}
    found = _ways(condition, system, tests)
    if len(found) > MOST_BRANCHES:
        raise ValueError(f"the condition can be fulfilled in more than {MOST_BRANCHES} ways")
    return found


def _ways(node: Node, system: System, tests: Mapping[str, RealityLine]) -> list[Branch]:
    if isinstance(node, Number) and node.value:
        return [()]
    if isinstance(node, Reference):
        return [(_test_input(node, system, tests),)]
    if isinstance(node, Call):
        if node.function == "and":
            sides = [_ways(each, system, tests) for each in node.arguments]
            return [left + right for left, right in product(*sides)][: MOST_BRANCHES + 1]
        if node.function == "or":
            return [way for each in node.arguments for way in _ways(each, system, tests)]
        if node.function == "not":
            return _ways(_negated(node.arguments[0]), system, tests)
        if node.function in _OPPOSITE:
            return [(_term(node, system, shown(node)),)]
    raise ValueError(f"{shown(node)} is neither a comparison nor a test input")


def _negated(node: Node) -> Node:
    if isinstance(node, Call):
        if node.function == "not":
            return node.arguments[0]
        if node.function in ("and", "or"):
            other = "or" if node.function == "and" else "and"
            return Call(other, tuple(_negated(each) for each in node.arguments))
        if node.function in _OPPOSITE:
            return Call(_OPPOSITE[node.function], node.arguments)
    raise ValueError(f":NOT: {shown(node)} cannot be made true")


def _test_input(node: Reference, system: System, tests: Mapping[str, RealityLine]) -> Term:
    line = tests.get(spelling(node.name))
    if line is None:
        name = node.name.replace("_", " ")
        hint = suggestion(name, [each.name for each in tests.values()])
        raise ValueError(f"{name!r} is no test input. {hint}".strip().rstrip("."))
    if line.problem or not isinstance(line.condition, Call):
        raise ValueError(f"the test input {line.name!r} cannot be used: {line.problem}")
    if node.subscripts and len(node.subscripts) != len(line.subscripts):
        raise ValueError(f"{shown(node)} does not have the subscripts of {line.name!r}")
    chosen = dict(zip(line.subscripts, node.subscripts, strict=False))
    equation = subscripted(line.condition, chosen)
    assert isinstance(equation, Call)
    term = _term(equation, system, shown(replace(node, name=line.name)))
    if not term.forced:
        raise ValueError(f"the test input {line.name!r} sets {shown(equation.arguments[0])}")
    return term


def subscripted(node: Node, chosen: Mapping[str, str]) -> Node:
    """Return an expression for one choice of its subscripts."""
    by_spelling = {spelling(old): new for old, new in chosen.items() if old != new}

    def change(each: Node) -> Node:
        if isinstance(each, Reference) and by_spelling:
            return replace(
                each,
                subscripts=tuple(by_spelling.get(spelling(s), s) for s in each.subscripts),
            )
        return each

    return rebuild(node, change)


def _term(node: Call, system: System, label: str) -> Term:
    left, right = node.arguments
    if not _can_be_set(left, system) and _can_be_set(right, system):
        left, right = right, left
        node = Call(_MIRRORED[node.function], (left, right))
    return Term(node, _can_be_set(left, system) and node.function != "<>", label)


def _can_be_set(node: Node, system: System) -> bool:
    if not isinstance(node, Reference) or node.name not in system:
        return False
    variable = system[node.name]
    return variable.name not in TIME_NAMES and variable.kind != "lookup"


def shown(node: Node) -> str:
    """Return an expression as Vensim writes it.

    >>> shown(Call("and", (Call(">", (Reference("price"), Number(2.0))), Reference("TI"))))
    'price > 2 :AND: TI'
    """
    match node:
        case Number(value):
            return f"{value:g}"
        case Reference(name, subscripts):
            return f"{name}[{','.join(subscripts)}]" if subscripts else name
        case Call("and" | "or" | "not" as word, arguments):
            parts = [shown(each) for each in arguments]
            return f":NOT: {parts[0]}" if word == "not" else f" :{word.upper()}: ".join(parts)
        case Call("negative", (argument,)):
            return f"-{shown(argument)}"
        case Call(function, (left, right)) if not function[0].isalpha():
            return f"{shown(left)} {function} {shown(right)}"
        case Call(function, arguments):
            return f"{function.upper()}({', '.join(map(shown, arguments))})"
    return "..."
