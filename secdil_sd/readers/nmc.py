"""Correlates of War, National Material Capabilities: military spending since 1816, forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import suggestion
from secdil_sd.readers.basis import MONEY, OTHER, Basis
from secdil_sd.readers.countries import State, by_cow
from secdil_sd.readers.grid import Grid, read_grid
from secdil_sd.readers.records import Records, find_records, observe
from secdil_sd.readers.tidy import About, Observation, Reading, assemble, capped

if TYPE_CHECKING:
    import pandas as pd

SOURCE = "Correlates of War, National Material Capabilities"
FIRST_DOLLARS = 1914
"""Spending is in pounds before this year and in dollars from it on."""
MISSING = -9
UNITS = {
    "milex": "thousand",
    "milper": "thousand persons",
    "irst": "thousand tons of iron and steel",
    "pec": "thousand tons of coal equivalent",
    "tpop": "thousand persons",
    "upop": "thousand persons",
    "cinc": "share of the system's capabilities",
}
CURRENCIES = ("USD", "GBP")


def read_nmc(path: str | Path, variable: str = "milex", currency: str = "USD") -> pd.DataFrame:
    """Read a variable of National Material Capabilities.

    Military spending is in pounds before 1914 and in dollars from then on: a break, not a jump
    in arms. One currency is read at a time. -9 is NaN. A number that several states have borne
    is named by year: 365 is the Soviet Union from 1922 to 1991 and Russia otherwise.

    Parameters
    ----------
    path : str or Path
        The CSV or workbook, full or abridged.
    variable : str
        "milex" (spending), "milper" (personnel), "tpop" (population), "cinc" and so on.
    currency : {"USD", "GBP"}
        For spending: dollars from 1914, or pounds to 1913.

    Returns
    -------
    DataFrame
        Columns state, year, value. Spending is in thousands, at current prices: deflate it
        before comparing years.

    Raises
    ------
    FileError, DataError
        If it cannot be read, lacks columns, or holds text among numbers; all together.

    Source
    ------
    Singer, Bremer and Stuckey (1972); Singer (1987).

    Examples
    --------
    >>> table = read_nmc("NMC-60-abridged.csv")                       # doctest: +SKIP
    >>> table.attrs["units"], table.attrs["price_basis"]              # doctest: +SKIP
    ('thousand USD', 'current')
    """
    return read_nmc_grid(read_grid(path), variable, currency).table()


def is_nmc(records: Records) -> bool:
    """Return whether a table has NMC's columns."""
    return "ccode" in records and ("milex" in records or "cinc" in records)


def read_nmc_grid(grid: Grid, variable: str = "milex", currency: str = "USD") -> Reading:
    """Read a variable, mistakes and all."""
    _check_asked(variable, currency)
    records = find_records(grid, ["ccode", "year"])
    records.require(["ccode", "year", variable], "National Material Capabilities")
    found, mistakes = observe(records, "ccode", "year", {variable: ""})
    about = About(SOURCE, _vintage(records), Basis(OTHER, UNITS[variable]))
    about.notes.append("One number may be several states: 365 is Russia and the Soviet Union.")
    if variable == "milex":
        about = replace(about, basis=Basis(MONEY, currency, 1e3, "current"))
        found = _one_currency(found, currency, about)
    found = [each._replace(cell="" if _is_missing(each.cell) else each.cell) for each in found]
    states, unknown = coded_states(grid, found, by_cow, "the Correlates of War")
    return assemble(grid, found, states, about, [*mistakes, *unknown])


def coded_states(
    grid: Grid, observations: Sequence[Observation], by_code: Any, whose: str
) -> tuple[list[State | None], list[Finding]]:
    """Return the state of each observation by its number and year; unknown numbers as findings."""
    states: list[State | None] = []
    unknown: dict[str, Finding] = {}
    for each in observations:
        try:
            state = by_code(int(float(each.name)), each.year)
        except ValueError:
            state = None
        if state is None and str(each.name) not in unknown:
            message = f"{each.name!s} is not a state number of {whose}."
            place = grid.place(each.row)
            unknown[str(each.name)] = Finding("error", message, place, remedy="Mend the row.")
        states.append(state)
    return states, capped(list(unknown.values()), "unknown state numbers")


def _one_currency(
    observations: Sequence[Observation], currency: str, about: About
) -> list[Observation]:
    dollars = currency == "USD"
    kept = [each for each in observations if (each.year >= FIRST_DOLLARS) == dollars]
    left = len(observations) - len(kept)
    if left:
        other, years = ("GBP", "before 1914") if dollars else ("USD", "from 1914 on")
        about.dropped.append(
            f"{left} figures {years}: they are in {other}; read them with currency={other!r}."
        )
    if not dollars:
        about.notes.append("Pounds under the gold standard: no price index fits all states.")
    return kept


def _is_missing(cell: Any) -> bool:
    try:
        return float(cell) == MISSING
    except ValueError:
        return False


def _vintage(records: Records) -> str:
    if "version" not in records:
        return ""
    return next((str(records.cell(row, "version")) for _, row in records.body), "")


def _check_asked(variable: str, currency: str) -> None:
    findings = []
    if variable not in UNITS:
        message = f"National Material Capabilities has no variable {variable!r}."
        findings.append(Finding("error", message, "", (variable,), suggestion(variable, UNITS)))
    if currency not in CURRENCIES:
        message = f"Its spending is in USD and GBP, not in {currency!r}."
        remedy = "Give currency='USD' (from 1914) or currency='GBP' (to 1913)."
        findings.append(Finding("error", message, "", (currency,), remedy))
    if findings:
        raise DataError(*findings)
