"""Which drawing shows which result of a sweep: by how many axes it has, with time or without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from secdil_sd.analysis.sweeps.bands import Bands
from secdil_sd.analysis.sweeps.critical import Threshold, phrase
from secdil_sd.analysis.sweeps.over_draws import level_of, over_draws
from secdil_sd.analysis.sweeps.stability_map import StabilityMap, contour
from secdil_sd.analysis.sweeps.sweep_tables import axes_of, tidy, title_of, with_band
from secdil_sd.errors import Finding, InputError
from secdil_sd.figures import paths, sweeps

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

MOST_LINES = 7
"""Values of an axis that get a line over time."""


def drawing(cube: xr.Dataset, name: str) -> go.Figure:
    """Draw one output of a sweep: lines for one axis, a map for two, a slider for what is left.

    Parameters
    ----------
    cube : Dataset
    name : str
        Key of the output.

    Raises
    ------
    InputError
        If it varies with more than a map and a slider can show.
    """
    cube = over_draws(cube)
    array = cube[name]
    axes = [each for each in axes_of(cube) if each in array.dims]
    timed = "time" in array.dims
    title, level = title_of(cube, name), level_of(name)
    if len(axes) == 1 and timed:
        return _over_time(cube, name, axes[0])
    if len(axes) == 1:
        table = with_band(cube, name, axes).rename(columns={axes[0]: "x"})
        return sweeps.along(table, title_of(cube, axes[0]), title, level)
    if len(axes) + timed > 3 or not axes:
        message = f"{name!r} varies over {', '.join(map(str, array.dims))}: too much for a figure."
        remedy = f"Choose from some, as cube.sel({axes[-1] if axes else 'time'}=...)."
        raise InputError(Finding("error", message, remedy=remedy))
    cells = tidy(cube, name, axes[:2]).rename(columns={axes[0]: "x", axes[1]: "y"})
    border = None
    if level is not None and cells["rest"].nunique() == 1:
        border = _border(cells, level)
    titles = (title_of(cube, axes[0]), title_of(cube, axes[1]), title)
    return sweeps.plane(cells, titles, level, border)


def stability_map(found: StabilityMap) -> go.Figure:
    """Draw a stability map with its border, the names of its sides and the cases on it."""
    x, y = axes_of(found.cube)
    titles = (title_of(found.cube, x), title_of(found.cube, y), phrase(found.output))
    cells = found.table.assign(rest="")
    return sweeps.plane(
        cells, titles, found.level, found.contour, found.regions, found.placed, found.cloud
    )


def curve(found: Threshold) -> go.Figure:
    """Draw the scan of a threshold with the critical values on it."""
    return sweeps.critical_curve(
        found.curve, found.crossings, found.parameter, phrase(found.output), found.at
    )


def spread(found: Threshold) -> go.Figure:
    """Draw how the critical value spreads over draws."""
    assert found.spread is not None
    bars = found.spread.histogram(*found.between)
    return sweeps.critical_values(bars, f"critical {found.parameter}", found.critical)


def banded(found: Bands) -> go.Figure:
    """Draw an ensemble over time as bands."""
    units = f" [{found.units}]" if found.units not in ("", "1", "Dmnl") else ""
    return sweeps.bands(found.table, found.median, found.traces, f"{found.title}{units}")


def _over_time(cube: xr.Dataset, name: str, axis: str) -> go.Figure:
    count = cube.sizes[axis]
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_LINES)).round().astype(int))
    part = cube.isel({axis: chosen})
    table = tidy(part, name, [axis, "time"]).rename(columns={"value": "output"})
    table = table.assign(
        label=[f"{each:.3g}" for each in table[axis]], value=table[axis], state=table["rest"]
    ).rename(columns={"time": "year"})
    states = list(dict.fromkeys(table["state"]))
    figure = paths.by_lever(table, "output", states, title_of(cube, name), level_of(name))
    dashes = zip(("solid", "dashed", "dotted"), states, strict=False)
    which = f" ({', '.join(f'{dash} {state}' for dash, state in dashes)})"
    title = f"{title_of(cube, axis)}{which if len(states) > 1 else ''}  "
    figure.update_layout(legend_title={"text": title, "side": "top"})
    return figure


def _border(cells: pd.DataFrame, level: float) -> pd.DataFrame:
    wide = cells.pivot(index="y", columns="x", values="value")
    return contour(wide.columns.to_numpy(), wide.index.to_numpy(), wide.to_numpy(), level)
