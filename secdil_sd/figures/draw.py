"""One verb for every result: ``figure(result)`` picks the drawing by what the result is."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from secdil_sd.analysis.exploration.discovery import Discovery
from secdil_sd.analysis.exploration.modes import BehaviorModes
from secdil_sd.analysis.exploration.stacking import Stacking
from secdil_sd.analysis.policy.advice import Advice
from secdil_sd.analysis.policy.outcome import PolicySearch
from secdil_sd.analysis.policy.remedies import Remedies
from secdil_sd.analysis.propositions.testing import Propositions
from secdil_sd.analysis.reality.checks import RealityCheck
from secdil_sd.analysis.sensitivity.result import Sensitivity
from secdil_sd.analysis.stability import Stability
from secdil_sd.analysis.sweeps.bands import bands
from secdil_sd.analysis.sweeps.critical import Threshold
from secdil_sd.analysis.sweeps.stability_map import StabilityMap
from secdil_sd.analysis.sweeps.sweep_tables import is_sweep, sweep_findings
from secdil_sd.analysis.tipping.basins import Basins
from secdil_sd.analysis.tipping.bifurcation import Bifurcation
from secdil_sd.errors import Finding, InputError
from secdil_sd.figures import (
    bifurcation,
    comparison,
    cubes,
    discovery,
    drivers,
    fitting,
    panel,
    paths,
    phase,
    policy,
    posterior,
    propositions,
    reality,
    residuals,
    screening,
)
from secdil_sd.figures.style import NO_UNIT, titled
from secdil_sd.fitting import findings
from secdil_sd.fitting.bands import bands as fitted_bands
from secdil_sd.fitting.comparison.result import Comparison
from secdil_sd.fitting.diagnostics import PULLING
from secdil_sd.fitting.fit import Fit
from secdil_sd.fitting.panel.result import Panel
from secdil_sd.fitting.panel.verdicts import forest_finding
from secdil_sd.fitting.posterior.calibration import Calibration
from secdil_sd.fitting.posterior.densities import posterior_densities, spiral_densities
from secdil_sd.fitting.posterior.posterior import Posterior
from secdil_sd.fitting.posterior.spiral import SpiralVerdict
from secdil_sd.fitting.screening.words import finding


@singledispatch
def figure(result: Any) -> go.Figure:
    """Draw a result.

    Parameters
    ----------
    result : Dataset, DataArray, DataFrame or the result of an analysis
        A run (its first output over time), an ensemble (the same as bands), a sweep (its first
        output over what varies), one output of them, a what-if or phase portrait table, a
        stability result (its modes), a threshold, a stability map, a discovery (its box among
        the members, in the two parameters that matter most), a stacking or behavior modes, a fit
        (figures with both bands), its profiles, correlation, residuals or diagnostics.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InputError
        If there is no drawing for such a thing.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> run = sd.load_model("richardson").run(times=range(5), outputs=["spending"])
    >>> len(figure(run).data)
    2
    """
    message = f"There is no figure for a {type(result).__name__}."
    remedy = "Give a run, one of its outputs, or the table of an analysis."
    raise InputError(Finding("error", message, remedy=remedy))


@figure.register
def _(result: xr.Dataset) -> go.Figure:
    if is_sweep(result):
        name = next(iter(result.data_vars))
        return titled(cubes.drawing(result, str(name)), sweep_findings(result)[0])
    for variable in result.data_vars.values():
        if "time" in variable.dims:
            return figure(variable)
    message = "This dataset has no output over time."
    raise InputError(Finding("error", message, remedy="Ask for one, as outputs=['spending']."))


@figure.register
def _(result: xr.DataArray) -> go.Figure:
    if "time" not in result.dims:
        message = f"{result.name!r} does not vary over time."
        raise InputError(Finding("error", message, remedy="Draw an output over time."))
    if "member" in result.dims:
        found = bands(result)
        return titled(cubes.banded(found), found.finding)
    years = result["time"].values.tolist()
    rest = [each for each in result.dims if each != "time"]
    flat = result.stack(line=rest) if rest else result.expand_dims("line", axis=1)
    series = {}
    for k in range(min(flat.sizes["line"], 60)):
        labels = flat["line"].values[k] if rest else (str(result.name),)
        values = flat.isel(line=k).values
        name = ", ".join(map(str, labels)) if isinstance(labels, tuple) else str(labels)
        series[name] = (years, values.tolist())
    units = str(result.attrs.get("units", ""))
    unit = "" if units.casefold() in NO_UNIT else f" [{units}]"
    return paths.lines(series, f"{result.attrs.get('long_name', result.name)}{unit}")


@figure.register
def _(result: RealityCheck) -> go.Figure:
    tried = result.table[result.table["kind"] != "constraint"]
    drawing = reality.shares(tried) if len(tried) else reality.steps(result.table)
    return titled(drawing, result.finding)


@figure.register
def _(result: Stability) -> go.Figure:
    return phase.modes(result.eigenvalues)


@figure.register
def _(result: Discovery) -> go.Figure:
    if not result.chosen:
        drawing = discovery.peeling(result.trajectory, result.base_rate, result.verdicts.worlds)
        return titled(drawing, result.finding)
    drawing = discovery.box_pair(
        result.samples.assign(holds=result.holds),
        result.box(result.chosen[0]).limits,
        result.leading[:2],
        (result.verdicts.clause, "not so"),
    )
    return titled(drawing, result.finding)


@figure.register
def _(result: Stacking) -> go.Figure:
    return titled(discovery.stacking(result.table), result.finding)


@figure.register
def _(result: BehaviorModes) -> go.Figure:
    return titled(discovery.mode_shares(result.shares), result.finding)


@figure.register
def _(result: Threshold) -> go.Figure:
    drawn = cubes.curve(result) if result.spread is None else cubes.spread(result)
    return titled(drawn, result.finding)


@figure.register
def _(result: StabilityMap) -> go.Figure:
    return titled(cubes.stability_map(result), result.finding)


@figure.register
def _(result: Bifurcation) -> go.Figure:
    drawing = bifurcation.bifurcation_diagram(
        result.branches, result.points, result.parameter, result.measure, result.own
    )
    return titled(drawing, result.finding)


@figure.register
def _(result: Basins) -> go.Figure:
    drawing = bifurcation.basins_map(
        result.grid, result.equilibria, result.boundary, result.x, result.y
    )
    return titled(drawing, result.finding)


@figure.register
def _(result: Sensitivity) -> go.Figure:
    return drivers.headline(result)


@figure.register
def _(result: Propositions) -> go.Figure:
    drawing = titled(propositions.shares(result.table), result.finding)
    return drawing.update_layout(height=160 + propositions.ROW * len(result.table))


@figure.register
def _(result: Fit) -> go.Figure:
    table = fitted_bands(result)
    observed = result.problem.observed
    y_title = f"{observed.variable} [{observed.units}]" if observed.units else observed.variable
    drawing = fitting.both_bands(table, y_title, table.attrs["scale"], result.level)
    return titled(drawing, findings.closeness(result))


@figure.register
def _(result: pd.DataFrame) -> go.Figure:
    columns = set(result.columns)
    if set(fitting.PROFILE_COLUMNS) <= columns:
        return fitting.profiles(result, result.attrs.get("thresholds", {}))
    if set(residuals.PULL_COLUMNS) <= columns:
        return residuals.pulls(result, PULLING)
    if set(residuals.RESIDUAL_COLUMNS) <= columns:
        return residuals.over_time(result, "figure above the model")
    if set(residuals.SOURCE_COLUMNS) <= columns:
        return residuals.sources(result)
    if len(result) > 1 and list(result.columns) == list(result.index):
        return fitting.correlation(result)
    if set(phase.COLUMNS) <= columns:
        states = [
            str(kind).removeprefix("nullcline ")
            for kind in dict.fromkeys(result["kind"])
            if str(kind).startswith("nullcline ")
        ]
        return phase.phase_portrait(result, [*states, "x", "y"][:2], "")
    if set(paths.LEVER_COLUMNS) <= columns and "lever" in columns:
        first = result[result["lever"] == result["lever"].iloc[0]]
        return paths.by_lever(first, "spending", list(dict.fromkeys(first["state"])), "spending")
    if set(screening.COLUMNS) <= columns and len(result):
        return titled(screening.verdicts(result), finding(result))
    message = f"There is no figure for a table with the columns {', '.join(map(str, columns))}."
    raise InputError(Finding("error", message))


@figure.register
def _(result: Remedies) -> go.Figure:
    return titled(policy.doses(result.table), result.finding)


@figure.register
def _(result: PolicySearch) -> go.Figure:
    return titled(policy.front(result.front, result.tried, result.target), result.finding)


@figure.register
def _(result: Advice) -> go.Figure:
    return titled(policy.doses(result.remedies.table), result.remedies.finding)


@figure.register
def _(result: Posterior) -> go.Figure:
    return titled(posterior.densities(posterior_densities(result)), result.finding)


@figure.register
def _(result: SpiralVerdict) -> go.Figure:
    drawing = posterior.densities(spiral_densities(result), result.threshold)
    return titled(drawing, result.finding)


@figure.register
def _(result: Calibration) -> go.Figure:
    return titled(posterior.rank_histograms(result.ranks, result.draws), result.finding)


@figure.register
def _(result: Comparison) -> go.Figure:
    if not len(result.placebos):
        return titled(comparison.skill(result.backtest), result.finding)
    return titled(comparison.placebos(result.placebos, result.reaction_gain), result.finding)


@figure.register
def _(result: Panel) -> go.Figure:
    return titled(panel.forest(result.table, result.coefficients), forest_finding(result))
