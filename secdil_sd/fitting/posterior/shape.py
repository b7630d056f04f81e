"""The shape of a posterior about points: slopes and curvature, the model's by differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.posterior.target import Target

STEP = 1e-4
"""Of finite differences, in coordinates whose ordinary size is 1."""
PRIOR_STEP = 1e-3
LEAST_BEND = 1e-3


@dataclass(frozen=True, eq=False)
class Shape:
    """A log density about points.

    Parameters
    ----------
    value : array (point,)
    gradient : array (point, coordinate)
    curvature : array (point, coordinate, coordinate)
        Minus the second derivatives as Gauss and Newton take them, always positive definite.
    """

    value: np.ndarray
    gradient: np.ndarray
    curvature: np.ndarray


def local_shape(target: Target, x: np.ndarray) -> Shape:
    """Return the shape of a posterior about points; one ensemble of a member a coordinate.

    Parameters
    ----------
    target : Target
    x : array (point, coordinate)
        Outside the bounds the value is -inf and the shape that of the nearest point inside.
    """
    count, size = x.shape
    near = target.inside(x)
    step = np.where(near + STEP > target.bounds[1], -STEP, STEP)
    around = np.concatenate([np.zeros((count, 1, size)), step[:, None] * np.eye(size)], axis=1)
    points = (near[:, None] + around).reshape(-1, size)
    found = target.residuals(points).reshape(count, size + 1, -1)
    residuals = found[:, 0]
    slopes = (found[:, 1:] - residuals[:, None]) / step[:, :, None]
    likelihood = target.integrated(residuals)
    noise = target.problem.noise
    rise, bend = _of_prior(target, near)
    gradient, curvature = rise.copy(), np.zeros((count, size, size))
    for k, spread in enumerate(likelihood.typical):
        pulls = noise.pulls(residuals[k], float(spread))
        slope = slopes[k] * noise.pull_slopes(residuals[k], float(spread))
        gradient[k] -= slope @ pulls
        curvature[k] = slope @ slope.T
    diagonal = np.arange(size)
    curvature[:, diagonal, diagonal] += np.maximum(bend, LEAST_BEND)
    value = target.log_prior(x) + likelihood.log_likelihood
    return Shape(np.where(np.isfinite(value), value, -np.inf), gradient, curvature)


def _of_prior(target: Target, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of the log prior, and minus its second derivatives: it is a product."""
    size = x.shape[1]
    low, high = target.bounds
    x = np.clip(x, low + 2 * PRIOR_STEP, np.maximum(high - 2 * PRIOR_STEP, low + 2 * PRIOR_STEP))
    shifts = PRIOR_STEP * np.eye(size)
    around = np.concatenate([np.zeros((1, size)), shifts, -shifts])
    points = (x[:, None] + around).reshape(-1, size)
    found = target.log_prior(points).reshape(len(x), -1)
    here, ahead, behind = found[:, :1], found[:, 1 : size + 1], found[:, size + 1 :]
    with np.errstate(invalid="ignore"):
        rise = (ahead - behind) / (2 * PRIOR_STEP)
        bend = -(ahead - 2 * here + behind) / PRIOR_STEP**2
    return np.where(np.isfinite(rise), rise, 0.0), np.where(np.isfinite(bend), bend, 0.0)
