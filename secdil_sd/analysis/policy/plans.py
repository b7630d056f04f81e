"""A school's remedy on a given case: which of its levers are there, and what cannot be moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.policy.levers import Lever, ends, lever
from secdil_sd.analysis.policy.response import Response, changes
from secdil_sd.equations.dimensions import dimensions
from secdil_sd.errors import SecdilError
from secdil_sd.names import spelling, split_selector
from secdil_sd.simulation.parameters import design_parameters

if TYPE_CHECKING:
    from secdil_sd.analysis.policy.schools import School
    from secdil_sd.analysis.policy.worlds import Worlds
    from secdil_sd.simulation.scenario import Scenario
    from secdil_sd.simulation.values import Values

STEPS = 5
ROUNDS = 5
"""For what is a series over time: equal steps looked at, and halvings around the answer."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What one remedy moves in one case.

    Parameters
    ----------
    school : School
    levers : tuple of Lever
    ends : tuple of float
        Plus or minus one: to which end each lever goes.
    series : mapping of str to float
        Variables that are series over time, and the value they move to.
    who : str or None
        The one state that moves.
    note : str
        What the remedy would move as well but cannot here.
    """

    school: School
    levers: tuple[Lever, ...]
    ends: tuple[float, ...]
    series: Mapping[str, float] = field(default_factory=dict)
    who: str | None = None
    note: str = ""


def plans(
    case: Scenario, book: Sequence[School], who: str | None = None
) -> tuple[list[Plan], list[tuple[str, str]]]:
    """Return what each remedy moves in a case; and for those that move nothing, why."""
    values = case.values
    asked = dict.fromkeys(role for school in book for role in school.levers)
    shelf = {role: _on_shelf(case, values, role, who) for role in asked}
    found: list[Plan] = []
    skipped: list[tuple[str, str]] = []
    for school in book:
        own = _plan(school, shelf, who)
        if own.levers or own.series:
            found.append(own)
        else:
            skipped.append((school.name, own.note))
    return found, skipped


def _on_shelf(
    case: Scenario, values: Values, role: str, who: str | None
) -> Lever | tuple[str, float, float] | str:
    """Return the lever of a role; for a series its name and range; or why there is none."""
    roles, system = case.model.companion.roles, case.model.system
    if role not in roles:
        return f"the model has no {role.replace('_', ' ')}"
    variable = roles[role]
    if who is not None and len(dimensions(system, variable)) != 1:
        return f"{variable} is not one state's to move"
    try:
        if variable in values.series:
            parameters = design_parameters(system, case.model.companion, [variable])
            return (variable, *ends(variable, parameters[0].distribution))
        return lever(case, values, variable if who is None else f"{variable}[{who}]")
    except SecdilError as error:
        return str(error)


def _plan(
    school: School, shelf: Mapping[str, Lever | tuple[str, float, float] | str], who: str | None
) -> Plan:
    levers: dict[Lever, float] = {}
    series: dict[str, float] = {}
    missing: list[str] = []
    for role, toward in school.levers.items():
        found = shelf[role]
        upward = toward == "high"
        if isinstance(found, str):
            missing.append(found)
        elif isinstance(found, tuple):
            variable, low, high = found
            series[variable] = high if upward else low
        elif not found.reach[upward]:
            missing.append(f"{found.variable} is at its end already")
        else:
            levers[found] = 1.0 if upward else -1.0
    note = "; ".join(missing)
    return Plan(school, tuple(levers), tuple(levers.values()), series, who, note)


def respond_over_time(worlds: Worlds, of: Plan, share: float) -> tuple[Response, int]:
    """Find where worlds change sides along a remedy that moves a series over time.

    A series is the same for every member of an ensemble, so all worlds go by the same doses:
    equal steps first, then halvings around the smallest dose that reaches the share.

    Returns
    -------
    Response, int
        And how many runs it took.
    """
    found: dict[float, np.ndarray] = {}
    here = np.arange(worlds.count)

    def look(dose: float) -> None:
        moved = worlds.with_params(moved_series(worlds.case, of, dose))
        doses = np.multiply.outer(np.array(of.ends) * dose, np.ones(worlds.count))
        found[dose] = moved.kept(of.levers, doses, here)

    for dose in np.linspace(0, 1, STEPS + 1):
        look(float(dose))
    for _ in range(ROUNDS):
        tried = sorted(found)
        enough = [k for k, each in enumerate(tried) if (found[each] == 1).mean() >= share - 1e-9]
        if not enough or enough[0] == 0:
            break
        look((tried[enough[0] - 1] + tried[enough[0]]) / 2)
    tried = sorted(found)
    kept = np.array([found[dose] == 1 for dose in tried])
    step, world = np.nonzero(kept[1:] != kept[:-1])
    failed = int(sum(np.isnan(each).sum() for each in found.values()))
    dose = np.array(tried)[step + 1]
    return changes(kept[0], world, dose, kept[step + 1, world], failed), len(tried) * worlds.count


def moved_series(case: Scenario, of: Plan, dose: float) -> dict[str, Any]:
    """Return the values of a case that a dose of a remedy replaces."""
    moved: dict[str, Any] = {}
    for text, value in case.params.items():
        name, elements = split_selector(str(text))
        for variable, end in of.series.items():
            if spelling(name) == spelling(variable) and _concerns(of.who, elements):
                moved[text] = _toward(value, end, dose, None if elements else of.who)
    return moved


def _concerns(who: str | None, elements: Sequence[str]) -> bool:
    return who is None or not elements or spelling(elements[0]) == spelling(who)


def _toward(value: Any, end: float, dose: float, who: str | None) -> Any:
    """Move a number, a series, or each state's of either, a share of the way to an end."""
    if isinstance(value, Mapping):
        mine = {k for k in value if who is None or spelling(str(k)) == spelling(who)}
        return {k: _toward(v, end, dose, None) if k in mine else v for k, v in value.items()}
    if who is not None and hasattr(value, "columns"):
        own = [each for each in value.columns if spelling(str(each)) == spelling(who)]
        return value.assign(**{each: _toward(value[each], end, dose, None) for each in own})
    return value + dose * (end - value)
