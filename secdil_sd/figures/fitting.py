"""A fit drawn: figures with both bands, profiles, correlations, prior beside posterior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, THRESHOLD, blank, color, require, wrapped
from secdil_sd.names import spoken

if TYPE_CHECKING:
    import pandas as pd

BAND_COLUMNS = (
    "state", "year", "figure", "value", "low", "high", "figure_low", "figure_high",
)  # fmt: skip
PROFILE_COLUMNS = ("parameter", "value", "deviance", "other_bound")
MARK_COLUMNS = ("parameter", "value", "low", "high", "open_low", "open_high")
BELIEF_COLUMNS = ("kind", "value")
ROOM = 1.7
"""Profiles are shown to this many times the highest threshold: beyond it nothing is decided."""
TITLE_WIDTH = 34
SIDES = ((0.0, "#4393C3"), (0.5, "#F7F7F7"), (1.0, "#E0705A"))
"""Blue against, red together, pale between; all light enough for the numbers written on them."""
DARK = "#222222"
MOST_BARS = 40
LOG_STEPS = (
    (1, 2, 5),
    (1, 1.5, 2, 3, 4, 5, 6, 8),
    (1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9),
)
FEWEST_TICKS = 3


def both_bands(
    table: pd.DataFrame,
    y_title: str,
    axis: str = "log",
    level: float = 0.9,
    places: Sequence[int] | None = None,
) -> go.Figure:
    """Draw figures, the model's path, the band of the path and the band of figures, by state.

    Parameters
    ----------
    table : DataFrame
        Columns as BAND_COLUMNS; a year without a figure is a gap.
    y_title : str
        Quantity and unit.
    axis : {"log", "linear"}
    level : float
        Of the bands.
    places : sequence of int, optional
        Of the states among all, for their colors; default their order here.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, BAND_COLUMNS, "figures with bands")
    states = list(dict.fromkeys(table["state"]))
    figure, cells = _grid(states, 0.08)
    for state, place, at in zip(states, places or range(len(states)), cells, strict=True):
        own = table[table["state"] == state].sort_values("year")
        _bands_of_one(figure, own, place, level, at)
        title = y_title if at["col"] == 1 else ""
        ticks = _log_ticks(own) if axis == "log" else {}
        figure.update_yaxes(title={"text": title}, type=axis, **ticks, **at)
    return figure


def _bands_of_one(
    figure: go.Figure, own: pd.DataFrame, place: int, level: float, at: dict[str, int]
) -> None:
    years, first, hue = own["year"].tolist(), at == {"row": 1, "col": 1}, color(place)
    for low, high, opacity, name in (
        ("figure_low", "figure_high", 0.14, f"{level:.0%} of figures"),
        ("low", "high", 0.34, f"{level:.0%} of paths"),
    ):
        figure.add_scatter(
            x=[*years, *years[::-1]], y=[*own[high].tolist(), *own[low].tolist()[::-1]],
            fill="toself", fillcolor=_faded(hue, opacity), line={"width": 0}, mode="lines",
            hoverinfo="skip", name=name, legendgroup=low, showlegend=first, **at,
        )  # fmt: skip
    figure.add_scatter(
        x=years, y=own["value"].tolist(), mode="lines", name="model", legendgroup="model",
        line={"color": hue, "width": 2.5}, showlegend=first, **at,
    )  # fmt: skip
    figure.add_scatter(
        x=years, y=_gaps(own["figure"]), mode="lines+markers", name="figures", connectgaps=False,
        marker={"color": INK, "size": 5}, line={"color": INK, "width": 1}, showlegend=first,
        legendgroup="figures", **at,
    )  # fmt: skip


def profiles(
    table: pd.DataFrame,
    thresholds: Mapping[float, float],
    marks: pd.DataFrame | None = None,
    axis_title: str = "",
) -> go.Figure:
    """Draw how much worse the fit becomes as each number is held elsewhere, a panel a number.

    A hollow marker says that another number has run into a bound there; an arrow at the edge that
    the profile ends at the number's own bound before it gets to the threshold.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, value, deviance, other_bound ("" for none).
    thresholds : mapping of float to float
        The deviance that bounds an interval, by its level.
    marks : DataFrame, optional
        Columns parameter, value, low, high, open_low, open_high: estimates and intervals.
    axis_title : str
        Unit of the values.
    """
    require(table, PROFILE_COLUMNS, "profiles")
    if marks is not None:
        require(marks, MARK_COLUMNS, "marks on profiles")
    names = list(dict.fromkeys(table["parameter"]))
    figure, places = _grid([wrapped(spoken(each), TITLE_WIDTH) for each in names], 0.11)
    highest = max(thresholds.values(), default=float(table["deviance"].max()) / ROOM)
    top = ROOM * highest
    shown: set[str] = set()
    for name, at in zip(names, places, strict=True):
        own = table[table["parameter"] == name].drop_duplicates("value")
        _profile_of_one(figure, own, shown, at)
        for level, height in thresholds.items():
            _threshold(figure, level, height, at)
        if marks is not None:
            for row in marks[marks["parameter"] == name].itertuples():
                _mark(figure, row, highest, shown, at)
        figure.update_yaxes(
            range=[-0.06 * top, top], title={"text": "worse fit" if at["col"] == 1 else ""}, **at
        )
    figure.update_xaxes(title={"text": axis_title})
    return figure.update_layout(margin={"r": 40})


