"""What is said of a panel, as numbers: coefficients, gains and contrasts of a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.panel.gathering import ALL, REGIMES, TRANSPARENCY
from secdil_sd.fitting.panel.members import Beliefs
from secdil_sd.fitting.panel.population import Design, prior_of, spread_scales

MEAN = "reaction, all dyads"
FATIGUE_NAME = "fatigue"
SIZE_NAME = "size exponent"
SPREAD_NAMES = (
    "spread of log fatigue between states",
    "spread of reaction between dyads",
    "spread of reaction between the sides of a dyad",
)
UNITS = {FATIGUE_NAME: "1/year", SIZE_NAME: "1", SPREAD_NAMES[0]: "1"}
PRIOR_DRAWS = 4000


@dataclass(frozen=True)
class Contrast:
    """A claim of the essay as a difference of two numbers.

    Parameters
    ----------
    claim : str
        Its number (MODEL.md 1, `sd.claims`).
    name : str
    weights : mapping as tuple of (term, weight)
    sign : float
        What the claim says of the difference.
    words : str
        The claim in plain words.
    """

    claim: str
    name: str
    weights: tuple[tuple[str, float], ...]
    sign: float
    words: str


TWO, MIXED, NONE = REGIMES
CONTRASTS = (
    Contrast(
        "P21",
        "two democracies less a democracy and an autocracy",
        ((TWO, 1.0), (MIXED, -1.0)),
        -1.0,
        "two democracies answer each other's arms less than a democracy and an autocracy do",
    ),
    Contrast(
        "P21",
        "two democracies less two autocracies",
        ((TWO, 1.0), (NONE, -1.0)),
        -1.0,
        "two democracies answer each other's arms less than two autocracies do",
    ),
    Contrast(
        "P22",
        "dyads with an autocracy less two democracies",
        ((TWO, -1.0), (MIXED, 0.5), (NONE, 0.5)),
        1.0,
        "a build-up is read as a threat where an autocracy is involved",
    ),
    Contrast(
        "P23",
        "a transparent rival less an opaque one",
        ((TRANSPARENCY, 1.0),),
        -1.0,
        "a rival that can be seen into is answered less",
    ),
)


def quantities(
    terms: Sequence[str], coefficients: np.ndarray, how: np.ndarray, mean_terms: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what is reported of a population, a value a draw.

    Parameters
    ----------
    terms : sequence of str
    coefficients : array (draw, 1 + term)
        Log fatigue, then reaction by term.
    how : array (draw, 4)
    mean_terms : array (term,)
        The panel's mean of each term.
    """
    found = {MEAN: coefficients[:, 1:] @ mean_terms}
    for k, name in enumerate(terms):
        if name == TRANSPARENCY:
            found[name] = coefficients[:, 1 + k]
        elif name != ALL:
            found[f"reaction, {name}"] = coefficients[:, 1 + k]
    found[SIZE_NAME] = how[:, 3]
    found[FATIGUE_NAME] = np.exp(coefficients[:, 0])
    for k, name in enumerate(SPREAD_NAMES):
        found[name] = np.exp(how[:, k])
    typical = np.exp(coefficients[:, 0])
    for k, name in enumerate(terms):
        if name in REGIMES:
            found[f"reaction gain, {name}"] = coefficients[:, 1 + k] / typical
    if terms[0] == ALL:
        found["reaction gain, all dyads"] = coefficients[:, 1] / typical
    return found


def contrasts(terms: Sequence[str], coefficients: np.ndarray) -> dict[str, np.ndarray]:
    """Return the contrasts that can be formed, a value a draw."""
    found = {}
    for each in CONTRASTS:
        if all(term in terms for term, _ in each.weights):
            places = [(1 + list(terms).index(term), weight) for term, weight in each.weights]
            found[each.name] = sum(weight * coefficients[:, k] for k, weight in places)
    return {name: np.asarray(value) for name, value in found.items()}


def prior_draws(
    belief: Beliefs, design: Design, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and spreads as believed before the figures."""
    mean, spread = prior_of(belief, design.terms.shape[-1])
    coefficients = mean + spread * rng.standard_normal((PRIOR_DRAWS, len(mean)))
    scales = spread_scales(belief)
    taus = np.log(np.abs(rng.standard_normal((PRIOR_DRAWS, 3))) * scales)
    sizes = belief.size.mean + belief.size.spread * rng.standard_normal((PRIOR_DRAWS, 1))
    return coefficients, np.hstack([taus, sizes])
