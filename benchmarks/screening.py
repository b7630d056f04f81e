"""How often are dyads that cannot react said to react, and how surely are those found that do?

Three tables, each over numbers of yearly changes:

1. Worlds the rule of `sd.screen` was not learnt from: rows are worlds in which each side answers
   the other, columns worlds in which neither does; each entry is the area under the curve (AUC),
   each row ends with the share whose reaction is supported, each column too.
2. The bundled models with observation noise, contact or reaction on and off.
3. With ``--nmc FILE`` (National Material Capabilities) the verdicts on placebo pairs: states
   re-paired in the same years, and in years at least 15 apart.

Found with ``--pairs 1000``, 120,000 pairs learnt from: against random walks with drift, independent
or with common shocks, AUC .87-.95 at 30 changes and .92-.98 at 50; against Richardson's equations
without reaction .73-.85 and .77-.91. Reaction supported in at most 1% of walks, 2% of states that
go their own way, 3-8% of the extended model's without contact; in 1-3% of real placebo pairs of the
same years and 0.2-1.5% of other years. What it costs: at 50 changes a real reaction of Richardson's
equations is supported in a tenth (figures within 10%) to a half (within 3%) of pairs, of the
extended model in two of three; else it cannot tell. Where it fails: the extended model without
contact and figures within 3%, paths so smooth that their bends look like answers, passes in 20%.

    python benchmarks/screening.py [--pairs 1000] [--nmc NMC-60-abridged.csv] [--cpi us_cpi.csv]
    python benchmarks/screening.py --learn models/data/screening_reference.json    # learn it anew
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

import secdil_sd as sd
from secdil_sd.fitting.screening.evidence import statistics
from secdil_sd.fitting.screening.reaction import SUPPORTED
from secdil_sd.fitting.screening.reference import learn_reference, reference

CHANGES = (20, 30, 50)


def walks(pairs, changes, rng, shared=0.0, memory=0.0, error=0.0, sizes=(0.05, 0.15), drift=0.03):
    """Random walks with drift; shocks shared in part, the shared part with memory."""
    own, common = (rng.normal(size=(k, pairs, changes + 20)) for k in (2, 1))
    for year in range(1, changes + 20):
        common[..., year] = (
            memory * common[..., year - 1] + np.sqrt(1 - memory**2) * common[..., year]
        )
    shocks = (np.sqrt(1 - shared) * own + np.sqrt(shared) * common)[..., 20:]
    growth = rng.normal(drift, 0.03, (2, pairs, 1)) + rng.uniform(*sizes, (2, pairs, 1)) * shocks
    logs = np.concatenate([np.zeros((2, pairs, 1)), growth.cumsum(axis=-1)], axis=-1)
    return logs + rng.normal(0, 1, (2, pairs, 1)) + error * rng.normal(size=logs.shape)


def trends(pairs, changes, rng):
    """Exponential growth, each at its own pace, with shocks that fade."""
    noise = 0.05 * rng.normal(size=(2, pairs, changes + 21))
    for year in range(1, changes + 21):
        noise[..., year] += 0.5 * noise[..., year - 1]
    slope = rng.normal(0.04, 0.03, (2, pairs, 1))
    return slope * np.arange(changes + 1) + noise[..., 20:]


def richardson(pairs, changes, rng, gain=(0.3, 0.95), shock=0.05, error=0.05, steps=10):
    """Richardson's equations from away from rest, with shocks and errors of the figures."""
    fatigue, ratio = rng.uniform(0.1, 0.3, (2, pairs)), rng.uniform(*gain, (2, pairs))
    scale = np.stack([np.ones(pairs), np.exp(rng.normal(0, 0.5, pairs))])
    reaction = ratio * fatigue * scale / scale[::-1]
    grievance = 0.1 * scale * np.exp(rng.normal(0, 0.5, (2, pairs)))
    rest = (fatigue[::-1] * grievance + reaction * grievance[::-1]) / (
        fatigue.prod(axis=0) - reaction.prod(axis=0)
    )
    now = rest * np.exp(rng.uniform(-1.5, 0.5, (2, pairs)))
    logs = np.empty((2, pairs, changes + 1))
    for year in range(changes + 1):
        mean = 0
        for _ in range(steps):
            mean = mean + now / steps
            rate = reaction * now[::-1] - fatigue * now + grievance
            kick = shock * np.sqrt(1 / steps) * now * rng.normal(size=now.shape)
            now = np.maximum(now + rate / steps + kick, 1e-6)
        logs[..., year] = np.log(mean)
    return logs + error * rng.normal(size=logs.shape)


