"""Time settings that change during a run: the steps it takes, and when it saves and ends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.equations.expression import Reference
from secdil_sd.equations.known import constants_behind
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.compiler import Compiler, bind
from secdil_sd.simulation.control import Control
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.values import Values
from secdil_sd.solving.fixed import euler_step, rk4_step
from secdil_sd.targets.program import Bound

_, FINAL, STEP, SAVE = TIME_NAMES
SLACK = 1e-5
"""Share of a step by which a time counts as reached; PySD's figure."""

MOST_STEPS = 2_000_000
"""Steps after which a run whose end moves away is given up."""


@dataclass(frozen=True)
class Course:
    """The way through time of one run: output times (time,), step sizes (step,) if they differ."""

    times: np.ndarray
    steps: np.ndarray


def march(
    system: System,
    compiler: Compiler,
    values: Values,
    settings: Control,
    method: str,
    times: Any = None,
) -> Course | None:
    """Run a model whose time settings change once, to learn its steps and output times.

    As in Vensim and PySD the run ends when time passes the present FINAL TIME, and a step is
    saved when its time is a whole number of the present SAVEPER after the start. Adaptive
    methods take the output times of Euler.

    Parameters
    ----------
    times : sequence of float, optional
        Output times asked for; the steps then go as far as these do.

    Returns
    -------
    Course or None
        None if the settings do not change, or only those that ``times`` replaces.

    Raises
    ------
    InputError
        If TIME STEP or SAVEPER is not positive at some time, or the run does not end.
    """
    moving = _moving(compiler.schedule(system, values))
    if not (moving if times is None else moving & {STEP}):
        return None
    start, until = settings.initial, None
    if times is not None:
        try:
            asked = np.asarray(list(times), dtype=float)
        except (TypeError, ValueError):
            return None  # said in words where times are checked
        if not (asked.size and np.isfinite(asked).all()):
            return None
        start, until = float(asked[0]), float(asked[-1])
    bound = bind(system, compiler, values, (FINAL, STEP, SAVE), start, settings.step, True)
    with np.errstate(all="ignore"):
        return _Marching(bound, method, start, until, system.place).course()


def _moving(schedule: Schedule) -> frozenset[str]:
    """The settings that are not known from the constants."""
    later = (FINAL, STEP, SAVE)
    return frozenset(each for each in later if schedule.stages.get(each, "batch") != "batch")


def check_common_steps(setup: Setup, sampled: Collection[str]) -> None:
    """Raise InputError if members of an ensemble would take steps of their own."""
    if STEP not in setup.system:
        return
    schedule = setup.compiler.schedule(setup.system, setup.values)
    behind = {STEP, *constants_behind(setup.system, Reference(STEP))} & set(sampled)
    if schedule.stages.get(STEP) == "state":
        reason = "the stocks"
    elif behind:
        reason = ", ".join(map(repr, sorted(behind)))
    else:
        return
    if not setup.fixed:
        return
    raise InputError(
        Finding(
            "error",
            f"{STEP} depends on {reason}, so that members would take different steps.",
            setup.system.where(setup.system[STEP].line),
            (STEP,),
            "Run them one by one, or choose an adaptive method such as Tsit5.",
        )
    )


def moving_settings(system: System) -> InputError:
    """What answers a run that is to go on from a state although its time settings change."""
    message = f"{STEP}, {FINAL} or {SAVE} changes during the run, which cannot be gone on with."
    remedy = "Make the run in one piece; if only the last two change, give its times."
    return InputError(Finding("error", message, system.place, (STEP, FINAL, SAVE), remedy))


class _Marching:
    def __init__(
        self, bound: Bound, method: str, start: float, until: float | None, place: str
    ) -> None:
        self.bound, self.start, self.until, self.place = bound, start, until, place
        self.y = bound.initial.copy()
        step = rk4_step if method.casefold() == "rk4" else euler_step
        self.step = step(bound.derivatives, self.y)

    def course(self) -> Course:
        memory = self.bound.memory
        t = self.start
        saved: list[float] = []
        steps: list[float] = []
        while True:
            final, step, saveper = self._settings(t)
            if self._saves(t, step, saveper):
                saved.append(float(f"{t:.12g}"))
            if t + step * SLACK >= final or not np.isfinite(self.y).all():
                break
            if len(steps) >= MOST_STEPS:
                raise self._refusal(
                    f"The run does not end: after {MOST_STEPS:g} steps, at time "
                    f"{t:g}, {FINAL} is {final:g}.",
                    "Look at its equation.",
                )
            if memory:
                memory.feed(t, self.y)
            self.step(t, step)
            if memory:
                memory.move(self.y)
            t += step
            steps.append(step)
        if not np.isfinite(self.y).all() and (not saved or saved[-1] < t):
            saved.append(float(f"{t:.12g}"))  # so that the run itself gets there, and says so
        alike = len(set(steps)) < 2  # only the end or the saving moves
        return Course(np.array(saved), np.array([] if alike else steps))

    def _settings(self, t: float) -> tuple[float, float, float]:
        out = self.bound.observed(t, self.y)
        final, step, saveper = (float(out[each]) for each in (FINAL, STEP, SAVE))
        if not (step > 0 and np.isfinite(step) and saveper > 0):
            raise self._refusal(
                f"At time {t:g} {STEP} is {step:g} and {SAVE} is {saveper:g}.",
                "Both must be positive at all times.",
            )
        self.bound.clock.follow(t, [step])
        return (final if self.until is None else self.until), step, saveper

    def _saves(self, t: float, step: float, saveper: float) -> bool:
        since, near = t - self.start, step * SLACK
        return since % saveper < near or -since % saveper < near

    def _refusal(self, message: str, remedy: str) -> InputError:
        return InputError(Finding("error", message, self.place, (STEP, FINAL, SAVE), remedy))
