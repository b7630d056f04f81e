"""A model's equations compiled on demand, and bound to the values of a run or a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import System
from secdil_sd.simulation.demands import check_orders
from secdil_sd.simulation.lookups import with_lookups
from secdil_sd.simulation.values import Values
from secdil_sd.targets.program import Bound, Program, compile_program

MEMORY = "memory of "
"""How the name of an array begins that is under way from step to step, beside the stocks."""


class Compiler:
    """Compiles a model's equations on demand and keeps what it made.

    One compiler serves every relabelling of a model: labels are data, sizes are structure.
    """

    def __init__(self) -> None:
        self._schedules: dict[Any, Schedule] = {}
        self._programs: dict[Any, Program] = {}

    def __reduce__(self) -> Any:
        # Code does not travel: whoever receives a compiler compiles for itself.
        return Compiler, ()

    def schedule(self, system: System, values: Values | None = None) -> Schedule:
        """Return the schedule for a system with the given inputs replaced or varying."""
        varying = frozenset(values.series) if values else frozenset()
        replaced = values.replaced if values else frozenset()
        lookups = values.lookups if values else ()
        key = (_structure(system), varying, replaced, lookups)
        if key not in self._schedules:
            changed = with_lookups(system, lookups)
            self._schedules[key] = make_schedule(changed, varying, replaced)
        return self._schedules[key]

    def program(self, system: System, values: Values, outputs: Iterable[str]) -> Program:
        """Return the program that observes ``outputs``."""
        names = tuple(dict.fromkeys(outputs))
        varying = frozenset(values.series)
        key = (_structure(system), varying, values.replaced, values.lookups, names)
        if key not in self._programs:
            self._programs[key] = compile_program(self.schedule(system, values), names)
        return self._programs[key]


def _structure(system: System) -> tuple[Any, ...]:
    """What decides the generated code: the equations, the sizes, labels only where named."""
    ranges = tuple((each.name, len(each.elements)) for each in system.ranges)
    labels = tuple(each.elements for each in system.ranges) if _names_elements(system) else ()
    return id(system.variables), ranges, labels


_ELEMENTS: dict[int, tuple[Any, bool]] = {}


def _names_elements(system: System) -> bool:
    """Say whether any equation or subrange fixes labels, so that they are structure after all."""
    found = _ELEMENTS.get(id(system.variables))
    if found is None or found[0] is not system.variables:
        subscripts = {
            each
            for variable in system.variables
            for definition in variable.definitions
            for each in definition.subscripts
        }
        distinct = {each.elements for each in system.ranges}
        fixed = any(system.range(each) is None for each in subscripts) or len(distinct) > 1
        found = _ELEMENTS[id(system.variables)] = (system.variables, fixed)
    return found[1]


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a run that is gone on with first began.

    Parameters
    ----------
    start : float
        Its first time: what equations know as the start.
    held : mapping of str to array (*dimensions,)
        Stocks where it goes on, and INITIAL values as they were at the start; those that differ
        between members come with what is sampled.
    state : str
        Fingerprint of the state it goes on from.
    """

    start: float
    held: Mapping[str, np.ndarray]
    state: str


def bind(
    system: System,
    compiler: Compiler,
    values: Values,
    outputs: Sequence[str],
    start: float,
    step: float,
    fixed: bool,
    sampled: Mapping[str, np.ndarray] | None = None,
    members: int | None = None,
    dtype: type = float,
    native: bool = False,
    origin: Origin | None = None,
) -> Bound:
    """Compile for the given inputs and bind their values."""
    program = compiler.program(system, values, outputs)
    constants = {**(origin.held if origin else {}), **values.constants, **(sampled or {})}
    check_orders(system, constants)
    roles = program.schedule.slots
    used = {n: a for n, a in constants.items() if n in roles and roles[n].role == "constant"}
    series = {n: (each.knots, each.values, each.between) for n, each in values.series.items()}
    bound = program.bind(used, series, start, step, fixed, members, dtype, native)
    return bound if origin is None else _gone_on_with(bound, {**origin.held, **(sampled or {})})


def _gone_on_with(bound: Bound, held: Mapping[str, np.ndarray]) -> Bound:
    """Put the stocks of an earlier run in the place of the initial values."""
    initial = bound.initial.copy()
    for slot in bound.program.schedule.stocks:
        rows = np.asarray(held[slot.name]).reshape(slot.size, -1)
        part = initial[slot.offset : slot.offset + slot.size]
        part[...] = rows if initial.ndim == 2 else rows[:, 0]
    bound = replace(bound, initial=initial)
    memory = bound.memory
    if memory is not None:
        memory.restore({n: _as_there(held[MEMORY + n], a) for n, a in memory.contents().items()})
    return bound


def _as_there(array: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """An array of one run for every member, where there are members."""
    array = np.asarray(array)
    return array if array.ndim == fresh.ndim else np.repeat(array[..., None], fresh.shape[-1], -1)
