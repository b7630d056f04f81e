"""What an equation reads from a table beside the model: constants, lookups, data, elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan, prod
from typing import Any

from secdil_sd.equations.expression import Array, Node, Number, Table
from secdil_sd.reading.sheets import (
    Box,
    Grid,
    Sheets,
    UnreadableError,
    cell_name,
    cell_place,
    column_number,
)

BETWEEN = {
    "": "hold",
    "interpolate": "hold",
    "look forward": "forward",
    "hold backward": "discrete",
    "raw": "raw",
}
"""How a table is read between its points, by Vensim's keyword for data."""

Reader = Callable[[Sheets, Any, tuple[int, ...], str], Node]


def constants(sheets: Sheets, tree: Any, shape: tuple[int, ...], keyword: str) -> Node:
    """Return GET CONSTANTS as numbers: one, or an array with the last subscript across columns.

    A ``*`` behind the cell lets it run down the rows instead.
    """
    grid = sheets.grid(tree.file, tree.tab)
    sizes = [1, 1, *(size for size in shape if size > 1)][-2:]
    if prod(sizes) != prod(shape):
        raise UnreadableError(
            "constants of more than two subscripts do not lie in one table",
            "Write an equation for each element of the first subscript.",
        )
    transposed = tree.cell.endswith("*")
    rows, columns = sizes[::-1] if transposed else sizes
    box = _box(grid, tree.cell.rstrip("*"), rows, columns)
    cells = grid.box(box)
    for i, row in enumerate(cells):
        for k, value in enumerate(row):
            if not isinstance(value, float):
                raise _no_number(grid, box.row + i, box.column + k, value)
    if transposed:
        cells = [list(column) for column in zip(*cells, strict=True)]
    values = tuple(value for row in cells for value in row)
    return Array(shape, values) if shape else Number(values[0])


def lookups(sheets: Sheets, tree: Any, shape: tuple[int, ...], keyword: str) -> Node:
    """Return GET LOOKUPS as a table, the points of each element in turn."""
    return _table(sheets, tree.file, tree.tab, tree.x_row_or_col, tree.cell, shape, "hold")


def data(sheets: Sheets, tree: Any, shape: tuple[int, ...], keyword: str) -> Node:
    """Return GET DATA as a table over time, read as its keyword says."""
    between = BETWEEN[keyword.replace("_", " ")]
    return _table(sheets, tree.file, tree.tab, tree.time_row_or_col, tree.cell, shape, between)


READERS: dict[str, Reader] = {
    "GetConstantsStructure": constants,
    "GetLookupsStructure": lookups,
    "GetDataStructure": data,
}
"""By the kind of PySD's node: what reads it."""


def elements(sheets: Sheets, definition: dict[str, str]) -> tuple[str, ...]:
    """Return the elements of a subscript range read by GET SUBSCRIPT, row by row."""
    grid = sheets.grid(definition["file"], definition["tab"])
    first = cell_place(definition["firstcell"])
    if first is None:
        box = grid.named(definition["firstcell"])
    else:
        last = definition["lastcell"] or ""
        end: tuple[int | None, int | None] = cell_place(last) or (None, None)
        if last.isdigit():
            end = (int(last) - 1, None)
        elif last.isalpha():
            end = (None, column_number(last))
        counts = [None if b is None else b - a + 1 for a, b in zip(first, end, strict=True)]
        box = Box(*first, *counts)
    found = [_label(value) for row in grid.box(box) for value in row if value is not None]
    if not found:
        raise UnreadableError(f"{grid.place} is empty from {definition['firstcell']} on")
    return tuple(definition["prefix"] + each for each in found)


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _box(grid: Grid, cell: str, rows: int, columns: int) -> Box:
    place = cell_place(cell)
    if place is not None:
        return Box(*place, rows, columns)
    box = grid.named(cell)
    if (box.rows, box.columns) != (rows, columns):
        raise UnreadableError(
            f"the range {cell!r} in {grid.place} has {box.rows} x {box.columns} cells, "
            f"but the subscripts need {rows} x {columns}",
            "Change the range, or add or remove the '*' that turns it.",
        )
    return box


def _no_number(grid: Grid, row: int, column: int, value: Any) -> UnreadableError:
    held = "is empty" if value is None else f"holds {value!r}, not a number"
    return UnreadableError(f"cell {cell_name(row, column)} of {grid.place} {held}")


def _table(
    sheets: Sheets,
    file: str,
    tab: str,
    across: str,
    cell: str,
    shape: tuple[int, ...],
    between: str,
) -> Table:
    grid = sheets.grid(file, tab)
    head, bodies = _series(grid, across, cell.rstrip("*"), prod(shape))
    points = [(x, k) for k, x in enumerate(head) if isinstance(x, float)]
    points.sort()
    x = tuple(each for each, _ in points)
    if not x:
        raise UnreadableError(f"{grid.place} has no numbers in {across}, where {cell} belongs")
    if len(set(x)) < len(x):
        raise UnreadableError(f"{grid.place} repeats a value in {across}", "Drop one of them.")
    y: list[float] = []
    for number, values in enumerate(bodies, 1):
        own = [_number(values[k]) for _, k in points]
        if not any(map(isfinite, own)):
            which = f" for element {number}" if shape else ""
            raise UnreadableError(f"{grid.place} has no numbers from {cell} on{which}")
        y += filled(x, own, between)
    return Table(x, tuple(y), between)


def _number(value: Any) -> float:
    return value if isinstance(value, float) else nan


def _series(
    grid: Grid, across: str, cell: str, count: int
) -> tuple[Sequence[Any], Sequence[Sequence[Any]]]:
    """The points' x, and for each element what stands beside it."""
    place = cell_place(cell)
    if place is not None and across.isdigit():
        head = grid.box(Box(int(across) - 1, place[1], 1, None))[0]
        return head, grid.box(Box(*place, count, None))
    if place is not None and across.isalpha():
        head = [row[0] for row in grid.box(Box(place[0], column_number(across), None, 1))]
        return head, list(zip(*grid.box(Box(*place, None, count)), strict=True))
    ends, box = grid.named(across), grid.named(cell)
    if 1 not in (ends.rows, ends.columns):
        raise UnreadableError(f"the range {across!r} in {grid.place} is no single row or column")
    lying = ends.rows == 1 and ends.columns != 1
    length, breadth = (box.columns, box.rows) if lying else (box.rows, box.columns)
    if length != max(ends.rows or 1, ends.columns or 1) or breadth != count:
        raise UnreadableError(
            f"the range {cell!r} in {grid.place} has {box.rows} x {box.columns} cells and does "
            f"not fit {across!r} ({ends.rows} x {ends.columns}) for {count} elements",
            "Give the two ranges the same length.",
        )
    cells, head_cells = grid.box(box), grid.box(ends)
    head = [value for row in head_cells for value in row]
    return head, cells if lying else list(zip(*cells, strict=True))


def filled(x: Sequence[float], y: Sequence[float], between: str) -> list[float]:
    """Return values with the missing ones read from their neighbours, as a table reads between.

    >>> filled([0, 1, 2], [5.0, nan, 9.0], "hold"), filled([0, 1], [nan, 2.0], "discrete")
    ([5.0, 7.0, 9.0], [2.0, 2.0])
    """
    known = [(at, value) for at, value in zip(x, y, strict=True) if isfinite(value)]
    if between == "raw" or not known or len(known) == len(y):
        return list(y)
    table = Table(tuple(at for at, _ in known), tuple(value for _, value in known), between)
    return [table.at(each) for each in x]
