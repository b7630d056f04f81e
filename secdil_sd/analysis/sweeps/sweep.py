"""Sweeps: a scenario solved over a grid of values, labelled by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.sweeps.axes import (
    Axis,
    grid_mistakes,
    read_axes,
    read_axis,
    zip_mistakes,
)
from secdil_sd.analysis.sweeps.crossing import DRAW, run_crossed
from secdil_sd.analysis.verbs import verb
from secdil_sd.equations.dimensions import elements
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.names import key
from secdil_sd.provenance import fingerprint
from secdil_sd.simulation.arguments import refuse_unknown
from secdil_sd.simulation.dataset import MEMBER, TIME
from secdil_sd.simulation.model import ENSEMBLE_ARGUMENTS, Model
from secdil_sd.simulation.outputs import parse_outputs, remaining_dimensions
from secdil_sd.simulation.scenario import Scenario, scenario_of
from secdil_sd.simulation.values import Reader

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

CASE, POINT = "case", "point"
MOST_NUMBERS = 500_000_000
"""Beyond this a cube does not fit into the memory of most machines (4 GB)."""
OPTIONS = ("axes", "times", "outputs", *(each for each in ENSEMBLE_ARGUMENTS if each != "samples"))
Arrange = Callable[["xr.Dataset"], "xr.Dataset"]


@verb
def sweep(
    case: Scenario | Model,
    axes: Mapping[str, Any],
    outputs: Sequence[str] | None = None,
    times: Any = None,
    **options: Any,
) -> xr.Dataset:
    """Solve a scenario at every combination of some values.

    Parameters
    ----------
    case : Scenario or Model
        One with cases is swept case by case, unless the axes set all in which they differ.
    axes : mapping of str to sequence of float
        Name to values: "transparency" moves all its elements together, "transparency.India" one.
    outputs : sequence of str, optional
        As for `Scenario.run_ensemble`, over time or reduced; default the stocks.
    times : sequence of float, optional
        Output times; default the scenario's. Peaks are taken over them.
    **options
        params, method, rtol, backend, client, chunk, store, progress, failures, ...: as for
        `Scenario.run_ensemble`.

    Returns
    -------
    xarray.Dataset
        A cube: one dimension an axis, named by the parameter's dataset key and labelled by its
        values, then time and the model's own. ``status`` and ``stopped_at`` are coordinates over
        the grid; a failed cell is NaN, and attrs["failed"] counts them. Of a scenario with draws
        of fitted values every cell is solved for each: with the dimension ``draw``; see
        `over_draws`.

    Raises
    ------
    InputError
        All mistakes in axes and outputs together.

    Examples
    --------
    >>> from secdil_sd.simulation.model import load_model
    >>> model = load_model("richardson")
    >>> cube = sweep(model, {"reaction": [0.1, 0.2], "fatigue": [0.2, 0.3, 0.4]},
    ...              outputs=["spending final"], progress=False)
    >>> cube["spending_final"].dims, cube["status"].shape, cube.attrs["failed"]
    (('reaction', 'fatigue', 'state'), (2, 3), 0)
    """
    subject, found = _read(case, axes, outputs, options, grid_mistakes)
    _refuse_too_much(subject, math.prod(len(each.values) for each in found), outputs, times)
    columns = np.meshgrid(*(each.values for each in found), indexing="ij")
    samples = {axis.name: each.ravel() for axis, each in zip(found, columns, strict=True)}
    arrange = partial(_cube, axes=found)
    first = {axis.name: float(axis.values[0]) for axis in found}
    return _solve(subject, samples, first, arrange, outputs=outputs, times=times, **options)


@verb
def sweep_zipped(
    case: Scenario | Model,
    axes: Mapping[str, Any],
    outputs: Sequence[str] | None = None,
    times: Any = None,
    **options: Any,
) -> xr.Dataset:
    """Solve a scenario along values that move in step: the first of each, the second, ...

    Parameters
    ----------
    case, axes, outputs, times, **options
        As for `sweep`; every axis has as many values.

    Returns
    -------
    xarray.Dataset
        As for `sweep`, with the one dimension ``point``; the values of each axis are a
        coordinate on it.

    Raises
    ------
    InputError
        All mistakes in axes and outputs together.

    Examples
    --------
    >>> from secdil_sd.simulation.model import load_model
    >>> path = sweep_zipped(load_model("richardson"), {"reaction": [0.1, 0.2],
    ...                     "fatigue": [0.2, 0.3]}, ["spending final"], progress=False)
    >>> path["spending_final"].dims, path["fatigue"].values
    (('point', 'state'), array([0.2, 0.3]))
    """
    subject, found = _read(case, axes, outputs, options, zip_mistakes)
    _refuse_too_much(subject, len(found[0].values), outputs, times)
    samples = {axis.name: axis.values for axis in found}
    arrange = partial(_in_a_row, axes=found, dimension=POINT)
    first = {axis.name: float(axis.values[0]) for axis in found}
    return _solve(subject, samples, first, arrange, outputs=outputs, times=times, **options)


@verb
def sweep_members(
    case: Scenario | Model,
    samples: pd.DataFrame | Mapping[str, Any],
    outputs: Sequence[str] | None = None,
    times: Any = None,
    **options: Any,
) -> xr.Dataset:
    """Solve a scenario for the rows of a table, labelled by the table.

    Parameters
    ----------
    case, outputs, times, **options
        As for `sweep`.
    samples : DataFrame
        A row a member, a column a constant or one element of it.

    Returns
    -------
    xarray.Dataset
        As `Scenario.run_ensemble`, each column of the table a coordinate on ``member``; with
        the dimension ``case`` for a scenario with cases.

    Raises
    ------
    InputError
        For anything that does not fit; all mistakes together.
    """
    import pandas as pd

    subject = _subject(case)
    refuse_unknown({n: v for n, v in options.items() if n not in OPTIONS}, OPTIONS, "sweep_members")
    if not isinstance(samples, pd.DataFrame | Mapping):
        message = f"samples is a {type(samples).__name__}."
        remedy = "Give a table with a row a member, a column a constant."
        raise InputError(Finding("error", message, remedy=remedy))
    frame = samples if isinstance(samples, pd.DataFrame) else pd.DataFrame(dict(samples))

    def arrange(run: xr.Dataset) -> xr.Dataset:
        reader = Reader(subject.model.system, "samples")
        axes = [
            read_axis(reader, str(name), frame[name].to_numpy(dtype=float))
            for name in frame.columns
        ]
        return _in_a_row(run, axes, MEMBER)

    first = {str(name): frame[name].iloc[0] for name in frame.columns} if len(frame) else {}
    return _solve(subject, frame, first, arrange, outputs=outputs, times=times, **options)


def merged_cases(case: Scenario, params: Mapping[str, Any]) -> Mapping[str, Scenario]:
    """Return the cases that stay apart once some values are set; none if all become one.

    Examples
    --------
    >>> from secdil_sd.simulation.scenario_loading import load_scenario
    >>> four = load_scenario("four_worlds")
    >>> merged_cases(four, {"offense defense balance": 0, "distinguishability": 0})
    {}
    >>> list(merged_cases(four, {"distinguishability": 0}))
    ['W1', 'W2', 'W3', 'W4']
    """
    if not case.cases:
        return {}
    prints = set()
    for each in case.cases.values():
        values = each.replace(params=params).values
        series = {name: (one.knots, one.values) for name, one in values.series.items()}
        prints.add(fingerprint([dict(values.constants), series, values.lookups]))
    return case.cases if len(prints) > 1 else {}


# reading


def _subject(case: Any) -> Scenario:
    if isinstance(case, Model):
        return scenario_of(case)
    if isinstance(case, Scenario):
        return case
    message = f"A {type(case).__name__} cannot be swept."
    remedy = "Give a scenario or a model: load_scenario('cold_war') or load_model(...)."
    raise InputError(Finding("error", message, remedy=remedy))


def _read(
    case: Any, axes: Any, outputs: Sequence[str] | None, options: Mapping[str, Any], mistakes: Any
) -> tuple[Scenario, tuple[Axis, ...]]:
    """Check axes and outputs together."""
    subject = _subject(case)
    refuse_unknown({n: v for n, v in options.items() if n not in OPTIONS}, OPTIONS, "sweep")
    findings: list[Finding] = []
    found: tuple[Axis, ...] = ()
    with collecting(findings):
        found = read_axes(subject.model, axes, mistakes)
    with collecting(findings):
        asked = [outputs] if isinstance(outputs, str) else list(outputs or ())
        wanted = parse_outputs(asked, subject.model.system, subject.model.gains)
        findings += _name_clashes(found, [each.key for each in wanted])
    if findings:
        raise InputError(*findings)
    return subject, found


def _name_clashes(axes: Sequence[Axis], outputs: Sequence[str]) -> list[Finding]:
    """Axes whose dimension would bear the name of something else in the cube."""
    own = {TIME, MEMBER, CASE, POINT, DRAW, "status", "stopped_at"}
    found = []
    for axis in axes:
        if axis.key in outputs:
            message = f"{axis.text!r} is varied and asked for: its values label the result."
            found.append(Finding("error", message, "outputs", (axis.text,), "Leave it out."))
        elif axis.key in own:
            message = f"{axis.text!r} cannot be an axis: results use {axis.key!r} themselves."
            remedy = "Rename it in the model, or use run_ensemble."
            found.append(Finding("error", message, "axes", (axis.text,), remedy))
    return found


def _refuse_too_much(case: Scenario, cells: int, outputs: Sequence[str] | None, times: Any) -> None:
    """Raise InputError if what is asked for would not fit into memory."""
    model = case.model
    names = list(model.default_ensemble_outputs()) if outputs is None else outputs
    grid = times if hasattr(times, "__len__") else case.times or model.time.times
    numbers = 0
    for each in parse_outputs(names, model.system, model.gains):
        rest = remaining_dimensions(each, model.system)
        own = math.prod(len(elements(model.system, dim)) for dim in rest)
        numbers += own * (1 if each.reduction else len(grid))
    drawn = 1 if case.draws is None else len(case.draws)
    total = cells * drawn * numbers * max(len(case.cases), 1)
    if total > MOST_NUMBERS:
        message = f"{cells:,} cells of these outputs are {total:.2g} numbers: too many to hold."
        remedy = "Ask for one number a run, as 'spending final', for fewer times or fewer values."
        raise InputError(Finding("error", message, "outputs", remedy=remedy))


# solving


def _solve(
    subject: Scenario,
    samples: Any,
    first: Mapping[str, float],
    arrange: Arrange,
    store: Any = None,
    **settings: Any,
) -> xr.Dataset:
    """Run the members, once a case, and label what came out."""
    import xarray as xr

    if "method" not in settings and subject.model.needs_euler(subject.params):
        settings["method"] = "Euler"  # what no adaptive method solves steps as its file says
    cases = merged_cases(subject, {**(settings.get("params") or {}), **first})
    if not cases:
        alone = next(iter(subject.cases.values()), subject)
        run = arrange(run_crossed(alone, samples, store=store, **settings))
        return _counted(run.assign_attrs(scenario=subject.name))
    parts = [
        arrange(each.run_ensemble(samples, store=_own(store, name), **settings))
        for name, each in cases.items()
    ]
    joined = xr.concat(
        parts,
        xr.DataArray(list(cases), dims=CASE, name=CASE),
        coords="different",
        compat="equals",
        join="exact",
        combine_attrs="drop_conflicts",
    )
    return _counted(joined.assign_attrs(scenario=subject.name))


def _own(store: Any, name: str) -> Path | None:
    """The store of one case, beside those of the others."""
    if store is None:
        return None
    path = Path(store)
    return path.with_name(f"{path.stem}-{key(name)}{path.suffix}")


def _counted(run: xr.Dataset) -> xr.Dataset:
    if CASE in run.dims and CASE not in run["status"].dims:  # alike in all cases
        labels = {CASE: run[CASE].values}
        whole = {name: run[name].expand_dims(labels) for name in ("status", "stopped_at")}
        run = run.assign_coords(whole)
    status = run["status"]
    return run.assign_attrs(cells=status.size, failed=int((status != "ok").sum()))


# labelling


def _cube(run: xr.Dataset, axes: Sequence[Axis]) -> xr.Dataset:
    """Give the members of a grid one dimension an axis."""
    import xarray as xr

    names = tuple(each.key for each in axes)
    data = {str(name): _spread(variable, axes) for name, variable in run.data_vars.items()}
    coords: dict[str, Any] = {}
    for name, variable in run.coords.items():
        if MEMBER not in variable.dims:
            coords[str(name)] = variable
        elif name != MEMBER:
            moving = {each.key for each in axes if key(each.variable) == name}
            still = set(names) - moving if moving else set()
            # a constant varies along its own axes only
            coords[str(name)] = _spread(variable, axes).isel(dict.fromkeys(still, 0))
    coords |= {axis.key: (axis.key, axis.values, _described(run, axis)) for axis in axes}
    return xr.Dataset(data, coords, {**run.attrs, "axes": ", ".join(names)})


def _spread(variable: xr.DataArray, axes: Sequence[Axis]) -> xr.Variable:
    """Return what has members as what has one dimension an axis."""
    import xarray as xr

    rest = tuple(str(each) for each in variable.dims if each != MEMBER)
    values = variable.transpose(MEMBER, *rest).values
    sizes = tuple(len(each.values) for each in axes)
    names = tuple(each.key for each in axes)
    whole = values.reshape(*sizes, *values.shape[1:])
    return xr.Variable((*names, *rest), whole, variable.attrs)


def _in_a_row(run: xr.Dataset, axes: Sequence[Axis], dimension: str) -> xr.Dataset:
    """Keep the members in one dimension, labelled by what each axis takes."""
    described = {axis.key: (dimension, axis.values, _described(run, axis)) for axis in axes}
    found = run if dimension == MEMBER else run.rename({MEMBER: dimension})
    order = [dimension, *(each for each in found.dims if each != dimension)]
    found = found.drop_vars([each for each in described if each in found.coords])
    found = found.assign_coords(described).transpose(*order)
    return found.assign_attrs(axes=", ".join(described))


def _described(run: xr.Dataset, axis: Axis) -> dict[str, str]:
    """What a reader is told about an axis: its name, unit and documentation."""
    own = run[key(axis.variable)].attrs
    return {**own, "long_name": axis.name}
