"""How a condition answers to a dose, world by world: where each world changes sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from secdil_sd.analysis.policy.levers import Lever
    from secdil_sd.analysis.policy.worlds import Worlds


@dataclass(frozen=True, eq=False)
class Response:
    """In which worlds a condition is kept, from dose 0 to dose 1 along one course.

    Parameters
    ----------
    start : array (world,) of bool
        Kept at dose 0.
    world : array (change,) of int
    dose : array (change,)
        Where a world changes sides, in rising order: the first dose tried on the new side.
    gained : array (change,) of bool
        To the side where the condition is kept.
    failed : int
        Members without an answer, counted as not kept.

    Examples
    --------
    >>> found = Response(np.array([True, False]), np.array([1]), np.array([0.3]), np.array([True]))
    >>> found.share(np.array([0.2, 0.3])).tolist(), found.smallest(1.0), found.monotone
    ([0.5, 1.0], 0.3, True)
    """

    start: np.ndarray = field(repr=False)
    world: np.ndarray = field(repr=False)
    dose: np.ndarray = field(repr=False)
    gained: np.ndarray = field(repr=False)
    failed: int = 0

    @property
    def count(self) -> int:
        """Number of worlds."""
        return len(self.start)

    @property
    def monotone(self) -> bool:
        """Whether more never breaks what less had kept, in any world."""
        return bool(self.gained.all())

    @property
    def signs(self) -> np.ndarray:
        """Plus one for a world gained, minus one for a world lost, change by change."""
        return np.where(self.gained, 1, -1)

    @property
    def end(self) -> np.ndarray:
        """Which worlds keep the condition at dose 1."""
        change = np.zeros(self.count, dtype=int)
        np.add.at(change, self.world, self.signs)
        return self.start + change > 0

    def kept(self, dose: np.ndarray) -> np.ndarray:
        """Return how many worlds keep the condition at each dose."""
        total = np.concatenate([[0], np.cumsum(self.signs)])
        return self.start.sum() + total[np.searchsorted(self.dose, dose, side="right")]

    def share(self, dose: np.ndarray) -> np.ndarray:
        """Return the share of worlds that keep the condition at each dose."""
        return self.kept(dose) / self.count

    def smallest(self, share: float) -> float:
        """Return the smallest dose at which that share is reached; NaN if none does."""
        return float(self._smallest(share, np.ones((1, self.count)))[0])

    def resampled(self, share: float, rng: np.random.Generator, times: int = 1000) -> np.ndarray:
        """Return the smallest dose over worlds drawn again with replacement (Efron 1979)."""
        weights = rng.multinomial(self.count, np.full(self.count, 1 / self.count), times)
        return self._smallest(share, weights)

    def _smallest(self, share: float, weights: np.ndarray) -> np.ndarray:
        """The smallest dose for each row of world weights (row, world)."""
        moves = weights[:, self.world] * self.signs
        first = weights @ self.start
        kept = np.column_stack([first, first[:, None] + np.cumsum(moves, axis=1)])
        reached = kept >= share * self.count - 1e-9
        doses = np.concatenate([[0.0], self.dose])
        found = doses[reached.argmax(axis=1)]
        return np.where(reached.any(axis=1), found, np.nan)


def respond(
    worlds: Worlds,
    levers: Sequence[Lever],
    courses: np.ndarray,
    steps: int = 5,
    tolerance: float = 0.01,
) -> tuple[list[Response], int]:
    """Find where each world changes sides along each course, by bisection in every world.

    Parameters
    ----------
    worlds : Worlds
    levers : sequence of Lever
    courses : array (course, lever)
        The doses of the levers at the end of each course; it starts at 0 everywhere.
    steps : int
        Equal steps that are looked at first. Two changes within one are missed.
    tolerance : float
        How closely a change is located.

    Returns
    -------
    list of Response, int
        One a course, and how many runs it took.
    """
    here = np.arange(worlds.count)
    grid = np.linspace(0, 1, steps + 1)
    start = worlds.kept(levers, np.zeros((len(levers), worlds.count)), here)
    course, dose, world = (
        each.ravel() for each in np.meshgrid(np.arange(len(courses)), grid[1:], here, indexing="ij")
    )
    rest = worlds.kept(levers, courses[course].T * dose, world)
    kept = np.empty((len(courses), steps + 1, worlds.count))
    kept[:, 0], kept[:, 1:] = start, rest.reshape(len(courses), steps, worlds.count)
    course, step, world = np.nonzero((kept[:, :-1] == 1) != (kept[:, 1:] == 1))
    after = kept[course, step + 1, world] == 1
    low, high = grid[step], grid[step + 1]
    runs = len(start) + len(rest)
    rounds = int(np.ceil(np.log2(1 / steps / tolerance))) if len(course) else 0
    for _ in range(max(rounds, 0)):
        middle = (low + high) / 2
        found = worlds.kept(levers, courses[course].T * middle, world) == 1
        low, high = np.where(found == after, low, middle), np.where(found == after, middle, high)
        runs += len(middle)
    responses = []
    for k in range(len(courses)):
        mine = course == k
        responses.append(
            changes(kept[k, 0] == 1, world[mine], high[mine], after[mine], np.isnan(kept[k]).sum())
        )
    return responses, runs


def changes(
    start: np.ndarray, world: np.ndarray, dose: np.ndarray, gained: np.ndarray, failed: int
) -> Response:
    """Return a response with its changes in rising order, losses first where two coincide."""
    order = np.lexsort((gained, dose))
    return Response(start, world[order], dose[order], gained[order], int(failed))
