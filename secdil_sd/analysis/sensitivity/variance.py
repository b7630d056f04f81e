"""Sobol' indices from Saltelli blocks: the estimators of SALib for many columns at once."""

from __future__ import annotations

import numpy as np

from secdil_sd.analysis.sensitivity.resampling import Estimate, half_width, weights


def sobol_indices(
    values: np.ndarray, parameters: int, second_order: bool, resamples: int, seed: int
) -> tuple[Estimate, ...]:
    """Return first-order, total and second-order indices with bootstrap intervals.

    Blocks are resampled as matrix products with weights, so that a hundred resamples of all
    pairs cost a few milliseconds a column; the draws are SALib's, and so are the numbers.

    Parameters
    ----------
    values : array (block * rows of a block, column)
        Rows of a block: A, A with each column of B, [B with each column of A,] B.
    parameters : int
        Or groups.
    second_order : bool
        Whether blocks hold B with columns of A.
    resamples, seed : int

    Returns
    -------
    tuple of Estimate
        S1 (Saltelli et al. 2010, table 2 b), ST (Jansen 1999) and S2 (Saltelli 2002).
    """
    rows = parameters * (2 if second_order else 1) + 2
    blocks = values.reshape(-1, rows, values.shape[-1])
    weighed = weights(len(blocks), resamples, seed)
    even = np.full((1, len(blocks)), 1 / len(blocks))
    pairs = np.column_stack(np.triu_indices(parameters, 1))
    names = ("S1", "ST", "S2") if second_order and len(pairs) else ("S1", "ST")
    value: dict[str, list[np.ndarray]] = {name: [] for name in names}
    half: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for column in range(values.shape[-1]):
        terms = _terms(blocks[..., column], parameters, pairs if "S2" in names else None)
        for name, found in _ratios(terms, even, pairs).items():
            value[name].append(found[0])
        for name, found in _ratios(terms, weighed, pairs).items():
            half[name].append(half_width(found))
    return tuple(
        Estimate(
            name,
            np.stack(value[name], axis=-1),
            np.stack(half[name], axis=-1),
            pairs if name == "S2" else None,
        )
        for name in names
    )


def _terms(block: np.ndarray, parameters: int, pairs: np.ndarray | None) -> dict[str, np.ndarray]:
    """What is averaged over blocks, each (block, term)."""
    block = (block - block.mean()) / block.std()
    a, b = block[:, :1], block[:, -1:]
    ab = block[:, 1 : parameters + 1]
    found = {
        "sum": (a + b) / 2,
        "square": (a**2 + b**2) / 2,
        "S1": b * (ab - a),
        "ST": 0.5 * (a - ab) ** 2,
    }
    if pairs is not None:
        ba = block[:, parameters + 1 : -1]
        found["S2"] = ba[:, pairs[:, 0]] * ab[:, pairs[:, 1]] - a * b
    return found


def _ratios(
    terms: dict[str, np.ndarray], weighed: np.ndarray, pairs: np.ndarray
) -> dict[str, np.ndarray]:
    """Indices by resample, each (resample, parameter or pair)."""
    means = {name: weighed @ term for name, term in terms.items()}
    variance = means["square"] - means["sum"] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        found: dict[str, np.ndarray] = {
            name: means[name] / variance for name in ("S1", "ST", "S2") if name in means
        }
        if "S2" in found:
            found["S2"] = found["S2"] - found["S1"][:, pairs[:, 0]] - found["S1"][:, pairs[:, 1]]
    return found
