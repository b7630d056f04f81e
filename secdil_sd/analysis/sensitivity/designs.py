"""Designs of the unit cube, part by part: a part more never changes the parts before it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.sensitivity.methods import Method, stratum_seed
from secdil_sd.analysis.space import Space
from secdil_sd.equations.dimensions import dimensions, elements

if TYPE_CHECKING:
    import pandas as pd

LEVELS = 4
OPEN_ENDED = ("normal", "lognormal")
TAILS = {"morris": 0.005, "fast": 1e-6, "tornado": 0.025, "sobol": 1e-9}
"""Where an end of the cube would be infinity: the share of a distribution left out at each end."""


@dataclass(frozen=True, eq=False)
class Plan:
    """How a space is sampled.

    Parameters
    ----------
    names : tuple of str
        The parameters: columns of samples.
    groups : tuple of str
        The name each parameter is judged under: its own, or its group's.
    method : Method
    sizes : tuple of int
        The first part and every extension, in what ``n`` of the method counts.
    seed : int
    space : Space or None
        None for an ensemble that was run for something else.
    second_order : bool
        Sobol: also the runs that second-order indices need.
    resamples : int
        Of the bootstrap.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    method: Method
    sizes: tuple[int, ...]
    seed: int
    space: Space | None = None
    second_order: bool = True
    resamples: int = 100

    @property
    def n(self) -> int:
        """The size of the whole."""
        return sum(self.sizes)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is judged: parameters, or groups of them."""
        return tuple(dict.fromkeys(self.groups))

    @property
    def membership(self) -> np.ndarray:
        """The place of each parameter's group among the labels, (parameter,)."""
        labels = list(self.labels)
        return np.array([labels.index(each) for each in self.groups])

    @property
    def block(self) -> int:
        """Rows that stand or fall together: a Saltelli block, a trajectory, a row."""
        count = len(self.labels)
        blocks = {"sobol": (2 if self.second_order else 1) * count + 2, "morris": count + 1}
        return blocks.get(self.method.name, 1)

    @property
    def runs_each(self) -> int:
        """Runs that one more of ``n`` costs."""
        return len(self.labels) if self.method.name == "fast" else self.block


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a design: the samples, and where they lie in the unit cube (given data: None)."""

    samples: pd.DataFrame = field(repr=False)
    u: np.ndarray | None = field(repr=False)


def rows_of(plan: Plan, part: int) -> Rows:
    """Return the rows of one part of a design."""
    name = plan.method.name
    assert plan.space is not None
    if plan.method.given:
        seed = stratum_seed(plan.seed, part)
        return Rows(plan.space.draw(plan.sizes[part], seed), None)
    if name == "tornado":
        return Rows(one_at_a_time(plan.space), None)
    begin = sum(plan.sizes[:part])
    makers: dict[str, Any] = {"sobol": saltelli, "morris": trajectories, "fast": search_curves}
    u = makers[name](plan, begin, begin + plan.sizes[part])
    return Rows(plan.space.at(within(plan.space, u, TAILS[name])), u)


def within(space: Space, u: np.ndarray, tail: float) -> np.ndarray:
    """Return the rows with the ends of unbounded distributions moved inside."""
    open_ended = [each.distribution.kind in OPEN_ENDED for each in space.parameters]
    open_ended += [False] * (len(space.names) - len(open_ended))
    return np.where(open_ended, np.clip(u, tail, 1 - tail), u)


def saltelli(plan: Plan, begin: int, end: int) -> np.ndarray:
    """Return Saltelli blocks of a scrambled Sobol sequence: the rows of SALib's sampler.

    Parameters
    ----------
    plan : Plan
    begin, end : int
        Base points.

    Returns
    -------
    array (block * rows of a block, parameter)
        A, A with each parameter or group from B, B with each from A (second order), B.
    """
    from scipy.stats import qmc

    width = len(plan.names)
    sequence = qmc.Sobol(2 * width, rng=np.random.default_rng(plan.seed))
    if begin:
        sequence.fast_forward(begin)
    base = sequence.random(end - begin) if begin else sequence.random_base2(_power(end))
    a, b = base[:, None, :width], base[:, None, width:]
    moved = plan.membership[None, :] == np.arange(len(plan.labels))[:, None]
    parts = [a, np.where(moved, b, a)]
    if plan.second_order:
        parts.append(np.where(moved, a, b))
    return np.concatenate([*parts, b], axis=1).reshape(-1, width)


def _power(count: int) -> int:
    return int(count).bit_length() - 1


def trajectories(plan: Plan, begin: int, end: int) -> np.ndarray:
    """Return Morris trajectories from SALib's sampler, (trajectory * step, parameter)."""
    from SALib.sample import morris

    problem: dict[str, Any] = {
        "num_vars": len(plan.names),
        "names": list(plan.names),
        "bounds": [[0, 1]] * len(plan.names),
        "groups": [str(each) for each in plan.membership],
    }
    u = morris.sample(problem, end, num_levels=LEVELS, seed=plan.seed)
    return np.asarray(u[begin * plan.block :])


def search_curves(plan: Plan, begin: int, end: int) -> np.ndarray:
    """Return sets of search curves from SALib's sampler, (set * parameter * point, parameter)."""
    from SALib.sample import fast_sampler

    points, width = plan.sizes[0], len(plan.names)
    problem = {"num_vars": width, "names": list(plan.names), "bounds": [[0, 1]] * width}
    sets = range(begin // points, end // points)
    return np.concatenate(
        [fast_sampler.sample(problem, points, seed=stratum_seed(plan.seed, k)) for k in sets]
    )


def one_at_a_time(space: Space) -> pd.DataFrame:
    """Return the case as it is, and then each parameter at its low and at its high end."""
    import pandas as pd

    values = space.case.values.constants
    system = space.case.model.system
    base: dict[str, float] = {}
    columns: list[list[str]] = []
    for each in space.parameters:
        labels = [elements(system, dimension) for dimension in dimensions(system, each.name)]
        own = np.asarray(values[each.name], dtype=float)
        names = []
        for place in product(*(range(len(kind)) for kind in labels)):
            chosen = tuple(kind[k] for kind, k in zip(labels, place, strict=True))
            if not each.elements or chosen == each.elements:
                names.append(f"{each.name}[{','.join(chosen)}]" if chosen else each.name)
                base[names[-1]] = float(own[place])
        columns.append(names)
    rows = [base]
    for each, names in zip(space.parameters, columns, strict=True):
        for value in ends(space, each.selector):
            rows.append({**base, **dict.fromkeys(names, value)})
    return pd.DataFrame(rows)


def ends(space: Space, selector: str) -> tuple[float, float]:
    """Return the low and the high end of a parameter; of an unbounded one, of its middle 95%."""
    own = next(each.distribution for each in space.parameters if each.selector == selector)
    tail = TAILS["tornado"] if own.kind in OPEN_ENDED else 0.0
    low, high = own.quantile(np.array([tail, 1 - tail]))
    return float(low), float(high)
