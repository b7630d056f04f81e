"""Profile likelihood: a number held at value after value, all others fitted anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from secdil_sd.fitting.optimum import Optimum, least_squares, widths
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.together import Ask, in_lockstep

if TYPE_CHECKING:
    import pandas as pd

WALKED = 0.96
"""Profiles are walked until intervals of this level are reached, and a little beyond."""
MOST_POINTS = 24
CLOSE = 1e-8
"""Tolerance of the fits along a walk: no digit shown moves, half the time."""
COLUMNS = ("parameter", "value", "deviance", "other_bound")


@dataclass(frozen=True, eq=False)
class Profile:
    """One number's profile.

    Parameters
    ----------
    name : str
    values : array (point,)
        Increasing, natural units; the estimate among them.
    scaled : array (point,)
        The same on the fitting scale.
    deviance : array (point,)
        Twice what the log likelihood falls below its maximum.
    other_bound : tuple of str
        For each point, which other numbers have run into a bound; "" for none.
    points : array (point, parameter)
        The whole points, on the fitting scale.
    """

    name: str
    values: np.ndarray
    scaled: np.ndarray
    deviance: np.ndarray
    other_bound: tuple[str, ...]
    points: np.ndarray

    def interval(self, threshold: float) -> tuple[float, float, bool, bool]:
        """Return where the deviance passes a threshold, as positions among ``values``.

        Returns
        -------
        low, high : float
            On the fitting scale.
        open_low, open_high : bool
            Whether the profile ends, at a bound, before it gets there.
        """
        best = int(np.argmin(self.deviance))
        root = np.sqrt(np.maximum(self.deviance, 0.0))
        low, open_low = _crossing(self.scaled[best::-1], root[best::-1], threshold**0.5)
        high, open_high = _crossing(self.scaled[best:], root[best:], threshold**0.5)
        return low, high, open_low, open_high


def _crossing(places: np.ndarray, heights: np.ndarray, level: float) -> tuple[float, bool]:
    """Where heights first pass a level, walking away from the estimate."""
    above = np.flatnonzero(heights >= level)
    if not len(above) or above[0] == 0:
        return float(places[-1]), True
    k = int(above[0])
    share = (level - heights[k - 1]) / (heights[k] - heights[k - 1])
    return float(places[k - 1] + share * (places[k] - places[k - 1])), False


def threshold(level: float, figures: int, fitted: int) -> float:
    """Return the deviance that bounds an interval, for few figures wider than chi-square.

    Exact where the model is linear in what is fitted (Bates and Watts, 1988, ch. 6).

    >>> round(threshold(0.9, 10_000, 3), 2)
    2.71
    """
    left = max(figures - fitted, 1)
    return float(figures * np.log1p(stats.f.ppf(level, 1, left) / left))


def profiles(problem: Problem, best: Optimum, errors: np.ndarray) -> tuple[list[Profile], Optimum]:
    """Return the profile of every number, all walked in lockstep, and the best point met.

    Parameters
    ----------
    problem : Problem
    best : Optimum
    errors : array (parameter,)
        Standard errors on the fitting scale: how far to step; NaN where there is none.
    """
    limit = threshold(WALKED, problem.count, len(problem.free))
    steps = np.where(np.isfinite(errors) & (errors > 0), 0.7 * errors, 0.1 * widths(problem))
    walks = [(k, side) for k in range(len(problem.free)) for side in (-1, 1)]
    jobs = [
        lambda ask, k=k, side=side: _walk(problem, ask, best, k, side * steps[k], limit)
        for k, side in walks
    ]
    walked = dict(zip(walks, in_lockstep(jobs, problem.paths), strict=True))
    lowest = best
    for each in walked.values():
        for one in each:
            lowest = one if one.loss < lowest.loss - 1e-3 else lowest
    found = [
        _joined(problem, k, [*walked[k, -1][::-1], best, *walked[k, 1]], best)
        for k in range(len(problem.free))
    ]
    return found, lowest


def _walk(
    problem: Problem, ask: Ask, best: Optimum, place: int, step: float, limit: float
) -> list[Optimum]:
    """Walk one number away from its estimate until the deviance is past the limit or a bound."""
    low, high = problem.bounds
    others = np.delete(np.arange(len(best.point)), place)
    found: list[Optimum] = []
    before, last = best, best
    while len(found) < MOST_POINTS:
        value = float(np.clip(last.point[place] + step, low[place], high[place]))
        if value == last.point[place]:
            break
        start = last.point.copy()
        if last is not before:  # go on the way the others went
            share = (value - last.point[place]) / (last.point[place] - before.point[place])
            start += np.clip(share, 0, 2) * (last.point - before.point)
        start = np.clip(start, low, high)
        start[place] = value
        one = least_squares(problem, ask, start, others, CLOSE)
        gained = 2 * (one.loss - last.loss)
        found.append(one)
        before, last = last, one
        if 2 * (one.loss - best.loss) > limit:
            break
        if gained < 0.1 * limit:
            step *= 2.0
        elif gained > 0.4 * limit:
            step *= 0.6
    return found


def _joined(problem: Problem, place: int, walked: Sequence[Optimum], best: Optimum) -> Profile:
    points = np.array([each.point for each in walked])
    low, high = problem.bounds
    hair = 1e-4 * widths(problem)
    at_bound = (points <= low + hair) | (points >= high - hair)
    names = problem.names
    others = tuple(
        ", ".join(names[k] for k in np.flatnonzero(row) if k != place) for row in at_bound
    )
    natural = problem.natural(points)[:, place]
    deviance = np.array([2 * (each.loss - best.loss) for each in walked])
    return Profile(names[place], natural, points[:, place], deviance, others, points)


def profile_table(found: Sequence[Profile]) -> pd.DataFrame:
    """Return profiles as one table: parameter, value, deviance, other_bound."""
    import pandas as pd

    rows = [
        (each.name, value, deviance, bound)
        for each in found
        for value, deviance, bound in zip(each.values, each.deviance, each.other_bound, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
