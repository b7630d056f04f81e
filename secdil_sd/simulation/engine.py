"""From values to solved arrays: compile, bind, solve, observe; names in, plain arrays out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.demands import check_orders, is_non_negative
from secdil_sd.simulation.lookups import with_lookups
from secdil_sd.simulation.values import Values
from secdil_sd.solving.contract import OK, Derivatives
from secdil_sd.solving.problem import Problem, Solution, Solver, solve
from secdil_sd.targets.program import Bound, Program, compile_program

FIXED_STEP = ("euler", "rk4")

MANY_STOCKS = 200
"""Values of the state from which Tsit5 looks at the worst: a mean would dilute it."""

MEMORY = "memory of "
"""How the name of an array begins that is under way from step to step, beside the stocks."""


@dataclass(frozen=True)
class Control:
    """When a run starts, ends, is saved, and by which step it goes [time unit of the file]."""

    initial: float
    final: float
    step: float
    saveper: float

    @property
    def times(self) -> np.ndarray:
        """Output times from start to end by SAVEPER."""
        count = int(np.floor((self.final - self.initial) / self.saveper + 1e-6))
        return self.initial + self.saveper * np.arange(count + 1)


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


@dataclass(frozen=True)
class Events:
    """Times within a run at which derivatives jump, and intervals in which they change."""

    breaks: np.ndarray
    changing: tuple[tuple[float, float], ...]


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


@dataclass(frozen=True)
class Setup:
    """Everything fixed about a run or an ensemble before members are looked at.

    Parameters
    ----------
    system : System
    values : Values
        Constants and series of every member, unless sampled.
    observed : tuple of str
        Variables needed at output times.
    times : array (time,)
    step : float
        The file's TIME STEP.
    method : str
    rtol : float
    atol : array (stock,)
    backend : {"numpy", "numba"}
    steps : array (step,)
        Sizes of the fixed steps where TIME STEP changes during the run; else empty.
    origin : Origin or None
        Where an earlier run began that this one goes on with.
    """

    system: System
    compiler: Compiler = field(repr=False)
    values: Values
    observed: tuple[str, ...]
    times: np.ndarray
    step: float
    method: str
    rtol: float
    atol: np.ndarray
    backend: str = "numpy"
    steps: np.ndarray = field(default_factory=lambda: np.empty(0))
    _events: dict[str, Events] = field(default_factory=dict, repr=False, compare=False)
    origin: Origin | None = None

    @property
    def start(self) -> float:
        """When the run began, or the one that it goes on with."""
        return float(self.times[0]) if self.origin is None else self.origin.start

    @property
    def fixed(self) -> bool:
        """Whether the method steps by TIME STEP."""
        return self.method.casefold() in FIXED_STEP

    def events(self, bound: Bound, sampled: Mapping[str, np.ndarray] | None) -> Events:
        """When derivatives jump, and when they change with time: once, unless members differ."""
        if self.fixed:
            return Events(np.empty(0), ())
        begin, end = float(self.times[0]), float(self.times[-1])
        differ = bound.program.schedule.behind_time & set(sampled or ())
        if differ or "all" not in self._events:
            found = Events(bound.breaks(begin, end), bound.changing(begin, end))
            if differ or bound.members is None:
                return found
            self._events["all"] = found
        return self._events["all"]

    def bind(
        self,
        outputs: Sequence[str],
        sampled: Mapping[str, np.ndarray] | None = None,
        members: int | None = None,
        dtype: type = float,
    ) -> Bound:
        """Bind a program that observes ``outputs`` to the values of a run or a chunk."""
        bound = bind(
            self.system,
            self.compiler,
            self.values,
            outputs,
            self.start,
            self.step,
            self.fixed,
            sampled,
            members,
            dtype,
            self.backend == "numba" and members is not None and dtype is float,
            self.origin,
        )
        if len(self.steps):
            bound.clock.follow(float(self.times[0]), self.steps)
        return bound


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


def control(system: System, compiler: Compiler, values: Values) -> Control:
    """Return the file's time settings, whether written as numbers or as equations.

    Raises
    ------
    InputError
        If a setting is missing, or the step or the saving interval is not positive.
    """
    missing = [each for each in TIME_NAMES if each not in system]
    if missing:
        raise InputError(
            Finding(
                "error",
                f"The model has no {', '.join(missing)}.",
                system.place,
                tuple(missing),
                "Add the time settings to the file, or save it again from its program.",
            )
        )
    names = [system.names[each] for each in TIME_NAMES]
    found = {n: float(values.constants[n]) for n in names if n in values.constants}
    if len(found) < len(names):
        start = found.get(names[0], 0.0)
        bound = bind(system, compiler, values, names, start, found.get(names[2], 1.0), True)
        with np.errstate(all="ignore"):
            out = bound.observed(start, bound.initial)
        found = {name: float(out[name]) for name in names}
    settings = Control(*(found[each] for each in names))
    if not (settings.step > 0 and settings.saveper > 0 and settings.final >= settings.initial):
        raise InputError(
            Finding(
                "error",
                f"The time settings do not fit: from {settings.initial:g} to {settings.final:g} "
                f"by {settings.step:g}, saved every {settings.saveper:g}.",
                system.place,
                remedy="TIME STEP and SAVEPER are positive and FINAL TIME is not before "
                "INITIAL TIME.",
            )
        )
    return settings


def absolute_tolerance(bound: Bound, system: System, rtol: float) -> np.ndarray:
    """Return atol for each value of the state, (stock,): one figure a stock, for every member.

    A thousandth of rtol times the stock's largest default initial value, else its range's
    width, else 1.
    """
    atol = np.empty(bound.program.schedule.state_size)
    initial = np.abs(np.nan_to_num(bound.initial))
    for slot in bound.program.schedule.stocks:
        part = slice(slot.offset, slot.offset + slot.size)
        scale = float(np.max(initial[part], initial=0.0))
        variable = system.get(slot.name)
        if scale == 0.0 and variable and variable.low is not None and variable.high is not None:
            scale = variable.high - variable.low
        atol[part] = 1e-3 * rtol * (scale if 0 < scale < np.inf else 1.0)
    return atol


@dataclass(frozen=True)
class Solved:
    """A solved run or chunk.

    ``states`` of the solution: (time, kept[, member]); ``values`` one array
    (time, *dimensions[, member]) for each observed variable, NaN after a member stopped.
    """

    solution: Solution
    bound: Bound
    values: Mapping[str, np.ndarray]


def simulate(
    setup: Setup, sampled: Mapping[str, np.ndarray] | None = None, members: int | None = None
) -> Solved:
    """Solve a run (``members`` None) or one chunk of an ensemble, keeping all of its states.

    Parameters
    ----------
    setup : Setup
    sampled : mapping of str to array (*dimensions, member)
        The constants that differ between members.
    members : int or None
    """
    bound = setup.bind(setup.observed, sampled, members)
    return _simulated(setup, bound, sampled, None)


def simulate_observed(setup: Setup, sampled: Mapping[str, np.ndarray], members: int) -> Solved:
    """Solve one chunk of an ensemble, keeping only what the observed variables are made of."""
    bound = setup.bind(setup.observed, sampled, members)
    stocks = bound.program.schedule.stocks_for(setup.observed)
    kept = [np.arange(each.offset, each.offset + each.size) for each in stocks]
    return _simulated(setup, bound, sampled, np.concatenate(kept or [np.arange(1)]))


def _simulated(
    setup: Setup,
    bound: Bound,
    sampled: Mapping[str, np.ndarray] | None,
    kept: np.ndarray | None,
) -> Solved:
    def single(k: int) -> Problem:
        own = {name: array[..., k] for name, array in (sampled or {}).items()}
        return _problem(setup, setup.bind(setup.observed, own), own, kept)

    several = bound.members is not None
    problem = _problem(setup, bound, sampled, kept, single if several else None)
    norm = "max" if len(setup.atol) >= MANY_STOCKS else "rms"
    solver = Solver(setup.method, setup.rtol, setup.atol, norm=norm)
    if several or setup.backend == "numpy":
        solution = solve(problem, solver)
    else:
        solution = _solved_compiled(setup, problem, solver)
    values = observe(bound, setup.times, solution, problem.rows)
    return Solved(solution, bound, values)


def _solved_compiled(setup: Setup, alone: Problem, solver: Solver) -> Solution:
    """Solve one run by compiled code, which takes batches: as a batch of one."""
    batch = _problem(setup, setup.bind((), {}, 1), {}, alone.kept, lambda k: alone)
    found = solve(batch, solver)
    status, stopped_at = np.asarray(found.status), np.asarray(found.stopped_at)
    return replace(
        found,
        states=found.states[..., 0],
        status=str(status[0]),
        stopped_at=float(stopped_at[0]),
    )


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


def _problem(
    setup: Setup,
    bound: Bound,
    sampled: Mapping[str, np.ndarray] | None,
    kept: np.ndarray | None,
    member: Any = None,
) -> Problem:
    events = setup.events(bound, sampled)
    floor = _non_negative(setup, bound)
    return Problem(
        _kept_above(floor, setup.step, bound.derivatives) if len(floor) else bound.derivatives,
        bound.initial,
        np.asarray(setup.times, dtype=float),
        setup.step,
        events.breaks,
        events.changing,
        member,
        kept,
        replace(bound.kernel, floor=floor) if bound.kernel else None,
        bound.memory if setup.fixed else None,
        setup.steps if setup.fixed else np.empty(0),
        since=setup.start,
    )


def _non_negative(setup: Setup, bound: Bound) -> np.ndarray:
    """Places in the state of stocks declared non-negative; refused where no method honors it."""
    stocks = [
        each for each in bound.program.schedule.stocks if is_non_negative(setup.system, each.name)
    ]
    if stocks and setup.method.casefold() != "euler":
        raise InputError(
            Finding(
                "error",
                f"The stock {stocks[0].name!r} is declared non-negative, which only Euler's "
                f"method can honor, not {setup.method}.",
                setup.system.where(setup.system[stocks[0].name].line),
                tuple(each.name for each in stocks),
                'Run with method="Euler", or limit its outflow in the model.',
            )
        )
    places = [np.arange(each.offset, each.offset + each.size) for each in stocks]
    return np.concatenate(places) if places else np.empty(0, dtype=int)


def _kept_above(floor: np.ndarray, step: float, rates: Derivatives) -> Derivatives:
    """Under Euler a non-negative stock loses at most what it holds."""

    def derivatives(t: float, y: np.ndarray, dy: np.ndarray) -> None:
        rates(t, y, dy)
        dy[floor] = np.maximum(dy[floor], -y[floor] / step)

    return derivatives
