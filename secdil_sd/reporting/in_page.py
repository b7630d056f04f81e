"""A case as a page solves it: its printed model, and the plain data the solver runs on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.folding import NoScalarForm
from secdil_sd.reporting.page import resource
from secdil_sd.simulation.gains import LOOP_ROLES
from secdil_sd.solving import tableau
from secdil_sd.targets.javascript import Script, print_javascript

if TYPE_CHECKING:
    from secdil_sd.equations.schedule import Slot
    from secdil_sd.simulation.engine import Setup
    from secdil_sd.simulation.scenario import Scenario

SHARE = ("offensive_procurement_share", "obsolescence", "gdp_growth")
PRESSURE = ("arming_pressure", "fatigue", "gdp_growth", "maximum_burden", "saturation")
SETTLED = ("spending", "offensive_capability", "defensive_capability", "belief", "gdp")


@dataclass(frozen=True)
class InPage:
    """What a page needs to solve a case.

    Parameters
    ----------
    script : Script
    given : mapping
        Plain data: times, step, constants, series, tolerances, where the roles stand.
    setup : Setup
        What Python would solve the same case with.
    """

    script: Script
    given: Mapping[str, Any]
    setup: Setup


def in_page(case: Scenario, times: Sequence[float], shown: Sequence[str]) -> InPage:
    """Return a case for a page to solve.

    Parameters
    ----------
    case : Scenario
    times : sequence of float
        Output times; the first is where the integration starts.
    shown : sequence of str
        Variables the page is to show, element after element.

    Raises
    ------
    NoScalarForm
        Saying in a sentence why the page cannot.
    """
    model = case.model
    reason = model.needs_euler(case.params)
    if reason:
        raise NoScalarForm(f"Euler's method alone can solve it: {reason}.")
    setup, _ = model.setup(case.params, times, shown)
    if len(setup.steps):
        raise NoScalarForm("Its TIME STEP changes while it runs.")
    schedule = model.compiler.schedule(model.system, setup.values)
    names = {role: model.system.names[name] for role, name in model.companion.roles.items()}
    whole = bool(model.gains) and all(role in names for role in LOOP_ROLES)
    outputs: dict[str, tuple[str, ...]] = {"shown": tuple(model.system.names[n] for n in shown)}
    if whole:
        outputs["share"] = tuple(names[role] for role in SHARE)
        outputs["target"] = (names["belief_target"],)
        outputs["pressure"] = tuple(names[role] for role in PRESSURE)
    elif model.gains:
        outputs["linear"] = (names["effective_reaction"], names["fatigue"])
    script = print_javascript(schedule, outputs)
    given = {
        "times": [float(each) for each in setup.times],
        "step": float(setup.step),
        "explicit": script.explicit,
        "atol": (setup.atol / setup.rtol).tolist(),
        "width": sum(schedule.slots[name].size for name in outputs["shown"]),
        "loop": _loop(schedule.slots, names, whole) if model.gains else None,
        **_inputs(script, setup),
    }
    return InPage(script, given, setup)


def _inputs(script: Script, setup: Setup) -> dict[str, Any]:
    """Constants and series in the order in which the printed model reads them."""
    values = setup.values
    parts = [np.ravel(values.constants[name]) for name in script.constants]
    constants = np.concatenate(parts or [np.empty(0)])
    series = [values.series[name] for name in script.series]
    if any(each.between == "raw" or not np.isfinite(each.values).all() for each in series):
        raise NoScalarForm("Some of its data are there at some times only.")
    if not np.isfinite(constants).all():
        raise NoScalarForm("One of its constants is no finite number.")
    return {
        "constants": constants.tolist(),
        "series": [
            {
                "knots": each.knots.tolist(),
                "values": each.values.reshape(len(each.knots), -1).T.tolist(),
                "between": each.between,
            }
            for each in series
        ],
    }


def _loop(slots: Mapping[str, Slot], names: Mapping[str, str], whole: bool) -> dict[str, Any]:
    """Where the solver finds what the spiral number is made of."""
    size = slots[names["spending"]].size
    if not whole:
        return {"size": size, "settled": False}
    return {
        "size": size,
        "settled": True,
        "beliefs": slots[names["belief"]].size,
        "share": _placed(slots, names, SHARE),
        "pressure": _placed(slots, names, PRESSURE),
        "places": {role: slots[names[role]].offset for role in SETTLED},
    }


def _placed(
    slots: Mapping[str, Slot], names: Mapping[str, str], roles: Sequence[str]
) -> dict[str, Any]:
    """The first place and the number of values of each role in one output, and its width."""
    found: dict[str, Any] = {}
    place = 0
    for role in roles:
        size = slots[names[role]].size
        found[role] = [place, size]
        place += size
    return {**found, "width": place}


def page_model(script: Script) -> str:
    """Return JavaScript that defines ``secdilModel``: called, it gives ``make`` and ``solver``.

    A function that needs nothing around it, so that its own text can start a worker.
    """
    matrix = json.dumps({"a": tableau.A.tolist(), "c": tableau.C.tolist(), "e": tableau.E.tolist()})
    return "\n".join(
        [
            "function secdilModel() {",
            resource("solver.js"),
            f"var solver = secdilSolver({matrix});",
            f"var make = ({script.source})(solver.runtime);",
            "return { solver: solver, make: make };",
            "}",
        ]
    )
