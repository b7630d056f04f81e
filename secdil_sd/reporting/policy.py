"""Pages on what would stop it: the remedies of the schools, the cheapest policy, and both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from secdil_sd.analysis.condition import condition_in_words
from secdil_sd.analysis.policy.advice import Advice
from secdil_sd.analysis.policy.outcome import PolicySearch
from secdil_sd.analysis.policy.remedies import Remedies
from secdil_sd.analysis.policy.wording import uncertain_names
from secdil_sd.figures import policy as figures
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.reporting.page import Page, Section, Table

QUESTION = "What would stop it, in most of the worlds nobody can rule out?"
DOSE = (
    "A dose is the share of the way from things as they are to the end of the range of a remedy's "
    "levers, the same share for each of them, from the first year on."
)
RANGES = (
    "Whether a tenth of the way on one lever is as hard as on another: ranges, weights and what "
    "differs between worlds are judgement."
)
INSIDE = (
    "Whether a government can do it. These are changes inside the model, not forecasts, and what a "
    "lever stands for in practice is for the reader to say."
)


def advice_page(advice: Advice) -> Page:
    """Return the page that shows remedies and the cheapest policy side by side."""
    remedies, search = advice.remedies, advice.search
    return Page(
        f"{advice.title}: what would stop it",
        QUESTION,
        (
            f"{remedies.finding}.",
            *(() if search.cost == 0 and search.reached else (f"{search.finding}.",)),
            _worlds(remedies),
        ),
        (RANGES, INSIDE),
        (_schools_section(remedies), *_search_sections(search)),
        advice.provenance,
    )


def remedies_page(remedies: Remedies) -> Page:
    """Return the page that shows each school's smallest remedy."""
    return Page(
        f"{remedies.provenance.get('scenario', 'Policy')}: the smallest remedy of each school",
        QUESTION,
        (f"{remedies.finding}.", _worlds(remedies)),
        (RANGES, INSIDE),
        (_schools_section(remedies),),
        remedies.provenance,
    )


def search_page(search: PolicySearch) -> Page:
    """Return the page that shows the cheapest policy and what more or less would cost."""
    return Page(
        f"{search.provenance.get('scenario', 'Policy')}: the cheapest policy",
        QUESTION,
        (f"{search.finding}.", _worlds(search)),
        (RANGES, INSIDE),
        tuple(_search_sections(search)),
        search.provenance,
    )


def _worlds(found: Remedies | PolicySearch) -> str:
    share, low, high = found.status_quo
    return (
        f"Tried in {found.worlds} worlds that differ in {uncertain_names(found.uncertainties)}. As "
        f"things are, {condition_in_words(found.keep, 'is')} in {share:.0%} of them "
        f"({low:.0%} to {high:.0%})."
    )


def _schools_section(found: Remedies) -> Section:
    alone = f" {found.who} alone moves." if found.who else ""
    lead = (f"{DOSE} All remedies face the same worlds.{alone}",)
    calm = found.status_quo[0] >= found.target
    exhibits = (*(() if calm else (_ranking(found),)), _curves(found), _waterfall(found))
    points = tuple(_minded(row) for row in found.table.to_dict("records"))
    points += tuple(
        f"Left out: {each.remedy}, as {each.reason}." for each in found.skipped.itertuples()
    )
    return Section(
        "remedies", "The smallest remedy of each school", lead, exhibits, (_table(found),),
        points=points,
    )  # fmt: skip


def _ranking(found: Remedies) -> Exhibit:
    height = 80 + 46 * len(found.table)
    return Exhibit(
        "ranking",
        found.finding,
        f"The smallest dose that keeps the condition in {found.target:.0%} of worlds, with its 95% "
        "interval over worlds drawn again. Grey where even the full dose is not enough.",
        "Smallest dose of each remedy, ranked.",
        (Panel(figures.doses(found.table), height=height),),
        found.table,
    )


def _curves(found: Remedies) -> Exhibit:
    backfire = found.table[~found.table["monotone"].astype(bool)]
    title = "More of a remedy never breaks what less of it had kept"
    if len(backfire):
        worst = backfire.loc[backfire["broken"].idxmax()]
        title = (
            f"More is not always better: in full, {worst['remedy']} breaks what is kept now in "
            f"{worst['broken']:.0%} of worlds"
            if worst["broken"] > 0
            else f"More is not always better: {worst['remedy']} loses worlds again that less had won"
        )
    return Exhibit(
        "curves",
        title,
        "The share of worlds that keep the condition, by dose. Lines of one color are one school's.",
        "Share of worlds by dose, a line a remedy.",
        (Panel(figures.curves(found.curves, found.table, found.target), height=560),),
        found.curves,
    )


