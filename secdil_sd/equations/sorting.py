"""Things in the order of their needs, or the groups that need each other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)


class TangledError(Exception):
    """Some things need each other.

    ``groups`` holds every set of things that reach each other; ``cycle`` one round among them.
    """

    def __init__(self, groups: list[list[Any]], cycle: list[Any]) -> None:
        super().__init__("things need each other")
        self.groups = groups
        self.cycle = cycle


def in_order(wanted: Iterable[Key], needs: Callable[[Key], Iterable[Key]]) -> list[Key]:
    """Return everything wanted and all it needs, each after its needs; stable.

    Raises
    ------
    TangledError

    Examples
    --------
    >>> in_order("a", {"a": "cb", "b": "c", "c": ""}.__getitem__)
    ['c', 'b', 'a']
    """
    graph: dict[Key, list[Key]] = {}
    waiting = list(wanted)
    while waiting:
        item = waiting.pop()
        if item not in graph:
            graph[item] = list(dict.fromkeys(needs(item)))
            waiting += graph[item]
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise TangledError(_groups(graph), error.args[1]) from None


def _groups(graph: Mapping[Key, list[Key]]) -> list[list[Any]]:
    """The strongly connected components that hold a cycle (Tarjan 1972, without recursion)."""
    numbers: dict[Key, int] = {}
    lowest: dict[Key, int] = {}
    path: list[Key] = []
    on_path: set[Key] = set()
    found: list[list[Any]] = []
    for root in graph:
        if root in numbers:
            continue
        visits = [(root, iter(graph[root]))]
        while visits:
            item, rest = visits[-1]
            if item not in numbers:
                numbers[item] = lowest[item] = len(numbers)
                path.append(item)
                on_path.add(item)
            for other in rest:
                if other not in numbers:
                    visits.append((other, iter(graph[other])))
                    break
                if other in on_path:
                    lowest[item] = min(lowest[item], numbers[other])
            else:
                visits.pop()
                if visits:
                    above = visits[-1][0]
                    lowest[above] = min(lowest[above], lowest[item])
                if lowest[item] == numbers[item]:
                    place = path.index(item)
                    group = path[place:]
                    del path[place:]
                    on_path.difference_update(group)
                    if len(group) > 1 or item in graph[item]:
                        found.append(list(group))
    return found
