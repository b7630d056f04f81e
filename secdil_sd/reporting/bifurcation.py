"""Pages of what rests where along a constant, and of which starts lead where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.analysis.tipping.basins import Basins
from secdil_sd.analysis.tipping.bifurcation import Bifurcation
from secdil_sd.figures.bifurcation import basins_map, bifurcation_diagram
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    import plotly.graph_objects as go

CANNOT_TELL = (
    "How long it takes to get there: near a fold, things move for decades before they tip.",
    "Whether the constant could really be moved while everything else stays as it is.",
)


def bifurcation_page(result: Bifurcation) -> Page:
    """Return the page of a bifurcation diagram."""
    exhibit = Exhibit(
        "diagram",
        result.finding.rstrip("."),
        f"Every point of rest of the model for each value of {result.parameter}. Things settle on "
        "the solid lines and move away from the dashed ones; where a solid line ends in a fold, "
        "whatever rested there tips over to another line.",
        f"Points of rest against {result.parameter}.",
        (Panel(_diagram(result), height=460),),
        result.branches,
    )
    tables = [
        Table(
            "What exists where",
            ("from", "to", "stable", "unstable"),
            tuple(
                (
                    f"{row['low']:.4g}",
                    f"{row['high']:.4g}",
                    str(int(row["stable"])),
                    str(int(row["unstable"])),
                )
                for _, row in result.windows.iterrows()
            ),
            f"Points of rest between values of {result.parameter}.",
            result.windows,
        ),
        Table(
            "The branches",
            ("branch", "from", "begins", "to", "ends", "stability"),
            tuple(
                (
                    str(row["branch"]),
                    f"{row['from']:.4g}",
                    row["begins"],
                    f"{row['to']:.4g}",
                    row["ends"],
                    row["stability"],
                )
                for _, row in result.ends.iterrows()
            ),
            "Where each line of the figure begins and ends, and why."
            + ("" if result.complete else " There are more than were followed."),
            result.ends,
        ),
    ]
    if len(result.points):
        tables.insert(0, _special(result))
    return Page(
        f"Where it tips: {result.parameter}",
        f"What would this settle to as {result.parameter} moves, and where does that tip?",
        (result.finding,),
        CANNOT_TELL,
        (Section("rest", "Points of rest", (), (exhibit,), tuple(tables)),),
        result.provenance,
    )


def basins_page(result: Basins) -> Page:
    """Return the page of a map of basins."""
    exhibit = Exhibit(
        "basins",
        result.finding.rstrip("."),
        f"Each point is a start. {result.conditions} The color says where it settles; starts on "
        "either side of the line part for good.",
        f"Where starts settle, by {result.x} and {result.y}.",
        (Panel(_map(result), height=520),),
        result.grid,
    )
    return Page(
        "Where it starts decides where it ends",
        f"Which {result.x} and {result.y} lead where?",
        (result.finding,),
        ("How far history is from the line: the map has no room for what is not on it.",),
        (Section("basins", "Basins", (), (exhibit,), (_rest(result),)),),
        result.provenance,
    )


def _diagram(result: Bifurcation) -> go.Figure:
    return bifurcation_diagram(
        result.branches, result.points, result.parameter, result.measure, result.own
    )


def _map(result: Basins) -> go.Figure:
    return basins_map(result.grid, result.equilibria, result.boundary, result.x, result.y)


def _special(result: Bifurcation) -> Table:
    percent = result.measure == "burden"
    rows = tuple(
        (
            row["kind"],
            f"{row[result.parameter]:.6g}",
            f"{row[result.measure]:.2%}" if percent else f"{row[result.measure]:.4g}",
            row["below"],
            row["above"],
        )
        for _, row in result.points.iterrows()
    )
    columns = ("what", result.parameter, result.measure, "just below", "just above")
    return Table("Where it tips", columns, rows, "Points of rest on either side.", result.points)


def _rest(result: Basins) -> Table:
    rows = tuple(
        (
            row["name"],
            f"{row['x']:.4g}",
            f"{row['y']:.4g}",
            f"{row['share']:.1%}" if row["basin"] else "unstable",
            f"{row['spiral_number']:.2f}",
        )
        for _, row in result.equilibria.iterrows()
    )
    columns = ("rest", result.x, result.y, "share of starts", "spiral number")
    return Table("The points of rest", columns, rows, "", result.equilibria)
