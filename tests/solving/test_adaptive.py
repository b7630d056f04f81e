"""The driver: breaks, changing intervals, the side from which a break is seen, outputs."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from secdil_sd.solving.pieces import cut
from secdil_sd.solving.problem import Problem, Solver, solve

ADAPTIVE = ["Tsit5", "RK45", "DOP853", "LSODA", "BDF", "Radau"]


def decay(t, y, out):
    np.negative(y, out=out)


def pulse(begin, end, height):
    """x' = -x / 10 + height while begin <= t < end, switching exactly there."""

    def derivatives(t, y, out):
        np.multiply(y, -0.1, out=out)
        if begin <= t < end:
            out += height

    return derivatives


def after_pulse(t, begin, end, height):
    return 10 * height * (np.exp(-0.1 * (t - end)) - np.exp(-0.1 * (t - begin)))


@pytest.mark.parametrize("method", ADAPTIVE)
def test_methods_agree_with_solve_ivp(method):
    def duel(t, y, out):
        out[0] = 1.2 * y[1] / (1 + y[1]) - 0.5 * y[0] + 0.1 * np.sin(t)
        out[1] = 0.8 * y[0] - 0.7 * y[1]

    def plain(t, y):
        out = np.empty(2)
        duel(t, y, out)
        return out

    times = np.linspace(0, 30, 61)
    reference = solve_ivp(
        plain, (0, 30), [0.2, 1.5], method="DOP853", rtol=1e-12, atol=1e-14, t_eval=times
    )
    solution = solve(Problem(duel, [0.2, 1.5], times, 0.25), Solver(method, 1e-7, 1e-9))
    assert solution.status == "ok"
    np.testing.assert_allclose(solution.states, reference.y.T, rtol=2e-5)


@pytest.mark.parametrize("method", ["RK45", "DOP853", "LSODA", "BDF", "Radau"])
def test_scipys_methods_are_scipys_own(method):
    """Without breaks the driver adds nothing: the numbers are those of solve_ivp."""
    times = np.linspace(0, 5, 11)
    own = solve_ivp(
        lambda t, y: -y, (0, 5), [1.0, 3.0], method=method, rtol=1e-6, atol=1e-9, t_eval=times
    )
    solution = solve(Problem(decay, [1.0, 3.0], times, 0.25), Solver(method, 1e-6, 1e-9))
    np.testing.assert_allclose(solution.states, own.y.T, rtol=1e-13)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_a_short_pulse_in_a_long_time_is_not_missed(method):
    begin, end = 123.456, 123.556  # off any grid, a tenth of a year in four hundred
    times = np.array([0.0, 120.0, 124.0, 130.0, 400.0])
    problem = Problem(pulse(begin, end, 50.0), [0.0], times, 1.0, breaks=[begin, end])
    solution = solve(problem, Solver(method, 1e-3, 1e-6))
    exact = np.where(times < begin, 0.0, after_pulse(times, begin, end, 50.0))
    np.testing.assert_allclose(solution.states[:, 0], exact, rtol=5e-3, atol=1e-5)


def test_a_solver_that_ignores_breaks_misses_that_pulse():
    blind = Problem(pulse(123.456, 123.556, 50.0), [0.0], [0.0, 130.0], 1.0)
    assert solve(blind, Solver("DOP853", 1e-3, 1e-6)).states[-1, 0] == 0.0


@pytest.mark.parametrize("method", ["Tsit5", "DOP853", "LSODA"])
def test_step_forcing_is_solved_to_tolerance(method):
    times = np.linspace(0, 10, 21)
    problem = Problem(pulse(np.pi, np.inf, 2.0), [1.0], times, 0.25, breaks=[np.pi])
    exact = np.exp(-0.1 * times) + np.where(
        times > np.pi, 20 * (1 - np.exp(-0.1 * (times - np.pi))), 0.0
    )
    states = solve(problem, Solver(method, 1e-10, 1e-12)).states[:, 0]
    np.testing.assert_allclose(states, exact, rtol=1e-8)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_each_piece_sees_its_own_side_of_a_break(method):
    """Nothing is evaluated at a break itself, and no step reaches over one."""
    seen = []

    def note(t, y, out):
        seen.append(t)
        np.negative(y, out=out)

    breaks = np.array([-1.0, 0.0, 1.0, 1.7, 3.0, 9.0])
    solve(Problem(note, [1.0], [0.0, 3.0], 0.5, breaks=breaks), Solver(method, 1e-4, 1e-7))
    assert min(seen) > 0.0 and max(seen) < 3.0
    assert not np.isin(seen, breaks).any()
    pieces = np.searchsorted(breaks, seen)
    assert np.all(np.diff(pieces) >= 0)  # once past a break, never back
    for edge in (0.0, 1.0, 1.7):
        assert np.nextafter(edge, np.inf) in seen
    for edge in (1.0, 1.7, 3.0):
        assert np.nextafter(edge, -np.inf) in seen or method in ("LSODA", "BDF", "Radau")


