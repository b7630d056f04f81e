"""The command line: thin commands over the public names.

Heavy imports happen inside the commands, so that ``secdil --help`` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import secdil_sd as sd
from secdil_sd.errors import FileError, Finding, InputError, SecdilError

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

TABLE_SUFFIXES = (".csv", ".parquet", ".nc", ".zarr", ".json")

app = typer.Typer(
    help="Will this rivalry spiral, what would have stopped it, and does history agree?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

SubjectArgument = Annotated[
    str, typer.Argument(metavar="SUBJECT", help="A scenario or model: bundled name or file.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Override a constant; may be repeated."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to write; format by its ending."),
]


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"secdil {sd.__version__}")
        raise typer.Exit


@app.command()
def report(
    subject: SubjectArgument = "cold_war",
    output: OutputOption = None,
    overrides: SetOption = None,
) -> None:
    """Write an HTML report: the question, the answer, the figures, the equations."""
    found = _subject(subject, overrides)
    path = output or Path(f"{Path(subject).stem}.html")
    typer.echo(f"Wrote {sd.report(found, path=path)}")


@app.command()
def run(
    subject: SubjectArgument,
    overrides: SetOption = None,
    output: OutputOption = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "--output-variable", "-v", metavar="NAME", help="What to compute; may be repeated."
        ),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV with a member a row: run an ensemble."),
    ] = None,
    method: Annotated[str | None, typer.Option(help="Integration method.")] = None,
    rtol: Annotated[float | None, typer.Option(help="Relative tolerance.")] = None,
    workers: Annotated[int | None, typer.Option(help="With samples: processes to use.")] = None,
    chunk: Annotated[int | None, typer.Option(help="With samples: members together.")] = None,
    backend: Annotated[str | None, typer.Option(help="With samples: numpy or numba.")] = None,
    failures: Annotated[
        str | None, typer.Option(help="With samples: record, raise or stop at failed members.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With samples: solve failed members again.")
    ] = False,
) -> None:
    """Solve a scenario or model and print or write its outputs.

    With samples and an output that ends in .zarr, members are written as they are solved; the
    same command goes on where an interrupted one ended.
    """
    found = _subject(subject, overrides)
    if output is not None:
        _check_writable(output, TABLE_SUFFIXES)
    settings: dict[str, Any] = {"outputs": outputs, "method": method, "rtol": rtol}
    many: dict[str, Any] = {
        "client": workers,
        "chunk": chunk,
        "backend": backend,
        "failures": failures,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    many = {name: value for name, value in many.items() if value is not None}
    if samples is None:
        _refuse_without_samples([*many, *(["retry_failed"] if retry_failed else [])])
        result = found.run(**given)
    else:
        many["retry_failed"] = retry_failed
        result = _run_members(found, _read_samples(samples), output, {**given, **many})
    if output is None:
        _print_dataset(result)
    elif samples is None or output.suffix.lower() != ".zarr":
        _write_dataset(result, output)
    if output is not None:
        typer.echo(f"Wrote {output}")


@app.command()
def stability(
    subject: SubjectArgument,
    overrides: SetOption = None,
    at: Annotated[str, typer.Option(help='"start", "end" or a time.')] = "start",
    output: OutputOption = None,
) -> None:
    """Say whether a small increase in arms dies out or grows, and where things would settle."""
    found = _subject(subject, overrides)
    where: Any = at if at in ("start", "end") else _number(at, "--at")
    if found.cases and output is None:
        for case in found.cases.values():
            typer.echo(f"{case.title}: {sd.stability(case, at=where)}")
        return
    result = sd.stability(found, at=where)
    typer.echo(str(result))
    if output is not None:
        result.save(output)
        typer.echo(f"Wrote {output}")


@app.command()
def models() -> None:
    """List the models that come with secdil."""
    for name in sd.models():
        model = sd.load_model(name)
        counts = model.variables["kind"].value_counts()
        shown = ", ".join(
            f"{counts[kind]} {kind}s" for kind in ("stock", "constant") if kind in counts
        )
        typer.echo(f"{name:20} {shown}  {model.path.name if model.path else ''}")


@app.command()
def scenarios() -> None:
    """List the scenarios that come with secdil."""
    for name in sd.scenarios():
        case = sd.load_scenario(name)
        typer.echo(f"{name:20} {case.title}")


@app.command()
def check(subject: SubjectArgument) -> None:
    """Check a model or scenario file; exit code 1 if it has errors."""
    model = _subject(subject, None).model
    findings = model.check()
    for each in findings:
        typer.echo(f"{each.severity}: {each}")
    errors = sum(each.severity == "error" for each in findings)
    warnings = sum(each.severity == "warning" for each in findings)
    size = len(model.variables)
    typer.echo(f"{model.name}: {size} variables, {errors} errors, {warnings} warnings")
    if errors:
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; a user's mistake is a sentence and exit code 2."""
    import logging

    said = logging.StreamHandler()  # what the package has to say in passing, as plain lines
    logging.getLogger("secdil_sd").handlers[:] = [said]
    try:
        app()
    except SecdilError as error:
        _fail(error)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        sys.exit(130)


