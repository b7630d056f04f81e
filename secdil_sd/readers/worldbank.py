"""World Bank exports: a column a year below a preamble, one indicator or several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import spelling
from secdil_sd.readers.basis import MONEY, OTHER, SHARE, Basis, read_basis
from secdil_sd.readers.grid import Grid, read_grid
from secdil_sd.readers.layout import Header, across, find_header
from secdil_sd.readers.tidy import About, Observation, Reading, lenient_names, listed, read, scaled

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "World Bank"
INDICATOR = ("indicatorname", "seriesname")
CODE = ("countrycode",)


def read_worldbank(path: str | Path) -> pd.DataFrame:
    """Read a World Bank export: an indicator's page, or DataBank.

    Parameters
    ----------
    path : str or Path
        The CSV or workbook as downloaded; lines above the header and below the table are
        skipped. ``..`` and blanks are NaN. Aggregates ("World", "Euro area") are left out.

    Returns
    -------
    DataFrame
        Columns state, year, value; with several indicators also variable. Units, prices and
        base year are those the indicator's name states; percentages become fractions.

    Raises
    ------
    FileError, DataError
        If it cannot be read or is no such export, or holds text among numbers; all together.

    Examples
    --------
    >>> table = read_worldbank("API_MS.MIL.XPND.GD.ZS_DS2_en_csv.csv")     # doctest: +SKIP
    >>> table.attrs["units"]                                               # doctest: +SKIP
    'fraction of GDP'
    """
    return read_worldbank_grid(read_grid(path)).table()


def is_worldbank(grid: Grid) -> bool:
    """Return whether a table has the World Bank's columns."""
    header = find_header(grid)
    return header is not None and _column(header, INDICATOR) is not None


def read_worldbank_grid(grid: Grid) -> Reading:
    """Read an export, mistakes and all."""
    header = find_header(grid)
    column = _column(header, INDICATOR) if header else None
    if header is None or column is None:
        message = (
            "This is not a World Bank export: no header with 'Country Name', an indicator "
            "and years."
        )
        remedy = "Read another kind of file with read_spending."
        raise DataError(Finding("error", message, grid.name, remedy=remedy))
    observations = _observations(grid, header, column)
    indicators = list(dict.fromkeys(each.variable for each in observations))
    bases = {each: indicator_basis(each) for each in indicators}
    whole = {
        each: replace(basis, scale=1.0) if basis.kind == SHARE else basis
        for each, basis in bases.items()
    }
    factors = {each: bases[each].scale if bases[each].kind == SHARE else 1.0 for each in bases}
    basis: Basis | Mapping[str, Basis] = whole
    if len(indicators) == 1:
        basis = whole[indicators[0]]
    about = About(_source(indicators), _vintage(grid), basis)
    _say_what_is_left(header, about)
    return scaled(read(grid, observations, about, lenient_names), factors)


def indicator_basis(name: str) -> Basis:
    """Tell what an indicator is measured in from the bracket at the end of its name.

    >>> print(indicator_basis("GDP, PPP (constant 2021 international $)"))
    international USD of 2021
    """
    found = read_basis(name)
    if found.kind == MONEY and not found.prices:
        unit = re.search(r"\(([^()]*)\)\s*$", name)
        return Basis(OTHER, unit[1] if unit else name)
    return found


def _observations(grid: Grid, header: Header, indicator: int) -> list[Observation]:
    """Observe the rows down to the first without a country and an indicator: the footer."""
    code = _column(header, CODE)
    found: list[Observation] = []
    for at in range(header.row + 1, len(grid.rows)):
        row = grid.rows[at]
        name, what = _cell(row, header.name), _cell(row, indicator)
        if not name or not what:
            continue
        iso = _cell(row, code) if code is not None else ""
        found += across(header, at, iso or name, row, what)
    return found


def _cell(row: Sequence[Any], column: int) -> str:
    return str(row[column]).strip() if column < len(row) else ""


def _column(header: Header, headings: Sequence[str]) -> int | None:
    for text, column in header.others.items():
        if spelling(text) in headings:
            return column
    return None


def _source(indicators: Sequence[str]) -> str:
    return f"{SOURCE}, {listed(indicators)}"


def _vintage(grid: Grid) -> str:
    for row in grid.rows:
        text = " ".join(str(cell) for cell in row)
        if found := re.search(r"last updated(?: date)?:?\s*([\d/-]+)", text, re.IGNORECASE):
            return found[1]
    return ""


def _say_what_is_left(header: Header, about: About) -> None:
    known = {*INDICATOR, *CODE, "indicatorcode", "seriescode"}
    spare = [
        text
        for text, column in header.others.items()
        if column != header.name and spelling(text) not in known
    ]
    if spare:
        about.dropped.append(f"Column {listed(spare)}: not a year.")
