"""Members one by one: SciPy's methods on a batch, and stiff members of a Tsit5 batch."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from secdil_sd.errors import InputError
from secdil_sd.solving.problem import Problem, Solver, solve


def van_der_pol(mu):
    def derivatives(t, y, out):
        out[0] = y[1]
        out[1] = mu * (1 - y[0] ** 2) * y[1] - y[0]

    return derivatives


def oscillators(mu, times, alone=True):
    def member(k):
        return Problem(van_der_pol(mu[k]), [2.0, 0.0], times, 0.25)

    start = np.tile([[2.0], [0.0]], len(mu))
    return Problem(van_der_pol(mu), start, times, 0.25, member=member if alone else None)


def square(t, y, out):
    np.square(y, out=out)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA", "BDF", "Radau"])
def test_scipys_methods_solve_members_alone(method):
    start, times = np.array([[0.2, 1.6, -1.0]]), np.linspace(0, 1, 5)

    def member(k):
        return Problem(square, start[:, k], times, 0.25)

    batch = solve(Problem(square, start, times, 0.25, member=member), Solver(method, 1e-7, 1e-10))
    for k in (0, 2):
        np.testing.assert_array_equal(
            batch.states[:, :, k], solve(member(k), Solver(method, 1e-7, 1e-10)).states
        )
    assert (batch.status == "ok").tolist() == [True, False, True]
    assert batch.stopped_at[1] == pytest.approx(1 / 1.6, abs=1e-5)


def test_a_batch_that_cannot_be_taken_apart_is_refused_with_a_remedy():
    with pytest.raises(InputError, match=r"Radau.*Tsit5"):
        solve(oscillators(np.ones(2), np.arange(2.0), alone=False), Solver("Radau"))


def test_a_stiff_member_is_handed_over():
    mu, times = np.linspace(0.1, 1.2, 16), np.linspace(0, 10, 11)
    mu[5] = 1000.0
    solution = solve(oscillators(mu, times), Solver("Tsit5", 1e-6, 1e-9))
    together = solve(oscillators(mu, times, alone=False), Solver("Tsit5", 1e-6, 1e-9))
    assert set(solution.status) == set(together.status) == {"ok"}
    assert solution.steps < together.steps / 10
    for k in (0, 5, 15):
        exact = solve_ivp(
            lambda t, y, k=k: [y[1], mu[k] * (1 - y[0] ** 2) * y[1] - y[0]],
            (0, 10),
            [2, 0],
            method="Radau",
            rtol=1e-9,
            atol=1e-12,
            t_eval=times,
        )
        np.testing.assert_allclose(solution.states[:, :, k], exact.y.T, rtol=1e-4, atol=1e-6)


def test_a_member_handed_over_still_lands_on_breaks_and_output_times():
    rate = np.array([0.5, 0.3, 2e4, 0.8, 0.2, 0.4])
    start, times = np.full((1, 6), 3.0), np.array([0.0, 0.5, 3.99, 4.0, 4.01, 9.0])

    def towards(speed):
        def derivatives(t, y, out):
            out[:] = speed * ((5.0 if t >= 4 else 1.0) - y)

        return derivatives

    def member(k):
        return Problem(towards(rate[k]), start[:, k], times, 0.25, [4.0])

    problem = Problem(towards(rate), start, times, 0.25, [4.0], member=member)
    solution = solve(problem, Solver("Tsit5", 1e-7, 1e-9))
    at_four = 1 + 2 * np.exp(-4 * rate)
    since = np.maximum(times[:, None] - 4, 0) * rate
    early, late = 1 + 2 * np.exp(-times[:, None] * rate), 5 + (at_four - 5) * np.exp(-since)
    exact = np.where(times[:, None] <= 4, early, late)
    assert set(solution.status) == {"ok"}
    assert solution.steps < 1500  # 50,000 and more in common steps
    np.testing.assert_allclose(solution.states[:, 0], exact, rtol=1e-5)


def test_a_member_handed_over_keeps_the_tolerance():
    rate, times = np.array([0.5, 0.3, 3e4, 0.8, 0.2, 0.4]), np.linspace(0, 6, 13)

    def track(speed):
        """y' = speed (cos t - y), from 2."""
        return lambda t, y, out: np.multiply(speed, np.cos(t) - y, out=out)

    def member(k):
        return Problem(track(rate[k]), [2.0], times, 0.25)

    problem = Problem(track(rate), np.full((1, 6), 2.0), times, 0.25, member=member)
    solution = solve(problem, Solver("Tsit5", 1e-7, 1e-9))
    share = rate**2 / (1 + rate**2)
    settled = share * (np.cos(times)[:, None] + np.sin(times)[:, None] / rate)
    exact = settled + (2 - share) * np.exp(-times[:, None] * rate)
    assert set(solution.status) == {"ok"}
    assert solution.steps < 2000
    np.testing.assert_allclose(solution.states[:, 0], exact, rtol=2e-6, atol=2e-7)


def test_a_batch_stiff_throughout_stays_together():
    mu, times = np.full(64, 30.0), np.array([0.0, 2.0])
    asked = []
    problem = oscillators(mu, times)

    def member(k):
        asked.append(k)
        return problem.member(k)

    watched = Problem(problem.derivatives, problem.initial, times, 0.25, member=member)
    assert set(solve(watched, Solver("Tsit5", 1e-6, 1e-9)).status) == {"ok"}
    assert not asked


def test_a_member_beyond_the_budget_of_the_batch_is_finished_alone():
    mu, times = np.array([5.0, 5.0]), np.linspace(0, 30, 4)
    solver = Solver("Tsit5", 1e-8, 1e-10, max_steps=400)
    alone = solve(oscillators(mu, times).member(0), Solver("LSODA", 1e-10, 1e-12))
    given_up = solve(oscillators(mu, times, alone=False), solver)
    assert set(given_up.status) == {"too many steps"}
    finished = solve(oscillators(mu, times), Solver("Tsit5", 1e-8, 1e-10, max_steps=1500))
    assert set(finished.status) == {"ok"}
    np.testing.assert_allclose(finished.states[-1, :, 0], alone.states[-1], rtol=1e-4)


def test_a_member_that_only_stumbles_recovers_alone():
    """The first trial steps overshoot into NaN; smaller ones do not."""

    def root(t, y, out):
        out[0] = -40 * np.sqrt(y[0]) * y[1]
        out[1] = 0.0

    start = np.array([[1.0] * 8, [1e-3] * 7 + [1.0]])
    times = np.array([0.0, 0.02, 0.04])

    def member(k):
        return Problem(root, start[:, k], times, 0.25)

    solution = solve(Problem(root, start, times, 0.25, member=member), Solver("Tsit5", 1e-8, 1e-12))
    exact = (1 - 20 * start[1] * times[:, None]) ** 2
    assert set(solution.status) == {"ok"}
    np.testing.assert_allclose(solution.states[:, 0], exact, rtol=1e-6)
