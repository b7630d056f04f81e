"""Where something happens: boxes, how they were found, what tells the worlds apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.analysis.exploration.words import shown
from secdil_sd.figures.style import COLORS, INK, RAMP, THRESHOLD, blank, require, wrapped
from secdil_sd.names import spoken

if TYPE_CHECKING:
    import pandas as pd

TRAJECTORY_COLUMNS = (
    "box", "coverage", "density", "density_low", "density_high", "support", "restricted", "chosen",
)  # fmt: skip
LIMIT_COLUMNS = ("parameter", "low", "high", "range_low", "range_high")
SCORE_COLUMNS = ("parameter", "score", "low", "high")
CELL_COLUMNS = ("row", "column", "share", "low", "high", "members")
SHARE_COLUMNS = ("mode", "share", "low", "high", "members")
HIT, MISS = COLORS[1], "rgba(128,128,128,0.45)"
MOST_POINTS = 1500
MOST_AXES, MOST_LINES = 5, 600
FAINT_TO_BLUE = [[0, "rgba(0,114,178,0.06)"], [1, "rgba(0,114,178,0.95)"]]


def peeling(trajectory: pd.DataFrame, base_rate: float, happens: str) -> go.Figure:
    """Draw every candidate box by coverage and density, the shown ones ringed.

    Parameters
    ----------
    trajectory : DataFrame
        Columns as TRAJECTORY_COLUMNS.
    base_rate : float
        Share of all worlds that satisfy the condition.
    happens : str
        What satisfying it means, for the axes: "spirals".

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(trajectory, TRAJECTORY_COLUMNS, "peeling trajectory")
    figure = blank(
        f"coverage: share of all {happens} in the box", "density: share of the box's worlds"
    )
    most = max(int(trajectory["restricted"].max()), 1)
    figure.add_scatter(
        x=trajectory["coverage"].tolist(), y=trajectory["density"].tolist(), mode="markers",
        name="candidate box", showlegend=False,
        marker={
            "size": 9, "opacity": 0.85, "color": trajectory["restricted"].tolist(),
            "cmin": 0, "cmax": most,
            "colorscale": [[k / (len(RAMP) - 1), each] for k, each in enumerate(RAMP)],
            "colorbar": {
                "title": {"text": "parameters<br>restricted"}, "thickness": 12, "outlinewidth": 0,
                "dtick": max(1, -(-most // 6)),
            },
        },
        customdata=trajectory[["box", "support", "restricted"]].values.tolist(),
        hovertemplate=(
            "box %{customdata[0]}: density %{y:.1%}, coverage %{x:.1%}, %{customdata[1]} worlds"
            "<extra>%{customdata[2]} restricted</extra>"
        ),
    )  # fmt: skip
    shown = trajectory[trajectory["chosen"].astype(bool)]
    figure.add_scatter(
        x=shown["coverage"].tolist(), y=shown["density"].tolist(), mode="markers",
        name="shown box", error_y=_interval(shown, "density", "density_low", "density_high"),
        marker={"size": 18, "symbol": "circle-open", "color": THRESHOLD, "line": {"width": 3}},
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_hline(
        y=base_rate, line={"color": INK, "width": 1.5, "dash": "dash"},
        annotation={"text": "base rate", "font": {"color": INK, "size": 12}},
        annotation_position="top left",
    )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.04], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    return figure


def box_pair(
    members: pd.DataFrame, limits: pd.DataFrame, pair: Sequence[str], names: Sequence[str]
) -> go.Figure:
    """Draw the members in two parameters, with the box.

    Parameters
    ----------
    members : DataFrame
        A column a parameter, and ``holds`` (bool). More than 1,500 are thinned evenly.
    limits : DataFrame
        Columns as LIMIT_COLUMNS; a bound that is open is NaN.
    pair : sequence of two str
        Parameters for the axes.
    names : sequence of two str
        What members are called that satisfy the condition, and that do not.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(members, (*pair, "holds"), "box pair")
    require(limits, LIMIT_COLUMNS, "box pair")
    titles = [spoken(each) for each in pair]
    figure = blank(*titles)
    thin = members.iloc[:: max(1, -(-len(members) // MOST_POINTS))]
    for holds, ink, symbol in ((False, MISS, "circle"), (True, HIT, "diamond")):
        own = thin[thin["holds"] == holds]
        figure.add_scatter(
            x=own[pair[0]].tolist(), y=own[pair[1]].tolist(), mode="markers",
            name=names[0] if holds else names[1],
            marker={"size": 6 if holds else 4, "color": ink, "symbol": symbol},
            hovertemplate=f"{titles[0]} %{{x:.3g}}<br>{titles[1]} %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
    ends = [_ends(limits, members, name) for name in pair]
    figure.add_shape(
        type="rect", x0=ends[0][0], x1=ends[0][1], y0=ends[1][0], y1=ends[1][1],
        line={"color": THRESHOLD, "width": 3},
    )  # fmt: skip
    for axis, name in zip(("xaxis", "yaxis"), pair, strict=True):
        low, high = float(members[name].min()), float(members[name].max())
        room = 0.03 * (high - low)
        figure.update_layout({axis: {"range": [low - room, high + room]}})
    return figure


def parallel_coordinates(
    members: pd.DataFrame, limits: pd.DataFrame, axes: Sequence[str]
) -> go.Figure:
    """Draw members as lines over their parameters, brushed to the box.

    Every axis has a band; its edges can be dragged, and on a page (which reads ``layout.meta``)
    the worlds inside all bands stay lit. Drawn without WebGL, so that any browser shows it.

    Parameters
    ----------
    members : DataFrame
        A column a parameter, and ``holds`` (bool). More than 600 are thinned evenly.
    limits : DataFrame
        Columns as LIMIT_COLUMNS.
    axes : sequence of str
        Parameters to show; the first five are.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(members, (*axes, "holds"), "parallel coordinates")
    require(limits, LIMIT_COLUMNS, "parallel coordinates")
    axes = list(axes)[:MOST_AXES]
    thin = members.iloc[:: max(1, -(-len(members) // MOST_LINES))]
    low, high = members[axes].min(), members[axes].max()
    rows = ((thin[axes] - low) / (high - low)).to_numpy()
    ends = [_ends(limits, members, name) for name in axes]
    bands = [
        [(end - low[name]) / (high[name] - low[name]) for end in own]
        for name, own in zip(axes, ends, strict=True)
    ]
    inside = [all(a <= y <= b for y, (a, b) in zip(row, bands, strict=True)) for row in rows]
    kinds = [(1 + holds) * own for holds, own in zip(thin["holds"], inside, strict=True)]
    figure = blank()
    for kind, (name, ink, width) in enumerate(
        (
            ("outside the bands", "rgba(128,128,128,0.15)", 1),
            ("inside, where it does not happen", COLORS[5], 1.5),
            ("inside, where it happens", HIT, 1.5),
        )
    ):
        x, y = _lines([row for row, own in zip(rows, kinds, strict=True) if own == kind], len(axes))
        figure.add_scatter(
            x=x, y=y, mode="lines", name=name, line={"color": ink, "width": width},
            hoverinfo="skip", connectgaps=False,
        )  # fmt: skip
    for k, (name, band) in enumerate(zip(axes, bands, strict=True)):
        _axis(figure, k, band, float(low[name]), float(high[name]))
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(len(axes))), side="top", showgrid=False, ticks="",
        ticktext=[wrapped(spoken(each), 13) for each in axes], linewidth=0,
        tickfont={"size": 11.5}, range=[-0.4, len(axes) - 0.6], fixedrange=True, tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.1, 1.1], fixedrange=True)
    figure.update_layout(
        legend={"y": -0.02, "yanchor": "top"},
        meta={
            "brush": {
                "values": rows.round(4).tolist(),
                "holds": thin["holds"].astype(int).tolist(),
                "bands": [2 * k for k in range(len(axes))],
            }
        },
    )
    return figure


def scores(table: pd.DataFrame, most: int = 12) -> go.Figure:
    """Draw feature scores as bars, with the spread over forests.

    Parameters
    ----------
    table : DataFrame
        Columns as SCORE_COLUMNS, the highest first.
    most : int
        Bars at most.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, SCORE_COLUMNS, "feature scores")
    own = table.head(most)
    names = [wrapped(spoken(each), 26) for each in own["parameter"]]
    figure = blank("share of what tells the worlds apart", "")
    figure.add_bar(
        x=own["score"].tolist(), y=names, orientation="h", marker={"color": COLORS[0]},
        error_x=_interval(own, "score", "low", "high"),
        hovertemplate="%{y}: %{x:.1%}<extra></extra>", showlegend=False,
    )  # fmt: skip
    even = 1 / len(table)
    figure.add_vline(x=even, line={"color": INK, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=even, y=1, yref="paper", yanchor="bottom", xanchor="left", showarrow=False,
        text="if all mattered alike", font={"color": INK, "size": 12},
    )  # fmt: skip
    figure.update_layout(margin={"t": 28})
    figure.update_yaxes(autorange="reversed", tickmode="linear")
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return figure


def stacking(cells: pd.DataFrame) -> go.Figure:
    """Draw the share of each cell, written into it with the number of its members.

    Parameters
    ----------
    cells : DataFrame
        Columns as CELL_COLUMNS.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(cells, CELL_COLUMNS, "dimensional stacking")
    rows, columns = (list(dict.fromkeys(cells[each])) for each in ("row", "column"))
    wide = cells.pivot(index="row", columns="column").reindex(rows)
    part = {
        each: wide[each][columns].values.tolist() for each in ("share", "low", "high", "members")
    }
    text = [
        [
            f"<b>{share:.0%}</b><br>n = {int(n)}" if share == share else "none"
            for share, n in zip(shares, counts, strict=True)
        ]
        for shares, counts in zip(part["share"], part["members"], strict=True)
    ]
    figure = blank()
    labels_shown = [[wrapped(each, 18) for each in labels] for labels in (columns, rows)]
    figure.add_heatmap(
        z=part["share"], x=labels_shown[0], y=labels_shown[1], text=text, texttemplate="%{text}",
        zmin=0, zmax=1, colorscale=FAINT_TO_BLUE, xgap=3, ygap=3,
        customdata=_stack(part["low"], part["high"]),
        hovertemplate="%{y}<br>%{x}<br>%{z:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})"
        "<extra></extra>",
        colorbar={"tickformat": ".0%", "thickness": 12, "outlinewidth": 0},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    return figure


def mode_shares(shares: pd.DataFrame) -> go.Figure:
    """Draw how many paths have each behavior mode, with 95% intervals.

    Parameters
    ----------
    shares : DataFrame
        Columns as SHARE_COLUMNS.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(shares, SHARE_COLUMNS, "shares of behavior modes")
    figure = blank("share of worlds", "")
    figure.add_bar(
        x=shares["share"].tolist(), y=shares["mode"].tolist(), orientation="h",
        marker={"color": [*COLORS[: len(shares) - 1], INK]},
        error_x=_interval(shares, "share", "low", "high"),
        customdata=shares["members"].tolist(), showlegend=False,
        hovertemplate="%{y}: %{x:.1%} (%{customdata} worlds)<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    return figure


def _interval(table: pd.DataFrame, middle: str, low: str, high: str) -> dict[str, Any]:
    """Error bars from the ends of an interval."""
    return {
        "type": "data", "symmetric": False, "color": INK, "thickness": 1.5,
        "array": (table[high] - table[middle]).tolist(),
        "arrayminus": (table[middle] - table[low]).tolist(),
    }  # fmt: skip


def _ends(limits: pd.DataFrame, members: pd.DataFrame, name: str) -> tuple[float, float]:
    """Where the box begins and ends along a parameter: the sample's ends where it is open."""
    low, high = float(members[name].min()), float(members[name].max())
    own = limits[limits["parameter"] == name]
    if own.empty:
        return low, high
    first = own.iloc[0]
    return (
        float(first["low"]) if first["low"] == first["low"] else low,
        float(first["high"]) if first["high"] == first["high"] else high,
    )


def _axis(figure: go.Figure, place: int, band: Sequence[float], low: float, high: float) -> None:
    """One upright axis of parallel coordinates: its band, its line, its ends."""
    figure.add_shape(
        type="rect", x0=place - 0.05, x1=place + 0.05, y0=band[0], y1=band[1], editable=True,
        fillcolor="rgba(176,0,32,0.14)", line={"color": THRESHOLD, "width": 2},
    )  # fmt: skip
    figure.add_shape(type="line", x0=place, x1=place, y0=0, y1=1, line={"color": INK, "width": 1})
    for end, value, anchor in ((0, low, "top"), (1, high, "bottom")):
        figure.add_annotation(
            x=place, y=end, yanchor=anchor, showarrow=False, text=shown(value, low, high),
            font={"size": 11, "color": INK},
        )  # fmt: skip


def _lines(rows: Sequence[Any], width: int) -> tuple[list[Any], list[Any]]:
    """Many lines as one trace: a gap after each."""
    x = [*range(width), None] * len(rows)
    return x, [each for row in rows for each in (*map(float, row), None)]


def _stack(*parts: list[list[float]]) -> list[list[list[float]]]:
    """Several tables of one shape as one table of lists."""
    return [[list(cell) for cell in zip(*rows, strict=True)] for rows in zip(*parts, strict=True)]
