"""What the file itself gives: the numbers of constants, and data over time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements, positions
from secdil_sd.equations.expression import Array, Call, Node, Number, Table
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.simulation.series import Series


def defaults(system: System) -> dict[str, np.ndarray]:
    """Return the file's own value of each constant, (*dimensions,), to keep or to change."""
    return {name: array.copy() for name, array in _defaults(system).items()}


@lru_cache(maxsize=32)
def _defaults(system: System) -> dict[str, np.ndarray]:
    return {
        each.name: _default(system, each) for each in system.variables if each.kind == "constant"
    }


def shape_of(system: System, name: str) -> tuple[int, ...]:
    """Return the sizes of a variable's dimensions."""
    return tuple(len(elements(system, each)) for each in dimensions(system, name))


def _default(system: System, variable: Variable) -> np.ndarray:
    value = np.full(shape_of(system, variable.name), np.nan)
    dims = dimensions(system, variable.name)
    for definition in variable.definitions:
        places = [positions(system, d, s) for d, s in zip(dims, definition.subscripts, strict=True)]
        block = np.ix_(*places) if places else ()
        before = value.copy()
        value[block] = _written(system, definition, tuple(map(len, places)))
        for excepted in definition.excepted:  # keeps what another equation gave it
            left = [positions(system, d, s) for d, s in zip(dims, excepted, strict=True)]
            value[np.ix_(*left)] = before[np.ix_(*left)]
    return value


def _written(system: System, definition: Definition, sizes: tuple[int, ...]) -> np.ndarray:
    """The numbers of one equation over its box."""
    number = _number(definition.expression)
    ranged = tuple(n for n, s in zip(sizes, definition.subscripts, strict=True) if system.range(s))
    return np.broadcast_to(number.reshape(_fitted(number, ranged)), ranged).reshape(sizes)


def _fitted(number: np.ndarray, ranged: tuple[int, ...]) -> tuple[int, ...]:
    return ranged if number.size > 1 else ()


def _number(node: Node) -> np.ndarray:
    sign = 1.0
    while isinstance(node, Call):
        node, sign = node.arguments[0], -sign
    if isinstance(node, Number):
        return np.asarray(sign * node.value)
    if isinstance(node, Array):
        return sign * np.asarray(node.values, dtype=float).reshape(node.shape)
    raise TypeError(f"not a constant: {node!r}")


@lru_cache(maxsize=16)
def data_series(system: System) -> dict[str, Series]:
    """Return the data variables that have values in the file or in the tables it names."""
    return {each.name: _data(system, each) for each in system.variables if each.has_data}


def _data(system: System, variable: Variable) -> Series:
    """One series over the knots of every equation; where an equation has none, its numbers."""
    dims = dimensions(system, variable.name)
    tables = [d.expression for d in variable.definitions if isinstance(d.expression, Table)]
    knots = np.unique(np.concatenate([each.x for each in tables]))
    between = next(each.beyond for each in tables if each.x)
    values = np.full((len(knots), *shape_of(system, variable.name)), np.nan)
    for definition in variable.definitions:
        places = [positions(system, d, s) for d, s in zip(dims, definition.subscripts, strict=True)]
        sizes = tuple(map(len, places))
        chosen: tuple[Any, ...] = (slice(None), *(np.ix_(*places) if places else ()))
        node = definition.expression
        if not isinstance(node, Table):
            values[chosen] = _written(system, definition, sizes)
        elif node.x:
            points = np.asarray(node.y).reshape(-1, len(node.x)).T
            read = Series(np.asarray(node.x), points, between).at(knots)
            boxed = sizes if points.shape[1] > 1 else (1,) * len(sizes)
            values[chosen] = read.reshape(len(knots), *boxed)
    return Series(knots, values, between)
