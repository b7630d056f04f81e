"""A model's variables and schedule as tables people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from secdil_sd.equations.dimensions import dimensions
from secdil_sd.equations.expression import Array, Call, Node, Number, Reference
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import INTEGRALS, System, Variable
from secdil_sd.names import key

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "key",
    "name",
    "kind",
    "dimensions",
    "units",
    "low",
    "high",
    "equation",
    "documentation",
)


def flows(system: System) -> frozenset[str]:
    """Return the auxiliaries that fill or drain a stock: the terms of its INTEG's sum.

    Examples
    --------
    >>> from secdil_sd.equations.system import Definition, System, Variable
    >>> from secdil_sd.equations.expression import Call, Number, Reference
    >>> inflow = Variable("inflow", (Definition((), Call("+", (Reference("a"), Number(1.0)))),))
    >>> level = Call("integ", (Reference("inflow"), Number(0.0)))
    >>> tank = Variable("tank", (Definition((), level),))
    >>> sorted(flows(System("m", (), (inflow, tank))))
    ['inflow']
    """
    found: set[str] = set()
    for variable in system.variables:
        for definition in variable.definitions:
            node = definition.expression
            if isinstance(node, Call) and node.function in INTEGRALS:
                found |= {name for name in _summed(node.arguments[0]) if name in system}
    names = {system.names[each] for each in found}
    return frozenset(each for each in names if system[each].kind == "auxiliary")


def kinds(system: System) -> dict[str, str]:
    """Return the kind of each variable, in file order; what fills or drains a stock is a flow."""
    moving = flows(system)
    return {e.name: "flow" if e.name in moving else e.kind for e in system.variables}


def _summed(node: Node) -> set[str]:
    if isinstance(node, Reference):
        return {node.name}
    if isinstance(node, Call) and node.function in ("+", "-", "negative"):
        return {name for each in node.arguments for name in _summed(each)}
    return set()


def variables_table(system: System) -> pd.DataFrame:
    """Return one row a variable, in file order."""
    import pandas as pd

    kind_of = kinds(system)
    rows = [_row(system, each, kind_of[each.name]) for each in system.variables]
    return pd.DataFrame(rows, columns=list(COLUMNS)).set_index("key", drop=False).rename_axis(None)


def constants_table(system: System) -> pd.DataFrame:
    """Return the constants with the value the file gives them."""
    table = variables_table(system)
    table = table[table["kind"] == "constant"].drop(columns="kind")
    values = [_written_value(system[name]) for name in table["name"]]
    table.insert(4, "value", values)
    return table


def schedule_table(schedule: Schedule) -> pd.DataFrame:
    """Return one row an assignment, in the order they are made."""
    import pandas as pd

    return pd.DataFrame(schedule.rows())


def _row(system: System, variable: Variable, kind: str) -> tuple[Any, ...]:
    low, high = (float("nan") if each is None else each for each in (variable.low, variable.high))
    equation = "\n".join(each.text for each in variable.definitions)
    dims = tuple(dimensions(system, variable.name))
    return (
        key(variable.name),
        variable.name,
        kind,
        dims,
        variable.units,
        low,
        high,
        equation,
        variable.documentation,
    )


def _written_value(variable: Variable) -> Any:
    """The number of a constant written once; a list for an array or several equations."""
    found: list[float] = []
    for definition in variable.definitions:
        node, sign = definition.expression, 1.0
        while isinstance(node, Call):
            node, sign = node.arguments[0], -sign
        if isinstance(node, Number):
            found.append(sign * node.value)
        elif isinstance(node, Array):
            found += [sign * each for each in node.values]
    return found[0] if len(found) == 1 else found
