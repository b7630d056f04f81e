"""The best explanation with reaction against naive forecasts, and against itself without it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.comparison.backtest import LAST, NAIVE
from secdil_sd.fitting.comparison.candidates import SELF_STIMULATION
from secdil_sd.fitting.comparison.scores import diebold_mariano

if TYPE_CHECKING:
    import pandas as pd

CONTEST_COLUMNS = (
    "model", "horizon", "against", "other", "origins", "relative_error", "dm", "p", "judgement"
)  # fmt: skip
SURE = 0.05


def contest(
    forecasts: pd.DataFrame,
    models: Sequence[str],
    naive: Sequence[str],
    horizons: Sequence[int],
) -> pd.DataFrame:
    """Hold models' forecasts from the last figure against others', all states together.

    Parameters
    ----------
    forecasts : DataFrame
        Of `forecast_table`.
    models : sequence of str
    naive : sequence of str
        Names of the naive forecasters; the best of them at each horizon is found in hindsight,
        which is on their side.
    horizons : sequence of int [yr]

    Returns
    -------
    DataFrame
        Columns of `CONTEST_COLUMNS`; ``against`` is "best naive", "random walk with drift" or
        "itself without reaction"; ``judgement`` is better or worse where Diebold and Mariano's
        test says so at 5% shared over the horizons it could be made for (Bonferroni), else
        "cannot tell".
    """
    import pandas as pd

    last = forecasts[forecasts["start"] == LAST]
    rows = []
    for model, horizon in product(models, horizons):
        there = last[last["horizon"] == horizon]
        if model not in set(there["model"]):
            continue
        absolute = there.groupby("model")["log_error"].apply(lambda each: each.abs().mean())
        known = [each for each in naive if each in absolute.index]
        others = {"random walk with drift": NAIVE, "itself without reaction": SELF_STIMULATION}
        if known:
            others = {"best naive": str(absolute[known].idxmin()), **others}
        for against, other in others.items():
            if other in absolute.index and other != model:
                rows.append((model, horizon, against, other, *_duel(there, model, other, horizon)))
    table = pd.DataFrame(rows, columns=list(CONTEST_COLUMNS[:-1]))
    tested = table.groupby(["model", "against"])["p"].transform("count")
    clear = table["p"] * tested <= SURE
    table["judgement"] = np.where(
        clear, np.where(table["dm"] < 0, "better", "worse"), "cannot tell"
    )
    return table


def _duel(
    there: pd.DataFrame, model: str, other: str, horizon: int
) -> tuple[int, float, float, float]:
    """Origins both have, relative absolute error, and the test on squared errors."""
    errors = there.pivot_table(
        index="origin", columns=["model", "state"], values="log_error", sort=True
    )
    own, theirs = errors[model].to_numpy(), errors[other].to_numpy()
    both = np.isfinite(own).all(axis=1) & np.isfinite(theirs).all(axis=1)
    own, theirs = own[both], theirs[both]
    if not len(own):
        return 0, np.nan, np.nan, np.nan
    dm, p = diebold_mariano((own**2).mean(axis=1), (theirs**2).mean(axis=1), horizon)
    return len(own), float(np.abs(own).mean() / np.abs(theirs).mean()), dm, p
