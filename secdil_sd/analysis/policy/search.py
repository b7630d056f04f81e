"""Policy search: the cheapest levers that keep a condition in most of the worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import yearly
from secdil_sd.analysis.condition import Condition
from secdil_sd.analysis.policy.levers import Lever, read_levers
from secdil_sd.analysis.policy.openings import begin
from secdil_sd.analysis.policy.optimize import Archive, evolve
from secdil_sd.analysis.policy.outcome import PolicySearch
from secdil_sd.analysis.policy.schools import read_schools
from secdil_sd.analysis.policy.tradeoff import TARGETS, gather
from secdil_sd.analysis.policy.trimming import trim
from secdil_sd.analysis.policy.worlds import KEEP, check_target, checked, draw_worlds, uncertain
from secdil_sd.analysis.space import Space, as_case, check_count
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, SecdilError, collecting
from secdil_sd.names import spelling, split_selector, suggestion

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

LEAST_POLICIES = 50
"""A search of fewer finds nothing worth the name."""

MOST_POLICIES = 1200
"""Policies tried where a budget would allow more: with few worlds runs are not what is short."""

OPENING = 3
"""The part of the policies that opens a search is one in so many."""

FRESH = 1
"""Which stream of a seed draws the worlds of the check: none that the search has seen."""


@verb
def search_policy(
    subject: Scenario | Model,
    levers: Sequence[str] | Mapping[str, tuple[float, float] | None] | None = None,
    uncertainties: Sequence[str] | Mapping[str, Any] | None = None,
    keep: str = KEEP,
    share: float = 0.9,
    minimise: str = "cost",
    costs: Mapping[str, float] | None = None,
    n: int = 256,
    seed: int = 1,
    budget: int = 40_000,
    constraints: Sequence[str] | None = (),
    times: Any = None,
    **options: Any,
) -> PolicySearch:
    """Search for the cheapest policy that keeps a condition in a share of worlds.

    Every policy meets the same worlds. The trade-off between cost and share is swept by asking
    for one share after the other (the epsilon-constraint method); SciPy's differential
    evolution runs a population in all worlds as one ensemble. What it finds is checked in
    fresh worlds, where nothing was fitted.

    Parameters
    ----------
    subject : Scenario or Model
    levers : sequence of str, or mapping of str to (low, high) or None, optional
        What a policy moves: "transparency" for all states together, "transparency.India" for
        one. Default: what the table of remedies says a policy can move.
    uncertainties : sequence of str, or mapping of str to range, optional
        What differs between worlds; empty for none. Default: what rests on judgement in the
        scenario and is no lever. What a fit leaves open, the scenario's draws, differs as well;
        where nothing else does, half of the draws are searched and the other half is the check.
    keep : str
        A condition, as "peak spiral number < 1 and burden final < 0.05".
    share : float
        Share of worlds to reach, above 0 and at most 1.
    minimise : {"cost"}
    costs : mapping of str to float, optional
        Weight of a lever: the cost of the whole way from the case's own value to the end of
        its range; default 1 each. A part of the way costs that part.
    n : int
        Worlds searched, and as many fresh ones for the check.
    seed : int
    budget : int
        Runs the search may spend; the check of at most nine policies comes on top.
    constraints : sequence of str or None
        That worlds must keep, besides the model's; None for none at all.
    times : sequence of float, optional
        Output times; default one a year, thinned evenly to 101 for the search, not for the check.
    **options
        As `Model.run_ensemble`: backend, client.

    Returns
    -------
    PolicySearch

    Raises
    ------
    InputError
        All mistakes together: unknown or overlapping levers, levers without a range or given
        as series, levers that are uncertainties too, a share outside (0, 1], a condition that
        is none, a budget for less than 50 policies.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> calm = search_policy(sd.load_model("richardson"), ["fatigue"], [], n=1, budget=200)
    >>> calm.cost, calm.finding[:20]
    (0.0, 'Nothing need be done')
    """
    case = as_case(subject)
    asked = _Asked(
        levers, uncertainties, keep, share, minimise, costs, n, seed, budget, constraints
    )
    problem = _read(case, asked)
    seen, unseen = _halves(problem.box)
    worlds = draw_worlds(case, seen, problem.rule, n, seed, times, **options)
    archive = Archive(worlds, problem.levers, budget)
    _search(archive, share, np.random.default_rng([seed, 0]))
    fresh = draw_worlds(case, unseen, problem.rule, n, _fresh_seed(seed), times, **options)
    if times is None and fresh.times is not None:
        fresh = replace(fresh, times=yearly(case))
    return gather(archive, fresh, share, seed)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a user gave, unchecked."""

    levers: Any
    uncertainties: Any
    keep: str
    share: float
    minimise: str
    costs: Mapping[str, float] | None
    n: int
    seed: int
    budget: int
    constraints: Sequence[str] | None


@dataclass(frozen=True, eq=False)
class _Problem:
    """What is searched: checked."""

    levers: tuple[Lever, ...]
    box: Space | None
    rule: Condition


