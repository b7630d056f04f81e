"""Where a curve of rest turns, is crossed by another, or begins to oscillate."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from secdil_sd.analysis.tipping.continuation.family import Family, Spot, correct, spot, weights

ACROSS = 1e-3
"""Share of the parameter in a direction below which the direction is across it."""

NEAR = 1e-4
"""Distance along a curve within which a turn and a crossing are one event."""


@dataclass(frozen=True, eq=False)
class Special:
    """A special point on a curve.

    Parameters
    ----------
    kind : {"fold", "transcritical", "branch", "oscillation"}
        "branch" where the crossing curve turns or two states part, as at a pitchfork.
    spot : Spot
    other : array (entry + 1,) or None
        The direction of the crossing curve; None where none crosses or several do.
    """

    kind: str
    spot: Spot
    other: np.ndarray | None = None


def special_between(family: Family, here: Spot, there: Spot, step: float) -> list[Special]:
    """Return the special points between neighbours on a curve, in the order they come.

    Parameters
    ----------
    family : Family
    here, there : Spot
        ``there`` was found from ``here`` by a step of this length.
    """
    if here.orientation == 0:  # leaves a crossing, where every test is zero
        return []
    turns = here.tangent[-1] * there.tangent[-1] < 0
    crosses = here.orientation * there.orientation < 0
    found: list[tuple[float, Special]] = []
    if crosses and (place := locate(family, here, step, _bordered)):
        found.append((place[0], _crossing(family, place[1], here.tangent)))
    if turns and (place := locate(family, here, step, lambda each: float(each.tangent[-1]))):
        alone = all(abs(place[0] - s) > NEAR * max(step, 1e-2) for s, _ in found)
        found += [(place[0], Special("fold", place[1]))] if alone else []
    if not found and abs(there.unstable - here.unstable) >= 2:
        rank = min(here.unstable, there.unstable)
        if place := locate(family, here, step, lambda each: float(each.eigenvalues[rank].real)):
            turning = abs(place[1].eigenvalues[rank].imag) > 1e-6
            found.append((place[0], Special("oscillation" if turning else "branch", place[1])))
    return [special for _, special in sorted(found, key=lambda pair: pair[0])]


def locate(
    family: Family, here: Spot, step: float, test: Callable[[Spot], float]
) -> tuple[float, Spot] | None:
    """Return how far from ``here``, and where, a test changes sign; None if that gets lost."""
    seen: dict[float, tuple[float, Spot]] = {}
    normal = here.tangent * weights(here.x) ** 2

    def value(s: float) -> float:
        for nudge in (0.0, 1e-9, -1e-9):  # on a crossing itself nothing can be solved
            found = correct(family, here.x + (s + nudge) * here.tangent, normal)
            place = _looking(family, found[0], here) if found else None
            if place is not None:
                seen[s + nudge] = test(place), place
                return seen[s + nudge][0]
        raise _Lost

    with suppress(_Lost, ValueError):
        value(brentq(value, 0.0, step, xtol=1e-10, rtol=1e-12))
    signs = {np.sign(each[0]) for each in seen.values()}
    if len(signs) < 2:
        return None
    best = min(seen, key=lambda s: abs(seen[s][0]))
    return best, seen[best][1]


def _looking(family: Family, x: np.ndarray, near: Spot) -> Spot | None:
    try:
        return spot(family, x, near.tangent)
    except np.linalg.LinAlgError:
        return None


class _Lost(Exception):
    """Newton's method did not return to the curve."""


def _bordered(each: Spot) -> float:
    """A test that changes sign where another curve crosses: the bordered determinant, tamed."""
    weight = weights(each.x)
    border = np.vstack([each.slope, each.tangent * weight**2])
    return float(each.orientation) * float(np.linalg.svd(border, compute_uv=False)[-1])


def _crossing(family: Family, place: Spot, along: np.ndarray) -> Special:
    """Solve the algebraic bifurcation equation for the directions of the two curves.

    Source
    ------
    Keller (1977), Numerical solution of bifurcation and nonlinear eigenvalue problems.
    """
    weight = weights(place.x)
    left, singular, rows = np.linalg.svd(place.slope / weight)
    kernel = rows[-2:] / weight  # the two directions in which no rate changes
    psi = left[:, -1]
    a, b, c = (
        _second(family, place, psi, kernel[i], kernel[j]) for i, j in ((0, 0), (0, 1), (1, 1))
    )
    spread = b * b - a * c
    several = len(singular) > 1 and singular[-2] < 1e-5 * singular[0]
    if several or spread <= 1e-12 * max(a * a, b * b, c * c):
        return Special("branch", replace(place, tangent=along, orientation=0))
    # a u^2 + 2 b u v + c v^2 = 0, by the root that loses no digits
    q = -(b + np.copysign(np.sqrt(spread), b))
    ways = [u * kernel[0] + v * kernel[1] for u, v in ((q, a), (c, q))]
    ways = [each / np.linalg.norm(weight * each) for each in ways]
    own, other = sorted(ways, key=lambda each: -abs((each * weight**2) @ along))
    own = own * np.sign((own * weight**2) @ along)
    passing = min(abs(own[-1]), abs(other[-1])) > ACROSS * max(abs(own[-1]), abs(other[-1]))
    flat = replace(place, tangent=own, orientation=0)
    return Special("transcritical" if passing else "branch", flat, other)


def _second(family: Family, place: Spot, psi: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Return psi . F_xx a b by central differences of exact first derivatives."""
    h = 1e-4
    ahead = family.slopes(place.x + h * a)[1] @ b
    behind = family.slopes(place.x - h * a)[1] @ b
    return float(psi @ (ahead - behind)) / (2 * h)
