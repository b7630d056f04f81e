"""Tsit5: one solver among SciPy's, and a batch whose members do not feel each other."""

import numpy as np
import pytest
from scipy.integrate import OdeSolver, solve_ivp
from scipy.linalg import expm

from secdil_sd.solving.batch import Tsit5
from secdil_sd.solving.problem import Problem, Solver, solve


def logistic(t, y, out):
    np.subtract(1, y, out=out)
    np.multiply(out, y, out=out)


def square(t, y, out):
    np.square(y, out=out)


def predator(rate):
    """Lotka-Volterra with one rate a member; ``rate`` a number or (member,)."""

    def derivatives(t, y, out):
        out[0] = y[0] * (rate - y[1])
        out[1] = y[1] * (y[0] - 1)

    return derivatives


def predators(rates, times, alone=True):
    start = np.array([[1.5], [0.7]])

    def member(k):
        return Problem(predator(rates[k]), start[:, 0], times, 0.25)

    batch = np.repeat(start, len(rates), axis=1)
    return Problem(predator(rates), batch, times, 0.25, member=member if alone else None)


def arenstorf(t, y):
    """The restricted three-body orbit of Hairer, Norsett, Wanner I, section II.0."""
    mu = 0.012277471
    far = ((y[0] + mu) ** 2 + y[1] ** 2) ** 1.5
    near = ((y[0] - 1 + mu) ** 2 + y[1] ** 2) ** 1.5
    return [
        y[2],
        y[3],
        y[0] + 2 * y[3] - (1 - mu) * (y[0] + mu) / far - mu * (y[0] - 1 + mu) / near,
        y[1] - 2 * y[2] - (1 - mu) * y[1] / far - mu * y[1] / near,
    ]


def test_solve_ivp_takes_it_as_a_method():
    start, period = [0.994, 0, 0, -2.00158510637908252240537862224], 17.0652165601579625588917206249
    options = {"rtol": 1e-11, "atol": 1e-13}
    ours = solve_ivp(arenstorf, (0, period), start, method=Tsit5, **options)
    scipys = solve_ivp(arenstorf, (0, period), start, method="DOP853", **options)
    assert issubclass(Tsit5, OdeSolver)
    assert ours.status == 0
    np.testing.assert_allclose(ours.y[:2, -1], start[:2], atol=1e-4)  # the orbit closes
    np.testing.assert_allclose(ours.y[:2, -1], scipys.y[:2, -1], atol=1e-4)


def test_solve_ivp_with_dense_output_backwards():
    run = solve_ivp(
        lambda t, y: [y[1], -y[0]],
        (3, 0),
        [np.sin(3), np.cos(3)],
        method=Tsit5,
        rtol=1e-10,
        atol=1e-12,
        dense_output=True,
    )
    at = np.linspace(0, 3, 50)
    np.testing.assert_allclose(run.sol(at)[0], np.sin(at), atol=1e-8)
    np.testing.assert_allclose(run.sol(1.0)[1], np.cos(1.0), atol=1e-8)
    assert not np.shares_memory(run.sol.interpolants[0]._start, run.sol.interpolants[1]._start)


def test_options_of_other_solvers_are_named():
    with pytest.warns(UserWarning, match="jac"):
        solve_ivp(lambda t, y: -y, (0, 1), [1.0], method=Tsit5, jac=None)


def _step_once(h):
    """One step of size h for y' = y cos t from 1; the solver and the exact solution."""
    solver = Tsit5(lambda t, y: y * np.cos(t), 0.0, np.ones(1), h, first_step=h, rtol=1.0, atol=1.0)
    solver.step()
    assert solver.t == h
    return solver, lambda t: np.exp(np.sin(t))


def test_local_errors_have_order_six_and_inside_a_step_five():
    sizes = [0.4, 0.2, 0.1]
    ends, insides = [], []
    for h in sizes:
        solver, exact = _step_once(h)
        ends.append(abs(solver.y[0] - exact(h)))
        at = h * np.linspace(0.05, 0.95, 19)
        insides.append(np.abs(solver.dense_output()(at)[0] - exact(at)).max())
    assert np.log2(ends[0] / ends[1]) > 5.5 and np.log2(ends[1] / ends[2]) > 5.5
    assert np.log2(insides[0] / insides[1]) > 4.6 and np.log2(insides[1] / insides[2]) > 4.6


