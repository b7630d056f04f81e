"""Pairs of states without self-pairs: where everything that counts or averages pairs starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import xarray as xr

Run = TypeVar("Run", "xr.Dataset", "xr.DataArray")


def dyads(run: Run, state: str = "state", rival: str = "rival") -> Run:
    """Stack (state, rival) into one dimension ``dyad``, leaving out a state with itself.

    Parameters
    ----------
    run : Dataset or DataArray
        With both dimensions; others (time, member, case) stay.
    state, rival : str
        Names of the two dimensions.

    Returns
    -------
    Dataset or DataArray
        Of the variables that are about pairs, with the dimension ``dyad`` ("India -> Pakistan")
        and the coordinates ``from`` and ``to`` on it.

    Raises
    ------
    InputError
        If nothing in the run is about pairs.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> model = sd.load_model("richardson", subscripts={"state": ["A", "B", "C"]})
    >>> run = model.run(times=[0, 1], outputs=["effective reaction"])
    >>> dyads(run).sizes["dyad"]
    6
    """
    pairs = _of_pairs(run, state, rival)
    if state not in pairs.dims or rival not in pairs.dims:
        message = f"Nothing here is about pairs of {state} and {rival}."
        remedy = "Ask the run for an output such as 'hostility belief'."
        raise InputError(Finding("error", message, variables=(state, rival), remedy=remedy))
    own, other = run[state].values, run[rival].values
    first, second = (each.ravel() for each in np.meshgrid(own, other, indexing="ij"))
    apart = first != second
    picked = pairs.stack({"dyad": (state, rival)}, create_index=False).isel(
        dyad=np.flatnonzero(apart)
    )
    labels = [f"{a} -> {b}" for a, b in zip(first[apart], second[apart], strict=True)]
    return picked.drop_vars([state, rival], errors="ignore").assign_coords(
        {"dyad": labels, "from": ("dyad", first[apart]), "to": ("dyad", second[apart])}
    )


def _of_pairs(run: Run, state: str, rival: str) -> Run:
    """Of a dataset, what has both dimensions; coordinates over one of them are left behind."""
    if hasattr(run, "data_vars"):
        run = run[[n for n, each in run.data_vars.items() if {state, rival} <= set(each.dims)]]
    single = [
        name
        for name, each in run.coords.items()
        if name not in (state, rival) and len({state, rival} & set(each.dims)) == 1
    ]
    return run.drop_vars(single)
