"""The axes of a sweep: which constants move, through which values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import Space, space
from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.names import key
from secdil_sd.simulation.values import Reader, limit_findings

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

MOST_CELLS = 10_000_000
"""Beyond this a grid is a slip of the pen; a table of members with a store takes any size."""

PLACE = "axes"
TOGETHER = "[*]"


@dataclass(frozen=True, eq=False)
class Axis:
    """A constant, or one element of it, and the values it takes.

    Parameters
    ----------
    variable : str
        In the file's spelling.
    elements : tuple of str
        The element that moves; none for all of them together.
    values : array (value,)
    text : str
        As the user wrote it.
    places : frozenset of tuple of int
        The entries of the variable that it sets.
    """

    variable: str
    elements: tuple[str, ...]
    values: np.ndarray = field(repr=False)
    text: str
    places: frozenset[tuple[int, ...]] = field(default=frozenset(), repr=False)

    @property
    def name(self) -> str:
        """The name that samples and readers know it by, as "transparency[India]"."""
        return f"{self.variable}[{', '.join(self.elements)}]" if self.elements else self.variable

    @property
    def key(self) -> str:
        """The dimension of the cube.

        >>> Axis("transparency", ("India",), np.array([0.0, 1.0]), "transparency.india").key
        'transparency_India'
        """
        return key(self.name)


def read_axes(
    model: Model,
    axes: Any,
    mistakes: Callable[[Sequence[Axis]], Iterable[Finding]],
) -> tuple[Axis, ...]:
    """Read what a user wants to vary.

    Parameters
    ----------
    model : Model
    axes : mapping of str to sequence of float
        Name, or element ("transparency.India"), to values.
    mistakes : callable(axes)
        What the shape of the sweep does not allow, as findings.

    Raises
    ------
    InputError
        All mistakes together: unknown names, values that are none, empty, not finite or outside
        hard limits, one thing moved by two axes.
    """
    if not isinstance(axes, Mapping) or not axes:
        remedy = "Give a mapping of names to values, as {'transparency': [0, 0.5, 1]}."
        raise InputError(Finding("error", "There is nothing to vary.", PLACE, remedy=remedy))
    reader = Reader(model.system, PLACE)
    found: list[Axis] = []
    for text, values in axes.items():
        with collecting(reader.findings):
            axis = read_axis(reader, str(text), numbers(str(text), values))
            found.append(axis)
            reader.findings += limit_findings(
                axis.variable, axis.text, axis.values, model.companion.limits, PLACE
            )
    reader.findings += [*_overlaps(found), *mistakes(found)]
    if reader.findings:
        raise InputError(*reader.findings)
    return tuple(found)


def read_axis(reader: Reader, text: str, values: np.ndarray) -> Axis:
    """Return the axis a name stands for; raises InputError if there is no such constant."""
    name, chosen = reader.split(text.removesuffix(TOGETHER))
    variable = reader.settable(name, text)
    dims = dimensions(reader.system, variable.name)
    if len(chosen) > len(dims):
        raise reader.error(f"{text!r} names more elements than {variable.name!r} has.", text)
    labels = [elements(reader.system, each) for each in dims]
    where = [reader.places(d, e, text) for d, e in zip(dims, chosen, strict=False)]
    spelled = tuple(
        labels[k][place[0]] if len(place) == 1 else chosen[k] for k, place in enumerate(where)
    )
    whole = [range(len(each)) for each in labels[len(where) :]]
    return Axis(variable.name, spelled, values, text, frozenset(product(*where, *whole)))


def numbers(text: str, values: Any) -> np.ndarray:
    """Return an axis' values as an array, or say why they are none."""
    remedy = "Give a list, range or array of numbers, as [0, 0.5, 1]."
    message = ""
    try:
        if isinstance(values, str | bytes | Mapping):
            raise TypeError
        array = np.asarray(list(values) if np.ndim(values) else values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(
            Finding("error", f"The values of {text!r} are not numbers.", PLACE, (text,), remedy)
        ) from None
    if array.ndim == 0:
        message = f"{text!r} is one number, {float(array):g}; an axis has several."
        remedy = "Give a list, or set it once for the whole sweep by params."
    elif array.ndim > 1:
        message = f"The values of {text!r} have {array.ndim} dimensions; an axis has one."
    elif not len(array):
        message = f"{text!r} has no values."
    elif not np.isfinite(array).all():
        place = int(np.flatnonzero(~np.isfinite(array))[0])
        message = f"Value {place + 1} of {text!r} is {array[place]}: not a finite number."
        remedy = "Drop it."
    if message:
        raise InputError(Finding("error", message, PLACE, (text,), remedy))
    return array


def one_parameter(case: Scenario, text: str, between: Any = None) -> Space:
    """Return one parameter as a space of its own, with its range.

    Parameters
    ----------
    case : Scenario
    text : str
        A constant, all of whose elements then move together, or one element of it.
    between : (float, float) or distribution, optional
        Default the range of the model.

    Raises
    ------
    InputError
        If there is no such parameter, it has no range, or it is several numbers.
    """
    axis = read_axis(Reader(case.model.system, ""), str(text), np.empty(0))
    array = bool(dimensions(case.model.system, axis.variable))
    together = array and not axis.elements
    box = space(case, {axis.variable + TOGETHER if together else axis.name: between})
    if len(box.parameters) > 1:
        message = f"{text!r} names {len(box.parameters)} numbers where one is needed."
        remedy = f"Name one of them, as {box.names[0]!r}, or {axis.variable!r} for all together."
        raise InputError(Finding("error", message, variables=(str(text),), remedy=remedy))
    return box


def own_values(box: Space, points: int) -> np.ndarray:
    """Return values over a parameter's range, even as it is measured: plainly or in logarithms.

    Raises
    ------
    InputError
        If its distribution has no ends.
    """
    own = box.parameters[0]
    even = own.distribution.kind in ("uniform", "loguniform")
    u = np.linspace(0, 1, points if even else 2)
    found = box.at(u[:, None])[own.selector].to_numpy(dtype=float)
    if not np.isfinite(found).all():
        message = f"The range of {own.selector!r} has no ends."
        remedy = "Say between which values, as (low, high)."
        raise InputError(Finding("error", message, variables=(own.selector,), remedy=remedy))
    return found if even else np.linspace(found[0], found[1], points)


def grid_mistakes(axes: Sequence[Axis]) -> Iterator[Finding]:
    """Yield what a full grid does not allow: a value twice on an axis, or too many cells."""
    for axis in axes:
        seen, counts = np.unique(axis.values, return_counts=True)
        if (counts > 1).any():
            message = f"{axis.text!r} takes the value {seen[counts > 1][0]:g} twice."
            yield Finding("error", message, PLACE, (axis.text,), "Give each value once.")
    cells = 1
    for axis in axes:
        cells *= len(axis.values)
    if cells > MOST_CELLS:
        sizes = " x ".join(f"{len(each.values):,}" for each in axes)
        yield Finding(
            "error",
            f"The grid has {sizes} = {cells:,} cells; at most {MOST_CELLS:,} make sense.",
            PLACE,
            remedy="Give fewer values an axis, or draw members from the space instead.",
        )


def zip_mistakes(axes: Sequence[Axis]) -> Iterator[Finding]:
    """Yield what moving in step does not allow: axes of different length."""
    if len({len(each.values) for each in axes}) > 1:
        sizes = ", ".join(f"{each.text!r} has {len(each.values)}" for each in axes)
        message = f"Axes that move together need as many values each: {sizes}."
        yield Finding("error", message, PLACE, remedy="Give every axis as many values.")


def _overlaps(axes: Sequence[Axis]) -> Iterator[Finding]:
    for one, other in combinations(axes, 2):
        if one.variable == other.variable and one.places & other.places:
            same = one.places == other.places
            what = "mean the same" if same else "set the same elements"
            message = f"{one.text!r} and {other.text!r} {what}."
            yield Finding("error", message, PLACE, (one.text, other.text), "Keep one of them.")
