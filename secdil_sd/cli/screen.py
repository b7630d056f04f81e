"""The command ``screen``: two verdicts on pairs of states, from a file of figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    PAGE_SUFFIXES,
    RESULT_SUFFIXES,
    OutputOption,
    SeedOption,
    check_writable,
    given,
)
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 20
MOST_REASONS = 8


def screen(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or workbook of spending.")],
    dyad: Annotated[
        list[str] | None,
        typer.Option(
            "--dyad",
            metavar="A:B[:FIRST:LAST]",
            help="Two states, as IND:PAK or 'India:Pakistan:1960:1990'; repeatable. Default: all.",
        ),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="FIRST:LAST", help="Years for dyads without years of their own."),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="A sheet of a workbook.")] = None,
    currency: Annotated[
        str | None,
        typer.Option(help="Of National Material Capabilities: USD (from 1914) or GBP (to 1913)."),
    ] = None,
    deflator: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Price level by year (columns year, index).")
    ] = None,
    placebos: Annotated[
        int | None, typer.Option("--placebos", help="Placebo pairs of either kind; 0 for none.")
    ] = None,
    seed: SeedOption = 1,
    output: OutputOption = None,
) -> None:
    """Judge pairs of states twice: did both build up, and did each answer the other?"""
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    span, dyads = _asked(window, dyad)
    if currency is None:
        table = sd.read_spending(file, **given(sheet=sheet))
    else:
        table = sd.read_nmc(file, currency=currency)
    found = sd.screen(
        table, dyads, seed=seed, **given(window=span, deflator=deflator, placebos=placebos)
    )
    typer.echo(_summary(found))
    if output is None:
        return
    if output.suffix.lower() in PAGE_SUFFIXES:
        typer.echo(f"Wrote {sd.report(found, path=output)}")
    else:
        from secdil_sd.analysis.saving import save_result

        typer.echo(f"Wrote {save_result(output, {'dyads': found}, dict(found.attrs))}")


def _asked(
    window: str | None, dyads: list[str] | None
) -> tuple[tuple[int, int] | None, list[tuple] | None]:
    """Read the years and dyads of the command line, all mistakes together."""
    findings: list[Finding] = []
    span = None if window is None else _years(window.split(":"), f"--window {window}", findings)
    if not dyads:
        asked = None
    else:
        asked = [each for text in dyads if (each := _dyad(text, findings)) is not None]
    if findings:
        raise InputError(*findings)
    return span, asked


def _dyad(text: str, findings: list[Finding]) -> tuple | None:
    parts = [each.strip() for each in text.split(":")]
    if len(parts) not in (2, 4) or not all(parts):
        remedy = "Write --dyad A:B or --dyad A:B:FIRST:LAST, as --dyad IND:PAK:1960:1990."
        findings.append(Finding("error", f"{text!r} is no dyad.", "--dyad", remedy=remedy))
        return None
    if len(parts) == 2:
        return tuple(parts)
    span = _years(parts[2:], f"--dyad {text}", findings)
    return None if span is None else (*parts[:2], *span)


def _years(parts: list[str], place: str, findings: list[Finding]) -> tuple[int, int] | None:
    try:
        first, last = (int(each) for each in parts)
    except ValueError:
        message = f"{':'.join(parts)!r} is no span of years."
        findings.append(Finding("error", message, place, remedy="Write it as 1960:1990."))
        return None
    return first, last


def _summary(found: pd.DataFrame) -> str:
    """Return the verdicts as text: a row a dyad, the most certain reactions first if many."""
    if found.empty:
        return "No pair of states has four figures in common years."
    lines = []
    shown = found
    if len(found) > MOST_ROWS:
        order = found.assign(first=found["reaction"] == "supported")
        by = ["first", "reaction_probability"]
        shown = order.sort_values(by, ascending=False).head(MOST_ROWS)
        lines.append(f"{len(found):,} dyads; the {MOST_ROWS} likeliest to react:")
    lines += [_verdicts(shown), ""]
    if len(found) <= MOST_REASONS:
        lines += [f"{r.state_a} - {r.state_b}: {r.reasons}" for r in shown.itertuples()] + [""]
    for verdict in ("buildup", "reaction"):
        counts = found[verdict].value_counts()
        told = ", ".join(f"{counts[each]:,} {each}" for each in counts.index)
        lines.append(f"{'build-up' if verdict == 'buildup' else verdict}: {told}")
    return "\n".join([*lines, *(f"note: {each}" for each in found.attrs["notes"])])


def _verdicts(found: pd.DataFrame) -> str:
    import pandas as pd

    rows = pd.DataFrame(
        {
            "dyad": found["state_a"] + " - " + found["state_b"],
            "years": found["start"].astype(str) + "-" + found["end"].astype(str),
            "n": found["n"],
            "build-up": found["buildup"],
            " p": found["buildup_probability"],
            "reaction": found["reaction"],
            "p ": found["reaction_probability"],
        }
    )
    return rows.to_string(index=False, float_format=lambda each: f"{each:.2f}", na_rep="")
