"""Files to grids of cells: text tables of any delimiter, sheets of workbooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secdil_sd.errors import DataError, FileError, Finding
from secdil_sd.names import spelling, suggestion

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
DELIMITERS = ",;\t|"
LOOKED_AT = 20
"""Lines from which a delimiter is told; preambles are shorter."""


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet, as they stand in the file.

    Parameters
    ----------
    file : str
        Name of the file, without its folder.
    sheet : str
        Name of the sheet; "" for a text file.
    rows : sequence of sequences
        Text, numbers, or "" where a cell is blank; rows may differ in length.
    decimal : str
        The mark in numbers written as text.

    Examples
    --------
    >>> print(Grid("a.xlsx", "Current US$", [["Country", 1990]]).place(0, 1))
    a.xlsx, sheet 'Current US$', cell B1
    """

    file: str
    sheet: str
    rows: Sequence[Sequence[Any]]
    decimal: str = "."

    @property
    def name(self) -> str:
        """The file and, where there is one, the sheet."""
        return f"{self.file}, sheet {self.sheet!r}" if self.sheet else self.file

    def place(self, row: int, column: int | None = None) -> str:
        """Return where a row or a cell is, as a spreadsheet names it."""
        if column is None or not self.sheet:
            return f"{self.name}, row {row + 1}"
        return f"{self.name}, cell {column_letters(column)}{row + 1}"


def column_letters(column: int) -> str:
    """Return a column's letters in a spreadsheet.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def is_workbook(path: str | Path) -> bool:
    """Return whether a file is a workbook by its ending."""
    return Path(path).suffix.lower() in WORKBOOKS


def sheet_names(path: str | Path) -> list[str]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    FileError
        If there is no such file.
    DataError
        If it is not a workbook.
    """
    import pandas as pd

    try:
        with pd.ExcelFile(path, engine="calamine") as book:
            return [str(each) for each in book.sheet_names]
    except OSError as error:
        raise _unreadable(path, error) from None
    except Exception as error:  # whatever a library of workbooks raises for a file that is none
        raise _no_workbook(path, error) from None


def read_sheet(path: str | Path, sheet: str) -> Grid:
    """Read one sheet of a workbook.

    Raises
    ------
    FileError
        If there is no such file.
    DataError
        If it is not a workbook, or has no sheet of that name; the message suggests the nearest.
    """
    import pandas as pd

    names = sheet_names(path)
    if sheet not in names:
        raise DataError(no_sheet(Path(path).name, sheet, names))
    options: dict[str, Any] = {"header": None, "dtype": object, "na_filter": False}
    try:
        table = pd.read_excel(path, sheet_name=sheet, engine="calamine", **options)
    except Exception as error:
        raise _no_workbook(path, error) from None
    return Grid(Path(path).name, sheet, table.values.tolist())


def read_text(path: str | Path) -> Grid:
    """Read a text table, whatever its encoding and delimiter.

    Raises
    ------
    FileError
        If it cannot be read.
    DataError
        If it is empty.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    text = _decoded(raw)
    if "\0" in text:
        message = "This is not a text table."
        remedy = f"Give a CSV, or a workbook ({', '.join(WORKBOOKS)})."
        raise DataError(Finding("error", message, Path(path).name, remedy=remedy))
    if not text.strip():
        raise DataError(Finding("error", "The file is empty.", Path(path).name))
    mark = _delimiter(text)
    rows = [[each.strip() for each in row] for row in _rows(text, mark, path)]
    return Grid(Path(path).name, "", rows, "," if mark == ";" else ".")


def read_columns(path: str | Path, wanted: Collection[str]) -> Grid:
    """Read some columns of a comma-separated file too wide to be held as a whole.

    Parameters
    ----------
    path : str or Path
    wanted : collection of str
        Headings of the first row.

    Raises
    ------
    FileError
        If it cannot be read.
    DataError
        If it is empty or no table.
    """
    forms = {spelling(each) for each in wanted}
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            kept = [column for column, each in enumerate(header) if spelling(each) in forms]
            rows = [[row[at].strip() if at < len(row) else "" for at in kept] for row in reader]
    except OSError as error:
        raise _unreadable(path, error) from None
    except csv.Error as error:
        raise _no_table(path, error) from None
    return Grid(Path(path).name, "", [[header[at].strip() for at in kept], *rows])


def first_row(path: str | Path) -> list[str]:
    """Return the cells of a text file's first line, parted by commas."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return next(csv.reader([file.readline()]), [])
    except OSError as error:
        raise _unreadable(path, error) from None
    except csv.Error:
        return []


def read_grid(path: str | Path, sheet: str | None = None) -> Grid:
    """Read a text table, or a sheet of a workbook: the one named, else the first.

    Raises
    ------
    FileError
        If the file cannot be read.
    DataError
        If it is no table, or a sheet is asked of a text file.
    """
    if is_workbook(path):
        return read_sheet(path, sheet or sheet_names(path)[0])
    if sheet is not None:
        message = f"A text file has no sheets, so none is called {sheet!r}."
        remedy = "Leave the sheet out."
        raise DataError(Finding("error", message, Path(path).name, remedy=remedy))
    return read_text(path)


def no_sheet(file: str, sheet: str, names: Sequence[str]) -> Finding:
    """Say that a workbook has no such sheet, with the nearest and all the others."""
    near = suggestion(sheet, names)
    listed = f"Its sheets with data: {', '.join(repr(each) for each in names)}."
    remedy = f"{near} {listed}" if near.startswith("Did") else listed
    return Finding("error", f"There is no sheet of data {sheet!r}.", file, (sheet,), remedy)


def matching_sheets(sheet: str, names: Sequence[str]) -> list[str]:
    """Return the sheets a name means: itself, or those that begin with it or hold it.

    >>> matching_sheets("constant", ["Current US$", "Constant (2023) US$"])
    ['Constant (2023) US$']
    """
    wanted = spelling(sheet)
    if not wanted:
        return []
    tests = (
        lambda each: each == wanted,
        lambda each: each.startswith(wanted),
        lambda each: wanted in each,
    )
    for test in tests:
        if found := [each for each in names if test(spelling(each))]:
            return found
    return []


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _rows(text: str, mark: str, path: str | Path) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise _no_table(path, error) from None


def _no_table(path: str | Path, error: csv.Error) -> DataError:
    return DataError(Finding("error", f"This is not a table: {error}.", Path(path).name))


def _delimiter(text: str) -> str:
    """Tell the delimiter by which one cuts the most lines into the same number of cells."""
    lines = [line for line in text.splitlines() if line.strip()][:LOOKED_AT]

    def score(mark: str) -> int:
        counts = [len(row) for row in csv.reader(lines, delimiter=mark)]
        widest = max(counts)
        return (widest > 1) * counts.count(widest) * 1000 + widest

    return max(DELIMITERS, key=score)


def _unreadable(path: str | Path, error: OSError) -> FileError:
    return FileError(Finding("error", f"{path} cannot be read: {error.strerror or error}."))


def _no_workbook(path: str | Path, error: Exception) -> DataError:
    reason = str(error).partition("\n")[0].rstrip(".")
    message = f"This is not a workbook that can be read: {reason}."
    remedy = "Download it again, or save it as .xlsx."
    return DataError(Finding("error", message, Path(path).name, remedy=remedy))
