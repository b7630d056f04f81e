"""The one gate: a schedule goes in, callables over arrays come out.

All code secdil generates is made by ``targets.arrays`` from names and numbers that passed
``targets.naming``, and is executed here and nowhere else, without builtins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.share import shared
from secdil_sd.solving.contract import Kernel
from secdil_sd.targets.arrays import print_arrays
from secdil_sd.targets.forms import Forms
from secdil_sd.targets.memory import Inflow, Memory
from secdil_sd.targets.native import kernel_of
from secdil_sd.targets.runtime import SMALL, Clock, SeriesTable, namespace, uniform

MANY_MEMBERS = 512
"""Members from which the rates of a small world are computed element by element."""

MOST_BREAKS = 64
"""Distinct break times of a batch beyond which error control takes over."""


@dataclass(frozen=True)
class Program:
    """A compiled model: its schedule, the text it became, and what its outputs are.

    Parameters
    ----------
    schedule : Schedule
    outputs : tuple of str
        Variables that a bound program's ``observe`` gives.
    source : str
        Readable NumPy code.
    """

    schedule: Schedule
    outputs: tuple[str, ...]
    source: str
    _code: Any = field(repr=False, compare=False, hash=False)

    @cached_property
    def forms(self) -> Forms:
        """The rates for single numbers: for batches of a small world, and for numba."""
        return Forms(self.schedule)

    def bind(
        self,
        constants: Mapping[str, np.ndarray],
        series: Mapping[str, tuple[Any, ...]],
        start: float,
        step: float,
        fixed: bool,
        members: int | None = None,
        dtype: type = float,
        native: bool = False,
    ) -> Bound:
        """Compute everything known from the constants and return callables of (t, y).

        Parameters
        ----------
        constants : mapping of str to array
            One for each constant: (*dimensions,) or, where sampled, (*dimensions, member).
        series : mapping of str to (knots, values[, between])
            Time-varying inputs: (knot,) and (knot, *dimensions); linear between knots unless
            ``between`` says otherwise (see `SeriesTable`).
        start : float
            Time at which the integration begins.
        step : float
            The file's TIME STEP.
        fixed : bool
            Whether a fixed-step solver on that grid will call.
        members : int or None
            Size of the member axis; None for a run, which has none.
        dtype : type
            ``complex`` for derivatives by complex steps.
        native : bool
            Whether compiled rates are wanted beside the NumPy ones; see `Forms.refusal`.
        """
        trailing = () if members is None else (members,)
        clock = Clock(step, fixed)
        names = namespace(clock, dtype is complex)
        names["__builtins__"] = {}
        scope: dict[str, Any] = names
        slots = self.schedule.slots
        exec(self._code, scope)  # noqa: S102 - our own text, without builtins

        def new(*shape: int, logical: bool = False) -> np.ndarray:
            return np.empty(shape + trailing, dtype=bool if logical else dtype)

        given = {
            name: _with_members(
                uniform(np.asarray(value, dtype=dtype)),
                len(slots[name].shape),
                members,
            )
            for name, value in constants.items()
        }
        slack, ones = SMALL if fixed else 0.0, (1,) * len(trailing)
        tables = {
            name: SeriesTable(knots, values, ones, between[0] if between else "hold", slack)
            for name, (knots, values, *between) in series.items()
        }
        initial = np.zeros((self.schedule.state_size, *trailing), dtype=dtype)
        with np.errstate(all="ignore"):
            rates, observe, watched, crossings, marks, seen, known = scope["build"](
                given, tables, start, initial, new, trailing
            )
            inflow = Inflow(rates, seen, initial) if seen else None
            derivatives = inflow.derivatives if inflow else rates
            kernel = None
            if dtype is float and members and (native or members >= MANY_MEMBERS):
                alike = [n for n, v in constants.items() if np.ndim(v) == len(slots[n].shape)]
                facts = self.forms.facts(given, known, alike)
                if native:
                    text = self.forms.native(facts)
                    values = _built(text.inputs, scope)(given, known)
                    kernel = kernel_of(text, values, tables, clock, members)
                elif self.forms.rates(facts):
                    build = _built(self.forms.rates(facts), scope)
                    derivatives = build(given, tables, known, new)
        knots = [knot for each in series.values() for knot in np.asarray(each[0], dtype=float)]
        return Bound(
            self,
            initial,
            members,
            step,
            tuple(knots),
            clock,
            derivatives,
            observe,
            watched,
            crossings,
            marks,
            inflow,
            kernel,
        )


@dataclass(frozen=True)
class Bound:
    """A program with its constants in: initial state and functions of time and state.

    ``initial`` is (stock,) or (stock, member). ``derivatives(t, y, dy)`` fills ``dy``;
    ``observe(t, y, out)`` fills the arrays of ``out``, each (*dimensions[, member]).
    """

    program: Program
    initial: np.ndarray
    members: int | None
    step: float
    knots: tuple[float, ...]
    clock: Clock
    derivatives: Callable[[float, np.ndarray, np.ndarray], None]
    observe: Callable[[float, np.ndarray, Mapping[str, np.ndarray]], None]
    watched: Callable[[float], tuple[Any, ...]]
    crossings: Callable[[float], list[tuple[Any, tuple[float, ...]]]]
    marks: Sequence[tuple[str, tuple[Any, ...]]]
    inflow: Inflow | None = None
    kernel: Kernel | None = None

    @cached_property
    def memory(self) -> Memory | None:
        """What the model remembers beside its state, moved on by whoever solves; or None."""
        schedule = self.program.schedule
        if self.inflow is None:
            return None
        trailing = () if self.members is None else (self.members,)
        return Memory(schedule, self.inflow, self.initial, self.step, trailing)

    def new_outputs(self, times: int) -> dict[str, np.ndarray]:
        """Return an array (time, *dimensions[, member]) for each output, full of NaN."""
        trailing = () if self.members is None else (self.members,)
        slots = self.program.schedule.slots
        return {
            name: np.full((times, *slots[name].shape, *trailing), np.nan, self.initial.dtype)
            for name in self.program.outputs
        }

    def observe_row(
        self, outputs: Mapping[str, np.ndarray], k: int, t: float, y: np.ndarray
    ) -> None:
        """Observe into row ``k`` of arrays made by `new_outputs`."""
        self.observe(t, y, {name: array[k, ...] for name, array in outputs.items()})

    def observed(self, t: float, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return each output at one time and state, (*dimensions[, member])."""
        outputs = self.new_outputs(1)
        self.observe_row(outputs, 0, t, y)
        return {name: array[0] for name, array in outputs.items()}

    def breaks(self, begin: float, end: float) -> np.ndarray:
        """Return the times within (begin, end) at which a derivative may jump."""
        found = set(self.knots)
        for kind, arguments in self.marks:
            found |= _mark_times(kind, [np.real(each) for each in arguments], begin, end, self.step)
        found |= _crossing_times(self.crossings, begin, end, self.step)
        inside = sorted(each for each in found if begin < each < end)
        return np.array(
            inside if len(inside) <= MOST_BREAKS or self.members is None else sorted(self.knots)
        )

    def changing(self, begin: float, end: float) -> tuple[tuple[float, float], ...]:
        """Return the intervals in which values that name Time itself change.

        Sampled at TIME STEP; a change counts above 1e-9 of the value's largest magnitude.
        """
        if end <= begin or not self._watched_values(begin):
            return ()
        count = int(min(np.ceil((end - begin) / self.step), 20_000)) + 1
        grid = np.linspace(begin, end, count)
        moving = np.zeros(count - 1, dtype=bool)
        for values in map(np.array, zip(*map(self._watched_values, grid), strict=True)):
            scale = np.nanmax(np.abs(values), axis=0, initial=0.0)
            with np.errstate(invalid="ignore"):
                changed = np.abs(np.diff(values, axis=0)) > 1e-9 * scale
            moving |= changed.reshape(count - 1, -1).any(axis=1)
        return _intervals(grid, moving)

    def _watched_values(self, t: float) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            return [np.real(np.asarray(each)) for each in self.watched(float(t))]


