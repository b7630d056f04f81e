"""Reality checks drawn: how often each proposition holds, and where it does not."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, INK, blank, require
from secdil_sd.names import spoken

SHARES = ("name", "case", "share", "low", "high", "own", "members")
STEPS = ("name", "run", "verdict", "tested", "violated", "first")
OWN = {
    "holds": (COLORS[0], "circle", "holds at the case's own values"),
    "fails": (COLORS[1], "x", "fails there"),
    "does not apply": (INK, "circle-open", "own values lie outside the premise"),
    "cannot tell": (INK, "diamond-open", "cannot be told there"),
}
VERDICTS = {"holds": COLORS[0], "fails": COLORS[1], "not tested": INK, "cannot tell": INK}
RANGES = (
    "parameter", "holds", "low", "lower", "middle", "upper", "high", "least", "most", "value",
)  # fmt: skip
MOST_ROWS = 8
RANGES_HEIGHT = 100


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
    figure.update_yaxes(categoryorder="array", categoryarray=labels, dtick=1, ticks="")
    figure.update_layout(height=110 + 46 * len(drawn), showlegend=True)
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
    figure = blank("share of tested steps kept")
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
    figure.update_yaxes(categoryorder="array", categoryarray=labels, dtick=1, ticks="")
    figure.update_layout(height=110 + 52 * len(drawn), barmode="overlay", bargap=0.35)
    return figure


def ranges(table: pd.DataFrame, most: int = MOST_ROWS) -> go.Figure:
    """Draw where the draws lie that keep a proposition, and those that break it.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, holds, low, lower, middle, upper, high, least, most, value: shares of
        what was drawn, the most telling parameter first.
    most : int
        Parameters to show.
    """
    require(table, RANGES, "figure of ranges")
    names = list(dict.fromkeys(table["parameter"]))[:most]
    figure = blank("from least to most drawn")
    for holds, color, said, shift in (
        (True, COLORS[0], "draws in which it holds", 0.17),
        (False, COLORS[1], "draws in which it breaks", -0.17),
    ):
        rows = table[(table["holds"] == holds) & table["parameter"].isin(names)]
        places = [len(names) - 1 - names.index(each) + shift for each in rows["parameter"]]
        for first, last, width in (("low", "high", 2), ("lower", "upper", 8)):
            x, y = [], []
            for place, left, right in zip(places, rows[first], rows[last], strict=True):
                x += [left, right, None]
                y += [place, place, None]
            line = {"color": color, "width": width}
            figure.add_scatter(
                x=x, y=y, mode="lines", line=line, showlegend=False, hoverinfo="skip"
            )
        figure.add_scatter(
            x=rows["middle"].tolist(),
            y=places,
            mode="markers",
            name=said,
            marker={"color": "white", "size": 9, "line": {"color": color, "width": 2.5}},
            customdata=list(zip(rows["parameter"].map(spoken), rows["value"], strict=True)),
            hovertemplate="%{customdata[0]}: middle %{customdata[1]:.3g}<extra></extra>",
        )
    ends = table.drop_duplicates("parameter").set_index("parameter")
    labels = [
        f"{spoken(name)}<br>{ends.loc[name, 'least']:.3g} to {ends.loc[name, 'most']:.3g}"
        for name in reversed(names)
    ]
    figure.update_xaxes(range=[-0.02, 1.02], tickvals=[0, 0.5, 1], ticktext=["least", "", "most"])
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=labels, ticks="")
    figure.update_layout(height=RANGES_HEIGHT + 44 * len(names))
    return figure


def _label(name: str, case: str) -> str:
    plain = str(name).replace("_", " ")
    return f"{plain}<br>{case}" if case else plain
