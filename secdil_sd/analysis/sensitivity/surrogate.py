"""Indices of a fitted surrogate: high-dimensional model representation, by SALib."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from secdil_sd.analysis.sensitivity.resampling import Estimate

FEW = 8
"""Parameters up to which pairs are affordable: a second a column."""


def hdmr_indices(x: np.ndarray, values: np.ndarray, seed: int) -> tuple[Estimate, ...]:
    """Return indices of a spline surrogate (Li et al. 2010); correlated parts are included.

    Parameters
    ----------
    x : array (row, parameter)
        Two parameters at least, 300 rows at least.
    values : array (row, column)
    seed : int

    Returns
    -------
    tuple of Estimate
        S1; with few parameters ST and S2 as well. Each says how much of the variance the
        surrogate explains.
    """
    from SALib.analyze import hdmr

    count = x.shape[1]
    pairs = np.column_stack(np.triu_indices(count, 1))
    names = [f"x{k}" for k in range(count)]
    problem = {"num_vars": count, "names": names, "bounds": [[0, 1]] * count}
    scaled = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    order = 2 if count <= FEW else 1
    parts: dict[str, list[np.ndarray]] = {"S": [], "S_conf": [], "ST": [], "ST_conf": []}
    explained = []
    for column in values.T:
        with _kept_apart(seed):
            unit = (column - column.mean()) / column.std()
            found = hdmr.analyze(problem, scaled, unit, maxorder=order)
        explained.append(float(found["S_sum"]))
        for name, kept in parts.items():
            kept.append(np.asarray(found[name], dtype=float).ravel())
    table = {name: np.array(kept).T for name, kept in parts.items()}
    note = f"of a surrogate that explains {min(explained):.0%} of the variance"
    single, double = slice(count), slice(count, None)
    notes = dict.fromkeys(range(len(table["S"])), note)
    first = Estimate("S1", table["S"][single], table["S_conf"][single], notes=notes)
    if order == 1:
        return (first,)
    total = Estimate("ST", table["ST"][single], table["ST_conf"][single], notes=notes)
    value, half = table["S"][double], table["S_conf"][double]
    return first, total, Estimate("S2", value, half, pairs, notes=notes)


@contextmanager
def _kept_apart(seed: int) -> Iterator[None]:
    """SALib draws from NumPy's global generator and warns in passing; neither shows outside."""
    state = np.random.get_state()  # noqa: NPY002 - it is put back
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.random.seed(seed % 2**32)  # noqa: NPY002
            yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
