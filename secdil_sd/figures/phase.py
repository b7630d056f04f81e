"""The phase portrait of two states: where each stops arming, where they go, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.figures.style import INK, THRESHOLD, blank, color, require

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("x", "y", "kind", "year", "stable")


def phase_portrait(table: pd.DataFrame, states: Sequence[str], unit: str) -> go.Figure:
    """Draw nullclines, the model's path, the historical path and the points of rest.

    Parameters
    ----------
    table : DataFrame
        Columns x, y (spending of the first and second state), kind ("nullcline <state>",
        "trajectory", "data", "equilibrium"), year, stable.
    states : sequence of two str
    unit : str
        Of spending.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, COLUMNS, "phase portrait")
    figure = blank(f"{states[0]} [{unit}]", f"{states[1]} [{unit}]")
    for place, state in enumerate(states):
        own = table[table["kind"] == f"nullcline {state}"]
        if len(own):
            figure.add_scatter(
                x=own["x"].tolist(), y=own["y"].tolist(), mode="lines",
                name=f"{state} neither arms nor disarms",
                line={"color": color(place), "width": 2, "dash": ("solid", "dash")[place % 2]},
            )  # fmt: skip
    _path(figure, table[table["kind"] == "trajectory"], "model", INK, "lines")
    _path(figure, table[table["kind"] == "data"], "history", INK, "markers")
    for stable, name, fill in (
        (True, "stable rest", "#009E73"),
        (False, "unstable rest", "rgba(0,0,0,0)"),
    ):
        own = table[(table["kind"] == "equilibrium") & (table["stable"].astype(bool) == stable)]
        if len(own):
            figure.add_scatter(
                x=own["x"].tolist(), y=own["y"].tolist(), mode="markers", name=name,
                marker={"size": 12, "color": fill, "line": {"color": "#009E73", "width": 2.5}},
            )  # fmt: skip
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    return figure


def modes(eigenvalues: Any) -> go.Figure:
    """Draw modes in the plane: left of the line they die out, off the axis they oscillate.

    Parameters
    ----------
    eigenvalues : array (mode,) of complex [1/yr]
    """
    figure = blank("growth rate [1/year]", "turns [radian/year]")
    values = [complex(each) for each in eigenvalues]
    figure.add_scatter(
        x=[each.real for each in values],
        y=[each.imag for each in values],
        mode="markers",
        name="modes",
        marker={
            "size": 10,
            "color": [THRESHOLD if each.real > 0 else color(0) for each in values],
            "symbol": ["diamond" if each.real > 0 else "circle" for each in values],
        },
    )
    figure.add_vline(x=0, line={"color": THRESHOLD, "width": 1.5})
    figure.update_layout(showlegend=False)
    return figure


def _path(figure: go.Figure, own: pd.DataFrame, name: str, ink: str, mode: str) -> None:
    """A path with its first and last year written at it."""
    if own.empty:
        return
    own = own.sort_values("year")
    ends = [""] * len(own)
    ends[0], ends[-1] = f"{own['year'].iloc[0]:.0f}", f"{own['year'].iloc[-1]:.0f}"
    figure.add_scatter(
        x=own["x"].tolist(),
        y=own["y"].tolist(),
        mode=f"{mode}+text" if name == "model" else mode,
        name=name,
        text=ends if name == "model" else [f"{year:.0f}" for year in own["year"]],
        textposition="top left",
        cliponaxis=False,
        line={"color": ink, "width": 2.5},
        marker={"color": ink, "size": 6, "symbol": "circle-open"},
        hovertemplate="%{text}<br>%{x:.1f}, %{y:.1f}<extra>" + name + "</extra>",
    )
