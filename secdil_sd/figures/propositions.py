"""Claims drawn: in how many worlds each holds, what it hangs on, and a small figure of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, MARKERS, THRESHOLD, blank, line, require

if TYPE_CHECKING:
    import pandas as pd

SHARE_COLUMNS = ("claim", "statement", "holds_at_defaults", "share", "conf_low", "conf_high", "n")
KNOCKOUT_COLUMNS = ("claim", "mechanism", "outcome")
CURVE_COLUMNS = ("claim", "run", "time", "value")

CELLS = {
    "holds": ("#9CC9E8", "✓", "square"),
    "fails": ("#E69F00", "✕", "square"),
    "not testable": ("#C3C8CF", "–", "square"),
}
"""Color and sign of an outcome: told apart without color, and dark text reads on each."""
CELL_INK = "#14202C"
ROW = 21
"""Pixels a claim takes in the two large figures."""


def shares(table: pd.DataFrame) -> go.Figure:
    """Draw in which share of the worlds each claim holds, with its interval.

    Parameters
    ----------
    table : DataFrame
        Columns claim, statement, holds_at_defaults, share, conf_low, conf_high, n.
    """
    require(table, SHARE_COLUMNS, "shares of claims")
    figure = blank("share of the plausible worlds", "")
    kinds = {
        True: ("holds at the defaults", COLORS[0], "circle"),
        False: ("fails at the defaults", COLORS[1], "x"),
        None: ("defaults outside the claim", INK, "diamond"),
    }
    drawn = table[table["n"] > 0]
    for kind, (name, color, symbol) in kinds.items():
        own = drawn[[each is kind for each in drawn["holds_at_defaults"]]]
        if own.empty:
            continue
        figure.add_scatter(
            x=own["share"].tolist(),
            y=own["claim"].tolist(),
            mode="markers",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 9},
            error_x={
                "type": "data", "symmetric": False, "color": color, "thickness": 1.6, "width": 3,
                "array": (own["conf_high"] - own["share"]).tolist(),
                "arrayminus": (own["share"] - own["conf_low"]).tolist(),
            },
            customdata=own[["statement", "conf_low", "conf_high", "n"]].to_numpy().tolist(),
            hovertemplate="%{y}: %{x:.0%} (%{customdata[1]:.0%} to %{customdata[2]:.0%} of "
            "%{customdata[3]} worlds)<br>%{customdata[0]}<extra></extra>",
        )  # fmt: skip
    claims = drawn["claim"].tolist()
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(
        categoryorder="array", categoryarray=claims, range=[len(claims) - 0.4, -0.6],
        tickmode="array", tickvals=claims, ticktext=claims, title="",
    )  # fmt: skip
    return figure


def knockout_matrix(table: pd.DataFrame) -> go.Figure:
    """Draw what becomes of each claim at the defaults with each mechanism switched off.

    Parameters
    ----------
    table : DataFrame
        Columns claim, mechanism, outcome (holds, fails, not testable).
    """
    require(table, KNOCKOUT_COLUMNS, "knockout matrix")
    claims, mechanisms = (list(dict.fromkeys(table[name])) for name in ("claim", "mechanism"))
    found = {
        (claim, mechanism): outcome
        for claim, mechanism, outcome in table[list(KNOCKOUT_COLUMNS)].itertuples(index=False)
    }
    kinds = list(CELLS)
    grid = [[kinds.index(found[c, m]) for m in mechanisms] for c in claims]
    steps = [(k / len(kinds), (k + 1) / len(kinds), CELLS[kind][0]) for k, kind in enumerate(kinds)]
    figure = blank("", "")
    figure.add_heatmap(
        x=mechanisms,
        y=claims,
        z=grid,
        zmin=-0.5,
        zmax=len(kinds) - 0.5,
        colorscale=[stop for low, high, color in steps for stop in ((low, color), (high, color))],
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[CELLS[kinds[cell]][1] for cell in row] for row in grid],
        texttemplate="%{text}",
        textfont={"color": CELL_INK, "size": 12},
        customdata=[[kinds[cell] for cell in row] for row in grid],
        hovertemplate="%{y} without %{x}: %{customdata}<extra></extra>",
    )
    for kind, (color, sign, symbol) in CELLS.items():
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=f"{sign} {kind}",
            marker={"color": color, "symbol": symbol, "size": 12},
        )  # fmt: skip
    figure.update_xaxes(
        side="top", tickangle=-60, tickmode="array", tickvals=mechanisms, showgrid=False, ticks=""
    )
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=claims, showgrid=False, ticks=""
    )
    figure.update_layout(legend={"y": 0, "yanchor": "top", "yref": "paper"}, hovermode="closest")
    return figure


def paths(
    table: pd.DataFrame,
    y_title: str,
    threshold: float | None = None,
    percent: bool = False,
    zero: bool = True,
) -> go.Figure:
    """Draw the small figure of a claim: one line a run, over time.

    Parameters
    ----------
    table : DataFrame
        Columns claim, run, time, value; of one claim.
    y_title : str
    threshold : float, optional
        A level to mark.
    percent : bool
        Show values as percentages.
    zero : bool
        Let the axis begin at zero; without, small differences show.
    """
    require(table, CURVE_COLUMNS, "figure of a claim")
    figure = blank("years", y_title)
    for place, (name, own) in enumerate(table.groupby("run", sort=False)):
        figure.add_scatter(
            x=own["time"].tolist(), y=own["value"].tolist(), mode="lines", name=str(name),
            line=line(place, 2.2),
        )  # fmt: skip
    _mark(figure, threshold)
    figure.update_yaxes(
        rangemode="tozero" if zero else "normal", tickformat=".0%" if percent else None
    )
    return _small(figure)


def ends(
    table: pd.DataFrame, x_title: str, y_title: str, threshold: float | None = None
) -> go.Figure:
    """Draw the small figure of a claim: where each run ends, side by side.

    Parameters
    ----------
    table : DataFrame
        Columns claim, run, time, value; of one claim.
    """
    require(table, CURVE_COLUMNS, "figure of a claim")
    figure = blank(x_title, y_title, showlegend=False)
    names = table["run"].tolist()
    places = list(range(len(names)))
    figure.add_scatter(
        x=places, y=table["value"].tolist(), mode="lines+markers",
        line={"color": INK, "width": 1, "dash": "dot"},
        marker={"color": COLORS[0], "size": 11, "symbol": MARKERS[0]},
        customdata=names, hovertemplate="%{customdata}: %{y:.3g}<extra></extra>",
    )  # fmt: skip
    _mark(figure, threshold)
    figure.update_xaxes(
        tickmode="array", tickvals=places, ticktext=[each.replace(", ", ",<br>") for each in names],
        range=[-0.4, len(names) - 0.6], showgrid=False,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return _small(figure)


def _mark(figure: go.Figure, threshold: float | None) -> None:
    if threshold is not None:
        figure.add_hline(y=threshold, line={"color": THRESHOLD, "width": 1.5})


def _small(figure: go.Figure) -> go.Figure:
    """The axis titles of a small figure are close to it, and its legend small."""
    figure.update_layout(margin={"l": 6, "r": 22, "t": 8, "b": 4}, legend={"font": {"size": 11}})
    figure.update_xaxes(title={"standoff": 4})
    figure.update_yaxes(title={"standoff": 8})
    return figure
