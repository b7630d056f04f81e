"""What is remembered between fixed steps: against queues, cut in two, and by whole ensembles."""

from collections import deque

import numpy as np
import pytest
from systems import call, num, ref, stock, system, var

from secdil_sd.equations.order import make_schedule
from secdil_sd.errors import InputError
from secdil_sd.solving.problem import Problem, Solver, solve
from secdil_sd.targets.program import compile_program

STEP = 0.25


def delayed(*more):
    """A stock that what it was some time ago takes from."""
    return system(
        var("wait", num(1), on=("state",)),
        var("x", stock(call("-", ref("Time"), ref("late", "state")), num(2)), on=("state",)),
        var(
            "late",
            call("delay fixed", ref("x", "state"), ref("wait", "state"), num(3)),
            on=("state",),
        ),
        *more,
    )


def bound(given, waits, members=None, start=0.0, outputs=("x", "late")):
    program = compile_program(make_schedule(given), outputs)
    return program.bind({"wait": np.asarray(waits)}, {}, start, STEP, True, members)


def solved(what, times, method="Euler", initial=None):
    initial = what.initial if initial is None else initial
    return solve(
        Problem(what.derivatives, initial, times, STEP, memory=what.memory), Solver(method)
    )


def by_queue(wait, steps):
    """One element in plain Python: x and what comes out, at each step."""
    queue, x, rows = deque([3.0] * max(round(wait / STEP), 1)), 2.0, []
    for k in range(steps + 1):
        rows.append((x, queue[0]))
        queue.append(x)
        x, _ = x + (k * STEP - queue[0]) * STEP, queue.popleft()
    return np.array(rows)


WAITS = np.array([[0.0, 0.25, 1.0], [0.5, 2.0, 0.75], [3.0, 0.5, 1.25]])


def test_elements_and_members_of_any_length_equal_queues():
    times = np.arange(41) * STEP
    states = solved(bound(delayed(), WAITS, members=3), times).states
    for element in range(3):
        for member in range(3):
            expected = by_queue(WAITS[element, member], 40)
            np.testing.assert_array_equal(states[:, element, member], expected[:, 0])
            np.testing.assert_array_equal(states[:, 3 + element, member], expected[:, 1])


@pytest.mark.parametrize("members", [None, 600])
def test_a_run_resumed_from_its_memory_goes_on_as_if_uninterrupted(members):
    rng = np.random.default_rng(3)
    waits = WAITS[:, 0] if members is None else rng.uniform(0, 4, (3, members))
    times = np.arange(61) * STEP
    whole = bound(delayed(), waits, members)
    states = solved(whole, times).states
    first = bound(delayed(), waits, members)
    half = solved(first, times[:24]).states
    kept = {name: array.copy() for name, array in first.memory.contents().items()}
    again = bound(delayed(), np.full_like(waits, 9.0), members, start=times[23])
    again.memory.restore(kept)
    rest = solved(again, times[23:], initial=half[-1]).states
    np.testing.assert_array_equal(np.concatenate([half, rest[1:]]), states)
    for name, array in whole.memory.contents().items():
        np.testing.assert_array_equal(again.memory.contents()[name], array)


def test_contents_are_what_comes_out_step_by_step():
    one = bound(delayed(), [0.25, 1.0, 0.5])
    states = solved(one, np.arange(9) * STEP).states
    contents = one.memory.contents()
    (name,) = (each for each in contents if not each.endswith("steps"))
    assert contents[f"{name} steps"].tolist() == [1, 4, 2]
    np.testing.assert_array_equal(contents[name][:, 1], states[4:8, 1])
    np.testing.assert_array_equal(contents[name][:2, 2], states[6:8, 2])
    assert np.isnan(contents[name][2:, 2]).all()


