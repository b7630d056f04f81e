"""The command that asks what would stop it: each school's smallest remedy, the cheapest policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    RESULT_SUFFIXES,
    BackendOption,
    ChangesOption,
    MembersOption,
    OutputOption,
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
    from secdil_sd.simulation.scenario import Scenario


def policy(
    subject: SubjectArgument,
    levers: Annotated[
        list[str] | None,
        typer.Option(
            "--lever",
            metavar="NAME[=LOW:HIGH]",
            help="What the cheapest policy may move; may be repeated. NAME.STATE: one state's.",
        ),
    ] = None,
    uncertain: Annotated[
        list[str] | None,
        typer.Option(
            "--uncertain",
            metavar="NAME[=LOW:HIGH]",
            help="What differs between worlds; may be repeated.",
        ),
    ] = None,
    keep: Annotated[
        str, typer.Option(metavar="CONDITION", help="What must hold.")
    ] = "peak spiral number < 1",
    share: Annotated[float, typer.Option(help="In which share of worlds.")] = 0.9,
    costs: Annotated[
        list[str] | None,
        typer.Option("--cost", metavar="NAME=WEIGHT", help="Cost of a lever's whole way."),
    ] = None,
    who: Annotated[
        str | None, typer.Option(metavar="STATE", help="Remedies of one state alone.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="CASE", help="Which case of a scenario with cases.")
    ] = None,
    n: MembersOption = None,
    seed: SeedOption = 1,
    budget: Annotated[int | None, typer.Option(help="Runs the search may spend.")] = None,
    workers: WorkersOption = None,
    backend: BackendOption = None,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    output: OutputOption = None,
) -> None:
    """Find the smallest remedy of each school, and the cheapest policy that works.

    Both keep a condition in a share of sampled worlds: worlds that differ in what nobody can
    measure.
    """
    if output is not None:
        check_writable(output, RESULT_SUFFIXES)
    found = _one_case(load_case(subject, overrides, changes), case)
    common = given(n=n, client=workers, backend=backend, uncertainties=parse_ranges(uncertain))
    search = sd.search_policy(
        found, parse_ranges(levers), keep=keep, share=share, costs=_costs(costs), seed=seed,
        **common, **given(budget=budget),
    )  # fmt: skip
    remedies = sd.remedies(found, share, keep, seed=seed, who=who, **common)
    from secdil_sd.analysis.policy.advice import Advice

    advice = Advice(found.title or found.name, remedies, search)
    typer.echo(str(advice))
    write_result(advice, output)


def _one_case(found: Scenario, name: str | None) -> Scenario:
    """Return the case a user means; a scenario with cases needs one named."""
    if name is None and not found.cases:
        return found
    from secdil_sd.names import Names

    cases = Names(found.cases, "case")
    if name is not None and found.cases:
        return found.cases[cases[name]]
    if name is not None:
        message = f"The scenario {found.name!r} has no cases."
        raise InputError(Finding("error", message, "--case", remedy="Leave it out."))
    message = f"The scenario {found.name!r} has cases: {', '.join(found.cases)}."
    remedy = f"Choose one, as --case {next(iter(found.cases))}."
    raise InputError(Finding("error", message, remedy=remedy))


def _costs(texts: list[str] | None) -> dict[str, float] | None:
    """Read NAME=WEIGHT; all mistakes together."""
    weights: dict[str, float] = {}
    findings = []
    for text in texts or ():
        name, _, weight = text.partition("=")
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            remedy = "Write NAME=WEIGHT, as --cost transparency=2."
            findings.append(
                Finding("error", f"{weight!r} is not a number.", f"--cost {text!r}", remedy=remedy)
            )
    if findings:
        raise InputError(*findings)
    return weights or None