def test_both_ends_are_seen_where_there_is_no_break():
    seen = []

    def note(t, y, out):
        seen.append(t)
        np.negative(y, out=out)

    solve(Problem(note, [1.0], [0.0, 3.0], 0.5), Solver("Tsit5"))
    assert (min(seen), max(seen)) == (0.0, 3.0)


@pytest.mark.parametrize("method", ["Tsit5", "RK45", "DOP853", "BDF"])
def test_steps_are_bounded_while_time_is_at_work(method):
    """A bump in time, zero to all orders at both ends, would be stepped over."""

    def bump(t, y, out):
        share = (t - 200) / 4
        out[:] = np.exp(-1 / (1 - share**2)) if abs(share) < 1 else 0.0

    blind = Problem(bump, [0.0], [0.0, 400.0], 0.5)
    told = Problem(bump, [0.0], [0.0, 400.0], 0.5, changing=((196.0, 204.0),))
    area = 4 * 0.443993816168079  # integral of exp(-1 / (1 - x^2)) over (-1, 1)
    assert solve(blind, Solver(method, 1e-4, 1e-7)).states[-1, 0] == 0.0
    assert solve(told, Solver(method, 1e-4, 1e-7)).states[-1, 0] == pytest.approx(area, rel=1e-2)


def test_pieces_bound_the_step_only_inside_changing_intervals():
    problem = Problem(decay, [1.0], [0.0, 10.0], 0.5, [4.0], ((2.0, 6.0), (8.0, 12.0)))
    found = [(each.begin, each.end, each.longest) for each in cut(problem)]
    assert found == [
        (0.0, 2.0, np.inf),
        (2.0, 4.0, 2.0),
        (4.0, 6.0, 2.0),
        (6.0, 8.0, np.inf),
        (8.0, 10.0, 2.0),
    ]


YEARS = st.floats(1890, 2110, allow_nan=False)


@given(st.lists(YEARS, max_size=12), st.lists(st.tuples(YEARS, YEARS), max_size=4))
def test_pieces_cover_the_span_and_stay_inside_their_breaks(breaks, intervals):
    changing = tuple((min(each), max(each)) for each in intervals)
    problem = Problem(decay, [1.0], [1900.0, 2000.0, 2100.0], 0.25, breaks, changing)
    found = cut(problem)
    assert (found[0].begin, found[-1].end) == (1900.0, 2100.0)
    for piece, following in pairwise(found):
        assert piece.end == following.begin
    for piece in found:
        assert piece.begin < piece.end
        inside = np.nextafter(piece.low, 0), np.nextafter(piece.high, np.inf)
        assert not ((inside[0] < problem.breaks) & (problem.breaks < inside[1])).any()


def test_breaks_apart_by_rounding_are_one():
    noisy = np.unique([0.3, 0.1 + 0.2, np.nextafter(0.3, 0), 7.0, 10.0, np.nextafter(10.0, 11)])
    problem = Problem(decay, [1.0], [0.0, 10.0], 0.5, noisy)
    found = cut(problem)
    assert [(each.begin, each.end) for each in found] == [
        (0.0, 0.1 + 0.2),
        (0.1 + 0.2, 7.0),
        (7.0, 10.0),
    ]
    assert found[0].high < noisy[0] and found[1].low > 0.1 + 0.2
    assert found[-1].high < 10.0


