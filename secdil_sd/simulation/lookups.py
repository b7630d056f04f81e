"""Lookup tables given anew: points as users write them, put into the equations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.equations.expression import Table
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.errors import Finding, InputError

Given = tuple[str, tuple[str, ...], tuple[tuple[float, float], ...]]
"""A lookup variable, the elements it is given for (none for all), and its points."""

REMEDY = "Give its points, as [(0, 0), (1, 0.5), (2, 1)]."


def points(value: Any, text: str, place: str = "") -> tuple[tuple[float, float], ...]:
    """Return the points of a lookup table.

    Parameters
    ----------
    value : sequence of (x, y), or Series of y indexed by x
    text : str
        What it is for, as the user wrote it.
    place : str
        Where it stands, for messages.

    Raises
    ------
    InputError
        If it is not a list of finite points with x that does not decrease.

    Examples
    --------
    >>> points([(0, 0), (1, 2)], "effect")
    ((0.0, 0.0), (1.0, 2.0))
    """
    if hasattr(value, "index") and hasattr(value, "to_numpy"):
        value = list(zip(value.index, value.to_numpy(), strict=True))
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.ndim != 2 or found.shape[1] != 2 or not len(found):
        message = f"{text!r} is a lookup table, not a number."
        raise InputError(Finding("error", message, place, (text,), REMEDY))
    if not np.isfinite(found).all() or (np.diff(found[:, 0]) < 0).any():
        message = f"The points of {text!r} are not finite numbers in order of x."
        raise InputError(Finding("error", message, place, (text,), "Sort them by x."))
    return tuple((float(x), float(y)) for x, y in found)


def with_lookups(system: System, given: tuple[Given, ...]) -> System:
    """Return the system with the points of some lookup tables replaced.

    Raises
    ------
    InputError
        If a table is given for elements that share one equation with others.
    """
    if not given:
        return system
    changed = {name: system[name] for name, _, _ in given}
    for name, chosen, table in given:
        changed[name] = _with_points(system, changed[name], chosen, table)
    return system.replace(
        variables=tuple(changed.get(each.name, each) for each in system.variables)
    )


def _with_points(
    system: System,
    variable: Variable,
    chosen: tuple[str, ...],
    table: tuple[tuple[float, float], ...],
) -> Variable:
    dims = dimensions(system, variable.name)
    x, y = zip(*table, strict=True)

    def is_meant(definition: Definition) -> bool:
        pairs = zip(dims, definition.subscripts, chosen, strict=False)
        return all(positions(system, d, own) == positions(system, d, c) for d, own, c in pairs)

    if not any(map(is_meant, variable.definitions)):
        message = f"{variable.name!r} has no table of its own for {', '.join(chosen)}."
        raise InputError(
            Finding(
                "error",
                message,
                system.where(variable.line),
                (variable.name,),
                "Give a table for all elements its equation is for.",
            )
        )
    definitions = tuple(
        replace(each, expression=Table(x, y, getattr(each.expression, "beyond", "hold")))
        if is_meant(each)
        else each
        for each in variable.definitions
    )
    return replace(variable, definitions=definitions)
