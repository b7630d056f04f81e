"""A stock among a thousand is followed as closely as one alone."""

import numpy as np
import pytest

from secdil_sd.solving.problem import Problem, Solver, solve


@pytest.mark.parametrize("method", ["RK45", "DOP853", "Tsit5"])
def test_one_moving_stock_is_not_diluted_by_still_ones(method):
    def swing(t, y, out):
        out[:] = 0.0
        out[0], out[1] = y[1], -y[0]

    def error(stocks, norm):
        start = np.zeros(stocks)
        start[1] = 1.0
        found = solve(
            Problem(swing, start, [0.0, 10.0], 1.0), Solver(method, 1e-6, 1e-9, norm=norm)
        )
        return abs(found.states[-1, 0] - np.sin(10.0))

    alone, worst, mean = error(2, "rms"), error(10_000, "max"), error(10_000, "rms")
    assert worst < 4 * alone
    assert mean > 10 * worst
