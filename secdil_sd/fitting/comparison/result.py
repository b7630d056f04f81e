"""What a comparison found: tables with their reservations, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.analysis.saving import save_result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Comparison:
    """Explanations of one history held against each other and against naive forecasts.

    Parameters
    ----------
    title : str
        Of the case.
    states : tuple of str
    years : tuple of int
        Used, without a gap.
    verdict : str
        Plain sentences: reaction, explanation, forecasts.
    reaction : {"supported", "not supported", "cannot tell"}
        Do the states answer each other?
    reaction_p : float
        Share of placebos, in which nobody reacts, that gain as much from reaction.
    reactions : DataFrame
        Each state's reaction in the linear equation that gains most by it.
    placebos : DataFrame
        Columns kind, gain: what reaction adds to histories without it; ``reaction_gain`` is what
        it adds to this one.
    reaction_gain : float
    criteria : DataFrame
        Columns of `CRITERIA_COLUMNS`, best AICc first.
    backtest : DataFrame
        Columns of `BACKTEST_COLUMNS`.
    contest : DataFrame
        Columns of `CONTEST_COLUMNS`: the best with reaction against naive, and without it.
    forecasts : DataFrame
        Columns of `FORECAST_COLUMNS`, every forecast beside what followed.
    robustness : DataFrame
        Columns of `ROBUSTNESS_COLUMNS`.
    history : DataFrame
        Columns state, year, value.
    notes : tuple of str
        What was left out or must be known.
    provenance : mapping of str to str
    """

    title: str
    states: tuple[str, ...]
    years: tuple[int, ...]
    verdict: str
    reaction: str
    reaction_p: float
    reactions: pd.DataFrame = field(repr=False)
    placebos: pd.DataFrame = field(repr=False)
    reaction_gain: float
    criteria: pd.DataFrame = field(repr=False)
    backtest: pd.DataFrame = field(repr=False)
    contest: pd.DataFrame = field(repr=False)
    forecasts: pd.DataFrame = field(repr=False)
    robustness: pd.DataFrame = field(repr=False)
    history: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """The verdict on reaction, as a title."""
        return self.verdict.split("\n")[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict, a sentence each."""
        return tuple(self.verdict.split("\n"))

    def to_dataframe(self) -> pd.DataFrame:
        """Return the backtest, with each model's criteria in the same row."""
        names = [each for each in self.criteria.columns if each not in ("family", "converged")]
        return self.backtest.merge(
            self.criteria[names], on="model", how="left", suffixes=("", "_fit")
        )

    def save(self, path: str | Path) -> Path:
        """Write the table (.csv, .parquet), or all tables, verdict and provenance (.json)."""
        tables = {
            "backtest": self.to_dataframe(), "criteria": self.criteria, "contest": self.contest,
            "robustness": self.robustness, "reactions": self.reactions, "history": self.history,
            "placebos": self.placebos, "forecasts": self.forecasts,
        }  # fmt: skip
        record = {
            "title": self.title,
            "verdict": list(self.sentences),
            "reaction": self.reaction,
            "reaction_p": self.reaction_p,
            "reaction_gain": self.reaction_gain,
            "notes": list(self.notes),
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.years[0]}-{self.years[-1]}", *self.sentences, ""]
        shown = self.criteria[["model", "parameters", "aicc_difference", "loo_difference"]]
        lines.append(shown.round(1).to_string(index=False))
        rows = self.backtest[
            (self.backtest["state"] == "all states") & (self.backtest["start"] == "last figure")
        ]
        if len(rows):
            wide = rows.pivot(index="model", columns="horizon", values="relative_error")
            wide.columns = [f"{each} yr" for each in wide.columns]
            lines += ["", "Error as a share of the random walk with drift's:"]
            lines.append(wide.loc[list(dict.fromkeys(rows["model"]))].round(2).to_string())
        lines += ["", *(f"Note: {each}" for each in self.notes)]
        return "\n".join(lines).rstrip()
