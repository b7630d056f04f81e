"""What a policy moves: constants, from where a case has them to an end of their range."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.verbs import is_number
from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling, split_selector
from secdil_sd.simulation.parameters import TOGETHER, Parameter, element_parameters
from secdil_sd.simulation.values import limit_findings

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.equations.system import System
    from secdil_sd.simulation.companion import Distribution
    from secdil_sd.simulation.scenario import Scenario
    from secdil_sd.simulation.values import Values


@dataclass(frozen=True, eq=False)
class Lever:
    """One thing a policy moves; all of its elements go the same share of their own way.

    Parameters
    ----------
    name : str
        As people know it: "transparency", or "transparency[India]" for one state's.
    variable : str
    columns : tuple of str
        What it sets in a sample.
    own : array (column,)
        Where the case has it.
    low, high : float
        How far it can be moved either way.
    weight : float
        Cost of the whole way to an end.
    """

    name: str
    variable: str
    columns: tuple[str, ...]
    own: np.ndarray = field(repr=False)
    low: float
    high: float
    weight: float = 1.0

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the greatest dose: -1 is all the way down, 1 all the way up."""
        return -float((self.own > self.low).any()), float((self.own < self.high).any())

    @property
    def moved(self) -> tuple[str, ...]:
        """What it leaves no room to vary: a whole variable, or some of its elements."""
        return (self.variable,) if self.name == self.variable else self.columns

    def drawn(self, columns: Collection[str]) -> bool:
        """Say whether worlds differ in where it stands before any policy."""
        return self.variable in columns or any(each in columns for each in self.columns)

    def starts(self, worlds: pd.DataFrame) -> np.ndarray:
        """Return where it stands before any policy: array (column, member)."""
        columns = [
            worlds.get(each, worlds.get(self.variable, own))
            for each, own in zip(self.columns, self.own, strict=True)
        ]
        return np.array([np.broadcast_to(each, len(worlds)) for each in columns], dtype=float)

    def values(self, dose: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Return what doses make of it.

        Parameters
        ----------
        dose : array (member,)
            Shares of the way to the upper end; negative ones to the lower end.
        own : array (column, member)
            Where it starts from.

        Returns
        -------
        array (column, member)
        """
        end = np.where(dose >= 0, np.maximum(self.high, own), np.minimum(self.low, own))
        return own + np.abs(dose) * (end - own)


def read_levers(
    case: Scenario,
    given: Sequence[str] | Mapping[str, tuple[float, float] | None],
    costs: Mapping[str, float] | None = None,
) -> tuple[Lever, ...]:
    """Return the levers a user names.

    Parameters
    ----------
    case : Scenario
    given : sequence of str, or mapping of str to (low, high) or None
        "transparency" moves all states together, "transparency.India" one; None is the range
        of the model.
    costs : mapping of str to float, optional
        The cost of moving a lever the whole way to an end of its range; default 1 each.

    Raises
    ------
    InputError
        All mistakes together: unknown names, no range, a range without the case's own value,
        constants that are series over time, levers that overlap, costs that are none.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> open_up, = read_levers(sd.load_scenario("cold_war"), ["transparency"])
    >>> open_up.columns, open_up.reach
    (('transparency[United States]', 'transparency[Soviet Union]'), (0.0, 1.0))
    """
    wanted: Mapping[str, Any] = (
        given
        if isinstance(given, Mapping)
        else dict.fromkeys([given] if isinstance(given, str) else list(given))
    )
    findings: list[Finding] = []
    if not wanted:
        findings.append(Finding("error", "There are no levers.", remedy="Name at least one."))
    found: list[Lever] = []
    values = case.values
    for text, span in wanted.items():
        try:
            found.append(lever(case, values, str(text), span))
        except SecdilError as error:
            findings += error.findings
    findings += _overlaps(found)
    weights, strays = _weights(found, costs or {})
    if findings or strays:
        raise InputError(*findings, *strays)
    return tuple(
        Lever(each.name, each.variable, each.columns, each.own, each.low, each.high, weight)
        for each, weight in zip(found, weights, strict=True)
    )


def lever(case: Scenario, values: Values, text: str, span: Any = None) -> Lever:
    """Return one lever; ``values`` are what the case sets, resolved.

    Raises
    ------
    InputError
        As `read_levers`.
    """
    system, companion = case.model.system, case.model.companion
    name, chosen = (text, ()) if text in system else split_selector(text)
    whole = set(chosen) <= {TOGETHER}
    parameters = element_parameters(system, companion, name if whole else text, span)
    if not parameters:
        message = f"{name!r} has no element to move: it stands between two."
        raise InputError(Finding("error", message, remedy="Give the model a second."))
    variable = parameters[0].name
    if variable in values.series:
        message = f"The lever {text!r} is given as a series over time, so it cannot be sampled."
        remedy = "Replace the series by a number, or choose another lever."
        raise InputError(Finding("error", message, variables=(variable,), remedy=remedy))
    low, high = ends(text, parameters[0].distribution)
    own = np.array([_element(system, values.constants[variable], each) for each in parameters])
    findings = list(
        limit_findings(variable, text, np.array([low, high]), companion.limits, "levers")
    )
    outside = own[(own < low) | (own > high)]
    if len(outside):
        message = f"The range of the lever {text!r}, {low:g} to {high:g}, does not hold "
        message += f"the case's own value {outside[0]:g}."
        findings.append(Finding("error", message, variables=(text,), remedy="Widen the range."))
    if findings:
        raise InputError(*findings)
    label = variable if whole else f"{variable}[{', '.join(parameters[0].elements)}]"
    return Lever(label, variable, tuple(each.selector for each in parameters), own, low, high)


def _element(system: System, array: Any, parameter: Parameter) -> float:
    """Return where a case has one number."""
    found = np.asarray(array, dtype=float)
    own = dimensions(system, parameter.name)
    for dimension, element in zip(own, parameter.elements, strict=True):
        found = found[positions(system, dimension, element)[0]]
    return float(found)


def ends(text: str, distribution: Distribution) -> tuple[float, float]:
    """Return the ends of a lever's range; raises InputError if it has none."""
    low, high = distribution.low, distribution.high
    if distribution.kind == "discrete":
        low, high = min(distribution.values), max(distribution.values)
    if low is None or high is None:
        message = f"The lever {text!r} has no range: its distribution has no ends."
        raise InputError(Finding("error", message, remedy=f"Give it one, as {text}=LOW:HIGH."))
    return float(low), float(high)


def _overlaps(found: Sequence[Lever]) -> list[Finding]:
    taken: dict[str, str] = {}
    findings = []
    for each in found:
        twins = {taken.setdefault(column, each.name) for column in each.columns}
        findings += [
            Finding(
                "error",
                f"The levers {twin!r} and {each.name!r} move the same number.",
                variables=(twin, each.name),
                remedy="Keep one of them.",
            )
            for twin in sorted(twins - {each.name})
        ]
    return findings


def _weights(
    found: Sequence[Lever], costs: Mapping[str, float]
) -> tuple[list[float], list[Finding]]:
    by_name = {spelling(each.name): k for k, each in enumerate(found)}
    weights = [1.0] * len(found)
    findings = []
    for text, cost in costs.items():
        text = str(text)
        name, elements = split_selector(text)
        plain = name if set(elements) <= {TOGETHER} else f"{name}[{','.join(elements)}]"
        place = by_name.get(spelling(plain))
        if place is None:
            findings.append(Names([each.name for each in found], "lever").unknown(text, "costs"))
        elif not is_number(cost) or cost < 0:
            message = f"The cost of {text!r} is {cost!r}."
            remedy = "Give a number that is not negative."
            findings.append(Finding("error", message, "costs", remedy=remedy))
        else:
            weights[place] = float(cost)
    return weights, findings
