"""Inputs over time: what holds at knots, between them, beyond them, and beside them by rounding."""

from __future__ import annotations

import numpy as np
import pytest

from secdil_sd.simulation.series import Series
from secdil_sd.targets.runtime import Clock, LookupTable, SeriesTable

KNOTS, VALUES = np.array([0.0, 0.3, 1.0]), np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 20.0]])
AT = {  # time: hold, discrete, forward, raw
    -1.0: (1.0, 1.0, 1.0, np.nan),
    0.0: (1.0, 1.0, 1.0, 1.0),
    0.15: (2.0, 1.0, 3.0, np.nan),
    0.3: (3.0, 3.0, 3.0, 3.0),
    0.65: (2.5, 3.0, 2.0, np.nan),
    1.0: (2.0, 2.0, 2.0, 2.0),
    4.0: (2.0, 2.0, 2.0, np.nan),
}


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("t", AT)
def test_every_way_to_read_agrees_with_the_table_above(place, t):
    between = ("hold", "discrete", "forward", "raw")[place]
    expected = AT[t][place] * np.array([1.0, 10.0])
    np.testing.assert_allclose(SeriesTable(KNOTS, VALUES, (), between)(t), expected)
    np.testing.assert_allclose(SeriesTable(KNOTS, VALUES, (1,), between)(t)[:, 0], expected)
    np.testing.assert_allclose(Series(KNOTS, VALUES, between).at(np.array([t]))[0], expected)
    if t in KNOTS or between != "raw":
        assert LookupTable(KNOTS, VALUES[:, 0], between)(t) == pytest.approx(expected[0])


@pytest.mark.parametrize("beyond", ["hold", "extrapolate"])
@pytest.mark.parametrize("x", [[1.0], [0.0, 0.3, 1.0], [-1.0, 0.5, 0.5, 2.0], [2.0, 2.0]])
def test_one_number_is_looked_up_as_an_array_of_it(beyond, x):
    y = np.random.default_rng(len(x)).normal(size=(3, len(x)))
    several, single = LookupTable(x, y, beyond, (3,), ()), LookupTable(x, y[0], beyond)
    for at in (*x, *np.linspace(-2, 3, 41), np.nan, np.inf, -np.inf):
        with np.errstate(invalid="ignore"):
            np.testing.assert_array_equal(several(float(at)), several(np.full(3, at)))
            np.testing.assert_array_equal(single(float(at)), single(np.array([at]))[0])
            np.testing.assert_array_equal(single(np.array(at)), single(np.array([at]))[0])


@pytest.mark.parametrize("between", ["discrete", "forward", "raw"])
def test_a_grid_that_misses_a_knot_by_rounding_meets_it(between):
    table = SeriesTable(KNOTS, VALUES, (), between, slack=1e-6)
    for near in (np.nextafter(0.3, 0), np.nextafter(0.3, 1), 3 * 0.1):
        np.testing.assert_array_equal(table(float(near)), VALUES[1])


def test_without_slack_the_sides_of_a_knot_differ():
    table = SeriesTable(KNOTS, VALUES, (), "discrete")
    assert table(float(np.nextafter(0.3, 0)))[0] == 1.0 and table(0.3)[0] == 3.0


@pytest.mark.parametrize("fixed", [True, False])
def test_compiled_code_reads_series_alike(fixed):
    """The functions compiled code is made of, before they are compiled."""
    pytest.importorskip("numba")
    from secdil_sd.targets import lanes
    from secdil_sd.targets.native import shared_data

    clock = Clock(0.25, fixed)
    manners = ("hold", "discrete", "forward", "raw")
    tables = [SeriesTable(KNOTS, VALUES, (), each, clock.slack) for each in manners]
    shared = shared_data(clock, tables)
    for t in (*AT, *np.nextafter(KNOTS, -9), *np.nextafter(KNOTS, 9)):
        for number, table in enumerate(tables):
            place, share = lanes.located.py_func(t, shared, number)
            found = [lanes.between.py_func(shared, number, k, place, share) for k in (0, 1)]
            np.testing.assert_allclose(found, table(float(t)), rtol=1e-12, err_msg=manners[number])
