"""Many dyads together: each alone and drawn towards the panel, and what they have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, MARKERS, blank, require, wrapped

if TYPE_CHECKING:
    import pandas as pd

DYAD_COLUMNS = (
    "state", "rival", "regime", "reaction", "low", "high", "pooled", "pooled_low", "pooled_high",
)  # fmt: skip
TERM_COLUMNS = (
    "term", "value", "low", "high", "prior_low", "prior_high", "placebo", "placebo_low",
    "placebo_high",
)  # fmt: skip
MOST = 120
"""Rows that can still be read; more are thinned evenly from lowest to highest."""
ROW = 19
FAINT = "rgba(128,128,128,0.35)"
BAND = "rgba(230,159,0,0.16)"
INKS = {
    "two democracies": 0, "democracy and autocracy": 1, "two autocracies": 2, "changing": 3, "": 6,
}  # fmt: skip


def forest(table: pd.DataFrame, coefficients: pd.DataFrame) -> go.Figure:
    """Draw every side of every dyad: alone (hollow), pooled (full), a line from one to the other.

    Parameters
    ----------
    table : DataFrame
        Columns as DYAD_COLUMNS; rows without a pooled estimate are left out.
    coefficients : DataFrame
        Columns as TERM_COLUMNS; the first row is the mean reaction.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, DYAD_COLUMNS, "forest plot")
    require(coefficients, TERM_COLUMNS, "forest plot")
    rows = table[table["pooled"].notna()].sort_values("pooled", kind="stable")
    if len(rows) > MOST:
        rows = rows.iloc[np.linspace(0, len(rows) - 1, MOST).round().astype(int)]
    names = [f"{a} to {b}" for a, b in zip(rows["state"], rows["rival"], strict=True)]
    place = np.arange(len(rows))
    ends = _window(rows)
    figure = blank("reaction (1/year)")
    _references(figure, coefficients.iloc[0])
    _alone(figure, rows, place, ends)
    for kind, ink in INKS.items():
        own = (rows["regime"] == kind).to_numpy()
        if own.any():
            _pooled(figure, rows[own], place[own], kind or "regime unknown", ink)
    figure.update_xaxes(range=ends)
    figure.update_yaxes(
        tickmode="array", tickvals=place.tolist(), ticktext=names, tickfont={"size": 11},
        range=[-0.8, len(rows) - 0.2], ticks="",
    )  # fmt: skip
    figure.update_layout(height=150 + ROW * len(rows))
    return figure