def _waterfall(found: Remedies) -> Exhibit:
    table = found.table
    best = table.loc[table["full_share"].idxmax()]
    title = (
        f"In full, {best['remedy']} brings the share from {found.status_quo[0]:.0%} to "
        f"{best['full_share']:.0%}"
        if best["full_share"] > found.status_quo[0]
        else f"No remedy in full improves on things as they are ({found.status_quo[0]:.0%})"
    )
    return Exhibit(
        "waterfall",
        title,
        "Every bar begins at the share as things are; it ends where the full dose brings it. A bar "
        "that goes back is a remedy that does harm.",
        "Gain in the share of worlds from each remedy in full.",
        (Panel(figures.gains(table, found.target), height=100 + 44 * len(table)),),
        table[["remedy", "school", "status_quo_share", "full_share", "broken"]],
    )


def _table(found: Remedies) -> Table:
    rows = tuple(_remedy_row(row) for row in found.table.to_dict("records"))
    return Table(
        "What each school would do, and what it takes",
        ("remedy", "school", "smallest amount", "in how many worlds"),
        rows,
        "Sources: " + " ".join(dict.fromkeys(found.table["source"])),
        found.table,
    )


def _remedy_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    share = f"{row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%})"
    found = row["dose"] == row["dose"]
    doubts = [] if row["settled"] or not found else ["not settled"]
    doubts += ["cannot tell"] if row["verdict"] == "cannot tell" else []
    told = f"{row['amount']} ({', '.join(doubts)})" if doubts else row["amount"]
    return row["remedy"], row["school"], told, share


def _minded(row: Mapping[str, Any]) -> str:
    """What a reader must bear in mind of a remedy."""
    told = [f"{row['remedy'][:1].upper()}{row['remedy'][1:]}: {row['caveat'] or row['statement']}"]
    if row["note"]:
        told.append(f"Without part of it here: {row['note']}.")
    if row["failed"]:
        told.append(f"{row['failed']} members failed and count as not kept.")
    return " ".join(told)


def _search_sections(found: PolicySearch) -> list[Section]:
    """The cheapest policy; nothing to show where nothing need be done."""
    if found.reached and found.cost == 0:
        return []
    return [
        Section(
            "cheapest",
            "The cheapest policy",
            (
                "Cost is the share of the way from the case's own value to the end of a lever's "
                "range, times the lever's weight, summed over levers.",
                f"It took {found.runs:,} runs, of which the search may spend {found.budget:,}; "
                f"{found.failed:,} failed and count as not kept. A search proves nothing: a cheaper "
                "policy may exist. A school's remedy counts its dose once; here every lever is paid for.",
            ),
            (_front(found), _settings(found)),
            (_policy_table(found),),
        )
    ]


def _front(found: PolicySearch) -> Exhibit:
    optimism = f" There the recommended policy keeps {found.optimism}." if found.optimism else ""
    return Exhibit(
        "front",
        found.finding,
        "Each point is the cheapest policy found for a share of worlds. Diamonds show the same "
        f"policies in fresh worlds, which the search never saw.{optimism}",
        "Cost against the share of worlds that keep the condition.",
        (Panel(figures.front(found.front, found.tried, found.target), height=420),),
        found.front,
    )


def _settings(found: PolicySearch) -> Exhibit:
    spent = found.front[list(found.levers)].abs().to_numpy() * found.policy["weight"].to_numpy()
    totals = pd.Series(spent.sum(axis=0), index=list(found.levers))
    idle = [each for each in found.levers if totals[each] == 0]
    title = f"{totals.idxmax()} carries most of the cost along the trade-off"
    if len(idle) == len(found.levers) - 1:
        title = f"{totals.idxmax()} alone does it; nothing else is worth its cost"
    return Exhibit(
        "settings",
        title[:1].upper() + title[1:],
        "What each policy of the trade-off spends on each lever."
        + (f" Never moved: {', '.join(idle)}." if idle else ""),
        "Cost by lever for each policy of the trade-off.",
        (Panel(figures.settings(found.front, found.policy), height=360),),
        found.front,
    )


def _policy_table(found: PolicySearch) -> Table:
    rows = tuple(
        (
            str(row.lever), f"{row.before:.3g}", f"{row.after:.3g}", f"{row.low:g} to {row.high:g}",
            f"{row.weight:g}", f"{row.cost:.2f}",
        )
        for row in found.policy.itertuples()
    )  # fmt: skip
    title = "The cheapest policy" if found.reached else "The policy that comes closest"
    columns = ("lever", "as things are", "under the policy", "range", "weight", "cost")
    return Table(title, columns, rows, "Means over the elements of a lever.", found.policy)
