"""Skill beside naive forecasts, and what was forecast from when beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, MARKERS, THRESHOLD, blank, color, require

if TYPE_CHECKING:
    import pandas as pd

SKILL_COLUMNS = ("model", "start", "horizon", "state", "origins", "relative_error", "mase")
FAN_COLUMNS = (
    "model", "start", "origin", "year", "state", "median", "low_50", "high_50", "low_90", "high_90"
)  # fmt: skip
HISTORY_COLUMNS = ("state", "year", "value")
PLACEBO_COLUMNS = ("kind", "gain")
BINS = 30
ROW = 30
"""Height of a row of dots."""
ROOM = 2.5
"""By this factor axes reach beyond the figures; wider bands are cut."""
LEAST, MOST = 0.2, 5.0
"""Relative errors drawn; what lies beyond stands at the edge, its number under the pointer."""


def skill(backtest: pd.DataFrame, state: str = "all states") -> go.Figure:
    """Draw each model's error as a share of the random walk with drift's, by horizon.

    Parameters
    ----------
    backtest : DataFrame
        Columns of `SKILL_COLUMNS`.
    state : str
        Whose.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(backtest, SKILL_COLUMNS, "skill by horizon")
    own = backtest[(backtest["state"] == state) & (backtest["start"] == "last figure")]
    own = own.dropna(subset=["relative_error"])
    models = list(dict.fromkeys(own["model"]))[::-1]
    figure = blank("error relative to naive")
    for k, (horizon, part) in enumerate(own.groupby("horizon")):
        figure.add_scatter(
            x=part["relative_error"].clip(LEAST, MOST).tolist(), y=part["model"].tolist(),
            customdata=part[["relative_error", "mase", "origins"]].to_numpy().tolist(),
            mode="markers", name=f"{horizon} year{'s' if int(horizon) > 1 else ''} ahead",
            marker={"size": 10, "color": COLORS[k % len(COLORS)], "symbol": MARKERS[k % 7],
                    "opacity": 0.85},
            hovertemplate="%{y}<br>%{customdata[0]:.2f} of the naive error<br>scaled error "
            "%{customdata[1]:.2f}, %{customdata[2]} forecasts<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=1, line={"color": THRESHOLD, "width": 1.5, "dash": "dash"})
    ticks = [0.25, 0.5, 1, 2, 4]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=[f"{each:g}" for each in ticks])
    figure.update_yaxes(categoryorder="array", categoryarray=models, dtick=1)
    figure.update_layout(height=110 + ROW * max(len(models), 1))
    return figure


def placebos(drawn: pd.DataFrame, own: float) -> go.Figure:
    """Draw what reaction adds to placebos without it, and to the history.

    Parameters
    ----------
    drawn : DataFrame
        Columns kind, gain.
    own : float
        The history's gain; NaN for none.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(drawn, PLACEBO_COLUMNS, "placebos")
    figure = blank("gain by reaction (twice the log likelihood)", "placebos")
    top = float(max(drawn["gain"].max(), own if own == own else 0.0))
    for k, (kind, part) in enumerate(drawn.groupby("kind", sort=False)):
        figure.add_histogram(
            x=part["gain"].tolist(), name=f"placebos of {kind}", opacity=0.55,
            marker={"color": color(k), "pattern": {"shape": ("", "/")[k % 2]}},
            xbins={"start": 0, "end": 1.05 * top, "size": 1.05 * top / BINS},
            hovertemplate="%{y} placebos gain %{x}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="overlay")
    if own == own:
        figure.add_vline(x=own, line={"color": THRESHOLD, "width": 2.5})
        figure.add_annotation(
            x=own, y=1, yref="paper", yanchor="top", text="this history", showarrow=False,
            xanchor="left" if own < top / 2 else "right", xshift=4 if own < top / 2 else -4,
            font={"color": THRESHOLD},
        )  # fmt: skip
    return figure


def fans(
    forecasts: pd.DataFrame,
    history: pd.DataFrame,
    model: str,
    naive: str,
    origins: Sequence[int],
    state: str,
    units: str = "",
) -> go.Figure:
    """Draw a model's forecasts of a state from some years, the naive ones beside them.

    Parameters
    ----------
    forecasts : DataFrame
        Columns of `FAN_COLUMNS`.
    history : DataFrame
        Columns state, year, value.
    model, naive : str
        Whose bands are drawn, and whose medians.
    origins : sequence of int
        Years forecasts start from.
    state, units : str

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(forecasts, FAN_COLUMNS, "forecasts beside history")
    require(history, HISTORY_COLUMNS, "forecasts beside history")
    figure = blank("", f"spending [{units}]" if units else "spending")
    known = history[history["state"] == state].sort_values("year")
    last = forecasts[(forecasts["start"] == "last figure") & (forecasts["state"] == state)]
    for k, origin in enumerate(origins):
        own = last[(last["model"] == model) & (last["origin"] == origin)].sort_values("year")
        if not len(own):
            continue
        for share, opacity in ((90, 0.16), (50, 0.3)):
            figure.add_scatter(
                x=[*own["year"].tolist(), *own["year"].tolist()[::-1]],
                y=[*own[f"high_{share}"].tolist(), *own[f"low_{share}"].tolist()[::-1]],
                fill="toself", fillcolor=_faint(color(0), opacity), line={"width": 0},
                mode="lines", hoverinfo="skip", name=f"{share}% band",
                legendgroup=f"{share}", showlegend=k == 0,
            )  # fmt: skip
        _line(figure, own, known, origin, color(0), "solid", "median", k == 0)
        other = last[(last["model"] == naive) & (last["origin"] == origin)].sort_values("year")
        _line(figure, other, known, origin, color(1), "dash", naive, k == 0)
    figure.add_scatter(
        x=known["year"].tolist(), y=known["value"].tolist(), mode="lines+markers",
        name="figures", line={"color": INK, "width": 1.5}, marker={"size": 5, "color": INK},
        hovertemplate="%{x}: %{y:.4g}<extra>figure</extra>",
    )  # fmt: skip
    low, high = known["value"].min() / ROOM, known["value"].max() * ROOM
    ticks = [m * 10.0**e for e in range(-3, 9) for m in (1, 2, 5) if low <= m * 10.0**e <= high]
    figure.update_yaxes(
        type="log", range=[log10(low), log10(high)], tickvals=ticks,
        ticktext=[f"{each:g}" for each in ticks],
    )  # fmt: skip
    return figure


def _line(
    figure: go.Figure,
    part: pd.DataFrame,
    known: pd.DataFrame,
    origin: int,
    ink: str,
    dash: str,
    name: str,
    legend: bool,
) -> None:
    """A line of medians, joined to the figure it started from."""
    start = known.loc[known["year"] == origin, "value"].tolist()
    figure.add_scatter(
        x=[origin] * len(start) + part["year"].tolist(), y=start + part["median"].tolist(),
        mode="lines", name=name, legendgroup=name, showlegend=legend,
        line={"color": ink, "dash": dash, "width": 2},
        hovertemplate=f"%{{x}}: %{{y:.4g}}<extra>{name} from {origin}</extra>",
    )  # fmt: skip


def _faint(ink: str, opacity: float) -> str:
    red, green, blue = bytes.fromhex(ink[1:])
    return f"rgba({red},{green},{blue},{opacity})"
