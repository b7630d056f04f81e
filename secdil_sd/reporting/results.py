"""One page for one result: what was found, its figures, its tables, how it was made."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from secdil_sd.analysis.basins import Basins
from secdil_sd.analysis.bifurcation import Bifurcation
from secdil_sd.analysis.discovery import Discovery
from secdil_sd.analysis.modes import BehaviorModes
from secdil_sd.analysis.reality import RealityCheck
from secdil_sd.analysis.stacking import Stacking
from secdil_sd.errors import Finding, InputError
from secdil_sd.reporting.bifurcation import basins_page, bifurcation_page
from secdil_sd.reporting.discovery import discovery_page, modes_page, stacking_page
from secdil_sd.reporting.page import Page
from secdil_sd.reporting.reality import reality_page


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


result_page.register(RealityCheck, reality_page)
result_page.register(Discovery, discovery_page)
result_page.register(Stacking, stacking_page)
result_page.register(BehaviorModes, modes_page)
result_page.register(Basins, basins_page)
result_page.register(Bifurcation, bifurcation_page)
