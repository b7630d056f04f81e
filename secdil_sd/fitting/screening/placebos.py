"""Pairs that cannot have answered each other: states re-paired in the same or in other years."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, InputError
from secdil_sd.fitting.screening.pairs import lay_out
from secdil_sd.fitting.screening.reaction import LEAST_CHANGES, score_reaction
from secdil_sd.fitting.screening.spending import WORLD, Spending, read_table, spending_of
from secdil_sd.fitting.screening.windows import Window, windows_of
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("same years", "other years")
APART = 15
"""Years by which the windows of a pair from other years are shifted, at least."""
COMPLETE = 0.9
"""Share of the window's yearly changes both sides of a placebo must have."""
ENOUGH = 100
"""Placebo pairs below which their scores say nothing of a share of 8%."""
TRIES = 40
"""Rounds of drawing before the table is taken to hold no more."""


def placebo_pairs(
    data: pd.DataFrame | str | Path,
    dyads: Any = None,
    window: tuple[int, int] | None = None,
    kind: str = "same years",
    n: int = 400,
    seed: int = 1,
) -> pd.DataFrame:
    """Re-pair states at random and score the pairs, to see how high chance alone scores.

    Parameters
    ----------
    data, dyads, window
        As for `screen`. Placebo pairs last as long as these windows; none is a dyad named.
    kind : {"same years", "other years"}
        Both sides from the same years: they share the world's shocks. Or the second side from
        years at least 15 apart: they share nothing.
    n : int
        Pairs to draw; fewer where the table holds no more.
    seed : int

    Returns
    -------
    DataFrame
        Columns kind, state_a, state_b, start, end, shift (years by which the second state's
        figures are later), n (yearly changes), reaction_probability.

    Raises
    ------
    DataError, InputError
        For mistakes in the data or the dyads, all together; or if the table is too small.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> walks = np.exp(rng.normal(0.03, 0.1, (14, 40)).cumsum(axis=1))
    >>> table = pd.DataFrame(walks, index=[f"state {k}" for k in range(14)]).stack().reset_index()
    >>> table.columns = ["state", "year", "value"]
    >>> found = placebo_pairs(table, n=40)
    >>> bool((found["reaction_probability"] >= 0.8).mean() <= 0.1)
    True
    """
    if kind not in KINDS:
        message = f"There is no kind {kind!r} of placebo."
        raise InputError(Finding("error", message, "", (kind,), suggestion(kind, KINDS)))
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        message = f"n is {n!r}, not a positive number of pairs."
        raise InputError(Finding("error", message, remedy="Give at least 1."))
    findings: list[Finding] = []
    spending = spending_of(read_table(data), findings)
    windows = windows_of(dyads, window, spending, findings) if spending else []
    if findings or spending is None:
        raise DataError(*findings)
    rng = np.random.default_rng(seed)
    drawn = draw_placebos(spending, windows, rivals_of(dyads, windows), kind, n, rng)
    if not drawn:
        message = f"The table holds no placebo pairs from the {kind}."
        remedy = (
            f"Windows need {LEAST_CHANGES} yearly changes, and the table other states"
            f"{f' and {APART} years more' if kind == KINDS[1] else ''} to draw from."
        )
        raise DataError(Finding("error", message, remedy=remedy))
    return score_placebos(spending, drawn, kind)


def rivals_of(dyads: Any, windows: Sequence[Window]) -> Set[frozenset[int]]:
    """Return the pairs that are no placebos: those named; none where all pairs are looked at."""
    if dyads is None:
        return set()
    return {frozenset((each.first, each.second)) for each in windows}


def draw_placebos(
    spending: Spending,
    windows: Sequence[Window],
    rivals: Set[frozenset[int]],
    kind: str,
    n: int,
    rng: np.random.Generator,
    least: int = LEAST_CHANGES,
) -> list[Window]:
    """Draw up to ``n`` different placebo windows as long as those given, none of rivals."""
    spans = _spans(spending, windows, least)
    if not len(spans):
        return []
    known = np.isfinite(np.diff(spending.logs, axis=1))
    total = np.concatenate([np.zeros((len(known), 1), int), known.cumsum(axis=1)], axis=1)
    found: dict[Window, None] = {}
    for _ in range(TRIES):
        for made in _draw(spending, spans, kind, total, n, rng):
            if frozenset((made.first, made.second)) not in rivals and len(found) < n:
                found[made] = None
        if len(found) == n:
            break
    return list(found)


def _spans(spending: Spending, windows: Sequence[Window], least: int) -> np.ndarray:
    """Return state, first place in the table and yearly changes of windows long enough."""
    rows = []
    for each in windows:
        begin = max(each.start, spending.first_year)
        changes = min(each.end, spending.last_year) - begin
        if changes >= least:
            rows.append((each.first, begin - spending.first_year, changes))
    return np.array(rows, dtype=int)


def _draw(
    spending: Spending,
    spans: np.ndarray,
    kind: str,
    total: np.ndarray,
    n: int,
    rng: np.random.Generator,
) -> list[Window]:
    """Draw candidates in the years of the spans; those with too few figures are left out.

    The first side is that of a dyad or any state, the second any other.
    """
    like, begin, changes = spans[rng.integers(len(spans), size=n)].T
    anyone, second = rng.integers(len(total), size=(2, n))
    first = np.where(rng.random(n) < 0.5, like, anyone)
    latest = total.shape[1] - 1 - changes
    shift = np.zeros(n, dtype=int)
    if kind == KINDS[1]:
        shift = np.floor(rng.random(n) * (latest + 1)).astype(int) - begin
    there = total[first, begin + changes] - total[first, begin]
    here = total[second, begin + shift + changes] - total[second, begin + shift]
    complete = np.minimum(there, here) >= COMPLETE * changes
    apart = np.abs(shift) >= (APART if kind == KINDS[1] else 0)
    good = complete & apart & (first != second)
    start = spending.first_year + begin
    return [
        Window(
            int(first[k]), int(second[k]), int(start[k]), int(start[k] + changes[k]), int(shift[k])
        )
        for k in np.flatnonzero(good)
    ]


def score_placebos(spending: Spending, drawn: Sequence[Window], kind: str) -> pd.DataFrame:
    """Return the table of placebo pairs with their scores."""
    import pandas as pd

    reaction = score_reaction(lay_out(spending, drawn))
    return pd.DataFrame(
        {
            "kind": kind,
            "state_a": [spending.states[each.first] for each in drawn],
            "state_b": [spending.states[each.second] for each in drawn],
            "start": [each.start for each in drawn],
            "end": [each.end for each in drawn],
            "shift": [each.shift for each in drawn],
            "n": reaction.changes,
            "reaction_probability": reaction.probability,
        }
    )


def own_placebos(
    spending: Spending,
    windows: Sequence[Window],
    rivals: Set[frozenset[int]],
    n: int,
    seed: int,
) -> pd.DataFrame | None:
    """Return placebos of both kinds from the table at hand; None where it holds too few."""
    import pandas as pd

    if n == 0 or len(spending.states) < WORLD:
        return None
    rng = np.random.default_rng(seed)
    tables = []
    for kind in KINDS:
        drawn = draw_placebos(spending, windows, rivals, kind, n, rng)
        if len(drawn) >= ENOUGH:
            tables.append(score_placebos(spending, drawn, kind))
    return pd.concat(tables, ignore_index=True) if tables else None
