"""Scenarios loaded: a bundled name or a file, with its tables in and every mistake told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from secdil_sd import bundle
from secdil_sd.errors import Finding, InputError, ScenarioError, SecdilError
from secdil_sd.names import Names
from secdil_sd.simulation.model import Model, load_model
from secdil_sd.simulation.overrides import merged
from secdil_sd.simulation.parameters import design_parameters
from secdil_sd.simulation.premise import Premise, unknown_constants
from secdil_sd.simulation.scenario import Scenario, scenario_of
from secdil_sd.simulation.scenario_file import (
    ScenarioFile,
    SeriesFile,
    locate,
    read_data,
    read_scenario_file,
    read_table,
)
from secdil_sd.simulation.tables import read_samples
from secdil_sd.simulation.values import resolve


def load_subject(name: str | Path) -> Scenario:
    """Load what a user named: a scenario, or a model as a scenario of its own.

    Parameters
    ----------
    name : str or Path
        A bundled scenario or model, or the path of a scenario or model file.

    Raises
    ------
    InputError
        If nothing has that name; suggests the nearest of both.
    """
    text = str(name)
    suffix = Path(text).suffix.lower()
    if suffix in bundle.MODEL_SUFFIXES:
        return scenario_of(load_model(name))
    if suffix or "/" in text or "\\" in text:
        return load_scenario(name)
    models, scenarios = (Names(each(), "name") for each in (bundle.models, bundle.scenarios))
    if text in scenarios:
        return load_scenario(text)
    if text in models:
        return scenario_of(load_model(text))
    raise InputError(Names([*scenarios, *models], "scenario or model").unknown(text))


def load_scenario(name: str | Path) -> Scenario:
    """Read a scenario: a bundled name, or the path of a TOML file.

    Parameters
    ----------
    name : str or Path
        "cold_war", "wwi_richardson", "four_worlds", "regime_dyads"; or a path.

    Returns
    -------
    Scenario

    Raises
    ------
    FileError
        If a file is missing.
    ScenarioError
        For everything wrong in the file, each mistake with its place.

    Examples
    --------
    >>> case = load_scenario("four_worlds")
    >>> list(case.cases)
    ['W1', 'W2', 'W3', 'W4']
    """
    text = str(name)
    is_path = isinstance(name, Path) or text.endswith(".toml") or "/" in text or "\\" in text
    path = Path(text) if is_path else bundle.scenario(text)
    file = read_scenario_file(path)
    model = _model_of(file, path)
    findings: list[Finding] = []
    params = dict(file.params)
    for series, given in file.series.items():
        try:
            params[series] = _series(given, path)
        except SecdilError as error:
            findings += error.findings
    case = Scenario(
        path.stem,
        model,
        file.title,
        file.question,
        file.description,
        file.sources,
        file.caveats,
        params,
        file.times.listed() if file.times else (),
        None,
        file.parameters.names,
        file.origins,
        file=file,
        path=path,
    )
    cases = {
        label: replace(
            case,
            name=label,
            title=each.title or label,
            params=merged(params, each.params, case.model.system.names),
            origins={**file.origins, **each.origins},
        )
        for label, each in file.cases.items()
    }
    findings += _value_findings(case, cases, path)
    findings += _proposition_findings(case, cases, path)
    data = None
    if file.data is not None:
        try:
            data = read_data(locate(file.data.file, path), case.states, file.data)
        except SecdilError as error:
            findings += error.findings
    cases = {n: replace(each, data=data) for n, each in cases.items()}
    found = replace(case, data=data, cases=cases)
    if file.draws is not None and not findings:  # they rest on the values
        try:
            found = found.replace(draws=read_samples(locate(file.draws.file, path)))
        except SecdilError as error:
            place = f"{path.name}, [draws] {file.draws.file}"
            findings += [replace(each, place=place) for each in error.findings]
    if findings:
        raise ScenarioError(*findings)
    return found


def _model_of(file: ScenarioFile, path: Path) -> Model:
    beside = path.parent / file.model
    named = file.model if not beside.is_file() else beside
    return load_model(named, dict(file.subscripts) or None)


def _value_findings(case: Scenario, cases: Mapping[str, Scenario], path: Path) -> list[Finding]:
    """Check every value now, so that all of a file's mistakes are told together."""
    found: list[Finding] = []
    for place, each in (("[params]", case), *((f"[cases.{n}]", c) for n, c in cases.items())):
        try:
            resolve(
                each.model.system, each.params, each.model.companion.limits, f"{path.name}, {place}"
            )
        except SecdilError as error:
            known = {finding.message for finding in found}
            found += [finding for finding in error.findings if finding.message not in known]
    try:
        case.parameters  # noqa: B018 - raises for names that are not parameters
    except SecdilError as error:
        found += [replace(each, place=f"{path.name}, [parameters]") for each in error.findings]
    return found


def _proposition_findings(
    case: Scenario, cases: Mapping[str, Scenario], path: Path
) -> list[Finding]:
    """Check the names propositions use; outputs are read when they are run."""
    found: list[Finding] = []
    limits, system = case.model.companion.limits, case.model.system
    for name, each in case.propositions.items():
        place = f"{path.name}, [propositions.{name}]"
        parts = each.parts
        for label in each.cases:
            if label not in cases:
                found.append(Names(list(cases), "case").unknown(label, f"{place} cases"))
        found += unknown_constants(Premise.parse(parts.when).names, system, f"{place} when")
        for key, values in (("settings", parts.settings), ("change", parts.change)):
            try:
                resolve(system, values, limits, f"{place} {key}")
            except SecdilError as error:
                found += error.findings
        try:
            if each.varied:
                design_parameters(system, case.model.companion, each.varied)
        except SecdilError as error:
            found += [replace(one, place=f"{place} varied") for one in error.findings]
    return found


def _series(given: Any, path: Path) -> Any:
    """Return a year-indexed series: a frame with a column a state, from a table or inline."""
    import pandas as pd

    if isinstance(given, SeriesFile):
        table = read_table(locate(given.file, path))
        if given.column in table.columns:
            return table.pivot(index="year", columns="state", values=given.column).dropna()
        chosen = (
            table[table["variable"] == given.column] if "variable" in table.columns else table[:0]
        )
        if chosen.empty:
            message = f"No column or variable {given.column!r} in {given.file}."
            raise ScenarioError(Finding("error", message, f"{path.name}, [series]"))
        return chosen.pivot(index="year", columns="state", values="value").dropna()
    frame = pd.DataFrame({e: {float(y): v for y, v in years.items()} for e, years in given.items()})
    return frame.sort_index().interpolate(method="index").bfill()
