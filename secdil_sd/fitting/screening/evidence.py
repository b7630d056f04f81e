"""What two series show of each other: the statistics from which reaction is judged.

Every statistic is one of growth (yearly changes of the logarithm), so none depends on units, and
each is taken for both directions; their sum and the weaker of the two enter the judgement.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secdil_sd.fitting.screening.regression import Regression, regress

SIDES = (
    "answer", "own", "answer rate", "own rate",
    "richardson", "detrended", "lagged", "gap", "memory",
)  # fmt: skip
"""Statistics of a direction, each as the sum and as the lesser of both.

answer, own
    t of the rival's and of the own level of last year, in a regression of growth on both.
answer rate, own rate
    Their coefficients [1/yr].
richardson
    t of the reaction in Richardson's equation divided by the own level: growth on rival over own
    and one over own.
detrended
    t of the rival's level beside a trend in time.
lagged
    t of the rival's level beside the own growth of last year.
gap
    t of the difference of the levels alone.
memory
    Correlation of growth with that of the year before.
"""
COMMON = ("closing", "together", "together rest")
"""Statistics of the pair: t with which the gap closes; correlation of the growth of both, and of
what the regressions leave of it."""
STATISTICS = (*(f"{name} {how}" for name in SIDES for how in ("sum", "least")), *COMMON)


def statistics(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return what pairs of series show of each other.

    Parameters
    ----------
    first, second : (pair, year)
        Logarithms of spending, NaN where missing.

    Returns
    -------
    (pair, statistic)
        In the order of ``STATISTICS``; 0 where a statistic cannot be had.
    """
    one, two = _direction(first, second), _direction(second, first)
    found = []
    for name in SIDES:
        found += [one[name] + two[name], np.minimum(one[name], two[name])]
    found += [
        _closing(first - second),
        _correlation(np.diff(first, axis=1), np.diff(second, axis=1)),
        _correlation(one["rest"], two["rest"]),
    ]
    return np.nan_to_num(np.stack(found, axis=1), nan=0.0, posinf=0.0, neginf=0.0)


def answers(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how surely each side answers the other: t of the rival's level, (pair,) each.

    Negative where high spending is answered with low.
    """
    return _level(first, second).ratio[:, 0], _level(second, first).ratio[:, 0]


def changes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the number of yearly changes known on both sides, (pair,)."""
    known = np.isfinite(np.diff(first, axis=1)) & np.isfinite(np.diff(second, axis=1))
    return known.sum(axis=1)


def _direction(own: np.ndarray, rival: np.ndarray) -> dict[str, np.ndarray]:
    """Return the statistics of one side's answer, and what its levels leave of its growth."""
    growth = np.diff(own, axis=1)
    before, other = own[:, :-1], rival[:, :-1]
    years = np.broadcast_to(np.arange(growth.shape[1], dtype=float), growth.shape)
    earlier = np.concatenate([np.full((len(own), 1), np.nan), growth[:, :-1]], axis=1)
    level = _level(own, rival)
    return {
        "answer": level.ratio[:, 0],
        "own": level.ratio[:, 1],
        "answer rate": level.slope[:, 0],
        "own rate": level.slope[:, 1],
        "richardson": _richardson(own, rival, growth),
        "detrended": _ratio([other, before, years], growth),
        "lagged": _ratio([other, before, earlier], growth),
        "gap": _ratio([other - before], growth),
        "memory": _correlation(growth, earlier),
        "rest": level.rest,
    }


def _level(own: np.ndarray, rival: np.ndarray) -> Regression:
    return regress([rival[:, :-1], own[:, :-1]], np.diff(own, axis=1))


def _richardson(own: np.ndarray, rival: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """Return the t of k in x'/x = k y/x - a + g/x."""
    scale = _mean(own)
    quotient = np.exp(rival[:, :-1] - own[:, :-1] - (_mean(rival) - scale))
    return _ratio([quotient, np.exp(scale - own[:, :-1])], growth)


def _mean(logs: np.ndarray) -> np.ndarray:
    seen = np.isfinite(logs)
    total = np.where(seen, logs, 0.0).sum(axis=1, keepdims=True)
    return total / np.maximum(seen.sum(axis=1, keepdims=True), 1)


def _closing(gap: np.ndarray) -> np.ndarray:
    return -_ratio([gap[:, :-1]], np.diff(gap, axis=1))


def _ratio(columns: Sequence[np.ndarray], response: np.ndarray) -> np.ndarray:
    return regress(columns, response).ratio[:, 0]


def _correlation(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    seen = np.isfinite(one) & np.isfinite(two)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    one, two = (
        np.where(seen, each - np.where(seen, each, 0).sum(axis=1, keepdims=True) / count, 0.0)
        for each in (one, two)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        product = (one * two).sum(axis=1)
        return product / np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
