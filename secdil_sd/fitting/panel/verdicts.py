"""What a panel says, in sentences: reaction beyond placebo, and the essay's claims on regimes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.panel.quantities import MEAN

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.panel.result import Panel

SUPPORTED = "supported"
NONE_BEYOND = "no evidence of reaction beyond placebo"
CANNOT_TELL = "cannot tell"


def reaction_verdict(row: Mapping[str, float], typical: float) -> str:
    """Return whether a panel shows reaction beyond that of re-paired states.

    Parameters
    ----------
    row : mapping
        Of the mean reaction, as `compared` gives it.
    typical : float
        A reaction that would matter.

    Examples
    --------
    >>> row = {"low": 0.02, "excess_low": -0.02, "excess_high": 0.05}
    >>> reaction_verdict(row, 0.15)
    'no evidence of reaction beyond placebo'
    """
    if not np.isfinite(row["excess_low"]):
        return CANNOT_TELL
    if row["excess_low"] > 0 and row["low"] > 0:
        return SUPPORTED
    if row["excess_high"] < typical:
        return NONE_BEYOND
    return CANNOT_TELL


def sentences(
    coefficients: pd.DataFrame,
    claims: pd.DataFrame,
    dyads: int,
    placebos: int,
    typical: float,
    asked_transparency: bool,
    asked_democracy: bool,
) -> tuple[str, ...]:
    """Return what a panel says, a sentence a question."""
    row = coefficients.set_index("term").loc[MEAN].to_dict()
    said = [_reaction(row, dyads, placebos, typical)]
    for each in claims.to_dict("records"):
        value, low, high, placebo = (
            signed(each[name]) for name in ("value", "low", "high", "placebo")
        )
        span = f"{value} a year (90% {low} to {high}"
        beside = f"; placebos {placebo})" if np.isfinite(each["placebo"]) else ")"
        said.append(
            f"{each['claim']}, {each['words']}: {each['verdict']}. {_capital(each['contrast'])}: "
            f"{span}{beside}; {each['reason']}."
        )
    if not asked_democracy:
        said.append("P21 and P22 on regimes: not asked, for want of a table of democracy.")
    if not asked_transparency:
        said.append("P23 on transparency: not asked, for want of a table of transparency.")
    return tuple(said)


def _reaction(row: Mapping[str, float], dyads: int, placebos: int, typical: float) -> str:
    verdict = reaction_verdict(row, typical)
    fact = (
        f"Over {dyads} dyads a state answers each dollar of an equally large rival by "
        f"{row['value']:.2f} a year (90% {row['low']:.2f} to {row['high']:.2f})"
    )
    if not np.isfinite(row["placebo"]):
        return f"{fact}; with no placebo panel beside it: cannot tell whether that is reaction."
    beside = f"the same states re-paired with no rivals of theirs, {row['placebo']:.2f}"
    beside += f" ({placebos} placebo panels)"
    span = f"{signed(row['excess_low'])} to {signed(row['excess_high'])}"
    if verdict == SUPPORTED:
        return f"{fact}; {beside}. Reaction beyond placebo: supported (by {span})."
    if verdict == NONE_BEYOND:
        return f"{fact}; {beside}. No evidence of reaction beyond placebo ({span})."
    return f"{fact}; {beside}. Cannot tell: the difference may be anything from {span}."


def signed(value: float) -> str:
    """Return a number with its sign; what rounds to zero has none.

    >>> signed(-0.001), signed(0.25)
    ('0.00', '+0.25')
    """
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def population_finding(result: Panel) -> str:
    """Say in a title whether the panel differs from placebos."""
    row = result.coefficients.iloc[0].to_dict()
    verdict = reaction_verdict(row, result.typical)
    if verdict == SUPPORTED:
        return "Rivals answer each other's arms more than states re-paired at random do"
    if verdict == NONE_BEYOND:
        return "Rivals answer each other's arms no more than states re-paired at random do"
    if not np.isfinite(row["placebo"]):
        return "No placebo panel stands beside this one: it cannot tell reaction from chance"
    return "The panel cannot tell reaction between rivals from what re-paired states show"


def forest_finding(result: Panel) -> str:
    """Say in a title how many sides seem to react once pooled, and how many re-paired ones do."""
    known = result.table[result.table["pooled"].notna()]
    above = int((known["pooled_low"] > 0).sum())
    said = f"Pooled, {above} of {len(known)} sides seem to answer their rival's arms"
    if not np.isfinite(result.placebo_share):
        return said
    return f"{said}; of as many re-paired sides, {result.placebo_share * len(known):.0f} do"


def counted(result: Panel) -> str:
    """Say how many dyads were left out."""
    fits = int((result.dropped["left_out_of"] == "fit").sum())
    rest = len(result.dropped) - fits
    parts = [f"{fits} could not be fitted"] if fits else []
    parts += [f"{rest} could not be compared"] if rest else []
    return f"Left out: of the dyads, {' and '.join(parts)}"