def test_members_equal_single_runs_and_one_that_explodes_takes_nobody_along():
    rng = np.random.default_rng(1)
    waits = rng.uniform(0, 3, (3, 520))
    waits[1, 7] = np.nan
    times = np.arange(33) * STEP
    batch = solved(bound(delayed(), waits, members=520), times)
    assert batch.status[7] == "not finite"  # what comes out may be missing, the stock it feeds not
    assert batch.stopped_at[7] == 2 * STEP
    assert (np.delete(batch.status, 7) == "ok").all()
    for k in (0, 6, 8, 519):
        alone = solved(bound(delayed(), waits[:, k]), times)
        np.testing.assert_array_equal(batch.states[:, :, k], alone.states)


def test_under_rk4_what_comes_out_holds_still_within_a_step():
    given = system(
        var("x", stock(ref("late"), num(0))),
        var("late", call("delay fixed", ref("Time"), num(0.5), num(0))),
    )
    program = compile_program(make_schedule(given), ("x", "late"))
    one = program.bind({}, {}, 0.0, STEP, True)
    states = solved(one, np.arange(9) * STEP, "RK4").states
    late = np.array([0, 0, *(np.arange(7) * STEP)])
    np.testing.assert_allclose(states[:, 1], late)
    np.testing.assert_allclose(states[:, 0], np.concatenate([[0], np.cumsum(late[:-1]) * STEP]))


def test_a_sample_is_held_until_the_next():
    given = system(
        var("x", stock(num(1), num(0))),
        var(
            "seen",
            call(
                "sample if true",
                call("=", call("modulo", ref("x"), num(1)), num(0)),
                ref("x"),
                num(-1),
            ),
        ),
    )
    program = compile_program(make_schedule(given), ("seen",))
    one = program.bind({}, {}, 0.0, STEP, True)
    states = solved(one, np.arange(9) * STEP).states
    seen = [float(one.observed(k * STEP, states[k])["seen"]) for k in range(9)]
    assert seen == [0, 0, 0, 0, 1, 1, 1, 1, 2]


def test_what_is_held_may_be_missing():
    given = system(
        var("x", stock(num(1), num(0))),
        var("seen", call("sample if true", call(">", ref("x"), num(1)), ref("x"), num(np.nan))),
        var("lost", call("<>", ref("seen"), ref("seen"))),  # only what is missing is not itself
        var("y", stock(call("if then else", ref("lost"), num(1), num(0)), num(0))),
    )
    program = compile_program(make_schedule(given), ("x", "y", "seen"))
    for members in (None, 2):
        one = program.bind({}, {}, 0.0, STEP, True, members)
        solution = solved(one, np.arange(9) * STEP)
        assert np.all(solution.status == "ok")
        states = solution.states if members is None else solution.states[..., 1]
        x, y = (states[:, program.schedule.slots[each].offset] for each in "xy")
        np.testing.assert_array_equal(x, np.arange(9) * STEP)
        assert np.isnan(states).any(axis=1).tolist() == [True] * 6 + [False] * 3
        np.testing.assert_array_equal(y, np.minimum(np.arange(9), 5) * STEP)


def test_rates_known_from_what_went_in_are_the_rates():
    one = bound(delayed(), [0.25, 1.0, 0.5])
    y, other = one.initial + 1.0, one.initial + 2.0
    expected, found = np.empty_like(y), np.empty_like(y)
    one.derivatives(0.5, y, expected)
    memory = one.memory
    memory.feed(0.5, y)
    one.derivatives(0.5, y, found)
    np.testing.assert_array_equal(found, expected)
    one.derivatives(0.5, other, found)  # known for one call only
    np.testing.assert_array_equal(found[:3], 0.5 - other[3:])


def test_a_schedule_says_whether_it_remembers():
    assert make_schedule(delayed()).pipelines
    assert not make_schedule(system(var("x", stock(num(1), num(0))))).pipelines


def test_an_absurd_length_is_refused_before_memory_is_taken():
    with pytest.raises(InputError, match=r"late delay fixed 1.*steps"):
        _ = bound(delayed(), [1e12, 1, 1]).memory
