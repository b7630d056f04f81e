"""What commands share: their options, and how the subject named by a user is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secdil_sd.errors import FileError, Finding, InputError, SecdilError

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

SubjectArgument = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A scenario or model: bundled name or file.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Override a constant; may be repeated."),
]
ChangesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--changes",
        metavar="FILE",
        help="A Vensim changes file (.cin); may be repeated, later ones win, --set last.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to write; format by its ending."),
]


def load_case(
    text: str, overrides: Sequence[str] | None = None, changes: Sequence[Path] | None = None
) -> Scenario:
    """Load what the user named, with changes files and then single overrides in.

    Raises
    ------
    InputError
        For every mistake in the overrides and the changes files, together.
    """
    from secdil_sd.simulation.changes import read_changes
    from secdil_sd.simulation.scenario import load_subject

    params = parse_overrides(overrides or [])
    case = load_subject(text)
    findings: list[Finding] = []
    for path in changes or ():
        try:
            case = _changed(case, read_changes(path, case))
        except SecdilError as error:
            findings += error.findings
    try:
        case = _changed(case, params)
    except SecdilError as error:
        findings += error.findings
    if findings:
        raise InputError(*findings)
    return case


def _changed(case: Scenario, params: Mapping[str, Any]) -> Scenario:
    return case.replace(params=params) if params else case


def parse_overrides(texts: Sequence[str]) -> dict[str, float]:
    """Read NAME=VALUE pairs; raises InputError for everything that is none."""
    findings = []
    params: dict[str, float] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        try:
            params[name.strip()] = float(value)
        except ValueError:
            reason = f"{value!r} is not a number" if sign else "there is no '='"
            remedy = "Write --set 'NAME=VALUE', as --set 'transparency.India=0.8'."
            findings.append(Finding("error", f"{reason}.", f"--set {text!r}", remedy=remedy))
    if findings:
        raise InputError(*findings)
    return params


def check_writable(path: Path, suffixes: Sequence[str]) -> None:
    """Refuse an output that cannot be written before anything is computed."""
    if path.suffix.lower() not in suffixes:
        remedy = f"Use one of {', '.join(suffixes)}."
        raise InputError(
            Finding("error", f"No format ends in {path.suffix!r}.", str(path), remedy=remedy)
        )
    if not path.resolve().parent.is_dir():
        remedy = "Make it first, or write elsewhere."
        raise FileError(Finding("error", f"The folder of {path} does not exist.", remedy=remedy))


def number(text: str, place: str, remedy: str) -> float:
    """Return the number an option was given, or say what it takes."""
    try:
        return float(text)
    except ValueError:
        message = f"{text!r} is not a time."
        raise InputError(Finding("error", message, place, remedy=remedy)) from None
