"""Euler as Vensim and PySD compute it, RK4 by its order; both member by member."""

import numpy as np
import pytest
from scipy.linalg import expm

from secdil_sd.errors import InputError
from secdil_sd.solving.fixed import grid_places
from secdil_sd.solving.problem import Problem, Solver, solve


def forced(t, y, out):
    """x' = y cos t - x / 3, y' = 1 / (1 + x^2) - y / 5: nonlinear and explicit in time."""
    x, v = y[0], y[1]
    out[0] = v * np.cos(t) - x / 3
    out[1] = 1 / (1 + x * x) - v / 5


def logistic(t, y, out):
    np.subtract(1, y, out=out)
    np.multiply(out, y, out=out)


def square(t, y, out):
    np.square(y, out=out)


def test_euler_equals_a_loop_by_hand_bit_for_bit():
    times, dt = 1900 + 0.5 * np.arange(41), 0.1
    solution = solve(Problem(forced, [0.3, 0.7], times, dt), Solver("Euler"))
    state, t, rows = np.array([0.3, 0.7]), 1900.0, [[0.3, 0.7]]
    for k in range(1, 201):
        rate = np.empty(2)
        forced(t, state, rate)
        state = state + rate * dt
        t = t + dt
        if k % 5 == 0:
            rows.append(state)
    np.testing.assert_array_equal(solution.states, np.array(rows))
    assert (solution.steps, solution.evaluations) == (200, 200)


def test_euler_of_decay_is_a_power():
    dt = 0.125
    problem = Problem(lambda t, y, out: np.negative(y, out=out), [1.0], [0.0, 4.0], dt)
    assert solve(problem, Solver("Euler")).states[-1, 0] == pytest.approx((1 - dt) ** 32, rel=1e-13)


def test_rk4_of_a_linear_system_is_the_truncated_exponential():
    matrix, dt = np.array([[-0.4, 0.3], [0.2, -0.5]]), 0.25
    scaled = matrix * dt
    once = sum(np.linalg.matrix_power(scaled, k) / f for k, f in enumerate([1, 1, 2, 6, 24]))
    problem = Problem(lambda t, y, out: np.matmul(matrix, y, out=out), [1.0, 2.0], [0.0, 5.0], dt)
    wanted = np.linalg.matrix_power(once, 20) @ [1.0, 2.0]
    np.testing.assert_allclose(solve(problem, Solver("RK4")).states[-1], wanted, rtol=1e-13)
    np.testing.assert_allclose(wanted, expm(5 * matrix) @ [1.0, 2.0], rtol=1e-5)


@pytest.mark.parametrize(("method", "order"), [("Euler", 1), ("RK4", 4)])
def test_order_of_convergence(method, order):
    exact = 1 / (1 + 9 * np.exp(-4.0))
    errors = []
    for dt in (0.125, 0.0625, 0.03125):
        states = solve(Problem(logistic, [0.1], [0.0, 4.0], dt), Solver(method)).states
        errors.append(abs(states[-1, 0] - exact))
    observed = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(observed, order, atol=0.12)


def test_rk4_sees_time_inside_the_step():
    problem = Problem(lambda t, y, out: out.fill(t**3), [0.0], [0.0, 2.0], 1.0)
    assert solve(problem, Solver("RK4")).states[-1, 0] == pytest.approx(4.0, rel=1e-14)


def test_times_off_the_grid_are_refused_with_time_and_step():
    with pytest.raises(InputError, match=r"1960\.3 .*0\.25.*1960"):
        solve(Problem(forced, [1.0, 1.0], [1960.0, 1960.3], 0.25), Solver("Euler"))


def test_times_on_the_grid_up_to_rounding_are_taken():
    times = 1960 + np.arange(0, 500) * 0.1
    assert grid_places(times, 0.1).tolist() == list(range(500))
    with pytest.raises(InputError):
        grid_places(np.array([0.0, 0.1 + 1e-6]), 0.1)


