"""Reaction: did each answer the other, more surely than pairs that cannot have?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.screening.evidence import answers, changes, statistics
from secdil_sd.fitting.screening.pairs import Pairs
from secdil_sd.fitting.screening.reference import Reference, reference

LEAST_CHANGES = 20
"""Yearly changes below which reaction cannot be told even where it is real (MODEL.md 8)."""
SCORED_FROM = 8
"""Yearly changes from which there is a probability at all."""
SUPPORTED = 0.8
REFUTED = 0.2
"""Probabilities from which and to which a verdict is given: odds of four to one."""
LEAST_ANSWER = 1.0
"""Each side's own t below which one side alone may be answering: that is no race."""
ALLOWED = 0.08
"""Share of placebo pairs that may score as high as a pair whose reaction is supported."""
FLAT = 1e-9
"""Logarithms that differ by less are the same figure."""
CHUNK = 4096
"""Pairs whose statistics are taken at once."""


@dataclass(frozen=True)
class Reaction:
    """What two series say about answering each other, all of shape (pair,).

    Parameters
    ----------
    changes
        Yearly changes known on both sides.
    probability
        That each answers the other, at even odds beforehand; NaN below 8 changes.
    above
        The same from growth above the median state's; NaN where that is unknown.
    first, second
        How surely each side answers: t of the rival's level; negative for the inverse.
    """

    changes: np.ndarray
    probability: np.ndarray
    above: np.ndarray
    first: np.ndarray
    second: np.ndarray


def score_reaction(pairs: Pairs, rule: Reference | None = None) -> Reaction:
    """Score pairs by the worlds they look like; at constant prices where these are known."""
    rule = rule or reference()
    real = changes(pairs.first_real, pairs.second_real)
    given = changes(pairs.first, pairs.second)
    whole = ((real == given) & (given > 0))[:, None]
    first = np.where(whole, pairs.first_real, pairs.first)
    second = np.where(whole, pairs.second_real, pairs.second)
    above = changes(pairs.first_above, pairs.second_above)
    answered = answers(first, second)
    probability = _probability(first, second, given, rule)
    probability[_silent(first, second)] = np.nan
    return Reaction(
        given,
        probability,
        np.where(
            above == given,
            _probability(pairs.first_above, pairs.second_above, given, rule),
            np.nan,
        ),
        *(np.where(given >= SCORED_FROM, each, np.nan) for each in answered),
    )


def judge_reaction(reaction: Reaction, share: np.ndarray) -> np.ndarray:
    """Return the verdict on each pair.

    Supported needs odds of four to one, an answer of either side, not to be overturned by the
    growth of the median state, and a score that at most 8% of placebo pairs reach.

    Parameters
    ----------
    reaction : Reaction
    share : (pair,)
        Share of placebo pairs that score as high; NaN where there are none.
    """
    with np.errstate(invalid="ignore"):
        high = reaction.probability >= SUPPORTED
        overturned = reaction.above < 0.5
        common = share > ALLOWED
        one_sided = np.fmin(reaction.first, reaction.second) < LEAST_ANSWER
        low = reaction.probability <= REFUTED
    told = np.full(len(high), "cannot tell", dtype=object)
    told[high & ~overturned & ~common & ~one_sided] = "supported"
    told[low] = "not"
    told[reaction.changes < LEAST_CHANGES] = "cannot tell"
    return told


def _silent(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether there is nothing to tell: a side that never moves, or one series twice."""
    moved = []
    for each in (first, second, first - second):
        found = np.zeros(len(each), dtype=bool)
        some = np.isfinite(each).any(axis=-1)
        found[some] = np.nanmax(each[some], axis=-1) - np.nanmin(each[some], axis=-1) > FLAT
        moved.append(found)
    return ~(moved[0] & moved[1] & moved[2])


def _probability(
    first: np.ndarray, second: np.ndarray, given: np.ndarray, rule: Reference
) -> np.ndarray:
    found = np.full(len(first), np.nan)
    scored = np.flatnonzero(given >= SCORED_FROM)
    for begin in range(0, len(scored), CHUNK):
        part = scored[begin : begin + CHUNK]
        found[part] = rule.probability(statistics(first[part], second[part]), given[part])
    return found
