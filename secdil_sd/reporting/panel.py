"""The page of a panel: what it says of reaction and regimes, every dyad, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.figures import panel as figures
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.fitting.panel.result import Panel as FittedPanel
from secdil_sd.fitting.panel.verdicts import counted, forest_finding, population_finding
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    import pandas as pd

CANNOT_TELL = (
    "Why states arm together: allies, wars and booms that only some share look like reaction.",
    "Whether a regime causes what its dyads do: states were not given their regimes by lot.",
    "Beliefs and transparency themselves: a table of regimes only stands for them.",
)
SHOWN = {
    "state": "State", "rival": "Rival", "first": "From", "last": "To", "n": "Figures",
    "regime": "Regimes", "own": "Reaction alone", "together": "Reaction pooled",
    "tired": "Fatigue pooled", "gain": "Reaction gain",
}  # fmt: skip


def panel_page(result: FittedPanel) -> Page:
    """Return the page of a panel."""
    return Page(
        "Panel of dyads",
        "Do rivals answer each other's arms, and does it depend on who governs them?",
        result.verdicts,
        (*result.reservations, *CANNOT_TELL),
        (_population(result), _dyads(result), *_left_out(result)),
        dict(result.provenance),
    )


def _population(result: FittedPanel) -> Section:
    rates = result.coefficients
    rates = rates[rates["term"].str.startswith("reaction, ")]
    exhibit = Exhibit(
        "population",
        population_finding(result),
        "Blue: this panel, with its 90% interval. Yellow: the middle nine tenths of panels of the "
        "same states re-paired with no rivals of theirs. Gray: what was believed before.",
        "Reaction by kind of dyad, with prior and placebo panels.",
        (Panel(figures.coefficients(rates), height=130 + 62 * len(rates)),),
        result.coefficients,
    )
    tables = [_coefficients(result.coefficients)]
    if len(result.contrasts):
        tables.insert(0, _claims(result.contrasts))
    return Section("population-of", "What dyads have in common", (), (exhibit,), tuple(tables))


def _dyads(result: FittedPanel) -> Section:
    drawing = figures.forest(result.table, result.coefficients)
    exhibit = Exhibit(
        "forest",
        forest_finding(result),
        "Reaction is the yearly answer to each dollar of an equally large rival. Full marks: pooled, colored by the regimes of the two states, with 90% intervals. Hollow "
        "marks: from the dyad's own figures alone, cut at the edges. A dotted line shows how far "
        "pooling draws it. Yellow band: the means of placebo panels.",
        "Reaction of every side of every dyad, alone and pooled.",
        (Panel(drawing, height=int(drawing.layout.height)),),
        result.table,
    )
    return Section("dyads-of", "Dyad by dyad", (), (exhibit,), (_sides(result.table),))


def _left_out(result: FittedPanel) -> tuple[Section, ...]:
    if not len(result.dropped):
        return ()
    rows = tuple(tuple(str(x) for x in row) for row in result.dropped.itertuples(index=False))
    table = Table("Left out", ("Dyad", "Of the", "Because"), rows, data=result.dropped)
    return (Section("left-out", counted(result), tables=(table,)),)


def _claims(contrasts: pd.DataFrame) -> Table:
    rows = [
        (
            each["claim"], each["contrast"], each["claimed"], _span(each, "value", "low", "high"),
            _span(each, "placebo", "placebo_low", "placebo_high"), each["verdict"], each["reason"],
        )
        for each in contrasts.to_dict("records")
    ]  # fmt: skip
    columns = ("Claim", "Difference (1/year)", "Claimed", "Found", "Placebos", "Verdict", "Because")
    return Table("The essay's claims on regimes", columns, tuple(rows), data=contrasts)


def _coefficients(table: pd.DataFrame) -> Table:
    rows = [
        (
            each["term"], each["units"], _span(each, "value", "low", "high"),
            f"{each['prior_low']:.2f} to {each['prior_high']:.2f}",
            _span(each, "placebo", "placebo_low", "placebo_high"), f"{each['contraction']:.0%}",
        )
        for each in table.to_dict("records")
    ]  # fmt: skip
    columns = ("Term", "Unit", "Found (90%)", "Prior (90%)", "Placebos", "Narrower than prior")
    return Table("The population", columns, tuple(rows), data=table)


def _sides(table: pd.DataFrame) -> Table:
    rows: list[tuple[str, ...]] = []
    for each in table.to_dict("records"):
        cells = {
            **{name: str(each[name]) for name in ("state", "rival", "first", "last", "n")},
            "regime": str(each["regime"]) or "unknown",
            "own": _span(each, "reaction", "low", "high"),
            "together": _span(each, "pooled", "pooled_low", "pooled_high"),
            "tired": _span(each, "fatigue", "fatigue_low", "fatigue_high"),
            "gain": _span(each, "gain", "gain_low", "gain_high"),
        }
        rows.append(tuple(cells[name] for name in SHOWN))
    return Table("Every side", tuple(SHOWN.values()), tuple(rows), data=table)


def _span(row: dict, *names: str) -> str:
    middle, low, high = (row[each] for each in names)
    if middle != middle:
        return "none"
    return "{} ({} to {})".format(*(f"{round(each, 2) + 0.0:.2f}" for each in (middle, low, high)))