@pytest.mark.parametrize("size", [2, 3, 5])
def test_linear_systems_equal_the_matrix_exponential(size):
    rng = np.random.default_rng(size)
    matrix = rng.uniform(0, 0.3, (size, size)) - np.diag(rng.uniform(0.3, 0.9, size))
    start, times = rng.uniform(1, 2, size), np.linspace(0, 10, 21)
    wanted = np.array([expm(t * matrix) @ start for t in times])
    problem = Problem(lambda t, y, out: np.matmul(matrix, y, out=out), start, times, 0.25)
    for method in ("Tsit5", "DOP853"):
        states = solve(problem, Solver(method, 1e-11, 1e-14)).states
        np.testing.assert_allclose(states, wanted, rtol=1e-8)


def test_error_follows_the_tolerance():
    exact = 1 / (1 + 9 * np.exp(-np.arange(9.0)))
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        problem = Problem(logistic, [0.1], np.arange(9.0), 0.25)
        states = solve(problem, Solver("Tsit5", rtol, rtol * 1e-3)).states[:, 0]
        errors.append(np.abs(states / exact - 1).max())
        assert errors[-1] < 10 * rtol
    assert np.all(np.diff(errors) < 0)


def test_a_batch_of_one_takes_exactly_the_steps_of_a_run():
    times = np.linspace(0, 20, 37)
    for alone in (True, False):
        batch = solve(predators(np.array([0.8]), times, alone), Solver("Tsit5", 1e-7, 1e-10))
        run = solve(predators(np.array([0.8]), times).member(0), Solver("Tsit5", 1e-7, 1e-10))
        np.testing.assert_array_equal(batch.states[:, :, 0], run.states)
        assert batch.steps == run.steps


def test_first_step_is_scipys():
    start = np.array([1.5, 0.7])

    def fun(t, y):
        out = np.empty(2)
        predator(0.8)(t, y, out)
        return out

    from scipy.integrate import RK45

    scipys = RK45(fun, 0.0, start, 10.0, rtol=1e-7, atol=1e-10)
    assert Tsit5(fun, 0.0, start, 10.0, rtol=1e-7, atol=1e-10).h_abs == pytest.approx(
        scipys.h_abs, rel=1e-12
    )


def test_steps_of_a_batch_suit_its_most_demanding_member():
    times, solver = np.array([0.0, 20.0]), Solver("Tsit5", 1e-7, 1e-10)
    rates = np.array([0.3, 0.5, 6.0])
    together = solve(predators(rates, times, alone=False), solver).steps
    alone = [solve(predators(rates, times).member(k), solver).steps for k in range(3)]
    assert 0.95 * max(alone) <= together <= 1.3 * max(alone)


def test_a_member_does_not_depend_on_its_companions():
    times, solver = np.linspace(0, 20, 11), Solver("Tsit5", 1e-9, 1e-12)
    rates = np.linspace(0.4, 2.5, 30)
    batch = solve(predators(rates, times), solver).states
    for k in (0, 13, 29):
        alone = solve(predators(rates, times).member(k), solver).states
        np.testing.assert_allclose(batch[:, :, k], alone, rtol=1e-6)


def test_nobodys_error_is_diluted():
    """One demanding member among a thousand at rest is solved as well as alone."""
    rates = np.full(1000, 1.0)
    start = np.ones((2, 1000))  # the fixed point of rate 1
    start[:, 17] = 6.0, 0.2
    times = np.linspace(0, 10, 11)
    batch = solve(Problem(predator(rates), start, times, 0.25), Solver("Tsit5", 1e-6, 1e-9))
    fine = solve(Problem(predator(1.0), start[:, 17], times, 0.25), Solver("DOP853", 1e-12, 1e-14))
    np.testing.assert_allclose(batch.states[:, :, 17], fine.states, rtol=2e-4)


@pytest.mark.parametrize("alone", [True, False])
def test_a_member_that_blows_up_changes_nobody_else(alone):
    start = np.array([0.2, 0.5, 1.25, -3.0, 0.9])  # x' = x^2: infinite at 1 / x(0)
    times = np.linspace(0, 1, 11)

    def member(k):
        return Problem(square, start[k : k + 1], times, 0.25)

    problem = Problem(square, start[None], times, 0.25, member=member if alone else None)
    solution = solve(problem, Solver("Tsit5", 1e-9, 1e-12))
    good = start < 1
    exact = start[good] / (1 - np.outer(times, start[good]))
    assert (solution.status == "ok").tolist() == good.tolist()
    np.testing.assert_allclose(solution.states[:, 0, good], exact, rtol=1e-7)
    assert solution.stopped_at[2] == pytest.approx(0.8, abs=1e-6)
    assert np.isnan(solution.stopped_at[good]).all()
    finite = np.isfinite(solution.states[:, 0, 2])
    assert finite.tolist() == (times < solution.stopped_at[2]).tolist()


