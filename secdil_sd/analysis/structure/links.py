"""The causal links of a model as its author wrote it: which variable enters which equation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from secdil_sd.analysis.structure.signs import Sign, Signs, plus
from secdil_sd.equations.delays import CHAINED
from secdil_sd.equations.expression import Call, LookupCall, Node, Reference, children, references
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.system import INTEGRALS, System
from secdil_sd.names import spelling

RATE, EQUATION, INITIAL = "rate", "equation", "initial value"

STARTING = {
    **dict.fromkeys(INTEGRALS, 1),
    **dict.fromkeys(CHAINED, 2),
    "delay fixed": 2,
    "sample if true": 2,
    "trend": 2,
    "forecast": 3,
    "active initial": 1,
    "initial": 0,
}
"""Which argument of a function with memory only says where it begins."""


@dataclass(frozen=True)
class Link:
    """One variable entering the equation of another.

    Parameters
    ----------
    cause, effect : str
    part : {"rate", "equation", "initial value"}
        Where it enters: what a stock changes by, an equation, or only where something begins.
    sign : 1, -1, 0 or None
        Of the partial derivative, over the ranges the file declares; None: it depends.
    """

    cause: str
    effect: str
    part: str
    sign: Sign


@lru_cache(maxsize=32)
def links(system: System) -> tuple[Link, ...]:
    """Return the links of a system, in file order of the effects and reading order of causes.

    Examples
    --------
    >>> from secdil_sd.simulation.model import load_model
    >>> found = [each for each in links(load_model("richardson").system)]
    >>> [(each.cause, each.part, each.sign) for each in found if each.effect == "spending"]
    [('arming', 'rate', 1), ('disarming', 'rate', -1), ('initial spending', 'initial value', 1)]
    """
    signs = Signs(system)
    found: dict[tuple[str, str, str], Sign] = {}
    for variable in system.variables:
        for definition in variable.definitions:
            for part, node in _parts(definition.expression):
                for cause in _causes(system, node, part == INITIAL):
                    place = (cause, variable.name, part)
                    sign = signs.slope(node, cause)
                    found[place] = plus(found[place], sign) if place in found else sign
    return tuple(Link(*place, sign) for place, sign in found.items())


def _parts(node: Node) -> Iterator[tuple[str, Node]]:
    """The pieces of an equation by what they decide: its course, and where it begins."""
    if isinstance(node, Call) and node.function in INTEGRALS:
        yield RATE, node.arguments[0]
    else:
        yield EQUATION, node
    yield from ((INITIAL, each) for each in _beginnings(node))


def _beginnings(node: Node) -> Iterator[Node]:
    if isinstance(node, Call) and node.function in STARTING:
        yield node.arguments[STARTING[node.function]]
    for each in children(node):
        yield from _beginnings(each)


def _causes(system: System, node: Node, beginning: bool) -> list[str]:
    """Names read in an expression, without those that only say where something begins."""
    read = references(node) if beginning else _moving(node)
    found: dict[str, None] = {}
    for each in read:
        if each.name in system:
            found[system.names[each.name]] = None
        elif spelling(each.name) == spelling(TIME):
            found[TIME] = None
    return list(found)


def _moving(node: Node) -> Iterator[Reference]:
    if isinstance(node, Reference):
        yield node
    if isinstance(node, LookupCall) and isinstance(node.table, Reference):
        yield node.table
        yield from _moving(node.argument)
        return
    skipped = STARTING.get(node.function) if isinstance(node, Call) else None
    for place, each in enumerate(children(node)):
        if place != skipped:
            yield from _moving(each)
