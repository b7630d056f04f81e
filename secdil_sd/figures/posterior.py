"""Posteriors drawn: densities beside their priors, and ranks of truths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from secdil_sd.figures.style import COLORS, INK, THRESHOLD, blank, require, wrapped

if TYPE_CHECKING:
    import pandas as pd

DENSITY_COLUMNS = ("parameter", "belief", "value", "density")
RANK_COLUMNS = ("parameter", "rank")
LOOKS = {
    "prior": {"color": INK, "dash": "dash", "fill": "rgba(128,128,128,0.12)"},
    "posterior": {"color": COLORS[0], "dash": "solid", "fill": "rgba(0,114,178,0.22)"},
}
ACROSS, ROW, HEAD, FOOT = 2, 190, 36, 60
WIDE = 56
"""Characters in a row of names of panels, on a telephone."""
BINS = 10


def densities(table: pd.DataFrame, threshold: float | None = None) -> go.Figure:
    """Return densities of prior and posterior, a panel a number.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, belief, value, density.
    threshold : float, optional
        Marked by a line, as 1 for a spiral number.
    """
    require(table, DENSITY_COLUMNS, "densities")
    figure = _panels(list(dict.fromkeys(table["parameter"])))
    for (name, belief), rows in table.groupby(["parameter", "belief"], sort=False):
        row, column = _place(table, str(name))
        look = LOOKS[str(belief)]
        first = (row, column) == (1, 1)
        figure.add_trace(
            go.Scatter(
                x=rows["value"].tolist(), y=rows["density"].tolist(), name=str(belief),
                legendgroup=str(belief), showlegend=first, mode="lines", fill="tozeroy",
                fillcolor=look["fill"], line={"color": look["color"], "dash": look["dash"]},
                hovertemplate=f"{name} %{{x:.4g}}<extra>{belief}</extra>",
            ),
            row=row, col=column,
        )  # fmt: skip
    if threshold is not None:
        figure.add_vline(x=threshold, line={"color": THRESHOLD, "dash": "dot"})
    return figure.update_yaxes(showticklabels=False, ticks="", rangemode="tozero")


def rank_histograms(table: pd.DataFrame, draws: int) -> go.Figure:
    """Return histograms of the ranks of truths, a panel a number; level if all is well.

    Parameters
    ----------
    table : DataFrame
        Columns parameter, rank.
    draws : int
        Ranks run from 0 to this.
    """
    require(table, RANK_COLUMNS, "rank histogram")
    figure = _panels(list(dict.fromkeys(table["parameter"])))
    for name, rows in table.groupby("parameter", sort=False):
        row, column = _place(table, str(name))
        bins = {"start": 0, "end": draws + 1, "size": (draws + 1) / BINS}
        figure.add_trace(
            go.Histogram(
                x=rows["rank"].tolist(), xbins=bins, marker={"color": COLORS[0]},
                opacity=0.75, showlegend=False,
                hovertemplate=f"{name}: %{{y}} with rank %{{x}}<extra></extra>",
            ),
            row=row, col=column,
        )  # fmt: skip
        level = len(rows) / BINS
        figure.add_hline(y=level, line={"color": INK, "dash": "dash"}, row=row, col=column)
    return figure.update_xaxes(range=[0, draws + 1])


def _panels(names: list[str]) -> go.Figure:
    across = min(ACROSS, len(names))
    down = -(-len(names) // across)
    height = ROW * down + HEAD + FOOT
    figure = make_subplots(
        rows=down,
        cols=across,
        subplot_titles=[wrapped(each, WIDE // across) for each in names],
        vertical_spacing=0.36 / down,
        horizontal_spacing=0.1,
    )
    style = blank()
    axes = {k: v for k, v in style.layout.xaxis.to_plotly_json().items() if k != "title"}
    for name in ("template", "paper_bgcolor", "plot_bgcolor", "font", "margin", "hovermode"):
        figure.layout[name] = style.layout[name]
    figure.update_xaxes(**axes, nticks=5).update_yaxes(**axes)
    figure.update_annotations(font={"size": 12, "color": INK})
    # Room for the names of the panels below the title of the whole, for the legend at the foot.
    share = 1 - HEAD / height
    figure.for_each_yaxis(lambda axis: axis.update(domain=[share * each for each in axis.domain]))
    figure.for_each_annotation(lambda note: note.update(y=share * note.y))
    legend = {"orientation": "h", "x": 0, "xanchor": "left", "y": -44 / height, "yanchor": "top"}
    return figure.update_layout(height=height, bargap=0.05, legend=legend)


def _place(table: pd.DataFrame, name: str) -> tuple[int, int]:
    names = list(dict.fromkeys(table["parameter"]))
    across = min(ACROSS, len(names))
    at = names.index(name)
    return at // across + 1, at % across + 1
