"""Densities of draws as tables, prior beside posterior, for drawing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.posterior.posterior import Posterior
    from secdil_sd.fitting.posterior.spiral import SpiralVerdict

POINTS = 160
SHOWN = 0.98
"""Share of the draws of each belief whose range is shown."""


def density_rows(name: str, draws: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return densities of draws on one grid.

    Parameters
    ----------
    name : str
        Of the number.
    draws : mapping of str to array
        Finite draws by belief: "prior", "posterior".

    Returns
    -------
    DataFrame
        Columns parameter, belief, value, density (per unit of the value).
    """
    import pandas as pd
    from scipy import stats

    tails = [(1 - SHOWN) / 2, (1 + SHOWN) / 2]
    ends = np.array([np.quantile(each, tails) for each in draws.values() if len(each)])
    grid = np.linspace(ends[:, 0].min(), ends[:, 1].max(), POINTS)
    rows = []
    for belief, each in draws.items():
        if len(each) < 2 or np.ptp(each) == 0:
            continue
        low, high = each.min(), each.max()
        smooth = stats.gaussian_kde(each)
        # What would be smoothed beyond the draws is folded back: beliefs may end at a bound.
        density = smooth(grid) + smooth(2 * low - grid) + smooth(2 * high - grid)
        density = np.where((grid < low) | (grid > high), 0.0, density)
        rows.append(
            pd.DataFrame({"parameter": name, "belief": belief, "value": grid, "density": density})
        )
    return pd.concat(rows, ignore_index=True)


def posterior_densities(found: Posterior) -> pd.DataFrame:
    """Return the densities of all fitted numbers, prior and posterior."""
    import pandas as pd

    flat = found.values.reshape(-1, len(found.target.names))
    thin = flat[:: max(len(flat) // 4000, 1)]
    return pd.concat(
        [
            density_rows(name, {"prior": found.prior_values[:, k], "posterior": thin[:, k]})
            for k, name in enumerate(found.target.names)
        ],
        ignore_index=True,
    )


def spiral_densities(found: SpiralVerdict) -> pd.DataFrame:
    """Return the densities of the number a spiral verdict is about, prior and posterior."""
    return density_rows(found.output, found.values)
