"""Any file of figures by state and year: a known source, or a plain table, long or wide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import spelling
from secdil_sd.readers.basis import SHARE, Basis, basis_of
from secdil_sd.readers.cells import number, year
from secdil_sd.readers.grid import (
    Grid,
    first_row,
    is_workbook,
    matching_sheets,
    no_sheet,
    read_grid,
    sheet_names,
)
from secdil_sd.readers.layout import Header, across, find_header, labelled
from secdil_sd.readers.maddison import is_maddison, read_maddison_grid
from secdil_sd.readers.nmc import is_nmc, read_nmc_grid
from secdil_sd.readers.records import Records, find_records, observe
from secdil_sd.readers.regimes import is_polity, is_vdem, read_polity_grid, read_vdem_file
from secdil_sd.readers.sipri import is_sipri, read_sipri_sheet
from secdil_sd.readers.tidy import About, Observation, Reading, read, scaled
from secdil_sd.readers.worldbank import is_worldbank, read_worldbank_grid

if TYPE_CHECKING:
    import pandas as pd

STATE = (
    *("state", "country", "country name", "state name", "nation", "iso3", "iso", "iso3c"),
    *("country code", "code", "ccode", "cow", "cowcode", "name"),
)
YEAR = ("year", "time", "date")
VARIABLE = ("variable", "indicator", "series")
VALUE = ("value", "spending", "milex", "military expenditure", "expenditure", "figure", "amount")
ABOUT = ("units", "price_basis", "base_year", "source", "vintage")
"""Columns in which a table may state what its values are; one statement a file."""

KNOWN: tuple[tuple[Callable[[Records], bool], Callable[[Grid], Reading]], ...] = (
    (is_nmc, read_nmc_grid),
    (is_maddison, read_maddison_grid),
    (is_polity, read_polity_grid),
)


def read_spending(
    path: str | Path,
    sheet: str | None = None,
    units: str | None = None,
    price_basis: str | None = None,
    base_year: int | None = None,
) -> pd.DataFrame:
    """Read a table of figures by state and year, whatever its layout.

    SIPRI's workbook, National Material Capabilities, World Bank exports, Maddison, Polity and
    V-Dem are recognised. A plain table is long (columns state, year, value, perhaps variable)
    or wide (a column a year, or a column a state).

    Parameters
    ----------
    path : str or Path
        CSV, or a workbook.
    sheet : str, optional
        Of a workbook; of SIPRI's the constant dollars unless another is named.
    units, price_basis : str, optional
        What the figures of a plain table are in, as "million USD" and "constant" or "current".
        A table may say so itself in columns of these names.
    base_year : int, optional
        Of constant prices.

    Returns
    -------
    DataFrame
        Columns state, year, value (and variable, where there are several); ``attrs`` as those
        of `read_sipri`.

    Raises
    ------
    FileError, DataError
        If it cannot be read; unknown or ambiguous states, doubled years, text among numbers and
        missing columns are told together.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.csv"
    ...     _ = path.write_text("state,1990,1991,1992\\nIND,1.5,,2\\nPakistan,...,1,1.25\\n")
    ...     table = read_spending(path, units="billion USD", price_basis="current")
    >>> table["value"].tolist(), table.attrs["units"]
    ([1.5, nan, 2.0, nan, 1.0, 1.25], 'billion USD')
    """
    stated = {"units": units, "price_basis": price_basis, "base_year": base_year}
    return read_any(path, sheet, stated).table()


def read_any(
    path: str | Path, sheet: str | None = None, stated: Mapping[str, Any] | None = None
) -> Reading:
    """Read any file, mistakes and all."""
    if is_workbook(path):
        names = sheet_names(path)
        if is_sipri(names):
            return read_sipri_sheet(path, sheet or "constant")
        sheet = _sheet(path, sheet, names)
    elif is_vdem(first_row(path)):
        return read_vdem_file(path)
    grid = read_grid(path, sheet)
    records = find_records(grid, ["year"])
    for recognises, reads in KNOWN:
        if recognises(records):
            return reads(grid)
    if is_worldbank(grid):
        return read_worldbank_grid(grid)
    return _read_plain(grid, {k: v for k, v in (stated or {}).items() if v is not None})


def _sheet(path: str | Path, sheet: str | None, names: Sequence[str]) -> str:
    """Return the sheet asked for; unasked, Maddison's "Full data", else the first."""
    if sheet is None:
        return next((each for each in names if spelling(each) == "fulldata"), names[0])
    found = matching_sheets(sheet, names)
    if len(found) != 1:
        raise DataError(no_sheet(Path(path).name, sheet, names))
    return found[0]


