"""Members of a design with an answer each: who satisfies the condition, and what was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import answer
from secdil_sd.analysis.exploration.experiments import samples_of, succeeded, varying
from secdil_sd.analysis.exploration.verdicts import Verdicts, Where, outputs_for, verdicts
from secdil_sd.analysis.space import as_case, check_count, space
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.names import Names, spelling, split_selector
from secdil_sd.simulation.arguments import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

LEAST_MEMBERS = 50


@dataclass(frozen=True, eq=False)
class Judged:
    """Members with an answer: what was varied, and who satisfies the condition.

    Parameters
    ----------
    judged : Verdicts
    samples : DataFrame
    hits : array (member,) of bool
    failed, unknown : int
        Members left out.
    """

    judged: Verdicts
    samples: pd.DataFrame
    hits: np.ndarray
    failed: int
    unknown: int
    provenance: Mapping[str, str]


def judged_members(
    subject: Scenario | Model | xr.Dataset,
    where: Where | None = None,
    n: int = 2048,
    seed: int = 1,
    parameters: Sequence[str] | Mapping[str, Any] | None = None,
    constraints: Sequence[str] | None = (),
    outputs: Sequence[str] = (),
    times: Any = None,
    samples: pd.DataFrame | None = None,
    mistakes: Sequence[Finding] = (),
    **options: Any,
) -> Judged:
    """Return the members of an ensemble, or of one drawn here, judged; as for `discover`.

    Raises
    ------
    InputError
        As `discover`.
    """
    findings = list(mistakes)
    if hasattr(subject, "data_vars"):
        if findings:
            raise InputError(*findings)
        drawing = {"constraints": constraints, "outputs": outputs, "times": times}
        given = {name: each for name, each in drawing.items() if each not in (None, ())}
        given |= {} if samples is None else {"samples": samples}
        refuse_unknown({**given, **options}, ("where", "parameters"), "An ensemble's discover")
        run: Any = subject
        table = _columns(samples_of(run), parameters)
    else:
        case = _one_case(subject, parameters)
        asked: Sequence[str] = ()
        box = None
        with collecting(findings):
            where, asked = outputs_for(where, case)
        if not (samples is None or hasattr(samples, "columns")):
            remedy = "Give a table with a row a member, as sd.read_samples returns."
            findings.append(Finding("error", "samples is no table.", remedy=remedy))
        with collecting(findings):
            if samples is None:
                check_count(n, LEAST_MEMBERS)
        with collecting(findings):
            if samples is None:
                box = space(case, parameters, constraints).with_draws()
        if findings:
            raise InputError(*findings)
        wanted = [*asked, *([outputs] if isinstance(outputs, str) else outputs or ())]
        if callable(where) and not wanted:
            message = "A function as condition needs outputs to look at."
            remedy = "Name them, as outputs=['spending final']."
            raise InputError(Finding("error", message, "where", remedy=remedy))
        table = _columns(samples, parameters) if box is None else box.draw(n, seed)
        drawn = table if samples is None else samples
        run = answer(case, drawn, list(dict.fromkeys(wanted)), times, **options).run
    judged = verdicts(where, run)
    solved = succeeded(run)
    known = solved & ~np.isnan(judged.holds)
    _refuse_one_sided(judged, judged.holds[known])
    record = {name: str(value) for name, value in run.attrs.items() if name != "provenance"}
    return Judged(
        judged,
        varying(table[known].reset_index(drop=True)),
        judged.holds[known] == 1,
        int((~solved).sum()),
        int((solved & ~known).sum()),
        {**record, "seed": str(seed)},
    )


def _one_case(subject: Any, parameters: Any) -> Scenario:
    """Return one case: a scenario whose cases differ only in what is varied is one already."""
    cases = getattr(subject, "cases", None)
    if cases and parameters is None:
        varied = {spelling(each.name) for each in subject.parameters}
        differing = {
            spelling(split_selector(name)[0])
            for each in cases.values()
            for name, value in each.params.items()
            if name not in subject.params or subject.params[name] is not value
        }
        if differing <= varied:
            return replace(subject, cases={})
    return as_case(subject)


def _columns(samples: pd.DataFrame, parameters: Any) -> pd.DataFrame:
    """Return the sampled parameters one asks for: a name means all its elements."""
    if parameters is None:
        return samples
    names = [parameters] if isinstance(parameters, str) else [str(each) for each in parameters]
    known = Names([*samples, *{split_selector(each)[0] for each in samples} - set(samples)])
    findings = [known.unknown(each) for each in names if each not in known]
    if findings:
        raise InputError(*findings)
    wanted = {spelling(each) for each in names}
    return samples[[n for n in samples if {spelling(n), spelling(split_selector(n)[0])} & wanted]]


def _refuse_one_sided(judged: Verdicts, held: np.ndarray) -> None:
    """Refuse a condition that tells nobody apart, saying what the outputs do."""
    if 0 < held.sum() < len(held) and len(held) >= LEAST_MEMBERS:
        return
    ranges = f" Over them {'; '.join(judged.spans)}." if judged.spans else ""
    if len(held) < LEAST_MEMBERS:
        message = f"Only {len(held)} members have an answer; at least {LEAST_MEMBERS} are needed."
        raise InputError(Finding("error", message, remedy="Draw more, or narrow the ranges."))
    who = "Every one" if held.all() else "None"
    message = f"{who} of the {len(held):,} members satisfies {judged.text!r}.{ranges}"
    raise InputError(Finding("error", message, "where", remedy=judged.remedy))
