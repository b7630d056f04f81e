"""Indices read from spectra: FAST along search curves, RBD-FAST from any independent sample."""

from __future__ import annotations

import numpy as np

from secdil_sd.analysis.sensitivity.resampling import Estimate, half_width

FAST_HARMONICS = 4
RBD_HARMONICS = 10
INDICATIVE = "the interval of FAST is indicative only"


def fast_indices(
    values: np.ndarray, parameters: int, points: int, resamples: int, seed: int
) -> tuple[Estimate, ...]:
    """Return first-order and total indices from search curves (Saltelli et al. 1999).

    Parameters
    ----------
    values : array (set of curves * parameter * point, column)
        A curve that holds a NaN gives no index; later sets are averaged with the first.
    parameters, points : int
        Curves of a set, and points of a curve.
    resamples, seed : int

    Returns
    -------
    tuple of Estimate
        S1 and ST. Intervals come from parts of half a curve, as SALib's, and are indicative only.
    """
    curves = values.reshape(-1, parameters, points, values.shape[-1])
    rng = np.random.default_rng(seed)
    part = -(-points // 2)
    first, total = (each.mean(axis=0) for each in _orders(curves))
    parts = []
    for begin in rng.integers(points, size=resamples):
        chosen = (begin + np.arange(part)) % points
        parts.append([each.mean(axis=0) for each in _orders(curves[:, :, chosen])])
    resampled = np.array(parts)
    notes = dict.fromkeys(range(parameters), INDICATIVE)
    return (
        Estimate("S1", first, half_width(resampled[:, 0]), notes=notes),
        Estimate("ST", total, half_width(resampled[:, 1]), notes=notes),
    )


def _orders(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order and total index of each curve along its points, (set, parameter, column)."""
    points = curves.shape[2]
    base = (points - 1) // (2 * FAST_HARMONICS)
    power = np.abs(np.fft.rfft(curves, axis=2)) ** 2
    power = power[:, :, 1 : -(-points // 2)]
    whole = power.sum(axis=2)
    first = power[:, :, np.arange(1, FAST_HARMONICS + 1) * base - 1].sum(axis=2)
    others = power[:, :, : base // 2].sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return first / whole, 1 - others / whole


def rbd_fast_indices(
    x: np.ndarray, values: np.ndarray, resamples: int, seed: int
) -> tuple[Estimate, ...]:
    """Return first-order indices from a sample: Tarantola et al. 2006, Plischke 2010.

    Parameters
    ----------
    x : array (row, parameter)
    values : array (row, column)
    resamples, seed : int

    Returns
    -------
    tuple of Estimate
        S1, corrected for bias (Tissot and Prieur 2012); draws and numbers are SALib's.
    """
    rng = np.random.default_rng(seed)
    count = len(x)
    value, half = [], []
    for column in x.T:
        value.append(_first_order(values[_there_and_back(column)]))
        resampled = []
        for _ in range(resamples):
            drawn = rng.choice(count, replace=True, size=count // 2)
            resampled.append(_first_order(values[drawn[_there_and_back(column[drawn])]]))
        half.append(half_width(np.array(resampled)))
    return (Estimate("S1", np.array(value), np.array(half)),)


def _there_and_back(column: np.ndarray) -> np.ndarray:
    """The order in which a parameter rises and falls once."""
    order = np.argsort(column)
    return np.concatenate([order[::2], order[1::2][::-1]])


def _first_order(ordered: np.ndarray) -> np.ndarray:
    """The share of the variance in the lowest harmonics, of each column, without its bias."""
    count = len(ordered)
    power = np.abs(np.fft.rfft(ordered - ordered.mean(axis=0), axis=0)) ** 2
    power[1 : None if count % 2 else -1] *= 2  # both signs of a frequency
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = power[1 : RBD_HARMONICS + 1].sum(axis=0) / power[1:].sum(axis=0)
    bias = 2 * RBD_HARMONICS / count
    return np.asarray(raw - bias / (1 - bias) * (1 - raw))
