"""One box as a table: a row a restricted parameter, with what each restriction is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.exploration import boxes as judging
from secdil_sd.analysis.exploration.boxes import Found

if TYPE_CHECKING:
    import pandas as pd

_SIDES = {"low": (0,), "high": (1,), "both": (0, 1)}


@dataclass(frozen=True)
class Box:
    """One box: where it lies and what it is worth.

    Parameters
    ----------
    number : int
        Its row in `Discovery.trajectory`.
    limits : DataFrame
        A row a restricted parameter, the one that matters most first: ``parameter, low, high``
        (NaN where open), ``side`` (low, high, both), ``quasi_p_low, quasi_p_high``,
        ``density_without`` (of the box if this parameter were free), ``range_low, range_high``.
    coverage, density, density_low, density_high, mass : float
        Share of all hits that lie in it; share of its members that are hits, with Wilson's 95%
        interval; share of all members in it.
    support, hits : int
    words : str
    """

    number: int
    limits: pd.DataFrame = field(repr=False)
    coverage: float
    density: float
    density_low: float
    density_high: float
    mass: float
    support: int
    hits: int
    words: str


def restrictions(
    found: Found, chosen: Sequence[int], table: pd.DataFrame, hits: np.ndarray, bounds: np.ndarray
) -> pd.DataFrame:
    """Return the chosen boxes, a row a restriction, with how stable each is.

    Parameters as for `limits_of`, and ``bounds``: array (2, parameter), how often resamples set
    the low and the high bound of each parameter.
    """
    import pandas as pd

    places = {name: k for k, name in enumerate(table)}
    parts = []
    for number in chosen:
        limits = limits_of(found, number, table, hits)
        own = [bounds[:, places[name]] for name in limits["parameter"]]
        limits["stability"] = [
            float(min(each[side] for side in _SIDES[kind]))
            for each, kind in zip(own, limits["side"], strict=True)
        ]
        limits.insert(0, "box", number)
        parts.append(limits)
    if parts:
        return pd.concat(parts, ignore_index=True)
    empty = limits_of(found, 0, table, hits).iloc[:0].copy()
    empty.insert(0, "box", np.array([], dtype=int))
    empty["stability"] = np.array([], dtype=float)
    return empty


def limits_of(found: Found, number: int, table: pd.DataFrame, hits: np.ndarray) -> pd.DataFrame:
    """Return one box, a row a restricted parameter, the one that matters most first.

    Parameters
    ----------
    found : Found
    number : int
        Which of its boxes.
    table : DataFrame
        A row a member, a column a parameter.
    hits : array (member,) of bool

    Returns
    -------
    DataFrame
        Columns as `Box.limits`.
    """
    import pandas as pd

    x = table.to_numpy(dtype=float)
    low, high = found.boxes.low[number], found.boxes.high[number]
    whole = x.min(axis=0), x.max(axis=0)
    values = judging.quasi_p(x, hits, low, high)
    apart = (x < low) | (x > high)
    rows = []
    for k in np.flatnonzero((low > whole[0]) | (high < whole[1])):
        without = apart.sum(axis=1) - apart[:, k] == 0
        open_low, open_high = not low[k] > whole[0][k], not high[k] < whole[1][k]
        rows.append(
            {
                "parameter": table.columns[k],
                "low": np.nan if open_low else low[k],
                "high": np.nan if open_high else high[k],
                "side": "high" if open_low else "low" if open_high else "both",
                "quasi_p_low": values[0, k],
                "quasi_p_high": values[1, k],
                "density_without": hits[without].mean(),
                "range_low": whole[0][k],
                "range_high": whole[1][k],
            }
        )
    columns = (
        "parameter", "low", "high", "side", "quasi_p_low", "quasi_p_high",
        "density_without", "range_low", "range_high",
    )  # fmt: skip
    found_rows = pd.DataFrame(rows, columns=list(columns))
    return found_rows.sort_values("density_without", kind="stable", ignore_index=True)
