"""The bootstrap all indices share: resamples as weights, and what an estimate is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Z = 1.959963984540054
"""Standard errors in half of a 95% interval of a normal distribution."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """One kind of index for every parameter and every column.

    Parameters
    ----------
    index : str
        As the literature calls it: "S1", "ST", "S2", "mu_star", ...
    value : array (parameter or pair, column)
    half : array (parameter or pair, column)
        Half of the width of the 95% interval.
    pairs : array (pair, 2) of int, optional
        The two parameters of each row, for an index of the second order.
    share : bool
        The index is a share or a distance between 0 and 1, not in units of the output.
    """

    index: str
    value: np.ndarray
    half: np.ndarray
    pairs: np.ndarray | None = None
    share: bool = True
    notes: dict[int, str] = field(default_factory=dict)
    """What to say about single parameters, by their place."""


def weights(count: int, resamples: int, seed: int) -> np.ndarray:
    """Return how much each of ``count`` blocks weighs in each resample, rows summing to 1.

    The draws are those of SALib's Sobol analysis with the same seed.

    Parameters
    ----------
    count, resamples, seed : int

    Returns
    -------
    array (resample, block)

    Examples
    --------
    >>> weights(8, 3, seed=1).sum(axis=1)
    array([1., 1., 1.])
    """
    drawn = np.random.default_rng(seed).integers(count, size=(count, resamples))
    flat = (drawn + count * np.arange(resamples)).ravel()
    counts = np.bincount(flat, minlength=count * resamples).reshape(resamples, count)
    return np.asarray(counts / count)


def half_width(resampled: np.ndarray) -> np.ndarray:
    """Return half of the 95% interval of what was resampled along the first axis.

    Where a resample has no variance left, as when one run dwarfs all others, the interval has
    no bound.
    """
    with np.errstate(invalid="ignore"):
        half = Z * resampled.std(axis=0, ddof=1)
    return np.asarray(np.where(np.isfinite(resampled).all(axis=0), half, np.inf))
