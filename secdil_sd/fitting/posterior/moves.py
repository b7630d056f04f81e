"""Metropolis proposals for many walkers at once, with what their asymmetry costs.

A proposal takes coordinates (walker, coordinate) and a random generator, and returns where each
walker might go with the log of the chance to come back over the chance to go. What a proposal
knows (an archive, a mixture) is fixed, so walkers do not depend on each other: each is a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from secdil_sd.fitting.posterior.mixture import Mixture

Proposal = Callable[[np.ndarray, Any], tuple[np.ndarray, np.ndarray]]
JUMP_WHOLE = 0.1
"""Share of steps by a whole difference: from one mode, or end of a ridge, to another."""
SHORTER = 0.4
"""Half of the other steps are this much shorter: for where the posterior is narrow."""
JITTER = 1e-3
"""Of ordinary sizes; so that every place can be reached."""


def differences(archive: np.ndarray, shrink: float = 1.0) -> Proposal:
    """Return steps along differences of an archive: they follow ridges, however narrow.

    Parameters
    ----------
    archive : array (draw, coordinate)
    shrink : float
        Of the usual length, 2.38 over the root of twice the number of coordinates.

    Source
    ------
    ter Braak and Vrugt (2008), with an archive that no longer grows.
    """
    count, size = archive.shape
    length = shrink * 2.38 / np.sqrt(2 * size)
    jitter = JITTER * archive.std(axis=0)

    def propose(x: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        first = (rng.random(len(x)) * count).astype(int)
        second = (first + 1 + (rng.random(len(x)) * (count - 1)).astype(int)) % count
        whole = rng.random(len(x)) < JUMP_WHOLE
        short = np.where(rng.random(len(x)) < 0.5, SHORTER, 1.0)
        by = np.where(whole, 1.0, short * length)[:, None]
        step = by * (archive[first] - archive[second])
        return x + step + jitter * rng.standard_normal(x.shape), np.zeros(len(x))

    return propose


def independent(known: Mixture) -> Proposal:
    """Return fresh draws of a mixture, wherever the walker is."""

    def propose(x: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        fresh = known.draw(rng, len(x))
        return fresh, known.log_density(x) - known.log_density(fresh)

    return propose


def either(proposals: Sequence[Proposal], shares: Sequence[float]) -> Proposal:
    """Return a proposal that takes one of several for each walker, by their shares."""
    edges = np.cumsum(shares) / np.sum(shares)

    def propose(x: np.ndarray, rng: Any) -> tuple[np.ndarray, np.ndarray]:
        chosen = np.searchsorted(edges[:-1], rng.random(len(x)))
        where, cost = np.array(x), np.zeros(len(x))
        for k, each in enumerate(proposals):
            mine = chosen == k
            if mine.any():
                where[mine], cost[mine] = each(x[mine], rng)
        return where, cost

    return propose
