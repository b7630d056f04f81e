"""The page of a discovery: the box, how it was found, what to hold against it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from secdil_sd.analysis.exploration.discovery import Discovery
from secdil_sd.analysis.exploration.modes import BehaviorModes
from secdil_sd.analysis.exploration.stacking import Stacking
from secdil_sd.analysis.exploration.words import counted, percent, readable
from secdil_sd.figures import discovery
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.names import spoken
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    import pandas as pd

CANNOT_TELL = (
    "A box says where something happens, not why: what it leaves unrestricted may still matter.",
    "Shares are of the sampled worlds. They are probabilities only if the ranges are believed.",
    "Quasi-p knows nothing of the search that found the box; judge by the worlds not used to find it.",
)
METHOD_NAMES = {"prim": "patient rule induction", "cart": "a classification tree"}


def discovery_page(result: Discovery) -> Page:
    """Return the page of a discovery."""
    answer = [f"{each}." for each in result.words] or [f"{result.finding}."]
    if result.chosen:
        answer.append(
            f"Over all worlds it is {percent(result.base_rate)}; among worlds not used to find "
            f"the box, {percent(result.unseen_density)} of those inside it."
        )
    sections = [_box_section(result)] if result.chosen else []
    sections += [_search_section(result), _scores_section(result)]
    return Page(
        "Scenario discovery",
        f"Where does it happen that {result.verdicts.clause}?",
        (*answer, counted(result)),
        (*result.reservations, *CANNOT_TELL),
        tuple(sections),
        {
            "method": METHOD_NAMES[result.method],
            "condition": result.where,
            **{name: value for name, value in result.provenance.items() if name != "method"},
        },
    )


def stacking_page(result: Stacking) -> Page:
    """Return the page of a dimensional stacking."""
    rows = len(dict.fromkeys(result.table["row"]))
    exhibit = Exhibit(
        "cells",
        result.finding,
        "Each cell holds the worlds whose parameters lie in its bins: the share that satisfies "
        "the condition, and how many worlds there are. Point at a cell for its 95% interval.",
        f"Share of worlds in which {result.clause}, by cell.",
        (Panel(discovery.stacking(result.table), height=120 + 90 * rows),),
        result.table,
    )
    return Page(
        "Dimensional stacking",
        f"Where does it happen that {result.clause}?",
        (f"{result.finding}.", f"Over all worlds it is {percent(result.base_rate)}."),
        CANNOT_TELL[1:2],
        (Section("cells-of", "Cell by cell", exhibits=(exhibit,)),),
        dict(result.provenance),
    )


def modes_page(result: BehaviorModes) -> Page:
    """Return the page of behavior modes."""
    exhibit = Exhibit(
        "modes",
        result.finding,
        "Bars are shares of the worlds, lines their 95% intervals. A world whose states behave "
        "differently counts as mixed.",
        "Share of worlds by behavior mode.",
        (Panel(discovery.mode_shares(result.shares)),),
        result.shares,
    )
    return Page(
        "Behavior modes",
        f"What shape does {result.output} take?",
        (f"{result.finding}.",),
        ("Why a path has its shape: the rules see the path alone.",),
        (Section("modes-of", "Mode by mode", exhibits=(exhibit,)),),
        dict(result.provenance),
    )


def _box_section(result: Discovery) -> Section:
    members = result.samples.assign(holds=result.holds)
    exhibits, tables = [], []
    clause = result.verdicts.clause
    for number in result.chosen:
        box = result.box(number)
        own = list(box.limits["parameter"])
        most = list(dict.fromkeys([*own, *result.leading]))
        pairs = list(combinations(most[: max(2, min(3, len(own)))], 2))
        panels = tuple(
            Panel(discovery.box_pair(members, box.limits, pair, _names(result)), height=380)
            for pair in pairs
        )
        exhibits.append(
            Exhibit(
                f"box-{number}",
                box.words,
                "Each point is a world; the frame is the box in these two parameters. Worlds that "
                "lie in the frame but not in the box differ in its other parameters.",
                f"Worlds by {' and '.join(most[:2])}, with the box.",
                panels,
                members,
            )
        )
        drawing = discovery.parallel_coordinates(members, box.limits, most)
        exhibits.append(
            Exhibit(
                f"brush-{number}",
                f"{clause[:1].upper()}{clause[1:]} in {percent(box.density)} of the "
                f"{box.support:,} worlds inside the box, in {percent(result.base_rate)} of all",
                "Each line is a world (at most 600 are drawn); the bands are the box. "
                "Drag a band or its ends to try another box: the worlds inside all bands stay lit.",
                "Worlds as lines over their parameters, brushed to the box.",
                (Panel(drawing, height=430),),
                box.limits,
            )
        )
        tables.append(_limits_table(result, number))
    return Section("box", "The box", exhibits=tuple(exhibits), tables=tuple(tables))


def _search_section(result: Discovery) -> Section:
    drawing = discovery.peeling(result.trajectory, result.base_rate, result.verdicts.worlds)
    title = (
        f"The box shown holds {percent(result.coverage)} of all {result.verdicts.worlds}; "
        "denser ones hold fewer"
        if result.chosen
        else "No box is reliably denser than the base rate"
    )
    exhibit = Exhibit(
        "trajectory",
        title,
        "Every candidate box: to the right it holds more of what is looked for, above it holds "
        "little else. Shown is the best compromise (harmonic mean of both) among boxes whose "
        "every bound matters (quasi-p below .05).",
        "Candidate boxes by coverage and density.",
        (Panel(drawing, height=400),),
        result.trajectory,
    )
    return Section("search", "How the box was found", exhibits=(exhibit,))


def _scores_section(result: Discovery) -> Section:
    top = result.scores.iloc[0]
    first = spoken(str(top["parameter"]))
    bars = min(len(result.scores), 12)
    exhibit = Exhibit(
        "scores",
        f"{first[:1].upper()}{first[1:]} tells the worlds apart most "
        f"({percent(float(top['score']))} of what does)",
        "How much each parameter helps five forests of random trees to tell the worlds apart; "
        "lines span the five. Bars near the shortest ones are noise.",
        "Feature scores of the parameters.",
        (Panel(discovery.scores(result.scores), height=80 + 34 * bars),),
        result.scores,
    )
    return Section("apart", "What tells the worlds apart", exhibits=(exhibit,))


def _limits_table(result: Discovery, number: int) -> Table:
    own: pd.DataFrame = readable(result.boxes[result.boxes["box"] == number])
    rows = tuple(tuple(str(each) for each in row) for row in own.itertuples(index=False))
    return Table(
        f"Bounds of box {number}",
        tuple(own.columns),
        rows,
        "Density without: of the box if this parameter were free. Stability: share of random "
        "halves of the worlds in which the same bound is found again.",
        result.boxes,
    )


def _names(result: Discovery) -> Sequence[str]:
    return (result.verdicts.clause, "not so")
