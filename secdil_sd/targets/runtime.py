"""The functions generated NumPy code calls: Vensim's and XMILE's meanings, elementwise.

Each takes its arguments and ``out``, an array to fill or None. Every one accepts complex
arguments, so that derivatives can be taken by complex steps: comparisons look at real parts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import numpy as np

from secdil_sd.targets.vectors import VECTORS

SMALL = 1e-6
"""What Vensim takes for zero."""

LARGE = 4096
"""Values from which it pays to look whether all are alike."""

NUMBERS = frozenset({float, np.float64})
"""What a value is that has no axis: plain arithmetic on it costs a tenth of a call of NumPy."""

Array = Any


def _finish(value: Array, out: Array | None) -> Array:
    if out is None:
        return value
    np.copyto(out, value, casting="unsafe")
    return out


def _real_comparison(ufunc: np.ufunc) -> Callable[..., Array]:
    def compare(a: Array, b: Array, out: Array | None = None) -> Array:
        return ufunc(np.real(a), np.real(b), out=out)

    return compare


def _plain_choice(ufunc: np.ufunc) -> Callable[..., Array]:
    """Minimum or maximum with ``out`` in third place, which NumPy wants by name."""
    return lambda a, b, out=None: ufunc(a, b, out=out)


def _real_choice(ufunc: np.ufunc) -> Callable[..., Array]:
    """Minimum or maximum by real part, keeping the imaginary part of the one chosen."""

    def pick(a: Array, b: Array, out: Array | None = None) -> Array:
        first = np.real(a) <= np.real(b) if ufunc is np.minimum else np.real(a) >= np.real(b)
        return _finish(np.where(first, a, b), out)

    return pick


def choose(condition: Array, yes: Array, no: Array, out: Array | None = None) -> Array:
    """IF THEN ELSE, elementwise; both branches are evaluated, one is taken."""
    if out is None:
        if type(condition) is np.bool_ and type(yes) in NUMBERS and type(no) in NUMBERS:
            return yes if condition else no
        found: Array = np.where(condition, yes, no)
        return found[()]
    if out.size == 1 or type(condition) is np.bool_:
        np.copyto(out, yes if condition else no)
    else:
        np.copyto(out, no)
        np.copyto(out, yes, where=condition)
    return out


def number(condition: Array, out: Array | None = None) -> Array:
    """True and false as one and zero."""
    return _finish(np.asarray(condition, dtype=float), out)


def truth(value: Array, out: Array | None = None) -> Array:
    """A number as a condition: anything but zero is true."""
    return np.not_equal(value, 0.0, out=out)


def zidz(a: Array, b: Array, out: Array | None = None) -> Array:
    """Quotient, or zero where the divisor is zero (below 1e-6, as Vensim)."""
    return xidz(a, b, 0.0, out)


def xidz(a: Array, b: Array, x: Array, out: Array | None = None) -> Array:
    """Quotient, or ``x`` where the divisor is zero (below 1e-6, as Vensim)."""
    if type(a) in NUMBERS and type(b) in NUMBERS and type(x) in NUMBERS:
        return _finish(a / b if abs(b) >= SMALL or b != b else x, out)
    small = np.abs(np.real(b)) < SMALL
    return _finish(np.where(small, x, np.divide(a, np.where(small, 1.0, b))), out)


def trunc(a: Array, out: Array | None = None) -> Array:
    """Integer part, towards zero."""
    return _finish(np.trunc(np.real(a)), out)


def quantum(a: Array, b: Array, out: Array | None = None) -> Array:
    """Largest multiple of ``b`` towards zero; ``a`` itself where ``b`` is not positive."""
    small = np.real(b) < SMALL
    steps = np.trunc(np.real(np.divide(a, np.where(small, 1.0, b))))
    return _finish(np.where(small, a, b * steps), out)


def modulo(a: Array, b: Array, out: Array | None = None) -> Array:
    """What QUANTUM leaves, with the sign of ``a``."""
    return _finish(a - quantum(a, b), out)


def logarithm(a: Array, b: Array, out: Array | None = None) -> Array:
    """Logarithm of ``a`` to base ``b``."""
    return np.divide(np.log(a), np.log(b), out=out)


def gamma_ln(a: Array, out: Array | None = None) -> Array:
    """Natural logarithm of the gamma function."""
    from scipy.special import gammaln, loggamma

    return _finish(loggamma(a) if np.iscomplexobj(a) else gammaln(a), out)


def absolute(a: Array, out: Array | None = None) -> Array:
    """Absolute value; analytic in the complex step's sense."""
    if np.iscomplexobj(a):
        return _finish(np.where(np.real(a) < 0, -a, a), out)
    return np.absolute(a, out=out)


