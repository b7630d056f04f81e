"""Best points of a problem: least squares or L-BFGS-B from several starts, in lockstep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize
from scipy.stats import qmc

from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.together import Ask, in_lockstep

STEP = 1e-4
"""Of finite differences, in units of a parameter's start range; members of one ensemble share
their time steps, so that differences this small are smooth."""
MOST_STEPS = 400
TOLERANCE = 1e-8
LEVEL = 1e-2
"""A slope of the loss, per ordinary step, that promises no gain worth having."""
REWEIGHTED = 12
"""Rounds between path and noise where the noise has heavy tails or memory."""


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where an optimizer ended.

    Parameters
    ----------
    point : array (parameter,)
        On the fitting scale.
    loss : float
        Minus the log likelihood, its spread the most likely one.
    residuals : array (observation,)
    slopes : array (observation, parameter)
        Of the residuals, on the fitting scale.
    bound : array (parameter,) of int
        -1 at the lower bound, 1 at the upper, 0 inside.
    converged : bool
    message : str
    steps : int
    """

    point: np.ndarray
    loss: float
    residuals: np.ndarray
    slopes: np.ndarray
    bound: np.ndarray
    converged: bool
    message: str
    steps: int


def best_starts(problem: Problem, count: int, kept: int, seed: Any) -> np.ndarray:
    """Return the best of many starts: a Latin hypercube in the start ranges, and the case's own.

    Parameters
    ----------
    problem : Problem
    count : int
        Points looked at, by one ensemble.
    kept : int
        Points returned.
    seed : int or Generator
    """
    rng = np.random.default_rng(seed)
    low = np.array([float(each.scale.from_natural(_inside(each)[0])) for each in problem.free])
    high = np.array([float(each.scale.from_natural(_inside(each)[1])) for each in problem.free])
    unit = qmc.LatinHypercube(len(problem.free), rng=rng).random(max(count - 1, 0))
    points = np.vstack([problem.own[None], low + (high - low) * unit])
    losses = -problem.log_likelihood(points)
    order = np.argsort(losses, kind="stable")
    return points[order[:kept]]


def _inside(each: Any) -> tuple[float, float]:
    """The start range of a number, off the edges of its bounds."""
    low, high = each.start
    edge = 1e-6 * (each.high - each.low)
    return max(low, each.low + edge), min(high, each.high - edge)


def widths(problem: Problem) -> np.ndarray:
    """Return what is a step of ordinary size for each number, on the fitting scale."""
    low = np.array([float(each.scale.from_natural(_inside(each)[0])) for each in problem.free])
    high = np.array([float(each.scale.from_natural(_inside(each)[1])) for each in problem.free])
    return np.maximum(high - low, 1e-9)


