"""Exponential smoothing and ARIMA that choose their own form, as forecasting software does."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from secdil_sd.fitting.comparison.estimation import bounded
from secdil_sd.fitting.comparison.scores import Predictive

TRENDS: tuple[dict[str, Any], ...] = ({}, {"trend": "add"}, {"trend": "add", "damped_trend": True})
ORDERS = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1), (2, 1, 0), (0, 1, 2))
LEAST_YEARS = 10


def auto_ets(logs: np.ndarray, steps: int) -> Predictive:
    """Return forecasts of exponential smoothing: no trend, a trend or a damped one, by AICc.

    Additive errors on log spending, state by state, with the exact forecast variance.

    Parameters
    ----------
    logs : array (year, state)
    steps : int

    Raises
    ------
    ArithmeticError
        If no form could be estimated.

    Source: Hyndman, Koehler, Ord and Snyder (2008), chapter 6, class 1.
    """
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    def fitted(series: np.ndarray, form: dict[str, Any]) -> Any:
        return ETSModel(series, error="add", **form).fit(disp=False)

    return _state_by_state(logs, steps, fitted, TRENDS, _smoothed)


def auto_arima(logs: np.ndarray, steps: int) -> Predictive:
    """Return forecasts of ARIMA(p, 1, q) with drift, p + q at most 2, by AICc.

    On log spending, state by state: growth is taken as stationary, as unit-root tests of so few
    years cannot say otherwise. Parameters, errors as `auto_ets`.
    """
    from statsmodels.tsa.arima.model import ARIMA

    def fitted(series: np.ndarray, order: tuple[int, int, int]) -> Any:
        return ARIMA(series, order=order, trend="t").fit()

    def ahead(found: Any) -> tuple[np.ndarray, np.ndarray]:
        forecast = found.get_forecast(steps)
        return forecast.predicted_mean, forecast.se_mean

    return _state_by_state(logs, steps, fitted, ORDERS, lambda found, _: ahead(found))


def _state_by_state(
    logs: np.ndarray, steps: int, fitted: Any, forms: Any, ahead: Any
) -> Predictive:
    """The form with the least AICc for each state, asked for its forecasts."""
    centers, scales = [], []
    for series in logs.T:
        tried = [each for each in _tries(series, fitted, forms) if np.isfinite(each.aicc)]
        if not tried:
            raise ArithmeticError("no form could be estimated")
        center, scale = ahead(min(tried, key=lambda each: float(each.aicc)), steps)
        centers.append(center)
        scales.append(scale)
    return bounded(np.stack(centers, 1), np.stack(scales, 1), np.inf, logs[-1])


def _tries(series: np.ndarray, fitted: Any, forms: Any) -> Iterator[Any]:
    for form in forms:
        with _quiet():
            try:
                yield fitted(series, form)
            except (ValueError, np.linalg.LinAlgError):
                continue


def _smoothed(found: Any, steps: int) -> tuple[np.ndarray, np.ndarray]:
    level = found.smoothing_level
    trend = getattr(found, "smoothing_trend", None) or 0.0
    damping = getattr(found, "damping_trend", None) or 1.0
    ahead = np.arange(1, steps)
    passed = level + trend * np.cumsum(damping**ahead)
    growth = 1 + np.concatenate([[0.0], np.cumsum(passed**2)])
    # The package divides by the count of figures; what was estimated is taken off here.
    free = found.nobs - len(found.params)
    return np.asarray(found.forecast(steps)), np.sqrt(found.scale * found.nobs / free * growth)


@contextmanager
def _quiet() -> Iterator[None]:
    """Estimates that stopped early are kept or not by their AICc; their warnings tell nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