def square(a: Array, out: Array | None = None) -> Array:
    """``a`` times itself."""
    return np.multiply(a, a, out=out)


def power(a: Array, b: Array, out: Array | None = None) -> Array:
    """``a`` to the power ``b``; the usual exponents, when all members share one, cost little."""
    if type(b) in NUMBERS or np.size(b) == 1:
        cheap = _EXPONENTS.get(b if type(b) in NUMBERS else complex(np.ravel(b)[0]))
        if cheap is not None:
            return cheap(a, out=out)
    return np.power(a, b, out=out)


_EXPONENTS: dict[complex, Callable[..., Array]] = {
    0.0: lambda a, out=None: _finish(np.ones_like(a), out),
    0.5: np.sqrt,
    1.0: np.positive,
    2.0: square,
    -1.0: np.reciprocal,
}


def acts(*weights: Array) -> bool:
    """Whether a product with these factors can be anything but zero."""
    return all(np.any(np.not_equal(each, 0.0)) for each in weights)


def uniform(value: Array) -> Array:
    """The same values, held once where all of a large array are alike: half the traffic is less."""
    if np.size(value) < LARGE:
        return value
    first = value.flat[0]
    return np.broadcast_to(first, value.shape) if (value == first).all() else value


def nothing(t: float) -> tuple[()]:
    """What changes with time where nothing does."""
    return ()


def spread(value: Array, shape: tuple[int, ...], axes: int, trailing: tuple[int, ...]) -> Array:
    """Broadcast a value over its variable's dimensions, keeping its own member axis.

    ``axes`` leading axes of ``value`` belong to dimensions; what follows is the member axis.
    """
    value = np.asarray(value)
    if not trailing:
        return np.broadcast_to(value, shape)
    members = value.shape[axes:] or (1,)
    return np.broadcast_to(value, (*shape, *members))


def literals(values: tuple[float, ...], shape: tuple[int, ...], trailing: tuple[int, ...]) -> Array:
    """Numbers written in the model file as an array that broadcasts over members."""
    return np.array(values).reshape(shape + (1,) * len(trailing))


