"""What a problem and a solver accept, and how they refuse."""

import pickle

import numpy as np
import pytest
from scipy.integrate import RK23

from secdil_sd.errors import InputError
from secdil_sd.solving.problem import METHODS, Problem, Solution, Solver, solve


def decay(t, y, out):
    np.negative(y, out=out)


def problem(**changes):
    return Problem(
        **{"derivatives": decay, "initial": [1.0, 2.0], "times": [0.0, 1.0], "step": 0.5, **changes}
    )


@pytest.mark.parametrize("method", METHODS)
def test_method_names_ignore_case(method):
    assert Solver(method.upper()).method == Solver(method.lower()).method == method


def test_a_subclass_of_scipys_solver_is_a_method():
    solution = solve(problem(), Solver(RK23, 1e-8, 1e-10))
    np.testing.assert_allclose(solution.states[-1], np.exp(-1) * np.array([1, 2]), rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "DOP583"}, "DOP853"),
        ({"method": 5}, "not a method"),
        ({"method": "BDF", "rtol": 0.0}, "rtol"),
        ({"method": "BDF", "rtol": np.nan}, "rtol"),
        ({"method": "BDF", "atol": [-1.0]}, "atol"),
        ({"method": "BDF", "atol": [np.nan, 1.0]}, "atol"),
        ({"method": "BDF", "max_steps": 0}, "max_steps"),
        ({"method": "Tsit5", "norm": "rsm"}, "rms"),
    ],
)
def test_solver_refuses(arguments, words):
    with pytest.raises(InputError, match=words):
        Solver(**arguments)


def test_all_mistakes_come_together():
    with pytest.raises(InputError) as caught:
        Solver("Tsit", rtol=-1, max_steps=-1)
    assert len(caught.value.findings) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"times": [0.0, 2.0, 1.0]}, "1 follows 2"),
        ({"times": [0.0, 0.0]}, "increase"),
        ({"times": []}, "at least one"),
        ({"times": [0.0, np.nan]}, "finite"),
        ({"step": 0.0}, "step"),
        ({"initial": np.zeros((1, 1, 1))}, "axes"),
    ],
)
def test_problem_refuses(changes, words):
    with pytest.raises(InputError, match=words):
        problem(**changes)


def test_tolerances_must_fit_the_stocks():
    with pytest.raises(InputError, match="3 values for 2 stocks"):
        solve(problem(), Solver("DOP853", 1e-6, np.ones(3)))


def test_breaks_are_sorted_and_unique():
    assert problem(breaks=[3.0, 1.0, 3.0]).breaks.tolist() == [1.0, 3.0]


def test_nouns_survive_pickling():
    for method in ("Tsit5", RK23):
        solver = pickle.loads(pickle.dumps(Solver(method, 1e-7, np.array([1e-9, 1e-8]))))
        assert solver.method == method
        assert solver.atol.tolist() == [1e-9, 1e-8]
    there_and_back = pickle.loads(pickle.dumps(problem(breaks=[0.5])))
    assert isinstance(there_and_back, Problem)
    assert there_and_back.breaks.tolist() == [0.5]
    solution = pickle.loads(pickle.dumps(solve(problem(), Solver("RK4"))))
    assert isinstance(solution, Solution)
    assert solution.status == "ok"


@pytest.mark.parametrize("method", METHODS)
def test_one_output_time_gives_the_initial_state(method):
    solution = solve(problem(times=[3.0]), Solver(method))
    assert solution.states.tolist() == [[1.0, 2.0]]
    assert solution.status == "ok"
    assert np.isnan(solution.stopped_at)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_nothing_to_solve(method, shape):
    solution = solve(problem(initial=np.zeros(shape)), Solver(method))
    assert solution.states.shape == (2, *shape)
    assert np.shape(solution.status) == shape[1:]
