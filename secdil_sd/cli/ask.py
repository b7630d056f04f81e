"""Commands that ask something of a model or scenario: report, stability, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    ChangesOption,
    OutputOption,
    SetOption,
    SubjectArgument,
    check_writable,
    load_case,
    number,
    parse_ranges,
    write_result,
)
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario


def report(
    subject: SubjectArgument = "cold_war",
    output: OutputOption = None,
    overrides: SetOption = None,
    changes: ChangesOption = None,
) -> None:
    """Write an HTML report: the question, the answer, the figures, the equations."""
    found = load_case(subject, overrides, changes)
    path = output or Path(f"{Path(subject).stem}.html")
    typer.echo(f"Wrote {sd.report(found, path=path)}")


def stability(
    subject: SubjectArgument,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    at: Annotated[
        str | None,
        typer.Option(help='"start" (default), "end" or a time. Along a constant: default the end.'),
    ] = None,
    along: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=LOW:HIGH",
            help="Follow the points of rest as a constant moves, and say where that tips.",
        ),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Say whether a small increase in arms dies out or grows, and where things would settle."""
    found = load_case(subject, overrides, changes)
    remedy = 'Give "start", "end" or a time.'
    where: Any = at if at in (None, "start", "end") else number(str(at), "--at", remedy)
    if along is not None:
        _follow(found, along, where, output)
        return
    where = where or "start"
    if found.cases and output is None:
        for case in found.cases.values():
            typer.echo(f"{case.title}: {sd.stability(case, at=where)}")
        return
    result = sd.stability(found, at=where)
    typer.echo(str(result))
    if output is not None:
        result.save(output)
        typer.echo(f"Wrote {output}")


def _follow(case: Scenario, along: str, at: Any, output: Path | None) -> None:
    """Print where points of rest tip along a constant; write the diagram if asked."""
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    ((name, between),) = (parse_ranges([along]) or {}).items()
    times = case.times or case.model.time.times
    moment = float(times[0]) if at == "start" else None if at == "end" else at
    if case.cases and output is None:
        for each in case.cases.values():
            typer.echo(f"{each.title}: {sd.bifurcation(each, name, between, at=moment)}")
        return
    result = sd.bifurcation(case, name, between, at=moment)
    typer.echo(str(result))
    write_result(result, output)


def check(
    subject: SubjectArgument,
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="An output file of Vensim or another program."),
    ] = None,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    method: Annotated[
        str | None, typer.Option(help="With --against: another method than Euler.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Check a model or scenario file; exit code 1 if it has errors.

    With --against, run it as other programs do, by Euler's method, and compare every variable
    of their output file; exit code 1 if one differs by more than 1e-4.
    """
    found = load_case(subject, overrides, changes)
    if against is not None:
        _compare(found, against, method or "Euler", output)
        return
    if method is not None or output is not None:
        given = "--method" if method is not None else "-o"
        remedy = "Give --against FILE, or leave it out."
        raise InputError(Finding("error", f"{given}: only for a comparison.", remedy=remedy))
    model = found.model
    findings = model.check()
    for each in findings:
        typer.echo(f"{each.severity}: {each}")
    if found.propositions:
        count = (
            f"{len(found.propositions)} proposition{'' if len(found.propositions) == 1 else 's'}"
        )
        typer.echo(f"note: The scenario holds {count}. Try them: secdil propositions {subject}.")
    errors = sum(each.severity == "error" for each in findings)
    warnings = sum(each.severity == "warning" for each in findings)
    size = len(model.variables)
    typer.echo(f"{model.name}: {size} variables, {errors} errors, {warnings} warnings")
    if errors:
        raise typer.Exit(1)


def _compare(case: Scenario, against: Path, method: str, output: Path | None) -> None:
    """Print how a model compares with an output file; leave with 1 if it differs."""
    if output is not None:
        check_writable(output, (".csv", ".json"))
    found = sd.check_against(case, against, method)
    typer.echo(str(found))
    if output is not None:
        typer.echo(f"Wrote {found.save(output)}")
    if not found.matches:
        raise typer.Exit(1)
