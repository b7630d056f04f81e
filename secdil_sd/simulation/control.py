"""The file's time settings: when a run starts, ends and is saved, and its step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.compiler import Compiler, bind
from secdil_sd.simulation.values import Values


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
