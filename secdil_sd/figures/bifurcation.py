"""Where things settle as a constant moves, and which starts lead where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from secdil_sd.figures.style import INK, MARKERS, THRESHOLD, blank, color, require
from secdil_sd.names import spoken

if TYPE_CHECKING:
    import pandas as pd

BRANCH_COLUMNS = ("branch", "point", "stable", "spiral_number", "kind")
POINT_COLUMNS = ("kind", "branch")
BASIN_COLUMNS = ("basin",)
REST_COLUMNS = ("basin", "name", "share", "x", "y")

KINDS = {
    "fold": ("fold: two points of rest meet and vanish", MARKERS[2]),
    "transcritical": ("crossing: stability changes hands", MARKERS[1]),
    "branch": ("others branch off", MARKERS[3]),
    "oscillation": ("oscillation starts", MARKERS[6]),
}
BASIN_FILL = 0.32
USUAL = 0.9
"""Share of the parameter's range whose values are shown whole; what leaves for infinity is cut."""


def bifurcation_diagram(
    branches: pd.DataFrame, points: pd.DataFrame, parameter: str, measure: str, own: float
) -> go.Figure:
    """Draw points of rest against a parameter: solid where stable, dashed where not.

    Parameters
    ----------
    branches : DataFrame
        Columns branch, point, stable, spiral_number, kind, and the two named next.
    points : DataFrame
        The special points: kind and the two named next.
    parameter, measure : str
        Columns of the axes; a measure called "burden" is shown in percent.
    own : float
        The case's own value, marked; NaN for none.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(branches, (*BRANCH_COLUMNS, parameter, measure), "bifurcation diagram")
    require(points, (*POINT_COLUMNS, parameter, measure), "bifurcation diagram")
    percent = measure == "burden"
    digits = ".2%" if percent else ".4g"
    title = "share of GDP at rest, mean of the states" if percent else f"{measure} at rest"
    figure = blank(parameter, title)
    for stable, name, ink, dash in (
        (True, "stable", color(0), "solid"),
        (False, "unstable", color(1), "dash"),
    ):
        x, y, number = _pieces(branches, stable, parameter, measure)
        if x:
            figure.add_scatter(
                x=x, y=y, customdata=number, mode="lines", name=name, connectgaps=False,
                line={"color": ink, "dash": dash, "width": 2.5},
                hovertemplate=f"{parameter} %{{x:.4g}}<br>{measure} %{{y:{digits}}}"
                f"<br>spiral number %{{customdata:.2f}}<extra>{name}</extra>",
            )  # fmt: skip
    for kind, (name, symbol) in KINDS.items():
        own_points = points[points["kind"] == kind]
        if len(own_points):
            figure.add_scatter(
                x=own_points[parameter].tolist(), y=own_points[measure].tolist(), mode="markers",
                name=name,
                marker={"size": 11, "symbol": symbol, "color": THRESHOLD},
                hovertemplate=f"{kind} at {parameter} %{{x:.6g}}<extra></extra>",
            )  # fmt: skip
    _label(figure, branches, points, parameter, measure)
    if np.isfinite(own):
        figure.add_vline(x=own, line={"color": INK, "width": 1.5, "dash": "dot"})
        figure.add_annotation(
            x=own, y=1, yref="paper", yanchor="top", xanchor=_side(own, branches[parameter]),
            text="this case", showarrow=False, font={"color": INK}, xshift=0,
        )  # fmt: skip
    low, high = _shown(branches, parameter, measure)
    figure.update_yaxes(range=[low, high], tickformat=".0%" if percent and high > 0.05 else None)
    if percent and high <= 0.05:
        figure.update_yaxes(tickformat=".1%")
    return figure


def basins_map(
    grid: pd.DataFrame, equilibria: pd.DataFrame, boundary: pd.DataFrame, x: str, y: str
) -> go.Figure:
    """Draw which starts settle where, the line between them, and the points of rest.

    Parameters
    ----------
    grid : DataFrame
        Columns basin (0: not settled) and the two named next.
    equilibria : DataFrame
        Columns basin (0: unstable), name, share, x, y.
    boundary : DataFrame
        Columns x, y.
    x, y : str
        Columns of ``grid``.

    Raises
    ------
    InputError
        If a column is missing.
    """
    require(grid, (*BASIN_COLUMNS, x, y), "map of basins")
    require(equilibria, REST_COLUMNS, "map of basins")
    require(boundary, ("x", "y"), "map of basins")
    figure = blank(spoken(x), spoken(y))
    wide = grid.pivot(index=y, columns=x, values="basin")
    names = {int(row["basin"]): row["name"] for _, row in equilibria.iterrows() if row["basin"]}
    shares = {int(row["basin"]): row["share"] for _, row in equilibria.iterrows() if row["basin"]}
    for number in sorted(set(grid["basin"])):
        ink = color(int(number) - 1) if number else INK
        name = f"settles: {names[number]} ({shares[number]:.0%})" if number else "not settled"
        figure.add_heatmap(
            x=wide.columns.tolist(), y=wide.index.tolist(),
            z=np.where(wide.to_numpy() == number, 1.0, np.nan).tolist(),
            colorscale=[[0, ink], [1, ink]], opacity=BASIN_FILL, showscale=False, name=name,
            hovertemplate=f"%{{x:.4g}}, %{{y:.4g}}<extra>{name}</extra>", hoverongaps=False,
        )  # fmt: skip
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=name,
            marker={"symbol": "square", "size": 13, "color": ink, "opacity": 2 * BASIN_FILL},
        )  # fmt: skip
    if len(boundary):
        figure.add_scatter(
            x=boundary["x"].tolist(), y=boundary["y"].tolist(), mode="lines",
            name="the line between", connectgaps=False, hoverinfo="skip",
            line={"color": INK, "width": 2.5},
        )  # fmt: skip
    for stable, name in ((True, "stable rest"), (False, "unstable rest")):
        own = equilibria[(equilibria["basin"] > 0) == stable].dropna(subset=["x", "y"])
        if len(own):
            figure.add_scatter(
                x=own["x"].tolist(), y=own["y"].tolist(), mode="markers", name=name,
                text=own["name"].tolist(),
                marker={
                    "size": 12, "color": THRESHOLD if not stable else "#009E73",
                    "symbol": "circle" if stable else "circle-open",
                    "line": {"color": "#009E73" if stable else THRESHOLD, "width": 2.5},
                },
                hovertemplate="%{text} (%{x:.4g}, %{y:.4g})<extra></extra>",
            )  # fmt: skip
    figure.update_xaxes(range=[float(grid[x].min()), float(grid[x].max())], showgrid=False)
    figure.update_yaxes(range=[float(grid[y].min()), float(grid[y].max())], showgrid=False)
    return figure


def _pieces(
    branches: pd.DataFrame, stable: bool, parameter: str, measure: str
) -> tuple[list[float | None], list[float | None], list[float | None]]:
    """The runs of one kind on all branches, each carried on to the special point that ends it."""
    x: list[float | None] = []
    y: list[float | None] = []
    number: list[float | None] = []
    for _, own in branches.groupby("branch", sort=True):
        own = own.sort_values("point")
        special = (own["kind"] != "").to_numpy()
        like = (own["stable"].to_numpy() == stable) & ~special
        beside = np.append(like[1:], False) | np.append(False, like[:-1])
        shown = like | (special & beside)
        for column, values in (
            (x, own[parameter]), (y, own[measure]), (number, own["spiral_number"]),
        ):  # fmt: skip
            column += [v if s else None for v, s in zip(values.tolist(), shown, strict=True)]
            column.append(None)
    return (x, y, number) if any(each is not None for each in x) else ([], [], [])


def _label(
    figure: go.Figure, branches: pd.DataFrame, points: pd.DataFrame, parameter: str, measure: str
) -> None:
    """Write its value at each special point, on the side its curve does not come from."""
    seen: set[str] = set()
    for _, row in points.sort_values([parameter, measure]).iterrows():
        text = f"{row[parameter]:.4g}"
        if text in seen:
            continue  # points at one value share a label
        seen.add(text)
        own = branches[branches["branch"] == row["branch"]].sort_values("point")
        place = int(np.argmin(np.hypot(
            (own[parameter] - row[parameter]).to_numpy(), (own[measure] - row[measure]).to_numpy()
        )))  # fmt: skip
        beside = own[parameter].iloc[max(place - 1, 0) : place + 2].mean()
        figure.add_annotation(
            x=row[parameter], y=row[measure], text=text,
            ax=-40 if beside > row[parameter] else 40, ay=-18 if len(seen) % 2 else 18,
            arrowhead=0, arrowcolor=INK, arrowwidth=1, font={"color": THRESHOLD, "size": 13},
        )  # fmt: skip


def _side(value: float, values: pd.Series) -> str:
    return "left" if value < (values.min() + values.max()) / 2 else "right"


def _shown(branches: pd.DataFrame, parameter: str, measure: str) -> tuple[float, float]:
    """The range of the axis: all of it, unless something leaves for infinity."""
    values = branches[measure].to_numpy()
    step = np.abs(np.diff(branches[parameter].to_numpy(), append=branches[parameter].iloc[-1]))
    order = np.argsort(np.abs(values))
    within = np.cumsum(step[order]) <= USUAL * step.sum()
    usual = float(np.abs(values[order][within]).max(initial=0.0))
    inside = values if np.abs(values).max() <= 100 * usual else values[np.abs(values) <= 3 * usual]
    if not len(inside):
        inside = values
    low, high = float(inside.min()), float(inside.max())
    margin = 0.06 * (high - low) or 0.5 * max(abs(high), 1e-9)
    return (low - margin if low < 0 else max(low - margin, -0.02 * high), high + margin)
