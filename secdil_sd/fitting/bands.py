"""Figures, the model's path and both bands about it, in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit

BAND_COLUMNS = (
    "state", "year", "figure", "value", "low", "high", "figure_low", "figure_high",
)  # fmt: skip


def bands(found: Fit, level: float | None = None, draws: int = 200, seed: Any = 1) -> pd.DataFrame:
    """Return each year's figure beside the model's, with the band of both.

    Parameters
    ----------
    found : Fit
    level : float, optional
        Of the bands; default the fit's own.
    draws, seed : int
        Points the bands are made of.

    Returns
    -------
    DataFrame
        Columns state, year, figure (NaN where there is none), value (the model's mean of the
        year), low and high (where that mean lies), figure_low and figure_high (where figures lie).

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.fit(sd.load_scenario("wwi_blocs"), intervals=False, starts=1)
    >>> table = bands(found)
    >>> bool((table["figure_low"] <= table["low"]).all()), len(table)
    (True, 10)
    """
    own = found.level if level is None else level
    path = found.predict("mean", level=own, draws=draws, seed=seed)
    seen = found.predict("observation", level=own, draws=draws, seed=seed)
    table = path.assign(figure_low=seen["low"], figure_high=seen["high"])[list(BAND_COLUMNS)]
    table.attrs = {
        "variable": found.problem.observed.variable,
        "units": found.problem.observed.units,
        "scale": "log" if found.problem.noise.logarithmic else "linear",
        "level": own,
    }
    return table
