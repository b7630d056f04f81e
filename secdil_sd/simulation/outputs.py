"""What a run is asked for: a variable, one element, or a reduction over time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements, positions
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import key, spelling, split_selector, suggestion

_SUFFIXES = ("final", "initial", "max", "min", "mean")
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class Output:
    """One output.

    Parameters
    ----------
    text : str
        As the user wrote it.
    variable : str
        The variable in the file's spelling, or "reaction gain" or "spiral number".
    elements : tuple of str
        Chosen elements, one for each leading dimension; none for all.
    reduction : str
        "", "final", "initial", "max", "min", "mean", "at" or "time of max".
    at : float or None
        The time of an "at" reduction.
    """

    text: str = field(compare=False)
    variable: str
    elements: tuple[str, ...] = ()
    reduction: str = ""
    at: float | None = None

    @property
    def key(self) -> str:
        """The dataset key.

        >>> Output("peak spiral number", "spiral number", (), "max").key
        'peak_spiral_number'
        >>> Output("spending.India", "spending", ("India",)).key
        'spending_India'
        """
        if not self.reduction and not self.elements:
            return key(self.variable)
        return key(self.text)


def parse_outputs(
    texts: Sequence[str], system: System, extra: Sequence[str] = ()
) -> tuple[Output, ...]:
    """Read what a user asked for; a variable's own name wins over words such as "final".

    Parameters
    ----------
    texts : sequence of str
        "spending", "spending.India", "burden final", "war probability at 1990",
        "peak spiral number", "time of peak spending".
    system : System
    extra : sequence of str
        Outputs the package computes itself.

    Raises
    ------
    InputError
        For everything unknown, together, with the nearest names; for two outputs of one key.
    """
    if isinstance(texts, str):
        texts = [texts]
    found: list[Output] = []
    findings: list[Finding] = []
    for text in texts:
        try:
            found.append(_parse(str(text), system, extra))
        except SecdilError as error:
            findings += error.findings
    keys: dict[str, Output] = {}
    for each in found:
        other = keys.setdefault(each.key, each)
        if other != each:
            message = f"The outputs {other.text!r} and {each.text!r} share the key {each.key!r}."
            findings.append(Finding("error", message, "outputs", remedy="Ask for one of them."))
    if findings:
        raise InputError(*findings)
    return tuple(keys.values())


def _parse(text: str, system: System, extra: Sequence[str]) -> Output:
    refused: SecdilError | None = None
    for words, reduction in [(text, ""), *_readings(text)]:
        try:
            inner = _select(words, text, system, extra)
        except SecdilError as error:  # another reading may still fit
            refused = refused or error
            continue
        if inner is not None:
            kind, _, time = reduction.partition(" @")
            at = float(time) if time else None
            return Output(text, inner.variable, inner.elements, kind, at)
    if refused is not None:
        raise refused
    known = [each.name for each in system.variables if each.kind in ("stock", "auxiliary")]
    raise InputError(
        Finding(
            "error",
            f"No output {text!r}.",
            "outputs",
            (text,),
            suggestion(_core(text), [*known, *extra]),
        )
    )


def _readings(text: str) -> list[tuple[str, str]]:
    """The ways to read a text as a reduction of something: (the something, the reduction)."""
    plain = " ".join(text.replace("_", " ").split())
    found = []
    if match := re.fullmatch(r"time of (?:peak|max) (.+)", plain, re.I):
        found.append((match[1], "time of max"))
    if match := re.fullmatch(r"peak (.+)", plain, re.I):
        found.append((match[1], "max"))
    if match := re.fullmatch(rf"(.+) at ({_NUMBER})", plain, re.I):
        found.append((match[1], f"at @{match[2]}"))
    for suffix in _SUFFIXES:
        if plain.casefold().endswith(f" {suffix}"):
            found.append((plain[: -len(suffix) - 1], suffix))
    return found


def _core(text: str) -> str:
    readings = _readings(text)
    return split_selector(readings[0][0] if readings else text)[0]


def _select(words: str, text: str, system: System, extra: Sequence[str]) -> Output | None:
    """Return the variable or element a text names, or None if it names none."""
    for each in extra:
        if spelling(each) == spelling(words):
            return Output(text, each)
    if words in system:
        return Output(text, system.names[words])
    name, chosen = split_selector(words)
    if not chosen or name not in system:
        return None
    variable = system.names[name]
    dims = dimensions(system, variable)
    if len(chosen) > len(dims):
        message = (
            f"{text!r} names {len(chosen)} elements but {variable!r} has {len(dims)} dimensions."
        )
        raise InputError(Finding("error", message, "outputs", (text,)))
    while chosen and spelling(chosen[-1]) == spelling(dims[len(chosen) - 1]):
        chosen = chosen[:-1]  # the whole range, as without it
    for dimension, element in zip(dims, chosen, strict=False):
        try:
            places = positions(system, dimension, element)
        except SecdilError:
            hint = suggestion(element, elements(system, dimension))
            message = f"No {dimension} {element!r} in {text!r}."
            raise InputError(Finding("error", message, "outputs", (text,), hint)) from None
        if len(places) > 1:
            message = f"{element!r} in {text!r} is a range, not one element of {dimension}."
            remedy = f"Ask for {variable!r}, which gives every element, or for one of them."
            raise InputError(Finding("error", message, "outputs", (text,), remedy))
    return Output(text, variable, chosen)


def remaining_dimensions(output: Output, system: System) -> tuple[str, ...]:
    """Return the model dimensions an output still has once its elements are chosen."""
    if output.variable not in system:
        return ()
    return dimensions(system, output.variable)[len(output.elements) :]


def reduce_output(
    output: Output, values: np.ndarray, times: np.ndarray, system: System
) -> np.ndarray:
    """Return what an output asks of its variable's values.

    Parameters
    ----------
    output : Output
    values : array (time, *dimensions[, member])
    times : array (time,)
    system : System

    Returns
    -------
    array ([time,] *remaining dimensions[, member])
        A member that stopped early is NaN in every reduction but "initial" and "at" before it.
    """
    for place, element in enumerate(output.elements):
        dims = dimensions(system, output.variable)
        values = np.take(values, positions(system, dims[place], element)[0], axis=1)
    return values if not output.reduction else _REDUCERS[output.reduction](values, times, output)


def _at(values: np.ndarray, times: np.ndarray, output: Output) -> np.ndarray:
    assert output.at is not None
    near = np.flatnonzero(
        np.isclose(times, output.at, rtol=0, atol=1e-9 * max(1.0, abs(output.at)))
    )
    if not len(near):
        shown = f"{times[0]:g} to {times[-1]:g}"
        message = f"{output.text!r} asks for a time that is not among the output times ({shown})."
        raise InputError(Finding("error", message, "outputs", (output.text,), "Add it to times."))
    return values[near[0]]


def _time_of_max(values: np.ndarray, times: np.ndarray, output: Output) -> np.ndarray:
    lost = np.isnan(values).any(axis=0)
    place = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=0)
    return np.where(lost, np.nan, times[place])


_REDUCERS: dict[str, Callable[[np.ndarray, np.ndarray, Output], np.ndarray]] = {
    "final": lambda values, times, output: values[-1],
    "initial": lambda values, times, output: values[0],
    "max": lambda values, times, output: values.max(axis=0),
    "min": lambda values, times, output: values.min(axis=0),
    "mean": lambda values, times, output: values.mean(axis=0),
    "at": _at,
    "time of max": _time_of_max,
}
