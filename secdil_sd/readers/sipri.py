"""SIPRI's Military Expenditure Database: the workbook as downloaded, of any yearly edition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import spelling
from secdil_sd.readers.basis import MONEY, SHARE, Basis, read_basis
from secdil_sd.readers.countries import UNKNOWN, State, find_state
from secdil_sd.readers.grid import Grid, matching_sheets, no_sheet, read_sheet, sheet_names
from secdil_sd.readers.layout import Header, across, find_header, labelled, preamble
from secdil_sd.readers.tidy import (
    About,
    Observation,
    Reading,
    assemble,
    lenient_names,
    listed,
    read,
)

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "SIPRI Military Expenditure Database"
KINDS = ("constant", "current us", "share of gdp", "per capita", "share of govt", "local currency")
"""What the names of its data sheets begin with."""
COLUMNS_LEFT = frozenset({"", "notes", "currency"})
"""Columns that hold no figures and need no line."""
MOSTLY_PERCENT = 0.5
"""A share whose median exceeds this was saved as percent; no state's fraction does."""


def read_sipri(path: str | Path, sheet: str = "constant") -> pd.DataFrame:
    """Read a sheet of SIPRI's workbook.

    The header is found wherever it stands, and so are the columns of years; ``...``, ``. .`` and
    ``xxx`` are NaN; region rows and columns that are no years are left out, and said so. Units
    and base year are those the sheet states.

    Parameters
    ----------
    path : str or Path
        The workbook as downloaded.
    sheet : str
        A sheet's name or its beginning: "constant", "current", "share of GDP", "per capita",
        "share of govt. spending", "local currency calendar years", "regional totals".

    Returns
    -------
    DataFrame
        Columns state, year, value. ``attrs``: units, price_basis, base_year, vintage, source,
        file, sheet, dropped, notes. Shares are fractions, not percent.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it is no such workbook, has no such sheet, or holds text among numbers or two rows
        for one state; all mistakes of the sheet together.

    Notes
    -----
    The row of Germany is that of West Germany before 1990, the row of Serbia that of Serbia and
    Montenegro until 2005: one series, as published. USSR and Russia are two.

    Examples
    --------
    >>> table = read_sipri("SIPRI-Milex-data-1949-2024.xlsx")         # doctest: +SKIP
    >>> table.attrs["units"], table.attrs["base_year"]                # doctest: +SKIP
    ('million USD', 2023)
    """
    return read_sipri_sheet(path, sheet).table()


def is_sipri(names: Sequence[str]) -> bool:
    """Return whether a workbook with sheets of these names is SIPRI's."""
    plain = [spelling(each) for each in names]
    return sum(any(each.startswith(spelling(kind)) for each in plain) for kind in KINDS) >= 2


def read_sipri_sheet(path: str | Path, sheet: str) -> Reading:
    """Read a sheet, mistakes and all."""
    names = sheet_names(path)
    file = Path(path).name
    if not is_sipri(names):
        found = f"It has {listed(names)}."
        message = "This is not SIPRI's workbook: it has no sheets such as 'Current US$'."
        remedy = f"{found} Read another kind of file with read_spending."
        raise DataError(Finding("error", message, file, remedy=remedy))
    grid = read_sheet(path, _chosen(file, sheet, names))
    header = find_header(grid)
    if header is None:
        message = "No row of this sheet is a header with years."
        remedy = f"Its data sheets: {listed(_data_sheets(names))}."
        raise DataError(Finding("error", message, grid.name, remedy=remedy))
    lines = preamble(grid, header)
    about = About(SOURCE, _vintage(lines, header), _basis(grid, lines), _spare(header))
    return _percent_to_fraction(_rows(grid, header, about))


