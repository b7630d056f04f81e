"""Boxes judged: whom they hold, which of their bounds matter, and which box to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.exploration.peeling import Boxes, peel
from secdil_sd.analysis.shares import wilson

if TYPE_CHECKING:
    import pandas as pd

SIGNIFICANT = 0.05
"""Quasi-p above which a bound is no better than chance (Bryant and Lempert 2010)."""
NEAR_BEST = 0.01
"""Boxes whose harmonic mean is this close to the best are equals: the simplest is shown."""
LEAVES = 12
"""Leaves of a tree at most: more rules than a reader keeps in mind say nothing."""
LEAST_LEAF = 0.05


@dataclass(frozen=True)
class Found:
    """What a search gave: candidate boxes and which of them, together, to show.

    Parameters
    ----------
    boxes : Boxes
    pruned : array (box,) of bool
        Boxes made from another one by lifting the bounds that do not matter.
    chosen : tuple of int
        Empty where no box is worth showing.
    """

    boxes: Boxes
    pruned: np.ndarray
    chosen: tuple[int, ...]

    def inside(self, x: np.ndarray) -> np.ndarray:
        """Return which members the chosen boxes hold: array (member,) of bool."""
        picked = list(self.chosen)
        inside = Boxes(self.boxes.low[picked], self.boxes.high[picked]).hold(x)
        return np.asarray(inside.any(axis=0))


def prim(x: np.ndarray, hits: np.ndarray, steps: Boxes | None = None) -> Found:
    """Find a box by patient rule induction.

    Every box of the peeling trajectory is a candidate, as it is and without the bounds whose
    quasi-p exceeds .05. Shown is the one with the highest harmonic mean of coverage and density
    among those whose bounds all matter; of boxes within .01 of it, the one with fewest bounds.

    Parameters
    ----------
    x : array (member, parameter)
    hits : array (member,) of bool
    steps : Boxes, optional
        The trajectory, where it is known.
    """
    boxes, pruned = _with_pruned(peel(x, hits) if steps is None else steps, x, hits)
    good = _worth_showing(boxes, x, hits)
    if not good.any():
        return Found(boxes, pruned, ())
    _, size, own = _counts(boxes, x, hits)
    score = _harmonic(own / hits.sum(), own / np.maximum(size, 1))
    near = np.flatnonzero(good & (score >= score[good].max() - NEAR_BEST))
    bounds = _bounds(boxes, x).sum(axis=(0, 2))
    return Found(boxes, pruned, (int(min(near, key=lambda k: (bounds[k], -score[k]))),))


def cart(x: np.ndarray, hits: np.ndarray) -> Found:
    """Find boxes as leaves of a classification tree (scikit-learn).

    A leaf holds at least 5% of the members. Candidates are the leaves, densest first, as they are
    and without the bounds whose quasi-p exceeds .05. Shown are those whose bounds all matter and
    that, added one by one, raise the harmonic mean of coverage and density by more than .01.

    Parameters as for `prim`.

    Source: Breiman, Friedman, Olshen and Stone (1984); for scenario discovery Lempert, Bryant
    and Bankes (2008), RAND WR-557.
    """
    leaves = _leaves(x, hits)
    _, size, own = _counts(leaves, x, hits)
    order = np.argsort(-own / np.maximum(size, 1), kind="stable")
    boxes, pruned = _with_pruned(Boxes(leaves.low[order], leaves.high[order]), x, hits)
    inside = boxes.hold(x)
    good = np.flatnonzero(_worth_showing(boxes, x, hits))
    chosen: list[int] = []
    best, covered = 0.0, np.zeros(len(x), dtype=bool)
    while len(good):
        joined = inside[good] | covered
        own, size = joined[:, hits].sum(axis=1), joined.sum(axis=1)
        score = _harmonic(own / hits.sum(), own / size)
        place = int(np.argmax(score))
        if score[place] <= best + NEAR_BEST:
            break
        best, covered = float(score[place]), joined[place]
        chosen.append(int(good[place]))
    return Found(boxes, pruned, tuple(chosen))


def judged(found: Found, x: np.ndarray, hits: np.ndarray) -> pd.DataFrame:
    """Return a row a box: coverage, density with its 95% interval, mass, whether all bounds matter.

    Columns ``box, coverage, density, density_low, density_high, mass, support, hits, restricted,
    worst_quasi_p, significant, harmonic, pruned, chosen``; ``coverage_so_far`` and
    ``density_so_far`` of all boxes down to this one together (for leaves of a tree).
    """
    import pandas as pd

    inside, size, own = _counts(found.boxes, x, hits)
    so_far = np.logical_or.accumulate(inside, axis=0)
    some = np.maximum(so_far.sum(axis=1), 1)
    low, high = wilson(own, size)
    worst = np.array(
        [
            _worst(quasi_p(x, hits, a, b))
            for a, b in zip(found.boxes.low, found.boxes.high, strict=True)
        ]
    )
    coverage, density = own / hits.sum(), own / np.maximum(size, 1)
    return pd.DataFrame(
        {
            "box": np.arange(len(found.boxes)),
            "coverage": coverage,
            "density": density,
            "density_low": low,
            "density_high": high,
            "mass": size / len(x),
            "support": size,
            "hits": own,
            "restricted": _bounds(found.boxes, x).any(axis=0).sum(axis=1),
            "worst_quasi_p": worst,
            "significant": ~(worst > SIGNIFICANT),
            "harmonic": _harmonic(coverage, density),
            "coverage_so_far": so_far[:, hits].sum(axis=1) / hits.sum(),
            "density_so_far": so_far[:, hits].sum(axis=1) / some,
            "pruned": found.pruned,
            "chosen": np.isin(np.arange(len(found.boxes)), found.chosen),
        }
    )


def quasi_p(x: np.ndarray, hits: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return for each bound of a box how likely its density is without that bound.

    One-sided binomial test of the hits in the box against the density the box would have if the
    bound were lifted (Bryant and Lempert 2010, Technological Forecasting and Social Change 77).
    It knows nothing of the search that found the box, so it flatters: hence "quasi".

    Returns
    -------
    array (2, parameter)
        For the low and the high bound; NaN where nothing is restricted.
    """
    whole = x.min(axis=0), x.max(axis=0)
    return _quasi_p(x, hits, low, high, np.stack([low > whole[0], high < whole[1]]))


