"""Where a posterior is highest, and how wide it is there: Laplace's approximation, batched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.posterior.mixture import Mixture, mixture
from secdil_sd.fitting.posterior.target import Target

STEP = 3e-4
"""Of finite differences, in coordinates whose ordinary size is 1."""
PRIOR_STEP = 1e-2
DAMPINGS = np.array([0.01, 1.0, 100.0])
"""Tried together, in units of the damping of the moment."""
MOST_STEPS = 25
FARTHEST = 2.0
SETTLED = 1e-2
"""Gain in log density below which a search ends: proposals need no more."""
WORTH = 8.0
"""Modes this much lower in log density than the best are left out."""


@dataclass(frozen=True, eq=False)
class Modes:
    """Local maxima of a posterior density.

    Parameters
    ----------
    x : array (mode, coordinate)
    precision : array (mode, coordinate, coordinate)
        Minus the second derivatives of the log density, Gauss and Newton's.
    log_density : array (mode,)
    evaluated : int
        Members simulated.
    """

    x: np.ndarray
    precision: np.ndarray
    log_density: np.ndarray
    evaluated: int

    def proposal(self) -> Mixture:
        """Return Laplace's approximation with heavy tails: a component for each mode."""
        covariances = [np.linalg.inv(each) for each in self.precision]
        volumes = np.array([0.5 * np.linalg.slogdet(each)[1] for each in covariances])
        evidence = self.log_density + volumes
        weights = np.maximum(np.exp(evidence - evidence.max()), 0.02)
        return mixture(list(self.x), covariances, weights)


@dataclass(frozen=True, eq=False)
class _Local:
    """Value, gradient and curvature at one point for each search."""

    value: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray


def find_modes(target: Target, starts: np.ndarray) -> Modes:
    """Return the modes reached from several starts, all searches in one ensemble a step.

    Parameters
    ----------
    target : Target
    starts : array (start, coordinate)

    Source
    ------
    Levenberg (1944), Marquardt (1963), with the curvature of the prior added; Tierney and
    Kadane (1986) for the approximation.
    """
    x = np.array(starts, dtype=float)
    count, size = x.shape
    damping = np.full(count, 1e-2)
    here = _local(target, x)
    members = 2 * size - 1
    evaluated = count * members
    for _ in range(MOST_STEPS):
        tried = damping[:, None] * DAMPINGS
        steps = np.array([_steps(here, k, tried[k]) for k in range(count)])
        there = _local(target, (x[:, None] + steps).reshape(-1, size))
        evaluated += count * len(DAMPINGS) * members
        values = there.value.reshape(count, -1)
        best = np.argmax(values, axis=1)
        at = np.arange(count) * len(DAMPINGS) + best
        gain = values[np.arange(count), best] - here.value
        better = gain > 0
        x = np.where(better[:, None], x + steps[np.arange(count), best], x)
        here = _Local(
            np.where(better, there.value[at], here.value),
            np.where(better[:, None], there.gradient[at], here.gradient),
            np.where(better[:, None, None], there.curvature[at], here.curvature),
        )
        damping = np.where(better, tried[np.arange(count), best], damping * 1e3)
        damping = np.clip(damping, 1e-6, 1e8)
        if ((np.abs(gain) < SETTLED) | (damping >= 1e8)).all():
            break
    return _distinct(x, here, evaluated)


def _steps(here: _Local, k: int, dampings: np.ndarray) -> np.ndarray:
    """Damped Newton steps of one search, cut to what the approximation can be trusted for."""
    own = here.curvature[k]
    scale = np.diag(np.diag(own))
    found = np.array([np.linalg.solve(own + each * scale, here.gradient[k]) for each in dampings])
    return np.clip(found, -FARTHEST, FARTHEST)


def _local(target: Target, x: np.ndarray) -> _Local:
    """Log density with its slopes, the model's by finite differences in one ensemble."""
    count, size = x.shape
    shifts = STEP * np.eye(size)[:-1]
    around = np.concatenate([np.zeros((1, size)), shifts, -shifts])
    points = (x[:, None] + around).reshape(-1, size)
    found = target.residuals(points).reshape(count, len(around), -1)
    residuals = found[:, 0]
    slopes = (found[:, 1:size] - found[:, size:]) / (2 * STEP)
    prior, rise, bend = _prior(target, x)
    noise, spread = target.problem.noise, target.spread(x)
    gradient, curvature = rise.copy(), np.zeros((count, size, size))
    for k in range(count):
        weight = noise.pull_slopes(residuals[k], float(spread[k]))
        pulls = noise.pulls(residuals[k], float(spread[k]))
        slope = slopes[k] * weight
        gradient[k, :-1] -= slope @ pulls
        curvature[k, :-1, :-1] = slope @ slope.T
    by_spread, bend_spread = _of_spread(target, residuals, spread)
    gradient[:, -1] += by_spread
    diagonal = np.arange(size)
    curvature[:, diagonal, diagonal] += np.maximum(bend, 1e-3)
    curvature[:, -1, -1] += bend_spread
    value = prior + target.log_likelihood(x, residuals)
    return _Local(np.where(np.isfinite(value), value, -np.inf), gradient, curvature)


def _prior(target: Target, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log prior, its gradient, and minus its second derivatives: it is a product."""
    size = x.shape[1]
    shifts = PRIOR_STEP * np.eye(size)
    around = np.concatenate([np.zeros((1, size)), shifts, -shifts])
    points = (x[:, None] + around).reshape(-1, size)
    found = target.log_prior(points).reshape(len(x), -1)
    here, ahead, behind = found[:, :1], found[:, 1 : size + 1], found[:, size + 1 :]
    with np.errstate(invalid="ignore"):
        rise = (ahead - behind) / (2 * PRIOR_STEP)
        bend = -(ahead - 2 * here + behind) / PRIOR_STEP**2
    return here[:, 0], np.nan_to_num(rise, posinf=0, neginf=0), np.nan_to_num(bend, posinf=0)


def _of_spread(
    target: Target, residuals: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Slope of the log likelihood by the logarithm of the spread, and its expected curvature."""
    own = target.problem
    ahead = own.pointwise(residuals, spread * np.exp(STEP)).sum(axis=-1)
    behind = own.pointwise(residuals, spread * np.exp(-STEP)).sum(axis=-1)
    nu = own.noise.degrees
    information = 2.0 * own.count * (nu / (nu + 3) if np.isfinite(nu) else 1.0)
    return (ahead - behind) / (2 * STEP), np.full(len(spread), information)


def _distinct(x: np.ndarray, here: _Local, evaluated: int) -> Modes:
    """Modes worth keeping, each once, the highest first."""
    kept: list[int] = []
    for k in np.argsort(-here.value, kind="stable"):
        if here.value[k] < here.value.max() - WORTH:
            continue
        apart = x[kept] - x[k]
        distance = np.einsum("ni,ij,nj->n", apart, here.curvature[k], apart)
        if not kept or (distance > 1.0).all():
            kept.append(int(k))
    return Modes(x[kept], here.curvature[kept], here.value[kept], evaluated)
