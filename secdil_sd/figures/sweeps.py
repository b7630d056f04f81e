"""Sweeps drawn: maps with their border, lines along an axis, critical values, bands over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.figures.style import (
    INK,
    RAMP,
    THRESHOLD,
    band,
    blank,
    color,
    faded,
    line,
    require,
)

if TYPE_CHECKING:
    import pandas as pd

CELL_COLUMNS = ("x", "y", "value", "rest")
BORDER_COLUMNS = ("line", "x", "y")
REGION_COLUMNS = ("region", "x", "y")
MARK_COLUMNS = ("name", "title", "x", "y")
CLOUD_COLUMNS = ("x", "y", "value")
LINE_COLUMNS = ("x", "value", "rest")
CURVE_COLUMNS = ("value", "output")
CROSSING_COLUMNS = ("value", "kind")
BAR_COLUMNS = ("low", "high", "count")
BAND_COLUMNS = ("element", "time", "share", "low", "high")
MEDIAN_COLUMNS = ("element", "time", "value")
TRACE_COLUMNS = ("element", "member", "time", "value")

SIDES = ((0.0, "#2166AC"), (0.25, "#92C5DE"), (0.5, "#F7F7F7"), (0.75, "#F4A582"), (1.0, "#B2182B"))
"""Blue below the level, red above, pale beside it: told apart with every kind of color vision."""

LABEL = {"bgcolor": "rgba(255,255,255,0.82)", "borderpad": 3, "showarrow": False}
DARK = "#222222"
BAND_OPACITY = {0.5: 0.55, 0.75: 0.38, 0.95: 0.24, 1.0: 0.13}
BAND_WORDS = {
    0.5: "half of the members lie in here",
    0.75: "three quarters",
    0.95: "95 of 100",
    1.0: "all",
}


def plane(
    cells: pd.DataFrame,
    titles: tuple[str, str, str],
    level: float | None = None,
    border: pd.DataFrame | None = None,
    regions: pd.DataFrame | None = None,
    marks: pd.DataFrame | None = None,
    cloud: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw an output over two parameters; a slider leads through whatever else it varies with.

    Parameters
    ----------
    cells : DataFrame
        Columns x, y, value, rest ("" where there is nothing else).
    titles : (str, str, str)
        Of x, y and the value.
    level : float, optional
        Where colors change sides.
    border : DataFrame, optional
        Columns line, x, y: where the value takes the level.
    regions : DataFrame, optional
        Columns region, x, y: words and where to write them.
    marks : DataFrame, optional
        Columns name, title, x, y: cases.
    cloud : DataFrame, optional
        Columns x, y, value: draws of a fit; those above the level are filled.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(cells, CELL_COLUMNS, "map")
    figure = blank(titles[0], titles[1], showlegend=False)
    steps = list(dict.fromkeys(cells["rest"]))
    scale = _scale(cells, level, titles[2])
    for k, step in enumerate(steps):
        own = cells[cells["rest"] == step]
        wide = own.pivot(index="y", columns="x", values="value")
        figure.add_heatmap(
            x=wide.columns.tolist(),
            y=wide.index.tolist(),
            z=[[None if each != each else each for each in row] for row in wide.values.tolist()],
            visible=k == 0,
            hovertemplate=f"{titles[0]} %{{x:.3g}}<br>{titles[1]} %{{y:.3g}}"
            f"<br>{titles[2]} %{{z:.3g}}<extra></extra>",
            **scale,
        )
    if len(steps) > 1:
        figure.update_layout(sliders=[_slider(steps)])
    for _, own in border.groupby("line") if border is not None else ():
        require(own, BORDER_COLUMNS, "border of a map")
        figure.add_scatter(
            x=own["x"].tolist(), y=own["y"].tolist(), mode="lines",
            line={"color": DARK, "width": 2.5}, hoverinfo="skip",
        )  # fmt: skip
    if regions is not None:
        require(regions, REGION_COLUMNS, "sides of a map")
        for row in regions.itertuples():
            figure.add_annotation(
                x=row.x, y=row.y, text=row.region, font={"size": 17, "color": DARK}, **LABEL
            )
    if cloud is not None and len(cloud):
        _scatter_draws(figure, cells, cloud, level)
    if marks is not None and len(marks):
        _mark(figure, cells, marks)
    figure.update_xaxes(showgrid=False, range=_edges(cells["x"]))
    figure.update_yaxes(showgrid=False, range=_edges(cells["y"]))
    return figure


def _edges(values: pd.Series) -> list[float] | None:
    """Where a map ends: half a cell beyond its first and last values."""
    places = sorted(set(values))
    if len(places) < 2:
        return None
    return [
        float(1.5 * places[0] - 0.5 * places[1]),
        float(1.5 * places[-1] - 0.5 * places[-2]),
    ]


def _scale(cells: pd.DataFrame, level: float | None, title: str) -> dict[str, Any]:
    """Colors: on both sides of a level, or from low to high."""
    bar = {"title": {"text": title, "side": "right"}, "thickness": 14, "outlinewidth": 0}
    if level is None:
        stops = [[k / (len(RAMP) - 1), each] for k, each in enumerate(RAMP)]
        span = {"zmin": float(cells["value"].min()), "zmax": float(cells["value"].max())}
        return {"colorscale": stops, "colorbar": bar, **span}
    reach = max(float((cells["value"] - level).abs().max()), 1e-9)
    low = max(level - reach, min(0.0, float(cells["value"].min())))
    return {
        "colorscale": [list(each) for each in SIDES], "colorbar": bar,
        "zmid": level, "zmin": low, "zmax": 2 * level - low,
    }  # fmt: skip


def _slider(steps: Sequence[str]) -> dict[str, Any]:
    shown = [[k == chosen for k in range(len(steps))] for chosen in range(len(steps))]
    return {
        "steps": [
            {"label": step, "method": "restyle", "args": [{"visible": each}]}
            for step, each in zip(steps, shown, strict=True)
        ],
        "currentvalue": {"prefix": "", "font": {"color": INK, "size": 14}},
        "font": {"color": "rgba(0,0,0,0)"},  # the current one says it; labels would overlap
        "pad": {"t": 50},
    }


def _scatter_draws(
    figure: go.Figure, cells: pd.DataFrame, cloud: pd.DataFrame, level: float | None
) -> None:
    """Draws as small dots: filled above the level, hollow below."""
    require(cloud, CLOUD_COLUMNS, "draws on a map")
    inside = cloud[
        cloud["x"].between(cells["x"].min(), cells["x"].max())
        & cloud["y"].between(cells["y"].min(), cells["y"].max())
    ]
    above = inside["value"] > (float("-inf") if level is None else level)
    for own, filled in ((inside[above], True), (inside[~above], False)):
        figure.add_scatter(
            x=own["x"].tolist(), y=own["y"].tolist(), mode="markers",
            customdata=own["value"].tolist(),
            hovertemplate="draw: %{customdata:.3g}<extra></extra>",
            marker={
                "color": DARK if filled else "rgba(255,255,255,0.75)", "size": 5,
                "opacity": 0.8, "line": {"color": DARK if not filled else "white", "width": 1},
            },
        )  # fmt: skip


def _mark(figure: go.Figure, cells: pd.DataFrame, marks: pd.DataFrame) -> None:
    """Cases as points with their names, inside the map wherever they stand."""
    require(marks, MARK_COLUMNS, "cases on a map")
    left, right = cells["x"].min(), cells["x"].max()
    top = cells["y"].max()
    inside = marks[marks["x"].between(left, right) & marks["y"].between(cells["y"].min(), top)]
    figure.add_scatter(
        x=inside["x"].tolist(), y=inside["y"].tolist(), mode="markers", cliponaxis=False,
        marker={"color": DARK, "size": 10, "line": {"color": "white", "width": 2}},
        customdata=inside["title"].tolist(), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    for row in inside.itertuples():
        share = (row.x - left) / (right - left)
        figure.add_annotation(
            x=row.x, y=row.y, text=row.name.replace("_", " "), font={"size": 12, "color": DARK},
            xanchor="left" if share < 0.1 else "right" if share > 0.9 else "center",
            yanchor="top" if row.y > top - 0.05 * (top - cells["y"].min()) else "bottom",
            yshift=-9 if row.y > top - 0.05 * (top - cells["y"].min()) else 9, **LABEL,
        )  # fmt: skip


def along(table: pd.DataFrame, x_title: str, y_title: str, level: float | None = None) -> go.Figure:
    """Draw an output along one parameter, a line an element.

    Parameters
    ----------
    table : DataFrame
        Columns x, value, rest; low and high, if there are such, bound a band about the line.
    level : float, optional
        A value to mark.
    """
    require(table, LINE_COLUMNS, "lines along a parameter")
    figure = blank(x_title, y_title)
    for place, (name, own) in enumerate(table.groupby("rest", sort=False)):
        own = own.sort_values("x")
        if {"low", "high"} <= set(own.columns):
            figure.add_scatter(**band(own["x"], own["low"], own["high"], color(place)))
        figure.add_scatter(
            x=own["x"].tolist(), y=own["value"].tolist(), mode="lines",
            name=str(name), line=line(place),
        )  # fmt: skip
    figure.update_layout(showlegend=table["rest"].nunique() > 1)
    if level is not None:
        _level(figure, level)
    return figure


def critical_curve(
    curve: pd.DataFrame, crossings: pd.DataFrame, x_title: str, y_title: str, level: float
) -> go.Figure:
    """Draw an output along one parameter with the places where it passes a level.

    Parameters
    ----------
    curve : DataFrame
        Columns value (of the parameter), output.
    crossings : DataFrame
        Columns value, kind.
    """
    require(curve, CURVE_COLUMNS, "curve")
    require(crossings, CROSSING_COLUMNS, "crossings")
    figure = blank(x_title, y_title, showlegend=False)
    figure.add_scatter(
        x=curve["value"].tolist(), y=curve["output"].tolist(), mode="lines", line=line(0)
    )
    _level(figure, level)
    for row in crossings.itertuples():
        word = "jumps at " if row.kind == "jump" else ""
        figure.add_vline(x=row.value, line={"color": THRESHOLD, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=row.value, y=1, yref="paper", yanchor="top", xanchor="left", xshift=5,
            text=f"{word}{row.value:.3g}", showarrow=False, font={"color": THRESHOLD, "size": 14},
        )  # fmt: skip
    return figure


def critical_values(bars: pd.DataFrame, x_title: str, own: float | None = None) -> go.Figure:
    """Draw how often each critical value occurs, and the case's own.

    Parameters
    ----------
    bars : DataFrame
        Columns low, high, count.
    own : float, optional
    """
    require(bars, BAR_COLUMNS, "critical values")
    figure = blank(x_title, "draws", showlegend=False, bargap=0.05)
    figure.add_bar(
        x=((bars["low"] + bars["high"]) / 2).tolist(),
        y=bars["count"].tolist(),
        width=(bars["high"] - bars["low"]).tolist(),
        marker={"color": color(0)},
    )
    if bars["count"].max() <= 6:
        figure.update_yaxes(dtick=1)  # half a draw is none
    if own is not None and own == own:
        figure.add_vline(x=own, line={"color": THRESHOLD, "width": 2})
        figure.add_annotation(
            x=own, y=1, yref="paper", yanchor="bottom", text=f"own values: {own:.2g}",
            showarrow=False, font={"color": THRESHOLD, "size": 13},
        )  # fmt: skip
        figure.update_layout(margin={"t": 30})
    return figure


def bands(
    table: pd.DataFrame, median: pd.DataFrame, traces: pd.DataFrame, y_title: str
) -> go.Figure:
    """Draw an ensemble over time as nested bands with its median and a few members.

    Parameters
    ----------
    table : DataFrame
        Columns element, time, share, low, high.
    median : DataFrame
        Columns element, time, value.
    traces : DataFrame
        Columns element, member, time, value.
    y_title : str
    """
    from plotly.subplots import make_subplots

    require(table, BAND_COLUMNS, "bands")
    require(median, MEDIAN_COLUMNS, "bands' median")
    require(traces, TRACE_COLUMNS, "bands' members")
    shown = list(dict.fromkeys(table["element"]))[:6]
    columns = min(len(shown), 2)
    rows = -(-len(shown) // columns)
    figure = make_subplots(rows, columns, shared_xaxes=True, subplot_titles=shown)
    figure.update_layout(blank().layout)
    for k, element in enumerate(shown):
        at = {"row": k // columns + 1, "col": k % columns + 1}
        own, middle, members = (t[t["element"] == element] for t in (table, median, traces))
        _one_band(figure, own, middle, members, at)
        figure.update_yaxes(title={"text": y_title if not k % columns else ""}, **at)
    figure.update_layout(legend={"y": -0.1 / rows, "yanchor": "top"})
    axis = blank().layout.xaxis.to_plotly_json()
    axis.pop("title", None)
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def _one_band(
    figure: go.Figure,
    table: pd.DataFrame,
    median: pd.DataFrame,
    traces: pd.DataFrame,
    at: dict[str, int],
) -> None:
    first = at == {"row": 1, "col": 1}
    for share, own in sorted(table.groupby("share"), reverse=True):
        times = own["time"].tolist()
        figure.add_scatter(
            x=[*times, *times[::-1]], y=[*own["high"].tolist(), *own["low"].tolist()[::-1]],
            fill="toself", fillcolor=faded(color(0), BAND_OPACITY.get(share, 0.2)),
            line={"width": 0}, mode="lines", hoverinfo="skip", showlegend=first,
            name=BAND_WORDS.get(share, f"{share:.0%}"), legendgroup=f"{share}", legendrank=share,
            **at,
        )  # fmt: skip
    for k, (_, own) in enumerate(traces.groupby("member", sort=False)):
        figure.add_scatter(
            x=own["time"].tolist(), y=own["value"].tolist(), mode="lines", hoverinfo="skip",
            line={"color": INK, "width": 0.6}, opacity=0.55, name="single members",
            legendgroup="members", showlegend=first and not k, legendrank=3, **at,
        )  # fmt: skip
    figure.add_scatter(
        x=median["time"].tolist(), y=median["value"].tolist(), mode="lines", name="median",
        line={"color": color(1), "width": 2.5}, legendgroup="median", showlegend=first,
        legendrank=0, **at,
    )  # fmt: skip


def _level(figure: go.Figure, level: float) -> None:
    """The line of a level, away from the edge of the figure even where nothing reaches it."""
    values = [y for each in figure.data for y in each.y if y is not None and y == y] or [level]
    room = 0.06 * max(max(values) - level, level - min(values), 1e-12)
    figure.add_hline(y=level, line={"color": THRESHOLD, "width": 1.5})
    figure.update_yaxes(autorangeoptions_include=[level - room, level + room])
