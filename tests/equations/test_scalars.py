"""Element by element the same numbers come out, whatever was folded away."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems import call, num, part, ref, stock, system, var

from secdil_sd.equations.expression import LookupCall, Table
from secdil_sd.equations.folding import INPUT, LOOKUP, NAN, NUMBER, STATE, NoScalarForm
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.scalars import exponents, scalar_form, start_form, telling
from secdil_sd.equations.share import shared
from secdil_sd.targets.program import compile_program
from secdil_sd.targets.runtime import Clock, LookupTable, namespace

STEP = 0.25


def evaluated(form, t, y, inputs):
    """The rates of a scalar form by the plainest interpreter: one node after another."""
    functions = namespace(Clock(STEP, True), False) | {"as number": float, "truth": bool}
    values = []
    for node in form.nodes:
        given = [values[each] for each in node.arguments]
        if node.function == NUMBER:
            found = math.nan if node.name == NAN else node.value
            found = bool(found) if node.logical else np.float64(found)
        elif node.function == STATE:
            found = y[node.place]
        elif node.function == INPUT:
            found = t if node.name == TIME else np.ravel(inputs[node.name])[node.place]
        elif node.function == LOOKUP:
            found = LookupTable(node.table.x, node.table.y, node.table.beyond)(given[0])
        else:
            row = FUNCTIONS.get(node.function)
            function = functions[row.numpy if row else node.function]
            found = function(*([t] if row and row.kind == "time" else []), *given)
        values.append(found)
    return np.array([float(values[each]) for each in form.rates])


def both(schedule, t, y, constants, known=()):
    """The rates by NumPy's program and by the form, given constants known to be shared."""
    program = compile_program(schedule, ())
    bound = program.bind(constants, {}, t, STEP, True)
    rates = np.empty_like(bound.initial)
    with np.errstate(all="ignore"):
        bound.derivatives(t, np.asarray(y), rates)
        values = {name: np.ravel(each).tolist() for name, each in constants.items()}
        own = {name: values[name] for name in known}
        form = scalar_form(shared(schedule), telling(own, exponents(schedule)))
        return rates, evaluated(form, t, np.asarray(y), constants), form


def off(*axes):
    """One but for pairs of an element with itself."""
    return call("if then else", call("=", ref(axes[0]), ref(axes[1])), num(0), num(1))


CURVE = Table((0.0, 1.0, 2.0), (0.0, 3.0, 1.0))

PAIRS = system(
    var("k", num(1)),
    var("p", num(2)),
    var("switch", num(1)),
    var("g", num(0.5), on=("state",)),
    var("other", off("state", "rival"), on=("state", "rival")),
    var("x", stock(call("-", ref("push", "state"), ref("tired", "state")), num(1)), on=("state",)),
    var("z", stock(ref("total"), num(0.3))),
    var("tired", call("*", ref("g", "state"), ref("x", "state")), on=("state",)),
    var(
        "felt",
        call(
            "*",
            call("*", ref("k"), ref("other", "state", "rival")),
            call("-", ref("x", "rival"), call("zidz", ref("x", "state"), ref("p"))),
        ),
        on=("state", "rival"),
    ),
    var(
        "push",
        call(
            "+",
            call("sum", ref("felt", "state", "rival!")),
            call("*", ref("switch"), call("^", call("abs", ref("z")), ref("p"))),
        ),
        on=("state",),
    ),
    var(
        "total",
        call(
            "if then else",
            call(
                "and",
                call(">", ref("switch"), num(0.5)),
                call("not", call("<", ref("z"), ref("k"))),
            ),
            call("min", call("vmax", ref("x", "state!")), LookupCall(CURVE, ref("z"))),
            call(
                "-",
                call("zidz", ref("k"), ref("z")),
                call("step", ref("k"), call("+", ref("p"), num(0))),
            ),
        ),
    ),
)

VALUES = st.sampled_from([0.0, 1.0, 0.5, 2.0, -1.0, 3.7, 1e-9])
STATES = st.floats(-5, 5) | st.sampled_from([0.0, 1.0, 1e-300, 1e150, -1e150])
NAMES = ("k", "p", "switch", "g")


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES[:3], VALUES)),
    st.lists(VALUES, min_size=3, max_size=3),
    st.lists(STATES, min_size=4, max_size=4),
    st.sets(st.sampled_from(NAMES)),
    st.floats(0, 5),
)
def test_folding_changes_no_number(constants, g, y, known, t):
    schedule = make_schedule(PAIRS)
    wanted, found, _ = both(schedule, t, y, {**constants, "g": np.array(g)}, known)
    np.testing.assert_array_equal(found, wanted)  # bit for bit but for the sign of zero


