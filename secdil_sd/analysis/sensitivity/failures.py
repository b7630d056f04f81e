"""Members that failed: where they lie, and which parameter drives them there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("parameter", "separation", "threshold", "side", "failed_there", "failed_elsewhere")
CUTS = 39


def failure_drivers(samples: pd.DataFrame, failed: np.ndarray) -> pd.DataFrame:
    """Return how well each parameter tells failed members from others, the best first.

    Parameters
    ----------
    samples : DataFrame
        A row a member.
    failed : array (member,) of bool

    Returns
    -------
    DataFrame
        ``separation``: 0 no better than chance, 1 complete (twice the area under the curve of
        Mann and Whitney, less one); ``threshold`` and ``side`` of the values where they fail,
        with the share that fails there and elsewhere. Empty if nothing or everything failed.
    """
    import pandas as pd

    rows = []
    if 0 < failed.sum() < len(failed):
        for name in samples.columns:
            values = samples[name].to_numpy(dtype=float)
            area = _area(values, failed)
            side = "above" if area >= 0.5 else "below"
            rows.append((str(name), abs(2 * area - 1), *_best_cut(values, failed, side)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("separation", ascending=False, kind="stable", ignore_index=True)


def _area(values: np.ndarray, failed: np.ndarray) -> float:
    """The chance that a failed member has the larger value."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    lost, kept = int(failed.sum()), int((~failed).sum())
    return float((ranks[failed].sum() - lost * (lost + 1) / 2) / (lost * kept))


def _best_cut(values: np.ndarray, failed: np.ndarray, side: str) -> tuple[float, str, float, float]:
    """The threshold that parts failed from others best (Youden's J)."""
    best = (-1.0, float("nan"), side, float("nan"), float("nan"))
    for cut in np.unique(np.quantile(values, np.arange(1, CUTS + 1) / (CUTS + 1))):
        there = values > cut if side == "above" else values < cut
        if there.all() or not there.any():
            continue
        apart = float(there[failed].mean() - there[~failed].mean())
        if apart > best[0]:
            share, rest = float(failed[there].mean()), float(failed[~there].mean())
            best = (apart, float(cut), side, share, rest)
    return best[1:]


def region(drivers: pd.DataFrame) -> str:
    """Return where members fail, in words; "" if no parameter tells.

    >>> import pandas as pd
    >>> row = ("gain", 0.97, 0.8, "above", 1.0, 0.01)
    >>> region(pd.DataFrame([row], columns=list(COLUMNS)))
    "where 'gain' is above 0.8 (100% fail there, 1% elsewhere)"
    """
    if drivers.empty or not drivers["threshold"].notna().iloc[0]:
        return ""
    top = drivers.iloc[0]
    return (
        f"where {top['parameter']!r} is {top['side']} {top['threshold']:.3g} "
        f"({top['failed_there']:.0%} fail there, {top['failed_elsewhere']:.0%} elsewhere)"
    )
