"""Generated NumPy code against plain arithmetic; the gate against hostile names."""

import numpy as np
import pytest
from systems import RIVAL, STATE, call, num, part, ref, stock, system, var

from secdil_sd.equations.expression import Array, LookupCall, Table
from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.system import Range
from secdil_sd.targets.program import compile_program

MATRIX = np.arange(9.0).reshape(3, 3) + 1
VECTOR = np.array([2.0, 3.0, 5.0])


def values(
    given, *names, t=0.0, members=None, series=None, constants=None, y=None, dtype=float, fixed=True
):
    """Evaluate variables of a system at its initial state (or ``y``)."""
    schedule = make_schedule(given, frozenset(series or {}))
    program = compile_program(schedule, names)
    bound = program.bind(constants or {}, series or {}, t, 0.25, fixed, members, dtype)
    state = bound.initial if y is None else np.asarray(y)
    with np.errstate(all="ignore"):
        out = bound.observed(t, state)
    found = [out[name] for name in names]
    return found[0] if len(found) == 1 else found


LEVEL = var("level", stock(num(0), num(4)))
V = var("v", call("+", ref("level"), Array((3,), (-2.0, -1.0, 1.0))), on=("state",))
M = var(
    "m", call("*", ref("level"), Array((3, 3), tuple(MATRIX.ravel() / 4))), on=("state", "rival")
)


@pytest.mark.parametrize("members", [None, 1, 5])
def test_alignment_transposition_and_sums(members):
    given = system(
        LEVEL,
        V,
        M,
        var(
            "row",
            call("sum", call("*", ref("m", "state", "rival!"), ref("v", "rival!"))),
            on=("state",),
        ),
        var("column", call("sum", ref("m", "rival!", "state")), on=("state",)),
        var(
            "turned",
            call("-", ref("m", "rival", "state"), ref("v", "state")),
            on=("state", "rival"),
        ),
        var("total", call("sum", ref("m", "state!", "rival!"))),
        var("product", call("prod", ref("v", "state!"))),
        var("least", call("vmin", ref("m", "state!", "B"))),
        var("outer", call("*", ref("v", "state"), ref("v", "rival")), on=("state", "rival")),
    )
    found = values(
        given, "row", "column", "turned", "total", "product", "least", "outer", members=members
    )
    expected = [
        MATRIX @ VECTOR,
        MATRIX.sum(axis=0),
        MATRIX.T - VECTOR[:, None],
        45.0,
        30.0,
        2.0,
        np.outer(VECTOR, VECTOR),
    ]
    for got, want in zip(found, expected, strict=True):
        want = np.asarray(want)
        np.testing.assert_allclose(
            got, want if members is None else np.repeat(want[..., None], members, -1), rtol=1e-15
        )


@pytest.mark.parametrize("members", [None, 4])
def test_subranges_exceptions_and_elements(members):
    ranges = (STATE, RIVAL, Range("bloc", ("B", "C")))
    given = system(
        LEVEL,
        V,
        M,
        var("some", call("*", ref("v", "bloc"), ref("level")), on=("bloc",)),
        var(
            "mixed",
            part("state", num(7), ("A",)),
            part("A", call("+", ref("level"), ref("m", "C", "B"))),
        ),
        var("picked", call("+", ref("m", "C", "A"), call("sum", ref("m", "bloc!", "C")))),
        var(
            "place",
            call("if then else", call("=", ref("state"), ref("rival")), num(0), ref("level")),
            on=("state", "rival"),
        ),
        ranges=ranges,
    )
    found = values(given, "some", "mixed", "picked", "place", members=members)
    expected = [[np.nan, 12, 20], [4 + 8, 7, 7], 7 + 6 + 9, 4 * (1 - np.eye(3))]
    for got, want in zip(found, expected, strict=True):
        want = np.asarray(want, dtype=float)
        np.testing.assert_allclose(
            got, want if members is None else np.repeat(want[..., None], members, -1)
        )


def test_logic_counts_as_numbers_and_numbers_as_logic():
    given = system(
        LEVEL,
        var("two", call("+", call(">", ref("level"), num(1)), call("<=", ref("level"), num(4)))),
        var(
            "both",
            call("if then else", call("and", ref("level"), call("not", num(0))), num(1), num(2)),
        ),
        var(
            "either", call("or", call("=", ref("level"), num(9)), call("<>", ref("level"), num(9)))
        ),
    )
    assert [float(each) for each in values(given, "two", "both", "either")] == [2.0, 1.0, 1.0]
    assert values(given, "two", members=3).tolist() == [2.0, 2.0, 2.0]


def test_chained_initial_values_in_the_right_order():
    given = system(
        var("third", stock(num(0), call("*", ref("double"), num(10)))),
        var("double", call("*", ref("second"), num(2))),
        var("second", stock(num(1), call("+", ref("first"), ref("kept")))),
        var("kept", call("initial", call("*", ref("first"), num(100)))),
        var("first", stock(num(1), ref("start"))),
        var("start", call("active initial", ref("second"), num(3))),
    )
    program = compile_program(make_schedule(given), ("kept", "start"))
    bound = program.bind({}, {}, 0.0, 1.0, True)
    assert bound.initial.tolist() == [6060.0, 303.0, 3.0]
    out = bound.observed(5.0, np.array([0.0, 1.0, 2.0]))
    assert (out["kept"], out["start"]) == (300.0, 1.0)


