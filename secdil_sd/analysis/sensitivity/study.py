"""Sensitivity of a case, or of an ensemble one already has: a design, runs, indices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from secdil_sd.analysis.answers import lined_up
from secdil_sd.analysis.sensitivity import words
from secdil_sd.analysis.sensitivity.constraints import GENTLE, narrowing
from secdil_sd.analysis.sensitivity.designs import Plan, Rows
from secdil_sd.analysis.sensitivity.fitted import with_fit
from secdil_sd.analysis.sensitivity.methods import (
    GIVEN,
    METHODS,
    Method,
    check_size,
    method_named,
)
from secdil_sd.analysis.sensitivity.result import POLICIES, Sensitivity, concluded
from secdil_sd.analysis.sensitivity.spectra import FAST_HARMONICS
from secdil_sd.analysis.sensitivity.work import Work, run_part, units_of
from secdil_sd.analysis.space import Space, check_count, space
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import key, suggestion
from secdil_sd.simulation.outputs import parse_outputs

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

Found = TypeVar("Found")

MOST_STOCKS = 6


@verb
def sensitivity(
    case: Scenario | Model,
    method: str = "sobol",
    n: int = 1024,
    parameters: Sequence[str] | Mapping[str, Any] | None = None,
    outputs: Sequence[str] | str | None = None,
    seed: int | np.random.Generator = 1,
    groups: Mapping[str, Sequence[str]] | None = None,
    constraints: Sequence[str] | None = (),
    times: Any = None,
    failures: str = "refuse",
    second_order: bool = True,
    resamples: int = 100,
    **options: Any,
) -> Sensitivity:
    """Return which parameters drive the outputs of a case.

    Parameters
    ----------
    case : Scenario or Model
    method : {"sobol", "morris", "fast", "rbd_fast", "delta", "pawn", "hdmr", "tornado"}
        Designs are drawn in the unit cube and mapped by each parameter's distribution.
    n : int
        Base points of sobol (a power of two; n (2 D + 2) runs), trajectories of morris
        (n (D + 1) runs), points of each search curve of fast (n D runs), else runs.
    parameters : sequence of str, or mapping of str to range, optional
        As `space`; default the scenario's own. What a fit leaves open, the scenario's draws,
        varies besides: sobol and fast judge it as one parameter, "draw of the fit", as its values
        depend on each other; the methods that take any sample judge its constants one by one;
        morris and tornado, which step along scales, leave it at the estimates.
    outputs : sequence of str, optional
        Whole series are analysed at each time. Default the burden at the end.
    seed : int or Generator
    groups : mapping of str to sequence of str, optional
        Parameters judged together, by sobol and morris.
    constraints : sequence of str, optional
        Besides the model's. Methods that vary parameters independently refuse those they cannot
        keep; where their design leaves a constraint of the model, the result says how much of
        it does. None for no constraint at all.
    times : sequence of float, optional
        Default one a year.
    failures : {"refuse", "drop"}
        Above a tenth of failed runs: an error that names the region, or going on without them.
        Below, they are left out and counted.
    second_order : bool
        Of sobol; without it n (D + 2) runs.
    resamples : int
        Of the bootstrap.
    **options
        As `Model.run_ensemble`: backend, client, chunk, store, progress, rtol (1e-5 unless
        given: far below what sampling leaves open).

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError
        All mistakes together.
    SolveError
        If too many runs failed.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> linear = sd.load_model("richardson")
    >>> ranges = {"fatigue[*]": (0.1, 0.3), "grievance[*]": (0.1, 0.2)}
    >>> found = sensitivity(linear, n=64, parameters=ranges, outputs=["spending.East final"])
    >>> found.runs, found.finding.split(" of the variation")[0]
    (384, 'Fatigue alone explains 100%')
    """
    check = _Checks()
    way = check.of(method_named, method)
    size = check.of(check_size, way, n) if way is not None else check.of(check_count, n)
    check.of(_check_outputs, case, outputs)
    box = check.of(space, case, parameters, constraints, groups)
    first = check.of(_seed, seed)
    check.of(check_count, resamples, 2, "resamples")
    check.of(_check_policy, failures)
    check.raise_all()
    assert way is not None and size is not None and box is not None and first is not None
    box, notes = with_fit(way, box, size)
    _refuse_unsuitable(way, box)
    names = box.columns if way.given else box.names
    labels = tuple(box.group_labels() if groups else names)
    sizes = (box.size(size),)
    plan = Plan(names, labels, way, sizes, first, box, second_order, int(resamples))
    notes += _shared_frequencies(plan)
    wanted = default_outputs(box.case) if outputs is None else outputs
    asked = {"outputs": wanted, "times": times, **options}
    return concluded(run_part(_unrun(plan, asked, failures, notes)))


@verb
def sensitivity_of(
    ensemble: xr.Dataset,
    outputs: Sequence[str] | None = None,
    method: str = "pawn",
    seed: int | np.random.Generator = 1,
    resamples: int = 100,
) -> Sensitivity:
    """Return which of the sampled constants drive the outputs of an ensemble one already has.

    Parameters
    ----------
    ensemble : Dataset
        From ``run_ensemble``; failed members are left out and counted.
    outputs : sequence of str, optional
        Names of its outputs; default all.
    method : {"pawn", "delta", "rbd_fast", "hdmr"}
        Those that take any sample.
    seed : int or Generator
        Of the bootstrap.
    resamples : int

    Raises
    ------
    InputError
        For methods that need a design of their own, saying why; if nothing was sampled.

    Examples
    --------
    >>> import numpy as np, secdil_sd as sd
    >>> draws = {"fatigue.East": np.linspace(0.1, 0.3, 64), "fatigue.West": [0.2] * 64}
    >>> linear = sd.load_model("richardson")
    >>> run = linear.run_ensemble(draws, outputs=["spending.East final"], progress=False)
    >>> sensitivity_of(run, method="rbd_fast").indices["parameter"].tolist()
    ['fatigue[East]']
    """
    way = method_named(method)
    if not way.given:
        message = (
            f"{way.name} needs runs laid out by its own design; those of an ensemble drawn for "
            "something else are not."
        )
        remedy = f"Use {', '.join(GIVEN)}, which take any sample; or ask sd.sensitivity."
        raise InputError(Finding("error", message, variables=("method",), remedy=remedy))
    check_count(resamples, 2, "resamples")
    samples = sampled(ensemble)
    found = lined_up(samples, ensemble, _outputs_of(ensemble, outputs))
    ok = found.ok & np.isfinite(found.values).all(axis=1)
    if ok.sum() < way.least:
        message = f"{way.name} needs {way.least} runs at least; {int(ok.sum())} succeeded."
        raise InputError(Finding("error", message, remedy="Run a larger ensemble."))
    names = tuple(map(str, samples.columns))
    plan = Plan(names, names, way, (len(samples),), _seed(seed), resamples=int(resamples))
    failed = found.failed
    work = Work(
        plan, Rows(samples, None), found.values, ok, found.columns, failed,
        failures="drop", units=units_of(ensemble),
        record={name: str(value) for name, value in ensemble.attrs.items()},
    )  # fmt: skip
    return concluded(work, new=0)


class _Checks:
    """Everything that is wrong with what a user gave, told together."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def of(self, verb: Callable[..., Found], *given: Any) -> Found | None:
        """Return what a check gives; None if it found a mistake."""
        try:
            return verb(*given)
        except SecdilError as error:
            self.findings += error.findings
            return None

    def raise_all(self) -> None:
        if self.findings:
            raise InputError(*self.findings)


