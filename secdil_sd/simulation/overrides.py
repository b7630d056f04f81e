"""Values given over values: what a later one leaves of an earlier one."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any

from secdil_sd.names import spelling, split_selector


def merged(
    params: Mapping[str, Any], over: Mapping[str, Any], known: Container[str] = ()
) -> dict[str, Any]:
    """Merge values: a whole variable replaces all its elements, an element only itself.

    Parameters
    ----------
    params, over : mapping
    known : container of str
        Names of variables, which may have dots of their own.

    >>> merged({"a.x": 1, "a.y": 2, "b": 3}, {"A.x": 5})
    {'a[y]': 2, 'b': 3, 'A[x]': 5}
    >>> merged({"a.x": 1, "a.y": 2}, {"a": 5})
    {'a': 5}
    """
    found: dict[tuple[str, ...], tuple[str, Any]] = {}
    for given in (params, over):
        for text, value in given.items():
            name, chosen = (text, ()) if text in known else split_selector(text)
            for place, inner in leaves((name, *chosen), value):
                address = tuple(map(spelling, place))
                for old in [each for each in found if each[: len(address)] == address]:
                    del found[old]
                selector = f"{name}[{', '.join(place[1:])}]" if len(place) > 1 else name
                found[address] = (selector, inner)
    return dict(found.values())


def leaves(place: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the values inside tables by element, each with its address."""
    if isinstance(value, Mapping) and not all(isinstance(each, int | float) for each in value):
        for element, inner in value.items():
            yield from leaves((*place, str(element)), inner)
    else:
        yield place, value
