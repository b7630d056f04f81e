"""Cases placed on a map by their own values of its two parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import answer
from secdil_sd.analysis.sweeps.axes import Axis, read_axis
from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.simulation.draws import named
from secdil_sd.simulation.outputs import Output
from secdil_sd.simulation.parameters import PAIR
from secdil_sd.simulation.scenario import Scenario
from secdil_sd.simulation.scenario_loading import load_scenario
from secdil_sd.simulation.values import Reader

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

CLOUD_COLUMNS = ("draw", "x", "y", "value")
PLACED_COLUMNS = ("name", "title", "x", "y", "on_map", "own", "note")


@dataclass(frozen=True)
class Mark:
    """Something to mark on a map.

    Parameters
    ----------
    name, title : str
    x, y : float
    own : float
        What the case itself gives; NaN for a bare point.
    note : str
        What was averaged to get ``x`` and ``y``.
    """

    name: str
    title: str
    x: float
    y: float
    own: float = float("nan")
    note: str = ""


def marks_of(
    subject: Scenario, axes: Sequence[Axis], cases: Any, wanted: Output, times: Any
) -> Iterator[Mark]:
    """Yield what is marked: the subject's own cases, then scenarios or points.

    Parameters
    ----------
    subject : Scenario
    axes : two axes
    cases : sequence of str or Scenario, or mapping of str to (x, y)
    wanted : Output
        One number a run: what each case itself gives.
    times : sequence of float or None
        Output times of the subject's own cases; other scenarios keep theirs.

    Raises
    ------
    InputError
        If a scenario does not have one of the parameters.
    """
    for name, each in subject.cases.items():
        yield _mark(each, name, axes, wanted, times)
    if isinstance(cases, Mapping):
        for name, (x, y) in cases.items():
            yield Mark(str(name), str(name), float(x), float(y))
        return
    for given in [cases] if isinstance(cases, str | Scenario) else cases:
        other = load_scenario(given) if isinstance(given, str) else given
        for each in other.cases.values() or (other,):
            yield _mark(each, each.name, axes, wanted, None)


def placed(marks: Sequence[Mark], field: xr.DataArray, axes: Sequence[Axis]) -> pd.DataFrame:
    """Return the marks with the map's value at each: columns ``PLACED_COLUMNS``."""
    import pandas as pd

    rows = []
    for mark in marks:
        there = {axes[0].key: mark.x, axes[1].key: mark.y}
        value = float(field.interp(there))  # NaN beside the map
        rows.append((mark.name, mark.title, mark.x, mark.y, value, mark.own, mark.note))
    return pd.DataFrame(rows, columns=list(PLACED_COLUMNS))


def no_cloud() -> pd.DataFrame:
    """Return a cloud of no draws."""
    import pandas as pd

    return pd.DataFrame({name: np.empty(0) for name in CLOUD_COLUMNS})


def cloud_of(case: Scenario, axes: Sequence[Axis], wanted: Output, times: Any) -> pd.DataFrame:
    """Return where a case's draws lie on a map, and what each gives by itself.

    Parameters
    ----------
    case : Scenario
    axes : two axes
        A draw stands at the mean of what an axis sets, as cases do.
    wanted : Output
        One number a run.
    times : sequence of float or None
    """
    import pandas as pd

    if case.draws is None:
        return no_cloud()
    reader = Reader(case.model.system, case.name)
    columns = {}
    for name, axis in zip("xy", axes, strict=True):
        parts = [
            case.draws[each]
            if each in case.draws
            else _own_value(case, read_axis(reader, each, np.empty(0)))[0]
            for each in named(case.model.system, axis.name)
        ]
        columns[name] = sum(parts) / len(parts) + np.zeros(len(case.draws))
    grid = case.times or None if times is None else times
    value = answer(case, case.draws, [wanted.text], grid).values[:, 0]
    return pd.DataFrame({"draw": case.draws.index, **columns, "value": value})


def _mark(case: Scenario, name: str, axes: Sequence[Axis], wanted: Output, times: Any) -> Mark:
    (x, y), notes = zip(*(_own_value(case, axis) for axis in axes), strict=True)
    run = case.run(outputs=[wanted.text], times=times)
    note = "; ".join(each for each in notes if each)
    return Mark(name, case.title or name, x, y, float(run[wanted.key]), note)


def _own_value(case: Scenario, axis: Axis) -> tuple[float, str]:
    """Return a case's value of an axis, and what was averaged to get it."""
    own = read_axis(Reader(case.model.system, case.name), axis.text, np.empty(0))
    values = case.values
    series = values.series.get(own.variable)
    if series is None:
        array = np.asarray(values.constants[own.variable], dtype=float)
    else:
        array = series.at(np.asarray(case.times or case.model.time.times)).mean(axis=0)
    dims = dimensions(case.model.system, own.variable)
    places = [each for each in sorted(own.places) if dims != PAIR or each[0] != each[1]]
    numbers = np.array([array[place] for place in places or sorted(own.places)])
    notes = ["its mean over time"] if series is not None else []
    if np.ptp(numbers) > 0:
        labels = [elements(case.model.system, each) for each in dims]
        named = (
            f"{number:.2g} ({', '.join(names[k] for names, k in zip(labels, at, strict=True))})"
            for at, number in zip(places, numbers, strict=True)
        )
        notes.append(f"the mean of {', '.join(named)}")
    return float(numbers.mean()), f"{own.name}: {', '.join(notes)}" if notes else ""
