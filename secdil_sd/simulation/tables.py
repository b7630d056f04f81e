"""Tables of numbers as other programs write them: whatever the delimiter, encoding or ending."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.errors import FileError, Finding, InputError
from secdil_sd.simulation.export import path_of, write_whole

if TYPE_CHECKING:
    import pandas as pd

EXCEL = (".xlsx", ".xls", ".xlsm")


def read_text(path: str | Path) -> str:
    """Return a text file's text with plain line ends, whatever wrote it.

    Raises
    ------
    FileError
        If it cannot be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "old.tab"
    ...     _ = path.write_bytes("Time\\tZölle\\r0\\t1\\r".encode("latin-1"))
    ...     read_text(path)
    'Time\\tZölle\\n0\\t1\\n'
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise FileError(Finding("error", f"{path} cannot be read: {error.strerror}.")) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_cells(path: str | Path) -> list[list[str]]:
    """Return the cells of a table, row by row, as text; rows without any text are left out.

    Parameters
    ----------
    path : str or Path
        Text with tabs, commas or semicolons between cells, or an Excel sheet (the first).

    Raises
    ------
    FileError
        If it cannot be read.
    InputError
        If it holds nothing, or is an Excel file that is not one.
    """
    path = Path(path)
    if path.suffix.lower() in EXCEL:
        rows = _excel_cells(path)
    else:
        text = read_text(path)
        rows = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    found = [[each.strip() for each in row] for row in rows if any(each.strip() for each in row)]
    if not found:
        raise InputError(Finding("error", "The file holds no table.", str(path)))
    return found


def number(text: str) -> float:
    """Return a cell's number, a decimal comma included; NaN for anything else.

    >>> number("1.5"), number("2,5"), number("")
    (1.5, 2.5, nan)
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


def read_samples(path: str | Path) -> pd.DataFrame:
    """Read a table of members: a header of constants, then one member a row.

    Parameters
    ----------
    path : str or Path
        Comma-separated, tab-delimited as Vensim's sensitivity files (there a blank cell repeats
        the value above it), an Excel sheet, or Parquet.

    Returns
    -------
    DataFrame
        For `Model.run_ensemble`.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        If it is not a table.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "s.tab"
    ...     _ = path.write_text("reaction\\tfatigue[East]\\n0.1\\t0.2\\n0.3\\t\\n")
    ...     read_samples(path).to_dict("list")
    {'reaction': [0.1, 0.3], 'fatigue[East]': [0.2, 0.2]}
    """
    path = path_of(path)
    try:
        return _members(path)
    except FileError:
        raise
    except ImportError as error:
        needed = error.name if error.name in ("openpyxl", "xlrd") else "'secdil-sd[parquet]'"
        message = f"Reading {path.suffix} needs a package that is not installed."
        remedy = f"Install it: pip install {needed}."
        raise InputError(Finding("error", message, str(path), remedy=remedy)) from None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise FileError(Finding("error", message)) from None
    except Exception as error:  # the readers of other formats raise whatever they like
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        remedy = "Give a header of constants and one member a row."
        raise InputError(
            Finding("error", f"not a table: {reason}.", str(path), remedy=remedy)
        ) from None


def write_samples(samples: pd.DataFrame, path: str | Path) -> Path:
    """Write a table of members so that `read_samples` gives it back to the last bit.

    Parameters
    ----------
    samples : DataFrame
        A row a member, a column a constant or element; the index is not written.
    path : str or Path
        .csv, .tab (as Vensim's sensitivity files) or .parquet.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If no format has that ending, or it needs a package that is not installed.
    FileError
        If the place cannot be written; nothing is left half-written.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> draws = pd.DataFrame({"contact[East,West]": [0.1, 1 / 3]})
    >>> with TemporaryDirectory() as folder:
    ...     read_samples(write_samples(draws, Path(folder) / "draws.csv")).equals(draws)
    True
    """
    if not hasattr(samples, "to_csv"):
        message = f"samples is a {type(samples).__name__}."
        remedy = "Give a table with a row a member, as sd.samples_of returns."
        raise InputError(Finding("error", message, remedy=remedy))
    return write_whole(
        samples,
        path,
        {
            ".csv": lambda table, part: table.to_csv(part, index=False),
            ".tab": lambda table, part: table.to_csv(part, index=False, sep="\t"),
            ".parquet": lambda table, part: table.reset_index(drop=True).to_parquet(part),
        },
    )


def _members(path: Path) -> pd.DataFrame:
    import pandas as pd

    if path.suffix.lower() == ".parquet":
        return pd.read_parquet(path)
    if path.suffix.lower() in EXCEL:
        return _read_excel(path, 0)
    text = read_text(path)
    mark = _delimiter(text)
    decimal = "." if mark == "," else _decimal(text)
    table = pd.read_csv(
        io.StringIO(text),
        sep=mark,
        skipinitialspace=True,
        decimal=decimal,
        **_exact(pd.__version__),
    )
    table = table.rename(columns=lambda each: str(each).strip())
    spare = [each for each in table if each.startswith("Unnamed") and table[each].isna().all()]
    table = table.drop(columns=spare)
    return table.ffill() if mark == "\t" else table


def _exact(version: str) -> dict[str, str]:
    """Return how to read floats to the last bit: pandas does by itself since 3.1.

    >>> _exact("2.2.3"), _exact("3.1.0")
    ({'float_precision': 'round_trip'}, {})
    """
    major, minor = (int(each) for each in version.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}


def _delimiter(text: str) -> str:
    """Tell by the first line what stands between cells; names may hold commas, never tabs."""
    first = text.lstrip("\n").partition("\n")[0]
    if "\t" in first:
        return "\t"
    return ";" if ";" in first and first.count(";") >= first.count(",") else ","


def _decimal(text: str) -> str:
    """Tell by the second line whether numbers have a decimal comma."""
    second = text.lstrip("\n").partition("\n")[2].partition("\n")[0]
    return "," if re.search(r"\d,\d", second) and "." not in second else "."


def _read_excel(path: Path, header: int | None) -> pd.DataFrame:
    import pandas as pd

    engine = "xlrd" if path.suffix.lower() == ".xls" else "openpyxl"
    return pd.read_excel(path, header=header, engine=engine)


def _excel_cells(path: Path) -> list[list[str]]:
    try:
        table = _read_excel(path, None)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise FileError(Finding("error", message)) from None
    except Exception as error:
        raise InputError(Finding("error", f"not an Excel sheet: {error}.", str(path))) from None
    return [["" if each != each else str(each) for each in row] for row in table.values.tolist()]
