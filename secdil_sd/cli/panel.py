"""The command that fits many dyads at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    OutputOption,
    SeedOption,
    WorkersOption,
    check_writable,
    given,
    write_result,
)
from secdil_sd.errors import Finding, InputError


def panel(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Spending of all states, in one price basis.")
    ],
    dyad: Annotated[
        list[str] | None,
        typer.Option("--dyad", metavar="A:B", help="Two states, as IND:PAK; repeatable."),
    ] = None,
    dyads: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV with columns state_a, state_b (first, last)."),
    ] = None,
    gdp: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Size of states: Maddison, World Bank.")
    ] = None,
    democracy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Polity, or a table from 0 to 1.")
    ] = None,
    transparency: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A table from 0 to 1; Polity's xconst stands for it."),
    ] = None,
    deflator: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A price index, for spending at current prices."),
    ] = None,
    years: Annotated[
        str | None, typer.Option(metavar="FIRST:LAST", help="Years to use, as 1950:2012.")
    ] = None,
    year_effects: Annotated[str, typer.Option(help="world or none.")] = "world",
    minimum: Annotated[
        int, typer.Option(help="Years with figures of both that a dyad needs.")
    ] = 20,
    placebos: Annotated[int, typer.Option(help="Re-paired panels to stand beside it.")] = 8,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    output: OutputOption = None,
) -> None:
    """Fit many dyads at once: reaction pooled, by size and regime, beside re-paired states.

    Without --dyad or --dyads, all neighbors there are figures of.
    """
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    data = sd.read_spending(file)
    if deflator is not None:
        index = sd.read_index(deflator)
        data = sd.deflated(data, index, base_year=int(index.index.max()))
    result = sd.fit_panel(
        data,
        _dyads(dyad, dyads),
        years=_years(years),
        gdp=gdp,
        democracy=democracy,
        transparency=transparency,
        year_effects=year_effects,
        minimum=minimum,
        placebos=placebos,
        seed=seed,
        **given(client=workers, backend=backend),
    )
    typer.echo(str(result))
    write_result(result, output)


def _dyads(pairs: list[str] | None, file: Path | None) -> list[str] | Path | str:
    if pairs and file is not None:
        raise InputError(Finding("error", "Give --dyad or --dyads, not both."))
    return pairs or file or "contiguous"


def _years(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    try:
        first, last = (int(each) for each in text.split(":"))
    except ValueError:
        remedy = "Write FIRST:LAST, as --years 1950:2012."
        raise InputError(
            Finding("error", f"{text!r} is no span.", "--years", remedy=remedy)
        ) from None
    return first, last
