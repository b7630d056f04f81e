"""What looks wrong in a file of figures: gaps, jumps, repeats, doubles, signs, mixed bases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.readers.basis import OTHER, SHARE, Basis
from secdil_sd.readers.countries import find_state
from secdil_sd.readers.nmc import FIRST_DOLLARS
from secdil_sd.readers.nmc import SOURCE as NMC
from secdil_sd.readers.one_basis import how_to_convert
from secdil_sd.readers.spending import read_any
from secdil_sd.readers.tidy import Reading

if TYPE_CHECKING:
    import pandas as pd

JUMP = 0.5
"""A change of more than this share from one year to the next is shown."""


def check_data(
    *paths: str | Path, sheet: str | None = None, states: Sequence[str | int] | None = None
) -> list[Finding]:
    """Return everything that looks wrong in files of figures.

    Mistakes (text among numbers, doubled years, unknown states, two bases in one table or in
    several files) are errors; gaps inside a series, changes of more than 50% in a year, figures
    repeated from year to year and figures that are not positive are warnings: they may be true.

    Parameters
    ----------
    *paths : str or Path
        Files that `read_spending` reads; several are also held against each other.
    sheet : str, optional
        Of a workbook.
    states : sequence of str or int, optional
        Look at the series of these only.

    Returns
    -------
    list of Finding
        Each with its place; empty if nothing is wrong.

    Raises
    ------
    DataError
        If a state in ``states`` is unknown or ambiguous.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.csv"
    ...     _ = path.write_text("state,year,value,units\\nIndia,1990,1,M\\nIndia,1991,9,M\\n")
    ...     for finding in check_data(path):
    ...         print(finding)
    mine.csv: Nobody says in what currency and prices the figures are. Add columns units and
    price_basis, or give them when reading.
    mine.csv, row 3: India rises by 800% from 1990 to 1991 (1 to 9).
    """
    names = _wanted(states)
    findings: list[Finding] = []
    bases: dict[str, Basis] = {}
    for path in paths:
        try:
            reading = read_any(path, sheet)
        except SecdilError as error:
            findings += error.findings
            continue
        findings += reading.findings
        findings += about_bases(reading)
        findings += about_series(reading, names)
        if isinstance(reading.about.basis, Basis) and reading.about.basis.stated:
            bases[reading.grid.name] = reading.about.basis
    return findings + _between(bases)


def about_bases(reading: Reading) -> list[Finding]:
    """Return what a table should say of its units and does not, or says of a break in them."""
    basis, name = reading.about.basis, reading.grid.name
    if isinstance(basis, Mapping):
        stated = all(each.stated for each in basis.values())
    else:
        stated = basis.stated
    found = []
    if not stated:
        message = "Nobody says in what currency and prices the figures are."
        remedy = "Add columns units and price_basis, or give them when reading."
        found.append(Finding("warning", message, name, remedy=remedy))
    if reading.about.source == NMC and reading.about.dropped:
        message = (
            f"Spending is in pounds before {FIRST_DOLLARS} and in dollars from then on; "
            "only the dollars are looked at."
        )
        remedy = "Never deflate across the break; read_nmc(path, currency='GBP') gives the pounds."
        found.append(Finding("note", message, name, remedy=remedy))
    return found


def about_series(reading: Reading, states: Sequence[str] | None = None) -> list[Finding]:
    """Return what looks wrong in the series of spending, GDP and shares; scores are passed by."""
    rows = reading.rows
    if states is not None:
        rows = rows[rows["state"].isin(states)]
    given = rows[rows["value"].notna()].sort_values("year", kind="stable")
    found: list[Finding] = []
    for (state, variable), series in given.groupby(["state", "variable"], sort=True):
        if _basis(reading, str(variable)).kind == OTHER:
            continue
        label = f"{state}, {variable}," if variable else str(state)
        found += _signs(reading, label, series)
        found += _gaps(reading, label, series)
        found += _jumps(reading, label, series)
        found += _repeats(reading, label, series)
    return found


def _signs(reading: Reading, label: str, series: pd.DataFrame) -> Iterator[Finding]:
    remedy = "Leave a year without a figure blank: spending is fitted as a logarithm."
    for _, row in series[series["value"] < 0].iterrows():
        message = f"{label} is negative in {row['year']} ({row['value']:g})."
        yield Finding("error", message, _place(reading, row), (label,), remedy)
    for _, row in series[series["value"] == 0].iterrows():
        message = f"{label} is zero in {row['year']}."
        yield Finding("warning", message, _place(reading, row), (label,), remedy)


def _gaps(reading: Reading, label: str, series: pd.DataFrame) -> Iterator[Finding]:
    """Tell of years without a figure, unless the state did not exist in them."""
    years = series["year"].to_numpy()
    existed = _existence(str(series["state"].iloc[0]))
    for at in np.flatnonzero(np.diff(years) > 1):
        first, last = years[at] + 1, years[at + 1] - 1
        if not any(existed(year) for year in range(first, last + 1)):
            continue
        span = str(first) if first == last else f"{first}-{last}"
        place = _place(reading, series.iloc[at + 1])
        yield Finding("warning", f"{label} has no figure for {span}.", place, (label,))


def _jumps(reading: Reading, label: str, series: pd.DataFrame) -> Iterator[Finding]:
    years, values = series["year"].to_numpy(), series["value"].to_numpy()
    for at in range(1, len(values)):
        before, after = values[at - 1], values[at]
        if years[at] - years[at - 1] != 1 or before <= 0 or abs(after / before - 1) <= JUMP:
            continue
        change = after / before - 1
        way = f"{'rises' if change > 0 else 'falls'} by {abs(change):.0%}"
        message = (
            f"{label} {way} from {years[at - 1]} to {years[at]} "
            f"({_shown(reading, before)} to {_shown(reading, after)})."
        )
        yield Finding("warning", message, _place(reading, series.iloc[at]), (label,))


def _repeats(reading: Reading, label: str, series: pd.DataFrame) -> Iterator[Finding]:
    """Tell of figures carried on unchanged: estimates, not measurements."""
    years, values = series["year"].to_numpy(), series["value"].to_numpy()
    same = np.r_[False, (np.diff(years) == 1) & (np.diff(values) == 0) & (values[1:] != 0)]
    at = 1
    while at < len(values):
        if not same[at]:
            at += 1
            continue
        begin = at - 1
        while at < len(values) and same[at]:
            at += 1
        message = (
            f"{label} has the same figure, {_shown(reading, values[begin])}, from {years[begin]} "
            f"to {years[at - 1]}."
        )
        yield Finding("warning", message, _place(reading, series.iloc[begin]), (label,))


def _between(bases: Mapping[str, Basis]) -> list[Finding]:
    """Hold the bases of several files against each other; shares go with any."""
    money = {name: each for name, each in bases.items() if each.kind not in (SHARE, OTHER)}
    first = next(iter(money.values()), None)
    if first is None or all(each.same_prices(first) for each in money.values()):
        return []
    shown = ", ".join(f"{name} in {basis}" for name, basis in money.items())
    message = f"The files are in different bases: {shown}."
    return [Finding("error", message, remedy=how_to_convert(list(money.values())))]


def _basis(reading: Reading, variable: str) -> Basis:
    basis = reading.about.basis
    return basis[variable] if isinstance(basis, Mapping) else basis


def _place(reading: Reading, row: pd.Series) -> str:
    return reading.grid.place(int(row["row"]), int(row["column"]))


def _shown(reading: Reading, value: float) -> str:
    basis = reading.about.basis
    if isinstance(basis, Basis) and basis.kind == SHARE:
        return f"{value:.2%}"
    return f"{value:.4g}" if value < 1e4 else f"{value:,.0f}"


def _existence(name: str) -> Callable[[int], bool]:
    """Return what tells whether a state existed in a year; regions always do."""
    try:
        return find_state(name).existed
    except DataError:
        return lambda year: True


def _wanted(states: Sequence[str | int] | None) -> list[str] | None:
    if states is None:
        return None
    names: list[str] = []
    findings: list[Finding] = []
    for each in states:
        try:
            names.append(find_state(each).name)
        except DataError as error:
            findings += error.findings
    if findings:
        raise DataError(*findings)
    return names
