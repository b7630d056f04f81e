"""What drives an output: tornado, bars with intervals, pairs, effects, shares over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, blank, color, require, wrapped
from secdil_sd.names import spoken

if TYPE_CHECKING:
    import pandas as pd

INDEX_COLUMNS = ("parameter", "index", "value", "conf_low", "conf_high", "settled")
PAIR_COLUMNS = ("parameter", "parameter2", "value", "conf_low", "conf_high")
TIME_COLUMNS = ("parameter", "time", "value")
NAMES = {
    "S1": "alone (S1)",
    "ST": "with interactions (ST)",
    "delta": "delta",
    "PAWN median": "median over slices (PAWN)",
    "PAWN maximum": "largest (PAWN)",
    "mu_star": "mean size (mu*)",
    "mu": "mean (mu)",
    "sigma": "how much it differs (sigma)",
    "low": "at its low end",
    "high": "at its high end",
}
ROW = 32
LABEL_WIDTH = 26
LEAST_TOP = 0.05
"""A map of pairs in which nothing reaches this stays pale."""
HEAT = ((0.0, "#DCE9F3"), (1.0, "#0072B2"))
"""Opaque, so that the numbers written on it can be read on any page."""


def tornado(table: pd.DataFrame, x_title: str) -> go.Figure:
    """Draw how far an output swings as each parameter goes from its low to its high end.

    Parameters
    ----------
    table : DataFrame
        Columns of indices; index "base", "low" and "high", the strongest parameter first.
    x_title : str
    """
    require(table, INDEX_COLUMNS, "tornado")
    table = _named(table)
    base = float(table.loc[table["index"] == "base", "value"].iloc[0])
    figure = _bars_frame(table, f"{x_title}; the line: as it is, {base:.3g}", barmode="overlay")
    for place, (index, name) in enumerate((("low", "at its low end"), ("high", "at its high end"))):
        own = table[table["index"] == index]
        figure.add_bar(
            y=own["parameter"].tolist(), x=(own["value"] - base).tolist(), base=base,
            orientation="h", name=name, marker={"color": color(place)}, opacity=0.9,
            customdata=own["value"].tolist(),
            hovertemplate="%{y}: %{customdata:.4g}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.add_vline(x=base, line={"color": INK, "width": 1.5})
    return figure


def index_bars(table: pd.DataFrame, x_title: str) -> go.Figure:
    """Draw indices as bars with their 95% intervals; what is not settled is paler.

    Parameters
    ----------
    table : DataFrame
        Columns of indices, the strongest parameter first.
    x_title : str
    """
    require(table, INDEX_COLUMNS, "bars of indices")
    table = _named(table)
    figure = _bars_frame(table, x_title, barmode="group")
    for place, index in enumerate(dict.fromkeys(table["index"])):
        own = table[table["index"] == index]
        half = (own["conf_high"] - own["value"]).tolist()
        figure.add_bar(
            y=own["parameter"].tolist(), x=own["value"].clip(lower=0).tolist(), orientation="h",
            name=NAMES.get(index, index),
            marker={
                "color": (COLORS[0], COLORS[5])[place % 2],
                "opacity": [1.0 if each else 0.55 for each in own["settled"]],
            },
            error_x={"type": "data", "array": half, "color": INK, "thickness": 1.2, "width": 3},
            hovertemplate="%{y}: %{x:.3f}<extra>" + NAMES.get(index, index) + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    return figure


def pair_heat(table: pd.DataFrame) -> go.Figure:
    """Draw what pairs of parameters do together; only a dot where the interval holds 0.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, parameter2, value, conf_low, conf_high.
    """
    require(table, PAIR_COLUMNS, "map of pairs")
    table = _named(table)
    names = list(dict.fromkeys([*table["parameter"], *table["parameter2"]]))
    cells: dict[tuple[str, str], Any] = {
        (row.parameter2, row.parameter): row for row in table.itertuples(index=False)
    }
    z, text = [], []
    dots: list[tuple[str, str]] = []
    for down in names[1:]:
        row = [cells.get((down, across)) for across in names[:-1]]
        z.append([None if e is None or e.conf_low <= 0 else e.value for e in row])
        text.append(["" if each is None else f"{each:.2f}" for each in z[-1]])
        dots += [(e.parameter, down) for e in row if e is not None and e.conf_low <= 0]
    top = max(LEAST_TOP, *(each or 0.0 for row in z for each in row))
    figure = blank()
    figure.add_heatmap(
        x=names[:-1], y=names[1:], z=z, text=text, texttemplate="%{text}",
        colorscale=[list(each) for each in HEAT], zmin=0, zmax=top,
        xgap=2, ygap=2, hoverongaps=False,
        hovertemplate="%{y} with %{x}: %{z:.3f}<extra></extra>",
        colorbar={"title": {"text": "share (S2)"}, "thickness": 12, "len": 0.6, "outlinewidth": 0},
    )  # fmt: skip
    figure.add_scatter(
        x=[across for across, _ in dots], y=[down for _, down in dots], mode="markers",
        marker={"size": 3, "color": INK}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, tickmode="linear")
    figure.update_xaxes(tickangle=-40, showgrid=False, tickmode="linear")
    figure.update_layout(showlegend=False, height=220 + (ROW + 6) * len(names))
    return figure


def effects(table: pd.DataFrame, unit: str) -> go.Figure:
    """Draw elementary effects: how strong across, how much they depend on the rest upward.

    Parameters
    ----------
    table : DataFrame
        Columns of indices; index "mu_star" and "sigma", the strongest parameter first.
    unit : str
        Of the output, as " [bn]"; "" for none.
    """
    require(table, INDEX_COLUMNS, "elementary effects")
    strong = table[table["index"] == "mu_star"].set_index("parameter")
    spread = table[table["index"] == "sigma"].set_index("parameter")["value"]
    if spread.empty:
        return index_bars(table, f"mean size of the effect (mu*){unit}")
    figure = blank(f"mean size of the effect (mu*){unit}", f"how much it differs (sigma){unit}")
    top = float(max(strong["conf_high"].max(), spread.max())) * 1.05
    figure.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"color": INK, "dash": "dot", "width": 1},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    names = [spoken(each) for each in strong.index]
    spots = list(zip(strong["value"], spread.reindex(strong.index), strict=True))
    shown = [name if k in _apart(spots, top) else "" for k, name in enumerate(names)]
    figure.add_scatter(
        x=strong["value"].tolist(), y=spread.reindex(strong.index).tolist(), mode="markers+text",
        text=shown, textposition=["bottom center", "top center"] * (len(names) // 2 + 1),
        textfont={"size": 12}, cliponaxis=False,
        marker={"size": 9, "color": color(0)}, customdata=names, showlegend=False,
        error_x={
            "type": "data", "array": (strong["conf_high"] - strong["value"]).tolist(),
            "color": INK, "thickness": 1, "width": 3,
        },
        hovertemplate="%{customdata}: mu* %{x:.3g}, sigma %{y:.3g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(height=460)
    return figure


def _apart(spots: list[tuple[float, float]], top: float, most: int = 6) -> set[int]:
    """Which of the first points can bear a name without writing over another's."""
    kept: list[int] = []
    for k, (x, y) in enumerate(spots[:most]):
        beside = (spots[other] for other in kept)
        if all(abs(x - a) > 0.3 * top or abs(y - b) > 0.12 * top for a, b in beside):
            kept.append(k)
    return set(kept)