def _read_plain(grid: Grid, stated: Mapping[str, Any]) -> Reading:
    """Read a table of the user's own: a column a year, a row a figure, or a column a state."""
    records = find_records(grid, ["year"])
    header = find_header(grid)
    if not _heading(records, YEAR) and header is not None:
        columns = {spelling(text): column for text, column in header.others.items()}
        said, mixed = _stated(Records(grid, header.row, columns), stated)
        return _finished(grid, _wide(grid, header), said, [*mixed, *_nameless(grid, header)])
    state, when = _heading(records, STATE), _heading(records, YEAR)
    if when and not state:
        return _finished(grid, *_by_column(records, when, stated))
    if not when or not state:
        raise DataError(_no_table(grid, records, state, when))
    variables = _value_columns(records, {state, when})
    said, mixed = _stated(records, stated)
    found, mistakes = observe(records, state, when, variables)
    if label := _heading(records, VARIABLE):
        column = {at: str(records.cell(row, label)).strip() for at, row in records.body}
        found = [each._replace(variable=column[each.row]) for each in found]
    return _finished(grid, found, said, [*mistakes, *mixed])


def _finished(
    grid: Grid,
    found: Sequence[Observation],
    stated: Mapping[str, Any],
    mistakes: Iterable[Finding],
) -> Reading:
    if not found and not (mistakes := list(mistakes)):
        message = "The table has a header but no figures."
        raise DataError(Finding("error", message, grid.name))
    basis = basis_of(dict(stated.items()))
    factor = basis.scale if basis.kind == SHARE else 1.0
    if basis.kind == SHARE:
        basis = replace(basis, scale=1.0)
    names = list(dict.fromkeys(each.variable for each in found))
    several: Basis | dict[str, Basis] = basis
    if len(names) > 1:
        several = dict.fromkeys(names, basis)
    about = About(str(stated.get("source") or grid.file), str(stated.get("vintage") or ""), several)
    if not basis.stated:
        about.notes.append("Nobody stated units and prices: give units= and price_basis=.")
    reading = read(grid, found, about)
    return scaled(replace(reading, findings=(*mistakes, *reading.findings)), factor)


def _wide(grid: Grid, header: Header) -> list[Observation]:
    """Observe a table with a column a year, whose rows may bear a variable."""
    label = next((c for t, c in header.others.items() if spelling(t) in _forms(VARIABLE)), None)
    found: list[Observation] = []
    for at, name, row in labelled(grid, header):
        variable = str(row[label]).strip() if label is not None and label < len(row) else ""
        found += across(header, at, name, row, variable)
    return found


def _nameless(grid: Grid, header: Header) -> list[Finding]:
    """Tell of rows with figures and no state."""
    found = []
    for at in range(header.row + 1, len(grid.rows)):
        row = [str(cell).strip() for cell in grid.rows[at]]
        figures = any(row[column] for column in header.years if column < len(row))
        if figures and not row[header.name]:
            message = "There are figures but no state."
            found.append(Finding("error", message, grid.place(at), remedy="Mend the row."))
    return found


