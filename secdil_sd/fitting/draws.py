"""Draws of what a fit leaves open: normal about the estimates, thinned to what figures allow."""

from __future__ import annotations

import numpy as np

from secdil_sd.fitting.optimum import Optimum
from secdil_sd.fitting.problem import Problem

MOST_ROUNDS = 6


def local_draws(
    problem: Problem, best: Optimum, covariance: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Return points (point, parameter) about an optimum, on the fitting scale.

    Where the model is nearly linear in what is fitted they are normal. Where it is not, points
    that follow the figures worse than such a model would are dropped in proportion: one year's
    growth too much, compounded, is a path that no figure supports. Numbers on a bound stay there.

    Parameters
    ----------
    problem : Problem
    best : Optimum
    covariance : array (parameter, parameter)
        On the fitting scale; NaN for numbers on a bound.
    count : int
    rng : Generator
    """
    low, high = problem.bounds
    sizes, directions = np.linalg.eigh(np.where(np.isfinite(covariance), covariance, 0.0))
    root = directions * np.sqrt(np.maximum(sizes, 0))
    # In a linear model the deviance has a tail of Student's t with so many degrees of freedom.
    left = max(problem.count - int((best.bound == 0).sum()), 1)
    kept: list[np.ndarray] = []
    first = None
    while sum(map(len, kept)) < count and len(kept) < MOST_ROUNDS:
        z = rng.standard_normal((count, len(best.point)))
        points = np.clip(best.point + z @ root.T, low, high)
        first = points if first is None else first
        fall = (problem.log_likelihood(points) + best.loss) * left / problem.count
        expected = -0.5 * np.square(z).sum(axis=1)
        kept.append(points[np.log(rng.random(count)) < fall - expected])
    found = np.concatenate(kept)
    if not len(found):
        return first if first is not None else np.empty((0, len(best.point)))
    return found[np.arange(count) % len(found)]
