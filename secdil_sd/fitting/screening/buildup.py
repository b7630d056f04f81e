"""Mutual build-up: did both sides grow fast in the same three years?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.screening.pairs import Pairs

RULE = 0.08
"""Growth a year which lists of arms races ask of both sides: on average over the years (Diehl
1983), or in every year (Gibler, Rider and Hutchison 2005)."""
SPAN = 3
"""Years for which they ask it."""
ERROR = 0.05
"""Standard deviation of the relative error of a figure, as between editions of the sources."""
UNSURE = ERROR * np.sqrt(2) / SPAN
"""Standard deviation which these errors give to mean growth: 2.4% a year."""


@dataclass(frozen=True)
class Buildup:
    """What growth of both sides says, all of shape (pair,).

    Growth is of the span shown: the one that speaks most for a build-up. NaN where unknown.

    Parameters
    ----------
    probability
        That both sides grew by the rule in the best span, given errors of the figures. Half where
        the mean growth of the slower side is just the rule's; above half, lower where single
        years carry it.
    verdict
        "supported", "not" or "cannot tell".
    begin
        Places in the window where the span begins; -1 where there is none.
    every_year
        Whether both grew by the rule in each single year of some span.
    first, second, first_above, second_above, first_real, second_real
        Growth a year: as given, above the median state's, and at constant prices.
    """

    probability: np.ndarray
    verdict: np.ndarray
    begin: np.ndarray
    every_year: np.ndarray
    first: np.ndarray
    second: np.ndarray
    first_above: np.ndarray
    second_above: np.ndarray
    first_real: np.ndarray
    second_real: np.ndarray


def judge_buildup(pairs: Pairs) -> Buildup:
    """Judge build-up by the rule of the lists, and by what prices and the world leave of it.

    Supported if in some three years both sides grew by 8% a year, at constant prices too where
    these are known, and outgrew the median state, where that is known, by more than errors of
    the figures. If the rule holds but prices or the world's growth account for it: cannot tell.
    """
    from scipy.special import ndtr

    if pairs.first.shape[1] <= SPAN:
        return _too_short(len(pairs.first))
    given = _growth(pairs.first), _growth(pairs.second)
    above = _growth(pairs.first_above), _growth(pairs.second_above)
    real = _growth(pairs.first_real), _growth(pairs.second_real)
    slower = np.minimum(*given)
    known = np.isfinite(slower)
    score = np.where(known, slower, -np.inf)
    fast = np.log1p(RULE) - 1e-9  # a growth of exactly the rule passes
    holds = score >= fast
    with np.errstate(invalid="ignore"):
        robust = holds & ~(np.minimum(*above) <= UNSURE) & ~(np.minimum(*real) < fast)
    best = np.argmax(np.where(robust, score + 1e6, score), axis=1)
    verdict = np.where(holds.any(axis=1), "cannot tell", "not").astype(object)
    verdict[robust.any(axis=1)] = "supported"
    none = ~known.any(axis=1)
    verdict[none] = "cannot tell"
    mean = ndtr((score - fast) / UNSURE)
    every = ndtr((_worst_year(pairs) - fast) / (ERROR * np.sqrt(2)))
    probability = np.where(mean > 0.5, 0.5 + (mean - 0.5) * (1 + every) / 2, mean).max(axis=1)
    shown = [
        np.where(none, np.nan, np.expm1(np.take_along_axis(each, best[:, None], axis=1)[:, 0]))
        for each in (*given, *above, *real)
    ]
    return Buildup(
        np.where(none, np.nan, probability),
        verdict,
        np.where(none, -1, best),
        (_worst_year(pairs) >= fast).any(axis=1),
        *shown,
    )


def _growth(logs: np.ndarray) -> np.ndarray:
    """Return mean growth over each span of three yearly changes, (pair, span)."""
    known = np.isfinite(logs)
    inner = np.all([known[:, k : known.shape[1] - SPAN + k] for k in range(SPAN + 1)], axis=0)
    return np.where(inner, (logs[:, SPAN:] - logs[:, :-SPAN]) / SPAN, np.nan)


def _worst_year(pairs: Pairs) -> np.ndarray:
    """Return the least growth of either side in a single year of each span, (pair, span)."""
    yearly = np.minimum(np.diff(pairs.first), np.diff(pairs.second))
    spans = np.stack([yearly[:, k : yearly.shape[1] - SPAN + 1 + k] for k in range(SPAN)])
    worst = spans.min(axis=0)
    return np.where(np.isfinite(worst), worst, -np.inf)


def _too_short(pairs: int) -> Buildup:
    nothing = np.full(pairs, np.nan)
    verdict = np.full(pairs, "cannot tell", dtype=object)
    return Buildup(
        nothing, verdict, np.full(pairs, -1), np.zeros(pairs, dtype=bool), *([nothing] * 6)
    )
