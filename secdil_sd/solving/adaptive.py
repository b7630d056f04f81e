"""The driver: takes any scipy.integrate.OdeSolver from output time to output time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.integrate import LSODA, OdeSolver

from secdil_sd.solving.batch import Tsit5, packed
from secdil_sd.solving.contract import (
    NOT_FINITE,
    OK,
    TOO_MANY,
    TOO_SMALL,
    Problem,
    Solution,
    Solver,
)
from secdil_sd.solving.pieces import OneSided, Piece, cut
from secdil_sd.solving.worst import WORST

STUCK = 10
"""Steps without progress in time after which a solver has failed without saying so."""


@dataclass
class Track:
    """The states at output times, filled as the solver passes them.

    ``states`` is (time, kept * member), flat over stocks and members; ``columns`` are the places
    in the solver's flat state that are kept, in runs; ``reached`` counts filled rows, and
    ``time`` is where the last good step ended.
    """

    times: np.ndarray
    states: np.ndarray
    columns: tuple[slice, ...]
    time: float
    reached: int = 1
    steps: int = 0

    def passed(self, stepper: OdeSolver) -> None:
        """Fill the rows of the output times within the solver's last step, all at once."""
        self.time = float(stepper.t)
        begin = self.reached
        end = int(np.searchsorted(self.times, stepper.t, side="right"))
        if end == begin:
            return
        times, rows = self.times[begin:end], self.states[begin:end]
        if isinstance(stepper, Tsit5):
            stepper.write(times, rows, self.columns)
        else:
            # An interpolant may cost evaluations (DOP853: three); the end of a step needs none.
            inside = len(times) - int(times[-1] == stepper.t)
            if inside:
                self.keep(stepper.dense_output()(times[:inside]).T, rows[:inside])
            self.keep(stepper.y, rows[inside:])
        self.reached = end

    def keep(self, states: np.ndarray, out: np.ndarray) -> None:
        """Copy what is kept of whole states, (..., n), to ``out``."""
        for own, place in zip(self.columns, packed(self.columns), strict=True):
            out[..., place] = states[..., own]

    def finished(self) -> np.ndarray:
        """Return the states, NaN where they were not reached."""
        self.states[self.reached :] = np.nan
        return self.states


def integrate(problem: Problem, solver: Solver) -> Solution:
    """Integrate one run by any adaptive method.

    Parameters
    ----------
    problem : Problem
        With ``initial`` (stock,).
    solver : Solver

    Examples
    --------
    >>> def decay(t, y, out):
    ...     np.negative(y, out=out)
    >>> solution = integrate(Problem(decay, [1.0], [0.0, 1.0], 1.0), Solver("DOP853", 1e-9))
    >>> solution.status, round(float(solution.states[1, 0]), 6)
    ('ok', 0.367879)
    """
    track = _new_track(problem)
    rates = OneSided(problem.derivatives)
    if not np.isfinite(problem.initial).all():
        track.reached = 0
        return Solution(track.finished(), NOT_FINITE, float(problem.times[0]), 0, 0)
    stepper: OdeSolver | None = None
    status = OK
    for piece in cut(problem):
        rates.enter(piece)
        y = problem.initial if stepper is None else stepper.y
        if not isinstance(stepper, Tsit5) and not np.isfinite(rates(piece.low, y)).all():
            # From here some of SciPy's solvers would look for a first step forever.
            status = NOT_FINITE
            break
        stepper = _enter(stepper, rates, y, piece, solver)
        status = _cross(stepper, rates, track, solver)
        if status != OK:
            break
    stopped_at = track.time if status != OK else np.nan
    return Solution(track.finished(), status, stopped_at, track.steps, rates.evaluations)


@dataclass(frozen=True)
class Batch:
    """A batch integrated together, with the members that could not stay in it.

    Parameters
    ----------
    states : array (time, kept, member)
        NaN beyond `stopped_at`.
    reason : array (member,) of str
        Empty where the member reached the last output time.
    stopped_at : array (member,)
        NaN where it did.
    last : array (stock, member)
        State at ``stopped_at``, or at the last output time.
    steps, evaluations : int
    """

    states: np.ndarray
    reason: np.ndarray
    stopped_at: np.ndarray
    last: np.ndarray = field(repr=False)
    steps: int
    evaluations: int