World = Callable[[int, int, np.random.Generator], np.ndarray]
REACTING: dict[str, World] = {
    "shocks 5%, errors 5%": richardson,
    "errors 10%": partial(richardson, shock=0, error=0.1),
    "errors 3%": partial(richardson, shock=0, error=0.03),
    "shocks 10%": partial(richardson, shock=0.1, error=0),
    "strong": partial(richardson, gain=(0.6, 0.99)),
    "yearly steps": partial(richardson, shock=0.08, error=0, steps=1),
}
ALONE: dict[str, World] = {
    "walks": walks,
    "fast": partial(walks, drift=0.06),
    "common": partial(walks, shared=0.5),
    "booms": partial(walks, shared=0.5, memory=0.4),
    "errors": partial(walks, error=0.05),
    "trends": trends,
    "own": partial(richardson, gain=(0, 0)),
}


def scores(logs: np.ndarray) -> np.ndarray:
    changes = logs.shape[-1] - 1
    return reference().probability(statistics(*logs), np.full(logs.shape[1], changes))


def auc(react: np.ndarray, alone: np.ndarray) -> float:
    ordered = np.sort(alone)
    below, upto = (np.searchsorted(ordered, react, side=side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(alone))


def show_worlds(pairs: int, changes: int, rng: np.random.Generator) -> None:
    alone = {name: scores(make(pairs, changes, rng)) for name, make in ALONE.items()}
    rows = {}
    for name, make in REACTING.items():
        found = scores(make(pairs, changes, rng))
        rows[name] = {other: auc(found, each) for other, each in alone.items()}
        rows[name]["supported"] = (found >= SUPPORTED).mean()
    rows["supported"] = {name: (each >= SUPPORTED).mean() for name, each in alone.items()}
    print(f"\n{changes} yearly changes, AUC")
    print(pd.DataFrame(rows).T.to_string(float_format="%.2f", na_rep=""))


def show_models(pairs: int, changes: int, rng: np.random.Generator) -> None:
    """The bundled extended model: what it drives apart is contact, between none and full."""
    model = sd.load_model("security_dilemma")
    ranges = {
        "fatigue": (0.1, 0.4), "grievance share": (0.001, 0.005), "transparency": (0.0, 0.6),
        "initial spending": (5.0, 60.0), "initial GDP": (800.0, 2500.0),
    }  # fmt: skip
    first, second = map(str, model.run(times=[0, 1], outputs=["spending"])["state"].values)
    columns = {
        f"{name}.{state}": rng.uniform(*span, pairs)
        for name, span in ranges.items()
        for state in (first, second)
    }
    columns[f"reaction.{first}"] = columns[f"reaction.{second}"] = rng.uniform(0.1, 0.4, pairs)
    samples = pd.DataFrame(columns)
    found = {}
    for contact in (0.0, 1.0):
        run = model.run_ensemble(
            samples.assign(contact=contact), times=range(changes + 1), outputs=["spending"]
        )
        logs = np.log(run["spending"].transpose("state", "member", "time").to_numpy())
        found[contact] = scores(logs + 0.05 * rng.normal(size=logs.shape))
    share = {contact: float((each >= SUPPORTED).mean()) for contact, each in found.items()}
    print(
        f"{changes} changes, extended model, errors 5%: AUC {auc(found[1.0], found[0.0]):.2f}; "
        f"supported {share[1.0]:.1%} with contact, {share[0.0]:.1%} without"
    )


def show_placebos(nmc: str, cpi: str | None, pairs: int) -> None:
    table = sd.read_nmc(nmc)
    if cpi:
        table = sd.deflated(table, cpi, 2010)
    last = int(table["year"].max())
    for changes in CHANGES:
        for kind in ("same years", "other years"):
            found = [
                sd.placebo_pairs(table, window=(start, start + changes), kind=kind, n=pairs)
                for start in range(1955, last - changes + 1, 10)
            ]
            score = pd.concat(found)["reaction_probability"]
            print(f"{changes} changes, {kind}: {(score >= SUPPORTED).mean():.1%} of {len(score)}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pairs", type=int, default=1000)
    options.add_argument("--nmc")
    options.add_argument("--cpi")
    options.add_argument("--learn", metavar="FILE")
    asked = options.parse_args()
    if asked.learn:
        print(f"Wrote {learn_reference().save(asked.learn)}")
        return
    for changes in CHANGES:
        show_worlds(asked.pairs, changes, np.random.default_rng(changes))
    print()
    for changes in CHANGES:
        show_models(asked.pairs, changes, np.random.default_rng(changes))
    if asked.nmc:
        print()
        show_placebos(asked.nmc, asked.cpi, min(asked.pairs, 400))


if __name__ == "__main__":
    main()
