"""The page on a reality check: how often each proposition holds, and what breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from secdil_sd.analysis.reality.contrast import contrast
from secdil_sd.analysis.reality.words import percent
from secdil_sd.figures import reality
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.names import spoken
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    from secdil_sd.analysis.reality.checks import RealityCheck

CANNOT_TELL = (
    "Whether what holds here holds in the world: a proposition is tried on the model.",
    "How likely the draws are: a share says how much of the space that was drawn keeps a "
    "proposition, not with which probability it is true.",
)
MOST_ROWS = 10


def reality_page(result: RealityCheck) -> Page:
    """Return the page that shows what came of a reality check."""
    found = result.provenance
    name = str(found.get("scenario") or found.get("model") or "the model")
    constraints = result.table["kind"] == "constraint"
    sections = [
        proposition_section(result, result.table[~constraints]),
        constraint_section(result.table[constraints]),
    ]
    return Page(
        f"Reality check of {name}",
        "Does the model do what is expected of it?",
        (result.finding,),
        CANNOT_TELL if (~constraints).any() else CANNOT_TELL[:1],
        tuple(each for each in sections if each is not None),
        found,
    )


def proposition_section(result: RealityCheck, table: pd.DataFrame) -> Section | None:
    """Propositions: shares, the space in which each breaks, and counterexamples."""
    if table.empty:
        return None
    drawn = table[table["members"] > 0]
    exhibits = (
        [
            Exhibit(
                "reality-shares",
                _shares_title(table),
                "Each dot is the share of draws inside the premise in which the proposition holds; "
                "the bar its 95% interval. The mark says what is so at the case's own values.",
                "A dot a proposition with its interval, on an axis from 0% to 100%.",
                (Panel(reality.shares(table), height=110 + 46 * len(drawn)),),
                table,
            )
        ]
        if len(drawn)
        else []
    )
    for _, row in table.iterrows():
        draws = result.draws[row["name"], row["case"]]
        if row["share"] > 0 and (draws["holds"] == 0).any():
            exhibits.append(_ranges_exhibit(row, contrast(draws)))
    return Section(
        "propositions",
        "Propositions",
        (),
        tuple(exhibits),
        (_table(table), *_counterexamples(result)),
    )


def constraint_section(table: pd.DataFrame) -> Section | None:
    """Constraints of a model file: which are kept when their condition is made true."""
    if table.empty:
        return None
    broken = table[table["verdict"] == "fails"]
    title = "Every constraint that could be tested is kept"
    if len(broken):
        first = broken.iloc[0]
        more = f"; {len(broken) - 1} more do not hold" if len(broken) > 1 else ""
        title = f"“{first['name']}” is violated, first at {first['first']:g}{more}"
    elif not (table["verdict"] == "holds").any():
        title = "No constraint could be tested"
    rows = tuple(
        (
            row["name"],
            row["run"] or "not run",
            row["verdict"],
            f"{row['violated']} of {row['tested']}" if row["tested"] else "none",
            "" if pd.isna(row["first"]) else f"{row['first']:g} {row['where']}".strip(),
            row["note"],
        )
        for _, row in table.iterrows()
    )
    exhibit = Exhibit(
        "reality-constraints",
        title,
        "Each constraint is tested in a run in which its condition is made true (named under "
        "it), and where that may happen by itself in the run as it is. The bar is the share of "
        "the steps at which the condition was true and the consequence too.",
        "A bar a test of a constraint, from 0% to 100% of its steps.",
        (Panel(reality.steps(table), height=110 + 52 * len(table)),),
        table,
    )
    columns = ("constraint", "tested", "verdict", "violated steps", "first violated", "remark")
    return Section(
        "constraints",
        "Reality Check of the model file",
        (),
        (exhibit,),
        (Table("Every test", columns, rows, "", table),),
    )


def _shares_title(table: pd.DataFrame) -> str:
    drawn = table.dropna(subset=["share"])
    if drawn.empty:
        return "No draw could be judged"
    low, high = drawn.loc[drawn["share"].idxmin()], drawn.loc[drawn["share"].idxmax()]
    first = f"“{_plain(high['name'])}” holds in {percent(high['share'])} of the draws"
    if len(drawn) == 1:
        return first
    return f"{first}, “{_plain(low['name'])}” in {percent(low['share'])}"


def _ranges_exhibit(row: pd.Series, table: pd.DataFrame) -> Exhibit:
    label = f" ({row['case']})" if row["case"] else ""
    kept, broken = table.iloc[0], table.iloc[1]
    side = "high" if broken["value"] > kept["value"] else "low"
    count = min(table["parameter"].nunique(), reality.MOST_ROWS)
    return Exhibit(
        f"reality-{row.name}",
        f"“{_plain(row['name'])}”{label} breaks in {percent(1 - row['share'])} of the draws, "
        f"above all where {spoken(broken['parameter'])} is {side}",
        f"Proposition: {row['statement'].removesuffix('.')}. Thick bars hold the middle half of "
        "the draws, thin ones 90%, the ring is the middle. The parameter on which the two kinds "
        "of draws differ most comes first; under each name the values that were drawn.",
        "Two bars a parameter: where the draws lie that keep the proposition, and that break it.",
        (Panel(reality.ranges(table), height=reality.RANGES_HEIGHT + 44 * count),),
        table,
    )


def _table(table: pd.DataFrame) -> Table:
    rows = tuple(
        (
            _labelled(row["name"], row["case"]),
            row["statement"],
            row["verdict"],
            row["own"],
            "" if pd.isna(row["share"]) else percent(row["share"]),
            "" if pd.isna(row["low"]) else f"{percent(row['low'])} to {percent(row['high'])}",
            f"{row['members']}" + (f" ({row['failed']} failed)" if row["failed"] else ""),
            row["source"],
        )
        for _, row in table.iterrows()
    )
    columns = (
        "proposition", "statement", "verdict", "own values", "share", "95% interval", "draws",
        "source",
    )  # fmt: skip
    return Table("The propositions in numbers", columns, rows, "", table)


def _counterexamples(result: RealityCheck) -> tuple[Table, ...]:
    """One table a proposition that breaks: the nearest draws that do."""
    tables = []
    for (name, case), rows in result.counterexamples.groupby(["name", "case"], sort=False):
        drawn = [each for each in result.draws[name, case].columns if each != "holds"]
        shown = rows.head(MOST_ROWS)
        text = tuple(
            (
                _labelled(row["output"], row["element"]),
                f"{row['value']:.4g}",
                "" if pd.isna(row["time"]) else f"{row['time']:g}",
                *(f"{row[each]:.3g}" for each in drawn),
            )
            for _, row in shown.iterrows()
        )
        label = f" ({case})" if case else ""
        tables.append(
            Table(
                f"Counterexamples to “{_plain(name)}”{label}",
                ("output", "value", "first at", *map(str, drawn)),
                text,
                "Nearest to the case's own values first; each row can be run.",
                shown[["output", "element", "time", "value", "unchanged", *drawn]],
            )
        )
    return tuple(tables)


def _labelled(name: str, label: str) -> str:
    return f"{_plain(name)} ({label})" if label else _plain(name)


def _plain(name: str) -> str:
    return str(name).replace("_", " ")
