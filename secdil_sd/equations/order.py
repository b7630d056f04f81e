"""The order in which a system is computed, and the stage of each of its equations."""

from __future__ import annotations

from itertools import product
from typing import Literal as OneOf

from secdil_sd.equations.blocks import Along, Block, Index, blocks, overlaps, split
from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.expand import expand
from secdil_sd.equations.expression import Call, LookupCall, Node, Number, Reference, walk
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import (
    TIME,
    Load,
    Resolver,
    Term,
    loads,
    reads_clock,
    shares_points,
)
from secdil_sd.equations.schedule import (
    RANK,
    STAGES,
    Phase,
    Pipeline,
    Role,
    Schedule,
    Slot,
    Stage,
    Statement,
)
from secdil_sd.equations.sorting import TangledError, in_order
from secdil_sd.equations.system import INTEGRALS, System, Variable
from secdil_sd.errors import Finding, ModelError


def make_schedule(
    system: System,
    varying: frozenset[str] = frozenset(),
    replaced: frozenset[str] = frozenset(),
) -> Schedule:
    """Order a system's equations and decide the stage of each.

    Parameters
    ----------
    system : System
        As the author wrote it.
    varying : frozenset of str
        Variables given as series over time.
    replaced : frozenset of str
        Auxiliaries whose values are given; their equations are unused.

    Raises
    ------
    ModelError
        For simultaneous equations (naming the cycle) and for whatever does not resolve.
    """
    return _Scheduler(expand(system, varying | replaced), varying, replaced).schedule()


Job = tuple[Phase, Block]


def _block(key: Block | Job) -> Block:
    return key[1] if isinstance(key, tuple) else key