def restricted(found: Found, x: np.ndarray) -> np.ndarray:
    """Return which bounds the chosen boxes set: array (2, parameter) of bool, low and high."""
    return np.asarray(_bounds(found.boxes, x)[:, list(found.chosen)].any(axis=1))


def _bounds(boxes: Boxes, x: np.ndarray) -> np.ndarray:
    """Which bounds are set: array (2, box, parameter) of bool."""
    return np.stack([boxes.low > x.min(axis=0), boxes.high < x.max(axis=0)])


def _quasi_p(
    x: np.ndarray, hits: np.ndarray, low: np.ndarray, high: np.ndarray, bound: np.ndarray
) -> np.ndarray:
    """As `quasi_p`, where ``bound`` says which bounds are set."""
    from scipy.special import bdtrc

    used = np.flatnonzero(bound.any(axis=0))
    part = x[:, used]
    broken = np.stack([part < low[used], part > high[used]])  # (bound, member, parameter)
    total = broken.sum(axis=(0, 2))
    size, own = int((total == 0).sum()), int(hits[total == 0].sum())
    answer = np.full(bound.shape, np.nan)
    for side, k in np.argwhere(bound[:, used]):
        without = total == broken[side, :, k]
        share = hits[without].mean() if without.any() else 0.0
        answer[side, used[k]] = bdtrc(own - 1, size, share) if own else 1.0
    return answer


def _leaves(x: np.ndarray, hits: np.ndarray) -> Boxes:
    """The leaves of a classification tree as boxes."""
    from sklearn.tree import DecisionTreeClassifier

    least = max(1, int(LEAST_LEAF * len(x)))
    tree = DecisionTreeClassifier(min_samples_leaf=least, max_leaf_nodes=LEAVES, random_state=0)
    grown = tree.fit(np.asarray(x, dtype=float), np.asarray(hits, dtype=int)).tree_
    low, high = [], []
    waiting = [(0, x.min(axis=0), x.max(axis=0))]
    while waiting:
        node, own_low, own_high = waiting.pop()
        if grown.children_left[node] < 0:
            low.append(own_low)
            high.append(own_high)
            continue
        k, at = int(grown.feature[node]), float(grown.threshold[node])
        left_high, right_low = own_high.copy(), own_low.copy()
        left_high[k], right_low[k] = at, np.nextafter(at, np.inf)
        waiting += [
            (int(grown.children_left[node]), own_low, left_high),
            (int(grown.children_right[node]), right_low, own_high),
        ]
    return Boxes(np.array(low), np.array(high))


def _counts(
    boxes: Boxes, x: np.ndarray, hits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who is inside, how many they are, how many of them are hits."""
    inside = boxes.hold(x)
    return inside, inside.sum(axis=1), inside[:, hits].sum(axis=1)


def _harmonic(coverage: np.ndarray, density: np.ndarray) -> np.ndarray:
    total = coverage + density
    return np.where(total > 0, 2 * coverage * density / np.where(total > 0, total, 1), 0.0)


def _worst(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _with_pruned(boxes: Boxes, x: np.ndarray, hits: np.ndarray) -> tuple[Boxes, np.ndarray]:
    """Boxes, followed by what is left of each when the bounds that do not matter are lifted."""
    low, high = list(boxes.low), list(boxes.high)
    seen = {(a.tobytes(), b.tobytes()) for a, b in zip(low, high, strict=True)}
    for own_low, own_high in zip(boxes.low, boxes.high, strict=True):
        lighter_low, lighter_high = _prune(x, hits, own_low, own_high)
        mark = lighter_low.tobytes(), lighter_high.tobytes()
        if mark not in seen:
            seen.add(mark)
            low.append(lighter_low)
            high.append(lighter_high)
    return Boxes(np.array(low), np.array(high)), np.arange(len(low)) >= len(boxes)


def _prune(
    x: np.ndarray, hits: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lift the bound that matters least until every one that is left matters."""
    low, high = low.copy(), high.copy()
    whole = x.min(axis=0), x.max(axis=0)
    bound = np.stack([low > whole[0], high < whole[1]])
    while bound.any():
        values = np.nan_to_num(_quasi_p(x, hits, low, high, bound), nan=-1.0)
        side, k = np.unravel_index(int(np.argmax(values)), values.shape)
        if values[side, k] <= SIGNIFICANT:
            break
        (high if side else low)[k] = whole[int(side)][k]
        bound[side, k] = False
    return low, high


def _worth_showing(boxes: Boxes, x: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """Which boxes are denser than all members, with every bound of theirs mattering."""
    _, size, own = _counts(boxes, x, hits)
    bound = _bounds(boxes, x)
    good = bound.any(axis=(0, 2)) & (wilson(own, size)[0] > hits.mean())
    for k in np.flatnonzero(good):
        values = _quasi_p(x, hits, boxes.low[k], boxes.high[k], bound[:, k])
        good[k] = not _worst(values) > SIGNIFICANT
    return good
