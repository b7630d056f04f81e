"""The trade-off between cost and share that a search leaves behind, checked in fresh worlds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.analysis.policy.levers import Lever
from secdil_sd.analysis.policy.optimize import Archive, kept_worlds
from secdil_sd.analysis.policy.outcome import PolicySearch
from secdil_sd.analysis.policy.wording import amount
from secdil_sd.analysis.shares import share_of

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.analysis.policy.worlds import Worlds

TARGETS = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
"""Shares the trade-off is worked out for, besides the one asked for."""

POLICY_COLUMNS = ("lever", "dose", "before", "after", "low", "high", "weight", "cost")
FRONT_COLUMNS = (
    "target", "cost", "share", "share_low", "share_high",
    "checked_share", "checked_low", "checked_high", "asked",
)  # fmt: skip


def gather(archive: Archive, fresh: Worlds, share: float, seed: int) -> PolicySearch:
    """Gather what was found, and check it in fresh worlds."""
    import pandas as pd

    worlds, levers = archive.worlds, archive.levers
    names = [each.name for each in levers]
    chosen = archive.cheapest(share)
    reached = chosen is not None
    if chosen is None:
        chosen = int(np.lexsort((archive.costs, -archive.shares))[0])
    places = _front(archive, share, chosen)
    checked_worlds = kept_worlds(fresh, levers, archive.doses[list(places)])
    again = dict(zip(places, (checked_worlds == 1).sum(axis=1), strict=True))
    rows = [
        {
            "target": target,
            "cost": archive.costs[place],
            **dict(zip(FRONT_COLUMNS[2:5], archive.share(place), strict=True)),
            **dict(zip(FRONT_COLUMNS[5:8], share_of(again[place], fresh.count), strict=True)),
            "asked": place == chosen,
            **dict(zip(names, archive.doses[place], strict=True)),
        }
        for place, target in places.items()
    ]
    tried = pd.DataFrame(archive.doses, columns=names)
    tried.insert(0, "cost", archive.costs)
    tried.insert(1, "share", archive.shares)
    doses = archive.doses[chosen]
    record = worlds.record(
        analysis="policy search", share=share, seed=seed, levers=tuple(names),
        weights=tuple(each.weight for each in levers), budget=archive.budget,
    )  # fmt: skip
    return PolicySearch(
        reached,
        _policy_table(worlds, levers, doses),
        amount(
            levers,
            doses,
            [each.drawn(worlds.draws.columns) for each in levers],
            worlds.case.states,
        ),
        float(archive.costs[chosen]),
        archive.share(chosen),
        share_of(again[chosen], fresh.count),
        archive.share(archive.status_quo),
        pd.DataFrame(rows, columns=[*FRONT_COLUMNS, *names]),
        tried,
        float(archive.shares.max()),
        worlds.condition.text,
        share,
        tuple(names),
        tuple(worlds.draws.columns),
        worlds.count,
        archive.runs + checked_worlds.size,
        archive.budget,
        archive.failed + int(np.isnan(checked_worlds).sum()),
        record,
    )


def _front(archive: Archive, share: float, chosen: int) -> dict[int, float]:
    """Return the places of the policies on the trade-off, cheapest first, with their targets.

    The status quo, the cheapest policy for each target, and the one that is recommended;
    a policy that costs more and keeps no more than another is none of them.
    """
    found = {archive.status_quo: float(archive.shares[archive.status_quo])}
    for target in sorted({*TARGETS, share}):
        place = archive.cheapest(target)
        if place is not None:
            found.setdefault(place, target)
    found.setdefault(chosen, share)
    ordered = sorted(found, key=lambda k: (archive.costs[k], -archive.shares[k]))
    kept: dict[int, float] = {}
    best = -1.0
    for place in ordered:
        if archive.shares[place] > best or place == chosen:
            kept[place] = found[place]
            best = max(best, float(archive.shares[place]))
    return kept


def _policy_table(worlds: Worlds, levers: Sequence[Lever], doses: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    starts = [each.starts(worlds.draws) for each in levers]
    rows = [
        {
            "lever": each.name,
            "dose": dose,
            "before": start.mean(),
            "after": each.values(np.full(worlds.count, dose), start).mean(),
            "low": each.low,
            "high": each.high,
            "weight": each.weight,
            "cost": abs(dose) * each.weight,
        }
        for each, start, dose in zip(levers, starts, doses, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(POLICY_COLUMNS))
