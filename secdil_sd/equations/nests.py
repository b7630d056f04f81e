"""A schedule as nests of loops: equations stay whole, and those over one set of axes share a loop.

Large worlds have too many pairs to write each out. Here a node stands for all elements along its
axes; a value read as it was written, in the same loop, never goes through memory, and one read
in another order, or summed first, is kept and read in a later loop. What the values of constants
decide is folded away as in ``scalars``, where they are the same for all elements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from secdil_sd.equations.blocks import Along, Axis, Index
from secdil_sd.equations.folding import (
    GIVEN,
    INPUT,
    JOINED,
    LOOKUP,
    NUMBER,
    STATE,
    Folding,
    Node,
    NoScalarForm,
    reached,
)
from secdil_sd.equations.resolve import TIME, Apply, Literal, Load, Read, Reduce, Term
from secdil_sd.equations.scalars import POSITIVE
from secdil_sd.equations.schedule import RANK, Schedule, Stage, Statement
from secdil_sd.equations.spans import ANY, FINITE, MOST, SMALL, Span, either, of_table

VARIABLE = "variable"
"""A node that reads a variable kept in memory: in another order, or written in pieces."""

REDUCTIONS = tuple(JOINED)
"""Nodes that join what another node gives along some of its axes."""

LEAVES = frozenset({NUMBER, STATE, INPUT, VARIABLE})

ORDINARY = "finite"

Uniform = Mapping[str, float | str]
"""Arrays all of whose values are one number, or POSITIVE, or at least finite: ORDINARY."""

Nest = tuple[str, ...]
"""The axes of a loop nest, outermost first."""


@dataclass(frozen=True)
class Store:
    """A value written to an array: the rate of a stock, or a variable that is read from memory.

    ``index`` gives the axis or place for each of its dimensions, of sizes ``shape``.
    """

    node: int
    axes: Nest
    index: tuple[str, ...]
    shape: tuple[int, ...]
    offset: int = -1
    variable: str = ""


@dataclass(frozen=True)
class Nests:
    """The rates of a schedule as loops.

    Parameters
    ----------
    nodes : tuple of Node
    stores : tuple of Store
        Rates (``offset`` in the state vector) and variables kept in memory.
    sizes : mapping of str to int
        Number of elements along each axis.
    literals : mapping of str to tuple
        Arrays of numbers written in equations, by the name of their input.
    levels : mapping of int to int
        The round in which each node that is needed is computed.
    stored : tuple of int
        The round of each store.
    ranks : mapping of Nest to int
        In a round, nests of as many axes run in this order.
    """

    nodes: tuple[Node, ...]
    stores: tuple[Store, ...]
    sizes: Mapping[str, int]
    literals: Mapping[str, tuple[float, ...]]
    levels: Mapping[int, int] = field(default_factory=dict)
    stored: tuple[int, ...] = ()
    ranks: Mapping[Nest, int] = field(default_factory=dict)

    @property
    def rounds(self) -> list[tuple[int, Nest]]:
        """Each round's nests, in the order in which they run."""
        found = {(self.levels[k], self.home(k)) for k in self.levels if self.computed(k)}
        found |= {(at, each.axes) for at, each in zip(self.stored, self.stores, strict=True)}
        return sorted(found, key=lambda each: (each[0], len(each[1]), self.ranks[each[1]]))

    def size(self, axes: Nest) -> int:
        """Number of elements along some axes."""
        return math.prod(self.sizes[each] for each in axes)

    def computed(self, k: int) -> bool:
        """Say whether a node is computed in a loop rather than read."""
        node = self.nodes[k]
        return node.function not in LEAVES and node.stage != "batch"

    def home(self, k: int) -> Nest:
        """The nest in which a node is computed: for a sum, that of what it sums."""
        node = self.nodes[k]
        return self.nodes[node.arguments[0]].axes if node.function in REDUCTIONS else node.axes


def nested_form(schedule: Schedule, uniform: Uniform | None = None) -> Nests:
    """Return the rates of a schedule as nests of loops.

    Parameters
    ----------
    schedule : Schedule
    uniform : mapping, optional
        What is known of constants and batch values; see `Uniform`.

    Raises
    ------
    NoScalarForm
        Saying which construct has no such form.
    """
    if not schedule.flows:
        raise NoScalarForm("There is no stock to integrate.")
    return _Builder(schedule, uniform or {}).form()


