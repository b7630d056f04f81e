"""What a design varies: parameters with their ranges and distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pydantic import ValidationError

from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling, split_selector
from secdil_sd.simulation.companion import Companion, Distribution

TOGETHER = "*"
"""In the place of an element: one parameter that moves all elements together."""

PAIR = ("state", "rival")
"""Dimensions of what is about two states: a state with itself is no pair and is not varied."""


@dataclass(frozen=True)
class Parameter:
    """One number a design varies: a constant, or one element of it.

    Parameters
    ----------
    name : str
        The variable, in the file's spelling.
    elements : tuple of str
        The element, for an array; none where all elements move together.
    distribution : Distribution
    """

    name: str
    elements: tuple[str, ...]
    distribution: Distribution

    @property
    def selector(self) -> str:
        """The name samples and outputs know it by.

        >>> even = Distribution(kind="uniform", low=0, high=1)
        >>> Parameter("transparency", ("India",), even).selector
        'transparency[India]'
        """
        return f"{self.name}[{','.join(self.elements)}]" if self.elements else self.name

    @property
    def is_switch(self) -> bool:
        """Whether it only turns something on or off: another model, not another value.

        >>> on_or_off = Distribution(kind="discrete", values=(0, 1))
        >>> Parameter("saturation", (), on_or_off).is_switch
        True
        """
        own = self.distribution
        return own.kind == "discrete" and set(own.values) <= {0.0, 1.0}


def design_parameters(
    system: System,
    companion: Companion,
    given: Sequence[str | Parameter] | Mapping[str, Any] | None = None,
) -> tuple[Parameter, ...]:
    """Return the parameters a design varies.

    Parameters
    ----------
    system : System
    companion : Companion
    given : sequence of str or Parameter, or mapping of str to range, optional
        Constants or elements, or parameters as they are; default every constant with a range.
        An array gives a parameter an element; "transparency[*]" one for all of them together,
        as does what the companion calls symmetric. A mapping may give each a
        range of its own: (low, high), a Distribution, a mapping of its fields, or None for the
        range of the model.

    Raises
    ------
    InputError
        For unknown names, names given twice, ranges that are none and constants without one;
        all together.
    """
    ranged = [
        each.name
        for each in system.variables
        if each.kind == "constant"
        and each.name not in TIME_NAMES
        and (
            each.name in companion.distributions or (each.low is not None and each.high is not None)
        )
    ]
    wanted = dict.fromkeys(ranged) if given is None else _ranges(given)
    found: list[Parameter] = []
    findings: list[Finding] = []
    for text, span in wanted.items():
        if isinstance(text, Parameter):
            found.append(text)
            continue
        try:
            own = list(element_parameters(system, companion, _one_for_all(text, companion), span))
            if not own and given is not None:
                message = f"{text!r} has no element to vary: it stands between two."
                findings.append(Finding("error", message, remedy="Give the model a second."))
            found += own
        except SecdilError as error:
            findings += error.findings
    findings += _overlaps(found)
    if findings:
        raise InputError(*findings)
    return tuple(found)


def _ranges(given: Sequence[str | Parameter] | Mapping[str, Any]) -> dict[Any, Any]:
    """Read what a user gave as name to range; a single name need not stand in a list."""
    if not isinstance(given, str) and not len(given):
        raise InputError(
            Finding("error", "There are no parameters to vary.", remedy="Name at least one.")
        )
    if isinstance(given, Mapping):
        return {str(name): span for name, span in given.items()}
    listed = [given] if isinstance(given, str) else given
    names = [each if isinstance(each, Parameter) else str(each) for each in listed]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise InputError(*(_twice(name, name) for name in twice))
    return dict.fromkeys(names)


def _overlaps(found: Sequence[Parameter]) -> list[Finding]:
    """Say which parameters move the same number."""
    findings = []
    for k, each in enumerate(found):
        for other in found[:k]:
            same = each.name == other.name
            if same and (each.elements == other.elements or not (each.elements and other.elements)):
                findings.append(_twice(other.selector, each.selector))
    return findings


def _twice(first: str, second: str) -> Finding:
    message = f"{first!r} and {second!r} vary the same number."
    if first == second:
        message = f"{first!r} is given twice."
    return Finding("error", message, variables=(first, second), remedy="Keep one of them.")


def element_parameters(
    system: System, companion: Companion, text: str, span: Any = None
) -> list[Parameter]:
    """Return a parameter for each element a text names; one for all after "[*]".

    Raises
    ------
    InputError
        For an unknown name or element, or a range that is none.
    """
    known = Names([each.name for each in system.variables if each.kind == "constant"], "parameter")
    name, chosen = (text, ()) if text in known else split_selector(text)
    name = known[name]
    distribution = _distribution(system, companion, name, span)
    labels = [elements(system, each) for each in dimensions(system, name)]
    if chosen and set(chosen) == {TOGETHER}:
        return [Parameter(name, (), distribution)]
    if len(chosen) > len(labels):
        message = f"{name!r} has {len(labels)} dimensions, {len(chosen)} elements are named."
        raise InputError(Finding("error", message, variables=(name,), remedy="Name fewer."))
    for place, each in enumerate(chosen):
        by_spelling = {spelling(label): label for label in labels[place]}
        if spelling(each) not in by_spelling:
            raise InputError(Names(labels[place], f"element of {name}").unknown(each))
        labels[place] = (by_spelling[spelling(each)],)
    found = [Parameter(name, each, distribution) for each in product(*labels)]
    if not chosen and dimensions(system, name) == PAIR:
        found = [each for each in found if each.elements[0] != each.elements[1]]
    return found


def _one_for_all(text: str, companion: Companion) -> str:
    """What the companion calls symmetric is one parameter unless elements are named."""
    symmetric = any(spelling(each) == spelling(text) for each in companion.symmetric)
    return f"{text}[{TOGETHER}]" if symmetric else text


def _distribution(system: System, companion: Companion, name: str, span: Any) -> Distribution:
    """Return how a constant is distributed: as the user says, else as the files say."""
    if isinstance(span, Distribution):
        return span
    own = _own_distribution(system, companion, name)
    if span is None:
        if own is None:
            remedy = "Give it one in the model's unit field, as [0,1], or under [distributions]."
            raise InputError(
                Finding("error", f"{name!r} has no range to vary over.", "", (name,), remedy)
            )
        return own
    if isinstance(span, Mapping):
        return _checked(name, dict(span))
    try:
        low, high = (float(each) for each in span)
    except (TypeError, ValueError):
        message = f"The range of {name!r} is {span!r}."
        remedy = "Give (low, high), or a distribution."
        raise InputError(Finding("error", message, variables=(name,), remedy=remedy)) from None
    logarithmic = own is not None and own.kind == "loguniform" and low > 0
    kind = "loguniform" if logarithmic else "uniform"
    return _checked(name, {"kind": kind, "low": low, "high": high})


def _own_distribution(system: System, companion: Companion, name: str) -> Distribution | None:
    for each, distribution in companion.distributions.items():
        if spelling(each) == spelling(name):
            return distribution
    low, high = system[name].low, system[name].high
    if low is None or high is None or not low < high:
        return None
    return Distribution(kind="uniform", low=low, high=high)


def _checked(name: str, fields: dict[str, Any]) -> Distribution:
    """Build a distribution, or say in one sentence why it is none."""
    try:
        return Distribution(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        reason = str(first["msg"]).removeprefix("Value error, ")
        given = ", ".join(f"{key}={value!r}" for key, value in fields.items())
        message = f"The range of {name!r} ({given}) does not fit: {where + ': ' if where else ''}"
        remedy = "Give low below high, or a distribution such as {'kind': 'loguniform', ...}."
        raise InputError(
            Finding("error", f"{message}{reason}.", variables=(name,), remedy=remedy)
        ) from None
