"""Tables beside a model file: workbooks and text files, as grids of cells."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from secdil_sd.names import suggestion
from secdil_sd.reading.guard import MOST_BYTES, decode

WORKBOOKS = {
    ".xlsx": "openpyxl",
    ".xlsm": "openpyxl",
    ".xls": "xlrd",
    ".xlsb": "pyxlsb",
    ".ods": "odf",
}
"""By ending: what pandas reads it with; openpyxl alone knows named ranges."""
TEXTS = (".csv", ".tab", ".tsv", ".txt", ".dat")


class UnreadableError(Exception):
    """What keeps values from being read: a message, and what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message, self.remedy = message, remedy


@dataclass(frozen=True)
class Box:
    """A rectangle of cells: first row and column counted from 0, and how many there are.

    A count of None runs to the end of the sheet.
    """

    row: int
    column: int
    rows: int | None = 1
    columns: int | None = 1


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet: numbers, text, or None where empty; and the sheet's named boxes."""

    cells: tuple[tuple[Any, ...], ...]
    names: dict[str, Box]
    place: str

    def cell(self, row: int, column: int) -> Any:
        """Return what a cell holds; None beyond the last."""
        inside = row < len(self.cells) and column < len(self.cells[row])
        return self.cells[row][column] if inside else None

    def box(self, box: Box) -> list[list[Any]]:
        """Return the cells of a box, row by row."""
        widest = max(map(len, self.cells), default=0)
        rows = len(self.cells) - box.row if box.rows is None else box.rows
        columns = widest - box.column if box.columns is None else box.columns
        return [
            [self.cell(box.row + i, box.column + k) for k in range(columns)] for i in range(rows)
        ]

    def named(self, name: str) -> Box:
        """Return the box of that name.

        Raises
        ------
        UnreadableError
            If the sheet has no such name.
        """
        found = self.names.get(name.casefold())
        if found is None:
            raise UnreadableError(
                f"{self.place} has no cell or named range {name!r}",
                suggestion(name, self.names) or "Write a cell such as 'B2', or define the name.",
            )
        return found


class Sheets:
    """The files a model reads, each opened once; remembers what they held.

    Parameters
    ----------
    folder : Path
        Where the model lies; names in the model are relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digests: dict[str, str] = {}
        self._books: dict[str, Any] = {}
        self._grids: dict[tuple[str, str], Grid] = {}

    def grid(self, file: str, tab: str) -> Grid:
        """Return a sheet of a workbook, or a text file cut at ``tab`` (comma, tab, ...).

        Raises
        ------
        UnreadableError
            If there is no such file or sheet, or it is of a kind that is not read.
        """
        key = (file, tab.casefold())
        if key not in self._grids:
            path = self._path(file)
            workbook = path.suffix.lower() in WORKBOOKS
            self._grids[key] = self._sheet(file, path, tab) if workbook else text_grid(path, tab)
        return self._grids[key]

    def _path(self, file: str) -> Path:
        if file.startswith("?"):
            message = f"{file!r} stands for a file chosen in Vensim's settings"
            raise UnreadableError(message, "Name the file itself.")
        path = table_path(self.folder, file)
        if path.suffix.lower() not in (*WORKBOOKS, *TEXTS):
            endings = ", ".join((*WORKBOOKS, *TEXTS))
            raise UnreadableError(f"{file!r} is no table secdil reads", f"Use {endings}.")
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise UnreadableError(f"{file!r} is larger than 50 MB", "Split it.")
        self.digests[file] = digest(path)
        if not self.digests[file]:
            beside = path.parent.iterdir() if path.parent.is_dir() else ()
            known = [each.name for each in beside if each.suffix.lower() in (*WORKBOOKS, *TEXTS)]
            hint = suggestion(path.name, known)
            raise UnreadableError(f"there is no file {file!r} beside the model", hint)
        return path

    def _sheet(self, file: str, path: Path, tab: str) -> Grid:
        import pandas as pd

        book = self._book(file, path)
        sheets = {str(each).casefold(): str(each) for each in book.sheet_names}
        sheet = sheets.get(tab.casefold())
        if sheet is None:
            hint = suggestion(tab, sheets.values())
            raise UnreadableError(f"{file!r} has no sheet {tab!r}", hint)
        with _sound(path):
            frame = pd.read_excel(
                book, sheet_name=sheet, header=None, dtype=object, na_filter=False
            )
            cells = tuple(tuple(map(_plain, row)) for row in frame.to_numpy(dtype=object))
            return Grid(cells, _names(book.book, sheet), f"sheet {sheet!r} of {path.name!r}")

    def _book(self, file: str, path: Path) -> Any:
        if file not in self._books:
            import pandas as pd

            with _sound(path):
                self._books[file] = pd.ExcelFile(path, engine=WORKBOOKS[path.suffix.lower()])
        return self._books[file]

    def close(self) -> None:
        """Close every workbook."""
        for book in self._books.values():
            book.close()


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Say in words what a library meets in a damaged file."""
    try:
        yield
    except ImportError as error:
        message = f"{path.name!r} needs a package that is not installed"
        raise UnreadableError(message, f"{error}") from None
    except Exception:  # each library raises whatever it meets
        message = f"{path.name!r} is damaged, or not what its ending says"
        raise UnreadableError(message, "Open and save it again.") from None


