"""A fit as arrays: many points in, the model's yearly means, residuals and likelihoods out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import values_of
from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.free import Free
from secdil_sd.fitting.memory import first_terms, innovations, likeliest, year_before
from secdil_sd.fitting.noise import Noise
from secdil_sd.fitting.observed import Observed
from secdil_sd.names import key

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.scenario import Scenario

BOOLE = np.array([7, 32, 12, 32, 7]) / 90
"""Weights of a year's mean over its five quarter points."""
QUARTERS = 4
RTOL = 1e-8


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to what.

    Points are arrays (point, parameter) on the fitting scale; every method answers for all of
    them by one ensemble.

    Parameters
    ----------
    case : Scenario
    free : tuple of Free
    observed : Observed
    noise : Noise
    options : mapping
        For `run_ensemble`: backend, client, chunk, method, rtol.
    """

    case: Scenario
    free: tuple[Free, ...]
    observed: Observed
    noise: Noise
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """What is fitted."""
        return tuple(each.name for each in self.free)

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest point, on the fitting scale."""
        low, high = np.array([each.bounds for each in self.free]).T
        return low, high

    @property
    def count(self) -> int:
        """Number of figures."""
        return self.observed.count

    @property
    def first(self) -> int:
        """The year in which integration starts."""
        start = self.case.times[0] if self.case.times else float(self.observed.years[0])
        if start != int(start):
            message = f"The scenario starts at {start:g}, inside a year."
            remedy = "Start at a whole year: case.replace(times=range(1948, 1990))."
            raise InputError(Finding("error", message, "times", remedy=remedy))
        return int(start)

    @cached_property
    def target(self) -> np.ndarray:
        """The figures as they are compared, shape (observation,)."""
        values = self.observed.values[self.observed.present]
        return self.noise.scaled(values, self.observed.size)

    @cached_property
    def own(self) -> np.ndarray:
        """The case's own values as a point, inside the bounds."""
        system, values = self.case.model.system, self.case.values
        found = []
        for each in self.free:
            numbers = [values_of(system, column, {}, values) for column in each.columns]
            found.append(np.clip(np.mean(numbers), each.low, each.high))
        low, high = self.bounds
        with np.errstate(all="ignore"):
            point = self.scaled(np.array(found)[None])[0]
        return np.clip(point, low, high)

    def natural(self, points: np.ndarray) -> np.ndarray:
        """Return points in natural units."""
        columns = [each.scale.to_natural(points[..., k]) for k, each in enumerate(self.free)]
        return np.stack(columns, axis=-1)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Return points given in natural units on the fitting scale."""
        columns = [each.scale.from_natural(values[..., k]) for k, each in enumerate(self.free)]
        return np.stack(columns, axis=-1)

    def constants(self, points: np.ndarray) -> pd.DataFrame:
        """Return points as samples of the model's constants, a row a point."""
        import pandas as pd

        values = self.natural(points)
        return pd.DataFrame(
            {column: values[:, k] for k, each in enumerate(self.free) for column in each.columns}
        )

    def predicted(self, points: np.ndarray, years: Sequence[int] | None = None) -> np.ndarray:
        """Return the model's yearly means.

        Parameters
        ----------
        points : array (point, parameter)
        years : sequence of int, optional
            Default the years observed.

        Returns
        -------
        array (point, state, year)
            NaN where a member failed.
        """
        points = np.atleast_2d(np.asarray(points, dtype=float))
        wanted = np.asarray(self.observed.years if years is None else years, dtype=int)
        first = self.first
        ends = int(wanted.max()) + 1
        times = first + np.arange((ends - first) * QUARTERS + 1) / QUARTERS
        name = key(self.observed.variable)
        samples = self.constants(points)
        settings = {"rtol": RTOL, "progress": False, "stragglers": "drop", **self.options}
        run = self.case.run_ensemble(samples, times=times, outputs=[name], **settings)
        values = run[name].transpose("member", "state", "time").values
        offset = (wanted - first) * QUARTERS
        quarters = values[..., offset[:, None] + np.arange(QUARTERS + 1)]
        return quarters @ BOOLE

    def paths(self, points: np.ndarray) -> np.ndarray:
        """Return the model where there are figures, as they are compared, (point, observation)."""
        present = self.observed.present
        with np.errstate(all="ignore"):
            return self.noise.scaled(self.predicted(points)[:, present], self.observed.size)

    def residuals(self, points: np.ndarray) -> np.ndarray:
        """Return model minus figure as they are compared, (point, observation), finite."""
        return self.paths(points) - self.target

    def log_likelihood(self, points: np.ndarray, spread: Any = None) -> np.ndarray:
        """Return the log likelihood of each point, in the figures' units.

        Parameters
        ----------
        points : array (point, parameter)
        spread : array (point,), optional
            Of the noise; default the most likely one for each point.
        """
        return self.pointwise(self.residuals(points), spread).sum(axis=-1)

    @cached_property
    def before(self) -> np.ndarray:
        """Positions of the figures of the year before, (observation,); -1 for none."""
        return year_before(self.observed.present)

    def memory(self, residuals: np.ndarray) -> np.ndarray:
        """Return how much of a year's residual is left in the next, (point,)."""
        if not self.noise.lasting:
            return np.zeros(residuals.shape[:-1])
        return likeliest(residuals, self.before)

    def news(self, residuals: np.ndarray, memory: Any = None) -> np.ndarray:
        """Return what is new in each residual, (point, observation): all, without memory."""
        if not self.noise.lasting:
            return residuals
        kept = self.memory(residuals) if memory is None else np.asarray(memory)
        return innovations(residuals, self.before, kept)

    def pointwise(self, residuals: np.ndarray, spread: Any = None) -> np.ndarray:
        """Return the log likelihood of each figure, (point, observation)."""
        memory = self.memory(residuals)
        new = self.news(residuals, memory)
        own = self.noise.spread(new) if spread is None else np.asarray(spread, dtype=float)
        found = self.noise.log_density(new, np.broadcast_to(own, new.shape[:-1]))
        if self.noise.lasting:
            found = found + first_terms(self.before, memory)
        # In the figures' own units, so that likelihoods of logs and of levels can be compared.
        return found - self.target if self.noise.logarithmic else found

    def log_prior(self, points: np.ndarray) -> np.ndarray:
        """Return the log prior density on the fitting scale; -inf outside the bounds."""
        points = np.atleast_2d(points)
        low, high = self.bounds
        inside = ((points >= low - 1e-12) & (points <= high + 1e-12)).all(axis=-1)
        natural = self.natural(np.clip(points, low, high))
        total = np.zeros(len(points))
        for k, each in enumerate(self.free):
            total += each.log_prior(np.clip(natural[:, k], each.low, each.high))
            total += _log_slope(each, natural[:, k])
        return np.where(inside, total, -np.inf)

    def draw_prior(self, count: int, seed: Any) -> np.ndarray:
        """Return draws of the prior as points."""
        u = np.random.default_rng(seed).random((count, len(self.free)))
        natural = [each.draw_prior(u[:, k]) for k, each in enumerate(self.free)]
        low, high = self.bounds
        return np.clip(self.scaled(np.stack(natural, axis=-1)), low, high)

    def until(self, year: int) -> Problem:
        """Return the problem with the figures up to a year."""
        return replace(self, observed=self.observed.until(year))

    def with_figures(self, values: np.ndarray) -> Problem:
        """Return the problem with other figures in the same places."""
        return replace(self, observed=self.observed.with_values(values))


def _log_slope(each: Free, natural: np.ndarray) -> np.ndarray:
    """Log derivative of the natural value by the fitting scale."""
    scale = each.scale
    if scale.kind == "log":
        return np.log(natural - scale.floor)
    if scale.kind == "logit":
        width = scale.ceiling - scale.floor
        return np.log((natural - scale.floor) * (scale.ceiling - natural) / width)
    return np.zeros_like(natural)
