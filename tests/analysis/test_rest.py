"""Points of rest and modes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secdil_sd.analysis import rest


def linear(matrix, offset):
    return lambda y: matrix @ y + offset


def entries(matrix):
    n = len(matrix)
    return rest.Roles(np.arange(n), np.array([], int), np.array([], int))


@given(st.integers(2, 5), st.integers(0, 10_000))
def test_a_linear_system_rests_where_algebra_says(n, seed):
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(0, 0.2, (n, n)) - np.eye(n) * (0.5 + 0.2 * n)
    offset = rng.uniform(-1, 1, n)
    wide = np.full(n, np.inf)
    found = rest.find_rest(
        linear(matrix, offset), [np.ones(n)], entries(matrix), np.ones(n), -wide, wide
    )
    assert len(found) == 1
    np.testing.assert_allclose(found[0], np.linalg.solve(matrix, -offset), rtol=1e-9, atol=1e-12)


def test_the_jacobian_is_exact():
    def rates(y):
        return np.array([np.exp(y[0]) * y[1], y[1] ** 2 / y[0]])

    y = np.array([0.7, 1.3])
    expected = [[np.exp(0.7) * 1.3, np.exp(0.7)], [-(1.3**2) / 0.49, 2 * 1.3 / 0.7]]
    np.testing.assert_allclose(rest.jacobian(rates, y), expected, rtol=1e-14)


def test_all_three_roots_of_a_cubic_are_found_and_bounds_kept():
    def rates(y):
        return -(y - 1) * (y - 2) * (y - 3)

    roles = entries(np.eye(1))
    starts = [np.array([s]) for s in np.linspace(0.5, 3.5, 13)]
    one = np.ones(1)
    found = rest.find_rest(rates, starts, roles, one, -10 * one, 10 * one)
    assert sorted(round(float(each[0]), 9) for each in found) == [1.0, 2.0, 3.0]
    kept = rest.find_rest(rates, starts, roles, one, 1.5 * one, 10 * one)
    assert sorted(round(float(each[0]), 9) for each in kept) == [2.0, 3.0]


def test_entries_are_sorted():
    def rates(y):  # y0 active, y1 held, y2 only counts
        return np.array([y[1] - y[0], 0 * y[1], y[0] ** 2])

    roles = rest.sort_entries(rates, [np.array([1.0, 2.0, 3.0])])
    assert (roles.active.tolist(), roles.held.tolist(), roles.passive.tolist()) == ([0], [1], [2])


def test_modes_come_leading_first():
    matrix = np.array([[-1.0, 0.5], [0.5, -1.0]])
    values, vectors = rest.modes(matrix, entries(matrix))
    assert values.real.tolist() == pytest.approx([-0.5, -1.5])
    assert abs(vectors[0, 0]) == pytest.approx(abs(vectors[1, 0]))
