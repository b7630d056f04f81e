"""Tables put together: one below the other, one over the other; never across price bases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.basis import SHARE, Basis
from secdil_sd.readers.one_basis import (
    check_one_basis,
    money_basis,
    stated_basis,
    table_name,
    table_names,
)

if TYPE_CHECKING:
    import pandas as pd


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
    check_one_basis(dict(zip(table_names(tables), bases, strict=True)))
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
        "file": ", ".join(table_names(tables)),
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
    above, below = money_basis(spending), money_basis(gdp)
    check_one_basis(dict(zip(table_names((spending, gdp)), (above, below), strict=True)))
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
    above, below = money_basis(spending), _share_of_gdp(share, 2)
    joined = _joined(spending, share)
    value = joined["value"] / (joined["other"] * below.scale)
    return _made(joined, value, above, spending, share)


def implied_burden(
    spending: pd.DataFrame, gdp: pd.DataFrame, published: pd.DataFrame
) -> pd.DataFrame:
    """Lay the burden two sources imply beside a published one: can they be used together?

    The currencies may differ (dollars at exchange rates, international dollars); that is what
    the comparison is about. Prices and base year may not.

    Parameters
    ----------
    spending, gdp, published : DataFrame
        Columns state, year, value; the last a share of GDP.

    Returns
    -------
    DataFrame
        Columns state, year, implied, published, ratio. A ratio far from 1, or one that moves,
        says that spending and GDP are in different prices: use `gdp_from_share`.

    Raises
    ------
    DataError
        If prices or base years differ, or the last is no share of GDP.

    Examples
    --------
    >>> import pandas as pd
    >>> spending = pd.DataFrame({"state": ["India"], "year": [2016], "value": [50.0]})
    >>> gdp, published = spending.assign(value=[8000.0]), spending.assign(value=[0.025])
    >>> attrs = {"price_basis": "constant", "base_year": 2011}
    >>> spending.attrs = {"units": "billion USD", **attrs}
    >>> gdp.attrs = {"units": "billion international USD", **attrs}
    >>> published.attrs = {"units": "fraction of GDP", "price_basis": "share"}
    >>> implied_burden(spending, gdp, published)
       state  year  implied  published  ratio
    0  India  2016  0.00625      0.025   0.25
    """
    above, below = money_basis(spending), money_basis(gdp)
    names = table_names((spending, gdp))
    check_one_basis(dict(zip(names, (above, replace(below, what=above.what)), strict=True)))
    share = _share_of_gdp(published, 3)
    joined = _joined(spending, gdp)
    implied = joined.assign(value=joined["value"] * above.scale / (joined["other"] * below.scale))
    both = _joined(implied, published)
    both["other"] *= share.scale
    found = both.rename(columns={"value": "implied", "other": "published"})
    return found.assign(ratio=found["implied"] / found["published"])


def _share_of_gdp(table: pd.DataFrame, at: int) -> Basis:
    basis = stated_basis(table, at)
    if (basis.kind, basis.what) != (SHARE, "GDP"):
        message = f"The figures are in {basis}, not a share of GDP."
        place = table_name(table, at)
        raise DataError(Finding("error", message, place, remedy="Read a share of GDP."))
    return basis


def _joined(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    keys = ["state", "year"]
    other = right[[*keys, "value"]].rename(columns={"value": "other"})
    joined = left[[*keys, "value"]].merge(other, on=keys)
    if joined.empty:
        message = "The two tables have no state and year in common."
        place = f"{table_name(left)} and {table_name(right, 2)}"
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
        "file": ", ".join(table_names(tables)),
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
