"""Roots of one system of a family from many starts, all starts at once."""

from __future__ import annotations

import numpy as np

from secdil_sd.analysis.tipping.continuation.family import COMPLEX_STEP, Family, weights

ROUNDS = 40
REACH = 1.0
"""Longest Newton step, relative to the size of the point."""

RESIDUAL = 1e-12
LAST = 1e-9
"""A Newton step this short, at a residual this small, is the last."""

SHORTEST = 1e-3
SAME = 1e-6


def find_roots(family: Family, starts: np.ndarray, value: float) -> list[np.ndarray]:
    """Return the distinct roots within bounds that damped Newton steps reach.

    Parameters
    ----------
    family : Family
    starts : array (entry, start)
    value : float
        Of the parameter.

    Examples
    --------
    >>> fold = Family(lambda z, p: p - z * z, np.array([-9.0]), np.array([9.0]))
    >>> sorted(float(z[0]) for z in find_roots(fold, np.array([[3.0, -2.0, 4.0]]), 0.25))
    [-0.5, 0.5]
    """
    z = starts.astype(float).copy()
    rates, slope = _batch(family, z, value)
    size = _size(rates)
    damping = np.ones(z.shape[1])
    found: list[np.ndarray] = []
    for _ in range(ROUNDS):
        move = _newton(slope, rates)
        length = np.max(np.abs(weights(z) * move), axis=0)
        done = (size < RESIDUAL) & (length < LAST)
        found += list(z[:, done].T)
        going = ~done & np.isfinite(size) & np.isfinite(length) & (damping > SHORTEST)
        going &= _near_bounds(family, z)
        if not going.any():
            break
        z, move, rates, slope = z[:, going], move[:, going], rates[:, going], slope[going]
        size, damping, length = size[going], damping[going], length[going]
        stride = np.minimum(damping, REACH / np.maximum(length, REACH))
        trial = z + stride * move
        new_rates, new_slope = _batch(family, trial, value)
        new_size = _size(new_rates)
        better = new_size < (1 - 1e-4 * stride) * size
        better |= (size < RESIDUAL) & (new_size < RESIDUAL)  # the last steps are rounding
        damping = np.where(better, np.minimum(2 * damping, 1.0), damping / 2)
        z[:, better], rates[:, better] = trial[:, better], new_rates[:, better]
        slope[better], size[better] = new_slope[better], new_size[better]
    return _distinct(family, found)


def _near_bounds(family: Family, z: np.ndarray) -> np.ndarray:
    """Whether a start is still on its way: far outside, rates may vanish without a root."""
    low, high = family.low[:, None] - REACH, family.high[:, None] + REACH
    return np.asarray(((z > low) & (z < high)).all(axis=0))


def _batch(family: Family, z: np.ndarray, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Return rates (entry, start) and slopes (start, entry, entry), in one evaluation."""
    entries, starts = z.shape
    moved = np.repeat(z[:, None, :], entries, axis=1).astype(complex)
    moved[np.arange(entries), np.arange(entries)] += 1j * COMPLEX_STEP
    with np.errstate(all="ignore"):
        found = family.rates(moved.reshape(entries, -1), np.full(entries * starts, value + 0j))
    found = found.reshape(entries, entries, starts)
    return found.real[:, 0].copy(), np.moveaxis(found.imag / COMPLEX_STEP, -1, 0)


def _newton(slope: np.ndarray, rates: np.ndarray) -> np.ndarray:
    whole = np.isfinite(slope).all(axis=(1, 2)) & np.isfinite(rates).all(axis=0)
    safe = np.where(whole[:, None, None], slope, np.eye(slope.shape[1]))
    # A touch of damping keeps a singular member from stopping the others.
    safe = safe + 1e-13 * np.abs(safe).max(axis=(1, 2))[:, None, None] * np.eye(slope.shape[1])
    try:
        move = np.linalg.solve(safe, -rates.T[..., None])[..., 0].T
    except np.linalg.LinAlgError:
        move = np.stack([np.linalg.pinv(a) @ -b for a, b in zip(safe, rates.T, strict=True)], 1)
    return np.where(whole, move, np.nan)


def _size(rates: np.ndarray) -> np.ndarray:
    size = np.sqrt(np.sum(rates**2, axis=0))
    return np.where(np.isfinite(size), size, np.inf)


def _distinct(family: Family, points: list[np.ndarray]) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for point in points:
        if (point < family.low - 1e-9).any() or (point > family.high + 1e-9).any():
            continue
        if not any(np.max(np.abs(weights(point) * (point - each))) < SAME for each in found):
            found.append(point.copy())
    return found