@pytest.mark.parametrize("method", ADAPTIVE)
def test_many_breaks_and_outputs_between_and_on_them(method):
    knots = np.arange(1960.0, 1991.0)
    levels = np.sin(knots)

    def follow(t, y, out):
        out[:] = np.interp(t, knots, levels) - 0.5 * y

    times = np.unique(np.concatenate([knots, np.linspace(1960, 1990, 47)]))
    fine = solve_ivp(
        lambda t, y: np.interp(t, knots, levels) - 0.5 * y,
        (1960, 1990),
        [1.0],
        t_eval=times,
        rtol=1e-10,
        atol=1e-12,
        max_step=0.05,
    )
    solution = solve(Problem(follow, [1.0], times, 0.25, knots), Solver(method, 1e-7, 1e-9))
    np.testing.assert_allclose(solution.states, fine.y.T, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_outputs_on_breaks_cost_nothing_and_are_the_solvers_own(method):
    knots, solver = np.linspace(0, 3, 7), Solver(method, 1e-6, 1e-9)
    seldom = solve(Problem(decay, [1.0, 3.0], knots[[0, -1]], 0.25, knots), solver)
    often = solve(Problem(decay, [1.0, 3.0], knots, 0.25, knots), solver)
    assert seldom.evaluations == often.evaluations
    np.testing.assert_array_equal(seldom.states[-1], often.states[-1])


@pytest.mark.parametrize("method", ADAPTIVE)
def test_a_run_that_blows_up_stops_near_its_pole(method, capfd):
    times = np.linspace(0, 1, 11)
    problem = Problem(lambda t, y, out: np.square(y, out=out), [1.6], times, 0.25)
    solution = solve(problem, Solver(method, 1e-8, 1e-10))
    assert solution.status in ("step too small", "not finite")
    assert solution.stopped_at == pytest.approx(1 / 1.6, abs=1e-5)
    assert np.isfinite(solution.states[:, 0]).tolist() == (times < 1 / 1.6).tolist()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ADAPTIVE)
@pytest.mark.parametrize("lost", [0.0, 2.0])
def test_a_run_that_loses_its_derivative_is_not_finite(method, lost, capfd):
    def drop(t, y, out):
        out[:] = -y if t < lost else np.nan

    times = np.linspace(0, 5, 21)
    solution = solve(Problem(drop, [1.0, 2.0], times, 0.25), Solver(method, 1e-6, 1e-9))
    assert solution.status == "not finite"
    assert solution.stopped_at <= lost
    assert solution.stopped_at == pytest.approx(
        lost, abs=0.5 if method in ("LSODA", "BDF") else 1e-9
    )
    assert np.isnan(solution.states[times > solution.stopped_at]).all()
    assert np.isfinite(solution.states[times <= solution.stopped_at]).all()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["RK45", "DOP853", "Tsit5"])
def test_a_trial_that_recovered_is_not_the_reason_for_a_later_stop(method):
    met = []

    def stumble(t, y, out):
        np.square(y, out=out)
        if t > 0.1 and not met:
            met.append(t)
            out[:] = np.nan

    solution = solve(Problem(stumble, [1.6], [0.0, 1.0], 0.25), Solver(method, 1e-6, 1e-9))
    assert met
    assert solution.status == "step too small"
    assert solution.stopped_at == pytest.approx(1 / 1.6, abs=1e-5)


def test_tsit5_keeps_its_stride_over_a_short_piece():
    plain = solve(Problem(decay, [1.0], [0.0, 50.0], 0.25), Solver("Tsit5", 1e-6, 1e-6))
    breaks = [20.0, 20.000001]
    cut_up = solve(Problem(decay, [1.0], [0.0, 50.0], 0.25, breaks), Solver("Tsit5", 1e-6, 1e-6))
    assert cut_up.steps <= plain.steps + 3


@pytest.mark.parametrize("method", ADAPTIVE)
def test_a_budget_of_steps_ends_with_a_status(method):
    solution = solve(
        Problem(decay, [1.0], [0.0, 1.0, 50.0], 0.25), Solver(method, 1e-10, 1e-12, max_steps=30)
    )
    assert solution.status == "too many steps"
    assert 0 < solution.stopped_at < 50
    assert solution.steps == 30
    assert np.isnan(solution.states[-1]).all()


def test_mistakes_in_the_derivatives_are_not_hidden():
    def broken(t, y, out):
        raise ValueError("a bug")

    for method in ADAPTIVE:
        with pytest.raises(ValueError, match="a bug"):
            solve(Problem(broken, [1.0], [0.0, 1.0], 0.25), Solver(method))


def test_numpys_warnings_stay_as_they_were():
    before = np.geterr()
    solve(Problem(lambda t, y, out: np.square(y, out=out), [2.0], [0.0, 1.0], 0.1), Solver("BDF"))
    assert np.geterr() == before