def test_each_node_comes_after_its_arguments_and_once():
    form = scalar_form(make_schedule(PAIRS))
    for place, node in enumerate(form.nodes):
        assert all(each < place for each in node.arguments)
    assert len(set(form.nodes)) == len(form.nodes)
    assert all(form.nodes[each].stage == "batch" for each in form.inputs)
    assert {
        node.place for node in form.nodes if node.stage == "state" and node.function == STATE
    } == {*range(4)}


def rate(expression, *more, known=(), y=(2.0,), constants=None, t=0.0):
    """One stock's rate by program and by form, and the functions left in the form."""
    given = system(var("x", stock(expression, num(1))), *more)
    wanted, found, form = both(make_schedule(given), t, y, constants or {}, known)
    return wanted[0], found[0], [node.function for node in form.nodes]


SWITCH = var("switch", num(0))
OFF = {"switch": np.array(0.0)}


def test_what_a_shared_switch_turns_off_is_not_computed():
    long = call("*", call("+", ref("x"), num(3)), call("+", ref("x"), num(4)))
    expression = call("+", ref("x"), call("*", ref("switch"), long))
    wanted, found, left = rate(expression, SWITCH, known=["switch"], constants=OFF)
    assert (wanted, found) == (2.0, 2.0)
    assert left == [STATE]
    assert len(rate(expression, SWITCH, constants=OFF)[2]) > 5  # a switch that members do not share


@pytest.mark.parametrize("gate", ["switch itself", "made of it", "compared"])
def test_a_switch_hides_nothing_that_is_not_a_number(gate):
    zero = {
        "switch itself": ref("switch"),
        "made of it": call("*", ref("switch"), num(3)),
        "compared": call("if then else", call("=", ref("switch"), num(0)), num(0), num(1)),
    }[gate]
    expression = call("+", ref("x"), call("*", zero, call("ln", call("negative", ref("x")))))
    wanted, found, left = rate(expression, SWITCH, known=["switch"], constants=OFF)
    assert math.isnan(wanted) and math.isnan(found)
    assert "ln" in left


def test_a_mask_of_subscripts_hides_what_it_removes():
    """The logarithm of a pair's own difference: nobody wants the minus infinity of the diagonal."""
    felt = call("ln", call("abs", call("-", ref("x", "state"), ref("x", "rival"))))
    given = system(
        var("k", num(0)),
        var("other", off("state", "rival"), on=("state", "rival")),
        var("twice", call("*", call("+", ref("k"), num(1)), ref("other", "state", "rival")),
            on=("state", "rival")),
        var("felt", call("*", ref("twice", "state", "rival"), felt), on=("state", "rival")),
        var("x", stock(call("sum", ref("felt", "state", "rival!")), num(1)), on=("state",)),
    )  # fmt: skip
    y = [1.0, 3.0, 6.0]
    wanted, found, form = both(make_schedule(given), 0.0, y, {"k": np.array(0.0)}, ["k"])
    assert np.isnan(wanted).all()  # arrays compute the diagonal too
    logs = np.log(np.abs(np.subtract.outer(y, y)) + np.eye(3))
    np.testing.assert_allclose(found, logs.sum(axis=1), rtol=1e-15)
    assert [node.function for node in form.nodes].count("ln") == 6


@pytest.mark.parametrize(
    ("function", "exponent", "wanted"), [("^", 0.0, 1.0), ("^", 1.0, -8.0), ("power", 1.0, -8.0)]
)
def test_powers_of_a_known_exponent(function, exponent, wanted):
    p = var("p", num(3))
    given = {"p": np.array(exponent)}
    own, found, left = rate(
        call(function, ref("x"), ref("p")), p, known=["p"], constants=given, y=[-8.0]
    )
    assert own == found == wanted
    assert function not in left


