"""What compiled rates call: elementary functions of single numbers that LLVM can vectorize.

Imported only where numba is. The library's own ``exp`` and ``pow`` are calls, and a loop over
members that calls anything stays scalar; these are a dozen multiplications each, inlined. They
keep NaN and agree with NumPy to a few units in the last place (tested). Functions of the clock
read its settings from the front of ``s``, the data shared by all members.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

AHEAD, SLACK, SHORTEST, STEP_SIZE = 0, 1, 2, 3
"""Places of the clock's settings in ``s``; see `runtime.Clock`."""

SERIES = 4
"""Where in ``s`` the series begin: for each, the place of its knots, their number, its manner."""

LINEAR, DISCRETE, FORWARD, RAW = 0, 1, 2, 3
"""Manners of a series: a line between knots, the knot before, the knot after, or nothing."""

_SMALL = 1e-6

# No reassociation here: it would undo the rounding to whole numbers by adding a large one.
_exact = njit(fastmath={"contract"}, error_model="numpy", forceinline=True, nogil=True)
_plain = njit(error_model="numpy", forceinline=True, nogil=True)
_library = njit(error_model="numpy", nogil=True)


@intrinsic
def _bits(typing_context: Any, value: Any) -> Any:
    """The bits of a float as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _float(typing_context: Any, bits: Any) -> Any:
    """The float with these bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ROUNDING = 6755399441055744.0  # 1.5 * 2**52: adding it leaves a whole number in the low bits
_ROUNDING_BITS = 0x4338000000000000
_T = tuple(1.0 / math.factorial(k) for k in range(14))


@_exact
def exp(x):  # type: ignore[no-untyped-def]
    """Exponential: Taylor's series on half a binade, scaled by a power of two in two halves."""
    x = 709.9 if x > 709.9 else x
    x = -750.0 if x < -750.0 else x
    shifted = x * _LOG2_E + _ROUNDING
    whole = shifted - _ROUNDING
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    p = (((((_T[13] * r + _T[12]) * r + _T[11]) * r + _T[10]) * r + _T[9]) * r + _T[8]) * r
    p = (((((p + _T[7]) * r + _T[6]) * r + _T[5]) * r + _T[4]) * r + _T[3]) * r
    p = ((p + _T[2]) * r + 1.0) * r + 1.0
    power = _bits(shifted) - _ROUNDING_BITS
    half = power >> 1
    return p * _float((half + 1023) << 52) * _float((power - half + 1023) << 52)


@_exact
def log(x):  # type: ignore[no-untyped-def]
    """Natural logarithm: fdlibm's series in (m - 1)/(m + 1) for the mantissa m."""
    tiny = x < 2.2250738585072014e-308
    scaled = x * 18014398509481984.0 if tiny else x
    bits = _bits(scaled)
    # the exponent such that the mantissa lies between sqrt(1/2) and sqrt(2)
    power = (bits - 0x3FE6A09E667F3BCD) >> 52
    m = _float(bits - (power << 52))
    # small integers become floats through the bits: no conversion that would be undefined for NaN
    k = _float(power + _ROUNDING_BITS) - _ROUNDING
    k = k - 54.0 if tiny else k
    f = m - 1.0
    u = f / (2.0 + f)
    z = u * u
    w = z * z
    odd = w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332))
    even = z * (
        0.6666666666666735130
        + w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591))
    )
    half = 0.5 * f * f
    value = k * _LN2_HIGH - ((half - (u * (half + odd + even) + k * _LN2_LOW)) - f)
    value = x if x == math.inf else value
    value = -math.inf if x == 0.0 else value
    return value if x >= 0.0 else math.nan


@_exact
def power(a, b):  # type: ignore[no-untyped-def]
    """``a`` to the power ``b``, for any finite numbers, as NumPy has it."""
    size = exp(b * log(abs(a)))
    size = (0.0 if b > 0.0 else math.inf) if a == 0.0 else size
    whole = np.floor(b) == b
    odd = np.floor(0.5 * b) * 2.0 != b
    size = size if a >= 0.0 else ((-size if odd else size) if whole else math.nan)
    size = size if a == a else a
    size = size if b == b else b
    size = 1.0 if b == 0.0 else size
    return a if b == 1.0 else size


@_plain
def minimum(a, b):  # type: ignore[no-untyped-def]
    """The smaller of two; NaN if either is."""
    least = a if a < b else b
    return least if a == a else a


@_plain
def maximum(a, b):  # type: ignore[no-untyped-def]
    """The larger of two; NaN if either is."""
    most = a if a > b else b
    return most if a == a else a


@_plain
def zidz(a, b):  # type: ignore[no-untyped-def]
    """Quotient, or zero where the divisor is."""
    return xidz(a, b, 0.0)


@_plain
def xidz(a, b, x):  # type: ignore[no-untyped-def]
    """Quotient, or ``x`` where the divisor is zero."""
    small = abs(b) < _SMALL
    return x if small else a / (1.0 if small else b)


@_plain
def trunc(a):  # type: ignore[no-untyped-def]
    """Integer part, towards zero."""
    return np.trunc(a)


