"""Points of rest and what happens near them: root-finding and eigenvalues over plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import root

Field = Callable[[np.ndarray], np.ndarray]

COMPLEX_STEP = 1e-30
RESIDUAL = 1e-9
"""Largest rate of change, as a share of the variable's scale a year, that counts as rest."""


def jacobian(rates: Field, y: np.ndarray) -> np.ndarray:
    """Return the derivative of each rate with respect to each stock, by complex steps.

    Parameters
    ----------
    rates : callable
        (stock,) to (stock,), over complex arrays.
    y : array (stock,)

    Returns
    -------
    array (rate, stock)

    Source
    ------
    Squire and Trapp (1998), SIAM Review 40: exact to rounding, no step to choose.

    Examples
    --------
    >>> jacobian(lambda y: np.array([y[0] * y[1], y[1]]), np.array([2.0, 3.0]))
    array([[3., 2.],
           [0., 1.]])
    """
    columns = []
    for j in range(len(y)):
        moved = y.astype(complex)
        moved[j] += 1j * COMPLEX_STEP
        columns.append(rates(moved).imag / COMPLEX_STEP)
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Roles:
    """Which entries of the state take part in rest.

    Parameters
    ----------
    active : array (entry,) of int
        What is solved for.
    held : array of int
        Entries whose rate is zero whatever happens: self-pairs, GDP without growth.
    passive : array of int
        Entries nothing depends on: they only count, as cumulative hazards do.
    """

    active: np.ndarray
    held: np.ndarray
    passive: np.ndarray


def sort_entries(rates: Field, points: Iterable[np.ndarray]) -> Roles:
    """Sort the entries of the state by looking at the Jacobian at several points."""
    moving, read = None, None
    for y in points:
        slope = np.abs(jacobian(rates, y))
        rate = np.abs(np.real(rates(y.astype(complex))))
        here_moving = (slope.max(axis=1) > 0) | (rate > 0)
        here_read = slope.max(axis=0) > 0
        moving = here_moving if moving is None else moving | here_moving
        read = here_read if read is None else read | here_read
    assert moving is not None
    assert read is not None
    return Roles(
        np.flatnonzero(moving & read), np.flatnonzero(~moving), np.flatnonzero(moving & ~read)
    )


def find_rest(
    rates: Field,
    starts: Iterable[np.ndarray],
    roles: Roles,
    scale: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> list[np.ndarray]:
    """Return distinct points at which every active entry is at rest.

    Parameters
    ----------
    rates : callable
    starts : iterable of array (stock,)
    roles : Roles
    scale, low, high : array (stock,)
        Typical size of each entry, and the bounds a point must keep.
    """
    found: list[np.ndarray] = []
    for start in starts:
        point = _solve(rates, start, roles.active, scale)
        if (
            point is None
            or (point < low - 1e-9 * scale).any()
            or (point > high + 1e-9 * scale).any()
        ):
            continue
        near = (np.abs(point - each)[roles.active] / scale[roles.active] for each in found)
        if not any(np.max(each) < 1e-6 for each in near):
            found.append(point)
    return found


def _solve(
    rates: Field, start: np.ndarray, active: np.ndarray, scale: np.ndarray
) -> np.ndarray | None:
    size = scale[active]

    def full(z: np.ndarray) -> np.ndarray:
        y = start.copy()
        y[active] = z * size
        return y

    def residual(z: np.ndarray) -> np.ndarray:
        return np.real(rates(full(z).astype(complex)))[active] / size

    def slope(z: np.ndarray) -> np.ndarray:
        return jacobian(rates, full(z))[np.ix_(active, active)] * size / size[:, None]

    with np.errstate(all="ignore"):
        try:
            done = root(residual, start[active] / size, jac=slope, method="hybr", tol=1e-13)
        except (ValueError, np.linalg.LinAlgError):
            return None
        good = np.isfinite(done.x).all() and np.max(np.abs(residual(done.x))) < RESIDUAL
    return full(done.x) if good else None


def modes(slope: np.ndarray, roles: Roles) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, leading first, and eigenvectors over the active entries."""
    part = slope[np.ix_(roles.active, roles.active)]
    values, vectors = np.linalg.eig(part)
    order = np.argsort(-values.real, kind="stable")
    return values[order], vectors[:, order]
