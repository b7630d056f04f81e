"""What a year brought that no equation foresaw: its spread, shared shocks and its likelihood."""

from __future__ import annotations

import numpy as np

CLOSEST = 0.999
"""Largest correlation of shocks; at one the likelihood has no bound."""


def structured(products: np.ndarray, shared: bool) -> np.ndarray:
    """Return the covariance of a year's innovations across states.

    Parameters
    ----------
    products : array (..., state, state)
        Mean products of innovations.
    shared : bool
        Whether a year's shocks go together: one correlation for all pairs of states.

    Examples
    --------
    >>> structured(np.array([[1.0, 0.5], [0.5, 4.0]]), shared=False).tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    states = products.shape[-1]
    spread = np.sqrt(np.diagonal(products, axis1=-2, axis2=-1))
    eye = np.eye(states)
    if not shared or states < 2:
        return eye * (spread**2)[..., None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = products / (spread[..., :, None] * spread[..., None, :])
    pairs = states * (states - 1)
    common = (relative.sum(axis=(-2, -1)) - states) / pairs
    common = np.clip(common, -CLOSEST / (states - 1), CLOSEST)[..., None, None]
    return (eye + common * (1 - eye)) * spread[..., :, None] * spread[..., None, :]


def shock_parameters(states: int, shared: bool) -> int:
    """Return how many numbers describe the innovations: a spread a state, and what is shared."""
    return states + int(shared and states > 1)


def counted(residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which years (..., year) have innovations of every state, and how many there are."""
    known = np.isfinite(residuals).all(axis=-1)
    return known, known.sum(axis=-1)


def covariance(residuals: np.ndarray, shared: bool) -> np.ndarray:
    """Return the likeliest covariance of innovations (..., year, state), as `structured`.

    Years without a figure (NaN) do not count.
    """
    known, count = counted(residuals)
    filled = np.where(known[..., None], residuals, 0.0)
    products = np.swapaxes(filled, -2, -1) @ filled / np.maximum(count, 1)[..., None, None]
    return structured(products, shared)


def log_likelihood(residuals: np.ndarray, shared: bool) -> np.ndarray:
    """Return the log density of innovations at their own likeliest covariance.

    Parameters
    ----------
    residuals : array (..., year, state)
    shared : bool

    Returns
    -------
    array (...,)
        Of log spending; years without a figure do not count.

    Examples
    --------
    >>> from scipy.stats import norm
    >>> found = log_likelihood(np.array([[[0.1], [-0.1], [0.2], [-0.2]]]), shared=False)
    >>> spread = np.sqrt(0.025)
    >>> bool(np.isclose(found[0], norm(0, spread).logpdf([0.1, -0.1, 0.2, -0.2]).sum()))
    True
    """
    states = residuals.shape[-1]
    known, count = counted(residuals)
    filled = np.where(known[..., None], residuals, 0.0)
    spread = covariance(residuals, shared)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_volume = np.linalg.slogdet(spread)[1]
        distance = _distances(filled, spread).sum(axis=-1)
    return -0.5 * (count * (states * np.log(2 * np.pi) + log_volume) + distance)


def log_student(
    residuals: np.ndarray, spread: np.ndarray, degrees: float, shared: bool
) -> np.ndarray:
    """Return the log density of a year's residuals under a Student distribution.

    Parameters
    ----------
    residuals : array (year, state)
    spread : array (year, state, state)
        Scale matrices.
    degrees : float
    shared : bool
        One distribution for all states, or one a state.
    """
    from scipy.special import gammaln
    from scipy.stats import t

    if not shared:
        scale = np.sqrt(np.diagonal(spread, axis1=-2, axis2=-1))
        return t.logpdf(residuals, degrees, scale=scale).sum(axis=-1)
    states = residuals.shape[-1]
    distance = _distances(residuals[:, None, :], spread)[:, 0]
    return (
        gammaln((degrees + states) / 2)
        - gammaln(degrees / 2)
        - 0.5 * states * np.log(degrees * np.pi)
        - 0.5 * np.linalg.slogdet(spread)[1]
        - 0.5 * (degrees + states) * np.log1p(distance / degrees)
    )


def inverted(matrices: np.ndarray) -> np.ndarray:
    """Return the inverses of covariances (..., n, n); the pseudoinverse where there is none."""
    good = np.isfinite(matrices).all(axis=(-2, -1), keepdims=True)
    eye = np.eye(matrices.shape[-1])
    return np.where(good, np.linalg.pinv(np.where(good, matrices, eye), hermitian=True), np.nan)


def _distances(residuals: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Squared distance of each year's residuals from zero, in units of the spread."""
    return np.einsum("...ti,...ij,...tj->...t", residuals, inverted(spread), residuals)
