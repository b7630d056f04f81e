"""Members solved one by one: by SciPy's methods, or because they held up their batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.solving.adaptive import Batch, integrate, integrate_batch
from secdil_sd.solving.compiled import integrate_blocks
from secdil_sd.solving.contract import NOT_FINITE, OK, TIGHTEST, Problem, Solution, Solver


def solve_each(problem: Problem, solver: Solver) -> Solution:
    """Solve a batch member by member, each alone; one that fails takes nobody along.

    Raises
    ------
    InputError
        If the problem cannot give its members alone.
    """
    if problem.member is None:
        name = solver.method if isinstance(solver.method, str) else solver.method.__name__
        raise InputError(
            Finding(
                "error",
                f"{name} solves one member at a time, and this batch cannot be taken apart.",
                remedy="Use Tsit5, Euler or RK4, or give the problem its members.",
            )
        )
    members = problem.initial.shape[1]
    states = np.empty((len(problem.times), len(problem.rows), members))
    solved = []
    for k in range(members):
        solved.append(integrate(problem.member(k), solver))
        states[:, :, k] = solved[-1].states
    return Solution(
        states,
        np.array([each.status for each in solved], dtype=f"U{len('too many steps')}"),
        np.array([each.stopped_at for each in solved], dtype=float),
        sum(each.steps for each in solved),
        sum(each.evaluations for each in solved),
    )


def solve_together(problem: Problem, solver: Solver) -> Solution:
    """Solve a batch by Tsit5, in common steps or in blocks; who cannot keep pace goes alone."""
    if problem.kernel is None:
        batch = integrate_batch(problem, solver)
    else:
        batch = integrate_blocks(problem, problem.kernel, solver)
    states, stopped_at = batch.states, batch.stopped_at.copy()
    status = np.where(batch.reason == "", OK, batch.reason).astype(f"U{len('too many steps')}")
    steps, evaluations = batch.steps, batch.evaluations
    if problem.member is not None and solver.alone:
        for k in np.flatnonzero(batch.reason != ""):
            if not np.isfinite(batch.last[:, k]).all():
                continue
            rest, spent = _finish_alone(problem.member, int(k), batch, problem.times, solver)
            later = problem.times > batch.stopped_at[k]
            states[later, :, k] = rest.states[1:]
            status[k], stopped_at[k] = rest.status, rest.stopped_at
            steps, evaluations = steps + rest.steps, evaluations + spent
    return Solution(states, status, stopped_at, steps, evaluations)


def _finish_alone(
    member: Callable[[int], Problem], k: int, batch: Batch, times: np.ndarray, solver: Solver
) -> tuple[Solution, int]:
    """Take one member from where it left its batch to the last output time.

    A member that is slow or stiff goes to LSODA. One that met values that are not finite goes
    to Tsit5 first, which finds the place to its last digits; LSODA would step over it.
    """
    begin = float(batch.stopped_at[k])
    own = replace(
        member(k),
        initial=batch.last[:, k],
        times=np.concatenate([[begin], times[times > begin]]),
    )
    methods = ("Tsit5", "LSODA") if batch.reason[k] == NOT_FINITE else ("LSODA", "Tsit5")
    spent = 0
    for method in methods:
        rest = integrate(own, _alone(solver, method))
        spent += rest.evaluations
        if rest.status == OK or (rest.status == NOT_FINITE and method == "Tsit5"):
            break
    return rest, spent


def _alone(solver: Solver, method: str) -> Solver:
    """Return the solver for one member; LSODA's errors add up to more than Tsit5's."""
    share = 0.1 if method == "LSODA" else 1.0
    return replace(
        solver,
        method=method,
        rtol=max(share * solver.rtol, TIGHTEST),
        atol=share * solver.atol,
        max_steps=min(solver.max_steps, solver.alone),
    )
