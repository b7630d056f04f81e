"""Tables of a panel as years by states: figures, and what is known of states beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.names import key, suggestion
from secdil_sd.readers.basis import MONEY, basis_of
from secdil_sd.readers.countries import find_state

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("state", "year", "value")
XCONST_LOW, XCONST_HIGH = 1.0, 7.0
"""Executive constraints as Polity codes them (Marshall and Gurr 2020)."""
OTHERS = 10
"""A median over fewer other states than this is no world."""


@dataclass(frozen=True, eq=False)
class Wide:
    """One quantity, a row a year without holes, a column a state.

    Parameters
    ----------
    values : DataFrame
        NaN where nothing is known.
    source, units, prices : str
    """

    values: pd.DataFrame
    source: str = ""
    units: str = ""
    prices: str = ""

    def of(self, state: str, years: np.ndarray) -> np.ndarray:
        """Return a state's values; NaN outside the table."""
        if state not in self.values.columns:
            return np.full(len(years), np.nan)
        return self.values[state].reindex(years).to_numpy(dtype=float)

    @cached_property
    def growth(self) -> pd.DataFrame:
        """Change of the log since the year before."""
        with np.errstate(all="ignore"):
            return np.log(self.values).diff()

    def world(self, years: np.ndarray, without: tuple[str, str]) -> np.ndarray:
        """Return the log of a world index: the median growth of all other states, summed up.

        NaN from the first year on in which fewer than `OTHERS` states have figures.
        """
        rest = self.growth.drop(columns=[each for each in without if each in self.growth])
        rest = rest.reindex(years[1:]).to_numpy(dtype=float)
        known = np.isfinite(rest).sum(axis=1)
        median = np.full(len(rest), np.nan)
        enough = known >= OTHERS
        if enough.any():
            median[enough] = np.nanmedian(rest[enough], axis=1)
        return np.concatenate([[0.0], np.cumsum(median)])


def spending_table(data: Any) -> Wide:
    """Return the figures of a panel.

    Raises
    ------
    DataError
        For what is no table, other columns, several variables, doubled years, text among
        figures; all together.
    """
    table = tidy(data, "data", "spending")
    return _wide(table, "data", positive=True)


def gdp_table(gdp: Any) -> Wide:
    """Return GDP, of which only ratios between states are used: one currency will do."""
    table = tidy(gdp, "gdp", "GDP")
    basis = basis_of(table.attrs)
    if basis.stated and (basis.kind != MONEY or basis.what == "local currency" or basis.per):
        message = f"GDP is in {basis}: states cannot be compared in it."
        remedy = "Give the whole GDP of each state in one currency."
        raise DataError(Finding("error", message, "gdp", remedy=remedy))
    return _wide(table, "gdp", positive=True)


def democracy_table(democracy: Any) -> Wide:
    """Return democracy from 0 to 1."""
    found = _wide(tidy(democracy, "democracy", "democracy"), "democracy")
    return _within(found, "democracy", "From polity2 it is (polity2 + 10) / 20: read_polity.")


def transparency_table(transparency: Any) -> Wide:
    """Return transparency from 0 to 1; Polity's executive constraints may stand for it."""
    names = _variables(transparency)
    if "xconst" in names and "transparency" not in names:
        found = _wide(tidy(transparency, "transparency", "xconst"), "transparency")
        share = (found.values - XCONST_LOW) / (XCONST_HIGH - XCONST_LOW)
        return Wide(share, f"{found.source} (executive constraints as a proxy)".strip(), "share")
    found = _wide(tidy(transparency, "transparency", "transparency"), "transparency")
    return _within(found, "transparency", "Bring it to a scale from 0 (opaque) to 1.")


