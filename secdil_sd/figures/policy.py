"""What would stop it: doses of remedies, the trade-off of cost and share, levers along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from secdil_sd.figures.style import COLORS, DASHES, INK, THRESHOLD, blank, color, require

if TYPE_CHECKING:
    import pandas as pd

DOSE_COLUMNS = ("remedy", "school", "verdict", "dose", "dose_low", "dose_high", "share")
GAIN_COLUMNS = ("remedy", "school", "status_quo_share", "full_share")
CURVE_COLUMNS = ("remedy", "dose", "share", "share_low", "share_high")
FRONT_COLUMNS = (
    "cost", "share", "share_low", "share_high", "checked_share", "checked_low", "checked_high",
    "asked",
)  # fmt: skip
TRIED_COLUMNS = ("cost", "share")

FAINT = "rgba(128,128,128,0.22)"


def doses(table: pd.DataFrame) -> go.Figure:
    """Draw the smallest dose of each remedy, the smallest on top; none where none is enough.

    Parameters
    ----------
    table : DataFrame
        Columns remedy, school, verdict, dose, dose_low, dose_high (shares of the way), share.
    """
    require(table, DOSE_COLUMNS, "ranking of remedies")
    colors = school_colors(table)
    figure = blank("share of the way")
    names = [_label(row) for row in table.to_dict("records")]
    for name, row in zip(names, table.to_dict("records"), strict=True):
        found = row["dose"] == row["dose"]
        high = min(row["dose_high"], 1.0)
        told = f"{row['dose']:.0%}" if found else f"{row['verdict']}: at best {row['share']:.0%}"
        figure.add_bar(
            x=[row["dose"] if found else 1.0],
            y=[name],
            orientation="h",
            marker={"color": colors[row["school"]] if found else FAINT},
            error_x=_asymmetric([row["dose"]], [row["dose_low"]], [high]) if found else None,
            hovertext=told,
            hoverinfo="text+y",
        )
        figure.add_annotation(
            x=max(high, row["dose"]) if found else 0.02, y=name, text=f" {told}", showarrow=False,
            xanchor="left", font={"color": INK, "size": 12},
        )  # fmt: skip
    _ranked(figure, names)
    return figure


def gains(table: pd.DataFrame, target: float) -> go.Figure:
    """Draw what each remedy adds in full to the share as things are: every bar starts there.

    Parameters
    ----------
    table : DataFrame
        Columns remedy, school, status_quo_share, full_share.
    target : float
        The share to reach.
    """
    require(table, GAIN_COLUMNS, "waterfall of remedies")
    colors = school_colors(table)
    figure = blank("share of worlds")
    start = float(table["status_quo_share"].iloc[0])
    figure.add_bar(
        x=[start], y=["as things are"], orientation="h", marker={"color": INK},
        text=[f"{start:.0%}"], textposition="outside", cliponaxis=False,
    )  # fmt: skip
    ordered = table.sort_values("full_share", ascending=False, kind="stable").to_dict("records")
    for row in ordered:
        change = row["full_share"] - start
        figure.add_bar(
            x=[change],
            y=[_label(row)],
            base=[start],
            orientation="h",
            marker={"color": THRESHOLD if change < 0 else colors[row["school"]]},
            text=[f"{row['full_share']:.0%}"],
            textposition="outside",
            cliponaxis=False,
        )
    figure.add_vline(x=start, line={"color": INK, "width": 1, "dash": "dot"})
    figure.add_vline(x=target, line={"color": THRESHOLD, "width": 1.5})
    figure.add_annotation(
        x=target, y=1, yref="paper", yanchor="bottom", showarrow=False,
        text=f"asked for: {target:.0%}", font={"color": THRESHOLD, "size": 12},
    )  # fmt: skip
    _ranked(figure, ["as things are", *(_label(row) for row in ordered)])
    figure.update_layout(margin={"t": 28})
    return figure


def curves(table: pd.DataFrame, ranking: pd.DataFrame, target: float) -> go.Figure:
    """Draw the share of worlds by dose, a line a remedy in the color of its school.

    Parameters
    ----------
    table : DataFrame
        Columns remedy, dose, share, share_low, share_high.
    ranking : DataFrame
        Columns remedy and school, in the order of the legend.
    target : float
        The share to reach.
    """
    require(table, CURVE_COLUMNS, "curves of dose and response")
    require(ranking, ("remedy", "school"), "curves of dose and response")
    colors = school_colors(ranking)
    figure = blank("share of the way", "share of worlds")
    seen: dict[str, int] = {}
    for row in ranking.to_dict("records"):
        own = table[table["remedy"] == row["remedy"]]
        count = seen[row["school"]] = seen.get(row["school"], -1) + 1
        shape = {"color": colors[row["school"]], "dash": DASHES[count % len(DASHES)], "width": 2.3}
        figure.add_scatter(
            x=own["dose"].tolist(), y=own["share"].tolist(), mode="lines", line=shape,
            name=f"{row['school']}: {row['remedy']}",
        )  # fmt: skip
    _target_line(figure, target)
    figure.update_xaxes(range=[0, 1.01], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    figure.update_layout(
        legend={"font": {"size": 11}, "orientation": "h", "y": -0.2, "yanchor": "top"}
    )
    return figure


def front(table: pd.DataFrame, tried: pd.DataFrame, target: float) -> go.Figure:
    """Draw cost against share: what was found, how it does in fresh worlds, all that was tried.

    Parameters
    ----------
    table : DataFrame
        Columns cost, share, checked_share, their intervals, and asked.
    tried : DataFrame
        Columns cost, share.
    target : float
        The share to reach.
    """
    require(table, FRONT_COLUMNS, "trade-off")
    require(tried, TRIED_COLUMNS, "trade-off")
    figure = blank("cost", "share of worlds")
    near = tried[tried["cost"] <= 1.6 * max(float(table["cost"].max()), 0.1)]
    figure.add_scatter(
        x=near["cost"].tolist(), y=near["share"].tolist(), mode="markers", name="tried",
        marker={"color": FAINT, "size": 5}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=table["cost"].tolist(), y=table["share"].tolist(), mode="lines+markers",
        name="cheapest found, in the worlds searched",
        line={"color": color(0), "width": 2.5}, marker={"size": 8},
    )  # fmt: skip
    figure.add_scatter(
        x=table["cost"].tolist(), y=table["checked_share"].tolist(), mode="markers",
        name="the same in fresh worlds (95% interval)",
        marker={"color": color(1), "size": 9, "symbol": "diamond"},
        error_y=_asymmetric(
            table["checked_share"].tolist(),
            table["checked_low"].tolist(),
            table["checked_high"].tolist(),
        ),
    )  # fmt: skip
    asked = table[table["asked"].astype(bool)]
    figure.add_scatter(
        x=asked["cost"].tolist(), y=asked["share"].tolist(), mode="markers", name="asked for",
        marker={"size": 17, "symbol": "circle-open", "color": THRESHOLD, "line": {"width": 2}},
    )  # fmt: skip
    _target_line(figure, target)
    figure.update_yaxes(range=[0, 1.06], tickformat=".0%")
    figure.update_xaxes(rangemode="tozero")
    return figure


def settings(table: pd.DataFrame, policy: pd.DataFrame) -> go.Figure:
    """Draw what each policy of the trade-off spends on each lever, stacked.

    Parameters
    ----------
    table : DataFrame
        Columns cost, share, and a column a lever with its dose.
    policy : DataFrame
        Columns lever and weight.
    """
    require(policy, ("lever", "weight"), "levers along the trade-off")
    require(table, ("cost", "share", *policy["lever"]), "levers along the trade-off")
    figure = blank("share of worlds, and cost of the policy", "cost by lever")
    names = [f"{row.share:.0%}<br>{row.cost:.2f}" for row in table.itertuples()]
    for place, row in enumerate(policy.to_dict("records")):
        spent = (table[row["lever"]].abs() * row["weight"]).tolist()
        figure.add_bar(
            x=names,
            y=spent,
            name=str(row["lever"]),
            marker={
                "color": COLORS[place % len(COLORS)],
                "pattern": {"shape": "" if place < len(COLORS) else "/"},
            },
            showlegend=bool(max(spent, default=0) > 0),
        )
    figure.update_layout(barmode="stack", bargap=0.35)
    figure.update_xaxes(type="category", ticks="", tickvals=names)
    return figure


def school_colors(table: pd.DataFrame) -> dict[str, str]:
    """Return a color a school, the same whatever the ranking."""
    schools = sorted(set(table["school"]))
    return {school: color(place) for place, school in enumerate(schools)}


def _ranked(figure: go.Figure, names: Sequence[str]) -> None:
    """Horizontal bars, the first on top, every name shown."""
    figure.update_xaxes(range=[0, 1.14], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(autorange="reversed", ticks="", tickvals=list(names), showgrid=False)
    figure.update_layout(showlegend=False, bargap=0.3)


def _label(row: Mapping[str, Any], width: int = 30) -> str:
    return "<br>".join([*wrap(str(row["remedy"]), width), f"<i>{row['school']}</i>"])


def _asymmetric(
    middle: Sequence[float], low: Sequence[float], high: Sequence[float]
) -> dict[str, Any]:
    """Error bars from intervals."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(h - m, 0.0) for m, h in zip(middle, high, strict=True)],
        "arrayminus": [max(m - w, 0.0) for m, w in zip(middle, low, strict=True)],
        "color": INK,
        "thickness": 1.5,
        "width": 5,
    }


def _target_line(figure: go.Figure, target: float) -> None:
    figure.add_hline(y=target, line={"color": THRESHOLD, "width": 1.5})
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=target, yanchor="bottom", showarrow=False,
        text=f"asked for: {target:.0%}", font={"color": THRESHOLD, "size": 12},
    )  # fmt: skip
