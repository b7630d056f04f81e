"""The question answered in plain sentences, from the numbers of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

CLEAR = 0.1
"""Below this share of draws on the other side the verdict is clear."""


JUDGEMENT = "the values that rest on judgement"


def verdict(spiral: xr.DataArray, share_above: float | None = None, drawn: str = JUDGEMENT) -> str:
    """Return one sentence: does a small increase in arms grow or die out?

    Parameters
    ----------
    spiral : DataArray (time,)
        The spiral number at the scenario's values.
    share_above : float, optional
        Share of draws in which it passes 1.
    drawn : str
        Of what.

    Examples
    --------
    >>> import xarray as xr
    >>> calm = xr.DataArray([0.5, 0.4], {"time": [1950, 1951]}, "time")
    >>> verdict(calm, 0.02)
    'No: the spiral number peaks at 0.50 in 1950, and passes 1 in 2% of draws of the values ...'
    >>> verdict(calm, 0.4)
    'This cannot be told: at the values chosen the spiral number peaks at 0.50 in 1950, ...'
    """
    values = np.asarray(spiral.values, dtype=float)
    place = int(np.nanargmax(values))
    peak, when = float(values[place]), float(spiral["time"].values[place])
    shown = f"the spiral number peaks at {peak:.2f} in {when:.0f}"
    meaning = (
        "an increase in arms on one side is answered by more, and grows until budgets resist"
        if peak > 1
        else "an increase in arms on one side is answered by less, and dies out"
    )
    if share_above is None:
        return f"In this model, at these values, {'yes' if peak > 1 else 'no'}: {shown}: {meaning}."
    against = 1 - share_above if peak > 1 else share_above
    if against > CLEAR:
        return (
            f"This cannot be told: at the values chosen {shown}, but it passes 1 in "
            f"{share_above:.0%} of draws of {drawn}."
        )
    word = "Yes" if peak > 1 else "No"
    return f"{word}: {shown}, and passes 1 in {share_above:.0%} of draws of {drawn}; {meaning}."


def fit_sentence(table: pd.DataFrame) -> str:
    """Return one sentence on how history agrees, beside the naive forecasts."""
    misses = ", ".join(f"{row.model:.0%} ({row.state})" for row in table.itertuples())
    growth = ", ".join(f"{row.mean_growth:.0%}" for row in table.itertuples())
    better = (table["model"] < table["mean_growth"]).all()
    word = "while" if better else "but"
    return (
        f"The model misses yearly spending by {misses} on average, {word} a straight line of growth "
        f"from the first year to the last misses it by {growth}."
    )


def answer(
    run: xr.Dataset,
    scores: pd.DataFrame | None,
    share_above: float | None = None,
    drawn: str = JUDGEMENT,
) -> tuple[str, ...]:
    """Return the two sentences that open a report."""
    known = "spiral_number" in run
    first = verdict(run["spiral_number"], share_above, drawn) if known else _what_happens(run)
    return (first, fit_sentence(scores)) if scores is not None else (first,)


def _what_happens(run: xr.Dataset) -> str:
    """For a model without roles: how many variables moved, and over what time."""
    times = run["time"].values
    moved = [
        str(each.attrs.get("long_name", name))
        for name, each in run.data_vars.items()
        if "time" in each.dims and bool((np.abs(each.diff("time")) > 0).any())
    ]
    shown = ", ".join(moved[:4]) + (" and others" if len(moved) > 4 else "")
    return f"From {times[0]:g} to {times[-1]:g} the model moves {shown or 'nothing'}."


def across_cases(run: xr.Dataset, titles: dict[str, str]) -> tuple[str, ...]:
    """Return the sentences for a scenario of cases: which spiral and which do not."""
    peaks = run["spiral_number"].max("time").to_series()
    up = [f"{titles[c]} ({peaks[c]:.2f})" for c in peaks.index if peaks[c] > 1]
    down = [f"{titles[c]} ({peaks[c]:.2f})" for c in peaks.index if peaks[c] <= 1]
    sentences = []
    if up:
        sentences.append(f"An increase in arms feeds on itself, at its peak, in: {'; '.join(up)}.")
    if down:
        sentences.append(f"It dies out in: {'; '.join(down)}.")
    return tuple(sentences)
