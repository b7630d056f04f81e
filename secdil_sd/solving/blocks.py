"""Compiled integration by Tsit5: members in blocks, each block in steps of its own.

The method of ``batch`` with the same judgement of members that fail, in code that numba compiles
once for every model: a model's rates come in as a compiled function. State and stages are flat,
stock by stock with the members of a block side by side, so that each inner loop is a vector
operation. Imported only where numba is; `compiled` calls it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numba import njit, types

from secdil_sd.solving import batch, contract
from secdil_sd.solving.contract import LANES
from secdil_sd.solving.tableau import STAGES, A, C, E, P

VECTOR = types.Array(types.float64, 1, "C")
MATRIX = types.Array(types.float64, 2, "C")
CUBE = types.Array(types.float64, 3, "C")
WHOLE = types.Array(types.int64, 1, "C")

SIGNATURE = types.void(types.float64, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR)
"""Of compiled rates, ``rates(t, y, p, s, w, dy)``; see ``targets.kernel``."""

RATES = types.FunctionType(SIGNATURE)

FAST = {"contract", "reassoc", "nsz", "arcp", "afn"}
"""What compiled arithmetic may do; it must never assume that there is no NaN."""


def can_keep(function: Callable[..., object]) -> bool:
    """Say whether numba finds a folder in which to keep a function's machine code."""
    try:
        njit(cache=True)(function)
    except RuntimeError:  # neither beside its file nor in the user's cache
        return False
    return True


KERNEL = {"cache": can_keep(can_keep), "nogil": True, "error_model": "numpy"}

GOING_ON, NOT_FINITE, TOO_SMALL, SLOW, TOO_MANY = range(5)
"""Why a member left its block, as the place in `REASONS`."""

REASONS = ("", batch.NOT_FINITE, batch.TOO_SMALL, batch.SLOW, contract.TOO_MANY)

_LEAST, _MOST, _SAFETY, _EXPONENT = (
    batch.LEAST_FACTOR,
    batch.MOST_FACTOR,
    batch.SAFETY,
    batch.EXPONENT,
)
_TRIES, _PATIENCE = batch.TRIES, batch.PATIENCE
_SLOWER = batch.MUCH_SLOWER ** (2 / batch.EXPONENT)


