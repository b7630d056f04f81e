"""One page for one result: what was found, its figures, its tables, how it was made."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import Any

import pandas as pd
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
from secdil_sd.analysis.sweeps.critical import Threshold
from secdil_sd.analysis.sweeps.stability_map import StabilityMap
from secdil_sd.analysis.tipping.basins import Basins
from secdil_sd.analysis.tipping.bifurcation import Bifurcation
from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.comparison.result import Comparison
from secdil_sd.fitting.fit import Fit
from secdil_sd.fitting.panel.result import Panel
from secdil_sd.reporting.bifurcation import basins_page, bifurcation_page
from secdil_sd.reporting.comparison import comparison_page
from secdil_sd.reporting.discovery import discovery_page, modes_page, stacking_page
from secdil_sd.reporting.fitting import fit_page
from secdil_sd.reporting.page import Page, Section
from secdil_sd.reporting.panel import panel_page
from secdil_sd.reporting.policy import advice_page, remedies_page, search_page
from secdil_sd.reporting.propositions import propositions_page
from secdil_sd.reporting.reality import reality_page
from secdil_sd.reporting.screening import table_page
from secdil_sd.reporting.sensitivity import sensitivity_page
from secdil_sd.reporting.sweeps import dataset_page, map_page, threshold_page


@singledispatch
def result_page(result: Any) -> Page:
    """Return the page that shows a result of an analysis.

    Raises
    ------
    InputError
        If there is no page for such a thing.
    """
    message = f"There is no report on a {type(result).__name__}."
    remedy = "Give a scenario, a model, its name or file, or the result of an analysis."
    raise InputError(Finding("error", message, remedy=remedy))


result_page.register(Propositions, propositions_page)
result_page.register(RealityCheck, reality_page)
result_page.register(Discovery, discovery_page)
result_page.register(Stacking, stacking_page)
result_page.register(BehaviorModes, modes_page)
result_page.register(Sensitivity, sensitivity_page)
result_page.register(Basins, basins_page)
result_page.register(Bifurcation, bifurcation_page)
result_page.register(Threshold, threshold_page)
result_page.register(StabilityMap, map_page)
result_page.register(Fit, fit_page)
result_page.register(Panel, panel_page)
result_page.register(xr.Dataset, dataset_page)
result_page.register(pd.DataFrame, table_page)


@result_page.register(list)
@result_page.register(tuple)
def _several(results: list[Any] | tuple[Any, ...]) -> Page:
    """Several results on one page, in their order; the first asks the question."""
    if not results:
        raise InputError(Finding("error", "There are no results to report on."))
    pages = _told_apart([result_page(each) for each in results])
    sections = (
        _numbered(section, k) for k, page in enumerate(pages, 1) for section in page.sections
    )
    return replace(
        pages[0],
        answer=tuple(each for page in pages for each in page.answer),
        cannot_tell=tuple(dict.fromkeys(each for page in pages for each in page.cannot_tell)),
        sections=tuple(sections),
        provenance={name: text for page in pages[::-1] for name, text in page.provenance.items()},
    )


def _told_apart(pages: list[Page]) -> list[Page]:
    """Pages on different cases say in each answer and heading whose it is."""
    if len({page.title for page in pages}) == 1:
        return pages
    return [
        replace(
            page,
            answer=tuple(f"{page.title}: {each}" for each in page.answer),
            sections=tuple(
                replace(each, heading=f"{page.title}: {each.heading}") for each in page.sections
            ),
        )
        for page in pages
    ]


def _numbered(section: Section, number: int) -> Section:
    """A section whose names cannot meet those of another result."""
    exhibits = tuple(replace(each, id=f"{each.id}-{number}") for each in section.exhibits)
    cards = tuple(replace(each, id=f"{each.id}-{number}") for each in section.cards)
    return replace(section, id=f"{section.id}-{number}", exhibits=exhibits, cards=cards)


result_page.register(Advice, advice_page)
result_page.register(Remedies, remedies_page)
result_page.register(PolicySearch, search_page)
result_page.register(Comparison, comparison_page)
