"""Lookups of plain points are what PySD reads; whatever is odd is left to PySD."""

from __future__ import annotations

import pytest

from secdil_sd.reading.points import parse_component


def component(equation):
    from pysd.translators.vensim.vensim_element import Element

    return Element(equation, "", "").parse()


@pytest.mark.parametrize(
    "equation",
    [
        "f((0,0),(2,4),(1,3))",
        "f([(0,0)-(10,10)],(0,0),(1,.5),(2,-4e-1))",
        "f([(0,0)-(10,10),(1,1),(2,2)], (0,0), (1, 3) )",
        "f[a]( (1900,  1.5) , (2000,2) )",
    ],
)
def test_points_are_pysds(equation):
    ours, theirs = component(equation), component(equation)
    parse_component(ours)
    theirs.parse()
    assert (ours.ast.x, ours.ast.y) == (theirs.ast.x, theirs.ast.y)


@pytest.mark.parametrize("equation", ["f((0,0),(1,))", "f((0,0),(1,2),)", "f()"])
def test_odd_points_are_left_to_pysd(equation):
    try:
        theirs = component(equation)
        theirs.parse()
    except Exception:
        with pytest.raises(Exception, match=r".*"):
            parse_component(component(equation))
    else:
        ours = component(equation)
        parse_component(ours)
        assert ours.ast.x == theirs.ast.x