def _read(case: Scenario, given: _Asked) -> _Problem:
    """Check what the user gave; all mistakes together."""
    findings: list[Finding] = []
    check_target(given.share, given.n, given.seed, findings)
    if given.minimise != "cost":
        message = f"{given.minimise!r} cannot be minimised."
        remedy = "Minimise 'cost', and say by costs={...} what each lever costs."
        findings.append(Finding("error", message, remedy=remedy))
    levers: tuple[Lever, ...] = ()
    rule = box = None
    try:
        rule = Condition.parse(given.keep, case)
    except SecdilError as error:
        findings += error.findings
    try:
        named = default_levers(case) if given.levers is None else given.levers
        levers = read_levers(case, named, given.costs)
    except SecdilError as error:
        findings += error.findings
    try:
        moved = [name for each in levers for name in each.moved]
        box = uncertain(case, given.uncertainties, moved, given.constraints)
    except SecdilError as error:
        findings += error.findings
    findings += [*_both(levers, box), *_bound(levers, box)]
    if not findings:
        findings += _budget(given.budget, _halves(box)[0].size(given.n) if box else 1)
    checked(findings)
    assert rule is not None  # else there was a finding
    return _Problem(levers, box, rule)


def _both(levers: Sequence[Lever], box: Space | None) -> list[Finding]:
    """Say which levers are uncertainties too."""
    remedy = "Leave it in one of the two."
    return [
        Finding(
            "error",
            f"{each.name!r} is a lever and an uncertainty.",
            variables=(each.name,),
            remedy=remedy,
        )
        for each in levers
        if each.drawn([] if box is None else box.names)
    ]


def _bound(levers: Sequence[Lever], box: Space | None) -> list[Finding]:
    """Say which levers stand in a constraint: what worlds keep, a policy could break."""
    return [
        Finding(
            "error",
            f"The lever {each.name!r} stands in the constraint {rule.text!r}.",
            variables=(each.name,),
            remedy="Choose another lever, or give constraints=None.",
        )
        for each in levers
        for rule in (() if box is None else box.constraints)
        if spelling(each.variable) in {spelling(split_selector(name)[0]) for _, name in rule.terms}
    ]


def _budget(budget: Any, worlds: int) -> list[Finding]:
    """Say if a budget is none, or too small to search with."""
    findings: list[Finding] = []
    with collecting(findings):
        check_count(budget, 1, "budget")
    if findings:
        return findings
    if budget >= LEAST_POLICIES * worlds:
        return []
    message = f"A budget of {budget:,} runs tries {budget // worlds} policies in {worlds} worlds."
    remedy = f"Give at least {LEAST_POLICIES * worlds:,}, or fewer worlds."
    return [Finding("error", message, "budget", remedy=remedy)]


def default_levers(case: Scenario) -> list[str]:
    """Return what a policy can move in a case: roles of the table of remedies that are there.

    Raises
    ------
    InputError
        If the model has none of them.
    """
    roles = case.model.companion.roles
    timed = case.values.series
    names = [roles[each] for each in read_schools().levers if each in roles]
    found = [each for each in names if each not in timed]
    if not found:
        message = f"The model {case.model.name!r} names none of the usual levers."
        constants = case.model.constants
        ranged = constants[constants["low"].notna() & constants["high"].notna()]["name"]
        remedy = f"Name some, as levers=[...]. {suggestion('', ranged)}"
        raise InputError(Finding("error", message, "levers", remedy=remedy))
    return found


def _halves(box: Space | None) -> tuple[Any, Any]:
    """Return what to search in and what to check in: a fit alone gives no draws but its own."""
    if box is None or box.parameters or box.fitted is None or len(box.fitted) < 2:
        return box, box
    return replace(box, fitted=box.fitted[::2]), replace(box, fitted=box.fitted[1::2])


def _fresh_seed(seed: int) -> int:
    """A seed whose worlds the search has not seen."""
    return int(np.random.SeedSequence([seed, FRESH]).generate_state(1)[0])


def _search(archive: Archive, share: float, rng: np.random.Generator) -> None:
    """Spend the budget: a first look, the share asked for, then the rest of the trade-off."""
    total = min(archive.left, MOST_POLICIES)
    archive.run(np.zeros((1, len(archive.levers))))
    if all(_free(archive, each) for each in (share, *TARGETS)):
        return
    begin(archive, share, total // OPENING)
    if not _free(archive, share):
        evolve(archive, share, total * 2 // 5, rng)
        trim(archive, share, TARGETS)
    others = [each for each in TARGETS if each != share and not _free(archive, each)]
    for k, each in enumerate(others):
        if archive.left < 2:
            break
        left = min(archive.left, MOST_POLICIES // 2)
        evolve(archive, each, left // (len(others) - k), rng)


def _free(archive: Archive, share: float) -> bool:
    """Whether the share is reached as things are."""
    return bool(archive.shares[archive.status_quo] >= share - 1e-9)
