"""What dyads have in common: a linear mixed model of their points, given each dyad's likelihood.

Near its best point the log likelihood of a dyad is a quadratic (Lindstrom and Bates 1990,
eq. 3.1), so what the population is follows in closed form, given how much its members differ.
That, four numbers, is integrated over by importance sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, stats

from secdil_sd.fitting.panel.members import FATIGUE, REACTION, TREND, WIDTH, Beliefs

START = 1.5
"""Spread of the log of spending at the start about the first figure: as good as none."""
SPREADS = ("fatigue", "reaction of a dyad", "reaction of a side")
"""Whose spreads across the panel are the first numbers of a `how`; the size exponent is last."""
LEAST, MOST = -7.0, 1.5
HEAVY = 5.0
"""Degrees of freedom of the proposal: heavier tails than what it stands for."""


@dataclass(frozen=True, eq=False)
class Design:
    """What is known of the dyads of a panel beside their figures.

    Parameters
    ----------
    first : array (dyad, state)
        Log of the first figure, in units of the state's mean.
    levels : array (dyad, state)
        Log of mean spending of the state over that of its rival.
    sizes : array (dyad, state)
        Log of the state's size over its rival's.
    terms : array (dyad, state, term)
        What reaction is regressed on.
    grievance : float
        Spread of grievances: so wide that each state has its own. They are not pooled: in units
        of a state's own spending a grievance is large where reaction is small.
    trend : float
        Spread of own growth, not pooled either: growth alone is no reaction.
    """

    first: np.ndarray
    levels: np.ndarray
    sizes: np.ndarray
    terms: np.ndarray
    grievance: float
    trend: float

    @property
    def count(self) -> int:
        """Number of dyads."""
        return len(self.first)

    def stretch(self, exponent: float) -> np.ndarray:
        """What one unit of size-adjusted reaction is in a point: (dyad, state).

        Reaction to a dollar is r (Y_i/Y_j)^exponent; to a rival's mean in own means, times
        M_j/M_i.
        """
        return np.exp(exponent * self.sizes - self.levels)

    def at(self, exponent: float) -> np.ndarray:
        """The matrix that makes points of coefficients, (dyad, 10, coefficient)."""
        found = np.zeros((self.count, WIDTH, 1 + self.terms.shape[-1]))
        found[:, FATIGUE, 0] = 1.0
        found[:, REACTION, 1:] = self.stretch(exponent)[..., None] * self.terms
        return found

    def offset(self) -> np.ndarray:
        """Where points are when all coefficients are zero, (dyad, 10)."""
        found = np.zeros((self.count, WIDTH))
        found[:, :2] = self.first
        return found

    def spread(self, how: np.ndarray) -> np.ndarray:
        """A root of the covariance of points about their population, (dyad, 10, 10)."""
        fatigue, together, apart = np.exp(how[:3])
        one = np.zeros((WIDTH, WIDTH))
        one[[0, 1], [0, 1]] = START
        one[[2, 3], [2, 3]] = fatigue
        one[[4, 5], [4, 5]] = self.grievance
        both = together**2 * np.ones((2, 2)) + apart**2 * np.eye(2)
        one[TREND, TREND] = self.trend * np.eye(2)
        one[REACTION, REACTION] = np.linalg.cholesky(both)
        found = np.repeat(one[None], self.count, axis=0)
        found[:, REACTION] *= self.stretch(how[3])[..., None]
        return found


@dataclass(frozen=True, eq=False)
class Evidence:
    """The quadratic log likelihood of each dyad's point.

    -2 log L = points' information points - 2 points' pull + square + what is constant.

    Parameters
    ----------
    information : array (dyad, 10, 10)
    pull : array (dyad, 10)
    square : array (dyad,)
    """

    information: np.ndarray
    pull: np.ndarray
    square: np.ndarray


@dataclass(frozen=True, eq=False)
class Known:
    """The population given how much its members differ.

    Parameters
    ----------
    log_evidence : float
    mean : array (coefficient,)
    root : array (coefficient, coefficient)
        Lower Cholesky factor of the precision.
    """

    log_evidence: float
    mean: np.ndarray
    root: np.ndarray


@dataclass(frozen=True, eq=False)
class Population:
    """Draws of a population and its dyads, equally likely.

    Parameters
    ----------
    how : array (draw, 4)
        Logs of spreads, and the size exponent.
    coefficients : array (draw, coefficient)
    points : array (draw, dyad, 10)
    effective : float
        What the draws of ``how`` are worth, in independent ones.
    """

    how: np.ndarray
    coefficients: np.ndarray
    points: np.ndarray
    effective: float


def prior_of(belief: Beliefs, terms: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of coefficients before figures are seen."""
    parts = [belief.fatigue] + [belief.reaction] * terms
    return np.array([p.mean for p in parts]), np.array([p.spread for p in parts])