class _Scheduler:
    def __init__(self, system: System, varying: frozenset[str], replaced: frozenset[str]) -> None:
        self.system = system
        self.slots: dict[str, Slot] = {}
        self.blocks: dict[str, list[Block]] = {}
        self.stages: dict[Block, Stage] = {}
        self._terms: dict[tuple[Block, str], Term] = {}
        self._loads: dict[tuple[Block, str], tuple[Load, ...]] = {}
        self._writers: dict[tuple[str, tuple[Index, ...]], list[Block]] = {}
        self._collect(varying, replaced)

    def _collect(self, varying: frozenset[str], replaced: frozenset[str]) -> None:
        findings: list[Finding] = []
        offset = 0
        for variable in self.system.variables:
            if variable.kind == "lookup" and variable.name not in replaced:
                continue
            try:
                dims = dimensions(self.system, variable.name)
                role = self._role(variable, varying, replaced)
                made = [] if role in ("constant", "series") else self._blocks(variable)
            except ModelError as error:
                findings += error.findings
                continue
            shape = tuple(len(elements(self.system, each)) for each in dims)
            slot = Slot(variable.name, role, dims, shape, offset if role == "stock" else -1)
            if role == "stock":
                offset += slot.size
            self.slots[variable.name] = slot
            self.blocks[variable.name] = made
        if findings:
            raise ModelError(*findings)

    def _role(self, variable: Variable, varying: frozenset[str], replaced: frozenset[str]) -> Role:
        if variable.name in varying:
            return "series"
        if variable.name in replaced or variable.kind == "constant":
            return "constant"
        if variable.kind == "stock" or _remembers(variable):
            return "stock"
        if variable.has_data:
            return "series"
        if variable.kind == "data":
            raise ModelError(
                Finding(
                    "error",
                    f"The data variable {variable.name!r} has no values.",
                    self.system.where(variable.line),
                    (variable.name,),
                    "Give a file of values over time, load_model(..., data=...), or a parameter: a "
                    "Series indexed by year.",
                )
            )
        return "auxiliary"

    def _blocks(self, variable: Variable) -> list[Block]:
        found: list[Block] = []
        for block in blocks(self.system, variable):
            many = any(
                isinstance(node, LookupCall)
                and isinstance(node.table, Reference)
                and any(self.system.range(each) for each in node.table.subscripts)
                and not shares_points(self.system, node.table.name)
                for node in walk(block.definition.expression)
            )
            found += split(self.system, block) if many else [block]
        return found

    # the expression of a block, for what is asked of it

    def term(self, block: Block, part: str) -> Term:
        """Return the resolved expression: "value", "flow" or "start" of a block."""
        found = self._terms.get((block, part))
        if found is None:
            node = _part(block.definition.expression, part)
            found = Resolver(self.system, block).term(node)
            self._terms[block, part] = found
        return found

    def loads(self, block: Block, part: str) -> tuple[Load, ...]:
        """Return what an expression of a block reads, each once."""
        found = self._loads.get((block, part))
        if found is None:
            found = tuple(dict.fromkeys(loads(self.term(block, part))))
            self._loads[block, part] = found
        return found

    def writers(self, load: Load) -> list[Block]:
        """Return the blocks that write what a load reads."""
        found = self._writers.get((load.name, load.index))
        if found is None:
            found = [e for e in self.blocks.get(load.name, ()) if overlaps(load.index, e)]
            self._writers[load.name, load.index] = found
        return found

    def schedule(self) -> Schedule:
        self._check_terms()
        ordered, prepare = self._settled()
        values = [self._statement(block, "value") for block in ordered]
        later = tuple(each for each in values if each.stage != "batch")
        flows = tuple(
            self._statement(block, "flow")
            for name, made in self.blocks.items()
            if self.slots[name].role == "stock"
            for block in made
        )
        pipelines = tuple(map(self._pipeline, filter(_remembers, self.system.variables)))
        return Schedule(self.slots, prepare, later, flows, pipelines)

    def _pipeline(self, variable: Variable) -> Pipeline:
        call = _remembers(variable)
        assert call is not None
        source, time, _ = call.arguments
        shape = self.slots[variable.name].shape
        written: set[int] = set()
        for block in self.blocks[variable.name]:
            for place in product(*map(sorted, block.box)):
                flat = 0
                for size, position in zip(shape, place, strict=True):
                    flat = flat * size + position
                written.add(flat)
        assert isinstance(source, Reference)
        length = time.name if isinstance(time, Reference) else ""
        return Pipeline(variable.name, source.name, length, tuple(sorted(written)))

    def _check_terms(self) -> None:
        """Resolve every expression now, so that all mistakes are reported together."""
        findings: list[Finding] = []
        for name, made in self.blocks.items():
            asked = ("flow", "start") if self.slots[name].role == "stock" else ("value", "start")
            for block in made:
                for part in asked:
                    try:
                        self.term(block, part)
                    except ModelError as error:
                        findings += [each for each in error.findings if each not in findings]
        if findings:
            raise ModelError(*findings)

    def _settled(self) -> tuple[list[Block], tuple[Statement, ...]]:
        """Blocks in order and what is prepared; those that read themselves are cut first."""
        while True:
            what = "value"
            try:
                ordered = self._order_values()
                self.stages = {}
                for block in ordered:
                    self.stages[block] = self._stage(block)
                what = "initial value"
                return ordered, self._prepare(ordered)
            except TangledError as error:
                self._cut(error, what)

    def _cut(self, tangle: TangledError, what: str) -> None:
        """Replace blocks that need each other by one an element: elements may be in order."""
        cut: set[Block] = set()
        for group in tangle.groups:
            whole = {
                block for block in map(_block, group) if block.size > 1 and not _holds_vector(block)
            }
            if not whole:
                cycle = [_block(each) for each in tangle.cycle]
                inside = cycle if _block(group[0]) in cycle else list(map(_block, group))
                raise ModelError(self._cycle_finding(inside, what)) from None
            cut |= whole
        self._writers.clear()
        for name in {each.variable for each in cut}:
            self.blocks[name] = [
                piece
                for block in self.blocks[name]
                for piece in (split(self.system, block) if block in cut else [block])
            ]

    def _order_values(self) -> list[Block]:
        def needs(block: Block) -> list[Block]:
            if _is_call(block, "initial"):
                return []
            return [
                writer
                for load in self.loads(block, "value")
                if self.slots.get(load.name) and self.slots[load.name].role == "auxiliary"
                for writer in self.writers(load)
            ]

        return in_order(
            [
                block
                for name, made in self.blocks.items()
                if self.slots[name].role == "auxiliary"
                for block in made
            ],
            needs,
        )

    def _stage(self, block: Block) -> Stage:
        """The latest stage among what a block reads; INITIAL values are constants of a run."""
        if _is_call(block, "initial"):
            return "batch"
        rank = int(reads_clock(self.term(block, "value")))
        for load in self.loads(block, "value"):
            rank = max(rank, RANK[self.load_stage(load)])
        return STAGES[rank]

    def load_stage(self, load: Load) -> Stage:
        """Return the stage of what a load reads."""
        if load.name == TIME and load.name not in self.slots:
            return "time"
        role = self.slots[load.name].role
        if role == "auxiliary":
            ranks = [RANK[self.stages[each]] for each in self.writers(load)]
            return STAGES[max(ranks, default=0)]
        fixed: dict[Role, Stage] = {"stock": "state", "series": "time", "constant": "batch"}
        return fixed[role]

    def is_batch(self, name: str) -> bool:
        """Say whether every value of an auxiliary is a batch value."""
        return all(self.stages.get(each) == "batch" for each in self.blocks.get(name, ()))

    def _prepare(self, ordered: list[Block]) -> tuple[Statement, ...]:
        """Batch values, and the values at the start that stocks and INITIAL need, in order."""
        stocks = [
            b for n, made in self.blocks.items() if self.slots[n].role == "stock" for b in made
        ]
        batch = [each for each in ordered if self.stages[each] == "batch"]

        def read(load: Load) -> list[Job]:
            phase: Phase = "now" if self.is_batch(load.name) else "start"
            return [(phase, each) for each in self.writers(load)]

        def needs(job: Job) -> list[Job]:
            phase, block = job
            begins = phase == "start" or _is_call(block, "initial")
            part = "start" if begins else "value"
            return [each for load in self.loads(block, part) for each in read(load)]

        wanted: list[Job] = [("now", each) for each in batch]
        wanted += [("start", each) for each in stocks]
        return tuple(
            self._statement(block, "start" if phase == "start" else "value")
            for phase, block in in_order(wanted, needs)
        )

    def _statement(self, block: Block, part: str) -> Statement:
        kind: OneOf["value", "flow", "initial"] = "flow" if part == "flow" else "value"
        if part == "start":
            kind = "initial"
        asked = "start" if _is_call(block, "initial") else part
        slot = self.slots[block.variable]
        return Statement(
            block.variable,
            block.index,
            block.axes,
            self.term(block, asked),
            "state" if part == "flow" else self.stages.get(block, "state"),
            kind,
            _covers(slot, block),
            asked == "start",
            block.definition.text,
            block.definition.line,
        )

    def _cycle_finding(self, cycle: list[Block], what: str) -> Finding:
        names = [_named(each) for each in reversed(cycle)]
        lines = [each.definition.line for each in cycle if each.definition.line]
        return Finding(
            "error",
            f"Simultaneous equations: the {what}s depend on each other, {' -> '.join(names)}.",
            self.system.where(min(lines, default=None)),
            tuple(dict.fromkeys(each.variable for each in cycle)),
            "Break the loop with a stock (INTEG, SMOOTH or DELAY)"
            + (" or an INITIAL value." if what == "value" else "'s own initial value."),
        )


