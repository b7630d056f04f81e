"""What a parsed model must satisfy before anyone computes with it: every name resolves."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.equations.expression import Array, Call, LookupCall, Node, Reference, Table, walk
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.resolve import TIME
from secdil_sd.equations.system import Definition, System, Variable, is_constant
from secdil_sd.errors import Finding, SecdilError
from secdil_sd.names import spelling, suggestion

_TIMES = frozenset({spelling(TIME)})


def verify(system: System) -> list[Finding]:
    """Return an error for everything that does not resolve, in file order.

    Names that are no variable, range or element; functions nobody knows, or with the wrong
    number of arguments; subscripts that are not; elements defined twice.
    """
    names = [each.name for each in system.variables]
    found: list[Finding] = []
    for variable in system.variables:
        for definition in variable.definitions:
            found += _subscripts(system, variable, definition, definition.subscripts)
            found += _array(system, variable, definition)
            for node in walk(definition.expression):
                found += _node(system, variable, definition, node, names)
        found += _twice(system, variable)
        found += _mixed(system, variable)
    return list(dict.fromkeys(found))


def _error(
    system: System, variable: Variable, definition: Definition, message: str, name: str, hint: str
) -> Finding:
    text = f"{message} in the equation of {variable.name!r}."
    return Finding("error", text, system.where(definition.line), (variable.name, name), hint)


def _node(
    system: System, variable: Variable, definition: Definition, node: Node, names: list[str]
) -> Iterator[Finding]:
    if isinstance(node, Reference):
        if not _known(system, node.name):
            hint = suggestion(node.name, names)
            yield _error(
                system, variable, definition, f"No variable {node.name!r}", node.name, hint
            )
        yield from _subscripts(system, variable, definition, node.subscripts)
    elif isinstance(node, Call):
        yield from _call(system, variable, definition, node)
    elif isinstance(node, LookupCall) and isinstance(node.table, Reference):
        yield from _subscripts(system, variable, definition, node.table.subscripts)


def _known(system: System, name: str) -> bool:
    return (
        name in system
        or spelling(name) in _TIMES
        or system.range(name) is not None
        or bool(system.ranges_with(name))
    )


def _call(
    system: System, variable: Variable, definition: Definition, node: Call
) -> Iterator[Finding]:
    row = FUNCTIONS.get(node.function)
    shown = node.function.upper()
    if row is None:
        if node.function in system:
            message = f"{node.function!r} is not a function but is called like one"
            yield _error(system, variable, definition, message, node.function, "Add an operator.")
            return
        known = [each for each, one in FUNCTIONS.items() if one.kind != "operator"]
        hint = (
            suggestion(node.function, known).upper() if False else suggestion(node.function, known)
        )
        yield _error(system, variable, definition, f"No function {shown}", node.function, hint)
    elif row.kind == "discrete":
        hint = "Replace it, or give the variable's values as a parameter."
        yield _error(system, variable, definition, f"{shown} is not supported", node.function, hint)
    elif not row.least <= len(node.arguments) <= row.most:
        wanted = str(row.least) if row.least == row.most else f"{row.least} to {row.most}"
        message = f"{shown} has {len(node.arguments)} arguments but takes {wanted}"
        yield _error(system, variable, definition, message, node.function, "")


def _subscripts(
    system: System, variable: Variable, definition: Definition, subscripts: tuple[str, ...]
) -> Iterator[Finding]:
    for each in subscripts:
        if system.range(each) is None and not system.ranges_with(each):
            known = [one.name for one in system.ranges]
            known += [element for one in system.ranges for element in one.elements]
            hint = suggestion(each.rstrip("!"), dict.fromkeys(known))
            yield _error(system, variable, definition, f"No subscript {each!r}", each, hint)


def _array(system: System, variable: Variable, definition: Definition) -> Iterator[Finding]:
    """An array of numbers that is not one for each element."""
    node = definition.expression
    if not isinstance(node, Array):
        return
    ranges = [each for each in map(system.range, definition.subscripts) if each]
    sizes = [len(each.elements) for each in ranges]
    if len(node.values) != prod(sizes):  # a table on one line is read row by row
        shown = " x ".join(map(str, node.shape))
        wanted = " x ".join(map(str, sizes)) or "1"
        message = f"{shown} numbers are given for {wanted} elements of {variable.name!r}."
        where = system.where(definition.line)
        hint = "Give one number for each element, rows apart by semicolons."
        yield Finding("error", message, where, (variable.name,), hint)


def _twice(system: System, variable: Variable) -> Iterator[Finding]:
    """Elements that two equations of a variable define."""
    if len(variable.definitions) < 2:
        return
    seen: dict[tuple[int, ...], Definition] = {}
    try:
        dims = dimensions(system, variable.name)
        for definition in variable.definitions:
            if definition.excepted:
                continue
            for place in _elements(system, dims, definition):
                other = seen.setdefault(place, definition)
                if other is not definition:
                    lines = f"lines {other.line} and {definition.line}"
                    message = f"{variable.name!r} is defined twice ({lines})."
                    where = system.where(definition.line)
                    yield Finding("error", message, where, (variable.name,), "Keep one equation.")
                    return
    except SecdilError as error:
        yield from error.findings


def _mixed(system: System, variable: Variable) -> Iterator[Finding]:
    """Equations among the data of a variable: its elements are data or numbers."""
    for definition in variable.definitions if variable.is_data else ():
        if not (isinstance(definition.expression, Table) or is_constant(definition.expression)):
            message = f"{variable.name!r} mixes data with an equation."
            where = system.where(definition.line)
            remedy = "Read the data into a variable of their own, and use that here."
            yield Finding("error", message, where, (variable.name,), remedy)


def _elements(
    system: System, dims: tuple[str, ...], definition: Definition
) -> Iterator[tuple[int, ...]]:
    from itertools import product

    places = (positions(system, d, s) for d, s in zip(dims, definition.subscripts, strict=True))
    yield from product(*places)
