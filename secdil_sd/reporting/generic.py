"""The sections that any scenario or model has: cases side by side, stocks over time, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from secdil_sd.figures import paths
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.names import key, spelling, split_selector
from secdil_sd.reporting.page import Section, Table

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.scenario import Scenario

MOST_PANELS, MOST_LINES = 12, 8
ORIGINS = ("fitted", "measured", "judgement")


def cases_section(
    run: xr.Dataset, titles: Mapping[str, str], roles: Mapping[str, str], states: Sequence[str]
) -> Section:
    """The cases of a scenario side by side."""
    exhibits = []
    for name, noun, threshold in (
        ("spiral_number", "spiral number", 1.0),
        (key(roles.get("burden", "?")), "share of GDP, mean of the states", None),
    ):
        if name not in run:
            continue
        values = run[name].mean("state") if "state" in run[name].dims else run[name]
        table = values.to_series().rename("value").reset_index().rename(columns={"time": "year"})
        table["case"] = table["case"].map(titles)
        ends = (
            table.groupby("case", sort=False)["value"].max()
            if threshold
            else table.groupby("case", sort=False)["value"].last()
        )
        title = f"Highest {noun}: " if threshold else f"At the end, {noun}: "
        shape = "{:.2f}" if threshold else "{:.1%}"
        title += "; ".join(f"{case} {shape.format(value)}" for case, value in ends.items())
        exhibits.append(
            Exhibit(
                f"cases-{name}".replace("_", "-"),
                title,
                f"The {noun} in each case."
                + (" The line marks 1: above it an increase grows." if threshold else ""),
                f"The {noun} over time, one line a case.",
                (Panel(paths.by_case(table, noun, threshold), height=380),),
                table,
            )
        )
    return Section(
        "cases", "Case by case", (), tuple(exhibits), (_case_table(run, titles, roles, states),)
    )


def _case_table(
    run: xr.Dataset, titles: Mapping[str, str], roles: Mapping[str, str], states: Sequence[str]
) -> Table:
    end = run.isel(time=-1)
    columns: dict[str, Any] = {"peak spiral number": run["spiral_number"].max("time")}
    columns["reaction gain at the end"] = end["reaction_gain"]
    for role, title in (("burden", "share of GDP"), ("security", "security index")):
        name = key(roles.get(role, "?"))
        if name in run:
            columns[f"{title} at the end"] = end[name].mean("state")
    rows = tuple(
        (titles[case], *(f"{float(each.sel(case=case)):.3g}" for each in columns.values()))
        for case in titles
    )
    table = pd.DataFrame(
        [[row[0], *map(float, row[1:])] for row in rows], columns=["case", *columns]
    )
    return Table("The cases in numbers", ("case", *columns), rows, "Means over the states.", table)


def paths_section(run: xr.Dataset, stocks: Sequence[str]) -> Section:
    """For any model: its stocks over time, one panel each."""
    panels, parts = [], []
    for name in stocks[:MOST_PANELS]:
        values = run[key(name)]
        series, table = _lines_of(values)
        units = values.attrs.get("units", "")
        panels.append(Panel(paths.lines(series, units), name, 260))
        parts.append(table.assign(variable=name))
    data = pd.concat(parts, ignore_index=True)
    more = len(stocks) - len(panels)
    note = f" The first {len(panels)} of {len(stocks)} stocks." if more > 0 else ""
    change = data.groupby("variable", sort=False)["value"].agg(
        lambda v: abs(v.iloc[-1] - v.iloc[0])
    )
    exhibit = Exhibit(
        "stocks",
        f"{change.idxmax()} changes most" if float(change.max()) > 0 else "Nothing changes",
        f"Each stock of the model over time, at the file's own values.{note}",
        "Stocks over time, one panel each.",
        tuple(panels),
        data,
    )
    return Section("paths", "What happens over time", (), (exhibit,))


def _lines_of(
    values: xr.DataArray,
) -> tuple[dict[str, tuple[list[float], list[float]]], pd.DataFrame]:
    """Return the lines of one variable by element, and the same as a table."""
    years = values["time"].values
    rest = [str(each) for each in values.dims if each != "time"]
    flat = values.transpose("time", *rest).values.reshape(len(years), -1)
    labels = [
        ", ".join(str(values[dim].values[k]) for dim, k in zip(rest, place, strict=True))
        for place in np.ndindex(*(values.sizes[each] for each in rest))
    ]
    series = {
        label or str(values.name): (years.tolist(), flat[:, k].tolist())
        for k, label in enumerate(labels[:MOST_LINES])
    }
    parts = [
        pd.DataFrame({"element": label, "time": years, "value": flat[:, k]})
        for k, label in enumerate(labels)
    ]
    return series, pd.concat(parts)


def values_section(case: Scenario) -> Section | None:
    """What the scenario sets, with the origin of each value."""
    rows = []
    for text, value in case.params.items():
        origin = _origin(text, case.origins)
        kind = next((each for each in ORIGINS if origin.startswith(each)), "")
        shown = "over time" if hasattr(value, "index") else _shown(value)
        note = origin.partition(":")[2].strip() or origin
        rows.append((_readable(text), shown, f"badge:{kind}" if kind else "", note))
    if not rows:
        return None
    caption = "Everything not listed keeps the value of the model file, with its source below."
    columns = ("quantity", "value", "origin", "why")
    return Section(
        "values",
        "Which values, and where from",
        (),
        (),
        (Table("Values of this scenario", columns, tuple(rows), caption),),
    )


def _origin(text: str, origins: Mapping[str, str]) -> str:
    name = spelling(split_selector(text)[0])
    for each, origin in origins.items():
        if spelling(each) in (spelling(text), name):
            return origin
    return ""


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return f"{value:.6g}" if isinstance(value, int | float) else str(value)[:40]


def _readable(text: str) -> str:
    name, bracket, inside = text.partition("[")
    return f"{name.strip()} ({inside.rstrip(']')})" if bracket else text
