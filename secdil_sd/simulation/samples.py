"""Tables of members as arrays with a trailing member axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling
from secdil_sd.provenance import fingerprint
from secdil_sd.simulation.values import Limits, Reader, Values, block, limit_findings


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the table: its numbers, and the elements of a variable that they set."""

    text: str
    variable: str
    place: tuple[tuple[int, ...], ...]
    numbers: np.ndarray


@dataclass(frozen=True, eq=False)
class Samples:
    """A sample of members; arrays over all of them are made only where they are asked for.

    Parameters
    ----------
    index : array (member,)
        Labels of the members.
    base : mapping of str to array (*dimensions,)
        Each sampled variable, as it is wherever no column sets it.
    sets : tuple of Column
        In the order in which they are applied: whole variables before their elements.
    columns : tuple of str
        The columns as the user wrote them, in the user's order.
    carried : mapping of str to array (*dimensions, member)
        What members bring along from an earlier run: stocks and INITIAL values.
    """

    index: np.ndarray
    base: Mapping[str, np.ndarray]
    sets: tuple[Column, ...]
    columns: tuple[str, ...]
    carried: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of members."""
        return len(self.index)

    @property
    def constants(self) -> dict[str, np.ndarray]:
        """What is sampled, by name: arrays (*dimensions, member)."""
        found = {
            name: np.repeat(array[..., None], self.count, axis=-1)
            for name, array in self.base.items()
        }
        for column in self.sets:
            array = found[column.variable]
            array[(*block(list(column.place), array.shape[:-1]), slice(None))] = column.numbers
        return found

    @property
    def drawn(self) -> dict[str, np.ndarray]:
        """What differs between members, by name: sampled, or brought along."""
        return {**self.carried, **self.constants}

    def take(self, members: slice | np.ndarray) -> Samples:
        """Return some of the members, by position."""
        sets = tuple(replace(each, numbers=each.numbers[members]) for each in self.sets)
        carried = {name: array[..., members] for name, array in self.carried.items()}
        return replace(self, index=self.index[members], sets=sets, carried=carried)

    @property
    def fingerprint(self) -> str:
        """What tells this sample from any other: its numbers and labels, not how it was written."""
        numbers = {f"{each.variable}{list(each.place)}": each.numbers for each in self.sets}
        labels = self.index if self.index.dtype.kind in "iuf" else list(map(str, self.index))
        return fingerprint({"numbers": numbers, "labels": labels})


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
    base: dict[str, np.ndarray] = {}
    sets: list[Column] = []
    order = sorted(frame.columns, key=lambda column: len(reader.split(column)[1]))
    seen: dict[str, str] = {}
    for column in order:
        text = str(column)
        twin = seen.setdefault(spelling(text), text)
        try:
            if list(frame.columns).count(column) > 1 or twin != text:
                raise reader.error(f"Two columns mean the same: {twin!r} and {text!r}.", text)
            sets.append(_column(reader, values, base, text, frame[column]))
        except SecdilError as error:
            reader.findings += error.findings
    for each in sets:
        reader.findings += limit_findings(
            each.variable, each.text, each.numbers, limits or {}, "samples"
        )
    if reader.findings:
        raise InputError(*reader.findings)
    return Samples(frame.index.to_numpy(), base, tuple(sets), tuple(map(str, frame.columns)))


def _column(
    reader: Reader, values: Values, base: dict[str, np.ndarray], text: str, column: Any
) -> Column:
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
    where = tuple(tuple(reader.places(d, e, text)) for d, e in zip(dims, chosen, strict=False))
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        shown = ", ".join(str(column.index[k]) for k in bad[:5])
        raise reader.error(
            f"The column {text!r} is not a finite number in row {shown}.", text, "Fill or drop it."
        )
    if variable.name not in base:
        own = values.constants.get(variable.name, reader.constants[variable.name])
        base[variable.name] = np.asarray(own, dtype=float)
    reader.touched[variable.name] = text
    return Column(text, variable.name, where, numbers)
