"""Where a search begins: levers alone, in pairs and threes, each mix scaled back to what it takes.

Costs add up and effects multiply, so the cheapest policies move few levers, and which few is what
a population of random mixes is slow to find out.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from secdil_sd.analysis.policy.optimize import Archive

HALVINGS = 4


def begin(archive: Archive, share: float, policies: int) -> None:
    """Run the policies a search begins with.

    Parameters
    ----------
    archive : Archive
    share : float
        The share of worlds to reach.
    policies : int
        How many may be run; levers alone are in any case.
    """
    last = archive.left - policies
    reach = np.array([each.reach for each in archive.levers])
    alone = np.eye(len(reach))
    shares = [archive.run(alone * reach[:, side]) for side in (0, 1)]
    ways = np.where(shares[0] > shares[1], reach[:, 0], reach[:, 1])
    ways = np.where(ways == 0, reach[:, 0], ways)  # a lever that only goes down
    archive.run(ways[None])
    for size in (2, 3):
        mixes = _mixes(ways, size)
        if len(mixes) and archive.left - len(mixes) > last + policies // 3:
            archive.run(mixes)
    enough = np.flatnonzero(archive.shares >= share - 1e-9)
    count = max(archive.left - last, 0) // HALVINGS
    chosen = enough[np.argsort(archive.costs[enough], kind="stable")][:count]
    scale_back(archive, archive.doses[chosen], share)


def scale_back(archive: Archive, mixes: np.ndarray, share: float) -> None:
    """Halve the way to the smallest part of each mix (mix, lever) that reaches a share."""
    low, high = np.zeros(len(mixes)), np.ones(len(mixes))
    for _ in range(HALVINGS if len(mixes) else 0):
        middle = (low + high) / 2
        reached = archive.run(mixes * middle[:, None]) >= share - 1e-9
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)


def _mixes(ways: np.ndarray, size: int) -> np.ndarray:
    """All mixes of so many levers, each moved the whole way: (mix, lever)."""
    chosen = list(combinations(range(len(ways)), size))
    mixes = np.zeros((len(chosen), len(ways)))
    for k, each in enumerate(chosen):
        mixes[k, list(each)] = ways[list(each)]
    return mixes
