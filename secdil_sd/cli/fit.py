"""The command that estimates a scenario's parameters from figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    ChangesOption,
    OutputOption,
    SeedOption,
    SetOption,
    SubjectArgument,
    check_writable,
    given,
    load_case,
    parse_ranges,
    write_result,
)
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGES_SUFFIX = ".cin"


def fit(
    subject: SubjectArgument = "cold_war",
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Figures; default the scenario's own."),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--parameter",
            metavar="NAME[=LOW:HIGH]",
            help="What to fit; repeatable. NAME is a number for each state, NAME[*] one for all.",
        ),
    ] = None,
    bounds: Annotated[
        list[str] | None,
        typer.Option("--bounds", metavar="NAME=LOW:HIGH", help="Of a number fitted; repeatable."),
    ] = None,
    years: Annotated[
        str | None, typer.Option(metavar="FIRST:LAST", help="Figures of these years only.")
    ] = None,
    variable: Annotated[
        str | None, typer.Option(help="What the figures are of: spending (the default) or burden.")
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option(help="How figures scatter: lognormal (with memory), normal or 'student t'."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="Optimizer: least_squares or L-BFGS-B.")
    ] = "least_squares",
    starts: Annotated[
        int | None, typer.Option(help="Places looked at before the best are improved.")
    ] = None,
    search: Annotated[
        bool, typer.Option("--search", help="Look over the whole bounds first; slower.")
    ] = False,
    level: Annotated[float, typer.Option(help="Of the intervals, up to 0.95.")] = 0.9,
    seed: SeedOption = 1,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    output: OutputOption = None,
    backend: BackendOption = None,
) -> None:
    """Estimate parameters from figures: how sure, what cannot be told, what the residuals say.

    An output .cin holds the estimates as Vensim changes, .html a page, .json the whole fit.
    """
    if output is not None:
        check_writable(output, (*RESULT_SUFFIXES, CHANGES_SUFFIX))
    spans = parse_ranges(parameters) or {}
    limits = {**_bounds(bounds), **{name: span for name, span in spans.items() if span}}
    found = sd.fit(
        load_case(subject, overrides, changes),
        data=data,
        parameters=list(spans) or None,
        bounds=limits or None,
        variable=variable,
        noise=noise,
        years=_years(years),
        method=method,
        search="differential_evolution" if search else None,
        level=level,
        seed=seed,
        **given(starts=starts, backend=backend),
    )
    typer.echo(found.report())
    if output is not None and output.suffix.lower() == CHANGES_SUFFIX:
        typer.echo(f"Wrote {found.to_changes(output)}")
    else:
        write_result(found, output)


def _bounds(texts: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    """Read NAME=LOW:HIGH; a name without bounds is refused."""
    found = parse_ranges(texts) or {}
    bare = [name for name, span in found.items() if span is None]
    if bare:
        remedy = f"Write --bounds '{bare[0]}=LOW:HIGH', as --bounds 'reaction=-1:1'."
        raise InputError(Finding("error", "It has no bounds.", bare[0], remedy=remedy))
    return {name: span for name, span in found.items() if span is not None}


def _years(text: str | None) -> tuple[int, int] | None:
    """Read FIRST:LAST.

    >>> _years("1950:1980")
    (1950, 1980)
    """
    if text is None:
        return None
    first, _, last = text.partition(":")
    try:
        span = int(first), int(last)
    except ValueError:
        span = (1, 0)
    if span[0] > span[1]:
        remedy = "Write --years FIRST:LAST, as --years 1950:1980."
        raise InputError(
            Finding("error", f"{text!r} is no span of years.", "--years", remedy=remedy)
        )
    return span
