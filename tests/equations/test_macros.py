"""Macros written out: names, subscripts, arguments."""

from systems import call, num, ref, stock, system, var

from secdil_sd.equations.expression import LookupCall, Table
from secdil_sd.equations.macros import Macro, expand_macros
from secdil_sd.equations.system import Definition

LAG = Macro(
    "lag",
    ("given", "time"),
    ("rate",),
    (
        var("lag", stock(ref("rate"), ref("given"))),
        var("rate", call("/", call("-", ref("given"), ref("lag")), ref("time"))),
    ),
)


def expanded(*variables, macros=(LAG,)):
    found, findings = expand_macros(system(*variables), list(macros))
    return {each.name: each for each in found.variables}, findings


def test_each_use_has_variables_of_its_own():
    found, findings = expanded(
        var("a", call("+", call("lag", ref("x"), num(2)), call("lag", ref("y"), num(3)))),
        var("x", num(1)),
        var("y", num(1)),
    )
    assert not findings
    assert list(found) == ["lag 1", "lag 1 rate", "lag 2", "lag 2 rate", "a", "x", "y"]
    assert found["a"].definitions[0].expression == call("+", ref("lag 1"), ref("lag 2"))
    assert found["lag 2"].definitions[0].expression == stock(ref("lag 2 rate"), ref("y"))
    rate = call("/", call("-", ref("y"), ref("lag 2")), num(3))
    assert found["lag 2 rate"].definitions[0].expression == rate


def test_arguments_that_are_more_than_a_name_become_variables():
    found, _ = expanded(
        var("a", call("lag", call("*", ref("x"), num(2)), num(1))), var("x", num(1))
    )
    assert found["lag 1 given"].definitions[0].expression == call("*", ref("x"), num(2))
    assert found["lag 1"].definitions[0].expression.arguments[1] == ref("lag 1 given")


def test_subscripts_of_the_arguments_are_on_everything_inside():
    found, _ = expanded(
        var("m", num(1), on=("state", "rival")),
        var(
            "a",
            call("sum", call("lag", ref("m", "state", "rival!"), num(1))),
            on=("state",),
        ),
    )
    assert found["lag 1"].definitions[0].subscripts == ("state", "rival")
    read = found["lag 1"].definitions[0].expression.arguments
    assert read == (ref("lag 1 rate", "state", "rival"), ref("m", "state", "rival"))
    assert found["a"].definitions[0].expression == call("sum", ref("lag 1", "state", "rival!"))


def test_further_outputs_are_variables_of_the_names_asked_for():
    asked = Definition(("state",), call("lag", ref("x", "state"), num(1), ref("speed", "state")))
    found, _ = expanded(var("a", asked), var("x", num(1), on=("state",)))
    speed = found["speed"].definitions[0]
    assert (speed.subscripts, speed.expression) == (("state",), ref("lag 1 rate", "state"))


def test_names_taken_are_left_alone_and_names_of_the_model_are_marked():
    clock = Macro("lag", (), (), (var("lag", call("+", ref("TIME STEP$"), ref("x$"))),))
    found, _ = expanded(var("lag 1", num(0)), var("a", call("lag")), macros=[clock])
    assert found["lag 2"].definitions[0].expression == call("+", ref("TIME STEP"), ref("x"))


def test_a_lookup_can_be_an_argument():
    read = Macro("read", ("curve", "at"), (), (var("read", call("curve", ref("at"))),))
    curve = var("points", Table((0.0, 1.0), (0.0, 2.0)))
    found, _ = expanded(curve, var("a", call("read", ref("points"), ref("Time"))), macros=[read])
    assert found["read 1"].definitions[0].expression == LookupCall(ref("points"), ref("Time"))


def test_misuses_are_found_together():
    itself = Macro("round", ("x",), (), (var("round", call("round", ref("x"))),))
    _, findings = expanded(
        var("a", call("lag", num(1))),
        var("b", call("round", num(1))),
        macros=[LAG, itself],
    )
    text = "\n".join(map(str, findings))
    assert "'lag' takes 2 or 3 with outputs arguments" in text
    assert "'round' uses itself" in text
