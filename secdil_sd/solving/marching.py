"""Compiled fixed steps: Euler and RK4 over blocks of members, as ``fixed`` does by NumPy.

Imported only where numba is; `compiled` calls it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, types

from secdil_sd.solving.blocks import CUBE, FAST, KERNEL, MATRIX, RATES, VECTOR, WHOLE, _rest


@njit(fastmath=FAST, **KERNEL)
def _move(y, rate, h, out):  # type: ignore[no-untyped-def]
    for i in range(len(y)):
        out[i] = y[i] + rate[i] * h


@njit(**KERNEL)
def _rates(rates, t, y, p, s, w, floor, step, frozen, out):  # type: ignore[no-untyped-def]
    """Rates at rest for frozen members; a non-negative stock loses at most what it holds."""
    rates(t, y, p, s, w, out)
    lanes = len(frozen)
    for stock in floor:
        for i in range(stock * lanes, (stock + 1) * lanes):
            out[i] = -y[i] / step if out[i] < -y[i] / step else out[i]
    _rest(frozen, out)


@njit(**KERNEL)
def _stop_bad(t, y, saved, frozen, when):  # type: ignore[no-untyped-def]
    """Freeze members that are no longer finite, at their last finite state."""
    total = 0.0
    for i in range(len(y)):
        total += y[i]
    lanes = len(frozen)
    if not math.isfinite(total):
        for m in range(lanes):
            bad = False
            for i in range(m, len(y), lanes):
                bad = bad or not math.isfinite(y[i])
            if bad:
                for i in range(m, len(y), lanes):
                    y[i] = saved[i] if math.isfinite(saved[i]) else 0.0
                frozen[m], when[m] = True, t
    saved[:] = y


@njit(**KERNEL)
def _step(fourth, rates, t, step, y, p, s, w, floor, frozen, rate, total, at):  # type: ignore[no-untyped-def]
    _rates(rates, t, y, p, s, w, floor, step, frozen, rate)
    if not fourth:
        _move(y, rate, step, y)
        return
    total[:] = rate
    for stage in range(3):
        share = step if stage == 2 else step / 2
        _move(y, rate, share, at)
        _rates(rates, t + share, at, p, s, w, floor, step, frozen, rate)
        _move(total, rate, 1.0 if stage == 2 else 2.0, total)
    _move(y, total, step / 6, y)


@njit(
    types.int64(
        types.boolean, RATES, MATRIX, MATRIX, VECTOR, types.int64, types.int64, WHOLE,
        types.float64, types.float64, WHOLE, WHOLE, CUBE, VECTOR,
    ),
    **KERNEL,
)  # fmt: skip
def march(  # type: ignore[no-untyped-def]
    fourth, rates, initial, inputs, s, scratch, lanes, places, begin, step, floor, rows, states,
    stopped_at,
):  # fmt: skip
    """Move all members along a grid, block by block; returns the number of steps of a block.

    Parameters
    ----------
    fourth : whether by RK4 rather than Euler
    rates, initial, inputs, s, scratch, lanes : as for ``blocks.tsit5``
    places : (time,) steps after ``begin`` at which states are wanted
    begin, step : first time, and length of a step
    floor : stocks kept from falling below zero
    rows : (kept,) stocks whose states are wanted
    states (time, kept, member), stopped_at (member,) : filled
    """
    stocks, members = initial.shape
    n = stocks * lanes
    y, saved, rate, total, at = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    p, w = np.empty(len(inputs) * lanes), np.full(scratch, np.nan)
    frozen, when = np.empty(lanes, np.bool_), np.empty(lanes)
    most = 0
    for first in range(0, members, lanes):
        count = min(lanes, members - first)
        for m in range(lanes):
            member = first + min(m, count - 1)
            frozen[m], when[m] = False, np.nan
            for stock in range(stocks):
                y[stock * lanes + m] = initial[stock, member]
            for each in range(len(inputs)):
                p[each * lanes + m] = inputs[each, member]
        saved[:] = y
        t, done = begin, 0
        for row in range(len(places)):
            while done < places[row] and not frozen.all():
                _stop_bad(t, y, saved, frozen, when)
                _step(fourth, rates, t, step, y, p, s, w, floor, frozen, rate, total, at)
                t += step
                done += 1
            _stop_bad(t, y, saved, frozen, when)
            for m in range(count):
                for r in range(len(rows)):
                    value = y[rows[r] * lanes + m]
                    states[row, r, first + m] = np.nan if frozen[m] else value
            if frozen.all():
                break
        most = max(most, done)
        for m in range(count):
            stopped_at[first + m] = when[m]
    return most