@pytest.mark.parametrize("method", ["Euler", "RK4"])
def test_members_are_bit_identical_to_being_solved_alone(method):
    start = np.linspace(-1, 0.4, 7)
    times = np.linspace(0, 2, 9)
    start[3] = 40.0  # explodes: x' = x^2
    batch = solve(Problem(square, start[None], times, 0.0625), Solver(method))
    for k in range(7):
        alone = solve(Problem(square, start[k : k + 1], times, 0.0625), Solver(method))
        np.testing.assert_array_equal(batch.states[:, :, k], alone.states)
        assert batch.status[k] == alone.status
        np.testing.assert_array_equal(batch.stopped_at[k], alone.stopped_at)
    assert batch.status.tolist() == ["ok"] * 3 + ["not finite"] + ["ok"] * 3


def test_an_explosion_is_noticed_at_its_step():
    with np.errstate(over="ignore"):
        y, t = 40.0, 0.0
        while np.isfinite(y):
            y, t = y + y * y * 0.0625, t + 0.0625
    times = np.linspace(0, 2, 33)
    solution = solve(Problem(square, [[40.0]], times, 0.0625), Solver("Euler"))
    assert solution.stopped_at[0] == t
    assert np.isfinite(solution.states[times < t]).all()
    assert np.isnan(solution.states[times >= t]).all()


def test_a_member_that_starts_without_a_value_disturbs_nobody():
    start = np.array([[0.1, np.nan, 0.3]])
    solution = solve(Problem(logistic, start, [0.0, 1.0, 2.0], 0.25), Solver("RK4"))
    alone = solve(Problem(logistic, start[:, 2], [0.0, 1.0, 2.0], 0.25), Solver("RK4"))
    np.testing.assert_array_equal(solution.states[:, :, 2], alone.states)
    assert solution.status.tolist() == ["ok", "not finite", "ok"]
    assert solution.stopped_at[1] == 0.0
    assert np.isnan(solution.states[:, 0, 1]).all()


class Echo:
    """What the last value was at the beginning of the step before, as a memory."""

    def __init__(self):
        self.fed = []
        self.places = np.array([1])

    def feed(self, t, y):
        self.fed.append((t, y.copy()))

    def move(self, y):
        y[-1] = self.fed[-1][1][0]


@pytest.mark.parametrize("method", ["Euler", "RK4"])
def test_memory_is_fed_before_a_step_and_moved_after_it(method):
    def rates(t, y, out):
        out[:] = [1.0, 0.0]

    memory = Echo()
    problem = Problem(rates, [0.0, 9.0], np.arange(4.0), 1.0, memory=memory)
    states = solve(problem, Solver(method)).states
    np.testing.assert_array_equal(states, [[0, 9], [1, 0], [2, 1], [3, 2]])
    assert [t for t, _ in memory.fed] == [0.0, 1.0, 2.0]


def test_memory_cannot_wake_a_member_that_stopped():
    problem = Problem(
        lambda t, y, out: np.multiply([[1.0], [0.0]], y * y * 1e200, out=out),
        np.array([[0.0, 1e200], [0.0, 0.0]]),
        np.arange(5.0),
        1.0,
        memory=Echo(),
    )
    solution = solve(problem, Solver("Euler"))
    assert solution.status.tolist() == ["ok", "not finite"]
    assert solution.stopped_at[1] == 1.0
    assert np.isnan(solution.states[1:, :, 1]).all()


@pytest.mark.parametrize("method", ["Euler", "RK4"])
def test_steps_of_different_sizes(method):
    steps = np.array([0.5, 0.25, 0.25, 1.0])
    problem = Problem(logistic, [0.1], [0.0, 0.75, 2.0], 0.5, steps=steps)
    state, rows = np.array([0.1]), [0.1]
    for k, dt in enumerate(steps):
        part = Problem(logistic, state, [0.0, dt], dt)
        state = solve(part, Solver(method)).states[-1]
        rows.append(float(state[0]))
        assert k < 4
    np.testing.assert_array_equal(
        solve(problem, Solver(method)).states[:, 0], [rows[0], rows[2], rows[4]]
    )


def test_times_no_step_ends_at_are_refused():
    steps = np.array([0.5, 0.25, 0.25])
    for times in ([0.0, 0.6], [0.0, 1.0, 3.0]):
        with pytest.raises(InputError, match=r"No step ends at the time (0\.6|3)"):
            solve(Problem(logistic, [0.1], times, 0.5, steps=steps), Solver("Euler"))
