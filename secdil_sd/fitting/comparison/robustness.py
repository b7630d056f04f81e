"""How the answer changes with the unit, with smoothing and with the prices of the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.fitting.comparison.candidates import self_stimulation, tested_for_reaction
from secdil_sd.fitting.comparison.estimation import enough_years
from secdil_sd.fitting.comparison.history import History
from secdil_sd.fitting.comparison.placebo import ReactionTest, hold_against_placebos
from secdil_sd.fitting.comparison.regressions import MOMENTUM
from secdil_sd.fitting.comparison.verdict import reaction_verdict

if TYPE_CHECKING:
    import pandas as pd

ROBUSTNESS_COLUMNS = (
    "unit", "smoothing", "prices", "first", "last", "gain", "p", "reactions", "answer",
)  # fmt: skip


def reaction_test(
    history: History, placebos: int, seed: int, smooth: Any = None
) -> ReactionTest | None:
    """Hold a history against placebos; None where it is too short for a fit with reaction."""
    tested = tested_for_reaction(history)
    years = len(history.years) - (0 if smooth is None else 2)
    if not all(enough_years(each, years, len(history.states)) for each in tested):
        return None
    if not history.rivals.any():
        return None
    routine = self_stimulation(history)
    options = {} if smooth is None else {"smooth": smooth}
    return hold_against_placebos(
        history.logs, routine, tested, (MOMENTUM, routine), placebos, seed, **options
    )


def three_year_mean(logs: np.ndarray) -> np.ndarray:
    """Return logarithms of three-year means, centered: two years shorter.

    >>> np.exp(three_year_mean(np.log([[[1.0], [2.0], [6.0]]]))).round(6).tolist()
    [[[3.0]]]
    """
    values = np.exp(logs)
    return np.log((values[:, :-2] + values[:, 1:-1] + values[:, 2:]) / 3)


def robustness(
    history: History,
    alternatives: Mapping[str, History],
    placebos: int,
    seed: int,
    base: ReactionTest | None,
) -> pd.DataFrame:
    """Return the answer on reaction for each way of measuring the same history.

    Parameters
    ----------
    history : History
    alternatives : mapping of str to History
        The same states in other prices, by what they are in.
    placebos, seed : int
    base : ReactionTest or None
        Of the history as it is.

    Returns
    -------
    DataFrame
        Columns of `ROBUSTNESS_COLUMNS`: ``gain`` is twice the gain in log likelihood by
        reaction, ``p`` the share of placebos (smoothed alike) that gain as much, ``reactions``
        each state's in the equation that gains most [1/yr], ``answer`` as the verdict's, from
        this row alone.
    """
    import pandas as pd

    rows = []
    for unit, smoothing, prices, each, smooth in _ways(history, alternatives):
        same = each is history and smooth is None
        test = base if same else reaction_test(each, placebos, seed, smooth)
        verdict = reaction_verdict(test, tested_for_reaction(each), each.states, each.changes)
        told = [f"{row.state} {row.reaction:.2f}" for row in verdict.reactions.itertuples()]
        gain = test.gains[test.best] if test is not None else np.nan
        rows.append(
            (
                unit, smoothing, prices, each.years[0], each.years[-1], gain, verdict.p,
                ", ".join(told), verdict.judgement,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(ROBUSTNESS_COLUMNS))


def _ways(
    history: History, alternatives: Mapping[str, History]
) -> Iterator[tuple[str, str, str, History, Any]]:
    own = history.observed.price_basis.split(":")[0].split(";")[0] or "as given"
    units = history.observed.units or "money"
    for smoothing, smooth in (("none", None), ("3-year mean", three_year_mean)):
        yield units, smoothing, own, history, smooth
        if history.outputs is not None:
            shares = replace(history, logs=history.logs - history.outputs, outputs=None)
            yield "share of GDP", smoothing, "any", shares, smooth
    for name, other in alternatives.items():
        yield other.observed.units or "money", "none", name, other, None
