"""A proposition tried on draws: where it holds, and where and when it first breaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import Answers, answer, lined_up
from secdil_sd.analysis.condition import OPERATORS, Comparison, Condition
from secdil_sd.analysis.reality.premises import elementwise, is_inside, premise_space, settled
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling, split_selector
from secdil_sd.simulation.outputs import Output, parse_outputs
from secdil_sd.simulation.overrides import merged
from secdil_sd.simulation.sentence import TREND

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.analysis.space import Space
    from secdil_sd.simulation.proposition import Proposition
    from secdil_sd.simulation.scenario import Scenario

UNCHANGED = 1e-5
"""Relative difference between two runs below which an output counts as unchanged: the
solver's tolerance, with room."""

BREAKS = ["output", "element", "time", "value", "unchanged"]


@dataclass(frozen=True)
class Trend:
    """What a change does to an output: ``verb`` is rises, falls, does not rise or does not fall."""

    text: str
    output: Output
    verb: str

    def kept(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return for each value 1 where the output moved so, 0 where not, NaN if unknown."""
        slack = UNCHANGED * np.maximum(np.abs(before), np.abs(after))
        rose, fell = after - before > slack, before - after > slack
        found = {"rises": rose, "falls": fell, "does not rise": ~rose, "does not fall": ~fell}
        return np.where(np.isnan(before) | np.isnan(after), np.nan, found[self.verb] * 1.0)


Claim = Condition | tuple[Trend, ...]


@dataclass(frozen=True)
class Question:
    """A proposition on one case: its settings in, what it says read, what is drawn known."""

    name: str
    label: str
    case: Scenario
    proposition: Proposition
    claim: Claim
    space: Space


@dataclass(frozen=True, eq=False)
class Trial:
    """One proposition tried on one case.

    Parameters
    ----------
    name, case : str
    own : {"holds", "fails", "does not apply", "cannot tell"}
        At the case's own values; "does not apply" where they lie outside the premise.
    own_break : mapping
        Where it first breaks there: output, element, time, value; empty if it does not.
    kept : array (member,)
        1 where it holds, 0 where not, NaN where a member failed.
    samples : DataFrame
        The draws.
    broken : DataFrame
        Counterexamples, those nearest to the case's own values first: draw, output, element,
        time, value, unchanged, then what was drawn.
    """

    name: str
    case: str
    own: str
    own_break: Mapping[str, Any]
    kept: np.ndarray = field(repr=False)
    samples: pd.DataFrame = field(repr=False)
    broken: pd.DataFrame = field(repr=False)


def read_claim(proposition: Proposition, case: Scenario, place: str) -> Claim:
    """Return what a proposition says of outputs.

    Raises
    ------
    InputError
        For everything it cannot read, together, each with its place.
    """
    text = proposition.parts.then
    try:
        if not proposition.parts.change:
            return Condition.parse(text, case)
        return tuple(_trend(part.strip(), case) for part in re.split(r"\s+and\s+", text))
    except SecdilError as error:
        raise InputError(
            *(
                Finding("error", each.message, f"{place} then", each.variables, each.remedy)
                for each in error.findings
            )
        ) from None


def prepared(
    case: Scenario, label: str, name: str, proposition: Proposition, place: str
) -> Question:
    """Return a proposition on one case, read and ready to be tried.

    Raises
    ------
    InputError
        For what it says of outputs and constants that cannot be, together, each with its place.
    """
    fixed = settled(case, proposition)
    findings: list[Finding] = []
    claim: Claim = ()
    try:
        claim = read_claim(proposition, fixed, place)
    except SecdilError as error:
        findings += error.findings
    try:
        box = premise_space(fixed, proposition)
    except SecdilError as error:
        findings += [
            replace(each, place=" ".join(filter(None, (place, each.place))))
            for each in error.findings
        ]
    if findings:
        raise InputError(*findings)
    return Question(name, label, fixed, proposition, claim, box)


def tried(question: Question, n: int, seed: int, most: int, options: Mapping[str, Any]) -> Trial:
    """Try a proposition at a case's own values and on ``n`` draws inside its premise.

    Parameters
    ----------
    question : Question
    n, seed : int
    most : int
        Counterexamples to look into.
    options : mapping
        As `Model.run_ensemble`.
    """
    import pandas as pd

    case, box = question.case, question.space
    samples = box.draw(n, seed)
    own = elementwise(case, box.parameters)
    members = pd.concat([own, elementwise(case, box.parameters, samples)], ignore_index=True)
    runs = _run(question, members, options)  # the case's own values come first
    kept = _judged(question.claim, runs)
    verdict, breaks = "does not apply", pd.DataFrame(columns=BREAKS)
    if is_inside(case, question.proposition):
        verdict = "cannot tell" if np.isnan(kept[0]) else "holds" if kept[0] else "fails"
        if verdict == "fails":
            breaks = _breaks(question.claim, runs, [0])
    chosen = _nearest(members, np.flatnonzero(kept[1:] == 0) + 1)[:most]
    table = _breaks(question.claim, runs, chosen)
    table.insert(0, "draw", [each - 1 for each in chosen])
    return Trial(
        question.name,
        question.label,
        verdict,
        breaks.iloc[0].to_dict() if len(breaks) else {},
        kept[1:],
        samples,
        table.join(samples, on="draw") if len(table) else table,
    )


@dataclass(frozen=True, eq=False)
class _Runs:
    """The members run: as they are, and for comparisons with the change."""

    plain: Answers
    changed: Answers | None
    series: Mapping[Comparison, Answers]
    """For each comparison the output over time that it reduces."""


def _run(question: Question, members: pd.DataFrame, options: Mapping[str, Any]) -> _Runs:
    case, claim = question.case, question.claim
    if not isinstance(claim, Condition):
        outputs = list(dict.fromkeys(each.output.text for each in claim))
        change = question.proposition.parts.change
        altered = case.replace(params=change)
        plain = answer(case, members, outputs, **options)
        moved = _changed(members, change, altered)
        return _Runs(plain, answer(altered, moved, outputs, **options), {})
    system, gains = case.model.system, case.model.gains
    comparisons = [each for part in claim.alternatives for each in part]
    texts = {each: _series(each.output) for each in comparisons}
    outputs = list(dict.fromkeys([*claim.outputs, *texts.values()]))
    plain = answer(case, members, outputs, **options)
    keys = {each: parse_outputs([text], system, gains)[0].key for each, text in texts.items()}
    series = {each: lined_up(members, plain.run, [name]) for each, name in keys.items()}
    return _Runs(plain, None, series)


def _judged(claim: Claim, runs: _Runs) -> np.ndarray:
    """Return for each member 1 where the claim holds, 0 where not, NaN where unknown."""
    before, after = runs.plain, runs.changed
    if isinstance(claim, Condition):
        return np.where(before.ok, claim.holds(before.run), np.nan)
    assert after is not None
    kept = np.ones(len(before.samples))
    for trend in claim:
        columns = _columns(before, trend.output)
        each = trend.kept(before.values[:, columns], after.values[:, columns])
        kept *= np.where((each == 0).any(axis=1), 0.0, each.min(axis=1))
    return np.where(before.ok & after.ok, kept, np.nan)


def _changed(members: pd.DataFrame, change: Mapping[str, Any], altered: Scenario) -> pd.DataFrame:
    """The members with the changed constants at their new values."""
    found = members.copy()
    for name, value in merged({}, change, altered.model.system.names).items():
        stem, chosen = split_selector(name)
        for column in found.columns:
            own, elements = split_selector(str(column))
            pairs = list(zip(chosen, elements, strict=False))
            if spelling(own) == spelling(stem) and all(
                spelling(one) == spelling(other) for one, other in pairs
            ):
                found[column] = float(value)
    return found


def _trend(part: str, case: Scenario) -> Trend:
    match = TREND.fullmatch(part)
    if match is None:
        remedy = 'Write it as "burden final falls".'
        raise InputError(Finding("error", f"{part!r} compares nothing.", remedy=remedy))
    output = parse_outputs([match["name"]], case.model.system, case.model.gains)[0]
    return Trend(part, output, " ".join(match["verb"].casefold().split()))


def _nearest(members: pd.DataFrame, broken: np.ndarray) -> list[int]:
    """Order members by their distance from the first, in spreads of what was drawn."""
    spread = members.iloc[1:].std(ddof=0).replace(0.0, 1.0)
    far = (((members.iloc[broken] - members.iloc[0]) / spread) ** 2).sum(axis=1)
    return [int(each) for each in far.sort_values(kind="stable").index]


def _breaks(claim: Claim, runs: _Runs, members: Sequence[int]) -> pd.DataFrame:
    """Return for members that break a claim which output does so, where, when and by what."""
    import pandas as pd

    find = _level_break if isinstance(claim, Condition) else _trend_break
    return pd.DataFrame([find(claim, runs, each) for each in members], columns=BREAKS)


def _trend_break(claim: Any, runs: _Runs, member: int) -> tuple[Any, ...]:
    """The first output that did not move as claimed, with its value after and before."""
    before, after = runs.plain, runs.changed
    assert after is not None
    for trend in claim:
        columns = _columns(before, trend.output)
        pair = before.values[member, columns], after.values[member, columns]
        wrong = np.flatnonzero(trend.kept(*pair) == 0)
        if len(wrong):
            place = int(wrong[0])
            at = before.columns.iloc[columns[place]]
            return trend.output.text, at["element"], at["time"], pair[1][place], pair[0][place]
    raise AssertionError("a member that keeps a claim breaks it nowhere")


def _level_break(claim: Any, runs: _Runs, member: int) -> tuple[Any, ...]:
    """The comparison that breaks first; one whose time is not known comes last."""
    found = []
    for each in (one for part in claim.alternatives for one in part):
        columns = _columns(runs.plain, each.output)
        values = runs.plain.values[member, columns]
        wrong = np.flatnonzero(~OPERATORS[each.sign](values, each.level))
        if not len(wrong) or (each.some and len(wrong) < len(values)):
            continue
        place = int(wrong[0])
        at = runs.plain.columns.iloc[columns[place]]
        time = float(at["time"])
        if each.output.reduction:
            time = _when(each, runs.series[each], member, at["element"])
        found.append((each.output.text, at["element"], time, float(values[place]), np.nan))
    return min(found, key=lambda one: (np.isnan(one[2]), one[2]))


def _series(output: Output) -> str:
    """The output over time that a reduction is of."""
    if not output.elements:
        return output.variable
    return f"{output.variable}[{', '.join(output.elements)}]"


def _when(comparison: Comparison, path: Answers, member: int, element: str) -> float:
    """Return the time at which a reduced output first breaks its level."""
    own = path.columns["element"] == element
    times = path.columns.loc[own, "time"].to_numpy()
    values = path.values[member, own.to_numpy()]
    output = comparison.output
    if output.reduction == "at" and output.at is not None:
        return output.at
    if output.reduction in ("max", "min"):
        wrong = np.flatnonzero(~OPERATORS[comparison.sign](values, comparison.level))
        upper = (output.reduction == "max") == (comparison.sign[0] == "<")
        return float(times[wrong[0]]) if upper and len(wrong) else float("nan")  # it never does
    if output.reduction == "initial":
        return float(times[0])
    return float(times[-1]) if output.reduction == "final" else float("nan")


def _columns(found: Answers, output: Output) -> np.ndarray:
    """The columns of an answer that belong to one output."""
    names = [str(found.run[output.key].attrs.get("long_name", output.key)), output.key, output.text]
    return np.flatnonzero(found.columns["output"].isin(names))
