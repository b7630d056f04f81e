"""Compiled elementary functions against NumPy's, and the clock, series and tables against ours."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from numba import njit

from secdil_sd.solving.blocks import FAST
from secdil_sd.targets import lanes, runtime
from secdil_sd.targets.native import shared_data

EPS = np.finfo(float).eps
TINY = 5e-324
EDGES = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        2.0,
        -2.0,
        3.0,
        -3.0,
        1e-06,
        9.9e-07,
        -1e-06,
        1e-07,
        math.inf,
        -math.inf,
        math.nan,
        TINY,
        -TINY,
        2.2e-308,
        -2.2e-308,
        1e-310,
        1e308,
        -1e308,
        709.7,
        709.79,
        710.0,
        -708.3,
        -708.5,
        -745.1,
        -745.2,
        -746.0,
        -800.0,
        math.pi,
        -math.e,
        1000000000000000.0,
        1e16 + 2,
        4503599627370497.0,
        1 + EPS,
        1 - EPS / 2,
    ]
)


@njit(fastmath=FAST, error_model="numpy")
def over(function, xs, out):
    """As rates call them: inlined in a loop that may be compiled to vectors."""
    for k in range(len(xs)):
        out[k] = function(xs[k])


@njit(fastmath=FAST, error_model="numpy")
def over_pairs(function, xs, ys, out):
    for k in range(len(xs)):
        out[k] = function(xs[k], ys[k])


def one(function, xs):
    out = np.empty(len(xs))
    over(function, np.asarray(xs, dtype=float), out)
    return out


def two(function, xs, ys):
    out = np.empty(len(xs))
    over_pairs(function, np.asarray(xs, dtype=float), np.asarray(ys, dtype=float), out)
    return out


def pairs():
    return (np.ravel(each) for each in np.meshgrid(EDGES, EDGES))


def assert_ulps(found, wanted, ulps, scale=1.0):
    """Equal where not finite; elsewhere within so many units in the last place."""
    wanted = np.asarray(wanted)
    whole = np.isfinite(wanted)
    np.testing.assert_array_equal(found[~whole], wanted[~whole])
    found, wanted = np.where(whole, found, 0.0), np.where(whole, wanted, 0.0)
    size = np.maximum(np.spacing(np.abs(wanted[whole])), TINY)
    units = np.abs(found - wanted)[whole] / size / np.broadcast_to(scale, whole.shape)[whole]
    assert np.max(units, initial=0.0) <= ulps


def quiet(function, *arguments):
    with np.errstate(all="ignore"):
        return function(*arguments)


def test_exp():
    xs = np.concatenate([EDGES, np.linspace(-750, 712, 200_001), np.linspace(-1e-3, 1e-3, 999)])
    assert_ulps(one(lanes.exp, xs), quiet(np.exp, xs), 2)


def test_log():
    xs = np.concatenate(
        [EDGES, np.geomspace(TINY, 1.7e308, 100_001), np.linspace(0.4, 2.5, 100_001)]
    )
    assert_ulps(one(lanes.log, xs), quiet(np.log, xs), 2)


def test_power_of_ordinary_numbers():
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1e-3, 50, 50_000), rng.uniform(-8, 8, 50_000)
    # the exponential turns an absolute error into a relative one
    assert_ulps(two(lanes.power, a, b), a**b, 3, 1 + np.abs(b * np.log(a)))
    assert np.max(np.abs(two(lanes.power, a, b) / a**b - 1)) < 1e-14


def test_power_of_negative_numbers_and_at_the_edges():
    a, b = pairs()
    wanted = quiet(np.power, a, b)
    found = two(lanes.power, a, b)
    usual = np.isfinite(a) & np.isfinite(b) & (a != 0)
    size = quiet(lambda: np.abs(np.nan_to_num(b * np.log(np.abs(a)), posinf=750, neginf=-750)))
    assert_ulps(found[usual], wanted[usual], 3, 1 + np.minimum(size[usual], 750))
    nothing = (a == 0) & np.isfinite(b)
    np.testing.assert_array_equal(np.abs(found[nothing]), np.abs(wanted[nothing]))
    unknown = np.isnan(a) | (np.isnan(b) & (a != 1))  # NumPy knows one to any power
    np.testing.assert_array_equal(np.isfinite(found[unknown]), np.isfinite(wanted[unknown]))


@pytest.mark.parametrize(
    ("own", "numpys"),
    [
        (lanes.minimum, np.minimum),
        (lanes.maximum, np.maximum),
        (lanes.zidz, runtime.zidz),
        (lanes.quantum, runtime.quantum),
        (lanes.modulo, runtime.modulo),
    ],
    ids=["minimum", "maximum", "zidz", "quantum", "modulo"],
)
def test_functions_of_two(own, numpys):
    a, b = pairs()
    assert_ulps(two(own, a, b), quiet(numpys, a, b), 1)


def test_trunc_and_xidz():
    np.testing.assert_array_equal(one(lanes.trunc, EDGES), np.trunc(EDGES))
    a, b = pairs()
    found = np.array([lanes.xidz(x, y, 0.4) for x, y in zip(a, b, strict=True)])
    assert_ulps(found, quiet(runtime.xidz, a, b, 0.4), 1)


@given(st.floats(), st.floats())
def test_any_two_numbers(a, b):
    for own, numpys, ulps in (
        (lanes.exp, np.exp, 2),
        (lanes.log, np.log, 2),
        (lanes.trunc, np.trunc, 0),
    ):
        assert_ulps(one(own, [a]), quiet(numpys, np.array([a])), ulps)
    for own, numpys in ((lanes.minimum, np.minimum), (lanes.maximum, np.maximum),
                        (lanes.zidz, runtime.zidz), (lanes.quantum, runtime.quantum)):  # fmt: skip
        assert_ulps(two(own, [a], [b]), quiet(numpys, np.array([a]), np.array([b])), 1)


# the clock


NUMBERS = [0.0, 1.0, 2.5, -3.0]
CLOCK = {
    "step": (NUMBERS, [0.0, 1.0, 1.1]),
    "ramp": (NUMBERS, [0.0, 1.0, 1.1], [0.5, 2.0, math.inf]),
    "pulse": ([0.0, 1.0, 1.1], [0.0, 0.25, 0.6]),
    "pulse_train": ([0.0, 1.0, 1.1], [0.0, 0.3], [1.0, 0.7, 0.25], [2.0, 9.0]),
    "impulse": (NUMBERS, [0.0, 1.0, 1.1]),
    "lagged": (NUMBERS, [7.0, math.nan]),
    "impulse_train": (NUMBERS, [0.0, 1.1], [1.0, 0.7]),
}


@pytest.mark.parametrize("fixed", [True, False])
@pytest.mark.parametrize("name", CLOCK)
def test_the_clock(name, fixed):
    clock = runtime.Clock(0.25, fixed)
    s = shared_data(clock, [])
    own, ours = getattr(lanes, name), getattr(clock, name)
    times = [*np.arange(-1, 4, 0.125), 1.0 - 1e-7, 1.0 + 1e-7, 1.1, math.nextafter(1.1, 0)]
    for arguments in zip(*map(np.ravel, np.meshgrid(*CLOCK[name])), strict=True):
        found = [own(t, s, *arguments) for t in times]
        wanted = [quiet(ours, t, *arguments) for t in times]
        np.testing.assert_array_equal(found, np.array(wanted, dtype=float))


def test_a_ramp_without_an_end():
    s = shared_data(runtime.Clock(0.25, True), [])
    assert lanes.ramp(7.0, s, 2.0, 3.0) == 8.0


# series and tables


def test_series():
    rng = np.random.default_rng(2)
    tables = [
        runtime.SeriesTable(knots, rng.normal(size=(len(knots), *shape)), (1,))
        for knots, shape in (
            (np.array([1.0]), ()),
            (np.array([0.0, 1.0, 2.5]), (2, 3)),
            (np.sort(rng.uniform(0, 4, 9)), (3,)),
        )
    ]
    s = shared_data(runtime.Clock(0.25, True), tables)
    times = [*rng.uniform(-1, 5, 50), 0.0, 1.0, 2.5, *tables[2].knots]
    for place, table in enumerate(tables):
        for t in times:
            knot, share = lanes.located(t, s, place)
            wanted = np.ravel(table(t))
            found = [lanes.between(s, place, k, knot, share) for k in range(len(wanted))]
            np.testing.assert_allclose(found, wanted, rtol=4 * EPS)


@pytest.mark.parametrize("beyond", ["hold", "extrapolate", "discrete"])
@pytest.mark.parametrize(
    "points",
    [
        [(0.0, 2.0)],
        [(0.0, 1.0), (2.0, 3.0)],
        [(-1.0, 0.0), (0.0, 2.0), (0.5, 1.0), (4.0, -3.0)],
        [(0.0, 0.0), (1.0, 1.0), (1.0, 5.0), (2.0, 6.0)],  # a jump
        [(0.0, 0.0), (1.0, 1.0), (1.0, 5.0)],
    ],
    ids=["one point", "two", "four", "a jump", "a jump at the end"],
)
def test_tables(beyond, points):
    x, y = (np.array(each) for each in zip(*points, strict=True))
    table = runtime.LookupTable(tuple(x), tuple(y), beyond)
    at = np.concatenate([x, np.linspace(-3, 6, 181), [math.nan, math.inf, -math.inf, 1e300]])
    wanted = quiet(table, at)
    own = getattr(lanes, f"read_{beyond}")
    found = np.array([own(x, y, each) for each in at])
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))
    whole = np.isfinite(wanted)
    np.testing.assert_allclose(found[whole], wanted[whole], rtol=4 * EPS, atol=4 * EPS)
