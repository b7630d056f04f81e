"""Equations with every name resolved: what is read, along which axes, from which positions.

A block is one equation over a box of elements. Its expression is made of the nodes below, each
knowing the axes it varies along, in the order of the block's axes: a printer needs no names of
ranges, no alignment rules and no dialects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, product

from secdil_sd.equations.blocks import Along, Axis, Block, Index, labels_of
from secdil_sd.equations.dimensions import dimensions, element_number, positions
from secdil_sd.equations.expression import (
    Array,
    Call,
    LookupCall,
    Node,
    Number,
    Reference,
    Table,
)
from secdil_sd.equations.functions import COMPARISONS, FUNCTIONS
from secdil_sd.equations.system import Definition, Range, System
from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import spelling

TIME = "Time"
_LOGICAL = COMPARISONS | {"or", "and", "not"}


@dataclass(frozen=True, slots=True)
class Literal:
    """Numbers written in the equation, one for each step of each axis."""

    values: tuple[float, ...]
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """A variable read at an index per dimension."""

    name: str
    index: tuple[Index, ...]
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or function applied elementwise; ``logical`` if it gives true or false."""

    function: str
    arguments: tuple[Term, ...]
    axes: tuple[Axis, ...]
    logical: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """A sum, product, minimum or maximum of ``body`` over axes of its own."""

    function: str
    over: tuple[Axis, ...]
    body: Term
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A lookup table read at ``argument``; ``along`` are the axes whose steps have their own.

    ``table`` then holds the points of each step in turn, all at the same x.
    """

    table: Table
    argument: Term
    axes: tuple[Axis, ...]
    along: tuple[Axis, ...] = ()


@dataclass(frozen=True, slots=True)
class Vector:
    """A function of whole vectors, which lie along the axes ``over``.

    Its arguments vary along ``inner``, in that order; its values along ``axes``, which are
    those of ``inner`` that the function does not take in.
    """

    function: str
    over: tuple[Axis, ...]
    arguments: tuple[Term, ...]
    inner: tuple[Axis, ...]
    axes: tuple[Axis, ...]


Term = Literal | Load | Apply | Reduce | Read | Vector


def terms(term: Term) -> Iterator[Term]:
    """Yield ``term`` and everything below it."""
    yield term
    for each in parts(term):
        yield from terms(each)


def parts(term: Term) -> tuple[Term, ...]:
    """Return the terms directly below ``term``."""
    if isinstance(term, Apply | Vector):
        return term.arguments
    if isinstance(term, Reduce):
        return (term.body,)
    if isinstance(term, Read):
        return (term.argument,)
    return ()


def loads(term: Term) -> Iterator[Load]:
    """Yield every variable read in a term."""
    return (each for each in terms(term) if isinstance(each, Load))


def reads_clock(term: Term) -> bool:
    """Say whether a term holds a function of time such as STEP."""
    return any(
        isinstance(each, Apply) and FUNCTIONS[each.function].kind == "time" for each in terms(term)
    )


class Resolver:
    """Turns the expressions of one block into terms; collects what does not fit."""

    def __init__(self, system: System, block: Block) -> None:
        self.system = system
        self.block = block
        self.place = system.where(block.definition.line)
        self._numbers = count(1)

    def term(self, node: Node) -> Term:
        """Return the term for an expression of this block."""
        return self.inside(node, {}, None)

    def error(self, message: str, remedy: str = "") -> ModelError:
        text = f"{message[:-1]} in the equation of {self.block.variable!r}."
        return ModelError(Finding("error", text, self.place, (self.block.variable,), remedy))

    def ordered(self, used: set[Axis], reduced: dict[str, Axis]) -> tuple[Axis, ...]:
        order = [*self.block.axes, *reduced.values()]
        return tuple(axis for axis in order if axis in used)

    def inside(self, node: Node, reduced: dict[str, Axis], collect: dict[str, Axis] | None) -> Term:
        match node:
            case Number(value):
                return Literal((value,))
            case Array():
                return self._array(node)
            case Reference():
                return self._reference(node, reduced, collect)
            case LookupCall(table, argument, manner):
                inner = self.inside(argument, reduced, collect)
                return self._lookup(table, manner, inner, reduced, collect)
            case Call(function, arguments):
                if FUNCTIONS[function].kind == "reduction":
                    return self._reduction(function, arguments[0], reduced)
                if FUNCTIONS[function].kind == "vector":  # a room of its own, built on this one
                    from secdil_sd.equations.vectors import resolve_vector

                    return resolve_vector(self, node, reduced, collect)
                if function == "elmcount":
                    return self._count(arguments[0])
                inner_terms = tuple(self.inside(each, reduced, collect) for each in arguments)
                used = {axis for each in inner_terms for axis in each.axes}
                known = {**reduced, **(collect or {})}
                axes = self.ordered(used, known)
                return Apply(function, inner_terms, axes, function in _LOGICAL)
        raise self.error(f"{type(node).__name__} cannot stand here.")

    def _reduction(self, function: str, body: Node, reduced: dict[str, Axis]) -> Term:
        collect: dict[str, Axis] = {}
        inner = self.inside(body, reduced, collect)
        over = tuple(collect.values())
        if not over:
            raise self.error(
                f"{function.upper()} has no subscript marked with '!'.",
                "Mark the subscript to reduce over, as in SUM(x[state!]).",
            )
        axes = tuple(axis for axis in inner.axes if axis not in over)
        return Reduce(function, over, inner, axes)

    def _count(self, node: Node) -> Term:
        found = self.system.range(node.name) if isinstance(node, Reference) else None
        if found is None:
            raise self.error("ELMCOUNT needs a subscript range.")
        return Literal((float(len(found.elements)),))

    def _array(self, node: Array) -> Term:
        sizes = tuple(each.size for each in self.block.axes)
        if tuple(size for size in node.shape if size > 1) != tuple(s for s in sizes if s > 1):
            raise self.error(
                f"An array of shape {node.shape} does not fit subscripts of sizes {sizes}.",
                "Give one number for each element.",
            )
        return Literal(node.values, self.block.axes)

    def _lookup(
        self,
        table: Table | Reference,
        manner: str,
        argument: Term,
        reduced: dict[str, Axis],
        collect: dict[str, Axis] | None,
    ) -> Read:
        if isinstance(table, Table):
            return Read(self._read_as(table, manner), argument, argument.axes)
        subscripts = self._written(table, collect is not None)
        moving: dict[int, tuple[Axis, tuple[str, ...]]] = {
            place: self.axis(subscript, reduced, collect)
            for place, subscript in enumerate(subscripts)
            if self.system.range(subscript)
        }
        along = {axis for axis, _ in moving.values()}
        axes = self.ordered({*argument.axes, *along}, {**reduced, **(collect or {})})
        own = tuple(each for each in axes if each in along)
        tables = []
        for steps in product(*(range(each.size) for each in own)):
            at = dict(zip(own, steps, strict=True))
            labels = list(subscripts)
            for place, (axis, names) in moving.items():
                labels[place] = names[at[axis]]
            tables.append(self._read_as(self._element(table, tuple(labels)), manner))
        return Read(_stacked(tables), argument, axes, own)

    def _element(self, reference: Reference, labels: tuple[str, ...]) -> Table:
        """The table of one element of a lookup variable."""
        for definition in self.system[reference.name].definitions:
            covered = all(
                spelling(own) in {spelling(each) for each in labels_of(self.system, subscript)}
                for own, subscript in zip(labels, definition.subscripts, strict=True)
            )
            if covered and isinstance(definition.expression, Table):
                return definition.expression.element(self._number_in(definition, labels))
        shown = f"[{', '.join(labels)}]"
        raise self.error(f"The lookup {reference.name!r} has no table for {shown}.")

    def _read_as(self, table: Table, manner: str) -> Table:
        """The table that gives what a lookup read in some manner gives."""
        if manner != "invert":
            own = {"forward": "forward", "backward": "discrete", "extrapolate": "extrapolate"}
            return replace(table, beyond=own[manner]) if manner else table
        points = sorted(zip(table.y, table.x, strict=True))
        x, y = (tuple(each) for each in zip(*points, strict=True))
        if y not in (table.x, table.x[::-1]) or len(set(x)) < len(x):
            raise self.error(
                "LOOKUP INVERT needs a lookup that rises or falls throughout.",
                "Remove what makes two x share a y.",
            )
        return Table(x, y)

    def _number_in(self, definition: Definition, labels: tuple[str, ...]) -> int:
        """The place of an element in an equation's box, row by row."""
        number = 0
        for subscript, label in zip(definition.subscripts, labels, strict=True):
            own = [spelling(each) for each in labels_of(self.system, subscript)]
            number = number * len(own) + own.index(spelling(label))
        return number

    def _reference(
        self, node: Reference, reduced: dict[str, Axis], collect: dict[str, Axis] | None
    ) -> Term:
        if spelling(node.name) == spelling(TIME) and node.name not in self.system:
            return Load(TIME, (), ())
        if node.name not in self.system:
            return self._position(node.name, reduced)
        variable = self.system[node.name]
        if variable.kind == "lookup":
            raise self.error(
                f"The lookup {node.name!r} is used as a number.", f"Write {node.name}(argument)."
            )
        dims = dimensions(self.system, variable.name)
        subscripts = self._written(node, collect is not None)
        index: list[Index] = []
        used: set[Axis] = set()
        for dimension, subscript in zip(dims, subscripts, strict=True):
            if not self.system.range(subscript):
                index.append(positions(self.system, dimension, subscript)[0])
                continue
            axis, labels = self.axis(subscript, reduced, collect)
            places = tuple(positions(self.system, dimension, each)[0] for each in labels)
            index.append(Along(axis.name, places))
            used.add(axis)
        return Load(variable.name, tuple(index), self.ordered(used, {**reduced, **(collect or {})}))

    def _written(self, node: Reference, reducing: bool) -> tuple[str, ...]:
        """The subscripts of a reference; a whole array may be named without, as in XMILE."""
        dims = dimensions(self.system, node.name)
        implied = tuple(f"{each}!" for each in dims) if reducing else dims
        subscripts = node.subscripts or implied
        if len(subscripts) != len(dims):
            raise self.error(
                f"{node.name!r} has {len(dims)} subscripts but {len(subscripts)} are written.",
                f"Its dimensions are {', '.join(dims) or 'none'}.",
            )
        return subscripts

    def _position(self, name: str, reduced: dict[str, Axis]) -> Term:
        """A subscript used as a number: the place of the element, counted from one."""
        if self.system.range(name) is None:
            return Literal((float(element_number(self.system, name)),))
        axis, labels = self.axis(name, reduced, None)
        return Literal(tuple(float(element_number(self.system, each)) for each in labels), (axis,))

    def axis(
        self, subscript: str, reduced: dict[str, Axis], collect: dict[str, Axis] | None
    ) -> tuple[Axis, tuple[str, ...]]:
        """Return the axis a range moves along, and the labels of that range at its steps."""
        own = self.system.range(subscript)
        assert own is not None
        if subscript.endswith("!"):
            if collect is None:
                raise self.error(
                    f"{subscript!r} is marked for a sum but stands outside one.",
                    "Put it inside SUM, PROD, VMIN or VMAX, or drop the '!'.",
                )
            known = {**reduced, **collect}
            if subscript not in known:
                collect[subscript] = Axis(f"{subscript}{next(self._numbers)}", own.elements)
                known = collect
            return known[subscript], own.elements
        for axis in self.block.axes:
            if spelling(axis.name) == spelling(subscript):
                return axis, axis.labels
        for axis in self.block.axes:
            labels = self._mapped(axis, subscript)
            if labels:
                return axis, labels
        if collect is not None and self.system.dialect == "xmile":  # which has no mark for it
            return self.axis(f"{subscript}!", reduced, collect)
        raise self.error(
            f"The subscript {subscript!r} is not on the left-hand side.",
            f"Sum over it as {subscript}!, or name an element.",
        )

    def _mapped(self, axis: Axis, subscript: str) -> tuple[str, ...]:
        """Labels of a range mapped to the axis's range, step by step, or nothing."""
        left, right = self.system.range(axis.name), self.system.range(subscript)
        if left is None or right is None:
            return ()
        found = self._images(left, right) or self._origins(left, right)
        places = [spelling(each) for each in left.elements]
        return tuple(found[places.index(spelling(label))] for label in axis.labels) if found else ()

    def _images(self, left: Range, right: Range) -> tuple[str, ...]:
        """What the elements of ``left`` stand for on ``right``, if ``left`` says so."""
        images = left.images_on(right.name)
        if images is None or len(images or right.elements) != len(left.elements):
            return ()
        many = next((each for each in images if self.system.range(each)), None)
        if many:
            raise self.error(
                f"{left.name!r} maps one of its elements to the range {many!r}, of which "
                f"{right.name!r} would have to take one.",
                f"Sum over it as {right.name}!, or name an element.",
            )
        return images or right.elements

    def _origins(self, left: Range, right: Range) -> tuple[str, ...]:
        """Which elements of ``right`` stand for those of ``left``, if ``right`` says so."""
        images = right.images_on(left.name)
        if images is None or len(images or left.elements) != len(right.elements):
            return ()
        origin = {
            spelling(label): own
            for own, image in zip(right.elements, images or left.elements, strict=True)
            for label in labels_of(self.system, image)
        }
        if not all(spelling(each) in origin for each in left.elements):
            return ()
        return tuple(origin[spelling(each)] for each in left.elements)


def _stacked(tables: Sequence[Table]) -> Table:
    """Tables as one, each at the points of all."""
    x = tables[0].x
    if any(each.x != x for each in tables):
        x = tuple(sorted({at for each in tables for at in each.x}))
        tables = [replace(each, x=x, y=tuple(map(each.at, x))) for each in tables]
    return Table(x, tuple(value for each in tables for value in each.y), tables[0].beyond)


def shares_points(system: System, name: str) -> bool:
    """Say whether the tables of a lookup variable all have the same points and ends."""
    found = [each.expression for each in system[name].definitions]
    return len({(each.x, each.beyond) for each in found if isinstance(each, Table)}) == 1
