"""Do panels tell the truth? Coverage, error against no pooling, and reaction called where none is.

    python benchmarks/panel.py 20

Simulated panels of twelve dyads over forty years: with reaction (two democracies react less), and
without any, wandering by themselves. Error stands beside time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

import secdil_sd as sd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from simulated_panels import simulated_panel

TRUE = {
    "reaction, two democracies": 0.09,
    "reaction, two autocracies": 0.15,
    "size exponent": 0.5,
    "fatigue": 0.18,
    "spread of reaction between dyads": 0.03,
}
COLUMNS = ("reaction", "pooled", "pooled_low", "pooled_high")
SETTINGS = {"year_effects": "none", "draws": 400}


def truthful(panels: int) -> None:
    inside = {name: [] for name in TRUE}
    contrast, dyads, alone, pooled = [], [], [], []
    for seed in range(panels):
        truth = simulated_panel(seed, democratic=-0.06, persistence=0.5)
        found = sd.fit_panel(
            truth.spending, truth.dyads, gdp=truth.gdp, democracy=truth.democracy, placebos=0,
            **SETTINGS,
        )  # fmt: skip
        rows = found.coefficients.set_index("term")
        for name, value in TRUE.items():
            inside[name].append(rows.loc[name, "low"] < value < rows.loc[name, "high"])
        claims = found.contrasts.set_index("contrast").loc["two democracies less two autocracies"]
        contrast.append(claims["low"] < -0.06 < claims["high"])
        wide = found.table.set_index("state")
        kept = [k for k, pair in enumerate(truth.dyads) if pair[0] in wide.index]
        names = [each for k in kept for each in truth.dyads[k]]
        own = truth.reactions[kept]
        table = {name: wide.loc[names, name].to_numpy().reshape(-1, 2) for name in COLUMNS}
        low, high = table["pooled_low"], table["pooled_high"]
        dyads.append(np.mean((low < own) & (own < high)))
        alone.append(np.mean((table["reaction"] - own) ** 2))
        pooled.append(np.mean((table["pooled"] - own) ** 2))
    for name, found in inside.items():
        print(f"{name:45s} covered {np.mean(found):.2f}")
    print(f"{'contrast of regimes':45s} covered {np.mean(contrast):.2f}")
    print(f"{'sides':45s} covered {np.mean(dyads):.2f}")
    print(f"error alone {np.sqrt(np.mean(alone)):.3f}, pooled {np.sqrt(np.mean(pooled)):.3f}")


def wandering(panels: int) -> None:
    called = 0
    for seed in range(panels):
        rng = np.random.default_rng(seed)
        walks = np.exp(np.cumsum(0.02 + 0.08 * rng.normal(size=(24, 40)), axis=1))
        rows = [(f"S{k:02d}", 1960 + y, walks[k, y]) for k in range(24) for y in range(40)]
        data = pd.DataFrame(rows, columns=["state", "year", "value"])
        pairs = [(f"S{k:02d}", f"S{k + 1:02d}") for k in range(0, 24, 2)]
        found = sd.fit_panel(data, pairs, placebos=6, **SETTINGS)
        called += found.coefficients.iloc[0]["excess_low"] > 0
    print(f"reaction called in {called} of {panels} panels that only wander")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    began = time.process_time()
    truthful(count)
    print(f"{(time.process_time() - began) / count:.1f} s a panel")
    wandering(count)
