"""The fit of a panel: each dyad's best point, then what dyads have in common, in turn.

The algorithm of Lindstrom and Bates (1990) for nonlinear mixed effects. Step one finds the most
likely point of every dyad given the population, by damped Gauss-Newton steps that all dyads take
as members of one ensemble. Step two takes the quadratic likelihoods found there and fits the
population, a linear mixed model; and how figures scatter, which all states share in kind
(persistence) and none in size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from secdil_sd.fitting.panel.members import TREND, WIDTH, Beliefs, Members
from secdil_sd.fitting.panel.population import (
    Design,
    Evidence,
    Known,
    likeliest,
    prior_of,
    weak,
)
from secdil_sd.fitting.panel.scatter import Scatter

ROUNDS = 60
AGAIN = (2, 5, 10)
"""Rounds in which dyads also start from where the population would have them."""
TRIES = 8
"""Steps they then take before the better of two places is kept."""
STEPS = 3
"""Steps of the dyads between two looks at the population."""
CLOSE = 0.01
"""Rounds end when the population moves by less than this share of its uncertainty."""
NEAR = 0.05
"""A dyad that still moves by this share of its own uncertainty has not come to rest."""
PERSISTENCES = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.78, 0.84, 0.89, 0.93, 0.96, 0.98])
SMALLEST = 1e-3
"""Figures that lie on a path to a thousandth are as good as exact."""
LARGE = 1e6
FIRST_SPREAD, FIRST_PERSISTENCE = 0.2, 0.5
"""Where looking for the noise begins."""


@dataclass(frozen=True, eq=False)
class Local:
    """Every dyad of a panel near its best point.

    Parameters
    ----------
    points : array (dyad, 10)
    spread : array (dyad, state)
        Of what is new in a figure each year.
    persistence : float
    evidence : Evidence
    """

    points: np.ndarray
    spread: np.ndarray
    persistence: float
    evidence: Evidence


@dataclass(frozen=True, eq=False)
class Pooled:
    """A panel fitted: dyads, and the population at its most likely ``how``.

    Parameters
    ----------
    local : Local
    how : array (4,)
    coefficients : array (coefficient,)
    rounds : int
    moving : array (dyad,) of bool
        Dyads that had not come to rest.
    """

    local: Local
    how: np.ndarray
    coefficients: np.ndarray
    rounds: int
    moving: np.ndarray

    def some(self, chosen: np.ndarray) -> Pooled:
        """Return the start of some of the dyads."""
        local = self.local
        part = replace(local, points=local.points[chosen], spread=local.spread[chosen])
        return replace(self, local=part, moving=self.moving[chosen])


@dataclass(frozen=True, eq=False)
class Task:
    """One panel to fit: logs of figures (dyad, state, year), NaN where missing, and its design."""

    figures: np.ndarray
    design: Design


def separate(tasks: Sequence[Task], members: Members, belief: Beliefs) -> list[Pooled]:
    """Fit each dyad for itself, nothing pooled but the persistence of noise in its panel."""
    how = weak(belief)
    starts = []
    for each in tasks:
        mean, _ = prior_of(belief, each.design.terms.shape[-1])
        points = each.design.offset() + each.design.at(how[3]) @ mean
        blank = np.zeros((len(points), WIDTH))
        nothing = Evidence(blank[..., None] * blank[:, None], blank, blank[:, 0])
        spread = np.full(points[:, :2].shape, FIRST_SPREAD)
        local = Local(points, spread, FIRST_PERSISTENCE, nothing)
        starts.append(Pooled(local, how, mean, 0, np.ones(len(points), dtype=bool)))
    return _alternate(tasks, members, starts, lambda design, evidence, how: None)


def pooled(
    tasks: Sequence[Task], members: Members, belief: Beliefs, starts: Sequence[Pooled]
) -> list[Pooled]:
    """Fit the dyads of each panel together, drawn towards what the panel has in common."""
    narrower = np.array([np.log(2)] * 3 + [0.0])
    starts = [replace(each, how=each.how - narrower) for each in starts]

    def learn(design: Design, evidence: Evidence, how: np.ndarray) -> tuple[np.ndarray, Known]:
        return likeliest(design, evidence, belief, how)

    return _alternate(tasks, members, starts, learn)


Learn = Callable[[Design, Evidence, np.ndarray], "tuple[np.ndarray, Known] | None"]


def _alternate(
    tasks: Sequence[Task], members: Members, starts: Sequence[Pooled], learn: Learn
) -> list[Pooled]:
    """Fit panels side by side: all their dyads are one ensemble, each panel stops when done."""
    ends = np.cumsum([len(each.figures) for each in tasks])
    places = [slice(end - len(task.figures), end) for task, end in zip(tasks, ends, strict=True)]
    figures = np.concatenate([each.figures for each in tasks])
    walk = _Walk(figures, members, np.concatenate([each.local.points for each in starts]))
    found = list(starts)
    open_ = list(range(len(tasks)))
    for rounds in range(1, ROUNDS + 1):
        before = walk.points.copy()
        aims = [_aim(tasks[k].design, found[k]) for k in open_]
        active = np.concatenate([np.arange(len(figures))[places[k]] for k in open_])
        whole = _Aim(*(np.concatenate(each) for each in zip(*aims, strict=True)))
        if rounds in AGAIN:
            walk.again(active, whole)
        for _ in range(STEPS):
            walk.step(active, whole)
        left = []
        for k, aim in zip(open_, aims, strict=True):
            part = walk.part(places[k])
            found[k], done = _looked(part, tasks[k], found[k], aim, before[places[k]], learn)
            found[k] = replace(found[k], rounds=rounds)
            if rounds < 4 or not done:
                left.append(k)
        open_ = left
        if not open_:
            break
    return found


class _Aim(NamedTuple):
    """Where a step goes: the population's place for each dyad, its root, how figures scatter."""

    expected: np.ndarray
    root: np.ndarray
    spread: np.ndarray
    persistence: np.ndarray


