"""Spending of several states at the prices of one year, in billions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.basis import MONEY, SCALES, SHARE
from secdil_sd.readers.levels import source_of
from secdil_sd.readers.one_basis import money_basis, stated_basis, table_name
from secdil_sd.readers.prices import deflated, read_index, rebased

if TYPE_CHECKING:
    import pandas as pd


def at_one_price(
    spending: pd.DataFrame,
    gdp: pd.DataFrame | None,
    share: pd.DataFrame | None,
    index: Any,
    years: tuple[int, int] | None,
) -> pd.DataFrame:
    """Return spending at the prices of one year, in billions."""
    basis = stated_basis(spending)
    if basis.kind == SHARE:
        if gdp is None or share is not None:
            message = "The figures are shares of GDP, not sums of money."
            remedy = "Give GDP at constant prices too, or spending in money."
            raise DataError(Finding("error", message, table_name(spending), remedy=remedy))
        spending, basis = _money(spending, gdp), money_basis(gdp)
    if basis.kind != MONEY or basis.what == "local currency":
        message = f"The figures are in {basis}: those of two states cannot be compared."
        remedy = "Give spending at constant US dollars."
        raise DataError(Finding("error", message, table_name(spending), remedy=remedy))
    wanted = money_basis(gdp).base_year if gdp is not None else None
    if basis.prices == "current":
        if index is None:
            message = f"Spending is in {basis}: prices must be those of one year."
            remedy = (
                "Give a price index (--cpi FILE: columns year and figure, in that currency), or "
                "spending at constant prices."
            )
            raise DataError(Finding("error", message, table_name(spending), remedy=remedy))
        levels = read_index(index) if isinstance(index, str | Path) else index
        base = wanted or min(years[1] if years else 9999, int(max(levels.keys())))
        spending = deflated(spending, levels, base, basis.what)
    elif index is not None and wanted and wanted != basis.base_year:
        spending = rebased(spending, index, wanted, basis.what)
    basis = money_basis(spending)
    billions = spending.assign(value=spending["value"] * basis.scale / SCALES["billion"])
    made = replace(basis, scale=SCALES["billion"])
    billions.attrs = {**spending.attrs, **made.attrs}
    return billions


def _money(share: pd.DataFrame, gdp: pd.DataFrame) -> pd.DataFrame:
    """Return spending from its share of a GDP at constant prices, in the units of that GDP."""
    both = share.merge(gdp, on=["state", "year"], suffixes=("", "_gdp"))
    made = both.assign(value=both["value"] * both["value_gdp"])[["state", "year", "value"]]
    source = f"{source_of(share)}, times {source_of(gdp)}"
    made.attrs = {**gdp.attrs, "source": source, "vintage": "", "file": share.attrs.get("file")}
    return made
