"""A share of draws, and how far the sample leaves it open."""

from __future__ import annotations

from typing import Any

import numpy as np

NOTHING = 1e-12
"""In the place of a count of none."""


def wilson(kept: Any, total: Any, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the interval of a share, also near 0 and 1, where the usual one fails.

    Parameters
    ----------
    kept, total : number or array
        How many of how many.
    confidence : float

    Returns
    -------
    low, high : array
        The whole line, 0 to 1, where there is nothing to count.

    Source: Wilson (1927), Journal of the American Statistical Association 22.

    Examples
    --------
    >>> low, high = wilson(90, 100)
    >>> float(low), float(high)
    (0.825, 0.945)
    """
    from scipy.stats import norm

    z = float(norm.ppf(0.5 + confidence / 2))
    kept = np.asarray(kept, dtype=float)
    total = np.maximum(np.asarray(total, dtype=float), NOTHING)
    share, weight = kept / total, z * z / total
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * np.sqrt(share * (1 - share) / total + weight / (4 * total))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def share_of(kept: float, total: int) -> tuple[float, float, float]:
    """Return a share with its interval: share, low, high."""
    low, high = wilson(kept, total)
    return float(kept / total), float(low), float(high)


def told(share: tuple[float, float, float]) -> str:
    """Say a share with its interval.

    >>> told(share_of(90, 100))
    '90% (83% to 94%)'
    """
    return f"{share[0]:.0%} ({share[1]:.0%} to {share[2]:.0%})"
