"""What a proposition is tried on: a case with its settings, drawn inside its premise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import Space, space
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling, split_selector
from secdil_sd.simulation.companion import Distribution
from secdil_sd.simulation.overrides import merged
from secdil_sd.simulation.parameters import Parameter, design_parameters, element_parameters
from secdil_sd.simulation.premise import Bound, Premise

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.proposition import Proposition
    from secdil_sd.simulation.scenario import Scenario

_HALVINGS = 60


class Inside(Distribution):
    """A distribution drawn only from the shares of it between ``first`` and ``last``."""

    first: float = 0.0
    last: float = 1.0

    def quantile(self, u: Any) -> np.ndarray:
        """Return the value below which a share ``u`` of the draws inside lies, elementwise."""
        shares = self.first + (self.last - self.first) * np.asarray(u, dtype=float)
        return super().quantile(shares)


def settled(case: Scenario, proposition: Proposition) -> Scenario:
    """Return a case with what the proposition fixes."""
    settings = proposition.parts.settings
    return case.replace(params=settings) if settings else case


def premise_space(case: Scenario, proposition: Proposition) -> Space:
    """Return what is drawn to try a proposition: every draw lies inside its premise.

    The proposition's own list, else the scenario's, else every constant with a range; and what
    the premise bounds. What the proposition fixes or changes to a value is not drawn.

    Raises
    ------
    InputError
        If the premise leaves nothing of a range, or bounds what has none; all together.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> from secdil_sd.simulation.proposition import check_proposition
    >>> case = sd.load_scenario("regime_dyads").cases["dem-dem"]
    >>> rule = {"when": "democracy >= 0.8", "then": "spending < 50", "varied": ["reaction"]}
    >>> box = premise_space(case, check_proposition(rule, "mine"))
    >>> float(box.draw(64)["democracy[A]"].min()) >= 0.8
    True
    """
    parts = proposition.parts
    premise = Premise.parse(parts.when)
    system, companion = case.model.system, case.model.companion
    listed: Sequence[str] | None = proposition.varied or case.varied or None
    base = design_parameters(system, companion, listed) if listed else _whole(case, premise)
    fixed = list(merged({}, parts.settings, system.names))
    drawn = [each for each in base if not _named(each, fixed)]
    findings: list[Finding] = []
    for name in premise.names:
        if _named_by(name, fixed):
            message = f"{name!r} is fixed and bounded at once."
            findings.append(Finding("error", message, variables=(name,), remedy="Do one."))
            continue
        try:
            drawn += _missing(case, name, premise.bounds, drawn)
        except SecdilError as error:
            findings += error.findings
    bounded: list[Parameter] = []
    for each in drawn:
        own = [bound for bound in premise.bounds if _concerns(bound.name, each)]
        try:
            bounded.append(_inside(each, own) if own else each)
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise InputError(*findings)
    if not bounded:
        message = "Everything the proposition could be tried on is fixed."
        remedy = "Name what is not known under varied, or bound it under when."
        raise InputError(Finding("error", message, remedy=remedy))
    return space(case, bounded, premise.rules)


def is_inside(case: Scenario, proposition: Proposition) -> bool:
    """Say whether a case's own values keep the premise."""
    premise = Premise.parse(proposition.parts.when)
    constants = case.values.constants
    system = case.model.system
    for bound in premise.bounds:
        for each in element_parameters(system, case.model.companion, bound.name, (0.0, 1.0)):
            if not _keeps(own_value(constants, system, each), bound):
                return False
    if not premise.rules:
        return True
    box = space(case, dict.fromkeys(premise.names[:1], (0.0, 1.0)), premise.rules)
    return bool(box.accepts(elementwise(case, box.parameters))[0])


