"""From the values of a design to a tidy table of indices, each with its reservations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.sensitivity import distances, effects, spectra, surrogate, variance
from secdil_sd.analysis.sensitivity.designs import Plan, ends
from secdil_sd.analysis.sensitivity.resampling import Estimate

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "output", "state", "time", "parameter", "parameter2", "index",
    "value", "conf_low", "conf_high", "settled", "more_runs", "note",
)  # fmt: skip
ABSOLUTE, RELATIVE = 0.05, 0.1
"""An index is settled if half of its interval is no wider than one of these."""
SAME = "does not vary"
MOST_RUNS = 10**12  # as many as "more than anyone can run"


def varies(values: np.ndarray, tolerance: float) -> np.ndarray:
    """Say which columns vary by more than a solver's tolerance, (column,)."""
    if not len(values):
        return np.zeros(values.shape[1], dtype=bool)
    scale = np.abs(values).max(axis=0)
    return np.asarray(values.std(axis=0) > tolerance * scale)


def kept_rows(plan: Plan, ok: np.ndarray) -> np.ndarray:
    """Say which rows are judged: those whose whole block succeeded, (row,)."""
    if plan.method.name in ("fast", "tornado"):  # a curve is judged by itself
        return np.ones(len(ok), dtype=bool)
    return np.repeat(ok.reshape(-1, plan.block).all(axis=1), plan.block)


def estimates_of(
    plan: Plan, samples: pd.DataFrame, u: np.ndarray | None, values: np.ndarray
) -> tuple[Estimate, ...]:
    """Return the indices of a method for columns that vary.

    Parameters
    ----------
    plan : Plan
    samples : DataFrame
        Of the rows that are judged.
    u : array (row, parameter) or None
    values : array (row, column)
    """
    count, more = len(plan.labels), (plan.resamples, plan.seed)
    match plan.method.name:
        case "sobol":
            return variance.sobol_indices(values, count, plan.second_order, *more)
        case "morris":
            assert u is not None
            return effects.morris_indices(u, values, plan.membership, *more)
        case "fast":
            return spectra.fast_indices(values, count, plan.sizes[0], *more)
        case "hdmr":
            return surrogate.hdmr_indices(samples.to_numpy(dtype=float), values, plan.seed)
    given = {
        "rbd_fast": spectra.rbd_fast_indices,
        "delta": distances.delta_indices,
        "pawn": distances.pawn_indices,
    }
    return given[plan.method.name](samples.to_numpy(dtype=float), values, *more)


def tidy(
    plan: Plan, columns: pd.DataFrame, alive: np.ndarray, estimates: Sequence[Estimate], n: int
) -> pd.DataFrame:
    """Return the table of indices.

    Parameters
    ----------
    plan : Plan
    columns : DataFrame
        output, element, time of each column.
    alive : array (column,) of bool
        Columns that vary, in the estimates; the others get NaN and a note.
    estimates : sequence of Estimate
    n : int
        Blocks the estimates rest on.
    """
    import pandas as pd

    parts = [_rows(plan, columns, alive, each, n) for each in estimates]
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["_column", "_index", "_place"], kind="stable", ignore_index=True)
    return table[list(COLUMNS)]


def _rows(
    plan: Plan, columns: pd.DataFrame, alive: np.ndarray, estimate: Estimate, n: int
) -> pd.DataFrame:
    import pandas as pd

    rows, wide = len(estimate.value), len(columns)
    value, half = np.full((2, rows, wide), np.nan)
    value[:, alive], half[:, alive] = estimate.value, estimate.half
    scale = 1.0 if estimate.share else np.nanmax(np.abs(value), axis=0, initial=0.0)
    enough = np.maximum(ABSOLUTE * scale, RELATIVE * np.abs(value))
    labels = np.array(plan.labels, dtype=object)
    first, second = labels, np.full(rows, "", dtype=object)
    if estimate.pairs is not None:
        first, second = labels[estimate.pairs[:, 0]], labels[estimate.pairs[:, 1]]
    own = np.array([estimate.notes.get(k, "") for k in range(rows)], dtype=object)
    notes = np.where(alive[None, :], own[:, None], SAME)
    order = ("S1", "ST", "S2", "mu_star", "mu", "sigma", "delta", "PAWN median", "PAWN maximum")
    return pd.DataFrame(
        {
            "output": np.tile(columns["output"].to_numpy(), rows),
            "state": np.tile(columns["element"].to_numpy(), rows),
            "time": np.tile(columns["time"].to_numpy(), rows),
            "parameter": np.repeat(first, wide),
            "parameter2": np.repeat(second, wide),
            "index": estimate.index,
            "value": value.ravel(),
            "conf_low": (value - half).ravel(),
            "conf_high": (value + half).ravel(),
            "settled": (half <= enough).ravel(),
            "more_runs": _more_runs(plan, half, enough, n).ravel(),
            "note": notes.ravel(),
            "_column": np.tile(np.arange(wide), rows),
            "_index": order.index(estimate.index),
            "_place": np.repeat(np.arange(rows), wide),
        }
    )


def _more_runs(plan: Plan, half: np.ndarray, enough: np.ndarray, n: int) -> np.ndarray:
    """How many more runs each index likely needs: an interval shrinks with the root of n."""
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = np.where(half > enough, n * ((half / enough) ** 2 - 1), 0.0)
    step = plan.sizes[0] if plan.method.name in ("sobol", "fast") else 1
    parts = np.ceil(np.nan_to_num(wanted, posinf=0) / step) * step
    parts = np.where(np.isinf(half), MOST_RUNS, parts)  # no bound: more than can be said
    return np.minimum(parts * plan.runs_each, MOST_RUNS).astype(int)


def tornado(plan: Plan, columns: pd.DataFrame, values: np.ndarray) -> pd.DataFrame:
    """Return the outputs at the low and the high end of each parameter, and how far they swing.

    Parameters
    ----------
    plan : Plan
    columns : DataFrame
    values : array (1 + 2 * parameter, column)
        The case as it is first.
    """
    import pandas as pd

    assert plan.space is not None
    low, high = values[1::2], values[2::2]
    found = {
        "base": np.broadcast_to(values[0], low.shape),
        "low": low,
        "high": high,
        "swing": high - low,
    }
    rows = []
    for column, about in enumerate(columns.itertuples(index=False)):
        for name, table in found.items():
            for k, parameter in enumerate(plan.labels):
                start, end = ends(plan.space, parameter)
                value = float(table[k, column])
                same = np.ptp(values[[0, 2 * k + 1, 2 * k + 2], column]) == 0
                note = f"from {start:.4g} to {end:.4g}" + (f"; {SAME}" if same else "")
                place = (about.output, about.element, about.time, parameter, "", name)
                rows.append((*place, value, value, value, np.isfinite(value), 0, note))
    return pd.DataFrame(rows, columns=list(COLUMNS))
