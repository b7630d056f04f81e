"""Tables with a row a state and year and a column a variable: columns found, rows observed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import spelling, suggestion
from secdil_sd.readers.cells import year
from secdil_sd.readers.grid import Grid
from secdil_sd.readers.tidy import Observation, capped


@dataclass(frozen=True)
class Records:
    """A grid with a header of names: its columns by name, its rows below.

    Parameters
    ----------
    grid : Grid
    row : int
        Where the header stands.
    columns : dict of str to int
        Column by heading in the form names are compared in.

    Examples
    --------
    >>> records = find_records(Grid("a.csv", "", [["Year", "milex"], ["1950", "5"]]), ["year"])
    >>> records.columns, len(list(records.body))
    ({'year': 0, 'milex': 1}, 1)
    """

    grid: Grid
    row: int
    columns: Mapping[str, int]

    def __contains__(self, heading: str) -> bool:
        return spelling(heading) in self.columns

    @property
    def body(self) -> Iterable[tuple[int, Sequence[Any]]]:
        """Row numbers and cells of the rows that are not blank."""
        for at in range(self.row + 1, len(self.grid.rows)):
            row = self.grid.rows[at]
            if any(str(cell).strip() for cell in row):
                yield at, row

    def cell(self, row: Sequence[Any], heading: str) -> Any:
        """Return the cell of a row under a heading; "" where the row ends early."""
        column = self.columns[spelling(heading)]
        return row[column] if column < len(row) else ""

    def require(self, headings: Iterable[str], source: str) -> None:
        """Refuse a table without these columns; all that are missing together."""
        missing = [each for each in headings if each not in self]
        if missing:
            present = [str(each).strip() for each in self.grid.rows[self.row] if str(each).strip()]
            raise DataError(
                *(
                    Finding(
                        "error",
                        f"There is no column {each!r}, which {source} has.",
                        self.grid.name,
                        (each,),
                        suggestion(each, present),
                    )
                    for each in missing
                )
            )


def find_records(grid: Grid, telling: Sequence[str]) -> Records:
    """Return the table below the first row that holds these headings, else below the first."""
    wanted = {spelling(each) for each in telling}
    for at, row in enumerate(grid.rows):
        if wanted <= (headings := _headings(row)).keys():
            return Records(grid, at, headings)
    first = next((at for at, row in enumerate(grid.rows) if any(map(_text, row))), 0)
    return Records(grid, first, _headings(grid.rows[first]) if grid.rows else {})


def observe(
    records: Records, name: str, when: str, variables: Mapping[str, str]
) -> tuple[list[Observation], list[Finding]]:
    """Return an observation a row and variable.

    Parameters
    ----------
    records : Records
    name, when : str
        Headings of state and year.
    variables : mapping of str to str
        Variable by heading.

    Returns
    -------
    list of Observation, list of Finding
        The latter for rows whose year is none.
    """
    found: list[Observation] = []
    mistakes: list[Finding] = []
    places = {heading: records.columns[spelling(heading)] for heading in variables}
    for at, row in records.body:
        cell = records.cell(row, when)
        which = year(cell)
        who = records.cell(row, name)
        if which is None or not _text(who):
            message = f"{str(cell)!r} is not a year." if which is None else "There is no state."
            mistakes.append(
                Finding("error", message, records.grid.place(at), remedy="Mend the row.")
            )
            continue
        for heading, variable in variables.items():
            value = records.cell(row, heading)
            found.append(Observation(who, which, value, at, places[heading], variable))
    return found, capped(mistakes, "rows without a year or a state")


def _headings(row: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(row):
        if text := _text(cell):
            found.setdefault(spelling(text), column)
    return found


def _text(cell: Any) -> str:
    return str(cell).strip()
