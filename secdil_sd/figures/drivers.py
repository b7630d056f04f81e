"""Which drawing shows a sensitivity analysis: by its method, and whether it looks over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.analysis.sensitivity import views, words
from secdil_sd.figures import sensitivity
from secdil_sd.figures.style import NO_UNIT, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from secdil_sd.analysis.sensitivity.result import Sensitivity


def headline(result: Sensitivity) -> go.Figure:
    """Draw what drives the first output, under its finding."""
    output, state = result.columns[0]
    title = words.sentence(result.indices, result.method, output, state).rstrip(".")
    return titled(drivers(result, output, state), title)


def drivers(result: Sensitivity, output: str, state: str) -> go.Figure:
    """Draw what drives one output.

    Parameters
    ----------
    result : Sensitivity
    output, state : str
        One of its columns.
    """
    about = (result.indices, result.method, output, state)
    unit = result.units.get(output, "")
    unit = "" if unit.casefold() in NO_UNIT else f" [{unit}]"
    if result.timed:
        table = views.over_time(*about)
        if result.method in ("sobol", "fast"):
            return sensitivity.shares_over_time(table, "share of the variation (ST)")
        return sensitivity.indices_over_time(table, words.RANKING[result.method])
    table = views.strongest(*about)
    match result.method:
        case "tornado":
            said = words.about(output, "", float("nan")).removeprefix("the ")
            return sensitivity.tornado(table, f"{said}{unit}")
        case "morris":
            return sensitivity.effects(table, unit)
        case "delta" | "pawn":
            return sensitivity.index_bars(table, "distance between distributions (0 to 1)")
    return sensitivity.index_bars(table, "share of the variation")