def _with_members(value: np.ndarray, dimensions: int, members: int | None) -> np.ndarray:
    """Give a constant its member axis: its own if sampled, of one if not."""
    if members is None or value.ndim > dimensions:
        return value
    return value[..., None]


def _mark_times(
    kind: str, arguments: list[np.ndarray], begin: float, end: float, step: float
) -> set[float]:
    """Return when a STEP, RAMP or PULSE switches."""
    if kind == "step":
        times = [arguments[1]]
    elif kind == "ramp":
        times = arguments[1:]
    elif kind == "pulse":
        times = [arguments[0], arguments[0] + arguments[1]]
    elif kind == "impulse":
        times = [arguments[1], arguments[1] + step]
    else:
        train = kind == "pulse_train"
        start, interval = (arguments[0], arguments[2]) if train else (arguments[1], arguments[2])
        width = arguments[1] if train else step
        count = int(np.clip(np.ceil((end - begin) / max(np.min(interval), 1e-9)) + 1, 1, 10_000))
        first = [start + k * interval for k in range(count)]
        times = [*first, *(each + width for each in first), *([arguments[3]] if train else [])]
    return {float(each) for time in times for each in np.unique(time) if np.isfinite(each)}


def _crossing_times(
    crossings: Callable[[float], list[tuple[Any, tuple[float, ...]]]],
    begin: float,
    end: float,
    step: float,
) -> set[float]:
    """Return when expressions of time cross their thresholds.

    Found on the grid of TIME STEP and refined by linear interpolation, exact for the usual
    case of an expression linear in time, then by bisection.
    """
    with np.errstate(all="ignore"):
        if not crossings(begin):
            return set()
        count = int(min(np.ceil((end - begin) / step), 20_000)) + 1
        grid = np.linspace(begin, end, count)
        rows = [crossings(float(t)) for t in grid]
        found: set[float] = set()
        for place, (first, thresholds) in enumerate(rows[0]):
            size = np.size(first)
            values = np.array([np.ravel(np.real(row[place][0])) for row in rows]).reshape(count, -1)
            for element in range(min(size, MOST_BREAKS)):

                def value(t: float, place: int = place, element: int = element) -> float:
                    return float(np.ravel(np.real(crossings(t)[place][0]))[element])

                for threshold in thresholds:
                    found |= _roots(grid, values[:, element] - threshold, value, threshold)
    return found


