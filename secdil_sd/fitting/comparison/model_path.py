"""A case's own model as one of the explanations: its path, and departures that fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from secdil_sd.fitting.comparison.equation import Family, logarithm
from secdil_sd.fitting.problem import Problem

KEPT = 0.5
"""Persistence of departures that a fit starts from."""
LONGEST = 0.999
"""Largest persistence: at one the path's level means nothing."""
STARTS = 2
SEED = 0
"""Of the starts, the same for every history."""
RTOL = 1e-6


@dataclass(frozen=True, eq=False)
class ModelPath:
    """The model integrated once from its first year, as `fit` holds it against figures.

    Parameters
    ----------
    name, family, shared
        As `Equation`.
    problem : Problem
        Of the whole history's years; only what a history holds is looked at.
    """

    name: str
    problem: Problem = field(repr=False)
    family: Family = "own model"
    shared: bool = False

    @property
    def held(self) -> Any:
        """None: all numbers are fitted together."""
        return None

    def names(self, states: Sequence[str]) -> tuple[str, ...]:
        """Return the free parameters."""
        return self.problem.names

    def starts(self, logs: np.ndarray) -> np.ndarray:
        """Return points from where fits start; not the case's own values, which know all years."""
        low, high = self.problem.bounds
        spans = np.array([each.start for each in self.problem.free]).T
        drawn = np.random.default_rng(SEED).random((STARTS - 1, len(low)))
        shares = np.concatenate([np.full((1, len(low)), 0.5), drawn])
        return np.clip(self.problem.scaled(spans[0] + (spans[1] - spans[0]) * shares), low, high)

    def bounds(self, states: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the bounds of the fit."""
        return self.problem.bounds

    def innovations(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return each year's departure from the path."""
        return self.departures(logs, points)[:, 2:]

    def departures(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return log figures minus the log path, (member, year, state)."""
        return logs - self._path(points, logs.shape[1], np.nanmean(logs, axis=1))

    def paths(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray:
        """Follow the path."""
        return self._path(points, logs.shape[1] + steps, logs.mean(axis=1))[:, -steps:]

    def free_run(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray | None:
        """Follow the path, whatever the figures were."""
        return self._path(points, logs.shape[1] + steps, logs.mean(axis=1))[:, 2:]

    def extra_variance(self, logs: np.ndarray, steps: int) -> np.ndarray:
        """Return zeros, (step, state)."""
        return np.zeros((steps, logs.shape[-1]))

    def natural(self, point: np.ndarray) -> dict[str, float]:
        """Return the free parameters of a point in their own units."""
        values = self.problem.natural(point[: len(self.problem.free)])
        return dict(zip(self.problem.names, values.tolist(), strict=True))

    def _path(self, points: np.ndarray, years: int, last: np.ndarray) -> np.ndarray:
        """Log yearly means, (member, year, state); the same points are solved once."""
        first = int(self.problem.observed.years[0])
        own, place = np.unique(points, axis=0, return_inverse=True)
        found = self.problem.predicted(own, range(first, first + years))[place.ravel()]
        return logarithm(np.swapaxes(found, 1, 2), last[:, None, :])


@dataclass(frozen=True, eq=False)
class FadingDepartures:
    """A model's path, from which figures depart and to which they return.

    A path through all years misses by amounts that persist: a likelihood that took each year's
    miss as news would count one departure many times. So the path is fitted first, as `fit` does
    it, and kept; then its departures are an autoregression of order one, state by state. What is
    new in a year is then comparable with the other equations, and forecasts start from the last
    departure. (Fitted together the two are not identified: a path that ignores history, with
    departures that never fade, fits as well.)

    Parameters
    ----------
    path : ModelPath
    """

    path: ModelPath
    shared: bool = True

    @property
    def name(self) -> str:
        """What the path is called."""
        return self.path.name

    @property
    def family(self) -> Family:
        """What the path says of reaction."""
        return self.path.family

    @property
    def held(self) -> Any:
        """The path, fitted first."""
        return self.path

    def names(self, states: Sequence[str]) -> tuple[str, ...]:
        """Return the free parameters and the persistence of each state's departures."""
        return (*self.path.names(states), *(f"persistence.{state}" for state in states))

    def starts(self, logs: np.ndarray) -> np.ndarray:
        """Return the path's first start, with departures that half persist."""
        kept = np.full(logs.shape[1], np.arctanh(KEPT))
        return np.concatenate([self.path.starts(logs)[0], kept])[None]

    def bounds(self, states: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the path's, and persistence that stays below one."""
        low, high = self.path.bounds(states)
        most = np.full(states, np.arctanh(LONGEST))
        return np.concatenate([low, -most]), np.concatenate([high, most])

    def innovations(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return what is new in each year's departure."""
        path, kept = self._split(points, logs)
        departures = self.path.departures(logs, path)
        return departures[:, 2:] - kept * departures[:, 1:-1]

    def paths(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray:
        """Follow the path, the last departure fading."""
        path, kept = self._split(points, logs)
        years = logs.shape[1]
        run = self.path._path(path, years + steps, logs.mean(axis=1))
        departure = (logs[:, -1] - run[:, years - 1])[:, None]
        return run[:, years:] + departure * kept ** np.arange(1, steps + 1)[:, None]

    def free_run(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray | None:
        """Follow the path, whatever the figures were."""
        return self.path.free_run(logs, self._split(points, logs)[0], steps)

    def extra_variance(self, logs: np.ndarray, steps: int) -> np.ndarray:
        """Return zeros, (step, state)."""
        return self.path.extra_variance(logs, steps)

    def _split(self, points: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the path, and persistence (member, 1, state)."""
        states = logs.shape[-1]
        return points[:, :-states], np.tanh(points[:, None, -states:])


def model_path(case: Any, observed: Any, parameters: Sequence[str] | None) -> FadingDepartures:
    """Return the case's model with some parameters free.

    Parameters
    ----------
    case : Scenario
    observed : Observed
    parameters : sequence of str, optional
        Default what the scenario's file lists.

    Raises
    ------
    InputError
        As `free_parameters`.
    """
    from secdil_sd.fitting.free import free_parameters
    from secdil_sd.fitting.noise import LOGNORMAL

    free = free_parameters(case, observed, parameters)
    problem = Problem(case, free, observed, LOGNORMAL, {"rtol": RTOL})
    return FadingDepartures(ModelPath("extended model", problem))
