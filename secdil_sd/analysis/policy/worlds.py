"""The worlds nobody can rule out, the same ones for every policy, and what must be kept in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import answer, yearly
from secdil_sd.analysis.condition import Condition
from secdil_sd.analysis.plausible import judgement_parameters
from secdil_sd.analysis.space import Space, check_count, space
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import spelling
from secdil_sd.provenance import provenance

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.analysis.policy.levers import Lever
    from secdil_sd.simulation.scenario import Scenario

MOST_TIMES = 101
"""Output times of a search: a longer run is looked at less often, and the check looks yearly."""

KEEP = "peak spiral number < 1"


@dataclass(frozen=True, eq=False)
class Worlds:
    """Draws of what nobody knows, and a condition that a policy is to keep in them.

    Parameters
    ----------
    case : Scenario
    draws : DataFrame
        A row a world; no columns where nothing is uncertain.
    condition : Condition
    times : array or None
        Output times; None for the model's own.
    options : mapping
        As `Model.run_ensemble`: backend, client.
    """

    case: Scenario
    draws: pd.DataFrame = field(repr=False)
    condition: Condition
    times: np.ndarray | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of worlds."""
        return len(self.draws)

    def kept(self, levers: Sequence[Lever], doses: np.ndarray, world: np.ndarray) -> np.ndarray:
        """Say where the condition is kept.

        Parameters
        ----------
        levers : sequence of Lever
        doses : array (lever, member)
            Shares of each lever's way to an end of its range.
        world : array (member,) of int
            Which world each member lives in.

        Returns
        -------
        array (member,)
            1 where kept, 0 where not, NaN where the member failed.
        """
        samples = self.draws.iloc[world].reset_index(drop=True)
        columns: dict[str, np.ndarray] = {}
        for lever, dose in zip(levers, doses, strict=True):
            values = lever.values(dose, lever.starts(samples))
            columns.update(zip(lever.columns, values, strict=True))
        found = answer(
            self.case,
            samples.assign(**columns),
            self.condition.outputs,
            self.times,
            **self.options,
        )
        return self.condition.holds(found.run)

    def record(self, **parts: object) -> dict[str, str]:
        """Return what made a result: the model, the case's values, the worlds, and the rest."""
        own = self.case.model.record(self.case.setup(outputs=[])[0])
        return provenance(
            model=own["model"],
            equations=own["equations"],
            values=own["values"],
            scenario=self.case.name,
            keep=self.condition.text,
            worlds=self.count,
            uncertainties=tuple(self.draws.columns),
            draws=self.draws.to_numpy(dtype=float),
            **self.case.draws_record,
            **parts,
        )

    def with_params(self, params: Mapping[str, Any]) -> Worlds:
        """Return the same worlds with some values of the case replaced."""
        return replace(self, case=self.case.replace(params=params))


def uncertain(
    case: Scenario,
    given: Sequence[str] | Mapping[str, Any] | None,
    moved: Collection[str],
    constraints: Sequence[str] | None = (),
) -> Space | None:
    """Return the space worlds are drawn from; None if nothing is uncertain.

    What a fit leaves open, a case's draws, is uncertain beside anything else.

    Parameters
    ----------
    case : Scenario
    given : sequence of str, mapping of str to range, or None
        None: what rests on judgement in the scenario's own list; where there is none, or a
        policy moves all of it, every constant with a range that rests on judgement, but no
        switches between models.
    moved : collection of str
        Variables and elements that are left to policy by default.
    constraints : sequence of str or None
        Besides the model's; None for none at all.
    """
    box = _unknown(case, given, moved, constraints)
    if case.draws is None:
        return box
    whole = (Space(case, ()) if box is None else box).with_draws()
    return whole if whole.names else None


def _unknown(
    case: Scenario,
    given: Sequence[str] | Mapping[str, Any] | None,
    moved: Collection[str],
    constraints: Sequence[str] | None,
) -> Space | None:
    """The space of what no data speak to."""
    if given is not None:
        return space(case, given, constraints) if len(given) else None
    left = {spelling(name) for name in moved}
    everything = case.replace(varied=())
    for each in (case, everything) if case.varied else (everything,):
        found = [
            p
            for p in judgement_parameters(each)
            if not left & {spelling(p.name), spelling(p.selector)}
            and (each.varied or not p.is_switch)
        ]
        if found:
            return space(case, found, constraints)
    return None


def draw_worlds(
    case: Scenario,
    box: Space | None,
    condition: Condition,
    n: int,
    seed: int,
    times: Any = None,
    **options: Any,
) -> Worlds:
    """Draw worlds that keep the constraints; a single one if nothing is uncertain."""
    import pandas as pd

    draws = pd.DataFrame(index=range(1)) if box is None else box.draw(n, seed)
    grid = search_times(case) if times is None else np.asarray(list(times), dtype=float)
    return Worlds(case, draws, condition, grid, options)


def search_times(case: Scenario) -> np.ndarray | None:
    """Return a case's times one a year, thinned evenly where they are too many.

    >>> import secdil_sd as sd
    >>> case = sd.load_scenario("four_worlds").cases["W1"]
    >>> len(yearly(case)), len(search_times(case))
    (401, 101)
    """
    if case.model.needs_euler(case.params):
        return None
    times = yearly(case)
    step = int(np.ceil((len(times) - 1) / (MOST_TIMES - 1)))
    return times if step <= 1 else np.union1d(times[::step], times[-1:])


def check_target(share: Any, n: Any, seed: Any, findings: list[Finding]) -> None:
    """Collect what is wrong with a share to reach, a number of worlds and a seed."""
    is_number = isinstance(share, int | float | np.number) and not isinstance(share, bool)
    if not is_number or not 0 < share <= 1:
        remedy = "Give a number above 0 and at most 1, as 0.9."
        findings.append(Finding("error", f"share is {share!r}.", remedy=remedy))
    for number, least, what in ((n, 1, "n"), (seed, 0, "seed")):
        try:
            check_count(number, least, what)
        except SecdilError as error:
            findings += error.findings


def checked(findings: Sequence[Finding]) -> None:
    """Raise what was collected, if anything."""
    if findings:
        raise InputError(*findings)
