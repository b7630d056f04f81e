"""Amounts in words: what a dose of a lever means in the model's own units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from secdil_sd.analysis.policy.levers import Lever

ASK_MORE = "To ask for more, change the condition, as 'burden final < 0.05', or the share."


def amount(
    levers: Sequence[Lever], doses: Sequence[float], drawn: Sequence[bool], states: Sequence[str]
) -> str:
    """Say how far levers are moved, as "transparency of both from 0 to 0.43".

    Parameters
    ----------
    levers : sequence of Lever
    doses : sequence of float
        Shares of the way to the upper end; negative ones to the lower end.
    drawn : sequence of bool
        Whether worlds differ in where it starts.
    states : sequence of str
    """
    told = [
        _one(lever, dose, from_draw, states)
        for lever, dose, from_draw in zip(levers, doses, drawn, strict=True)
        if dose
    ]
    return "; ".join(told) or "nothing moved"


def uncertain_names(columns: Sequence[str], most: int = 12) -> str:
    """Say what differs between worlds: variables, whatever their elements.

    >>> uncertain_names(["reaction[A]", "reaction[B]", "buildup alarm"])
    'reaction, buildup alarm'
    """
    names = list(dict.fromkeys(each.split("[")[0] for each in columns))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more or "nothing"


def _one(lever: Lever, dose: float, drawn: bool, states: Sequence[str]) -> str:
    name = _named(lever, states)
    end = lever.high if dose > 0 else lever.low
    if drawn:
        return f"{name} {abs(dose):.0%} of the way to {end:g} from where each world has it"
    moved = lever.values(np.full(1, dose), lever.own[:, None])[:, 0]
    if np.ptp(lever.own) < 1e-12:
        return f"{name} from {_number(lever.own[0], lever)} to {_number(moved[0], lever)}"
    pairs = (
        f"{_element(column)} {_number(own, lever)} to {_number(value, lever)}"
        for column, own, value in zip(lever.columns, lever.own, moved, strict=True)
    )
    return f"{name} ({', '.join(pairs)})"


def _named(lever: Lever, states: Sequence[str]) -> str:
    if lever.name != lever.variable:
        return f"{lever.variable} of {_element(lever.name)}"
    if len(lever.columns) < 2 or not states:
        return lever.variable
    return f"{lever.variable} of {'both' if len(states) == 2 else 'all'}"


def _element(selector: str) -> str:
    return selector.partition("[")[2].rstrip("]").replace(",", " and ")


def _number(value: float, lever: Lever) -> str:
    """A value to about a hundredth of what the lever's range spans."""
    span = max(lever.high - lever.low, 1e-12)
    return f"{round(float(value), max(2 - int(np.floor(np.log10(span))), 0)):g}"
