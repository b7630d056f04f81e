"""The coefficients of Tsit5, tested as mathematics: no golden numbers."""

import numpy as np
import pytest

from secdil_sd.solving.tableau import STAGES, A, B, C, E, P, interpolation_weights

# Stage matrix, squared off: nothing depends on the last stage.
SQUARE = np.hstack([A, np.zeros((STAGES, 1))])
FIFTH = np.append(B, 0.0)


def elementary_weights(weights):
    """Yield (order, sum over the tree, 1 / density) for all 17 rooted trees up to order 5."""
    a, c, one = SQUARE, C, np.ones(STAGES)
    trees = [
        (1, one, 1),
        (2, c, 2),
        (3, c**2, 3),
        (3, a @ c, 6),
        (4, c**3, 4),
        (4, c * (a @ c), 8),
        (4, a @ c**2, 12),
        (4, a @ a @ c, 24),
        (5, c**4, 5),
        (5, c**2 * (a @ c), 10),
        (5, c * (a @ c**2), 15),
        (5, c * (a @ a @ c), 30),
        (5, (a @ c) ** 2, 20),
        (5, a @ c**3, 20),
        (5, a @ (c * (a @ c)), 40),
        (5, a @ a @ c**2, 60),
        (5, a @ a @ a @ c, 120),
    ]
    for order, vector, density in trees:
        yield order, weights @ vector, 1 / density


def test_each_row_sums_to_its_abscissa():
    np.testing.assert_allclose(A.sum(axis=1), C, atol=5e-15)


def test_no_stage_uses_a_later_one():
    assert np.all(np.triu(SQUARE) == 0)


def test_weights_meet_all_conditions_of_order_five():
    for order, found, wanted in elementary_weights(FIFTH):
        assert found == pytest.approx(wanted, abs=3e-15), order


def test_embedded_weights_meet_order_four_and_fail_order_five():
    embedded = FIFTH - E
    errors = dict.fromkeys(range(1, 6), 0.0)
    for order, found, wanted in elementary_weights(embedded):
        errors[order] = max(errors[order], abs(found - wanted))
    assert max(errors[order] for order in range(1, 5)) < 3e-15
    assert errors[5] > 1e-5


def test_error_weights_sum_to_zero():
    assert abs(E.sum()) < 1e-15


@pytest.mark.parametrize("share", [0.0, 0.1, 0.37, 0.5, 0.9, 1.0])
def test_interpolant_meets_all_conditions_of_order_four(share):
    weights = interpolation_weights(np.array([share]))[0]
    for order, found, wanted in elementary_weights(weights):
        if order <= 4:
            assert found == pytest.approx(wanted * share**order, abs=2e-14), order


def test_interpolant_joins_smoothly():
    ends = interpolation_weights(np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends[0], 0.0, atol=0)
    np.testing.assert_allclose(ends[1], FIFTH, atol=3e-14)
    slope_at_begin = P[:, 0]
    slope_at_end = P @ np.arange(1, 5)
    np.testing.assert_allclose(slope_at_begin, np.eye(STAGES)[0], atol=0)
    np.testing.assert_allclose(slope_at_end, np.eye(STAGES)[-1], atol=3e-14)
