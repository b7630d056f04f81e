"""A design crossed with the draws of fitted values: one ensemble, a dimension of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secdil_sd.simulation.dataset import MEMBER
from secdil_sd.simulation.draws import crossed, without

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.scenario import Scenario

DRAW = "draw"


def run_crossed(case: Scenario, samples: Any, params: Any = None, **settings: Any) -> xr.Dataset:
    """Run every row of a table; of a case with draws, every row with each of them.

    Parameters
    ----------
    case : Scenario
    samples : DataFrame or mapping of str to array
        What it sets leaves the draws.
    params, **settings
        As `Scenario.run_ensemble`.

    Returns
    -------
    Dataset
        With the dimensions ``member`` (a row of the table) and, where there are draws, ``draw``.
    """
    import pandas as pd

    own = case.replace(params=params)
    table = pd.DataFrame(samples)
    draws = without(own.draws, own.model.system, map(str, table.columns))
    if draws is None:
        return own.run_ensemble(samples, **settings)
    run = own.run_ensemble(crossed(table, draws), **settings)
    return _unfolded(run, table, draws).assign_attrs(draws=len(draws))


def _unfolded(run: xr.Dataset, samples: pd.DataFrame, draws: pd.DataFrame) -> xr.Dataset:
    """Give members that are rows of a table times draws a dimension of each."""
    import xarray as xr

    def variable(array: xr.DataArray) -> xr.Variable:
        rest = tuple(str(each) for each in array.dims if each != MEMBER)
        values = array.transpose(MEMBER, *rest).values
        whole = values.reshape(len(samples), len(draws), *values.shape[1:])
        return xr.Variable((MEMBER, DRAW, *rest), whole, array.attrs)

    data = {str(name): variable(each) for name, each in run.data_vars.items()}
    coords: dict[str, Any] = {
        MEMBER: (MEMBER, samples.index.to_numpy()),
        DRAW: (DRAW, draws.index.to_numpy(), {"long_name": "draw of the fitted values"}),
    }
    for name, each in run.coords.items():
        if MEMBER not in each.dims:
            coords[str(name)] = each
        elif name != MEMBER:
            whole = variable(each)
            for dim in () if name in ("status", "stopped_at") else (MEMBER, DRAW):
                first = whole.isel({dim: 0})
                if (whole == first).all():  # moved along the other only
                    whole = first
            coords[str(name)] = whole
    return xr.Dataset(data, coords, run.attrs)
