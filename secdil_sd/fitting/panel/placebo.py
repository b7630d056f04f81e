"""Placebo panels: the same states and years, each beside a state that is no rival of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from secdil_sd.fitting.panel.gathering import Pair

TRIES = 200
LEAST = 3
"""A placebo panel of fewer pairs than this, or than half the real one's, is none."""


def repaired(pairs: Sequence[Pair], rng: np.random.Generator) -> tuple[Pair, ...]:
    """Return the states of some dyads in other pairs.

    Partners of a real dyad and neighbours are never paired; years are those both dyads have.

    Parameters
    ----------
    pairs : sequence of Pair
        With their years.
    rng : Generator

    Returns
    -------
    tuple of Pair
        As many as there are dyads where that can be done, fewer where not.

    Examples
    --------
    >>> real = [Pair("A", "B", 1950, 1990), Pair("C", "D", 1960, 2000)]
    >>> [(each.begin, each.end) for each in repaired(real, np.random.default_rng(1))]
    [(1960, 1990), (1960, 1990)]
    """
    real = {frozenset(each.states) for each in pairs}
    best: list[Pair] = []
    for _ in range(TRIES):
        sides = [(state, each.begin, each.end) for each in pairs for state in each.states]
        order = [sides[k] for k in rng.permutation(len(sides))]
        found, taken = [], set(real)
        while order:
            state, begin, end = order.pop()
            for k, (other, since, until) in enumerate(order):
                both = frozenset((state, other))
                if len(both) == 1 or both in taken or both in neighbours():
                    continue
                if min(end, until) - max(begin, since) < (end - begin) / 2:
                    continue
                taken.add(both)
                found.append(Pair(state, other, max(begin, since), min(end, until)))
                del order[k]
                break
        if len(found) > len(best):
            best = found
        if len(best) == len(pairs):
            break
    return tuple(best)


def enough(found: Sequence[Pair], real: Sequence[Pair]) -> bool:
    """Whether re-paired states make a panel to compare with."""
    return len(found) >= max(LEAST, len(real) / 2)


@lru_cache(maxsize=1)
def neighbours() -> frozenset[frozenset[str]]:
    """Pairs of states with a common border or strait, as bundled."""
    import csv

    from secdil_sd import bundle

    with bundle.path("data", "contiguity.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(frozenset((r["state_a"], r["state_b"])) for r in csv.DictReader(file))
