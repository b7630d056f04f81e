"""The part of a report that a reader can work: sliders, and the model solved anew in the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.folding import NoScalarForm
from secdil_sd.equations.system import TIME_NAMES
from secdil_sd.errors import SecdilError
from secdil_sd.figures.style import COLORS, DASHES, NO_UNIT
from secdil_sd.names import split_selector
from secdil_sd.reporting.in_page import InPage, in_page, page_model
from secdil_sd.reporting.page import Section, Widget, resource
from secdil_sd.simulation.parameters import Parameter, design_parameters

if TYPE_CHECKING:
    from secdil_sd.simulation.companion import Distribution
    from secdil_sd.simulation.scenario import Scenario

HEADING = "Try it yourself"
FIRST, MOST_SLIDERS = 8, 60
MOST_TIMES, CLOUD_TIMES = 201, 21
MOST_DRAWS = 200
MOST_SHOWN, MOST_LINES = 6, 8
SHOWN_ROLES = ("spending", "burden", "hostility", "capability", "security", "war_probability")
LEVER_ROLES = (
    *("transparency", "reaction", "fatigue", "balance", "distinguishability", "binding"),
    *("interaction", "sensibility", "grievance"),
)


def explorer_section(case: Scenario) -> Section | None:
    """Return the section with sliders; where the page cannot solve the model, a sentence why.

    Parameters
    ----------
    case : Scenario

    Returns
    -------
    Section or None
        None for a scenario of several cases and for a model in which nothing moves.
    """
    if case.cases:
        return None
    try:
        shown = _shown(case)
        if not shown:
            return None
        setup, _ = case.setup(outputs=shown)
        page = in_page(case, _thinned(setup.times, MOST_TIMES), shown)
        sliders = list(_sliders(case, page))
    except (NoScalarForm, SecdilError) as reason:
        return Section("explorer", HEADING, (f"The page cannot solve this model. {reason}",))
    if not sliders:
        return None
    variables = _variables(case, page, shown)
    data = {
        "given": page.given,
        "sliders": sliders,
        "variables": variables,
        "history": _history(case, shown),
        "phase": _phase(case, variables),
        "draws": _draws(case, page),
        "cloudTimes": _thinned(setup.times, CLOUD_TIMES),
        "colors": COLORS,
        "dashes": DASHES,
    }
    script = "\n".join(
        ["(function () {", page_model(page.script), resource("explorer.js"), "})();"]
    )
    lead = (
        "Move a slider and the model is solved again, in this page. The thin lines behind are the "
        "values of the report; the address of the page keeps what you set.",
    )
    return Section(
        "explorer", HEADING, lead, widget=Widget("try", _markup(data, sliders), data, script)
    )


def _shown(case: Scenario) -> tuple[str, ...]:
    """The variables to choose among: those that tell of a rivalry, or the stocks, or others."""
    system, roles = case.model.system, case.model.companion.roles
    told = [roles[role] for role in SHOWN_ROLES if role in roles and roles[role] in system]
    stocks = [each.name for each in system.variables if each.kind == "stock"]
    others = [each.name for each in system.variables if each.kind == "auxiliary"]
    names = dict.fromkeys(system.names[each] for each in (told or stocks or others))
    return tuple(names)[:MOST_SHOWN]


def _thinned(times: Any, most: int) -> list[float]:
    times = np.asarray(times, dtype=float)
    places = np.unique(np.linspace(0, len(times) - 1, min(most, len(times))).round().astype(int))
    return [float(each) for each in times[places]]


# sliders


def _sliders(case: Scenario, page: InPage) -> Iterator[dict[str, Any]]:
    """What can be moved, what matters to a policy first."""
    roles = case.model.companion.roles
    first = [roles[role] for role in LEVER_ROLES if role in roles]
    found = list(_parameters(case))
    found.sort(key=lambda each: first.index(each.name) if each.name in first else len(first))
    for parameter in found[:MOST_SLIDERS]:
        places = _places(case, page, parameter.name, parameter.elements)
        if not places:
            continue
        value = page.given["constants"][places[0]]
        low, high = _span(parameter.distribution, value)
        if not (np.isfinite([low, high]).all() and high > low):
            continue
        variable = case.model.system[parameter.name]
        of = " and ".join(parameter.elements)
        yield {
            "key": parameter.selector,
            "label": f"{parameter.name}, {of}" if of else parameter.name,
            "units": _unit(variable.units),
            "about": " ".join(variable.documentation.split())[:300],
            "low": low,
            "high": high,
            "step": 1.0 if parameter.is_switch else _step(high - low),
            "value": value,
            "places": places,
        }


def _parameters(case: Scenario) -> Sequence[Parameter]:
    """The ranged constants; where the file gives no range, from nothing to twice each value."""
    found = list(case.parameters)
    known = {each.name for each in found}
    system, companion = case.model.system, case.model.companion
    roles = companion.roles
    for role in LEVER_ROLES:
        name = roles.get(role, "")
        if name in system and system.names[name] not in known:
            try:
                found += design_parameters(system, companion, [name])
            except SecdilError:
                continue  # it is computed, or has no range
    if found:
        return found
    spans = {
        name: tuple(sorted((0.0, 2.0 * float(np.max(np.abs(value))) * np.sign(np.mean(value)))))
        for name, value in case.values.constants.items()
        if name not in TIME_NAMES and np.all(value) and abs(np.mean(value)) > 0
    }
    return design_parameters(system, companion, spans) if spans else ()


def _span(own: Distribution, value: float) -> tuple[float, float]:
    """From where to where a slider goes: the range, widened to hold the value."""
    low, high = (float(each) for each in own.quantile(np.array([0.001, 0.999])))
    if own.kind == "uniform" and own.low is not None and own.high is not None:
        low, high = own.low, own.high
    return min(low, value), max(high, value)


def _unit(text: str) -> str:
    return "" if text.casefold() in NO_UNIT else text


def _step(width: float) -> float:
    """A round step, two hundred to a thousand of them across."""
    return float(10.0 ** np.floor(np.log10(width / 200.0)))


def _places(case: Scenario, page: InPage, name: str, chosen: Sequence[str]) -> list[int]:
    """Where a constant, or some elements of it, stand among the printed model's inputs."""
    system = case.model.system
    name = system.names[name]
    if name not in page.script.constants:
        return []
    slot = case.model.compiler.schedule(system, page.setup.values).slots[name]
    grid = np.arange(slot.size).reshape(slot.shape)
    for axis, (dimension, element) in enumerate(zip(slot.dimensions, chosen, strict=False)):
        if element != "*":
            grid = np.take(grid, [_elements(case, dimension).index(element)], axis=axis)
    return (page.script.constants[name] + grid.ravel()).tolist()


