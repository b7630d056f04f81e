"""What a policy search found, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.analysis.condition import condition_in_words
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import told

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class PolicySearch:
    """The cheapest policy found, what more or less would cost, and how it does elsewhere.

    Parameters
    ----------
    reached : bool
        Whether a policy reaches the share in the worlds searched.
    policy : DataFrame
        A row a lever: ``dose`` (share of the way to an end of its range, negative downward),
        ``before`` and ``after`` (means over its elements, and
        over worlds where they differ in it), ``low``, ``high``, ``weight``,
        ``cost``. The cheapest that reaches the share; else the one that comes closest.
    amount : str
        The policy in words.
    cost : float
    share, validated_share : tuple of float
        Share of worlds that keep the condition, with its interval: in the worlds searched,
        which flatters, and in as many fresh ones.
    status_quo : tuple of float
        The same with no policy, in the worlds searched.
    front : DataFrame
        The trade-off: a row a share asked for, its cheapest policy found (a column a lever,
        its dose), ``cost``, ``share``, ``checked_share`` in fresh worlds, with intervals.
    tried : DataFrame
        Every policy that was run: cost, share, and a column a lever.
    best_share : float
        The highest share any policy reached.
    keep : str
    target : float
    levers, uncertainties : tuple of str
    worlds, runs, budget, failed : int
        ``failed`` members count as not kept.
    provenance : mapping of str to str
    """

    reached: bool
    policy: pd.DataFrame = field(repr=False)
    amount: str
    cost: float
    share: tuple[float, float, float]
    validated_share: tuple[float, float, float]
    status_quo: tuple[float, float, float]
    front: pd.DataFrame = field(repr=False)
    tried: pd.DataFrame = field(repr=False)
    best_share: float
    keep: str
    target: float
    levers: tuple[str, ...]
    uncertainties: tuple[str, ...]
    worlds: int
    runs: int
    budget: int
    failed: int
    provenance: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def finding(self) -> str:
        """The headline."""
        asked = condition_in_words(self.keep)
        if not self.reached:
            return (
                f"No policy found keeps {asked} in {self.target:.0%} of worlds: "
                f"at best {self.best_share:.0%}, against {self.status_quo[0]:.0%} as things are"
            )
        if self.cost == 0:
            return (
                f"Nothing need be done: {condition_in_words(self.keep, 'is')} in "
                f"{self.status_quo[0]:.0%} of {self.worlds} worlds as things are"
            )
        return (
            f"The cheapest policy found keeps {asked} in {self.share[0]:.0%} of worlds "
            f"({self.validated_share[0]:.0%} of fresh ones) at a cost of {self.cost:.2f}: "
            f"{self.amount}"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return the trade-off front."""
        return self.front.copy()

    def save(self, path: str | Path) -> Path:
        """Write it: .csv and .parquet the front, .json everything."""
        record = {
            "finding": self.finding, "reached": self.reached, "amount": self.amount,
            "cost": self.cost, "share": list(self.share),
            "validated_share": list(self.validated_share), "status_quo": list(self.status_quo),
            "best_share": self.best_share, "keep": self.keep, "target": self.target,
            "uncertainties": list(self.uncertainties), "worlds": self.worlds,
            "runs": self.runs, "budget": self.budget, "failed": self.failed,
            "provenance": dict(self.provenance),
        }  # fmt: skip
        tables = {"front": self.front, "policy": self.policy, "tried": self.tried}
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [f"{self.finding}.", ""]
        if self.cost > 0:
            lines.append("Cheapest policy:" if self.reached else "Closest policy:")
            lines += [f"  {each}" for each in self.amount.split("; ")]
        lines += [
            f"Kept in {told(self.share)} of the {self.worlds} worlds searched, in "
            f"{told(self.validated_share)} of as many fresh ones"
            + (f" ({self.optimism})" if self.optimism else "")
            + ".",
            f"As things are: {told(self.status_quo)}.",
            "",
            "cost  share  in fresh worlds",
        ]
        for row in self.front.to_dict("records"):
            mark = "  <- asked for" if row["asked"] else ""
            fresh = told((row["checked_share"], row["checked_low"], row["checked_high"]))
            lines.append(f"{row['cost']:4.2f}  {row['share']:5.0%}  {fresh}{mark}")
        lines += [
            "",
            "Cost is the share of the way from the case's own value to the end of a lever's range,",
            "times the lever's weight, summed. Weights and ranges are judgement.",
            f"{self.runs:,} runs, of which the search may spend {self.budget:,}; {self.failed:,} "
            "failed and count as not kept.",
        ]
        return "\n".join(lines)

    @property
    def optimism(self) -> str:
        """What the check in fresh worlds takes back, if it takes back anything."""
        if not self.reached or self.validated_share[0] >= self.target:
            return ""
        if self.validated_share[2] >= self.target:
            return "a little less, within what chance explains"
        return "less than asked for: the search fitted its worlds; use more of them"
