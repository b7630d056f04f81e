"""Simulated dyads whose truth is known, written apart from the package's own worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd


def richardson(pairs, changes, rng, gain=(0.4, 0.95), shock=0.05, error=0.03):
    """Yearly steps of Richardson's equations, from away from rest: (side, pair, year) logs."""
    fatigue = rng.uniform(0.1, 0.3, (2, pairs))
    reaction = fatigue * rng.uniform(*gain, (2, pairs))
    grievance = rng.uniform(1, 3, (2, pairs))
    now = rng.uniform(2, 12, (2, pairs))
    logs = np.empty((2, pairs, changes + 1))
    for year in range(changes + 1):
        logs[..., year] = np.log(now)
        step = reaction * now[::-1] - fatigue * now + grievance
        now = np.maximum(now + step, 0.1) * np.exp(shock * rng.normal(size=now.shape))
    return logs + error * rng.normal(size=logs.shape)


def walks(pairs, changes, rng, shared=0.0, drift=0.03):
    """Random walks with drift whose shocks are shared in part."""
    own, common = rng.normal(size=(2, pairs, changes)), rng.normal(size=(1, pairs, changes))
    shocks = np.sqrt(1 - shared) * own + np.sqrt(shared) * common
    growth = (
        rng.normal(drift, 0.02, (2, pairs, 1)) + rng.uniform(0.05, 0.15, (2, pairs, 1)) * shocks
    )
    begin = rng.normal(0, 1, (2, pairs, 1))
    return np.concatenate([begin, begin + growth.cumsum(axis=-1)], axis=-1)


def table_of(logs, first=1950):
    """Return a tidy table and its dyads; states are called by number, so that none is real."""
    years = range(first, first + logs.shape[-1])
    rows = [
        pd.DataFrame({"state": f"{side}{pair:03}", "year": years, "value": np.exp(logs[k, pair])})
        for k, side in enumerate(("left ", "right "))
        for pair in range(logs.shape[1])
    ]
    dyads = [(f"left {pair:03}", f"right {pair:03}") for pair in range(logs.shape[1])]
    return pd.concat(rows, ignore_index=True), dyads


def auc(react, alone):
    """Return the area under the curve: how often a reacting pair scores above another."""
    ordered = np.sort(alone)
    below, upto = (np.searchsorted(ordered, react, side=side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(alone))
