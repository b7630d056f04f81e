"""Synthetic dyads with known truth, for the tests of fitting."""

from __future__ import annotations

import numpy as np
import pandas as pd

import secdil_sd as sd
from secdil_sd.simulation.scenario import Scenario, scenario_of

STATES = ("India", "Pakistan")
TRUTH = {
    "reaction.India.Pakistan": 0.12,
    "reaction.Pakistan.India": 0.18,
    "fatigue": 0.25,
    "grievance.India": 1.5,
    "grievance.Pakistan": 0.8,
    "initial spending.India": 4.0,
    "initial spending.Pakistan": 20.0,
}
FITTED = ["reaction", "grievance", "initial spending"]


def linear_case(years: int = 30, params: dict | None = None) -> Scenario:
    """A dyad of the linear model from 1950 on, nothing known but fatigue."""
    model = sd.load_model("richardson", subscripts={"state": list(STATES)})
    case = scenario_of(model).replace(times=range(1950, 1951 + years))
    return case.replace(params={"fatigue": 0.25, **(params or {})})


def simulated(years: int = 30, spread: float = 0.0, seed: int = 1, truth: dict | None = None):
    """Yearly means of a run by SciPy's quadrature over fine output times, with scatter."""
    model = sd.load_model("richardson", subscripts={"state": list(STATES)})
    steps = 64
    times = np.arange(years * steps + 1) / steps + 1950
    run = model.run(params={**TRUTH, **(truth or {})}, times=times, rtol=1e-11)
    rng = np.random.default_rng(seed)
    rows = []
    for state in STATES:
        path = run["spending"].sel(state=state).values
        for k in range(years):
            part = path[k * steps : (k + 1) * steps + 1]
            mean = float(np.trapezoid(part, dx=1 / steps))
            rows.append((state, 1950 + k, mean * np.exp(spread * rng.standard_normal())))
    return pd.DataFrame(rows, columns=["state", "year", "value"])
