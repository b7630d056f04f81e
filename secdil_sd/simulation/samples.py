"""Tables of members as arrays with a trailing member axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling
from secdil_sd.simulation.values import Limits, Reader, Values, block, limit_findings


@dataclass(frozen=True)
class Samples:
    """A sample of members.

    Parameters
    ----------
    count : int
    columns : tuple of str
        As the user wrote them.
    constants : mapping of str to array (*dimensions, member)
        Only what is sampled.
    index : array (member,)
        Labels of the members.
    """

    count: int
    columns: tuple[str, ...]
    constants: Mapping[str, np.ndarray]
    index: np.ndarray


def resolve_samples(
    system: System, samples: Any, values: Values, limits: Limits | None = None
) -> Samples:
    """Turn a table of members into arrays with a trailing member axis.

    Parameters
    ----------
    system : System
    samples : DataFrame or mapping of str to array
        A row a member; a column a constant or one element of it.
    values : Values
        What holds for every member otherwise.
    limits : mapping of str to (low, high), optional

    Raises
    ------
    InputError
        All mistakes together, naming columns and rows.
    """
    import pandas as pd

    frame = samples if isinstance(samples, pd.DataFrame) else pd.DataFrame(dict(samples))
    reader = Reader(system, "samples")
    if frame.empty:
        raise InputError(
            Finding("error", "There are no members.", "samples", remedy="Give at least one row.")
        )
    found: dict[str, np.ndarray] = {}
    order = sorted(frame.columns, key=lambda column: len(reader.split(column)[1]))
    seen: dict[str, str] = {}
    for column in order:
        text = str(column)
        twin = seen.setdefault(spelling(text), text)
        try:
            if list(frame.columns).count(column) > 1 or twin != text:
                raise reader.error(f"Two columns mean the same: {twin!r} and {text!r}.", text)
            _sample_column(reader, values, found, text, frame[column])
        except SecdilError as error:
            reader.findings += error.findings
    for name in found:
        text = reader.touched[name]
        reader.findings += limit_findings(name, text, found[name], limits or {}, "samples")
    if reader.findings:
        raise InputError(*reader.findings)
    return Samples(len(frame), tuple(map(str, frame.columns)), found, frame.index.to_numpy())


def _sample_column(
    reader: Reader, values: Values, found: dict[str, np.ndarray], text: str, column: Any
) -> None:
    name, chosen = reader.split(text)
    variable = reader.settable(name, text)
    if variable.name in values.series:
        raise reader.error(
            f"{text!r} is sampled but also given as a series over time.",
            text,
            "Drop the column, or replace the series by a number.",
        )
    dims = dimensions(reader.system, variable.name)
    if len(chosen) > len(dims):
        raise reader.error(f"{text!r} names more elements than {variable.name!r} has.", text)
    where = [reader.places(d, e, text) for d, e in zip(dims, chosen, strict=False)]
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        shown = ", ".join(str(column.index[k]) for k in bad[:5])
        raise reader.error(
            f"The column {text!r} is not a finite number in row {shown}.", text, "Fill or drop it."
        )
    if variable.name not in found:
        base = values.constants.get(variable.name, reader.constants[variable.name])
        found[variable.name] = np.repeat(base[..., None], len(numbers), axis=-1)
    array = found[variable.name]
    array[(*block(where, array.shape[:-1]), slice(None))] = numbers
    reader.touched[variable.name] = text
