"""Orders worked out from constants, and what the stages of a delay do."""

import numpy as np
import pytest
from systems import call, num, ref, stock, system, var

from secdil_sd.equations.expand import expand
from secdil_sd.equations.expression import Array
from secdil_sd.equations.known import constants_behind, possible, varies
from secdil_sd.equations.order import make_schedule
from secdil_sd.errors import ModelError
from secdil_sd.targets.program import compile_program

GIVEN = system(
    var("n", num(3)),
    var("half", call("/", ref("n"), num(2))),
    var("per state", Array((3,), (1.0, 4.0, 2.0)), on=("state",)),
    var("later", call("+", ref("n"), call("step", num(2), num(5)))),
    var("x", stock(ref("n"), num(0))),
    var("itself", call("+", ref("itself"), num(1))),
)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (num(2), (2.0,)),
        (call("+", ref("half"), num(0.5)), (2.0,)),
        (call("max", ref("per state", "state"), num(2)), (2.0, 4.0)),
        (ref("later"), (3.0, 5.0)),
        (call("if then else", ref("Time"), num(1), ref("n")), (1.0, 3.0)),
        (ref("x"), ()),
        (ref("Time"), ()),
        (ref("itself"), ()),
        (call("/", num(1), num(0)), ()),
    ],
)
def test_values_known_from_the_file(node, expected):
    assert possible(GIVEN, node) == expected


def test_what_changes_and_which_constants_decide():
    assert not varies(GIVEN, ref("half"))
    assert not varies(GIVEN, ref("per state", "state"))
    assert varies(GIVEN, ref("later"))
    assert varies(GIVEN, ref("x"))
    assert varies(GIVEN, ref("Time"))
    assert list(constants_behind(GIVEN, ref("half"))) == ["n"]


def rates(order, time, step=0.25, function="delay n"):
    """Rates and output of a delay whose stages hold 1, 2, 3, ... of material."""
    given = system(
        var("TIME STEP", num(step)),
        var("n", num(3)),
        var("late", call(function, ref("Time"), time, num(1), order)),
    )
    schedule = make_schedule(given)
    bound = compile_program(schedule, ("late",)).bind(
        {"n": np.array(3.0), "TIME STEP": np.array(step)}, {}, 9.0, step, True
    )
    y = np.arange(1.0, schedule.state_size + 1)
    rate = np.empty_like(y)
    with np.errstate(all="ignore"):
        bound.derivatives(9.0, y, rate)
        return rate.tolist(), float(bound.observed(9.0, y)["late"])


def test_a_chain_moves_material_from_stage_to_stage():
    assert rates(num(3), num(2)) == ([3 * (9 - 0.5), 3 * (0.5 - 1), 3 * (1 - 1.5)], 1.5)
    assert rates(ref("n"), num(2)) == rates(num(3), num(2))


def test_stages_shorter_than_a_step_are_left_out_from_the_front():
    assert rates(num(3), num(0.5)) == ([0.0, 2 * (9 - 4), 2 * (4 - 6)], 6.0)
    found, late = rates(num(3), num(0.25))  # the first two feed nobody
    assert (found[2], late) == (9 - 12, 12.0)
    assert rates(num(1), num(0)) == ([0.0], 9.0)


def test_a_delay_of_fixed_order_keeps_all_its_stages():
    """Vensim lets DELAY3 swing rather than shorten it."""
    assert rates(num(3), num(0.5), function="delay") == ([3 * 7.0, -6.0, -6.0], 6.0)


def test_orders_that_are_none_are_refused():
    for order in (num(0), num(2.5), ref("Time"), num(1e6)):
        given = system(var("late", call("delay n", num(1), num(2), num(1), order)))
        with pytest.raises(ModelError, match="order of DELAY N in 'late' is not a whole number"):
            expand(given)
