"""Functions of whole vectors: which axes each works along, keeps and takes in.

VECTOR SORT ORDER, RANK and REORDER, ALLOCATE and INVERT MATRIX keep the last subscripts of
their first argument; VECTOR SELECT takes in those marked ``!``; ALLOCATE AVAILABLE's priorities
and VECTOR ELM MAP's vector bring an axis of their own, begun at the element written last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from secdil_sd.equations.blocks import Along, Axis, Index
from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.expression import Call, Node, Reference, references
from secdil_sd.equations.resolve import Literal, Load, Resolver, Term, Vector


@dataclass(frozen=True)
class Manner:
    """How a function stands to the axes of its arguments.

    Parameters
    ----------
    kept : int
        How many of the first argument's last subscripts it works along and keeps.
    own : int or None
        Which argument brings an axis of its own.
    length : int or None
        How many elements of that axis it reads, from the one written; all if None.
    """

    kept: int
    own: int | None = None
    length: int | None = None


MANNERS: dict[str, Manner] = {
    "vector sort order": Manner(1),
    "vector rank": Manner(1),
    "vector reorder": Manner(1),
    "invert matrix": Manner(2),
    "allocate by priority": Manner(1),
    "allocate available": Manner(1, own=1, length=4),
    "vector elm map": Manner(0, own=0),
    "vector select": Manner(0),
}


def resolve_vector(
    resolver: Resolver, call: Call, reduced: dict[str, Axis], collect: dict[str, Axis] | None
) -> Term:
    """Return the term of a function of whole vectors.

    Raises
    ------
    ModelError
        If the axes it works along are not those of the left-hand side, whole.
    """
    manner = MANNERS[call.function]
    kept = _kept(resolver, call, manner.kept)
    marked: dict[str, Axis] = {}
    known = {**reduced, **(collect or {})}
    selects = call.function == "vector select"
    arguments = [
        resolver.inside(each, known if selects else reduced, marked if selects else collect)
        for each in call.arguments
    ]
    taken = tuple(marked.values())
    if selects and not taken:
        raise resolver.error(
            "VECTOR SELECT has no subscript marked with '!'.",
            "Mark the subscript to select from, as in VECTOR SELECT(chosen[state!], ...).",
        )
    if manner.own is not None:
        arguments[manner.own], axis, first = _own_axis(
            resolver, call.arguments[manner.own], arguments[manner.own], manner.length
        )
        taken = (axis,)
        if manner.length is None:
            arguments.append(first)
    used = {axis for each in arguments for axis in each.axes}
    order = {**known, **(collect or {}), **{each.name: each for each in taken}}
    inner = resolver.ordered(used | set(kept), order)
    axes = tuple(each for each in inner if each not in taken)
    return Vector(call.function, (*kept, *taken), tuple(arguments), inner, axes)


def _kept(resolver: Resolver, call: Call, count: int) -> tuple[Axis, ...]:
    """The axes of the left-hand side that the first argument's last subscripts move along."""
    if not count:
        return ()
    system, shown = resolver.system, call.function.upper()
    for reference in references(call.arguments[0]):
        if reference.name not in system:
            continue
        subscripts = reference.subscripts or dimensions(system, reference.name)
        ranged = [each for each in subscripts if system.range(each)][-count:]
        if len(ranged) == count:
            break
    else:
        needed = "a subscript range" if count == 1 else f"{count} subscript ranges"
        raise resolver.error(f"{shown}'s first argument lacks {needed}.")
    axes = tuple(resolver.axis(each, {}, None)[0] for each in ranged)
    for axis in axes:
        whole = system.range(axis.name)
        if whole is None or axis.labels != whole.elements:
            raise resolver.error(
                f"{shown} works on all of {axis.name!r} at once.",
                "Write one equation for the whole range, without :EXCEPT:.",
            )
    return axes


def _own_axis(
    resolver: Resolver, node: Node, term: Term, length: int | None
) -> tuple[Term, Axis, Term]:
    """Let a read vector run along its last dimension; also return where it was to begin."""
    if not isinstance(node, Reference) or not isinstance(term, Load) or not term.index:
        raise resolver.error(
            "A vector must be named with an element as its last subscript.",
            "As in ALLOCATE AVAILABLE(x[state], priority[state, ptype], supply).",
        )
    dimension = dimensions(resolver.system, term.name)[-1]
    labels = elements(resolver.system, dimension)
    begun = term.index[-1]
    first: Term = Literal((float(begun),)) if isinstance(begun, int) else _steps(term, begun)
    start = 0
    if length is not None:
        start = begun if isinstance(begun, int) else begun.positions[0]
        labels = labels[start : start + length]
        if len(labels) < length:
            raise resolver.error(
                f"{term.name!r} has {len(labels)} elements from {node.subscripts[-1]!r} on, not "
                f"{length}.",
                "Type, priority, width and one more are needed.",
            )
    axis = Axis(f"{dimension} of {term.name}", labels)
    index: tuple[Index, ...] = (
        *term.index[:-1],
        Along(axis.name, tuple(range(start, start + len(labels)))),
    )
    moved = {each.axis for each in index if isinstance(each, Along)}
    axes = tuple(each for each in term.axes if each.name in moved)
    return replace(term, index=index, axes=(*axes, axis)), axis, first


def _steps(term: Load, begun: Along) -> Literal:
    axis = next(each for each in term.axes if each.name == begun.axis)
    return Literal(tuple(map(float, begun.positions)), (axis,))
