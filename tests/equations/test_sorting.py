"""Orders and tangles of small graphs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secdil_sd.equations.sorting import TangledError, in_order

GRAPHS = st.integers(1, 8).flatmap(
    lambda n: st.dictionaries(
        st.integers(0, n - 1), st.lists(st.integers(0, n - 1), max_size=3), max_size=n
    ).map(lambda edges: {k: edges.get(k, []) for k in range(n)})
)


def reaches(graph, start, end):
    seen, waiting = set(), list(graph[start])
    while waiting:
        item = waiting.pop()
        if item not in seen:
            seen.add(item)
            waiting += graph[item]
    return end in seen


@given(GRAPHS)
def test_everything_comes_after_its_needs_or_is_in_a_tangle(graph):
    tangled = {k for k in graph if reaches(graph, k, k)}
    try:
        order = in_order(graph, graph.__getitem__)
    except TangledError as error:
        assert {each for group in error.groups for each in group} == tangled
        for group in error.groups:
            assert all(reaches(graph, a, b) for a in group for b in group)
        assert set(error.cycle) <= tangled
    else:
        assert not tangled
        assert sorted(order) == sorted(graph)
        assert all(order.index(b) < order.index(a) for a in graph for b in graph[a])


def test_a_thing_that_needs_itself_is_a_tangle():
    with pytest.raises(TangledError) as caught:
        in_order(["a"], {"a": ["a"]}.__getitem__)
    assert caught.value.groups == [["a"]]
