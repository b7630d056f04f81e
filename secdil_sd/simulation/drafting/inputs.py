"""Measured inputs of a rivalry on the years of a run: GDP at its start and its growth, regime,
the arms there already were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.readers.rivalry import Rivalry

if TYPE_CHECKING:
    import pandas as pd

BOOLE = np.array([7, 32, 12, 32, 7]) / 90
"""Weights of a year's mean over its five quarter points."""


@dataclass(frozen=True)
class Inputs:
    """What a scenario takes from figures, besides the spending it is held against.

    Parameters
    ----------
    growth : DataFrame or None
        GDP growth [1/yr], a row a year from the first to the one after the last, a column a state.
    democracy : DataFrame or None
        The same, 0 to 1.
    initial_gdp : mapping of str to float
        At the start of the first year [billion/yr].
    first_spending : mapping of str to (int, float)
        Each state's first figure and its year.
    initial_capability : mapping of str to float
        From earlier spending; of all states or of none [billion].
    """

    growth: pd.DataFrame | None
    democracy: pd.DataFrame | None
    initial_gdp: Mapping[str, float]
    first_spending: Mapping[str, tuple[int, float]]
    initial_capability: Mapping[str, float]


def inputs_of(rivalry: Rivalry, obsolescence: float) -> Inputs:
    """Return a rivalry's inputs; obsolescence [1/yr] of the arms bought before it begins."""
    growth = gdp_growth(rivalry.gdp, rivalry.years) if rivalry.gdp is not None else None
    start = {}
    if growth is not None and rivalry.gdp is not None:
        start = {name: start_of(rivalry.gdp[name], growth[name]) for name in rivalry.states}
    democracy = None
    if rivalry.democracy is not None and len(rivalry.democracy):
        democracy = covering(rivalry.democracy, rivalry.years)
    inside = rivalry.spending.loc[rivalry.years[0] : rivalry.years[1]]
    first = {name: inside[name].dropna().iloc[:1] for name in rivalry.states}
    return Inputs(
        growth,
        democracy,
        start,
        {name: (int(one.index[0]), float(one.iloc[0])) for name, one in first.items()},
        capability(rivalry.spending, rivalry.years[0], obsolescence),
    )


def gdp_growth(gdp: pd.DataFrame, years: tuple[int, int]) -> pd.DataFrame:
    """Return growth by year: ln(GDP of the year / GDP of the year before), every year filled.

    A figure belongs to the start of its year, the middle of the twelve months it covers. Gaps are
    bridged at a constant rate; beyond the figures the nearest rate holds.

    >>> import pandas as pd
    >>> gdp = pd.DataFrame({"A": [100.0, 102.0, None, 110.0]}, index=[1990, 1991, 1992, 1993])
    >>> gdp_growth(gdp, (1991, 1993))["A"].round(4).tolist()
    [0.0198, 0.0378, 0.0378, 0.0378]
    """
    logs = np.log(gdp).interpolate(method="index", limit_area="inside")
    return covering(logs.diff(), years)


def covering(table: pd.DataFrame, years: tuple[int, int]) -> pd.DataFrame:
    """Return a value for every year of a run: linear in gaps, the nearest beyond the figures."""
    first, last = years
    known = table.dropna(how="all")
    wanted = range(min(first, int(known.index.min())), max(last + 1, int(known.index.max())) + 1)
    filled = table.reindex(wanted).interpolate(method="index", limit_direction="both")
    return filled.loc[first : last + 1]


def start_of(gdp: pd.Series, growth: pd.Series) -> float:
    """Return GDP at the start of the run such that the first known year's mean is its figure.

    The model's GDP grows at a rate linear between years: ln Y(s) = g0 s + (g1 - g0) s^2 / 2.

    >>> import pandas as pd
    >>> rate = pd.Series([0.05, 0.05], index=[2000, 2001])
    >>> start_of(pd.Series([100.0], index=[2000]), rate)
    97.5208
    """
    first, last = int(growth.index[0]), int(growth.index[-1])
    year = int(gdp.loc[first:last].dropna().index[0])
    rates = growth.to_numpy()
    before = np.sum((rates[:-1] + rates[1:])[: year - first]) / 2
    s = np.linspace(0, 1, 5)
    a, b = growth[year], growth[min(year + 1, last)]
    return float(gdp[year] / (np.exp(before) * (BOOLE @ np.exp(a * s + (b - a) * s**2 / 2))))


def capability(spending: pd.DataFrame, first: int, obsolescence: float) -> dict[str, float]:
    """Return the arms left at the start of a year from the spending known before it.

    Perpetual inventory: dK/dt = M - obsolescence K, from K = M / obsolescence in the first known
    year. Empty unless every state has earlier figures.

    >>> import pandas as pd
    >>> even = pd.DataFrame({"A": [8.0, 8.0]}, index=[1998, 1999])
    >>> capability(even, 2000, 0.08)
    {'A': 100.0}
    """
    earlier = spending.loc[: first - 1]
    earlier = np.exp(np.log(earlier).interpolate(method="index", limit_direction="forward"))
    if earlier.empty or earlier.iloc[-1].isna().any():
        return {}
    kept = np.exp(-obsolescence)
    found = {}
    for name in earlier:
        values = earlier[name].dropna().to_numpy()
        stock = values[0] / obsolescence
        for value in values:
            stock = stock * kept + value * (1 - kept) / obsolescence
        found[str(name)] = float(stock)
    return found
