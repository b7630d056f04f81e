"""Variables at the output times, from the states a solver kept."""

from __future__ import annotations

import numpy as np

from secdil_sd.solving.contract import OK
from secdil_sd.solving.problem import Solution
from secdil_sd.targets.program import Bound


def observe(
    bound: Bound, times: np.ndarray, solution: Solution, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the observed variables at the output times, NaN where a member stopped.

    Parameters
    ----------
    bound : Bound
    times : array (time,)
    solution : Solution
        Of a run or of members.
    rows : array (kept,) of int
        Which values of the state vector they are.
    """
    slots, states = bound.program.schedule.slots, solution.states
    stocks = [slots[each] for each in bound.program.outputs if slots[each].role == "stock"]
    place = {int(row): at for at, row in enumerate(rows)}
    found = {
        each.name: states[:, place[each.offset] : place[each.offset] + each.size].reshape(
            len(states), *each.shape, *states.shape[2:]
        )
        for each in stocks
    }
    if len(stocks) < len(bound.program.outputs):
        found = {**_observed_each(bound, times, solution, rows), **found}
    return {name: found[name] for name in bound.program.outputs}


def _observed_each(
    bound: Bound, times: np.ndarray, solution: Solution, rows: np.ndarray
) -> dict[str, np.ndarray]:
    """Observe time by time, in a state vector whose other values nobody looks at."""
    out = bound.new_outputs(len(times))
    y = np.zeros_like(bound.initial)
    with np.errstate(all="ignore"):
        for k, t in enumerate(times):
            y[rows] = solution.states[k]
            bound.observe_row(out, k, float(t), y)
    # A value of the state may be missing; all are only where a member stopped.
    stopped = np.isnan(solution.states).all(axis=1) & (np.asarray(solution.status) != OK)
    if stopped.any():
        for array in out.values():
            if bound.members is None:
                array[stopped] = np.nan
            else:
                array[np.broadcast_to(_spread(stopped, array.ndim), array.shape)] = np.nan
    return out


def _spread(stopped: np.ndarray, ndim: int) -> np.ndarray:
    """(time, member) to (time, 1, ..., member)."""
    return stopped.reshape(stopped.shape[0], *(1,) * (ndim - 2), stopped.shape[1])
