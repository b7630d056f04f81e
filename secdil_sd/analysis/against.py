"""Does a model give what another program's output file says? Variable by variable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.output_file import OutputFile, read_output_file
from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.equations.system import System
from secdil_sd.errors import FileError, Finding, InputError, SecdilError
from secdil_sd.names import split_selector
from secdil_sd.simulation.engine import FIXED_STEP, simulate
from secdil_sd.simulation.scenario import Scenario, scenario_of

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model

TOLERANCE = 1e-4
"""Relative difference up to which two values match: what six printed digits can tell."""

SMALL_SHARE = 1e-3
"""Share of a variable's largest value below which a difference is measured by that share."""

SMALLEST = 1e-6
"""What Vensim takes for zero: a difference between smaller numbers is measured by it."""

MATCH, DIFFERS, UNKNOWN = "match", "differs", "not in the model"
COLUMNS = ("variable", "difference", "first_time", "file_value", "model_value", "verdict")
MOST_ROWS = 10


@dataclass(frozen=True)
class Agreement:
    """How a model compares with an output file.

    Parameters
    ----------
    table : DataFrame
        One row a variable (or element) of the file, worst first: ``difference``, the largest
        relative one over time; ``first_time`` at which it exceeds 1e-4, and the two values
        there; ``verdict``, "match", "differs" or "not in the model".
    times, skipped : int
        Times of the file compared, and left out because the steps of the model pass them by.
    missing : tuple of str
        Variables of the model that the file does not have.
    """

    table: pd.DataFrame = field(repr=False)
    times: int
    skipped: int
    missing: tuple[str, ...]
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def matches(self) -> bool:
        """Whether everything that could be compared matches."""
        return not (self.table["verdict"] == DIFFERS).any()

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table as .csv, or everything as .json."""
        path = Path(path)
        if path.suffix.lower() not in (".csv", ".json"):
            message = f"No format ends in {path.suffix!r}."
            raise InputError(Finding("error", message, str(path), remedy="Use .csv or .json."))
        record = {
            "matches": self.matches,
            "times": self.times,
            "skipped": self.skipped,
            "missing": list(self.missing),
            "variables": json.loads(self.table.to_json(orient="records", double_precision=15)),
            "provenance": dict(self.provenance),
        }
        as_table = path.suffix.lower() == ".csv"
        text = self.table.to_csv(index=False) if as_table else json.dumps(record, indent=1)
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            message = f"{path} cannot be written: {error.strerror}."
            raise FileError(Finding("error", message)) from None
        return path

    def __str__(self) -> str:
        compared = self.table[self.table["verdict"] != UNKNOWN]
        differing = self.table[self.table["verdict"] == DIFFERS]
        unknown = self.table.loc[self.table["verdict"] == UNKNOWN, "variable"]
        shown = differing if len(differing) else compared
        lines = [_row(each) for each in shown.head(MOST_ROWS).to_dict("records")]
        if len(differing) > MOST_ROWS:
            lines.append(f"  and {len(differing) - MOST_ROWS} more that differ")
        matching = len(compared) - len(differing)
        lines.append(f"{matching} of {len(compared)} variables match at {self.times} times.")
        if self.skipped:
            lines.append(f"{self.skipped} times of the file are off the model's steps: left out.")
        if len(unknown):
            lines.append(f"In the file but not in the model: {_listed(unknown)}.")
        if self.missing:
            lines.append(f"In the model but not in the file: {_listed(self.missing)}.")
        return "\n".join(lines)


def _row(row: Mapping[Any, Any]) -> str:
    text = f"  {row['variable']:40} {row['difference']:9.2g}  {row['verdict']}"
    if row["verdict"] == DIFFERS:
        text += (
            f" from time {row['first_time']:g}: "
            f"{row['file_value']:.6g} in the file, {row['model_value']:.6g} here"
        )
    return text


def _listed(names: Any) -> str:
    names = list(names)
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def check_against(
    case: Scenario | Model,
    path: str | Path,
    method: str = "Euler",
    params: Mapping[str, Any] | None = None,
) -> Agreement:
    """Compare a model with an output file of Vensim, Stella or any other program.

    The model runs by Euler's method at its file's TIME STEP, as those programs do, and is
    compared at the times of the file that lie on its steps; blank cells are passed over.

    The relative difference is |file - model| over the largest of |file|, |model|, a thousandth
    of the variable's largest magnitude in the file, and 1e-6: rounding around zero is no
    difference. Up to 1e-4 two values match.

    Parameters
    ----------
    case : Scenario or Model
    path : str or Path
        Comma- or tab-separated text or an Excel sheet: a column a variable with time down, or a
        row a variable with time across; elements as ``name[a,b]``.
    method : str
        As for `Model.run`.
    params : mapping, optional
        As for `Model.run`.

    Returns
    -------
    Agreement

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        If it is no output file, or has nothing in common with the model.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "output.csv"
    ...     _ = path.write_text('Time,"spending[East]",arms\\n0,10,1\\n0.0625,10.5,1\\n')
    ...     print(check_against(sd.load_model("richardson"), path).table.iloc[0]["verdict"])
    differs
    """
    given = case if isinstance(case, Scenario) else scenario_of(case)
    given = given.replace(params=params) if params else given
    given.refuse_cases()
    system = given.model.system
    file = read_output_file(path)
    places = {name: _place(system, name) for name in file.columns}
    wanted = dict.fromkeys(place[0] for place in places.values() if place)
    if not wanted:
        remedy = "Give a column a variable with time down, or a row a variable with time across."
        message = "Nothing in this file is a variable of the model."
        raise InputError(Finding("error", message, str(path), remedy=remedy))
    rows, grid, at = _times(given, file, method)
    setup, _ = given.setup(grid, list(wanted), method)
    values = simulate(setup).values
    found = []
    for name, place in places.items():
        if place is None:
            found.append((name, np.nan, np.nan, np.nan, np.nan, UNKNOWN))
        else:
            ours = values[place[0]][(at, *(np.full(len(at), k) for k in place[1]))]
            found.append((name, *_compared(file.times[rows], file.columns[name][rows], ours)))
    return Agreement(
        _sorted(found),
        len(rows),
        len(file.times) - len(rows),
        _missing(system, wanted),
        given.model.record(setup),
    )


def _place(system: System, text: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the variable a column is of and the place of its element; None if there is none."""
    name, chosen = (text, ()) if text in system else split_selector(text)
    found = system.get(name)
    if found is None or found.kind == "lookup":
        return None
    try:
        dims = dimensions(system, found.name)
        if len(dims) != len(chosen):
            return None
        places = [positions(system, d, e) for d, e in zip(dims, chosen, strict=True)]
    except SecdilError:
        return None
    return (found.name, tuple(each[0] for each in places)) if all(map(len, places)) else None


