"""Arrays with their labels on: one xarray Dataset for a run or an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import key
from secdil_sd.simulation.outputs import Output, remaining_dimensions
from secdil_sd.simulation.samples import Samples
from secdil_sd.simulation.series import Series

if TYPE_CHECKING:
    import xarray as xr

MEMBER, TIME = "member", "time"

_OWN_DESCRIPTIONS = {
    "reaction gain": "Spectral radius of the effective reactions over fatigue at the beliefs of "
    "the moment (Richardson 1960). Not a stability index.",
    "spiral number": "Gain around the whole loop with beliefs and stocks settled: below 1 a small "
    "increase in spending dies out, above 1 it grows.",
}


def build_dataset(
    system: System,
    times: np.ndarray,
    arrays: Mapping[Output, np.ndarray],
    constants: Mapping[str, np.ndarray],
    series: Mapping[str, Series] | None = None,
    samples: Samples | None = None,
    status: np.ndarray | None = None,
    stopped_at: np.ndarray | None = None,
    attrs: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """Return a labelled dataset.

    Parameters
    ----------
    system : System
    times : array (time,)
    arrays : mapping of Output to array ([time,] *dimensions[, member])
    constants : mapping of str to array (*dimensions,)
        Coordinates of every run.
    series : mapping of str to Series, optional
        Time-varying inputs: coordinates over time.
    samples : Samples, optional
        What varies over members: coordinates on ``member``.
    status, stopped_at : array (member,), optional
    attrs : mapping of str to str, optional

    Raises
    ------
    InputError
        If two names share a dataset key.
    """
    import xarray as xr

    trailing = (MEMBER,) if samples is not None else ()
    data = {}
    for output, array in arrays.items():
        own = dimension_names(remaining_dimensions(output, system))
        lead = () if output.reduction else (TIME,)
        data[output.key] = ((*lead, *own, *trailing), array, _attributes(system, output))
    coords: dict[str, Any] = {TIME: (TIME, times, {"units": _time_units(system)})}
    for output in arrays:
        dims = remaining_dimensions(output, system)
        for label, dimension in zip(dimension_names(dims), dims, strict=True):
            coords[label] = (label, list(elements(system, dimension)))
    inputs: dict[str, tuple[np.ndarray, tuple[str, ...]]]
    inputs = {name: (value, ()) for name, value in constants.items()}
    for name, each in (series or {}).items():
        inputs[name] = (each.at(times), (TIME,))
    for name, array in samples.constants.items() if samples is not None else ():
        inputs[name] = (array, trailing)
    _add_inputs(system, coords, inputs, data)
    if samples is not None:
        coords[MEMBER] = (MEMBER, samples.index)
        coords["status"] = (MEMBER, np.asarray(status).astype(str))
        coords["stopped_at"] = (MEMBER, np.asarray(stopped_at), {"units": _time_units(system)})
    return xr.Dataset(data, coords, dict(attrs or {}))


def _add_inputs(
    system: System,
    coords: dict[str, Any],
    inputs: Mapping[str, tuple[np.ndarray, tuple[str, ...]]],
    data: Mapping[str, Any],
) -> None:
    """Constants and series become coordinates, with the dimensions they bring."""
    names: dict[str, str] = {}
    for name, (array, extra) in inputs.items():
        own = key(name)
        twin = names.setdefault(own, name)
        if twin != name or own in coords:
            message = f"Two variables, {twin!r} and {name!r}, share the dataset key {own!r}."
            raise InputError(Finding("error", message, system.place, remedy="Rename one of them."))
        if own in data:
            continue
        dims = dimensions(system, name)
        labels = dimension_names(dims)
        for label, dimension in zip(labels, dims, strict=True):
            coords.setdefault(label, (label, list(elements(system, dimension))))
        order = (*extra, *labels) if TIME in extra else (*labels, *extra)
        coords[own] = (order, array, _described(system, name))


def dimension_names(dimensions: tuple[str, ...]) -> tuple[str, ...]:
    """Return a distinct dataset dimension for each dimension of a variable.

    >>> dimension_names(("state", "state"))
    ('state', 'state_2')
    """
    found: list[str] = []
    for each in dimensions:
        name, number = key(each), 2
        while name in found:
            name, number = f"{key(each)}_{number}", number + 1
        found.append(name)
    return tuple(found)


def _attributes(system: System, output: Output) -> dict[str, str]:
    if output.variable not in system:
        found = {"units": "1", "documentation": _OWN_DESCRIPTIONS.get(output.variable, "")}
    else:
        found = _described(system, output.variable)
    if output.reduction == "time of max":
        found["units"] = _time_units(system)
    plain = not output.reduction and not output.elements
    return {"long_name": output.variable if plain else output.text, **_without_name(found)}


def _without_name(attributes: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if name != "long_name"}


def _described(system: System, name: str) -> dict[str, str]:
    variable = system[name]
    return {
        "long_name": variable.name,
        "units": variable.units,
        "documentation": variable.documentation,
    }


def _time_units(system: System) -> str:
    step = system.get("TIME STEP")
    return step.units if step else ""