def _rows(grid: Grid, header: Header, about: About) -> Reading:
    """Read states, or regions where the rows are regions."""
    by_region = spelling(str(grid.rows[header.row][header.name])) == "region"
    observations: list[Observation] = []
    without: list[str] = []
    for at, name, row in labelled(grid, header):
        cells = across(header, at, name, row)
        if not any(str(each.cell).strip() for each in cells) and not _is_state(name):
            without.append(name)
        else:
            observations += cells
    if without:
        about.dropped.append(
            f"{listed([each[:40] for each in without])}: {len(without)} rows without "
            "figures (headings of regions, notes)."
        )
    if by_region:
        about.notes.append("The column 'state' holds regions.")
        return assemble(grid, observations, [State(each.name) for each in observations], about)
    about.notes.append("Germany before 1990 is West Germany; Serbia includes Montenegro to 2005.")
    return read(grid, observations, about, lenient_names)


def _is_state(name: str) -> bool:
    try:
        find_state(name)
    except DataError as error:
        return not error.findings[0].message.startswith(UNKNOWN)
    return True


def _chosen(file: str, sheet: str, names: Sequence[str]) -> str:
    found = matching_sheets(sheet, _data_sheets(names))
    cleaned = [each for each in found if "cleaned" not in spelling(each)] or found
    if not cleaned:
        raise DataError(no_sheet(file, sheet, _data_sheets(names)))
    if len(cleaned) > 1:
        message = f"Several sheets match {sheet!r}: {', '.join(map(repr, cleaned))}."
        raise DataError(Finding("error", message, file, (sheet,), "Write more of the name."))
    return cleaned[0]


def _data_sheets(names: Sequence[str]) -> list[str]:
    beginnings = tuple(spelling(each) for each in (*KINDS, "regional totals"))
    return [each for each in names if spelling(each).startswith(beginnings)]


def _basis(grid: Grid, lines: Sequence[str]) -> Basis:
    """Tell the units from the lines that speak of figures, then from the sheet's own name."""
    telling = [each for each in lines if re.match(r"Military expenditure|Figures are", each, re.I)]
    title = " ".join([*telling, grid.sheet])
    share = read_basis(title)
    if share.kind == SHARE:
        return replace(share, scale=1.0)
    found = read_basis(" ".join(telling) or grid.sheet, MONEY)
    named = read_basis(grid.sheet, MONEY)
    if named.base_year and found.base_year and named.base_year != found.base_year:
        message = (
            f"The sheet is called {grid.sheet!r}, but its title speaks of prices of "
            f"{found.base_year}."
        )
        remedy = "Download the workbook again."
        raise DataError(Finding("error", message, grid.name, remedy=remedy))
    whole = replace(
        found,
        what=found.what or named.what,
        prices=found.prices or named.prices,
        base_year=found.base_year or named.base_year,
        scale=_millions(telling, found.scale),
    )
    if not whole.stated or (whole.prices == "constant" and whole.base_year is None):
        message = "The sheet's title says neither its currency and prices nor its base year."
        remedy = "Download the workbook again."
        raise DataError(Finding("error", message, grid.name, remedy=remedy))
    return whole


def _millions(lines: Sequence[str], found: float) -> float:
    """The sheets by country in US$ are in millions, 'US$ m.' in all of their editions' words."""
    text = " ".join(lines)
    return 1e6 if re.search(r"US\s?\$\s*m\b|\bmillions?\b|\(m\.?\)", text, re.I) else found


def _vintage(lines: Sequence[str], header: Header) -> str:
    for line in lines:
        if found := re.search(r"((?:19|20)\d\d)\s*[-–—]\s*((?:19|20)\d\d)", line):
            return f"{found[1]}-{found[2]}"
    return f"to {max(header.years.values())}"


def _spare(header: Header) -> list[str]:
    """Tell of columns that are no years; notes, currencies and blanks go without saying."""
    spare = [
        text
        for text, column in header.others.items()
        if column != header.name and spelling(text) not in COLUMNS_LEFT
    ]
    return [f"Column {listed(spare)}: not a year."] if spare else []


def _percent_to_fraction(reading: Reading) -> Reading:
    """A cell shown as 2.5 % holds 0.025; an edition saved as plain numbers is divided by 100."""
    values = reading.rows["value"]
    basis: Any = reading.about.basis
    if basis.kind != SHARE or not values.median() > MOSTLY_PERCENT:
        return reading
    rows = reading.rows.assign(value=values / 100)
    reading.about.notes.append("Figures in percent, divided by 100.")
    return replace(reading, rows=rows)
