"""Observations to a tidy table: numbers read, states named, doubles refused, all mistakes told."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.basis import Basis
from secdil_sd.readers.cells import number
from secdil_sd.readers.countries import UNKNOWN, State, find_state
from secdil_sd.readers.grid import Grid

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12
"""Findings of one kind told one by one; the rest are counted."""


class Observation(NamedTuple):
    """A cell of a source with what it is of, before anything is read into it."""

    name: Any
    year: int
    cell: Any
    row: int
    column: int
    variable: str = ""


@dataclass(frozen=True)
class About:
    """What a table says about itself.

    Parameters
    ----------
    source, vintage : str
        Whose figures, and of which edition.
    basis : Basis or mapping of str to Basis
        What the values are measured in; by variable where there are several.
    dropped : list of str
        A line for everything left out, and why.
    notes : list of str
        What a reader of the figures should know.
    """

    source: str
    vintage: str
    basis: Basis | Mapping[str, Basis]
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """What was made of a source: rows that could be read, and every mistake.

    ``rows``: state, year, variable, value, and row and column in the grid.
    """

    grid: Grid
    rows: pd.DataFrame
    about: About
    findings: tuple[Finding, ...]

    def table(self) -> pd.DataFrame:
        """Return the tidy table; raises DataError with every mistake if there is one."""
        if errors := [each for each in self.findings if each.severity == "error"]:
            raise DataError(*errors)
        several = isinstance(self.about.basis, Mapping)
        columns = ["state", "year", *(["variable"] if several else []), "value"]
        by = [each for each in columns if each != "value"]
        found = self.rows.sort_values(by, kind="stable")[columns].reset_index(drop=True)
        found.attrs = self.attrs()
        return found

    def attrs(self) -> dict[Hashable, Any]:
        """Return what the table says about itself."""
        about = self.about
        stated: dict[Hashable, Any] = {}
        if isinstance(about.basis, Mapping):
            names = ("units", "price_basis", "base_year")
            stated = {n: {v: b.attrs[n] for v, b in about.basis.items()} for n in names}
        else:
            stated = dict(about.basis.attrs)
        return {
            **stated,
            "vintage": about.vintage,
            "source": about.source,
            "file": self.grid.file,
            "sheet": self.grid.sheet,
            "dropped": tuple(about.dropped),
            "notes": tuple(about.notes),
        }


def strict_names(
    grid: Grid, observations: Sequence[Observation], about: About
) -> tuple[dict[Any, State], list[Finding]]:
    """Name the states of a file of the user's own, in the years for which each has figures.

    An unknown name is a mistake, and so is one that two states shared in those years.
    """
    years: dict[Any, list[int]] = {}
    for each in observations:
        given = years.setdefault(each.name, [])
        if not _blank(each.cell):
            given.append(each.year)
    known, told = _named(grid, observations, years)
    return known, [finding for _, finding in told]


def lenient_names(
    grid: Grid, observations: Sequence[Observation], about: About
) -> tuple[dict[Any, State], list[Finding]]:
    """Name the states of a published source, which means one series by a name, in all years.

    What is no state there is an aggregate, and left out; a name without owner is a mistake.
    """
    known, told = _named(grid, observations, {each.name: [] for each in observations})
    left = [str(name) for name, finding in told if finding.message.startswith(UNKNOWN)]
    if left:
        what = "no state" if len(left) == 1 else "no states"
        about.dropped.append(f"{listed(left)}: {what}, left out.")
    return known, [finding for _, finding in told if not finding.message.startswith(UNKNOWN)]


def _named(
    grid: Grid, observations: Sequence[Observation], years: Mapping[Any, Sequence[int]]
) -> tuple[dict[Any, State], list[tuple[Any, Finding]]]:
    """Find the state of each name in its years; the names that have none, with the reason."""
    rows: dict[Any, int] = {}
    for each in observations:
        rows.setdefault(each.name, each.row)
    known: dict[Any, State] = {}
    told: list[tuple[Any, Finding]] = []
    for name, given in years.items():
        try:
            known[name] = find_state(name, given or None)
        except DataError as error:
            (finding,) = error.findings
            told.append((name, replace(finding, place=grid.place(rows[name]))))
    return known, told


def read(
    grid: Grid,
    observations: Sequence[Observation],
    about: About,
    naming: Callable[
        [Grid, Sequence[Observation], About], tuple[dict[Any, State], list[Finding]]
    ] = strict_names,
) -> Reading:
    """Read numbers and names of observations whose states go by one name in all years."""
    known, findings = naming(grid, observations, about)
    states = [known.get(each.name) for each in observations]
    reading = assemble(grid, observations, states, about, findings)
    return _without_the_dissolved(reading, known.values())


def assemble(
    grid: Grid,
    observations: Sequence[Observation],
    states: Sequence[State | None],
    about: About,
    findings: Sequence[Finding] = (),
) -> Reading:
    """Put observations and their states together; observations of no state are left out."""
    import pandas as pd

    told = list(findings)
    values, mistakes = _values(grid, observations)
    told += mistakes
    frame = pd.DataFrame(
        {
            "state": [each.name if each else None for each in states],
            "year": [each.year for each in observations],
            "variable": [each.variable for each in observations],
            "value": values,
            "row": [each.row for each in observations],
            "column": [each.column for each in observations],
        }
    )
    doubles, frame = _single(grid, frame[frame["state"].notna()])
    if frame.empty and not told:
        message = "No row of it is of a state."
        told.append(Finding("error", message, grid.name, remedy="Is it the right file or sheet?"))
    return Reading(grid, frame.reset_index(drop=True), about, (*told, *doubles))


def scaled(reading: Reading, factors: Mapping[str, float] | float) -> Reading:
    """Return a reading with its values multiplied, by variable if need be."""
    rows = reading.rows.copy()
    by: Any = factors
    if isinstance(factors, Mapping):
        by = rows["variable"].map(factors).astype(float)
    rows["value"] = rows["value"] * by
    return Reading(reading.grid, rows, reading.about, reading.findings)


def listed(names: Sequence[str]) -> str:
    """Return names in a line, the first eight of many.

    >>> listed(["Africa", "Asia"])
    'Africa, Asia'
    """
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more


def capped(findings: Sequence[Finding], what: str) -> list[Finding]:
    """Return the first findings of a kind, and one that counts the rest."""
    if len(findings) <= SHOWN:
        return list(findings)
    rest = f"And {len(findings) - SHOWN} more {what}."
    return [*findings[:SHOWN], Finding("error", rest, findings[-1].place)]


def _values(grid: Grid, observations: Sequence[Observation]) -> tuple[list[float], list[Finding]]:
    values: list[float] = []
    mistakes: list[Finding] = []
    for each in observations:
        try:
            values.append(number(each.cell, grid.decimal))
        except ValueError:
            values.append(math.nan)
            mistakes.append(
                Finding(
                    "error",
                    f"{str(each.cell)!r} is not a number ({each.name}, {each.year}).",
                    grid.place(each.row, each.column),
                    (str(each.name),),
                    "Write a number, or leave the cell blank where there is none.",
                )
            )
    return values, capped(mistakes, "cells that are no numbers")


def _blank(cell: Any) -> bool:
    try:
        return math.isnan(number(cell))
    except ValueError:
        return False


def _without_the_dissolved(reading: Reading, states: Iterable[State]) -> Reading:
    """Leave out what a source says of a state after its end: that is its former territory."""
    last = {each.name: each.dissolved for each in states if each.dissolved is not None}
    rows = reading.rows
    late = (rows["year"] > rows["state"].map(last)) & rows["value"].notna()
    for name, found in rows[late].groupby("state"):
        begin, end = found["year"].min(), found["year"].max()
        span = str(begin) if begin == end else f"{begin}-{end}"
        reading.about.dropped.append(
            f"{name} {span}: the state ended in {last[name]}, the figures are of its former "
            f"territory."
        )
    return replace(reading, rows=rows[~late].reset_index(drop=True))


def _single(grid: Grid, frame: pd.DataFrame) -> tuple[list[Finding], pd.DataFrame]:
    """Keep one row a state, year and variable; two figures for one are a mistake."""
    keys = ["state", "year", "variable"]
    order = frame.assign(_blank=frame["value"].isna()).sort_values("_blank", kind="stable")
    given = order[~order["_blank"]]
    doubles = []
    for _, row in given[given.duplicated(keys)].sort_values(["row", "column"]).iterrows():
        first = given[(given[keys] == row[keys]).all(axis=1)].iloc[0]
        variable = f" of {row['variable']}" if row["variable"] else ""
        there = grid.place(int(first["row"]), int(first["column"])).rpartition(", ")[2]
        message = (
            f"{row['state']} has a second figure{variable} for {row['year']}: "
            f"{row['value']:g}, after {first['value']:g} in {there}."
        )
        place = grid.place(int(row["row"]), int(row["column"]))
        doubles.append(Finding("error", message, place, (str(row["state"]),), "Keep one."))
    kept = order.drop_duplicates(keys).drop(columns="_blank").sort_index()
    return capped(doubles, "doubled years"), kept