def log_prior(how: np.ndarray, belief: Beliefs) -> float:
    """Log density of spreads (half normal, Gelman 2006; on the log scale) and the exponent."""
    scales = spread_scales(belief)
    logs = how[:3]
    taus = np.sum(logs - np.exp(2 * (logs - np.log(scales))) / 2)
    return float(taus + stats.norm.logpdf(how[3], belief.size.mean, belief.size.spread))


def spread_scales(belief: Beliefs) -> np.ndarray:
    """Scales of the half normals: members differ about half as much as their mean may."""
    parts = (belief.fatigue, belief.reaction, belief.reaction)
    return np.array([each.spread for each in parts]) / 2


def weak(belief: Beliefs) -> np.ndarray:
    """A `how` that pools nothing: each dyad within the prior of its parameters."""
    fatigue, reaction = np.log([belief.fatigue.spread, belief.reaction.spread])
    return np.array([fatigue, reaction, reaction - np.log(2), belief.size.mean])


def given(design: Design, evidence: Evidence, how: np.ndarray, belief: Beliefs) -> Known:
    """Return the coefficients, and how likely the figures are, given ``how``."""
    matrix, root = design.at(how[3]), design.spread(how)
    offset = design.offset()
    inner = np.swapaxes(root, 1, 2) @ evidence.information @ root + np.eye(WIDTH)
    factor = np.linalg.cholesky(inner)
    moved = evidence.pull - np.einsum("dij,dj->di", evidence.information, offset)
    sides = np.concatenate([evidence.information @ matrix, moved[..., None]], axis=2)
    solved = np.linalg.solve(factor, np.swapaxes(root, 1, 2) @ sides)
    explained = np.einsum("dik,dil->kl", solved, solved)
    gram = np.einsum("dik,dil->kl", matrix, sides) - explained[:-1]
    mean, spread = prior_of(belief, matrix.shape[2] - 1)
    precision = gram[:, :-1] + np.diag(spread**-2.0)
    right = gram[:, -1] + mean / spread**2
    lower = linalg.cholesky(precision, lower=True)
    found = linalg.cho_solve((lower, True), right)
    square = (
        evidence.square.sum()
        - 2 * np.einsum("di,di->", evidence.pull, offset)
        + np.einsum("di,dij,dj->", offset, evidence.information, offset)
        - explained[-1, -1]
    )
    volume = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum()
    total = square + volume - right @ found + 2 * np.log(np.diag(lower)).sum()
    total += np.sum(mean**2 / spread**2) + 2 * np.log(spread).sum()
    return Known(-total / 2, found, lower)


def _log_posterior(design: Design, evidence: Evidence, belief: Beliefs, how: np.ndarray) -> float:
    """Log posterior density of a ``how``, coefficients integrated over, up to a constant."""
    return given(design, evidence, how, belief).log_evidence + log_prior(how, belief)


def likeliest(
    design: Design, evidence: Evidence, belief: Beliefs, start: np.ndarray
) -> tuple[np.ndarray, Known]:
    """Return the most likely ``how``, and the population given it."""
    bounds = [(LEAST, MOST)] * 3 + [(-1.0, 2.0)]

    def loss(how: np.ndarray) -> float:
        return -_log_posterior(design, evidence, belief, how)

    found = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"eps": 1e-4})
    how = np.asarray(found.x)
    return how, given(design, evidence, how, belief)


