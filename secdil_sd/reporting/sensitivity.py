"""The page of a sensitivity analysis: what drives each output, together with what, how sure."""

from __future__ import annotations

from secdil_sd.analysis.sensitivity import views, words
from secdil_sd.analysis.sensitivity.result import Sensitivity
from secdil_sd.figures import sensitivity as drawings
from secdil_sd.figures.drivers import drivers
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.names import key, spoken
from secdil_sd.reporting.page import Page, Section, Table

CAPTIONS = {
    "sobol": "S1 is the share of the variation that goes when a parameter is known; ST counts its "
    "interactions as well, so that totals may exceed 1. Whiskers: 95% intervals; pale: not settled.",
    "fast": "S1 and ST as of Sobol, from search curves; their intervals are indicative only.",
    "morris": "Mean size of the effect of moving one parameter through its range, and how much that "
    "effect differs with all the others: above the dotted line it depends on them.",
    "rbd_fast": "The share of the variation that goes when a parameter is known. Whiskers: 95% intervals.",
    "hdmr": "The share of the variation each parameter explains in a fitted surrogate.",
    "delta": "How far the distribution of the output moves when a parameter is known: 0 not at all, 1 "
    "altogether. Whiskers: 95% intervals.",
    "pawn": "The largest distance between the distribution of the output and that within a slice of "
    "the parameter: 0 none, 1 altogether. Whiskers: 95% intervals; pale: not settled.",
    "tornado": "One parameter at a time at its low and its high end, all others as they are.",
}
ROWS = 20
COLUMNS = 12


def sensitivity_page(result: Sensitivity) -> Page:
    """Return the page of a sensitivity analysis."""
    sections = [_drivers(result)]
    if (result.indices["index"] == "S2").any() and not result.timed:
        sections.append(_pairs(result))
    sections += [_runs(result)]
    cannot = list(result.notes)
    if not result.settled and result.method != "tornado":
        more = f" An n larger by some {result.more:,} would likely do." if result.more else ""
        cannot.append(f"Which is which where an index is marked as not settled.{more}")
    cannot.append("Anything beyond the ranges that were varied, or outside the equations.")
    space = result.work.plan.space if result.work is not None else None
    return Page(
        f"What drives it: {space.case.title or space.case.name}" if space else "What drives it",
        f"Which of {result.indices['parameter'].nunique()} uncertain parameters decide the outcome?",
        (result.finding,),
        tuple(cannot),
        tuple(sections),
        {n: v for n, v in result.provenance.items() if n != "provenance" and len(v) < 400},
    )


def _drivers(result: Sensitivity) -> Section:
    exhibits = []
    tables = []
    for output, state in result.columns[:COLUMNS]:
        about = (result.indices, result.method, output, state)
        table = views.strongest(*about)
        if table["value"].isna().all():
            continue
        title = words.sentence(*about).rstrip(".")
        figure = drivers(result, output, state)
        shown = views.over_time(*about) if result.timed else table
        exhibits.append(
            Exhibit(
                key(f"drivers {output} {state}"), title, _caption(result),
                f"Parameters by their effect on {words.about(output, state, float('nan'))}.",
                (Panel(figure, height=int(figure.layout.height or 420)),), shown,
            )
        )  # fmt: skip
        tables.append(_index_table(result, output, state))
    lead = () if exhibits else (result.finding,)
    return Section("drivers", "What drives it", lead, tuple(exhibits), tuple(tables))


def _caption(result: Sensitivity) -> str:
    if not result.timed:
        return CAPTIONS[result.method]
    if result.method in ("sobol", "fast"):
        return (
            "Total index (ST) of each parameter at each time, one on top of the other: interactions "
            "are counted by everyone who takes part, so the sum may exceed 1."
        )
    return "The index of each parameter at each time."


def _index_table(result: Sensitivity, output: str, state: str) -> Table:
    table = views.strongest(result.indices, result.method, output, state)
    names = [each for each in dict.fromkeys(table["index"]) if each != "base"]
    cells = {(row.parameter, row.index): row for row in table.itertuples(index=False)}
    rows = []
    for parameter in list(dict.fromkeys(table["parameter"]))[:ROWS]:
        own = [cells[parameter, each] for each in names]
        note = "; ".join(dict.fromkeys(each.note for each in own if each.note))
        told = (words.cell(each).replace(" ", "\u00a0") for each in own)
        rows.append((spoken(parameter), *told, note))
    heads = [*(drawings.NAMES.get(each, each) for each in names), "note"]
    if not any(row[-1] for row in rows):
        rows, heads = [row[:-1] for row in rows], heads[:-1]
    title = words.capital(words.about(output, state, float(table["time"].iloc[0])))
    return Table(
        title, ("parameter", *heads), tuple(rows),
        "With half of the 95% interval; a question mark: not settled.", table,
    )  # fmt: skip


def _pairs(result: Sensitivity) -> Section:
    exhibits = []
    for output, state in result.columns[:COLUMNS]:
        table = views.pairs(result.indices, result.method, output, state)
        if table["value"].isna().all():
            continue
        sure = table[table["conf_low"] > 0].nlargest(1, "value")
        title = "No pair of parameters clearly acts together"
        for row in sure.itertuples(index=False):
            title = (
                f"{words.capital(spoken(row.parameter))} and {spoken(row.parameter2)} together add "
                f"{row.value:.0%} beyond what each does alone"
            )
        figure = drawings.pair_heat(table)
        where = words.about(output, state, float("nan"))
        exhibits.append(
            Exhibit(
                key(f"pairs {output} {state}"), f"{title} ({where})",
                "Second-order indices; a dot where the 95% interval holds 0.",
                f"Map of pairs of parameters for {output} {state}.",
                (Panel(figure, height=int(figure.layout.height)),), table,
            )
        )  # fmt: skip
    return Section("pairs", "What acts together", (), tuple(exhibits))


def _runs(result: Sensitivity) -> Section:
    said = [f"{result.method}: {result.runs:,} runs"]
    if result.method != "tornado":
        said[0] += f", n = {result.n:,}"
    tables: tuple[Table, ...] = ()
    if len(result.failed):
        said.append(
            f"{len(result.failed):,} failed; {result.dropped:,} of {result.blocks:,} blocks left out."
        )
        drivers_table = result.drivers.head(ROWS)
        rows = tuple(
            (
                spoken(row.parameter), f"{row.separation:.2f}", f"{row.side} {row.threshold:.4g}",
                f"{row.failed_there:.1%}", f"{row.failed_elsewhere:.1%}",
            )
            for row in drivers_table.itertuples(index=False)
        )  # fmt: skip
        tables = (
            Table(
                "What drives failure",
                ("parameter", "separation (0 to 1)", "where", "fails there", "fails elsewhere"),
                rows, "How well each parameter tells failed runs from others.", result.drivers,
            ),
        )  # fmt: skip
    return Section("runs", "How it was run", tuple(said), (), tables)
