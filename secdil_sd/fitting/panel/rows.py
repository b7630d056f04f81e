"""A panel's fit as tables: a row a state of a dyad, a row a number of the population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.panel.estimation import Estimate, own_intervals
from secdil_sd.fitting.panel.gathering import REGIMES, Gathered, design_of
from secdil_sd.fitting.panel.members import FATIGUE, REACTION, Beliefs
from secdil_sd.fitting.panel.quantities import CONTRASTS, UNITS

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.9
Z = 1.6449
"""Standard deviations either side of a normal that hold nine tenths."""
ENDS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def dyad_rows(gathered: Gathered, found: Estimate, belief: Beliefs) -> pd.DataFrame:
    """Return a row a state of a dyad: its own estimate, and the pooled one beside it.

    Reactions are size-adjusted: the yearly answer to each dollar of an equally large rival.
    """
    import pandas as pd

    everyone = np.arange(len(gathered.pairs))
    design = design_of(gathered, found.terms, belief, everyone)
    stretch = np.where(np.isfinite(gathered.sizes), design.stretch(found.exponent), np.nan)
    points, spread = own_intervals(found.own, design)
    own, own_sd = points[:, REACTION] / stretch, spread[:, REACTION] / stretch
    fatigue, fatigue_sd = points[:, FATIGUE], spread[:, FATIGUE]
    pooled = _pooled(found, len(gathered.pairs), gathered)
    settled = ~found.own.moving
    settled[found.chosen] &= ~found.shared.moving
    inside = np.isin(everyone, found.chosen)
    present = np.isfinite(gathered.figures)
    rows = []
    for k, pair in enumerate(gathered.pairs):
        for side in (0, 1):
            rows.append(
                {
                    "dyad": pair.label,
                    "state": pair.states[side],
                    "rival": pair.states[1 - side],
                    "first": pair.begin,
                    "last": pair.end,
                    "n": int(present[k, side].sum()),
                    "regime": _regime(gathered.regimes[k]),
                    "reaction": own[k, side],
                    "low": own[k, side] - Z * own_sd[k, side],
                    "high": own[k, side] + Z * own_sd[k, side],
                    **{name: value[k, side] for name, value in pooled.items()},
                    "own_fatigue": np.exp(fatigue[k, side]),
                    "own_fatigue_low": np.exp(fatigue[k, side] - Z * fatigue_sd[k, side]),
                    "own_fatigue_high": np.exp(fatigue[k, side] + Z * fatigue_sd[k, side]),
                    "new_noise": found.own.local.spread[k, side],
                    "in_regression": bool(inside[k]),
                    "settled": bool(settled[k]),
                }
            )
    return pd.DataFrame(rows)


def _pooled(found: Estimate, count: int, gathered: Gathered) -> dict[str, np.ndarray]:
    """Pooled numbers of every state; NaN for dyads outside the regression."""
    points = found.population.points
    reactions = found.reactions
    levels = gathered.levels[found.chosen]
    dollars = points[..., REACTION] * np.exp(levels)
    fatigue = np.exp(points[..., FATIGUE])
    product = points[..., REACTION].prod(axis=-1) / fatigue.prod(axis=-1)
    gain = np.repeat(np.sqrt(np.maximum(product, 0.0))[..., None], 2, axis=-1)
    both = np.repeat((product > 1)[..., None], 2, axis=-1)
    values = {
        "pooled": np.median(reactions, axis=0),
        "pooled_low": np.quantile(reactions, ENDS[0], axis=0),
        "pooled_high": np.quantile(reactions, ENDS[1], axis=0),
        "dollar_for_dollar": np.median(dollars, axis=0),
        "fatigue": np.median(fatigue, axis=0),
        "fatigue_low": np.quantile(fatigue, ENDS[0], axis=0),
        "fatigue_high": np.quantile(fatigue, ENDS[1], axis=0),
        "gain": np.median(gain, axis=0),
        "gain_low": np.quantile(gain, ENDS[0], axis=0),
        "gain_high": np.quantile(gain, ENDS[1], axis=0),
        "gain_above_1": both.mean(axis=0),
    }
    whole = {}
    for name, value in values.items():
        whole[name] = np.full((count, 2), np.nan)
        whole[name][found.chosen] = value
    return whole


def _regime(shares: np.ndarray) -> str:
    """The regimes of a dyad in most of its years."""
    if not np.isfinite(shares).all():
        return ""
    return REGIMES[int(np.argmax(shares))] if shares.max() > 0.5 else "changing"


def compared(
    real: Mapping[str, np.ndarray],
    prior: Mapping[str, np.ndarray],
    placebos: Sequence[Mapping[str, np.ndarray]],
    names: Sequence[str],
) -> pd.DataFrame:
    """Return a row a quantity: value and interval, its prior, and placebos beside it.

    The interval of placebos is where the next placebo panel would lie. ``excess`` is the value
    less the placebos' mean; its interval is as wide as their scatter asks for where that is more
    than the posterior's.
    """
    import pandas as pd

    rows = []
    for name in names:
        value = real[name]
        low, middle, high = np.quantile(value, [ENDS[0], 0.5, ENDS[1]])
        prior_low, prior_high = np.quantile(prior[name], ENDS)
        row = {
            "term": name,
            "value": middle,
            "low": low,
            "high": high,
            "units": UNITS.get(name, "1" if "gain" in name else "1/year"),
            "prior_low": prior_low,
            "prior_high": prior_high,
            "contraction": 1 - min(1.0, (high - low) / (prior_high - prior_low)),
        }
        others = np.array([np.median(each[name]) for each in placebos if name in each])
        rows.append({**row, **_beside(value, others)})
    return pd.DataFrame(rows)


def _beside(value: np.ndarray, others: np.ndarray) -> dict[str, float]:
    """What placebo panels gave, and by how much the real one differs."""
    if len(others) < FEWEST:
        names = ("placebo", "placebo_low", "placebo_high", "excess", "excess_low", "excess_high")
        return dict.fromkeys(names, np.nan)
    from scipy import stats

    count = len(others)
    center, scatter = float(others.mean()), float(others.std(ddof=1))
    # A real panel under the null is one more placebo panel: Student's interval for the next.
    next_one = float(stats.t.ppf(ENDS[1], count - 1)) * scatter * np.sqrt(1 + 1 / count)
    half = max(next_one, np.hypot(Z * float(value.std()), Z * scatter / np.sqrt(count)))
    excess = float(np.median(value)) - center
    return {
        "placebo": center,
        "placebo_low": center - next_one,
        "placebo_high": center + next_one,
        "excess": excess,
        "excess_low": excess - half,
        "excess_high": excess + half,
    }


def contrast_rows(table: pd.DataFrame, weight: Mapping[str, float]) -> pd.DataFrame:
    """Return the essay's claims on regimes as contrasts, each with its verdict and reason.

    Parameters
    ----------
    table : DataFrame
        As `compared` gives it, of the contrasts.
    weight : mapping of str to float
        How many dyads stand behind each kind.
    """
    import pandas as pd

    rows = []
    known = table.set_index("term").to_dict("index") if len(table) else {}
    for each in CONTRASTS:
        row = known.get(each.name)
        if row is None:
            continue
        few = [name for name, _ in each.weights if weight.get(name, np.inf) < FEW]
        verdict, reason = judged(row, each.sign, few)
        rows.append(
            {
                "claim": each.claim,
                "contrast": each.name,
                "claimed": "above 0" if each.sign > 0 else "below 0",
                **row,
                "verdict": verdict,
                "reason": reason,
                "words": each.words,
            }
        )
    return pd.DataFrame(rows)


FEWEST = 3
"""Placebo panels below which their scatter is not known."""
FEW = 3.0
"""A kind of dyad with fewer members than this says nothing of its kind."""


def judged(row: Mapping[str, float], sign: float, few: Sequence[str]) -> tuple[str, str]:
    """Return supported, contradicted or cannot tell, and why.

    >>> judged({"low": -0.3, "high": -0.1, "excess_low": -0.3, "excess_high": -0.05}, -1, [])[0]
    'supported'
    """
    if few:
        return "cannot tell", f"fewer than {FEW:.0f} dyads of {' and of '.join(few)}"
    spans = [("its interval", row["low"], row["high"])]
    if np.isfinite(row["excess_low"]):
        spans.append(("beside placebos", row["excess_low"], row["excess_high"]))
    signs = [np.sign(low) if low * high > 0 else 0.0 for _, low, high in spans]
    if len(spans) == 1:
        return "cannot tell", "no placebo panel to hold it against"
    if all(each == sign for each in signs):
        return "supported", "its interval lies on the claimed side, beside placebos too"
    if all(each == -sign for each in signs):
        return "contradicted", "its interval lies on the other side, beside placebos too"
    if signs[0] == 0:
        return "cannot tell", "its interval holds 0"
    return "cannot tell", "re-paired states that are no rivals differ as much"