def integrated(
    design: Design,
    evidence: Evidence,
    belief: Beliefs,
    mode: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> Population:
    """Return draws of the whole population; what ``how`` is is integrated over.

    Importance sampling from a Student t about the mode, refitted once to what it found
    (Gelman et al. 2014, ch. 10).
    """
    center, cover = mode, _curvature(design, evidence, belief, mode)
    for last in (False, True):
        count = draws if last else max(draws // 4, 100)
        hows, weights = _proposed(design, evidence, belief, center, cover, count, rng)
        center = weights @ hows
        cover = np.cov(hows.T, aweights=weights) * 1.2 + 1e-6 * np.eye(len(center))
    effective = float(1 / np.sum(weights**2))
    places = (rng.random() + np.arange(draws)) / draws
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), places), draws - 1)
    hows = hows[chosen]
    pairs = [_one_draw(design, evidence, belief, how, rng) for how in hows]
    coefficients, points = (np.array(each) for each in zip(*pairs, strict=True))
    return Population(hows, coefficients, points, effective)


def _proposed(
    design: Design,
    evidence: Evidence,
    belief: Beliefs,
    center: np.ndarray,
    cover: np.ndarray,
    count: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    proposal = stats.multivariate_t(center, cover, df=HEAVY, seed=rng)
    hows = proposal.rvs(count)
    hows[:, :3] = np.clip(hows[:, :3], 2 * LEAST, MOST)
    logs = np.array([_log_posterior(design, evidence, belief, each) for each in hows])
    logs -= proposal.logpdf(hows)
    weights = np.exp(logs - logs.max())
    return hows, weights / weights.sum()


def _curvature(design: Design, evidence: Evidence, belief: Beliefs, mode: np.ndarray) -> np.ndarray:
    """Covariance of a normal of the same curvature as the posterior has at its mode."""
    size, step = len(mode), 0.1

    def at(shift: np.ndarray) -> float:
        return _log_posterior(design, evidence, belief, mode + shift)

    units = np.eye(size) * step
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            plus = at(units[i] + units[j]) + at(-units[i] - units[j])
            minus = at(units[i] - units[j]) + at(units[j] - units[i])
            hessian[i, j] = hessian[j, i] = (plus - minus) / (4 * step**2)
    values, vectors = np.linalg.eigh(-hessian)
    return (vectors / np.clip(values, 0.5, None)) @ vectors.T


def _one_draw(
    design: Design,
    evidence: Evidence,
    belief: Beliefs,
    how: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    known = given(design, evidence, how, belief)
    noise = rng.standard_normal(len(known.mean))
    coefficients = known.mean + linalg.solve_triangular(known.root, noise, lower=True, trans="T")
    center, factor = about(design, evidence, how, coefficients)
    noise = rng.standard_normal(center.shape)
    wobble = np.linalg.solve(np.swapaxes(factor, 1, 2), noise[..., None])
    root = design.spread(how)
    expected = design.offset() + design.at(how[3]) @ coefficients
    return coefficients, expected + (root @ (center[..., None] + wobble))[..., 0]


def about(
    design: Design, evidence: Evidence, how: np.ndarray, coefficients: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where dyads are in units of their spread about the population, and how surely.

    Returns
    -------
    center : array (dyad, 10)
    factor : array (dyad, 10, 10)
        Lower Cholesky factor of the precision.
    """
    root = design.spread(how)
    expected = design.offset() + design.at(how[3]) @ coefficients
    inner = np.swapaxes(root, 1, 2) @ evidence.information @ root + np.eye(WIDTH)
    gap = evidence.pull - np.einsum("dij,dj->di", evidence.information, expected)
    right = np.einsum("dji,dj->di", root, gap)
    return np.linalg.solve(inner, right[..., None])[..., 0], np.linalg.cholesky(inner)
