"""The posterior density of a problem, its spread integrated out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import special

from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.together import Ask
from secdil_sd.simulation.companion import Distribution

SPREAD = "spread"
"""What tables call the scatter of figures about the model; it is a number like the others."""
USUAL_SPREAD, SPREAD_FACTOR = 0.1, 5.0
"""Nine tenths of the prior of the spread lie within this factor of a tenth."""
TAIL = 1.645
RTOL = 1e-6
"""Moves log likelihoods by less than 1e-4 where a fit's own 1e-8 is taken for the truth."""
NODES, REACH = 41, 7.0
"""Points over which the spread is integrated, and how many deviations to each side."""


def usual_spread_prior(problem: Problem) -> Distribution:
    """Return the prior of the spread where none is given: a tenth of the figures, weakly.

    Parameters
    ----------
    problem : Problem
        Where figures scatter by factors the spread is of logarithms, else in their units.
    """
    size = 1.0 if problem.noise.logarithmic else problem.observed.size
    spread = float(np.log(SPREAD_FACTOR) / TAIL)
    return Distribution(kind="lognormal", mean=USUAL_SPREAD * size, spread=spread)


@dataclass(frozen=True, eq=False)
class Target:
    """Prior times likelihood of a problem, as a function of coordinates.

    Coordinates are natural values in units of each number's ordinary range, because what
    figures cannot tell apart mostly lies on a line there (reaction minus fatigue), which a
    logarithm would bend. The spread is integrated out for every point, on a grid about its
    most likely value, and drawn afterwards: a density without a funnel.

    Parameters
    ----------
    problem : Problem
    spread_prior : Distribution
        Of the spread, lognormal.
    ask : callable(points)
        The model where there are figures; default the problem's own ensemble.
    """

    problem: Problem
    spread_prior: Distribution
    ask: Ask = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers of the problem, and the spread."""
        return (*self.problem.names, SPREAD)

    @cached_property
    def unit(self) -> np.ndarray:
        """An ordinary size of each number, in natural units."""
        spans = [np.ptp(np.clip(each.start, each.low, each.high)) for each in self.problem.free]
        whole = [each.high - each.low for each in self.problem.free]
        return np.where(np.array(spans) > 0, spans, whole)

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates."""
        low = np.array([each.low for each in self.problem.free]) / self.unit
        high = np.array([each.high for each in self.problem.free]) / self.unit
        return low, high

    def inside(self, x: np.ndarray) -> np.ndarray:
        """Return the nearest coordinates within the bounds."""
        return np.clip(x, *self.bounds)

    def natural(self, x: np.ndarray) -> np.ndarray:
        """Return coordinates in natural units."""
        return self.inside(x) * self.unit

    def points(self, x: np.ndarray) -> np.ndarray:
        """Return coordinates as points on the fitting scale."""
        low, high = self.problem.bounds
        return np.clip(self.problem.scaled(self.natural(x)), low, high)

    def coordinates(self, points: np.ndarray) -> np.ndarray:
        """Return the coordinates of points on the fitting scale."""
        return self.inside(self.problem.natural(np.asarray(points, dtype=float)) / self.unit)

    def log_prior(self, x: np.ndarray) -> np.ndarray:
        """Return the log prior density per unit of the coordinates; -inf outside the bounds."""
        low, high = self.bounds
        natural = self.natural(x)
        found = np.full(x.shape[:-1], float(np.log(self.unit).sum()))
        with np.errstate(all="ignore"):
            for k, each in enumerate(self.problem.free):
                value = np.clip(natural[..., k], each.low, each.high)
                found = found + each.log_prior(value)
        within = ((x >= low) & (x <= high)).all(axis=-1)
        return np.where(within & np.isfinite(found), found, -np.inf)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Return model minus figure, (row, observation), by one ensemble."""
        return self.ask(self.points(x)) - self.problem.target

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log posterior density of each row, up to a constant; never NaN."""
        found = self.log_prior(x)
        inside = np.isfinite(found)
        if inside.any():
            found[inside] += self.integrated(self.residuals(x[inside])).log_likelihood
        return np.where(np.isnan(found), -np.inf, found)

    def integrated(self, residuals: np.ndarray) -> Integrated:
        """Return the likelihood of residuals, (row, observation), over all spreads."""
        own, noise = self.spread_prior, self.problem.noise
        assert own.mean is not None and own.spread is not None
        center, width = float(np.log(own.mean)), own.spread
        most = np.log(np.maximum(noise.spread(residuals), np.exp(center - 6 * width)))
        nu = noise.degrees
        information = 2.0 * residuals.shape[-1] * (nu / (nu + 3) if np.isfinite(nu) else 1.0)
        precision = information + 1 / width**2
        middle = (information * most + center / width**2) / precision
        nodes = middle[:, None] + np.linspace(-REACH, REACH, NODES) / np.sqrt(precision)
        if np.isfinite(nu):
            columns = [noise.log_density(residuals, np.exp(each)).sum(-1) for each in nodes.T]
            found = np.stack(columns, axis=-1)
        else:
            square = np.square(residuals).sum(axis=-1)[:, None]
            found = -0.5 * square * np.exp(-2 * nodes)
            found -= residuals.shape[-1] * (nodes + 0.5 * np.log(2 * np.pi))
        z = (nodes - center) / width
        found += -0.5 * np.square(z) - np.log(width) - 0.5 * np.log(2 * np.pi)
        step = np.log(2 * REACH / (NODES - 1) / np.sqrt(precision))
        total = special.logsumexp(found, axis=-1)
        levels = -float(self.problem.target.sum()) if noise.logarithmic else 0.0
        return Integrated(total + step + levels, nodes, np.exp(found - total[:, None]))

    def draw_prior(self, count: int, seed: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return draws of the prior: coordinates (count, coordinate) and spreads (count,)."""
        rng = np.random.default_rng(seed)
        points = self.problem.draw_prior(count, rng)
        return self.coordinates(points), self.spread_prior.quantile(rng.random(count))


@dataclass(frozen=True, eq=False)
class Integrated:
    """A likelihood over all spreads.

    Parameters
    ----------
    log_likelihood : array (row,)
        In the figures' units, the prior of the spread in it.
    nodes : array (row, node)
        Logarithms of spreads.
    weights : array (row, node)
        How likely each is, given the residuals.
    """

    log_likelihood: np.ndarray
    nodes: np.ndarray
    weights: np.ndarray

    @property
    def typical(self) -> np.ndarray:
        """The spread whose inverse square is the mean one, (row,)."""
        return 1 / np.sqrt((self.weights * np.exp(-2 * self.nodes)).sum(axis=-1))

    def draw(self, u: np.ndarray) -> np.ndarray:
        """Return a spread for each row, at a share ``u`` (row,) of its distribution."""
        edges = np.cumsum(self.weights, axis=-1) - 0.5 * self.weights
        found = [np.interp(*each) for each in zip(u, edges, self.nodes, strict=True)]
        return np.exp(np.array(found))


def target_of(
    problem: Problem, spread_prior: Distribution | None = None, ask: Ask | None = None
) -> Target:
    """Return the posterior density of a problem.

    Parameters
    ----------
    problem : Problem
    spread_prior : Distribution, optional
        Lognormal; default nine tenths of it within a factor of five of a tenth of the figures.
    ask : callable(points), optional
        What answers for the model; default the problem itself.

    Raises
    ------
    InputError
        For a prior of the spread that is not lognormal.
    """
    own = spread_prior or usual_spread_prior(problem)
    if own.kind != "lognormal":
        message = f"The prior of the spread is {own.kind}."
        remedy = "Give a lognormal one: Distribution(kind='lognormal', mean=0.1, spread=1)."
        raise InputError(Finding("error", message, "spread_prior", remedy=remedy))
    problem = replace(problem, options={"rtol": RTOL, **problem.options})
    return Target(problem, own, ask or problem.paths)
