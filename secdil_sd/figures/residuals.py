"""What a fit misses, drawn: over time, beside the year before, by pull, by source of error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, MARKERS, THRESHOLD, blank, color, require

if TYPE_CHECKING:
    import pandas as pd

RESIDUAL_COLUMNS = ("state", "year", "residual")
NEIGHBOR_COLUMNS = ("state", "year", "residual", "before")
PULL_COLUMNS = ("state", "year", "cook")
SOURCE_COLUMNS = ("state", "bias", "variation", "covariation")
SOURCE_WORDS = (
    ("bias", "wrong level", COLORS[1]),
    ("variation", "swings of the wrong size", COLORS[4]),
    ("covariation", "unlike movement", COLORS[5]),
)


def over_time(table: pd.DataFrame, y_title: str, percent: bool = False) -> go.Figure:
    """Draw how far each figure lies above the model, by state; years without figures are gaps.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, residual.
    y_title : str
    percent : bool
        Show residuals of logarithms as percentages.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, RESIDUAL_COLUMNS, "residuals over time")
    figure = blank("", y_title)
    figure.add_hline(y=0, line={"color": INK, "width": 1.5})
    for place, (state, own) in enumerate(table.groupby("state", sort=False)):
        known = dict(zip(own["year"], own["residual"], strict=True))
        years = list(range(int(own["year"].min()), int(own["year"].max()) + 1))
        figure.add_scatter(
            x=years, y=[known.get(year) for year in years], mode="lines+markers",
            name=str(state), connectgaps=False, line={"color": color(place), "width": 1.5},
            marker={"size": 6, "symbol": MARKERS[place % len(MARKERS)]},
        )  # fmt: skip
    figure.update_layout(showlegend=table["state"].nunique() > 1)
    figure.update_yaxes(tickformat="+.0%" if percent else None)
    return figure


def year_before(table: pd.DataFrame, percent: bool = False) -> go.Figure:
    """Draw each year's residual against the one of the year before.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, residual, before.
    """
    require(table, NEIGHBOR_COLUMNS, "residuals beside the year before")
    figure = blank("the year before", "a year")
    figure.add_hline(y=0, line={"color": INK, "width": 1})
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    for place, (state, own) in enumerate(table.groupby("state", sort=False)):
        figure.add_scatter(
            x=own["before"].tolist(), y=own["residual"].tolist(), mode="markers", name=str(state),
            marker={"color": color(place), "size": 7, "opacity": 0.8,
                    "symbol": MARKERS[place % len(MARKERS)]},
            customdata=own["year"].tolist(),
            hovertemplate="%{customdata}: %{y:+.3g}, the year before %{x:+.3g}"
            f"<extra>{state}</extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=table["state"].nunique() > 1)
    form = "+.0%" if percent else None
    return figure.update_xaxes(tickformat=form).update_yaxes(tickformat=form)


def pulls(table: pd.DataFrame, threshold: float) -> go.Figure:
    """Draw how far each figure alone moves the estimates.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, cook (Cook's distance).
    threshold : float
        From where one figure moves the estimates beyond their intervals.
    """
    require(table, PULL_COLUMNS, "influence of figures")
    figure = blank("", "Cook's distance", barmode="group", bargap=0.25)
    for place, (state, own) in enumerate(table.groupby("state", sort=False)):
        figure.add_bar(
            x=own["year"].tolist(), y=own["cook"].tolist(), name=str(state),
            marker={"color": color(place)},
            hovertemplate=f"{state} %{{x}}: %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=threshold, line={"color": THRESHOLD, "width": 1.5, "dash": "dot"})
    figure.update_yaxes(rangemode="tozero", autorangeoptions_include=[1.15 * threshold])
    figure.update_layout(showlegend=table["state"].nunique() > 1)
    return figure


def sources(table: pd.DataFrame) -> go.Figure:
    """Draw where the mean square error comes from, a bar a state (Theil's decomposition).

    Parameters
    ----------
    table : DataFrame
        Columns state, bias, variation, covariation: shares that sum to 1.
    """
    require(table, SOURCE_COLUMNS, "sources of error")
    figure = blank("share of the error", "", barmode="stack", bargap=0.35)
    figure.update_layout(legend={"traceorder": "normal"})
    for column, name, hue in SOURCE_WORDS:
        figure.add_bar(
            y=table["state"].tolist(), x=table[column].tolist(), orientation="h", name=name,
            marker={"color": hue}, hovertemplate=f"%{{y}}: {name} %{{x:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1.03], tickformat=".0%")
    figure.update_yaxes(autorange="reversed")
    return figure
