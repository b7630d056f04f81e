"""A model as its author wrote it: subscript ranges and variables with their equations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from secdil_sd.equations.expression import Array, Call, Node, Number, Table
from secdil_sd.equations.reality import RealityLine
from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import Names, spelling

TIME_NAMES = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
INTEGRALS = ("integ", "non negative integ")
DISCRETE = ("delay fixed", "sample if true")
"""Functions that remember earlier steps, so that only fixed steps can compute them."""


@dataclass(frozen=True)
class Range:
    """A subscript range: its name, its elements in order, and the ranges it maps to.

    ``images`` has, for each range mapped to, what each own element stands for there: an element
    or a subrange. It is empty where elements correspond in order.
    """

    name: str
    elements: tuple[str, ...]
    mappings: tuple[str, ...] = ()
    images: tuple[tuple[str, ...], ...] = ()

    def images_on(self, name: str) -> tuple[str, ...] | None:
        """Return what each element stands for on another range; None if it maps to no such."""
        for place, each in enumerate(self.mappings):
            if spelling(each) == spelling(name):
                return self.images[place] if place < len(self.images) else ()
        return None


@dataclass(frozen=True)
class Definition:
    """One equation of a variable, for all elements its subscripts name.

    Parameters
    ----------
    subscripts : tuple of str
        Left-hand side: a range or an element for each dimension.
    expression : Node
    excepted : tuple of tuple of str
        What ``:EXCEPT:`` leaves out, each a full set of subscripts.
    line : int or None
        Line of the file on which the equation starts.
    text : str
        The equation as written.
    """

    subscripts: tuple[str, ...]
    expression: Node
    excepted: tuple[tuple[str, ...], ...] = ()
    line: int | None = None
    text: str = ""


Kind = Literal["stock", "auxiliary", "constant", "lookup", "data"]


@dataclass(frozen=True)
class Variable:
    """One variable of the file with all its definitions.

    ``low`` and ``high`` are the file's range (None where it gives none). ``data_keyword``
    is Vensim's interpolation keyword for data variables.
    """

    name: str
    definitions: tuple[Definition, ...]
    units: str = ""
    low: float | None = None
    high: float | None = None
    documentation: str = ""
    is_data: bool = False
    data_keyword: str = ""

    @property
    def line(self) -> int | None:
        """Line of the file where the variable is first defined."""
        return self.definitions[0].line if self.definitions else None

    @property
    def has_data(self) -> bool:
        """Whether this is a data variable whose values are known."""
        tables = (each.expression for each in self.definitions)
        return self.is_data and any(isinstance(each, Table) and each.x for each in tables)

    @cached_property
    def kind(self) -> Kind:
        """What the variable is; "flow" is a role the system gives (see `System.flows`)."""
        if self.is_data:
            return "data"
        nodes = [each.expression for each in self.definitions]
        if any(isinstance(node, Call) and node.function in INTEGRALS for node in nodes):
            return "stock"
        if any(isinstance(node, Table) for node in nodes):
            return "lookup"
        if all(is_constant(node) for node in nodes):
            return "constant"
        return "auxiliary"


def is_constant(node: Node) -> bool:
    """Say whether an expression is a plain number, signed number or array of numbers."""
    if isinstance(node, Call) and node.function == "negative":
        return is_constant(node.arguments[0])
    return isinstance(node, Number | Array)


@dataclass(frozen=True)
class System:
    """A whole model as data: ranges and variables, in file order.

    Parameters
    ----------
    name : str
        The file's stem.
    ranges : tuple of Range
    variables : tuple of Variable
        Includes INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER where the file has them.
    dialect : {"vensim", "xmile"}
    place : str
        The file name, for messages.
    notes : tuple of Finding
    reality : tuple of RealityLine
        What the file says about the model beside its equations (Vensim's Reality Check).
    synonyms : tuple of tuple of str
        Words the file lists as one unit.

    Examples
    --------
    >>> stock = Definition((), Call("integ", (Number(1.0), Number(0.0))))
    >>> system = System("tank", (), (Variable("water", (stock,)),))
    >>> system["Water"].kind
    'stock'
    """

    name: str
    ranges: tuple[Range, ...]
    variables: tuple[Variable, ...]
    dialect: Literal["vensim", "xmile"] = "vensim"
    place: str = ""
    notes: tuple[Finding, ...] = field(default=(), compare=False)
    reality: tuple[RealityLine, ...] = field(default=(), compare=False)
    synonyms: tuple[tuple[str, ...], ...] = field(default=(), compare=False)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Hashed once and by names alone: systems are looked up at every turn."""
        return hash((self.name, self.ranges, tuple(each.name for each in self.variables)))

    @cached_property
    def names(self) -> Names:
        """The variables' names, found whatever the spelling."""
        return Names((each.name for each in self.variables), "variable")

    @cached_property
    def _by_name(self) -> dict[str, Variable]:
        return {each.name: each for each in self.variables}

    @cached_property
    def _ranges(self) -> dict[str, Range]:
        return {spelling(each.name): each for each in self.ranges}

    @cached_property
    def _elements(self) -> dict[str, list[Range]]:
        found: dict[str, list[Range]] = {}
        for each in self.ranges:
            for element in each.elements:
                found.setdefault(spelling(element), []).append(each)
        return found

    def __getitem__(self, name: str) -> Variable:
        return self._by_name[self.names[name]]

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def get(self, name: str) -> Variable | None:
        """Return the variable of that name, or None."""
        return self[name] if name in self.names else None

    def range(self, name: str) -> Range | None:
        """Return the subscript range of that name, or None."""
        return self._ranges.get(spelling(name.rstrip("!")))

    def ranges_with(self, element: str) -> list[Range]:
        """Return the ranges that contain an element of that name."""
        return self._elements.get(spelling(element), [])

    def siblings(self, name: str) -> tuple[Range, ...]:
        """Return the ranges with the same elements as range ``name``, itself included."""
        own = self.range(name)
        if own is None:
            ranges = [each.name for each in self.ranges]
            raise ModelError(Names(ranges, "subscript range").unknown(name, self.place))
        return tuple(each for each in self.ranges if each.elements == own.elements)

    def where(self, line: int | None) -> str:
        """Return "file, line n" for messages."""
        return f"{self.place or self.name}, line {line}" if line else self.place or self.name

    def replace(self, **changes: object) -> System:
        """Return the system with some fields replaced."""
        return replace(self, **changes)  # type: ignore[arg-type]
