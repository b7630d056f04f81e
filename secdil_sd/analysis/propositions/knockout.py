"""What a claim hangs on: each mechanism switched off at the defaults, and the claim asked again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.propositions.book import Claim, Mechanism

if TYPE_CHECKING:
    import pandas as pd

HOLDS, FAILS, NOT_TESTABLE = "holds", "fails", "not testable"
OUTCOMES = (HOLDS, FAILS, NOT_TESTABLE)


def outcome(claim: Claim, mechanism: Mechanism, holds: float, ok: bool) -> str:
    """Return what becomes of a claim without a mechanism.

    "not testable" where the mechanism's neutral values hold what the test would vary, where the
    runs fail, and where the world then lies outside what the claim speaks of.
    """
    if set(claim.varied) & set(mechanism.neutral) or not ok or np.isnan(holds):
        return NOT_TESTABLE
    return HOLDS if holds else FAILS


def dependence(holds: bool, mechanisms: Sequence[str], outcomes: Sequence[str]) -> str:
    """Return in words what a claim hangs on.

    >>> dependence(True, ["posture", "binding"], ["holds", "fails"])
    'depends on one mechanism only: binding'
    """
    if not holds:
        rescued = [m for m, each in zip(mechanisms, outcomes, strict=True) if each == HOLDS]
        return (
            f"fails; holds without {' or '.join(rescued)}"
            if rescued
            else "fails whichever mechanism is off"
        )
    needed = [m for m, each in zip(mechanisms, outcomes, strict=True) if each != HOLDS]
    if not needed:
        return "survives every knockout"
    if len(needed) == 1:
        return f"depends on one mechanism only: {needed[0]}"
    return f"needs {', '.join(needed[:-1])} and {needed[-1]}"


def as_matrix(knockouts: pd.DataFrame) -> pd.DataFrame:
    """Return the knockouts as a matrix: a row a claim, a column a mechanism.

    Parameters
    ----------
    knockouts : DataFrame
        Columns claim, mechanism, outcome.
    """
    order = {name: list(dict.fromkeys(knockouts[name])) for name in ("claim", "mechanism")}
    wide = knockouts.pivot(index="claim", columns="mechanism", values="outcome")
    return wide.loc[order["claim"], order["mechanism"]]
