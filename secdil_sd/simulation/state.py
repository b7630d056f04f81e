"""The state of a model at a time: what it is made of, on a dataset and back, gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.dimensions import elements
from secdil_sd.equations.schedule import Schedule, Slot
from secdil_sd.equations.system import System
from secdil_sd.errors import FileError, Finding, InputError
from secdil_sd.names import key
from secdil_sd.provenance import fingerprint
from secdil_sd.simulation.compiler import MEMORY, Origin
from secdil_sd.simulation.dataset import MEMBER, dimension_names
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.samples import Samples

if TYPE_CHECKING:
    import xarray as xr

KIND = "state"
"""What the attribute ``kind`` of such a dataset says."""


@dataclass(frozen=True, eq=False)
class State:
    """What a run needs to go on as if it had never stopped.

    Parameters
    ----------
    time : float
        Where it stopped.
    start : float
        Where it began: INITIAL values and explicit time go by it.
    arrays : mapping of str to array (*dimensions[, member])
        Stocks, those inside delays and smooths included, INITIAL values, and what is under way
        from step to step.
    members : array (member,) or None
        Labels, if there are several.
    """

    time: float
    start: float
    arrays: Mapping[str, np.ndarray]
    members: np.ndarray | None

    @property
    def fingerprint(self) -> str:
        """What tells this state from any other."""
        return fingerprint({"time": self.time, "start": self.start, "arrays": dict(self.arrays)})


def initial_values(schedule: Schedule, place: str = "") -> tuple[str, ...]:
    """Return the variables that keep what they were at the start: INITIAL, wherever it stands.

    Raises
    ------
    InputError
        If a variable is INITIAL for some elements and changes for others.
    """
    found = [e.target for e in schedule.prepare if e.kind == "value" and e.at_start]
    mixed = [each for each in dict.fromkeys(found) if not schedule.is_batch(each)]
    if mixed:
        message = f"{mixed[0]!r} is INITIAL for some elements only: its state cannot be taken."
        remedy = "Give the other elements a variable of their own."
        raise InputError(Finding("error", message, place, tuple(mixed), remedy))
    return tuple(dict.fromkeys(found))


def gone_on(setup: Setup, state: State) -> Setup:
    """Return the setup of a run that goes on from a state."""
    schedule = setup.compiler.schedule(setup.system, setup.values)
    kept = frozenset(initial_values(schedule, setup.system.place)) & state.arrays.keys()
    held = state.arrays if state.members is None else {}
    values = replace(setup.values, replaced=setup.values.replaced | kept)
    return replace(setup, values=values, origin=Origin(state.start, held, state.fingerprint))


def carried(drawn: Samples, state: State, setup: Setup) -> Samples:
    """Return the members with their own states, if there is one for each.

    Raises
    ------
    InputError
        If the state is one of other members.
    """
    if state.members is None:
        return drawn
    if list(map(str, state.members)) != list(map(str, drawn.index)):
        message = f"The state has {len(state.members)} members, not those of the samples"
        message += f" ({drawn.count})." if len(state.members) != drawn.count else " by label."
        remedy = "Give the samples it was made with, in the same order."
        raise InputError(Finding("error", message, "start_from", remedy=remedy))
    given = {*setup.values.constants, *drawn.base}
    return replace(drawn, carried={n: a for n, a in state.arrays.items() if n not in given})


def one_state(given: State) -> State:
    """Return the state of a single run; raises InputError for that of several members."""
    if given.members is not None:
        message = f"The state is one of several members, {len(given.members)}."
        remedy = "Take one, as state.isel(member=0), or run the ensemble."
        raise InputError(Finding("error", message, "start_from", remedy=remedy))
    return given


def going_on(times: Any, state: State) -> np.ndarray:
    """Return the later ones of some times, the state's own first."""
    given = np.asarray(times, dtype=float)
    slack = 1e-9 * max(1.0, abs(state.time))
    return np.concatenate([[state.time], given[given > state.time + slack]])


