"""Regressions of log spending on its own past: walks, trends and autoregressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.comparison.equation import Family, unbounded


@dataclass(frozen=True)
class Regression:
    """Log spending of a year as a linear function of earlier years', state by state.

    Parameters
    ----------
    name, family, shared
        As `Equation`.
    terms : tuple of str
        One a coefficient.
    target : {"level", "growth"}
        What the terms add up to: the log of the year, or its change.
    regressors : function
        From logs (member, year, state) up to and including the year before, and the number of
        that year from the first, to the terms (member, state, term).
    """

    name: str
    family: Family
    shared: bool
    terms: tuple[str, ...]
    growth: bool
    regressors: Callable[[np.ndarray, int], np.ndarray]

    @property
    def held(self) -> None:
        """None: all numbers are fitted together."""
        return None

    def names(self, states: Sequence[str]) -> tuple[str, ...]:
        """Return a name a state and term."""
        return tuple(f"{term}.{state}" for state in states for term in self.terms)

    def starts(self, logs: np.ndarray) -> np.ndarray:
        """Return the least-squares solution, state by state."""
        terms, target = self._design(logs[None])
        found = [
            np.linalg.lstsq(terms[0, :, k], target[0, :, k], rcond=None)[0]
            for k in range(logs.shape[1])
        ]
        return np.concatenate(found)[None]

    def bounds(self, states: int) -> tuple[np.ndarray, np.ndarray]:
        """Return none: a coefficient may be anything."""
        return unbounded(len(self.terms) * states)

    def innovations(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return target minus fitted."""
        terms, target = self._design(logs)
        return target - np.einsum("mtsk,msk->mts", terms, self._coefficients(logs, points))

    def paths(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray:
        """Continue year by year, each forecast taken as the figure of its year."""
        coefficients = self._coefficients(logs, points)
        known = logs
        for _ in range(steps):
            terms = self.regressors(known, known.shape[1])
            ahead = np.einsum("msk,msk->ms", terms, coefficients)
            ahead = ahead + known[:, -1] if self.growth else ahead
            known = np.concatenate([known, ahead[:, None]], axis=1)
        return known[:, logs.shape[1] :]

    def free_run(self, logs: np.ndarray, points: np.ndarray, steps: int) -> None:
        """Return None: a regression on the last figures starts from them."""
        return None

    def extra_variance(self, logs: np.ndarray, steps: int) -> np.ndarray:
        """Return zeros, (step, state)."""
        return np.zeros((steps, logs.shape[-1]))

    def _design(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Terms (member, year, state, term) and target (member, year, state)."""
        years = range(2, logs.shape[1])
        terms = np.stack([self.regressors(logs[:, :year], year) for year in years], axis=1)
        return terms, logs[:, 2:] - (logs[:, 1:-1] if self.growth else 0.0)

    def _coefficients(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        return points.reshape(len(points), logs.shape[-1], len(self.terms))


def _one(logs: np.ndarray, year: int) -> np.ndarray:
    return np.ones((*logs[:, -1].shape, 1))


def _line(logs: np.ndarray, year: int) -> np.ndarray:
    return np.concatenate([_one(logs, year), year * _one(logs, year)], axis=-1)


def _momentum(logs: np.ndarray, year: int) -> np.ndarray:
    change = logs[:, -1] - logs[:, -2]
    return np.concatenate([_one(logs, year), change[..., None]], axis=-1)


def _line_and_last(logs: np.ndarray, year: int) -> np.ndarray:
    return np.concatenate([_line(logs, year), logs[:, -1, :, None]], axis=-1)


def _last_two(logs: np.ndarray, year: int) -> np.ndarray:
    lags = np.stack([logs[:, -1], logs[:, -2]], axis=-1)
    return np.concatenate([_one(logs, year), lags], axis=-1)


RANDOM_WALK = Regression("random walk with drift", "naive", False, ("drift",), True, _one)
"""What naive means: last year's figure plus the mean growth so far."""

EXPONENTIAL_GROWTH = Regression(
    "exponential growth", "naive", False, ("level", "growth"), False, _line
)
"""A straight line through the logarithms; departures are forgotten."""

GROWTH_AUTOREGRESSION = Regression(
    "AR(1) in growth", "naive", False, ("drift", "momentum"), True, _momentum
)

INDEPENDENT_TREND = Regression(
    "independent trend", "no reaction", False, ("level", "growth", "persistence"), False,
    _line_and_last,
)  # fmt: skip
"""Each state returns to a line of its own (Majeski and Jones, 1981: independent)."""

COMMON_SHOCK = Regression("common shock", "no reaction", True, ("drift",), True, _one)
"""Each drifts at its own pace, and the shocks of a year go together."""

AUTOREGRESSION = Regression(
    "autoregression", "no reaction", True, ("level", "last year", "year before"), False, _last_two
)
"""Habit: a budget is last year's, and the one before's."""

MOMENTUM = Regression("momentum", "no reaction", True, ("drift", "momentum"), True, _momentum)
"""Growth that persists, with shared shocks: what placebo histories are drawn from."""
