"""The page of a comparison: is there reaction, what explains best, what would have forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.figures.comparison import fans, placebos, skill
from secdil_sd.figures.style import Exhibit, Panel
from secdil_sd.fitting.comparison.result import Comparison
from secdil_sd.reporting.page import Page, Section, Table

if TYPE_CHECKING:
    import pandas as pd

CANNOT_TELL = (
    "Whether an explanation that is not in the table would do better than all of them.",
    "Whether spending is the right thing to look at: states may answer intentions, or weapons.",
    "What happens when a rivalry changes its nature: every forecast here takes it to go on.",
)
FANS = 4
"""Origins from which forecasts are drawn."""
WORDS = {
    "criteria": "Each explanation's log likelihood of the same yearly figures of log spending, the "
    "first two years given, and what it is worth: smaller AICc and BIC are better, larger "
    "leave-a-year-out density is (by the hat matrix, without refitting). Differences below 2 do "
    "not choose. Differences are to the best of those that were told nothing: the case's own "
    "model stands apart, as what its scenario measures and judges is not counted.",
    "reaction": "Twice the gain in log likelihood by reaction, and the share of placebos "
    "(histories drawn without reaction, with the same drift, persistence and shared shocks) that "
    "gain as much. Each row judges one way of measuring by itself.",
    "contest": "The best explanation with reaction against naive forecasts and against itself "
    "without reaction; errors of log spending, all states. The best naive forecast is found in "
    "hindsight, which is on its side. A p-value counts as clear at 5% shared over the horizons.",
    "backtest": "Scaled error: mean absolute error over the mean yearly change (1: as far off as "
    "repeating the last figure is in a year). Coverage: how often the figure lay inside the "
    "interval that should hold it that often.",
}


def comparison_page(result: Comparison) -> Page:
    """Return the page of a comparison."""
    first, last = result.years[0], result.years[-1]
    return Page(
        f"{result.title}: what explains it?",
        f"Did they answer each other between {first} and {last}, and would a model have forecast it?",
        result.sentences,
        (*CANNOT_TELL, *result.notes),
        tuple(_sections(result)),
        result.provenance,
    )


def _sections(result: Comparison) -> list[Section]:
    sections = [
        Section(
            "reaction",
            "Is there reaction?",
            (),
            _placebos(result),
            tuple(each for each in (_robustness(result), _reactions(result)) if each.rows),
        ),
        Section("explanations", "What explains best?", (), (), (_criteria(result),)),
    ]
    if len(result.forecasts):
        exhibits = (_skill(result), *_fans(result))
        tables = (_contest(result), _backtest(result))
        sections.append(Section("forecasts", "Would it have been forecast?", (), exhibits, tables))
    return sections


def _skill(result: Comparison) -> Exhibit:
    return Exhibit(
        "skill",
        _title(result),
        "Mean absolute error of log spending from every year with a past to learn from, as a "
        "share of what the naive forecast (last figure plus mean growth) misses: left of the line "
        "is better than naive.",
        "Error of each model by years ahead, relative to the naive forecast.",
        (Panel(skill(result.backtest), height=110 + 30 * result.backtest["model"].nunique()),),
        result.backtest,
    )


def _title(result: Comparison) -> str:
    told = [each for each in result.sentences if "forecast" in each.lower()]
    return told[0].rstrip(".") if told else "Skill by years ahead"


def _fans(result: Comparison) -> tuple[Exhibit, ...]:
    if not len(result.contest):
        return ()
    model = str(result.contest["model"].iloc[0])
    own = result.forecasts[result.forecasts["model"] == model]
    steps = own.groupby("origin")["horizon"].max()
    full = steps[steps == steps.max()].index.to_numpy()
    places = np.unique(np.linspace(0, len(full) - 1, min(FANS, len(full))).astype(int))
    origins = [int(each) for each in full[places]]
    inside = result.backtest[
        (result.backtest["model"] == model)
        & (result.backtest["start"] == "last figure")
        & (result.backtest["state"] == "all states")
    ].dropna(subset=["coverage_90"])
    held = _held(inside)
    units = result.provenance.get("units", "")
    panels = tuple(
        Panel(
            fans(result.forecasts, result.history, model, "random walk with drift", origins,
                 state, units),
            state, 380,
        )
        for state in result.states
    )  # fmt: skip
    shown = ", ".join(map(str, origins))
    return (
        Exhibit(
            "fans",
            f"{model}: its 90% intervals held {held}",
            f"Forecasts from {shown}, each made from what was known then. Bands hold half and nine "
            "tenths of the probability; the naive forecast is the dashed line.",
            f"Forecasts of {model} from chosen years beside what came.",
            panels,
            own,
        ),
    )


def _held(inside: pd.DataFrame) -> str:
    """How often the intervals held what came, nearest and farthest horizon."""
    first, last = inside.iloc[0], inside.iloc[-1]
    shares = [f"{each['coverage_90']:.0%}" for each in (first, last)]
    if shares[0] == shares[1]:
        return f"{shares[0]} of the figures up to {last['horizon']} years ahead"
    year = "year" if first["horizon"] == 1 else "years"
    return (
        f"{shares[0]} of the figures {first['horizon']} {year} ahead and {shares[1]} "
        f"{last['horizon']} years ahead"
    )


def _placebos(result: Comparison) -> tuple[Exhibit, ...]:
    if not len(result.placebos):
        return ()
    return (
        Exhibit(
            "placebos",
            result.finding.rstrip("."),
            "How much better the linear equations fit when states may answer each other's spending "
            "or stocks: this history (line) beside histories drawn without any reaction. Drifting "
            "series look related; only a gain that few placebos reach speaks for reaction.",
            "Gain by reaction of placebos and of this history.",
            (Panel(placebos(result.placebos, result.reaction_gain), height=330),),
            result.placebos,
        ),
    )


def _criteria(result: Comparison) -> Table:
    columns = (
        "explanation", "reaction", "numbers", "log likelihood", "AICc difference", "weight",
        "BIC difference", "left out", "± s.e.",
    )  # fmt: skip
    rows = tuple(
        (
            str(row.model) + ("" if row.converged else " (did not converge)"),
            {"reaction": "yes", "own model": "its own"}.get(row.family, "no"),
            str(row.parameters), f"{row.log_likelihood:.1f}", f"{row.aicc_difference:.1f}",
            _number(row.aicc_weight, ".0%"), f"{row.bic_difference:.1f}", f"{row.loo_difference:.1f}",
            f"{row.loo_difference_error:.1f}",
        )
        for row in result.criteria.itertuples()
    )  # fmt: skip
    return Table("Criteria", columns, rows, WORDS["criteria"], result.criteria)


def _robustness(result: Comparison) -> Table:
    rows = tuple(
        (
            row.unit, row.smoothing, row.prices, f"{row.first}-{row.last}", _number(row.gain, ".1f"),
            _number(row.p, ".2f"), row.reactions, row.answer,
        )
        for row in result.robustness.itertuples()
    )  # fmt: skip
    columns = ("unit", "smoothing", "prices", "years", "gain", "p", "reactions [1/yr]", "reaction")
    caption = WORDS["reaction"]
    return Table("How the answer changes", columns, rows, caption, result.robustness)


def _reactions(result: Comparison) -> Table:
    rows = tuple(
        (row.state, row.equation, f"{row.reaction:.3f}", f"{row.std_error:.3f}", row.answers)
        for row in result.reactions.itertuples()
    )
    columns = ("state", "equation", "reaction [1/yr]", "standard error", "answers its rival?")
    caption = "In the linear equation that gains most by reaction."
    return Table("Who answers", columns, rows, caption, result.reactions)


def _contest(result: Comparison) -> Table:
    rows = tuple(
        (
            row.model, str(row.horizon), f"{row.against}: {row.other}", str(row.origins),
            _number(row.relative_error, ".2f"), _number(row.p, ".3f"),
            row.judgement if np.isfinite(row.p) else "too few origins",
        )
        for row in result.contest.itertuples()
    )  # fmt: skip
    columns = ("model", "years ahead", "against", "origins", "relative error", "p", "judgement")
    return Table("With reaction, against naive", columns, rows, WORDS["contest"], result.contest)


def _backtest(result: Comparison) -> Table:
    columns = (
        "model", "start", "years ahead", "origins", "scaled error", "relative", "log score",
        "50%", "90%", "note",
    )  # fmt: skip
    own = result.backtest[result.backtest["state"] == "all states"]
    rows = tuple(
        (
            row.model, row.start, str(row.horizon), str(row.origins), _number(row.mase, ".2f"),
            _number(row.relative_error, ".2f"), _number(row.log_score, ".2f"),
            _number(row.coverage_50, ".0%"), _number(row.coverage_90, ".0%"),
            row.note + (f"; {row.beyond} at an edge" if row.beyond else ""),
        )
        for row in own.itertuples()
    )  # fmt: skip
    return Table("Backtest, all states", columns, rows, WORDS["backtest"], result.backtest)


def _number(value: Any, form: str) -> str:
    return format(value, form) if value is not None and np.isfinite(value) else "-"
