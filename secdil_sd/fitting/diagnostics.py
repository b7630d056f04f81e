"""What residuals say of a fit: scatter, memory, shape, who pulls, where the error comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from secdil_sd.fitting.optimum import Optimum
from secdil_sd.fitting.problem import Problem
from secdil_sd.names import the

if TYPE_CHECKING:
    import pandas as pd

LASTING = 0.4
"""Neighbouring residuals correlated more than this: intervals from independent noise are narrow."""
RARE = 0.01
PULLING = 1.0
"""Cook's distance from which a figure alone moves the estimates by about their joint interval."""


def residual_table(problem: Problem, best: Optimum) -> pd.DataFrame:
    """Return figure by figure: state, year, figure, model, residual, standardized, leverage, cook.

    Source
    ------
    Cook (1977), with the tangent plane of the model in place of a linear design.
    """
    table = problem.observed.to_dataframe().rename(columns={"value": "figure"})
    present = problem.observed.present
    model = problem.noise.back(best.residuals + problem.target)
    inside = best.bound == 0
    spread = float(problem.noise.spread(best.residuals))
    fitted = int(inside.sum())
    q, _ = np.linalg.qr(best.slopes[:, inside]) if fitted else (np.zeros((len(model), 0)), None)
    leverage = np.clip(np.square(q).sum(axis=1), 0, 1 - 1e-9)
    variance = spread**2 * len(model) / max(len(model) - fitted, 1)
    standardized = best.residuals / np.sqrt(variance * (1 - leverage))
    cook = np.square(standardized) * leverage / (1 - leverage) / max(fitted, 1)
    assert present.sum() == len(table)
    return table.assign(
        model=model,
        residual=-best.residuals,
        standardized=-standardized,
        leverage=leverage,
        cook=cook,
    )


def influence(problem: Problem, best: Optimum) -> pd.DataFrame:
    """Return state, year, cook, and for each number how its estimate moves without the figure.

    In standard errors; from the tangent plane at the optimum (Belsley, Kuh and Welsch, 1980).
    Numbers on a bound do not move.
    """
    table = residual_table(problem, best)
    inside = np.flatnonzero(best.bound == 0)
    slopes = best.slopes[:, inside]
    inverse = np.linalg.pinv(slopes.T @ slopes)
    shift = (slopes @ inverse) * (best.residuals / (1 - table["leverage"].to_numpy()))[:, None]
    left = max(len(best.residuals) - len(inside), 1)
    variance = float(problem.noise.spread(best.residuals)) ** 2 * len(best.residuals) / left
    errors = np.sqrt(np.diag(inverse) * variance)
    moved = dict.fromkeys(problem.names, 0.0) | {
        problem.names[k]: shift[:, at] / errors[at] for at, k in enumerate(inside)
    }
    return table[["state", "year", "cook"]].assign(**moved)


def residual_checks(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a state: figures, scatter, memory of one year, and how likely by chance.

    Columns: state, figures, rms, memory (correlation of neighbouring years), memory_p
    (Ljung and Box, 1978, one lag), normal_p (Shapiro and Wilk, 1965), growing_p (rank correlation
    of size with time), effective (figures that independent ones would be worth).
    """
    import pandas as pd

    rows = []
    for state, part in table.groupby("state", sort=False):
        part = part.sort_values("year")
        r = part["residual"].to_numpy()
        n = len(r)
        memory = _memory(r, part["year"].to_numpy())
        q = n * (n + 2) * memory**2 / max(n - 1, 1)
        smooth = np.ptp(r) > 0 and n >= 4
        rows.append(
            {
                "state": state,
                "figures": n,
                "rms": float(np.sqrt(np.mean(r**2))),
                "memory": memory,
                "memory_p": float(stats.chi2.sf(q, 1)),
                "normal_p": float(stats.shapiro(r).pvalue) if smooth else np.nan,
                "growing_p": float(stats.spearmanr(np.abs(r), np.arange(n)).pvalue)
                if smooth
                else np.nan,
                "effective": float(n * (1 - max(memory, 0)) / (1 + max(memory, 0))),
            }
        )
    return pd.DataFrame(rows)


def neighbors(table: pd.DataFrame) -> pd.DataFrame:
    """Return each residual beside the one of the year before: state, year, residual, before.

    Years whose year before has no figure are left out.
    """
    before = table[["state", "year", "residual"]].rename(columns={"residual": "before"})
    before = before.assign(year=before["year"] + 1)
    return table[["state", "year", "residual"]].merge(before, on=["state", "year"])


def _memory(r: np.ndarray, years: np.ndarray) -> float:
    """Correlation of neighbouring years; years with a gap between them are no neighbours."""
    centred = r - r.mean()
    total = float(centred @ centred)
    follows = np.diff(years) == 1
    if total == 0 or len(r) < 3 or not follows.any():
        return 0.0
    return float((centred[1:] * centred[:-1])[follows].sum() / total)


def error_sources(table: pd.DataFrame, logarithmic: bool) -> pd.DataFrame:
    """Return Theil's decomposition of the mean square error, a row a state.

    Columns: state, mean_square_error, bias (unequal means), variation (unequal spreads),
    covariation (the rest: unlike movement); the three shares sum to 1.

    Source
    ------
    Theil (1966), *Applied Economic Forecasting*; Sterman (1984).
    """
    import pandas as pd

    rows = []
    for state, part in table.groupby("state", sort=False):
        model, figure = part["model"].to_numpy(), part["figure"].to_numpy()
        if logarithmic:
            model, figure = np.log(model), np.log(figure)
        error = float(np.mean((model - figure) ** 2))
        bias = float((model.mean() - figure.mean()) ** 2)
        variation = float((model.std() - figure.std()) ** 2)
        share = [bias / error, variation / error] if error > 0 else [0.0, 0.0]
        rows.append((state, error, *share, max(1 - sum(share), 0.0)))
    columns = ["state", "mean_square_error", "bias", "variation", "covariation"]
    return pd.DataFrame(rows, columns=columns)


def remarks(table: pd.DataFrame, checks: pd.DataFrame, lasting: bool = False) -> tuple[str, ...]:
    """Return what a reader should know of the residuals, in sentences.

    ``lasting`` says that the noise has memory, so that residuals may persist.
    """
    found = []
    for row in checks.itertuples():
        name = the(str(row.state))
        if row.memory > LASTING and row.memory_p < 0.05 and not lasting:
            wider = np.sqrt(row.figures / max(row.effective, 1e-9))
            found.append(
                f"Residuals of {name} persist from year to year (correlation {row.memory:.2f}): "
                f"its {row.figures} figures tell as much as {row.effective:.0f} independent ones, "
                f"and intervals that ignore this are about {wider:.1f} times too narrow. "
                "Use noise='lognormal with memory', or bootstrap()."
            )
        if row.normal_p < RARE:
            found.append(
                f"Residuals of {name} have outliers or are skewed (Shapiro-Wilk p = "
                f"{row.normal_p:.1g}): compare with noise='student t'."
            )
        if row.growing_p < RARE:
            found.append(f"Residuals of {name} change in size over time.")
    for row in table[table["cook"] > PULLING].nlargest(3, "cook").itertuples():
        found.append(
            f"The figure of {the(str(row.state))} for {row.year} alone pulls the estimates "
            f"(Cook's distance {row.cook:.1f})."
        )
    return tuple(found)
