"""Subscripts resolved: which dimensions a variable has, and where names lie along them.

Ranges with a common superset are one family and share one dimension, named after the largest
range of the family (the root). Ranges with the very same elements, as ``state`` and ``rival``,
stay dimensions of their own: their product is what makes a dyad.
"""

from __future__ import annotations

from functools import lru_cache

from secdil_sd.equations.system import Range, System, Variable
from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import Names, spelling


@lru_cache(maxsize=4096)
def root(system: System, name: str) -> str:
    """Return the largest range that contains every element of range ``name``."""
    own = _range(system, name)
    inside = {spelling(each) for each in own.elements}
    best = own
    for other in system.ranges:
        members = {spelling(each) for each in other.elements}
        if inside < members and len(members) > len(best.elements):
            best = other
    return best.name


@lru_cache(maxsize=4096)
def dimensions(system: System, name: str) -> tuple[str, ...]:
    """Return the root range of each dimension of a variable.

    Parameters
    ----------
    system : System
    name : str
        A variable, in any spelling.

    Returns
    -------
    tuple of str
        Empty for a scalar.

    Raises
    ------
    ModelError
        If the definitions of the variable disagree about its dimensions.
    """
    variable = system[name]
    counts = {len(each.subscripts) for each in variable.definitions}
    if len(counts) > 1:
        raise ModelError(_disagree(system, variable))
    return tuple(
        _dimension_at(system, variable, position)
        for position in range(counts.pop() if counts else 0)
    )


def elements(system: System, dimension: str) -> tuple[str, ...]:
    """Return the labels along a dimension, in file order."""
    return _range(system, dimension).elements


@lru_cache(maxsize=65536)
def positions(system: System, dimension: str, subscript: str) -> tuple[int, ...]:
    """Return where a range or an element lies along a dimension.

    Raises
    ------
    ModelError
        If the subscript is not on that dimension.
    """
    labels = {spelling(each): place for place, each in enumerate(elements(system, dimension))}
    own = system.range(subscript)
    wanted = own.elements if own else (subscript,)
    try:
        return tuple(labels[spelling(each)] for each in wanted)
    except KeyError:
        known = [*elements(system, dimension), dimension]
        finding = Names(known, f"subscript of {dimension}").unknown(subscript, system.place)
        raise ModelError(finding) from None


def element_number(system: System, element: str) -> int:
    """Return the number an element stands for in an equation, as Vensim counts.

    Its 1-based place in the largest range of the family that first declares it: so elements
    compare by what they are, whatever range names them and in whatever order.
    """
    found = system.ranges_with(element)
    if not found:
        raise ModelError(f"No subscript element {element!r}.")
    family = elements(system, root(system, found[0].name))
    return [spelling(each) for each in family].index(spelling(element)) + 1


def _range(system: System, name: str) -> Range:
    found = system.range(name)
    if found is None:
        ranges = [each.name for each in system.ranges]
        raise ModelError(Names(ranges, "subscript range").unknown(name, system.place))
    return found


def _dimension_at(system: System, variable: Variable, position: int) -> str:
    """Return the root range of one dimension: from a range if any definition names one."""
    subscripts = {each.subscripts[position] for each in variable.definitions}
    roots = {root(system, each) for each in subscripts if system.range(each)}
    single = {spelling(each) for each in subscripts if not system.range(each)}
    if not roots:
        holding = [
            each
            for each in system.ranges
            if single <= {spelling(element) for element in each.elements}
        ]
        if not holding:
            raise ModelError(_disagree(system, variable))
        exact = [each for each in holding if len(each.elements) == len(single)]
        return root(system, (exact or holding)[0].name)
    if len(roots) == 1:
        return roots.pop()
    raise ModelError(_disagree(system, variable))


def _disagree(system: System, variable: Variable) -> Finding:
    written = sorted({f"[{', '.join(each.subscripts)}]" for each in variable.definitions})
    return Finding(
        "error",
        f"The equations of {variable.name!r} do not share their dimensions: {', '.join(written)}.",
        system.where(variable.line),
        (variable.name,),
        "Give every equation subscripts of the same ranges, in the same order.",
    )