def shares_over_time(table: pd.DataFrame, y_title: str) -> go.Figure:
    """Draw the index of each parameter over time, one on top of the other.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, time, value; the strongest first.
    y_title : str
    """
    return _over_time(table, y_title, {"stackgroup": "all", "line": {"width": 0.5}})


def indices_over_time(table: pd.DataFrame, y_title: str) -> go.Figure:
    """Draw the index of each parameter over time, a line each.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, time, value.
    y_title : str
    """
    return _over_time(table, y_title, {"line": {"width": 2.5}})


def _over_time(table: pd.DataFrame, y_title: str, manner: Mapping[str, Any]) -> go.Figure:
    require(table, TIME_COLUMNS, "indices over time")
    figure = blank("", y_title)
    for place, (parameter, own) in enumerate(table.groupby("parameter", sort=False)):
        name = spoken(str(parameter))
        ink = color(place) if place < len(COLORS) else INK
        line = {**manner["line"], "color": ink}
        figure.add_scatter(
            x=own["time"].tolist(), y=own["value"].tolist(), mode="lines", name=name,
            **{**manner, "line": line},
            hovertemplate="%{x:g}: %{y:.2f}<extra>" + str(name) + "</extra>",
        )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(height=460, legend={"y": -0.1, "yanchor": "top", "traceorder": "normal"})
    return figure


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its parameters as one says them, over as many lines as that takes."""
    columns = [each for each in ("parameter", "parameter2") if each in table.columns]
    said = {
        each: table[each].map(lambda name: wrapped(spoken(name), LABEL_WIDTH)) for each in columns
    }
    return table.assign(**said)


def _bars_frame(table: pd.DataFrame, x_title: str, **layout: Any) -> go.Figure:
    rows = table["parameter"].nunique()
    figure = blank(x_title, "", bargap=0.25, height=130 + ROW * rows, **layout)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickmode="linear")
    figure.update_layout(legend={"traceorder": "normal"})
    return figure
