"""Worlds of many states: who they are, and who is in contact with whom."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from secdil_sd import bundle
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import Names


@dataclass(frozen=True, eq=False)
class World:
    """States and the contact between them.

    Parameters
    ----------
    states : tuple of str
        Names, for ``with_subscripts(state=...)``.
    majors : tuple of str
        Those of them that are major powers.
    contact : ndarray (state, rival) [0 to 1]
        Symmetric, zero on the diagonal.
    """

    states: tuple[str, ...]
    majors: tuple[str, ...]
    contact: np.ndarray

    def __post_init__(self) -> None:
        self.contact.setflags(write=False)


def world(
    states: int | Sequence[str], land: float = 1.0, water: float = 0.5, major: float = 0.25
) -> World:
    """Return the states of today with contact from their borders and from major powers.

    Parameters
    ----------
    states : int or sequence of str
        How many: major powers first, then those with most neighbours. Or which.
    land : float
        Contact of two states with a common border.
    water : float
        Contact of two states that face each other across a strait or narrow sea.
    major : float
        Contact of a major power with every state that is no neighbour of it. All others have
        none. The three levels are judgement.

    Returns
    -------
    World

    Raises
    ------
    InputError
        For a number that is not between 2 and the number of states, an unknown or repeated
        name, or a level outside 0 to 1; all mistakes together.

    Notes
    -----
    The tables are of our own making: see ``models/data/SOURCES.md``.

    Examples
    --------
    >>> small = world(["India", "Pakistan", "Bhutan"])
    >>> small.contact
    array([[0., 1., 1.],
           [1., 0., 0.],
           [1., 0., 0.]])
    >>> world(150).contact.shape
    (150, 150)
    """
    wrong: list[Finding] = []
    names = _chosen(states, wrong)
    for name, level in (("land", land), ("water", water), ("major", major)):
        if not 0 <= level <= 1:
            wrong.append(_mistake(name, f"{name} is {level}.", "Give a level from 0 to 1."))
    if wrong:
        raise InputError(*wrong)
    levels = {"land": land, "water": water}
    majors = _majors()
    place = {name: k for k, name in enumerate(names)}
    great = np.array([name in majors for name in names])
    contact = np.where(great | great[:, None], float(major), 0.0)
    for (one, other), kind in _neighbours().items():
        if one in place and other in place:
            contact[place[one], place[other]] = contact[place[other], place[one]] = levels[kind]
    np.fill_diagonal(contact, 0.0)
    return World(names, tuple(name for name in names if name in majors), contact)


def _chosen(states: int | Sequence[str], wrong: list[Finding]) -> tuple[str, ...]:
    """Return the names of the states asked for; what is wrong with the question goes to a list."""
    ranked = _ranked()
    if isinstance(states, int | np.integer):
        if not 2 <= states <= len(ranked):
            remedy = f"Ask for 2 to {len(ranked)}."
            wrong.append(_mistake("states", f"A world of {states} states.", remedy))
        return ranked[:states]
    known = Names(ranked, "state")
    asked = [states] if isinstance(states, str) else list(states)
    wrong += [known.unknown(str(each)) for each in asked if each not in known]
    found = [known[each] for each in asked if each in known]
    for name, times in Counter(found).items():
        if times > 1:
            wrong.append(_mistake("states", f"{name!r} is given {times} times.", "Give it once."))
    if not wrong and len(found) < 2:
        wrong.append(_mistake("states", "A world of fewer than two states.", "Name another."))
    return tuple(found)


def _mistake(argument: str, message: str, remedy: str) -> Finding:
    return Finding("error", message, variables=(argument,), remedy=remedy)


@lru_cache(maxsize=1)
def _ranked() -> tuple[str, ...]:
    """Every state: major powers first, then by the number of neighbours, then by name."""
    neighbours = Counter(state for pair in _neighbours() for state in pair)
    majors = _majors()
    names = [row["state"] for row in _rows("states.csv")]
    return tuple(sorted(names, key=lambda each: (each not in majors, -neighbours[each], each)))


@lru_cache(maxsize=1)
def _majors() -> frozenset[str]:
    return frozenset(row["state"] for row in _rows("states.csv") if row["major"] == "yes")


@lru_cache(maxsize=1)
def _neighbours() -> Mapping[tuple[str, str], str]:
    """Every pair of neighbours once, with what lies between them: land or water."""
    rows = _rows("contiguity.csv")
    return {(row["state_a"], row["state_b"]): row["kind"] for row in rows}


def _rows(name: str) -> list[dict[str, str]]:
    with bundle.path("data", name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