class _Builder(Folding):
    """Evaluates terms with nodes that stand for all elements at once."""

    def __init__(self, schedule: Schedule, uniform: Uniform) -> None:
        super().__init__()
        self.schedule, self.uniform = schedule, uniform
        self.sizes: dict[str, int] = {}
        self.axis_names: dict[tuple[str, tuple[str, ...]], str] = {}
        self.order: list[str] = []
        self.written: dict[str, list[Store]] = {}
        self.kept: set[str] = set()
        self.literals: dict[str, tuple[float, ...]] = {}

    def form(self) -> Nests:
        later = {each.target for each in self.schedule.values}
        early = [each for each in self.schedule.prepare if each.kind == "value"]
        for statement in (*(each for each in early if each.target in later), *self.schedule.values):
            store = self.stored(statement)
            self.written.setdefault(statement.target, []).append(store)
        rates = []
        for statement in self.schedule.flows:
            offset = self.schedule.slots[statement.target].offset
            rates.append(self.stored(statement, offset))
        kept = (each for name in self.written if name in self.kept for each in self.written[name])
        return _pruned(self.nodes, [*kept, *rates], self.sizes, self.literals)

    def stored(self, statement: Statement, offset: int = -1) -> Store:
        self.order = []
        axes = tuple(self.axis(each) for each in statement.axes)
        shape = self.schedule.slots[statement.target].shape
        places = {axis.name: name for axis, name in zip(statement.axes, axes, strict=True)}
        index = tuple(self.place(each, places) for each in statement.index)
        if statement.kind == "value" and statement.stage == "batch":
            # known before, of a variable whose other elements are not: copied to stand beside them
            node = self._read(Node(INPUT, name=statement.target), axes, index, ANY)
        else:
            node = self.as_number(self.term(statement.term))
        name = statement.target if offset < 0 else ""
        return Store(node, axes, index, shape, offset, name)

    def axis(self, axis: Axis) -> str:
        """One name for an axis, whatever statement or sum it stands in."""
        base = axis.name.partition("!")[0]
        names = [each for (own, labels), each in self.axis_names.items() if own == base]
        key = (base, axis.labels)
        if key not in self.axis_names:
            self.axis_names[key] = base if not names else f"{base}.{len(names) + 1}"
            self.sizes[self.axis_names[key]] = axis.size
        name = self.axis_names[key]
        if name in self.order:  # a sum over the very axis the equation runs along
            name = f"{name}!"
            self.sizes[name] = axis.size
        self.order.append(name)
        return name

    def axes(self, arguments: tuple[int, ...]) -> tuple[str, ...]:
        used = {axis for each in arguments for axis in self.nodes[each].axes}
        return tuple(each for each in self.order if each in used)

    def term(self, term: Term, over: Mapping[str, str] | None = None) -> int:
        """The node of a term; ``over`` names the axes of the sums around it."""
        match term:
            case Literal(values, axes):
                return self.literal(values, axes, over or {})
            case Load():
                return self.load(term, over or {})
            case Read(table, argument, _, along):
                inner = self.as_number(self.term(argument, over))
                node, span = self.nodes[inner], of_table(table, self.spans[inner])
                own = tuple(self._named(each.name, over or {}) for each in along)
                both = tuple(each for each in self.order if each in {*node.axes, *own})
                made = Node(LOOKUP, (inner,), node.stage, table=table, axes=both, index=own)
                return self.add(made, span)
            case Reduce(function, axes, body, _):
                names = {each.name: self.axis(each) for each in axes}
                inner = self.as_number(self.term(body, {**(over or {}), **names}))
                self.order = [each for each in self.order if each not in names.values()]
                return self.reduced(function, inner, tuple(names.values()))
            case Apply(function, arguments, _, _):
                return self.apply(function, tuple(self.term(each, over) for each in arguments))
        name = getattr(term, "function", type(term).__name__).upper()
        raise NoScalarForm(f"{name} has no form for single numbers.")

    def literal(
        self, values: tuple[float, ...], axes: tuple[Axis, ...], over: Mapping[str, str]
    ) -> int:
        if len(set(values)) == 1:
            return self.number(values[0])
        name = f"numbers {len(self.literals) + 1}"
        self.literals[name] = values
        own = tuple(self._named(each.name, over) for each in axes)
        return self.add(Node(INPUT, name=name, axes=own, index=own), FINITE)

    def reduced(self, function: str, body: int, over: Nest) -> int:
        node = self.nodes[body]
        absent = math.prod(self.sizes[each] for each in over if each not in node.axes)
        if absent > 1 and function in ("sum", "prod"):
            many = self.number(float(absent))
            body = self.apply("*" if function == "sum" else "^", (body, many))
            node = self.nodes[body]
        if not set(over) & set(node.axes):
            return body
        left = tuple(each for each in node.axes if each not in over)
        span = self.spans[body] if function in ("vmin", "vmax") else ANY
        if self.spans[body].finite:
            span = FINITE
        return self.add(Node(function, (body,), node.stage, axes=left), span)

    def load(self, load: Load, over: Mapping[str, str]) -> int:
        slots = self.schedule.slots
        if load.name == TIME and load.name not in slots:
            return self.add(Node(INPUT, stage="time", name=TIME), FINITE)
        slot = slots[load.name]
        names = {each.name: self._named(each.name, over) for each in load.axes}
        index = tuple(self.place(each, names) for each in load.index)
        used = set(names.values())
        axes = tuple(each for each in self.order if each in used)
        if slot.role == "stock":
            made = Node(STATE, stage="state", place=slot.offset, name=load.name)
            return self._read(made, axes, index, FINITE)
        if slot.role == "series":
            return self._read(Node(INPUT, stage="time", name=load.name), axes, index, FINITE)
        stores = self.written.get(load.name, [])
        if all(self._is_copy(each) for each in stores):  # known before
            known = self.uniform.get(load.name)
            if isinstance(known, float):
                return self.number(known, GIVEN)
            span = FINITE if slot.role == "constant" or known == ORDINARY else ANY
            span = Span(SMALL, MOST) if known == POSITIVE else span
            return self._read(Node(INPUT, name=load.name), axes, index, span)
        own = self.nodes[stores[0].node].axes
        as_written = len(stores) == 1 and stores[0].index == index
        if as_written and own == tuple(each for each in axes if each in own):
            return stores[0].node
        self.kept.add(load.name)
        writers = tuple(dict.fromkeys(each.node for each in stores))
        # a loop writes it, however early it is known
        stages: list[Stage] = ["time", *(self.nodes[each].stage for each in writers)]
        stage = max(stages, key=lambda each: RANK[each])
        span = self.spans[writers[0]]
        for each in writers[1:]:
            span = either(span, self.spans[each])
        return self._read(Node(VARIABLE, writers, stage, name=load.name), axes, index, span)

    def _is_copy(self, store: Store) -> bool:
        """Whether it holds what was known before."""
        node = self.nodes[store.node]
        return node.function == INPUT and node.name == store.variable

    def _read(self, node: Node, axes: Nest, index: tuple[str, ...], span: Span) -> int:
        found = Node(
            node.function,
            node.arguments,
            node.stage,
            name=node.name,
            place=node.place,
            axes=axes,
            index=index,
        )
        return self.add(found, span)

    def _named(self, axis: str, over: Mapping[str, str]) -> str:
        if axis in over:
            return over[axis]
        base = axis.partition("!")[0]
        return next(each for each in self.order if each.partition(".")[0] == base)

    def place(self, index: Index, names: Mapping[str, str]) -> str:
        """An index as text: a place, or an axis with where it begins, as ``state+2``."""
        if not isinstance(index, Along):
            return str(index)
        first = index.positions[0]
        if index.positions != tuple(range(first, first + len(index.positions))):
            raise NoScalarForm("Elements are taken in an order of their own.")
        return names[index.axis] + (f"+{first}" if first else "")


