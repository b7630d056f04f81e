"""Where curves pass a level: brackets from a scan, narrowed all at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

PARTS = 8
"""Intervals a bracket is cut into each round."""

NEAR = 1e-3
"""Share of the scanned range within which a change counts as sudden."""

JUMP = 0.1
"""Share of a curve's whole span that, gained within ``NEAR``, is a jump."""

Evaluate = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From curve (point,) of int and x (point,) to the curve's values there (point,)."""


@dataclass(frozen=True, eq=False)
class Brackets:
    """Intervals over which curves pass a level; all arrays are (bracket,).

    Parameters
    ----------
    curve : array of int
    low, high : array
        Ends of the interval.
    at_low, at_high : array
        The curve's values there, one on each side of the level.
    before, after : array
        The curve's values at the ends of the first interval no wider than ``NEAR`` of the range;
        NaN until then.
    resolved : array of bool
        Whether it could be narrowed as far as asked.
    """

    curve: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_low: np.ndarray
    at_high: np.ndarray
    before: np.ndarray
    after: np.ndarray
    resolved: np.ndarray

    @property
    def rising(self) -> np.ndarray:
        """Whether the curve goes up through the level."""
        return self.at_high > self.at_low

    def take(self, chosen: np.ndarray) -> Brackets:
        """Return some of the brackets, by mask or position."""
        return Brackets(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def root(self, level: float) -> np.ndarray:
        """Where straight lines between the ends pass the level: array (bracket,)."""
        share = (level - self.at_low) / (self.at_high - self.at_low)
        return self.low + share * (self.high - self.low)

    def jumps(self, span: np.ndarray) -> np.ndarray:
        """Whether the curve leaps over the level; ``span`` (bracket,) is its whole change."""
        return np.abs(self.after - self.before) > JUMP * span


def scan(grid: np.ndarray, values: np.ndarray, level: float) -> Brackets:
    """Return the intervals of a grid over which curves pass a level.

    Parameters
    ----------
    grid : array (point,)
        Increasing.
    values : array (curve, point)
        NaN where a curve is not known: nothing is claimed beside it.
    level : float

    Examples
    --------
    >>> found = scan(np.array([0.0, 1.0, 2.0]), np.array([[0.0, 2.0, 1.5]]), 1.0)
    >>> found.low, found.root(1.0)
    (array([0.]), array([0.5]))
    """
    curves = np.arange(len(values))
    return _flips(curves, np.broadcast_to(grid, values.shape), values, level)


def refine(
    evaluate: Evaluate, brackets: Brackets, level: float, width: float, span: float
) -> Brackets:
    """Narrow all brackets together, a batch of values a round.

    Parameters
    ----------
    evaluate : callable(curve, x)
    brackets : Brackets
        As `scan` found them; one that hides several crossings becomes several.
    level : float
    width : float
        How narrow to make them, in units of x.
    span : float
        The whole range of x.

    Returns
    -------
    Brackets
        By curve and place. Where no value in between is known, a bracket stays as wide as it was
        and is not ``resolved``.
    """
    done: list[Brackets] = []
    open_ = _seen_near(brackets, span)
    while len(open_.low):
        wide = open_.high - open_.low > width
        done.append(open_.take(~wide))
        open_ = open_.take(wide)
        if len(open_.low):
            open_, lost = _narrowed(evaluate, open_, level, span)
            done.append(lost)
    parts = [brackets.take(np.arange(0)), *done]
    whole = Brackets(
        *(np.concatenate([getattr(each, f.name) for each in parts]) for f in fields(Brackets))
    )
    return whole.take(np.lexsort((whole.low, whole.curve)))


def _narrowed(
    evaluate: Evaluate, parents: Brackets, level: float, span: float
) -> tuple[Brackets, Brackets]:
    """Cut every bracket; return those inside it that hold a crossing, and those that lost it."""
    share = np.arange(1, PARTS) / PARTS
    inner = parents.low[:, None] + (parents.high - parents.low)[:, None] * share
    values = evaluate(np.repeat(parents.curve, PARTS - 1), inner.ravel()).reshape(inner.shape)
    x = np.column_stack([parents.low, inner, parents.high])
    y = np.column_stack([parents.at_low, values, parents.at_high])
    places = np.arange(len(x))
    inside = _flips(places, x, y, level)
    lost = parents.take(~np.isin(places, inside.curve))
    lost = replace(lost, resolved=np.zeros(len(lost.low), dtype=bool))
    kept = ("curve", "before", "after")
    children = replace(inside, **{name: getattr(parents, name)[inside.curve] for name in kept})
    return _seen_near(children, span), lost


def _seen_near(brackets: Brackets, span: float) -> Brackets:
    """Note the values around a crossing once the interval is narrow enough."""
    near = (brackets.high - brackets.low <= NEAR * span) & np.isnan(brackets.before)
    return replace(
        brackets,
        before=np.where(near, brackets.at_low, brackets.before),
        after=np.where(near, brackets.at_high, brackets.after),
    )


def _flips(curves: np.ndarray, x: np.ndarray, y: np.ndarray, level: float) -> Brackets:
    """Neighbors on different sides of the level, both known."""
    above, known = y >= level, np.isfinite(y)
    flips = (above[:, 1:] != above[:, :-1]) & known[:, 1:] & known[:, :-1]
    row, place = np.nonzero(flips)
    return Brackets(
        curves[row],
        x[row, place],
        x[row, place + 1],
        y[row, place],
        y[row, place + 1],
        np.full(len(row), np.nan),
        np.full(len(row), np.nan),
        np.ones(len(row), dtype=bool),
    )
