"""Reality checks: what an author expects of a model, tried; where it does not hold, listed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.reality.constraints import Outcome, check_constraint
from secdil_sd.analysis.reality.expected import Question, Trial, prepared, tried
from secdil_sd.analysis.reality.words import (
    BEFORE_DRAWN,
    FAILS,
    HOLDS,
    IN_PART,
    UNKNOWN,
    counterexample,
    detail,
    summary,
    title,
)
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import share_of
from secdil_sd.analysis.space import as_case, check_count, check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling
from secdil_sd.provenance import provenance
from secdil_sd.simulation.arguments import refuse_unknown
from secdil_sd.simulation.model import ENSEMBLE_ARGUMENTS
from secdil_sd.simulation.proposition import Proposition, check_proposition
from secdil_sd.simulation.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.equations.reality import RealityLine
    from secdil_sd.simulation.model import Model

MOST_COUNTEREXAMPLES = 10
_KEYWORDS = re.compile(r":\s*(?:THE[\s_]*CONDITION|IMPLIES)\s*:", re.I)
ARGUMENTS = ("case", "n", "seed", "names", "propositions", "runs")
OPTIONS = tuple(each for each in ENSEMBLE_ARGUMENTS if each not in ("samples", "outputs", "params"))
NAN = float("nan")
BLANK: dict[str, Any] = {
    "name": "", "kind": "", "case": "", "run": "", "statement": "", "verdict": "", "own": "",
    "share": NAN, "low": NAN, "high": NAN, "members": 0, "failed": 0, "tested": 0, "violated": 0,
    "first": NAN, "where": "", "value": NAN, "source": "", "note": "",
}  # fmt: skip
"""The columns of the table, and what stands where a row has nothing to say."""


@dataclass(frozen=True, eq=False)
class RealityCheck:
    """What came of a scenario's propositions and a model file's Reality Check lines.

    Parameters
    ----------
    table : DataFrame
        A row a proposition and case, or a constraint and way to test it: ``verdict`` ("holds",
        "holds in part", "fails", "not tested", "cannot tell"); for propositions ``own`` (at the
        case's own values: also "does not apply"), ``share`` of the draws inside the premise
        where it holds with its 95% interval ``low`` to ``high`` (Wilson), ``members`` judged
        and ``failed``; for constraints steps ``tested`` and ``violated``; ``first``, ``where``
        and ``value`` say when, of which element and with what value the case itself breaks it.
    counterexamples : DataFrame
        Draws that break a proposition, nearest to the case's own values first: name, case,
        draw, output, element, time, value, unchanged (before the change, for comparisons), then
        a column a parameter (empty where it was not drawn).
    draws : mapping of (name, case) to DataFrame
        Everything drawn, with the column ``holds`` (1, 0, or NaN where the member failed).
    provenance : mapping of str to str
    """

    table: pd.DataFrame
    counterexamples: pd.DataFrame
    draws: Mapping[tuple[str, str], pd.DataFrame] = field(repr=False)
    provenance: Mapping[str, str] = field(repr=False)

    @property
    def finding(self) -> str:
        """What came out, in a sentence."""
        return " ".join(
            sentence
            for kinds, word, kept in (
                (("proposition", "comparison"), "proposition", "in every draw"),
                (("constraint",), "constraint test", "at every step"),
            )
            if (sentence := summary(self.table[self.table["kind"].isin(kinds)], word, kept))
        )

    @property
    def kept(self) -> bool:
        """Whether nothing that was tested failed, anywhere."""
        return not self.table["verdict"].isin([FAILS, IN_PART, UNKNOWN]).any()

    def params(self, name: str, place: int = 0, case: str = "") -> dict[str, float]:
        """Return a counterexample's values, as ``case.run(params=...)`` takes them.

        Parameters
        ----------
        name : str
            The proposition.
        place : int
            Which of its counterexamples, the nearest being 0.
        case : str
            The case, where there are several.

        Raises
        ------
        InputError
            If there is no such counterexample.
        """
        found = self.counterexamples
        found = found[found["name"].map(spelling) == spelling(name)]
        found = found[found["case"] == case] if case else found
        if not 0 <= place < len(found):
            message = f"{name!r} has {len(found)} counterexamples, there is no number {place}."
            raise InputError(Finding("error", message, variables=(name,)))
        row = found.iloc[place]
        drawn = self.draws[row["name"], row["case"]].columns.drop("holds")
        return {str(each): float(row[each]) for each in drawn}

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table, a row a check."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table (.csv, .parquet), or everything (.json)."""
        tables = {"table": self.table, "counterexamples": self.counterexamples}
        record = {"finding": self.finding, "provenance": dict(self.provenance)}
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [self.finding, ""]
        for _, row in self.table.iterrows():
            lines += [f"{row['verdict']:>14}  {title(row)}", f"{'':>14}  {detail(row)}"]
        if len(self.counterexamples):
            lines += ["", "The counterexample nearest to the case's own values:"]
            lines += [f"  {counterexample(row)}" for _, row in self._shown().iterrows()]
        return "\n".join(lines)

    def _shown(self) -> pd.DataFrame:
        return self.counterexamples.groupby(["name", "case"], sort=False).head(1)


@verb
def reality_check(
    case: Scenario | Model,
    n: int = 512,
    seed: int = 1,
    names: Sequence[str] | None = None,
    propositions: Mapping[str, Any] | None = None,
    runs: Mapping[str, xr.Dataset] | None = None,
    **options: Any,
) -> RealityCheck:
    """Try the propositions of a scenario, and the Reality Check lines of its model file.

    A proposition is tried at the case's own values and on draws inside its premise. A Vensim
    constraint is tested as Vensim does: by a run in which its condition is made true, and
    passively; at every TIME STEP, by Euler's method.

    Parameters
    ----------
    case : Scenario or Model
        A scenario with cases tries each of them, or those a proposition names.
    n : int
        Draws a proposition.
    seed : int
    names : sequence of str, optional
        Propositions and constraints to try; default all.
    propositions : mapping of str to table or sentence, optional
        More of them, written as in a scenario file or in words.
    runs : mapping of str to Dataset, optional
        Runs that RC COMPARE names; one that is not here is the unchanged run, and said so.
    **options
        As `Model.run_ensemble` for the draws: backend, client, method, rtol, times, progress.

    Returns
    -------
    RealityCheck

    Raises
    ------
    InputError, ScenarioError
        If there is nothing to check, for unknown names and for what cannot be read; together.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> mine = {"calm": "when reaction is at most 0.04, peak spiral number stays below 1"}
    >>> checked = sd.reality_check(sd.load_model("richardson"), n=64, propositions=mine)
    >>> checked.table[["verdict", "share"]].values.tolist()
    [['holds', 1.0]]
    """
    stray = {name: value for name, value in options.items() if name not in OPTIONS}
    refuse_unknown(stray, (*ARGUMENTS, *OPTIONS), "reality_check")
    check_count(n)
    check_seed(seed)
    subject = case if isinstance(case, Scenario) else as_case(case)
    given, lines = _chosen(subject, _expected(subject, propositions), names)
    questions = _questions(subject, given)
    rows: list[dict[str, Any]] = []
    trials: list[Trial] = []
    for question in questions:
        trials.append(tried(question, n, seed, MOST_COUNTEREXAMPLES, options))
        rows.append(_proposition_row(trials[-1], question.proposition))
    for line in lines:
        for label, one in (subject.cases or {"": subject}).items():
            tests = check_constraint(one, line, runs or {})
            rows += [_constraint_row(each, label, line) for each in tests]
    record = provenance(
        model=subject.model.name, scenario=subject.name, n=n, seed=seed, checks=tuple(given)
    )
    return _collected(rows, trials, record)


def _expected(subject: Scenario, more: Mapping[str, Any] | None) -> dict[str, Proposition]:
    """The scenario's propositions and those given beside, all mistakes together."""
    found = dict(subject.propositions)
    findings: list[Finding] = []
    for name, each in (more or {}).items():
        try:
            found[str(name)] = check_proposition(each, f"propositions, {name}")
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise InputError(*findings)
    return found


def _chosen(
    subject: Scenario, given: dict[str, Proposition], names: Sequence[str] | None
) -> tuple[dict[str, Proposition], list[RealityLine]]:
    lines = [each for each in subject.model.system.reality if each.kind == "constraint"]
    if not given and not lines:
        message = f"There is nothing to check in {subject.name!r}."
        remedy = (
            "Write [propositions.NAME] into the scenario file, Reality Check lines into the "
            "model file, or give propositions={'calm': 'when ..., ... stays below 1'}."
        )
        raise InputError(Finding("error", message, remedy=remedy))
    if names is None:
        return given, lines
    known = Names(dict.fromkeys([*given, *(each.name for each in lines)]), "proposition")
    asked = [names] if isinstance(names, str) else [str(each) for each in names]
    findings = [known.unknown(each) for each in asked if each not in known]
    if findings or not asked:
        remedy = "Name some, or leave names out."
        empty = Finding("error", "No propositions are named.", remedy=remedy)
        raise InputError(*(findings or [empty]))
    wanted = {spelling(each) for each in asked}
    return (
        {name: each for name, each in given.items() if spelling(name) in wanted},
        [each for each in lines if spelling(each.name) in wanted],
    )


def _questions(subject: Scenario, given: Mapping[str, Proposition]) -> list[Question]:
    """Every proposition on every case it is about, all mistakes together before anything runs."""
    found: list[Question] = []
    findings: list[Finding] = []
    for name, each in given.items():
        place = f"[propositions.{name}]"
        if subject.path is not None and name in subject.propositions:
            place = f"{subject.path.name}, {place}"
        try:
            for label, case in _cases(subject, each, place).items():
                found.append(prepared(case, label, name, each, place))
        except SecdilError as error:
            findings += [one for one in error.findings if one not in findings]
    if findings:
        raise InputError(*findings)
    return found


def _cases(subject: Scenario, each: Proposition, place: str) -> dict[str, Scenario]:
    known = Names(list(subject.cases), "case")
    findings = [known.unknown(label, place) for label in each.cases if label not in known]
    if findings:
        raise InputError(*findings)
    if not subject.cases:
        return {"": subject}
    return {known[label]: subject.cases[known[label]] for label in each.cases or subject.cases}


def _proposition_row(trial: Trial, given: Proposition) -> dict[str, Any]:
    judged = trial.kept[~np.isnan(trial.kept)]
    kept = int(judged.sum())
    share, low, high = share_of(kept, len(judged)) if len(judged) else (NAN, NAN, NAN)
    return {
        "name": trial.name,
        "kind": "comparison" if given.parts.change else "proposition",
        "case": trial.case,
        "statement": given.text,
        "verdict": _verdict(share, trial.own),
        "own": trial.own,
        "share": share,
        "low": low,
        "high": high,
        "members": len(judged),
        "failed": int(np.isnan(trial.kept).sum()),
        "first": trial.own_break.get("time", NAN),
        "where": trial.own_break.get("element", ""),
        "value": trial.own_break.get("value", NAN),
        "source": given.source,
    }


def _verdict(share: float, own: str) -> str:
    if np.isnan(share):
        return UNKNOWN
    if share == 1:
        return IN_PART if own == "fails" else HOLDS
    return FAILS if share == 0 and own != "holds" else IN_PART


def _constraint_row(found: Outcome, case: str, line: RealityLine) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": "constraint",
        "case": case,
        "run": found.run,
        "statement": _said(line),
        "verdict": found.verdict,
        "tested": found.tested,
        "violated": found.violated,
        "first": found.first,
        "where": found.element,
        "source": line.documentation,
        "note": found.note,
    }


def _said(line: RealityLine) -> str:
    """A constraint without its name, its keywords as words."""
    parts = [" ".join(each.split()) for each in _KEYWORDS.split(line.text)[1:]]
    return " implies ".join(each or "always" for each in parts) or line.text


def _collected(
    rows: list[dict[str, Any]], trials: list[Trial], record: Mapping[str, str]
) -> RealityCheck:
    import pandas as pd

    table = pd.DataFrame([{**BLANK, **row} for row in rows], columns=list(BLANK))
    broken = []
    for each in trials:
        if len(each.broken):
            part = each.broken.copy()
            part.insert(0, "case", each.case)
            part.insert(0, "name", each.name)
            broken.append(part)
    examples = (
        pd.concat(broken, ignore_index=True) if broken else pd.DataFrame(columns=BEFORE_DRAWN)
    )
    draws = {(each.name, each.case): each.samples.assign(holds=each.kept) for each in trials}
    return RealityCheck(table, examples, draws, record)
