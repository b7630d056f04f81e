"""Compiled Tsit5 against closed forms, and against the NumPy batch wherever members fail."""

import math

import numpy as np
import pytest

pytest.importorskip("numba")

from numba import njit

from secdil_sd.solving.blocks import FAST, SIGNATURE
from secdil_sd.solving.contract import LANES, Kernel
from secdil_sd.solving.problem import Problem, Solver, solve

MEMBERS = (1, 2, 15, 16, 17, 33)


class System:
    """The same right-hand side for NumPy and compiled; one parameter a member."""

    def __init__(self, numpys, compiled):
        self.numpys, self.compiled = (
            numpys,
            njit(SIGNATURE, error_model="numpy", fastmath=FAST)(compiled),
        )

    def problem(self, p, initial, times, native=True, alone=True, **more):
        """``p`` (member,), ``initial`` (stock, member)."""
        p, initial = np.asarray(p, dtype=float), np.asarray(initial, dtype=float)

        def fill(p):
            return lambda t, y, out: self.numpys(t, y, p, out)

        def member(k):
            return Problem(fill(p[k]), initial[:, k], times, 0.25, **more)

        kernel = Kernel(self.compiled, p[None], np.zeros(4), 0, LANES) if native else None
        return Problem(
            fill(p), initial, times, 0.25, member=member if alone else None, kernel=kernel, **more
        )


def system(numpys):
    return lambda compiled: System(numpys, compiled)


