"""Delays and smooths as chains of stocks, of an order the file writes or its constants give.

Where the order is not a plain number the chain is as long as the file's own values ask for, and
the input enters as many stages before its end as the order says. Vensim lowers the order of a
DELAY N whose stages would each empty within a TIME STEP (not that of a DELAY3); so does the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from secdil_sd.equations.expression import Call, Node, Number, Reference, walk
from secdil_sd.equations.known import constants_behind, possible, varies
from secdil_sd.equations.system import System
from secdil_sd.errors import ModelError

MOST_STAGES = 1000
CHAINED = ("smooth", "smooth n", "delay", "delay n")


class Helper(Protocol):
    """What names and adds the variables of one chain (see `expand`)."""

    system: System

    def own(self, suffix: str) -> Reference: ...

    def add(self, suffix: str, expression: Node) -> Reference: ...

    def refuse_order(self) -> ModelError: ...


def smooth(helper: Helper, source: Node, time: Node, initial: Node, order: Node) -> Node:
    """Return what a SMOOTH reads; its stages become stocks."""
    chain = _chain(helper, order, None)
    last: Node = source
    for stage, name in chain.stages():
        own = helper.own(name)
        target = chain.entering(stage, source, last, own)
        flow = Call("/", (Call("*", (Call("-", (target, own)), chain.order)), time))
        last = helper.add(name, Call("integ", (flow, initial)))
    return last


def delay(helper: Helper, source: Node, time: Node, initial: Node, order: Node) -> Node:
    """Return what a DELAY reads; its stages become stocks that hold what is under way."""
    chain = _chain(helper, order, None)
    return _delay(helper, chain, source, Call("*", (initial, time)), [time])


def delay_n(helper: Helper, source: Node, time: Node, initial: Node, order: Node) -> Node:
    """Return what a DELAY N reads.

    A delay time that changes travels with the material, as in PySD: each stage has the one of
    a step before the stage that feeds it, and what comes out that of the step before.
    """
    chain = _chain(helper, order, time)
    if not varies(helper.system, time):
        return _delay(helper, chain, source, Call("*", (initial, time)), [time])
    spans: list[Node] = [helper.add("time", time)]
    for ago in range(1, max(chain.count, 2)):
        held = helper.add(f"time {ago} ago", Call("delay fixed", (spans[-1], Number(0.0), time)))
        spans.append(held)
    spans[1:] = [Call("lagged", (each, spans[0])) for each in spans[1:]]
    return _delay(helper, chain, source, Call("*", (initial, time)), spans)


def _delay(helper: Helper, chain: _Chain, source: Node, level: Node, spans: list[Node]) -> Node:
    outflow: Node = source
    last: Node = source
    for stage, name in chain.stages():
        last = helper.own(name)
        inflow, outflow = outflow, Call("/", (last, chain.positive(chain.span(stage, spans))))
        entering = chain.entering(stage, source, inflow, outflow)
        flow: Node = Call("*", (Call("-", (entering, outflow)), chain.order))
        helper.add(name, Call("integ", (flow, level)))
    if len(spans) > 1:
        outflow = Call("/", (last, chain.positive(spans[1])))
    if chain.known:
        return outflow
    return Call("if then else", (chain.empty, source, outflow))


class _Chain:
    """How many stages there are, and at which of them the input enters."""

    def __init__(self, count: int, order: Node, known: bool) -> None:
        self.count, self.order, self.known = count, order, known

    def stages(self) -> list[tuple[int, str]]:
        """The stages in order, with the endings of their names."""
        if self.count == 1:
            return [(1, "")]
        return [(stage, f"stage {stage}") for stage in range(1, self.count + 1)]

    @property
    def empty(self) -> Node:
        """Whether there is no stage at all: what enters leaves at once."""
        return Call("<", (self.order, Number(1.0)))

    def positive(self, span: Node) -> Node:
        """A delay time to divide by."""
        return span if self.known else Call("if then else", (self.empty, Number(1.0), span))

    def span(self, stage: int, spans: list[Node]) -> Node:
        """The delay time of a stage: so many steps old as there are stages before it."""
        found = spans[min(stage, len(spans)) - 1] if self.known else spans[0]
        for shift in () if self.known else range(stage - 1):
            ago = min(stage - 1 - shift, len(spans) - 1)
            if ago:
                same = Call("=", (self.order, Number(float(self.count - shift))))
                found = Call("if then else", (same, spans[ago], found))
        return found

    def entering(self, stage: int, source: Node, before: Node, rest: Node) -> Node:
        """What enters a stage: the input, what leaves the stage before, or ``rest``: no change."""
        if self.known:
            return source if stage == 1 else before
        first = Call("=", (self.order, Number(float(self.count - stage + 1))))
        return Call("if then else", (first, source, rest if stage == 1 else before))


def _chain(helper: Helper, order: Node, time: Node | None) -> _Chain:
    literal = isinstance(order, Number)
    highest = max(possible(helper.system, order), default=0.0)
    if not 1 <= highest <= MOST_STAGES or (literal and highest != int(highest)):
        raise helper.refuse_order()
    count = int(highest)
    lowered = time is not None and _too_short(helper.system, time, count)
    if literal and not lowered:
        return _Chain(count, Number(float(count)), True)
    found: Node = order if literal else Call("integer", (order,))
    if time is not None and "TIME STEP" in helper.system:
        steps = Call("/", (time, Reference("TIME STEP")))
        whole = Call("integer", (Call("+", (steps, Number(1e-6))),))
        found = Call("min", (found, whole))
    if not literal:  # values of a run may ask for more than there is (see `chains`)
        longer = Call(">", (found, Number(float(count))))
        found = Call("if then else", (longer, Number(float("nan")), found))
    return _Chain(count, helper.add("order", Call("initial", (found,))), False)


@lru_cache(maxsize=256)
def chains(system: System) -> Mapping[str, tuple[str, int, int | None]]:
    """Return the constants that orders depend on: for each the variable, stages and line."""
    found: dict[str, tuple[str, int, int | None]] = {}
    for variable in system.variables:
        for definition in variable.definitions:
            for node in walk(definition.expression):
                if isinstance(node, Call) and node.function in CHAINED:
                    order = node.arguments[3]
                    count = int(max(possible(system, order), default=0.0))
                    for name in constants_behind(system, order):
                        found.setdefault(name, (variable.name, count, definition.line))
    return found


def _too_short(system: System, time: Node, count: int) -> bool:
    """Say whether, by the file's values, stages of a delay would empty within a step."""
    if "TIME STEP" not in system:
        return False
    times, steps = possible(system, time), possible(system, Reference("TIME STEP"))
    return bool(times and steps) and min(times) + 1e-6 < count * max(steps)
