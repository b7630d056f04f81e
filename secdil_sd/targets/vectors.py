"""The functions of whole vectors that generated NumPy code calls.

Each kernel takes its arguments with the vectors' axes last (those it takes in as one), all of
one shape, and gives back an array that ends with the axes it keeps; `along` brings arrays of a
model into that form and back, with and without a member axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Kernel = Callable[..., Array]

MOST_STEPS = 250
"""Steps towards a price at most: a quarter of them halve, enough for any bracket."""


def along(kernel: Kernel, kept: int) -> Callable[..., Array]:
    """Return a kernel's function as generated code calls it.

    Parameters
    ----------
    kernel : callable
    kept : int
        How many of the axes it works along are axes of its values too; they come first.

    Returns
    -------
    callable(arguments, sizes, places, trailing)
        ``sizes`` are those of the axes the arguments vary along, ``places`` the positions of
        those it works along, ``trailing`` is empty without a member axis.
    """

    def function(
        arguments: tuple[Array, ...],
        sizes: tuple[int, ...],
        places: tuple[int, ...],
        trailing: tuple[int, ...],
    ) -> Array:
        shape = np.broadcast_shapes(
            (*sizes, *((1,) if trailing else ())), *(np.shape(each) for each in arguments)
        )
        order = (*(each for each in range(len(shape)) if each not in places), *places)
        moved = [_laid_out(each, shape, order) for each in arguments]
        if len(places) - kept > 1:
            front = moved[0].shape[: kept - len(places)]
            moved = [each.reshape(*front, -1) for each in moved]
        found = kernel(*moved)
        return np.moveaxis(found, range(-kept, 0), places[:kept]) if kept else found

    return function


def _laid_out(argument: Array, shape: tuple[int, ...], order: tuple[int, ...]) -> Array:
    """An argument over all axes, in the order a kernel wants."""
    argument = np.asarray(argument)
    if argument.shape == shape:
        return argument.transpose(order)
    if argument.ndim:
        return np.broadcast_to(argument, shape).transpose(order)
    return np.full([shape[each] for each in order], argument)


def sort_order(vector: Array, direction: Array) -> Array:
    """Places of the elements in sorted order, from 0; falling where direction is not positive."""
    order = np.argsort(np.real(vector), axis=-1, kind="stable")
    return np.where(np.real(direction) > 0, order, order[..., ::-1])


def rank(vector: Array, direction: Array) -> Array:
    """The rank of each element, from 1."""
    return np.argsort(sort_order(vector, direction), axis=-1) + 1


def reorder(vector: Array, order: Array) -> Array:
    """The elements at the places that ``order`` names, from 0; NaN for places there are not."""
    return _picked(vector, order)


def element_map(vector: Array, offset: Array, first: Array) -> Array:
    """The element ``offset`` places behind the first; NaN beyond the ends."""
    return _picked(vector, (offset + first)[..., :1])[..., 0]


def _picked(vector: Array, order: Array) -> Array:
    places = np.real(order)
    inside = (places > -1) & (places < vector.shape[-1])  # NaN is not inside
    found = np.take_along_axis(vector, np.where(inside, places, 0).astype(int), axis=-1)
    return np.where(inside, found, np.nan)


def invert_matrix(matrix: Array, size: Array) -> Array:
    """The inverse of each matrix; NaN where it has none."""
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        found = np.full(matrix.shape, np.nan, matrix.dtype)
        for place in np.ndindex(matrix.shape[:-2]):
            if np.linalg.matrix_rank(matrix[place]) == matrix.shape[-1]:
                found[place] = np.linalg.inv(matrix[place])
        return found


# VECTOR SELECT

_ACTIONS: tuple[tuple[Callable[[Array, Array], Array], Callable[..., Array], float], ...] = (
    (np.multiply, np.sum, 0.0),
    (np.multiply, np.prod, 1.0),
    (np.multiply, np.min, np.inf),
    (np.multiply, np.max, -np.inf),
    (np.multiply, np.sum, 0.0),  # a mean: divided below
    (lambda chosen, value: np.power(value, chosen), np.prod, 1.0),
    (lambda chosen, value: value, np.sum, 0.0),
    (lambda chosen, value: value, np.prod, 1.0),
    (lambda chosen, value: value, np.min, np.inf),
    (lambda chosen, value: value, np.max, -np.inf),
    (lambda chosen, value: value, np.sum, 0.0),
)
"""By number: what is made of selection and value, how it is joined, what the rest counts as."""
_MEANS = (4, 10)


def vector_select(
    selection: Array, expression: Array, missing: Array, action: Array, error: Array
) -> Array:
    """What an action makes of the elements whose selection is not zero.

    ``missing`` stands where none is; where ``error`` forbids none (1, 3) or several (2, 3), NaN.
    """
    taken = np.real(selection) != 0
    count = taken.sum(axis=-1)
    wanted = np.real(action)[..., 0]
    found = np.full(wanted.shape, np.nan, np.result_type(selection, expression, missing))
    first = wanted.flat[0]
    alike = np.isfinite(first) and (wanted == first).all()
    for number in (first,) if alike else np.unique(wanted[np.isfinite(wanted)]):
        if number == int(number) and 0 <= number < len(_ACTIONS):
            combine, join, rest = _ACTIONS[int(number)]
            value = join(np.where(taken, combine(selection, expression), rest), axis=-1)
            value = value / np.maximum(count, 1) if int(number) in _MEANS else value
            found = np.where(wanted == number, value, found)
    found = np.where(count == 0, missing[..., 0], found)
    rule = np.real(error)[..., 0]
    none, several = (rule == 1) | (rule == 3), (rule == 2) | (rule == 3)
    refused = ((count == 0) & none) | ((count > 1) & several)
    return np.where(refused, np.nan, found)


# ALLOCATE


def allocate_by_priority(
    request: Array, priority: Array, size: Array, width: Array, supply: Array
) -> Array:
    """Supply shared out from high priority to low.

    A request is met in proportion as the price falls from its priority to one width below; the
    sum is piecewise linear in the price, so that the price is found exactly.
    """
    request, priority, width, supply = map(np.real, (request, priority, width, supply))
    supply = supply[..., :1]

    def given(price: Array) -> Array:
        share = (priority[..., None, :] - price[..., :, None]) / width[..., None, :]
        return request[..., None, :] * np.clip(share, 0.0, 1.0)

    corners = np.sort(np.concatenate([priority, priority - width], axis=-1), axis=-1)
    totals = given(corners).sum(axis=-1)  # falling
    place = np.clip((totals >= supply).sum(axis=-1, keepdims=True) - 1, 0, corners.shape[-1] - 2)
    low, high = (np.take_along_axis(corners, place + k, axis=-1) for k in (0, 1))
    most, least = (np.take_along_axis(totals, place + k, axis=-1) for k in (0, 1))
    run = np.where(most > least, most - least, 1.0)
    price = low + (high - low) * np.where(most > least, (most - supply) / run, 0.0)
    return _bounded(request, supply, given(price)[..., 0, :])


def allocate_available(request: Array, priority: Array, supply: Array) -> Array:
    """Supply shared out at the price where all requests together take it.

    ``priority`` holds type, priority and width along its last axis: type 1 rectangular, 2
    triangular, 3 normal, 4 exponential. Other types give NaN.
    """
    request, supply = np.real(request)[..., 0], np.real(supply)[..., :1, 0]
    kind, middle, width = (np.real(priority)[..., k] for k in range(3))

    def given(price: Array) -> Array:
        return request * _met(kind, (middle - price) / width)

    low = np.min(middle - 40 * width, axis=-1, keepdims=True)
    high = np.max(middle + 40 * width, axis=-1, keepdims=True)
    price = _price(lambda at: given(at).sum(axis=-1, keepdims=True) - supply, low, high)
    return _bounded(request, supply, given(price))


def _price(excess: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a falling function is zero, by false position (Illinois), halving at times.

    Dowell and Jarratt (1971), A modified regula falsi method, BIT 11: 168-174.
    """
    above, below = excess(low), excess(high)
    scale = np.abs(above) + np.abs(below)
    price = 0.5 * (low + high)
    for step in range(MOST_STEPS):
        fall = above - below
        ahead = low + (high - low) * np.where(fall > 0, above / np.where(fall > 0, fall, 1), 0.5)
        price = 0.5 * (low + high) if step % 4 == 3 else ahead
        rest = excess(price)
        done = (np.abs(rest) <= 1e-15 * scale) | (high - low <= 2 * np.spacing(np.abs(price)))
        if np.all(done | ~np.isfinite(rest)):
            break
        over = rest > 0
        above, below = np.where(over, rest, above / 2), np.where(over, below / 2, rest)
        low, high = np.where(over, price, low), np.where(over, high, price)
    return price


