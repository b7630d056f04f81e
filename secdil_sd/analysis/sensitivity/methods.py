"""The methods by name: what each is made of, which sizes suit it, which samples it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.analysis.sensitivity.spectra import FAST_HARMONICS
from secdil_sd.analysis.space import check_count
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import suggestion


@dataclass(frozen=True)
class Method:
    """One way to measure sensitivity.

    Parameters
    ----------
    name : str
    counts : str
        What ``n`` counts.
    least : int
        The smallest ``n``.
    independent : bool
        The design varies each parameter whatever the others are.
    given : bool
        Any sample will do, also one that was run for something else.
    grouped : bool
        Parameters can be judged together.
    suits : callable (int) -> str
        Why a size does not suit, with those that do; "" if it does.
    """

    name: str
    counts: str
    least: int
    independent: bool = False
    given: bool = False
    grouped: bool = False
    suits: Callable[[int], str] = lambda n: ""


def _power_of_two(n: int) -> str:
    if n & (n - 1) == 0:
        return ""
    below = 1 << (n.bit_length() - 1)
    best = below if n - below <= 2 * below - n else 2 * below
    other = 3 * below - best
    return f"a Sobol sequence is balanced at powers of two only: take {best}, or {other}"


_FAST_LEAST = 4 * FAST_HARMONICS**2 + 1

METHODS = {
    each.name: each
    for each in (
        Method("sobol", "base points", 2, True, grouped=True, suits=_power_of_two),
        Method("morris", "trajectories", 2, True, grouped=True),
        Method("fast", "points of a search curve", _FAST_LEAST, True),
        Method("rbd_fast", "runs", 64, given=True),
        Method("delta", "runs", 64, given=True),
        Method("pawn", "runs", 64, given=True),
        Method("hdmr", "runs", 600, given=True),
        Method("tornado", "nothing", 0),
    )
}

GIVEN = tuple(name for name, each in METHODS.items() if each.given)


def method_named(name: Any) -> Method:
    """Return a method by its name; raises InputError suggesting the nearest."""
    plain = str(name).casefold().replace("-", "_").replace(" ", "_")
    if plain not in METHODS:
        hint = suggestion(plain, METHODS) or f"There are {', '.join(METHODS)}."
        raise InputError(
            Finding("error", f"No method {name!r}.", variables=("method",), remedy=hint)
        )
    return METHODS[plain]


def check_size(method: Method, n: Any) -> int:
    """Return ``n`` if it suits the design; raises InputError saying which does."""
    if method.name == "tornado":
        return 1
    check_count(n)
    if n < method.least:
        message = (
            f"n = {n} does not suit {method.name}: it takes {method.least} {method.counts} or more."
        )
        raise InputError(Finding("error", message, variables=("n",)))
    reason = method.suits(int(n))
    if reason:
        message = f"n = {n} does not suit {method.name}: {reason}."
        raise InputError(Finding("error", message, variables=("n",)))
    return int(n)


def check_addition(method: Method, first: int, n: Any) -> int:
    """Return how much a design of ``first`` is extended by, if that suits it.

    A part as large as the first keeps the balance of a Sobol sequence, and the length of a
    search curve.
    """
    if method.name == "tornado":
        message = "A tornado is complete: one run at each end of every parameter."
        raise InputError(Finding("error", message, remedy='Take method="morris" for more.'))
    whole = method.name in ("sobol", "fast")
    check_count(n, 1 if method.name == "morris" else first if whole else method.least)
    if whole and n % first:
        best = max(round(n / first), 1) * first
        message = f"A {method.name} design of {first} cannot be extended by {n}."
        remedy = f"Extend it by a multiple of {first}: {best}."
        raise InputError(Finding("error", message, variables=("n",), remedy=remedy))
    return int(n)


def stratum_seed(seed: int, part: int) -> int:
    """Return the seed of a later part of a design: another for each, the same for all time."""
    if part == 0:
        return seed
    return int(np.random.SeedSequence([seed, part]).generate_state(1)[0])
