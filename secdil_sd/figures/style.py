"""What all figures share: colors that everyone can tell apart, one a state, and a quiet layout."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito (2008): told apart with every common kind of color vision.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A7A7A")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
MARKERS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
THRESHOLD = "#D02A40"
INK = "#888888"
NO_UNIT = ("", "1", "dmnl", "dimensionless")
"""How model files write that a quantity has no unit."""
RAMP = ("#440154", "#3B528B", "#21918C", "#5EC962", "#C8B400")
"""Viridis, its last step darkened so that it is seen on white."""


@dataclass(frozen=True)
class Panel:
    """One drawing of an exhibit; ``title`` is empty where it stands alone."""

    figure: go.Figure
    title: str = ""
    height: int = 340


@dataclass(frozen=True)
class Exhibit:
    """A figure as a reader meets it.

    Parameters
    ----------
    id : str
        Stable name in the page.
    title : str
        States the finding.
    caption : str
        How to read it.
    alt : str
        What it shows, for those who cannot see it.
    panels : tuple of Panel
        Side by side where there is room, below each other where not.
    data : DataFrame
        What is drawn, offered as CSV.
    """

    id: str
    title: str
    caption: str
    alt: str
    panels: tuple[Panel, ...]
    data: pd.DataFrame = field(repr=False)


def require(table: Any, columns: Sequence[str], what: str) -> None:
    """Refuse a table that lacks columns a figure needs.

    Raises
    ------
    InputError
        Naming them.
    """
    missing = [each for each in columns if each not in table.columns]
    if missing:
        raise InputError(
            Finding(
                "error",
                f"The {what} needs the columns {', '.join(missing)}.",
                variables=tuple(missing),
                remedy=f"Its table has {', '.join(map(str, table.columns))}.",
            )
        )


def color(place: int) -> str:
    """Return the color of the ``place``-th state, the same in every figure.

    >>> color(0), color(1)
    ('#0072B2', '#D55E00')
    """
    return COLORS[place % len(COLORS)]


def line(place: int, width: float = 2.5) -> dict[str, Any]:
    """Return the line of the ``place``-th state: its color and its dash."""
    return {"color": color(place), "dash": DASHES[place % len(DASHES)], "width": width}


def faded(hexadecimal: str, opacity: float) -> str:
    """Return a color through which others show.

    >>> faded("#0072B2", 0.2)
    'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(hexadecimal[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def band(
    x: Any, low: Any, high: Any, hexadecimal: str, name: str = "", group: str = ""
) -> dict[str, Any]:
    """Return a filled band as what `add_scatter` takes; without a name it has no legend.

    Parameters
    ----------
    x, low, high : Series
        In the order of x; where either end is not known the band has no point.
    """
    known = low.notna() & high.notna()
    years = x[known].tolist()
    return {
        "x": [*years, *years[::-1]],
        "y": [*high[known].tolist(), *low[known].tolist()[::-1]],
        "fill": "toself", "fillcolor": faded(hexadecimal, 0.2), "line": {"width": 0},
        "mode": "lines", "hoverinfo": "skip", "name": name, "showlegend": bool(name),
        "legendgroup": group or None,
    }  # fmt: skip


def ramp(count: int) -> list[str]:
    """Return ``count`` different colors from dark to light for values of a lever.

    >>> ramp(3), len(set(ramp(30)))
    (['#440154', '#21918C', '#C8B400'], 30)
    """
    last = len(RAMP) - 1
    return [_between(k * last / max(count - 1, 1)) for k in range(count)]


def _between(place: float) -> str:
    """The color at a place along the ramp, mixed from the two steps beside it."""
    below = min(int(place), len(RAMP) - 2)
    parts = (
        round(a + (place - below) * (b - a))
        for a, b in zip(*(bytes.fromhex(RAMP[below + k][1:]) for k in (0, 1)), strict=True)
    )
    return "#" + "".join(f"{each:02X}" for each in parts)


def wrapped(text: str, width: int) -> str:
    """Return a label over several lines, no word broken.

    >>> wrapped("grievance share of the Soviet Union", 26)
    'grievance share of the<br>Soviet Union'
    """
    return "<br>".join(textwrap.wrap(text, width, break_long_words=False))


def blank(x_title: str = "", y_title: str = "", **layout: Any) -> go.Figure:
    """Return an empty figure in the house style: transparent, light grid, legend on top."""
    figure = go.Figure()
    axis = {
        "gridcolor": "rgba(128,128,128,0.18)",
        "zeroline": False,
        "linecolor": "rgba(128,128,128,0.5)",
        "ticks": "outside",
        "tickcolor": "rgba(128,128,128,0.5)",
        "automargin": True,
    }
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
        xaxis={**axis, "title": {"text": x_title}},
        yaxis={**axis, "title": {"text": y_title}},
    )
    figure.update_layout(**layout)
    return figure


def _legend_rows(figure: go.Figure, width: int = 88) -> int:
    """About how many rows the legend above a figure takes."""
    shown = [each for each in figure.data if each.showlegend is not False and each.name]
    names = {str(each.legendgroup or each.name): str(each.name) for each in shown}
    below = (figure.layout.legend.y or 0) < 0.5
    if figure.layout.showlegend is False or below:
        return 0
    return -(-sum(len(each) + 8 for each in names.values()) // width)


def titled(figure: go.Figure, title: str, width: int = 72) -> go.Figure:
    """Put the finding above a figure that stands alone, broken where a line would be too long.

    >>> titled(blank(), "Calm below one").layout.title.text
    'Calm below one'
    """
    lines = textwrap.wrap(title.rstrip("."), width)
    room = 30 + 22 * len(lines)
    top = 12 if len(lines) == 1 else 26  # Plotly lifts the first of several lines
    legend = 24 * _legend_rows(figure)
    if figure.layout.height:  # the drawing keeps its room
        figure.update_layout(height=figure.layout.height + room + legend)
    figure.update_layout(
        title={
            "text": "<br>".join(lines), "x": 0.01, "xref": "container", "xanchor": "left",
            "y": 1, "yref": "container", "yanchor": "top", "pad": {"t": top},
            "font": {"size": 17},
        },
        margin={"t": room + legend},
    )  # fmt: skip
    return figure
