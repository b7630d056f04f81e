"""Output files of other programs: time down or across, as columns of numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.tables import number, read_cells

_UNITS = re.compile(r"\s*\([^()]*\)$")


@dataclass(frozen=True)
class OutputFile:
    """What a program wrote about a run.

    Parameters
    ----------
    place : str
        The file, for messages.
    times : array (time,)
    columns : mapping of str to array (time,)
        By name as the file spells it; NaN for blank cells.
    """

    place: str
    times: np.ndarray
    columns: Mapping[str, np.ndarray]


def read_output_file(path: str | Path) -> OutputFile:
    """Read an output file in either orientation.

    Parameters
    ----------
    path : str or Path
        Comma- or tab-separated text or an Excel sheet. Time runs down if the first row holds
        names, across if it holds numbers.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        If no times can be found in it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "output.tab"
    ...     _ = path.write_text("Time (Year)\\t0\\t1\\narms[East]\\t5\\t\\n")
    ...     read_output_file(path).columns
    {'arms[East]': array([ 5., nan])}
    """
    rows = read_cells(path)
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    head = [number(each) for each in rows[0][1:] if each]
    if head and np.isfinite(head).all():
        rows = [list(each) for each in zip(*rows, strict=True)]
    names, body = rows[0], rows[1:]
    at = _time_column(names)
    times = np.array([number(row[at]) for row in body])
    whole = np.flatnonzero(np.isfinite(times))
    if not len(whole):
        remedy = "Give a column a variable with time down, or a row a variable with time across."
        raise InputError(Finding("error", "There are no times in it.", str(path), remedy=remedy))
    columns: dict[str, np.ndarray] = {}
    for k, name in enumerate(names):
        if k != at and name:
            columns.setdefault(name, np.array([number(body[row][k]) for row in whole]))
    return OutputFile(str(path), times[whole], columns)


def _time_column(names: Sequence[str]) -> int:
    """The column called Time, whatever its unit; the first one if none is."""
    for k, name in enumerate(names):
        if _UNITS.sub("", name.strip('"')).casefold() == "time":
            return k
    return 0