def _fail(error: SecdilError) -> NoReturn:
    typer.echo(f"secdil: {error}", err=True)
    sys.exit(2)


def _subject(text: str, overrides: list[str] | None) -> Scenario:
    """Load what the user named, with the overrides in."""
    from secdil_sd.simulation.scenario import load_subject

    params = _parse_overrides(overrides or [])
    case = load_subject(text)
    return case.replace(params=params) if params else case


def _parse_overrides(texts: list[str]) -> dict[str, float]:
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


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError:
        remedy = 'Give "start", "end" or a time.'
        raise InputError(
            Finding("error", f"{text!r} is not a time.", place, remedy=remedy)
        ) from None


def _read_samples(path: Path) -> Any:
    import pandas as pd

    try:
        return pd.read_csv(path)
    except OSError as error:
        raise FileError(Finding("error", f"{path} cannot be read: {error.strerror}.")) from None
    except ValueError as error:
        remedy = "Give a header of constants and one member a row."
        raise InputError(
            Finding("error", f"not a table: {error}.", str(path), remedy=remedy)
        ) from None


def _check_writable(path: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse an output that cannot be written before anything is computed."""
    if path.suffix.lower() not in suffixes:
        remedy = f"Use one of {', '.join(suffixes)}."
        raise InputError(
            Finding("error", f"No format ends in {path.suffix!r}.", str(path), remedy=remedy)
        )
    if not path.resolve().parent.is_dir():
        remedy = "Make it first, or write elsewhere."
        raise FileError(Finding("error", f"The folder of {path} does not exist.", remedy=remedy))


def _run_members(found: Scenario, samples: Any, output: Path | None, given: Any) -> Any:
    """Run an ensemble, into its store if it has one, and say how it went."""
    import time

    store = output if output is not None and output.suffix.lower() == ".zarr" else None
    began = time.perf_counter()
    try:
        result = found.run_ensemble(samples, store=store, **given)
    except KeyboardInterrupt:
        if store is not None and store.exists():
            typer.echo(f"Stopped; {store} is whole so far. The same command goes on.", err=True)
        raise
    seconds = time.perf_counter() - began
    failed = int((result["status"] != "ok").sum())
    members = result.sizes["member"]
    typer.echo(
        f"{members:,} members, {failed:,} failed, {members / seconds:,.0f} members a second"
        f"{_peak_memory()}"
    )
    return result


def _peak_memory() -> str:
    """Largest resident memory of this process so far, where the system tells."""
    try:
        import resource
    except ImportError:
        return ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f", {most / (1e6 if sys.platform == 'darwin' else 1e3):,.0f} MB at most"


def _refuse_without_samples(names: list[str]) -> None:
    if names:
        shown = ", ".join(
            f"--{each.replace('client', 'workers').replace('_', '-')}" for each in names
        )
        remedy = "Give --samples FILE, or leave them out."
        raise InputError(Finding("error", f"{shown}: only for an ensemble.", remedy=remedy))


def _print_dataset(result: Any) -> None:
    """Print the outputs as a table: a row a time, a column an element."""
    for name, variable in result.data_vars.items():
        if "time" in variable.dims and variable.ndim == 2 and "member" not in variable.dims:
            typer.echo(
                f"\n{variable.attrs.get('long_name', name)} [{variable.attrs.get('units', '')}]"
            )
            typer.echo(variable.to_pandas().round(4).to_string(max_rows=12))
        elif variable.ndim < 2:
            typer.echo(
                f"\n{variable.attrs.get('long_name', name)} [{variable.attrs.get('units', '')}]"
            )
            shown = variable.to_pandas() if variable.ndim else variable.item()
            typer.echo(
                f"{shown:.6g}" if not variable.ndim else shown.round(4).to_string(max_rows=12)
            )


def _write_dataset(result: Any, path: Path) -> None:
    """Write the dataset in the format of the path's ending, whole or not at all."""
    from secdil_sd.simulation.export import write_dataset

    write_dataset(result, path)


if __name__ == "__main__":
    main()
