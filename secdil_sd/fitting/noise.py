"""How figures scatter about a model's path: lognormal, normal, Student's t; in arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import suggestion

DEGREES = 4.0
"""Degrees of freedom of Student's t: heavy tails, finite kurtosis nearly (Lange et al. 1989)."""
TINY, HUGE = 1e-4, 1e4
"""A path that failed or left what has a logarithm is as far off as this, in the figures' size."""


@dataclass(frozen=True)
class Noise:
    """A distribution of figures about the model.

    Parameters
    ----------
    kind : {"lognormal", "normal", "student t", "lognormal with memory"}
    logarithmic : bool
        Whether figures scatter by factors.
    degrees : float
        Of Student's t; infinite for a normal.
    lasting : bool
        Whether what is off in one year is partly off in the next: a first-order autoregression.
    """

    kind: str
    logarithmic: bool
    degrees: float = np.inf
    lasting: bool = False

    def scaled(self, values: np.ndarray, size: float) -> np.ndarray:
        """Return figures or model values as they are compared, finite."""
        finite = np.nan_to_num(values, nan=TINY * size, posinf=HUGE * size, neginf=-HUGE * size)
        if self.logarithmic:
            return np.log(np.clip(finite, TINY * size, HUGE * size))
        return np.clip(finite, -HUGE * size, HUGE * size)

    def back(self, scaled: np.ndarray) -> np.ndarray:
        """Return what was scaled in the figures' units."""
        return np.exp(scaled) if self.logarithmic else scaled

    def spread(self, residuals: np.ndarray) -> np.ndarray:
        """Return the most likely spread, over the last axis.

        >>> NORMAL.spread(np.array([1.0, -1.0, 1.0])).round(6)
        np.float64(1.0)
        """
        square = np.square(residuals)
        found = np.maximum(square.mean(axis=-1), 1e-24)
        if np.isfinite(self.degrees):
            for _ in range(100):  # EM (Lange, Little and Taylor 1989)
                weights = (self.degrees + 1) / (self.degrees + square / found[..., None])
                found = np.maximum((weights * square).mean(axis=-1), 1e-24)
        return np.sqrt(found)

    def log_density(self, residuals: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Return the log density of each residual; spread broadcasts over the last axis."""
        z = residuals / spread[..., None]
        scale = np.log(spread)[..., None]
        if not np.isfinite(self.degrees):
            return -0.5 * np.square(z) - scale - 0.5 * np.log(2 * np.pi)
        nu = self.degrees
        constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2)
        constant -= 0.5 * np.log(nu * np.pi)
        return constant - (nu + 1) / 2 * np.log1p(np.square(z) / nu) - scale

    def pulls(self, residuals: np.ndarray, spread: float) -> np.ndarray:
        """Return what least squares works on: half its square is the loss of each residual."""
        z = residuals / spread
        if not np.isfinite(self.degrees):
            return z
        return np.sign(z) * np.sqrt((self.degrees + 1) * np.log1p(np.square(z) / self.degrees))

    def pull_slopes(self, residuals: np.ndarray, spread: float) -> np.ndarray:
        """Return the derivative of each pull by its residual."""
        z = residuals / spread
        if not np.isfinite(self.degrees):
            return np.full_like(z, 1 / spread)
        nu = self.degrees
        with np.errstate(all="ignore"):
            found = (nu + 1) * z / (nu + np.square(z)) / np.abs(self.pulls(residuals, spread))
        at_zero = np.sqrt((nu + 1) / nu)
        return np.where(np.abs(z) < 1e-6, at_zero, np.abs(found)) / spread

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return draws of unit spread."""
        if np.isfinite(self.degrees):
            return rng.standard_t(self.degrees, shape)
        return rng.standard_normal(shape)


LOGNORMAL = Noise("lognormal", True)
NORMAL = Noise("normal", False)
STUDENT = Noise("student t", True, DEGREES)
LASTING = Noise("lognormal with memory", True, lasting=True)
KINDS = {each.kind: each for each in (LOGNORMAL, NORMAL, STUDENT, LASTING)}


def noise_of(kind: str | Noise) -> Noise:
    """Return a distribution by its name.

    >>> noise_of("Student_t").degrees
    4.0
    """
    if isinstance(kind, Noise):
        return kind
    plain: Callable[[str], str] = lambda text: "".join(c for c in text.lower() if c.isalpha())  # noqa: E731
    for name, noise in KINDS.items():
        if plain(str(kind)) in (plain(name), plain(name).removesuffix("t")):
            return noise
    hint = suggestion(str(kind), KINDS)
    raise InputError(Finding("error", f"noise is {kind!r}.", "noise", remedy=hint))
