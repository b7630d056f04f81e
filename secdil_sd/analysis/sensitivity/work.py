"""A design as far as it has been run: rows, values, what failed, and how to run a part more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import Answers, answer
from secdil_sd.analysis.sensitivity.designs import Plan, Rows, rows_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


RTOL = 1e-5
"""Relative tolerance of runs: it moves indices by millionths, and intervals are hundredths."""


@dataclass(frozen=True, eq=False)
class Work:
    """What an analysis was made from, and can be gone on with.

    Parameters
    ----------
    plan : Plan
    rows : Rows
        All rows of the design so far.
    values : array (row, column)
    ok : array (row,) of bool
    columns : DataFrame
        output, element, time of each column.
    failed : DataFrame
    run : mapping
        What the ensemble was asked: outputs, times, options.
    failures : {"refuse", "drop"}
    notes : tuple of str
        Reservations about the design itself.
    units : mapping of str to str
    record : mapping of str to str
        Provenance of the ensemble.
    """

    plan: Plan
    rows: Rows
    values: np.ndarray
    ok: np.ndarray
    columns: pd.DataFrame
    failed: pd.DataFrame
    run: Mapping[str, Any] = field(default_factory=dict)
    failures: str = "refuse"
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)


def run_part(work: Work) -> Work:
    """Run the last part of a design and return the work with it added."""
    import pandas as pd

    plan = work.plan
    assert plan.space is not None
    rows = rows_of(plan, len(plan.sizes) - 1)
    found = answer(plan.space.case, rows.samples, **{"rtol": RTOL, **work.run})
    failed = _failed(found)
    record = {n: str(v) for n, v in found.run.attrs.items() if n != "provenance"}
    if not len(work.values):
        return replace(
            work, rows=rows, values=found.values, ok=_ok(found), columns=found.columns,
            failed=failed, units=units_of(found.run), record=record,
        )  # fmt: skip
    before = len(work.rows.samples)
    samples = pd.concat([work.rows.samples, rows.samples], ignore_index=True)
    u = None if rows.u is None or work.rows.u is None else np.vstack([work.rows.u, rows.u])
    failed.index = failed.index + before
    parts = [each for each in (work.failed, failed) if len(each)] or [work.failed]
    return replace(
        work,
        rows=Rows(samples, u),
        values=np.vstack([work.values, found.values]),
        ok=np.r_[work.ok, _ok(found)],
        failed=pd.concat(parts),
        record=record,
    )


def units_of(run: xr.Dataset) -> dict[str, str]:
    """Return the units of each output by its name; "" where it has none."""
    return {
        str(each.attrs.get("long_name", name)): str(each.attrs.get("units", ""))
        for name, each in run.data_vars.items()
    }


def _ok(found: Answers) -> np.ndarray:
    """A run without a number counts as failed as well."""
    return np.asarray(found.ok & np.isfinite(found.values).all(axis=1))


def _failed(found: Answers) -> pd.DataFrame:
    lost = ~_ok(found)
    table = found.samples[lost].copy()
    status = found.run["status"].values[lost].astype(object)
    table["status"] = np.where(status == "ok", "no number", status)
    table["stopped_at"] = found.run["stopped_at"].values[lost]
    return table
