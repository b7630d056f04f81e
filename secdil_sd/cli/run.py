"""The command that solves: one run or an ensemble, printed or written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    ChangesOption,
    OutputOption,
    SetOption,
    SubjectArgument,
    check_writable,
    load_case,
)
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

TABLE_SUFFIXES = (".csv", ".parquet", ".nc", ".zarr", ".json")
CHANGES_SUFFIX = ".cin"
STATE_SUFFIXES = (".nc", ".zarr")


def run(
    subject: SubjectArgument,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    output: OutputOption = None,
    outputs: Annotated[
        list[str] | None,
        typer.Option(
            "--output-variable", "-v", metavar="NAME", help="What to compute; may be repeated."
        ),
    ] = None,
    savelist: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A Vensim save list (.lst): what to compute."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A table with a member a row (.csv .tab .txt .tsv .parquet): run an ensemble.",
        ),
    ] = None,
    method: Annotated[str | None, typer.Option(help="Integration method.")] = None,
    rtol: Annotated[float | None, typer.Option(help="Relative tolerance.")] = None,
    workers: Annotated[int | None, typer.Option(help="With samples: processes to use.")] = None,
    chunk: Annotated[int | None, typer.Option(help="With samples: members together.")] = None,
    backend: Annotated[str | None, typer.Option(help="What integrates: numpy or numba.")] = None,
    failures: Annotated[
        str | None, typer.Option(help="With samples: record, raise or stop at failed members.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With samples: solve failed members again.")
    ] = False,
    save_state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the state at the time of --at (.nc or .zarr)."),
    ] = None,
    at: Annotated[float | None, typer.Option(help="With --save-state: its time.")] = None,
    from_state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on from a state that was saved.")
    ] = None,
) -> None:
    """Solve a scenario or model and print or write its outputs.

    With samples and an output that ends in .zarr, members are written as they are solved; the
    same command goes on where an interrupted one ended. An output that ends in .cin takes the
    values and times of the scenario to Vensim; nothing is solved for it. A state that was saved
    half way lets another command go on from there, with other values if it likes.
    """
    found = load_case(subject, overrides, changes)
    if output is not None:
        check_writable(output, (*TABLE_SUFFIXES, CHANGES_SUFFIX))
        if output.suffix.lower() == CHANGES_SUFFIX and save_state is None and at is None:
            typer.echo(f"Wrote {sd.write_changes(found, output)}")
            return
    method = method or _own_method(found)
    if save_state is not None or at is not None:
        solving = {
            "method": method,
            "rtol": rtol,
            "chunk": chunk,
            "backend": backend,
            "start_from": from_state,
        }
        _save_state(found, save_state, at, samples, solving)
        return
    settings = {
        "outputs": _wanted(found, outputs, savelist),
        "method": method,
        "rtol": rtol,
        "start_from": from_state,
        "backend": backend,
    }
    many = {"client": workers, "chunk": chunk, "failures": failures}
    given: dict[str, Any] = {name: v for name, v in settings.items() if v is not None}
    extra: dict[str, Any] = {name: v for name, v in many.items() if v is not None}
    if samples is None:
        _refuse_without_samples([*extra, *(["retry_failed"] if retry_failed else [])])
        result = found.run(**given)
    else:
        from secdil_sd.simulation.tables import read_samples

        given |= {**extra, "retry_failed": retry_failed}
        result = _run_members(found, read_samples(samples), output, given)
    if output is None:
        _print_dataset(result)
        return
    if samples is None or output.suffix.lower() != ".zarr":
        from secdil_sd.simulation.export import write_dataset

        write_dataset(result, output)
    typer.echo(f"Wrote {output}")


def _own_method(case: Scenario) -> str | None:
    """Euler for what no adaptive method solves, saying so; else leave it to the model."""
    reason = case.model.needs_euler(case.params)
    if not reason:
        return None
    typer.echo(f"Solved by Euler's method, as {reason}.", err=True)
    return "Euler"


def _save_state(
    found: Scenario,
    path: Path | None,
    at: float | None,
    samples: Path | None,
    settings: dict[str, Any],
) -> None:
    """Write the state at a time, of one run or of every member of a table."""
    if path is None or at is None:
        alone, other = ("--at", "--save-state FILE") if path is None else ("--save-state", "--at T")
        raise InputError(Finding("error", f"{alone} needs {other} beside it."))
    check_writable(path, STATE_SUFFIXES)
    from secdil_sd.simulation.export import write_dataset
    from secdil_sd.simulation.tables import read_samples

    drawn = None if samples is None else read_samples(samples)
    given = {name: value for name, value in settings.items() if value is not None}
    state = found.state(at, samples=drawn, **given)
    typer.echo(f"Wrote {write_dataset(state, path)}")


def _wanted(found: Scenario, outputs: list[str] | None, savelist: Path | None) -> list[str] | None:
    """What to compute: named singly and in a save list; None for the default."""
    if savelist is None:
        return outputs
    from secdil_sd.simulation.savelist import read_savelist

    return [*(outputs or ()), *read_savelist(savelist, found)]


def _run_members(found: Scenario, samples: Any, output: Path | None, given: Any) -> Any:
    """Run an ensemble, into its store if it has one, and say how it went."""
    import time

    store = output if output is not None and output.suffix.lower() == ".zarr" else None
    went_on = store is not None and store.exists()
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
    speed = (
        f"the rest in {seconds:,.1f} s" if went_on else f"{members / seconds:,.0f} members a second"
    )
    typer.echo(f"{members:,} members, {failed:,} failed, {speed}{_peak_memory()}")
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
