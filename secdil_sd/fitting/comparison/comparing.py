"""One history, many explanations: `compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.analysis.space import as_case
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.fitting.comparison.automatic import LEAST_YEARS
from secdil_sd.fitting.comparison.backtest import (
    backtest_table,
    equation_forecasts,
    forecast_table,
    forecaster_forecasts,
)
from secdil_sd.fitting.comparison.candidates import (
    EXTENDED,
    FORECASTERS,
    equations,
    forecasters,
    tested_for_reaction,
)
from secdil_sd.fitting.comparison.contest import contest
from secdil_sd.fitting.comparison.criteria import criteria
from secdil_sd.fitting.comparison.equation import Equation
from secdil_sd.fitting.comparison.estimation import enough_years, estimate
from secdil_sd.fitting.comparison.history import History, read_history
from secdil_sd.fitting.comparison.result import Comparison
from secdil_sd.fitting.comparison.robustness import reaction_test, robustness
from secdil_sd.fitting.comparison.verdict import (
    ReactionVerdict,
    criteria_sentences,
    forecast_sentence,
    reaction_verdict,
)
from secdil_sd.provenance import fingerprint, provenance
from secdil_sd.simulation.arguments import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

OPTIONS = ("models", "parameters", "minimum_years", "placebos", "alternatives")
MINIMUM_YEARS = 15
"""Years a forecast learns from at least."""
PLACEBOS = 199
EVERY = 5
"""The model's path is fitted anew every so many origins: it takes an ensemble a step."""


def compare(
    case: Scenario | Model,
    data: pd.DataFrame | str | Path | None = None,
    horizons: Sequence[int] = (1, 3, 5, 10),
    seed: int = 1,
    **options: Any,
) -> Comparison:
    """Say what explains a history best, whether there is reaction in it, and what would forecast.

    Independent trend, common shock, autoregression, self-stimulation, Richardson's linear arms
    race on spending, stocks and burden, and the case's own model are fitted to the same figures
    of log spending, the first two years given. Reaction is held against placebos: histories
    drawn from what the data are without it. Forecasts are made from every year that has a past
    to learn from, and nothing else is looked at.

    Parameters
    ----------
    case : Scenario or Model
        Of two states or more.
    data : DataFrame, str or Path, optional
        Figures of spending (state, year, value), perhaps of GDP or burden; or a file of them.
        Default the scenario's.
    horizons : sequence of int [yr]
        How far ahead forecasts are judged.
    seed : int
        Of the placebos.
    **options
        ``models``: names of explanations, default all; ``parameters``: what the case's own model
        leaves free, default what its file fits; ``minimum_years`` to learn from, default 15;
        ``placebos`` of each kind, default 199; ``alternatives``: the same history in other
        prices, tables or files by name, each one more row of ``robustness``.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        For unknown options, models and parameters, and horizons that are no whole years.
    DataError
        For figures that cannot be used and histories of fewer than five years in a row.

    Source: Majeski and Jones (1981); Wagner, Perkins and Taagepera (1975); Ward (1984);
    Burnham and Anderson (2002); Diebold and Mariano (1995).

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = compare(sd.load_scenario("wwi_blocs"), placebos=19)
    >>> found.reaction
    'cannot tell'
    >>> print(found.finding)
    It cannot be told whether they react: 4 yearly changes are too few; below 20 even a strong ...
    """
    import pandas as pd

    case = as_case(case)
    refuse_unknown({n: v for n, v in options.items() if n not in OPTIONS}, OPTIONS, "compare")
    horizons, least, placebos = _settings(horizons, options)
    history, others = _histories(case, data, options.get("alternatives") or {})
    models, parameters = options.get("models"), options.get("parameters")
    rivals = equations(history, case, models, parameters)
    fitted, notes = _fits(rivals, history)
    table = criteria(fitted)
    test = reaction_test(history, placebos, seed)
    tested = tested_for_reaction(history)
    verdict = reaction_verdict(test, tested, history.states, history.changes, table)
    forecasts, more = _forecasts(rivals, models, history, horizons, least)
    naive = [n for n, e in rivals.items() if e.family == "naive"] + list(FORECASTERS)
    duel = contest(forecasts, _champions(table), naive, horizons)
    return Comparison(
        case.title if case.file else " and ".join(history.states),
        history.states,
        history.years,
        _words(verdict, table, duel),
        verdict.judgement,
        verdict.p,
        verdict.reactions,
        test.drawn if test is not None else pd.DataFrame(columns=["kind", "gain"]),
        test.gain if test is not None else float("nan"),
        table,
        backtest_table(forecasts, horizons, history.states),
        duel,
        forecasts,
        robustness(history, others, placebos, seed, test),
        history.observed.to_dataframe().drop(columns="variable"),
        (*history.notes, *notes, *more, *_cautions(rivals, case)),
        provenance(
            analysis="compare", scenario=case.name, model=case.model.name,
            equations=fingerprint(case.model.system), data=history.observed.source,
            figures=history.observed.values, units=history.observed.units,
            price_basis=history.observed.price_basis,
            years=(history.years[0], history.years[-1]), horizons=tuple(horizons), seed=seed,
            minimum_years=least, placebos=placebos, models=tuple(rivals),
            parameters=tuple(parameters or ()),
        ),
    )  # fmt: skip


