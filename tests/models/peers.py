"""The same file in other programs: PySD and pysimlin, results as plain tables."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

import pandas as pd


def pysd_run(
    path: Path, columns: list[str] | None = None, final: float | None = None
) -> pd.DataFrame:
    """Run a model in PySD (Euler at the file's step); one column an element, ``x[A,B]``."""
    import pysd

    read = pysd.read_vensim if path.suffix == ".mdl" else pysd.read_xmile
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / path.name  # PySD writes beside what it reads
        shutil.copy(path, copy)
        model = read(str(copy))
        params = {} if final is None else {"final time": final}
        return model.run(params=params, return_columns=columns, progress=False)


def simlin_run(path: Path) -> pd.DataFrame:
    """Run a model in pysimlin (Euler at the file's step); one column an element, ``x[a,b]``."""
    import simlin

    return simlin.load(str(path)).run(analyze_loops=False).results