def _roots(
    grid: np.ndarray, signed: np.ndarray, value: Callable[[float], float], threshold: float
) -> set[float]:
    found = {float(each) for each in grid[signed == 0.0]}
    if len(found) > MOST_BREAKS:  # constant at its threshold: no crossing
        return set()
    for k in np.flatnonzero(signed[:-1] * signed[1:] < 0):
        low, high = float(grid[k]), float(grid[k + 1])
        guess = low + (high - low) * signed[k] / (signed[k] - signed[k + 1])
        if abs(value(guess) - threshold) > 1e-12 * max(abs(threshold), 1.0):
            below = signed[k] < 0
            for _ in range(60):
                guess = 0.5 * (low + high)
                if (value(guess) < threshold) == below:
                    low = guess
                else:
                    high = guess
        found.add(guess)
    return found


def _intervals(grid: np.ndarray, moving: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Join neighbouring grid cells that are marked."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], moving, [False]]).astype(int)))
    return tuple(
        (float(grid[a]), float(grid[b])) for a, b in zip(edges[::2], edges[1::2], strict=True)
    )


def compile_program(schedule: Schedule, outputs: Sequence[str]) -> Program:
    """Compile a schedule to NumPy code whose ``observe`` gives ``outputs``."""
    schedule = shared(schedule)
    source = print_arrays(schedule, outputs)
    return Program(schedule, tuple(outputs), source, _compiled(source))


def _built(source: str, scope: dict[str, Any]) -> Callable[..., Any]:
    """Return the ``build`` that a text of ours defines."""
    exec(_compiled(source), scope)  # noqa: S102 - our own text, without builtins
    build: Callable[..., Any] = scope["build"]
    return build


@lru_cache(maxsize=256)
def _compiled(source: str) -> Any:
    return compile(source, "<secdil generated>", "exec")
