"""From a setup to solved arrays: bound, solved, observed; names in, plain arrays out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.compiler import Compiler, Origin, bind
from secdil_sd.simulation.demands import is_non_negative
from secdil_sd.simulation.observation import observe
from secdil_sd.simulation.values import Values
from secdil_sd.solving.contract import Derivatives
from secdil_sd.solving.problem import Problem, Solution, Solver, solve
from secdil_sd.targets.program import Bound

FIXED_STEP = ("euler", "rk4")

MANY_STOCKS = 200
"""Values of the state from which Tsit5 looks at the worst: a mean would dilute it."""


@dataclass(frozen=True)
class Events:
    """Times within a run at which derivatives jump, and intervals in which they change."""

    breaks: np.ndarray
    changing: tuple[tuple[float, float], ...]


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
    alone : bool
        Whether a member that holds up its batch is solved by itself, or else given up.
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
    alone: bool = True

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
    if not setup.alone:
        solver = replace(solver, alone=0)
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
