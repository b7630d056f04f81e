"""Every operator and function of the equations: one row each, read by all printers.

The NumPy column is the name of a callable in the namespace of generated code that takes its
arguments, then ``out=``; rows without one are handled by structure (delays become stocks,
INITIAL a constant) or belong to fixed-step methods alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["operator", "function", "time", "reduction", "vector", "stateful", "discrete"]


@dataclass(frozen=True)
class Function:
    """One row: how a function is called, bound, printed.

    ``least`` and ``most`` bound the number of arguments; ``precedence`` orders operators
    (higher binds tighter); ``numpy`` names the callable of generated NumPy code; ``scalar``
    and ``latex`` are templates over the printed arguments {0}, {1}, ...; a function of the
    clock has its name alone. ``units`` is the rule of units (see `units.signatures`).
    """

    name: str
    least: int
    most: int
    kind: Kind = "function"
    precedence: int = 100
    numpy: str = ""
    scalar: str = ""
    latex: str = ""
    units: str = "? -> ?"


def _operator(name: str, precedence: int, numpy: str, scalar: str, latex: str) -> Function:
    return Function(name, 2, 2, "operator", precedence, numpy, scalar, latex)


def _function(
    name: str, least: int, numpy: str, scalar: str = "", latex: str = "", most: int | None = None
) -> Function:
    latex = (
        latex
        or rf"\operatorname{{{{{name}}}}}\left("
        + ", ".join(f"{{{i}}}" for i in range(least))
        + r"\right)"
    )
    return Function(name, least, most or least, "function", 100, numpy, scalar, latex)


def _clock(name: str, least: int, most: int | None = None) -> Function:
    """A function that also reads the clock: printers pass it before the arguments."""
    own = name.replace(" ", "_")
    return Function(name, least, most or least, "time", 100, own, own)


def _vector(name: str, arguments: int) -> Function:
    return replace(_function(name, arguments, name.replace(" ", "_")), kind="vector")


_ROWS = (
    _operator("or", 1, "logical_or", "({0} | {1})", r"{0} \lor {1}"),
    _operator("and", 2, "logical_and", "({0} & {1})", r"{0} \land {1}"),
    Function("not", 1, 1, "operator", 3, "logical_not", "(not {0})", r"\lnot {0}"),
    _operator("=", 4, "equal", "({0} == {1})", "{0} = {1}"),
    _operator("<>", 4, "not_equal", "({0} != {1})", r"{0} \neq {1}"),
    _operator("<", 4, "less", "({0} < {1})", "{0} < {1}"),
    _operator("<=", 4, "less_equal", "({0} <= {1})", r"{0} \leq {1}"),
    _operator(">", 4, "greater", "({0} > {1})", "{0} > {1}"),
    _operator(">=", 4, "greater_equal", "({0} >= {1})", r"{0} \geq {1}"),
    _operator("+", 5, "add", "({0} + {1})", "{0} + {1}"),
    _operator("-", 5, "subtract", "({0} - {1})", "{0} - {1}"),
    _operator("*", 6, "multiply", "({0} * {1})", r"{0} \, {1}"),
    _operator("/", 6, "divide", "({0} / {1})", r"\frac{{{0}}}{{{1}}}"),
    Function("negative", 1, 1, "operator", 7, "negative", "(-{0})", "-{0}"),
    _operator("^", 8, "power", "power({0}, {1})", "{{{0}}}^{{{1}}}"),
    _function("abs", 1, "absolute", "abs({0})", r"\left|{0}\right|"),
    _function("exp", 1, "exp", "exp({0})", r"e^{{{0}}}"),
    _function("ln", 1, "log", "log({0})", r"\ln\left({0}\right)"),
    _function("log", 2, "logarithm", "(log({0}) / log({1}))", r"\log_{{{1}}}\left({0}\right)"),
    _function("log10", 1, "log10", "log10({0})", r"\log_{{10}}\left({0}\right)"),
    _function("sqrt", 1, "sqrt", "sqrt({0})", r"\sqrt{{{0}}}"),
    _function("sin", 1, "sin", "sin({0})", r"\sin\left({0}\right)"),
    _function("cos", 1, "cos", "cos({0})", r"\cos\left({0}\right)"),
    _function("tan", 1, "tan", "tan({0})", r"\tan\left({0}\right)"),
    _function("arcsin", 1, "arcsin", "asin({0})", r"\arcsin\left({0}\right)"),
    _function("arccos", 1, "arccos", "acos({0})", r"\arccos\left({0}\right)"),
    _function("arctan", 1, "arctan", "atan({0})", r"\arctan\left({0}\right)"),
    _function("sinh", 1, "sinh", "sinh({0})", r"\sinh\left({0}\right)"),
    _function("cosh", 1, "cosh", "cosh({0})", r"\cosh\left({0}\right)"),
    _function("tanh", 1, "tanh", "tanh({0})", r"\tanh\left({0}\right)"),
    _function("power", 2, "power", "power({0}, {1})", "{{{0}}}^{{{1}}}"),
    _function("min", 2, "minimum", "minimum({0}, {1})"),
    _function("max", 2, "maximum", "maximum({0}, {1})"),
    _function("integer", 1, "trunc", "trunc({0})"),
    _function("gamma ln", 1, "gamma_ln", latex=r"\ln\Gamma\left({0}\right)"),
    _function("quantum", 2, "quantum", "quantum({0}, {1})"),
    _function("modulo", 2, "modulo", "modulo({0}, {1})", r"{0} \bmod {1}"),
    _function("zidz", 2, "zidz", "zidz({0}, {1})", r"\frac{{{0}}}{{{1}}}"),
    _function("xidz", 3, "xidz", "xidz({0}, {1}, {2})", r"\frac{{{0}}}{{{1}}}"),
    _function(
        "if then else",
        3,
        "choose",
        "({1} if {0} else {2})",
        r"\begin{{cases}} {1} & {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    ),
    # pi takes no argument; XMILE writes it as a name
    Function("pi", 0, 0, "function", 100, "pi", "3.141592653589793", r"\pi"),
    # explicit time dependence: the runtime passes the time object first
    _clock("step", 2),
    _clock("pulse", 2),
    _clock("pulse train", 4),
    _clock("ramp", 2, 3),
    _clock("impulse", 2),  # XMILE PULSE(magnitude, start)
    _clock("impulse train", 3),  # XMILE PULSE(magnitude, start, interval)
    # an earlier value under fixed steps, the present one otherwise (see delays.py)
    _clock("lagged", 2),
    # reductions over subscripts marked with !
    Function("sum", 1, 1, "reduction", 100, "sum", latex=r"\sum {0}"),
    Function("prod", 1, 1, "reduction", 100, "prod", latex=r"\prod {0}"),
    Function("vmin", 1, 1, "reduction", 100, "min", latex=r"\min {0}"),
    Function("vmax", 1, 1, "reduction", 100, "max", latex=r"\max {0}"),
    Function("elmcount", 1, 1, "function", 100, ""),
    # functions of whole vectors along named axes (vectors.py): arrays only, no scalar form
    _vector("vector sort order", 2),
    _vector("vector rank", 2),
    _vector("vector reorder", 2),
    _vector("vector select", 5),
    _vector("vector elm map", 2),
    _vector("invert matrix", 2),
    _vector("allocate available", 3),
    _vector("allocate by priority", 5),
    # memory: expanded into stocks (expand.py) or into initial values (schedule.py)
    Function("integ", 2, 2, "stateful"),
    Function("non negative integ", 2, 2, "stateful"),
    Function("smooth", 4, 4, "stateful"),  # input, time, initial, order
    Function("delay", 4, 4, "stateful"),
    Function("smooth n", 4, 4, "stateful"),
    Function("delay n", 4, 4, "stateful"),
    Function("trend", 3, 3, "stateful"),  # input, average time, initial trend
    Function("forecast", 4, 4, "stateful"),  # input, average time, horizon, initial trend
    Function("npv", 4, 4, "stateful"),  # stream, discount rate, initial, factor
    Function("initial", 1, 1, "stateful"),
    Function("active initial", 2, 2, "stateful"),
    Function("delay fixed", 3, 3, "stateful"),  # input, delay time, initial
    Function("sample if true", 3, 3, "stateful"),  # condition, input, initial
    # known to the field, not yet to this engine: refused by name
    Function("random uniform", 3, 3, "discrete"),
    Function("random normal", 5, 5, "discrete"),
    Function("random exponential", 5, 5, "discrete"),
    Function("random 0 1", 0, 0, "discrete"),
)

_UNITS = {
    "A, A -> A": ("+", "-"),
    "A, B -> A*B": ("*",),
    "A, B -> A/B": ("/", "zidz"),
    "a -> a": ("negative", "abs", "integer", "sum", "vmin", "vmax", "initial"),
    "a, a -> a": ("min", "max", "quantum", "modulo", "active initial"),
    "a, a -> 1": ("=", "<>", "<", "<=", ">", ">="),
    "1, 1 -> 1": ("and", "or", "log"),
    "1 -> 1": (
        *("not", "exp", "ln", "log10", "sin", "cos", "tan", "arcsin", "arccos", "arctan"),
        *("sinh", "cosh", "tanh", "gamma ln"),
    ),
    "a -> a^0.5": ("sqrt",),
    "a, b, a/b -> a/b": ("xidz",),
    "1, a, a -> a": ("if then else", "sample if true"),
    "-> 1": ("pi", "random 0 1"),
    "? -> 1": ("elmcount",),
    "a, t -> a": ("step", "lagged"),
    "t, t -> 1": ("pulse",),
    "t, t, t, t -> 1": ("pulse train",),
    "a/t, t, t -> a": ("ramp",),
    "a, t, t -> a/t": ("impulse", "impulse train"),
    "?, 1 -> 1": ("vector sort order", "vector rank"),
    "a, 1 -> a": ("vector reorder", "vector elm map"),
    "?, a, a, 1, 1 -> a": ("vector select",),
    "a, ? -> 1/a": ("invert matrix",),
    "a, ?, a -> a": ("allocate available",),
    "a, ?, ?, ?, a -> a": ("allocate by priority",),
    "a/t, a -> a": ("integ", "non negative integ"),
    "a, t, a, 1 -> a": ("smooth", "delay", "smooth n", "delay n"),
    "a, t, a -> a": ("delay fixed",),
    "a, t, 1/t -> 1/t": ("trend",),
    "a, t, t, 1/t -> a": ("forecast",),
    "a, 1/t, a*t, 1 -> a*t": ("npv",),
    "a, a, 1 -> a": ("random uniform", "random exponential"),
    "a, a, a, a, 1 -> a": ("random normal",),
}
"""Unit rules; powers follow one of their own, and a product over subscripts has none."""

_RULES = {name: rule for rule, names in _UNITS.items() for name in names}

COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})

FUNCTIONS: dict[str, Function] = {
    row.name: replace(row, units=_RULES.get(row.name, row.units)) for row in _ROWS
}
"""The table, by canonical name: lower case, words separated by single spaces."""
