"""Residuals that last: how much of one year's is left in the next, and what is new in each."""

from __future__ import annotations

import numpy as np

GRID = np.concatenate([np.linspace(-0.5, 0.9, 29), [0.93, 0.95, 0.97, 0.985]])
"""Memories looked at before the best is improved; nearer to 1 the level itself is lost."""
HIGHEST = 0.99


def year_before(present: np.ndarray) -> np.ndarray:
    """Return for each figure the position of the same state's in the year before, or -1.

    Parameters
    ----------
    present : array (state, year) of bool
        Where there are figures; positions count them row by row.

    Examples
    --------
    >>> year_before(np.array([[True, True, False, True]]))
    array([-1,  0, -1])
    """
    position = np.cumsum(present.ravel()).reshape(present.shape) - 1
    found = np.full(present.shape, -1)
    found[:, 1:] = np.where(present[:, :-1], position[:, :-1], -1)
    return found[present]


def innovations(residuals: np.ndarray, before: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Return what is new in each residual; a first one of a series counts by its stationary size.

    Parameters
    ----------
    residuals : array (..., observation)
    before : array (observation,) of int
        As `year_before` gives.
    memory : array (...)
        Correlation from year to year.

    Examples
    --------
    >>> innovations(np.array([1.0, 0.5, 0.25]), np.array([-1, 0, 1]), np.array(0.5)).round(3)
    array([0.866, 0.   , 0.   ])
    """
    memory = np.asarray(memory)[..., None]
    follows = before >= 0
    earlier = np.where(follows, residuals[..., before], 0.0)
    return np.where(follows, residuals - memory * earlier, residuals * np.sqrt(1 - memory**2))


def likeliest(residuals: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the most likely memory, its innovations' spread the most likely one as well.

    The exact likelihood of a first-order autoregression (Beach and MacKinnon, 1978), over the
    last axis: first on a grid, then by parabolas through the best three.
    """
    best = GRID[np.argmin(np.stack([_loss(residuals, before, r) for r in GRID]), axis=0)]
    width = np.full(best.shape, 0.025)
    for _ in range(4):
        three = np.clip(
            best[None] + width * np.array([-1, 0, 1])[(..., *[None] * best.ndim)], -HIGHEST, HIGHEST
        )
        low, middle, high = (_loss(residuals, before, each) for each in three)
        bend = low - 2 * middle + high
        with np.errstate(all="ignore"):
            shift = np.where(bend > 0, 0.5 * (low - high) / bend, np.sign(low - high))
        best = np.clip(best + width * np.clip(shift, -1, 1), -HIGHEST, HIGHEST)
        width = width / 3
    return best


def first_terms(before: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Return what the change from residuals to innovations adds to each log density."""
    first = (before < 0).astype(float)
    return first * 0.5 * np.log1p(-np.square(np.asarray(memory)[..., None]))


def _loss(residuals: np.ndarray, before: np.ndarray, memory: np.ndarray | float) -> np.ndarray:
    memory = np.broadcast_to(np.asarray(memory, dtype=float), residuals.shape[:-1])
    new = innovations(residuals, before, memory)
    count = residuals.shape[-1]
    squares = np.maximum(np.square(new).mean(axis=-1), 1e-24)
    return 0.5 * count * np.log(squares) - first_terms(before, memory).sum(axis=-1)


def lasting(draws: np.ndarray, memory: float) -> np.ndarray:
    """Return draws of unit innovations as a series with memory, along the last axis.

    >>> lasting(np.array([1.0, 0.0, 0.0]), 0.0)
    array([1., 0., 0.])
    """
    if not memory:
        return draws
    found = np.empty_like(draws)
    found[..., 0] = draws[..., 0] / np.sqrt(1 - memory**2)
    for k in range(1, draws.shape[-1]):
        found[..., k] = memory * found[..., k - 1] + draws[..., k]
    return found
