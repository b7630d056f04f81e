"""A variable's equations cut into blocks: each a box of elements, written along axes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.names import spelling


@dataclass(frozen=True, slots=True)
class Axis:
    """A loop over elements: its name in the block and the labels it runs through."""

    name: str
    labels: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Along:
    """An index that moves with an axis: position ``positions[i]`` at the axis's i-th step."""

    axis: str
    positions: tuple[int, ...]


Index = int | Along


@dataclass(frozen=True, eq=False)
class Block:
    """One equation over a box of elements, ready to be ordered; equal to itself alone.

    Parameters
    ----------
    variable : str
    index : tuple of Index
        Where the values go: a position or an axis for each dimension.
    axes : tuple of Axis
        The loop axes, in the order of the left-hand side.
    definition : Definition
        Where it came from, for messages and comments.
    """

    variable: str
    index: tuple[Index, ...]
    axes: tuple[Axis, ...]
    definition: Definition

    @cached_property
    def box(self) -> tuple[frozenset[int], ...]:
        """The positions written, for each dimension."""
        return tuple(_positions(each) for each in self.index)

    @property
    def size(self) -> int:
        """Number of elements written."""
        size = 1
        for axis in self.axes:
            size *= axis.size
        return size


def overlaps(index: tuple[Index, ...], block: Block) -> bool:
    """Say whether what an index reads meets what a block writes."""
    return all(_positions(read) & box for read, box in zip(index, block.box, strict=True))


def _positions(index: Index) -> frozenset[int]:
    return frozenset(index.positions) if isinstance(index, Along) else frozenset((index,))


def blocks(system: System, variable: Variable) -> list[Block]:
    """Return the blocks of a variable: a definition each, EXCEPT taken out."""
    found: list[Block] = []
    for definition in variable.definitions:
        boxes = [_whole(system, definition)]
        for excepted in definition.excepted:
            taken = [labels_of(system, each) for each in excepted]
            boxes = [rest for box in boxes for rest in _without(box, taken)]
        found += [make_block(system, variable.name, definition, box) for box in boxes]
    return found


def split(system: System, block: Block) -> list[Block]:
    """Return the block cut into one block an element."""
    boxes: list[tuple[tuple[str, ...], ...]] = [()]
    axes = {each.name: each for each in block.axes}
    for subscript in block.definition.subscripts:
        labels = axes[subscript].labels if subscript in axes else (subscript,)
        boxes = [(*box, (label,)) for box in boxes for label in labels]
    return [make_block(system, block.variable, block.definition, box) for box in boxes]


def make_block(
    system: System, variable: str, definition: Definition, box: tuple[tuple[str, ...], ...]
) -> Block:
    """Return the block of one definition over the given labels, a tuple for each dimension."""
    dims = dimensions(system, variable)
    index: list[Index] = []
    axes: list[Axis] = []
    for dimension, subscript, labels in zip(dims, definition.subscripts, box, strict=True):
        places = tuple(positions(system, dimension, label)[0] for label in labels)
        if system.range(subscript):
            axes.append(Axis(subscript, labels))
            index.append(Along(subscript, places))
        else:
            index.append(places[0])
    return Block(variable, tuple(index), tuple(axes), definition)


def _whole(system: System, definition: Definition) -> tuple[tuple[str, ...], ...]:
    return tuple(labels_of(system, each) for each in definition.subscripts)


def labels_of(system: System, subscript: str) -> tuple[str, ...]:
    """Return the elements a subscript stands for: those of a range, or itself."""
    found = system.range(subscript)
    return found.elements if found else (subscript,)


def _without(
    box: tuple[tuple[str, ...], ...], taken: list[tuple[str, ...]]
) -> list[tuple[tuple[str, ...], ...]]:
    """Return boxes that cover ``box`` without ``taken``."""
    left: list[tuple[tuple[str, ...], ...]] = []
    for place, labels in enumerate(box):
        gone = {spelling(each) for each in taken[place]}
        inside = tuple(each for each in labels if spelling(each) in gone)
        outside = tuple(each for each in labels if spelling(each) not in gone)
        if outside:
            left.append((*box[:place], outside, *box[place + 1 :]))
        box = (*box[:place], inside, *box[place + 1 :])
        if not inside:
            break
    return left
