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
ALLOWED = 0.08
"""Share of placebo pairs that may score as high as a pair whose reaction is supported."""
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
    return Reaction(
        given,
        _probability(first, second, given, rule),
        np.where(
            above == given,
            _probability(pairs.first_above, pairs.second_above, given, rule),
            np.nan,
        ),
        *(np.where(given >= SCORED_FROM, each, np.nan) for each in answered),
    )


def judge_reaction(reaction: Reaction, share: np.ndarray) -> np.ndarray:
    """Return the verdict on each pair.

    Supported needs odds of four to one, not to be overturned by the growth of the median state,
    and a score that at most 8% of placebo pairs reach.

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
        low = reaction.probability <= REFUTED
    told = np.full(len(high), "cannot tell", dtype=object)
    told[high & ~overturned & ~common] = "supported"
    told[low] = "not"
    told[reaction.changes < LEAST_CHANGES] = "cannot tell"
    return told


def _probability(
    first: np.ndarray, second: np.ndarray, given: np.ndarray, rule: Reference
) -> np.ndarray:
    found = np.full(len(first), np.nan)
    scored = np.flatnonzero(given >= SCORED_FROM)
    for begin in range(0, len(scored), CHUNK):
        part = scored[begin : begin + CHUNK]
        found[part] = rule.probability(statistics(first[part], second[part]), given[part])
    return found
