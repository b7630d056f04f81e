"""What figures can and cannot tell apart, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secdil_sd.fitting.optimum import Optimum, widths
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.profile import Profile
from secdil_sd.names import split_selector, spoken

TOGETHER = 0.95
"""Estimates correlated more than this cannot be told apart."""
FLAT = 1e-9
"""Directions in which the fit changes less than this share of the steepest do not change it."""


def covariance(problem: Problem, best: Optimum, held: bool = True) -> np.ndarray:
    """Return the covariance of the estimates on the fitting scale (parameter, parameter).

    From the slopes at the optimum. NaN in rows of numbers on a bound, unless these are not
    ``held`` there: then as if there were no bounds, for what can be told from what.
    """
    inside = np.flatnonzero((best.bound == 0) | (not held))
    found = np.full((len(best.point),) * 2, np.nan)
    if not len(inside):
        return found
    width = widths(problem)[inside]
    memory = problem.memory(best.residuals)
    turned = problem.news(best.slopes.T, np.broadcast_to(memory, len(best.point))).T
    slopes = turned[:, inside] * width
    left = max(len(best.residuals) - len(inside), 1)
    spread = float(problem.noise.spread(problem.news(best.residuals, memory)))
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
    walked: Sequence[Profile],
    limit: float,
) -> tuple[str, ...]:
    """Return what the figures do not tell, a sentence each.

    Parameters
    ----------
    problem : Problem
    best : Optimum
    walked : sequence of Profile
    limit : float
        The deviance that bounds intervals.
    """
    if not walked:
        return ("Intervals were not asked for, so it is not known what is identified.",)
    found = list(_hits(problem, best))
    together = pairs(problem, best, walked, limit)
    told = {name for pair in together for name in pair}
    found += together.values()
    ends = [each.interval(limit)[2:] for each in walked]
    for each, (low, high), bound in zip(problem.free, ends, best.bound, strict=bool(ends)):
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


def pairs(
    problem: Problem, best: Optimum, walked: Sequence[Profile], limit: float
) -> dict[tuple[str, str], str]:
    """Return pairs of numbers of which the figures tell only a sum or a difference, with words.

    Parameters
    ----------
    problem : Problem
    best : Optimum
    walked : sequence of Profile
    limit : float
        The deviance that bounds intervals.
    """
    lines = _lines(problem, walked, limit)
    told = {name for pair in lines for name in pair}
    return {**lines, **_ridges(problem, best, told)}


def _lines(problem: Problem, walked: Sequence[Profile], limit: float) -> dict[tuple[str, str], str]:
    """Numbers that make up for one another all along the profile of one that is not identified.

    Of several that do, one in the same units is named: their sum or difference means something.
    """
    found: dict[tuple[str, str], str] = {}
    for k, profile in enumerate(walked):
        if not any(profile.interval(limit)[2:]):
            continue
        unheld = np.array([not each for each in profile.other_bound])
        inside = (profile.deviance <= 1.01 * limit) & unheld  # a bound that binds bends the line
        values = problem.natural(profile.points[inside])
        if len(values) < 4 or any(problem.free[k].name in pair for pair in found):
            continue
        with np.errstate(all="ignore"):
            related = np.nan_to_num(np.corrcoef(values.T)[k])
        related[k] = 0.0
        close = np.flatnonzero(np.abs(related) > TOGETHER)
        if not len(close):
            continue
        alike = [j for j in close if _units(problem, int(j)) == _units(problem, k)]
        j = max(alike or close, key=lambda each: abs(related[each]))
        slope = float(np.polyfit(values[:, k], values[:, j], 1)[0])
        text = _only(problem, int(j), k, slope, float(related[j]))
        found[problem.free[int(j)].name, problem.free[k].name] = text
    return found


def _units(problem: Problem, place: int) -> str:
    name = split_selector(problem.free[place].columns[0])[0]
    return problem.case.model.system[name].units


def _only(problem: Problem, first: int, second: int, slope: float, related: float) -> str:
    """Say that only one number minus so many times another is identified."""
    sign = "minus" if slope > 0 else "plus"
    times = "" if 0.85 < abs(slope) < 1.18 else f" {abs(slope):.2g} times"
    names = [problem.free[each].name for each in (first, second)]
    return (
        f"Only {said_together(names[0], sign + times, names[1])} is identified: any pair on this "
        f"line fits nearly equally (correlation {related:.2f})."
    )


def said_together(first: str, between: str, second: str) -> str:
    """Return two numbers as one says them: whose they are is said once where it is the same.

    >>> said_together("reaction[Soviet Union]", "minus", "fatigue[Soviet Union]")
    'reaction minus fatigue of the Soviet Union'
    >>> said_together("reaction[India]", "and", "reaction[Pakistan]")
    'reaction of India and reaction of Pakistan'
    """
    (name, own), (_, other) = (split_selector(each) for each in (first, second))
    before = name if own == other else spoken(first)
    return f"{before} {between} {spoken(second)}"


def _ridges(problem: Problem, best: Optimum, known: set[str]) -> dict[tuple[str, str], str]:
    """Pairs of numbers of which the figures tell only a sum or a difference.

    The closest pairs first; a number that has been told is not told again for its own sake.
    """
    free = covariance(problem, best, held=False)
    related = correlation(free)
    slopes = natural_slopes(problem, best.point)
    with np.errstate(all="ignore"):
        sizes = np.sqrt(np.diag(free)) * np.abs(slopes)
    count = len(problem.free)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
    close = [each for each in pairs if abs(related[each]) > TOGETHER]
    found: dict[tuple[str, str], str] = {}
    told = {k for k in range(count) if problem.free[k].name in known}
    for i, j in sorted(close, key=lambda each: -abs(related[each])):
        if {i, j} <= told:
            continue
        told |= {i, j}
        slope = float(np.sign(related[i, j]) * sizes[i] / sizes[j])
        text = _only(problem, i, j, slope, float(related[i, j]))
        found[problem.free[i].name, problem.free[j].name] = text
    return found


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
