"""Reality checks drawn: how often each proposition holds, and where it does not."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, THRESHOLD, blank, require

SHARES = ("name", "case", "share", "low", "high", "own", "members")
STEPS = ("name", "run", "verdict", "tested", "violated", "first")
OWN = {
    "holds": (COLORS[0], "circle", "holds at the case's own values"),
    "fails": (COLORS[1], "x", "fails there"),
    "does not apply": (INK, "circle-open", "own values lie outside the premise"),
    "cannot tell": (INK, "diamond-open", "cannot be told there"),
}
VERDICTS = {"holds": COLORS[0], "fails": COLORS[1], "not tested": INK, "cannot tell": INK}
MOST_AXES = 10


def shares(table: pd.DataFrame) -> go.Figure:
    """Draw the share of draws in which each proposition holds, with its interval.

    Parameters
    ----------
    table : DataFrame
        Columns name, case, share, low, high, own, members; a row a proposition and case.
    """
    require(table, SHARES, "figure of shares")
    drawn = table[table["members"] > 0].iloc[::-1]
    labels = [_label(row["name"], row["case"]) for _, row in drawn.iterrows()]
    figure = blank("share of the draws in which it holds")
    for own, (color, symbol, said) in OWN.items():
        chosen = [k for k, each in enumerate(drawn["own"]) if each == own]
        rows = drawn.iloc[chosen]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["share"].tolist(),
            y=[labels[k] for k in chosen],
            mode="markers",
            name=said,
            marker={"color": color, "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (rows["high"] - rows["share"]).tolist(),
                "arrayminus": (rows["share"] - rows["low"]).tolist(),
                "color": color,
                "thickness": 1.5,
            },
            customdata=rows[["low", "high", "members"]].values.tolist(),
            hovertemplate=(
                "%{y}: %{x:.1%} of %{customdata[2]} draws"
                " (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>"
            ),
        )
    figure.update_xaxes(range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(categoryorder="array", categoryarray=labels, ticks="")
    figure.update_layout(height=110 + 46 * len(drawn))
    return figure


def steps(table: pd.DataFrame) -> go.Figure:
    """Draw for each test of a constraint the share of its steps at which it is kept.

    Parameters
    ----------
    table : DataFrame
        Columns name, run, verdict, tested, violated, first; a row a test.
    """
    require(table, STEPS, "figure of constraint tests")
    drawn = table.iloc[::-1]
    labels = [f"{row['name']}<br>{row['run'] or 'not run'}" for _, row in drawn.iterrows()]
    figure = blank("share of the tested steps at which it is kept")
    for verdict, color in VERDICTS.items():
        chosen = [k for k, each in enumerate(drawn["verdict"]) if each == verdict]
        rows = drawn.iloc[chosen]
        if rows.empty:
            continue
        kept = 1 - rows["violated"] / rows["tested"].where(rows["tested"] > 0)
        notes = [
            f"first violated at {first:g}" if first == first else verdict for first in rows["first"]
        ]
        figure.add_bar(
            x=kept.fillna(0).tolist(),
            y=[labels[k] for k in chosen],
            orientation="h",
            name=verdict,
            marker={"color": color},
            text=notes,
            textposition=["inside" if each > 0.5 else "outside" for each in kept.fillna(0)],
            insidetextanchor="start",
            hovertemplate="%{y}: %{x:.1%} of its steps, %{text}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(categoryorder="array", categoryarray=labels, ticks="")
    figure.update_layout(height=110 + 52 * len(drawn), barmode="overlay", bargap=0.35)
    return figure


def parallel(draws: pd.DataFrame) -> go.Figure:
    """Draw where in the space a proposition breaks: an axis a parameter, brushes on each.

    Parameters
    ----------
    draws : DataFrame
        A column a parameter and ``holds`` (1, 0, or NaN); of many parameters, those whose means
        differ most between draws that hold and draws that do not.
    """
    require(draws, ("holds",), "figure of draws")
    known = draws.dropna(subset=["holds"])
    names = [str(each) for each in known.columns if each != "holds"][:MOST_AXES]
    figure = blank()
    figure.add_parcoords(
        line={
            "color": known["holds"].tolist(),
            "colorscale": [[0, THRESHOLD], [0.5, THRESHOLD], [0.5, COLORS[5]], [1, COLORS[5]]],
            "cmin": 0,
            "cmax": 1,
        },
        dimensions=[{"label": _broken(name), "values": known[name].tolist()} for name in names],
        labelfont={"color": INK, "size": 12},
        tickfont={"color": INK, "size": 11},
        rangefont={"color": INK, "size": 1},
        labelangle=-20,
        labelside="top",
        unselected={"line": {"opacity": 0.05}},
    )
    figure.update_layout(margin={"l": 60, "r": 40, "t": 96, "b": 24}, height=430)
    return figure


def _label(name: str, case: str) -> str:
    plain = str(name).replace("_", " ")
    return f"{plain}<br>{case}" if case else plain


def _broken(name: str, width: int = 22) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"
