"""NumPy code for what loops over a large world read: batch values, whole arrays at a time."""

from __future__ import annotations

from collections.abc import Mapping

from secdil_sd.equations.folding import INPUT, LOOKUP, NUMBER, Node, reached
from secdil_sd.equations.nests import REDUCTIONS, Nest, Nests
from secdil_sd.equations.schedule import Slot
from secdil_sd.targets.kernel import number_text
from secdil_sd.targets.lines import REDUCTIONS as UFUNCS
from secdil_sd.targets.naming import numbers
from secdil_sd.targets.nests import inputs_of
from secdil_sd.targets.places import swaps
from secdil_sd.targets.rates import numpy_name, table_text


def print_nest_inputs(form: Nests, slots: Mapping[str, Slot]) -> str:
    """Return source that defines ``build(c, known)``: the arrays that loops read, in order.

    Each has the axes of its node, then the members.
    """
    wanted = list(inputs_of(form))
    names: dict[int, str] = {}
    lines: list[str] = []
    for k in reached(form.nodes, wanted):
        node = form.nodes[k]
        if node.function == NUMBER:
            names[k] = number_text(node)
            continue
        names[k] = f"v{k}"
        lines.append(f"v{k} = {_text(form, slots, node, names)}")
    found = "".join(f"{names[k]}, " for k in wanted)
    body = [*lines, f"return ({found})"]
    return "\n".join(["def build(c, known):", *(f"    {each}" for each in body), ""])


def _text(form: Nests, slots: Mapping[str, Slot], node: Node, names: Mapping[int, str]) -> str:
    if node.function == INPUT:
        return _input(form, slots, node)
    if node.function in REDUCTIONS:
        body = form.nodes[node.arguments[0]].axes
        places = tuple(k for k, axis in enumerate(body) if axis not in node.axes)
        return f"{UFUNCS[node.function]}.reduce({names[node.arguments[0]]}, {places!r})"
    arguments = [aligned(names[k], form.nodes[k].axes, node.axes) for k in node.arguments]
    if node.function == LOOKUP:
        assert node.table is not None
        sizes = tuple(form.sizes[k] if k in node.index else 1 for k in node.axes)
        more = (repr(sizes), "(1,)") if node.index else ()
        return f"{table_text(node.table, *more)}({arguments[0]})"
    if node.function == "^" and arguments[1] == "2.0":
        return f"square({arguments[0]})"
    function = numpy_name(node.function)
    return function if function == "pi" else f"{function}({', '.join(arguments)})"


def _input(form: Nests, slots: Mapping[str, Slot], node: Node) -> str:
    if node.name in form.literals:
        sizes = tuple(form.sizes[each] for each in node.axes)
        return f"literals({numbers(form.literals[node.name])}, {sizes!r}, (1,))"
    slot = slots[node.name]
    holder = "c" if slot.role == "constant" else "known"
    own: list[str] = []
    where: list[str] = []
    for each in node.index:
        axis, _, begin = each.partition("+")
        if axis not in form.sizes:
            where.append(each)
            continue
        own.append(axis)
        first = int(begin or 0)
        where.append(f"{first}:{first + form.sizes[axis]}")
    text = f"{holder}[{node.name!r}]" + (f"[{', '.join(where)}]" if where else "")
    return text + "".join(swaps(own, list(node.axes)))


def aligned(text: str, axes: Nest, wanted: Nest) -> str:
    """The operand with its axes in the wanted order, and an axis of one for each it lacks.

    >>> aligned("x", ("rival",), ("state", "rival")), aligned("x", ("state",), ("state", "rival"))
    ('x', 'x[:, None]')
    """
    if not axes or axes == wanted:
        return text
    order = [each for each in wanted if each in axes]
    text += "".join(swaps(list(axes), order))
    marks = [":" if each in axes else "None" for each in wanted[wanted.index(order[0]) :]]
    if "None" not in marks:
        return text
    while marks and marks[-1] == ":":
        marks.pop()
    return f"{text}[{', '.join(marks)}]"
