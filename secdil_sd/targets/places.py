"""Where values lie, as text: parts of the state vector, indices, views with axes in order."""

from __future__ import annotations

from secdil_sd.equations.blocks import Along, Index
from secdil_sd.equations.resolve import Load


def copies(text: str) -> bool:
    """Say whether indexing by lists makes a copy rather than a view."""
    return "[[" in text or ", [" in text


def part_of(vector: str, offset: int, shape: tuple[int, ...]) -> str:
    """The text of a stock's values inside the state vector."""
    if not shape:
        return f"{vector}[{offset}]" if vector == "y" else f"{vector}[{offset}, ...]"
    size = 1
    for each in shape:
        size *= each
    text = f"{vector}[{offset}:{offset + size}]"
    return text if len(shape) == 1 else f"{text}.reshape({shape!r} + trailing)"


def brackets(index: tuple[Index, ...]) -> str:
    """The index of an assignment: integers, slices, or lists."""
    if not index:
        return "[...]"
    found = [str(each) if isinstance(each, int) else _slice(each.positions) for each in index]
    return f"[{', '.join(found)}, ...]"  # the ellipsis keeps a view where all are integers


def _slice(positions: tuple[int, ...]) -> str:
    if positions == tuple(range(positions[0], positions[0] + len(positions))):
        return f"{positions[0]}:{positions[0] + len(positions)}"
    return f"[{', '.join(map(str, positions))}]"


def view(load: Load, shape: tuple[int, ...]) -> str:
    """The text behind a name that turns it into the wanted elements, axes in order."""
    found: list[str] = []
    for index, size in zip(load.index, shape, strict=True):
        if isinstance(index, int):
            found.append(str(index))
        elif index.positions == tuple(range(size)):
            found.append(":")
        else:
            found.append(_slice(index.positions))
    lists = [each for each in found if each.startswith("[")]
    text = ""
    if lists and (
        len(lists) > 1 or any(each.isdigit() for each in found)
    ):  # one list at a time keeps the axes where they are
        for place, each in enumerate(found):
            if each.startswith("["):
                text += f"[{', '.join([':'] * place + [each])}]"
        found = [":" if each.startswith("[") else each for each in found]
    while found and found[-1] == ":":
        found.pop()
    if found and all(each.isdigit() for each in found):
        found.append("...")  # integers alone would copy a run's value instead of viewing it
    if found:
        text += f"[{', '.join(found)}]"
    own = [each.axis for each in load.index if isinstance(each, Along)]
    wanted = [each.name for each in load.axes]
    if own != wanted and wanted:
        text += "".join(swaps(own, wanted))
    return text


def swaps(own: list[str], wanted: list[str]) -> list[str]:
    """Axis exchanges that bring ``own`` into the order ``wanted``."""
    found = []
    own = list(own)
    for place, name in enumerate(wanted):
        other = own.index(name)
        if other != place:
            found.append(f".swapaxes({place}, {other})")
            own[place], own[other] = own[other], own[place]
    return found
