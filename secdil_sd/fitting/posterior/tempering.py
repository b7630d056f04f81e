"""From a proposal to a posterior by steps: sequential Monte Carlo, for what Laplace cannot see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.fitting.posterior.mixture import fitted_to
from secdil_sd.fitting.posterior.moves import differences, either, independent
from secdil_sd.fitting.posterior.weights import (
    effective,
    powered,
    resampled,
    tempered_share,
)

Density = Callable[[np.ndarray], np.ndarray]
KEPT = 0.5
"""Share of particles that may lose their weight in one step of temperature."""
MOST_ROUNDS = 40
FEW_SWEEPS, MOST_SWEEPS = 3, 25
FORGOTTEN = 0.2
"""Correlation of particles with where they stood, below which they have moved enough."""
SHARES = (0.7, 0.3)


@dataclass(frozen=True, eq=False)
class Particles:
    """A population that follows a density.

    Parameters
    ----------
    x : array (particle, coordinate)
    log_density : array (particle,)
    log_start : array (particle,)
        Log density of the proposal it came from.
    rounds : int
        Steps of temperature.
    effective : float
        What the particles are worth: those of one parent count once, less what they forgot.
    evaluated : int
    settled : bool
        Whether the last temperature was reached and the particles moved enough there.
    """

    x: np.ndarray
    log_density: np.ndarray
    log_start: np.ndarray
    rounds: int
    effective: float
    evaluated: int
    settled: bool


def temper(
    x: np.ndarray,
    log_start: np.ndarray,
    log_density: np.ndarray,
    start: Density,
    density: Density,
    count: int,
    rng: Any,
) -> Particles:
    """Carry draws of one density to another through powers of their ratio.

    Parameters
    ----------
    x : array (draw, coordinate)
    log_start, log_density : array (draw,)
        Log densities drawn from and wanted.
    start, density : callable(x)
        The same, anywhere.
    count : int
        Particles.
    rng : Generator

    Source
    ------
    Neal (2001); Del Moral, Doucet and Jasra (2006).
    """
    power, rounds, evaluated, shrink = 0.0, 0, 0, 1.0
    parents, memory = float(len(x)), 0.0
    while power < 1.0 and rounds < MOST_ROUNDS:
        ratios = log_density - log_start
        step = tempered_share(ratios, KEPT * len(x), 1.0 - power)
        step = max(step, 1e-4)  # below anything that matters: go on, or it would never end
        weights = powered(ratios, step)
        power = min(power + step, 1.0)
        rounds += 1
        parents = effective(weights)
        chosen = resampled(weights, count, rng)
        x, log_start, log_density = x[chosen], log_start[chosen], log_density[chosen]
        last = power >= 1.0
        sweeps = MOST_SWEEPS if last else FEW_SWEEPS
        moved = _sweep(x, log_start, log_density, start, density, power, sweeps, shrink, rng)
        evaluated += moved.evaluated
        x, log_start, log_density = moved.x, moved.log_start, moved.log_density
        memory, shrink = moved.memory, moved.shrink
    # Children of one parent that still resemble it say the same thing twice (Kish 1965).
    family = max(count / max(min(parents, count), 1.0), 1.0)
    worth = count / (1 + (family - 1) * memory**2)
    settled = power >= 1.0 and memory < 0.5
    return Particles(x, log_density, log_start, rounds, worth, evaluated, settled)


@dataclass(frozen=True, eq=False)
class _Moved:
    x: np.ndarray
    log_start: np.ndarray
    log_density: np.ndarray
    evaluated: int
    memory: float
    shrink: float


def _sweep(
    x: np.ndarray,
    log_start: np.ndarray,
    log_density: np.ndarray,
    start: Density,
    density: Density,
    power: float,
    sweeps: int,
    shrink: float,
    rng: Any,
) -> _Moved:
    """Move particles at one temperature until they have forgotten where they stood."""
    stood, archive, evaluated, memory = x.copy(), x.copy(), 0, 1.0
    known = independent(fitted_to(x, np.full(len(x), 1 / len(x))))
    for _ in range(sweeps):
        propose = either([differences(archive, shrink), known], SHARES)
        fresh, cost = propose(x, rng)
        fresh_density, fresh_start = density(fresh), start(fresh)
        evaluated += len(x)
        ahead = power * fresh_density + (1 - power) * fresh_start
        behind = power * log_density + (1 - power) * log_start
        with np.errstate(invalid="ignore"):
            gone = np.log(rng.random(len(x))) < ahead - behind + cost
        x = np.where(gone[:, None], fresh, x)
        log_density = np.where(gone, fresh_density, log_density)
        log_start = np.where(gone, fresh_start, log_start)
        shrink = float(np.clip(shrink * (1.15 if gone.mean() > 0.3 else 0.85), 0.1, 1.5))
        memory = _memory(stood, x)
        if memory < FORGOTTEN:
            break
    return _Moved(x, log_start, log_density, evaluated, memory, shrink)


def _memory(before: np.ndarray, now: np.ndarray) -> float:
    """The largest correlation, over coordinates, of where particles are with where they were."""
    a, b = before - before.mean(axis=0), now - now.mean(axis=0)
    with np.errstate(all="ignore"):
        found = (a * b).mean(axis=0) / (before.std(axis=0) * now.std(axis=0))
    return float(np.nanmax(np.abs(found), initial=0.0))
