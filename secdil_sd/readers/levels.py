"""GDP in the prices of the spending: as published, from a share, or its level from a burden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.one_basis import NO_RATE, money_basis, table_name
from secdil_sd.readers.together import gdp_from_share

if TYPE_CHECKING:
    import pandas as pd

Burdens = Mapping[str, tuple[float, float, float]]
"""By state: the mean published share of GDP, its lowest and its highest."""


@dataclass(frozen=True)
class Level:
    """A GDP that may be set beside spending.

    Parameters
    ----------
    gdp : DataFrame
        Columns state, year, value, in the prices and scale of the spending.
    how : str
        Where its level comes from, in words.
    caveats : tuple of str
        What a reader of the burdens should know.
    """

    gdp: pd.DataFrame
    how: str
    caveats: tuple[str, ...] = ()


def level_from_share(spending: pd.DataFrame, share: pd.DataFrame) -> Level:
    """Return the GDP a published share implies year by year, Y = M / share."""
    how = f"spending divided by its published share of GDP, year by year; {source_of(share)}"
    return Level(gdp_from_share(spending, share), how)


def level_as_published(spending: pd.DataFrame, gdp: pd.DataFrame) -> Level:
    """Return a GDP that is in the prices of the spending already, in its scale.

    Raises
    ------
    DataError
        If it is not: with what would bring the two together.
    """
    above, below = money_basis(spending), money_basis(gdp)
    if not above.same_prices(below):
        names = f"{table_name(spending)} in {above}, {table_name(gdp, 2)} in {below}"
        message = f"Spending and GDP are in different prices: {names}."
        remedy = (
            "Give each state's published share of GDP too (burden), which sets the level of GDP "
            f"and leaves its growth as measured. {NO_RATE.split(':')[0]}."
        )
        raise DataError(Finding("error", message, remedy=remedy))
    scaled = gdp.assign(value=gdp["value"] * (below.scale / above.scale))
    scaled.attrs = dict(gdp.attrs)
    return Level(scaled, f"{source_of(gdp)}, in the same prices as spending")


def level_from_burden(
    spending: pd.DataFrame, gdp: pd.DataFrame, burdens: Burdens, years: tuple[int, int]
) -> Level:
    """Return a GDP that moves as measured, at the level that gives the published mean burden.

    Parameters
    ----------
    spending, gdp : DataFrame
        Columns state, year, value, whatever their prices.
    burdens : mapping
        The published burden of every state.
    years : (int, int)
        First and last year over which the mean is taken.
    """
    both = spending.merge(gdp, on=["state", "year"], suffixes=("", "_gdp"))
    both = both[both["year"].between(*years)]
    both["implied"] = both["value"] / both["value_gdp"]
    scale = money_basis(spending).scale / money_basis(gdp).scale
    factor, told = {}, []
    for state, (mean, *_) in burdens.items():
        implied = both.loc[both["state"] == state, "implied"].dropna()
        factor[state] = float(implied.mean() / mean) if len(implied) else float("nan")
        if len(implied):
            used = implied / factor[state]
            told.append(
                f"{state}: as published the two sources imply a burden of "
                f"{_span(implied * scale)} (mean {implied.mean() * scale:.2%}); with GDP times "
                f"{factor[state] * scale:.3g} it is {_span(used)}, its mean the published "
                f"{mean:.3g} of GDP. A year's burden is only as good as that."
            )
    made = gdp.assign(value=gdp["value"] * gdp["state"].map(factor))
    made.attrs = dict(gdp.attrs)
    how = f"{source_of(gdp)}, its level set by a published burden, its growth as measured"
    return Level(made, how, tuple(told))


def level_of(
    spending: pd.DataFrame,
    gdp: pd.DataFrame | None,
    share: pd.DataFrame | None,
    means: Mapping[str, float],
    years: tuple[int, int] | None,
    names: Sequence[str],
) -> tuple[Level | None, Burdens]:
    """Decide where GDP comes from; none where nothing is said of it.

    Raises
    ------
    DataError
        If spending and GDP are in different prices and no published burden bridges them.
    """
    span = years or (int(spending["year"].min()), int(spending["year"].max()))
    burdens = {name: (mean, mean, mean) for name, mean in means.items()}
    if share is not None:
        inside = share[share["year"].between(*span)].groupby("state")["value"]
        burdens |= {
            str(state): (float(v.mean()), float(v.min()), float(v.max())) for state, v in inside
        }
    if gdp is None and share is None:
        if means:
            message = "A mean burden sets the level of GDP but says nothing of its growth."
            raise DataError(Finding("error", message, "burden", remedy="Give GDP too."))
        return None, burdens
    if gdp is None:
        return level_from_share(spending, share), burdens
    if money_basis(spending).same_prices(money_basis(gdp)):
        return level_as_published(spending, gdp), burdens
    if missing := [name for name in names if name not in burdens]:
        if burdens:
            message = f"There is no published burden for {' and '.join(missing)}."
            raise DataError(Finding("error", message, "burden", remedy="Give one a state."))
        level_as_published(spending, gdp)  # raises, saying what would mend it
    return level_from_burden(spending, gdp, burdens, span), burdens


def source_of(table: pd.DataFrame) -> str:
    """Return whose figures a table holds, and of which edition."""
    source = str(table.attrs.get("source") or table.attrs.get("file") or "a table")
    vintage = str(table.attrs.get("vintage") or "")
    return f"{source} ({vintage})" if vintage and vintage not in source else source


def _span(values: pd.Series) -> str:
    return f"{values.min():.2%} to {values.max():.2%}"
