"""Where the header of a sheet is, and which of its columns are years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from secdil_sd.names import spelling
from secdil_sd.readers.cells import without_marks, year
from secdil_sd.readers.grid import Grid
from secdil_sd.readers.tidy import Observation

NAME_HEADINGS = frozenset(
    {"country", "countries", "countryname", "state", "statename", "statenme", "region", "name"}
)
FEWEST_YEARS = 3
"""A header has at least that many columns of years."""


@dataclass(frozen=True)
class Header:
    """The header of a wide table.

    Parameters
    ----------
    row : int
        Where it stands.
    name : int
        Column of the states' names.
    years : dict of int to int
        Year by column.
    others : dict of str to int
        Column by heading, of every other column that has one.
    """

    row: int
    name: int
    years: dict[int, int]
    others: dict[str, int]


def find_header(grid: Grid) -> Header | None:
    """Return the header of a table with a column a year, wherever it stands; None without one."""
    best: Header | None = None
    for at, row in enumerate(grid.rows):
        years = {column: found for column, cell in enumerate(row) if (found := year(cell))}
        if len(years) < FEWEST_YEARS:
            continue
        others = {
            str(cell).strip(): column
            for column, cell in enumerate(row)
            if column not in years and str(cell).strip()
        }
        named = [column for text, column in others.items() if is_name_heading(text)]
        named.sort(key=lambda column: spelling(str(row[column])) == "region")
        if named:
            return Header(at, named[0], years, others)
        if best is None and min(years) > 0 and len(set(years.values())) == len(years):
            best = Header(at, 0, years, others)
    return best


def is_name_heading(text: str) -> bool:
    """Return whether a heading stands over names of states.

    >>> is_name_heading("Country "), is_name_heading("Notes")
    (True, False)
    """
    return spelling(without_marks(text)).rstrip("*") in NAME_HEADINGS


def labelled(grid: Grid, header: Header) -> Iterator[tuple[int, str, Sequence[Any]]]:
    """Yield row number, name and cells of every row below the header that has a name."""
    for at in range(header.row + 1, len(grid.rows)):
        row = grid.rows[at]
        name = row[header.name] if header.name < len(row) else ""
        if isinstance(name, str) and name.strip():
            yield at, without_marks(name), row


def across(
    header: Header, at: int, name: Any, row: Sequence[Any], variable: str = ""
) -> list[Observation]:
    """Return the observations of a row of a wide table; a row that ends early is blank there."""
    return [
        Observation(name, found, row[column] if column < len(row) else "", at, column, variable)
        for column, found in header.years.items()
    ]


def preamble(grid: Grid, header: Header) -> list[str]:
    """Return the lines of text above the header."""
    lines = []
    for row in grid.rows[: header.row]:
        text = " ".join(str(cell).strip() for cell in row if str(cell).strip())
        if text:
            lines.append(" ".join(text.split()))
    return lines
