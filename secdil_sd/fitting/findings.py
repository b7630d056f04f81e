"""What a fit found in single sentences: the titles of its figures, the head of its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.diagnostics import LASTING, PULLING
from secdil_sd.fitting.identifiability import TOGETHER, pairs, said_together
from secdil_sd.names import spoken, the

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit

LARGE = 0.3
"""A wrong level or spread that makes more than this share of the error is worth a headline."""
MOST_NAMED = 4


def closeness(found: Fit) -> str:
    """Return how closely the model follows the figures.

    >>> import secdil_sd as sd
    >>> closeness(sd.fit(sd.load_scenario("wwi_blocs"), intervals=False, starts=1))[:60]
    'The model follows spending of France and Russia within 2% an'
    """
    observed = found.problem.observed
    sizes = found.diagnostics.set_index("state")["rms"]
    if found.problem.noise.logarithmic:
        parts = [
            f"{the(state)} within {size:.{1 if size < 0.0095 else 0}%}"
            for state, size in sizes.items()
        ]
    else:
        parts = [
            f"{the(state)} within {size:.3g} {observed.units}" for state, size in sizes.items()
        ]
    return f"The model follows {observed.variable} of {_listed(parts, ' of ')}"


def told(found: Fit) -> str:
    """Return what of the numbers fitted the figures tell, and what they do not."""
    table = found.estimates
    stuck = table.loc[table["at_bound"] != "", "parameter"].tolist()
    together = _together(found)
    parts = [text.partition(" is identified")[0] for text in together.values()][:1]
    if parts:
        more = f", and {len(together) - 1} more such" if len(together) > 1 else ""
        parts = [f"{parts[0]}{more} is identified"]
    in_pair = {name for pair in together for name in pair}
    loose = table.loc[(table["open_low"] | table["open_high"]) & (table["at_bound"] == "")]
    alone = [name for name in loose["parameter"] if name not in in_pair]
    if alone:
        verb = "is" if len(alone) == 1 else "are"
        parts.append(f"{_named(alone)} {verb} not identified")
    if stuck:
        verb = "runs" if len(stuck) == 1 else "run"
        parts.append(f"{_named(stuck)} {verb} into a bound")
    if not parts:
        return f"All {len(table)} numbers are identified: each interval ends inside its bounds"
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def standing(found: Fit) -> tuple[str, ...]:
    """Return for each number in words whether the figures tell it."""
    together = _together(found)
    words = []
    for row in found.estimates.itertuples():
        others = [b if a == row.parameter else a for a, b in together if row.parameter in (a, b)]
        if row.at_bound:
            words.append(f"no: at its {row.at_bound} bound")
        elif others:
            words.append(f"only together with {_named(others)}")
        elif row.open_low and row.open_high:
            words.append("no: any value within its bounds fits")
        elif row.open_low or row.open_high:
            words.append(f"no: not how {'low' if row.open_low else 'high'}")
        elif not found.profiles:
            words.append("not asked: no profiles")
        elif _leans(found, row.parameter):
            words.append("yes, with others at a bound")
        else:
            words.append("yes")
    return tuple(words)


def _together(found: Fit) -> dict[tuple[str, str], str]:
    """Pairs of numbers that the figures do not tell apart, with words."""
    return pairs(found.problem, found.best, found.profiles, found.threshold)


def _leans(found: Fit, name: str) -> bool:
    """Whether within a number's interval another is held by its bound."""
    table = found.profile(name)
    inside = table["deviance"] <= found.threshold
    return bool((table.loc[inside, "other_bound"] != "").any())


def tied(found: Fit) -> str:
    """Return which two numbers the figures tell apart least."""
    related = found.correlation.to_numpy().copy()
    np.fill_diagonal(related, np.nan)
    if not np.isfinite(related).any():
        return "No two numbers are free to move together"
    i, j = np.unravel_index(np.nanargmax(np.abs(related)), related.shape)
    first, second = (found.correlation.index[k] for k in sorted((i, j)))
    size = related[i, j]
    if abs(size) > TOGETHER:
        return f"{_upper(said_together(first, 'and', second))} cannot be told apart"
    return (
        f"No two numbers are tied so closely that they cannot be told apart; most closely "
        f"{said_together(first, 'and', second)} ({size:.2f})"
    )


def lasting(found: Fit) -> tuple[str, ...]:
    """Return the states whose misses last from year to year, with their correlation."""
    rows = found.diagnostics
    rows = rows[(rows["memory"] > LASTING) & (rows["memory_p"] < 0.05)]
    return tuple(f"{row.state} {row.memory:.2f}" for row in rows.itertuples())


def memory(found: Fit) -> str:
    """Return whether misses last from year to year."""
    parts = lasting(found)
    if not parts:
        return "Misses show no memory from one year to the next"
    knows = found.problem.noise.lasting
    return (
        f"What the model misses lasts from year to year, {'which' if knows else 'so'} intervals "
        f"{'allow for' if knows else 'are too narrow'} "
        f"(correlation of neighboring years: {', '.join(parts)})"
    )


def pulls(found: Fit) -> str:
    """Return which figures decide the estimates alone."""
    table = found.residuals.sort_values("cook", ascending=False)
    strong = table[table["cook"] > PULLING]
    if strong.empty:
        first = table.iloc[0]
        return (
            "No figure alone moves the estimates beyond their intervals; "
            f"{the(str(first.state))} {first.year} pulls most"
        )
    shown = [f"{the(str(row.state))} {row.year}" for row in strong.head(MOST_NAMED).itertuples()]
    more = f" and {len(strong) - MOST_NAMED} more" if len(strong) > MOST_NAMED else ""
    verb = "moves" if len(strong) == 1 else "each move"
    return f"{_upper(_listed(shown))}{more} alone {verb} the estimates beyond their intervals"


def error_source(found: Fit) -> str:
    """Return where most of the error comes from, by Theil's decomposition."""
    rows: pd.DataFrame = found.diagnostics
    for column, words in (("bias", "a wrong level"), ("variation", "swings of the wrong size")):
        large = rows[rows[column] > LARGE]
        if len(large):
            parts = [f"{row[column]:.0%} for {the(row['state'])}" for _, row in large.iterrows()]
            return f"Part of the error is {words}: {_listed(parts)}"
    parts = [f"{row.covariation:.0%} for {the(str(row.state))}" for row in rows.itertuples()]
    return f"The error is unlike movement, not a wrong level or size of swings: {_listed(parts)}"


def agreement(found: Fit) -> str:
    """Return how many starts ended at the estimates."""
    close = int((found.starts["loss"] < found.best.loss + 1e-3).sum())
    return f"{close} of {len(found.starts)} starts end here"


def _named(names: Sequence[str]) -> str:
    return _listed([spoken(each) for each in names]) if len(names) <= 3 else f"{len(names)} numbers"


def _listed(parts: Sequence[str], again: str = " ") -> str:
    """Parts as a sentence lists them; ``again`` before the last, as "of"."""
    if len(parts) == 1:
        return parts[0]
    unclear = again == " " and any(" and " in each for each in parts)
    mark = ";" if unclear else ","
    before = f"{mark} ".join(parts[:-1]) + (mark if mark == ";" else "")
    return f"{before} and{again}{parts[-1]}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
