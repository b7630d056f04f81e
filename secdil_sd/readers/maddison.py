"""Maddison Project Database: GDP and population over the centuries."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.readers.basis import MONEY, OTHER, Basis
from secdil_sd.readers.grid import Grid, is_workbook, read_grid, sheet_names
from secdil_sd.readers.records import Records, find_records, observe
from secdil_sd.readers.tidy import About, Reading, lenient_names, listed, read, scaled

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "Maddison Project Database"
BASE_YEAR = 2011
"""Of the international dollars of the releases since 2018."""
PER_HEAD = Basis(MONEY, "international USD", 1.0, "constant", BASE_YEAR, "head")
WHOLE = Basis(MONEY, "international USD", 1e6, "constant", BASE_YEAR)
PEOPLE = Basis(OTHER, "thousand persons")


def read_maddison(path: str | Path) -> pd.DataFrame:
    """Read the Maddison Project Database (releases 2018, 2020, 2023).

    Parameters
    ----------
    path : str or Path
        The workbook as downloaded (its sheet "Full data") or a CSV with columns countrycode,
        year, gdppc and pop.

    Returns
    -------
    DataFrame
        Columns state, year, variable, value: "GDP per head" (international dollars of 2011),
        "population" (thousands) and "GDP", their product (millions of international dollars).
        International dollars are not dollars at exchange rates: do not divide spending by them
        without a look at `burden`.

    Raises
    ------
    FileError, DataError
        If it cannot be read, lacks columns, or holds text among numbers; all together.

    Source
    ------
    Bolt and van Zanden (2020), CC BY 4.0.

    Examples
    --------
    >>> table = read_maddison("mpd2020.xlsx")                         # doctest: +SKIP
    >>> select(table, ["USA"], variable="GDP")                        # doctest: +SKIP
    """
    sheet = None
    if is_workbook(path):
        sheet = next((each for each in sheet_names(path) if each.lower() == "full data"), None)
    return read_maddison_grid(read_grid(path, sheet)).table()


def is_maddison(records: Records) -> bool:
    """Return whether a table has Maddison's columns."""
    return "countrycode" in records and "gdppc" in records


def read_maddison_grid(grid: Grid) -> Reading:
    """Read the database, mistakes and all."""
    records = find_records(grid, ["countrycode", "year", "gdppc"])
    records.require(["countrycode", "year", "gdppc", "pop"], "the Maddison database")
    variables = {"gdppc": "GDP per head", "pop": "population"}
    found, mistakes = observe(records, "countrycode", "year", variables)
    about = About(
        SOURCE, _vintage(grid.file), {"GDP": WHOLE, "GDP per head": PER_HEAD, "population": PEOPLE}
    )
    about.notes.append("Figures before a state existed are of its later territory.")
    reading = read(grid, found, about, lenient_names)
    return _with_gdp(replace(reading, findings=(*mistakes, *reading.findings)))


def _with_gdp(reading: Reading) -> Reading:
    """Add GDP: per head times thousands of people is in thousands, so a thousandth in millions."""
    import pandas as pd

    rows = reading.rows
    zero = rows["value"] <= 0
    if zero.any():
        shown = listed([f"{each.state} {each.year}" for each in rows[zero].itertuples()])
        reading.about.dropped.append(f"{shown}: GDP or population of zero, NaN.")
        rows = rows.assign(value=rows["value"].mask(zero))
    wide = rows.pivot(index=["state", "year"], columns="variable", values="value")
    gdp = wide.prod(axis=1, skipna=False).rename("value").reset_index().assign(variable="GDP")
    made = replace(reading, rows=gdp)
    return replace(reading, rows=pd.concat([rows, scaled(made, 1e-3).rows], ignore_index=True))


def _vintage(file: str) -> str:
    found = re.search(r"20[12]\d", file)
    return found[0] if found else ""
