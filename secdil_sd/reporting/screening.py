"""The page on screened dyads: both verdicts, why, and how high chance alone scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.errors import Finding, InputError
from secdil_sd.figures import screening
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.fitting.screening.chance import chance
from secdil_sd.fitting.screening.reaction import ALLOWED, LEAST_CHANGES, SUPPORTED
from secdil_sd.fitting.screening.words import finding
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    import pandas as pd

CANNOT_TELL = (
    "Why anyone built up: growth together is what lists of arms races code, and a shared enemy, a "
    "boom or a currency does the same.",
    "Who began: the probability is of each answering the other, not of one side's plans.",
    f"Reaction in fewer than {LEAST_CHANGES} yearly changes, even where it is real.",
)
DOTS = (
    "Left: growth a year of both sides, in the three years that speak most for a build-up together; "
    "both must pass the dotted line. Right: the probability of reaction; at the right dotted line "
    "and beyond it is supported, at the left one and below refuted. What lies beyond the axis is "
    "drawn at its edge."
)
PLANE = (
    "A point a dyad: right of the dotted line both sides grew by 8% a year in some three years; "
    "reaction is supported from the upper dotted line up, refuted from the lower one down, if there "
    "are enough yearly changes to tell. What lies beyond the axis is drawn at its edge."
)
MOST_ROWS = 60


def table_page(table: pd.DataFrame) -> Page:
    """Return the page of a table, if it is one of a kind that has a page.

    Raises
    ------
    InputError
        If it is none.
    """
    if set(screening.COLUMNS) <= set(table.columns) and len(table):
        return screening_page(table)
    message = f"There is no report on a table with the columns {', '.join(map(str, table))}."
    remedy = "Give the result of an analysis, as screen(data, dyads)."
    raise InputError(Finding("error", message, remedy=remedy))


def screening_page(table: pd.DataFrame) -> Page:
    """Return the page of a screening."""
    record = {str(k): str(v) for k, v in table.attrs.items() if k not in ("placebos", "notes")}
    notes = tuple(table.attrs.get("notes", ()))
    answer = [f"{finding(table)}."]
    if len(table) == 1:
        answer.append(str(table["reasons"].iloc[0]))
    return Page(
        "Dyads screened",
        "Did both build up, and did each answer the other?",
        tuple(answer),
        (*notes, *CANNOT_TELL),
        (_verdicts_section(table), _chance_section(table)),
        record,
    )


def _verdicts_section(table: pd.DataFrame) -> Section:
    exhibit = Exhibit(
        "verdicts",
        finding(table),
        DOTS if len(table) <= screening.MOST_ROWS else PLANE,
        "Dyads by growth of both sides and by the probability that each answers the other.",
        (Panel(screening.verdicts(table), height=screening.height(len(table))),),
        table.drop(columns="reasons"),
    )
    order = table.assign(first=table["reaction"] == "supported").sort_values(
        ["first", "reaction_probability"], ascending=False, kind="stable"
    )
    shown = (table if len(table) <= MOST_ROWS else order).head(MOST_ROWS)
    rest = len(table) - len(shown)
    reasons = Table(
        "Verdicts and reasons",
        ("dyad", "years", "changes", "build-up", "reaction", "reasons"),
        tuple(_row(row) for row in shown.to_dict("records")),
        f"The {len(shown)} likeliest to react; {rest:,} more are in the data." if rest else "",
        table,
    )
    return Section("dyads", "Both verdicts", exhibits=(exhibit,), tables=(reasons,))


def _row(row: dict) -> tuple[str, ...]:
    return (
        f"{row['state_a']} - {row['state_b']}",
        f"{row['start']}-{row['end']}",
        str(row["n"]),
        _told(row["buildup"], row["buildup_probability"]),
        _told(row["reaction"], row["reaction_probability"]),
        str(row["reasons"]),
    )


def _told(verdict: str, probability: float) -> str:
    return verdict if probability != probability else f"{verdict} ({probability:.2f})"


def _chance_section(table: pd.DataFrame) -> Section:
    curves = chance(table, table.attrs.get("placebos", {}))
    at = curves[(curves["score"] - SUPPORTED).abs() < 1e-9].set_index("kind")["share"]
    worst = str(at.idxmax())
    kind = screening.KINDS[worst][2]
    exhibit = Exhibit(
        "chance",
        f"Of pairs that cannot react, at most {at.max():.0%} score {SUPPORTED:.0%} or more ({kind})",
        "Each line falls from left to right: the share of pairs without any reaction that score at "
        f"least so high. At most {ALLOWED:.0%} of placebo pairs may reach a dyad's score for its "
        "reaction to be supported. Triangles are the dyads.",
        "Share of placebo and simulated pairs that score at least as high, by score.",
        (Panel(screening.chance(curves, table), height=360),),
        curves,
    )
    return Section("calibration", "How high chance alone scores", exhibits=(exhibit,))
