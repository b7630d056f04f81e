"""SciPy's explicit methods judged by their worst stock: a mean over thousands would dilute it."""

from __future__ import annotations

import numpy as np
from scipy.integrate import DOP853, RK45, OdeSolver


class WorstRK45(RK45):
    """RK45 whose error is the largest of its stocks'."""

    def _estimate_error_norm(self, K: np.ndarray, h: float, scale: np.ndarray) -> float:
        return float(np.abs(self._estimate_error(K, h) / scale).max())


class WorstDOP853(DOP853):
    """DOP853 whose error is the largest of its stocks'.

    Source: E. Hairer, S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I,
    section II.10: the fifth-order estimate, damped by the third-order one.
    """

    def _estimate_error_norm(self, K: np.ndarray, h: float, scale: np.ndarray) -> float:
        fifth = np.abs(np.dot(K.T, self.E5) / scale).max() ** 2
        third = np.abs(np.dot(K.T, self.E3) / scale).max() ** 2
        below = np.sqrt(fifth + 0.01 * third)
        return float(abs(h) * fifth / below) if below != 0.0 else 0.0


WORST: dict[type[OdeSolver], type[OdeSolver]] = {RK45: WorstRK45, DOP853: WorstDOP853}
"""By the method it stands in for."""
