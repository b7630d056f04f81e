"""The command that finds where something happens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    ChangesOption,
    MembersOption,
    OutputOption,
    ParametersOption,
    SeedOption,
    SetOption,
    SubjectArgument,
    WorkersOption,
    check_writable,
    given,
    load_case,
    parse_ranges,
    write_result,
)


def discover(
    subject: SubjectArgument,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help='As "burden final > 0.1" or "mode is race"; default "peak spiral number > 1".',
        ),
    ] = None,
    parameters: ParametersOption = None,
    method: Annotated[str, typer.Option(help="prim or cart.")] = "prim",
    members: MembersOption = None,
    seed: SeedOption = 1,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Run this table of members instead of drawing one."),
    ] = None,
    save_samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the members judged (.csv .tab .parquet)."),
    ] = None,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    output: OutputOption = None,
) -> None:
    """Find the region of the assumptions in which something happens, as a box in words."""
    for path, suffixes in ((output, RESULT_SUFFIXES), (save_samples, (".csv", ".tab", ".parquet"))):
        if path is not None:
            check_writable(path, suffixes)
    case = load_case(subject, overrides, changes)
    result = sd.discover(
        case,
        where,
        seed=seed,
        parameters=parse_ranges(parameters),
        method=method,
        **given(
            n=members,
            samples=None if samples is None else sd.read_samples(samples),
            client=workers,
            backend=backend,
        ),
    )
    typer.echo(str(result))
    write_result(result, output)
    if save_samples is not None:
        typer.echo(f"Wrote {sd.write_samples(result.samples, save_samples)}")
