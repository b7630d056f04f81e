"""Inputs that vary in time: their knots, and what holds between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from secdil_sd.targets.runtime import LookupTable


@dataclass(frozen=True)
class Series:
    """A time-varying input.

    ``knots`` (knot,) [time unit]; ``values`` (knot, *dimensions). ``between`` says what holds
    between knots: a straight line ("hold"), the knot before ("discrete"), the knot after
    ("forward") or nothing ("raw"); before the first and after the last, their values ("raw":
    nothing).
    """

    knots: np.ndarray
    values: np.ndarray
    between: str = "hold"

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return the values at some times, (time, *dimensions).

        >>> Series(np.array([0.0, 2.0]), np.array([1.0, 5.0]), "discrete").at(np.array([1.0, 2.0]))
        array([1., 5.])
        """
        flat = self.values.reshape(len(self.knots), -1)
        columns = [LookupTable(self.knots, each, self.between)(times) for each in flat.T]
        return np.stack(columns, axis=-1).reshape(len(times), *self.values.shape[1:])
