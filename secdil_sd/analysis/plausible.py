"""What the values that rest on judgement leave open: the verdict over all of their ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.space import Space, is_drawn
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling
from secdil_sd.simulation.parameters import TOGETHER, design_parameters

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.parameters import Parameter
    from secdil_sd.simulation.scenario import Scenario

OUTPUT = "peak spiral number"
KNOWN_ORIGINS = ("fitted", "measured")


@dataclass(frozen=True)
class Plausible:
    """The peak spiral number over draws of the judgement values.

    Parameters
    ----------
    draws : DataFrame
        One row a member: the values drawn and ``peak_spiral_number`` (NaN where it failed).
    varied : tuple of str
        What was drawn over its range; what is measured stays as it is, and what is fitted unless
        it has draws.
    share_above : float
        Share of the members that reach above 1.
    failed : int
        Members without an answer, left out of the share.
    fitted : int
        Draws of a fit that the members took turns with; 0 without.
    """

    draws: pd.DataFrame = field(repr=False)
    varied: tuple[str, ...]
    share_above: float
    failed: int
    fitted: int = 0

    def histogram(self, bins: int = 30) -> pd.DataFrame:
        """Return counts by interval of the peak spiral number: columns low, high, count."""
        import pandas as pd

        values = self.draws["peak_spiral_number"].dropna()
        counts, edges = np.histogram(values, bins=bins, range=(0.0, max(1.2, float(values.max()))))
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})


def plausible(case: Scenario, n: int = 512, seed: int = 1) -> Plausible:
    """Return how often a rivalry spirals over the values nobody can measure.

    Parameters
    ----------
    case : Scenario
        Of a model with a spiral number. What it marks fitted or measured is not varied, but
        for its draws of fitted values.
    n : int
        Draws that keep the constraints of the model, by Latin hypercube.
    seed : int

    Returns
    -------
    Plausible

    Raises
    ------
    InputError
        If nothing in the scenario rests on judgement, or no draw keeps the constraints.
    """
    parameters = judgement_parameters(case)
    if not parameters and case.draws is None:
        raise InputError(
            Finding(
                "error",
                f"Nothing in {case.name!r} rests on judgement.",
                remedy="Give the model's constants ranges, or name some under [parameters].",
            )
        )
    box = Space(case, parameters, case.model.companion.constraints).with_draws()
    draws = box.draw(n, seed)
    times = np.arange(case.times[0], case.times[-1] + 1e-9) if case.times else None
    run = case.run_ensemble(draws, times=times, outputs=[OUTPUT], progress=False)
    peaks = run["peak_spiral_number"].values
    draws["peak_spiral_number"] = peaks
    known = peaks[np.isfinite(peaks)]
    above = float(np.mean(known > 1)) if len(known) else float("nan")
    varied = tuple(dict.fromkeys(each.name for each in parameters))
    fitted = 0 if case.draws is None else len(case.draws)
    return Plausible(draws, varied, above, int(np.isnan(peaks).sum()), fitted)


def judgement_parameters(case: Scenario) -> tuple[Parameter, ...]:
    """Return the parameters of a case that are neither fitted, measured nor series.

    Of those the case lists; without a list, of those the model calls uncertain in any case, all
    elements together; else of every constant with a range.
    """
    series = {spelling(name) for name in case.values.series}
    known = {
        spelling(name.split(".")[0].split("[")[0])
        for name, origin in case.origins.items()
        if origin.startswith(KNOWN_ORIGINS)
    }
    companion = case.model.companion
    if case.varied or not companion.uncertain:
        found = case.parameters
    else:
        together = [f"{name}[{TOGETHER}]" for name in companion.uncertain]
        found = design_parameters(case.model.system, companion, together)
    settled = known | series
    return tuple(
        each for each in found if spelling(each.name) not in settled and not is_drawn(case, each)
    )
