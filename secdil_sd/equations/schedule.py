"""What is computed when: the blocks of a model in order, each with the stage that needs it.

Stages: *batch* values depend on constants alone and are computed once; *time* values change
with time only; *state* values change with the stocks. Initial values form a pass of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal as OneOf

from secdil_sd.equations.blocks import Axis, Index
from secdil_sd.equations.resolve import TIME, Term, loads, reads_clock, terms

Stage = OneOf["batch", "time", "state"]
Phase = OneOf["now", "start"]
Role = OneOf["stock", "constant", "series", "auxiliary"]
RANK: dict[Stage, int] = {"batch": 0, "time": 1, "state": 2}
STAGES: tuple[Stage, ...] = ("batch", "time", "state")


@dataclass(frozen=True)
class Slot:
    """Where the values of one variable live: its role, dimensions and shape.

    ``offset`` is the place of a stock's first value in the state vector.
    """

    name: str
    role: Role
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    offset: int = -1

    @property
    def size(self) -> int:
        """Number of values."""
        size = 1
        for each in self.shape:
            size *= each
        return size


@dataclass(frozen=True)
class Statement:
    """One assignment: ``target[index] = term`` over the axes.

    ``kind`` "flow" writes a stock's derivative, "initial" a value of the pass at the start;
    ``at_start`` says that what it reads are values at the start; ``whole`` that it writes every
    element of its target in order.
    """

    target: str
    index: tuple[Index, ...]
    axes: tuple[Axis, ...]
    term: Term
    stage: Stage
    kind: OneOf["value", "flow", "initial"]
    whole: bool
    at_start: bool = False
    text: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Pipeline:
    """What a fixed step moves on: ``source`` as it was a delay time earlier.

    Parameters
    ----------
    target : str
        The stock that holds what comes out; between steps it does not change.
    source : str
        The auxiliary that enters.
    time : str
        The variable with the delay time, known at the start; empty for one step.
    places : tuple of int
        Which elements of the target, counted flat, are written.
    """

    target: str
    source: str
    time: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Schedule:
    """A model in the order a machine computes it.

    Parameters
    ----------
    slots : mapping of str to Slot
        Every variable that holds numbers, by name.
    prepare : tuple of Statement
        Batch values and the initial pass, in order; run once.
    values : tuple of Statement
        Time and state values, in order.
    flows : tuple of Statement
        The derivative of each stock.
    pipelines : tuple of Pipeline
        What is remembered from step to step; only a fixed-step method can solve a schedule
        that has any.
    """

    slots: Mapping[str, Slot]
    prepare: tuple[Statement, ...]
    values: tuple[Statement, ...]
    flows: tuple[Statement, ...]
    pipelines: tuple[Pipeline, ...] = ()

    @cached_property
    def remembered(self) -> tuple[str, ...]:
        """The variables that have to be observed at each step for the pipelines."""
        names = [name for each in self.pipelines for name in (each.source, each.time) if name]
        return tuple(dict.fromkeys(names))

    def is_batch(self, name: str) -> bool:
        """Say whether a variable's values are known once the constants are."""
        slot = self.slots.get(name)
        if slot is None or slot.role in ("stock", "series"):
            return False
        return name not in self._later

    @cached_property
    def _later(self) -> frozenset[str]:
        return frozenset(each.target for each in self.values)

    @cached_property
    def stages(self) -> Mapping[str, Stage]:
        """The latest stage of each variable that is not known from the constants."""
        found: dict[str, Stage] = {TIME: "time"}
        for name, slot in self.slots.items():
            if slot.role == "stock":
                found[name] = "state"
            elif slot.role == "series":
                found[name] = "time"
        for each in self.values:
            if RANK[each.stage] > RANK[found.get(each.target, "batch")]:
                found[each.target] = each.stage
        return found

    def stage_of(self, term: Term) -> Stage:
        """Return the latest stage among what a term reads."""
        ranks = [RANK[self.stages.get(each.name, "batch")] for each in loads(term)]
        return STAGES[max([int(reads_clock(term)), *ranks])]

    @cached_property
    def stocks(self) -> tuple[Slot, ...]:
        """The stocks in the order of the state vector."""
        return tuple(each for each in self.slots.values() if each.role == "stock")

    @property
    def state_size(self) -> int:
        """Number of values in the state vector."""
        return sum(each.size for each in self.stocks)

    def needed_for(self, names: Iterable[str], flows: bool) -> tuple[Statement, ...]:
        """Return the values, in order, that the named variables (and the flows) need."""
        wanted = set(names)
        if flows:
            wanted |= {load.name for each in self.flows for load in loads(each.term)}
        kept: list[Statement] = []
        for statement in reversed(self.values):
            if statement.target in wanted:
                kept.append(statement)
                wanted |= {load.name for load in loads(statement.term)}
        return tuple(reversed(kept))

    def stocks_for(self, names: Iterable[str]) -> tuple[Slot, ...]:
        """Return the stocks that the named variables are made of, in state order."""
        wanted = set(names)
        for statement in self.needed_for(wanted, flows=False):
            wanted |= {load.name for load in loads(statement.term)}
        return tuple(each for each in self.stocks if each.name in wanted)

    @cached_property
    def behind_time(self) -> frozenset[str]:
        """Names that values known from time alone, and their switches, are computed from."""
        names: set[str] = set()
        for statement in (*self.values, *self.flows):
            for term in terms(statement.term):
                if self.stage_of(term) == "time":
                    names |= {load.name for load in loads(term)}
        for statement in reversed(self.prepare):
            if statement.target in names:
                names |= {load.name for load in loads(statement.term)}
        return frozenset(names)

    def rows(self) -> list[dict[str, object]]:
        """Return one row a statement: order, variable, stage, kind, equation, line."""
        ordered = [*self.prepare, *self.values, *self.flows]
        return [
            {
                "order": place,
                "variable": each.target,
                "stage": "start" if each.kind == "initial" else each.stage,
                "kind": each.kind,
                "equation": each.text,
                "line": each.line,
            }
            for place, each in enumerate(ordered, 1)
        ]