def falling(t, y, out):
    """Second stock has no derivative once the first, a clock, has passed it."""
    out[0] = 1.0
    out[1] = (
        np.where(y[0] < y[1], 0.0, np.nan) if np.ndim(y[0]) else (0.0 if y[0] < y[1] else np.nan)
    )


@pytest.mark.parametrize("alone", [True, False])
def test_a_member_without_derivative_stops_where_it_is_lost(alone):
    limits = np.array([9.1, 2.6, 11.0, 0.37, 50.0])
    start, times = np.stack([np.zeros(5), limits]), np.linspace(0, 10, 21)

    def member(k):
        return Problem(falling, start[:, k], times, 0.25)

    problem = Problem(falling, start, times, 0.25, member=member if alone else None)
    solution = solve(problem, Solver("Tsit5", 1e-6, 1e-9))
    lost = limits <= 10
    assert solution.status.tolist() == np.where(lost, "not finite", "ok").tolist()
    np.testing.assert_allclose(solution.stopped_at[lost], limits[lost], rtol=1e-9)
    np.testing.assert_allclose(
        solution.states[:, 0, ~lost], np.repeat(times[:, None], 2, axis=1), rtol=1e-12
    )
    for k in np.flatnonzero(lost):
        assert np.isfinite(solution.states[:, 0, k]).tolist() == (times < limits[k]).tolist()


def test_a_lost_member_does_not_hold_up_the_others():
    limits = np.array([9.1, 2.6, 11.0, 0.37, 50.0])
    start, times = np.stack([np.zeros(5), limits]), np.linspace(0, 10, 21)
    calls = []

    def watched(t, y, out):
        calls.append(t)
        falling(t, y, out)

    def member(k):
        return Problem(falling, start[:, k], times, 0.25)

    solve(Problem(watched, start, times, 0.25, member=member), Solver("Tsit5", 1e-6, 1e-9))
    aside = len(calls)
    solve(Problem(watched, start, times, 0.25), Solver("Tsit5", 1e-6, 1e-9))
    assert aside < (len(calls) - aside) / 4


def test_a_member_that_starts_without_a_value_disturbs_nobody():
    rates, times = np.array([0.5, 0.8, 1.1]), np.linspace(0, 10, 6)
    problem = predators(rates, times, alone=False)
    start = problem.initial.copy()
    start[0, 1] = np.nan

    def derivatives(t, y, out):
        problem.derivatives(t, y, out)
        out += 0 * np.log(y)  # not finite wherever a number stands in for the missing value

    solution = solve(Problem(derivatives, start, times, 0.25), Solver("Tsit5", 1e-8, 1e-11))
    clean = solve(problem, Solver("Tsit5", 1e-8, 1e-11))
    np.testing.assert_allclose(solution.states[:, :, [0, 2]], clean.states[:, :, [0, 2]], rtol=1e-5)
    assert solution.status.tolist() == ["ok", "not finite", "ok"]
    assert solution.stopped_at[1] == 0.0
    assert solution.evaluations <= clean.evaluations + 14  # two steps, for another first one
    assert np.isnan(solution.states[:, :, 1]).all()


def test_everybody_lost_at_once():
    problem = Problem(lambda t, y, out: out.fill(np.nan), np.ones((2, 4)), [1.0, 2.0], 0.25)
    solution = solve(problem, Solver("Tsit5"))
    assert set(solution.status) == {"not finite"}
    assert solution.stopped_at.tolist() == [1.0] * 4
    assert np.isnan(solution.states[1]).all()


def test_largest_error_counts_in_the_maximum_norm():
    """A thousand stocks at rest dilute the mean of squares, not the maximum."""
    start = np.ones(1000)
    start[3] = 0.01
    exact = 1 / (1 + 99 * np.exp(-6))
    found = {
        norm: solve(
            Problem(logistic, start, [0.0, 6.0], 0.25), Solver("Tsit5", 1e-5, 1e-9, norm=norm)
        )
        for norm in ("rms", "max")
    }
    errors = {norm: abs(each.states[-1, 3] / exact - 1) for norm, each in found.items()}
    assert errors["max"] < 1e-5 < errors["rms"]


def test_the_same_problem_gives_the_same_bits():
    problem = predators(np.linspace(0.4, 2.5, 30), np.linspace(0, 20, 11))
    first, again = (solve(problem, Solver("Tsit5", 1e-6, 1e-9)) for _ in range(2))
    np.testing.assert_array_equal(first.states, again.states)
