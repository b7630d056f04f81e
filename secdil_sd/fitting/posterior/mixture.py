"""Proposals that are known as densities: mixtures of multivariate Student's t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

DEGREES = 4.0
"""Tails heavier than a posterior's, so that weights stay bounded (Geweke 1989)."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of multivariate Student's t.

    Parameters
    ----------
    weights : array (component,)
        Sum to 1.
    centers : array (component, coordinate)
    roots : array (component, coordinate, coordinate)
        Lower triangular; root times its transpose is the scale matrix.
    """

    weights: np.ndarray
    centers: np.ndarray
    roots: np.ndarray

    def draw(self, rng: Any, count: int) -> np.ndarray:
        """Return draws, (count, coordinate); ``rng`` a Generator or RandomState."""
        size = self.centers.shape[1]
        chosen = np.searchsorted(np.cumsum(self.weights)[:-1], rng.random(count))
        z = rng.standard_normal((count, size))
        tails = np.sqrt(DEGREES / rng.chisquare(DEGREES, count))[:, None]
        moved = np.einsum("nij,nj->ni", self.roots[chosen], z)
        return self.centers[chosen] + moved * tails

    def log_density(self, x: np.ndarray) -> np.ndarray:
        """Return the log density of each row of ``x``."""
        size = self.centers.shape[1]
        constant = special.gammaln((DEGREES + size) / 2) - special.gammaln(DEGREES / 2)
        constant -= size / 2 * np.log(DEGREES * np.pi)
        parts = []
        for weight, center, root in zip(self.weights, self.centers, self.roots, strict=True):
            z = np.linalg.solve(root, (x - center).T)
            body = np.log1p(np.square(z).sum(axis=0) / DEGREES)
            volume = np.log(np.abs(np.diag(root))).sum()
            parts.append(np.log(weight) + constant - volume - (DEGREES + size) / 2 * body)
        return np.asarray(special.logsumexp(parts, axis=0))


def mixture(
    centers: Sequence[np.ndarray], covariances: Sequence[np.ndarray], weights: np.ndarray
) -> Mixture:
    """Return the mixture with these centers and covariances of its Gaussian cores.

    >>> one = mixture([np.zeros(1)], [np.eye(1)], np.ones(1))
    >>> one.log_density(np.zeros((1, 1))).round(4)
    array([-0.9808])
    """
    roots = [np.linalg.cholesky(_sound(each)) for each in covariances]
    return Mixture(weights / weights.sum(), np.array(centers), np.array(roots))


def fitted_to(x: np.ndarray, weights: np.ndarray) -> Mixture:
    """Return the single t with the mean and covariance of weighted rows."""
    center = weights @ x
    apart = x - center
    return mixture([center], [(weights[:, None] * apart).T @ apart], np.ones(1))


def _sound(covariance: np.ndarray) -> np.ndarray:
    """A covariance with all its directions, however little the rows vary in one."""
    sizes, directions = np.linalg.eigh((covariance + covariance.T) / 2)
    sizes = np.maximum(sizes, max(1e-10 * sizes.max(), 1e-14))
    return (directions * sizes) @ directions.T
