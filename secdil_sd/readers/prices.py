"""One price basis: deflate, rebase and rescale; figures of two bases are refused, never mixed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import suggestion
from secdil_sd.readers.basis import MONEY, SCALES, SHARE, Basis, basis_of
from secdil_sd.readers.cells import number, year
from secdil_sd.readers.grid import read_grid
from secdil_sd.readers.records import find_records

if TYPE_CHECKING:
    import pandas as pd

HOW_TO_DEFLATE = "Deflate with deflated(table, index, base_year={})."
HOW_TO_REBASE = "Change the base year with rebased(table, index, base_year={})."
HOW_TO_STATE = (
    "Say it when reading: read_spending(path, units='million USD', price_basis='current')."
)
NO_RATE = (
    "Exchange rates and purchasing power differ by state: read both from one source, or get GDP "
    "from a published share with gdp_from_share(spending, share)."
)


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
    basis = _money(table)
    if basis.prices != "current":
        hint = HOW_TO_REBASE.format(base_year)
        message = f"The figures are in {basis}: they are deflated already."
        raise DataError(Finding("error", message, _name(table), remedy=hint))
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
    basis = _money(table)
    if basis.prices != "constant" or basis.base_year is None:
        hint = HOW_TO_DEFLATE.format(base_year)
        message = f"The figures are in {basis}, not at the prices of one year."
        raise DataError(Finding("error", message, _name(table), remedy=hint))
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
    basis = _money(table)
    made = replace(basis, scale=SCALES[scale])
    return _converted(table, basis.scale / made.scale, made)


def combined(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put tables of one price basis together.

    Scales (millions, billions) are brought to the first table's; nothing else is converted.

    Raises
    ------
    DataError
        If bases differ, with which file is in what and how to convert it; or if two tables have
        figures for one state and year.

    Examples
    --------
    >>> import pandas as pd
    >>> a = pd.DataFrame({"state": ["India"], "year": [2000], "value": [1.0]})
    >>> b = a.assign(state="Pakistan")
    >>> a.attrs = {"units": "million USD", "price_basis": "current", "file": "a.csv"}
    >>> b.attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2015}
    >>> combined(a, b)
    Traceback (most recent call last):
    ...
    secdil_sd.errors.DataError: The tables are in different bases: a.csv in million USD at
    current prices, table 2 in million USD of 2015. Deflate with deflated(table, index,
    base_year=2015).
    """
    import pandas as pd

    if not tables:
        raise DataError("There is no table to combine.")
    bases = [stated_basis(table, at) for at, table in enumerate(tables, 1)]
    check_one_basis(dict(zip(_names(tables), bases, strict=True)))
    parts = [
        table.assign(value=table["value"] * (basis.scale / bases[0].scale))
        for table, basis in zip(tables, bases, strict=True)
    ]
    for part in parts:
        part.attrs = {}
    whole = pd.concat(parts, ignore_index=True)
    _refuse_doubles(whole)
    whole.attrs = {
        **tables[0].attrs,
        "source": "; ".join(dict.fromkeys(str(t.attrs.get("source", "")) for t in tables)),
        "file": ", ".join(_names(tables)),
        "vintage": "; ".join(dict.fromkeys(str(t.attrs.get("vintage", "")) for t in tables)),
        "dropped": tuple(each for t in tables for each in t.attrs.get("dropped", ())),
        "notes": tuple(dict.fromkeys(each for t in tables for each in t.attrs.get("notes", ()))),
    }
    return whole


def burden(spending: pd.DataFrame, gdp: pd.DataFrame) -> pd.DataFrame:
    """Return spending as a fraction of GDP; both must be in the same currency and prices.

    Parameters
    ----------
    spending, gdp : DataFrame
        Columns state, year, value.

    Returns
    -------
    DataFrame
        For the states and years of both.

    Raises
    ------
    DataError
        If the bases differ: deflated dollars over international dollars quarter India's burden
        and raise the Soviet Union's by half.

    Examples
    --------
    >>> import pandas as pd
    >>> attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2015}
    >>> spending = pd.DataFrame({"state": ["India"], "year": [2000], "value": [2.5]})
    >>> gdp = spending.assign(value=[100.0])
    >>> spending.attrs, gdp.attrs = dict(attrs), dict(attrs)
    >>> burden(spending, gdp)["value"].tolist()
    [0.025]
    """
    above, below = _money(spending), _money(gdp)
    check_one_basis(dict(zip(_names((spending, gdp)), (above, below), strict=True)))
    joined = _joined(spending, gdp)
    value = joined["value"] * above.scale / (joined["other"] * below.scale)
    return _made(joined, value, Basis(SHARE, "GDP"), spending, gdp)


def gdp_from_share(spending: pd.DataFrame, share: pd.DataFrame) -> pd.DataFrame:
    """Return the GDP that a published share of GDP implies, in the prices of the spending.

    Y = M / share: the way to a GDP in one price basis with the spending.

    Raises
    ------
    DataError
        If the second table is no share of GDP.

    Examples
    --------
    >>> import pandas as pd
    >>> spending = pd.DataFrame({"state": ["India"], "year": [2000], "value": [2.5]})
    >>> share = spending.assign(value=[0.025])
    >>> spending.attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2015}
    >>> share.attrs = {"units": "fraction of GDP", "price_basis": "share"}
    >>> gdp_from_share(spending, share)["value"].tolist()
    [100.0]
    """
    above, below = _money(spending), stated_basis(share)
    if (below.kind, below.what) != (SHARE, "GDP"):
        message = f"The second table is in {below}, not a share of GDP."
        raise DataError(Finding("error", message, _name(share), remedy="Read a share of GDP."))
    joined = _joined(spending, share)
    value = joined["value"] / (joined["other"] * below.scale)
    return _made(joined, value, above, spending, share)