def _settings(
    horizons: Sequence[int], options: Mapping[str, Any]
) -> tuple[tuple[int, ...], int, int]:
    """Horizons, years to learn from and placebos, checked together."""
    findings = []
    given = tuple(horizons) if isinstance(horizons, Sequence | range) else (horizons,)
    if not given or any(not _whole(each, 1) for each in given):
        remedy = "Give whole years ahead, as horizons=(1, 3, 5, 10)."
        findings.append(Finding("error", f"The horizons are {given}.", "horizons", remedy=remedy))
    least = options.get("minimum_years", MINIMUM_YEARS)
    if not _whole(least, 5):
        message = f"minimum_years is {least!r}."
        remedy = "Give 5 or more: forecasts learn from so many years at least."
        findings.append(Finding("error", message, "minimum_years", remedy=remedy))
    placebos = options.get("placebos", PLACEBOS)
    if not _whole(placebos, 19):
        message = f"placebos is {placebos!r}."
        remedy = "Give 19 or more: with fewer, no share below 5% can be seen."
        findings.append(Finding("error", message, "placebos", remedy=remedy))
    if findings:
        raise InputError(*findings)
    return tuple(sorted({int(each) for each in given})), int(least), int(placebos)


def _whole(value: Any, least: int) -> bool:
    try:
        return float(value) == int(value) >= least
    except (TypeError, ValueError, OverflowError):
        return False


def _histories(
    case: Scenario, data: Any, alternatives: Mapping[str, Any]
) -> tuple[History, dict[str, History]]:
    """The history and the same one in other prices; all mistakes together."""
    findings: list[Finding] = []
    history: History | None = None
    others: dict[str, History] = {}
    with collecting(findings):
        history = read_history(case, data)
    bare = case.replace(data=None)  # other prices than the scenario's are the point here
    for name, table in alternatives.items():
        with collecting(findings):
            others[str(name)] = read_history(bare, table)
    if findings or history is None:
        from secdil_sd.errors import DataError

        raise DataError(*findings)
    return history, others


def _fits(rivals: Mapping[str, Equation], history: History) -> tuple[dict[str, Any], list[str]]:
    """Estimates on the whole history; what it is too short for is said."""
    years, states = history.logs.shape
    fitted, short = {}, []
    for name, equation in rivals.items():
        if enough_years(equation, years, states):
            fitted[name] = (equation, estimate(equation, history.logs[None]))
        else:
            short.append(name)
    notes = []
    if short:
        notes.append(f"{years} years are too few to fit {', '.join(short)}.")
    lost = [name for name, (_, each) in fitted.items() if not each.converged[0]]
    if lost:
        notes.append(f"The fit of {', '.join(lost)} did not converge; its row is not a result.")
    return fitted, notes


def _forecasts(
    rivals: Mapping[str, Equation],
    models: Sequence[str] | None,
    history: History,
    horizons: Sequence[int],
    least: int,
) -> tuple[pd.DataFrame, list[str]]:
    """Forecasts from every origin by everything that forecasts."""
    years = len(history.years)
    origins = range(least - 1, years - 1)
    steps, notes = max(horizons), []
    missing = [each for each in horizons if years - least < each]
    if missing:
        shown = ", ".join(map(str, missing))
        notes.append(
            f"No forecasts {shown} years ahead: {years} years, of which {least} are learned from."
        )
    made = {}
    for name, each in rivals.items():
        made[name] = equation_forecasts(
            each, history.logs, origins, steps, EVERY if name == EXTENDED else 1
        )
    if least >= LEAST_YEARS:
        for name, forecaster in forecasters(models).items():
            made[name] = forecaster_forecasts(forecaster, history.logs, origins, steps)
    return forecast_table(made, history.logs, history.years, history.states), notes


def _champions(table: pd.DataFrame) -> list[str]:
    """The linear explanation with reaction that the criteria prefer, and the case's own model."""
    good = table[table["converged"]]
    return [
        str(found.iloc[0]["model"])
        for family in ("reaction", "own model")
        if len(found := good[good["family"] == family])
    ]


def _words(verdict: ReactionVerdict, table: pd.DataFrame, duel: pd.DataFrame) -> str:
    told = [forecast_sentence(part) for _, part in duel.groupby("model", sort=False)]
    told = told or ["There are too few years to judge forecasts."]
    return "\n".join((verdict.sentence, *criteria_sentences(table), *told))


def _cautions(rivals: Mapping[str, Equation], case: Scenario) -> list[str]:
    """What must be known to read the rows of the case's own model."""
    if EXTENDED not in rivals:
        return []
    found = [
        "Of the extended model only what it frees is counted; what its scenario measures or "
        "judges is not, though it was chosen by someone who knew this history."
    ]
    series = list(case.values.series)
    if series:
        found.append(
            f"The extended model's forecasts are told later {' and '.join(series)}; no other "
            "forecast is told anything."
        )
    return found
