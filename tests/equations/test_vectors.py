"""Functions of whole vectors: the axes they work along, and what is refused."""

from __future__ import annotations

import pytest
from systems import call, num, part, ref, stock, system, var

from secdil_sd.equations.order import make_schedule
from secdil_sd.equations.resolve import Vector
from secdil_sd.equations.scalars import NoScalarForm, scalar_form
from secdil_sd.equations.system import Range
from secdil_sd.errors import ModelError

PROFILE = Range("profile", ("ptype", "ppriority", "pwidth", "pextra"))
RANGES = (Range("state", ("A", "B", "C")), Range("rival", ("A", "B", "C")), PROFILE)
X = var("x", stock(num(1), num(0)), on=("state",))
M = var("m", stock(num(1), num(0)), on=("state", "rival"))


def term(*variables, name="y"):
    schedule = make_schedule(system(X, M, *variables, ranges=RANGES))
    [found] = [each.term for each in schedule.values if each.target == name]
    assert isinstance(found, Vector)
    return found


def names(axes):
    return [each.name for each in axes]


def test_what_is_sorted_is_the_last_subscript():
    found = term(
        var("y", call("vector rank", ref("m", "rival", "state"), num(1)), on=("state", "rival"))
    )
    assert (names(found.over), names(found.axes)) == (["state"], ["state", "rival"])


def test_what_is_selected_is_taken_in():
    chosen = call(
        "vector select", ref("x", "rival!"), ref("m", "state", "rival!"), num(0), num(0), num(0)
    )
    found = term(var("y", chosen, on=("state",)))
    assert names(found.axes) == ["state"] and names(found.over) == ["rival!1"]


def test_priorities_bring_an_axis_of_their_own():
    given = call("allocate available", ref("x", "state"), ref("p", "state", "ptype"), num(5))
    profile = var("p", stock(num(0), num(1)), on=("state", "profile"))
    found = term(profile, var("y", given, on=("state",)))
    assert [each.size for each in found.inner] == [3, 4] and names(found.axes) == ["state"]


def test_there_is_no_form_for_single_numbers():
    sort = call("vector sort order", ref("x", "state"), num(1))
    level = var("level", stock(ref("y", "A"), num(0)))
    schedule = make_schedule(system(X, var("y", sort, on=("state",)), level, ranges=RANGES))
    with pytest.raises(NoScalarForm, match="VECTOR SORT ORDER has no form"):
        scalar_form(schedule)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (
            var(
                "y",
                part("state", call("vector rank", ref("x", "state"), num(1)), ("A",)),
                part("A", num(1)),
            ),
            "VECTOR RANK works on all of 'state' at once",
        ),
        (
            var("y", call("vector rank", ref("x", "A"), num(1))),
            "first argument lacks a subscript range",
        ),
        (
            var("y", call("invert matrix", ref("x", "state"), num(3)), on=("state",)),
            "lacks 2 subscript ranges",
        ),
        (
            var(
                "y", call("vector select", *(ref("x", "state"),) * 2, *(num(0),) * 3), on=("state",)
            ),
            "no subscript marked",
        ),
        (
            var("y", call("allocate available", ref("x", "state"), num(1), num(5)), on=("state",)),
            "named with an element as its last subscript",
        ),
        (
            var(
                "y",
                call("allocate available", ref("x", "state"), ref("m", "state", "A"), num(5)),
                on=("state",),
            ),
            "has 3 elements from 'A' on, not 4",
        ),
        (
            var("y", call("vector rank", ref("x", "state"), num(1)), on=("rival",)),
            "not on the left-hand side",
        ),
        (
            var(
                "y",
                call("vector rank", call("+", ref("x", "state"), ref("y", "state")), num(1)),
                on=("state",),
            ),
            "Simultaneous equations",
        ),
    ],
)
def test_refused_in_words(variable, message):
    with pytest.raises(ModelError, match=message):
        make_schedule(system(X, M, variable, ranges=RANGES))
