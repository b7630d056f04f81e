"""Whether ranks are uniform, and what is wrong when they are not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import pandas as pd

A_BIN = 10
"""Simulations a bin of the chi-square test has to expect."""
MOST_BINS = 20
FAIR_SPREAD = float(np.sqrt(1 / 12))
"""Standard deviation of a uniform share."""


def uniformity_table(ranks: pd.DataFrame, draws: int, alarm: float = 0.01) -> pd.DataFrame:
    """Return whether the ranks of each number are uniform.

    Parameters
    ----------
    ranks : DataFrame
        Columns parameter, rank, share.
    draws : int
        Ranks run from 0 to this.
    alarm : float
        Chance of a false alarm over all numbers together (Bonferroni).

    Returns
    -------
    DataFrame
        Columns parameter, n, chi_square, p_value (chi-square over bins of ranks), p_ecdf (the
        whole distribution, Kolmogorov-Smirnov), mean_share, spread_share, verdict.
    """
    import pandas as pd

    rows = []
    names = list(dict.fromkeys(ranks["parameter"]))
    for name in names:
        own = ranks[ranks["parameter"] == name]
        share = own["share"].to_numpy()
        square, p_value = chi_square(own["rank"].to_numpy(), draws)
        p_ecdf = float(stats.kstest(share, "uniform").pvalue)
        mean, spread = float(share.mean()), float(share.std())
        # Two tests of each number.
        bad = min(p_value, p_ecdf) < alarm / (2 * len(names))
        rows.append(
            (name, len(own), square, p_value, p_ecdf, mean, spread, shape(mean, spread, len(own)))
            if bad
            else (name, len(own), square, p_value, p_ecdf, mean, spread, "calibrated")
        )
    columns = [
        "parameter",
        "n",
        "chi_square",
        "p_value",
        "p_ecdf",
        "mean_share",
        "spread_share",
        "verdict",
    ]
    return pd.DataFrame(rows, columns=columns)


def chi_square(ranks: np.ndarray, draws: int) -> tuple[float, float]:
    """Return the chi-square statistic of ranks over equal bins, and its p-value.

    >>> round(chi_square(np.arange(100), 99)[1], 2)
    1.0
    """
    bins = int(np.clip(len(ranks) // A_BIN, 2, MOST_BINS))
    edges = np.linspace(0, draws + 1, bins + 1).round()
    counts, _ = np.histogram(ranks, edges)
    expected = len(ranks) * np.diff(edges) / (draws + 1)
    found = stats.chisquare(counts, expected)
    return float(found.statistic), float(found.pvalue)


def shape(mean: float, spread: float, count: int) -> str:
    """Return in words what is wrong with shares that are not uniform.

    >>> shape(0.5, 0.4, 100), shape(0.8, 0.2, 100), shape(0.5, 0.1, 100)
    ('too sure of itself', 'too low', 'too unsure of itself')
    """
    bias = (mean - 0.5) / (FAIR_SPREAD / np.sqrt(count))
    # The standard deviation of a sample of uniform shares has itself about this error.
    width = (spread - FAIR_SPREAD) / (FAIR_SPREAD * np.sqrt(0.2 / count))
    if abs(bias) > abs(width):
        return "too low" if bias > 0 else "too high"
    return "too sure of itself" if width > 0 else "too unsure of itself"


def coverage_table(ranks: pd.DataFrame, levels: Sequence[float]) -> pd.DataFrame:
    """Return how often central intervals hold the truth.

    Parameters
    ----------
    ranks : DataFrame
        Columns parameter, share.
    levels : sequence of float

    Returns
    -------
    DataFrame
        Columns parameter, level, covered, low, high (its own 95% interval), n.
    """
    import pandas as pd

    rows = []
    for name, own in ranks.groupby("parameter", sort=False):
        share = own["share"].to_numpy()
        for level in levels:
            inside = int((np.abs(share - 0.5) <= level / 2).sum())
            interval = stats.binomtest(inside, len(share)).proportion_ci(method="wilson")
            rows.append((name, level, inside / len(share), interval.low, interval.high, len(share)))
    return pd.DataFrame(rows, columns=["parameter", "level", "covered", "low", "high", "n"])
