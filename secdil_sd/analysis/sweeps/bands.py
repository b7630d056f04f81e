"""An ensemble over time as bands: where half, three quarters, nearly all of its members lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

SHARES = (0.5, 0.75, 0.95, 1.0)
MOST_TRACES = 30
BAND_COLUMNS = ("element", "time", "share", "low", "high")
MEDIAN_COLUMNS = ("element", "time", "value")
TRACE_COLUMNS = ("element", "member", "time", "value")


@dataclass(frozen=True)
class Bands:
    """Nested bands of an output, its median, and a few members as they are.

    Parameters
    ----------
    title, units : str
        Of the output.
    table : DataFrame
        element, time, share, low, high: the middle ``share`` of the members lies between.
    median : DataFrame
        element, time, value.
    traces : DataFrame
        element, member, time, value: at most 30 members, evenly spread over the ensemble.
    members : int
        Those that count.
    failed : int
        Those left out because they stopped.
    """

    title: str
    units: str
    table: pd.DataFrame = field(repr=False)
    median: pd.DataFrame = field(repr=False)
    traces: pd.DataFrame = field(repr=False)
    members: int
    failed: int

    @property
    def finding(self) -> str:
        """Where half of the members end, in a sentence."""
        last = self.table["time"].max()
        half = self.table[(self.table["time"] == last) & (self.table["share"] == SHARES[0])]
        ends = [
            f"between {row.low:.3g} and {row.high:.3g}{f' ({row.element})' if row.element else ''}"
            for row in list(half.itertuples())[:3]
        ]
        more = " and so on" if len(half) > 3 else ""
        lost = f"; {self.failed:,} that failed are left out" if self.failed else ""
        return (
            f"Half of {self.members:,} members end with {self.title} {', '.join(ends)}{more}{lost}."
        )


def bands(values: xr.DataArray) -> Bands:
    """Return the nested bands of an output of an ensemble.

    Parameters
    ----------
    values : DataArray (member, time, *dimensions)
        A member that is NaN anywhere counts as failed.

    Raises
    ------
    InputError
        If it has no members or times, or every member failed.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> level = xr.DataArray(np.arange(101.0)[:, None] + [0, 1], dims=("member", "time"),
    ...                      coords={"member": range(101), "time": [0, 1]}, name="level")
    >>> bands(level).table.query("time == 1 and share == 0.5")[["low", "high"]].values.tolist()
    [[26.0, 76.0]]
    """
    import pandas as pd

    name = str(values.attrs.get("long_name", values.name))
    if not {"member", "time"} <= set(values.dims):
        message = f"{name!r} has no members over time."
        raise InputError(Finding("error", message, remedy="Give an output of an ensemble."))
    rest = [str(each) for each in values.dims if each not in ("member", "time")]
    array = values.transpose(*rest, "time", "member").values
    good = np.isfinite(array).all(axis=tuple(range(array.ndim - 1)))
    if not good.any():
        raise InputError(Finding("error", f"All {len(good):,} members failed.", variables=(name,)))
    array, members = array[..., good], values["member"].values[good]
    times = values["time"].values
    chosen = np.unique(np.linspace(0, len(members) - 1, MOST_TRACES).round().astype(int))
    tables: list[pd.DataFrame] = []
    medians: list[pd.DataFrame] = []
    traces: list[pd.DataFrame] = []
    for place in product(*(range(values.sizes[each]) for each in rest)):
        labels = [str(values[each].values[k]) for each, k in zip(rest, place, strict=True)]
        if len(labels) == 2 and labels[0] == labels[1]:
            continue  # a state with itself is no pair
        element, own = ", ".join(labels), array[place]
        for share in SHARES:
            low, high = np.quantile(own, [0.5 - share / 2, 0.5 + share / 2], axis=-1)
            tables.append(
                pd.DataFrame(
                    {"element": element, "time": times, "share": share, "low": low, "high": high}
                )
            )
        middle = np.median(own, axis=-1)
        medians.append(pd.DataFrame({"element": element, "time": times, "value": middle}))
        traces += [
            pd.DataFrame(
                {"element": element, "member": members[k], "time": times, "value": own[:, k]}
            )
            for k in chosen
        ]
    units = str(values.attrs.get("units", ""))
    table, median, single = (
        pd.concat(each, ignore_index=True) for each in (tables, medians, traces)
    )
    return Bands(name, units, table, median, single, int(good.sum()), int((~good).sum()))