def _profile_of_one(
    figure: go.Figure, own: pd.DataFrame, shown: set[str], at: dict[str, int]
) -> None:
    figure.add_scatter(
        x=own["value"].tolist(), y=own["deviance"].tolist(), mode="lines", showlegend=False,
        line={"color": COLORS[0], "width": 2, "shape": "spline", "smoothing": 0.6},
        hoverinfo="skip", **at,
    )  # fmt: skip
    binds = own["other_bound"] != ""
    for part, symbol, name in (
        (own[~binds], "circle", "all others free"),
        (own[binds], "circle-open", "another number is at its bound"),
    ):
        if part.empty:
            continue
        figure.add_scatter(
            x=part["value"].tolist(), y=part["deviance"].tolist(), mode="markers", name=name,
            marker={"color": COLORS[0], "size": 8, "symbol": symbol, "line": {"width": 2}},
            customdata=[wrapped(each, 40) for each in part["other_bound"]], legendgroup=name,
            showlegend=name not in shown,
            hovertemplate="%{x:.4g}: worse by %{y:.2f}<br>%{customdata}<extra></extra>", **at,
        )  # fmt: skip
        shown.add(name)


def _threshold(figure: go.Figure, level: float, height: float, at: dict[str, int]) -> None:
    figure.add_hline(y=height, line={"color": THRESHOLD, "width": 1, "dash": "dot"}, **at)
    figure.add_annotation(
        x=1, xref="x domain", y=height, yanchor="middle", xanchor="left", showarrow=False,
        xshift=3, text=f"{level:.0%}", font={"color": THRESHOLD, "size": 11}, **at,
    )  # fmt: skip


def _mark(figure: go.Figure, row: Any, height: float, shown: set[str], at: dict[str, int]) -> None:
    """The estimate on the ground line, its interval along the threshold, open ends as arrows."""
    figure.add_scatter(
        x=[row.value], y=[0], mode="markers", name="estimate", legendgroup="estimate",
        marker={"color": COLORS[1], "size": 11, "symbol": "diamond"},
        showlegend="estimate" not in shown, cliponaxis=False,
        hovertemplate="estimate %{x:.4g}<extra></extra>", **at,
    )  # fmt: skip
    shown.add("estimate")
    if not row.low <= row.high:
        return
    figure.add_scatter(
        x=[row.low, row.high], y=[height, height], mode="lines", name="interval",
        line={"color": COLORS[1], "width": 3}, showlegend="interval" not in shown,
        legendgroup="interval", hoverinfo="skip", **at,
    )  # fmt: skip
    shown.add("interval")
    for open_end, place, side in ((row.open_low, row.low, -1), (row.open_high, row.high, 1)):
        if open_end:
            figure.add_annotation(
                x=place, y=height, text="open: its bound", showarrow=False, yanchor="bottom",
                xanchor="left" if side < 0 else "right", yshift=3,
                font={"color": COLORS[1], "size": 11}, **at,
            )  # fmt: skip
            figure.add_scatter(
                x=[place], y=[height], mode="markers", showlegend=False, hoverinfo="skip",
                cliponaxis=False, marker={
                    "color": COLORS[1], "size": 11,
                    "symbol": "triangle-left" if side < 0 else "triangle-right",
                }, **at,
            )  # fmt: skip


