"""The two verdicts on a pair of states in plain words, with what speaks against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.fitting.screening.buildup import RULE, SPAN, UNSURE
from secdil_sd.fitting.screening.reaction import (
    ALLOWED,
    LEAST_ANSWER,
    LEAST_CHANGES,
    REFUTED,
    SUPPORTED,
)

if TYPE_CHECKING:
    import pandas as pd

TELLING = 2.0
"""Size of a t beyond which an answer, or its inverse, is spoken of."""
ORDINARY = 0.1
"""Share of re-paired states that grew as fast above which it is told beside a build-up."""
EDGE = 0.25
"""Distance of a probability of build-up from one half within which errors could turn it."""


def reasons(row: Mapping[str, Any]) -> str:
    """Return the reasons for both verdicts on a pair, one sentence after the other."""
    return " ".join([*_of_buildup(row), *_of_reaction(row)])


def _of_buildup(row: Mapping[str, Any]) -> list[str]:
    if not np.isfinite(row["growth_a"]):
        return [
            f"Build-up needs {SPAN} yearly changes in a row of both sides; "
            f"known are {_changes(row['n'])}."
        ]
    a, b = row["state_a"], row["state_b"]
    span = f"{row['buildup_start']}-{row['buildup_start'] + SPAN}"
    grew = f"{a} grew by {row['growth_a']:.0%} and {b} by {row['growth_b']:.0%} a year"
    told = [f"Build-up: at their fastest together, {span}, {grew} (rule: {RULE:.0%} each)."]
    if abs(row["buildup_probability"] - 0.5) < EDGE:
        told.append("That is near the rule: errors of 5% in the figures could turn it.")
    if row["buildup"] == "cannot tell":
        told += _what_remains(row)
    if row["buildup"] == "supported" and row["buildup_placebo_share"] > ORDINARY:
        told.append(
            f"In windows as long, {row['buildup_placebo_share']:.0%} of states re-paired at random "
            "grew as fast together."
        )
    return told


def _what_remains(row: Mapping[str, Any]) -> list[str]:
    """Say what accounts for growth that passes the rule and yet is no build-up."""
    told = []
    if np.fmin(row["growth_real_a"], row["growth_real_b"]) < RULE:
        real = f"{row['growth_real_a']:.0%} and {row['growth_real_b']:.0%}"
        told.append(f"At constant prices that is {real}: rising prices account for it.")
    if np.fmin(row["growth_above_a"], row["growth_above_b"]) <= np.expm1(UNSURE):
        above = f"{row['growth_above_a']:+.0%} and {row['growth_above_b']:+.0%}"
        told.append(
            f"Beside the median state that is {above}: a shared shock of currencies or prices, or "
            "a build-up of all the world."
        )
    return told


def _of_reaction(row: Mapping[str, Any]) -> list[str]:
    if row["n"] < LEAST_CHANGES:
        return [
            f"Reaction: known are {_changes(row['n'])}; below {LEAST_CHANGES} it cannot be told "
            "even where it is real."
        ]
    share = row["reaction_probability"]
    if not np.isfinite(share):
        return ["Reaction: a side that never moves, or one series twice, has nothing to tell."]
    told = [f"Reaction: among simulated pairs that look like this, {share:.0%} answer each other."]
    if share >= SUPPORTED:
        if row["reaction_above_median"] < 0.5:
            told.append(
                f"Above the median state's growth it is {row['reaction_above_median']:.0%}: "
                "shocks the world shared account for it."
            )
        if row["placebo_share"] > ALLOWED:
            told.append(
                f"But {row['placebo_share']:.0%} of placebo pairs score as high (allowed: "
                f"{ALLOWED:.0%})."
            )
        elif np.isfinite(row["placebo_share"]):
            told.append(f"Of placebo pairs {row['placebo_share']:.0%} score as high.")
    elif share <= REFUTED:
        told.append("No answer shows: each may well go its own way.")
    return told + _of_sides(row)


def _of_sides(row: Mapping[str, Any]) -> list[str]:
    """Say who seems to answer whom, and who answers high with low."""
    told = []
    sides = (("a", row["state_a"], row["state_b"]), ("b", row["state_b"], row["state_a"]))
    for side, own, rival in sides:
        if row[f"answer_{side}"] <= -TELLING:
            told.append(f"{own} answers high spending of {rival} with low: the inverse of a race.")
    first, second = row["answer_a"], row["answer_b"]
    if max(first, second) > TELLING and min(first, second) < LEAST_ANSWER:
        own, rival = sides[int(second > first)][1:]
        told.append(f"Only {own} seems to answer {rival}: one side is no race.")
    return told


def _changes(n: int) -> str:
    return f"{n} yearly change{'' if n == 1 else 's'}"


def finding(table: pd.DataFrame) -> str:
    """Return what a screening found, in a sentence."""
    if len(table) == 1:
        (row,) = table.to_dict("records")
        dyad = f"{row['state_a']} and {row['state_b']}, {row['start']}-{row['end']}"
        return f"{dyad}: build-up {SAID[row['buildup']]}, reaction {SAID[row['reaction']]}"
    built, reacts = (table[each].value_counts() for each in ("buildup", "reaction"))
    untold = int(reacts.get("cannot tell", 0))
    return (
        f"Of {len(table):,} dyads, {built.get('supported', 0):,} built up together; that each "
        f"answered the other is supported in {reacts.get('supported', 0):,}, and cannot be told "
        f"in {untold:,}"
    )


SAID = {"supported": "is supported", "not": "is not", "cannot tell": "cannot be told"}