@njit(fastmath=FAST, **KERNEL)
def _combine(stage, h, y, k, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (n,) with the state at a stage, from the stages before it in ``k``."""
    a = h * A[stage]
    n = len(y)
    if stage == 1:
        for i in range(n):
            out[i] = y[i] + a[0] * k[0, i]
    elif stage == 2:
        for i in range(n):
            out[i] = y[i] + a[0] * k[0, i] + a[1] * k[1, i]
    elif stage == 3:
        for i in range(n):
            out[i] = y[i] + a[0] * k[0, i] + a[1] * k[1, i] + a[2] * k[2, i]
    elif stage == 4:
        for i in range(n):
            out[i] = y[i] + a[0] * k[0, i] + a[1] * k[1, i] + a[2] * k[2, i] + a[3] * k[3, i]
    elif stage == 5:
        for i in range(n):
            early = a[0] * k[0, i] + a[1] * k[1, i] + a[2] * k[2, i]
            out[i] = y[i] + early + a[3] * k[3, i] + a[4] * k[4, i]
    else:
        for i in range(n):
            early = a[0] * k[0, i] + a[1] * k[1, i] + a[2] * k[2, i]
            out[i] = y[i] + early + a[3] * k[3, i] + a[4] * k[4, i] + a[5] * k[5, i]


@njit(fastmath=FAST, **KERNEL)
def _square(i, e, y, new, k, least, rtol):  # type: ignore[no-untyped-def]
    """The square of one value's error in units of its tolerance; ``e`` are the weights."""
    error = e[0] * k[0, i] + e[1] * k[1, i] + e[2] * k[2, i] + e[3] * k[3, i]
    error += e[4] * k[4, i] + e[5] * k[5, i] + e[6] * k[6, i]
    size, other = abs(y[i]), abs(new[i])
    size = size if size > other else other
    return (error / (least + rtol * size)) ** 2


@njit(**KERNEL)
def _larger(a, b):  # type: ignore[no-untyped-def]
    """The larger of two; a NaN stays, since it is neither above nor below."""
    return a if a > b or a != a else b


@njit(fastmath=FAST, **KERNEL)
def _squares(h, y, new, k, rtol, atol, largest, lanes, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (lane,) with the square of each member's error norm."""
    e = (h * E[0], h * E[1], h * E[2], h * E[3], h * E[4], h * E[5], h * E[6])
    stocks = len(atol)
    if lanes == 1:
        out[0] = _square_of_one(e, y, new, k, rtol, atol, largest)
        return
    out[:] = 0.0
    for stock in range(stocks):
        least, begin = atol[stock], stock * LANES
        if largest:
            for m in range(LANES):
                out[m] = _larger(out[m], _square(begin + m, e, y, new, k, least, rtol))
        else:
            for m in range(LANES):
                out[m] += _square(begin + m, e, y, new, k, least, rtol)
    if not largest:
        for m in range(LANES):
            out[m] /= stocks


@njit(fastmath=FAST, **KERNEL)
def _square_of_one(e, y, new, k, rtol, atol, largest):  # type: ignore[no-untyped-def]
    """The same for one large system: sums, or maxima, side by side, so that they are vectors."""
    stocks = len(atol)
    parts = np.zeros(LANES)
    whole = stocks - stocks % LANES
    for begin in range(0, whole, LANES):
        if largest:
            for m in range(LANES):
                i = begin + m
                parts[m] = _larger(parts[m], _square(i, e, y, new, k, atol[i], rtol))
        else:
            for m in range(LANES):
                i = begin + m
                parts[m] += _square(i, e, y, new, k, atol[i], rtol)
    for i in range(whole, stocks):
        square = _square(i, e, y, new, k, atol[i], rtol)
        parts[0] = _larger(parts[0], square) if largest else parts[0] + square
    total = 0.0
    for m in range(LANES):
        total = _larger(parts[m], total) if largest else total + parts[m]
    return total if largest else total / stocks


@njit(fastmath=FAST, **KERNEL)
def _norms(values, less, y, rtol, atol, largest, lanes, out):  # type: ignore[no-untyped-def]
    """Fill ``out`` (lane,) with the norm of (values - less) in units of the tolerance."""
    out[:] = 0.0
    stocks = len(atol)
    for stock in range(stocks):
        for m in range(lanes):
            i = stock * lanes + m
            square = ((values[i] - less[i]) / (atol[stock] + abs(y[i]) * rtol)) ** 2
            if largest:
                out[m] = out[m] if out[m] > square or out[m] != out[m] else square
            else:
                out[m] += square
    for m in range(lanes):
        out[m] = math.sqrt(out[m] if largest else out[m] / stocks)


@njit(**KERNEL)
def _rest(frozen, dy):  # type: ignore[no-untyped-def]
    """Set the rates of frozen members to zero."""
    lanes = len(frozen)
    for m in range(lanes):
        if frozen[m]:
            for i in range(m, len(dy), lanes):
                dy[i] = 0.0


@njit(**KERNEL)
def _first_step(rates, t, piece, y, new, k, p, s, w, rtol, atol, largest, frozen):  # type: ignore[no-untyped-def]
    """SciPy's choice of a first step for each member, and of these the smallest."""
    lanes = len(frozen)
    span, longest = piece[1] - t, piece[4]
    size, speed, bend = np.empty(lanes), np.empty(lanes), np.empty(lanes)
    zero = np.zeros(len(y))
    _norms(y, zero, y, rtol, atol, largest, lanes, size)
    _norms(k[0], zero, y, rtol, atol, largest, lanes, speed)
    trial, some = math.inf, False
    for m in range(lanes):
        if not frozen[m] and math.isfinite(size[m]) and math.isfinite(speed[m]):
            some = True
            slow = size[m] < 1e-5 or speed[m] < 1e-5
            trial = min(trial, 1e-6 if slow else 0.01 * size[m] / speed[m])
    if not some or span == 0.0:
        return min(span, longest)
    trial = min(trial, span)
    for i in range(len(y)):
        new[i] = y[i] + trial * k[0, i]
    rates(min(max(t + trial, piece[2]), piece[3]), new, p, s, w, k[1])
    _rest(frozen, k[1])
    _norms(k[1], k[0], y, rtol, atol, largest, lanes, bend)
    best, some = math.inf, False
    for m in range(lanes):
        steepest = max(speed[m], bend[m] / trial)
        usable = math.isfinite(size[m]) and math.isfinite(speed[m]) and math.isfinite(bend[m])
        if usable and not frozen[m]:
            some = True
            if steepest <= 1e-15:
                best = min(best, max(1e-6, trial * 1e-3))
            else:
                best = min(best, (0.01 / steepest) ** -_EXPONENT)
    if not some:
        return min(trial, longest)
    return min(min(100 * trial, best), min(span, longest))


@njit(**KERNEL)
def _undo(m, lanes, y, new, k):  # type: ignore[no-untyped-def]
    """Put a member back to the begin of the step, at rest."""
    for i in range(m, len(y), lanes):
        new[i] = y[i]
        for stage in range(STAGES):
            k[stage, i] = 0.0


@njit(**KERNEL)
def _drop_not_finite(t, error, squares, stumbles, frozen, why, when, y, new, k):  # type: ignore[no-untyped-def]
    """Freeze members that were not finite once too often; returns the error of the rest."""
    lanes = len(frozen)
    rest, good, patient = 0.0, False, False
    for m in range(lanes):
        if math.isfinite(squares[m]):
            rest = max(rest, squares[m])
            good = good or not frozen[m]
    if not good:
        return error
    rest = math.sqrt(rest)
    for m in range(lanes):
        if not math.isfinite(squares[m]):
            stumbles[m] += rest < 1.0
            patient = patient or stumbles[m] < _TRIES
    if not rest < 1.0 or patient:
        return error
    for m in range(lanes):
        if not math.isfinite(squares[m]):
            _undo(m, lanes, y, new, k)
            squares[m] = 0.0
            frozen[m], why[m], when[m] = True, NOT_FINITE, t
    return rest


@njit(**KERNEL)
def _drop_failing(t, squares, frozen, why, when, y, new, k):  # type: ignore[no-untyped-def]
    """Freeze members that no step satisfies; whether any are left."""
    lanes = len(frozen)
    left = False
    for m in range(lanes):
        if not squares[m] < 1.0 and not frozen[m]:
            whole = True
            for i in range(m, len(y), lanes):
                for stage in range(STAGES):
                    whole = whole and math.isfinite(k[stage, i])
            _undo(m, lanes, y, new, k)
            squares[m] = 0.0
            frozen[m], why[m], when[m] = True, TOO_SMALL if whole else NOT_FINITE, t
        left = left or not frozen[m]
    return left


@njit(**KERNEL)
def _drop_slow(t, error, count, squares, strikes, frozen, why, when):  # type: ignore[no-untyped-def]
    """Freeze a member that keeps forcing steps far below what nearly all others need."""
    lanes = len(frozen)
    limit = error * error * _SLOWER
    binding, active = 0, 0
    for m in range(lanes):
        binding += squares[m] > limit
        active += not frozen[m]
    if binding > min(1 + count // 64, active - 1):
        return
    for m in range(lanes):
        if squares[m] > limit:
            strikes[m] += 1
            if strikes[m] >= _PATIENCE and not frozen[m]:
                frozen[m], why[m], when[m] = True, SLOW, t


@njit(fastmath=FAST, **KERNEL)
def _write(times, row, begin, end, y, new, k, rows, first, count, lanes, states):  # type: ignore[no-untyped-def]
    """Fill the output times within a step; returns the next row to fill."""
    h = end - begin
    weights = np.empty(STAGES)
    while row < len(times) and times[row] <= end:
        if times[row] == end:
            for r in range(len(rows)):
                for m in range(count):
                    states[row, r, first + m] = new[rows[r] * lanes + m]
        else:
            x = (times[row] - begin) / h
            for stage in range(STAGES):
                share = P[stage, 3]
                for power in range(2, -1, -1):
                    share = share * x + P[stage, power]
                weights[stage] = h * share * x
            for r in range(len(rows)):
                for m in range(count):
                    i = rows[r] * lanes + m
                    value = y[i]
                    for stage in range(STAGES):
                        value += weights[stage] * k[stage, i]
                    states[row, r, first + m] = value
        row += 1
    return row


@njit(**KERNEL)
def _block(  # type: ignore[no-untyped-def]
    rates, first, count, y, p, s, w, pieces, times, rows, rtol, atol, largest, most, aside,
    frozen, why, when, states,
):  # fmt: skip
    """Integrate one block from its first piece to its last; returns steps and evaluations.

    On return ``y`` is the last state, ``why`` and ``when`` say which members left and when.
    """
    lanes, n = len(frozen), len(y)
    k, new = np.zeros((STAGES, n)), np.empty(n)
    squares = np.zeros(lanes)
    stumbles, strikes = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    t, h_next, row, steps, calls = pieces[0, 0], 0.0, 1, 0, 0
    for number in range(len(pieces)):
        piece = pieces[number]
        end, low, high, longest = piece[1], piece[2], piece[3], piece[4]
        rates(min(max(t, low), high), y, p, s, w, k[0])
        _rest(frozen, k[0])
        calls += 1
        if number == 0:
            h_next = _first_step(rates, t, piece, y, new, k, p, s, w, rtol, atol, largest, frozen)
            calls += 1
        while t < end:
            if steps >= most:
                for m in range(lanes):
                    if not frozen[m]:
                        frozen[m], why[m], when[m] = True, TOO_MANY, t
                return steps, calls
            least = 10.0 * abs(np.nextafter(t, np.inf) - t)
            wanted = min(max(h_next, least), longest)
            h, rejected, error = wanted, False, math.inf
            while True:
                if h < least:
                    if not _drop_failing(t, squares, frozen, why, when, y, new, k):
                        return steps, calls
                    rates(min(max(t, low), high), y, p, s, w, k[0])
                    _rest(frozen, k[0])
                    wanted = h = _first_step(
                        rates, t, piece, y, new, k, p, s, w, rtol, atol, largest, frozen
                    )
                    calls += 2
                t_new = min(t + h, end)
                h = t_new - t
                for stage in range(1, STAGES):
                    _combine(stage, h, y, k, new)
                    rates(min(max(t + C[stage] * h, low), high), new, p, s, w, k[stage])
                    _rest(frozen, k[stage])
                calls += STAGES - 1
                _squares(h, y, new, k, rtol, atol, largest, lanes, squares)
                error = 0.0
                for m in range(lanes):
                    error = squares[m] if not squares[m] <= error and error == error else error
                error = math.sqrt(error)
                if aside and not math.isfinite(error):
                    error = _drop_not_finite(
                        t, error, squares, stumbles, frozen, why, when, y, new, k
                    )
                if error < 1.0:
                    break
                finite = error < math.inf
                h *= max(_LEAST, _SAFETY * error**_EXPONENT) if finite else _LEAST
                rejected = True
            factor = _MOST if error == 0.0 else min(_MOST, _SAFETY * error**_EXPONENT)
            h_next = h * (min(1.0, factor) if rejected else factor)
            if not rejected and h < wanted:
                h_next = max(h_next, wanted)
            row = _write(times, row, t, t_new, y, new, k, rows, first, count, lanes, states)
            t = t_new
            steps += 1
            if aside and error > 0.05:
                _drop_slow(t, error, count, squares, strikes, frozen, why, when)
            y[:] = new
            k[0, :] = k[STAGES - 1]
            _rest(frozen, k[0])
            if frozen.all():
                return steps, calls
    return steps, calls


@njit(
    types.UniTuple(types.int64, 2)(
        RATES, MATRIX, MATRIX, VECTOR, types.int64, types.int64, MATRIX, VECTOR, WHOLE,
        types.float64, VECTOR, types.boolean, types.int64, types.boolean,
        CUBE, WHOLE, VECTOR, MATRIX,
    ),
    **KERNEL,
)  # fmt: skip
def tsit5(  # type: ignore[no-untyped-def]
    rates, initial, inputs, s, scratch, lanes, pieces, times, rows, rtol, atol, largest, most,
    aside, states, reason, stopped_at, last,
):  # fmt: skip
    """Integrate all members, block by block; returns steps and evaluations together.

    Parameters
    ----------
    rates : compiled function
    initial : (stock, member)
    inputs : (input, member) what is known from the constants
    s : clock settings and series
    scratch, lanes : room the rates need, and members in a block
    pieces : (piece, 5) begin, end, low, high, longest; see ``pieces.Piece``
    times : (time,) output times; rows : (kept,) stocks whose states are wanted
    rtol, atol (stock,), largest : tolerances, and whether the norm is the largest error
    most : steps after which a block is given up
    aside : whether to freeze members that hold up the others
    states (time, kept, member), reason (member,), stopped_at (member,), last (stock, member) :
        filled
    """
    stocks, members = initial.shape
    y, p, w = np.empty(stocks * lanes), np.empty(len(inputs) * lanes), np.full(scratch, np.nan)
    frozen, why = np.empty(lanes, np.bool_), np.empty(lanes, np.int64)
    when = np.empty(lanes)
    steps, calls = 0, 0
    for first in range(0, members, lanes):
        count = min(lanes, members - first)
        for m in range(lanes):
            member = first + min(m, count - 1)  # places beyond the last member repeat it, at rest
            frozen[m], why[m], when[m] = m >= count, GOING_ON, np.nan
            for stock in range(stocks):
                y[stock * lanes + m] = initial[stock, member]
                if not math.isfinite(initial[stock, member]):
                    frozen[m], why[m], when[m] = True, NOT_FINITE, times[0]
            for each in range(len(inputs)):
                p[each * lanes + m] = inputs[each, member]
        for m in range(lanes):
            if why[m] == NOT_FINITE:
                for stock in range(stocks):
                    y[stock * lanes + m] = 0.0
        if not frozen.all():
            done, called = _block(
                rates, first, count, y, p, s, w, pieces, times, rows, rtol, atol, largest, most,
                aside and count > 1, frozen, why, when, states,
            )  # fmt: skip
            steps += done
            calls += called
        for m in range(count):
            reason[first + m], stopped_at[first + m] = why[m], when[m]
            for stock in range(stocks):
                last[stock, first + m] = y[stock * lanes + m]
    return steps, calls
