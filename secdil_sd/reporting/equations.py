"""The equations of a model for readers: grouped by kind, typeset, with units and sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.equations.system import TIME_NAMES, Variable
from secdil_sd.reporting.page import Equation, Section
from secdil_sd.simulation.describe import kinds
from secdil_sd.targets.latex import print_latex

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model

HEADINGS = {
    "stock": "Stocks",
    "flow": "Flows",
    "auxiliary": "Auxiliaries",
    "constant": "Constants",
    "lookup": "Lookup tables",
    "data": "Data",
}


def equations_section(model: Model) -> Section:
    """Return every equation of a model, stocks first."""
    kind_of = kinds(model.system)
    groups: dict[str, list[Equation]] = {each: [] for each in HEADINGS.values()}
    for variable in model.system.variables:
        if variable.name in TIME_NAMES:
            continue
        groups[HEADINGS[kind_of[variable.name]]].append(_equation(variable))
    shown = {heading: tuple(each) for heading, each in groups.items() if each}
    lead = (
        f"All {sum(map(len, shown.values()))} variables of {model.system.place or model.name}, as the "
        "file has them.",
    )
    return Section("equations", "The equations", lead, equations=shown)


def _equation(variable: Variable) -> Equation:
    limits = (variable.low, variable.high)
    span = ""
    if any(each is not None for each in limits):
        low, high = ("…" if each is None else f"{each:g}" for each in limits)
        span = f"range {low} to {high}"
    math = "".join(_typeset(print_latex(variable.name, each)) for each in variable.definitions[:12])
    return Equation(variable.name, variable.units, math, variable.documentation, span)


def _typeset(latex: str) -> str:
    from latex2mathml.converter import convert

    return convert(latex, display="block")
