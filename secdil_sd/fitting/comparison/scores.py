"""How good forecasts were: scaled errors, coverage, and whether a difference is noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LEAST_ORIGINS = 8
"""Below this many forecasts a difference in skill is not tested."""


@dataclass(frozen=True)
class Predictive:
    """Forecasts of log spending as located, scaled Student distributions.

    Parameters
    ----------
    center, scale : array (horizon, state)
        Of the logarithm.
    degrees : float
        Degrees of freedom; infinity for a normal distribution.
    beyond : array (horizon, state) of bool
        Where the forecast left what spending can be and was taken at the edge.
    """

    center: np.ndarray
    scale: np.ndarray
    degrees: float
    beyond: np.ndarray

    def log_density(self, figures: np.ndarray) -> np.ndarray:
        """Return the log density of log figures, (horizon, state)."""
        return self._standard().logpdf((figures - self.center) / self.scale) - np.log(self.scale)

    def quantile(self, share: float) -> np.ndarray:
        """Return the log figure that a share of the forecast lies below, (horizon, state)."""
        return self.center + self.scale * self._standard().ppf(share)

    def _standard(self) -> Any:
        from scipy.stats import norm, t

        return norm() if np.isinf(self.degrees) else t(self.degrees)


def naive_error(logs: np.ndarray) -> np.ndarray:
    """Return the mean absolute yearly change, (state,): what scales errors.

    The one-step error of repeating the last figure (Hyndman and Koehler, 2006).

    >>> naive_error(np.array([[0.0], [1.0], [-1.0]]))
    array([1.5])
    """
    return np.abs(np.diff(logs, axis=0)).mean(axis=0)


def within(figures: np.ndarray, forecast: Predictive, share: float) -> np.ndarray:
    """Say which figures the central interval with a share of the probability holds."""
    tail = (1 - share) / 2
    return (figures >= forecast.quantile(tail)) & (figures <= forecast.quantile(1 - tail))


def diebold_mariano(losses: np.ndarray, others: np.ndarray, horizon: int) -> tuple[float, float]:
    """Return the Diebold-Mariano statistic, corrected for small samples, and its p-value.

    Parameters
    ----------
    losses, others : array (origin,)
        Loss of a forecast and of the one it is held against, one a yearly origin.
    horizon : int
        Years ahead: errors overlap, so horizon - 1 autocovariances count.

    Returns
    -------
    tuple of float
        The statistic (negative: smaller losses than the other's) and its two-sided p-value;
        NaN for fewer than eight origins, fewer than twice the horizon, or losses that are the
        same. Where the sum of autocovariances is not positive the variance without them is used,
        as Diebold and Mariano advise.

    Source: Diebold and Mariano (1995); Harvey, Leybourne and Newbold (1997), equation 9.

    Examples
    --------
    >>> better, worse = np.array([1.0, 2.0] * 5), np.array([3.0, 3.0] * 5)
    >>> statistic, p = diebold_mariano(better, worse, 1)
    >>> round(statistic, 2), p < 0.001
    (-9.0, True)
    """
    from scipy.stats import t

    difference = losses - others
    count = len(difference)
    if count < max(LEAST_ORIGINS, 2 * horizon) or not np.isfinite(difference).all():
        return np.nan, np.nan
    around = difference - difference.mean()
    covariances = [around[k:] @ around[: count - k] / count for k in range(horizon)]
    if covariances[0] <= (1e-9 * np.abs(losses).mean()) ** 2:
        return np.nan, np.nan
    variance = (covariances[0] + 2 * sum(covariances[1:])) / count
    if variance <= 0:
        variance = covariances[0] / count
    small = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = float(difference.mean() / np.sqrt(variance) * np.sqrt(small))
    return statistic, float(2 * t.sf(abs(statistic), count - 1))