def table_path(folder: Path, file: str) -> Path:
    """Return where a file lies that a model names, in either style of separator."""
    return folder / PureWindowsPath(file).as_posix()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's content; nothing if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def text_grid(path: Path, tab: str) -> Grid:
    """Return a text file cut at ``tab``; unless that is one mark, at commas (.csv) or tabs."""
    usual = "," if path.suffix.lower() == ".csv" else "\t"
    delimiter = tab if len(tab) == 1 and not tab.isalnum() else usual
    data = path.read_bytes()
    with _sound(path):
        rows = csv.reader(decode(data).split("\n"), delimiter=delimiter)
        cells = tuple(tuple(map(_plain, row)) for row in rows)
    return Grid(cells, {}, repr(path.name))


def _plain(value: Any) -> Any:
    """A cell as a number, as text, or None where it is empty."""
    if isinstance(value, bool) or value is None:
        return None if value is None else float(value)
    if isinstance(value, int | float):
        return None if value != value else float(value)
    text = str(value).strip()
    try:
        return float(text) if text else None
    except ValueError:
        return text


def _names(book: Any, sheet: str) -> dict[str, Box]:
    """The named ranges of a workbook that lie on a sheet; its own hide the workbook's."""
    found: dict[str, Box] = {}
    if not hasattr(book, "defined_names"):  # old formats: the names are not read
        return found
    for group in (book.defined_names, book[sheet].defined_names):
        for name, defined in group.items():
            match = re.fullmatch(
                r"'?(.+?)'?!\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?", defined.attr_text or ""
            )
            if match is None or match[1].replace("''", "'").casefold() != sheet.casefold():
                continue
            row, column = int(match[3]) - 1, column_number(match[2])
            last = (int(match[5]) - 1, column_number(match[4])) if match[4] else (row, column)
            found[name.casefold()] = Box(row, column, last[0] - row + 1, last[1] - column + 1)
    return found


def column_number(letters: str) -> int:
    """Return a column's number, counted from 0.

    >>> column_number("A"), column_number("Z"), column_number("aa")
    (0, 25, 26)
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def cell_place(text: str) -> tuple[int, int] | None:
    """Return a cell's row and column, counted from 0; None for what is no cell.

    >>> cell_place("B4"), cell_place("sales")
    ((3, 1), None)
    """
    match = re.fullmatch(r"\$?([A-Za-z]{1,3})\$?([1-9]\d*)", text)
    return (int(match[2]) - 1, column_number(match[1])) if match else None


def cell_name(row: int, column: int) -> str:
    """Return how a cell is written.

    >>> cell_name(3, 1), cell_name(0, 26)
    ('B4', 'AA1')
    """
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
