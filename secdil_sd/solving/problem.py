"""Solving on one page: the nouns, and the one verb that picks who integrates."""

from __future__ import annotations

import warnings

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.solving.adaptive import integrate
from secdil_sd.solving.batch import Tsit5
from secdil_sd.solving.compiled import march_blocks
from secdil_sd.solving.contract import METHODS as METHODS
from secdil_sd.solving.contract import OK
from secdil_sd.solving.contract import Kernel as Kernel
from secdil_sd.solving.contract import Problem as Problem
from secdil_sd.solving.contract import Solution as Solution
from secdil_sd.solving.contract import Solver as Solver
from secdil_sd.solving.fixed import solve_fixed
from secdil_sd.solving.members import solve_each, solve_together


def solve(problem: Problem, solver: Solver) -> Solution:
    """Integrate a run or a batch from its first to its last output time.

    Euler and RK4 step by ``problem.step``. The adaptive methods never step over a break, and
    see the derivatives from the inside at either end of a piece. Tsit5 takes a batch in common
    steps; SciPy's methods take it member by member. A member that fails has a status, and its
    values are NaN from there; nothing is raised for it.

    Parameters
    ----------
    problem : Problem
    solver : Solver

    Returns
    -------
    Solution
        ``states`` (time, stock), or (time, stock, member) for a batch.

    Raises
    ------
    InputError
        If tolerances do not fit the stocks, output times are off a fixed grid, or a batch that
        has to be solved member by member cannot be taken apart.

    Examples
    --------
    >>> def decay(t, y, out):
    ...     np.negative(y, out=out)
    >>> batch = Problem(decay, [[1.0, 2.0]], [0.0, 1.0], step=0.25)
    >>> solution = solve(batch, Solver("Tsit5", 1e-9, 1e-12))
    >>> solution.states[1, 0].round(6).tolist(), solution.status.tolist()
    ([0.367879, 0.735759], ['ok', 'ok'])
    """
    _check_tolerance(problem, solver)
    if problem.initial.size == 0:
        return _nothing(problem)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # What these say about a failing member is said by its status.
        warnings.simplefilter("ignore")
        if solver.stepper is None:
            if problem.kernel is not None:
                return march_blocks(problem, problem.kernel, solver)
            return solve_fixed(problem, solver)
        if problem.members is None:
            return integrate(problem, solver)
        # A batch of one drops its axis: a short trailing axis is slow.
        alone = problem.members == 1 and problem.member is not None and problem.kernel is None
        if alone or not issubclass(solver.stepper, Tsit5):
            return solve_each(problem, solver)
        return solve_together(problem, solver)


def _check_tolerance(problem: Problem, solver: Solver) -> None:
    stocks = len(problem.initial)
    if solver.atol.ndim == 1 and len(solver.atol) != stocks:
        raise InputError(
            Finding(
                "error",
                f"atol has {len(solver.atol)} values for {stocks} stocks.",
                remedy="Give one tolerance for each stock, or one for all.",
            )
        )


def _nothing(problem: Problem) -> Solution:
    """The solution of a problem without stocks or without members."""
    kept = min(len(problem.initial), len(problem.rows))
    states = np.empty((len(problem.times), kept, *problem.initial.shape[1:]))
    if problem.members is None:
        return Solution(states, OK, np.nan, 0, 0)
    return Solution(states, np.full(problem.members, OK), np.full(problem.members, np.nan), 0, 0)
