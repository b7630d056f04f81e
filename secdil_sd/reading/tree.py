"""PySD's syntax tree to ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from math import isnan
from typing import Any

from secdil_sd.equations.expression import (
    Array,
    Call,
    LookupCall,
    Node,
    Number,
    Reference,
    Table,
    Text,
)

_LOGIC = {":AND:": "and", ":OR:": "or", ":NOT:": "not", "AND": "and", "OR": "or", "NOT": "not"}
_RENAMED = {
    "xpulse train": "impulse train",
    "vmax xmile": "vmax",
    "vmin xmile": "vmin",
    "xramp": "ramp",
    "int": "integer",
    "safediv": "zidz",
    "mean": "mean",
}
_MANNERS = ("forward", "backward", "extrapolate", "invert")
_BEYOND = {"interpolate": "hold", "extrapolate": "extrapolate", "hold_backward": "discrete"}


class Converter:
    """Turns the syntax trees of one file into expressions.

    Parameters
    ----------
    spelled : callable
        Returns the file's spelling of a name PySD has lowered.
    is_lookup : callable
        Says whether a name is a lookup variable of the file.
    """

    def __init__(self, spelled: Callable[[str], str], is_lookup: Callable[[str], bool]) -> None:
        self.spelled = spelled
        self.is_lookup = is_lookup

    def node(self, tree: Any) -> Node:
        """Return the expression for a syntax tree (or a bare number, string or array)."""
        if isinstance(tree, bool | int | float):
            return Number(float(tree))
        if isinstance(tree, str):
            return Text(tree)
        if hasattr(tree, "tolist"):
            return self._array(tree)
        kind = type(tree).__name__
        convert = _CONVERSIONS.get(kind)
        if convert is None:
            raise ValueError(f"{kind.removesuffix('Structure')} is not supported")
        return convert(self, tree)

    def _array(self, values: Any) -> Node:
        if values.ndim == 0:
            return Number(float(values))
        return Array(tuple(values.shape), tuple(float(each) for each in values.ravel()))

    def operation(self, tree: Any) -> Node:
        arguments = [self.node(each) for each in tree.arguments]
        operators = [_LOGIC.get(each.upper(), each) for each in tree.operators]
        if len(arguments) == 1:
            return Call("negative" if operators[0] == "negative" else operators[0], (arguments[0],))
        if "^" in operators:
            return self._power(arguments)
        for loose in ("or", "and"):
            if loose in operators and len(set(operators)) > 1:
                return self._split_at(loose, operators, arguments)
        return _chained(operators, arguments)

    def _power(self, arguments: list[Node]) -> Node:
        """Powers bind to the right, as PySD evaluates them, and tighter than a leading minus.

        PySD folds the minus into the number, so ``-2^2`` arrives with -2 as base; a base in
        brackets arrives as a difference (see `vensim._bracketed`).
        """
        first, *rest = arguments
        minus = isinstance(first, Number) and first.value < 0
        if isinstance(first, Number):
            first = Number(abs(first.value))
        power = reduce(lambda right, left: Call("^", (left, right)), reversed([first, *rest]))
        return Call("negative", (power,)) if minus else power

    def _split_at(self, loose: str, operators: list[str], arguments: list[Node]) -> Node:
        """``a and b or c``: OR binds least."""
        k = len(operators) - 1 - operators[::-1].index(loose)
        left = self._chain(operators[:k], arguments[: k + 1])
        return Call(loose, (left, self._chain(operators[k + 1 :], arguments[k + 1 :])))

    def _chain(self, operators: list[str], arguments: list[Node]) -> Node:
        if "or" in operators and "and" in operators:
            return self._split_at("or", operators, arguments)
        return _chained(operators, arguments)

    def reference(self, tree: Any) -> Reference:
        subscripts = tuple(tree.subscripts.subscripts) if tree.subscripts else ()
        return Reference(self.spelled(tree.reference), tuple(_spaced(each) for each in subscripts))

    def call(self, tree: Any) -> Node:
        called = self.reference(tree.function)
        arguments = tuple(self.node(each) for each in tree.arguments)
        if self.is_lookup(called.name):
            if len(arguments) != 1:
                raise ValueError(f"the lookup {called.name!r} takes one argument")
            return LookupCall(called, arguments[0])
        name = tree.function.reference.replace("_", " ").casefold()
        if name == "xpulse":
            return Call("impulse", (arguments[1], arguments[0]))
        if name == "xpulse train":
            return Call("impulse train", (arguments[2], arguments[0], arguments[1]))
        if name.startswith("lookup ") and name.removeprefix("lookup ") in _MANNERS:
            table, *rest = arguments
            if len(rest) != 1 or not isinstance(table, Table | Reference):
                raise ValueError(f"{name.upper()} takes a lookup and a number")
            return LookupCall(table, rest[0], name.removeprefix("lookup "))
        if name == "get time value":
            return _time_value(arguments)
        if name == "pulse train":  # PySD keeps start, interval, width, end
            start, interval, width, end = arguments
            return Call("pulse train", (start, width, interval, end))
        return Call(_RENAMED.get(name, name), arguments)

    def table(self, tree: Any) -> Table:
        return Table(
            tuple(float(each) for each in tree.x),
            tuple(float(each) for each in tree.y),
            _BEYOND.get(tree.type, "hold"),
        )

    def stateful(self, name: str, *fields: str) -> Callable[[Any], Node]:
        return lambda tree: Call(name, tuple(self.node(getattr(tree, each)) for each in fields))


def _time_value(arguments: tuple[Node, ...]) -> Node:
    """GET TIME VALUE in the model's own time unit: now, or the initial time, plus an offset."""
    if len(arguments) != 3 or not isinstance(arguments[0], Number) or arguments[2] != Number(0.0):
        raise ValueError("GET TIME VALUE is read in the model's time unit only, measure 0")
    start = {0.0: "Time", 1.0: "INITIAL TIME"}.get(arguments[0].value)
    if start is None:
        raise ValueError("GET TIME VALUE cannot read the computer's clock")
    return Call("+", (Reference(start), arguments[1]))