def _check_outputs(case: Scenario | Model, outputs: Sequence[str] | str | None) -> None:
    """Refuse unknown outputs; what is no case is refused elsewhere."""
    model: Any = getattr(case, "model", case)
    if outputs is None or not hasattr(model, "system"):
        return
    asked = [outputs] if isinstance(outputs, str) else list(outputs)
    if not asked:
        raise InputError(Finding("error", "There are no outputs.", remedy="Name at least one."))
    parse_outputs(asked, model.system, model.gains)


def _check_policy(failures: str) -> None:
    if failures not in POLICIES:
        hint = suggestion(str(failures), POLICIES) or 'Give "refuse" or "drop".'
        raise InputError(Finding("error", f"failures is {failures!r}.", remedy=hint))


def sampled(ensemble: xr.Dataset) -> pd.DataFrame:
    """Return what differs between the members of an ensemble: a row a member, a column a constant.

    Raises
    ------
    InputError
        If it has no members, or they do not differ.
    """
    import pandas as pd

    if not hasattr(ensemble, "data_vars") or "member" not in ensemble.dims:
        message = "This is no ensemble: it has no members."
        raise InputError(Finding("error", message, remedy="Give what run_ensemble returned."))
    columns: dict[str, np.ndarray] = {}
    for name, array in ensemble.coords.items():
        if "member" not in array.dims or name in ("member", "status", "stopped_at"):
            continue
        if array.dtype.kind not in "iuf":
            continue
        title = str(array.attrs.get("long_name", name))
        rest = [each for each in array.dims if each != "member"]
        values = array.transpose(*rest, "member").values
        if rest and (values == values[(0,) * len(rest)]).all():
            columns[title] = values[(0,) * len(rest)]  # all elements moved together
            continue
        for place in np.ndindex(*values.shape[:-1]):
            labels = [str(array[each].values[k]) for each, k in zip(rest, place, strict=True)]
            columns[f"{title}[{','.join(labels)}]" if labels else title] = values[place]
    varying = {name: each for name, each in columns.items() if np.ptp(each) > 0}
    if not varying:
        message = "Nothing that was sampled differs between the members."
        raise InputError(Finding("error", message, remedy="Sample at least one constant."))
    return pd.DataFrame(varying)