def integrate_batch(problem: Problem, solver: Solver) -> Batch:
    """Integrate a batch by Tsit5, all members in common steps.

    Members are set aside when they hold up the others if ``problem.member`` can give them
    alone afterwards.
    """
    stocks, members = problem.initial.shape
    track = _new_track(problem)
    rates = OneSided(problem.derivatives)
    bad = ~np.isfinite(problem.initial).all(axis=0)
    start = np.where(bad, 0.0, problem.initial)
    stepper: Any = None
    for piece in cut(problem):
        rates.enter(piece)
        first = stepper is None
        stepper = _enter(stepper, rates, start, piece, solver, problem.member is not None)
        if first:
            stepper.freeze(bad, NOT_FINITE, piece.begin)
        status = _cross(stepper, rates, track, solver)
        if status == TOO_MANY:
            stepper.freeze(~stepper.frozen, TOO_MANY, track.time)
        if stepper.frozen.all():
            break
    states = track.finished().reshape(len(problem.times), -1, members)
    if stepper is None:
        reason, stopped_at = np.where(bad, NOT_FINITE, ""), np.where(bad, problem.times[0], np.nan)
        states[0][:, bad] = np.nan
        last = np.where(bad, np.nan, problem.initial)
        return Batch(states, reason, stopped_at, last, 0, 0)
    last = stepper.y.reshape(stocks, members)
    blank(states, last, problem.times, stepper.stopped_at, bad)
    return Batch(states, stepper.reason, stepper.stopped_at, last, track.steps, rates.evaluations)


def blank(
    states: np.ndarray,
    last: np.ndarray,
    times: np.ndarray,
    stopped_at: np.ndarray,
    bad: np.ndarray,
) -> None:
    """Leave no numbers where there are none: after members stopped, and of those never finite.

    ``states`` is (time, kept, member), ``last`` (stock, member); ``stopped_at`` is NaN where a
    member went on.
    """
    for k in np.flatnonzero(~np.isnan(stopped_at)):
        states[times > stopped_at[k], :, k] = np.nan
    states[0][:, bad] = np.nan
    last[:, bad] = np.nan


def _new_track(problem: Problem) -> Track:
    columns = _columns(problem)
    states = np.empty((len(problem.times), sum(each.stop - each.start for each in columns)))
    track = Track(problem.times, states, columns, float(problem.times[0]))
    track.keep(problem.initial.reshape(-1), states[0])
    return track


def _columns(problem: Problem) -> tuple[slice, ...]:
    """The kept stocks' places in the flat state, neighbours joined."""
    rows, width = problem.rows, problem.members or 1
    if problem.members == 0 or not len(rows):
        return ()
    runs = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
    return tuple(slice(int(run[0]) * width, (int(run[-1]) + 1) * width) for run in runs)


def _enter(
    stepper: OdeSolver | None,
    rates: OneSided,
    initial: np.ndarray,
    piece: Piece,
    solver: Solver,
    set_aside: bool = False,
) -> OdeSolver:
    """Return a solver at the begin of a piece; Tsit5 goes on in its buffers."""
    if isinstance(stepper, Tsit5):
        stepper.resume(piece.end, piece.longest)
        return stepper
    kind = solver.stepper
    assert kind is not None
    if solver.norm == "max":
        kind = WORST.get(kind, kind)
    own: dict[str, Any] = {}
    if issubclass(kind, Tsit5):
        members = None if initial.ndim == 1 else initial.shape[1]
        own = {
            "members": members,
            "fill": rates.fill,
            "norm": solver.norm,
            "set_aside": set_aside,
        }
    elif issubclass(kind, LSODA):
        # Below this LSODA announces on the terminal that time no longer advances.
        own = {"min_step": 10 * float(np.spacing(max(abs(piece.begin), abs(piece.end))))}
    return kind(
        rates,
        piece.begin,
        initial.reshape(-1),
        piece.end,
        max_step=piece.longest,
        rtol=solver.rtol,
        atol=solver.atol,
        **own,
    )


def _cross(stepper: OdeSolver, rates: OneSided, track: Track, solver: Solver) -> str:
    """Step to the end of a piece, filling outputs; returns a status."""
    stuck = 0
    while stepper.status == "running":
        if track.steps >= solver.max_steps:
            return TOO_MANY
        status = _step(stepper, rates)
        stuck = stuck + 1 if stepper.t == stepper.t_old else 0
        if status != OK or stuck >= STUCK:
            return status if status != OK else TOO_SMALL
        track.steps += 1
        track.passed(stepper)
    return OK


def _step(stepper: OdeSolver, rates: OneSided) -> str:
    """Take one step; returns a status, whichever way a solver says that it cannot."""
    if isinstance(stepper, Tsit5):
        stepper.step()
        return OK if stepper.status != "failed" else str(stepper.reason[0])
    rates.met_not_finite = False
    try:
        stepper.step()
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        # Radau and BDF hand a Jacobian to LAPACK, which refuses NaN by raising.
        if not rates.met_not_finite:
            raise
        return NOT_FINITE
    if not np.isfinite(stepper.y).all():
        return NOT_FINITE
    if stepper.status == "failed":
        return NOT_FINITE if rates.met_not_finite else TOO_SMALL
    return OK
