"""What figures can and cannot tell apart, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secdil_sd.fitting.optimum import Optimum, widths
from secdil_sd.fitting.problem import Problem
from secdil_sd.names import spoken

TOGETHER = 0.95
"""Estimates correlated more than this cannot be told apart."""
FLAT = 1e-9
"""Directions in which the fit changes less than this share of the steepest do not change it."""


def covariance(problem: Problem, best: Optimum) -> np.ndarray:
    """Return the covariance of the estimates on the fitting scale (parameter, parameter).

    From the slopes at the optimum; NaN in rows of numbers on a bound, which are held there.
    """
    inside = np.flatnonzero(best.bound == 0)
    found = np.full((len(best.point),) * 2, np.nan)
    if not len(inside):
        return found
    width = widths(problem)[inside]
    slopes = best.slopes[:, inside] * width
    left = max(len(best.residuals) - len(inside), 1)
    spread = float(problem.noise.spread(best.residuals))
    variance = spread**2 * len(best.residuals) / left
    _, sizes, directions = np.linalg.svd(slopes, full_matrices=False)
    sizes = np.maximum(sizes, FLAT * max(sizes.max(initial=0.0), 1e-300))
    scaled = (directions.T / sizes**2) @ directions * variance
    found[np.ix_(inside, inside)] = scaled * np.outer(width, width)
    return found


def correlation(covariance: np.ndarray) -> np.ndarray:
    """Return the correlations of a covariance, NaN where there is none."""
    with np.errstate(all="ignore"):
        sizes = np.sqrt(np.diag(covariance))
        return np.clip(covariance / np.outer(sizes, sizes), -1, 1)


def natural_slopes(problem: Problem, point: np.ndarray) -> np.ndarray:
    """Return how fast each number moves in natural units along the fitting scale."""
    step = 1e-6
    return (problem.natural(point + step) - problem.natural(point - step)) / (2 * step)


def sentences(
    problem: Problem,
    best: Optimum,
    covariance: np.ndarray,
    open_ends: Sequence[tuple[bool, bool]],
) -> tuple[str, ...]:
    """Return what the figures do not tell, a sentence each.

    Parameters
    ----------
    problem : Problem
    best : Optimum
    covariance : array (parameter, parameter)
        On the fitting scale.
    open_ends : sequence of (bool, bool)
        Whether each number's interval ends only at its lower and upper bound.
    """
    found = list(_hits(problem, best))
    pairs = _ridges(problem, best, covariance)
    found += [text for _, _, text in pairs]
    told = {name for first, second, _ in pairs for name in (first, second)}
    for each, (low, high), bound in zip(problem.free, open_ends, best.bound, strict=True):
        if (low or high) and not bound and each.name not in told:
            side = "" if low and high else (" low" if low else " high")
            found.append(
                f"{_upper(spoken(each.name))} is not identified: however{side or ' far'} it is "
                "taken within its bounds, the others make up for it."
            )
    if not found:
        found.append("All fitted numbers are identified: every interval ends inside its bounds.")
    return tuple(found)


def _hits(problem: Problem, best: Optimum) -> list[str]:
    found = []
    for each, bound in zip(problem.free, best.bound, strict=True):
        if bound:
            side, edge = ("lower", each.low) if bound < 0 else ("upper", each.high)
            found.append(
                f"Bound hit by {each.name}: the figures pull it past its {side} bound, {edge:g}."
            )
    return found


def _ridges(problem: Problem, best: Optimum, covariance: np.ndarray) -> list[tuple[str, str, str]]:
    """Pairs of numbers that the figures tell only a sum or a difference of."""
    related = correlation(covariance)
    slopes = natural_slopes(problem, best.point)
    with np.errstate(all="ignore"):
        sizes = np.sqrt(np.diag(covariance)) * np.abs(slopes)
    found = []
    count = len(problem.free)
    for i in range(count):
        for j in range(i + 1, count):
            if not abs(related[i, j]) > TOGETHER:
                continue
            first, second = problem.free[i].name, problem.free[j].name
            ratio = sizes[i] / sizes[j]
            sign = "minus" if related[i, j] > 0 else "plus"
            times = "" if abs(ratio - 1) < 0.05 else f"{ratio:.2g} times "
            found.append(
                (
                    first,
                    second,
                    f"Only {spoken(first)} {sign} {times}{spoken(second)} is identified: any pair "
                    f"on this line fits nearly equally (correlation {related[i, j]:.2f}).",
                )
            )
    return found


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
