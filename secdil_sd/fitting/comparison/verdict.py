"""What a comparison says, and that it cannot say: categories and plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from secdil_sd.fitting.comparison.arms_races import ArmsRace
from secdil_sd.fitting.comparison.estimation import Estimates, parameter_covariance
from secdil_sd.fitting.comparison.placebo import ReactionTest

if TYPE_CHECKING:
    import pandas as pd

Judgement = Literal["supported", "not supported", "cannot tell"]

OWN = "extended model"
LEAST_CHANGES = 20
"""Yearly changes below which reaction goes undetected even where it is real."""
FOUND = ((21, 0.1), (30, 0.25), (50, 0.55))
"""Yearly changes, and the share of strong races so long in which the verdict is "supported": means
over simulations (reaction and fatigue .3, or .25 and .2; shocks of about 7% a year; some 40
histories of each kind). Of histories without reaction it says so in 0 to 7% of drifts, with shared
shocks and momentum or without, but in 9% of trends that states return to (46 of 41 years)."""
SURE = 0.05
"""Share of placebos that may gain as much from reaction as the history."""
NINE_TENTHS = 1.645
"""Standard errors to either side of a value that hold nine tenths of a normal distribution."""
CLEARLY = 2.0
"""A difference in AICc below which the data do not choose (Burnham and Anderson, 2002)."""


@dataclass(frozen=True)
class ReactionVerdict:
    """Whether the states answer each other.

    Parameters
    ----------
    judgement : {"supported", "not supported", "cannot tell"}
    p : float
        Share of placebos that gain as much from reaction; NaN where not tested.
    sentence : str
    reactions : DataFrame
        Columns state, equation, reaction [1/yr], std_error, answers ("yes", "inverse", "cannot
        tell": nothing else unless reaction is supported).
    """

    judgement: Judgement
    p: float
    sentence: str
    reactions: pd.DataFrame


def reaction_verdict(
    test: ReactionTest | None,
    tested: Sequence[ArmsRace],
    states: Sequence[str],
    changes: int,
    criteria: pd.DataFrame | None = None,
) -> ReactionVerdict:
    """Judge reaction from a test against placebos, and from what explains better without it.

    Parameters
    ----------
    test : ReactionTest or None
        None where the history is too short for one.
    tested : sequence of ArmsRace
        Its equations.
    states : sequence of str
    changes : int
        Yearly changes.
    criteria : DataFrame, optional
        If an explanation without reaction is clearly better by AICc, reaction is not supported
        by its gain over routine alone.
    """
    reactions = _reactions(test, tested, states)
    p = test.p_value if test is not None else float("nan")
    judgement, sentence = _judged(test, p, reactions, changes, criteria)
    if not sentence.startswith("Evidence"):  # standard errors alone mislead on series that drift
        reactions = reactions.assign(answers="cannot tell")
    return ReactionVerdict(judgement, p, sentence, reactions)


def _judged(
    test: ReactionTest | None,
    p: float,
    reactions: pd.DataFrame,
    changes: int,
    criteria: pd.DataFrame | None,
) -> tuple[Judgement, str]:
    """The judgement and its sentence."""
    if test is None or changes < LEAST_CHANGES:
        return "cannot tell", _too_short(changes)
    if not np.isfinite(p):
        sentence = "It cannot be told whether they react: the fit with reaction did not converge."
        return "cannot tell", sentence
    share = f"{p:.1%}" if p < 0.01 else f"{p:.0%}"
    beside = f"{share} of placebos in which nobody reacts gain as much from it"
    if p > SURE:
        found = float(np.interp(changes, *np.array(FOUND).T))
        return "not supported", (
            f"No evidence of reaction: {beside} (in {changes} yearly changes a strong reaction is "
            f"found about {10 * found:.0f} times in 10)."
        )
    better = _better_without(criteria)
    if better:
        return "cannot tell", (
            f"It cannot be told whether they react: reaction adds to routine ({beside}), but "
            f"{better} explains the figures better without it."
        )
    who = _who(reactions)
    if who is None:
        return "cannot tell", (
            f"It cannot be told who reacts: reaction adds to routine ({beside}), but no state's "
            "own reaction is distinguishable from none."
        )
    if not (reactions["answers"] == "yes").any():
        return "not supported", f"Evidence of an inverse response, no race: {who}; {beside}."
    return "supported", f"Evidence of reaction: {who}; {beside}."


def criteria_sentences(criteria: pd.DataFrame) -> list[str]:
    """Say which explanation the criteria favor, how clearly, and where the own model stands."""
    own = criteria[criteria["family"] == "own model"]
    rest = criteria[criteria["family"] != "own model"]
    if len(rest) < 2:
        return ["There are too few years to compare explanations."]
    best = rest.iloc[0]
    reacts = best["family"] == "reaction"
    others = rest[(rest["family"] == "reaction") != reacts]
    if not len(others):
        return [f"By AICc {best['model']} explains best; none with reaction could be fitted."]
    against = others.iloc[0]
    ahead = float(against["aicc"] - best["aicc"])
    other = "without" if reacts else "with"
    if ahead <= CLEARLY:
        sentence = (
            f"AICc does not choose: {best['model']} leads {against['model']}, the best {other} "
            f"reaction, by {ahead:.1f}."
        )
    else:
        sentence = (
            f"By AICc {best['model']} explains best; {against['model']}, the best {other} "
            f"reaction, is {ahead:.1f} behind."
        )
    return [sentence, *(_of_own_model(row, best) for _, row in own.iterrows())]


def _of_own_model(own: pd.Series, best: pd.Series) -> str:
    ahead = float(best["aicc"] - own["aicc"])
    if ahead <= 0:
        return f"The {own['model']} explains no better: its AICc is {-ahead:.1f} behind."
    out = float(own["loo_difference"])
    beside = f"; leaving years out it is {-out:.1f} behind" if out < 0 else ""
    return (
        f"The {own['model']} is {ahead:.1f} ahead by AICc, which does not count what its scenario "
        f"measures and judges{beside}: no evidence of reaction by itself."
    )


def forecast_sentence(contest: pd.DataFrame) -> str:
    """Say whether the model would have forecast better than naive."""
    tested = contest[contest["against"] == "best naive"]
    judged = tested.dropna(subset=["p"])
    if not len(judged):
        return "There are too few years to judge forecasts."
    model = str(judged["model"].iloc[0])
    model = f"the {model}" if model == OWN else model
    better = judged[judged["judgement"] == "better"]
    worse = judged[judged["judgement"] == "worse"]
    rest = _which(judged)
    if len(better) and not len(worse):
        years = _years(better["horizon"])
        sentence = f"{model} forecasts better than the best naive forecast {years} ahead."
        return sentence[0].upper() + sentence[1:]
    if len(worse):
        names = " and ".join(dict.fromkeys(worse["other"]))
        years = _years(worse["horizon"])
        even = judged[judged["judgement"] == "cannot tell"]
        rest = f"; they cannot be told apart {_years(even['horizon'])} ahead" if len(even) else ""
        return f"The naive forecast wins: {names} errs less than {model} {years} ahead{rest}."
    if (judged["relative_error"] >= 1).all():
        return (
            f"The naive forecast wins, within noise: {rest} errs less than {model} "
            f"{_years(judged['horizon'])} ahead."
        )
    return (
        f"Forecasts cannot be told apart: {model} and the best naive forecast ({rest}) differ "
        f"within noise {_years(judged['horizon'])} ahead."
    )


def _which(judged: pd.DataFrame) -> str:
    return " or ".join(dict.fromkeys(judged["other"]))


def _years(horizons: pd.Series) -> str:
    """Horizons in words: "1, 3 and 5 years"."""
    shown = [str(int(each)) for each in horizons]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{listed} year" if shown == ["1"] else f"{listed} years"


def _too_short(changes: int) -> str:
    return (
        f"It cannot be told whether they react: {changes} yearly changes are too few; below "
        f"{LEAST_CHANGES} even a strong reaction is missed more often than found."
    )


def _better_without(criteria: pd.DataFrame | None) -> str:
    """The explanation without reaction that is clearly better than any linear one with it."""
    if criteria is None:
        return ""
    linear = criteria[criteria["model"].str.startswith("Richardson")]
    without = criteria[criteria["family"] != "reaction"]
    if not len(linear) or not len(without):
        return ""
    gap = linear["aicc"].min() - without["aicc"].min()
    return str(without.iloc[0]["model"]) if gap > CLEARLY else ""


def _reactions(
    test: ReactionTest | None, tested: Sequence[ArmsRace], states: Sequence[str]
) -> pd.DataFrame:
    """Each state's reaction in the equation that gains most."""
    import pandas as pd

    columns = ["state", "equation", "reaction", "std_error", "answers"]
    if test is None:
        return pd.DataFrame(columns=columns)
    fitted, equation = test.estimates[test.best], tested[test.best]
    values, errors = _of_reaction(fitted, equation, len(states))
    rows = []
    for state, value, error in zip(states, values, errors, strict=True):
        answers = "cannot tell"
        if value - NINE_TENTHS * error > 0:
            answers = "yes"
        elif value + NINE_TENTHS * error < 0:
            answers = "inverse"
        rows.append((state, equation.name, value, error, answers))
    return pd.DataFrame(rows, columns=columns)


def _of_reaction(
    fitted: Estimates, equation: ArmsRace, states: int
) -> tuple[np.ndarray, np.ndarray]:
    values = fitted.points[0].reshape(states, -1)[:, 0]
    variance = np.diag(parameter_covariance(fitted, equation.shared)).reshape(states, -1)[:, 0]
    return values, np.sqrt(np.maximum(variance, 0.0))


def _who(reactions: pd.DataFrame) -> str | None:
    """Who answers whom, in words; None where no state's reaction stands out."""
    yes = list(reactions.loc[reactions["answers"] == "yes", "state"])
    inverse = list(reactions.loc[reactions["answers"] == "inverse", "state"])
    parts = []
    if len(yes) == len(reactions):
        parts.append("each side answers the other" if len(yes) == 2 else "all answer their rivals")
    elif yes:
        parts.append(f"{' and '.join(yes)} {'answers' if len(yes) == 1 else 'answer'}")
    if inverse:
        parts.append(f"{' and '.join(inverse)} arms less as rivals arm more")
    return ", ".join(parts) if parts else None
