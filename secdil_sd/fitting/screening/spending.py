"""A tidy table as logarithms by state and year, every mistake in it told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import spelling, suggestion
from secdil_sd.readers import nmc, sipri, worldbank
from secdil_sd.readers.basis import Basis, basis_of
from secdil_sd.readers.select import select
from secdil_sd.readers.spending import read_spending
from secdil_sd.readers.tidy import capped

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("state", "year", "value")
SPENDING = ("spending", "military spending", "military expenditure", "milex")
"""What the variable is called where a table has several."""
PUBLISHED = (nmc.SOURCE, sipri.SOURCE, worldbank.SOURCE)
"""Sources whose zeros are known to mean that little or nothing was recorded."""
WORLD = 12
"""States whose growth must be known for their median to stand for the world's."""
BREAK = 3.0
"""A median growth beyond this factor in one year is a change of unit, not of arms."""
FEW = 5
"""States whose figures must jump together before a change of unit is suspected in any year."""
POUNDS_TO = 1913
"""Last year of pounds in National Material Capabilities; the break that is looked for always."""


@dataclass(frozen=True)
class Spending:
    """Logarithms of the figures of states.

    Parameters
    ----------
    states : tuple of str
    first_year : int
    logs : (state, year)
        NaN where there is no figure.
    world : (year - 1,)
        Growth of the median state (difference of logarithms); NaN where too few are known.
    basis : Basis
        What the figures are in, as far as the table says.
    about : dict
        What the table says about itself.
    """

    states: tuple[str, ...]
    first_year: int
    logs: np.ndarray = field(repr=False)
    world: np.ndarray = field(repr=False)
    basis: Basis
    about: Mapping[Any, Any] = field(repr=False)

    @property
    def last_year(self) -> int:
        """The last year of the table."""
        return self.first_year + self.logs.shape[1] - 1

    def place(self, state: str) -> int:
        """Return the row of a state."""
        return self.states.index(state)


def read_table(data: pd.DataFrame | str | Path) -> pd.DataFrame:
    """Return the tidy table of one variable; reads a file if given its path.

    Raises
    ------
    DataError, FileError
        If it is no such table.
    """
    import pandas as pd

    table = read_spending(data) if isinstance(data, str | Path) else data
    if not isinstance(table, pd.DataFrame):
        message = f"A {type(table).__name__} is no table of spending."
        raise DataError(Finding("error", message, remedy="Give a DataFrame or the path of a file."))
    missing = [each for each in COLUMNS if each not in table]
    if missing:
        raise DataError(
            *(
                Finding(
                    "error",
                    f"The table has no column {each!r}.",
                    variables=(each,),
                    remedy=suggestion(each, map(str, table.columns)),
                )
                for each in missing
            )
        )
    return _spending_only(table) if "variable" in table else table


def spending_of(table: pd.DataFrame, findings: list[Finding]) -> Spending | None:
    """Return the logarithms of a tidy table; what is wrong with it joins the findings.

    None where it cannot even be laid out.
    """
    import pandas as pd

    told = [*_bases(table)]
    year = pd.to_numeric(table["year"], errors="coerce")
    value = pd.to_numeric(table["value"], errors="coerce")
    told += _no_numbers(table, year, value)
    known = table.assign(year=year, value=value)[year.notna() & (year % 1 == 0) & value.notna()]
    known = known.astype({"year": int, "state": str})
    told += _doubles(known)
    told += _signs(known, str(table.attrs.get("source", "")) in PUBLISHED)
    findings += told
    good = known[known["value"] > 0].drop_duplicates(["state", "year"])
    if good.empty:
        findings.append(Finding("error", "The table has no positive figure."))
        return None
    wide = good.pivot(index="state", columns="year", values="value")
    years = range(int(wide.columns.min()), int(wide.columns.max()) + 1)
    # A state without any figure is known by name, so that it is not taken for a misspelling.
    names = list(dict.fromkeys(table["state"].astype(str)))
    logs = np.log(wide.reindex(index=names, columns=years).to_numpy(dtype=float))
    findings += _breaks(names, years[0], logs, basis_of(table.attrs).stated)
    return Spending(
        tuple(names), years[0], logs, world_growth(logs), basis_of(table.attrs), table.attrs
    )


