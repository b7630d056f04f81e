"""What a panel gives: its dyads, what they have in common, claims judged, reservations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.analysis.saving import save_result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Panel:
    """Many dyads fitted together.

    Parameters
    ----------
    table : DataFrame
        A row a state of a dyad: ``dyad``, ``state``, ``rival``, ``first``, ``last``, ``n``
        (figures), ``regime``; ``reaction`` with ``low`` and ``high``, of the dyad alone;
        ``pooled`` with its interval, drawn towards the panel; ``dollar_for_dollar``, the same to
        a dollar of this rival; ``fatigue``, ``gain`` (Richardson's root of kl/ab) and
        ``gain_above_1``, a probability, all pooled; ``own_fatigue``; ``new_noise``, the yearly
        surprise in logs; ``in_regression``; ``settled``. Intervals hold 90%.
    coefficients : DataFrame
        ``term``, ``value``, ``low``, ``high``, ``units``, ``prior_low``, ``prior_high``,
        ``contraction`` (0: the figures said nothing), ``placebo`` with its interval over
        placebo panels, ``excess`` over it.
    contrasts : DataFrame
        The essay's claims on regimes: the same columns, with ``claim``, ``claimed``,
        ``verdict`` and ``reason``.
    verdicts : tuple of str
    dropped : DataFrame
        ``dyad``, ``left_out_of`` ("fit" or "regression"), ``reason``.
    reservations : tuple of str
    typical : float
        A reaction that would matter. [1/yr]
    placebos : int
        Placebo panels fitted.
    placebo_share : float
        Share of their sides whose pooled interval lies above 0; NaN without any.
    provenance : mapping of str to str
    """

    table: pd.DataFrame = field(repr=False)
    coefficients: pd.DataFrame = field(repr=False)
    contrasts: pd.DataFrame = field(repr=False)
    verdicts: tuple[str, ...]
    dropped: pd.DataFrame = field(repr=False)
    reservations: tuple[str, ...]
    typical: float
    placebos: int
    placebo_share: float
    provenance: Mapping[str, str] = field(repr=False)

    @property
    def finding(self) -> str:
        """The answer to the first question, in one sentence."""
        return self.verdicts[0]

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of dyads."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the dyads (.csv, .parquet), or everything (.json).

        Raises
        ------
        InputError
            If no format has that ending.
        FileError
            If the place cannot be written.
        """
        tables = {
            "dyads": self.table,
            "coefficients": self.coefficients,
            "contrasts": self.contrasts,
            "dropped": self.dropped,
        }
        record = {
            "verdicts": list(self.verdicts),
            "placebo_panels": self.placebos,
            "placebo_share": self.placebo_share,
            "reservations": list(self.reservations),
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        shown = ["term", "value", "low", "high", "prior_low", "prior_high", "placebo"]
        table = self.coefficients[shown].to_string(index=False, float_format="{:.3f}".format)
        lines = [*self.verdicts, "", table]
        if len(self.dropped):
            lines += ["", f"Left out: {len(self.dropped)} dyads, for reasons in .dropped."]
        return "\n".join([*lines, *(f"Note: {each}" for each in self.reservations)])