def _times(
    case: Scenario, file: OutputFile, method: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which rows of the file to compare, the output times, and each row's place there."""
    setup, _ = case.setup(None, [], method)
    start, step = float(setup.times[0]), setup.step
    slack = 1e-5 * np.maximum(1.0, np.abs(file.times))
    times = file.times
    if method.casefold() in FIXED_STEP:
        times = start + np.rint((file.times - start) / step) * step
    rows = np.flatnonzero((np.abs(times - file.times) <= slack) & (times >= start - slack))
    if not len(rows):
        message = f"None of its times is one of the model, which starts at {start:g}."
        raise InputError(
            Finding(
                "error",
                message,
                file.place,
                remedy="Compare with a run of the same time settings.",
            )
        )
    used = np.maximum(times[rows], start)
    grid = np.unique(np.concatenate([[start], used]))
    grid = grid if len(grid) > 1 else np.array([start, start + step])
    return rows, grid, np.searchsorted(grid, used)


def _compared(
    times: np.ndarray, theirs: np.ndarray, ours: np.ndarray
) -> tuple[float, float, float, float, str]:
    """Return the largest relative difference, where it first is too large, and the verdict."""
    known = np.isfinite(theirs)
    if not known.any():
        return 0.0, np.nan, np.nan, np.nan, MATCH
    times, theirs, ours = times[known], theirs[known], np.asarray(ours, dtype=float)[known]
    floor = max(SMALL_SHARE * float(np.abs(theirs).max()), SMALLEST)
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.maximum(np.abs(theirs), np.abs(ours)), floor)
        difference = np.abs(theirs - ours) / size
    difference[~np.isfinite(ours)] = np.inf
    worst = float(difference.max())
    if worst <= TOLERANCE:
        return worst, np.nan, np.nan, np.nan, MATCH
    first = int(np.argmax(difference > TOLERANCE))
    return worst, float(times[first]), float(theirs[first]), float(ours[first]), DIFFERS


def _sorted(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The table, worst first; what the model does not have last."""
    import pandas as pd

    order = sorted(rows, key=lambda row: (row[-1] == UNKNOWN, -np.nan_to_num(row[1], posinf=1e308)))
    return pd.DataFrame(order, columns=list(COLUMNS))


def _missing(system: System, wanted: Mapping[str, Any]) -> tuple[str, ...]:
    kinds = ("stock", "auxiliary")
    return tuple(e.name for e in system.variables if e.kind in kinds and e.name not in wanted)
