"""What a model asks of a run: fixed steps for what it remembers, no delay longer than its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from secdil_sd.equations.delays import chains
from secdil_sd.equations.expression import Call, Reference, walk
from secdil_sd.equations.known import possible
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import DISCRETE, System
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling
from secdil_sd.solving.contract import FIXED


def check_orders(system: System, constants: Mapping[str, np.ndarray]) -> None:
    """Raise InputError if a constant asks for more stages of a delay than the file has."""
    for name, (variable, count, line) in chains(system).items():
        own = max(possible(system, Reference(name)), default=np.inf)
        given = float(np.max(constants.get(name, -np.inf)))
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
    used = {name for name, slot in schedule.slots.items() if slot.role in ("auxiliary", "stock")}
    found = [
        (variable.name, node.function.upper(), definition.line)
        for variable in system.variables
        if variable.name in used
        for definition in variable.definitions
        for node in walk(definition.expression)
        if isinstance(node, Call) and node.function in DISCRETE
    ]
    if not found:  # a DELAY N with a moving delay time has another form without steps
        return
    name, function, line = found[0]
    names = tuple(dict.fromkeys(each for each, _, _ in found))
    others = f" ({len(names) - 1} more do the like)" if len(names) > 1 else ""
    message = f"{name!r} uses {function}{others}, which goes by steps of TIME STEP"
    raise InputError(
        Finding(
            "error",
            f"{message} that {method} does not take.",
            system.where(line),
            names,
            'Run with method="Euler" (--method Euler).',
        )
    )
