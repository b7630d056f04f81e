"""Where a fitted scenario goes over its draws: bands over time, and the peak spiral number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.answers import yearly
from secdil_sd.analysis.shares import share_of
from secdil_sd.analysis.sweeps.crossing import DRAW
from secdil_sd.analysis.sweeps.over_draws import over_draws
from secdil_sd.names import key

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.scenario import Scenario

SHARE = 0.9
"""Of the draws, that a band holds at each time."""
SPIRAL = "spiral number"
COLUMNS = ("role", "state", "year", "low", "middle", "high")


@dataclass(frozen=True, eq=False)
class Fan:
    """Paths over draws of fitted values.

    Parameters
    ----------
    paths : DataFrame
        Columns role ("spending", "burden", "spiral number"), state ("" where there is none),
        year, low, middle, high: the middle 90% of the draws, time by time.
    draws : DataFrame
        A row a draw, with ``peak_spiral_number`` (NaN where it failed).
    """

    paths: pd.DataFrame = field(repr=False)
    draws: pd.DataFrame = field(repr=False)

    @property
    def peaks(self) -> pd.Series:
        """The peak spiral number of the draws with an answer."""
        return self.draws["peak_spiral_number"].dropna()

    @property
    def failed(self) -> int:
        """Draws without an answer; they are in no band and no share."""
        return len(self.draws) - len(self.peaks)

    @property
    def share_above(self) -> tuple[float, float, float]:
        """Share of the draws whose spiral number passes 1, with its interval (95%, Wilson)."""
        found = self.peaks
        nothing = (float("nan"), 0.0, 1.0)
        return share_of(float((found > 1).sum()), len(found)) if len(found) else nothing

    def of(self, role: str) -> pd.DataFrame:
        """Return the paths of one role."""
        return self.paths[self.paths["role"] == role]

    def histogram(self, bins: int = 30) -> pd.DataFrame:
        """Return counts by interval of the peak spiral number: columns low, high, count."""
        import pandas as pd

        peaks = self.peaks.to_numpy(dtype=float)
        ends = float(np.min(peaks, initial=0.0)), float(np.max(peaks, initial=1.2))
        counts, edges = np.histogram(peaks, bins, ends)
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})


def fan(case: Scenario) -> Fan:
    """Return where a rivalry goes over the draws of its fitted values, a time a year.

    Parameters
    ----------
    case : Scenario
        With draws, of a model with a spiral number.

    Raises
    ------
    InputError
        If it has no draws.
    """
    import pandas as pd

    roles = case.model.companion.roles
    wanted = {each: roles[each] for each in ("spending", "burden") if each in roles}
    wanted[SPIRAL] = SPIRAL
    run = case.run_draws(times=yearly(case), outputs=list(wanted.values()), progress=False)
    bands = over_draws(run.rename(member=DRAW), SHARE)
    parts = []
    for role, name in wanted.items():
        columns = {"low": "_low", "middle": "", "high": "_high"}
        table = pd.DataFrame(
            {c: bands[f"{key(name)}{end}"].to_series() for c, end in columns.items()}
        ).reset_index()
        parts.append(table.rename(columns={"time": "year"}).assign(role=role))
    paths = pd.concat(parts, ignore_index=True)
    paths["state"] = paths["state"].fillna("") if "state" in paths else ""
    assert case.draws is not None  # run_draws refuses what has none
    peaks = run[key(SPIRAL)].max("time", skipna=False).values
    return Fan(paths[list(COLUMNS)], case.draws.assign(peak_spiral_number=peaks))
