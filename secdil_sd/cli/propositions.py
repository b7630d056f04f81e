"""The command that tests claims: the essay's, or those a scenario or model file states."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    MembersOption,
    OutputOption,
    ParametersOption,
    SeedOption,
    WorkersOption,
    check_writable,
    given,
    load_case,
    parse_ranges,
    write_result,
)
from secdil_sd.errors import Finding, InputError

PAGE = Path("propositions.html")


def propositions(
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="[SUBJECT]",
            help="A scenario or model that states propositions of its own; default: the essay's.",
        ),
    ] = None,
    n: MembersOption = None,
    seed: SeedOption = 1,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CLAIM", help="One of P1 to P32; may be repeated."),
    ] = None,
    parameters: ParametersOption = None,
    output: OutputOption = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
) -> None:
    """Test the essay's 32 claims: where they hold, what decides it, what they hang on.

    Prints a row a claim and writes a page with a small figure for each. With a SUBJECT, tests
    what that file expects of its model instead.
    """
    path = output or PAGE
    check_writable(path, RESULT_SUFFIXES)
    if subject is not None:
        _refuse_with_subject(only, parameters)
        _reality(subject, n, seed, output)
        return
    options = given(n=n, ids=only or None, client=workers or _workers(), backend=backend)
    typer.echo("Testing claims; the whole set takes up to a minute.", err=True)
    began = time.perf_counter()
    result = sd.propositions(seed=seed, parameters=parse_ranges(parameters), **options)
    typer.echo(str(result))
    simulations = int(result.provenance["simulations"])
    typer.echo(f"{simulations:,} simulations in {time.perf_counter() - began:.1f} s.")
    write_result(result, path)


def _workers() -> int | None:
    """Use the processors there are, up to four; starting a pool for one is a waste."""
    import os

    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(count or 1, 4) if (count or 1) > 1 else None


def _reality(subject: str, n: int | None, seed: int, output: Path | None) -> None:
    """Test what a scenario or model file expects of itself."""
    result = sd.reality_check(load_case(subject), seed=seed, **given(n=n))
    typer.echo(str(result))
    write_result(result, output)


def _refuse_with_subject(only: list[str] | None, parameters: list[str] | None) -> None:
    given_ = [name for name, value in (("--only", only), ("-p", parameters)) if value]
    if given_:
        message = f"{', '.join(given_)}: only for the essay's claims."
        raise InputError(Finding("error", message, remedy="Leave it out, or leave out SUBJECT."))