@_plain
def quantum(a, b):  # type: ignore[no-untyped-def]
    """Largest multiple of ``b`` towards zero."""
    small = b < _SMALL
    return a if small else b * np.trunc(a / (1.0 if small else b))


@_plain
def modulo(a, b):  # type: ignore[no-untyped-def]
    """What `quantum` leaves."""
    return a - quantum(a, b)


# explicit time dependence: see runtime.Clock


@_plain
def step(t, s, height, start):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.step`."""
    return height * (1.0 if t + s[AHEAD] > start else 0.0)


@_plain
def ramp(t, s, slope, start, end=math.inf):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.ramp`."""
    return (slope if t + s[SLACK] > start else 0.0) * (minimum(end, t) - start)


@_plain
def pulse(t, s, start, width):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.pulse`."""
    return 1.0 if (start - s[SLACK] <= t) & (t < start + width) else 0.0


@_library
def pulse_train(t, s, start, width, interval, end):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.pulse_train`."""
    since = np.mod(t - start + s[SLACK], interval)
    return 1.0 if (start <= t) & (t < end + s[SLACK]) & (since < width) else 0.0


@_plain
def impulse(t, s, magnitude, start):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.impulse`."""
    return magnitude / s[STEP_SIZE] * pulse(t, s, start, s[SHORTEST])


@_library
def impulse_train(t, s, magnitude, start, interval):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.impulse_train`."""
    width = s[SHORTEST]
    return magnitude / s[STEP_SIZE] * pulse_train(t, s, start, width, interval, math.inf)


@_plain
def lagged(t, s, earlier, now):  # type: ignore[no-untyped-def]
    """As `runtime.Clock.lagged`: fixed steps look ahead, others do not."""
    return earlier if s[AHEAD] > 0.0 else now


# series and lookups


@_library
def located(t, s, series):  # type: ignore[no-untyped-def]
    """Place of the last knot at or before ``t``, and the share of the way to the next."""
    head = SERIES + 3 * series
    first, count, manner = int(s[head]), int(s[head + 1]), int(s[head + 2])
    slack = 0.0 if manner == LINEAR else s[SLACK]
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if s[first + middle] <= t + slack:
            low = middle + 1
        else:
            high = middle
    place = low - 1
    if manner != LINEAR:
        past = place < 0 or t > s[first + place] + slack
        if manner == RAW and past:
            return 0, math.nan
        if manner == FORWARD and past:
            place += 1
        return min(max(place, 0), count - 1), 0.0
    if place < 0:
        return 0, 0.0
    if place >= count - 1:
        return count - 1, 0.0
    begin, end = s[first + place], s[first + place + 1]
    return place, (t - begin) / (end - begin)


@_library
def between(s, series, element, place, share):  # type: ignore[no-untyped-def]
    """Value of one element of a series, whose values follow its knots, element by element."""
    first, count = int(s[SERIES + 3 * series]), int(s[SERIES + 3 * series + 1])
    at = first + count * (1 + element) + place
    if share == 0.0:
        return s[at]
    if share != share:
        return share
    return s[at] + share * (s[at + 1] - s[at])


@_library
def _left(x, at):  # type: ignore[no-untyped-def]
    """Number of points at or before ``at``, less one, within the table."""
    return min(max(np.searchsorted(x, at, side="right") - 1, 0), len(x) - 1)


@_library
def read_hold(x, y, at):  # type: ignore[no-untyped-def]
    """A table that holds its end values."""
    if len(x) == 1:
        return y[0]
    if at != at:
        return at
    if at <= x[0]:
        return y[0]
    if at >= x[-1]:
        return y[-1]
    k = _left(x, at)
    return y[k] + (y[k + 1] - y[k]) / (x[k + 1] - x[k]) * (at - x[k])


@_library
def read_extrapolate(x, y, at):  # type: ignore[no-untyped-def]
    """A table that goes on with its last slope."""
    if len(x) == 1:
        return y[0] + 0.0 * at
    k = min(_left(x, at), len(x) - 2)
    run = x[k + 1] - x[k]
    return y[k] + ((y[k + 1] - y[k]) / run if run > 0.0 else 0.0) * (at - x[k])


@_library
def read_discrete(x, y, at):  # type: ignore[no-untyped-def]
    """A table that gives the point to the left."""
    return at if at != at else y[_left(x, at)]


@_library
def read_forward(x, y, at):  # type: ignore[no-untyped-def]
    """A table that gives the point to the right."""
    return at if at != at else y[min(np.searchsorted(x, at, side="left"), len(x) - 1)]


def namespace() -> dict[str, Any]:
    """Return everything compiled rates may call, by the names they use."""
    own = (
        *(exp, log, power, minimum, maximum, zidz, xidz, trunc, quantum, modulo),
        *(step, ramp, pulse, pulse_train, impulse, impulse_train, lagged),
        *(located, between, read_hold, read_extrapolate, read_discrete, read_forward),
    )
    names: dict[str, Any] = {each.__name__: each for each in own}
    names |= {each: getattr(math, each) for each in _FROM_MATH}
    return names | {"array": np.array, "nan": math.nan, "inf": math.inf, "range": range}


_FROM_MATH = (
    *("sqrt", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
)
