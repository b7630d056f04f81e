"""How often chance alone does as much: shares of pairs without any tie that score as high."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.screening.buildup import SPAN, Buildup, judge_buildup
from secdil_sd.fitting.screening.evidence import statistics
from secdil_sd.fitting.screening.pairs import lay_out
from secdil_sd.fitting.screening.placebos import ENOUGH, KINDS, draw_placebos
from secdil_sd.fitting.screening.reaction import LEAST_CHANGES
from secdil_sd.fitting.screening.reference import reference
from secdil_sd.fitting.screening.spending import WORLD, Spending
from secdil_sd.fitting.screening.windows import Window
from secdil_sd.fitting.screening.worlds import simulate

if TYPE_CHECKING:
    import pandas as pd

ALONE = ("walks", "trends", "own ways")
"""Kinds of simulated pairs in which neither side answers."""
SIMULATED = 400
"""Pairs of each kind that show what chance does where nobody answers."""
ABOUT = 0.25
"""Relative difference up to which two windows are about as long."""
FEWEST = 50
"""Windows about as long below which no share of them is given."""


def buildup_chance(
    spending: Spending,
    windows: Sequence[Window],
    rivals: Set[frozenset[int]],
    prices: np.ndarray | None,
    n: int,
    seed: int,
) -> tuple[np.ndarray, Buildup] | None:
    """Return how states re-paired in the same years built up, with the lengths of their windows.

    None if the table holds too few.
    """
    if n == 0 or len(spending.states) < WORLD:
        return None
    rng = np.random.default_rng([seed, 1])
    drawn = draw_placebos(spending, windows, rivals, KINDS[0], n, rng, SPAN)
    if len(drawn) < ENOUGH:
        return None
    lengths = np.array([each.end - each.start for each in drawn])
    return lengths, judge_buildup(lay_out(spending, drawn, prices))


def share_as_fast(
    chance: tuple[np.ndarray, Buildup] | None, changes: np.ndarray, slower: np.ndarray
) -> np.ndarray:
    """Return the share of re-paired states whose slower side grew as fast, in windows as long.

    Parameters
    ----------
    chance
        Of `buildup_chance`.
    changes, slower : (pair,)
        Yearly changes of the windows, growth of the slower side in its best three years.

    Returns
    -------
    (pair,)
        NaN where fewer than 50 windows are about as long.
    """
    share = np.full(len(changes), np.nan)
    if chance is None:
        return share
    lengths, built = chance
    grew = np.fmin(built.first, built.second)
    for length in np.unique(changes):
        alike = grew[(np.abs(lengths - length) <= ABOUT * length) & np.isfinite(grew)]
        if len(alike) >= FEWEST:
            rows = (changes == length) & np.isfinite(slower)
            share[rows] = _as_high(np.sort(alike), slower[rows])
    return share


def share_as_high(table: pd.DataFrame | None, probability: np.ndarray) -> np.ndarray:
    """Return the share of placebo pairs that score at least as high, the larger of both kinds."""
    share = np.full(len(probability), np.nan)
    if table is None:
        return share
    scored = np.isfinite(probability)
    for _, group in table.groupby("kind"):
        scores = np.sort(group["reaction_probability"].dropna().to_numpy())
        share[scored] = np.fmax(share[scored], _as_high(scores, probability[scored]))
    return share


def chance(table: pd.DataFrame, scores: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return how high pairs score that cannot react, score by score.

    Parameters
    ----------
    table : DataFrame
        Of `screen`; simulated pairs that go their own ways are given its middle length.
    scores : mapping of str to sequence of float
        Of placebo pairs, by kind: ``attrs["placebos"]`` of the table.

    Returns
    -------
    DataFrame
        Columns kind, score, share (of that kind that scores at least as high).
    """
    import pandas as pd

    curves = {kind: np.sort(found) for kind, found in scores.items()}
    curves["simulated"] = np.sort(simulated_chance(_middle(table["n"])))
    grid = np.linspace(0, 1, 101)
    parts = [
        pd.DataFrame({"kind": kind, "score": grid, "share": _as_high(found, grid)})
        for kind, found in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)


def simulated_chance(changes: int, pairs: int = SIMULATED) -> np.ndarray:
    """Return the scores of simulated pairs of which none answers the other.

    Examples
    --------
    >>> bool((simulated_chance(30) >= 0.8).mean() < 0.05)
    True
    """
    rng = np.random.default_rng(changes)
    found = [statistics(*simulate(kind, pairs, changes, rng)) for kind in ALONE]
    together = np.concatenate(found)
    return reference().probability(together, np.full(len(together), changes))


def _middle(changes: pd.Series) -> int:
    scored = changes[changes >= LEAST_CHANGES]
    return int(scored.median()) if len(scored) else LEAST_CHANGES


def _as_high(ordered: np.ndarray, score: np.ndarray) -> np.ndarray:
    return 1 - np.searchsorted(ordered, score, side="left") / len(ordered)
