"""Vensim's Reality Check run: each constraint of a model file put to the test.

As Vensim does (User Guide, chapter 14), a constraint is tested actively, its condition made true
by its test inputs and comparisons, and, where its condition is only about the model's own
variables, passively in the run as it is. Both sides are judged at every TIME STEP of a run by
Euler's method; a constraint is violated where its condition is true and its consequence is not.

Where the manual leaves room: a subscripted test input is applied to all its elements at once; a
condition with ``:OR:`` is tested once for each way to fulfil it; RC functions start from what the
variable is in the same run without them; and values that single precision cannot tell apart are
equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.conditions import Term, branches, shown
from secdil_sd.equations.expression import Call, Node, Number, walk
from secdil_sd.equations.forcing import Experiment, Recorded, experiment
from secdil_sd.equations.reality import RealityLine
from secdil_sd.equations.system import System
from secdil_sd.equations.trajectories import is_course
from secdil_sd.errors import Finding, ModelError, SecdilError
from secdil_sd.names import key, spelling, split_selector
from secdil_sd.reading.verify import verify
from secdil_sd.simulation.companion import Companion
from secdil_sd.simulation.model import Model

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.scenario import Scenario

AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Outcome:
    """What one test of a constraint gave.

    Parameters
    ----------
    name : str
    line : int or None
        Line of the model file.
    run : str
        What was forced, in words; "as it is" for a passive test.
    verdict : {"holds", "fails", "not tested", "cannot tell"}
        "not tested": the condition was never true.
    tested, violated : int
        Steps at which the condition was true, and of these those at which the consequence was
        not.
    first, element : float, str
        Time and element of the first violation; NaN and "" without one.
    note : str
        A reservation, or why it could not be run.
    """

    name: str
    line: int | None
    run: str
    verdict: str
    tested: int = 0
    violated: int = 0
    first: float = float("nan")
    element: str = ""
    note: str = ""


def check_constraint(
    case: Scenario,
    line: RealityLine,
    runs: Mapping[str, xr.Dataset],
    method: str = "Euler",
) -> list[Outcome]:
    """Test one constraint in every way of making its condition true, and as it is.

    Parameters
    ----------
    case : Scenario
    line : RealityLine
        A constraint of its model.
    runs : mapping of str to Dataset
        Runs that RC COMPARE may name; one it names that is not here is the unchanged run.
    method : {"Euler", "RK4"}
    """
    system = case.model.system
    where = system.where(line.line)
    try:
        if line.problem:
            raise ValueError(line.problem)
        assert line.condition is not None
        ways = [experiment(system, line, each) for each in branches(line.condition, system)]
    except (ValueError, SecdilError) as error:
        reason = str(error).rstrip(".")
        return [Outcome(line.name, line.line, "", "cannot tell", note=f"{where}: {reason}.")]
    found = [_outcome(case, line, each, runs, method) for each in ways if each.label]
    if _may_come_up(line.condition) or not found:
        passive = _outcome(case, line, _passive(system, line), runs, method)
        if not found or passive.verdict in ("holds", "fails"):  # else it never came up by itself
            found.append(passive)
    return found


def _may_come_up(node: Node) -> bool:
    """Whether a condition is about the model's own variables, so that it may hold by itself."""
    if isinstance(node, Call) and node.function in ("and", "or", "not"):
        return all(map(_may_come_up, node.arguments))
    if isinstance(node, Call):
        return not any(isinstance(each, Call) and is_course(each) for each in walk(node))
    return isinstance(node, Number)  # a name alone is a test input


def _passive(system: System, line: RealityLine) -> Experiment:
    """The constraint looked at in the model as it is."""
    if not isinstance(line.condition, Call):  # no condition: it is always to hold
        return experiment(system, line, ())
    return experiment(system, line, (Term(line.condition, False, shown(line.condition)),))


def _outcome(
    case: Scenario,
    line: RealityLine,
    test: Experiment,
    runs: Mapping[str, xr.Dataset],
    method: str,
) -> Outcome:
    run = test.label or AS_IT_IS
    try:
        _check_names(test)
        params, compared = _recorded(case, test, runs, method)
        seen = _run(case, test.system, test, params, [test.condition, test.consequence], method)
    except SecdilError as error:
        said = [f"{each.message} {each.remedy}".strip() for each in error.findings]
        note = " ".join(dict.fromkeys(said))
        where = case.model.system.where(line.line)
        return Outcome(line.name, line.line, run, "cannot tell", note=f"{where}: {note}")
    return replace(_judged(seen, test, line, run), note=" ".join(compared))


def _check_names(test: Experiment) -> None:
    """Raise for names that do not resolve: the model itself was checked when it was read."""
    findings = [
        each for system in (test.system, test.reference, test.unchanged) for each in verify(system)
    ]
    if findings:
        raise ModelError(*dict.fromkeys(findings))


