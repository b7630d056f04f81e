"""All curves of rest that start from given roots, and those that branch off from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from secdil_sd.analysis.tipping.continuation.family import Family, weights
from secdil_sd.analysis.tipping.continuation.special import Special
from secdil_sd.analysis.tipping.continuation.walk import Curve, follow, leave

MOST_CURVES = 40


@dataclass(frozen=True)
class Event:
    """A special point, the number of the curve it was found on, and of the one it meets."""

    special: Special
    curve: int
    meets: int | None = None


@dataclass(frozen=True)
class Diagram:
    """Curves of rest and what happens on them; ``complete`` if every one was followed."""

    curves: tuple[Curve, ...]
    events: tuple[Event, ...]
    complete: bool


def draw_up(family: Family, roots: Mapping[float, Sequence[np.ndarray]]) -> Diagram:
    """Follow every curve through the roots once, and every curve that crosses one.

    Parameters
    ----------
    family : Family
    roots : mapping of float to sequence of array (entry,)
        Roots by parameter value; earlier ones first.

    Examples
    --------
    >>> pitchfork = Family(lambda z, p: (p - 0.5) * z - z**3, np.array([-9.0]), np.array([9.0]))
    >>> found = draw_up(pitchfork, {0.0: [np.array([0.0])]})
    >>> len(found.curves), [each.special.kind for each in found.events]
    (2, ['branch'])
    """
    curves: list[Curve] = []
    events: list[Event] = []
    landings = list(roots)
    waiting = [(value, z) for value, found in roots.items() for z in found]
    while waiting and len(curves) < MOST_CURVES:
        value, z = waiting[0]
        _take_in(follow(family, np.append(z, value), landings), curves, events)
        while len(curves) < MOST_CURVES:
            place = next((k for k, each in enumerate(events) if _open(each)), None)
            if place is None:
                break
            events[place] = replace(events[place], meets=len(curves))
            _take_in(leave(family, events[place].special, landings), curves, events)
        waiting = [
            (value, z)
            for value, z in waiting[1:]
            if not any(each.passes(z, value) for each in curves)
        ]
    left = any(_open(each) or _not_followed(each) for each in events)
    return Diagram(tuple(curves), tuple(events), not waiting and not left)


def _not_followed(event: Event) -> bool:
    """Whether several curves branch off at once, as among three that are alike."""
    return event.special.kind == "branch" and event.special.other is None


def _open(event: Event) -> bool:
    return event.special.other is not None and event.meets is None


def _take_in(curve: Curve, curves: list[Curve], events: list[Event]) -> None:
    """Add a curve; a crossing that another curve already has is where the two meet."""
    number = len(curves)
    curves.append(curve)
    for special in curve.special:
        known = next((k for k, each in enumerate(events) if _same(each.special, special)), None)
        if known is None:
            events.append(Event(special, number))
        elif events[known].meets is None and events[known].curve != number:
            events[known] = replace(events[known], meets=number)


def _same(one: Special, other: Special) -> bool:
    if "fold" in (one.kind, other.kind) or one.kind == "oscillation":
        return False
    gap = weights(one.spot.x) * (one.spot.x - other.spot.x)
    return bool(np.max(np.abs(gap)) < 1e-4)
