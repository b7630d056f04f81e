"""The cube of a sweep as tidy tables and sentences, for figures and readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.sweeps.critical import phrase
from secdil_sd.analysis.sweeps.crossing import DRAW
from secdil_sd.analysis.sweeps.over_draws import level_of, over_draws
from secdil_sd.analysis.sweeps.sweep import POINT
from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.export import path_of, write_dataset

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def is_sweep(run: xr.Dataset) -> bool:
    """Say whether a dataset came from `sweep` or `sweep_zipped` and still has an axis."""
    return "axes" in run.attrs and bool(axes_of(run))


def axes_of(cube: xr.Dataset) -> tuple[str, ...]:
    """Return the dimensions of a cube that are axes; those a user has chosen from are gone."""
    if POINT in cube.dims:
        return (POINT,)
    named = str(cube.attrs.get("axes", "")).split(", ")
    return tuple(each for each in named if each in cube.dims)


def tidy(cube: xr.Dataset, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return one output as a table.

    Parameters
    ----------
    cube : Dataset
    name : str
        Key of an output.
    columns : sequence of str
        Dimensions that get a column.

    Returns
    -------
    DataFrame
        Those columns, ``value``, and ``rest``: where on its other dimensions a row lies, in
        words ("A", "distinguishability 0.5"); a state with itself is left out.
    """
    import pandas as pd

    array = cube[name]
    rest = [str(each) for each in array.dims if each not in columns]
    values = array.transpose(*rest, *columns).values
    grids = np.meshgrid(*(_labels(cube, each) for each in columns), indexing="ij")
    parts = []
    for place in product(*(range(array.sizes[each]) for each in rest)):
        words = [_words(cube, each, k) for each, k in zip(rest, place, strict=True)]
        pairs = [words[rest.index(each)] for each in ("state", "rival") if each in rest]
        if len(pairs) == 2 and pairs[0] == pairs[1]:
            continue
        found: dict[str, Any] = {c: g.ravel() for c, g in zip(columns, grids, strict=True)}
        parts.append(
            pd.DataFrame({**found, "rest": ", ".join(words), "value": values[place].ravel()})
        )
    return pd.concat(parts, ignore_index=True)