def elementwise(
    case: Scenario, parameters: Sequence[Parameter], draws: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return draws with a column an element, also where all elements move together.

    Without draws, the case's own values as one member.
    """
    import pandas as pd

    system, companion = case.model.system, case.model.companion
    constants = case.values.constants
    columns: dict[str, Any] = {}
    for each in parameters:
        anything = (0.0, 1.0)  # only its elements are asked for
        every = element_parameters(system, companion, each.name, anything)
        parts = [each] if each.elements else every
        for part in parts:
            own = [own_value(constants, system, part)]
            columns[part.selector] = own if draws is None else draws[each.selector].to_numpy()
    return pd.DataFrame(columns)


def own_value(constants: Any, system: Any, parameter: Parameter) -> float:
    """Return the value a case gives one constant or one element of it."""
    from secdil_sd.equations.dimensions import dimensions, positions

    value = np.asarray(constants[parameter.name], dtype=float)
    dims = dimensions(system, parameter.name)
    for dimension, element in zip(dims, parameter.elements, strict=False):
        value = value[positions(system, dimension, element)[0]]
    return float(value.mean()) if value.ndim else float(value)


def _whole(case: Scenario, premise: Premise) -> tuple[Parameter, ...]:
    """Every constant with a range; a premise may bound others where there is none."""
    try:
        return space(case.replace(draws=None)).parameters  # a law holds whatever was fitted
    except InputError:
        if premise.bounds:
            return ()
        raise


def _missing(
    case: Scenario, name: str, bounds: Sequence[Bound], drawn: Sequence[Parameter]
) -> list[Parameter]:
    """Return the parameters a premise speaks of that are not drawn yet."""
    system, companion = case.model.system, case.model.companion
    try:
        found = design_parameters(system, companion, [name])
    except SecdilError:
        same = [each for each in bounds if spelling(each.name) == spelling(name)]
        lows = [each.level for each in same if each.sign[0] == ">"]
        highs = [each.level for each in same if each.sign[0] == "<"]
        if not (lows and highs and max(lows) < min(highs)):
            raise
        found = design_parameters(system, companion, {name: (max(lows), min(highs))})
    shared = {each.name for each in drawn if not each.elements}
    present = {(each.name, each.elements) for each in drawn}
    return [
        each
        for each in found
        if each.name not in shared and (each.name, each.elements) not in present
    ]


def _inside(parameter: Parameter, bounds: Sequence[Bound]) -> Parameter:
    """Return a parameter drawn only between its bounds.

    Quantiles rise with their share, so the shares at which the bounds lie are found by halving.
    """
    own = parameter.distribution
    first, last = 0.0, 1.0
    for bound in bounds:
        share = _share_at(own, bound.level)
        first, last = (
            (max(first, share), last)
            if bound.sign[0] == ">"
            else (
                first,
                min(last, share),
            )
        )
    middle = own.quantile(np.array([first, (first + last) / 2, last]))
    if not first < last or not all(_keeps(float(middle[1]), each) for each in bounds):
        wanted = " and ".join(f"{each.sign} {each.level:g}" for each in bounds)
        low, high = own.quantile(np.array([1e-9, 1 - 1e-9]))
        message = f"Nothing of {parameter.selector!r} is {wanted}."
        remedy = f"It is drawn between {low:g} and {high:g}."
        raise InputError(Finding("error", message, variables=(parameter.selector,), remedy=remedy))
    fields = {name: getattr(own, name) for name in type(own).model_fields}
    return replace(parameter, distribution=Inside(**{**fields, "first": first, "last": last}))


def _share_at(own: Distribution, level: float) -> float:
    low, high = 0.0, 1.0
    if level <= float(own.quantile(np.array([1e-12]))[0]):
        return 0.0
    if level >= float(own.quantile(np.array([1 - 1e-12]))[0]):
        return 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(own.quantile(np.array([middle]))[0]) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _keeps(value: float, bound: Bound) -> bool:
    slack = 1e-9 * max(1.0, abs(bound.level))
    above = value - bound.level
    return above >= -slack if bound.sign[0] == ">" else above <= slack


def _named(parameter: Parameter, names: Sequence[str]) -> bool:
    return any(_concerns(each, parameter) for each in names)


def _named_by(name: str, names: Sequence[str]) -> bool:
    stem = spelling(split_selector(name)[0])
    whole = [spelling(each) for each in names]
    return stem in whole or spelling(name) in whole


def _concerns(name: str, parameter: Parameter) -> bool:
    """Whether a name is a parameter's constant, or the element it is of."""
    if spelling(name) in (spelling(parameter.name), spelling(parameter.selector)):
        return True
    stem, chosen = split_selector(name)
    if spelling(stem) != spelling(parameter.name):
        return False
    pairs = zip(chosen, parameter.elements, strict=False)
    return all(spelling(one) == spelling(other) for one, other in pairs)
