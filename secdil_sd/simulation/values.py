"""What users give, as arrays: values of constants, inputs that vary in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements, positions
from secdil_sd.equations.expression import Call, references
from secdil_sd.equations.system import System, Variable
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling, split_selector, suggestion
from secdil_sd.simulation.lookups import Given, points, with_lookups
from secdil_sd.simulation.series import Series
from secdil_sd.simulation.written import data_series, defaults, shape_of

Limits = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Values:
    """The inputs of a run.

    Parameters
    ----------
    constants : mapping of str to array (*dimensions,)
        Every constant, and auxiliaries that were given values.
    series : mapping of str to Series
    replaced : frozenset of str
        Auxiliaries among them, whose equations are unused.
    given : tuple of str
        What the user set, as they wrote it.
    lookups : tuple of Given
        Lookup tables that have other points than the file's.
    data : frozenset of str
        Series that are the model's own data: beyond their ends the last value holds.
    """

    constants: Mapping[str, np.ndarray]
    series: Mapping[str, Series] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    given: tuple[str, ...] = ()
    lookups: tuple[Given, ...] = ()
    data: frozenset[str] = frozenset()


# params


def resolve(
    system: System, params: Mapping[str, Any] | None, limits: Limits | None = None, place: str = ""
) -> Values:
    """Turn what a user gave into arrays over the model's dimensions.

    Parameters
    ----------
    system : System
    params : mapping or None
        Name, or selector ("transparency.India"), to a scalar, array, DataArray, nested mapping
        by element, or year-indexed Series.
    limits : mapping of str to (low, high), optional
        Hard limits; a value outside is an error.
    place : str
        Where the values stand, for messages.

    Raises
    ------
    InputError
        All mistakes together: unknown names and elements (with the nearest), wrong shapes,
        values that are not finite numbers or leave the hard limits, stocks.
    """
    reader = Reader(system, place)
    whole_first = sorted((params or {}).items(), key=lambda item: len(reader.split(item[0])[1]))
    for text, value in whole_first:
        try:
            reader.read(str(text), value)
        except SecdilError as error:
            reader.findings += error.findings
    reader.finish(limits or {})
    if reader.findings:
        raise InputError(*reader.findings)
    return Values(
        reader.constants,
        reader.series,
        frozenset(reader.replaced),
        tuple(map(str, params or {})),
        tuple(reader.lookups),
        frozenset(reader.data) - reader.timed,
    )


class Reader:
    """Collects what a user sets, value by value, and what does not fit."""

    def __init__(self, system: System, place: str) -> None:
        self.system = system
        self.place = place
        self.constants = dict(defaults(system))
        self.data = data_series(system)
        self.series: dict[str, Series] = dict(self.data)
        self.replaced: set[str] = set()
        self.timed: set[str] = set()
        self.touched: dict[str, str] = {}
        self.lookups: list[Given] = []
        self.findings: list[Finding] = []

    def error(self, message: str, name: str, remedy: str = "") -> InputError:
        return InputError(Finding("error", message, self.place, (name,), remedy))

    def split(self, text: Any) -> tuple[str, tuple[str, ...]]:
        """Name and elements; a file's own name may hold dots."""
        text = str(text)
        return (text, ()) if text in self.system else split_selector(text)

    def read(self, text: str, value: Any) -> None:
        name, chosen = self.split(text)
        found = self.system.get(name)
        is_lookup = found is not None and found.kind == "lookup"
        variable = found if found and is_lookup else self.settable(name, text)
        dims = dimensions(self.system, variable.name)
        if len(chosen) > len(dims):
            raise self.error(
                f"{text!r} names {len(chosen)} elements but {variable.name!r} has "
                f"{len(dims)} dimensions.",
                text,
                f"Its dimensions are {', '.join(dims) or 'none'}.",
            )
        where = [self.places(d, e, text) for d, e in zip(dims, chosen, strict=False)]
        if is_lookup:
            given = variable.name, chosen, points(value, text, self.place)
            with_lookups(self.system, (given,))  # refuses what does not fit
            self.lookups.append(given)
            return
        self._assign(variable.name, text, where, dims, value)
        self.touched[variable.name] = text

    def settable(self, name: str, text: str) -> Variable:
        """Return the variable to set; auxiliaries count as replaced from here on."""
        if name not in self.system:
            known = [each.name for each in self.system.variables if each.kind == "constant"]
            raise InputError(
                Finding(
                    "error", f"No parameter {text!r}.", self.place, (text,), suggestion(name, known)
                )
            )
        variable = self.system[name]
        if variable.kind == "stock":
            initial = self._initial_constants(variable)
            remedy = f"Set {' or '.join(map(repr, initial))} instead." if initial else ""
            raise self.error(f"{variable.name!r} is a stock: it has no value to set.", text, remedy)
        if variable.kind == "lookup":
            raise self.error(f"{variable.name!r} is a lookup table, not a parameter.", text)
        has_values = variable.name in self.constants or variable.name in self.data
        if variable.kind in ("auxiliary", "data") and not has_values:
            self.replaced.add(variable.name)
            shape = shape_of(self.system, variable.name)
            self.constants[variable.name] = np.full(shape, np.nan)
        return variable

    def _initial_constants(self, stock: Variable) -> list[str]:
        found = []
        for definition in stock.definitions:
            node = definition.expression
            if isinstance(node, Call) and len(node.arguments) > 1:
                found += [each.name for each in references(node.arguments[1])]
        names = dict.fromkeys(self.system.names[each] for each in found if each in self.system)
        return [each for each in names if self.system[each].kind != "stock"]

    def places(self, dimension: str, element: str, text: str) -> tuple[int, ...]:
        """Return where an element lies, or answer with the nearest."""
        try:
            return positions(self.system, dimension, element)
        except SecdilError:
            hint = suggestion(element, elements(self.system, dimension))
            raise self.error(f"No {dimension} {element!r} in {text!r}.", text, hint) from None

    def _assign(
        self, name: str, text: str, where: list[tuple[int, ...]], dims: tuple[str, ...], value: Any
    ) -> None:
        rest = dims[len(where) :]
        if isinstance(value, Mapping):
            self._mapping(name, text, where, dims, value)
            return
        if _is_pandas(value, "Series") or _is_pandas(value, "DataFrame"):
            self._timed(name, text, where, rest, value)
            return
        if hasattr(value, "dims") and hasattr(value, "coords"):
            value = self._data_array(name, text, rest, value)
        array = self._numbers(text, value)
        ranged = [(len(each), d) for each, d in zip(where, dims, strict=False) if len(each) > 1]
        ranged += [(len(elements(self.system, each)), each) for each in rest]
        shape = tuple(size for size, _ in ranged)
        if array.ndim and array.shape != shape:
            wanted = " x ".join(f"{n} ({d})" for n, d in ranged) or "one number"
            raise self.error(f"{text!r} has shape {array.shape}.", text, f"Give {wanted}.")
        whole = (*map(len, where), *shape[len(shape) - len(rest) :])
        self._write(name, where, np.broadcast_to(array, shape).reshape(whole))

    def _mapping(
        self, name: str, text: str, where: list[tuple[int, ...]], dims: tuple[str, ...], value: Any
    ) -> None:
        if len(where) == len(dims):
            raise self.error(f"{text!r} is one number, but a table by element is given.", text)
        if value and all(isinstance(each, int | float) for each in value):
            import pandas as pd

            self._timed(name, text, where, dims[len(where) :], pd.Series(dict(value)))
            return
        for element, inner in value.items():
            try:
                place = self.places(dims[len(where)], str(element), f"{text}.{element}")
                self._assign(name, f"{text}.{element}", [*where, place], dims, inner)
            except SecdilError as error:
                self.findings += error.findings

    def _timed(
        self, name: str, text: str, where: list[tuple[int, ...]], rest: tuple[str, ...], value: Any
    ) -> None:
        """A year-indexed Series (or a frame with a column an element) makes an input of time."""
        try:
            knots = np.asarray(value.index, dtype=float)
        except (TypeError, ValueError):
            raise self.error(
                f"The index of the series for {text!r} is not years.", text, "Index it by year."
            ) from None
        if len(knots) < 1 or not np.isfinite(knots).all() or (np.diff(knots) <= 0).any():
            raise self.error(
                f"The years of the series for {text!r} do not increase.",
                text,
                "Sort them; no repeats.",
            )
        shape = tuple(len(elements(self.system, each)) for each in rest)
        if _is_pandas(value, "DataFrame"):
            if len(rest) != 1:
                raise self.error(f"A table over time needs one dimension left in {text!r}.", text)
            for column in value.columns:
                place = self.places(rest[0], str(column), f"{text}.{column}")
                self._timed(name, f"{text}.{column}", [*where, place], (), value[column])
            return
        numbers = self._numbers(text, value.to_numpy())
        values = np.broadcast_to(numbers.reshape(-1, *(1,) * len(shape)), (len(knots), *shape))
        self._weave(name, where, knots, values)

    def _weave(
        self, name: str, where: list[tuple[int, ...]], knots: np.ndarray, values: np.ndarray
    ) -> None:
        """Write a series into part of a variable, on the union of all its knots."""
        self.timed.add(name)
        between = self.data[name].between if name in self.data else "hold"
        old = self.series.get(name) if where else None
        if old is None:
            base = self.constants.get(name, np.full(shape_of(self.system, name), np.nan))
            old = Series(knots, np.repeat(base[None], len(knots), axis=0), between)
        union = np.union1d(old.knots, knots)
        merged = old.at(union)
        part = Series(knots, values, between).at(union)
        part = part.reshape(len(union), *(1,) * len(where), *part.shape[1:])
        merged[(slice(None), *block(where, merged.shape[1:]))] = part
        self.series[name] = Series(union, merged, between)

    def _data_array(self, name: str, text: str, rest: tuple[str, ...], value: Any) -> np.ndarray:
        by_name = {spelling(str(each)): each for each in value.dims}
        order = [by_name.get(spelling(each)) for each in rest]
        if None in order or len(value.dims) != len(rest):
            raise self.error(
                f"The dimensions {tuple(value.dims)} given for {text!r} are not {rest}.", text
            )
        value = value.transpose(*order)
        for dimension, own in zip(rest, order, strict=True):
            if own in value.coords:
                value = value.sel({own: list(elements(self.system, dimension))})
        return np.asarray(value.values)

    def _numbers(self, text: str, value: Any) -> np.ndarray:
        try:
            array = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise self.error(f"{text!r} is {value!r}, not a number.", text) from None
        if not np.isfinite(array).all():
            raise self.error(
                f"{text!r} is {value!r}: not a finite number."
                if array.ndim == 0
                else f"{text!r} holds values that are not finite.",
                text,
                "Give a finite number.",
            )
        return array

    def _write(self, name: str, where: list[tuple[int, ...]], array: np.ndarray) -> None:
        chosen = block(where, shape_of(self.system, name))
        if name in self.data and not where:  # a number in the place of all data
            self.series.pop(name, None)
            self.replaced.add(name)
            self.constants[name] = np.full(shape_of(self.system, name), np.nan)
        if name in self.constants:
            value = self.constants[name].copy()
            value[chosen] = array
            self.constants[name] = value
        if name in self.series:
            old = self.series[name]
            values = old.values.copy()
            values[(slice(None), *chosen)] = array
            self.series[name] = replace(old, values=values)

    def finish(self, limits: Limits) -> None:
        """Check what cannot be checked value by value."""
        for name in self.replaced:
            value = self.series[name].values if name in self.series else self.constants[name]
            if np.isnan(value).any():
                text = self.touched.get(name, name)
                self.findings.append(
                    Finding(
                        "error",
                        f"{text!r} replaces an equation for some elements only.",
                        self.place,
                        (text,),
                        f"Give a value for every element of {name!r}.",
                    )
                )
        for name, text in self.touched.items():
            value = self.series[name].values if name in self.series else self.constants[name]
            self.findings += limit_findings(name, text, value, limits, self.place)
        for name in self.series:
            self.constants.pop(name, None)


def limit_findings(
    name: str, text: str, value: np.ndarray, limits: Limits, place: str
) -> Iterator[Finding]:
    """Yield a finding if a value leaves its hard limits."""
    for limited, (low, high) in limits.items():
        if spelling(limited) == spelling(name) and (
            (np.nanmin(value) < low) or (np.nanmax(value) > high)
        ):
            bad = float(np.nanmin(value) if np.nanmin(value) < low else np.nanmax(value))
            span = f"at least {low:g}" if high == np.inf else f"between {low:g} and {high:g}"
            yield Finding(
                "error",
                f"{text!r} is {bad:g}, but this model needs it {span}.",
                place,
                (text,),
                "Choose a value inside; outside it the equations lose their meaning.",
            )


def block(where: list[tuple[int, ...]], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index that selects the chosen places on the leading dimensions, all of the rest."""
    places = [*where, *(range(n) for n in shape[len(where) :])]
    return np.ix_(*places) if places else (...,)


def _is_pandas(value: Any, kind: str) -> bool:
    return type(value).__module__.startswith("pandas") and type(value).__name__ == kind