class Sloped:
    """Residuals and their slopes at a point by one question: the point and its neighbours.

    Parameters
    ----------
    ask : callable(points)
        The model where there are figures, for many points.
    problem : Problem
    free : array of int
        Positions of the numbers that move; the others stay as in ``at``.
    at : array (parameter,)
    """

    def __init__(self, ask: Ask, problem: Problem, free: np.ndarray, at: np.ndarray) -> None:
        self._ask, self._free, self._at = ask, free, np.array(at, dtype=float)
        self._target = problem.target
        low, high = problem.bounds
        self.low, self.high = low[free], high[free]
        self.width = widths(problem)[free]
        self._known: bytes = b""
        self._answer: tuple[np.ndarray, np.ndarray] | None = None

    def whole(self, x: np.ndarray) -> np.ndarray:
        """Return the point of all numbers."""
        point = self._at.copy()
        point[self._free] = x
        return point

    def both(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return residuals (observation,) and slopes (observation, moving)."""
        x = np.asarray(x, dtype=float)
        if self._answer is None or x.tobytes() != self._known:
            step = STEP * self.width
            ahead, behind = np.minimum(x + step, self.high), np.maximum(x - step, self.low)
            points = np.tile(self.whole(x), (1 + 2 * len(x), 1))
            for k, place in enumerate(self._free):
                points[1 + k, place] = ahead[k]
                points[1 + len(x) + k, place] = behind[k]
            found = self._ask(points)
            span = (ahead - behind)[:, None]
            slopes = (found[1 : 1 + len(x)] - found[1 + len(x) :]) / span
            self._known, self._answer = x.tobytes(), (found[0] - self._target, slopes.T)
        assert self._answer is not None
        return self._answer


def minimize(problem: Problem, ask: Ask, start: np.ndarray, method: str) -> Optimum:
    """Return the optimum near a start, by the named optimizer."""
    free = np.arange(len(start))
    return SOLVERS[method](problem, ask, start, free)


def least_squares(
    problem: Problem,
    ask: Ask,
    start: np.ndarray,
    free: np.ndarray,
    tolerance: float = TOLERANCE,
) -> Optimum:
    """Return the optimum near a start by SciPy's trust-region least squares.

    With heavy tails the spread, and with memory its length, are found between rounds of least
    squares on the pulls.
    """
    sloped = Sloped(ask, problem, free, start)
    noise = problem.noise
    x = _off_edges(np.asarray(start)[free], sloped)
    rounds = REWEIGHTED if np.isfinite(noise.degrees) or noise.lasting else 1
    steps, result = 0, None
    for _ in range(rounds if len(free) else 0):
        memory = problem.memory(sloped.both(x)[0])
        spread = max(float(noise.spread(problem.news(sloped.both(x)[0], memory))), 1e-9)

        def pulls(z: np.ndarray, spread: float = spread, memory: np.ndarray = memory) -> np.ndarray:
            return noise.pulls(problem.news(sloped.both(z)[0], memory), spread)

        def slopes(
            z: np.ndarray, spread: float = spread, memory: np.ndarray = memory
        ) -> np.ndarray:
            residuals, found = sloped.both(z)
            new = problem.news(residuals, memory)
            turned = problem.news(found.T, np.broadcast_to(memory, len(z))).T
            return noise.pull_slopes(new, spread)[:, None] * turned

        result = optimize.least_squares(
            pulls,
            x,
            slopes,
            bounds=(sloped.low, sloped.high),
            x_scale=sloped.width,
            max_nfev=MOST_STEPS,
            xtol=tolerance,
            ftol=tolerance,
            gtol=1e-12,
        )
        steps += int(result.nfev)
        moved = np.abs(result.x - x) / sloped.width
        x = result.x
        if moved.max(initial=0) < 1e-5:
            break
    converged = result is None or result.status > 0
    return _ended(problem, sloped, x, converged, result.message if result else "", steps)


def quasi_newton(problem: Problem, ask: Ask, start: np.ndarray, free: np.ndarray) -> Optimum:
    """Return the optimum near a start by L-BFGS-B on minus the log likelihood."""
    sloped = Sloped(ask, problem, free, start)
    noise = problem.noise

    def loss(u: np.ndarray) -> tuple[float, np.ndarray]:
        residuals, slopes = sloped.both(np.clip(u * sloped.width, sloped.low, sloped.high))
        # At the most likely spread and memory the slope is as if they were fixed.
        memory = problem.memory(residuals)
        new = problem.news(residuals, memory)
        spread = np.maximum(noise.spread(new), 1e-9)
        by_new = noise.pulls(new, float(spread)) * noise.pull_slopes(new, float(spread))
        value = -float(problem.pointwise(residuals, spread).sum())
        turned = problem.news(slopes.T, np.broadcast_to(memory, len(u))).T
        return value, (by_new @ turned) * sloped.width

    x = _off_edges(np.asarray(start)[free], sloped)
    pairs = list(zip(sloped.low / sloped.width, sloped.high / sloped.width, strict=True))
    result = optimize.minimize(
        loss,
        x / sloped.width,
        jac=True,
        method="L-BFGS-B",
        bounds=pairs,
        options={"maxiter": 5 * MOST_STEPS, "ftol": 1e-14, "gtol": 1e-8, "maxcor": 20},
    )
    point = np.clip(result.x * sloped.width, sloped.low, sloped.high)
    # On nearly exact figures the line search gives up where nothing is left to gain.
    _, slope = loss(point / sloped.width)
    stuck = (point <= sloped.low) & (slope > 0) | (point >= sloped.high) & (slope < 0)
    converged = bool(result.success) or float(np.abs(slope[~stuck]).max(initial=0.0)) < LEVEL
    return _ended(problem, sloped, point, converged, str(result.message), result.nfev)


Optimizer = Callable[[Problem, Ask, np.ndarray, np.ndarray], Optimum]
SOLVERS: dict[str, Optimizer] = {"least_squares": least_squares, "L-BFGS-B": quasi_newton}


def _off_edges(x: np.ndarray, sloped: Sloped) -> np.ndarray:
    edge = 1e-8 * sloped.width
    return np.clip(x, sloped.low + edge, sloped.high - edge)


def _ended(
    problem: Problem, sloped: Sloped, x: np.ndarray, converged: bool, message: str, steps: int
) -> Optimum:
    """The optimum in full; a number within a hair of a bound that holds it is at the bound."""
    residuals, slopes = sloped.both(x)
    hair = 1e-4 * sloped.width
    bound = np.zeros(len(x), dtype=int)
    bound[x <= sloped.low + hair] = -1
    bound[x >= sloped.high - hair] = 1
    loss = -float(problem.pointwise(residuals).sum())
    return Optimum(sloped.whole(x), loss, residuals, slopes, bound, converged, message, steps)


def search(
    problem: Problem, starts: Sequence[np.ndarray] | np.ndarray, method: str
) -> list[Optimum]:
    """Return the optima near several starts, all optimizers in lockstep, the best first."""
    jobs = [lambda ask, x=x: minimize(problem, ask, x, method) for x in starts]
    found = in_lockstep(jobs, problem.paths)
    return sorted(found, key=lambda each: each.loss)


def search_globally(problem: Problem, seed: Any, budget: int = 60) -> np.ndarray:
    """Return the best point of SciPy's differential evolution over the bounds, vectorised."""
    low, high = problem.bounds
    result = optimize.differential_evolution(
        lambda x: -problem.log_likelihood(x.T),
        list(zip(low, high, strict=True)),
        maxiter=budget,
        popsize=12,
        polish=False,
        rng=np.random.default_rng(seed),
        vectorized=True,
        updating="deferred",
        x0=problem.own,
    )
    return np.asarray(result.x)
