"""Simulated pairs of which it is known whether each answers the other: what verdicts are tried on.

Worlds of every kind share the same trends, shocks, common shocks, memory and errors of
measurement, so that nothing but the answering tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BEFORE = 20
"""Years of shocks before the first, so that their memory has settled."""
ALIKE = 0.3
"""Share of pairs of one nature."""
STEPS = 5
"""Steps a year in the integration of Richardson's equations."""


@dataclass(frozen=True)
class Weather:
    """What happens to pairs whatever their relation.

    Parameters
    ----------
    size : (side, pair)
        Standard deviation of the shock to a year's growth.
    shocks : (side, pair, year)
        Of unit size; common to both sides in part, some with memory, some with fat tails.
    errors : (side, pair, year)
        Of measurement, relative to the figure; some with fat tails.
    alike : (pair,)
        Whether both sides have the same nature, and so move alike without any answer.
    """

    size: np.ndarray
    shocks: np.ndarray
    errors: np.ndarray
    alike: np.ndarray

    def nature(self, drawn: np.ndarray) -> np.ndarray:
        """Return what was drawn for each side, (side, pair), the first side's for those alike."""
        return np.where(self.alike, drawn[:1], drawn)


def simulate(kind: str, pairs: int, changes: int, rng: np.random.Generator) -> np.ndarray:
    """Simulate pairs of one kind.

    Parameters
    ----------
    kind : str
        A key of ``KINDS``.
    pairs, changes : int
        How many, and how many yearly changes each.

    Returns
    -------
    (side, pair, year)
        Logarithms of the figures.

    Examples
    --------
    >>> simulate("walks", 4, 30, np.random.default_rng(1)).shape
    (2, 4, 31)
    """
    weather = _weather(pairs, changes + 1, rng)
    return KINDS[kind](weather, rng) + weather.errors


def _weather(pairs: int, years: int, rng: np.random.Generator) -> Weather:
    size = np.exp(rng.uniform(np.log(0.02), np.log(0.2), (2, pairs)))
    size = np.where(rng.random((1, pairs)) < 0.3, 0.003, size)
    error = np.where(rng.random((1, pairs)) < 0.3, 0.0, rng.uniform(0, 0.12, (1, pairs)))
    shared = np.where(rng.random(pairs) < 0.5, 0.0, rng.uniform(0, 0.7, pairs))
    common_memory = np.where(rng.random(pairs) < 0.5, 0.0, rng.uniform(0, 0.6, pairs))
    memory = np.where(rng.random(pairs) < 0.6, 0.0, rng.uniform(-0.2, 0.5, pairs))
    freedom = np.where(rng.random((1, pairs, 1)) < 0.5, 3.0, 50.0)
    own = _remembering(_tailed(freedom, (2, pairs, years + BEFORE), rng), memory)
    common = _remembering(_tailed(freedom, (1, pairs, years + BEFORE), rng), common_memory)
    mixed = np.sqrt(1 - shared)[:, None] * own + np.sqrt(shared)[:, None] * common
    errors = error[..., None] * _tailed(freedom, (2, pairs, years), rng)
    return Weather(size, mixed[..., BEFORE:], errors, rng.random(pairs) < ALIKE)


