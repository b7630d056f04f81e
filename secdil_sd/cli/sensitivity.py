"""The command that asks which parameters drive an output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    ChangesOption,
    MembersOption,
    OutputOption,
    OutputsOption,
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
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secdil_sd.simulation.scenario import Scenario


def sensitivity(
    subject: SubjectArgument = "cold_war",
    method: Annotated[
        str | None,
        typer.Option(
            help="sobol (the default), morris, fast, rbd_fast, delta, pawn, hdmr or tornado."
        ),
    ] = None,
    n: MembersOption = None,
    parameters: ParametersOption = None,
    outputs: OutputsOption = None,
    seed: SeedOption = 1,
    groups: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="NAME=P,Q", help="Judge parameters together; repeatable."),
    ] = None,
    constraints: Annotated[
        list[str] | None,
        typer.Option("--constraint", help='Such as "a >= b + c"; repeatable.'),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Run these members instead of a design; by pawn."),
    ] = None,
    drop: Annotated[
        bool, typer.Option("--drop-failed", help="Go on without failed runs, however many.")
    ] = False,
    case: Annotated[
        str | None, typer.Option("--case", help="Of a scenario with cases: which.")
    ] = None,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    output: OutputOption = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
) -> None:
    """Say which parameters drive an output, with intervals: which assumptions decide.

    An output such as "burden final" or "peak spiral number" is judged as it is, a whole series
    such as "burden" at each time.
    """
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    found = _one_case(load_case(subject, overrides, changes), case)
    running = given(backend=backend, client=workers)
    if samples is not None:
        stray = given(n=n, parameters=parameters, groups=groups, constraints=constraints)
        result = _of_samples(found, samples, outputs, method or "pawn", seed, stray, running)
    else:
        asked = given(
            method=method, n=n, parameters=parse_ranges(parameters), outputs=outputs,
            groups=_groups(groups), constraints=constraints,
        )  # fmt: skip
        policy = "drop" if drop else "refuse"
        result = sd.sensitivity(found, seed=seed, failures=policy, **asked, **running)
    typer.echo(str(result))
    write_result(result, output)


def _one_case(found: Scenario, name: str | None) -> Scenario:
    """Return the case that was named; a scenario with several needs one."""
    if not found.cases and name is None:
        return found
    from secdil_sd.names import suggestion

    known = ", ".join(found.cases)
    if not found.cases:
        raise InputError(Finding("error", f"{found.name!r} has no cases.", f"--case {name}"))
    if name is None:
        message = f"The scenario {found.name!r} has cases {known}."
        remedy = f"Take one of them, as --case {next(iter(found.cases))}."
        raise InputError(Finding("error", message, remedy=remedy))
    if name in found.cases:
        return found.cases[name]
    hint = suggestion(name, found.cases) or f"There are {known}."
    raise InputError(Finding("error", f"No case {name!r}.", "--case", remedy=hint))


def _groups(texts: Sequence[str] | None) -> dict[str, list[str]] | None:
    if not texts:
        return None
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, members = text.partition("=")
        if not sign or not members.strip():
            remedy = "Write --group 'NAME=P,Q', as --group 'beliefs=buildup alarm,worst case bias'."
            raise InputError(Finding("error", "It names no parameters.", text, remedy=remedy))
        found[name.strip()] = [each.strip() for each in members.split(",")]
    return found


def _of_samples(
    found: Scenario,
    path: Path,
    outputs: Sequence[str] | None,
    method: str,
    seed: int,
    stray: dict[str, Any],
    running: dict[str, Any],
) -> Any:
    """Run the members of a table and judge them; what would shape a design is refused."""
    from secdil_sd.analysis.sensitivity.study import default_outputs
    from secdil_sd.simulation.tables import read_samples

    if stray:
        message = f"{', '.join(stray)}: the members of --samples are what they are."
        raise InputError(Finding("error", message, remedy="Leave them out, or leave --samples."))
    wanted = outputs or default_outputs(found)
    run = found.run_ensemble(read_samples(path), outputs=wanted, **running)
    return sd.sensitivity_of(run, method=method, seed=seed)
