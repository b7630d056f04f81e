"""Batches handed to compiled code: arrays laid out for it, and its findings put into words."""

from __future__ import annotations

import numpy as np

from secdil_sd.solving.adaptive import Batch, blank
from secdil_sd.solving.contract import NOT_FINITE, OK, Kernel, Problem, Solution, Solver
from secdil_sd.solving.fixed import clock, grid_places
from secdil_sd.solving.pieces import cut

METHODS = ("Tsit5", "Euler", "RK4")
"""Methods there is compiled code for."""


def integrate_blocks(problem: Problem, kernel: Kernel, solver: Solver) -> Batch:
    """Integrate a batch by compiled Tsit5, as ``adaptive.integrate_batch`` does by NumPy."""
    from secdil_sd.solving import blocks

    initial = np.ascontiguousarray(problem.initial)
    members = initial.shape[1]
    rows = np.asarray(problem.rows, dtype=np.int64)
    states = np.full((len(problem.times), len(rows), members), np.nan)
    states[0] = initial[rows]
    reason = np.zeros(members, dtype=np.int64)
    stopped_at, last = np.full(members, np.nan), initial.copy()
    pieces = [(p.begin, p.end, p.low, p.high, p.longest) for p in cut(problem)]
    bad = ~np.isfinite(initial).all(axis=0)
    steps = evaluations = 0
    if pieces:
        steps, evaluations = blocks.tsit5(
            kernel.rates,
            initial,
            kernel.inputs,
            kernel.shared,
            kernel.scratch,
            kernel.lanes,
            np.array(pieces),
            problem.times,
            rows,
            solver.rtol,
            np.broadcast_to(solver.atol, len(initial)).astype(float),
            solver.norm == "max",
            solver.max_steps,
            problem.member is not None,
            states,
            reason,
            stopped_at,
            last,
        )
    reason[bad], stopped_at[bad] = blocks.NOT_FINITE, problem.times[0]
    blank(states, last, problem.times, stopped_at, bad)
    return Batch(states, np.array(blocks.REASONS)[reason], stopped_at, last, steps, evaluations)


def march_blocks(problem: Problem, kernel: Kernel, solver: Solver) -> Solution:
    """Integrate a batch by compiled Euler or RK4, as ``fixed.solve_fixed`` does by NumPy."""
    from secdil_sd.solving import marching

    initial = np.ascontiguousarray(problem.initial)
    rows = np.asarray(problem.rows, dtype=np.int64)
    states = np.full((len(problem.times), len(rows), initial.shape[1]), np.nan)
    stopped_at = np.full(initial.shape[1], np.nan)
    steps = marching.march(
        solver.method == "RK4",
        kernel.rates,
        initial,
        kernel.inputs,
        kernel.shared,
        kernel.scratch,
        kernel.lanes,
        grid_places(problem.times, problem.step).astype(np.int64),
        clock(problem),
        problem.step,
        np.asarray(kernel.floor, dtype=np.int64),
        rows,
        states,
        stopped_at,
    )
    status = np.where(np.isnan(stopped_at), OK, NOT_FINITE)
    calls = steps * (4 if solver.method == "RK4" else 1)
    return Solution(states, status, stopped_at, steps, calls)
