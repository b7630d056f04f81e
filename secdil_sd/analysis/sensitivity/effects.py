"""Elementary effects from Morris trajectories, for many columns at once."""

from __future__ import annotations

import numpy as np

from secdil_sd.analysis.sensitivity.resampling import Estimate, half_width, weights


def morris_indices(
    u: np.ndarray, values: np.ndarray, groups: np.ndarray, resamples: int, seed: int
) -> tuple[Estimate, ...]:
    """Return mu_star, mu and sigma of the elementary effects, with bootstrap intervals.

    Effects are per unit of the design's cube: from one end of a parameter's range to the other.

    Parameters
    ----------
    u : array (trajectory * step, parameter)
    values : array (trajectory * step, column)
    groups : array (parameter,) of int
        The group each parameter moves with; each its own where there are none.
    resamples, seed : int

    Returns
    -------
    tuple of Estimate
        mu_star (Campolongo et al. 2007), and where parameters move alone mu and sigma
        (Morris 1991).
    """
    count = int(groups.max()) + 1
    effects = elementary_effects(u, values, groups)
    weighed = weights(len(effects), resamples, seed)
    flat = effects.reshape(len(effects), -1)
    shape = (-1, *effects.shape[1:])
    mean, absolute = (weighed @ each for each in (flat, np.abs(flat)))
    spread = np.sqrt(np.maximum(weighed @ flat**2 - mean**2, 0) * _unbiased(len(effects)))
    found = [("mu_star", np.abs(effects).mean(axis=0), absolute)]
    if count == len(groups):
        found += [
            ("mu", effects.mean(axis=0), mean),
            ("sigma", effects.std(axis=0, ddof=1), spread),
        ]
    return tuple(
        Estimate(name, value, half_width(resampled.reshape(shape)), share=False)
        for name, value, resampled in found
    )


def elementary_effects(u: np.ndarray, values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the effect of each group in each trajectory, (trajectory, group, column).

    Of a group of several the sign means nothing: they may move in opposite directions.
    """
    count = int(groups.max()) + 1
    steps = u.reshape(-1, count + 1, u.shape[-1])
    moves = np.diff(steps, axis=1)
    gains = np.diff(values.reshape(-1, count + 1, values.shape[-1]), axis=1)
    mover = np.abs(moves).argmax(axis=2)  # of a group, any of its parameters
    size = np.take_along_axis(moves, mover[..., None], axis=2)
    effects = np.empty_like(gains)
    np.put_along_axis(effects, groups[mover][..., None], gains / size, axis=1)
    return effects


def _unbiased(count: int) -> float:
    return count / max(count - 1, 1)
