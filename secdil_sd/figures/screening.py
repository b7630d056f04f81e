"""Two verdicts drawn: dyads by growth and by reaction, and how high chance alone scores."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from secdil_sd.figures.style import COLORS, INK, THRESHOLD, blank, require
from secdil_sd.fitting.screening.buildup import RULE
from secdil_sd.fitting.screening.reaction import REFUTED, SUPPORTED

COLUMNS = (
    "state_a", "state_b", "start", "end", "n", "buildup", "reaction",
    "slower_growth", "growth_a", "growth_b", "reaction_probability",
)  # fmt: skip
CHANCE = ("kind", "score", "share")
VERDICTS = {
    "supported": (COLORS[1], "circle"),
    "cannot tell": (INK, "circle-open"),
    "not": (COLORS[0], "x"),
}
KINDS = {
    "same years": (COLORS[1], "solid", "re-paired states, same years"),
    "other years": (COLORS[4], "dash", "re-paired states, other years"),
    "simulated": (COLORS[0], "dot", "simulated, each going its own way"),
}
MOST_ROWS = 24
"""Dyads that are drawn by name; more of them are points in a plane."""
MOST_POINTS = 3000
"""Points of a plane above which only some of the dyads without a reaction are drawn."""
WIDEST = 0.6
"""Growth at which the axis ends; what is beyond is drawn at its edge."""


def verdicts(table: pd.DataFrame) -> go.Figure:
    """Draw both verdicts: by name for a few dyads, as a plane for many.

    Parameters
    ----------
    table : DataFrame
        Of `screen`.
    """
    return dots(table) if len(table) <= MOST_ROWS else plane(table)


def height(rows: int) -> int:
    """Return how high the drawing of so many dyads is."""
    return 130 + 40 * rows if rows <= MOST_ROWS else 480


def dots(table: pd.DataFrame) -> go.Figure:
    """Draw a row a dyad: left the growth of both sides, right the probability of reaction."""
    require(table, COLUMNS, "figure of verdicts")
    drawn = table.iloc[::-1]
    labels = [_label(row) for _, row in drawn.iterrows()]
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.06)
    figure.update_layout(blank().layout)
    _growth(figure, drawn, labels)
    _reaction(figure, drawn, labels)
    grid = {"gridcolor": "rgba(128,128,128,0.18)", "zeroline": False, "automargin": True}
    figure.update_xaxes(**grid, tickformat=".0%", title_font={"size": 13}, tickangle=0, ticks="")
    figure.update_yaxes(**grid, categoryorder="array", categoryarray=labels, dtick=1)
    figure.update_xaxes(
        title_text="growth of both sides", range=[-0.25, WIDEST * 1.04], tickvals=[0, 0.25, 0.5],
        row=1, col=1,
    )  # fmt: skip
    figure.update_xaxes(
        title_text="reaction", range=[-0.06, 1.06], tickvals=[0, 0.5, 1], row=1, col=2
    )
    figure.add_vline(x=RULE, line={"color": THRESHOLD, "dash": "dot", "width": 1.5}, row=1, col=1)
    for bar in (REFUTED, SUPPORTED):
        figure.add_vline(
            x=bar, line={"color": THRESHOLD, "dash": "dot", "width": 1.5}, row=1, col=2
        )
    figure.update_layout(height=height(len(table)))
    return figure


def plane(table: pd.DataFrame) -> go.Figure:
    """Draw a point a dyad: right if both grew fast together, up if each answers the other."""
    require(table, COLUMNS, "plane of verdicts")
    scored = table[table["reaction_probability"].notna() & table["slower_growth"].notna()]
    step = -(-len(scored) // MOST_POINTS)
    figure = blank("growth of the slower side, in its best three years", "probability of reaction")
    for verdict, (color, symbol) in VERDICTS.items():
        rows = scored[scored["reaction"] == verdict]
        if rows.empty:
            continue
        thinned = step > 1 and verdict != "supported"
        rows = rows.iloc[::step] if thinned else rows
        figure.add_scatter(
            x=rows["slower_growth"].clip(-0.25, WIDEST).tolist(),
            y=rows["reaction_probability"].tolist(),
            mode="markers",
            name=f"reaction: {verdict}{f' (1 in {step} drawn)' if thinned else ''}",
            marker={"color": color, "symbol": symbol, "size": 6, "opacity": 0.6},
            customdata=[f"{_label(row)}, {row['n']} changes" for _, row in rows.iterrows()],
            hovertemplate="%{customdata}<br>growth %{x:.0%}, reaction %{y:.0%}<extra></extra>",
        )
    figure.add_vline(x=RULE, line={"color": THRESHOLD, "dash": "dot", "width": 1.5})
    for bar in (REFUTED, SUPPORTED):
        figure.add_hline(y=bar, line={"color": THRESHOLD, "dash": "dot", "width": 1.5})
    figure.update_xaxes(range=[-0.27, WIDEST * 1.04], tickformat=".0%")
    figure.update_yaxes(range=[-0.04, 1.04], tickformat=".0%")
    return figure.update_layout(height=height(len(table)))


def chance(curves: pd.DataFrame, table: pd.DataFrame) -> go.Figure:
    """Draw how many pairs that cannot react score as high, with the dyads at their scores.

    Parameters
    ----------
    curves : DataFrame
        Columns kind, score, share.
    table : DataFrame
        Of `screen`; its scores are marked on the axis if it has few rows.
    """
    require(curves, CHANCE, "figure of chance")
    require(table, COLUMNS, "figure of chance")
    figure = blank("probability of reaction", "share of pairs that score as high")
    for kind, rows in curves.groupby("kind", sort=False):
        color, dash, said = KINDS[str(kind)]
        figure.add_scatter(
            x=rows["score"].tolist(),
            y=rows["share"].tolist(),
            mode="lines",
            name=said,
            line={"color": color, "dash": dash, "width": 2.5},
            hovertemplate="%{y:.1%} score %{x:.2f} or more<extra></extra>",
        )
    scored = table[table["reaction_probability"].notna()]
    if 0 < len(scored) <= MOST_ROWS:
        figure.add_scatter(
            x=scored["reaction_probability"].tolist(),
            y=[0.0] * len(scored),
            mode="markers",
            name="the dyads",
            marker={"color": INK, "symbol": "triangle-up", "size": 12},
            customdata=[_label(row) for _, row in scored.iterrows()],
            hovertemplate="%{customdata}: %{x:.2f}<extra></extra>",
            cliponaxis=False,
        )
    figure.add_vline(x=SUPPORTED, line={"color": THRESHOLD, "dash": "dot", "width": 1.5})
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    return figure.update_layout(height=360)


def _growth(figure: go.Figure, drawn: pd.DataFrame, labels: list[str]) -> None:
    """Draw both sides' growth as two points joined by a line."""
    x: list[float | None] = []
    y: list[str | None] = []
    for label, (_, row) in zip(labels, drawn.iterrows(), strict=True):
        x += [*(_edge(row[each]) for each in ("growth_a", "growth_b")), None]
        y += [label, label, None]
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": INK, "width": 1.5}, showlegend=False,
        hoverinfo="skip", row=1, col=1,
    )  # fmt: skip
    for verdict, (color, symbol) in VERDICTS.items():
        chosen = [k for k, each in enumerate(drawn["buildup"]) if each == verdict]
        rows = drawn.iloc[chosen]
        if rows.empty:
            continue
        names = [labels[k] for k in chosen]
        figure.add_scatter(
            x=[_edge(each) for each in [*rows["growth_a"], *rows["growth_b"]]],
            y=names * 2,
            mode="markers",
            showlegend=False,
            marker={"color": color, "symbol": symbol, "size": 10},
            customdata=[
                f"{state} {growth:.0%} a year"
                for side in ("a", "b")
                for state, growth in zip(rows[f"state_{side}"], rows[f"growth_{side}"], strict=True)
            ],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
            row=1,
            col=1,
        )


def _reaction(figure: go.Figure, drawn: pd.DataFrame, labels: list[str]) -> None:
    for verdict, (color, symbol) in VERDICTS.items():
        chosen = [k for k, each in enumerate(drawn["reaction"]) if each == verdict]
        figure.add_scatter(
            x=drawn["reaction_probability"].iloc[chosen].tolist() or [None],
            y=[labels[k] for k in chosen] or [labels[0]],
            mode="markers",
            name=verdict,
            showlegend=True,
            marker={"color": color, "symbol": symbol, "size": 11},
            customdata=drawn["n"].iloc[chosen].tolist() or [0],
            hovertemplate="%{y}: %{x:.0%} from %{customdata} changes<extra></extra>",
            row=1,
            col=2,
        )


def _edge(growth: float) -> float | None:
    """Return growth where it can be drawn: at the edge of the axis if beyond, not where unknown."""
    return None if growth != growth else min(max(growth, -0.24), WIDEST)


def _label(row: pd.Series) -> str:
    return f"{row['state_a']} - {row['state_b']}<br>{row['start']}-{row['end']}"
