"""Least squares for many small problems at once, each with its own missing years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TINY = 1e-10
"""Of the mean square of a column: keeps the equations of a series that never moves solvable."""


@dataclass(frozen=True)
class Regression:
    """Slopes of many regressions, the intercept left out.

    Parameters
    ----------
    slope, ratio : (pair, column)
        Coefficients, and coefficients over their standard errors.
    rest : (pair, year)
        Residuals, NaN in years left out.
    """

    slope: np.ndarray
    ratio: np.ndarray
    rest: np.ndarray


def regress(columns: Sequence[np.ndarray], response: np.ndarray) -> Regression:
    """Regress a response on columns and a constant, pair by pair.

    Parameters
    ----------
    columns : sequence of (pair, year)
    response : (pair, year)
        Years with NaN anywhere are left out of their pair.

    Examples
    --------
    >>> years = np.arange(6.0)[None]
    >>> found = regress([years], 2 * years + np.array([[0, 0.1, -0.1, 0, 0.1, -0.1]]))
    >>> found.slope
    array([[1.98...]])
    """
    stack = np.stack([*np.broadcast_arrays(*columns, response)], axis=-1)
    seen = np.isfinite(stack).all(axis=-1)
    count = seen.sum(axis=1)
    filled = np.where(seen[..., None], stack, 0.0)
    mean = filled.sum(axis=1, keepdims=True) / np.maximum(count, 1)[:, None, None]
    centred = np.where(seen[..., None], stack - mean, 0.0)
    x, y = centred[..., :-1], centred[..., -1]
    crossed = np.einsum("pti,ptj->pij", x, x)
    spread = np.einsum("pii->pi", crossed)
    largest = spread.max(axis=1, keepdims=True)
    ridge = np.where(largest > 0, TINY * largest, 1.0)
    crossed = crossed + ridge[..., None] * np.eye(x.shape[-1])
    inverse = np.linalg.inv(crossed)
    slope = np.einsum("pij,ptj,pt->pi", inverse, x, y, optimize=True)
    rest = y - np.einsum("pti,pi->pt", x, slope)
    freedom = np.maximum(count - x.shape[-1] - 1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (rest**2).sum(axis=1) / freedom
        ratio = slope / np.sqrt(np.einsum("pii->pi", inverse) * variance[:, None])
    return Regression(slope, ratio, np.where(seen, rest, np.nan))
