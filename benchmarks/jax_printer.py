"""A schedule as a JAX function, for diffrax: the same equations, traced instead of printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp

from secdil_sd.equations.blocks import Along, Axis
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import TIME, Apply, Literal, Load, Read, Reduce, Term
from secdil_sd.equations.schedule import Schedule, Statement

_REDUCTIONS = {"sum": jnp.sum, "prod": jnp.prod, "vmin": jnp.min, "vmax": jnp.max}
_OWN = {
    "if then else": jnp.where,
    "zidz": lambda a, b: jnp.where(
        jnp.abs(b) < 1e-6, 0.0, a / jnp.where(jnp.abs(b) < 1e-6, 1.0, b)
    ),
    "^": lambda a, b: jnp.power(a, b),
    "ln": jnp.log,
    "pi": lambda: jnp.pi,
}


def vector_field(
    schedule: Schedule, series: Mapping[str, Any] | None = None
) -> Callable[[Any, Any, Mapping[str, Any]], Any]:
    """Return ``f(t, y, constants)`` for one member: y (stock,) to dy (stock,).

    Constants are a mapping of variable name to array (*dimensions); series have ``knots`` and
    ``values`` and are linear between knots. What depends on constants alone is left to XLA to
    hoist or not, as it is for any user of diffrax.
    """
    inputs = {
        name: (jnp.asarray(each.knots), jnp.asarray(each.values))
        for name, each in (series or {}).items()
    }

    def field(t: Any, y: Any, constants: Mapping[str, Any]) -> Any:
        known: dict[str, Any] = {name: jnp.asarray(value) for name, value in constants.items()}
        for name, (knots, values) in inputs.items():
            known[name] = _between(t, knots, values)
        for slot in schedule.stocks:
            known[slot.name] = y[slot.offset : slot.offset + slot.size].reshape(slot.shape)
        for statement in (*schedule.prepare, *schedule.values):
            if statement.kind == "value" and not statement.at_start:
                _assign(schedule, statement, known, t)
        flows = {slot.name: jnp.zeros(slot.shape) for slot in schedule.stocks}
        for statement in schedule.flows:
            flows[statement.target] = _written(flows[statement.target], statement, known, t)
        return jnp.concatenate([jnp.ravel(flows[slot.name]) for slot in schedule.stocks])

    return field


def _between(t: Any, knots: Any, values: Any) -> Any:
    place = jnp.clip(jnp.searchsorted(knots, t, side="right") - 1, 0, len(knots) - 2)
    share = (t - knots[place]) / (knots[place + 1] - knots[place])
    return values[place] + jnp.clip(share, 0.0, 1.0) * (values[place + 1] - values[place])


def _assign(schedule: Schedule, statement: Statement, known: dict[str, Any], t: Any) -> None:
    before = known.get(statement.target, jnp.full(schedule.slots[statement.target].shape, jnp.nan))
    known[statement.target] = _written(before, statement, known, t)


def _written(before: Any, statement: Statement, known: Mapping[str, Any], t: Any) -> Any:
    value = _aligned(_value(statement.term, known, t), statement.term.axes, statement.axes)
    if statement.whole:
        return jnp.broadcast_to(value, before.shape)
    index = tuple(jnp.array(i.positions) if isinstance(i, Along) else i for i in statement.index)
    return before.at[jnp.ix_(*(jnp.atleast_1d(i) for i in index))].set(value)


def _value(term: Term, known: Mapping[str, Any], t: Any) -> Any:
    match term:
        case Literal(values, axes):
            return jnp.array(values).reshape([each.size for each in axes])
        case Load():
            return t if term.name == TIME and term.name not in known else _loaded(term, known)
        case Reduce(function, over, body, _):
            places = tuple(body.axes.index(each) for each in over)
            return _REDUCTIONS[function](_value(body, known, t), axis=places)
        case Read(table, argument, _):
            return jnp.interp(_value(argument, known, t), jnp.array(table.x), jnp.array(table.y))
        case Apply(function, arguments, axes):
            values = [_aligned(_value(each, known, t), each.axes, axes) for each in arguments]
            row = FUNCTIONS[function]
            return (_OWN.get(function) or getattr(jnp, row.numpy))(*values)
    raise TypeError(f"not a term: {term!r}")


def _loaded(load: Load, known: Mapping[str, Any]) -> Any:
    value = known[load.name]
    own: list[str] = []
    for index in load.index:
        if isinstance(index, Along):
            value = jnp.take(value, jnp.array(index.positions), axis=len(own))
            own.append(index.axis)
        else:
            value = jnp.take(value, index, axis=len(own))
    return jnp.transpose(value, [own.index(each.name) for each in load.axes]) if own else value


def _aligned(value: Any, axes: tuple[Axis, ...], wanted: tuple[Axis, ...]) -> Any:
    if not axes or axes == wanted:
        return value
    return value.reshape([each.size if each in axes else 1 for each in wanted])
