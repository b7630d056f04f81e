"""One panel fitted: every dyad alone, all of them together, the population integrated over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.fitting.panel.alternating import Pooled, Task, pooled, separate
from secdil_sd.fitting.panel.gathering import Gathered, design_of
from secdil_sd.fitting.panel.members import REACTION, WIDTH, Beliefs, Members
from secdil_sd.fitting.panel.population import Design, Population, integrated
from secdil_sd.fitting.panel.quantities import contrasts, quantities


@dataclass(frozen=True, eq=False)
class Estimate:
    """A panel's fit.

    Parameters
    ----------
    terms : tuple of str
    chosen : array of int
        Dyads in the regression.
    design : Design
        Of those.
    own : Pooled
        All dyads, nothing pooled.
    shared : Pooled
    population : Population
        Its draws.
    """

    terms: tuple[str, ...]
    chosen: np.ndarray
    design: Design
    own: Pooled
    shared: Pooled
    population: Population

    @property
    def stretches(self) -> np.ndarray:
        """Size-adjusted reaction in a point, by draw: (draw, dyad, state)."""
        return np.stack([self.design.stretch(each) for each in self.population.how[:, 3]])

    @property
    def reactions(self) -> np.ndarray:
        """Size-adjusted reactions, (draw, dyad, state)."""
        return self.population.points[..., REACTION] / self.stretches

    @property
    def exponent(self) -> float:
        """The middle of the size exponent's draws."""
        return float(np.median(self.population.how[:, 3]))

    @property
    def seeming(self) -> float:
        """Share of sides whose pooled reaction is above 0 with nineteen in twenty."""
        return float((np.quantile(self.reactions, 0.05, axis=0) > 0).mean())

    def quantities(self) -> dict[str, np.ndarray]:
        """What is reported of the population, contrasts among them, a value a draw."""
        mean = self.design.terms.mean(axis=(0, 1))
        found = quantities(self.terms, self.population.coefficients, self.population.how, mean)
        return {**found, **contrasts(self.terms, self.population.coefficients)}


def estimate(
    panels: Sequence[Gathered],
    chosen: Sequence[np.ndarray],
    terms: Sequence[str],
    belief: Beliefs,
    draws: Sequence[int],
    seed: Sequence[int],
    options: Mapping[str, Any],
) -> list[Estimate]:
    """Return the fits of panels, which share nothing but the ensemble they are run in.

    Parameters
    ----------
    panels : sequence of Gathered
    chosen : sequence of array of int
        The dyads of each that are in its regression.
    terms : sequence of str
    belief : Beliefs
    draws : sequence of int
        Of each population.
    seed : sequence of int
    options : mapping
        For `run_ensemble`.
    """
    years = max(each.years for each in panels)
    members = Members(years, options)
    whole = [_task(each, terms, belief, np.arange(len(each.pairs)), years) for each in panels]
    own = separate(whole, members, belief)
    parts = [
        _task(each, terms, belief, some, years) for each, some in zip(panels, chosen, strict=True)
    ]
    starts = [each.some(some) for each, some in zip(own, chosen, strict=True)]
    found = []
    for k, shared in enumerate(pooled(parts, members, belief, starts)):
        design, rng = parts[k].design, np.random.default_rng([*seed, k])
        population = integrated(design, shared.local.evidence, belief, shared.how, draws[k], rng)
        found.append(Estimate(tuple(terms), chosen[k], design, own[k], shared, population))
    return found


def _task(
    gathered: Gathered, terms: Sequence[str], belief: Beliefs, chosen: np.ndarray, years: int
) -> Task:
    """Some dyads of a panel, as many years long as the longest of all panels."""
    figures = gathered.figures[chosen]
    empty = np.full((*figures.shape[:2], years - figures.shape[2]), np.nan)
    design = design_of(gathered, terms, belief, chosen)
    return Task(np.concatenate([figures, empty], axis=2), design)


def own_intervals(own: Pooled, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Return points and standard deviations of dyads fitted alone, (dyad, 10)."""
    root = design.spread(own.how)
    inner = np.swapaxes(root, 1, 2) @ own.local.evidence.information @ root + np.eye(WIDTH)
    cover = root @ np.linalg.solve(inner, np.swapaxes(root, 1, 2))
    return own.local.points, np.sqrt(np.diagonal(cover, axis1=1, axis2=2))
