"""What commands share: their options, and how the subject named by a user is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from secdil_sd.errors import FileError, Finding, InputError, SecdilError

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

PAGE_SUFFIXES = (".html", ".htm")
RESULT_SUFFIXES = (".csv", ".parquet", ".json", *PAGE_SUFFIXES)

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

ParametersOption = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        "--parameter",
        metavar="NAME[=LOW:HIGH]",
        help="What to vary; may be repeated. NAME[*] moves all elements together.",
    ),
]
OutputsOption = Annotated[
    list[str] | None,
    typer.Option("-v", "--output-variable", metavar="NAME", help="What to look at; repeatable."),
]
MembersOption = Annotated[int | None, typer.Option("-n", help="Size of the sample.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed, another sample.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", help="Processes to use.")]
BackendOption = Annotated[
    str | None, typer.Option("--backend", help="What integrates: numpy or numba.")
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
    from secdil_sd.simulation.scenario_loading import load_subject

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
    found = case.replace(params=params) if params else case
    if case.draws is not None:
        left = () if found.draws is None else found.draws.columns
        gone = [str(each) for each in case.draws.columns if each not in left]
        if gone:
            typer.echo(f"Set, and so no longer drawn from the fit: {', '.join(gone)}.", err=True)
    return found


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
    if path.is_dir() and path.suffix.lower() != ".zarr":  # a store is a folder
        raise FileError(Finding("error", f"{path} is a folder.", remedy="Name a file in it."))
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


def parse_ranges(texts: Sequence[str] | None) -> dict[str, tuple[float, float] | None] | None:
    """Read NAME or NAME=LOW:HIGH; None where nothing is given, all mistakes together.

    >>> parse_ranges(["fatigue", "reaction=0.1:0.3"])
    {'fatigue': None, 'reaction': (0.1, 0.3)}
    """
    if not texts:
        return None
    found: dict[str, tuple[float, float] | None] = {}
    findings = []
    for text in texts:
        name, sign, span = text.partition("=")
        try:
            low, high = (float(each) for each in span.split(":")) if sign else (0.0, 0.0)
        except ValueError:
            remedy = "Write NAME=LOW:HIGH, as -p 'reaction=0.1:0.3'."
            findings.append(Finding("error", f"{span!r} is not a range.", text, remedy=remedy))
            continue
        if name.strip() in found:
            message = f"{name.strip()!r} is given twice."
            findings.append(Finding("error", message, text, remedy="Keep one of them."))
        found[name.strip()] = (low, high) if sign else None
    if findings:
        raise InputError(*findings)
    return found


def given(**options: Any) -> dict[str, Any]:
    """Return the options that were given: what is None is left to the verb's own default.

    >>> given(seed=1, backend=None)
    {'seed': 1}
    """
    return {name: value for name, value in options.items() if value is not None}


def write_result(result: Any, path: Path | None) -> None:
    """Write a result where the user wants it, a page if that ends in .html; say where it is."""
    if path is None:
        return
    if path.suffix.lower() in PAGE_SUFFIXES:
        import secdil_sd as sd

        typer.echo(f"Wrote {sd.report(result, path=path)}")
    else:
        typer.echo(f"Wrote {result.save(path)}")