def _tailed(freedom: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return shocks of Student's t, scaled so that most are of unit size."""
    spread = rng.standard_gamma(np.broadcast_to(freedom / 2, shape)) / (freedom / 2)
    return rng.normal(size=shape) / np.sqrt(spread) * np.where(freedom < 5, 0.7, 1.0)


def _remembering(shocks: np.ndarray, memory: np.ndarray) -> np.ndarray:
    found = shocks.copy()
    for year in range(1, shocks.shape[-1]):
        fresh = np.sqrt(1 - memory**2) * shocks[..., year]
        found[..., year] = memory * found[..., year - 1] + fresh
    return found


def _walks(weather: Weather, rng: np.random.Generator) -> np.ndarray:
    """Each drifts at its own pace."""
    pairs = weather.shocks.shape[1]
    drift = weather.nature(rng.normal(0.03, 0.04, (2, pairs)))
    growth = drift[..., None] + np.maximum(weather.size, 0.02)[..., None] * weather.shocks
    growth[..., 0] = rng.normal(0, 1, (2, pairs))
    return np.cumsum(growth, axis=-1)


def _trends(weather: Weather, rng: np.random.Generator) -> np.ndarray:
    """Each keeps to a bent trend of its own, from which shocks drive it for a while."""
    _, pairs, years = weather.shocks.shape
    time = np.linspace(0, 1, years)
    slope = weather.nature(rng.normal(0.03, 0.04, (2, pairs)))[..., None] * years
    bend = weather.nature(rng.normal(0, 0.02, (2, pairs)))[..., None] * years
    memory = np.asarray(rng.uniform(0, 0.9, pairs))
    around = np.maximum(weather.size, 0.02)[..., None] * _persisting(weather.shocks, memory)
    return slope * time + bend * time * (1 - time) + around


def _persisting(shocks: np.ndarray, memory: np.ndarray) -> np.ndarray:
    found = shocks.copy()
    for year in range(1, shocks.shape[-1]):
        found[..., year] = memory * found[..., year - 1] + shocks[..., year]
    return found


def _tracking(weather: Weather, rng: np.random.Generator) -> np.ndarray:
    """Each closes part of its distance to the other every year, around a common trend."""
    _, pairs, years = weather.shocks.shape
    speed = rng.uniform(0.05, 0.3, (2, pairs))
    own = rng.uniform(1, 1.3, (2, pairs))
    trend = rng.normal(0.03, 0.02, (1, pairs))
    aim = weather.nature(rng.normal(0, 0.7, (2, pairs)))
    size = np.maximum(weather.size, 0.02)
    now = rng.normal(0, 0.5, (2, pairs))
    found = np.empty((2, pairs, years))
    for year in range(years):
        found[..., year] = now + trend * year
        now = now + speed * (now[::-1] - own * now + aim) + size * weather.shocks[..., year]
    return found


def _richardson(low: tuple[float, float], high: tuple[float, float]) -> Callable:
    """Return Richardson's equations with reaction over fatigue drawn between these, a side each.

    In half of the pairs grievance falls or rises with the own level, so that a path of one's own
    may bend in many ways and its bend is not taken for an answer.
    """

    def integrate(weather: Weather, rng: np.random.Generator) -> np.ndarray:
        _, pairs, years = weather.shocks.shape
        fatigue = weather.nature(rng.uniform(0.08, 0.4, (2, pairs)))
        gain = rng.uniform(np.array(low)[:, None], np.array(high)[:, None], (2, pairs))
        scale = np.stack([np.ones(pairs), np.exp(rng.normal(0, 0.7, pairs))])
        reaction = gain * fatigue * scale / scale[::-1]
        growing = np.where(rng.random((1, pairs)) < 0.5, rng.normal(0.02, 0.02, (2, pairs)), 0)
        steady = rng.uniform(0, 0.05, (2, pairs))
        expansion = np.where(rng.random((1, pairs)) < 0.4, steady, growing)
        expansion = weather.nature(expansion)
        now = scale * np.exp(weather.nature(rng.normal(0, 0.3, (2, pairs))))
        target = now * np.exp(weather.nature(rng.uniform(-1.1, 1.5, (2, pairs))))
        grievance = np.maximum(fatigue * target - reaction * target[::-1], 0.02 * fatigue * target)
        bend = np.where(rng.random((1, pairs)) < 0.5, 0, rng.uniform(-1, 0.7, (2, pairs)))
        bend = weather.nature(bend)
        found = np.empty((2, pairs, years))
        for year in range(years):
            mean = np.zeros((2, pairs))
            for step in range(STEPS):
                mean += now / STEPS
                pushed = grievance * np.exp(expansion * (year + step / STEPS))
                pushed = pushed * (now / target) ** bend
                rate = reaction * now[::-1] - fatigue * now + pushed
                rate = rate + weather.size * now * weather.shocks[..., year]
                now = np.clip(now + rate / STEPS, 1e-8, 1e12)
            found[..., year] = np.log(mean)
        return found

    return integrate


KINDS: dict[str, Callable[[Weather, np.random.Generator], np.ndarray]] = {
    "walks": _walks,
    "trends": _trends,
    "own ways": _richardson((0, 0), (0, 0)),
    "one-sided": _richardson((0, 0.3), (0, 1.0)),
    "richardson": _richardson((0.3, 0.3), (1.1, 1.1)),
    "tracking": _tracking,
}
"""Worlds by kind: random walks with drift, trends, Richardson's equations without reaction, with
reaction of one side, with reaction of both, and error correction in logarithms."""

REACTING = ("richardson", "tracking")
"""Kinds in which each answers the other."""