def test_sampled_constants_vary_over_members_and_others_do_not():
    given = system(
        var("k", num(1)),
        var("g", num(2), on=("state",)),
        var("batch", call("*", ref("k"), ref("g", "state")), on=("state",)),
        var("x", stock(ref("batch", "state"), ref("g", "state")), on=("state",)),
    )
    program = compile_program(make_schedule(given), ("x", "batch"))
    k, g = np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0])
    bound = program.bind({"k": k, "g": g}, {}, 0.0, 1.0, False, members=2)
    rate = np.empty_like(bound.initial)
    bound.derivatives(0.0, bound.initial, rate)
    np.testing.assert_array_equal(rate, np.outer(g, k))
    np.testing.assert_array_equal(bound.initial, np.outer(g, [1, 1]))


@pytest.mark.parametrize(
    ("beyond", "at", "expected"),
    [
        ("hold", -1, 1),
        ("hold", 1, 2),
        ("hold", 9, 5),
        ("extrapolate", -1, 0),
        ("extrapolate", 6, 11),
        ("discrete", 1.9, 1),
        ("discrete", 2, 3),
        ("discrete", 7, 5),
    ],
)
def test_lookups(beyond, at, expected):
    table = Table((0.0, 2.0, 3.0), (1.0, 3.0, 5.0), beyond)
    for dtype in (float, complex):
        given = system(var("x", stock(num(0), num(at))), var("read", LookupCall(table, ref("x"))))
        assert np.real(values(given, "read", dtype=dtype)) == pytest.approx(expected)
        assert np.real(values(given, "read", dtype=dtype, members=2)).tolist() == pytest.approx(
            [expected] * 2
        )


def test_complex_steps_differentiate():
    given = system(
        var("x", stock(num(0), num(0.7))),
        var(
            "y",
            call(
                "if then else",
                call(">", ref("x"), num(0)),
                call("*", call("exp", ref("x")), call("abs", call("-", ref("x"), num(2)))),
                num(0),
            ),
        ),
        var("z", call("max", call("^", ref("x"), num(2)), call("zidz", num(1), ref("x")))),
    )
    y, z = values(given, "y", "z", y=[0.7 + 1e-30j], dtype=complex)
    assert y.imag / 1e-30 == pytest.approx(np.exp(0.7) * (1.3 - 1))
    assert z.imag / 1e-30 == pytest.approx(-1 / 0.49)


def test_series_are_linear_between_knots():
    given = system(var("x", stock(ref("push"), num(0))), var("push", num(1)))
    series = {"push": (np.array([0.0, 10.0, 20.0]), np.array([1.0, 3.0, 3.0]))}
    for t, want in ((0, 1), (5, 2), (15, 3), (20, 3)):
        assert values(given, "push", t=float(t), series=series) == want
    bound = compile_program(make_schedule(given, frozenset(series)), ()).bind(
        {}, series, 0.0, 1.0, False
    )
    assert bound.breaks(0.0, 20.0).tolist() == [10.0]
    assert bound.changing(0.0, 20.0) == ()


def test_breaks_are_found_wherever_time_is_compared():
    given = system(
        var("x", stock(call("+", ref("a"), call("+", ref("b"), ref("c"))), num(0))),
        var(
            "a",
            call("if then else", call(">", call("*", ref("Time"), num(2)), num(7)), num(1), num(0)),
        ),
        var("b", call("step", num(1), num(4.25))),
        var("c", LookupCall(Table((0.0, 6.5, 8.0), (0.0, 1.0, 0.0)), ref("Time"))),
        var("d", call("pulse", num(1), num(2))),
    )
    bound = compile_program(make_schedule(given), ()).bind({}, {}, 0.0, 0.125, False)
    assert bound.breaks(0.0, 10.0).tolist() == pytest.approx([3.5, 4.25, 6.5, 8.0])


def test_names_and_texts_cannot_execute(tmp_path):
    mark = tmp_path / "ran"
    evil = f'"); open({str(mark)!r}, "w"); ("'
    given = system(
        var(evil, stock(ref("import os"), num(1))),
        var("import os", call("*", ref(evil), ref("lambda"))),
        var("lambda", call("+", ref("exp"), ref("b1"))),
        var("exp", num(2)),
        var("b1", num(1)),
        var("d_x", ref("exp")),
        var("dy", ref("exp")),
    )
    given = given.replace(
        variables=tuple(
            var(
                each.name,
                *(
                    type(d)(d.subscripts, d.expression, text=f"a = b\n{evil}\n__import__('os')")
                    for d in each.definitions
                ),
            )
            for each in given.variables
        )
    )
    constants = {"exp": np.array(2.0), "b1": np.array(1.0)}
    assert values(given, "import os", constants=constants) == 3.0
    assert not mark.exists()


def test_generated_code_has_no_builtins():
    program = compile_program(make_schedule(system(LEVEL)), ("level",))
    bound = program.bind({}, {}, 0.0, 1.0, True)
    assert bound.derivatives.__globals__["__builtins__"] == {}


def test_a_pulse_train_shows_its_end_time_on_a_grid():
    """As Vensim does: a pulse that begins at the last pulse time lasts one step."""
    train = call("pulse train", num(2), num(1), num(2), num(6))
    given = system(var("x", stock(num(0), num(0))), var("p", train))
    on_grid = [values(given, "p", t=each) for each in (4, 4.75, 5, 6, 6.25, 8)]
    assert on_grid == [1, 1, 0, 1, 0, 0]
    assert values(given, "p", t=6.0, fixed=False) == 0