def _chained(operators: list[str], arguments: list[Node]) -> Node:
    """Operators that bind alike, from the left."""
    total = arguments[0]
    for operator, right in zip(operators, arguments[1:], strict=True):
        total = _compared(operator, total, right) or Call(operator, (total, right))
    return total


def _compared(operator: str, left: Node, right: Node) -> Node | None:
    """``x = :NA:`` asks whether x is missing: whether it differs from itself, as NaN alone does."""
    opposite = {"=": "<>", "<>": "="}.get(operator)
    for asked, other in ((left, right), (right, left)):
        if opposite and isinstance(other, Number) and isnan(other.value):
            return Call(opposite, (asked, asked))
    return None


def _spaced(subscript: str) -> str:
    return subscript.strip()


def _integ(converter: Converter, tree: Any) -> Node:
    name = "non negative integ" if tree.non_negative else "integ"
    return Call(name, (converter.node(tree.flow), converter.node(tree.initial)))


def _plain(name: str, *fields: str) -> Callable[[Converter, Any], Node]:
    return lambda converter, tree: converter.stateful(name, *fields)(tree)


def _misplaced(converter: Converter, tree: Any) -> Node:
    kind = type(tree).__name__.removesuffix("Structure").removeprefix("Get").upper()
    raise ValueError(f"GET {kind} must be the whole of an equation")


_CONVERSIONS: Mapping[str, Callable[[Converter, Any], Node]] = {
    "ArithmeticStructure": Converter.operation,
    "LogicStructure": Converter.operation,
    "ReferenceStructure": Converter.reference,
    "CallStructure": Converter.call,
    "LookupsStructure": Converter.table,
    "InlineLookupsStructure": lambda c, t: LookupCall(c.table(t.lookups), c.node(t.argument)),
    "GameStructure": lambda c, t: c.node(t.expression),
    "InitialStructure": _plain("initial", "initial"),
    "IntegStructure": _integ,
    "SmoothStructure": _plain("smooth", "input", "smooth_time", "initial", "order"),
    "SmoothNStructure": _plain("smooth n", "input", "smooth_time", "initial", "order"),
    "DelayStructure": _plain("delay", "input", "delay_time", "initial", "order"),
    "DelayNStructure": _plain("delay n", "input", "delay_time", "initial", "order"),
    "DelayFixedStructure": _plain("delay fixed", "input", "delay_time", "initial"),
    "TrendStructure": _plain("trend", "input", "average_time", "initial_trend"),
    "ForecastStructure": _plain("forecast", "input", "average_time", "horizon", "initial_trend"),
    "SampleIfTrueStructure": _plain("sample if true", "condition", "input", "initial"),
    "AllocateAvailableStructure": _plain("allocate available", "request", "pp", "avail"),
    "AllocateByPriorityStructure": _plain(
        "allocate by priority", "request", "priority", "size", "width", "supply"
    ),
    "DataStructure": lambda c, t: Table((), ()),
    "GetDataStructure": _misplaced,
    "GetConstantsStructure": _misplaced,
    "GetLookupsStructure": _misplaced,
}
