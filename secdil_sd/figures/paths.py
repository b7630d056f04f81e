"""Paths over time: lines by state, by pair, by case, by the value of a lever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from secdil_sd.figures.style import (
    INK,
    MARKERS,
    THRESHOLD,
    band,
    blank,
    color,
    line,
    ramp,
    require,
)

if TYPE_CHECKING:
    import pandas as pd

HISTORY_COLUMNS = ("state", "year", "value", "kind")
GAIN_COLUMNS = ("year", "spiral_number", "reaction_gain")
PAIR_COLUMNS = ("pair", "from_state", "year", "value")
CASE_COLUMNS = ("case", "year", "value")
FAN_COLUMNS = ("state", "year", "low", "high")
BAR_COLUMNS = ("low", "high", "count")
LEVER_COLUMNS = ("label", "value", "state", "year")


def against_history(
    table: pd.DataFrame,
    states: Sequence[str],
    y_title: str,
    percent: bool = False,
    fan: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw the model as lines and the figures as points, one color a state.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, value, kind ("model" or "history").
    states : sequence of str
        In the order of their colors.
    y_title : str
        Quantity and unit.
    percent : bool
        Show values as percentages.
    fan : DataFrame, optional
        Columns state, year, low, high: a band about each line.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, HISTORY_COLUMNS, "model against history")
    figure = blank("", y_title)
    for place, state in enumerate(states):
        own = table[table["state"] == state]
        model, points = own[own["kind"] == "model"], own[own["kind"] == "history"]
        if fan is not None:
            require(fan, FAN_COLUMNS, "band about the model")
            around = fan[fan["state"] == state]
            figure.add_scatter(**band(around["year"], around["low"], around["high"], color(place)))
        figure.add_scatter(
            x=model["year"].tolist(),
            y=model["value"].tolist(),
            mode="lines",
            name=f"{state}, model" if len(points) else state,
            line=line(place),
        )
        if len(points):
            figure.add_scatter(
                x=points["year"].tolist(),
                y=points["value"].tolist(),
                mode="markers",
                name=f"{state}, history",
                marker={
                    "color": color(place),
                    "symbol": MARKERS[place % len(MARKERS)],
                    "size": 6,
                    "opacity": 0.75,
                },
            )
    figure.update_yaxes(rangemode="tozero", tickformat=".0%" if percent else None)
    return figure


def gains_over_time(table: pd.DataFrame, fan: pd.DataFrame | None = None) -> go.Figure:
    """Draw the spiral number and the reaction gain with the threshold at one.

    Parameters
    ----------
    table : DataFrame
        Columns year, spiral_number, reaction_gain.
    fan : DataFrame, optional
        Columns year, low, high: a band about the spiral number.
    """
    require(table, GAIN_COLUMNS, "gains over time")
    years = table["year"].tolist()
    figure = blank("", "gain (no unit)")
    top = max(1.25, 1.1 * float(table[["spiral_number", "reaction_gain"]].max().max()))
    if fan is not None:
        require(fan, FAN_COLUMNS[1:], "band about the spiral number")
        top = max(top, 1.1 * float(fan["high"].max()))
        figure.add_scatter(**band(fan["year"], fan["low"], fan["high"], "#CC79A7"))
    figure.add_hrect(y0=1, y1=top, fillcolor=THRESHOLD, opacity=0.06, line_width=0)
    figure.add_scatter(
        x=years,
        y=table["reaction_gain"].tolist(),
        mode="lines",
        name="reaction gain (beliefs as they stand)",
        line={"color": INK, "dash": "dot", "width": 2},
    )
    figure.add_scatter(
        x=years,
        y=table["spiral_number"].tolist(),
        mode="lines",
        name="spiral number (beliefs settled)",
        line={"color": "#CC79A7", "width": 3},
    )
    figure.add_hline(y=1, line={"color": THRESHOLD, "width": 1.5})
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=1, yanchor="bottom", showarrow=False,
        text="above 1 an increase grows", font={"color": THRESHOLD, "size": 12},
    )  # fmt: skip
    peak = table["spiral_number"].idxmax() if table["spiral_number"].notna().any() else None
    if peak is not None:
        figure.add_scatter(
            x=[table.loc[peak, "year"]],
            y=[table.loc[peak, "spiral_number"]],
            mode="markers+text",
            text=[f"peak {table.loc[peak, 'spiral_number']:.2f}"],
            textposition="middle right",
            cliponaxis=False,
            marker={"color": "#CC79A7", "size": 9},
            textfont={"size": 12},
            showlegend=False,
        )
    figure.update_yaxes(range=[0, top])
    return figure


def by_pair(table: pd.DataFrame, states: Sequence[str], y_title: str) -> go.Figure:
    """Draw one line a directed pair, in the color of the state that holds the view.

    Parameters
    ----------
    table : DataFrame
        Columns pair, from_state, year, value.
    """
    require(table, PAIR_COLUMNS, "lines by pair")
    figure = blank("", y_title)
    seen: dict[str, int] = {}
    for pair, own in table.groupby("pair", sort=False):
        state = own["from_state"].iloc[0]
        place = list(states).index(state)
        count = seen[state] = seen.get(state, -1) + 1
        style = line(place)
        if count:
            style["dash"] = ("dot", "dashdot", "longdash")[(count - 1) % 3]
        figure.add_scatter(
            x=own["year"].tolist(),
            y=own["value"].tolist(),
            mode="lines",
            name=str(pair),
            line=style,
        )
    figure.update_yaxes(range=[0, 1.02])
    return figure


def by_case(table: pd.DataFrame, y_title: str, threshold: float | None = None) -> go.Figure:
    """Draw one line a case.

    Parameters
    ----------
    table : DataFrame
        Columns case, year, value.
    threshold : float, optional
        A level to mark.
    """
    require(table, CASE_COLUMNS, "lines by case")
    figure = blank("", y_title)
    for place, (case, own) in enumerate(table.groupby("case", sort=False)):
        figure.add_scatter(
            x=own["year"].tolist(),
            y=own["value"].tolist(),
            mode="lines",
            name=str(case),
            line=line(place),
        )
    if threshold is not None:
        figure.add_hline(y=threshold, line={"color": THRESHOLD, "width": 1.5})
    figure.update_yaxes(rangemode="tozero")
    return figure


def by_lever(
    table: pd.DataFrame,
    column: str,
    states: Sequence[str],
    y_title: str,
    threshold: float | None = None,
) -> go.Figure:
    """Draw one line a value of a lever, dark to light; states by dash where there are several.

    Parameters
    ----------
    table : DataFrame
        Columns label, value, state, year and ``column``.
    """
    require(table, (*LEVER_COLUMNS, column), "lines by lever")
    figure = blank("", y_title)
    labels = list(dict.fromkeys(table["label"]))
    colors = ramp(len(labels))
    shown = list(states)
    for place, label in enumerate(labels):
        for k, state in enumerate(shown):
            own = table[(table["label"] == label) & (table["state"] == state)]
            figure.add_scatter(
                x=own["year"].tolist(),
                y=own[column].tolist(),
                mode="lines",
                name=str(label),
                legendgroup=str(label),
                showlegend=k == 0,
                line={
                    "color": colors[place],
                    "width": 2.2,
                    "dash": ("solid", "dash", "dot")[k % 3],
                },
            )
    if threshold is not None:
        figure.add_hline(y=threshold, line={"color": THRESHOLD, "width": 1.5})
    figure.update_yaxes(rangemode="tozero")
    return figure


def bars(table: pd.DataFrame, x_title: str, y_title: str, threshold: float) -> go.Figure:
    """Draw counts by interval, those beyond a threshold in its color.

    Parameters
    ----------
    table : DataFrame
        Columns low, high, count.
    """
    require(table, BAR_COLUMNS, "bars")
    figure = blank(x_title, y_title, showlegend=False, bargap=0.05)
    middle = (table["low"] + table["high"]) / 2
    figure.add_bar(
        x=middle.tolist(),
        y=table["count"].tolist(),
        width=(table["high"] - table["low"]).tolist(),
        marker={"color": [THRESHOLD if each > threshold else color(0) for each in middle]},
    )
    figure.add_vline(x=threshold, line={"color": THRESHOLD, "width": 1.5})
    return figure


def lines(series: Mapping[str, tuple[list[float], list[float]]], y_title: str) -> go.Figure:
    """Draw named lines: (x, y) by name."""
    figure = blank("", y_title)
    for place, (name, (x, y)) in enumerate(series.items()):
        figure.add_scatter(x=x, y=y, mode="lines", name=name, line=line(place))
    figure.update_layout(showlegend=len(series) > 1)
    return figure
