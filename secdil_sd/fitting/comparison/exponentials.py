"""Linear systems solved exactly over a year, many at once."""

from __future__ import annotations

import numpy as np

ORDER = 12
"""Terms of the series; with norms scaled below one half the rest is under 1e-14."""
HALVINGS = 12
"""A matrix whose norm exceeds half of 2 to this power overflows within decades anyway."""


def year_operators(matrices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what a year does to a linear system, and its mean over the year that follows.

    Parameters
    ----------
    matrices : array (member, n, n) [1/yr]
        M of z' = M z.

    Returns
    -------
    step : array (member, n, n)
        exp(M): the state in a year.
    mean : array (member, n, n)
        The mean from half a year to one and a half years on: a figure, seen from the middle of
        the year before it.

    Source: scaling and squaring (Moler and Van Loan, 2003), for the exponential and its mean.

    Examples
    --------
    >>> step, mean = year_operators(np.array([[[0.1]]]))
    >>> bool(np.isclose(step[0, 0, 0], np.exp(0.1)))
    True
    """
    size = np.abs(matrices).sum(axis=-1).max(axis=-1)
    worst = float(np.nanmax(size, initial=0.0, where=np.isfinite(size)))
    halvings = int(np.clip(np.ceil(np.log2(max(4 * worst, 1))), 1, HALVINGS))
    small = matrices / 2**halvings
    eye = np.broadcast_to(np.eye(matrices.shape[-1]), matrices.shape)
    step, mean, term = eye.copy(), eye.copy(), eye
    for k in range(1, ORDER + 1):
        term = term @ small / k
        step = step + term
        mean = mean + term / (k + 1)
    half = step
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(halvings):
            half = step
            mean = (step @ mean + mean) / 2
            step = step @ step
        return step, half @ mean
