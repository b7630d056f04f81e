"""Brackets on curves whose crossings are known: roots to tolerance, jumps called jumps."""

from __future__ import annotations

import numpy as np
import pytest

from secdil_sd.analysis.sweeps.crossings import refine, scan

GRID = np.linspace(0, 1, 17)


def located(functions, level=0.0, width=1e-6, grid=GRID):
    def evaluate(curve, x):
        return np.array([functions[c](v) for c, v in zip(curve, x, strict=True)])

    table = np.array([[f(x) for x in grid] for f in functions])
    found = refine(evaluate, scan(grid, table, level), level, width, 1.0)
    return found, np.ptp(table, axis=1)[found.curve]


def test_roots_are_found_to_tolerance_with_their_direction():
    roots = (0.1234, 0.5, 0.87)
    found, span = located([lambda x: np.prod([x - each for each in roots])])
    np.testing.assert_allclose(found.root(0.0), roots, atol=1e-6)
    assert found.rising.tolist() == [True, False, True]
    assert (found.high - found.low <= 1e-6).all()
    assert not found.jumps(span).any()


def test_curves_do_not_mix():
    found, _ = located([lambda x: x - 0.3, lambda x: 0.6 - x, lambda x: x + 1.0])
    assert found.curve.tolist() == [0, 1]
    np.testing.assert_allclose(found.root(0.0), [0.3, 0.6], atol=1e-9)


@pytest.mark.parametrize("height", [1.0, 0.2])
def test_a_leap_is_a_jump_and_a_steep_slope_is_not(height):
    steep = lambda x: np.tanh(20 * (x - 0.41))  # noqa: E731
    leap = lambda x: 0.5 * (x - 1) + (height if x > 0.41 else 0.0)  # noqa: E731
    found, span = located([leap, steep], level=0.0 if height > 0.3 else -0.25)
    assert found.jumps(span).tolist() == [True, False]
    assert found.low[0] <= 0.41 <= found.high[0]
    assert found.after[0] - found.before[0] == pytest.approx(height, abs=0.01)


def test_several_crossings_in_one_bracket_are_all_found():
    found, _ = located([lambda x: (x - 0.27) * (x - 0.33) * (x - 0.45)], grid=np.linspace(0, 1, 5))
    np.testing.assert_allclose(found.root(0.0), [0.27, 0.33, 0.45], atol=1e-6)


def test_what_fails_in_between_stays_wide_and_says_so():
    found, _ = located([lambda x: float("nan") if 0.3 < x < 0.31 else x - 0.305])
    assert found.resolved.tolist() == [False]
    assert found.low[0] <= 0.305 <= found.high[0]


def test_nothing_is_claimed_beside_what_is_not_known():
    table = np.array([[-1.0, np.nan, 1.0, 2.0]])
    assert len(scan(np.arange(4.0), table, 0.0).low) == 0
