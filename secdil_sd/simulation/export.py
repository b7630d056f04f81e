"""Datasets written to files: the format by the ending, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from itertools import product
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import FileError, Finding, InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


Writer = Callable[[Any, Path], Any]

ROW_DIMENSIONS = ("case", "member", "time")


def to_table(run: xr.Dataset) -> pd.DataFrame:
    """Return a dataset as a wide table: a row a time (and member), a column an element.

    Parameters
    ----------
    run : xarray.Dataset
        A run, an ensemble, or cases.

    Returns
    -------
    DataFrame
        Columns such as "spending[India]"; outputs without time repeat on every row.
    """
    import pandas as pd

    used = {dim for each in run.data_vars.values() for dim in each.dims}
    rows = [each for each in ROW_DIMENSIONS if each in used]
    columns = {}
    for name, variable in run.data_vars.items():
        title = str(variable.attrs.get("long_name", name))
        rest = [str(each) for each in variable.dims if each not in rows]
        for place in product(*(range(variable.sizes[each]) for each in rest)):
            labels = [str(variable[dim].values[k]) for dim, k in zip(rest, place, strict=True)]
            part = variable.isel(dict(zip(rest, place, strict=True)), drop=True)
            spread = part.broadcast_like(run[rows]).transpose(*rows) if rows else part
            columns[f"{title}[{','.join(labels)}]" if rest else title] = np.ravel(spread.values)
    if not rows:
        return pd.DataFrame(columns)
    names = [run.indexes[each] for each in rows]
    index = names[0] if len(names) == 1 else pd.MultiIndex.from_product(names, names=rows)
    return pd.DataFrame(columns, index=index)


def write_dataset(run: xr.Dataset, path: Path | str) -> Path:
    """Write a dataset; the format follows the ending: .csv .parquet .nc .zarr .json.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    InputError
        If no format has that ending, or it needs a package that is not installed.
    FileError
        If the place cannot be written; nothing is left half-written.
    """
    return write_whole(run, path, _WRITERS)


def path_of(path: Any) -> Path:
    """Return a path as such, or say that it is none."""
    if not isinstance(path, str | PathLike):
        message = f"The path is {path!r}."
        raise InputError(Finding("error", message, remedy="Give a file name, as 'run.csv'."))
    return Path(path)


def write_whole(thing: Any, path: Path | str, writers: Mapping[str, Writer]) -> Path:
    """Write a thing by the writer its ending asks for, whole or not at all.

    Parameters
    ----------
    thing : object
        What the writers take.
    path : Path or str
    writers : mapping of str to callable (thing, path)
        By ending, with its dot.

    Raises
    ------
    InputError
        If no format has that ending, or it needs a package that is not installed.
    FileError
        If the place cannot be written; nothing is left half-written.
    """
    path = path_of(path)
    writer = writers.get(path.suffix.lower())
    if writer is None:
        message = f"No format ends in {path.suffix!r}."
        remedy = f"Use one of {', '.join(writers)}."
        raise InputError(Finding("error", message, str(path), remedy=remedy))
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(dir=path.resolve().parent, prefix=".secdil-"))
        part = folder / path.name
        writer(thing, part)
        if path.is_dir() and part.is_dir():  # a store replaces a store; a file never a folder
            shutil.rmtree(path)
        os.replace(part, path)
    except ImportError as error:
        needed = {".zarr": "secdil-sd[cluster]", ".parquet": "secdil-sd[parquet]"}.get(
            path.suffix.lower(), str(error.name)
        )
        message = f"Writing {path.suffix} needs a package that is not installed."
        remedy = f"Install it: pip install '{needed}'."
        raise InputError(Finding("error", message, str(path), remedy=remedy)) from None
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        remedy = "Write to another place."
        raise FileError(Finding("error", message, remedy=remedy)) from None
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    return path


def _write_json(run: xr.Dataset, path: Path) -> None:
    def default(value: Any) -> Any:
        return value.item() if hasattr(value, "item") else str(value)

    path.write_text(json.dumps(run.to_dict(), default=default, allow_nan=True), encoding="utf-8")


_WRITERS: dict[str, Writer] = {
    ".csv": lambda run, path: to_table(run).to_csv(path),
    ".parquet": lambda run, path: to_table(run).to_parquet(path),
    ".nc": lambda run, path: run.to_netcdf(path),
    ".zarr": lambda run, path: run.to_zarr(path, zarr_format=2),
    ".json": _write_json,
}
