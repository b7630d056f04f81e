"""Equations of XMILE written out for PySD's grammar."""

from __future__ import annotations

import pytest

from secdil_sd.reading.xmile_text import Scope, written_out
from secdil_sd.reading.xmile_tokens import tokens, without_comments

SCOPE = Scope(
    {"x": ("Region",), "m": ("Region", "Product"), "a": (), "notice": (), "effect": ()},
    {"region": ("north", "south"), "product": ("ale", "bread", "corn")},
    {"effect": "effect table"},
)


def out(text, dimensions=()):
    return written_out(text, SCOPE, "own name", dimensions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4-5+6", "4 - 5 + 6"),
        ("-1, +2, 3", "-1,+2,3"),
        ("2*-a", "2*-a"),
        ("if a then 1 else 2", "if_then_else(a,1,2)"),
        (
            "IF a = 1 THEN 2 ELSE IF a = 2 THEN 3 ELSE 4",
            "if_then_else(a=1,2,if_then_else(a=2,3,4))",
        ),
        ("1 + (IF a THEN 2 ELSE 3) * 4", "1 + (if_then_else(a,2,3))*4"),
        ("a AND NOT notice", 'a and not "notice"'),
        ("a.b + .c", '"a.b" + ".c"'),
        ("SUM(x[*])", "SUM(x[Region!])"),
        ("SUM(m[Region, *])", "SUM(m[Region!,Product!])"),
        ("MEAN(x[*])", "(sum(x[Region!])/2)"),
        ("MEAN(m)", "(sum(m)/6)"),
        ("MEAN(1, a, 3)", "((1) + (a) + (3))/3"),
        ("SIZE(m[*, *]) + SIZE(m[north, *])", "6 + 3"),
        ("MAX(1, 2, a)", "max(max(1,2),a)"),
        ("x[2]", "x[south]"),
        ("x[Region.south] + Region.south", "x[south] + 2"),
        ("x[a]", "(if_then_else((a)=1,x[north],0) + if_then_else((a)=2,x[south],0))"),
        ("LOOKUP(effect, a)", '"effect table"(a)'),
        ("effect(2)", '"effect table"(2)'),
        ("PREVIOUS(SELF, 0)", 'delay("own name",TIME_STEP,0)'),
        ("PULSE(a, 4, 0)", "pulse(a,4)"),
        ("2 * a // 3 + a MOD 2", "safediv(2*a,3) + modulo(a,2)"),
        ("a {a remark} * 2", "a*2"),
    ],
)
def test_written_out(text, expected):
    assert out(text).replace(" table", "§").replace(", ", ",").replace("§", " table") in (
        expected,
        f"({expected})",
    )


def test_a_dimension_of_the_left_hand_side_is_an_index():
    assert out("SUM(m[Region, *])", ("Region",)) == "SUM(m[Region,Product!])"
    assert out("SUM(x[*])", ("Region",)) == "SUM(x[Region!])"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EXPRESSION MACRO(a, 2)", "'EXPRESSION' and 'MACRO' stand side by side"),
        ("(a + 2", "')' is missing"),
        ("a + 2)", "brackets do not match"),
        ("IF a THEN 2", "'ELSE' is missing"),
        ("MAX(a,)", "an argument is missing"),
        ("LOOKUP(a, 2)", "no graphical function"),
        ("x[3]", "subscripts of 'x'"),
        ("a // ", "missing beside //"),
    ],
)
def test_what_cannot_be_written_out(text, words):
    with pytest.raises(ValueError) as caught:
        out(text)
    assert words in str(caught.value)


def test_tokens_keep_quoted_names_and_numbers_whole():
    assert [each.text for each in tokens('"a {b}" * .5e-3 + c.d')] == [
        '"a {b}"',
        "*",
        ".5e-3",
        "+",
        "c.d",
    ]


def test_comments_go():
    assert without_comments("{Enter equation} \n ") == ""
