"""Panels of dyads whose truth is known: the bundled model with noise, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

import secdil_sd as sd

FIRST = 1960


@dataclass(frozen=True)
class Truth:
    """A panel and what made it."""

    spending: pd.DataFrame
    gdp: pd.DataFrame
    democracy: pd.DataFrame
    dyads: list[tuple[str, str]]
    reactions: np.ndarray


def simulated_panel(
    seed: int,
    dyads: int = 12,
    years: int = 40,
    reaction: float = 0.15,
    democratic: float = 0.0,
    spread: float = 0.03,
    exponent: float = 0.5,
    noise: float = 0.05,
    persistence: float = 0.0,
    shock: float = 0.0,
) -> Truth:
    """Return a panel; every third dyad is of two democracies, which react by less.

    ``democratic`` is the difference that makes. ``shock`` is the yearly spread of a walk common
    to all states; forty more states without rivals then make up the world.
    """
    rng = np.random.default_rng(seed)
    model = sd.load_model("richardson", subscripts={"state": ["a", "b"]})
    size = np.exp(rng.normal(0, 0.5, (dyads, 2)))
    two = np.arange(dyads) % 3 == 0
    kind = reaction + democratic * two
    own = (
        kind[:, None] + spread * rng.normal(size=(dyads, 1)) + spread * rng.normal(size=(dyads, 2))
    )
    dollar = own * (size / size[:, ::-1]) ** exponent
    fatigue = 0.18 * np.exp(0.3 * rng.normal(size=(dyads, 2)))
    samples = {
        "reaction[a,b]": dollar[:, 0],
        "reaction[b,a]": dollar[:, 1],
    }
    start = size * np.exp(0.4 * rng.normal(size=(dyads, 2)))
    grievance = size * (0.06 + 0.03 * rng.normal(size=(dyads, 2)))
    for k, name in enumerate("ab"):
        samples[f"fatigue[{name}]"] = fatigue[:, k]
        samples[f"grievance[{name}]"] = grievance[:, k]
        samples[f"initial spending[{name}]"] = start[:, k]
    times = np.arange(4 * years + 1) / 4
    run = model.run_ensemble(
        pd.DataFrame(samples), times=times, outputs=["spending"], progress=False
    )
    path = run["spending"].transpose("member", "state", "time").values
    weight = np.array([7, 32, 12, 32, 7]) / 90
    means = np.stack([path[..., 4 * y : 4 * y + 5] @ weight for y in range(years)], axis=-1)
    error = np.zeros_like(means)
    new = noise * rng.normal(size=means.shape)
    error[..., 0] = new[..., 0] / np.sqrt(1 - persistence**2)
    for y in range(1, years):
        error[..., y] = persistence * error[..., y - 1] + new[..., y]
    world = np.cumsum(shock * rng.normal(size=years))
    figures = means * np.exp(error + world)
    names = [(f"A{k:02d}", f"B{k:02d}") for k in range(dyads)]
    rows = [
        (names[k][i], FIRST + y, figures[k, i, y], size[k, i], 0.9 if two[k] else 0.1)
        for k in range(dyads)
        for i in (0, 1)
        for y in range(years)
    ]
    if shock:
        drift = np.cumsum(0.02 + 0.05 * rng.normal(size=(40, years)), axis=1)
        rows += [
            (f"W{k:02d}", FIRST + y, np.exp(drift[k, y] + world[y]), 1.0, 0.5)
            for k in range(40)
            for y in range(years)
        ]
    table = pd.DataFrame(rows, columns=["state", "year", "value", "gdp", "democracy"])

    def column(name: str) -> pd.DataFrame:
        return table[["state", "year"]].assign(value=table[name])

    return Truth(column("value"), column("gdp"), column("democracy"), names, own)