def default_outputs(case: Scenario) -> list[str]:
    """Return what is asked if nothing is: the burden at the end, or what comes nearest."""
    roles = case.model.companion.roles
    for role in ("burden", "spending"):
        if role in roles:
            return [f"{roles[role]} final"]
    stocks = [each.name for each in case.model.system.variables if each.kind == "stock"]
    return [f"{name} final" for name in stocks[:MOST_STOCKS]]


def _refuse_unsuitable(way: Method, box: Space) -> None:
    """Refuse groups and constraints that a method cannot keep.

    A constraint of the model is left standing: the result says how much of the design leaves it.
    """
    findings: list[Finding] = []
    if box.groups and not way.grouped:
        able = " and ".join(name for name, each in METHODS.items() if each.grouped)
        message = f"{way.name} does not judge parameters in groups."
        remedy = f"Leave groups out, or use {able}."
        findings.append(Finding("error", message, variables=("groups",), remedy=remedy))
    if way.name == "hdmr" and len(box.columns) < 2:
        findings.append(Finding("error", "hdmr needs two parameters at least."))
    own = {rule.text for rule in box.case.model.companion.constraints}
    for rule in box.binding if way.independent else ():
        left = 0.0 if rule.text in own else 1 - box.kept_shares()[rule.text]
        if left <= 0:
            continue
        how = narrowing(box, rule)
        message = (
            f"{way.name} varies each parameter whatever the others are, so it cannot keep "
            f"{rule.text!r}, which {left:.0%} of the design would break."
        )
        remedy = words.capital(f"{how}{GENTLE}, or leave the constraint out.")
        findings.append(Finding("error", message, variables=("constraints",), remedy=remedy))
    if findings:
        raise InputError(*findings)


def _shared_frequencies(plan: Plan) -> list[str]:
    if plan.method.name != "fast":
        return []
    each = 2 * FAST_HARMONICS
    others = len(plan.names) - 1
    enough = each * each * others + 1
    if (plan.sizes[0] - 1) // each // each >= others:
        return []
    return [
        f"Some parameters share a frequency, which blurs ST; n = {enough:,} gives each its own."
    ]


def _seed(seed: int | np.random.Generator) -> int:
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**31))
    check_count(seed, 0, "seed")
    return int(seed)


def _unrun(plan: Plan, asked: Mapping[str, Any], failures: str, notes: Sequence[str]) -> Work:
    import pandas as pd

    nothing = pd.DataFrame()
    return Work(
        plan, Rows(nothing, None), np.empty((0, 0)), np.empty(0, dtype=bool), nothing, nothing,
        asked, failures, tuple(notes),
    )  # fmt: skip


def _outputs_of(ensemble: xr.Dataset, outputs: Sequence[str] | None) -> list[str]:
    """Return the keys of the outputs asked for; raises InputError for those it does not have."""
    if outputs is None:
        found = [str(name) for name in ensemble.data_vars]
        if not found:
            raise InputError(Finding("error", "This ensemble has no outputs."))
        return found
    texts = [outputs] if isinstance(outputs, str) else list(outputs)
    missing = [each for each in texts if key(str(each)) not in ensemble.data_vars]
    if missing:
        known = [str(v.attrs.get("long_name", n)) for n, v in ensemble.data_vars.items()]
        findings = [
            Finding("error", f"The ensemble has no output {each!r}.", "outputs", (each,),
                    suggestion(each, known) or f"It has {', '.join(known)}.")
            for each in missing
        ]  # fmt: skip
        raise InputError(*findings)
    return [key(str(each)) for each in texts]
