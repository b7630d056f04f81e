"""Other elements in a model's subscript ranges: labels are data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from secdil_sd.equations.expression import Array, Node, Table, walk
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError, ModelError
from secdil_sd.names import Names


def relabelled(system: System, name: str, given: Sequence[str]) -> System:
    """Return the system with ``given`` as elements of a range and of those that share its own.

    Raises
    ------
    InputError, ModelError
        For an unknown range, repeated or no labels, or labels that equations name.
    """
    ranges = [each.name for each in system.ranges]
    if system.range(name) is None:
        raise InputError(Names(ranges, "subscript range").unknown(name, system.place))
    labels = tuple(str(each) for each in given) if not isinstance(given, str) else (given,)
    if not labels or len(set(labels)) < len(labels) or not all(each.strip() for each in labels):
        raise InputError(
            Finding(
                "error",
                f"The elements given for {name!r} are empty or repeat: {list(labels)}.",
                variables=(name,),
                remedy="Give each element once.",
            )
        )
    followers = {each.name for each in system.siblings(name)}
    old = {element for each in system.siblings(name) for element in each.elements}
    named = [
        variable.name
        for variable in system.variables
        for definition in variable.definitions
        if any(each in old and each not in labels for each in definition.subscripts)
    ]
    if named:
        raise ModelError(
            Finding(
                "error",
                f"The elements of {name!r} cannot change: the equation of {named[0]!r} names them.",
                system.place,
                tuple(named),
                f"Write it for all of {name!r}, or change the file.",
            )
        )
    if len(labels) != len(system.siblings(name)[0].elements):
        _refuse_listed(system, name, followers)
    changed = tuple(
        replace(each, elements=labels) if each.name in followers else each for each in system.ranges
    )
    return system.replace(ranges=changed)


def _refuse_listed(system: System, name: str, followers: set[str]) -> None:
    """Equations that hold one number (or table) for each element fix how many there are."""
    listed = [
        variable.name
        for variable in system.variables
        for definition in variable.definitions
        if _is_list(definition.expression)
        and any(each.name in followers for each in map(system.range, definition.subscripts) if each)
    ]
    if listed:
        raise ModelError(
            Finding(
                "error",
                f"{name!r} cannot have more or fewer elements: the equation of {listed[0]!r} gives "
                "a value for each.",
                system.place,
                tuple(dict.fromkeys(listed)),
                "Give as many elements, or change the file.",
            )
        )


def _is_list(node: Node) -> bool:
    if isinstance(node, Table):
        return len(node.y) > len(node.x)
    return any(isinstance(each, Array) and len(each.values) > 1 for each in walk(node))