def coefficients(table: pd.DataFrame) -> go.Figure:
    """Draw numbers of the population with their prior and placebo panels beside them.

    Parameters
    ----------
    table : DataFrame
        Columns as TERM_COLUMNS, of one unit.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(table, TERM_COLUMNS, "coefficients")
    rows = table.iloc[::-1]
    place = np.arange(len(rows), dtype=float)
    figure = blank("1/year")
    for name, shift, low, middle, high, ink, symbol, width in (
        ("prior", 0.26, "prior_low", None, "prior_high", FAINT, "line-ns-open", 6),
        ("placebo panels", -0.26, "placebo_low", "placebo", "placebo_high", COLORS[4],
         MARKERS[2], 2),
        ("this panel", 0.0, "low", "value", "high", COLORS[0], MARKERS[0], 3),
    ):  # fmt: skip
        x, y = _segments(rows[low], rows[high], place + shift)
        figure.add_scatter(
            x=x, y=y, mode="lines", line={"color": ink, "width": width}, hoverinfo="skip",
            name=name, legendgroup=name, showlegend=middle is None,
        )  # fmt: skip
        if middle is not None:
            figure.add_scatter(
                x=rows[middle].tolist(), y=(place + shift).tolist(), mode="markers", name=name,
                legendgroup=name, marker={"size": 10, "color": ink, "symbol": symbol},
                customdata=rows[[low, high]].values.tolist(),
                hovertemplate="%{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})"
                f"<extra>{name}</extra>",
            )  # fmt: skip
    figure.add_vline(x=0, line={"color": INK, "width": 1, "dash": "dash"})
    figure.update_yaxes(
        tickmode="array", tickvals=place.tolist(), ticks="",
        ticktext=[wrapped(each, 24) for each in rows["term"]], range=[-0.7, len(rows) - 0.3],
    )  # fmt: skip
    figure.update_layout(height=130 + 62 * len(rows))
    return figure


def _references(figure: go.Figure, mean: pd.Series) -> None:
    """Zero, the panel's mean, and the band in which placebo panels' means lie."""
    figure.add_vline(x=0, line={"color": INK, "width": 1})
    figure.add_vline(x=mean["value"], line={"color": INK, "width": 1.5, "dash": "dash"})
    figure.add_scatter(
        x=[None], y=[None], mode="lines", name="panel's mean",
        line={"color": INK, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    if np.isfinite(mean["placebo_low"]):
        figure.add_vrect(
            x0=mean["placebo_low"], x1=mean["placebo_high"], fillcolor=BAND, line_width=0,
            layer="below",
        )  # fmt: skip
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name="means of placebo panels",
            marker={"size": 12, "symbol": "square", "color": BAND.replace("0.16", "0.45")},
        )  # fmt: skip


def _alone(figure: go.Figure, rows: pd.DataFrame, place: np.ndarray, ends: list[float]) -> None:
    """What each side says for itself, cut at the window, and a line to where pooling draws it."""
    x, y = _segments(rows["low"].clip(*ends), rows["high"].clip(*ends), place + 0.18)
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": FAINT, "width": 1.5}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    raw = rows["reaction"].clip(*ends)
    x, y = [], []
    for start, end, k in zip(raw, rows["pooled"], place, strict=True):
        x += [start, end, None]
        y += [k + 0.18, k, None]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": INK, "width": 1, "dash": "dot"}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=raw.tolist(), y=(place + 0.18).tolist(), mode="markers", name="alone",
        marker={"size": 6, "symbol": "circle-open", "color": INK},
        customdata=rows[["reaction", "low", "high"]].values.tolist(),
        hovertemplate="alone %{customdata[0]:.3f} (%{customdata[1]:.3f} to %{customdata[2]:.3f})"
        "<extra></extra>",
    )  # fmt: skip


def _pooled(figure: go.Figure, rows: pd.DataFrame, place: np.ndarray, name: str, ink: int) -> None:
    x, y = _segments(rows["pooled_low"], rows["pooled_high"], place)
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": COLORS[ink], "width": 2.5}, hoverinfo="skip",
        legendgroup=name, showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=rows["pooled"].tolist(), y=place.tolist(), mode="markers", name=name, legendgroup=name,
        marker={"size": 8, "color": COLORS[ink], "symbol": MARKERS[ink]},
        customdata=rows[["pooled_low", "pooled_high"]].values.tolist(),
        hovertemplate="pooled %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})"
        "<extra></extra>",
    )  # fmt: skip


def _window(rows: pd.DataFrame) -> list[float]:
    """What is shown: all pooled intervals but the widest twentieth, and most of the raw ones."""
    low = min(rows["pooled_low"].quantile(0.02), rows["reaction"].quantile(0.05), 0.0)
    high = max(rows["pooled_high"].quantile(0.98), rows["reaction"].quantile(0.95), 0.0)
    room = 0.06 * (high - low)
    return [float(low - room), float(high + room)]


def _segments(
    low: pd.Series, high: pd.Series, place: np.ndarray
) -> tuple[list[float | None], list[float | None]]:
    """Many horizontal lines as one trace."""
    x: list[float | None] = []
    y: list[float | None] = []
    for start, end, k in zip(low, high, place, strict=True):
        if np.isfinite(start) and np.isfinite(end):
            x += [float(start), float(end), None]
            y += [float(k), float(k), None]
    return x, y
