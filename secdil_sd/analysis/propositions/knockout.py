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
EVERYTHING = 1.0
"""A burden no state can bear: runs that reach it say nothing."""


def outcome(claim: Claim, mechanism: Mechanism, holds: float, ok: bool, burden: float) -> str:
    """Return what becomes of a claim without a mechanism.

    "not testable" where the mechanism's neutral values hold what the test would vary, where the
    runs fail or leave what the model means (a state spends all it earns), and where the world
    then lies outside what the claim speaks of.

    Parameters
    ----------
    claim : Claim
    mechanism : Mechanism
        The one that is off.
    holds : float
        1, 0, or NaN outside the claim.
    ok : bool
        Whether every run of the claim succeeded.
    burden : float
        The highest share of GDP that any state spends in any of them.
    """
    varied = set(claim.varied) & set(mechanism.neutral)
    if varied or not ok or burden >= EVERYTHING or np.isnan(holds):
        return NOT_TESTABLE
    return HOLDS if holds else FAILS


def needed(holds: bool, mechanisms: Sequence[str], outcomes: Sequence[str]) -> tuple[str, ...]:
    """Return the mechanisms without which a claim that holds is tested and fails.

    One without which it cannot be tested is none of them: that says something of the test, and
    nothing of the claim.

    >>> needed(True, ["posture", "binding", "community"], ["holds", "fails", "not testable"])
    ('binding',)
    """
    return _with(FAILS, mechanisms, outcomes) if holds else ()


def dependence(holds: bool, mechanisms: Sequence[str], outcomes: Sequence[str]) -> str:
    """Return in words what a claim hangs on.

    >>> dependence(True, ["posture", "binding"], ["holds", "fails"])
    'depends on one mechanism only: binding'
    >>> dependence(True, ["posture", "binding"], ["holds", "not testable"])
    'survives every knockout that can be tested; not testable without binding'
    """
    rescued, silent = (_with(each, mechanisms, outcomes) for each in (HOLDS, NOT_TESTABLE))
    required = needed(holds, mechanisms, outcomes)
    if not holds:
        return f"fails; holds without {_or(rescued)}" if rescued else "fails in every knockout"
    if len(required) > 1:
        text = f"needs {', '.join(required[:-1])} and {required[-1]}"
    elif required:
        text = f"depends on one mechanism only: {required[0]}"
    else:
        text = f"survives every knockout{' that can be tested' if silent else ''}"
    return f"{text}; not testable without {_or(silent)}" if silent else text


def _with(wanted: str, mechanisms: Sequence[str], outcomes: Sequence[str]) -> tuple[str, ...]:
    return tuple(m for m, each in zip(mechanisms, outcomes, strict=True) if each == wanted)


def _or(names: Sequence[str]) -> str:
    return " or ".join(", ".join(names).rsplit(", ", 1))


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
