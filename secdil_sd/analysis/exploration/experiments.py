"""What was varied in an ensemble and what came out, lined up as tables."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

NOT_SAMPLED = ("member", "status", "stopped_at")


def samples_of(ensemble: xr.Dataset) -> pd.DataFrame:
    """Return the sample an ensemble was run on, ready to be run again.

    Parameters
    ----------
    ensemble : Dataset
        Of `Model.run_ensemble`; what was sampled is a coordinate over ``member``.

    Returns
    -------
    DataFrame
        A row a member, a column a constant or an element of it ("transparency[India]"); elements
        that are the same in every member share one column.

    Raises
    ------
    InputError
        If it is not an ensemble, or nothing was sampled.

    Examples
    --------
    >>> import pandas as pd, secdil_sd as sd
    >>> draws = pd.DataFrame({"reaction": [0.1, 0.2], "fatigue[East]": [0.3, 0.4]})
    >>> run = sd.load_model("richardson").run_ensemble(draws, times=range(3))
    >>> samples_of(run)["fatigue[East]"].tolist()
    [0.3, 0.4]
    """
    import pandas as pd

    if not hasattr(ensemble, "coords") or "member" not in ensemble.dims:
        message = f"A {type(ensemble).__name__} without members is no ensemble."
        remedy = "Run one, as case.run_ensemble(samples), or give the scenario itself."
        raise InputError(Finding("error", message, remedy=remedy))
    columns: dict[str, np.ndarray] = {}
    for name, coordinate in ensemble.coords.items():
        if name not in NOT_SAMPLED and "member" in coordinate.dims:
            columns |= _columns(coordinate)
    if not columns:
        message = "The ensemble holds no sampled parameters."
        remedy = "Keep the coordinates over member when you cut it down."
        raise InputError(Finding("error", message, remedy=remedy))
    return pd.DataFrame(columns, index=ensemble["member"].to_index())


def _columns(coordinate: xr.DataArray) -> dict[str, np.ndarray]:
    """The columns of one constant: one if its elements never differ, else one an element."""
    title = str(coordinate.attrs.get("long_name", coordinate.name))
    rest = [each for each in coordinate.dims if each != "member"]
    values = coordinate.transpose(*rest, "member").values
    flat = values.reshape(-1, values.shape[-1])
    if not rest or (flat == flat[0]).all():
        return {title: flat[0].copy()}
    found = {}
    for place in product(*(range(coordinate.sizes[each]) for each in rest)):
        labels = [str(coordinate[each].values[k]) for each, k in zip(rest, place, strict=True)]
        itself = len(labels) == 2 and labels[0] == labels[1]  # no pair, unless it was sampled
        if not itself or (values[place] != values[place][0]).any():
            found[f"{title}[{','.join(labels)}]"] = values[place].copy()
    return found


def succeeded(ensemble: xr.Dataset) -> np.ndarray:
    """Return which members were solved to the end: array (member,) of bool."""
    if "status" not in ensemble.coords:
        return np.ones(ensemble.sizes["member"], dtype=bool)
    return np.asarray(ensemble["status"].values == "ok")


def varying(samples: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that differ between members.

    Raises
    ------
    InputError
        If none does.
    """
    kept = [name for name in samples if samples[name].nunique() > 1]
    if not kept:
        message = "No parameter differs between the members."
        raise InputError(Finding("error", message, remedy="Sample some, then ask again."))
    return samples[kept]


def by_element(array: xr.DataArray) -> dict[str, Any]:
    """Return the values of an output by element: arrays ([time,] member), self-pairs left out."""
    rest = [each for each in array.dims if each not in ("member", "time")]
    order = [each for each in ("time", "member") if each in array.dims]
    values = array.transpose(*rest, *order).values
    found = {}
    for place in product(*(range(array.sizes[each]) for each in rest)):
        labels = [str(array[each].values[k]) for each, k in zip(rest, place, strict=True)]
        if len(labels) != 2 or labels[0] != labels[1]:
            found[",".join(labels)] = values[place]
    return found
