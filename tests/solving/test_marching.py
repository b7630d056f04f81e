"""Compiled Euler and RK4 against hand loops, orders, and the NumPy batch where members fail."""

import math

import numpy as np
import pytest

pytest.importorskip("numba")

from dataclasses import replace

from solving.test_blocks import decay, root, square, system, turning

from secdil_sd.errors import InputError
from secdil_sd.solving.problem import Solver, solve

MEMBERS = (1, 16, 17, 33)


def stepped(method, own, p, start, times, step, native=True, **more):
    problem = own.problem(p, start, times, native, **more)
    return solve(replace(problem, step=step), Solver(method))


@pytest.mark.parametrize("members", MEMBERS)
def test_a_hand_loop_by_euler(members):
    p = np.linspace(0.1, 1.9, members)
    found = stepped("Euler", decay, p, np.ones((1, members)), np.arange(9.0), 0.25)
    np.testing.assert_allclose(
        found.states[:, 0], (1 - p / 4) ** (4 * np.arange(9))[:, None], rtol=1e-13
    )
    assert (found.steps, found.evaluations) == (32, 32)
    assert (found.status == "ok").all() and np.isnan(found.stopped_at).all()


@pytest.mark.parametrize(("method", "order"), [("Euler", 1), ("RK4", 4)])
def test_order(method, order):
    p = np.linspace(0.5, 2.0, 17)
    start, times = np.stack([np.zeros(17), np.ones(17)]), np.array([0.0, 2.0])
    errors = [
        np.abs(stepped(method, turning, p, start, times, h).states[-1, 0] - np.sin(2 * p)).max()
        for h in (0.02, 0.01)
    ]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("method", ["Euler", "RK4"])
@pytest.mark.parametrize("own", [decay, root, square])
@pytest.mark.parametrize("members", MEMBERS)
def test_equals_the_numpy_batch_failures_included(method, own, members):
    rng = np.random.default_rng(members)
    start, p = rng.uniform(0.2, 9, (1, members)), rng.uniform(0.3, 3, members)
    start[0, -1] = np.nan
    times = np.array([0.0, 0.25, 2.0, 5.0, 20.0])
    plain, found = (
        stepped(method, own, p, start, times, 0.125, native) for native in (False, True)
    )
    np.testing.assert_array_equal(found.status, plain.status)
    np.testing.assert_array_equal(found.stopped_at, plain.stopped_at)
    np.testing.assert_allclose(found.states, plain.states, rtol=1e-11)
    assert found.status[-1] == "not finite" and np.isnan(found.states[:, :, -1]).all()
    if own is not decay:
        assert (found.status == "not finite").all()


def test_all_stocks_of_a_member_stop_and_only_its_own():
    p = np.ones(17)
    start = np.stack([np.ones(17), np.ones(17)])
    start[1, 3] = np.inf
    found = stepped("Euler", turning, p, start, np.arange(3.0), 0.5)
    assert np.isnan(found.states[..., 3]).all()
    assert np.isfinite(np.delete(found.states, 3, axis=2)).all()


def test_a_sum_that_overflows_stops_nobody():
    start = np.full((1, 16), 1.7e308)
    found = stepped("Euler", decay, np.zeros(16), start, np.arange(3.0), 0.5)
    assert (found.status == "ok").all() and (found.states == 1.7e308).all()


@system(lambda t, y, p, out: np.copyto(out, -p + 0 * y))
def drain(t, y, p, s, w, dy):
    for m in range(16):
        dy[m], dy[16 + m] = -p[m], -p[m]


def test_a_floor_holds_the_stocks_named():
    """A non-negative stock loses at most what it holds; the other goes below zero."""
    p, start = np.linspace(0.5, 3, 17), np.ones((2, 17))
    problem = drain.problem(p, start, np.arange(4.0))
    problem = replace(problem, step=0.5, kernel=replace(problem.kernel, floor=np.array([1])))
    found = solve(problem, Solver("Euler")).states
    np.testing.assert_allclose(found[:, 0], 1 - np.outer(np.arange(4), p), rtol=1e-13)
    np.testing.assert_allclose(
        found[:, 1], np.maximum(1 - np.outer(np.arange(4), p), 0), atol=1e-13
    )


def test_kept_stocks():
    p, start = np.linspace(0.5, 3, 17), np.stack([np.ones(17), np.zeros(17)])
    whole = stepped("RK4", turning, p, start, np.arange(4.0), 0.25).states
    for kept in ([1], [1, 0]):
        some = stepped("RK4", turning, p, start, np.arange(4.0), 0.25, kept=np.array(kept))
        np.testing.assert_array_equal(some.states, whole[:, kept])


def test_times_off_the_grid_are_refused():
    with pytest.raises(InputError, match="not a whole number of steps"):
        stepped("Euler", decay, np.ones(3), np.ones((1, 3)), np.array([0.0, 0.3]), 0.25)


def test_one_time_needs_no_step():
    found = stepped("Euler", decay, np.ones(3), np.ones((1, 3)), np.array([2.0]), 0.25)
    assert found.states.tolist() == [[[1.0, 1.0, 1.0]]] and found.steps == 0


def test_nothing_to_solve():
    problem = decay.problem(np.empty(0), np.ones((1, 0)), [0.0, 1.0])
    assert solve(problem, Solver("Euler")).states.shape == (2, 1, 0)
    assert solve(problem, Solver("Tsit5")).states.shape == (2, 1, 0)