@system(lambda t, y, p, out: np.multiply(y, -p, out=out))
def decay(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = -p[m] * y[m]


def _turn(t, y, p, out):
    out[0], out[1] = p * y[1], -p * y[0]


@system(_turn)
def turning(t, y, p, s, w, dy):
    for m in range(16):
        dy[m], dy[16 + m] = p[m] * y[16 + m], -p[m] * y[m]


@system(lambda t, y, p, out: np.multiply(y, y, out=out))
def square(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = y[m] * y[m]


@system(lambda t, y, p, out: np.copyto(out, np.sqrt(p - t) + 0 * y))
def root(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = math.sqrt(p[m] - t)


@system(lambda t, y, p, out: np.multiply(np.cos(t) - y, p, out=out))
def pursuit(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = p[m] * (math.cos(t) - y[m])


@system(lambda t, y, p, out: np.copyto(out, np.where(t > p, 1.0, 0.0) + 0 * y))
def kick(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = 1.0 if t > p[m] else 0.0


@system(lambda t, y, p, out: np.copyto(out, p * np.exp(-((t - 5.0) ** 2) / 2e-4) + 0 * y))
def spike(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = p[m] * math.exp(-((t - 5.0) ** 2) / 2e-4)


@system(lambda t, y, p, out: np.copyto(out, np.where(y < 0.5, p, -p)))
def chatter(t, y, p, s, w, dy):
    for m in range(16):
        dy[m] = p[m] if y[m] < 0.5 else -p[m]


def solved(problem, rtol=1e-8, atol=1e-12, **more):
    return solve(problem, Solver("Tsit5", rtol, atol, **more))


def both(own, p, initial, times, alone=True, solver=None, **more):
    """The NumPy batch and compiled blocks on the same problem."""
    return tuple(
        solved(own.problem(p, initial, times, native, alone, **more), **(solver or {}))
        for native in (False, True)
    )


def assert_alike(one, other, rtol=1e-6, where=1e-6):
    np.testing.assert_array_equal(one.status, other.status)
    np.testing.assert_allclose(one.stopped_at, other.stopped_at, rtol=where)
    np.testing.assert_array_equal(np.isnan(one.states), np.isnan(other.states))
    sane = np.abs(one.states) < 1e6  # beyond, a digit of time is all digits of the state
    np.testing.assert_allclose(one.states[sane], other.states[sane], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("members", MEMBERS)
def test_closed_forms(members):
    times, p = np.linspace(0, 6, 25), np.linspace(0.2, 2.0, members)
    fallen = solved(decay.problem(p, np.ones((1, members)), times), 1e-10)
    np.testing.assert_allclose(fallen.states[:, 0], np.exp(-np.outer(times, p)), rtol=1e-7)
    start = np.stack([np.zeros(members), np.ones(members)])
    turned = solved(turning.problem(p, start, times), 1e-10)
    np.testing.assert_allclose(turned.states[:, 0], np.sin(np.outer(times, p)), atol=1e-8)
    np.testing.assert_allclose(turned.states[:, 1], np.cos(np.outer(times, p)), atol=1e-8)
    assert turned.status.tolist() == ["ok"] * members
    assert np.isnan(turned.stopped_at).all()


def test_error_follows_the_tolerance():
    times, p = np.linspace(0, 6, 9), np.linspace(0.5, 2, 16)
    start = np.stack([np.zeros(16), np.ones(16)])
    errors, steps = [], []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        found = solved(turning.problem(p, start, times), rtol, rtol * 1e-3)
        errors.append(np.abs(found.states[:, 0] - np.sin(np.outer(times, p))).max())
        steps.append(found.steps)
        assert errors[-1] < 30 * rtol
    # order five: a hundredth of the error costs 100^(1/5) = 2.5 times the steps
    np.testing.assert_allclose(np.divide(steps[1:], steps[:-1]), 100 ** (1 / 5), rtol=0.2)


@pytest.mark.parametrize("norm", ["rms", "max"])
@pytest.mark.parametrize(
    "own", [decay, turning, square, pursuit], ids=["decay", "turning", "square", "pursuit"]
)
def test_one_block_takes_the_steps_of_the_numpy_batch(own, norm):
    rng = np.random.default_rng(3)
    stocks = 2 if own is turning else 1
    start, p = rng.uniform(0.1, 0.5, (stocks, 16)), rng.uniform(0.5, 3, 16)
    times = np.linspace(0, 1.5, 7)
    plain, blocks = both(own, p, start, times, solver={"norm": norm, "rtol": 1e-5})
    # the first steps' errors are rounding: they decide the last digits of what follows
    assert abs(blocks.steps - plain.steps) <= 1
    assert blocks.evaluations == pytest.approx(plain.evaluations, rel=0.1)
    np.testing.assert_allclose(blocks.states, plain.states, rtol=1e-6, atol=1e-6)


def test_each_block_takes_its_own_steps():
    p = np.concatenate([np.full(16, 0.1), np.full(16, 30.0)])
    start = np.stack([np.zeros(32), np.ones(32)])
    times = np.array([0.0, 5.0])
    whole = solved(turning.problem(p, start, times))
    calm, wild = (
        solved(turning.problem(p[k], start[:, k], times)) for k in (slice(16), slice(16, 32))
    )
    assert whole.steps == calm.steps + wild.steps and wild.steps > 20 * calm.steps
    np.testing.assert_array_equal(whole.states[..., :16], calm.states)
    np.testing.assert_array_equal(whole.states[..., 16:], wild.states)


@pytest.mark.parametrize("alone", [True, False])
def test_members_that_blow_up(alone):
    start = np.linspace(-1, 1.6, 21)[None]  # infinite at 1 / y(0)
    times = np.linspace(0, 1, 11)
    plain, blocks = both(square, np.zeros(21), start, times, alone)
    assert_alike(plain, blocks)
    good = start[0] < 1
    assert (blocks.status == "ok").tolist() == good.tolist()
    exact = start[:, good] / (1 - np.outer(times, start[0, good]))
    np.testing.assert_allclose(blocks.states[:, 0, good], exact, rtol=1e-5)
    np.testing.assert_allclose(
        blocks.stopped_at[start[0] > 1], 1 / start[0, start[0] > 1], rtol=1e-6
    )


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("members", [1, 17])
def test_members_that_leave_the_numbers(alone, members):
    ends = np.linspace(0.5, 3.0, members)  # imaginary from then on
    times = np.linspace(0, 2, 9)
    plain, blocks = both(root, ends, np.zeros((1, members)), times, alone)
    assert_alike(plain, blocks)
    failed = ends < 2
    assert (blocks.status == "not finite").tolist() == failed.tolist()
    np.testing.assert_allclose(blocks.stopped_at[failed], ends[failed], rtol=1e-3)
    inside = times[:, None] < blocks.stopped_at
    assert (np.isfinite(blocks.states[:, 0]) == (inside | ~failed)).all()


def test_members_that_never_were_numbers():
    start, p = np.ones((1, 19)), np.full(19, 0.5)
    start[0, [0, 17]], p[[3, 18]] = [np.nan, np.inf], np.nan
    plain, blocks = both(decay, p, start, np.linspace(0, 2, 5))
    assert_alike(plain, blocks)
    bad = np.flatnonzero(blocks.status != "ok").tolist()
    assert bad == [0, 3, 17, 18]
    assert np.isnan(blocks.states[1:, :, bad]).all()
    assert (blocks.stopped_at[bad] == 0.0).all()
    every = solved(decay.problem(p, np.full((1, 19), np.nan), np.linspace(0, 2, 5)))
    assert (every.status == "not finite").all() and every.steps == 0


@pytest.mark.parametrize("alone", [True, False])
def test_stiff_members_do_not_hold_up_their_block(alone):
    p = np.where(np.arange(20) == 5, 1e5 if alone else 1e3, np.linspace(0.5, 2, 20))
    times = np.linspace(0, 10, 11)
    plain, blocks = both(pursuit, p, np.zeros((1, 20)), times, alone)
    assert_alike(plain, blocks, 1e-5)
    exact = (np.outer(np.cos(times), p**2) + np.outer(np.sin(times), p)) / (1 + p**2)
    exact -= np.exp(-np.outer(times, p)) * p**2 / (1 + p**2)
    np.testing.assert_allclose(blocks.states[:, 0], exact, atol=1e-5)
    if alone:
        assert blocks.steps < 3000


@pytest.mark.parametrize("alone", [True, False])
def test_a_budget_of_steps(alone):
    p, start = np.full(16, 40.0), np.stack([np.zeros(16), np.ones(16)])
    plain, blocks = both(turning, p, start, np.linspace(0, 10, 5), alone, {"max_steps": 50})
    assert_alike(plain, blocks, where=0.01)
    assert (blocks.status == "too many steps").all()


def test_a_direction_that_never_settles():
    plain, blocks = both(
        chatter, [1.0, 2.0, 0.1], np.zeros((1, 3)), np.linspace(0, 1, 5), True, {"max_steps": 3000}
    )
    np.testing.assert_array_equal(plain.status, blocks.status)
    assert_alike(plain, blocks, 1e-4)


def test_breaks_are_never_stepped_over():
    p, times = np.full(17, 1.7), np.linspace(0, 4, 9)
    plain, blocks = both(kick, p, np.zeros((1, 17)), times, breaks=[1.7])
    assert_alike(plain, blocks, 1e-14)
    np.testing.assert_allclose(blocks.states[:, 0, 0], np.maximum(times - 1.7, 0), atol=1e-14)
    assert blocks.evaluations < 200


def test_steps_are_short_where_time_is_at_work():
    p, times = np.linspace(1, 2, 16), np.array([0.0, 10.0])
    exact = p * math.sqrt(2 * math.pi * 1e-4)
    blind = solved(spike.problem(p, np.zeros((1, 16)), times)).states[-1, 0]
    assert np.abs(blind).max() < 1e-6  # stepped over
    plain, blocks = both(spike, p, np.zeros((1, 16)), times, changing=((4.9, 5.1),), breaks=[5.0])
    np.testing.assert_allclose(blocks.states[-1, 0], exact, rtol=1e-6)
    assert blocks.steps == pytest.approx(plain.steps, abs=2)


def test_kept_stocks_and_output_times():
    start, p = np.stack([np.zeros(17), np.ones(17)]), np.linspace(1, 2, 17)
    for kept in ([0], [1], [1, 0], [0, 1]):
        for times in ([0.0], [0.0, 3.0], np.linspace(0, 3, 301)):
            times = np.asarray(times)
            found = solved(turning.problem(p, start, times, kept=np.array(kept)), 1e-10)
            angle = np.outer(times, p)
            exact = np.stack([np.sin(angle), np.cos(angle)], axis=1)[:, kept]
            assert found.states.shape == exact.shape
            np.testing.assert_allclose(found.states, exact, atol=1e-7)


def test_tolerances_of_each_stock():
    """A stock that may err greatly leaves the step to the other."""
    start, p = np.stack([np.zeros(16), np.ones(16)]), np.full(16, 5.0)
    times = np.array([0.0, 10.0])
    loose = solved(turning.problem(p, start, times), 1e-3, np.array([1e3, 1e3])).steps
    tight = solved(turning.problem(p, start, times), 1e-3, np.array([1e3, 1e-9])).steps
    assert tight > 2 * loose


def test_a_stock_that_stays_zero_has_no_error():
    for native in (True, False):
        found = solved(
            decay.problem(np.ones(3), np.zeros((1, 3)), np.array([0.0, 5.0]), native), 1e-8, 0.0
        )
        assert (found.states == 0).all() and (found.status == "ok").all()
