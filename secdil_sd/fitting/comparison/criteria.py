"""What each equation gains by its parameters: information criteria, and leaving years out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.comparison.equation import Equation
from secdil_sd.fitting.comparison.estimation import Estimates, count_parameters
from secdil_sd.fitting.comparison.innovations import inverted, log_student, structured

if TYPE_CHECKING:
    import pandas as pd

CRITERIA_COLUMNS = (
    "model", "family", "parameters", "figures", "log_likelihood", "aicc", "aicc_difference",
    "aicc_weight", "bic", "bic_difference", "bic_weight", "loo", "loo_difference",
    "loo_difference_error", "converged",
)  # fmt: skip


def criteria(fits: Mapping[str, tuple[Equation, Estimates]]) -> pd.DataFrame:
    """Return the criteria of fitted equations, best AICc first, the case's own model last.

    Parameters
    ----------
    fits : mapping of str to (Equation, Estimates)
        All of one history: the densities are of the same log figures, the first two years given.

    Returns
    -------
    DataFrame
        Columns of `CRITERIA_COLUMNS`. Smaller ``aicc`` and ``bic`` are better, larger ``loo`` is:
        the log density of years left out. Differences are to the best explanation that is not
        the case's own model, and weights add up to one without it: what its scenario measures
        and judges is not counted among its parameters. ``loo_difference_error`` is the standard
        error of the difference.

    Source: Burnham and Anderson (2002); Vehtari, Gelman and Gabry (2017).
    """
    import pandas as pd

    rows, left_out = [], []
    for name, (equation, fitted) in fits.items():
        years, states = fitted.residuals.shape[-2:]
        count, figures = count_parameters(equation, states), years * states
        likelihood = float(fitted.log_likelihood[0])
        small = 2 * count * (count + 1) / (figures - count - 1)
        rows.append(
            {
                "model": name,
                "family": equation.family,
                "parameters": count,
                "figures": figures,
                "log_likelihood": likelihood,
                "aicc": 2 * count - 2 * likelihood + small,
                "bic": np.log(figures) * count - 2 * likelihood,
                "converged": bool(fitted.converged[0]),
            }
        )
        left_out.append(leave_year_out(fitted, equation.shared))
    table = pd.DataFrame(rows)
    plain = (table["family"] != "own model").to_numpy()
    for name in ("aicc", "bic"):
        difference = table[name] - table.loc[plain, name].min()
        table[f"{name}_difference"] = difference
        weight = np.where(plain, np.exp(-difference / 2), 0.0)
        table[f"{name}_weight"] = np.where(plain, weight / weight.sum(), np.nan)
    sums = np.array([each.sum() for each in left_out])
    best = left_out[int(np.argmax(np.where(plain & np.isfinite(sums), sums, -np.inf)))]
    table["loo"] = sums
    table["loo_difference"] = sums - best.sum()
    table["loo_difference_error"] = [
        float(np.sqrt(len(best) * np.var(each - best, ddof=1))) for each in left_out
    ]
    table["own"] = ~plain
    ordered = table.sort_values(["own", "aicc"], ignore_index=True)
    return ordered[list(CRITERIA_COLUMNS)]


def leave_year_out(fitted: Estimates, shared: bool) -> np.ndarray:
    """Return the log density of each year had it been left out of the fit, (year,).

    By the hat matrix, without refitting: exact for a regression of one state under a flat prior,
    first order where the equation is nonlinear. All states' figures of a year leave together.

    Examples
    --------
    >>> from secdil_sd.fitting.comparison.estimation import estimate
    >>> from secdil_sd.fitting.comparison.regressions import RANDOM_WALK
    >>> logs = np.array([0.0, 0.1, 0.1, 0.4, 0.3, 0.6])[None, :, None]
    >>> leave_year_out(estimate(RANDOM_WALK, logs), shared=False).round(2).tolist()
    [0.01, -0.19, -0.56, -0.19]
    """
    residuals, slopes = fitted.residuals[0], fitted.slopes[0]
    years, states, size = slopes.shape
    products = residuals.T @ residuals
    weight = inverted(structured(products / years, shared))
    information = inverted(np.einsum("tip,ij,tjq->pq", slopes, weight, slopes))
    hat = slopes @ information @ np.swapaxes(slopes, -2, -1) @ weight
    opened = np.linalg.pinv(np.eye(states) - hat)
    out = np.einsum("tij,tj->ti", opened, residuals)
    degrees = years - 1 - size / states
    if degrees <= 0:
        return np.full(years, np.nan)
    own = np.einsum("ti,tj->tij", residuals, out)
    kept = (products - (own + np.swapaxes(own, -2, -1)) / 2) / degrees
    spread = opened @ structured(np.where(np.eye(states) > 0, np.abs(kept), kept), shared)
    return log_student(out, (spread + np.swapaxes(spread, -2, -1)) / 2, degrees, shared)
