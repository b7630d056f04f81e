"""Maximum likelihood of an equation, for one history or many at once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from secdil_sd.fitting.comparison.equation import EDGE, Equation
from secdil_sd.fitting.comparison.innovations import (
    counted,
    covariance,
    inverted,
    log_likelihood,
    shock_parameters,
)
from secdil_sd.fitting.comparison.scores import Predictive

ITERATIONS = 60
CLOSE = 1e-3
"""A gain in log likelihood that no longer matters."""
STEP = 1e-6
DAMPING = (1e-3, 1e-10, 1e10)
"""Of the first step, and its least and most."""
STUCK = 1e4
"""With this much damping and still no gain there is nothing left to gain."""


@dataclass(frozen=True)
class Estimates:
    """The likeliest points of an equation, a row a history.

    Parameters
    ----------
    points : array (history, parameter)
    log_likelihood : array (history,)
    residuals : array (history, year, state)
    slopes : array (history, year, state, parameter)
        Derivatives of the residuals.
    converged : array (history,) of bool
    """

    points: np.ndarray
    log_likelihood: np.ndarray
    residuals: np.ndarray = field(repr=False)
    slopes: np.ndarray = field(repr=False)
    converged: np.ndarray

    def of(self, history: int) -> Estimates:
        """Return the estimates of one history, without years it does not have."""
        known = counted(self.residuals[history])[0]
        one = slice(history, history + 1)
        return Estimates(
            self.points[one],
            self.log_likelihood[one],
            self.residuals[one, known],
            self.slopes[one, known],
            self.converged[one],
        )


def count_parameters(equation: Equation, states: int) -> int:
    """Return how many numbers an equation takes from the data, those of its shocks included."""
    names = equation.names([str(k) for k in range(states)])
    return len(names) + shock_parameters(states, equation.shared)


def enough_years(equation: Equation, years: int, states: int) -> bool:
    """Say whether a history is long enough to fit an equation and judge it."""
    each = len(equation.names([str(k) for k in range(states)])) / states
    figures = (years - 2) * states
    return years - 2 >= each + 2 and figures > count_parameters(equation, states) + 1


def estimate(equation: Equation, logs: np.ndarray, starts: np.ndarray | None = None) -> Estimates:
    """Fit an equation to histories by maximum likelihood, all at once.

    Gauss-Newton with damping (Levenberg-Marquardt) on the likelihood whose covariance of
    innovations is the likeliest one; its gradient is that of generalized least squares.

    Parameters
    ----------
    equation : Equation
    logs : array (history, year, state)
        Histories that end early are filled up with NaN.
    starts : array (history, start, parameter), optional
        Default: the equation's own.
    """
    if starts is None:
        starts = np.stack([equation.starts(each) for each in logs])
    kept = 0
    if equation.held is not None:
        first = estimate(equation.held, logs).points[:, None]
        kept = first.shape[-1]
        starts = np.concatenate([first, starts[:, :1, kept:]], axis=-1)
    count, tries, size = starts.shape
    many = np.repeat(logs, tries, axis=0)
    low, high = equation.bounds(logs.shape[-1])
    points = np.clip(starts.reshape(-1, size), low, high)
    low, high = np.tile(low, (len(points), 1)), np.tile(high, (len(points), 1))
    low[:, :kept] = high[:, :kept] = points[:, :kept]
    residuals, slopes = _linearized(equation, many, points)
    value = _value(residuals, equation.shared)
    damping = np.full(len(points), DAMPING[0])
    going = np.flatnonzero(np.isfinite(value))
    done = ~np.isfinite(value)
    for _ in range(ITERATIONS):
        step = _step(
            residuals[going], slopes[going], damping[going], equation.shared,
            (points[going] <= low[going], points[going] >= high[going]),
        )  # fmt: skip
        trial = np.clip(points[going] + _limited(step, points[going]), low[going], high[going])
        # Slopes only where a step was a gain: what lies beyond may be slow to integrate.
        found = _value(equation.innovations(many[going], trial), equation.shared)
        gain = found - value[going]
        better = gain > 0
        up = going[better]
        if len(up):
            points[up] = trial[better]
            residuals[up], slopes[up] = _linearized(equation, many[up], points[up])
            value[up] += gain[better]
        damping[going] = np.clip(damping[going] * np.where(better, 0.1, 3.0), *DAMPING[1:])
        done[going] = (better & (gain < CLOSE)) | (damping[going] >= STUCK)
        going = going[~done[going]]
        if not len(going):
            break
    best = np.argmax(np.nan_to_num(value.reshape(count, tries), nan=-np.inf), axis=1)
    rows = np.arange(count) * tries + best
    good = done[rows] & np.isfinite(value[rows])
    return Estimates(points[rows], value[rows], residuals[rows], slopes[rows], good)


def forecast(equation: Equation, fitted: Estimates, logs: np.ndarray, steps: int) -> Predictive:
    """Return how an equation continues a history from its last figures.

    The spread adds up what shocks to come do (each passed on as the equation passes on a shock
    of the last year), and what is not known of the parameters.

    Parameters
    ----------
    equation : Equation
    fitted : Estimates
        Of this history alone.
    logs : array (year, state)
    steps : int
    """
    point, states = fitted.points[0], logs.shape[1]
    change = STEP * np.maximum(1.0, np.abs(point))
    change = np.where(point + change > equation.bounds(states)[1], -change, change)
    points = np.concatenate([np.tile(point, (1 + states, 1)), point + np.diag(change)])
    shocked = np.repeat(logs[None], len(points), axis=0)
    shocked[1 + np.arange(states), -1, np.arange(states)] += STEP
    found = equation.paths(shocked, points, steps)
    center = found[0]
    passed = np.moveaxis((found[1 : 1 + states] - center) / STEP, 0, -1)
    moved = np.moveaxis(found[1 + states :] - center, 0, -1) / change
    spread, degrees = unbiased(fitted, equation.shared)
    shares = np.concatenate([np.eye(states)[None], passed[:-1]])
    shocks = np.cumsum(shares @ spread @ np.swapaxes(shares, -2, -1), axis=0)
    unknown = moved @ parameter_covariance(fitted, equation.shared) @ np.swapaxes(moved, -2, -1)
    variance = np.diagonal(shocks + unknown, axis1=-2, axis2=-1)
    variance = variance + equation.extra_variance(logs, steps)
    return bounded(center, np.sqrt(np.maximum(variance, 1e-12)), degrees, logs[-1])


def free_run(
    equation: Equation, fitted: Estimates, logs: np.ndarray, steps: int
) -> Predictive | None:
    """Return where an equation arrives from the first figures alone; its spread is its misses.

    Parameters as `forecast`; None where the equation has no such path.
    """
    path = equation.free_run(logs[None], fitted.points, steps)
    if path is None:
        return None
    missed = logs[2:] - path[0, : len(logs) - 2]
    spread = np.sqrt(np.mean(missed**2, axis=0))
    degrees = max(len(missed) - len(fitted.points[0]) / logs.shape[1], 1.0)
    return bounded(path[0, -steps:], np.tile(spread, (steps, 1)), degrees, logs[-1])


def bounded(center: np.ndarray, scale: np.ndarray, degrees: float, last: np.ndarray) -> Predictive:
    """Return a forecast whose center stays within the edges of what spending can be."""
    beyond = ~(np.abs(center - last) < EDGE * (1 - 1e-9))
    center = np.clip(np.where(np.isnan(center), last + EDGE, center), last - EDGE, last + EDGE)
    return Predictive(center, np.where(np.isfinite(scale), scale, EDGE), degrees, beyond)


def unbiased(fitted: Estimates, shared: bool) -> tuple[np.ndarray, float]:
    """Return the covariance of innovations, corrected for what was fitted, and its freedom."""
    years, states = fitted.residuals.shape[-2:]
    degrees = max(years - fitted.points.shape[-1] / states, 1.0)
    return covariance(fitted.residuals[0], shared) * years / degrees, degrees


def parameter_covariance(fitted: Estimates, shared: bool) -> np.ndarray:
    """Return the covariance of the parameters, (parameter, parameter): inverse information."""
    weight = inverted(unbiased(fitted, shared)[0])
    slopes = fitted.slopes[0]
    return inverted(np.einsum("tip,ij,tjq->pq", slopes, weight, slopes))


def _limited(step: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Steps that do not more than about double any number."""
    size = np.max(np.abs(step) / (1 + np.abs(points)), axis=1, keepdims=True)
    return step / np.maximum(1.0, size)