def state_dataset(
    system: System, schedule: Schedule, state: State, attrs: Mapping[str, str]
) -> xr.Dataset:
    """Put the labels on a state: one data variable an array, ``time`` a coordinate."""
    import xarray as xr

    trailing = () if state.members is None else (MEMBER,)
    data, coords = {}, {"time": ((), state.time)}
    names: dict[str, str] = {}
    for name, array in state.arrays.items():
        if name.startswith(MEMORY):
            lead = (f"{key(name)}_step", f"{key(name)}_place")[2 + len(trailing) - array.ndim :]
            data[key(name)] = ((*lead, *trailing), array, {"long_name": name, "role": "memory"})
            continue
        slot = schedule.slots[name]
        dims = dimension_names(slot.dimensions)
        for label, dimension in zip(dims, slot.dimensions, strict=True):
            coords[label] = (label, list(elements(system, dimension)))  # type: ignore[assignment]
        variable = system.get(name)
        about = {"long_name": name, "role": "stock" if slot.role == "stock" else "initial value"}
        if variable is not None:
            about["units"] = variable.units
        own = key(name)
        while own in names:
            own += "_"
        names[own] = name
        data[own] = ((*dims, *trailing), array, about)
    if state.members is not None:
        coords[MEMBER] = (MEMBER, state.members)  # type: ignore[assignment]
    return xr.Dataset(data, coords, {**attrs, "kind": KIND, "began": state.start})


def read_state(given: Any, system: System, schedule: Schedule, equations: str) -> State:
    """Take a state back, from a dataset or the file it was saved in.

    Parameters
    ----------
    given : Dataset, path of a .nc file or .zarr folder, or State
    system : System
    schedule : Schedule
        Of the model that is to go on.
    equations : str
        Fingerprint of its equations.

    Raises
    ------
    FileError
        If a file cannot be read.
    InputError
        If it is no state, or a state of other stocks, labels or equations, saying which.
    """
    if isinstance(given, State):
        return given
    found = given if hasattr(given, "data_vars") else _opened(Path(given))
    if found.attrs.get("kind") != KIND or "time" not in found.coords or found["time"].ndim:
        message = "This dataset is not a state to go on from."
        remedy = "Make one with model.state(at=...)."
        raise InputError(Finding("error", message, "start_from", remedy=remedy))
    by_name = {str(each.attrs.get("long_name", n)): each for n, each in found.data_vars.items()}
    memory = {n: by_name.pop(n).values for n in tuple(by_name) if n.startswith(MEMORY)}
    members = found[MEMBER].values if MEMBER in found.dims else None
    wanted = {each.name: each for each in schedule.stocks}
    wanted |= {
        name: schedule.slots[name]
        for name in initial_values(schedule, system.place)
        if name in by_name  # what was replaced by a value then has none
    }
    _refuse_other(by_name, wanted, system, found.attrs.get("equations"), equations)
    trailing = () if members is None else (MEMBER,)
    arrays = {
        name: by_name[name].transpose(*dimension_names(slot.dimensions), *trailing).values
        for name, slot in wanted.items()
    }
    arrays |= memory
    return State(float(found["time"]), float(found.attrs["began"]), arrays, members)


def _refuse_other(
    found: Mapping[str, Any],
    wanted: Mapping[str, Slot],
    system: System,
    theirs: Any,
    equations: str,
) -> None:
    """Raise InputError if a state is one of another model, saying in what they differ."""
    reason = ""
    missing, spare = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    if missing or spare:
        parts = [f"lacks {_listed(missing)}"] if missing else []
        parts += [f"has {_listed(spare)}"] if spare else []
        reason = f"It {' and '.join(parts)}."
    for name, slot in wanted.items() if not reason else ():
        reason = reason or _other_labels(found[name], slot, system)
    if not reason and theirs != equations:
        reason = "Its equations are others, though the stocks are the same."
    if reason:
        message = f"The state is not one of this model. {reason}"
        remedy = "Go on with the model it was made by, or make a new state."
        raise InputError(Finding("error", message, "start_from", remedy=remedy))


def _other_labels(array: xr.DataArray, slot: Slot, system: System) -> str:
    """Say which elements differ, if any do."""
    for label, dimension in zip(dimension_names(slot.dimensions), slot.dimensions, strict=True):
        here = elements(system, dimension)
        there = tuple(map(str, array[label].values)) if label in array.dims else ()
        if there != here:
            return f"Its elements of {dimension} are {', '.join(there)}, here {', '.join(here)}."
    return ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(map(repr, names[:3])) + more


def _opened(path: Path) -> xr.Dataset:
    """Read a saved state, whole."""
    import xarray as xr

    try:
        if path.is_dir():
            return xr.open_zarr(path, consolidated=False).load()
        return xr.load_dataset(path)
    except FileNotFoundError:
        raise FileError(Finding("error", f"There is no file {path}.")) from None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise FileError(Finding("error", message)) from None
    except (ImportError, KeyError, ValueError) as error:
        message = f"{path} is not a saved state."
        reason = str(error).partition("\n")[0]
        raise InputError(Finding("error", message, "start_from", remedy=reason)) from None
