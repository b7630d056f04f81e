"""Commands that say what drives what in a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    OutputOption,
    SubjectArgument,
    check_writable,
    load_case,
    write_result,
)

if TYPE_CHECKING:
    from secdil_sd.analysis.structure.tracing import Trace

VariableArgument = Annotated[str, typer.Argument(metavar="VARIABLE", help="A variable's name.")]
DepthOption = Annotated[int, typer.Option("--depth", help="How many equations to go through.")]
TABLE = (".csv", ".parquet", ".json")


def causes(
    subject: SubjectArgument,
    variable: VariableArgument,
    depth: DepthOption = 2,
    output: OutputOption = None,
) -> None:
    """Show what a variable depends on, as a tree."""
    _told(sd.causes, subject, variable, depth, output)


def uses(
    subject: SubjectArgument,
    variable: VariableArgument,
    depth: DepthOption = 1,
    output: OutputOption = None,
) -> None:
    """Show what depends on a variable, as a tree."""
    _told(sd.uses, subject, variable, depth, output)


def _told(
    trace: Callable[..., Trace], subject: str, variable: str, depth: int, output: Path | None
) -> None:
    if output is not None:
        check_writable(output, TABLE)
    found = trace(load_case(subject), variable, depth)
    typer.echo(str(found))
    write_result(found, output)
