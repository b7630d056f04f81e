"""Figures that a posterior expects: the model's path, and figures scattered about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.posterior.posterior import Posterior
    from secdil_sd.fitting.problem import Problem

KINDS = ("mean", "observation")


def scattered(problem: Problem, paths: np.ndarray, spread: np.ndarray, seed: Any) -> np.ndarray:
    """Return figures about paths.

    Parameters
    ----------
    problem : Problem
    paths : array (draw, state, year)
        NaN where a member failed, and in what is returned.
    spread : array (draw,)
    seed : int or Generator
    """
    rng = np.random.default_rng(seed)
    noise, size = problem.noise, problem.observed.size
    with np.errstate(all="ignore"):
        scaled = noise.scaled(paths, size) + spread[:, None, None] * noise.draw(rng, paths.shape)
    return np.where(np.isfinite(paths), noise.back(scaled), np.nan)


def predicted_table(found: Posterior, kind: str, years: Any, level: float) -> pd.DataFrame:
    """Return a band over the draws kept of a posterior; as `Posterior.predict`."""
    import pandas as pd

    if kind not in KINDS:
        hint = suggestion(str(kind), KINDS)
        raise InputError(Finding("error", f"kind is {kind!r}.", "kind", remedy=hint))
    problem = found.problem
    wanted = [int(each) for each in (problem.observed.years if years is None else years)]
    if min(wanted) < problem.first:
        message = f"{min(wanted)} lies before the start, {problem.first}."
        raise InputError(Finding("error", message, "years"))
    paths = problem.predicted(found.points, wanted)
    failed = int((~np.isfinite(paths)).any(axis=(1, 2)).sum())
    if kind == "observation":
        paths = scattered(problem, paths, found.few[1].ravel(), int(found.settings["seed"]))
    tail = (1 - level) / 2
    low, value, high = np.nanquantile(paths, [tail, 0.5, 1 - tail], axis=0)
    return pd.DataFrame(
        {
            "state": np.repeat(problem.observed.states, len(wanted)),
            "year": np.tile(wanted, len(value)),
            "value": value.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "failed": failed,
        }
    )
