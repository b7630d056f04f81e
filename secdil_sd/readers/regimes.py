"""Polity and V-Dem: how democratic a state is, how bound its executive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.basis import OTHER, Basis
from secdil_sd.readers.cells import number
from secdil_sd.readers.countries import State, by_cow, by_polity, find_state
from secdil_sd.readers.grid import Grid, is_workbook, read_columns, read_grid
from secdil_sd.readers.nmc import coded_states
from secdil_sd.readers.records import Records, find_records, observe
from secdil_sd.readers.tidy import About, Observation, Reading, assemble, listed

if TYPE_CHECKING:
    import pandas as pd

POLITY = "Polity5, Center for Systemic Peace"
VDEM = "V-Dem, Varieties of Democracy"
SPECIAL = {-66: "foreign interruption", -77: "interregnum", -88: "transition"}
"""Polity's codes that are no scores."""
SCORES = {
    "polity2": Basis(OTHER, "score from -10 (autocracy) to 10 (democracy)"),
    "xconst": Basis(OTHER, "executive constraints, 1 to 7"),
    "democracy": Basis(OTHER, "(polity2 + 10) / 20"),
}
INDICES = {
    "v2x_libdem": "liberal democracy, 0 to 1",
    "v2x_polyarchy": "electoral democracy, 0 to 1",
    "v2x_jucon": "judicial constraints on the executive, 0 to 1",
    "v2xlg_legcon": "legislative constraints on the executive, 0 to 1",
}


def read_polity(path: str | Path) -> pd.DataFrame:
    """Read democracy and executive constraints from Polity5.

    Parameters
    ----------
    path : str or Path
        The workbook or CSV with columns ccode, year, polity2 and xconst.

    Returns
    -------
    DataFrame
        Columns state, year, variable, value: "polity2" (-10 to 10), "xconst" (1 to 7) and
        "democracy" = (polity2 + 10) / 20. The special codes -66, -77 and -88 are NaN.

    Raises
    ------
    FileError, DataError
        If it cannot be read, lacks columns, or holds text among numbers; all together.

    Source
    ------
    Marshall and Gurr (2020), Polity5.

    Examples
    --------
    >>> table = read_polity("p5v2018.xls")                            # doctest: +SKIP
    """
    return read_polity_grid(read_grid(path)).table()


def read_vdem(path: str | Path) -> pd.DataFrame:
    """Read V-Dem's indices of democracy and of constraints on the executive.

    Parameters
    ----------
    path : str or Path
        The core or full CSV: columns country_name, year and at least one of v2x_libdem,
        v2x_polyarchy, v2x_jucon, v2xlg_legcon.

    Returns
    -------
    DataFrame
        Columns state, year, variable, value, each index from 0 to 1 under its own name.

    Raises
    ------
    FileError, DataError
        If it cannot be read, lacks columns, or holds text among numbers; all together.

    Source
    ------
    Coppedge et al., V-Dem Codebook.

    Examples
    --------
    >>> table = read_vdem("V-Dem-CY-Core-v14.csv")                    # doctest: +SKIP
    """
    return read_vdem_file(path).table()


def is_polity(records: Records) -> bool:
    """Return whether a table has Polity's columns."""
    return "polity2" in records and "ccode" in records


def is_vdem(headings: Sequence[str]) -> bool:
    """Return whether a table with these headings is V-Dem's."""
    return "country_name" in headings and any(each in headings for each in INDICES)


def read_vdem_file(path: str | Path) -> Reading:
    """Read V-Dem, mistakes and all: of its thousands of columns only those needed."""
    if is_workbook(path):
        return read_vdem_grid(read_grid(path))
    return read_vdem_grid(read_columns(path, ("country_name", "year", "COWcode", *INDICES)))


def read_polity_grid(grid: Grid) -> Reading:
    """Read Polity, mistakes and all."""
    records = find_records(grid, ["ccode", "year"])
    records.require(["ccode", "year", "polity2", "xconst"], "Polity")
    found, mistakes = observe(records, "ccode", "year", {"polity2": "polity2", "xconst": "xconst"})
    about = About(POLITY, _vintage(grid.file), SCORES)
    found = _without_special(found, about)
    found = _one_code_a_year(found, about)
    states, unknown = coded_states(grid, found, by_polity, "Polity")
    reading = assemble(grid, found, states, about, [*mistakes, *unknown])
    return _with_democracy(reading)


