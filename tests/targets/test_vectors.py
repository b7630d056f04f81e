"""Functions of whole vectors: the identities they must satisfy, with and without members."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import laplace, norm, triang, uniform

from secdil_sd.targets.vectors import VECTORS, allocate_available, allocate_by_priority

numbers = st.floats(-100, 100)
vectors = st.lists(numbers, min_size=2, max_size=6).map(np.array)


def along_last(name, *arguments):
    """A function of vectors along one axis, for a single run."""
    size = max(np.size(each) for each in arguments)
    return VECTORS[name](arguments, (size,), (0,), ())


@given(vectors)
def test_sorting(vector):
    order = along_last("vector_sort_order", vector, 1.0)
    assert (np.diff(vector[order.astype(int)]) >= 0).all()
    np.testing.assert_array_equal(along_last("vector_reorder", vector, order), np.sort(vector))
    falling = along_last("vector_reorder", vector, along_last("vector_sort_order", vector, -1.0))
    np.testing.assert_array_equal(falling, np.sort(vector)[::-1])
    rank = along_last("vector_rank", vector, 1.0).astype(int)
    np.testing.assert_array_equal(np.sort(vector)[rank - 1], vector)


def test_places_there_are_not():
    vector = np.array([1.0, 2.0])
    found = along_last("vector_reorder", vector, np.array([2.0, np.nan]))
    assert np.isnan(found).all()
    assert np.isnan(VECTORS["vector_elm_map"]((vector, 5.0, 0.0), (2,), (0,), ()))


@pytest.mark.parametrize("action", range(11))
def test_select_by_hand(action):
    chosen, value = np.array([2.0, 0.0, 3.0]), np.array([5.0, 7.0, 0.5])
    weighted, plain = [10.0, 1.5], [5.0, 0.5]
    expected = [
        *(sum(weighted), np.prod(weighted), min(weighted), max(weighted), np.mean(weighted)),
        5.0**2 * 0.5**3,
        *(sum(plain), np.prod(plain), min(plain), max(plain), np.mean(plain)),
    ][action]
    found = VECTORS["vector_select"]((chosen, value, -1.0, float(action), 0.0), (3,), (0,), ())
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("chosen", "rule", "expected"),
    [
        ([0, 0], 0, -1.0),
        ([0, 0], 1, np.nan),
        ([1, 1], 1, 3.0),
        ([1, 1], 2, np.nan),
        ([1, 0], 3, 1.0),
        ([0, 0], 3, np.nan),
    ],
)
def test_select_refuses_none_or_several(chosen, rule, expected):
    arguments = (np.array(chosen, float), np.array([1.0, 2.0]), -1.0, 0.0, float(rule))
    found = VECTORS["vector_select"](arguments, (2,), (0,), ())
    np.testing.assert_equal(float(found), expected)


def test_matrices_times_their_inverses():
    matrix = np.random.default_rng(1).normal(size=(3, 2, 4, 4, 5))  # rows, columns, members last
    found = VECTORS["invert_matrix"]((matrix, 4.0), (3, 2, 4, 4), (2, 3), (5,))
    product = np.einsum("abijm,abjkm->abikm", matrix, found)
    np.testing.assert_allclose(
        product, np.broadcast_to(np.eye(4)[..., None], (3, 2, 4, 4, 5)), atol=1e-9
    )


def test_a_matrix_without_inverse_spares_the_others():
    matrices = np.array([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]]])
    found = VECTORS["invert_matrix"]((matrices, 2.0), (2, 2, 2), (1, 2), ())
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], [[1.0, 0.0], [0.0, 0.5]])


requests = st.lists(st.floats(0, 50), min_size=2, max_size=5)


@settings(deadline=None)
@given(requests, st.floats(0.1, 5), st.floats(0, 1), st.randoms())
def test_by_priority_shares_what_there_is(asked, width, share, random):
    asked = np.array(asked)
    priority = np.array([random.uniform(0, 10) for _ in asked])
    supply = share * asked.sum()
    arguments = (
        asked,
        priority,
        np.zeros_like(asked),
        *map(np.full_like, (asked,) * 2, (width, supply)),
    )
    given_ = allocate_by_priority(*arguments)
    assert given_.sum() == pytest.approx(supply, abs=1e-9)
    assert (given_ >= -1e-12).all() and (given_ <= asked + 1e-12).all()
    met = given_[asked > 0] / asked[asked > 0]
    better = priority[asked > 0]
    for i in range(len(met)):  # who stands higher is met at least as well
        assert (met[better < better[i]] <= met[i] + 1e-9).all()


SHAPES = {
    1: lambda p, w: uniform(p - w / 2, w),
    2: lambda p, w: triang(0.5, p - w / 2, w),
    3: lambda p, w: norm(p, w),
    4: lambda p, w: laplace(p, w),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_available_is_met_at_one_price(kind):
    """Each gets the part of its curve above the price at which all together take the supply."""
    asked, middle, width = np.array([50.0, 30.0, 75.0]), np.array([5.0, 7.0, 3.0]), [2.0, 4.0, 1.0]
    profile = np.array([[kind, p, w, 0.0] for p, w in zip(middle, width, strict=True)])
    curves = [SHAPES[kind](p, w) for p, w in zip(middle, width, strict=True)]

    def taken(price):
        return np.array([a * c.sf(price) for a, c in zip(asked, curves, strict=True)])

    for supply in (5.0, 40.0, 100.0, 150.0):
        price = brentq(lambda x, s=supply: taken(x).sum() - s, -60, 60, xtol=1e-13)
        shaped = [np.broadcast_to(x, (3, 4)) for x in (asked[:, None], profile, supply)]
        found = allocate_available(*shaped)
        near = 2e-5 * asked.sum() if kind == 3 else 1e-9  # Vensim's own normal is good to 1e-5
        np.testing.assert_allclose(found, taken(price), rtol=1e-8, atol=near)
        assert found.sum() == pytest.approx(supply, rel=1e-12)


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_members_are_what_single_runs_are(name):
    random = np.random.default_rng(2)
    sizes, places = {
        "vector_select": ((2, 3), (1,)),
        "vector_elm_map": ((2, 3), (1,)),
        "invert_matrix": ((2, 3, 3), (1, 2)),
        "allocate_available": ((2, 3, 4), (1, 2)),
    }.get(name, ((2, 3), (1,)))
    values = random.uniform(1, 3, (*sizes, 6))
    scalars = {
        "vector_select": (1.0, -1.0, 0.0, 0.0),
        "vector_elm_map": (1.0, 0.0),
        "allocate_by_priority": (2.0, 3.0, 1.0, 2.5),
        "allocate_available": (np.array([1.0, 2.0, 1.5, 0.0])[:, None], random.uniform(1, 4, 6)),
        "vector_reorder": (np.array([[2.0], [0.0], [1.0]]),),
    }.get(name, (1.0,))
    batch = VECTORS[name]((values, *scalars), sizes, places, (6,))
    for k in range(6):
        own = [
            np.asarray(each)[..., k if np.shape(each)[-1:] == (6,) else 0]
            if np.ndim(each)
            else each
            for each in scalars
        ]
        single = VECTORS[name]((values[..., k], *own), sizes, places, ())
        np.testing.assert_allclose(batch[..., k], single, rtol=1e-13)
