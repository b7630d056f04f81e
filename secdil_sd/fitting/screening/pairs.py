"""Windows laid out as arrays: both series, alone and above the world's median, and deflated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from secdil_sd.fitting.screening.spending import Spending
from secdil_sd.fitting.screening.windows import Window


@dataclass(frozen=True)
class Pairs:
    """Series of pairs of states, all of shape (pair, year), NaN where there is no figure.

    Parameters
    ----------
    first, second
        Logarithms of the figures as given.
    first_above, second_above
        The same above a level that grows as the median state; all NaN where that is unknown.
    first_real, second_real
        The same at constant prices; all NaN without a deflator.
    """

    first: np.ndarray
    second: np.ndarray
    first_above: np.ndarray
    second_above: np.ndarray
    first_real: np.ndarray
    second_real: np.ndarray


def lay_out(
    spending: Spending, windows: Sequence[Window], prices: np.ndarray | None = None
) -> Pairs:
    """Return the series of windows, padded with NaN to the length of the longest.

    Parameters
    ----------
    spending : Spending
    windows : sequence of Window
    prices : (year,), optional
        Logarithm of the price level in the years of the table.
    """
    length = max(each.end - each.start + 1 for each in windows)
    found = np.full((6, len(windows), length), np.nan)
    growth = np.append(spending.world, np.nan)
    for at, each in enumerate(windows):
        for side, (state, shift) in enumerate(((each.first, 0), (each.second, each.shift))):
            begin, into, years = _inside(each, shift, spending)
            if years <= 0:
                continue
            part = slice(begin, begin + years)
            logs = spending.logs[state, part]
            found[side, at, into : into + years] = logs
            found[2 + side, at, into : into + years] = _above(logs, growth[part])
            if prices is not None:
                found[4 + side, at, into : into + years] = logs - prices[part]
    return Pairs(*found)


def _inside(window: Window, shift: int, spending: Spending) -> tuple[int, int, int]:
    """Return where a window begins in the table, where the table in it, and years of both."""
    start = window.start + shift - spending.first_year
    begin = max(start, 0)
    stop = min(window.end + shift - spending.first_year + 1, spending.logs.shape[1])
    return begin, begin - start, stop - begin


def _above(logs: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """Return a series above the world's level; all NaN if that is unknown in any of its years."""
    known = np.flatnonzero(np.isfinite(logs))
    if not len(known):
        return logs
    first, last = known[0], known[-1]
    within = growth[first:last]
    if not np.isfinite(within).all():
        return np.full_like(logs, np.nan)
    above = logs.copy()
    above[first : last + 1] -= np.concatenate([[0.0], np.cumsum(within)])
    return above
