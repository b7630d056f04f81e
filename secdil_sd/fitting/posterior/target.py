"""The posterior density of a problem, in coordinates without bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
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
EDGE = 0.01
"""Points on a bound start this share of the range inside: coordinates have no place for edges."""
TAIL = 1.645


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

    A number with bounds is a logit of its place between them, the spread its logarithm: every
    coordinate is a point, and a posterior that leans on a bound has no edge.

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

    def points(self, x: np.ndarray) -> np.ndarray:
        """Return coordinates as points on the fitting scale, the spread left out."""
        low, high = self.problem.bounds
        return low + (high - low) * special.expit(x[..., :-1])

    def spread(self, x: np.ndarray) -> np.ndarray:
        """Return the spread of each row of coordinates."""
        found: np.ndarray = np.exp(x[..., -1])
        return found

    def natural(self, x: np.ndarray) -> np.ndarray:
        """Return coordinates in natural units, the spread last."""
        own = self.problem.natural(self.points(x))
        return np.concatenate([own, self.spread(x)[..., None]], axis=-1)

    def fitted(self, x: np.ndarray) -> np.ndarray:
        """Return coordinates on the fitting scale, the logarithm of the spread last."""
        return np.concatenate([self.points(x), x[..., -1:]], axis=-1)

    def coordinates(self, points: np.ndarray, spread: Any) -> np.ndarray:
        """Return the coordinates of points; those on a bound move a little inside."""
        low, high = self.problem.bounds
        share = np.clip((np.asarray(points) - low) / (high - low), EDGE, 1 - EDGE)
        last = np.broadcast_to(np.log(spread), share.shape[:-1])[..., None]
        return np.concatenate([special.logit(share), last], axis=-1)

    def log_prior(self, x: np.ndarray) -> np.ndarray:
        """Return the log prior density per unit of the coordinates."""
        low, high = self.problem.bounds
        with np.errstate(all="ignore"):
            found = self.problem.log_prior(self.points(x))
        inner = x[..., :-1]
        found = found + (np.log(high - low) + special.log_expit(inner)).sum(axis=-1)
        found = found + special.log_expit(-inner).sum(axis=-1)
        own = self.spread_prior
        assert own.mean is not None and own.spread is not None
        z = (x[..., -1] - np.log(own.mean)) / own.spread
        found = found - 0.5 * np.square(z) - np.log(own.spread) - 0.5 * np.log(2 * np.pi)
        return np.where(np.isfinite(found), found, -np.inf)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Return model minus figure, (row, observation), by one ensemble."""
        return self.ask(self.points(x)) - self.problem.target

    def log_likelihood(self, x: np.ndarray, residuals: np.ndarray | None = None) -> np.ndarray:
        """Return the log likelihood of each row of coordinates."""
        found = self.residuals(x) if residuals is None else residuals
        return self.problem.pointwise(found, self.spread(x)).sum(axis=-1)

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log posterior density of each row, up to a constant; never NaN."""
        prior = self.log_prior(x)
        found = np.full(len(x), -np.inf)
        inside = np.isfinite(prior)
        if inside.any():
            found[inside] = prior[inside] + self.log_likelihood(x[inside])
        return np.where(np.isnan(found), -np.inf, found)

    def draw_prior(self, count: int, seed: Any) -> np.ndarray:
        """Return draws of the prior as coordinates, (count, coordinate)."""
        rng = np.random.default_rng(seed)
        points = self.problem.draw_prior(count, rng)
        spread = self.spread_prior.quantile(rng.random(count))
        low, high = self.problem.bounds
        share = np.clip((points - low) / (high - low), 1e-9, 1 - 1e-9)
        return np.concatenate([special.logit(share), np.log(spread)[:, None]], axis=-1)


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
    return Target(problem, own, ask or problem.paths)
