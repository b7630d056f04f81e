"""Fixed steps of the file's TIME STEP: Euler exactly as Vensim and PySD compute, and RK4."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.solving.contract import NOT_FINITE, OK, Derivatives, Problem, Solution, Solver

OFF_GRID = 1e-6
"""Share of a step by which an output time may miss the grid."""

Step = Callable[[float, float], None]


def solve_fixed(problem: Problem, solver: Solver) -> Solution:
    """Integrate by steps of ``problem.step``; a member that leaves the numbers stops alone.

    Raises
    ------
    InputError
        If an output time is not a whole number of steps after the first.

    Examples
    --------
    >>> def growth(t, y, out):
    ...     out[:] = y
    >>> doubled = solve_fixed(Problem(growth, [1.0], [0.0, 1.0, 2.0], 1.0), Solver("Euler"))
    >>> doubled.states[:, 0].tolist()
    [1.0, 2.0, 4.0]
    """
    if len(problem.steps):
        places = step_places(problem.times, problem.steps)
    else:
        places = grid_places(problem.times, problem.step)
    y = np.array(problem.initial)
    columns = y.reshape(len(y), -1)
    frozen = np.zeros(columns.shape[1], dtype=bool)
    stopped_at = np.full(columns.shape[1], np.nan)
    rows = problem.rows
    states = np.full((len(places), len(rows), *y.shape[1:]), np.nan)
    counted = _Counted(problem.derivatives, frozen)
    watched = _watched(problem)
    step = {"Euler": euler_step, "RK4": rk4_step}[str(solver.method)](counted, y)
    saved = columns.copy()
    t, dt, k = clock(problem), problem.step, 0
    for row, place in enumerate(places):
        while k < place and not frozen.all():
            _stop_bad(columns, watched, saved, frozen, stopped_at, t)
            if problem.memory:
                problem.memory.feed(t, y)
            if len(problem.steps):
                dt = float(problem.steps[k])
            step(t, dt)
            if problem.memory:
                problem.memory.move(y)
                columns[:, frozen] = saved[:, frozen]
            t += dt
            k += 1
        _stop_bad(columns, watched, saved, frozen, stopped_at, t)
        states[row] = y[rows]
        states[row].reshape(len(rows), -1)[:, frozen] = np.nan
        if frozen.all():
            break
    status = np.where(frozen, NOT_FINITE, OK)
    if problem.members is None:
        return Solution(states, str(status[0]), float(stopped_at[0]), k, counted.evaluations)
    return Solution(states, status, stopped_at, k, counted.evaluations)


def step_places(times: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return after how many steps of these sizes each output time lies, (time,) of int.

    Raises
    ------
    InputError
        Naming the first time that no step ends at.

    Examples
    --------
    >>> step_places(np.array([0.0, 1.0, 2.5]), np.array([1.0, 1.0, 0.5])).tolist()
    [0, 1, 3]
    """
    ends = np.cumsum([times[0], *steps])
    places = np.searchsorted(ends, times - OFF_GRID * steps.min())
    reached = ends[np.minimum(places, len(steps))]
    off = np.abs(reached - times) > OFF_GRID * steps.max() + 4 * np.spacing(np.abs(times))
    if off.any():
        first = times[np.argmax(off)]
        raise InputError(
            Finding(
                "error",
                f"No step ends at the time {first:.10g}; the next one ends at "
                f"{reached[np.argmax(off)]:.10g}.",
                remedy="Choose times that the steps of the model reach.",
            )
        )
    return places


def clock(problem: Problem) -> float:
    """Return the first time as steps added up give it, rounding included."""
    begin = float(problem.times[0])
    if problem.since is None or problem.since == begin:
        return begin
    t = problem.since
    for _ in range(int(grid_places(np.array([t, begin]), problem.step)[1])):
        t += problem.step
    return t


def grid_places(times: np.ndarray, step: float) -> np.ndarray:
    """Return how many steps after the first each output time lies, (time,) of int.

    Raises
    ------
    InputError
        Naming the first time that is off the grid.

    Examples
    --------
    >>> grid_places(np.array([1900.0, 1900.5, 1902.0]), 0.25).tolist()
    [0, 2, 8]
    """
    exact = (times - times[0]) / step
    places = np.rint(exact)
    # Far from zero the times themselves are only known to a spacing or so.
    slack = OFF_GRID + 4 * np.spacing(np.abs(times)) / step
    off = np.abs(exact - places) > slack
    if off.any():
        first = times[np.argmax(off)]
        raise InputError(
            Finding(
                "error",
                f"The time {first:.10g} is not a whole number of steps of {step:g} after "
                f"{times[0]:.10g}.",
                remedy="Choose times on that grid, or an adaptive method such as DOP853.",
            )
        )
    return places.astype(int)


def euler_step(derivatives: Derivatives, y: np.ndarray) -> Step:
    """Return a function (t, dt) that moves ``y`` in place by Euler's method.

    The order of operations, state + rate * dt, is PySD's, so that results agree bit for bit.
    """
    rate = np.empty_like(y)

    def step(t: float, dt: float) -> None:
        derivatives(t, y, rate)
        np.multiply(rate, dt, out=rate)
        np.add(y, rate, out=y)

    return step


def rk4_step(derivatives: Derivatives, y: np.ndarray) -> Step:
    """Return a function (t, dt) that moves ``y`` in place by the classical Runge-Kutta method."""
    rate, total, at = np.empty_like(y), np.empty_like(y), np.empty_like(y)

    def stage(t: float, share: float) -> None:
        np.multiply(rate, share, out=at)
        np.add(y, at, out=at)
        derivatives(t, at, rate)

    def step(t: float, dt: float) -> None:
        derivatives(t, y, rate)
        np.copyto(total, rate)
        for share, weight in ((dt / 2, 2.0), (dt / 2, 2.0), (dt, 1.0)):
            stage(t + share, share)
            np.multiply(rate, weight, out=at)
            np.add(total, at, out=total)
        np.multiply(total, dt / 6, out=total)
        np.add(y, total, out=y)

    return step


class _Counted:
    """Derivatives that count their calls and are zero for frozen members."""

    def __init__(self, derivatives: Derivatives, frozen: np.ndarray) -> None:
        self._derivatives = derivatives
        self._frozen = frozen
        self.evaluations = 0

    def __call__(self, t: float, y: np.ndarray, out: np.ndarray) -> None:
        self.evaluations += 1
        self._derivatives(t, y, out)
        if self._frozen.any():
            out.reshape(len(out), -1)[:, self._frozen] = 0.0


def _watched(problem: Problem) -> slice | np.ndarray:
    """Values of the state that must stay finite: what a pipeline holds may be missing."""
    if not problem.memory:
        return slice(None)
    return np.setdiff1d(np.arange(len(problem.initial)), problem.memory.places)


def _stop_bad(
    columns: np.ndarray,
    watched: slice | np.ndarray,
    saved: np.ndarray,
    frozen: np.ndarray,
    stopped_at: np.ndarray,
    t: float,
) -> None:
    """Freeze members that are no longer finite, at their last finite state."""
    if not math.isfinite(columns[watched].sum()):
        bad = ~np.isfinite(columns[watched]).all(axis=0)
        if bad.any():
            # A member that never was finite still needs numbers to compute with.
            columns[:, bad] = np.nan_to_num(saved[:, bad], posinf=0.0, neginf=0.0)
            stopped_at[bad] = t
            frozen |= bad
    np.copyto(saved, columns)
