"""How figures scatter about a path and how that lasts: autoregressive noise over gaps, whitened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Scatter:
    """Where figures are, and what independent errors of theirs would be.

    The error of a year is ``persistence`` times the year before's plus something new: an
    autoregression of order 1, carried over years without a figure.

    Parameters
    ----------
    present : array (dyad, state, year) of bool
    """

    present: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Figures of each state, (dyad, state)."""
        return self.present.sum(axis=-1)

    @cached_property
    def before(self) -> tuple[np.ndarray, np.ndarray]:
        """The place of the figure before each, and how many years lie between; -1 for none."""
        place = np.broadcast_to(np.arange(self.present.shape[-1]), self.present.shape)
        seen = np.maximum.accumulate(np.where(self.present, place, -1), axis=-1)
        last = np.concatenate([np.full_like(seen[..., :1], -1), seen[..., :-1]], axis=-1)
        return last, place - last

    def whitened(self, values: np.ndarray, persistence: float | np.ndarray) -> np.ndarray:
        """Return values as multiples of what is new each year; 0 where there is no figure.

        Parameters
        ----------
        values : array (dyad, state, year) or (dyad, state, year, any)
        persistence : float or array (dyad,)
            0 to below 1.
        """
        last, _ = self.before
        own = np.where(self._like(self.present, values), values, 0.0)
        carried = np.take_along_axis(own, self._like(np.maximum(last, 0), own), axis=2)
        power, scale = self._factors(persistence)
        found = (own - self._like(power, own) * carried) / self._like(scale, own)
        return np.where(self._like(self.present, found), found, 0.0)

    def log_volume(self, persistence: float) -> float:
        """Return what whitening adds to the log likelihood of all figures."""
        _, scale = self._factors(persistence)
        return -float(np.log(scale[self.present]).sum())

    def _factors(self, persistence: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How much is carried to each figure, and the spread of what is new there."""
        last, gap = self.before
        known = last >= 0
        persistence = np.reshape(persistence, (-1, 1, 1))
        power = np.where(known, persistence ** np.where(known, gap, 1), 0.0)
        spread = np.sqrt((1 - power**2) / (1 - persistence**2))
        return power, spread

    def _like(self, array: np.ndarray, other: np.ndarray) -> np.ndarray:
        return array[..., None] if other.ndim == 4 else array