def check_one_basis(bases: Mapping[str, Basis]) -> None:
    """Refuse figures of different bases.

    Parameters
    ----------
    bases : mapping of str to Basis
        By the name of the table.

    Raises
    ------
    DataError
        Saying which table is in what, and how to convert.
    """
    first, *others = bases.values()
    if all(each.same_prices(first) for each in others):
        return
    shown = ", ".join(f"{name} in {basis}" for name, basis in bases.items())
    message = f"The tables are in different bases: {shown}."
    raise DataError(Finding("error", message, remedy=how_to_convert(list(bases.values()))))


def how_to_convert(bases: list[Basis]) -> str:
    """Say how figures of different bases can be brought to one."""
    if {each.kind for each in bases} != {MONEY}:
        return "Money and shares cannot be put together: read the same kind from each."
    if len({(each.what, each.per) for each in bases}) > 1:
        return NO_RATE
    years = sorted({each.base_year for each in bases if each.base_year})
    steps = []
    if any(each.prices == "current" for each in bases):
        steps.append(HOW_TO_DEFLATE.format(years[-1] if years else "YEAR"))
    if len(years) > 1:
        steps.append(HOW_TO_REBASE.format(years[-1]))
    return " ".join(steps)


def stated_basis(table: pd.DataFrame, at: int = 1) -> Basis:
    """Return the one basis a table states.

    Raises
    ------
    DataError
        If it states none, or one for each of several variables.
    """
    if isinstance(table.attrs.get("units"), Mapping):
        names = ", ".join(table.attrs["units"])
        message = f"The table has several variables: {names}."
        remedy = "Take one: select(table, variable=...)."
        raise DataError(Finding("error", message, _name(table, at), remedy=remedy))
    basis = basis_of(table.attrs)
    if not basis.stated:
        message = "The table does not say in what currency and prices its figures are."
        raise DataError(Finding("error", message, _name(table, at), remedy=HOW_TO_STATE))
    return basis


def _money(table: pd.DataFrame) -> Basis:
    basis = stated_basis(table)
    if basis.kind != MONEY:
        message = f"The figures are {basis}, no sums of money."
        remedy = "Give a table of spending or GDP."
        raise DataError(Finding("error", message, _name(table), remedy=remedy))
    return basis


def _same_currency(table: pd.DataFrame, basis: Basis, currency: str) -> None:
    if basis.what == currency:
        return
    message = f"The figures are in {basis.what}, the index follows prices in {currency}."
    remedy = (
        "Give an index of that currency and name it: currency=...; local currencies need one a "
        "state, and pounds before 1914 have none."
    )
    raise DataError(Finding("error", message, _name(table), remedy=remedy))


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


def _joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    keys = ["state", "year"]
    other = right[[*keys, "value"]].rename(columns={"value": "other"})
    joined = left[[*keys, "value"]].merge(other, on=keys)
    if joined.empty:
        message = "The two tables have no state and year in common."
        place = f"{_name(left)} and {_name(right, 2)}"
        raise DataError(Finding("error", message, place))
    return joined


def _made(
    joined: pd.DataFrame, value: pd.Series, basis: Basis, *tables: pd.DataFrame
) -> pd.DataFrame:
    found = joined[["state", "year"]].assign(value=value)
    found.attrs = {
        **basis.attrs,
        "vintage": "; ".join(dict.fromkeys(str(t.attrs.get("vintage", "")) for t in tables)),
        "source": "; ".join(dict.fromkeys(str(t.attrs.get("source", "")) for t in tables)),
        "file": ", ".join(_names(tables)),
        "dropped": tuple(each for t in tables for each in t.attrs.get("dropped", ())),
        "notes": (),
    }
    return found


def _refuse_doubles(whole: pd.DataFrame) -> None:
    keys = [each for each in ("state", "year", "variable") if each in whole]
    given = whole[whole["value"].notna()]
    doubled = given[given.duplicated(keys)]
    if doubled.empty:
        return
    shown = [
        f"{state} {when}" for state, when in zip(doubled["state"], doubled["year"], strict=True)
    ]
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    message = f"Two tables have figures for {', '.join(shown[:5])}{more}."
    raise DataError(Finding("error", message, remedy="Select the states and years of each."))


def _name(table: pd.DataFrame, at: int = 1) -> str:
    file, sheet = table.attrs.get("file"), table.attrs.get("sheet")
    if not file:
        return f"table {at}"
    return f"{file}, sheet {sheet!r}" if sheet else str(file)


def _names(tables: Any) -> list[str]:
    """Name tables apart, two of one file and sheet by number."""
    names = [_name(table, at) for at, table in enumerate(tables, 1)]
    return [f"{name} ({at})" if names.count(name) > 1 else name for at, name in enumerate(names, 1)]
