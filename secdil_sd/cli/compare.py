"""The command that holds explanations of a history against each other and naive forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    ChangesOption,
    OutputOption,
    SeedOption,
    SetOption,
    SubjectArgument,
    check_writable,
    given,
    load_case,
    write_result,
)
from secdil_sd.errors import Finding, InputError


def compare(
    subject: SubjectArgument = "cold_war",
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Figures to use, not the scenario's.")
    ] = None,
    horizons: Annotated[
        list[int] | None,
        typer.Option("--horizon", metavar="YEARS", help="How far ahead; repeatable."),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="Explanations to compare; repeatable."),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", metavar="NAME", help="What the case's model frees."),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", metavar="NAME=FILE", help="The same in other prices; repeatable."),
    ] = None,
    minimum_years: Annotated[
        int | None, typer.Option(help="Years that forecasts learn from at least.")
    ] = None,
    placebos: Annotated[
        int | None, typer.Option(help="Histories without reaction to hold it against.")
    ] = None,
    seed: SeedOption = 1,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    output: OutputOption = None,
) -> None:
    """Say what explains a history best, whether anybody reacts, and what would have forecast it.

    Reaction is held against placebos in which nobody reacts; forecasts from every year with a
    past to learn from are held against naive ones.
    """
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    asked = given(
        horizons=horizons, models=models, parameters=parameters, minimum_years=minimum_years,
        placebos=placebos, alternatives=_files(also),
    )  # fmt: skip
    result = sd.compare(load_case(subject, overrides, changes), data, seed=seed, **asked)
    typer.echo(str(result))
    write_result(result, output)


def _files(texts: list[str] | None) -> dict[str, str] | None:
    """Files by what their prices are called; all mistakes together."""
    pairs = [text.partition("=") for text in texts or ()]
    remedy = "Write --also NAME=FILE, as --also 'current prices=milex.csv'."
    findings = [
        Finding("error", "It names no prices and file.", f"--also {''.join(each)!r}", remedy=remedy)
        for each in pairs
        if not all(part.strip() for part in each)
    ]
    if findings:
        raise InputError(*findings)
    return {name.strip(): path.strip() for name, _, path in pairs} or None
