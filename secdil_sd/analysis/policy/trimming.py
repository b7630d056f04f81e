"""The end of a search: take back what is not needed, give and take between levers, scale."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from secdil_sd.analysis.policy.optimize import Archive
from secdil_sd.analysis.policy.response import respond

STEPS = (0.2, 0.1, 0.05)
"""How much of its way a lever gives back in one exchange."""

PRICES = (0.25, 0.5, 0.75)
"""What another lever takes on in return, as a share of the cost given back."""

RAY = 12
"""Policies that a scaling takes, at most: grid and halvings."""


def trim(archive: Archive, share: float, targets: tuple[float, ...]) -> None:
    """Improve the cheapest policy that reaches a share, and scale it to all targets."""
    if archive.cheapest(share) is None:
        return
    drop(archive, share)
    exchange(archive, share)
    scale(archive, archive.doses[archive.cheapest(share)], (*targets, share))


def drop(archive: Archive, share: float) -> None:
    """Leave single levers at rest as long as the share is reached without them."""
    while True:
        best = archive.doses[archive.cheapest(share)]
        moved = np.flatnonzero(best)
        if len(moved) < 2 or archive.left < len(moved):
            return
        without = np.tile(best, (len(moved), 1))
        without[np.arange(len(moved)), moved] = 0
        if not _cheaper(archive, without, share):
            return


def exchange(archive: Archive, share: float) -> None:
    """Let one lever give back and another take on less, for smaller and smaller steps.

    A compass search (Kolda, Lewis and Torczon 2003, SIAM Review 45) in pairs, along the border
    where the share is just reached.
    """
    weights = np.array([each.weight for each in archive.levers])
    reach = np.array([each.reach for each in archive.levers])
    for step in STEPS:
        while True:
            best = archive.doses[archive.cheapest(share)]
            pairs = permutations(np.flatnonzero(best).tolist(), 2)
            tried = [
                _swap(
                    best, gives, takes, step, step * price * weights[gives] / weights[takes], reach
                )
                for gives, takes in pairs
                for price in PRICES
                if weights[takes] > 0
            ]
            if not tried or archive.left < len(tried) + RAY:
                return
            if not _cheaper(archive, np.array(tried), share):
                break


def scale(archive: Archive, doses: np.ndarray, targets: tuple[float, ...]) -> None:
    """Find how much of one mix of levers each target takes, up to where a lever is at its end."""
    if archive.left < RAY or not doses.any():
        return
    end = doses / np.abs(doses).max()
    (response,), runs = respond(archive.worlds, archive.levers, end[None])
    archive.runs += runs
    scales = {response.smallest(each) for each in targets}
    archive.run(np.outer(sorted(each for each in scales if np.isfinite(each)), end))


def _swap(
    doses: np.ndarray, gives: int, takes: int, back: float, on: float, reach: np.ndarray
) -> np.ndarray:
    """Return a mix in which one lever gives back so much of its dose and another takes some on."""
    moved = doses.copy()
    moved[gives] = np.sign(doses[gives]) * max(abs(doses[gives]) - back, 0.0)
    moved[takes] = np.clip(doses[takes] + np.sign(doses[takes]) * on, *reach[takes])
    return moved


def _cheaper(archive: Archive, doses: np.ndarray, share: float) -> bool:
    """Run some policies; whether one of them is cheaper than what was known to reach the share."""
    before = archive.costs[archive.cheapest(share)]
    archive.run(doses)
    return bool(archive.costs[archive.cheapest(share)] < before - 1e-9)
