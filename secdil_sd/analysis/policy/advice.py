"""What would stop it, both ways of asking: each school's smallest remedy, and the cheapest mix."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.analysis.policy.outcome import PolicySearch
from secdil_sd.analysis.policy.remedies import Remedies
from secdil_sd.analysis.saving import save_result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Advice:
    """The remedies of the schools beside the cheapest policy, for one page or one file.

    Parameters
    ----------
    title : str
        Of the rivalry.
    remedies : Remedies
    search : PolicySearch
    """

    title: str
    remedies: Remedies
    search: PolicySearch

    @property
    def finding(self) -> str:
        """The headline: of the search, which may mix what schools keep apart."""
        return self.search.finding

    @property
    def provenance(self) -> dict[str, str]:
        """What made the search; the remedies carry their own."""
        return dict(self.search.provenance)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the ranked remedies."""
        return self.remedies.to_dataframe()

    def save(self, path: str | Path) -> Path:
        """Write it: .csv and .parquet the ranked remedies, .json everything."""
        tables = {
            "remedies": self.remedies.table, "curves": self.remedies.curves,
            "front": self.search.front, "policy": self.search.policy, "tried": self.search.tried,
        }  # fmt: skip
        record = {
            "finding": self.finding,
            "remedies_finding": self.remedies.finding,
            "provenance": self.provenance,
            "remedies_provenance": dict(self.remedies.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        return f"{self.remedies}\n\n{self.search}"
