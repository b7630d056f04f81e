"""Following one curve of rest by steps of its own length, through folds, to where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from secdil_sd.analysis.tipping.continuation.family import (
    Family,
    Spot,
    at_value,
    correct,
    spot,
    weights,
)
from secdil_sd.analysis.tipping.continuation.special import Special, locate, special_between

FIRST_STEP = 0.005
LONGEST = 0.04
SHORTEST = 1e-7
STRAIGHT = 0.985
"""Cosine of the sharpest turn within a step: the curve is drawn as smooth as it is."""

EASY = 3
"""Newton steps up to which the next step along the curve may be longer."""

FAR = 1e4
"""Scaled size of an entry that counts as infinity."""

MOST = 1500

RANGE, BOUNDS, INFINITY = "end of the range", "leaves its bounds", "leaves for infinity"
CLOSED, STUCK, LONG = "closes on itself", "step too small", "too many points"
CROSSING = "crossing"


@dataclass(frozen=True)
class End:
    """Why a curve stops: a reason, and the entry that left its bounds or grew, if one did."""

    reason: str
    entry: int | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve of rest.

    Parameters
    ----------
    spots : tuple of Spot
        In order along it, special points and asked-for values among them.
    special : tuple of Special
    ends : (End, End)
    """

    spots: tuple[Spot, ...]
    special: tuple[Special, ...]
    ends: tuple[End, End]

    def passes(self, z: np.ndarray, value: float) -> bool:
        """Whether the curve goes through a root at one of the values it was asked to land on."""
        return any(
            abs(each.x[-1] - value) < 1e-9 and np.max(np.abs(weights(z) * (each.x[:-1] - z))) < 1e-5
            for each in self.spots
        )


def follow(family: Family, start: np.ndarray, landings: Sequence[float]) -> Curve:
    """Follow the curve through a root both ways.

    Parameters
    ----------
    family : Family
    start : array (entry + 1,)
        A root, the parameter last.
    landings : sequence of float
        Parameter values the curve must have points at.
    """
    return _both_ways(family, spot(family, start), landings)


def leave(family: Family, crossing: Special, landings: Sequence[float]) -> Curve:
    """Follow the other curve through a crossing, both ways."""
    assert crossing.other is not None
    here = crossing.spot
    first = Spot(here.x, here.slope, crossing.other, here.eigenvalues, 0)
    return _both_ways(family, first, landings)


def _both_ways(family: Family, first: Spot, landings: Sequence[float]) -> Curve:
    ahead = _Walk(family, landings).from_(first)
    if ahead.end.reason == CLOSED:
        return Curve(tuple(ahead.spots), tuple(ahead.special), (ahead.end, ahead.end))
    behind = _Walk(family, landings).from_(first.turned())
    spots = [each.turned() for each in reversed(behind.spots[1:])] + ahead.spots
    special = [*reversed(behind.special), *ahead.special]
    if spots[0].x[-1] > spots[-1].x[-1]:
        spots = [each.turned() for each in reversed(spots)]
        return Curve(tuple(spots), tuple(reversed(special)), (ahead.end, behind.end))
    return Curve(tuple(spots), tuple(special), (behind.end, ahead.end))


