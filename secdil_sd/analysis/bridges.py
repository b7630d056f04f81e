"""Designs and ensembles in the form other programs take: the EMA workbench and SALib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.exploration.experiments import by_element, samples_of, succeeded
from secdil_sd.analysis.space import space
from secdil_sd.analysis.verbs import verb

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario


@verb
def to_ema(ensemble: xr.Dataset) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Return an ensemble as the EMA workbench's results: experiments and outcomes.

    Parameters
    ----------
    ensemble : Dataset
        Of `Model.run_ensemble`. Members that failed are left out and counted in
        ``experiments.attrs["failed"]``.

    Returns
    -------
    experiments : DataFrame
        A row a member: what was sampled, then ``scenario``, ``policy`` and ``model``.
    outcomes : dict of str to array (member,) or (member, time)
        By name, an element in brackets ("spending[India]"); ``TIME`` where an output has times.

    Raises
    ------
    InputError
        If it is not an ensemble.

    Examples
    --------
    >>> import pandas as pd, secdil_sd as sd
    >>> draws = pd.DataFrame({"reaction": [0.1, 0.2]})
    >>> run = sd.load_model("richardson").run_ensemble(draws, times=range(3), outputs=["spending"])
    >>> experiments, outcomes = to_ema(run)
    >>> list(outcomes), outcomes["spending[East]"].shape
    (['spending[East]', 'spending[West]', 'TIME'], (2, 3))
    """
    samples = samples_of(ensemble)
    good = succeeded(ensemble)
    experiments = samples[good].reset_index(drop=True)
    experiments["scenario"] = np.arange(len(experiments))
    experiments["policy"] = "None"
    experiments["model"] = str(ensemble.attrs.get("model", "secdil"))
    experiments.attrs["failed"] = int((~good).sum())
    outcomes: dict[str, np.ndarray] = {}
    timed = False
    for name, array in ensemble.data_vars.items():
        if "member" not in array.dims:
            continue
        title = str(array.attrs.get("long_name", name))
        timed |= "time" in array.dims
        for element, values in by_element(array).items():
            label = f"{title}[{element}]" if element else title
            outcomes[label] = np.ascontiguousarray(values[..., good].T)
    if timed:
        times = ensemble["time"].values
        outcomes["TIME"] = np.tile(times, (len(experiments), 1))
    return experiments, outcomes


@verb
def to_salib(
    case: Scenario | Model,
    parameters: Sequence[str] | Mapping[str, Any] | None = None,
    constraints: Sequence[str] | None = (),
    groups: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return what a design varies as SALib's problem: num_vars, names, bounds, dists, groups.

    Parameters and errors as for designs: see `sd.sensitivity`. SALib knows no constraints:
    leave out the rows that break them yourself.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> to_salib(sd.load_model("security_dilemma"), {"worst case bias": (0, 1)})["bounds"]
    [[0.0, 1.0]]
    """
    return space(case, parameters, constraints, groups).to_salib()
