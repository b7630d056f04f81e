"""The report of a scenario or a model: runs what it needs, arranges what applies, writes a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.fan import fan
from secdil_sd.analysis.history import beside_history, fine_times, score
from secdil_sd.analysis.phase import phase_portrait
from secdil_sd.analysis.plausible import judgement_parameters, plausible
from secdil_sd.analysis.what_if import what_if
from secdil_sd.errors import Finding, InputError, SolveError
from secdil_sd.fitting.estimate import fit
from secdil_sd.names import key
from secdil_sd.reporting import generic, sections
from secdil_sd.reporting.answer import JUDGEMENT, across_cases, answer
from secdil_sd.reporting.equations import equations_section
from secdil_sd.reporting.explorer import explorer_section
from secdil_sd.reporting.fitting import fit_section
from secdil_sd.reporting.page import Page, Section, write_page
from secdil_sd.reporting.results import result_page
from secdil_sd.reporting.sweeps import draws_section
from secdil_sd.simulation.model import RUN_METHOD, Model
from secdil_sd.simulation.scenario import Scenario, scenario_of
from secdil_sd.simulation.scenario_loading import load_subject

if TYPE_CHECKING:
    import xarray as xr

FITTED = (
    "Whether the form of the model is right: draws of a fit show what its figures leave open within "
    "that form.",
)
ALWAYS = (
    "The scale of its probabilities, and everything marked judgement below: these are to be varied, "
    "not believed.",
    "What it leaves out: alliances, nuclear strategy beyond a share of the hazard, the lag from order "
    "to weapon, wars that feed back on arms, chance.",
)

FEW_STARTS, COARSE = 2, 1e-6
"""A report's fit sets out from the scenario's own values and from one place more, and integrates
to six digits: it agrees with a full fit in all digits shown and takes a fifth of its time."""


def report(
    subject: Scenario | Model | str | Path | Any = "cold_war", path: str | Path | None = None
) -> Path:
    """Write an HTML report: question, answer, figures, equations; one file, no network.

    Parameters
    ----------
    subject : Scenario, Model, str, Path or result
        What to report on; a bundled name or a file stands for what it holds. Any
        system-dynamics model gets the sections that apply, the result of an analysis its own
        page.
    path : str or Path, optional
        Where to write; default the subject's name (of a result, what it is) with ending .html.

    Returns
    -------
    Path

    Raises
    ------
    FileError
        If the place cannot be written; nothing is left half-written.
    InputError
        If the path does not end in .html.
    """
    case = _as_scenario(subject)
    name = case.name if case is not None else type(subject).__name__.lower()
    target = Path(path) if path is not None else Path(f"{name}.html")
    if target.suffix.lower() not in (".html", ".htm"):
        remedy = "Give a name that ends in .html."
        raise InputError(
            Finding("error", f"A report is an HTML file, not {target.name!r}.", remedy=remedy)
        )
    page = build_page(case) if case is not None else result_page(subject)
    return write_page(page, target)


def build_page(case: Scenario) -> Page:
    """Return the page of a scenario, with the sections that apply to it."""
    if case.cases:
        return _cases_page(case)
    if case.states and case.model.gains:
        return _rivalry_page(case)
    return _model_page(case)


def _as_scenario(subject: Any) -> Scenario | None:
    """Return what a report is on as a scenario; None if it is a result."""
    if isinstance(subject, Scenario):
        return subject
    if isinstance(subject, Model):
        return scenario_of(subject)
    return load_subject(subject) if isinstance(subject, str | Path) else None


def _rivalry_page(case: Scenario) -> Page:
    """The whole story of one rivalry."""
    roles = case.model.companion.roles
    has_data = case.data is not None and not case.data.empty
    run = case.run(times=fine_times(case) if has_data else None)
    scores = score(case, run) if has_data else None
    beside = beside_history(case, run) if has_data else None
    unit = _spending_unit(case, run)
    open_question = plausible(case) if judgement_parameters(case) else None
    share = open_question.share_above if open_question else None
    around = fan(case) if case.draws is not None else None
    drawn = JUDGEMENT
    if around is not None:
        share = around.share_above[0] if share is None else share
        drawn = f"the fitted values and of {JUDGEMENT}" if open_question else "the fitted values"
    found: list[Section | None] = [
        sections.history_section(case, run, beside, scores, around),
        _fit_section(case) if has_data and case.draws is None else None,
        sections.spiral_section(run, open_question, around),
        explorer_section(case),
    ]
    if len(case.states) == 2:
        table = phase_portrait(case)
        found.append(sections.phase_section(table, case.states, unit))
    found.append(sections.beliefs_section(run, roles, case.states))
    if "balance" in roles:
        found.append(sections.what_if_section(what_if(case), case.states, unit))
    found += [generic.values_section(case), equations_section(case.model), _caveats(case)]
    return Page(
        case.title or case.name,
        case.question,
        answer(run, scores, share, drawn),
        (
            *case.caveats[:3],
            *(ALWAYS if "balance" in roles else ALWAYS[:0]),
            *(FITTED if around is not None else ()),
        ),
        tuple(each for each in found if each is not None),
        _provenance(case, run),
    )


def _fit_section(case: Scenario) -> Section | None:
    """What the figures tell of the numbers that the scenario's file says to fit."""
    if case.file is None or not case.file.fit.parameters:
        return None
    try:
        return fit_section(case, fit(case, starts=FEW_STARTS, rtol=COARSE))
    except SolveError as error:
        return Section("fit", "What can the figures tell?", (str(error),))


