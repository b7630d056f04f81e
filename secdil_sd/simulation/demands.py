"""What a model asks of a run: fixed steps for what it remembers, no delay longer than its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from secdil_sd.equations.delays import chains
from secdil_sd.equations.expression import Call, Reference, walk
from secdil_sd.equations.known import possible
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import DISCRETE, INTEGRALS, System
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling
from secdil_sd.solving.contract import FIXED


def check_orders(system: System, constants: Mapping[str, np.ndarray]) -> None:
    """Raise InputError if a constant asks for more stages of a delay than the file has."""
    for name, (variable, count, line) in chains(system).items():
        own = max(possible(system, Reference(name)), default=np.inf)
        given = float(np.max(np.real(constants.get(name, -np.inf))))
        if given > own:
            raise InputError(
                Finding(
                    "error",
                    f"{name!r} is {given:g}, but it decides the order of the delay in "
                    f"{variable!r}, which has {count} stages.",
                    system.where(line),
                    (name, variable),
                    f"Give at most {own:g}, or raise its value in the file.",
                )
            )


def check_memory(schedule: Schedule, system: System, method: str) -> None:
    """Raise InputError if a model remembers earlier steps and the method's steps are not fixed."""
    if not schedule.pipelines or spelling(method) in map(spelling, FIXED):
        return
    found = _remembering(schedule, system)
    if not found:  # a DELAY N with a moving delay time has another form without steps
        return
    _, _, line = found[0]
    raise InputError(
        Finding(
            "error",
            f"{_said(found)} that {method} does not take.",
            system.where(line),
            tuple(dict.fromkeys(each for each, _, _ in found)),
            'Run with method="Euler" (--method Euler).',
        )
    )


def why_euler(schedule: Schedule, system: System) -> str:
    """Say why no adaptive method solves a model, in a clause; empty if they do.

    Parameters
    ----------
    schedule : Schedule
    system : System
    """
    found = _remembering(schedule, system) if schedule.pipelines else []
    if found:
        return _said(found)
    floored = [each.name for each in schedule.stocks if is_non_negative(system, each.name)]
    return f"the stock {floored[0]!r} is declared non-negative" if floored else ""


def is_non_negative(system: System, name: str) -> bool:
    """Say whether a stock is declared never to fall below zero."""
    return name in system and any(
        isinstance(each.expression, Call) and each.expression.function == INTEGRALS[1]
        for each in system[name].definitions
    )


def _remembering(schedule: Schedule, system: System) -> list[tuple[str, str, int | None]]:
    """The variables whose equations remember earlier steps: name, function, line."""
    used = {name for name, slot in schedule.slots.items() if slot.role in ("auxiliary", "stock")}
    return [
        (variable.name, node.function.upper(), definition.line)
        for variable in system.variables
        if variable.name in used
        for definition in variable.definitions
        for node in walk(definition.expression)
        if isinstance(node, Call) and node.function in DISCRETE
    ]


def _said(found: list[tuple[str, str, int | None]]) -> str:
    name, function, _ = found[0]
    names = dict.fromkeys(each for each, _, _ in found)
    others = f" ({len(names) - 1} more do the like)" if len(names) > 1 else ""
    return f"{name!r} uses {function}{others}, which goes by steps of TIME STEP"
