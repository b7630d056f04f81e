"""Importance weights, smoothed, with what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of draws that came from another density.

    Parameters
    ----------
    values : array (draw,)
        Sum to 1.
    effective : float
        How many draws of the density itself they are worth.
    k_hat : float
        Shape of the largest weights; above .7 they cannot be trusted.
    """

    values: np.ndarray
    effective: float
    k_hat: float

    @property
    def sound(self) -> bool:
        """Whether the weights can be trusted."""
        return self.k_hat < limit(len(self.values))


def limit(count: int) -> float:
    """Return the shape above which as many weights cannot be trusted (Vehtari et al. 2024).

    >>> limit(10_000), round(limit(100), 2)
    (0.7, 0.5)
    """
    return min(1 - 1 / float(np.log10(max(count, 11))), 0.7)


def smoothed(log_ratios: np.ndarray) -> Weights:
    """Return Pareto-smoothed weights.

    Parameters
    ----------
    log_ratios : array (draw,)
        Log of the density wanted over the density drawn from; -inf for weight 0.

    Source
    ------
    Vehtari, Simpson, Gelman, Yao and Gabry (2024).
    """
    from arviz_stats.base import array_stats

    log_ratios = np.asarray(log_ratios, dtype=float)
    finite = np.isfinite(log_ratios)
    if finite.sum() < 25 or np.ptp(log_ratios[finite]) < 1e-9:
        values = _normal(log_ratios)
        k_hat = np.inf if finite.sum() < 25 else -np.inf
        return Weights(values, effective(values), k_hat)
    with np.errstate(all="ignore"):
        found, k_hat = array_stats.psislw(-log_ratios[finite])
    log_weights = np.full(len(log_ratios), -np.inf)
    log_weights[finite] = found
    values = _normal(log_weights)
    return Weights(values, effective(values), float(k_hat))


def tempered_share(log_ratios: np.ndarray, least: float, highest: float = 1.0) -> float:
    """Return the largest power of the ratios, up to ``highest``, worth at least ``least`` draws."""
    if effective(_normal(highest * log_ratios)) >= least:
        return highest
    low, high = 0.0, highest
    for _ in range(50):
        middle = (low + high) / 2
        if effective(_normal(middle * log_ratios)) >= least:
            low = middle
        else:
            high = middle
    return low


def effective(weights: np.ndarray) -> float:
    """Return how many equal weights these are worth (Kong 1992).

    >>> effective(np.array([0.5, 0.5, 0.0]))
    2.0
    """
    return float(1 / np.square(weights).sum()) if weights.sum() > 0 else 0.0


def powered(log_ratios: np.ndarray, power: float) -> np.ndarray:
    """Return normalised weights, the ratios to a power."""
    return _normal(power * log_ratios)


def resampled(weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return places drawn by their weights, with the least noise (systematic resampling)."""
    edges = np.cumsum(weights)
    found = np.searchsorted(edges / edges[-1], (np.arange(count) + rng.random()) / count)
    return np.asarray(rng.permutation(found))


def _normal(log_weights: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        found: np.ndarray = np.exp(log_weights - special.logsumexp(log_weights))
    return np.nan_to_num(found)