class LookupTable:
    """A piecewise linear (or stepwise) function given by its points, or one for each element.

    Parameters
    ----------
    x : sequence of float (point,)
        Increasing.
    y : sequence of float (point,) or (*elements, point)
    beyond : {"hold", "extrapolate", "discrete", "forward", "raw"}
    sizes : tuple of int
        Along the axes of the result: how many elements have points of their own, else 1.
    trailing : tuple of int
        Empty without a member axis.
    """

    def __init__(
        self,
        x: Array,
        y: Array,
        beyond: str,
        sizes: tuple[int, ...] = (),
        trailing: tuple[int, ...] = (),
    ) -> None:
        self.x = np.array(x, dtype=float)
        self.y = np.array(y, dtype=float).ravel()
        self.beyond = beyond
        count = len(self.x)
        shape = sizes + (1,) * len(trailing) if sizes else ()
        self._first = np.arange(len(self.y) // count).reshape(shape) * count
        by_point = np.moveaxis(self._first[..., None] + np.arange(count), -1, 0)
        rise = np.diff(self.y.reshape(-1, count), append=np.nan, axis=1)
        run = np.diff(self.x, append=np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            self._slopes = np.where(run > 0, rise / run, 0.0).ravel()
        self._plain = beyond == "hold" and not sizes
        self._columns, self._rises = self.y[by_point], self._slopes[by_point]
        columns = (self.x.tolist(), self.y.tolist(), self._slopes.tolist())
        self._points = list(zip(*columns, strict=True)) if self._plain else []
        self._places = self.x.tolist()

    def __call__(self, at: Array, out: Array | None = None) -> Array:
        if type(at) is np.ndarray and not at.ndim:
            at = at[()]
        if type(at) in NUMBERS and self.beyond in ("hold", "extrapolate"):
            find = self._number if self._plain else self._row
            return _finish(find(float(at)), out)
        real = np.real(at)
        if self._plain and not np.iscomplexobj(at):
            return _finish(np.interp(real, self.x, self.y), out)
        last = len(self.x) - 1
        place = np.clip(np.searchsorted(self.x, real, side="right") - 1, 0, last)
        if self.beyond in ("discrete", "forward", "raw"):
            if self.beyond == "forward":
                place = np.clip(np.searchsorted(self.x, real, side="left"), 0, last)
            known = self.x[place] == real if self.beyond == "raw" else ~np.isnan(real)
            return _finish(np.where(known, self.y[self._first + place], np.nan), out)
        place = np.minimum(place, max(last - 1, 0))
        value = self._line(place, at)
        if self.beyond == "hold":
            value = np.where(real <= self.x[0], self.y[self._first], value)
            value = np.where(real >= self.x[-1], self.y[self._first + last], value)
        return _finish(value, out)

    def _number(self, at: float) -> float:
        """One value of one table, as NumPy interpolates."""
        place = bisect_right(self._places, at) - 1
        if place < 0 or len(self._points) == 1:
            return self._points[0][1]
        x, y, slope = self._points[place]
        if at == x or (place == len(self._points) - 1 and at == at):
            return y
        return slope * (at - x) + y

    def _row(self, at: float) -> Array:
        """One value of each table."""
        last = len(self._places) - 1
        if self.beyond == "hold" and at >= self._places[last]:
            return self._columns[last]
        if self.beyond == "hold" and at <= self._places[0]:
            return self._columns[0]
        place = max(min(bisect_right(self._places, at) - 1, last - 1), 0)
        return self._columns[place] + self._rises[place] * (at - self._places[place])

    def _line(self, place: Array, at: Array) -> Array:
        spot = self._first + place
        return self.y[spot] + self._slopes[spot] * (at - self.x[place])


class Clock:
    """Explicit time dependence: STEP, PULSE, RAMP and their trains.

    Parameters
    ----------
    step : float
        The file's TIME STEP [time unit].
    fixed : bool
        Whether the solver stands on the grid of that step. If so the functions look half a step
        ahead as Vensim and PySD do; if not they switch exactly at their times, where the
        adaptive driver lands.
    """

    def __init__(self, step: float, fixed: bool) -> None:
        self.fixed = fixed
        self.slack = SMALL if fixed else 0.0
        self._begins: list[float] = []
        self._sizes: list[float] = []
        self._pace(step)

    def _pace(self, step: float) -> None:
        self.step_size = step
        self.ahead = step / 2 if self.fixed else 0.0
        self.shortest = step / 2 if self.fixed else step

    def follow(self, start: float, steps: Array) -> None:
        """Go by steps of these sizes, one after the other from ``start``, not all equal."""
        self._sizes = [float(each) for each in steps]
        ends = np.cumsum([start, *self._sizes])
        self._begins = [float(each) - SMALL * self._sizes[0] for each in ends[1:-1]]

    def latest(self, values: Callable[[float], Array]) -> Callable[[float], Array]:
        """A function of time that is not asked again for the moment it was last asked for."""
        time: float | None = None
        found: Array = ()

        def at(t: float) -> Array:
            nonlocal time, found
            if t != time:
                time, found = t, values(t)
            return found

        return at

    def _turn_to(self, t: float) -> None:
        if self._sizes:
            self._pace(self._sizes[bisect_right(self._begins, t)])

    def step(self, t: float, height: Array, start: Array) -> Array:
        self._turn_to(t)
        return np.multiply(height, t + self.ahead > np.real(start))

    def ramp(self, t: float, slope: Array, start: Array, end: Array = np.inf) -> Array:
        return np.multiply(t + self.slack > np.real(start), slope) * (np.minimum(end, t) - start)

    def pulse(self, t: float, start: Array, width: Array) -> Array:
        return number((np.real(start) - self.slack <= t) & (t < start + width))

    def pulse_train(
        self, t: float, start: Array, width: Array, interval: Array, end: Array
    ) -> Array:
        since = np.mod(t - start + self.slack, interval)
        return number((np.real(start) <= t) & (t < end + self.slack) & (since < width))

    def impulse(self, t: float, magnitude: Array, start: Array) -> Array:
        self._turn_to(t)
        return magnitude / self.step_size * self.pulse(t, start, self.shortest)

    def impulse_train(self, t: float, magnitude: Array, start: Array, interval: Array) -> Array:
        self._turn_to(t)
        return (
            magnitude / self.step_size * self.pulse_train(t, start, self.shortest, interval, np.inf)
        )

    def lagged(self, t: float, earlier: Array, now: Array) -> Array:
        return earlier if self.fixed else now


class SeriesTable:
    """A time-varying input: linear between knots or constant, held beyond them.

    Parameters
    ----------
    knots : array (knot,)
    values : array (knot, *dimensions)
    trailing : tuple of int
        Empty for a run, (1,) for a batch: the member axis its values broadcast over.
    between : {"hold", "discrete", "forward", "raw"}
        What holds between knots: a straight line, the knot before, the knot after, or NaN.
    slack : float
        How near a time counts as at a knot: a fixed step's grid meets knots but for rounding.
    """

    def __init__(
        self,
        knots: Array,
        values: Array,
        trailing: tuple[int, ...],
        between: str = "hold",
        slack: float = 0.0,
    ) -> None:
        self.knots = [float(each) for each in knots]
        self.values = np.asarray(values, dtype=float).reshape(np.shape(values) + trailing)
        self.between = between
        self.slack = slack
        self._time: float | None = None
        self._value = self.values[0]

    def __call__(self, t: float) -> Array:
        if t != self._time:  # one right-hand side asks several times for the same moment
            self._time, self._value = t, self._at(t)
        return self._value

    def _at(self, t: float) -> Array:
        knots = self.knots
        if self.between != "hold":
            return self._step_at(t)
        place = bisect_right(knots, t) - 1
        if place < 0 or place >= len(knots) - 1:
            return self.values[max(place, 0)]
        share = (t - knots[place]) / (knots[place + 1] - knots[place])
        return self.values[place] + share * (self.values[place + 1] - self.values[place])

    def _step_at(self, t: float) -> Array:
        place = bisect_right(self.knots, t + self.slack) - 1
        past = place < 0 or t > self.knots[place] + self.slack
        if self.between == "raw" and past:
            return np.full_like(self.values[0], np.nan)
        if self.between == "forward" and past:
            place = min(place + 1, len(self.knots) - 1)
        return self.values[max(place, 0)]


_PLAIN = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "negative",
    "exp",
    "log",
    "log10",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "logical_or",
    "logical_and",
    "logical_not",
    "copyto",
]
_COMPARISONS = ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]


