"""The command that varies constants: a grid, values in step, or the critical value of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import secdil_sd as sd
from secdil_sd.cli.options import (
    PAGE_SUFFIXES,
    RESULT_SUFFIXES,
    BackendOption,
    ChangesOption,
    MembersOption,
    OutputOption,
    OutputsOption,
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
from secdil_sd.errors import Finding, InputError, collecting

if TYPE_CHECKING:
    import numpy as np

    from secdil_sd.simulation.scenario import Scenario

POINTS = 21
"""Values of an axis that was given without their number."""
SUFFIXES = (".csv", ".parquet", ".nc", ".zarr", ".json", *PAGE_SUFFIXES)
MOST_SHOWN = 12
DEFAULT_OUTPUT = "peak spiral number"


def sweep(
    subject: SubjectArgument,
    axes: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--parameter",
            metavar="NAME[=VALUES]",
            help="What to vary: NAME=LOW:HIGH:COUNT, NAME=A,B,C, or NAME over its own range; "
            "may be repeated.",
        ),
    ] = None,
    outputs: OutputsOption = None,
    together: Annotated[
        bool, typer.Option("--together", help="Move all in step, not through every combination.")
    ] = False,
    threshold: Annotated[
        str | None,
        typer.Option(metavar="OUTPUT=LEVEL", help="Find where one parameter takes it past."),
    ] = None,
    members: MembersOption = None,
    seed: SeedOption = 1,
    overrides: SetOption = None,
    changes: ChangesOption = None,
    backend: BackendOption = None,
    workers: WorkersOption = None,
    output: OutputOption = None,
) -> None:
    """Vary constants and look at outputs: every combination, or values in step.

    With --threshold, find every value of one parameter at which an output passes a level; -n
    draws of the values that rest on judgement then say how sure that is.
    """
    from secdil_sd.simulation.outputs import parse_outputs

    found = load_case(subject, overrides, changes)
    options = given(backend=backend, client=workers)
    if output is not None:
        check_writable(output, SUFFIXES if threshold is None else RESULT_SUFFIXES)
    if threshold is not None:
        _refuse("--threshold", **{"--together": together, "-v": outputs})
        name, level = _level(threshold)
        parameter, between = _single(axes)
        ask = {"at": level, "between": between, "samples": members, "seed": seed, **options}
        _critical(found, output, parameter=parameter, output=name, **ask)
        return
    _refuse_draws(members)
    wanted = outputs or [_default_output(found)]
    findings: list[Finding] = []
    values: dict[str, np.ndarray] = {}
    with collecting(findings):
        values = parse_axes(axes, found)
    with collecting(findings):
        parse_outputs(wanted, found.model.system, found.model.gains)
    if findings:
        raise InputError(*findings)
    if len(values) == 2 and not together and _is_map(found, values, wanted):
        (x, y) = ({name: each} for name, each in values.items())
        plane = sd.stability_map(found, x, y, wanted[0], **options)
        typer.echo(f"{plane}\n\n{_crosstable(plane.to_dataframe())}")
        write_result(plane, output)
        return
    verb = sd.sweep_zipped if together else sd.sweep
    _show(verb(found, values, wanted, **options), output)


def _critical(case: Scenario, path: Path | None, **ask: Any) -> None:
    """Print and write the critical values of a scenario, or of each of its cases."""
    if not case.cases:
        critical = sd.threshold(case, **ask)
        typer.echo(str(critical))
        write_result(critical, path)
        return
    if path is not None and path.suffix.lower() not in PAGE_SUFFIXES:
        message = f"The scenario has cases ({', '.join(case.cases)}), a file holds one."
        raise InputError(Finding("error", message, str(path), remedy="Write an .html page."))
    results = []
    for each in case.cases.values():
        results.append(sd.threshold(each, **ask))
        typer.echo(f"{each.title}: {results[-1].finding}")
    if path is not None:
        typer.echo(f"Wrote {sd.report(results, path=path)}")


def parse_axes(texts: Sequence[str] | None, case: Scenario) -> dict[str, np.ndarray]:
    """Read NAME=LOW:HIGH:COUNT, NAME=A,B,C or NAME; raises InputError with all mistakes."""
    import numpy as np

    from secdil_sd.analysis.sweeps.axes import one_parameter, own_values, read_axes

    subject = next(iter(case.cases.values()), case)
    found: dict[str, np.ndarray] = {}
    findings: list[Finding] = []
    for text in texts or ():
        name, sign, span = (each.strip() for each in text.partition("="))
        with collecting(findings):
            if name in found:
                message = f"{name!r} is given twice."
                raise InputError(Finding("error", message, "-p", remedy="Keep one of them."))
            if sign:  # the name is looked up as well, whatever becomes of its values
                with collecting(findings):
                    read_axes(subject.model, {name: (0.0, 1.0)}, lambda axes: ())
            values = _values(span, text) if sign else None
            if values is None:
                values = own_values(one_parameter(subject, name), POINTS)
            found[name] = np.array([float(f"{each:.12g}") for each in values])
    if not texts:
        remedy = "Name something by -p, as -p 'transparency=0:1:11'."
        findings.append(Finding("error", "There is nothing to vary.", remedy=remedy))
    if findings:
        raise InputError(*findings)
    return found


def _values(span: str, text: str) -> np.ndarray:
    import numpy as np

    remedy = "Write NAME=LOW:HIGH:COUNT or NAME=A,B,C, as -p 'transparency=0:1:11'."
    try:
        if ":" not in span:
            return np.array([float(each) for each in span.split(",")])
        low, high, *rest = span.split(":")
        (count,) = rest or [str(POINTS)]
        ends, many = (float(low), float(high)), int(count)
    except ValueError:
        message = f"{span!r} are no values."
        raise InputError(Finding("error", message, f"-p {text!r}", remedy=remedy)) from None
    if many < 2 or not ends[0] < ends[1] or not np.isfinite(ends).all():
        message = f"{span!r} is no range: low below high, both finite, and two values or more."
        raise InputError(Finding("error", message, f"-p {text!r}", remedy=remedy))
    if many > 10_000_000:
        raise InputError(Finding("error", f"{many:,} values are too many.", f"-p {text!r}"))
    return np.linspace(*ends, many)


def _single(texts: Sequence[str] | None) -> tuple[str, tuple[float, float] | None]:
    """The one parameter a threshold moves, and between what."""
    found = parse_ranges(texts)
    if found is None or len(found) != 1:
        remedy = "Name it by -p, as -p 'audience discount' or -p 'reaction=0.1:0.5'."
        message = f"A threshold moves one parameter, not {len(found or ())}."
        raise InputError(Finding("error", message, remedy=remedy))
    return next(iter(found.items()))


def _level(text: str) -> tuple[str, float]:
    name, sign, level = text.partition("=")
    try:
        return name.strip(), float(level) if sign else 1.0
    except ValueError:
        remedy = "Write --threshold 'OUTPUT=LEVEL', as --threshold 'peak spiral number=1'."
        message = f"{level!r} is not a number."
        raise InputError(Finding("error", message, "--threshold", remedy=remedy)) from None


def _refuse(beside: str, **options: Any) -> None:
    names = [name for name, value in options.items() if value]
    if names:
        message = f"{', '.join(names)}: not with {beside}."
        raise InputError(Finding("error", message, remedy="Leave it out."))


def _refuse_draws(members: int | None) -> None:
    if members is not None:
        remedy = "Give --threshold OUTPUT=LEVEL, or leave it out."
        raise InputError(Finding("error", "-n: only for a threshold.", remedy=remedy))


def _default_output(case: Scenario) -> str:
    if "spiral number" in case.model.gains:
        return DEFAULT_OUTPUT
    remedy = "Name an output by -v, as -v 'spending final'."
    raise InputError(Finding("error", "There is nothing to look at.", remedy=remedy))


def _is_map(case: Scenario, values: Mapping[str, Any], outputs: Sequence[str]) -> bool:
    """Whether two axes and one number a run make a stability map."""
    from secdil_sd.analysis.sweeps.over_draws import level_of
    from secdil_sd.analysis.sweeps.sweep import merged_cases
    from secdil_sd.names import key

    if len(outputs) > 1 or level_of(key(outputs[0])) is None or min(map(len, values.values())) < 2:
        return False
    first = {name: float(each[0]) for name, each in values.items()}
    return not merged_cases(case, first)


def _show(cube: Any, output: Path | None) -> None:
    """Print what a sweep found and, unless it is written, its table."""
    from secdil_sd.analysis.sweeps.sweep_tables import as_table, sweep_findings, write_sweep

    for sentence in sweep_findings(cube):
        typer.echo(sentence)
    if output is None:
        table = as_table(cube)
        if (table["status"] == "ok").all():
            table = table.drop(columns="status")
        typer.echo(f"\n{_rounded(table).to_string(index=False, max_rows=2 * MOST_SHOWN)}")
    elif output.suffix.lower() in PAGE_SUFFIXES:
        typer.echo(f"Wrote {sd.report(cube, path=output)}")
    else:
        typer.echo(f"Wrote {write_sweep(cube, output)}")


def _crosstable(cells: Any) -> str:
    """A map as a table: columns to the right, rows upwards, thinned to what a screen holds."""
    x, y, value = cells.columns
    wide = cells.pivot(index=y, columns=x, values=value)
    thin = [max(-(-size // MOST_SHOWN), 1) for size in wide.shape]
    return str(_rounded(wide.iloc[:: thin[0], :: thin[1]].iloc[::-1]).to_string())


def _rounded(table: Any) -> Any:
    return table.map(lambda each: float(f"{each:.3g}") if isinstance(each, float) else each)