def world_growth(logs: np.ndarray) -> np.ndarray:
    """Return the growth of the median state, (year - 1,); NaN where too few states are known.

    Examples
    --------
    >>> world_growth(np.tile([0.0, 0.5, np.nan], (12, 1))).tolist()
    [0.5, nan]
    """
    growth = np.diff(logs, axis=1)
    enough = np.isfinite(growth).sum(axis=0) >= WORLD
    median = np.full(growth.shape[1], np.nan)
    median[enough] = np.nanmedian(growth[:, enough], axis=0)
    return median


def _spending_only(table: pd.DataFrame) -> pd.DataFrame:
    names = list(dict.fromkeys(table["variable"].dropna().astype(str)))
    wanted = [each for each in names if spelling(each) in map(spelling, SPENDING)]
    if len(names) > 1 and len(wanted) != 1:
        message = f"The table has several variables: {', '.join(names)}."
        remedy = "Take one: select(table, variable=...)."
        raise DataError(Finding("error", message, variables=tuple(names), remedy=remedy))
    return select(table, variable=(wanted or names)[0])


def _bases(table: pd.DataFrame) -> Iterator[Finding]:
    """Tell of a table whose rows are in different units or prices."""
    for name in ("units", "currency", "price_basis", "base_year"):
        if name not in table:
            continue
        found = list(dict.fromkeys(table[name].dropna()))
        if len(found) > 1:
            shown = " and ".join(repr(each) for each in found[:3])
            message = f"One table has {name.replace('_', ' ')} {shown}: two bases cannot be mixed."
            remedy = "Bring its parts to one basis with deflated or rebased, then combined."
            yield Finding("error", message, variables=(name,), remedy=remedy)


def _no_numbers(table: pd.DataFrame, year: pd.Series, value: pd.Series) -> list[Finding]:
    found = []
    remedy = "Write a number, or leave the figure blank where there is none."
    for at in np.flatnonzero(year.isna() | (year % 1 != 0)):
        message = f"{table['year'].iloc[at]} is not a year ({table['state'].iloc[at]})."
        found.append(Finding("error", message, f"row {at + 1}", remedy="Mend the row."))
    for at in np.flatnonzero((value.isna() & table["value"].notna()) | np.isinf(value)):
        row = table.iloc[at]
        message = f"{str(row['value'])!r} is not a number ({row['state']}, {row['year']})."
        found.append(Finding("error", message, f"row {at + 1}", (str(row["state"]),), remedy))
    return capped(found, "cells that are no numbers")


def _doubles(known: pd.DataFrame) -> list[Finding]:
    again = known[known.duplicated(["state", "year"])]
    found = [
        Finding(
            "error",
            f"{row['state']} has a second figure for {row['year']}: {row['value']:g}.",
            variables=(str(row["state"]),),
            remedy="Keep one.",
        )
        for _, row in again.iterrows()
    ]
    return capped(found, "doubled years")


def _signs(known: pd.DataFrame, published: bool) -> list[Finding]:
    """Tell of figures without a logarithm; a zero of a published source is a gap."""
    bad = known[(known["value"] < 0) if published else (known["value"] <= 0)]
    found = [
        Finding(
            "error",
            f"{row['state']} has {row['value']:g} in {row['year']}: spending must be positive.",
            variables=(str(row["state"]),),
            remedy="Leave a year without a figure blank: growth is taken from logarithms.",
        )
        for _, row in bad.iterrows()
    ]
    return capped(found, "figures that are not positive")


def _breaks(names: list[str], first: int, logs: np.ndarray, stated: bool) -> Iterator[Finding]:
    """Tell of a year in which the figures change their unit."""
    growth = np.diff(logs, axis=1)
    count = np.isfinite(growth).sum(axis=0)
    for at in np.flatnonzero(count):
        year = first + int(at)
        pounds = year == POUNDS_TO and not stated
        if count[at] < FEW and not (pounds and count[at] == np.sum(growth[:, at] > np.log(BREAK))):
            continue
        factor = float(np.exp(np.nanmedian(growth[:, at])))
        if 1 / BREAK < factor < BREAK:
            continue
        about = " (pounds before, dollars from then on?)" if year == POUNDS_TO else ""
        message = (
            f"From {year} to {year + 1} the figures of {count[at]} states jump by about "
            f"{factor:.2g} together: a change of unit{about}, not of arms."
        )
        remedy = (
            "Read one currency at a time, as read_nmc(path, currency='GBP'), or give the years on "
            "one side only."
        )
        yield Finding("error", message, variables=tuple(names[:3]), remedy=remedy)
