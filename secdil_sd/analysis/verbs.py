"""What every verb asks of its arguments before it looks at its subject.

An argument of one name means the same in every verb, so it is checked by its name; what else
has to fit (a name that is known, an n that suits the design) the verbs find out themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import Parameter, signature
from os import PathLike
from reprlib import repr as shortened
from typing import Any, ParamSpec, TypeVar

import numpy as np

from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.simulation.arguments import refuse_unknown
from secdil_sd.simulation.model import ENSEMBLE_ARGUMENTS

P = ParamSpec("P")
R = TypeVar("R")

OWN = ("samples", "outputs")  # what a verb passes on under its own name, or not at all


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Let a misspelt keyword or an argument of the wrong kind be an InputError; all together.

    >>> @verb
    ... def sweep(outputs=None, level=1.0): ...
    >>> sweep(outputs=3, levl=2)
    Traceback (most recent call last):
    secdil_sd.errors.InputError: sweep() has no argument 'levl'. Did you mean 'level'?
    outputs is 3. Give a list of names, as ['burden final'].
    """
    expected = signature(function).parameters
    own = [name for name, each in expected.items() if each.kind is not Parameter.VAR_KEYWORD]
    passed = [each for each in ENSEMBLE_ARGUMENTS if each not in OWN]
    known = own if len(own) == len(expected) else [*own, *passed]

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        findings: list[Finding] = []
        with collecting(findings):
            stray = {name: each for name, each in kwargs.items() if name not in known}
            refuse_unknown(stray, known, function.__name__)
        given = {**dict(zip(own, args, strict=False)), **kwargs}
        findings += [
            Finding("error", f"{name} is {shortened(value)}.", variables=(name,), remedy=remedy)
            for name, value in given.items()
            for fits, remedy in (KINDS.get(name, ANYTHING),)
            if not fits(value)
        ]
        if findings:
            raise InputError(*findings)
        return function(*args, **kwargs)

    return called


def _names(value: Any) -> bool:
    return value is None or (isinstance(value, Iterable) and not isinstance(value, bytes))


def _mapping(value: Any) -> bool:
    return not value or isinstance(value, Mapping)


def _marks(value: Any) -> bool:
    if hasattr(value, "cases") or isinstance(value, str | Mapping):
        return True
    return isinstance(value, Iterable) and all(
        isinstance(each, str) or hasattr(each, "cases") for each in value
    )


def _numbers(value: Any) -> bool:
    try:
        return value is None or np.asarray(list(value), dtype=float).ndim == 1
    except (TypeError, ValueError):
        return False


def _schools(value: Any) -> bool:
    return _names(value) or isinstance(value, PathLike)


def _condition(value: Any) -> bool:
    return value is None or callable(value) or (_names(value) and not isinstance(value, Mapping))


def is_number(value: Any) -> bool:
    """Say whether something is a finite number."""
    kinds = (int, float, np.integer, np.floating)
    return isinstance(value, kinds) and not isinstance(value, bool) and bool(np.isfinite(value))


ANYTHING: tuple[Callable[[Any], bool], str] = (lambda value: True, "")
_RANGES = "Give a list of names, or a mapping of names to (low, high)."
KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "outputs": (_names, "Give a list of names, as ['burden final']."),
    "constraints": (_names, "Give a list, as ['a >= b + c'], or None for none at all."),
    "names": (_names, "Give a list of names."),
    "ids": (_names, "Give a list, as ['P1', 'P21']."),
    "parameters": (_names, _RANGES),
    "vary": (_names, _RANGES),
    "uncertainties": (_names, _RANGES),
    "levers": (_names, _RANGES),
    "groups": (_mapping, "Give a mapping, as {'states': ['reaction', 'fatigue']}."),
    "costs": (_mapping, "Give a mapping, as {'transparency': 2}."),
    "propositions": (_mapping, "Give a mapping of names to sentences or tables."),
    "runs": (_mapping, "Give a mapping of names to runs."),
    "cases": (_marks, "Give names of scenarios, or a mapping of names to (x, y)."),
    "level": (is_number, "Give a number, as level=1."),
    "times": (_numbers, "Give increasing numbers, as range(1948, 1989)."),
    "schools": (_schools, "Give names, as ['Jervis'], or the path of a table of remedies."),
    "where": (_condition, "Give a condition, as 'peak spiral number > 1'."),
    "who": (lambda value: value is None or isinstance(value, str), "Name one state."),
}