def _value(residuals: np.ndarray, shared: bool) -> np.ndarray:
    found = log_likelihood(residuals, shared)
    return np.where(np.isfinite(found), found, -np.inf)


def _linearized(
    equation: Equation, logs: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Residuals and their derivatives: a point and its neighbors as members of one batch."""
    members, size = points.shape
    change = STEP * np.maximum(1.0, np.abs(points))
    change = np.where(points + change > equation.bounds(logs.shape[-1])[1], -change, change)
    moves = np.concatenate([np.zeros((1, size)), np.eye(size)])
    batch = points[:, None] + moves * change[:, None]
    many = np.repeat(logs, size + 1, axis=0)
    found = equation.innovations(many, batch.reshape(-1, size))
    found = found.reshape(members, size + 1, *found.shape[1:])
    slopes = np.moveaxis(found[:, 1:] - found[:, :1], 1, -1) / change[:, None, None, :]
    return found[:, 0].copy(), slopes


def _step(
    residuals: np.ndarray,
    slopes: np.ndarray,
    damping: np.ndarray,
    shared: bool,
    at_bounds: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """The damped Gauss-Newton step of each member, along bounds it would leave.

    ``at_bounds``: where a point lies on its least and on its largest value.
    """
    known = counted(residuals)[0]
    weight = inverted(covariance(residuals, shared))
    residuals = np.where(known[..., None], residuals, 0.0)
    slopes = np.where(known[..., None, None], slopes, 0.0)
    weighted = np.einsum("mij,mtjp->mtip", weight, slopes)
    gradient = np.einsum("mtip,mti->mp", weighted, residuals)
    hessian = np.einsum("mtip,mtiq->mpq", slopes, weighted)
    place = np.arange(slopes.shape[-1])
    least, most = at_bounds
    held = (least & (gradient > 0)) | (most & (gradient < 0)) | (least & most)
    hessian[held[:, :, None] | held[:, None, :]] = 0.0
    gradient[held] = 0.0
    diagonal = np.maximum(hessian[:, place, place], 1e-12)
    hessian[:, place, place] = diagonal * (1 + damping[:, None])
    good = np.isfinite(hessian).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
    hessian[~good] = np.eye(len(place))
    gradient[~good] = 0.0
    return -np.linalg.solve(hessian, gradient[..., None])[..., 0]