def _aim(design: Design, state: Pooled) -> _Aim:
    expected = design.offset() + design.at(state.how[3]) @ state.coefficients
    persistence = np.full(design.count, state.local.persistence)
    return _Aim(expected, design.spread(state.how), state.local.spread, persistence)


def _looked(
    part: _Part, task: Task, state: Pooled, aim: _Aim, before: np.ndarray, learn: Learn
) -> tuple[Pooled, bool]:
    """Look at one panel after its dyads moved: its noise, its population; is it done?"""
    spread, persistence = noise(part, aim.root, state.local.spread, state.local.persistence)
    seen = evidence(part, spread, persistence)
    inner = np.swapaxes(aim.root, 1, 2) @ seen.information @ aim.root + np.eye(WIDTH)
    away = np.linalg.solve(aim.root, (part.points - before)[..., None])
    size = np.sqrt(np.einsum("dik,dij,djk->d", away, inner, away) / WIDTH)
    how, coefficients, still = state.how, state.coefficients, True
    learned = learn(task.design, seen, how)
    if learned is not None:
        how, known = learned
        change = known.root.T @ (known.mean - coefficients)
        still = bool(np.abs(change).max() < CLOSE)
        coefficients = known.mean
    local = Local(part.points.copy(), spread, persistence, seen)
    done = still and bool((size < NEAR).mean() > 0.95)
    return Pooled(local, how, coefficients, 0, size >= NEAR), done


@dataclass(frozen=True, eq=False)
class _Part:
    """One panel's share of a walk."""

    scatter: Scatter
    points: np.ndarray
    errors: np.ndarray
    slopes: np.ndarray