def _part(node: Node, part: str) -> Node:
    """Return what an equation says for its value, its flow, or its value at the start."""
    if isinstance(node, Call) and node.function in INTEGRALS:
        return node.arguments[0] if part == "flow" else node.arguments[1]
    if isinstance(node, Call) and node.function == "delay fixed":  # at rest between steps
        return Number(0.0) if part == "flow" else node.arguments[2]
    if isinstance(node, Call) and node.function == "active initial":
        return node.arguments[1] if part == "start" else node.arguments[0]
    if isinstance(node, Call) and node.function == "initial":
        return node.arguments[0]
    return node


def _remembers(variable: Variable) -> Call | None:
    """Return the call a variable stands for if it is the end of a pipeline (see `expand`)."""
    for each in variable.definitions:
        node = each.expression
        if isinstance(node, Call) and node.function == "delay fixed":
            return node
    return None


def _is_call(block: Block, function: str) -> bool:
    node = block.definition.expression
    return isinstance(node, Call) and node.function == function


def _holds_vector(block: Block) -> bool:
    """Say whether a block needs whole vectors: one element at a time, it could not be computed."""
    return any(
        isinstance(node, Call) and FUNCTIONS[node.function].kind == "vector"
        for node in walk(block.definition.expression)
    )


def _covers(slot: Slot, block: Block) -> bool:
    """Say whether a block writes every element of its variable, in order."""
    return all(
        isinstance(index, Along) and index.positions == tuple(range(size))
        for index, size in zip(block.index, slot.shape, strict=True)
    )


def _named(block: Block) -> str:
    if not block.definition.subscripts:
        return block.variable
    axes = {each.name: each for each in block.axes}
    labels = [
        axes[s].labels[0] if s in axes and axes[s].size == 1 else s
        for s in block.definition.subscripts
    ]
    return f"{block.variable}[{', '.join(labels)}]"
