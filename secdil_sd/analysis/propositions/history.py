"""The claims held against history: what they say at the values fitted to the Cold War."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.propositions.book import Claim
from secdil_sd.analysis.propositions.predicates import NOISE
from secdil_sd.names import split_selector
from secdil_sd.simulation.scenario_loading import load_scenario

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

SCENARIO = "cold_war"
LOOP = {"peak spiral number": "peak spiral number", "reaction gain mean": "mean reaction gain"}
AGREES, DISAGREES, CANNOT_TELL = "agrees", "disagrees", "cannot tell"
WORDS = {True: AGREES, False: DISAGREES, None: CANNOT_TELL}
STEP = 0.5
"""Years between the moments at which the spiral number is taken."""


def history_checks(claims: Sequence[Claim], **options: Any) -> dict[str, tuple[bool | None, str]]:
    """Ask the fitted scenario what each claim's data check says.

    The scenario's own caveat stands: the Cold War's data cannot tell reaction from routine, so
    a sign at fitted values is a sign of the fitted model, no proof by data.

    Parameters
    ----------
    claims : sequence of Claim
        Those without a check are left out.
    **options
        As `Scenario.run_ensemble`.

    Returns
    -------
    dict of str to (bool or None, str)
        By claim: whether the sign agrees (None where the data cannot tell), and a sentence.
    """
    asked = [claim for claim in claims if claim.data is not None]
    if not asked:
        return {}
    case = load_scenario(SCENARIO)
    found = _runs(case, asked, options)
    return {claim.key: _check(claim, case, found) for claim in asked}


def _runs(
    case: Scenario, claims: Sequence[Claim], options: Mapping[str, Any]
) -> dict[str, dict[str, float]]:
    """The loop at the fitted values ("") and after each claim's change, as one ensemble."""
    import pandas as pd

    changes = {claim.key: claim.data.params for claim in claims if claim.data and claim.data.params}
    rows = {"": {}, **changes}
    names = dict.fromkeys(name for change in changes.values() for name in change)
    table = {
        name: [row.get(name, _own(case, name)) for row in rows.values()] for name in names
    } or {"worst case bias": [_own(case, "worst case bias")]}
    times = np.arange(case.times[0], case.times[-1] + STEP / 2, STEP)
    settings = {"progress": False, **options}
    run = case.run_ensemble(pd.DataFrame(table), times=times, outputs=list(LOOP), **settings)
    return {
        name: {output: float(run[output.replace(" ", "_")][k]) for output in LOOP}
        for k, name in enumerate(rows)
    }


def _own(case: Scenario, name: str) -> float:
    """The scenario's value of a constant that all states share, or of one state's."""
    text, chosen = split_selector(name)
    value = np.ravel(case.values.constants[text])
    return float(value[case.states.index(chosen[0])] if chosen else value[0])


def _check(
    claim: Claim, case: Scenario, found: Mapping[str, Mapping[str, float]]
) -> tuple[bool | None, str]:
    check = claim.data
    assert check is not None
    if check.fitted:
        values = np.ravel(case.values.constants[check.fitted])
        shown = ", ".join(f"{v:.3f} ({s})" for s, v in zip(case.states, values, strict=True))
        doubt = next(each for each in case.caveats if check.doubt in each)
        positive = bool((values > 0).all())
        word = "positive on both sides" if positive else "not positive on both sides"
        # a sign the data would do as well without is no agreement
        agrees = None if positive else False
        return agrees, f"Cold War: {check.says} is {word} ({shown} a year). {doubt}"
    if check.spiral:
        peak = found[""]["peak spiral number"]
        word = "spirals" if peak > 1 else "does not spiral"
        return peak > 1, f"Cold War: {check.says} {word}: its peak spiral number is {peak:.2f}."
    before, after = found[""], found[claim.key]
    moved = []
    for output, words in LOOP.items():
        step = (after[output] - before[output]) * check.sign
        word = "as claimed" if step > NOISE * before[output] else "not as claimed"
        moved.append((word, f"{words} {before[output]:.2f} to {after[output]:.2f}, {word}"))
    agrees = all(word == "as claimed" for word, _ in moved)
    return agrees, f"Cold War, {check.says}: {'; '.join(text for _, text in moved)}."
