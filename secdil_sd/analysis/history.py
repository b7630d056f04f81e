"""The model held against history: yearly means, errors, and what naive forecasts would miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.scenario import Scenario

SCORE_COLUMNS = (
    "state",
    "years",
    "model",
    "first_year_repeated",
    "mean_growth",
    "last_year_repeated",
    "last_year_and_drift",
)


def yearly_means(values: xr.DataArray) -> xr.DataArray:
    """Return the mean over each calendar year that the output times cover.

    A year's figure is a year's mean, so the model is averaged before it is compared.

    Parameters
    ----------
    values : DataArray
        With the dimension ``time`` [yr]; Simpson's rule over the output times of each year, both
        ends included.

    Returns
    -------
    DataArray
        With the dimension ``year`` in place of ``time``.

    Raises
    ------
    InputError
        If no whole year is covered by at least three output times.

    Examples
    --------
    >>> import xarray as xr
    >>> line = xr.DataArray([0.0, 0.5, 1.0], {"time": [1950, 1950.5, 1951]}, "time")
    >>> yearly_means(line).values
    array([0.5])
    """
    import xarray as xr
    from scipy.integrate import simpson

    times = np.asarray(values["time"].values, dtype=float)
    years = np.arange(np.ceil(times[0]), np.floor(times[-1]))
    found, kept = [], []
    for year in years:
        inside = np.flatnonzero((times >= year - 1e-9) & (times <= year + 1 + 1e-9))
        whole = len(inside) >= 3 and np.isclose(times[inside[0]], year)
        if whole and np.isclose(times[inside[-1]], year + 1):
            part = values.isel(time=inside)
            mean = simpson(part.values, times[inside], axis=part.get_axis_num("time"))
            found.append(xr.DataArray(mean, dims=[each for each in part.dims if each != "time"]))
            kept.append(int(year))
    if not found:
        raise InputError(
            Finding(
                "error",
                "The output times cover no whole year closely enough for a yearly mean.",
                variables=("times",),
                remedy="Use quarter steps, as times = np.arange(1948, 1990, 0.25).",
            )
        )
    joined = xr.concat(found, xr.DataArray(kept, dims="year", name="year"))
    coords = {n: c for n, c in values.coords.items() if "time" not in c.dims}
    return joined.assign_coords(coords).assign_attrs(values.attrs)


def fine_times(case: Scenario) -> np.ndarray:
    """Return output times close enough for yearly means over the years of a scenario's data."""
    years = np.asarray(case.data["year"].unique() if case.data is not None else [], dtype=float)
    start = case.times[0]
    end = max(case.times[-1], years.max() + 1 if len(years) else start)
    return np.arange(start, end + 1e-9, 0.25)


def beside_history(case: Scenario, run: xr.Dataset | None = None) -> pd.DataFrame:
    """Return the model's yearly means beside the figures.

    Parameters
    ----------
    case : Scenario
        With data.
    run : Dataset, optional
        A run over `fine_times`; made if not given.

    Returns
    -------
    DataFrame
        Columns state, year, variable, value (the figure), model (the mean over that year).

    Raises
    ------
    InputError
        If the scenario has no data.
    """
    data = _data(case)
    if run is None:
        names = [name for name in data["variable"].unique() if name in case.model.system]
        run = case.run(times=fine_times(case), outputs=names)
    from secdil_sd.names import key

    rows = []
    for variable, part in data.groupby("variable", sort=False):
        own = key(str(variable))
        if own not in run:
            continue
        means = yearly_means(run[own]).to_series().rename("model").reset_index()
        rows.append(part.merge(means[["state", "year", "model"]], on=["state", "year"]))
    import pandas as pd

    return pd.concat(rows, ignore_index=True)


def score(
    case: Scenario, run: xr.Dataset | None = None, variable: str = "spending"
) -> pd.DataFrame:
    """Return how far the model misses history, beside what naive forecasts miss.

    Parameters
    ----------
    case : Scenario
    run : Dataset, optional
    variable : str

    Returns
    -------
    DataFrame
        One row a state; root mean square errors of the logarithm. From the first year on:
        ``model``, ``first_year_repeated``, ``mean_growth`` (which knows the last year). One year
        ahead: ``last_year_repeated``, ``last_year_and_drift``.
    """
    import pandas as pd

    table = beside_history(case, run)
    rows = []
    for state, part in table[table["variable"] == variable].groupby("state", sort=False):
        part = part.sort_values("year")
        log = np.log(part["value"].to_numpy())
        model = np.log(part["model"].to_numpy()) - log
        steps = np.arange(len(log))
        drift = (log[-1] - log[0]) / max(len(log) - 1, 1)
        rows.append(
            (
                state,
                len(log),
                _rms(model),
                _rms(log - log[0]),
                _rms(log - log[0] - drift * steps),
                _rms(np.diff(log)),
                _rms(np.diff(log) - drift),
            )
        )
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def _rms(errors: Any) -> float:
    return float(np.sqrt(np.mean(np.square(errors)))) if len(errors) else float("nan")


def _data(case: Scenario) -> pd.DataFrame:
    if case.data is None or case.data.empty:
        raise InputError(
            Finding(
                "error",
                f"The scenario {case.name!r} has no historical figures.",
                remedy="Name a table under [data] in its file.",
            )
        )
    return case.data
