"""What is said to be certain of a value is true of every value it can have."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secdil_sd.equations.expression import Table
from secdil_sd.equations.spans import (
    FINITE,
    MOST,
    SMALL,
    Span,
    exactly,
    of_table,
    span_of,
    square,
)
from secdil_sd.targets import runtime

TRUE = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "negative": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "zidz": runtime.zidz,
    "min": np.minimum,
    "max": np.maximum,
    "if then else": runtime.choose,
    "as number": runtime.number,
    "ln": np.log,
    "sin": np.sin,
}
OVERFLOWING = {"+", "-", "*", "/", "zidz"}
"""Where two finite numbers may make an infinite one, which is left out of account."""

ENDS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, SMALL, 5e-324, 1e-310, 700.0, -740.0, MOST, -MOST]),
    st.sampled_from([math.inf, -math.inf]),
    st.floats(-1e3, 1e3),
    st.floats(allow_nan=False),
)


@st.composite
def known_values(draw):
    """A span, and a value that fits it."""
    one, other = draw(ENDS), draw(ENDS)
    span = Span(min(one, other), max(one, other), draw(st.booleans()))
    inside = st.sampled_from([span.low, span.high])
    if span.low < span.high:
        inside |= st.floats(span.low, span.high)
    if span.nan:
        inside |= st.just(math.nan)
    return span, draw(inside)


def fits(value, span, slack=0.0):
    if math.isnan(value):
        return span.nan
    return span.low - slack <= value <= span.high + slack


@pytest.mark.parametrize("function", TRUE)
@given(data=st.data())
def test_the_value_lies_in_its_span(function, data):
    count = getattr(TRUE[function], "nin", 3 if function == "if then else" else 2)
    count = 1 if function == "as number" else count
    spans, values = zip(*(data.draw(known_values()) for _ in range(count)), strict=True)
    if function == "as number":
        values = (values[0] > 0.5,)
    with np.errstate(all="ignore"):
        value = float(TRUE[function](*values))
    found = span_of(function, *spans)
    if math.isinf(value) and np.isfinite(values).all() and function in OVERFLOWING:
        if function in ("/", "zidz") and abs(values[0]) < 1e300:
            assert fits(value, found)  # a tiny divisor, not two large numbers
        return
    slack = 1e-15 * abs(value) if function == "exp" and math.isfinite(value) else 0.0
    assert fits(value, found, slack)


@given(known_values())
def test_a_square_lies_in_its_span(known):
    span, value = known
    with np.errstate(all="ignore"):
        value = float(np.square(value))
    if not (math.isinf(value) and span.finite):
        assert fits(value, square(span))


@given(known_values(), st.sampled_from(["hold", "extrapolate", "discrete"]))
def test_a_lookup_lies_in_its_span(known, beyond):
    span, at = known
    table = Table((0.0, 1.0, 3.0), (0.5, 2.0, 0.25), beyond)
    with np.errstate(all="ignore"):
        value = float(runtime.LookupTable(table.x, table.y, beyond)(at))
    assert fits(value, of_table(table, span), 1e-15)


def test_what_has_no_rule_is_certain_of_nothing():
    assert span_of("tan", exactly(1.0)) == span_of("/", FINITE, FINITE)
    assert not span_of("tan", exactly(1.0)).finite


@pytest.mark.parametrize(
    ("function", "spans", "finite"),
    [
        ("/", (FINITE, Span(2.0, 3.0)), True),
        ("/", (FINITE, Span(0.0, 3.0)), False),
        ("/", (exactly(1.0), Span(5e-324, 3.0)), False),
        ("/", (exactly(1.0), span_of("exp", Span(-745.0, 0.0))), False),
        ("zidz", (FINITE, FINITE), True),
        ("exp", (Span(-math.inf, 3.0),), True),
        ("exp", (FINITE,), False),
        ("sqrt", (Span(0.0, 4.0),), True),
        ("sqrt", (FINITE,), False),
        ("*", (FINITE, FINITE), True),
    ],
)
def test_what_counts_as_certainly_finite(function, spans, finite):
    assert span_of(function, *spans).finite == finite
