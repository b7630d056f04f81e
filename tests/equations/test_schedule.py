"""Order, stages, and what is refused."""

import pytest
from systems import call, num, part, ref, stock, system, var

from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.system import Range
from secdil_sd.errors import ModelError
from secdil_sd.targets.program import compile_program


def stages(schedule):
    return {
        each.target: each.stage
        for each in (*schedule.prepare, *schedule.values)
        if each.kind == "value"
    }


def test_stages_follow_what_is_read():
    schedule = make_schedule(
        system(
            var("k", num(2)),
            var("twice", call("*", ref("k"), num(2))),
            var("season", call("sin", ref("Time"))),
            var("kick", call("step", num(1), ref("k"))),
            var("level", stock(ref("rise"), num(0))),
            var("rise", call("+", ref("level"), ref("season"))),
        )
    )
    assert stages(schedule) == {"twice": "batch", "season": "time", "kick": "time", "rise": "state"}


def test_each_value_comes_after_what_it_needs():
    chain = [var(f"v{i}", call("+", ref(f"v{i + 1}"), ref("level"))) for i in range(30)]
    last = var("v30", ref("level"))
    schedule = make_schedule(system(var("level", stock(ref("v0"), num(1))), *chain, last))
    order = [each.target for each in schedule.values]
    assert order == [f"v{i}" for i in range(30, -1, -1)]


def test_simultaneous_equations_are_refused_by_naming_the_cycle():
    with pytest.raises(
        ModelError, match=r"threat -> response -> threat|response -> threat -> response"
    ) as caught:
        make_schedule(
            system(
                var("threat", call("*", ref("response"), num(2))),
                var("response", call("+", ref("threat"), num(1))),
                var("innocent", num(3)),
            )
        )
    finding = caught.value.findings[0]
    assert set(finding.variables) == {"threat", "response"}
    assert "stock" in finding.remedy


def test_a_cycle_of_initial_values_is_refused():
    with pytest.raises(ModelError, match="initial values depend on each other"):
        make_schedule(
            system(
                var("one", stock(num(0), ref("two"))),
                var("two", stock(num(0), call("+", ref("one"), num(1)))),
            )
        )


def test_elements_computed_from_other_elements_are_ordered_one_by_one():
    schedule = make_schedule(
        system(
            var(
                "x",
                part("A", num(1)),
                part("B", call("+", ref("x", "C"), num(1))),
                part("C", call("*", ref("x", "A"), ref("level"))),
            ),
            var("level", stock(num(1), num(0))),
        )
    )
    places = [each.index for each in schedule.values if each.target == "x"]
    assert places == [(2,), (1,)]


def test_a_shifted_reference_splits_its_equation():
    ranges = (
        Range("all", ("e1", "e2", "e3", "e4")),
        Range("later", ("e2", "e3", "e4"), ("earlier",)),
        Range("earlier", ("e1", "e2", "e3")),
    )
    schedule = make_schedule(
        system(
            var(
                "x", part("e1", num(1)), part("later", call("+", ref("x", "earlier"), ref("level")))
            ),
            var("level", stock(num(1), num(0))),
            ranges=ranges,
        )
    )
    written = [each.index[0].positions for each in schedule.values if each.target == "x"]
    assert written == [(1,), (2,), (3,)]


def test_initial_values_that_run_along_a_range_are_ordered_one_by_one():
    ranges = (
        Range("all", ("e1", "e2", "e3", "e4")),
        Range("later", ("e2", "e3", "e4"), ("earlier",)),
        Range("earlier", ("e1", "e2", "e3")),
    )
    schedule = make_schedule(
        system(
            var(
                "x",
                part("e1", stock(num(0), num(1))),
                part("later", stock(num(0), call("*", ref("x", "earlier"), num(2)))),
            ),
            ranges=ranges,
        )
    )
    started = [each.index[0] for each in schedule.prepare if each.target == "x"]
    assert [getattr(each, "positions", (each,)) for each in started] == [(0,), (1,), (2,), (3,)]


def test_every_mistake_is_reported_together():
    with pytest.raises(ModelError) as caught:
        make_schedule(
            system(
                var("a", ref("vector")),
                var("b", call("sum", ref("vector", "state"))),
                var("vector", num(1), on=("state",)),
                var("c", call("random uniform", num(0), num(1), num(2))),
            )
        )
    text = str(caught.value)
    assert "RANDOM UNIFORM" in text
    assert len(caught.value.findings) == 1  # expansion comes first, and says all it can
    with pytest.raises(ModelError) as caught:
        make_schedule(
            system(
                var("a", ref("vector")),
                var("b", call("sum", ref("vector", "state"))),
                var("vector", num(1), on=("state",)),
            )
        )
    assert {each.variables[0] for each in caught.value.findings} == {"a", "b"}


def test_only_what_is_needed_is_kept():
    schedule = make_schedule(
        system(
            var("level", stock(ref("rise"), num(0))),
            var("rise", call("+", ref("level"), num(1))),
            var("report", call("*", ref("level"), num(2))),
        )
    )
    assert [each.target for each in schedule.needed_for((), flows=True)] == ["rise"]
    assert [each.target for each in schedule.needed_for(("report",), flows=False)] == ["report"]


def test_elements_compare_by_what_they_are():
    """Whatever range names them and in whatever order, as Vensim does."""
    ranges = (
        Range("state", ("A", "B", "C")),
        Range("turned", ("C", "A")),
        Range("other", ("x", "y")),
    )
    given = system(
        var(
            "same",
            call("if then else", call("=", ref("state"), ref("turned")), num(1), num(0)),
            on=("state", "turned"),
        ),
        var("place", ref("turned"), on=("turned",)),
        var("apart", call("=", ref("state"), ref("other")), on=("state", "other")),
        ranges=ranges,
    )
    from secdil_sd.targets.program import compile_program

    program = compile_program(make_schedule(given), ("same", "place", "apart"))
    found = program.bind({}, {}, 0.0, 1.0, True).observed(
        0.0, program.bind({}, {}, 0.0, 1.0, True).initial
    )
    assert found["same"][:, [2, 0]].tolist() == [[0, 1], [0, 0], [1, 0]]
    assert found["place"][[2, 0]].tolist() == [3, 1]
    assert found["apart"].tolist() == [[1, 0], [0, 1], [0, 0]]


@pytest.mark.parametrize("wrapped", [False, True])
def test_initial_values_may_climb_along_a_range(wrapped):
    """Each element begins with twice the one before it, though all are one equation."""
    ranges = (
        Range("all", ("t1", "t2", "t3", "t4")),
        Range("next", ("t2", "t3", "t4"), ("before",)),
        Range("before", ("t1", "t2", "t3"), ("next",)),
    )
    twice = call("*", ref("x", "before"), num(2))
    then = call("initial", twice) if wrapped else stock(num(0), twice)
    first = num(1) if wrapped else stock(num(0), num(1))
    made = make_schedule(system(var("x", part("t1", first), part("next", then)), ranges=ranges))
    bound = compile_program(made, ("x",)).bind({}, {}, 0.0, 1.0, True)
    assert bound.observed(0.0, bound.initial)["x"].tolist() == [1, 2, 4, 8]