def tidy(data: Any, place: str, variable: str) -> pd.DataFrame:
    """Return one variable of a table or file: columns state, year, value."""
    import pandas as pd

    if isinstance(data, str | Path):
        from secdil_sd.readers.spending import read_spending

        data = read_spending(data)
    if not isinstance(data, pd.DataFrame):
        message = f"{place} is a {type(data).__name__}."
        remedy = "Give a table with columns state, year and value, or a file of it."
        raise DataError(Finding("error", message, place, remedy=remedy))
    missing = [each for each in COLUMNS if each not in data.columns]
    if missing:
        message = f"{place} has no column {', '.join(missing)}."
        remedy = "Give columns state, year and value."
        raise DataError(Finding("error", message, place, remedy=remedy))
    if "variable" not in data.columns:
        return data
    names = {key(str(each)): str(each) for each in data["variable"].unique()}
    if len(names) == 1 or key(variable) in names:
        from secdil_sd.readers.select import select

        return select(data, variable=names.get(key(variable), next(iter(names.values()))))
    message = f"{place} has several variables, none of them {variable!r}."
    hint = suggestion(variable, names.values())
    remedy = hint or "Choose one: select(table, variable=...)."
    raise DataError(Finding("error", message, place, (variable,), remedy))


def resolve(text: str, known: Wide) -> str:
    """Return the state of a table that a name or code means.

    Raises
    ------
    DataError
        If nothing bears the name, several do, or the table has no such state.
    """
    columns = [str(each) for each in known.values.columns]
    if text in columns:
        return text
    folded = [each for each in columns if each.casefold() == text.casefold()]
    if len(folded) == 1:
        return folded[0]
    try:
        name = find_state(text).name
    except SecdilError:
        hint = suggestion(text, columns)
        if not hint:
            raise
        raise DataError(
            Finding("error", f"The data have no state {text!r}.", "dyads", (text,), hint)
        ) from None
    if name in columns:
        return name
    message = f"The data have no figures of {name}."
    raise DataError(Finding("error", message, "dyads", (text,), suggestion(name, columns)))


def _variables(data: Any) -> set[str]:
    """The variables of a table; nothing for what is none."""
    import pandas as pd

    if isinstance(data, str | Path):
        from secdil_sd.readers.spending import read_spending

        data = read_spending(data)
    if isinstance(data, pd.DataFrame) and "variable" in data.columns:
        return {key(str(each)) for each in data["variable"].unique()}
    return set()


def _wide(table: pd.DataFrame, place: str, positive: bool = False) -> Wide:
    """A row a year, a column a state; figures that are not positive count as missing."""
    import pandas as pd

    findings = []
    numbers = pd.to_numeric(table["value"], errors="coerce")
    text = table[numbers.isna() & table["value"].notna()]
    if len(text):
        row = text.iloc[0]
        message = f"{row['state']} {row['year']} has {row['value']!r} where a number belongs."
        findings.append(Finding("error", message, place, remedy="Leave unknown years empty."))
    known = table.assign(value=numbers.astype(float)).dropna(subset=["value"])
    doubled = known[known.duplicated(["state", "year"])]
    if len(doubled):
        shown = [f"{s} {y}" for s, y in zip(doubled["state"], doubled["year"], strict=True)]
        more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
        message = f"There are two figures for {', '.join(shown[:5])}{more}."
        findings.append(Finding("error", message, place, remedy="Keep one of each."))
    if not findings and known.empty:
        findings.append(Finding("error", "There is no figure at all.", place))
    if findings:
        raise DataError(*findings)
    wide = known.pivot(index="year", columns="state", values="value")
    wide = wide.reindex(range(int(wide.index.min()), int(wide.index.max()) + 1))
    if positive:
        wide = wide.where(wide > 0)
    attrs = table.attrs
    source = str(attrs.get("source") or attrs.get("file") or "")
    return Wide(
        wide,
        source,
        str(basis_of(attrs)) if attrs.get("units") else "",
        str(attrs.get("price_basis") or ""),
    )


def _within(found: Wide, place: str, remedy: str) -> Wide:
    low, high = found.values.min().min(), found.values.max().max()
    if low < 0 or high > 1:
        message = f"{place} runs from {low:g} to {high:g}; it goes from 0 to 1."
        raise DataError(Finding("error", message, place, remedy=remedy))
    return found
