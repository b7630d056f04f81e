"""Small systems written by hand, so that rooms below reading can be tested without files."""

from __future__ import annotations

from secdil_sd.equations.expression import Call, Node, Number, Reference
from secdil_sd.equations.system import Definition, Range, System, Variable


def ref(name: str, *subscripts: str) -> Reference:
    """A reference to a variable."""
    return Reference(name, subscripts)


def num(value: float) -> Number:
    """A number."""
    return Number(float(value))


def call(function: str, *arguments: Node) -> Call:
    """An operator or function applied."""
    return Call(function, arguments)


def stock(flow: Node, initial: Node) -> Call:
    """A stock's right-hand side."""
    return Call("integ", (flow, initial))


def var(name: str, *definitions: Definition | Node, on: tuple[str, ...] = ()) -> Variable:
    """A variable; bare expressions are defined over ``on``."""
    made = [
        each if isinstance(each, Definition) else Definition(on, each, text=f"{name} = ...")
        for each in definitions
    ]
    return Variable(name, tuple(made))


def part(on: str | tuple[str, ...], expression: Node, *excepted: tuple[str, ...]) -> Definition:
    """One of several definitions of a variable."""
    return Definition((on,) if isinstance(on, str) else on, expression, excepted)


STATE = Range("state", ("A", "B", "C"))
RIVAL = Range("rival", ("A", "B", "C"))


def system(*variables: Variable, ranges: tuple[Range, ...] = (STATE, RIVAL)) -> System:
    """A system of these variables."""
    return System("hand", ranges, variables, place="hand.mdl")
