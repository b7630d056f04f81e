"""Draws of a posterior in seconds: Laplace's approximation, corrected by importance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from secdil_sd.analysis.space import check_count
from secdil_sd.fitting.optimum import best_starts
from secdil_sd.fitting.posterior.mixture import Mixture, fitted_to
from secdil_sd.fitting.posterior.mode import find_modes
from secdil_sd.fitting.posterior.target import Target, target_of
from secdil_sd.fitting.posterior.tempering import temper
from secdil_sd.fitting.posterior.weights import (
    Weights,
    powered,
    resampled,
    smoothed,
    tempered_share,
)
from secdil_sd.fitting.problem import Problem

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.companion import Distribution

ROUNDS = 4
"""Proposals fitted to what the last found, before tempering takes over."""
ENOUGH = 400.0
"""Draws that weights have to be worth."""
SEARCHES = 4


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of a posterior, all of one weight.

    Parameters
    ----------
    target : Target
    x : array (draw, coordinate)
    spread : array (draw,)
        Of figures about the model.
    log_density : array (draw,)
    how : {"Laplace", "adapted", "tempered"}
        Laplace's approximation and weights; a proposal fitted anew; steps of temperature.
    effective : float
        Independent draws they are worth.
    k_hat : float
        Of the weights; above .7 they could not be trusted, which is why they were tempered.
    evaluated : int
        Members simulated.
    settled : bool
        Whether they can be relied on.
    proposal : Mixture
        What describes them roughly, as a density.
    """

    target: Target = field(repr=False)
    x: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)
    log_density: np.ndarray = field(repr=False)
    how: str
    effective: float
    k_hat: float
    evaluated: int
    settled: bool
    proposal: Mixture = field(repr=False)

    @property
    def points(self) -> np.ndarray:
        """The draws on the fitting scale, (draw, parameter)."""
        return self.target.points(self.x)

    @property
    def samples(self) -> pd.DataFrame:
        """The draws as samples of the model's constants, a row a draw."""
        return self.target.problem.constants(self.points)

    @property
    def note(self) -> str:
        """How the draws were made and what they are worth, in a sentence."""
        worth = f"worth {self.effective:.0f} independent draws"
        if self.how == "tempered":
            tail = "" if self.settled else "; they have not settled, take method='emcee'"
            why = "the posterior is far from a bell about its mode"
            return f"Tempered draws, {worth}: {why}{tail}."
        kind = "Laplace's approximation" if self.how == "Laplace" else "An adapted proposal"
        return f"{kind} with importance weights, {worth} (k-hat {self.k_hat:.2f})."


def quick_draws(
    problem: Problem,
    point: Any = None,
    count: int = 1000,
    seed: Any = 1,
    spread_prior: Distribution | None = None,
) -> Draws:
    """Return draws of the posterior of a problem.

    Parameters
    ----------
    problem : Problem
    point : array (parameter,), optional
        Where to look for the mode, on the fitting scale, as ``fit.best.point``; default the best
        of random starts.
    count : int
        Draws returned; what they are worth stands beside them.
    seed : int or Generator
    spread_prior : Distribution, optional
        Lognormal, of the spread of figures about the model.

    Returns
    -------
    Draws

    Source
    ------
    Geweke (1989) for t proposals about the mode; Cornuet, Marin, Mira and Robert (2012) for
    proposals fitted anew, all weighted together.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.fit(sd.load_scenario("wwi_blocs"), intervals=False, starts=8)
    >>> drawn = quick_draws(found.problem, found.best.point, count=500)
    >>> drawn.points.shape, drawn.effective > 300
    ((500, 5), True)
    """
    check_count(count, 25, "count")
    return draw(target_of(problem, spread_prior), point, count, seed)


