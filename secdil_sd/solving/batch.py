"""Tsit5 for a batch of members that step together, as a scipy.integrate.OdeSolver."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.integrate import DenseOutput, OdeSolver

from secdil_sd.solving.tableau import STAGES, A, C, E, P, interpolation_weights

SAFETY, LEAST_FACTOR, MOST_FACTOR = 0.9, 0.2, 10.0
"""Step size control; SciPy's figures."""

EXPONENT = -1 / 5
"""Error estimate of order 4: a step of size h errs as h to the fifth."""

NORMS = ("rms", "max")

TRIES = 5
"""Steps that suit all others but are not finite for a member, before it is set aside."""

PATIENCE = 20
"""Steps a slow member may force upon the others before it is set aside."""

MUCH_SLOWER = 10.0
"""How much longer steps all others could take for a member to count as slow."""

NOT_FINITE, TOO_SMALL, SLOW = "not finite", "step too small", "slow"


def packed(columns: Sequence[slice]) -> Iterator[slice]:
    """Yield where each slice goes when they stand side by side.

    >>> list(packed([slice(2, 4), slice(7, 8)]))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    begin = 0
    for each in columns:
        yield slice(begin, begin := begin + each.stop - each.start)


class Tsit5(OdeSolver):
    """Explicit Runge-Kutta method of order 5(4) for one system or many side by side.

    The error of each member is SciPy's root mean square over its stocks, and the largest of the
    members' errors decides the step: nobody's error is diluted, and a batch of one takes the
    steps of a single run. Stages are combined by one product of a weight vector with the
    stacked state and derivatives; everything happens in buffers made once.

    A member that cannot go on is frozen: its derivative is zero from then on, and `reason` and
    `stopped_at` say why and when. With ``set_aside`` a member is also frozen as soon as it is
    not finite at ``TRIES`` steps that suit all others, or has forced ``PATIENCE``
    steps ``MUCH_SLOWER`` than nearly all others need; whoever asked for it solves these alone.

    Parameters
    ----------
    fun : callable (t, y) -> array (n,)
        Right-hand side, as for every SciPy solver. Not called if ``fill`` is given.
    t0, t_bound : float
        Where to begin, and where to end at the latest.
    y0 : array (n,)
        Initial state; a batch (stock, member) flattened.
    max_step, rtol, atol, first_step, vectorized
        As for SciPy's RK45; ``atol`` is a number, (stock,) or (n,).
    members : int, optional
        Members in the batch; without it ``y0`` is one system.
    fill : callable (t, y, out), optional
        The right-hand side in place, for ``y`` and ``out`` of shape (stock,), or
        (stock, member) if ``members`` is given.
    norm : {"rms", "max"}
        How a member's error is made of its stocks' errors.
    set_aside : bool
        Whether to freeze members that hold up the others.

    Examples
    --------
    >>> from scipy.integrate import solve_ivp
    >>> run = solve_ivp(lambda t, y: -y, (0, 1), [1.0], method=Tsit5, rtol=1e-9, atol=1e-12)
    >>> bool(abs(run.y[0, -1] - np.exp(-1)) < 1e-9)
    True
    """

    t: float
    t_old: float

    def __init__(
        self,
        fun: Callable[[float, np.ndarray], np.ndarray],
        t0: float,
        y0: np.ndarray,
        t_bound: float,
        max_step: float = np.inf,
        rtol: float = 1e-3,
        atol: float | np.ndarray = 1e-6,
        vectorized: bool = False,
        first_step: float | None = None,
        members: int | None = None,
        fill: Callable[[float, np.ndarray, np.ndarray], None] | None = None,
        norm: str = "rms",
        set_aside: bool = False,
        **extraneous: Any,
    ) -> None:
        if extraneous:
            # The contract of OdeSolver: options of other solvers are named, not refused.
            names = ", ".join(sorted(extraneous))
            warnings.warn(f"Tsit5 has no use for {names}.", stacklevel=2)
        self._state = np.empty(0)
        super().__init__(fun, t0, y0, t_bound, vectorized)
        self.max_step, self.rtol = max_step, rtol
        self._set_shape(members)
        tolerance = np.broadcast_to(np.asarray(atol, dtype=float), self._tolerance_shape(atol))
        # A stock that stays exactly zero under atol = 0 has no error, rather than 0/0.
        self._atol = np.maximum(tolerance, np.finfo(float).tiny).reshape(len(tolerance), -1)
        self._make_buffers()
        self._fill = fill or self._fill_from_fun
        self._norm, self._set_aside = norm, set_aside and self._columns > 1
        self.frozen = np.zeros(self._columns, dtype=bool)
        self.reason = np.full(self._columns, "", dtype="U20")
        self.stopped_at = np.full(self._columns, np.nan)
        self._strikes = np.zeros(self._columns, dtype=int)
        self._stumbles = np.zeros(self._columns, dtype=int)
        self._frozen_places = np.empty(0, dtype=int)
        self._stepped = False
        if self.n:
            self._evaluate(self.t, self._state, 0)
            self.h_abs = self._first_step() if first_step is None else float(first_step)

    @property
    def y(self) -> np.ndarray:
        """The state (n,): a copy, since the solver works in place."""
        return self._state.copy()

    @y.setter
    def y(self, value: np.ndarray) -> None:
        self._state = np.array(value, dtype=float)

    def _set_shape(self, members: int | None) -> None:
        self._columns = 1 if members is None else members
        self._rows = self.n // self._columns if self._columns else 0
        if self._rows * self._columns != self.n:
            raise ValueError(f"{self.n} values do not divide into {members} members.")
        self._shape = (self.n,) if members is None else (self._rows, self._columns)

    def _tolerance_shape(self, atol: Any) -> tuple[int, ...]:
        return (self.n,) if np.size(atol) == self.n else (self._rows,)

    def _make_buffers(self) -> None:
        """State and stages stacked in ``_stack``: row 0 the state, row 1 + s stage s."""
        self._stack = np.zeros((1 + STAGES, self.n))
        self._stack[0] = self._state
        self._error = np.empty(self.n)
        self._old_size, self._new_size = np.abs(self._state), np.empty(self.n)
        self._scale = np.empty((self._rows, self._columns))
        self._squares = np.zeros(self._columns)
        self._weights = np.zeros((STAGES, 1 + STAGES))
        self._weights[:, 0] = 1.0

    def _fill_from_fun(self, t: float, y: np.ndarray, out: np.ndarray) -> None:
        out.reshape(-1)[:] = self.fun_single(t, y.reshape(-1))

    def resume(self, t_bound: float, max_step: float) -> None:
        """Go on to a later bound, behind a jump of the right-hand side."""
        self.t_bound, self.max_step, self.status = t_bound, max_step, "running"
        if self.n:
            if self._stepped:
                self._shift()
            self._evaluate(self.t, self._state, 0)

    def freeze(self, places: np.ndarray, reason: str, t: float) -> None:
        """Take members out of the integration from ``t`` on."""
        self.frozen[places] = True
        self.reason[places] = reason
        self.stopped_at[places] = t
        self._frozen_places = np.flatnonzero(self.frozen)
        if not self._stepped:
            self._stack[1].reshape(self._rows, -1)[:, places] = 0.0

    def write(self, times: np.ndarray, out: np.ndarray, columns: Sequence[slice]) -> None:
        """Fill ``out`` (time, kept) with parts of the states at times within the last step."""
        h = self.t - self.t_old
        weights = np.empty((len(times), 1 + STAGES))
        weights[:, 0] = 1.0
        weights[:, 1:] = h * interpolation_weights((times - self.t_old) / h)
        for own, place in zip(columns, packed(columns), strict=True):
            out[:, place] = weights @ self._stack[:, own]
            if times[-1] == self.t:
                out[-1, place] = self._state[own]

    def _evaluate(self, t: float, y: np.ndarray, stage: int) -> None:
        self.nfev += 1
        out = self._stack[1 + stage].reshape(self._shape)
        self._fill(t, y.reshape(self._shape), out)
        if self._frozen_places.size:
            out.reshape(self._rows, self._columns)[:, self._frozen_places] = 0.0

    def _first_step(self) -> float:
        """SciPy's choice for each member, and of these the smallest.

        Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I,
        section II.4; the trial step is common, since time is.
        """
        span = abs(self.t_bound - self.t)
        state, rate = (each.reshape(self._rows, -1) for each in (self._state, self._stack[1]))
        scale = self._atol + np.abs(state) * self.rtol
        size, speed = self._norms(state / scale), self._norms(rate / scale)
        usable = np.isfinite(size) & np.isfinite(speed) & ~self.frozen
        if not usable.any() or span == 0:
            return min(span, self.max_step)
        slow = (size < 1e-5) | (speed < 1e-5)
        trials = np.where(slow, 1e-6, 0.01 * size / np.where(slow, 1.0, speed))
        trial = min(float(trials[usable].min()), span)
        self._evaluate(
            self.t + trial * self.direction,
            self._state + trial * self.direction * self._stack[1],
            1,
        )
        bend = self._norms((self._stack[2].reshape(self._rows, -1) - rate) / scale) / trial
        steepest = np.maximum(speed, bend)
        usable &= np.isfinite(steepest)
        if not usable.any():
            return min(trial, self.max_step)
        still = steepest <= 1e-15
        steps = np.where(
            still, max(1e-6, trial * 1e-3), (0.01 / np.where(still, 1.0, steepest)) ** -EXPONENT
        )
        return min(100 * trial, float(steps[usable].min()), span, self.max_step)

    def _norms(self, errors: np.ndarray) -> np.ndarray:
        """Norm over the stocks of each member, (member,)."""
        if self._norm == "max":
            return np.abs(errors).max(axis=0)
        return np.sqrt(np.einsum("sm,sm->m", errors, errors) / self._rows)

    def _step_impl(self) -> tuple[bool, str | None]:
        if self._stepped:
            self._shift()
        t = self.t
        least = 10 * abs(np.nextafter(t, self.direction * np.inf) - t)
        wanted = h_abs = min(max(self.h_abs, least), self.max_step)
        rejected = False
        while True:
            if h_abs < least:
                if not self._drop_failing(t):
                    return False, self.TOO_SMALL_STEP
                wanted = h_abs = self._first_step()
            t_new = t + h_abs * self.direction
            if self.direction * (t_new - self.t_bound) > 0:
                t_new = self.t_bound
            h = t_new - t
            h_abs = abs(h)
            self._stages(t, h)
            error = self._measure(h)
            if self._set_aside and not math.isfinite(error):
                error = self._drop_not_finite(t, error)
            if error < 1:
                break
            # max() ignores a NaN in second place, so that the step shrinks by the most it may.
            h_abs *= max(LEAST_FACTOR, SAFETY * error**EXPONENT if error < np.inf else 0.0)
            rejected = True
        self._choose_next(h_abs, wanted, error, rejected)
        self.t = t_new
        self._stepped = True
        if self._set_aside and error > 0.05:
            self._drop_slow(t_new)
        return True, None

    def _shift(self) -> None:
        """Make the end of the last step the begin of the next."""
        np.copyto(self._stack[0], self._state)
        np.copyto(self._stack[1], self._stack[STAGES])
        self._old_size, self._new_size = self._new_size, self._old_size
        if self._frozen_places.size:
            self._stack[1].reshape(self._rows, -1)[:, self._frozen_places] = 0.0
        self._stepped = False

    def _stages(self, t: float, h: float) -> None:
        """Evaluate stages 1 to 6; the last is at the new state, left in ``_state``."""
        np.multiply(A, h, out=self._weights[:, 1:STAGES])
        for stage in range(1, STAGES):
            known = 1 + stage
            np.dot(self._weights[stage, :known], self._stack[:known], out=self._state)
            self._evaluate(t + C[stage] * h, self._state, stage)

    def _measure(self, h: float) -> float:
        """Return the largest of the members' error norms; below 1 the step is good."""
        np.dot(h * E, self._stack[1:], out=self._error)
        shape = self._rows, self._columns
        np.absolute(self._state, out=self._new_size)
        scale, error = self._scale, self._error.reshape(shape)
        np.maximum(self._old_size.reshape(shape), self._new_size.reshape(shape), out=scale)
        np.multiply(scale, self.rtol, out=scale)
        np.add(scale, self._atol, out=scale)
        np.divide(error, scale, out=error)
        if self._norm == "max":
            np.absolute(error, out=error)
            np.max(error, axis=0, out=self._squares)
            np.square(self._squares, out=self._squares)
        else:
            np.einsum("sm,sm->m", error, error, out=self._squares)
            np.divide(self._squares, self._rows, out=self._squares)
        return math.sqrt(self._squares.max())

    def _choose_next(self, h_abs: float, wanted: float, error: float, rejected: bool) -> None:
        factor = MOST_FACTOR if error == 0 else min(MOST_FACTOR, SAFETY * error**EXPONENT)
        self.h_abs = h_abs * (min(1.0, factor) if rejected else factor)
        if not rejected and h_abs < wanted:
            # A step cut short by the bound says nothing against the one that was wanted.
            self.h_abs = max(self.h_abs, wanted)

    def _drop_not_finite(self, t: float, error: float) -> float:
        """Freeze members that were not finite once too often; returns the error of the rest."""
        bad = ~np.isfinite(self._squares)
        if (bad | self.frozen).all():
            return error
        rest = math.sqrt(self._squares[~bad].max())
        self._stumbles += bad & (rest < 1)
        if not rest < 1 or (self._stumbles[bad] < TRIES).any():
            return error
        self._undo(bad)
        self.freeze(bad, NOT_FINITE, t)
        return rest

    def _drop_failing(self, t: float) -> bool:
        """Freeze members that no step satisfies; whether any are left."""
        failing = ~(self._squares < 1)
        whole = np.isfinite(self._stack.reshape(1 + STAGES, self._rows, -1)).all(axis=(0, 1))
        self._undo(failing)
        np.copyto(self._state, self._stack[0])
        self.freeze(failing & whole, TOO_SMALL, t)
        self.freeze(failing & ~whole, NOT_FINITE, t)
        return not self.frozen.all()

    def _undo(self, places: np.ndarray) -> None:
        """Put members back to the begin of the step, at rest."""
        stack = self._stack.reshape(1 + STAGES, self._rows, -1)
        start = stack[0][:, places]
        stack[1:, :, places] = 0.0
        self._state.reshape(self._rows, -1)[:, places] = start
        self._new_size.reshape(self._rows, -1)[:, places] = np.abs(start)
        self._squares[places] = 0.0

    def _drop_slow(self, t: float) -> None:
        """Freeze members that keep forcing steps far below what nearly all others need."""
        limit = float(self._squares.max()) * MUCH_SLOWER ** (2 / EXPONENT)
        binding = self._squares > limit
        active = self._columns - len(self._frozen_places)
        if np.count_nonzero(binding) > min(1 + self._columns // 64, active - 1):
            return
        self._strikes += binding
        slow = (self._strikes >= PATIENCE) & binding
        if slow.any():
            self.freeze(slow, SLOW, t)

    def _dense_output_impl(self) -> DenseOutput:
        return Tsit5DenseOutput(self.t_old, self.t, self._stack)


class Tsit5DenseOutput(DenseOutput):
    """The free fourth-order interpolant of one step."""

    def __init__(self, t_old: float, t: float, stack: np.ndarray) -> None:
        super().__init__(t_old, t)
        self._start = stack[0].copy()
        self._powers = (t - t_old) * (P.T @ stack[1:])

    def _call_impl(self, t: np.ndarray) -> np.ndarray:
        share = (np.atleast_1d(t) - self.t_old) / (self.t - self.t_old)
        powers = np.cumprod(np.broadcast_to(share, (P.shape[1], len(share))), axis=0)
        y = self._start[:, None] + self._powers.T @ powers
        return y[:, 0] if t.ndim == 0 else y
