"""Tables as figures and pages show them: one output at a time, the strongest parameter first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from secdil_sd.analysis.sensitivity.words import RANKING, one_column, ranked

MOST = 15
SHOWN_OVER_TIME = 6
OTHERS = "all others"


def strongest(indices: pd.DataFrame, method: str, output: str, state: str) -> pd.DataFrame:
    """Return the indices of single parameters of one output, the strongest parameters first.

    Parameters
    ----------
    indices : DataFrame
        Of a `Sensitivity`.
    method, output, state : str

    Returns
    -------
    DataFrame
        At most fifteen parameters; over time at the last time that varies.
    """
    own = one_column(indices, output, state)
    own = own[own["parameter2"] == ""]
    order = list(ranked(own, method)["parameter"])[:MOST]
    own = own[own["parameter"].isin(order)]
    place = own["parameter"].map({name: k for k, name in enumerate(order)})
    return own.iloc[np.argsort(place.to_numpy(), kind="stable")].reset_index(drop=True)


def pairs(indices: pd.DataFrame, method: str, output: str, state: str) -> pd.DataFrame:
    """Return the second-order indices among the strongest parameters of one output."""
    order = list(dict.fromkeys(strongest(indices, method, output, state)["parameter"]))
    own = one_column(indices, output, state)
    own = own[own["parameter"].isin(order) & own["parameter2"].isin(order)]
    place = {name: k for k, name in enumerate(order)}
    turned = own["parameter"].map(place).to_numpy() > own["parameter2"].map(place).to_numpy()
    first = np.where(turned, own["parameter2"], own["parameter"])
    second = np.where(turned, own["parameter"], own["parameter2"])
    found = own.assign(parameter=first, parameter2=second)
    keys = [found["parameter"].map(place), found["parameter2"].map(place)]
    return found.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)


def over_time(indices: pd.DataFrame, method: str, output: str, state: str) -> pd.DataFrame:
    """Return the ranking index of one output over time: parameter, time, value.

    The strongest at their strongest have rows of their own, the sum of the rest is "all others".
    """
    own = indices[(indices["output"] == output) & (indices["state"] == state)]
    own = own[(own["index"] == RANKING[method]) & own["value"].notna()]
    wide = own.pivot(index="time", columns="parameter", values="value").clip(lower=0)
    order = list(wide.mean().sort_values(ascending=False).index)
    shown, rest = order[:SHOWN_OVER_TIME], order[SHOWN_OVER_TIME:]
    kept = wide[shown].copy()
    if rest:
        kept[OTHERS] = wide[rest].sum(axis=1)
    return kept.melt(ignore_index=False, var_name="parameter").reset_index()[
        ["parameter", "time", "value"]
    ]