def _by_column(
    records: Records, when: str, stated: Mapping[str, Any]
) -> tuple[list[Observation], Mapping[str, Any], list[Finding]]:
    """Observe a table with a column a state."""
    said, mixed = _stated(records, stated)
    header = records.grid.rows[records.row]
    skip = {*_forms(YEAR), *_forms(ABOUT)}
    states = [
        (str(cell).strip(), column)
        for column, cell in enumerate(header)
        if str(cell).strip() and spelling(str(cell)) not in skip
    ]
    found: list[Observation] = []
    for at, row in records.body:
        cell = records.cell(row, when)
        which = year(cell)
        if which is None:
            message = f"{str(cell)!r} is not a year."
            mixed.append(Finding("error", message, records.grid.place(at), remedy="Mend the row."))
            continue
        found += [
            Observation(name, which, row[column] if column < len(row) else "", at, column)
            for name, column in states
        ]
    return found, said, mixed


def _value_columns(records: Records, taken: set[str]) -> dict[str, str]:
    """Return variable by heading: the one column called value, else every column of numbers."""
    if value := _heading(records, VALUE):
        return {value: ""}
    skip = {spelling(each) for each in (*taken, *VARIABLE, *ABOUT, *STATE)}
    header = records.grid.rows[records.row]
    found = []
    for cell in header:
        text = str(cell).strip()
        if text and spelling(text) not in skip and _holds_numbers(records, text):
            found.append(text)
    if not found:
        message = "There is no column of figures."
        remedy = "Call it 'value'."
        raise DataError(Finding("error", message, records.grid.name, remedy=remedy))
    return {found[0]: ""} if len(found) == 1 else {each: each for each in found}


def _holds_numbers(records: Records, heading: str) -> bool:
    """Return whether more than half of the filled cells of a column are numbers."""
    good = filled = 0
    for _, row in records.body:
        try:
            value = number(records.cell(row, heading), records.grid.decimal)
            good += value == value
            filled += value == value
        except ValueError:
            filled += 1
    return 2 * good > filled


def _stated(records: Records, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Read what a table says of its values; two statements in one column are a mistake."""
    said: dict[str, Any] = {}
    mixed: list[Finding] = []
    for heading in ABOUT:
        if heading not in records:
            continue
        texts = [str(records.cell(row, heading)).strip() for _, row in records.body]
        found = [each for each in dict.fromkeys(texts) if each and each.casefold() != "nan"]
        if len(found) > 1 and heading not in ("source", "vintage"):
            mixed.append(_mixed(records, heading, found))
        elif found:
            said[heading] = year(found[0]) if heading == "base_year" else found[0]
    return {**said, **given}, mixed


def _mixed(records: Records, heading: str, found: Sequence[str]) -> Finding:
    where = next(
        at for at, row in records.body if str(records.cell(row, heading)).strip() == found[1]
    )
    shown = " and ".join(repr(each) for each in found[:3])
    return Finding(
        "error",
        f"One table has {heading.replace('_', ' ')} {shown}: two bases cannot be mixed.",
        records.grid.place(where),
        remedy="Split it, read each part, and bring them to one basis with deflated or rebased.",
    )


def _no_table(grid: Grid, records: Records, state: str | None, when: str | None) -> Finding:
    missing = [each for each, found in (("state", state), ("year", when)) if not found]
    header = grid.rows[records.row] if grid.rows else []
    present = [str(each).strip() for each in header if str(each).strip()][:8]
    return Finding(
        "error",
        f"There is no column {' and none '.join(missing)}; the first row has "
        f"{', '.join(repr(each) for each in present) or 'nothing'}.",
        grid.name,
        tuple(missing),
        "Give columns state, year and value, or state and a column a year.",
    )


def _heading(records: Records, names: Sequence[str]) -> str | None:
    return next((each for each in names if each in records), None)


def _forms(names: Sequence[str]) -> set[str]:
    return {spelling(each) for each in names}