def _cases_page(case: Scenario) -> Page:
    run = case.run()
    titles = {name: each.title for name, each in case.cases.items()}
    roles = case.model.companion.roles
    found = [
        generic.cases_section(run, titles, roles, case.states),
        generic.values_section(case),
        equations_section(case.model),
        _caveats(case),
    ]
    return Page(
        case.title or case.name,
        case.question,
        across_cases(run, titles),
        (*case.caveats[:3], *ALWAYS),
        tuple(each for each in found if each is not None),
        _provenance(case, run),
    )


def _model_page(case: Scenario) -> Page:
    """The sections any system-dynamics model has."""
    reason = case.model.needs_euler(case.params)
    method = "Euler" if reason else RUN_METHOD
    run = case.run(method=method)
    stocks = [each.name for each in case.model.system.variables if each.kind == "stock"]
    notes = tuple(str(each) for each in case.model.check())
    shown = stocks or [str(run[name].attrs.get("long_name", name)) for name in run.data_vars][:6]
    found: list[Section | None] = [generic.paths_section(run, shown), explorer_section(case)]
    if case.draws is not None:
        found.append(draws_section(case, shown, method))
    found.append(equations_section(case.model))
    if notes:
        found.append(Section("notes", "What the check says", points=notes))
    return Page(
        case.title or case.name,
        case.question or f"What does {case.title or case.name} do?",
        answer(run, None),
        (
            "Whether the model is right: this page shows what its equations do at the file's values.",
            *(
                [f"What happens within a step: it is solved by Euler's method, as {reason}."]
                if reason
                else []
            ),
        ),
        tuple(each for each in found if each is not None),
        _provenance(case, run),
    )


def _spending_unit(case: Scenario, run: xr.Dataset) -> str:
    given = case.data.attrs.get("units", "") if case.data is not None else ""
    name = key(case.model.companion.roles["spending"])
    return str(given or run[name].attrs.get("units", ""))


def _caveats(case: Scenario) -> Section | None:
    points = (*case.caveats, *(f"Source: {each}" for each in case.sources))
    return Section("caveats", "Caveats and sources", points=points) if points else None


def _provenance(case: Scenario, run: xr.Dataset) -> dict[str, str]:
    record = {name: str(value) for name, value in run.attrs.items()}
    times = np.asarray(run["time"].values)
    record["times"] = f"{times[0]:g} to {times[-1]:g}, {len(times)} output times"
    if case.data is not None:
        record["data"] = json.dumps(dict(case.data.attrs), ensure_ascii=False)[1:-1].replace(
            '"', ""
        )
    return record
