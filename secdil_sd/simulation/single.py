"""One run: solved, its outputs collected into a labelled dataset, or its failure explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.errors import Finding, SolveError
from secdil_sd.simulation import gains
from secdil_sd.simulation.dataset import build_dataset
from secdil_sd.simulation.engine import Setup, Solved, simulate
from secdil_sd.simulation.outputs import Output, reduce_output

if TYPE_CHECKING:
    import xarray as xr


def single_run(
    setup: Setup, outputs: Sequence[Output], roles: Mapping[str, str], record: Mapping[str, str]
) -> xr.Dataset:
    """Solve one run and return its dataset; raises SolveError if it stops early."""
    solved = simulate(setup)
    status = str(solved.solution.status)
    if status != "ok":
        raise explained(setup, solved, status)
    arrays = collect(setup, outputs, roles, solved)
    return build_dataset(
        setup.system,
        setup.times,
        {each: arrays[each] for each in outputs},
        constants=setup.values.constants,
        series=setup.values.series,
        attrs=record,
    )


def collect(
    setup: Setup,
    outputs: Sequence[Output],
    roles: Mapping[str, str],
    solved: Solved,
    sampled: Mapping[str, np.ndarray] | None = None,
    members: int | None = None,
) -> dict[Output, np.ndarray]:
    """Return each output's values, reduced where it asks: ([time,] *dimensions[, member])."""
    wanted = tuple(dict.fromkeys(each.variable for each in outputs if each.variable in gains.GAINS))
    values = dict(solved.values)
    if wanted:
        values |= gains.gains(setup, roles, solved.solution.states, wanted, sampled, members)
    return {
        each: reduce_output(each, values[each.variable], setup.times, setup.system)
        for each in outputs
    }


def explained(setup: Setup, solved: Solved, status: str) -> SolveError:
    """Name the time, the stock that moves fastest there, and what was set by the user."""
    when = float(np.asarray(solved.solution.stopped_at))
    states = solved.solution.states
    good = np.flatnonzero(~np.isnan(states).all(axis=1))
    y = states[good[-1]] if len(good) else solved.bound.initial
    rate = np.empty_like(y)
    with np.errstate(all="ignore"):
        solved.bound.derivatives(
            float(setup.times[good[-1]] if len(good) else setup.times[0]), y, rate
        )
        speed = np.where(
            np.isfinite(rate), np.abs(rate) / (np.abs(np.nan_to_num(y)) + setup.atol), np.inf
        )
    place = int(np.argmax(speed))
    stock = next(
        each
        for each in solved.bound.program.schedule.stocks
        if each.offset <= place < each.offset + each.size
    )
    message = {
        "not finite": f"The run stops at time {when:g}: {stock.name!r} is no longer finite.",
        "step too small": f"The run stops at time {when:g}: {stock.name!r} changes too fast for "
        f"{setup.method} to follow.",
    }.get(
        status, f"The run stops at time {when:g} ({status}): {stock.name!r} changes fastest there."
    )
    given = ", ".join(sorted({*setup.values.given}))[:200]
    remedy = (
        f"Look at {given} and the model's equations for growth without limit."
        if given
        else ("Look for growth without limit or a division by zero, or shorten times.")
    )
    return SolveError(Finding("error", message, setup.system.place, (stock.name,), remedy))