def _pruned(
    nodes: Sequence[Node],
    stores: Sequence[Store],
    sizes: Mapping[str, int],
    literals: Mapping[str, tuple[float, ...]],
) -> Nests:
    """Keep the stores that rates need, and say at which level each node can be computed."""
    wanted: set[int] = set()
    kept: list[Store] = []
    left = list(stores)
    while True:
        read = {nodes[k].name for k in wanted if nodes[k].function == VARIABLE}
        new = [each for each in left if each.offset >= 0 or each.variable in read]
        if not new:
            break
        left = [each for each in left if each not in new]
        kept += new
        wanted.update(reached(nodes, [each.node for each in new]))
    found = Nests(tuple(nodes), tuple(kept), sizes, literals, dict.fromkeys(wanted, 0))
    order = _Levels(found)
    rounds = {**found.levels, **order.levels}
    stored = tuple(order.written(each) for each in kept)
    return replace(found, levels=rounds, stored=stored, ranks=order.ranks)


class _Levels:
    """In which round each node can be computed; a round runs its nests from small to large."""

    def __init__(self, form: Nests) -> None:
        self.form = form
        self.levels: dict[int, int] = {}
        self.ranks: dict[Nest, int] = {}
        for k in sorted(form.levels):
            if form.computed(k):
                home = form.home(k)
                self.key(home)
                rounds = (self.ready(each, home) for each in form.nodes[k].arguments)
                self.levels[k] = max(rounds, default=0)

    def key(self, nest: Nest) -> tuple[int, int]:
        return len(nest), self.ranks.setdefault(nest, len(self.ranks))

    def ready(self, k: int, nest: Nest) -> int:
        """The first round in which a nest can read a node."""
        form, node = self.form, self.form.nodes[k]
        if node.function == VARIABLE:  # what writes it, so far as it was written when it was read
            stores = (
                each
                for each in form.stores
                if each.variable == node.name and each.node in node.arguments
            )
            return max(self.written(each) + self._after(each.axes, nest) for each in stores)
        if not form.computed(k):
            return 0
        home = form.home(k)
        if home == nest and node.function not in REDUCTIONS:
            return self.levels[k]
        return self.levels[k] + self._after(home, nest)

    def written(self, store: Store) -> int:
        """The round in which a store happens."""
        self.key(store.axes)
        return self.ready(store.node, store.axes)

    def _after(self, home: Nest, nest: Nest) -> int:
        return int(self.key(home) >= self.key(nest))
