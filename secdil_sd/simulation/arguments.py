"""What every verb checks of its arguments before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import suggestion
from secdil_sd.simulation.control import Control
from secdil_sd.simulation.engine import FIXED_STEP
from secdil_sd.simulation.state import State, going_on
from secdil_sd.simulation.values import Values


def refuse_unknown(unknown: Mapping[str, Any], known: Sequence[str], verb: str) -> None:
    """Raise for keywords a verb does not have, suggesting the nearest."""
    if unknown:
        raise InputError(
            *(
                Finding(
                    "error",
                    f"{verb}() has no argument {name!r}.",
                    "",
                    (name,),
                    suggestion(name, known),
                )
                for name in unknown
            )
        )


def check_at(at: Any, begin: float) -> float:
    """Return the time of a state, or say which times have one."""
    if not (isinstance(at, int | float | np.number) and np.isfinite(at) and at >= begin):
        remedy = f"Give a time from {begin:g} on."
        raise InputError(Finding("error", f"at is {at!r}.", variables=("at",), remedy=remedy))
    return float(at)


def check_times(
    times: Any, settings: Control, values: Values, method: str, state: State | None = None
) -> np.ndarray:
    """Return the output times as an array; those of a run that goes on begin at its state.

    Raises
    ------
    InputError
        If they are not finite, increasing and at least two, leave a time-varying input, or do
        not begin where the state is.
    """
    if times is None:
        grid = settings.times
        if method.casefold() in FIXED_STEP:  # as Vensim: saved at the step nearest to SAVEPER
            places = np.rint((grid - grid[0]) / settings.step)
            grid = np.unique(grid[0] + places * settings.step)
        grid = grid if state is None else going_on(grid, state)
    else:
        try:
            grid = np.asarray(list(times), dtype=float)
        except (TypeError, ValueError):
            raise InputError(
                Finding(
                    "error",
                    "times are not numbers.",
                    remedy="Give increasing numbers, as range(1948, 1989).",
                )
            ) from None
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise InputError(
            Finding(
                "error",
                "times must be at least two finite numbers in increasing order.",
                remedy="Sort them and remove repeats.",
            )
        )
    if state is not None and abs(grid[0] - state.time) > 1e-9 * max(1.0, abs(state.time)):
        message = f"times begin at {grid[0]:g}, but the state is that of {state.time:g}."
        remedy = f"Let them begin at {state.time:g}."
        raise InputError(Finding("error", message, variables=("times",), remedy=remedy))
    given = {name: each for name, each in values.series.items() if name not in values.data}
    for name, series in given.items():
        first, last = float(series.knots[0]), float(series.knots[-1])
        if grid[0] < first or grid[-1] > last:
            raise InputError(
                Finding(
                    "error",
                    f"times run from {grid[0]:g} to {grid[-1]:g}, outside the series given for "
                    f"{name!r}, {first:g} to {last:g}.",
                    variables=(name,),
                    remedy="Shorten times, or give the series for the years they cover.",
                )
            )
    return grid


def check_rtol(rtol: float) -> float:
    """Return a relative tolerance that makes sense, or say which do."""
    if not (isinstance(rtol, int | float) and 1e-13 <= rtol <= 0.1):
        raise InputError(
            Finding(
                "error",
                f"rtol is {rtol!r}.",
                variables=("rtol",),
                remedy="Give a number between 1e-13 and 0.1, as 1e-8.",
            )
        )
    return float(rtol)
