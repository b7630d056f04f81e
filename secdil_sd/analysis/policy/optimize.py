"""The cheapest policy that reaches a share of worlds: SciPy's differential evolution on batches.

Costs are known without a run and shares are not, so every policy that was ever run is kept: the
search for one share starts from what the searches for others have found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.shares import share_of

if TYPE_CHECKING:
    from secdil_sd.analysis.policy.levers import Lever
    from secdil_sd.analysis.policy.worlds import Worlds

IDLE = 0.2
"""Share of the way a search variable goes before its lever moves: idle levers stay at rest."""

POPULATION = 10
"""Small, because a search begins near the answer and can afford few generations."""

PATIENCE = 15
"""Generations without a cheaper policy after which a search ends."""

MISSED = 1e6
"""Added to what a policy lacks in share: any that reaches it is better, whatever it costs."""


@dataclass
class Archive:
    """Every policy that was run, until the budget is spent.

    Parameters
    ----------
    worlds : Worlds
    levers : sequence of Lever
    budget : int
        Runs that may be spent: a policy costs one a world.
    """

    worlds: Worlds
    levers: Sequence[Lever]
    budget: int
    doses: np.ndarray = field(init=False)
    shares: np.ndarray = field(init=False)
    runs: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        self.doses = np.empty((0, len(self.levers)))
        self.shares = np.empty(0)

    @property
    def left(self) -> int:
        """How many more policies can be run."""
        return max(self.budget - self.runs, 0) // self.worlds.count

    @property
    def costs(self) -> np.ndarray:
        """Cost of every policy that was run."""
        return self.cost(self.doses)

    @property
    def status_quo(self) -> int:
        """The place of the policy that moves nothing."""
        return int(np.flatnonzero(~self.doses.any(axis=1))[0])

    def share(self, place: int) -> tuple[float, float, float]:
        """Return the share of a policy, with its interval."""
        return share_of(round(self.shares[place] * self.worlds.count), self.worlds.count)

    def cost(self, doses: np.ndarray) -> np.ndarray:
        """Return what policies (policy, lever) cost: weighted shares of the levers' way."""
        return np.abs(doses) @ np.array([each.weight for each in self.levers])

    def run(self, doses: np.ndarray) -> np.ndarray:
        """Run policies (policy, lever) as one ensemble; shares, NaN beyond the budget."""
        shares = np.full(len(doses), np.nan)
        first = doses[: self.left]
        if len(first):
            kept = kept_worlds(self.worlds, self.levers, first)
            shares[: len(first)] = (kept == 1).mean(axis=1)
            self.runs += kept.size
            self.failed += int(np.isnan(kept).sum())
            self.doses = np.vstack([self.doses, first])
            self.shares = np.append(self.shares, shares[: len(first)])
        return shares

    def cheapest(self, share: float) -> int | None:
        """Return the place of the cheapest policy that reaches a share; None if none does."""
        enough = np.flatnonzero(self.shares >= share - 1e-9)
        if not len(enough):
            return None
        order = np.lexsort((-self.shares[enough], self.costs[enough]))
        return int(enough[order[0]])


def kept_worlds(worlds: Worlds, levers: Sequence[Lever], doses: np.ndarray) -> np.ndarray:
    """Return where each policy keeps the condition: (policy, world), NaN where a run failed."""
    here = np.tile(np.arange(worlds.count), len(doses))
    found = worlds.kept(levers, np.repeat(doses, worlds.count, axis=0).T, here)
    return found.reshape(len(doses), worlds.count)


def doses_of(position: np.ndarray) -> np.ndarray:
    """Return the doses of search variables: nothing near rest, the whole way at the ends.

    >>> doses_of(np.array([0.1, 0.6, -1.0])).tolist()
    [0.0, 0.5, -1.0]
    """
    return np.sign(position) * np.maximum(np.abs(position) - IDLE, 0) / (1 - IDLE)


def position_of(dose: np.ndarray) -> np.ndarray:
    """Return search variables that stand for doses."""
    return np.sign(dose) * (IDLE + np.abs(dose) * (1 - IDLE))


def evolve(archive: Archive, share: float, policies: int, rng: np.random.Generator) -> None:
    """Search for a cheaper policy that reaches a share, within a number of policies.

    A generation is one ensemble. The population begins with the best there are for this share.
    A policy that costs no less than the one it would replace, which reaches the share, cannot
    be accepted and is not run.

    Source: Storn and Price (1997), Journal of Global Optimization 11; feasibility before cost:
    Deb (2000), Computer Methods in Applied Mechanics and Engineering 186.
    """
    from scipy.optimize import differential_evolution

    reach = np.array([each.reach for each in archive.levers])
    start = _population(archive, share, reach, rng)
    last = archive.runs + policies * archive.worlds.count
    rivals = np.full(len(start), np.inf)
    begun, best, idle = False, np.inf, 0

    def worth(position: np.ndarray) -> np.ndarray:
        nonlocal begun
        doses = doses_of(position.T)
        if not begun:  # known already, save for what was filled in
            begun = True
            return _score(archive, doses, _known(archive, doses), share)
        hopeful = archive.cost(doses) < rivals
        shares = np.full(len(doses), np.nan)
        if hopeful.any():
            shares[hopeful] = archive.run(doses[hopeful])
        return _score(archive, doses, shares, share)

    def enough(intermediate_result: Any) -> bool:
        nonlocal best, idle
        rivals[:] = intermediate_result.population_energies
        idle = idle + 1 if intermediate_result.fun >= best else 0
        best = min(best, float(intermediate_result.fun))
        return bool(archive.runs >= last or not archive.left or idle >= PATIENCE)

    differential_evolution(
        worth, list(zip(*reach.T, strict=True)), init=start, strategy="randtobest1bin",
        mutation=(0.4, 0.9), recombination=0.8, maxiter=10 * policies, tol=0, polish=False,
        vectorized=True, updating="deferred", rng=rng, callback=enough,
    )  # fmt: skip


def _population(
    archive: Archive, share: float, reach: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return search variables to begin with: the best for a share, random ones if too few."""
    scores = _score(archive, archive.doses, archive.shares, share)
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(archive.doses[order], axis=0, return_index=True)
    best = archive.doses[order][np.sort(first)][:POPULATION]
    known = np.clip(position_of(best), reach[:, 0], reach[:, 1])
    fill = rng.random((POPULATION - len(known), len(reach)))
    return np.vstack([known, reach[:, 0] + fill * (reach[:, 1] - reach[:, 0])])


def _known(archive: Archive, doses: np.ndarray) -> np.ndarray:
    """Shares of policies that have been run; the others are run now."""
    shares = np.full(len(doses), np.nan)
    for k, each in enumerate(doses):
        same = np.flatnonzero(np.abs(archive.doses - each).max(axis=1) < 1e-9)
        if len(same):
            shares[k] = archive.shares[same[0]]
    new = np.isnan(shares)
    if new.any():
        shares[new] = archive.run(doses[new])
    return shares


def _score(archive: Archive, doses: np.ndarray, shares: np.ndarray, share: float) -> np.ndarray:
    """What is minimised: the cost where the share is reached, else what lacks."""
    lacking = share - shares
    missed = MISSED * (1 + np.nan_to_num(lacking, nan=1.0))
    return np.where(lacking <= 1e-9, archive.cost(doses), missed)