def read_vdem_grid(grid: Grid) -> Reading:
    """Read V-Dem, mistakes and all."""
    records = find_records(grid, ["country_name", "year"])
    records.require(["country_name", "year"], "V-Dem")
    present = [each for each in INDICES if each in records]
    if not present:
        message = f"None of V-Dem's indices is here: {', '.join(INDICES)}."
        raise DataError(Finding("error", message, grid.name, remedy="Give the core data set."))
    found, mistakes = observe(records, "country_name", "year", {each: each for each in present})
    about = About(
        VDEM, _vintage(grid.file), {each: Basis(OTHER, INDICES[each]) for each in present}
    )
    states = _vdem_states(records, found, about)
    return assemble(grid, found, states, about, mistakes)


def _vdem_states(
    records: Records, found: Sequence[Observation], about: About
) -> list[State | None]:
    """Name states by their Correlates of War number where V-Dem gives one, else by name."""
    codes: dict[int, Any] = {}
    if "COWcode" in records:
        codes = {at: records.cell(row, "COWcode") for at, row in records.body}
    states = [_vdem_state(codes.get(each.row, ""), str(each.name), each.year) for each in found]
    left = [str(each.name) for each, state in zip(found, states, strict=True) if state is None]
    if left:
        about.dropped.append(f"{listed(left)}: no states, left out.")
    return states


def _vdem_state(code: Any, name: str, year: int) -> State | None:
    try:
        return by_cow(int(float(code)), year)
    except ValueError:
        return _by_name(name)


@cache
def _by_name(name: str) -> State | None:
    try:
        return find_state(name)
    except DataError:
        return None


def _without_special(found: Sequence[Observation], about: About) -> list[Observation]:
    """Blank the codes that stand for no score, and count them."""
    counts = dict.fromkeys(SPECIAL, 0)
    kept = []
    for each in found:
        try:
            value = number(each.cell)
        except ValueError:
            value = 0.0
        if value in SPECIAL:
            counts[int(value)] += 1
            each = each._replace(cell="")
        kept.append(each)
    for code, count in counts.items():
        if count:
            about.dropped.append(f"{count} codes {code} ({SPECIAL[code]}): no scores, NaN.")
    return kept


def _one_code_a_year(found: Sequence[Observation], about: About) -> list[Observation]:
    """Keep the successor's row of a year in which Polity gives one state under two numbers."""
    first: dict[str, int] = {}
    for each in found:
        first[str(each.name)] = min(each.year, first.get(str(each.name), each.year))
    newest: dict[tuple[Any, int], str] = {}
    for each in found:
        who = _polity_state(each)
        if who is None:
            continue
        held = newest.setdefault((who.name, each.year), str(each.name))
        if first[str(each.name)] > first[held]:
            newest[who.name, each.year] = str(each.name)
    kept = []
    left: set[str] = set()
    for each in found:
        who = _polity_state(each)
        if who is None or newest[who.name, each.year] == str(each.name):
            kept.append(each)
        else:
            left.add(f"{who.name} {each.year} under number {each.name}")
    if left:
        about.dropped.append(f"{listed(sorted(left))}: the successor's row is kept.")
    return kept


def _polity_state(each: Observation) -> State | None:
    try:
        return by_polity(int(float(each.name)), each.year)
    except ValueError:
        return None


def _with_democracy(reading: Reading) -> Reading:
    import pandas as pd

    scores = reading.rows[reading.rows["variable"] == "polity2"]
    made = scores.assign(variable="democracy", value=(scores["value"] + 10) / 20)
    return replace(reading, rows=pd.concat([reading.rows, made], ignore_index=True))


def _vintage(file: str) -> str:
    found = re.search(r"v(\d+(?:\.\d+)?)", file, re.IGNORECASE)
    return f"v{found[1]}" if found else ""
