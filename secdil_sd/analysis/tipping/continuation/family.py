"""A family of systems of rates, one for each value of a parameter, and points on its curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

COMPLEX_STEP = 1e-30
DIFFERENCE = 1e-6
"""Step of the derivative along the parameter where a function has no complex form."""

ITERATIONS = 8
CONVERGED = 1e-9
"""Size of a Newton step that counts as the last: its error is the square of it."""

NO_STEP = 1e-13
"""A first step this short is not taken: it would only grind a vanishing entry to nothing."""


@dataclass(frozen=True)
class Family:
    """Systems of rates along a parameter that runs from 0 to 1.

    Parameters
    ----------
    rates : callable
        (entry, member) and the parameter (member,) to (entry, member); over complex arrays.
        Entries are scaled: 1 is a typical size.
    low, high : array (entry,)
        Where an entry means something.
    """

    rates: Callable[[np.ndarray, np.ndarray], np.ndarray]
    low: np.ndarray
    high: np.ndarray

    def slopes(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rates and their derivatives at a point.

        Parameters
        ----------
        x : array (entry + 1,)
            The entries, and the parameter last.

        Returns
        -------
        rates : array (entry,)
        slope : array (entry, entry + 1)
            By complex steps (Squire and Trapp 1998), all in one evaluation.

        Examples
        --------
        >>> fold = Family(lambda z, p: p - z * z, np.array([-9.0]), np.array([9.0]))
        >>> rates, slope = fold.slopes(np.array([0.5, 1.0]))
        >>> rates.tolist(), slope.tolist()
        ([0.75], [[-1.0, 1.0]])
        """
        moved = np.repeat(x[:, None], len(x), axis=1).astype(complex)
        moved[np.diag_indices(len(x))] += 1j * COMPLEX_STEP
        with np.errstate(all="ignore"):
            found = self.rates(moved[:-1], moved[-1])
            slope = found.imag / COMPLEX_STEP
            if not np.isfinite(found[:, -1]).all():
                slope[:, -1] = self._difference(x)
        return found.real[:, 0].copy(), slope

    def _difference(self, x: np.ndarray) -> np.ndarray:
        beside = x[-1] + DIFFERENCE * np.array([-1.0, 1.0])
        pair = np.repeat(x[:-1, None], 2, axis=1).astype(complex)
        found = self.rates(pair, beside.astype(complex)).real
        return np.asarray((found[:, 1] - found[:, 0]) / (2 * DIFFERENCE))

    def outside(self, x: np.ndarray) -> int | None:
        """Return the entry that left its bounds furthest (the parameter is the last), or None."""
        low, high = np.append(self.low, 0.0), np.append(self.high, 1.0)
        over = np.maximum(low - x, x - high)
        worst = int(np.argmax(over))
        return worst if over[worst] > 1e-9 else None


def weights(x: np.ndarray) -> np.ndarray:
    """Return how much a move of each entry counts: relative to its size where that is above 1."""
    return np.asarray(1.0 / np.maximum(1.0, np.abs(x)))


@dataclass(frozen=True, eq=False)
class Spot:
    """A point on a curve of rest.

    Parameters
    ----------
    x : array (entry + 1,)
        The entries, and the parameter last.
    slope : array (entry, entry + 1)
    tangent : array (entry + 1,)
        Along the curve, of weighted length 1.
    eigenvalues : array (entry,) of complex
        Leading first.
    orientation : int
        Sign of the bordered determinant: it changes where another curve crosses. 0 where this
        is such a place.
    """

    x: np.ndarray
    slope: np.ndarray
    tangent: np.ndarray
    eigenvalues: np.ndarray
    orientation: int

    @property
    def unstable(self) -> int:
        """How many modes grow."""
        return int(np.count_nonzero(self.eigenvalues.real > 0))

    def turned(self) -> Spot:
        """Return the same point on the curve run the other way."""
        return Spot(self.x, self.slope, -self.tangent, self.eigenvalues, -self.orientation)


def spot(family: Family, x: np.ndarray, along: np.ndarray | None = None) -> Spot:
    """Return the point of a curve at ``x``, looking ``along``; by default, the parameter upwards.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where the curve has no one direction.
    """
    _, slope = family.slopes(x)
    if not np.isfinite(slope).all():
        raise np.linalg.LinAlgError("no slope")
    weight = weights(x)
    if along is None:
        _, _, rows = np.linalg.svd(slope / weight)
        tangent = rows[-1] / weight * np.sign(rows[-1][-1] or 1.0)
    else:
        border = np.vstack([slope, along * weight**2])
        tangent = np.linalg.solve(border, np.append(np.zeros(len(slope)), 1.0))
    tangent = tangent / np.linalg.norm(weight * tangent)
    sign = np.linalg.slogdet(np.vstack([slope, tangent * weight**2]))[0]
    return Spot(x, slope, tangent, eigenvalues(slope), int(sign))


def eigenvalues(slope: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of the system at a point, leading first."""
    values = np.linalg.eigvals(slope[:, :-1]).astype(complex)
    return np.asarray(values[np.argsort(-values.real, kind="stable")])


def correct(family: Family, guess: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, int] | None:
    """Return the root in the plane through ``guess`` across ``normal``, and the steps it took.

    None where Newton's method does not get there.
    """
    x = guess.copy()
    for steps in range(1, ITERATIONS + 1):
        rates, slope = family.slopes(x)
        border = np.vstack([slope, normal])
        if not (np.isfinite(rates).all() and np.isfinite(border).all()):
            return None
        try:
            move = np.linalg.solve(border, -np.append(rates, normal @ (x - guess)))
        except np.linalg.LinAlgError:
            return None
        length = np.max(np.abs(weights(x) * move))
        if steps == 1 and length < NO_STEP:
            return x, steps
        x = x + move
        if length < CONVERGED:
            return x, steps
    return None


def at_value(family: Family, guess: np.ndarray, value: float, entry: int = -1) -> np.ndarray | None:
    """Return the root near ``guess`` whose ``entry`` (the parameter) has this value, or None."""
    start = guess.copy()
    start[entry] = value
    normal = np.zeros(len(start))
    normal[entry] = 1.0
    found = correct(family, start, normal)
    return found[0] if found else None
