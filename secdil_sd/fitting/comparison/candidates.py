"""The explanations that are held against each other, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.fitting.comparison.arms_races import ArmsRace
from secdil_sd.fitting.comparison.automatic import auto_arima, auto_ets
from secdil_sd.fitting.comparison.backtest import Forecaster
from secdil_sd.fitting.comparison.equation import Equation
from secdil_sd.fitting.comparison.history import History
from secdil_sd.fitting.comparison.model_path import FadingDepartures, model_path
from secdil_sd.fitting.comparison.regressions import (
    AUTOREGRESSION,
    COMMON_SHOCK,
    EXPONENTIAL_GROWTH,
    GROWTH_AUTOREGRESSION,
    INDEPENDENT_TREND,
    RANDOM_WALK,
)
from secdil_sd.fitting.comparison.verdict import OWN as EXTENDED
from secdil_sd.names import spelling, suggestion

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

SELF_STIMULATION = "self-stimulation"
SPENDING, STOCKS, BURDEN = "Richardson on spending", "Richardson on stocks", "Richardson on burden"
FORECASTERS: Mapping[str, Forecaster] = {"auto-ETS": auto_ets, "auto-ARIMA": auto_arima}
NEEDED = (
    RANDOM_WALK.name, INDEPENDENT_TREND.name, COMMON_SHOCK.name, AUTOREGRESSION.name,
    SELF_STIMULATION, SPENDING, STOCKS,
)  # fmt: skip
"""What verdicts rest on, whatever else is asked for: a verdict does not depend on the list."""


def self_stimulation(history: History) -> ArmsRace:
    """Return Richardson's equations with nobody reacting."""
    return ArmsRace(SELF_STIMULATION, "no reaction", np.zeros_like(history.rivals))


def tested_for_reaction(history: History) -> tuple[ArmsRace, ArmsRace]:
    """Return the equations whose reaction is tested: to spending, and to stocks."""
    return (
        ArmsRace(SPENDING, "reaction", history.rivals),
        ArmsRace(STOCKS, "reaction", history.rivals, history.obsolescence),
    )


def equations(
    history: History,
    case: Scenario,
    models: Sequence[str] | None,
    parameters: Sequence[str] | None,
) -> dict[str, Equation]:
    """Return the equations to compare, by name.

    Parameters
    ----------
    history : History
    case : Scenario
    models : sequence of str, optional
        Names; default all that apply. Those a verdict rests on are always there.
    parameters : sequence of str, optional
        Of the extended model; default what the scenario's file fits.

    Raises
    ------
    InputError
        For unknown names, and for parameters that cannot be fitted; all together.
    """
    found: list[Equation] = [
        RANDOM_WALK, EXPONENTIAL_GROWTH, GROWTH_AUTOREGRESSION, INDEPENDENT_TREND, COMMON_SHOCK,
        AUTOREGRESSION, self_stimulation(history), *tested_for_reaction(history),
    ]  # fmt: skip
    if history.outputs is not None:
        found.append(ArmsRace(BURDEN, "reaction", history.rivals, outputs=history.outputs))
    findings: list[Finding] = []
    with collecting(findings):
        found += _extended(history, case, models, parameters)
    known = [each.name for each in found]
    findings += _unknown(models, [*known, *FORECASTERS, BURDEN, EXTENDED])
    if findings:
        raise InputError(*findings)
    return {each.name: each for each in found if _wanted(each.name, models)}


def forecasters(models: Sequence[str] | None) -> dict[str, Forecaster]:
    """Return the forecasters that choose their own form, by name."""
    return {name: each for name, each in FORECASTERS.items() if _wanted(name, models)}


def _extended(
    history: History,
    case: Scenario,
    models: Sequence[str] | None,
    parameters: Sequence[str] | None,
) -> list[FadingDepartures]:
    """The case's model: where its file says what to fit and it says more than the linear ones."""
    listed = case.file.fit.parameters if case.file else ()
    asked = parameters is not None or (models is not None and _wanted(EXTENDED, models))
    if not asked and ("burden" not in case.model.companion.roles or not listed):
        return []
    if models is not None and not _wanted(EXTENDED, models) and parameters is None:
        return []
    return [model_path(case, history.observed, parameters)]


def _wanted(name: str, models: Sequence[str] | None) -> bool:
    chosen = {spelling(each) for each in models or ()}
    return models is None or name in NEEDED or spelling(name) in chosen


def _unknown(models: Sequence[str] | None, known: Sequence[str]) -> list[Finding]:
    names = {spelling(each) for each in known}
    return [
        Finding("error", f"There is no explanation {each!r}.", "models", remedy=hint)
        for each in models or ()
        if spelling(each) not in names
        for hint in [suggestion(each, known)]
    ]
