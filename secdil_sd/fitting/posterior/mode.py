"""Where a posterior is highest, and how wide it is there: Laplace's approximation, batched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.posterior.mixture import Mixture, mixture
from secdil_sd.fitting.posterior.shape import Shape, local_shape
from secdil_sd.fitting.posterior.target import Target

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
    here = local_shape(target, x)
    members = size + 1
    evaluated = count * members
    for _ in range(MOST_STEPS):
        tried = damping[:, None] * DAMPINGS
        held = _held(target, x, here)
        steps = np.array([_steps(here, k, tried[k], held[k]) for k in range(count)])
        fresh = target.inside(x[:, None] + steps)
        there = local_shape(target, fresh.reshape(-1, size))
        evaluated += count * len(DAMPINGS) * members
        values = there.value.reshape(count, -1)
        best = np.argmax(values, axis=1)
        at = np.arange(count) * len(DAMPINGS) + best
        gain = values[np.arange(count), best] - here.value
        better = gain > 0
        x = np.where(better[:, None], fresh[np.arange(count), best], x)
        here = Shape(
            np.where(better, there.value[at], here.value),
            np.where(better[:, None], there.gradient[at], here.gradient),
            np.where(better[:, None, None], there.curvature[at], here.curvature),
        )
        damping = np.where(better, tried[np.arange(count), best], damping * 1e3)
        damping = np.clip(damping, 1e-6, 1e8)
        if ((np.abs(gain) < SETTLED) | (damping >= 1e8)).all():
            break
    return _distinct(target, x, here, evaluated)


def _held(target: Target, x: np.ndarray, here: Shape) -> np.ndarray:
    """Coordinates on a bound that the density pulls beyond it, (point, coordinate)."""
    low, high = target.bounds
    return ((x <= low) & (here.gradient < 0)) | ((x >= high) & (here.gradient > 0))


def _steps(here: Shape, k: int, dampings: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Damped Newton steps of one search, cut to what the approximation can be trusted for."""
    own = np.where(held[:, None] | held[None, :], 0.0, here.curvature[k])
    own = own + np.diag(np.where(held, 1.0, 0.0))
    gradient = np.where(held, 0.0, here.gradient[k])
    scale = np.diag(np.diag(own))
    found = np.array([np.linalg.solve(own + each * scale, gradient) for each in dampings])
    return np.clip(found, -FARTHEST, FARTHEST)


def _distinct(target: Target, x: np.ndarray, here: Shape, evaluated: int) -> Modes:
    """Modes worth keeping, each once, the highest first."""
    kept: list[int] = []
    for k in np.argsort(-here.value, kind="stable"):
        if here.value[k] < here.value.max() - WORTH:
            continue
        apart = x[kept] - x[k]
        distance = np.einsum("ni,ij,nj->n", apart, here.curvature[k], apart)
        if not kept or (distance > 1.0).all():
            kept.append(int(k))
    # Pressed against a bound a density falls off like an exponential, not like a bell.
    press = np.where(_held(target, x, here), np.square(here.gradient), 0.0)
    precision = here.curvature + press[:, None, :] * np.eye(x.shape[1])
    return Modes(x[kept], precision[kept], here.value[kept], evaluated)