class _Walk:
    """One way along a curve: what was passed, and why it ended."""

    def __init__(self, family: Family, landings: Sequence[float]) -> None:
        self.family, self.landings = family, landings
        self.spots: list[Spot] = []
        self.special: list[Special] = []
        self.end = End(LONG)

    def from_(self, first: Spot) -> _Walk:
        self.spots.append(first)
        step = FIRST_STEP
        while len(self.spots) < MOST:
            here = self.spots[-1]
            found = self._step(here, step)
            if found is None:
                self.end = self._stuck(here)
                return self
            reached, step, longer = found
            end, there, step = self._ended(here, reached, step)
            if there is not None:
                self._pass(here, there, step)
            if end is not None:
                self.end = end
                return self
            step = longer
        return self

    def _step(self, here: Spot, step: float) -> tuple[Spot, float, float] | None:
        """Return the next point, the step that led there, and the one to try after it."""
        normal = here.tangent * weights(here.x) ** 2
        while step >= SHORTEST:
            guess = here.x + step * here.tangent
            found = correct(self.family, guess, normal)
            if found is not None:
                x, tries = found
                aside = np.linalg.norm(weights(here.x) * (x - guess))
                there = self._spot(x, here)
                if there is not None and aside < 0.5 * step and _straight(here, there):
                    longer = min(1.6 * step, LONGEST) if tries <= EASY else step
                    return there, step, longer
            step /= 2
        return None

    def _stuck(self, here: Spot) -> End:
        """Say why no step leads on: the slope may also break at an end of the range."""
        if here.orientation == 0:
            return End(CROSSING)
        return End(RANGE if _at_end(here) else STUCK)

    def _spot(self, x: np.ndarray, near: Spot) -> Spot | None:
        try:
            found = spot(self.family, x, near.tangent)
        except np.linalg.LinAlgError:
            return None
        return found if np.isfinite(found.tangent).all() else None

    def _ended(self, here: Spot, there: Spot, step: float) -> tuple[End | None, Spot | None, float]:
        """Say whether the curve ends on this step, and then where on it."""
        entry = self.family.outside(there.x)
        if entry is not None:
            return self._cut(here, there, step, entry)
        size = np.abs(there.x[:-1])
        if size.max() > FAR:
            return End(INFINITY, int(np.argmax(size))), there, step
        first = self.spots[0]
        if len(self.spots) > 3:
            gap = np.linalg.norm(weights(first.x) * (there.x - first.x))
            weight = weights(first.x) ** 2
            if gap < step and (first.tangent * weight) @ there.tangent > 0.9:
                return End(CLOSED), first, step
        return None, there, step

    def _cut(
        self, here: Spot, there: Spot, step: float, entry: int
    ) -> tuple[End, Spot | None, float]:
        """Return where on the step an entry (the parameter is the last) meets its bound."""
        low, high = np.append(self.family.low, 0.0), np.append(self.family.high, 1.0)
        bound = low[entry] if there.x[entry] < low[entry] else high[entry]
        last = entry == len(low) - 1
        end = End(RANGE) if last else End(BOUNDS, entry)
        if abs(here.x[entry] - bound) < 1e-9:
            return end, None, step
        share = (bound - here.x[entry]) / (there.x[entry] - here.x[entry])
        exact = at_value(self.family, here.x + share * (there.x - here.x), bound, entry)
        cut = None
        if exact is not None and self.family.outside(exact) is None:
            cut, step = self._spot(exact, here), share * step
        if cut is None:
            place = locate(self.family, here, step, lambda each: float(each.x[entry] - bound))
            step, cut = place if place else (step, None)
        if cut is not None and _at_end(cut):
            end = End(RANGE)
        return end, cut, step

    def _pass(self, here: Spot, there: Spot, step: float) -> None:
        """Take in a step: special points and asked-for values on it, and its end."""
        special = special_between(self.family, here, there, step)
        self.special += special
        chain = [here, *(each.spot for each in special), there]
        for a, b in pairwise(chain):
            self.spots += [*self._landed(a, b), b]

    def _landed(self, a: Spot, b: Spot) -> list[Spot]:
        inside = [
            v for v in self.landings if (a.x[-1] - v) * (b.x[-1] - v) < 0 and a.x[-1] != b.x[-1]
        ]
        found = []
        for value in sorted(inside, reverse=bool(b.x[-1] < a.x[-1])):
            share = (value - a.x[-1]) / (b.x[-1] - a.x[-1])
            x = at_value(self.family, a.x + share * (b.x - a.x), value)
            here = self._spot(x, a) if x is not None else None
            if here is not None:
                found.append(here)
        return found


def _at_end(here: Spot) -> bool:
    return bool(min(abs(here.x[-1]), abs(here.x[-1] - 1.0)) < 1e-6)


def _straight(here: Spot, there: Spot) -> bool:
    weight = weights(here.x)
    a, b = weight * here.tangent, weight * there.tangent
    return bool(a @ b > STRAIGHT * np.linalg.norm(a) * np.linalg.norm(b))