def draw(
    target: Target, point: Any = None, count: int = 1000, seed: Any = 1, size: int = 2000
) -> Draws:
    """Return draws of a target; ``size`` members are simulated in each round."""
    rng = np.random.default_rng(seed)
    starts = _starts(target, point, rng)
    modes = find_modes(target, starts)
    rounds = _Rounds(target, [modes.proposal()])
    for _ in range(ROUNDS):
        weights = rounds.extend(size, rng)
        if weights.sound and weights.effective >= min(ENOUGH, 0.2 * size):
            return _weighted(rounds, weights, count, rng, modes.evaluated)
        rounds.adapt()
    return _tempered(rounds, weights, count, rng, modes.evaluated)


def _starts(target: Target, point: Any, rng: np.random.Generator) -> np.ndarray:
    """Where to look for modes: a given point, or the best of many."""
    problem = target.problem
    if point is None:
        points = best_starts(problem, 32 * SEARCHES, SEARCHES, rng)
    else:
        points = np.atleast_2d(np.asarray(point, dtype=float))
    return target.coordinates(points)


class _Rounds:
    """Proposals so far, with all that was drawn from them and weighted together."""

    def __init__(self, target: Target, proposals: Sequence[Mixture]) -> None:
        self.target, self.proposals = target, list(proposals)
        self.sizes: list[int] = []
        self.x = np.empty((0, proposals[0].centers.shape[1]))
        self.log_density = np.empty(0)

    def extend(self, count: int, rng: np.random.Generator) -> Weights:
        """Draw from the newest proposal and weigh everything by all of them."""
        fresh = self.proposals[-1].draw(rng, count)
        self.sizes.append(count)
        self.x = np.concatenate([self.x, fresh])
        self.log_density = np.concatenate([self.log_density, self.target.log_density(fresh)])
        return smoothed(self.ratios)

    def log_start(self, x: np.ndarray) -> np.ndarray:
        """Log density of the mixture of all proposals."""
        shares = np.log(np.array(self.sizes) / sum(self.sizes))
        used = self.proposals[: len(self.sizes)]
        parts = [share + each.log_density(x) for share, each in zip(shares, used, strict=True)]
        return np.asarray(special.logsumexp(parts, axis=0))

    @property
    def ratios(self) -> np.ndarray:
        return self.log_density - self.log_start(self.x)

    def adapt(self) -> None:
        """Add the t that fits the draws, weighted as far as their weights can be trusted."""
        least = max(20.0 * self.x.shape[1], 0.05 * len(self.x))
        share = tempered_share(self.ratios, least)
        self.proposals.append(fitted_to(self.x, powered(self.ratios, share)))


def _spreads(target: Target, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A spread for each draw, given its residuals."""
    return target.integrated(target.residuals(x)).draw(rng.random(len(x)))


def _weighted(
    rounds: _Rounds, weights: Weights, count: int, rng: np.random.Generator, evaluated: int
) -> Draws:
    chosen = resampled(weights.values, count, rng)
    x = rounds.x[chosen]
    return Draws(
        rounds.target,
        x,
        _spreads(rounds.target, x, rng),
        rounds.log_density[chosen],
        "Laplace" if len(rounds.sizes) == 1 else "adapted",
        min(weights.effective, float(count)),
        weights.k_hat,
        evaluated + len(rounds.x),
        True,
        fitted_to(rounds.x, weights.values),
    )


def _tempered(
    rounds: _Rounds, weights: Weights, count: int, rng: np.random.Generator, evaluated: int
) -> Draws:
    found = temper(
        rounds.x,
        rounds.log_start(rounds.x),
        rounds.log_density,
        rounds.log_start,
        rounds.target.log_density,
        max(count, int(2 * ENOUGH)),
        rng,
    )
    chosen = rng.permutation(len(found.x))[:count]
    equal = np.full(len(found.x), 1 / len(found.x))
    return Draws(
        rounds.target,
        found.x[chosen],
        _spreads(rounds.target, found.x[chosen], rng),
        found.log_density[chosen],
        "tempered",
        min(found.effective, float(count)),
        weights.k_hat,
        evaluated + len(rounds.x) + found.evaluated,
        found.settled,
        fitted_to(found.x, equal),
    )