def namespace(clock: Clock, complex_valued: bool) -> dict[str, Any]:
    """Return everything generated code may call, by the names it uses."""
    names: dict[str, Any] = {each: getattr(np, each) for each in _PLAIN}
    for each in _COMPARISONS:
        ufunc = getattr(np, each)
        names[each] = _real_comparison(ufunc) if complex_valued else ufunc
    for each in ("minimum", "maximum"):
        ufunc = getattr(np, each)
        names[each] = _real_choice(ufunc) if complex_valued else _plain_choice(ufunc)
    own = (
        choose,
        number,
        truth,
        zidz,
        xidz,
        trunc,
        quantum,
        modulo,
        logarithm,
        gamma_ln,
        absolute,
        square,
        power,
        acts,
        any,
        nothing,
        spread,
        uniform,
    )
    names |= {each.__name__: each for each in own}
    names |= {
        each: getattr(clock, each)
        for each in (
            "step",
            "ramp",
            "pulse",
            "pulse_train",
            "impulse",
            "impulse_train",
            "lagged",
            "latest",
        )
    }
    names |= VECTORS
    names |= {"least": np.minimum, "greatest": np.maximum, "literals": literals}
    names |= {"LookupTable": LookupTable, "pi": np.pi, "nan": np.nan, "inf": np.inf}
    return names


UFUNCS = frozenset(_PLAIN) | frozenset(_COMPARISONS) | {"minimum", "maximum", "power"}
"""Names whose output may be one of their inputs."""

RESERVED = frozenset(namespace(Clock(1.0, True), False))
"""Names no variable of a model may take."""