def with_band(cube: xr.Dataset, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return `tidy` with what `over_draws` added: low, high and share, where there are such."""
    found = tidy(cube, name, columns)
    for each in ("low", "high", "share"):
        if f"{name}_{each}" in cube:
            found[each] = tidy(cube, f"{name}_{each}", columns)["value"]
    return found


def as_table(cube: xr.Dataset) -> pd.DataFrame:
    """Return a sweep as a wide table: a row a cell (case and time), a column an output.

    Returns
    -------
    DataFrame
        What varies, case and time first; outputs by element, as "burden final[India]"; last
        ``status``. Of a sweep over draws what `over_draws` gives, with ``answered``.
    """
    import pandas as pd

    drawn = DRAW in cube.dims
    cube = over_draws(cube)
    lead = [each for each in (*axes_of(cube), "case") if each in cube.dims]
    timed = any("time" in each.dims for each in cube.data_vars.values())
    rows = [*lead, *(["time"] if timed else [])]
    frame = pd.MultiIndex.from_product([cube[each].values for each in rows], names=rows)
    found = frame.to_frame(index=False)
    if POINT in rows:
        moving = {each: cube[each].values[found[POINT]] for each in _moving(cube)}
        found = found.assign(**moving)[[*moving, *(each for each in rows if each != POINT)]]
    whole = cube[rows]
    for name, array in cube.data_vars.items():
        rest = [str(each) for each in array.dims if each not in rows]
        title = str(array.attrs.get("long_name", name))
        for place in product(*(range(array.sizes[each]) for each in rest)):
            labels = [str(cube[d].values[k]) for d, k in zip(rest, place, strict=True)]
            part = array.isel(dict(zip(rest, place, strict=True)), drop=True)
            values = part.broadcast_like(whole).transpose(*rows).values.ravel()
            found[f"{title}[{', '.join(labels)}]" if labels else title] = values
    for name in ["answered"] * drawn + ["status"]:
        found[name] = cube[name].broadcast_like(whole).transpose(*rows).values.ravel()
    return found


def write_sweep(cube: xr.Dataset, path: str | Path) -> Path:
    """Write a sweep: .csv and .parquet as `as_table`, .nc, .zarr and .json with all labels.

    Raises
    ------
    InputError
        If no format has that ending.
    FileError
        If the place cannot be written.
    """
    if path_of(path).suffix.lower() in (".csv", ".parquet"):
        return save_result(path, {"cells": as_table(cube)}, {})
    return write_dataset(cube, path)


def title_of(cube: xr.Dataset, name: str) -> str:
    """Return an output's or axis' name and unit, as an axis title."""
    own = next(iter(_moving(cube))) if name == POINT else name
    attrs = cube[own].attrs
    units = str(attrs.get("units", ""))
    shown = "" if units.casefold() in ("", "1", "dmnl", "dimensionless") else f" [{units}]"
    return f"{attrs.get('long_name', own)}{shown}"


def sweep_findings(cube: xr.Dataset) -> tuple[str, ...]:
    """Return a sentence an output: from where to where it goes, and how much passes its level.

    Raises
    ------
    InputError
        If the dataset is no sweep.
    """
    if not is_sweep(cube):
        message = "This dataset is no sweep: none of its dimensions is an axis."
        raise InputError(Finding("error", message, remedy="Give what sd.sweep returned."))
    summary = over_draws(cube)
    found = [_sentence(summary, str(name)) for name in cube.data_vars]
    return (*found, *_about_draws(cube, summary), *_failures(cube))


def _about_draws(cube: xr.Dataset, summary: xr.Dataset) -> Iterator[str]:
    if DRAW not in cube.dims:
        return
    count = cube.sizes[DRAW]
    yield f"These are medians over {count:,} draws of the fitted values, which belong together."
    for name in cube.data_vars:
        shares = summary.get(f"{name}_share")
        if shares is not None and shares.notnull().any():
            what = phrase(str(cube[name].attrs.get("long_name", name)))
            least, most = (f"{float(each):.0%}" for each in (shares.min(), shares.max()))
            often = f"{least} of the draws in every cell"
            if least != most:
                often = f"{least} to {most} of the draws, cell by cell"
            yield f"The {what} is above {level_of(str(name)):g} in {often}."


def _moving(cube: xr.Dataset) -> tuple[str, ...]:
    return tuple(str(cube.attrs.get("axes", "")).split(", "))


def _labels(cube: xr.Dataset, dim: str) -> np.ndarray:
    """The values along a dimension; points are labelled by the first of what moves."""
    return cube[_moving(cube)[0] if dim == POINT else dim].values


def _words(cube: xr.Dataset, dim: str, place: int) -> str:
    value = cube[dim].values[place]
    if isinstance(value, str | np.str_):
        return str(value)
    if dim == "time":
        return f"{'in' if 1500 <= value < 2500 else 'at time'} {value:.6g}"
    return f"{cube[dim].attrs.get('long_name', dim)} {value:.4g}"


def _sentence(cube: xr.Dataset, name: str) -> str:
    array = cube[name]
    what = phrase(str(array.attrs.get("long_name", name)))
    values = array.values
    if not np.isfinite(values).any():
        return f"The {what} is not known anywhere: every cell failed."
    low, high = (
        np.unravel_index(int(pick(values)), values.shape) for pick in (np.nanargmin, np.nanargmax)
    )
    text = (
        f"The {what} goes from {values[low]:.3g} ({_place(cube, array, low)}) to "
        f"{values[high]:.3g} ({_place(cube, array, high)})"
    )
    level = level_of(name)
    if level is None:
        return f"{text}."
    share = float(np.mean(values[np.isfinite(values)] > level))
    often = "never" if share == 0 else "always" if share == 1 else f"in {share:.0%} of the cells"
    return f"{text}; {often} above {level:g}."


def _place(cube: xr.Dataset, array: xr.DataArray, place: Sequence[Any]) -> str:
    words = []
    for dim, k in zip(map(str, array.dims), place, strict=True):
        if dim == POINT:
            words += [
                f"{cube[each].attrs['long_name']} {cube[each].values[k]:.4g}"
                for each in _moving(cube)
            ]
        else:
            words.append(_words(cube, dim, int(k)))
    return ", ".join(words)


def _failures(cube: xr.Dataset) -> Iterator[str]:
    failed, cells = int(cube.attrs.get("failed", 0)), int(cube.attrs.get("cells", 0))
    if failed:
        if DRAW in cube.dims:
            yield f"{failed:,} of {cells:,} runs failed and are left out of the medians."
        else:
            yield f"{failed:,} of {cells:,} cells failed and are blank."
