"""The command ``new``: a scenario of states' own history, written with its data beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import given


def new(
    states: Annotated[
        list[str], typer.Argument(metavar="STATE STATE...", help="Names, ISO codes, COW numbers.")
    ],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="Military spending.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Or a file ending in .toml.")
    ] = Path("."),
    years: Annotated[
        str | None, typer.Option("--years", metavar="FIRST:LAST", help="By default all there are.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Default security_dilemma; richardson if GDP is unknown."),
    ] = None,
    gdp: Annotated[
        Path | None,
        typer.Option("--gdp", metavar="FILE", help="GDP, or spending as a share of it."),
    ] = None,
    burden: Annotated[
        list[str] | None,
        typer.Option(
            "--burden",
            metavar="STATE=SHARE",
            help="A published share of GDP, where GDP is in other prices; repeatable. Or a FILE.",
        ),
    ] = None,
    democracy: Annotated[
        Path | None, typer.Option("--democracy", metavar="FILE", help="Polity, V-Dem, or 0 to 1.")
    ] = None,
    cpi: Annotated[
        Path | None, typer.Option("--cpi", metavar="FILE", help="A price index, to deflate with.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="A sheet of the workbook.")] = None,
    units: Annotated[
        str | None, typer.Option("--units", help="Of a plain table, as 'million USD of 2015'.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a scenario of some states' history: a TOML file, its data, every value's origin.

    Spending and GDP are brought to one price basis, or refused with what is needed.
    """
    files = {"gdp": gdp, "democracy": democracy, "index": cpi}
    options = {"model": model, "sheet": sheet, "units": units, "years": years, "overwrite": force}
    shares = _burden(burden or [])
    path = sd.new_scenario(states, data, output, **given(**files, **options, burden=shares))
    case = sd.load_scenario(path)
    for caveat in case.caveats:
        typer.echo(f"note: {caveat}")
    waiting = [name for name, origin in case.origins.items() if origin.startswith("to be fitted")]
    typer.echo(f"Wrote {path} for the model {case.model.name}.")
    typer.echo(f"To be fitted: {', '.join(waiting)}. Next: secdil fit {path}")


def _burden(texts: Sequence[str]) -> dict[str, str] | Path | None:
    """Return STATE=SHARE pairs, or the one file given."""
    if len(texts) == 1 and "=" not in texts[0]:
        return Path(texts[0])
    pairs = [text.partition("=") for text in texts]
    return {name.strip(): value for name, _, value in pairs} or None