class _Walk:
    """Damped Gauss-Newton steps of all dyads at once; each keeps its own damping."""

    def __init__(self, figures: np.ndarray, members: Members, points: np.ndarray) -> None:
        self.figures, self.members = figures, members
        self.present = np.isfinite(figures)
        place = np.arange(figures.shape[-1])
        both = self.present.any(axis=1)
        middle = (both * place).sum(axis=1) / both.sum(axis=1)
        self.since = place - middle[:, None]  # years from the middle of each dyad's
        self.points = points.copy()
        self.damping = np.full(len(points), 1e-2)
        self.errors, self.slopes = self._look(np.arange(len(points)), points)

    def part(self, place: slice) -> _Part:
        """Return the dyads of one panel."""
        return _Part(
            Scatter(self.present[place]),
            self.points[place],
            self.errors[place],
            self.slopes[place],
        )

    def _look(self, active: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Figure minus path, and the path's slopes; where a member failed, far off and flat."""
        logs, slopes = self.members.slopes(points)
        present, since = self.present[active], self.since[active]
        logs = logs + points[:, TREND, None] * since[:, None]
        grown = np.zeros((*slopes.shape[:3], 2))
        grown[:, [0, 1], :, [0, 1]] = since
        slopes = np.concatenate([slopes, grown], axis=-1)
        errors = np.where(present, self.figures[active] - logs, 0.0)
        slopes = np.where(present[..., None], slopes, 0.0)
        lost = ~np.isfinite(errors).all(axis=(1, 2)) | ~np.isfinite(slopes).all(axis=(1, 2, 3))
        errors[lost] = np.where(present[lost], LARGE, 0.0)
        slopes[lost] = 0.0
        return errors, slopes

    def step(self, active: np.ndarray, aim: _Aim) -> None:
        """Move every dyad for which that is an improvement."""
        scatter = Scatter(self.present[active])
        errors, slopes, points = self.errors[active], self.slopes[active], self.points[active]
        new = scatter.whitened(errors, aim.persistence) / aim.spread[..., None]
        inward = scatter.whitened(slopes, aim.persistence) / aim.spread[..., None, None]
        inward = np.einsum("dsty,dyz->dstz", inward, aim.root)
        units = np.linalg.solve(aim.root, (points - aim.expected)[..., None])[..., 0]
        square = np.einsum("dsty,dstz->dyz", inward, inward)
        gradient = np.einsum("dsty,dst->dy", inward, new) - units
        held = self.damping[active][:, None, None] * (1 + np.eye(WIDTH) * square)
        left = square + np.eye(WIDTH) * (1 + held)
        move = np.clip(np.linalg.solve(left, gradient[..., None])[..., 0], -FARTHEST, FARTHEST)
        trial = points + np.einsum("dyz,dz->dy", aim.root, move)
        errors, found = self._look(active, trial)
        new_loss = _loss(scatter, errors, trial, aim)
        better = new_loss <= _loss(scatter, self.errors[active], points, aim)
        moved = active[better]
        self.points[moved], self.errors[moved] = trial[better], errors[better]
        self.slopes[moved] = found[better]
        factor = np.where(better, 1 / 5, 6.0)
        self.damping[active] = np.clip(self.damping[active] * factor, 1e-8, 1e6)

    def again(self, active: np.ndarray, aim: _Aim) -> None:
        """Start from the middle of the population too; keep the better of two places."""
        other = _Walk(self.figures[active], self.members, aim.expected)
        for _ in range(TRIES):
            other.step(np.arange(len(active)), aim)
        scatter = Scatter(self.present[active])
        own = _loss(scatter, self.errors[active], self.points[active], aim)
        better = _loss(scatter, other.errors, other.points, aim) < own
        moved = active[better]
        self.points[moved], self.errors[moved] = other.points[better], other.errors[better]
        self.slopes[moved] = other.slopes[better]
        self.damping[moved] = other.damping[better]


FARTHEST = 3.0
"""No step goes farther than this many spreads of the population."""


def _loss(scatter: Scatter, errors: np.ndarray, points: np.ndarray, aim: _Aim) -> np.ndarray:
    """Minus twice the log posterior of each dyad, up to a constant."""
    new = scatter.whitened(errors, aim.persistence) / aim.spread[..., None]
    units = np.linalg.solve(aim.root, (points - aim.expected)[..., None])[..., 0]
    return np.square(new).sum(axis=(1, 2)) + np.square(units).sum(axis=1)


def evidence(part: _Part, spread: np.ndarray, persistence: float) -> Evidence:
    """The likelihood of each dyad as a quadratic in its point, about where it stands."""
    new = part.scatter.whitened(part.errors, persistence) / spread[..., None]
    slopes = part.scatter.whitened(part.slopes, persistence) / spread[..., None, None]
    target = new + np.einsum("dsty,dy->dst", slopes, part.points)
    return Evidence(
        np.einsum("dsty,dstz->dyz", slopes, slopes),
        np.einsum("dsty,dst->dy", slopes, target),
        np.square(target).sum(axis=(1, 2)),
    )


def noise(
    part: _Part, root: np.ndarray, spread: np.ndarray, persistence: float
) -> tuple[np.ndarray, float]:
    """Return how figures scatter: the spread of each state, and the persistence of all.

    The spread counts what the points may still be (an expectation step); the persistence is
    the one of a grid under which figures are likeliest, points integrated over; the grid is
    fine about the persistence before.
    """
    fine = np.clip(persistence + np.array([-0.03, -0.01, 0.0, 0.01, 0.03]), 0.0, 0.985)
    best = (-np.inf, spread, persistence)
    for each in np.unique(np.concatenate([PERSISTENCES, fine])):
        own = spread * np.sqrt(_ratio(part, float(each), persistence))
        for _ in range(2):
            own, fit = _spread(part, root, own, float(each))
        total = fit + part.scatter.log_volume(float(each))
        total -= float(np.sum(part.scatter.counts * np.log(own)))
        if total > best[0]:
            best = (total, own, float(each))
    return best[1], best[2]


def _ratio(part: _Part, to: float, since: float) -> np.ndarray:
    """How the mean square of what is new changes with the persistence."""
    after = np.square(part.scatter.whitened(part.errors, to)).sum(axis=-1)
    before = np.square(part.scatter.whitened(part.errors, since)).sum(axis=-1)
    return np.clip(after / np.maximum(before, 1e-12), 1e-2, 1e2)


def _spread(
    part: _Part, root: np.ndarray, spread: np.ndarray, persistence: float
) -> tuple[np.ndarray, float]:
    """One expectation step of the spreads, and the log likelihood without their volume."""
    new = part.scatter.whitened(part.errors, persistence)
    slopes = part.scatter.whitened(part.slopes, persistence)
    inward = np.einsum("dsty,dyz->dstz", slopes, root)
    each = np.einsum("dsty,dstz->dsyz", inward, inward)
    inner = np.einsum("dsyz,ds->dyz", each, spread**-2.0) + np.eye(WIDTH)
    unsure = np.einsum("dsyz,dzy->ds", each, np.linalg.inv(inner))
    square = np.square(new).sum(axis=-1)
    found = np.sqrt((square + unsure) / np.maximum(part.scatter.counts, 1))
    _, volume = np.linalg.slogdet(inner)
    fit = -0.5 * (np.sum(square / spread**2) + volume.sum())
    return np.maximum(found, SMALLEST), float(fit)
