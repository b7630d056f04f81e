"""What a fitted model says of years, with a band of its path or of figures about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import check_count
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.fitting.memory import lasting
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit


def predict(
    fit: Fit,
    kind: str,
    years: Iterable[int] | None,
    level: float,
    draws: int,
    seed: Any,
    points: np.ndarray | None,
) -> pd.DataFrame:
    """Return the model's yearly figures with a band; as `Fit.predict`."""
    import pandas as pd

    wanted = asked_for(fit, kind, years, level, draws)
    rng = np.random.default_rng(seed)
    drawn = fit.local_draws(draws, rng) if points is None else np.asarray(points)
    paths = fit.problem.predicted(np.vstack([fit.best.point, drawn]), wanted)
    value, paths = paths[0], paths[1:]
    if kind == "observation":
        noise, size = fit.problem.noise, fit.problem.observed.size
        scatter = fit.spread * lasting(noise.draw(rng, paths.shape), fit.memory)
        lost = ~np.isfinite(paths)
        paths = noise.back(noise.scaled(paths, size) + scatter)
        paths[lost] = np.nan
    tail = (1 - level) / 2
    low, high = np.nanquantile(paths, [tail, 1 - tail], axis=0)
    table = pd.DataFrame(
        {
            "state": np.repeat(fit.problem.observed.states, len(wanted)),
            "year": np.tile(wanted, len(value)),
            "value": value.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )
    figures = fit.problem.observed.to_dataframe()[["state", "year", "value"]]
    return table.merge(
        figures.rename(columns={"value": "figure"}), on=["state", "year"], how="left"
    )


def asked_for(fit: Fit, kind: str, years: Any, level: float, draws: int) -> list[int]:
    """Return the years to predict; everything that does not fit is told together."""
    findings: list[Finding] = []
    if kind not in ("mean", "observation"):
        hint = suggestion(str(kind), ("mean", "observation"))
        findings.append(Finding("error", f"kind is {kind!r}.", "kind", remedy=hint))
    if not (isinstance(level, int | float) and 0 < level < 1):
        remedy = "Give a share, as level=0.9."
        findings.append(Finding("error", f"level is {level!r}.", "level", remedy=remedy))
    with collecting(findings):
        check_count(draws, 2, "draws")
    wanted: list[int] = []
    try:
        given = list(fit.problem.observed.years if years is None else years)
        wanted = [int(each) for each in given]
        whole = bool(wanted) and all(a == b for a, b in zip(wanted, given, strict=True))
    except (TypeError, ValueError):
        whole = False
    if isinstance(years, str) or not whole:
        remedy = "Give whole years, as range(1990, 2000)."
        findings.append(Finding("error", f"years is {years!r}.", "years", remedy=remedy))
    elif min(wanted) < fit.problem.first:
        message = f"{min(wanted)} lies before the start, {fit.problem.first}."
        findings.append(Finding("error", message, "years"))
    if findings:
        raise InputError(*findings)
    return wanted
