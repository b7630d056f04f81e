"""Units as text: pint does the algebra, the file's words are kept."""

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secdil_sd.units.words import Words, same

WORDS = ("year", "USD", "person", "km")


@st.composite
def units(draw: st.DrawFn) -> str:
    first = draw(st.sampled_from((*WORDS, "1")))
    rest = draw(st.lists(st.tuples(st.sampled_from("*/"), st.sampled_from(WORDS)), max_size=4))
    return first + "".join(sign + word for sign, word in rest)


@settings(max_examples=60, deadline=None)
@given(units(), units())
def test_agrees_with_pint_reading_the_same_text(one: str, other: str) -> None:
    registry = pint.UnitRegistry(None)
    for word in WORDS:
        registry.define(f"{word} = [{word}_dimension]")
    words = Words()
    theirs = registry.parse_units(one) == registry.parse_units(other)
    assert same(words.read(one), words.read(other)) == theirs


@settings(max_examples=60, deadline=None)
@given(units())
def test_what_is_shown_is_read_back(text: str) -> None:
    words = Words()
    assert same(words.read(words.shown(words.read(text))), words.read(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dmnl", "fraction"),
        ("1", "dimensionless"),
        ("1/year", "Dmnl/Years"),
        ("$/person", "dollars/people"),
        ("billion USD/year/year", "billion usd/(year*year)"),
        ("billion USD/year^2", "Billion  USDs/year/year"),
        ("km*km", "km^2"),
    ],
)
def test_one_unit_in_two_spellings(one: str, other: str) -> None:
    words = Words()
    assert same(words.read(one), words.read(other))


@pytest.mark.parametrize(
    ("one", "other"), [("year", "month"), ("USD", "billion USD"), ("percent", "Dmnl")]
)
def test_nothing_is_converted_that_the_file_does_not_convert(one: str, other: str) -> None:
    words = Words()
    assert not same(words.read(one), words.read(other))


def test_synonyms_of_the_file() -> None:
    words = Words([("annum", "year")])
    assert same(words.read("1/annum"), words.read("1/Years"))


@pytest.mark.parametrize("text", ["USD/", "(USD", "USD)", "USD//year", "USD^year", "*USD", "()"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"missing|closed|opened|power"):
        Words().read(text)
