"""A case along one of its constants: between what it moves, and the rates at any value of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis import rest
from secdil_sd.analysis.point import Point
from secdil_sd.analysis.tipping.continuation.family import Family
from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling, split_selector
from secdil_sd.simulation import gains
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.parameters import TOGETHER, Parameter, design_parameters

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Axis:
    """A constant, or some of its elements together, moved over a range.

    Parameters
    ----------
    text : str
        As the tables call it: "interaction", "transparency[India]".
    name : str
    places : tuple
        Index of each element that moves; one that takes all for the whole constant.
    low, high : float
    base : array (*dimensions,)
        The constant as the case has it.
    """

    text: str
    name: str
    places: tuple[Any, ...]
    low: float
    high: float
    base: np.ndarray

    @property
    def own(self) -> float | None:
        """The case's own value; None if its elements differ."""
        values = np.unique(np.concatenate([np.ravel(self.base[each]) for each in self.places]))
        return float(values[0]) if len(values) == 1 else None

    def constants(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Return the constant at values of the axis, by name: (*dimensions, member)."""
        array = np.repeat(self.base[..., None], len(values), axis=-1).astype(values.dtype)
        for place in self.places:
            array[place] = values
        return {self.name: array}

    def params(self, share: float) -> dict[str, float]:
        """Return what sets a case to a share of the range."""
        return {self.text: float(self.value(share))}

    def value(self, share: Any) -> Any:
        """Return the value at a share of the range, from 0 to 1."""
        return self.low + share * (self.high - self.low)


def axis(case: Scenario, parameter: str, between: Sequence[float] | None) -> Axis:
    """Return what moves.

    Parameters
    ----------
    case : Scenario
    parameter : str
        A constant (all of its elements together) or an element of one.
    between : (low, high), optional
        Default the range of the model.

    Raises
    ------
    InputError
        All mistakes together: no such constant (the nearest is suggested), no range, low not
        below high, values outside hard limits, a series over time.
    """
    system = case.model.system
    found = _parameters(case, str(parameter), between)
    first = found[0]
    low, high = _ends(first)
    setup = case.setup(outputs=[])[0]
    if first.name in setup.values.series:
        message = f"{first.name!r} is given as a series over time, so nothing rests along it."
        raise InputError(
            Finding("error", message, variables=(first.name,), remedy="Replace it by a number.")
        )
    text = first.selector if len(found) == 1 else str(parameter)
    findings: list[Finding] = []
    for end in (low, high):
        try:
            case.replace(params={str(parameter).removesuffix(f"[{TOGETHER}]"): end})
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise InputError(*findings)
    dims = dimensions(system, first.name)
    places = tuple(
        tuple(positions(system, d, e)[0] for d, e in zip(dims, each.elements, strict=True))
        if each.elements
        else (...,)
        for each in found
    )
    base = np.asarray(setup.values.constants[first.name], dtype=float)
    return Axis(text, first.name, places, low, high, base)


def _parameters(
    case: Scenario, text: str, between: Sequence[float] | None
) -> tuple[Parameter, ...]:
    system = case.model.system
    known = Names([each.name for each in system.variables if each.kind == "constant"], "parameter")
    name, chosen = (text, ()) if text in known else split_selector(text)
    together = known[name] + f"[{TOGETHER}]" if not chosen else text
    if between is None and not _has_range(case, known[name]):
        message = f"{known[name]!r} has no range in the model, so say between what it moves."
        remedy = "Give (low, high); on the command line NAME=LOW:HIGH."
        raise InputError(Finding("error", message, variables=(known[name],), remedy=remedy))
    return design_parameters(system, case.model.companion, {together: between})


def _has_range(case: Scenario, name: str) -> bool:
    variable = case.model.system[name]
    distributions = map(spelling, case.model.companion.distributions)
    return None not in (variable.low, variable.high) or spelling(name) in distributions


def _ends(parameter: Parameter) -> tuple[float, float]:
    own = parameter.distribution
    if own.values:
        return min(own.values), max(own.values)
    if own.low is not None and own.high is not None:
        return own.low, own.high
    low, high = own.quantile([0.025, 0.975])
    return float(low), float(high)


class Along:
    """A case opened along an axis, under the conditions of one moment.

    Parameters
    ----------
    case : Scenario
    axis : Axis
    at : float, optional
        The moment; default the last of the case's times.
    """

    def __init__(self, case: Scenario, axis: Axis, at: float | None) -> None:
        self.case, self.axis = case, axis
        self.point = Point(case)
        self.setup: Setup = self.point.setup
        self.time = float(self.setup.times[-1] if at is None else self.point.moment(at))
        self.spread: dict[float, np.ndarray] = {}

    def search(self, shares: Sequence[float]) -> None:
        """Take in starts at some shares of the range, and with them what moves and how far."""
        active: list[np.ndarray] = []
        passive: list[np.ndarray] = []
        for share in shares:
            point = Point(self.case.replace(params=self.axis.params(share)))
            point.refuse_growth(self.time)
            roles = point.roles(self.time, point.start)
            active.append(roles.active)
            passive.append(roles.passive)
            starts = [each for each in point.starts(self.time) if np.isfinite(each).all()]
            self.spread[share] = np.stack(starts, axis=1)
        moving = np.unique(np.concatenate(active))
        counting = np.setdiff1d(np.concatenate(passive), moving)
        everything = np.arange(len(self.point.start))
        held = np.setdiff1d(everything, np.concatenate([moving, counting]))
        self.roles = rest.Roles(moving, held, counting)
        self.scale = self._sizes()

    def starts(self, share: float) -> np.ndarray:
        """Return the starts at a share of the range, (entry, start), scaled."""
        moving = self.roles.active
        return np.asarray(self.spread[share][moving] / self.scale[moving, None])

    def family(self) -> Family:
        """Return the rates of what moves, by share of the range."""
        moving, size = self.roles.active, self.scale[self.roles.active, None]

        def rates(z: np.ndarray, shares: np.ndarray) -> np.ndarray:
            bound = self._bind(shares, complex)
            y = bound.initial.copy()
            y[moving] = z * size
            out = np.empty_like(y)
            bound.derivatives(self.time, y, out)
            return np.asarray(out[moving] / size)

        low, high = self.point.bounds()
        return Family(rates, low[moving] / size[:, 0], high[moving] / size[:, 0])

    def _sizes(self) -> np.ndarray:
        """Return a typical size of each stock: its initial value, or how far starts reach."""
        reach = np.stack([np.median(np.abs(each), axis=1) for each in self.spread.values()])
        least = np.min(np.where(reach > 1e-9, reach, np.inf), axis=0)
        typical = np.maximum(np.abs(self.point.start), np.where(np.isfinite(least), least, 0.0))
        return np.where(typical > 0, typical, 1.0)

    def states(self, points: np.ndarray) -> np.ndarray:
        """Return whole states at points of a curve, (stock, point).

        Parameters
        ----------
        points : array (entry + 1, point)
        """
        y = self._bind(points[-1], float).initial.copy()
        y[self.roles.active] = points[:-1] * self.scale[self.roles.active, None]
        return np.asarray(y)

    def gains(self, states: np.ndarray, shares: np.ndarray) -> dict[str, np.ndarray]:
        """Return reaction gain and spiral number at states along the axis, (point,)."""
        if not self.case.model.gains:
            return {}
        moment = replace(self.setup, times=np.array([self.time]))
        found = gains.gains(
            moment,
            self.case.model.companion.roles,
            states[None],
            self.case.model.gains,
            self.axis.constants(self.axis.value(shares)),
            len(shares),
        )
        return {name: values[0] for name, values in found.items()}

    def _bind(self, shares: np.ndarray, dtype: type) -> Any:
        values = self.axis.value(np.asarray(shares, dtype=dtype))
        return self.setup.bind((), self.axis.constants(values), len(shares), dtype)


def shares_of(axis: Axis, count: int) -> list[float]:
    """Return where to search: the case's own value first if it lies within, then evenly."""
    even = [float(each) for each in np.linspace(0.0, 1.0, count)]
    if axis.own is None or not axis.low <= axis.own <= axis.high:
        return even
    own = (axis.own - axis.low) / (axis.high - axis.low)
    return [own, *(each for each in even if abs(each - own) > 1e-6)]
