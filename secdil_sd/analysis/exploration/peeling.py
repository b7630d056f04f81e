"""The patient rule induction method on arrays: boxes peeled off and pasted back, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PEEL = 0.05
"""Share of the members in the box that one peel removes, and one paste adds."""
LEAST_MASS = 0.05
"""Share of all members below which a box is not peeled further."""


@dataclass(frozen=True)
class Boxes:
    """Boxes in the space of the parameters, one a row.

    Parameters
    ----------
    low, high : array (box, parameter)
        Both ends belong to the box; where nothing is restricted they are the sample's own.
    """

    low: np.ndarray
    high: np.ndarray

    def __len__(self) -> int:
        return len(self.low)

    def hold(self, x: np.ndarray) -> np.ndarray:
        """Return which members lie in which box.

        Parameters
        ----------
        x : array (member, parameter)

        Returns
        -------
        array (box, member) of bool
        """
        inside = np.ones((len(self), len(x)), dtype=bool)
        for k in range(x.shape[1]):
            inside &= (x[:, k] >= self.low[:, k, None]) & (x[:, k] <= self.high[:, k, None])
        return inside


def peel(x: np.ndarray, hits: np.ndarray) -> Boxes:
    """Return the peeling trajectory: from the whole space to the densest box, then pasted.

    The same steps, in the same order, as `ema_workbench.analysis.prim.Prim` takes for numbers
    (peeling and pasting by 5%, at least 5% of the members, gain of density per member removed),
    a hundred times as fast: so a box can be sought again in every resample.

    Parameters
    ----------
    x : array (member, parameter)
    hits : array (member,) of bool
        Which members satisfy the condition.

    Returns
    -------
    Boxes
        In the order of the steps; the first is the whole space.

    Source: Friedman and Fisher (1999), Statistics and Computing 9; the objective of Kwakkel and
    Jaxa-Rozen (2016), Environmental Modelling & Software 79.
    """
    search = _Search(x, hits)
    while search.peel():
        pass
    while search.paste():
        pass
    return Boxes(np.array(search.lows), np.array(search.highs))


class _Search:
    """A box on its way: its bounds, who is in it, and every box it has been."""

    def __init__(self, x: np.ndarray, hits: np.ndarray) -> None:
        self.x = np.asarray(x, dtype=float)
        self.hits = np.asarray(hits, dtype=int)
        self.whole = self.x.min(axis=0), self.x.max(axis=0)
        self.lows, self.highs = [self.whole[0].copy()], [self.whole[1].copy()]
        self.inside = np.ones(len(self.x), dtype=bool)
        self.order = np.argsort(self.x, axis=0, kind="stable").T.copy()  # (parameter, member)

    def peel(self) -> bool:
        """Take the best 5% off; False when nothing is gained or too little is left."""
        inside = int(self.inside.sum())
        if inside < 2:
            return False
        density = self.hits[self.inside].sum() / inside
        best: tuple[float, int] = (-np.inf, 0)
        chosen: tuple[int, int, float] | None = None
        for k, order in enumerate(self.order):
            values, hits = self.x[order, k], np.cumsum(self.hits[order])
            for side in (1, 0):
                cut = _cut(values, 1 - PEEL if side else PEEL)
                if side:
                    left = int(np.searchsorted(values, cut, side="right"))
                    found = hits[left - 1] if left else 0
                else:
                    gone = int(np.searchsorted(values, cut, side="left"))
                    left, found = inside - gone, hits[-1] - (hits[gone - 1] if gone else 0)
                score = _gain(density, inside, found, left), self._free(k, side, cut)
                if score > best:
                    best, chosen = score, (k, side, cut)
        if chosen is None or best[0] <= 0:
            return False
        k, side, cut = chosen
        keep = self.inside & ((self.x[:, k] <= cut) if side else (self.x[:, k] >= cut))
        left = int(keep.sum())
        if left / len(self.x) < LEAST_MASS or left >= inside:
            return False
        self._move(k, side, cut, keep)
        self.order = self.order[keep[self.order]].reshape(len(self.order), left)
        return True

    def paste(self) -> bool:
        """Give the best 5% back; False when that makes the box no denser."""
        low, high = self.lows[-1], self.highs[-1]
        within = (self.x >= low) & (self.x <= high)
        outside = (~within).sum(axis=1)
        inside = int((outside == 0).sum())
        density = self.hits[outside == 0].sum() / inside
        best: tuple[float, int] = (-np.inf, 0)
        chosen: tuple[int, int, float, np.ndarray] | None = None
        for k in np.flatnonzero((low > self.whole[0]) | (high < self.whole[1])).tolist():
            near = outside - ~within[:, k] == 0  # in the box, or out of it by this parameter alone
            values = self.x[:, k]
            for side in (0, 1):
                beyond = values[near & ((values >= high[k]) if side else (values <= low[k]))]
                cut = float(self.whole[side][k])
                if len(beyond):
                    cut = _cut(np.sort(beyond), PEEL if side else 1 - PEEL)
                keep = near & ((values <= cut) if side else (values >= cut))
                keep &= (values >= low[k]) if side else (values <= high[k])
                size = int(keep.sum())
                gain = _gain(density, inside, int(self.hits[keep].sum()), size)
                score = gain, self._free(k, side, cut)
                if score > best:
                    best, chosen = score, (k, side, cut, keep)
        if chosen is None or best[0] <= 0:
            return False
        k, side, cut, keep = chosen
        if not keep.sum() > inside or keep.sum() / len(self.x) < LEAST_MASS:
            return False
        self._move(k, side, cut, keep)
        return True

    def _free(self, k: int, side: int, cut: float) -> int:
        """How many parameters stay whole if one bound moves: ties go to the simpler box."""
        low, high = self.lows[-1], self.highs[-1]
        whole = (low == self.whole[0]) & (high == self.whole[1])
        other = low[k] == self.whole[0][k] if side else high[k] == self.whole[1][k]
        return int(whole.sum() - whole[k] + (other and cut == self.whole[side][k]))

    def _move(self, k: int, side: int, cut: float, keep: np.ndarray) -> None:
        low, high = self.lows[-1].copy(), self.highs[-1].copy()
        (high if side else low)[k] = cut
        self.lows.append(low)
        self.highs.append(high)
        self.inside = keep


def _gain(density: float, size: int, hits: int, left: int) -> float:
    """Density gained for each member that leaves or joins."""
    new = hits / left if left else 0.0
    return (new - density) / abs(size - left) if new != density and size != left else 0.0


def _cut(values: np.ndarray, share: float) -> float:
    """Where to cut sorted values: half way between two neighbors that differ."""
    place = (len(values) - 1) * share
    below, above = int(np.floor(place)), int(np.ceil(place))
    if share > 0.5:
        while values[below] == values[above] and below > 0:
            below -= 1
    else:
        while values[below] == values[above] and above < len(values) - 1:
            above += 1
    return float((values[below] + values[above]) / 2)