@pytest.mark.parametrize(
    ("expression", "folds"),
    [
        (call("/", num(0), call("+", num(1), call("exp", ref("x")))), True),
        (call("/", num(0), ref("x")), False),  # 0/0
        (call("zidz", num(0), ref("x")), True),
        (call("zidz", num(0), call("ln", ref("x"))), False),
        (call("*", num(0), call("exp", ref("x"))), False),  # 0 * infinity
        (call("*", num(0), call("^", ref("x"), num(2))), True),
        (call("*", num(0), call("sqrt", ref("x"))), False),
        (call("*", num(0), call("/", num(1), call("exp", ref("x")))), False),
    ],
)
def test_a_product_with_zero_is_zero_only_where_the_rest_is_a_number(expression, folds):
    for y in (0.0, 2.0, -1.0, 800.0, -800.0):
        wanted, found, left = rate(expression, y=[y])
        np.testing.assert_array_equal(found, wanted)
        assert (STATE not in left) == folds


def test_values_kept_from_the_start_beside_computed_ones():
    given = system(
        var("x", stock(call("sum", ref("mixed", "state!")), num(4))),
        var(
            "mixed",
            part("A", call("initial", call("*", ref("x"), num(3)))),
            part("B", call("*", ref("x"), num(2))),
            part("C", num(7)),
        ),
    )
    form = scalar_form(make_schedule(given))
    program = compile_program(make_schedule(given), ())
    known = {"mixed": np.array([12.0, np.nan, np.nan])}
    assert evaluated(form, 0.0, [5.0], known).tolist() == [12.0 + 10.0 + 7.0]
    bound = program.bind({}, {}, 0.0, 1.0, True, members=600)
    rates = np.empty((1, 600))
    bound.derivatives(0.0, np.full((1, 600), 5.0), rates)
    assert (rates == 29.0).all()


def test_an_element_no_equation_writes_is_not_a_number():
    given = system(
        var("x", stock(call("*", num(0), ref("some", "C")), num(4))),
        var("some", part("A", ref("x")), part("B", num(1))),
    )
    form = scalar_form(make_schedule(given))
    assert np.isnan(evaluated(form, 0.0, [5.0], {})).all()


def test_what_is_told_of_shared_constants():
    found = telling({"a": [0.0, 1.0, 2.0, 0.5, -1.0, 1e-7, math.inf], "b": [2.0, 0.5]}, {"b"})
    assert found["a"] == (0.0, 1.0, "positive", "positive", None, None, None)
    assert found["b"] == (2.0, 0.5)
    assert exponents(make_schedule(PAIRS)) == {"p"}


def test_large_worlds_have_no_form():
    from secdil_sd.equations.system import Range

    ranges = (
        Range("state", tuple(f"s{k}" for k in range(80))),
        Range("rival", tuple(f"s{k}" for k in range(80))),
    )
    given = system(
        var("m", call("*", ref("x", "rival"), ref("x", "state")), on=("state", "rival")),
        var("x", stock(call("sum", ref("m", "state", "rival!")), num(1)), on=("state",)),
        ranges=ranges,
    )
    with pytest.raises(NoScalarForm, match="more than 4,000 single operations"):
        scalar_form(make_schedule(given))


def test_functions_without_a_form_are_named():
    names = [name for name, row in FUNCTIONS.items() if row.numpy and not row.scalar]
    assert set(names) >= {"sum", "prod", "vmin", "vmax"}  # reductions, taken apart before
    from secdil_sd.equations.folding import Folding

    with pytest.raises(NoScalarForm, match="VECTOR RANK has no form for single numbers"):
        Folding().apply("vector rank", ())


def test_variables_asked_for_are_roots_of_their_own():
    """What the rates do not need is computed as soon as somebody wants to see it."""
    schedule = make_schedule(
        system(
            var("x", stock(call("negative", ref("x")), num(1.0))),
            var("seen", call("*", num(2.0), ref("x"))),
        )
    )
    plain, asked = scalar_form(schedule), scalar_form(schedule, observed=["seen", "x"])
    assert len(asked.nodes) > len(plain.nodes) and not plain.observed
    assert asked.nodes[asked.observed["seen"][0]].function == "*"
    assert asked.nodes[asked.observed["x"][0]].function == STATE


def test_the_start_knows_what_stocks_begin_with_and_what_is_kept():
    schedule = make_schedule(
        system(
            var("a", num(2.0)),
            var("x", stock(call("negative", ref("x")), call("*", num(3.0), ref("a")))),
            var("y", stock(ref("first"), ref("x"))),
            var("first", call("initial", call("+", ref("x"), num(1.0)))),
        )
    )
    start = start_form(schedule)
    assert start.initial[0] == start.initial[1]  # y begins where x does
    assert start.nodes[start.initial[0]].function == "*"
    assert [start.nodes[each].function for each in start.kept.values()] == ["+"]