def _judged(run: xr.Dataset, test: Experiment, line: RealityLine, label: str) -> Outcome:
    condition = run[key(test.condition)]
    consequence = run[key(test.consequence)].transpose("time", ...)
    condition = condition.broadcast_like(consequence).transpose(*consequence.dims)
    true, kept = condition.values > 0.5, consequence.values > 0.5
    broken = true & ~kept
    per_time = broken.reshape(len(broken), -1)
    tested = int(true.reshape(len(true), -1).any(axis=1).sum())
    verdict = "fails" if per_time.any() else "holds" if tested else "not tested"
    if not per_time.any():
        return Outcome(line.name, line.line, label, verdict, tested)
    step = int(np.argmax(per_time.any(axis=1)))
    first = np.argwhere(broken[step])[0]
    names = [
        str(consequence[dim].values[place])
        for dim, place in zip(consequence.dims[1:], first, strict=True)
    ]
    moment = float(run["time"].values[step])
    violated = int(per_time.any(axis=1).sum())
    return Outcome(line.name, line.line, label, verdict, tested, violated, moment, ", ".join(names))


def _steps(case: Scenario) -> np.ndarray:
    """Every step of the run: Vensim judges at each of them."""
    settings = case.model.time
    times = np.asarray(case.times or (settings.initial, settings.final), dtype=float)
    count = int(np.floor((times[-1] - times[0]) / settings.step + 1e-6))
    return times[0] + settings.step * np.arange(count + 1)


def _run(
    case: Scenario,
    system: System,
    test: Experiment,
    params: Mapping[str, Any],
    outputs: Sequence[str],
    method: str,
) -> xr.Dataset:
    forced = {spelling(old): new for old, new in test.renamed.items()}
    own: dict[str, Any] = {}
    for name, value in case.params.items():
        stem, chosen = (name, ()) if name in case.model.system else split_selector(name)
        renamed = forced.get(spelling(stem), stem)
        own[f"{renamed}[{', '.join(chosen)}]" if chosen else renamed] = value
    limits = Companion(limits=case.model.companion.limits) if system is not test.system else None
    model = Model(system, limits or Companion())
    return model.run({**own, **params}, _steps(case), list(outputs), method=method)


def _recorded(
    case: Scenario, test: Experiment, runs: Mapping[str, xr.Dataset], method: str
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that courses start from or compare with, and what must be said of them."""
    params: dict[str, Any] = {}
    notes: list[str] = []
    frozen = [each for each in test.recorded if not each.is_series]
    if frozen:
        names = [name for each in frozen for name in (each.name, each.moment)]
        reference = replace(test, renamed={})
        run = _run(case, test.reference, reference, {}, names, method)
        params |= {each.name: _at_start(run, each) for each in frozen}
    series = [each for each in test.recorded if each.is_series]
    if series:
        names = [each.name for each in series]
        unchanged = _run(case, test.unchanged, replace(test, renamed={}), {}, names, method)
        for each in series:
            found, note = _series(each, runs, unchanged)
            params[each.name] = found
            notes += [note] if note and note not in notes else []
    return params, notes


def _at_start(run: xr.Dataset, each: Recorded) -> Any:
    """The basis at the first step that is not before the start."""
    times = run["time"].values
    step = times[1] - times[0] if len(times) > 1 else 1.0
    late = np.flatnonzero(times >= run[key(each.moment)].values - 1e-6 * step)
    place = int(late[0]) if len(late) else len(times) - 1  # a course that never begins
    return np.asarray(run[key(each.name)].isel(time=place).values)


def _series(
    each: Recorded, runs: Mapping[str, xr.Dataset], unchanged: xr.Dataset
) -> tuple[Any, str]:
    """The values RC COMPARE reads over time, by element where there are any."""
    import pandas as pd

    found, note = unchanged[key(each.name)], ""
    stem = each.run.rsplit(".", 1)[0]
    given = next((runs[name] for name in (each.run, stem) if name in runs), None)
    if given is None:
        note = f"The run {each.run!r} is not here: compared with the unchanged run."
    else:
        name = key(shown(each.expression))
        if name not in given:
            message = f"The run {each.run!r} has no {shown(each.expression)!r}."
            raise ModelError(Finding("error", message, "runs", remedy="Ask for it as an output."))
        found = given[name]
    if found.ndim > 2:
        message = f"RC COMPARE of {shown(each.expression)!r}, which has two dimensions"
        raise ModelError(Finding("error", f"{message}, is not supported."))
    values = found.transpose("time", ...)
    times = values["time"].values
    if values.ndim == 1:
        return pd.Series(values.values, index=times), note
    columns = [str(label) for label in values[values.dims[1]].values]
    return pd.DataFrame(values.values, index=times, columns=columns), note
