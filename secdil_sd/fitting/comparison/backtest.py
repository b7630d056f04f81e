"""Forecasts from every year that has a past to learn from, held against what followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.comparison.equation import Equation
from secdil_sd.fitting.comparison.estimation import (
    enough_years,
    estimate,
    forecast,
    free_run,
)
from secdil_sd.fitting.comparison.scores import (
    LEAST_ORIGINS,
    Predictive,
    diebold_mariano,
    naive_error,
    within,
)

if TYPE_CHECKING:
    import pandas as pd

Forecaster = Callable[[np.ndarray, int], Predictive]
"""From log figures (year, state) up to an origin, and a count of years ahead, to forecasts."""

FORECAST_COLUMNS = (
    "model", "start", "origin", "horizon", "year", "state", "median", "low_50", "high_50",
    "low_90", "high_90", "figure", "log_error", "scaled_error", "log_score", "in_50", "in_90",
    "beyond",
)  # fmt: skip
BACKTEST_COLUMNS = (
    "model", "start", "horizon", "state", "origins", "beyond", "mase", "relative_error",
    "log_score", "coverage_50", "coverage_90", "dm", "p", "note",
)  # fmt: skip
NAIVE = "random walk with drift"
LAST, FIRST = "last figure", "first year"
ALL = "all states"


def equation_forecasts(
    equation: Equation, logs: np.ndarray, origins: Sequence[int], steps: int, every: int = 1
) -> dict[tuple[str, int], Predictive]:
    """Fit an equation to what was known at each origin, and forecast.

    All fits are made at once, each to a history that is empty after its origin.

    Parameters
    ----------
    equation : Equation
    logs : array (year, state)
    origins : sequence of int
        Places of the last year known.
    steps : int
    every : int
        Fit anew at every so many origins; those between forecast from their own figures with the
        numbers of the fit before them.

    Returns
    -------
    dict of (start, origin) to Predictive
        From the last figure; and from the first year where the equation has such a path.
    """
    found: dict[tuple[str, int], Predictive] = {}
    able = [each for each in origins if enough_years(equation, each + 1, logs.shape[1])]
    if not able:
        return found
    fresh = able[::every]
    known = np.repeat(logs[None], len(fresh), axis=0)
    for row, origin in enumerate(fresh):
        known[row, origin + 1 :] = np.nan
    starts = np.stack([equation.starts(logs[: origin + 1]) for origin in fresh])
    fitted = estimate(equation, known, starts)
    for place, origin in enumerate(able):
        own, past = fitted.of(place // every), logs[: origin + 1]
        ahead = min(steps, len(logs) - len(past))
        found[LAST, origin] = forecast(equation, own, past, ahead)
        whole = free_run(equation, own, past, ahead)
        if whole is not None:
            found[FIRST, origin] = whole
    return found


def forecaster_forecasts(
    forecaster: Forecaster, logs: np.ndarray, origins: Sequence[int], steps: int
) -> dict[tuple[str, int], Predictive]:
    """As `equation_forecasts` for a forecaster of its own kind; failed origins are left out."""
    found: dict[tuple[str, int], Predictive] = {}
    for origin in origins:
        try:
            past = logs[: origin + 1]
            found[LAST, origin] = forecaster(past, min(steps, len(logs) - len(past)))
        except ArithmeticError:
            continue
    return found


def forecast_table(
    forecasts: Mapping[str, Mapping[tuple[str, int], Predictive]],
    logs: np.ndarray,
    years: Sequence[int],
    states: Sequence[str],
) -> pd.DataFrame:
    """Return every forecast beside what followed.

    Returns
    -------
    DataFrame
        Columns of `FORECAST_COLUMNS`; medians, bounds and figures in units of spending, errors in
        logarithms, scaled by the mean absolute yearly change up to the origin.
    """
    import pandas as pd

    parts = []
    for model, made in forecasts.items():
        for (start, origin), each in made.items():
            parts.append(_held(each, model, start, origin, logs, years, states))
    if not parts:
        return pd.DataFrame(columns=list(FORECAST_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(FORECAST_COLUMNS)]


def _held(
    made: Predictive,
    model: str,
    start: str,
    origin: int,
    logs: np.ndarray,
    years: Sequence[int],
    states: Sequence[str],
) -> pd.DataFrame:
    import pandas as pd

    steps, count = made.center.shape
    followed = logs[origin + 1 : origin + 1 + steps]
    error = made.center - followed
    bounds = {
        f"{side}_{share}": np.exp(made.quantile(place))
        for share in (50, 90)
        for side, place in (("low", 0.5 - share / 200), ("high", 0.5 + share / 200))
    }
    ahead = np.repeat(np.arange(1, steps + 1), count)
    columns = {
        "median": np.exp(made.center), **bounds, "figure": np.exp(followed), "log_error": error,
        "scaled_error": np.abs(error) / naive_error(logs[: origin + 1]),
        "log_score": made.log_density(followed),
        "in_50": within(followed, made, 0.5),
        "in_90": within(followed, made, 0.9),
        "beyond": made.beyond,
    }  # fmt: skip
    return pd.DataFrame(
        {
            "model": model, "start": start, "origin": years[origin], "horizon": ahead,
            "year": years[origin] + ahead, "state": np.tile(np.asarray(states), steps),
            **{name: values.ravel() for name, values in columns.items()},
        }
    )  # fmt: skip


def backtest_table(
    forecasts: pd.DataFrame, horizons: Sequence[int], states: Sequence[str]
) -> pd.DataFrame:
    """Return the skill of each model at each horizon, a row a state and one for all of them.

    Parameters
    ----------
    forecasts : DataFrame
        Of `forecast_table`.
    horizons : sequence of int [yr]
    states : sequence of str

    Returns
    -------
    DataFrame
        Columns of `BACKTEST_COLUMNS`: ``mase`` is the mean absolute error of log spending scaled
        by the mean absolute yearly change (Hyndman and Koehler, 2006); ``relative_error`` the
        error as a share of the random walk with drift's from the same origins; ``dm`` and ``p``
        test squared errors against it; ``beyond`` counts forecasts taken at an edge; ``note``
        says why something is missing.
    """
    import pandas as pd

    rows = []
    for (model, start), own in forecasts.groupby(["model", "start"], sort=False):
        for horizon in horizons:
            naive = forecasts[(forecasts["model"] == NAIVE) & (forecasts["horizon"] == horizon)]
            part = own[own["horizon"] == horizon]
            for state in (*states, ALL):
                chosen = part if state == ALL else part[part["state"] == state]
                other = naive if state == ALL else naive[naive["state"] == state]
                row = _skill(chosen, other, int(horizon))
                rows.append(
                    {"model": model, "start": start, "horizon": horizon, "state": state, **row}
                )
    return pd.DataFrame(rows, columns=list(BACKTEST_COLUMNS))


def _skill(part: pd.DataFrame, naive: pd.DataFrame, horizon: int) -> dict[str, object]:
    origins = part["origin"].nunique()
    if not origins:
        return {"origins": 0, "beyond": 0, "note": "no origin has this many years after it"}
    errors = part.groupby("origin")["log_error"]
    others = naive[naive["origin"].isin(part["origin"])].groupby("origin")["log_error"]
    absolute = errors.apply(lambda each: each.abs().mean())
    against = others.apply(lambda each: each.abs().mean())
    squared = errors.apply(lambda each: (each**2).mean())
    dm, p = diebold_mariano(
        squared.to_numpy(), others.apply(lambda each: (each**2).mean()).to_numpy(), horizon
    )
    least = max(LEAST_ORIGINS, 2 * horizon)
    few = f"{origins} origins; a test of skill needs {least}" if origins < least else ""
    return {
        "origins": origins,
        "beyond": int(part["beyond"].sum()),
        "mase": part["scaled_error"].mean(),
        "relative_error": absolute.mean() / against.mean(),
        "log_score": part["log_score"].mean(),
        "coverage_50": part["in_50"].mean(),
        "coverage_90": part["in_90"].mean(),
        "dm": dm,
        "p": p,
        "note": few,
    }
