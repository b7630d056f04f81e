"""Time cut at the breaks: pieces inside which the derivatives are smooth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from secdil_sd.solving.contract import Derivatives, Problem

LONGEST = 4
"""Steps of the file an adaptive step may span while explicit time dependence is at work."""

TOGETHER = 64
"""Breaks closer than this many spacings of floating-point numbers are one break, rounded apart."""


@dataclass(frozen=True)
class Piece:
    """A stretch of time for a solver to cross without noticing its neighbors.

    Parameters
    ----------
    begin, end : float
    low, high : float
        First and last time at which the derivatives may be evaluated: at a break, just inside.
    longest : float
        Bound on an adaptive step.
    """

    begin: float
    end: float
    low: float
    high: float
    longest: float


def cut(problem: Problem) -> list[Piece]:
    """Cut the span of the output times at breaks and at the ends of changing intervals.

    Examples
    --------
    >>> def still(t, y, out):
    ...     out[:] = 0.0
    >>> [(p.begin, p.end) for p in cut(Problem(still, [1.0], [0.0, 3.0], 1.0, [2.0]))]
    [(0.0, 2.0), (2.0, 3.0)]
    """
    begin, end = float(problem.times[0]), float(problem.times[-1])
    if begin == end:
        return []
    near = TOGETHER * float(np.spacing(max(abs(begin), abs(end))))
    groups = _grouped(problem.breaks, near)
    bounds = [float(each) for interval in problem.changing for each in interval]
    cuts: dict[float, tuple[float, float]] = {begin: (begin, begin), end: (end, end)}
    for first, last in groups:
        sides = math.nextafter(first, -math.inf), math.nextafter(last, math.inf)
        if abs(first - begin) <= near or abs(last - begin) <= near:
            cuts[begin] = sides
        elif abs(first - end) <= near or abs(last - end) <= near:
            cuts[end] = sides
        elif begin < first < end:
            cuts[last] = sides
    for bound in bounds:
        if begin < bound < end and all(abs(bound - each) > near for each in cuts):
            cuts[bound] = (bound, bound)
    edges = sorted(cuts)
    return [
        Piece(a, b, cuts[a][1], cuts[b][0], _longest(problem, a, b)) for a, b in pairwise(edges)
    ]


def _grouped(breaks: np.ndarray, near: float) -> list[tuple[float, float]]:
    """Return the first and last of each cluster of breaks."""
    if not breaks.size:
        return []
    parts = np.split(breaks, np.flatnonzero(np.diff(breaks) > near) + 1)
    return [(float(part[0]), float(part[-1])) for part in parts]


def _longest(problem: Problem, begin: float, end: float) -> float:
    middle = 0.5 * (begin + end)
    moving = any(first <= middle <= last for first, last in problem.changing)
    return LONGEST * problem.step if moving else math.inf


class OneSided:
    """Derivatives as seen from inside a piece: right limit at its begin, left limit at its end.

    Counts evaluations, and notes whether a value that is not finite was met.
    """

    def __init__(self, derivatives: Derivatives) -> None:
        self._derivatives = derivatives
        self._low = -math.inf
        self._high = math.inf
        self.evaluations = 0
        self.met_not_finite = False

    def enter(self, piece: Piece) -> None:
        """Take the sides of another piece."""
        self._low, self._high = piece.low, piece.high

    def fill(self, t: float, y: np.ndarray, out: np.ndarray) -> None:
        """Fill ``out`` in place, as `Problem.derivatives`."""
        self.evaluations += 1
        self._derivatives(min(max(float(t), self._low), self._high), y, out)

    def __call__(self, t: float, y: np.ndarray) -> np.ndarray:
        """Return the derivatives in a new array, as SciPy's solvers want them."""
        out = np.empty(len(y))
        self.fill(t, np.ascontiguousarray(y), out)
        if not math.isfinite(out.sum()) and not np.isfinite(out).all():
            self.met_not_finite = True
        return out
