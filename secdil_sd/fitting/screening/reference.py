"""How likely a reaction is, judged by simulated worlds that look like the pair at hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from secdil_sd import bundle
from secdil_sd.fitting.screening.evidence import STATISTICS, statistics
from secdil_sd.fitting.screening.worlds import KINDS, REACTING, simulate

LENGTHS = (8, 11, 14, 20, 25, 30, 40, 50, 70, 100)
"""Numbers of yearly changes of the worlds learnt from; in between the rule interpolates."""
SHARES = {
    "walks": 0.20, "trends": 0.12, "own ways": 0.14, "one-sided": 0.04,
    "richardson": 0.34, "tracking": 0.16,
}  # fmt: skip
"""Of the worlds, by kind: half react, half do not."""
MOST = 0.005
"""Share of the worlds at either end beyond which a statistic counts as no more extreme."""


@dataclass(frozen=True)
class Reference:
    """A rule that turns statistics of a pair into the probability that each answers the other.

    The logarithm of the odds is quadratic in the statistics and the logarithm of the number of
    yearly changes: logistic discrimination (Day and Kerridge 1967).

    Parameters
    ----------
    names : tuple of str
        Of the statistics.
    low, high : tuple of float
        Limits beyond which a value counts as the limit; the last is of the number of changes.
    weights : tuple of float
        Intercept, linear and quadratic terms.
    worlds : int
        Simulated pairs learnt from.
    seed : int
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    weights: tuple[float, ...]
    worlds: int
    seed: int

    def probability(self, found: np.ndarray, changes: np.ndarray) -> np.ndarray:
        """Return the probability of reaction at even odds beforehand.

        Parameters
        ----------
        found : (pair, statistic)
        changes : (pair,)

        Returns
        -------
        (pair,)
        """
        from scipy.special import expit

        values = np.column_stack([found, np.log(np.maximum(changes, 1))])
        return expit(_terms(values, np.array(self.low), np.array(self.high)) @ self.weights)

    def save(self, path: str | Path) -> Path:
        """Write the rule as JSON."""
        path = Path(path)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        return path


@cache
def reference() -> Reference:
    """Return the rule that comes with secdil, learnt by `learn_reference` at its defaults."""
    path = bundle.path("data", "screening_reference.json")
    return read_reference(path)


def read_reference(path: str | Path) -> Reference:
    """Read a rule written by `Reference.save`."""
    text = Path(path).read_text(encoding="utf-8")
    stored = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(text).items()}
    return Reference(**cast(dict[str, Any], stored))


def learn_reference(
    worlds: int = 120_000, lengths: Sequence[int] = LENGTHS, seed: int = 1
) -> Reference:
    """Learn the rule from simulated worlds.

    Parameters
    ----------
    worlds : int
        Pairs to simulate, over all kinds and lengths.
    lengths : sequence of int
        Numbers of yearly changes.
    seed : int

    Returns
    -------
    Reference

    Source
    ------
    Day and Kerridge (1967), A general maximum likelihood discriminant, Biometrics 23.
    """
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for changes in lengths:
        for kind in KINDS:
            pairs = max(round(worlds * SHARES[kind] / len(lengths)), 2)
            found = statistics(*simulate(kind, pairs, changes, rng))
            rows.append(np.column_stack([found, np.full(pairs, np.log(changes))]))
            truth.append(np.full(pairs, kind in REACTING))
    values, reacts = np.concatenate(rows), np.concatenate(truth)
    low, high = np.quantile(values, [MOST, 1 - MOST], axis=0)
    terms = _terms(values, low, high)[:, 1:]
    scale = np.where(terms.std(axis=0) > 0, terms.std(axis=0), 1.0)
    rule = LogisticRegression(C=0.05, solver="newton-cholesky").fit(terms / scale, reacts)
    weights = np.concatenate([rule.intercept_, rule.coef_[0] / scale])
    return Reference(
        STATISTICS,
        tuple(low.tolist()),
        tuple(high.tolist()),
        tuple(weights.tolist()),
        len(reacts),
        seed,
    )


def _terms(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return a constant, the values within their limits, mapped to -1..1, and their products."""
    centred = 2 * (np.clip(values, low, high) - low) / (high - low) - 1
    one, two = np.triu_indices(centred.shape[1])
    products = centred[:, one] * centred[:, two]
    return np.column_stack([np.ones(len(values)), centred, products])