def _met(kind: Array, z: Array) -> Array:
    """The share of a request met where its priority stands ``z`` widths above the price."""
    found = np.full(np.broadcast_shapes(kind.shape, z.shape), np.nan)
    for number, shape in _SHAPES.items():
        mine = kind == number
        if mine.any():
            found = np.where(mine, shape(z), found)
    return found


def _rectangle(z: Array) -> Array:
    return np.clip(z + 0.5, 0.0, 1.0)


def _triangle(z: Array) -> Array:
    below = _rectangle(z)
    return np.where(z > 0, 1 - 2 * (1 - below) ** 2, 2 * below**2)


def _bell(z: Array) -> Array:
    """The normal distribution as Vensim has it: Abramowitz and Stegun 26.2.16, good to 1e-5."""
    size = np.abs(z)
    t = 1 / (1 + 0.33267 * size)
    tail = t * (0.4361836 + t * (-0.1201676 + t * 0.9372980))
    tail = tail * np.exp(-0.5 * size**2) / np.sqrt(2 * np.pi)
    return np.where(z < 0, tail, 1 - tail)


def _exponential(z: Array) -> Array:
    tail = 0.5 * np.exp(-np.abs(z))
    return np.where(z > 0, 1 - tail, tail)


_SHAPES = {1: _rectangle, 2: _triangle, 3: _bell, 4: _exponential}
"""Share of a request met, by the type of its priority."""


def _bounded(request: Array, supply: Array, given: Array) -> Array:
    """All of what is asked where supply suffices, nothing where there is none."""
    enough = supply >= request.sum(axis=-1, keepdims=True)
    return np.where(enough, request, np.where(supply <= 0, 0.0, given))


VECTORS: dict[str, Callable[..., Array]] = {
    "vector_sort_order": along(sort_order, 1),
    "vector_rank": along(rank, 1),
    "vector_reorder": along(reorder, 1),
    "vector_elm_map": along(element_map, 0),
    "vector_select": along(vector_select, 0),
    "invert_matrix": along(invert_matrix, 2),
    "allocate_available": along(allocate_available, 1),
    "allocate_by_priority": along(allocate_by_priority, 1),
}
"""By the names of generated code."""
