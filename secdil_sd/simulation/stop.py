"""A run stopped at a time: what it takes to go on, for one run or for many members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.simulation.arguments import check_at
from secdil_sd.simulation.chunk import one_blas_thread
from secdil_sd.simulation.compiler import MEMORY
from secdil_sd.simulation.control import control
from secdil_sd.simulation.engine import Setup, Solved, simulate
from secdil_sd.simulation.ensemble import default_chunk
from secdil_sd.simulation.march import moving_settings
from secdil_sd.simulation.samples import Samples
from secdil_sd.simulation.single import explained
from secdil_sd.simulation.state import State, initial_values, state_dataset
from secdil_sd.simulation.values import resolve

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.model import Model


def stopped(
    model: Model,
    at: float,
    params: Mapping[str, Any] | None,
    samples: Any,
    start: float | None,
    chunk: int | None,
    backend: str,
    solving: Mapping[str, Any],
) -> xr.Dataset:
    """Run a model to a time and return its state there; parameters as for `Model.state`."""
    values = resolve(model.system, params, model.companion.limits)
    schedule = model.compiler.schedule(model.system, values)
    names = initial_values(schedule, model.system.place)
    settings = control(model.system, model.compiler, values)
    if solving["start_from"] is not None:
        start = model.read_state(solving["start_from"]).time
    begin = settings.initial if start is None else float(start)
    end = check_at(at, begin)
    times = [begin, end if end > begin else begin + settings.step]
    setup, _ = model.setup(params, times, (), **solving)
    if len(setup.steps):
        raise moving_settings(model.system)
    if end == begin:
        setup = replace(setup, times=setup.times[:1], _events={})
    if samples is None:
        state, record = _one(setup, end, names), model.record(setup)
    else:
        setup, drawn = model.drawn(setup, samples, solving["start_from"], backend)
        size = chunk or default_chunk(len(setup.atol))
        state, record = _several(setup, end, names, drawn, size), model.record(setup, drawn)
    return state_dataset(model.system, schedule, state, record)


def _one(setup: Setup, at: float, names: tuple[str, ...]) -> State:
    """Run to a time and return the state there; SolveError if the run stops before."""
    solved = simulate(replace(setup, observed=names))
    status = str(solved.solution.status)
    if status != "ok":
        raise explained(setup, solved, status)
    return State(at, setup.start, _arrays(solved, names), None)


def _several(setup: Setup, at: float, names: tuple[str, ...], samples: Samples, size: int) -> State:
    """Run members to a time, ``size`` together; where one stopped before, its state is NaN."""
    parts = []
    for begin in range(0, samples.count, size):
        taken = samples.take(slice(begin, begin + size))
        with one_blas_thread():
            solved = simulate(replace(setup, observed=names), taken.drawn, taken.count)
        parts.append(_arrays(solved, names))
    arrays = {name: _joined([each[name] for each in parts]) for name in parts[0]}
    return State(at, setup.start, arrays, samples.index)


def _arrays(solved: Solved, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Cut the state vector into stocks, and add what keeps its value from the start."""
    y = solved.solution.states[-1]
    found = {
        each.name: y[each.offset : each.offset + each.size].reshape((*each.shape, *y.shape[1:]))
        for each in solved.bound.program.schedule.stocks
    }
    found |= {name: np.array(solved.values[name][-1]) for name in names}
    memory = solved.bound.memory
    contents = {} if memory is None else memory.contents()
    return {**found, **{MEMORY + name: array for name, array in contents.items()}}


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Join chunks along their members; what is under way longest in one sets the length."""
    if parts[0].ndim == 3:  # (step, place, member)
        longest = max(map(len, parts))
        wider = [[(0, longest - len(each)), (0, 0), (0, 0)] for each in parts]
        parts = [np.pad(e, w, constant_values=np.nan) for e, w in zip(parts, wider, strict=True)]
    return np.concatenate(parts, axis=-1)
