"""How often do intervals hold the truth? Synthetic dyads from the model, fitted one by one.

    python benchmarks/intervals.py [DYADS] [linear | fatigue | extended]

``linear``: reaction, grievance and initial spending of the linear model, fatigue known;
``fatigue``: fatigue fitted too; ``extended``: reaction, fatigue and initial spending of the full
model. Truths are drawn from the ranges of the model, figures scatter by 5%, 40 years each.
Prints the share of 90% intervals that hold the truth, for all numbers and for those that are
called identified, the median error of each, and how often each is called identified.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import secdil_sd as sd
from secdil_sd.simulation.model import Model
from secdil_sd.simulation.scenario import scenario_of

YEARS, SPREAD = 40, 0.05
STATES = ["India", "Pakistan"]


def linear_truth(rng: np.random.Generator) -> dict[str, float]:
    """A dyad of the linear model that stays positive and moves."""
    a = rng.uniform(0.1, 0.4, 2)
    k = rng.uniform(0.2, 0.95, 2) * a
    return {
        "reaction.India.Pakistan": k[0],
        "reaction.Pakistan.India": k[1],
        "fatigue.India": a[0],
        "fatigue.Pakistan": a[1],
        "grievance.India": rng.uniform(0.5, 3),
        "grievance.Pakistan": rng.uniform(0.5, 3),
        "initial spending.India": rng.uniform(3, 40),
        "initial spending.Pakistan": rng.uniform(3, 40),
    }


def extended_truth(rng: np.random.Generator) -> dict[str, float]:
    """A dyad of the full model."""
    return {
        "reaction.India": rng.uniform(0.05, 0.35),
        "reaction.Pakistan": rng.uniform(0.05, 0.35),
        "fatigue.India": rng.uniform(0.1, 0.4),
        "fatigue.Pakistan": rng.uniform(0.1, 0.4),
        "initial spending.India": rng.uniform(5, 60),
        "initial spending.Pakistan": rng.uniform(5, 60),
    }


KINDS = {
    "linear": ("richardson", linear_truth, ["reaction", "grievance", "initial spending"]),
    "fatigue": (
        "richardson",
        linear_truth,
        ["reaction", "fatigue", "grievance", "initial spending"],
    ),
    "extended": ("security_dilemma", extended_truth, ["reaction", "fatigue", "initial spending"]),
}


def figures(model: Model, truth: dict[str, float], rng: np.random.Generator) -> pd.DataFrame:
    """Return yearly means of a run with lognormal scatter."""
    times = np.arange(1950, 1950 + YEARS + 0.01, 0.25)
    run = model.run(params=truth, times=times, outputs=["spending"], rtol=1e-10)
    weights = np.array([7, 32, 12, 32, 7]) / 90
    rows = []
    for state in STATES:
        path = run["spending"].sel(state=state).values
        for year in range(YEARS):
            mean = path[4 * year : 4 * year + 5] @ weights
            rows.append((state, 1950 + year, mean * np.exp(SPREAD * rng.standard_normal())))
    return pd.DataFrame(rows, columns=["state", "year", "value"])


def main(dyads: int, kind: str) -> None:
    name, draw, fitted = KINDS[kind]
    model = sd.load_model(name, subscripts={"state": STATES})
    rng = np.random.default_rng(1)
    rows, began = [], time.perf_counter()
    while len({row[0] for row in rows}) < dyads:
        truth = draw(rng)
        number = len({row[0] for row in rows})
        data = figures(model, truth, rng)
        known = {each: value for each, value in truth.items() if each.split(".")[0] not in fitted}
        case = scenario_of(model).replace(params=known, times=range(1950, 1951 + YEARS))
        found = sd.fit(case, data, parameters=fitted, starts=32)
        for each in found.estimates.itertuples():
            base, rest = each.parameter.split("[")
            value = truth[".".join([base, *rest.rstrip("]").split(",")])]
            rows.append(
                (
                    number,
                    base,
                    each.low <= value <= each.high,
                    each.identified,
                    abs(each.value / value - 1),
                )
            )
    table = pd.DataFrame(rows, columns=["dyad", "parameter", "covered", "identified", "error"])
    sure = table[table["identified"]]
    print(f"{dyads} dyads, {kind}, {(time.perf_counter() - began) / dyads:.2f} s a fit")
    print(f"covered: {table['covered'].mean():.3f}; identified only: {sure['covered'].mean():.3f}")
    shown = table.groupby("parameter").agg(
        covered=("covered", "mean"), identified=("identified", "mean"), error=("error", "median")
    )
    print(shown.round(3).to_string())


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(int(asked[0]) if asked else 200, asked[1] if len(asked) > 1 else "linear")
