"""Designs of the unit cube: which points of it a sample looks at."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Design = Literal["latin hypercube", "sobol", "random"]
DESIGNS: tuple[str, ...] = get_args(Design)


def unit_points(n: int, width: int, seed: int, design: str) -> np.ndarray:
    """Return the points of a design, array (n, width).

    >>> unit_points(4, 2, 1, "sobol").shape
    (4, 2)
    """
    from scipy.stats import qmc

    rng = np.random.default_rng(seed)
    if design == "random":
        return rng.random((n, width))
    if design == "sobol":
        power = int(np.ceil(np.log2(max(n, 2))))
        return qmc.Sobol(width, rng=rng).random_base2(power)[:n]
    return qmc.LatinHypercube(width, rng=rng).random(n)
