"""Price levels: figures deflated to the prices of one year, rebased to another, rescaled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import suggestion
from secdil_sd.readers.basis import SCALES, Basis
from secdil_sd.readers.cells import number, year
from secdil_sd.readers.grid import read_grid
from secdil_sd.readers.one_basis import HOW_TO_DEFLATE, HOW_TO_REBASE, money_basis, table_name
from secdil_sd.readers.records import find_records

if TYPE_CHECKING:
    import pandas as pd


def read_index(path: str | Path) -> pd.Series:
    """Read a price index: a table with a column year and a column of figures.

    Raises
    ------
    FileError, DataError
        If it cannot be read, or is no such table; all mistakes together.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "cpi.csv"
    ...     _ = path.write_text("year,cpi\\n2010,50\\n2011,100\\n")
    ...     read_index(path).to_dict()
    {2010: 50.0, 2011: 100.0}
    """
    import pandas as pd

    grid = read_grid(path)
    records = find_records(grid, ["year"])
    records.require(["year"], "a price index")
    when = records.columns["year"]
    others = [column for column in records.columns.values() if column != when]
    if not others:
        raise DataError(Finding("error", "There is no column of the index.", grid.name))
    values: dict[int, float] = {}
    findings = []
    for at, row in records.body:
        which = year(row[when]) if when < len(row) else None
        try:
            value = number(row[others[0]] if others[0] < len(row) else "", grid.decimal)
        except ValueError:
            value = -1.0
        if which is None or value <= 0 or which in values:
            message = "The row needs a year of its own and a positive figure."
            findings.append(Finding("error", message, grid.place(at)))
        elif not math.isnan(value):
            values[which] = value
    if findings:
        raise DataError(*findings)
    return pd.Series(values, name=Path(path).stem)


def deflated(
    table: pd.DataFrame,
    index: pd.Series | Mapping[int, float] | str | Path,
    base_year: int,
    currency: str = "USD",
) -> pd.DataFrame:
    """Bring figures at current prices to the prices of one year.

    value x index(base year) / index(year).

    Parameters
    ----------
    table : DataFrame
        Columns state, year, value, at current prices.
    index : Series, mapping of int to float, or path
        Price level by year, as US consumer prices.
    base_year : int
    currency : str
        The currency whose prices the index follows.

    Returns
    -------
    DataFrame
        NaN in years the index does not cover; ``attrs`` state the constant prices.

    Raises
    ------
    DataError
        If the figures are not at current prices, in another currency, or the index lacks the
        base year.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"state": "India", "year": [2010, 2011], "value": [10.0, 11.0]})
    >>> table.attrs = {"units": "million USD", "price_basis": "current"}
    >>> found = deflated(table, {2010: 50.0, 2011: 100.0}, base_year=2011)
    >>> found["value"].tolist(), found.attrs["base_year"]
    ([20.0, 11.0], 2011)
    """
    basis = money_basis(table)
    if basis.prices != "current":
        hint = HOW_TO_REBASE.format(base_year)
        message = f"The figures are in {basis}: they are deflated already."
        raise DataError(Finding("error", message, table_name(table), remedy=hint))
    _same_currency(table, basis, currency)
    levels, name = _levels(index, base_year)
    factor = table["year"].map(levels[base_year] / levels)
    made = replace(basis, prices="constant", base_year=base_year)
    return _converted(table, factor, made, f"Deflated by {name} to {base_year}.")


def rebased(
    table: pd.DataFrame,
    index: pd.Series | Mapping[int, float] | str | Path,
    base_year: int,
    currency: str = "USD",
) -> pd.DataFrame:
    """Bring figures at the prices of one year to those of another.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, value, at constant prices.
    index, base_year, currency
        As for `deflated`.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        If the figures are not at constant prices, in another currency, or the index lacks
        either year.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"state": ["India"], "year": [2000], "value": [10.0]})
    >>> table.attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2010}
    >>> rebased(table, {2010: 50.0, 2020: 75.0}, base_year=2020)["value"].tolist()
    [15.0]
    """
    basis = money_basis(table)
    if basis.prices != "constant" or basis.base_year is None:
        hint = HOW_TO_DEFLATE.format(base_year)
        message = f"The figures are in {basis}, not at the prices of one year."
        raise DataError(Finding("error", message, table_name(table), remedy=hint))
    _same_currency(table, basis, currency)
    levels, name = _levels(index, base_year, basis.base_year)
    factor = levels[base_year] / levels[basis.base_year]
    made = replace(basis, base_year=base_year)
    return _converted(table, factor, made, f"From prices of {basis.base_year} by {name}.")


def rescaled(table: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Write figures in thousands, millions or billions.

    Raises
    ------
    DataError
        If there is no such scale, or the table states no units.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"state": ["India"], "year": [2000], "value": [1500.0]})
    >>> table.attrs = {"units": "million USD", "price_basis": "current"}
    >>> found = rescaled(table, "billion")
    >>> found["value"].tolist(), found.attrs["units"]
    ([1.5], 'billion USD')
    """
    if scale not in SCALES:
        message = f"There is no scale {scale!r}."
        raise DataError(Finding("error", message, "", (scale,), suggestion(scale, SCALES)))
    basis = money_basis(table)
    made = replace(basis, scale=SCALES[scale])
    return _converted(table, basis.scale / made.scale, made)


def _same_currency(table: pd.DataFrame, basis: Basis, currency: str) -> None:
    if basis.what == currency:
        return
    message = f"The figures are in {basis.what}, the index follows prices in {currency}."
    remedy = (
        "Give an index of that currency and name it: currency=...; local currencies need one a "
        "state, and pounds before 1914 have none."
    )
    raise DataError(Finding("error", message, table_name(table), remedy=remedy))


def _levels(index: Any, *years: int) -> tuple[pd.Series, str]:
    """Return the price level by year, and the index's name; it must cover these years."""
    import pandas as pd

    if isinstance(index, str | Path):
        index = read_index(index)
    levels = pd.Series(index, dtype=float)
    name = str(levels.name or "the index")
    if missing := [each for each in years if each not in levels.index]:
        covered = f"{levels.index.min()}-{levels.index.max()}" if len(levels) else "no year"
        message = f"The index has no {' and no '.join(map(str, missing))}: it covers {covered}."
        raise DataError(Finding("error", message, name, remedy="Choose another base year."))
    return levels, name


def _converted(table: pd.DataFrame, factor: Any, made: Basis, note: str = "") -> pd.DataFrame:
    found = table.assign(value=table["value"] * factor)
    lost = int((found["value"].isna() & table["value"].notna()).sum())
    dropped = tuple(table.attrs.get("dropped", ()))
    if lost:
        dropped += (f"{lost} figures of years the index does not cover: NaN.",)
    notes = (*table.attrs.get("notes", ()), *([note] if note else []))
    found.attrs = {**table.attrs, **made.attrs, "dropped": dropped, "notes": notes}
    return found
