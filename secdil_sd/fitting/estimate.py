"""`sd.fit`: a scenario's parameters estimated from figures, the model integrated throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import as_case, check_count, check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import DataError, Finding, InputError, SolveError, collecting
from secdil_sd.fitting.fit import Fit
from secdil_sd.fitting.free import check_names, free_parameters
from secdil_sd.fitting.identifiability import covariance
from secdil_sd.fitting.noise import Noise, noise_of
from secdil_sd.fitting.observed import Observed, observe_history
from secdil_sd.fitting.optimum import SOLVERS, Optimum, best_starts, search_globally
from secdil_sd.fitting.optimum import search as improved
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.profile import profiles
from secdil_sd.names import split_selector, suggestion
from secdil_sd.simulation.companion import Distribution

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

KEPT = 6
"""Starts from which optimizers set out, of those looked at."""
SEARCHES = ("differential_evolution",)


@verb
def fit(
    case: Scenario | Model,
    data: Any = None,
    parameters: Sequence[str] | None = None,
    bounds: Mapping[str, Any] | None = None,
    tied: Mapping[str, Sequence[str]] | None = None,
    priors: Mapping[str, Distribution] | None = None,
    variable: str | None = None,
    noise: str | None = None,
    years: tuple[int, int] | None = None,
    method: str = "least_squares",
    starts: int = 128,
    search: str | None = None,
    intervals: bool = True,
    level: float = 0.9,
    seed: int = 1,
    **options: Any,
) -> Fit:
    """Estimate parameters and initial values of a scenario from figures.

    The model is integrated, never differenced, and a figure is held against the model's mean
    over its year. Random starts, finite differences and profiles are members of ensembles.

    Parameters
    ----------
    case : Scenario or Model
        With one figure a state and year; measured series among its values stay as they are.
    data : DataFrame or path, optional
        Columns state, year, value (and variable); default the scenario's own figures.
    parameters : sequence of str, optional
        "fatigue" is a number for each state, "fatigue[*]" one for all, "fatigue.India" one;
        default what the scenario's file lists under [fit], else reaction, fatigue, grievance and
        initial spending.
    bounds : mapping of str to (low, high), optional
        Natural units; default beyond the ranges of the model, within hard limits.
    tied : mapping of str to sequence of str, optional
        Names for constants that share one value; to be listed among ``parameters``.
    priors : mapping of str to Distribution, optional
        For posteriors; estimates do not use them.
    variable : str, optional
        "spending" (default) or "burden", or any variable of the model.
    noise : {"lognormal", "normal", "student t", "lognormal with memory"}
        How figures scatter about the model; Student's t (4 degrees of freedom) on logarithms.
        Default what the scenario's file says, else lognormal.
    years : (int, int), optional
        First and last year of the figures to use.
    method : {"least_squares", "L-BFGS-B"}
        SciPy's optimizer.
    starts : int
        Points looked at before the best are improved.
    search : {"differential_evolution"}, optional
        Look over the whole bounds first.
    intervals : bool
        Whether to walk the profiles.
    level : float
        Of the intervals, up to .95.
    seed : int
    **options
        As `run_ensemble`: backend, client, chunk, rtol, method of integration is Tsit5.

    Returns
    -------
    Fit

    Raises
    ------
    InputError, DataError
        For names, bounds or figures that do not fit, and too few figures; all together.
    SolveError
        If no start converged: what is not an optimum is no result.

    Source
    ------
    Profile likelihood: Raue et al. (2009); Bates and Watts (1988).

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = fit(sd.load_scenario("wwi_blocs"), parameters=["reaction[*]", "grievance",
    ...             "initial spending"], starts=32)
    >>> round(found.values["reaction[*]"], 2)
    0.98
    """
    _check(method, search, level)
    check_count(starts, 1, "starts")
    check_seed(seed)
    problem = pose(case, data, parameters, bounds, tied, priors, variable, noise, years, **options)
    _check_enough(problem)
    settings = {"method": method, "starts": starts, "search": search or "none", "seed": seed}
    return solved(problem, settings, intervals, level)


def pose(
    case: Scenario | Model,
    data: Any = None,
    parameters: Sequence[str] | None = None,
    bounds: Mapping[str, Any] | None = None,
    tied: Mapping[str, Sequence[str]] | None = None,
    priors: Mapping[str, Distribution] | None = None,
    variable: str | None = None,
    noise: str | None = None,
    years: tuple[int, int] | None = None,
    **options: Any,
) -> Problem:
    """Return what would be fitted to what, before anything is; arguments as `fit`."""
    subject = as_case(case)
    findings: list[Finding] = []
    kind: Noise | None = None
    with collecting(findings):
        own = subject.file.fit.noise if subject.file else ""
        kind = noise_of(noise or own or "lognormal")
    logarithmic = kind is None or kind.logarithmic
    observed: Observed | None = None
    known = len(findings)
    with collecting(findings):
        observed = observe_history(subject, data, variable, years, logarithmic)
    findings += _malformed(bounds, tied, priors)
    if observed is None or len(findings) > known:
        with collecting(findings):  # what can be said of the names without figures
            check_names(subject, parameters, tied)
    if findings:
        raise (InputError if observed else DataError)(*findings)
    assert observed is not None and kind is not None
    if not subject.times:
        first, last = int(observed.years[0]), int(observed.years[-1])
        subject = subject.replace(times=range(first, last + 2))
    free = free_parameters(subject, observed, parameters, bounds, tied, priors)
    options = {"backend": fastest(), **options}
    return Problem(subject, free, observed, kind, options)


def solved(
    problem: Problem, settings: Mapping[str, Any], intervals: bool = True, level: float = 0.9
) -> Fit:
    """Return the fit of a problem; raises SolveError if no start converged."""
    import pandas as pd

    method, seed = str(settings["method"]), settings["seed"]
    begin = best_starts(problem, int(settings["starts"]), KEPT, seed)
    if settings.get("search") == SEARCHES[0]:
        begin = np.vstack([search_globally(problem, seed), begin])
    found = improved(problem, begin, method)
    best = _converged(found, problem)
    walked: tuple[Any, ...] = ()
    if intervals:
        for _ in range(3):
            with np.errstate(all="ignore"):
                errors = np.sqrt(np.diag(covariance(problem, best)))
            listed, lowest = profiles(problem, best, errors)
            walked = tuple(listed)
            if lowest is best:
                break
            found = [*improved(problem, [lowest.point], method), *found]
            best = _converged(sorted(found, key=lambda each: each.loss), problem)
    table = pd.DataFrame(
        {
            "loss": [each.loss for each in found],
            "steps": [each.steps for each in found],
            "converged": [each.converged for each in found],
            "message": [each.message for each in found],
        }
    )
    return Fit(problem, best, walked, table, level, settings)


def _converged(found: Sequence[Optimum], problem: Problem) -> Optimum:
    """The best optimum that is one."""
    good = [each for each in found if each.converged and np.isfinite(each.loss)]
    if not good:
        best = found[0]
        values = dict(zip(problem.names, problem.natural(best.point).round(6), strict=True))
        message = (
            f"None of {len(found)} starts converged within {best.steps} steps "
            f"({best.message.strip() or 'no reason given'}); the best so far has "
            f"{', '.join(f'{name} {value:g}' for name, value in values.items())}."
        )
        remedy = "Fit fewer numbers, narrow their bounds, or try search='differential_evolution'."
        raise SolveError(Finding("error", message, remedy=remedy))
    return good[0]


def fastest() -> str:
    """Return the backend to fit with: compiled code where numba is installed.

    >>> fastest() in ("numpy", "numba")
    True
    """
    from importlib.util import find_spec

    return "numba" if find_spec("numba") else "numpy"


def _check(method: str, search: str | None, level: float) -> None:
    findings = []
    if method not in SOLVERS:
        hint = suggestion(str(method), SOLVERS)
        findings.append(Finding("error", f"method is {method!r}.", "method", remedy=hint))
    if search is not None and search not in SEARCHES:
        hint = suggestion(str(search), SEARCHES)
        findings.append(Finding("error", f"search is {search!r}.", "search", remedy=hint))
    if not 0 < level <= 0.95:
        remedy = "Give a share up to 0.95, as level=0.9."
        findings.append(Finding("error", f"level is {level!r}.", "level", remedy=remedy))
    if findings:
        raise InputError(*findings)


def _malformed(bounds: Any, tied: Any, priors: Any) -> list[Finding]:
    """What is not of the kind that is asked for."""
    findings = []
    kinds = {
        "bounds": (bounds, "Give a mapping of names to (low, high)."),
        "tied": (tied, "Give a mapping of your own names to lists of constants."),
        "priors": (priors, "Give a mapping of names to Distribution."),
    }
    for name, (given, remedy) in kinds.items():
        if given is not None and not isinstance(given, Mapping):
            findings.append(Finding("error", f"{name} is {given!r}.", name, remedy=remedy))
    for name, listed in (tied or {}).items() if isinstance(tied, Mapping) else ():
        if isinstance(listed, str) or not len(listed):
            message = f"What is tied as {name!r} is {listed!r}."
            findings.append(Finding("error", message, "tied", remedy=kinds["tied"][1]))
    for name, prior in (priors or {}).items() if isinstance(priors, Mapping) else ():
        if not isinstance(prior, Distribution):
            message = f"The prior of {name!r} is {prior!r}."
            remedy = "Give a Distribution, as Distribution(kind='normal', mean=0, spread=.3)."
            findings.append(Finding("error", message, "priors", remedy=remedy))
    return findings


def _of(state: str, column: str) -> bool:
    """Whether a constant is a state's own."""
    elements = split_selector(column)[1]
    return bool(elements) and elements[0] == state


def _check_enough(problem: Problem) -> None:
    """Refuse fewer figures than numbers to fit: such a fit passes through every point."""
    least = len(problem.free) + 2
    if problem.count < least:
        message = (
            f"There are {problem.count} figures for {len(problem.free)} numbers to fit; "
            f"at least {least} are needed, one for each number, one for the spread, one to spare."
        )
        remedy = 'Fit fewer numbers, tie some together ("fatigue[*]"), or add years.'
        raise InputError(Finding("error", message, "data", problem.names, remedy))
    for state, row in zip(problem.observed.states, problem.observed.present, strict=True):
        own = [e.name for e in problem.free if all(_of(state, c) for c in e.columns)]
        if row.sum() <= len(own):
            message = (
                f"{state} has {int(row.sum())} figures for {len(own)} numbers of its own "
                f"({', '.join(own)}); at least {len(own) + 1} are needed."
            )
            remedy = "Tie some to the other state's, or add years."
            raise InputError(Finding("error", message, "data", tuple(own), remedy))
