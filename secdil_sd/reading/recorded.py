"""Data variables filled from a file of values over time: another model's output, or a table.

Vensim's own exports and PySD's saved runs have this form: comma- or tab-separated, a column a
variable (or element, as ``x[India]``) and time down the first column, or the same turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite, nan
from pathlib import Path
from typing import Any

from secdil_sd.equations.blocks import labels_of
from secdil_sd.equations.expression import Table
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.errors import DataError, FileError, Finding
from secdil_sd.names import spelling, split_selector
from secdil_sd.reading.external import BETWEEN, filled
from secdil_sd.reading.sheets import TEXTS, UnreadableError, text_grid


@dataclass(frozen=True)
class Recorded:
    """Values over time by name.

    ``times`` (time,) increasing; ``columns`` maps a name, as compared, to its values there, NaN
    where there are none.
    """

    times: tuple[float, ...]
    columns: Mapping[str, tuple[float, ...]]
    place: str


def read_recorded(path: Path) -> Recorded:
    """Read a file of values over time, in either orientation.

    Raises
    ------
    FileError
        If there is no such file.
    DataError
        If it is no table with times and names.
    """
    if path.suffix.lower() not in TEXTS:
        remedy = f"Save it as one of {', '.join(TEXTS)}."
        message = f"{path.name!r} is no table of values over time."
        raise DataError(Finding("error", message, remedy=remedy))
    try:
        grid = text_grid(path, "")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise FileError(Finding("error", message)) from None
    except UnreadableError as error:
        raise DataError(Finding("error", f"{error.message}.", remedy=error.remedy)) from None
    rows = [list(row) for row in grid.cells if any(each is not None for each in row)]
    if rows and all(isinstance(each, float) for each in rows[0][1:]) and len(rows[0]) > 1:
        rows = _turned(rows)
    return _recorded(rows, path.name)


def _turned(rows: list[list[Any]]) -> list[list[Any]]:
    longest = max(map(len, rows))
    return [[row[k] if k < len(row) else None for row in rows] for k in range(longest)]


def _recorded(rows: list[list[Any]], place: str) -> Recorded:
    body = [row for row in rows[1:] if row and isinstance(row[0], float)]
    body.sort(key=lambda row: row[0])
    times = tuple(row[0] for row in body)
    if not body or len(set(times)) < len(times):
        message = "The times of this table are missing or repeat."
        remedy = "Give a header of names and increasing times in the first column (or row)."
        raise DataError(Finding("error", message, place, remedy=remedy))
    columns = {
        _form(str(name)): tuple(_number(row[k]) if k < len(row) else nan for row in body)
        for k, name in enumerate(rows[0])
        if k and name is not None
    }
    return Recorded(times, columns, place)


def _number(value: Any) -> float:
    return value if isinstance(value, float) else nan


def _form(text: str) -> str:
    """A column's name as compared: ``x`` or ``x[a,b]``."""
    name, chosen = split_selector(text) if "[" in text else (text, ())
    return spelling(name) + (f"[{','.join(map(spelling, chosen))}]" if chosen else "")


def with_recorded(system: System, tables: Iterable[Recorded]) -> System:
    """Return the system with its empty data variables filled from the tables.

    Each equation takes its values from the table that has most of its elements.

    Raises
    ------
    DataError
        For every data variable, or element of one, that no table has; if none lacks values.
    """
    tables = tuple(tables)
    empty = {each.name for each in system.variables if each.kind == "data" and not each.has_data}
    if not empty:
        places = ", ".join(each.place for each in tables)
        message = "The model has no data variable that lacks values."
        raise DataError(Finding("error", message, places, remedy="Leave data= out."))
    findings: list[Finding] = []
    variables = tuple(
        _filled(system, each, tables, findings) if each.name in empty else each
        for each in system.variables
    )
    if findings:
        raise DataError(*findings)
    return system.replace(variables=variables)


def _filled(
    system: System, variable: Variable, tables: Sequence[Recorded], findings: list[Finding]
) -> Variable:
    between = BETWEEN[variable.data_keyword.replace("_", " ")]
    made = []
    for definition in variable.definitions:
        if not isinstance(definition.expression, Table):  # some elements are constants
            made.append(definition)
            continue
        names = list(_columns(system, variable.name, definition))
        best = max(tables, key=lambda each: sum(name in each.columns for name, _ in names))
        missing = [shown for name, shown in names if not _has(best, name)]
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            message = f"There are no values for {', '.join(missing[:3])}{more}."
            remedy = "Add columns of these names, or give the data variable as a parameter."
            findings.append(Finding("error", message, best.place, (variable.name,), remedy))
            continue
        y = [v for name, _ in names for v in filled(best.times, best.columns[name], between)]
        made.append(replace(definition, expression=Table(best.times, tuple(y), between)))
    return replace(variable, definitions=tuple(made) or variable.definitions)


def _columns(system: System, name: str, definition: Definition) -> Iterator[tuple[str, str]]:
    """The name of each element's column, as compared and as shown."""
    for labels in product(*(labels_of(system, each) for each in definition.subscripts)):
        shown = f"{name}[{', '.join(labels)}]" if labels else name
        yield _form(shown), repr(shown)


def _has(table: Recorded, name: str) -> bool:
    return any(map(isfinite, table.columns.get(name, ())))