def correlation(table: pd.DataFrame) -> go.Figure:
    """Draw how estimates move together: red the same way, blue against each other.

    Parameters
    ----------
    table : DataFrame
        Square, by name; NaN for numbers that are held at a bound.
    """
    require(table, [str(each) for each in table.index], "map of correlations")
    inside = [each for each in table.index if table[each].notna().any()]
    table = table.loc[inside, inside]
    names = [str(each) for each in table.index]
    rows = [f"{spoken(name)} <b>{k}</b>" for k, name in enumerate(names, 1)]
    places = [f"<b>{k}</b>" for k in range(1, len(names) + 1)]
    z = [
        [float(v) if j < i and v == v else None for j, v in enumerate(row)]
        for i, row in enumerate(table.to_numpy())
    ]
    shown = [["" if v is None else f"{v:.2f}".replace("0.", ".") for v in row] for row in z]
    pairs = [[f"{spoken(a)}<br>with {spoken(b)}" for b in names] for a in names]
    figure = blank()
    figure.add_heatmap(
        x=places[:-1], y=rows, z=[row[:-1] for row in z],
        text=[row[:-1] for row in shown], texttemplate="%{text}",
        textfont={"size": 11, "color": DARK}, customdata=[row[:-1] for row in pairs],
        colorscale=[list(each) for each in SIDES], zmin=-1, zmax=1, xgap=2, ygap=2,
        hoverongaps=False, hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
        showscale=False,
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, ticks="", type="category", tickangle=0, dtick=1)
    figure.update_yaxes(
        showgrid=False, ticks="", autorange="reversed", type="category", tickmode="array",
        tickvals=rows, ticktext=[wrapped(each, 26) for each in rows],
    )  # fmt: skip
    return figure


def prior_and_posterior(table: pd.DataFrame, x_title: str, mark: float | None = 1.0) -> go.Figure:
    """Draw what was believed of a quantity before the figures and after.

    Parameters
    ----------
    table : DataFrame
        Columns kind ("prior" or "posterior"), value: a row a draw.
    x_title : str
    mark : float, optional
        A level to mark.
    """
    require(table, BELIEF_COLUMNS, "prior beside posterior")
    values = table["value"].astype(float)
    finite = table[values.notna() & (values.abs() < float("inf"))]
    ends = finite.groupby("kind")["value"].quantile([0.005, 0.98]).unstack()
    low, high = float(ends[0.005].min()), float(ends[0.98].max())
    if mark is not None:
        low, high = min(low, 0.8 * mark), max(high, 1.2 * mark)
    bins = {"start": low, "end": high, "size": (high - low) / MOST_BARS}
    figure = blank(x_title, "how likely", barmode="overlay", bargap=0)
    for kind, name, hue, opacity in (
        ("prior", "before the figures", INK, 0.45),
        ("posterior", "given the figures", COLORS[0], 0.7),
    ):
        own = finite.loc[(finite["kind"] == kind) & finite["value"].between(low, high), "value"]
        figure.add_histogram(
            x=own.tolist(), xbins=bins, autobinx=False, histnorm="probability density",
            name=name, marker={"color": hue}, opacity=opacity,
            hovertemplate="%{x}<extra>" + name + "</extra>",
        )  # fmt: skip
    if mark is not None:
        figure.add_vline(x=mark, line={"color": THRESHOLD, "width": 1.5})
    figure.update_xaxes(range=[low, high])
    figure.update_yaxes(showticklabels=False, ticks="")
    return figure


def _grid(titles: Sequence[str], gap: float) -> tuple[go.Figure, list[dict[str, int]]]:
    """An empty figure of panels in two columns; for one panel, one without a title."""
    from plotly.subplots import make_subplots

    if len(titles) == 1:
        figure = go.Figure(make_subplots(1, 1))
        figure.update_layout(blank().layout)
        return figure, [{"row": 1, "col": 1}]
    rows = -(-len(titles) // 2)
    figure = make_subplots(
        rows, 2, subplot_titles=titles, vertical_spacing=min(0.4 / rows, 0.25),
        horizontal_spacing=gap,
    )  # fmt: skip
    look = blank().layout
    axis = {k: v for k, v in look.xaxis.to_plotly_json().items() if k != "title"}
    figure.update_layout(look)
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font={"size": 13, "color": INK})
    above = 14 + 18 * max(each.count("<br>") + 1 for each in titles[:2])
    legend = {"y": 1 + above / (230 * rows), "yanchor": "bottom"}
    figure.update_layout(height=120 + 230 * rows, legend=legend, margin={"t": above})
    places = [{"row": k // 2 + 1, "col": k % 2 + 1} for k in range(len(titles))]
    return figure, places


def _log_ticks(own: pd.DataFrame) -> dict[str, Any]:
    """Round numbers between the lowest and the highest value; Plotly's own are single digits."""
    values = own[["figure", "value", "figure_low", "figure_high"]].to_numpy()
    values = values[values > 0]
    if not len(values):
        return {}
    low, high = log10(values.min()), log10(values.max())
    for steps in LOG_STEPS:
        places = (step * 10.0**k for k in range(floor(low), ceil(high) + 1) for step in steps)
        ticks = [each for each in places if 10**low <= each <= 10**high]
        if len(ticks) >= FEWEST_TICKS:
            break
    return {"tickmode": "array", "tickvals": ticks, "ticktext": [f"{each:,g}" for each in ticks]}


def _gaps(values: pd.Series) -> list[float | None]:
    return [None if each != each else float(each) for each in values]


def _faded(hexadecimal: str, opacity: float) -> str:
    red, green, blue = (int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
