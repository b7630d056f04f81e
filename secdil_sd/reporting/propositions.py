"""The page of the claims: all at a glance, what they hang on, and a card for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secdil_sd.analysis.propositions.book import Book, Claim, book
from secdil_sd.analysis.propositions.history import WORDS
from secdil_sd.analysis.propositions.judging import percent
from secdil_sd.analysis.propositions.knockout import as_matrix
from secdil_sd.analysis.propositions.testing import hanging_on_one
from secdil_sd.figures import propositions as drawings
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.reporting.page import Card, Page, Section, Table

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.analysis.propositions.testing import Propositions

CANNOT_TELL = (
    "Whether a claim is true: it says what follows from the model, whose constants are mostly "
    "judgement, in how much of their range.",
    "The scale of the war probabilities; only ratios and signs mean something.",
    "Anything the model leaves out: alliances, nuclear strategy beyond a share of the hazard, "
    "wars that feed back on arms, changes of regime.",
)
SMALL = 240
HISTORY = {WORDS[True]: "holds", WORDS[False]: "fails", WORDS[None]: "outside"}
"""The kind of mark a card carries for what history says."""
LABELS = {
    "built in": "follows from one equation: the model was built to say it",
    "emergent": "needs the interplay of several equations",
    "touches data": "is also asked of the values fitted to the Cold War; why the model says it "
    "stands beside the label",
}


def propositions_page(result: Propositions) -> Page:
    """Return the page of the claims."""
    contents = book()
    table = result.table
    failing = table[[each is False for each in table["holds_at_defaults"]]]
    answer = [result.finding]
    if len(failing):
        shown = "; ".join(
            f"{row.claim} ({row.statement.rstrip('.').lower()[:1]}{row.statement.rstrip('.')[1:]})"
            for row in failing.itertuples()
        )
        answer.append(f"Failing at the defaults: {shown}.")
    if result.history:
        answer.append(result.history)
    return Page(
        "The security dilemma, claim by claim",
        "Which of the essay's claims hold, where, and because of what?",
        tuple(answer),
        CANNOT_TELL,
        (
            _glance(result),
            _knockouts(result),
            Section("claims", "Claim by claim", (_lead(result),), cards=_cards(result, contents)),
            _method(result, contents),
        ),
        {name: value for name, value in result.provenance.items() if name != "provenance"},
    )


def _glance(result: Propositions) -> Section:
    table = result.table
    everywhere = int((table["verdict"] == "holds everywhere").sum())
    sometimes = table["verdict"].isin(["holds sometimes"]).sum()
    title = (
        f"{everywhere} of {len(table)} claims hold in every plausible world tried, "
        f"{sometimes} only in some"
    )
    return Section(
        "glance",
        "All claims at a glance",
        (),
        (
            Exhibit(
                "shares",
                title,
                "Each mark is the share of the plausible worlds in which the claim holds, its bar "
                "the 95% interval. Circles hold at the model's defaults, crosses do not.",
                "One row a claim: a mark between 0 and 100% with an interval.",
                (Panel(drawings.shares(table), height=90 + drawings.ROW * len(table)),),
                table,
            ),
        ),
    )


def _knockouts(result: Propositions) -> Section:
    alone = hanging_on_one(result.table)
    title = "No claim hangs on a single mechanism"
    if len(alone):
        most = alone["needs"].value_counts()
        title = (
            f"{len(alone)} of {len(result.table)} claims hang on a single mechanism, "
            f"{most.index[0]} the most often ({most.iloc[0]})"
        )
    rows = len(result.table)
    return Section(
        "knockouts",
        "What each claim hangs on",
        (
            "Each mechanism is switched off in turn, at the defaults, and every claim is asked "
            "again. A claim that fails without one mechanism, and without no other that can be "
            "tested, hangs on that one. Where a claim cannot be tested, nothing is said of it.",
        ),
        (
            Exhibit(
                "knockout-matrix",
                title,
                "✓ the claim still holds, ✕ it fails, – it cannot be tested without the mechanism: "
                "what the test varies no longer acts, its premise is gone, or spending outgrows "
                "the economy.",
                "A grid of claims by mechanisms, each cell marked as holding, failing or not testable.",
                (
                    Panel(
                        drawings.knockout_matrix(result.knockouts), height=180 + drawings.ROW * rows
                    ),
                ),
                as_matrix(result.knockouts).reset_index(),
            ),
        ),
    )


def _lead(result: Propositions) -> str:
    n = int((result.table["n"] + result.table["failed"] + result.table["outside"]).max())
    return (
        f"Shares are over {n:,} worlds drawn from the ranges of the model's constants. The figures "
        "show the model at its defaults. Where essay and literature disagree both readings stand."
    )


def _cards(result: Propositions, contents: Book) -> tuple[Card, ...]:
    claims = {claim.key: claim for claim in contents.claims}
    return tuple(
        _card(claims[row["claim"]], row, result.curves) for row in result.table.to_dict("records")
    )


def _card(claim: Claim, row: dict[str, Any], curves: pd.DataFrame) -> Card:
    default = {True: "holds", False: "fails", None: "outside"}[row["holds_at_defaults"]]
    marks = [(default, f"{default} at the defaults"), ("label", claim.label)]
    if claim.reading:
        marks.insert(0, ("label", f"reading of the {claim.reading}"))
    facts = [
        ("In the plausible space", _share(row)),
        ("Test", claim.test),
        ("Hangs on", f"{row['depends_on'][:1].upper()}{row['depends_on'][1:]}."),
        ("Why “" + claim.label + "”", f"{claim.because[:1].upper()}{claim.because[1:]}."),
    ]
    if row["data"]:
        marks.append((HISTORY[row["history"]], f"Cold War: {row['history']}"))
        facts.append(("History", f"{row['history'].capitalize()}. {row['data']}"))
    facts += [("On the essay", claim.note), ("Sources", "; ".join(claim.sources))]
    return Card(
        claim.key.lower().replace(" ", "-"),
        claim.key.split()[0],
        claim.statement,
        tuple(marks),
        claim.quote,
        claim.section,
        Panel(_figure(claim, curves[curves["claim"] == claim.key]), height=SMALL),
        f"{claim.show.title}: {', '.join(each for each in claim.show.runs.values() if each)}.",
        tuple(facts),
    )


def _figure(claim: Claim, curves: pd.DataFrame) -> Any:
    show = claim.show
    if show.axis:
        return drawings.ends(curves, show.axis, show.title, show.threshold)
    return drawings.paths(curves, show.title, show.threshold, show.percent, show.zero)


def _share(row: dict[str, Any]) -> str:
    if not row["n"]:
        return f"{row['verdict'].capitalize()}: no world could be judged."
    spread = f"{percent(row['conf_low'])} to {percent(row['conf_high'])}"
    verb = "" if row["verdict"].startswith("holds") else "holds "
    text = f"{row['verdict'].capitalize()}: {verb}in {percent(row['share'])} ({spread})"
    text += f" of {row['n']:,} worlds"
    if row["outside"]:
        text += f", {row['outside']:,} lying outside the claim"
    if row["failed"]:
        text += f", {row['failed']:,} failed and not counted"
    return f"{text}. {row['rule']}" if 0 < row["share"] < 1 else f"{text}."


def _method(result: Propositions, contents: Book) -> Section:
    mechanisms = tuple(
        (name, ", ".join(f"{c} {v:g}" for c, v in each.neutral.items()), each.meaning)
        for name, each in contents.mechanisms.items()
    )
    horizons = tuple(
        (name, f"{each.times[0]:g} to {each.times[-1]:g}", each.why)
        for name, each in contents.horizons.items()
    )
    labels = tuple((name, meaning) for name, meaning in LABELS.items())
    drawn = [each for each in result.worlds if each not in set(result.table["claim"])]
    return Section(
        "method",
        "How the claims were tested",
        (
            "Every claim is a set of changes made to the same worlds, and a question about what "
            "they lead to: the same draws in each, so that only the change differs. An effect "
            "below a hundred-thousandth counts as none. What decides a claim is found by the "
            "largest distance between the distributions of a constant where it holds and where "
            "not, tested at 1% over all constants.",
            f"Drawn, alike for all states: {', '.join(drawn)}; with revelation strength at least "
            "worst case bias plus buildup alarm. Everything else is as the claim sets it or at the "
            "model's default.",
        ),
        tables=(
            Table("What the labels mean", ("label", "meaning"), labels),
            Table("What a knockout holds", ("mechanism", "constants", "meaning"), mechanisms),
            Table("How long runs last", ("runs", "years", "why"), horizons),
        ),
    )