def _elements(case: Scenario, dimension: str) -> tuple[str, ...]:
    found = case.model.system.range(dimension)
    return found.elements if found else ()


# what is drawn


def _variables(case: Scenario, page: InPage, shown: Sequence[str]) -> list[dict[str, Any]]:
    """For each variable shown: its name, unit, and the place and label of each line."""
    system = case.model.system
    slots = case.model.compiler.schedule(system, page.setup.values).slots
    found, place = [], 0
    for name in shown:
        slot = slots[name]
        ranges = [_elements(case, each) for each in slot.dimensions]
        labels = [
            ", ".join(ranges[k][i] for k, i in enumerate(at)) for at in np.ndindex(slot.shape)
        ]
        pairs = len(slot.dimensions) == 2
        lines = [
            [place + k, label or name]
            for k, (label, at) in enumerate(zip(labels, np.ndindex(slot.shape), strict=True))
            if not (pairs and set(slot.dimensions) == {"state", "rival"} and at[0] == at[1])
        ]
        found.append(
            {"name": name, "units": _unit(system[name].units), "lines": lines[:MOST_LINES]}
        )
        place += slot.size
    return found


def _history(case: Scenario, shown: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Figures of the past, by variable and state: years (their middle) and values."""
    if case.data is None or case.data.empty:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for (name, state), rows in case.data.groupby(["variable", "state"], sort=False):
        rows = rows[np.isfinite(rows["value"].to_numpy(dtype=float))]
        if name in shown:
            years = (rows["year"].astype(float) + 0.5).tolist()
            found.setdefault(str(name), {})[str(state)] = [years, rows["value"].tolist()]
    return found


def _phase(case: Scenario, variables: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The two values whose path is drawn in the plane, where a model has two that face each other."""
    spending = case.model.companion.roles.get("spending", "")
    own = next((each for each in variables if each["name"] == spending), None)
    if len(case.states) != 2 or own is None:
        return None
    return {"name": spending, "units": own["units"], "lines": own["lines"]}


def _draws(case: Scenario, page: InPage) -> Mapping[str, Any] | None:
    """What a fit leaves open: the places that are drawn, and the values of each draw."""
    if case.draws is None:
        return None
    places: list[int] = []
    columns: list[np.ndarray] = []
    for text in case.draws.columns:
        name, chosen = (text, ()) if text in case.model.system else split_selector(text)
        for place in _places(case, page, name, chosen):
            places.append(place)
            columns.append(case.draws[text].to_numpy(dtype=float)[:MOST_DRAWS])
    if not places:
        return None
    return {"places": places, "rows": np.stack(columns, axis=1).tolist()}


# markup


def _markup(data: Mapping[str, Any], sliders: Sequence[Mapping[str, Any]]) -> str:
    rows = [_slider(k, each) for k, each in enumerate(sliders)]
    more = (
        f"<details><summary>More to move ({len(rows) - FIRST})</summary>"
        f'<div class="sliders">{"".join(rows[FIRST:])}</div></details>'
        if len(rows) > FIRST
        else ""
    )
    options = "".join(
        f'<option value="{k}">{escape(each["name"])}</option>'
        for k, each in enumerate(data["variables"])
    )
    plots = ['<div><div class="chart" data-chart="path" role="img"></div></div>']
    if data["given"]["loop"]:
        plots.append('<div><div class="chart" data-chart="spiral" role="img"></div></div>')
    if data["phase"]:
        plots.append('<div><div class="chart" data-chart="phase" role="img"></div></div>')
    return (
        f'<div class="sliders" role="group" aria-label="What you can move">{"".join(rows[:FIRST])}'
        f'</div>{more}<p class="acts"><button type="button" class="reset">Back to the report\'s values'
        f'</button> <label>Show <select class="which">{options}</select></label></p>'
        f'<p class="said" aria-live="polite" role="status"></p>'
        f'<div class="charts">{"".join(plots)}</div>'
    )


def _slider(k: int, slider: Mapping[str, Any]) -> str:
    label, units = escape(slider["label"]), escape(slider["units"])
    about = f' title="{escape(slider["about"])}"' if slider["about"] else ""
    return (
        f'<div class="slider"><label for="try-{k}"{about}>{label}</label>'
        f'<output id="try-{k}-out" for="try-{k}"></output>'
        f'<input type="range" id="try-{k}" data-slider="{k}" data-units="{units}" '
        f'min="{slider["low"]!r}" max="{slider["high"]!r}" step="any" value="{slider["value"]!r}">'
        "</div>"
    )
