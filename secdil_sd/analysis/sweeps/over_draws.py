"""What a sweep says over draws of fitted values: median, band, share, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

import numpy as np

from secdil_sd.analysis.sweeps.crossing import DRAW
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import xarray as xr

GAINS = ("spiral_number", "reaction_gain")
"""Outputs whose value 1 divides two kinds of behavior."""


def level_of(name: str) -> float | None:
    """Return the value of an output that divides two kinds of behavior, if it has one.

    >>> level_of("peak_spiral_number"), level_of("burden_final")
    (1.0, None)
    """
    return 1.0 if any(each in name.casefold() for each in GAINS) else None


def over_draws(cube: xr.Dataset, share: float = 0.9, level: float | None = None) -> xr.Dataset:
    """Return what a sweep says over its draws; a sweep without draws as it is.

    Parameters
    ----------
    cube : Dataset
        With the dimension ``draw``, as `sweep` gives it for a fitted scenario.
    share : float
        Of the draws, that the band holds: .9 is from the 5% to the 95% point.
    level : float, optional
        Whose passing is counted; default 1 for spiral number and reaction gain, else none.

    Returns
    -------
    Dataset
        Of each output the median over draws under its own name, ``_low`` and ``_high``, the ends
        of the band, and ``_share`` of the draws above the level. Draws that failed are left out;
        ``answered`` counts, cell by cell, those that did not, and ``status`` says if any did.

    Raises
    ------
    InputError
        If ``share`` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> cube = xr.Dataset({"reaction_gain_final": ("draw", [0.8, 1.0, 1.3])},
    ...                   {"draw": range(3), "status": ("draw", ["ok"] * 3)})
    >>> found = over_draws(cube)
    >>> float(found["reaction_gain_final"]), float(found["reaction_gain_final_share"].round(2))
    (1.0, 0.33)
    """
    if DRAW not in cube.dims:
        return cube
    if not 0 < share < 1:
        message = f"share is {share!r}."
        raise InputError(Finding("error", message, "share", remedy="Give one between 0 and 1."))
    places = {"": 0.5, "low": (1 - share) / 2, "high": (1 + share) / 2}
    drawn = [str(name) for name, each in cube.coords.items() if DRAW in each.dims]
    found = cube.drop_vars([*drawn, *cube.data_vars])
    solved = cube["status"] == "ok"
    for name, whole in cube.data_vars.items():
        values = whole.where(solved)  # also before the time at which a draw failed
        title = str(whole.attrs.get("long_name", name))
        with catch_warnings():
            simplefilter("ignore", RuntimeWarning)  # a cell where every draw failed stays NaN
            middle = values.quantile(list(places.values()), DRAW)
        for (end, place), number in zip(places.items(), middle, strict=True):
            own = f"{title}, {place:.0%} of draws" if end else title
            key = f"{name}_{end}" if end else str(name)
            found[key] = number.drop_vars("quantile").assign_attrs(whole.attrs, long_name=own)
        line = level_of(str(name)) if level is None else level
        if line is not None:
            above = (values > line).where(values.notnull()).mean(DRAW)
            told = f"{title}, share above {line:g}"
            found[f"{name}_share"] = above.assign_attrs(long_name=told, units="1")
    answered = solved.sum(DRAW)
    return found.assign_coords(answered=answered, status=_status(answered, cube.sizes[DRAW]))


def _status(answered: xr.DataArray, count: int) -> xr.DataArray:
    failed = [count - each for each in answered.values.flat]
    words = [f"{each} of {count} draws failed" if each else "ok" for each in failed]
    return answered.copy(data=np.array(words, dtype=object).reshape(answered.shape))
