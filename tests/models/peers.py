"""The same file in other programs: PySD and pysimlin, results as plain tables."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from pathlib import Path

import pandas as pd


def pysd_run(path: Path, times: list[float] | None = None) -> pd.DataFrame:
    """Run a model in PySD (Euler at the file's step); one column an element, ``x[A,B]``.

    ``times`` ends the run early: PySD takes seconds a hundred steps.
    """
    import pysd

    read = pysd.read_vensim if path.suffix == ".mdl" else pysd.read_xmile
    settings = {} if times is None else {"return_timestamps": times}
    if times is not None:
        settings["params"] = {"final time": times[-1]}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / path.name  # PySD writes beside what it reads
        for each in (path, *path.parent.glob("tables.*")):
            shutil.copy(each, folder)
        model = read(str(copy))
        return model.run(progress=False, **settings)


def simlin_run(path: Path) -> pd.DataFrame:
    """Run a model in pysimlin (Euler at the file's step); one column an element, ``x[a,b]``."""
    import simlin

    return simlin.load(str(path)).run(analyze_loops=False).results
