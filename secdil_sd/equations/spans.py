"""What is certain about a value: between which bounds it lies, and whether it can be NaN.

A product with zero is zero only if the other factor is a finite number. Stocks, inputs and sums
and products of finite numbers count as finite (what overflows there stops the run anyway);
quotients, powers and exponentials have to show it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from secdil_sd.equations.expression import Table

MOST = 1.7976931348623157e308
"""The largest finite number."""

SMALL = 1e-6
"""What Vensim takes for zero as a divisor."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bounds of a value; an infinite bound says that it may be infinite."""

    low: float
    high: float
    nan: bool = False

    @property
    def finite(self) -> bool:
        """Whether the value is certainly a finite number."""
        return not self.nan and self.low >= -MOST and self.high <= MOST

    @property
    def from_zero(self) -> bool:
        """Whether the value is certainly a number other than zero."""
        return not self.nan and (self.low > 0.0 or self.high < 0.0)


ANY = Span(-math.inf, math.inf, True)
FINITE = Span(-MOST, MOST)
TRUTH = Span(0.0, 1.0)


def exactly(value: float) -> Span:
    """Return the span of a known number.

    >>> exactly(2.0).finite, exactly(math.nan).finite
    (True, False)
    """
    return ANY if math.isnan(value) else Span(value, value)


def _clipped(low: float, high: float) -> Span:
    return Span(max(low, -MOST), min(high, MOST))


def _add(a: Span, b: Span) -> Span:
    if a.finite and b.finite:
        return _clipped(a.low + b.low, a.high + b.high)
    if a.nan or b.nan or (a.high == math.inf and b.low == -math.inf):
        return ANY
    if a.low == -math.inf and b.high == math.inf:
        return ANY
    return Span(a.low + b.low, a.high + b.high)


def _negative(a: Span) -> Span:
    return Span(-a.high, -a.low, a.nan)


def _multiply(a: Span, b: Span) -> Span:
    if not (a.finite and b.finite):
        return ANY
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return _clipped(min(corners), max(corners))


def _divide(a: Span, b: Span) -> Span:
    if not (a.finite and b.from_zero):
        return ANY
    corners = [x / y if math.isfinite(y) else 0.0 for x in (a.low, a.high) for y in (b.low, b.high)]
    if min(abs(b.low), abs(b.high)) < SMALL:  # an ordinary number over a tiny one is infinite
        return Span(min(corners), max(corners))
    return _clipped(min(corners), max(corners))


def _zidz(a: Span, b: Span) -> Span:
    """A quotient of which the divisor is never below 1e-6, or zero."""
    if not a.finite or b.nan:
        return ANY
    if b.low > SMALL:
        return _divide(a, b)
    most = max(abs(a.low), abs(a.high)) / SMALL
    return _clipped(0.0 if a.low >= 0.0 and b.low >= 0.0 else -most, most)


def _exp(a: Span) -> Span:
    if a.nan:
        return ANY
    low = 0.0 if a.low < -740.0 else math.exp(min(a.low, 709.0))
    return Span(low, math.exp(a.high) if a.high < 709.0 else math.inf)


def _sqrt(a: Span) -> Span:
    return Span(math.sqrt(a.low), math.sqrt(a.high)) if a.low >= 0.0 and a.finite else ANY


def _absolute(a: Span) -> Span:
    low = 0.0 if a.low <= 0.0 <= a.high else min(abs(a.low), abs(a.high))
    return Span(low, max(abs(a.low), abs(a.high)), a.nan)


def square(a: Span) -> Span:
    """Return the span of a value times itself.

    >>> square(Span(-2.0, 1.0)).low
    0.0
    """
    most = _absolute(a)
    return _multiply(most, most)


def either(a: Span, b: Span) -> Span:
    """Return the span of one of two values."""
    return Span(min(a.low, b.low), max(a.high, b.high), a.nan or b.nan)


def of_table(table: Table, at: Span) -> Span:
    """Return the span of a lookup."""
    if at.nan or table.beyond == "extrapolate":
        return ANY
    return Span(min(table.y), max(table.y))


_RULES: dict[str, Callable[..., Span]] = {
    "+": _add,
    "-": lambda a, b: _add(a, _negative(b)),
    "*": _multiply,
    "/": _divide,
    "negative": _negative,
    "abs": _absolute,
    "exp": _exp,
    "sqrt": _sqrt,
    "zidz": _zidz,
    "min": lambda a, b: Span(min(a.low, b.low), min(a.high, b.high), a.nan or b.nan),
    "max": lambda a, b: Span(max(a.low, b.low), max(a.high, b.high), a.nan or b.nan),
    "if then else": lambda condition, a, b: either(a, b),
    "as number": lambda a: TRUTH,
}


def span_of(function: str, *arguments: Span) -> Span:
    """Return what is certain about a function's value.

    >>> one = exactly(1.0)
    >>> logistic = span_of("/", one, span_of("+", one, span_of("exp", FINITE)))
    >>> logistic.finite, logistic.high
    (True, 1.0)
    >>> span_of("/", one, FINITE).finite
    False
    """
    rule = _RULES.get(function)
    return ANY if rule is None else rule(*arguments)
