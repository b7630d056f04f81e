"""Critical values as a result: where they lie, how they spread over draws, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import share_of

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("crosses", "above", "below", "cannot tell")
QUANTILES = (0.05, 0.5, 0.95)
CROSSING_COLUMNS = (
    "value", "low", "high", "direction", "kind", "before", "after", "settled", "allowed",
)  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """The critical value over draws of other parameters.

    Parameters
    ----------
    draws : DataFrame
        A row a draw: what was drawn, ``side`` ("crosses", "above", "below", "cannot tell"),
        ``critical`` (the lowest crossing, NaN where there is none), ``crossings`` (how many) and
        ``failed`` (values of the scan without an answer).
    crossings : DataFrame
        A row a crossing, as in `Threshold`, with its ``draw``.
    varied : tuple of str
    parameter, output : str
    at : float
    """

    draws: pd.DataFrame = field(repr=False)
    crossings: pd.DataFrame = field(repr=False)
    varied: tuple[str, ...]
    parameter: str
    output: str
    at: float

    @property
    def finding(self) -> str:
        """How often there is a critical value, and where, in a sentence."""
        return _spread_sentence(self)

    @property
    def shares(self) -> pd.DataFrame:
        """Share of draws on each side: columns side, draws, share, low, high (95%, Wilson)."""
        import pandas as pd

        counts = [int((self.draws["side"] == side).sum()) for side in SIDES]
        rows = [
            (side, count, *share_of(count, len(self.draws)))
            for side, count in zip(SIDES, counts, strict=True)
        ]
        return pd.DataFrame(rows, columns=["side", "draws", "share", "low", "high"])

    @property
    def quantiles(self) -> dict[float, float]:
        """The 5%, 50% and 95% points of the critical value, where there is one."""
        known = self.draws["critical"].dropna()
        return {q: float(known.quantile(q)) if len(known) else float("nan") for q in QUANTILES}

    def histogram(self, low: float, high: float, bins: int = 25) -> pd.DataFrame:
        """Return counts by interval of the critical value: columns low, high, count."""
        import pandas as pd

        counts, edges = np.histogram(self.draws["critical"].dropna(), bins, (low, high))
        return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": counts})

    def share(self, side: str) -> float:
        """Return the share of draws on one side."""
        return float((self.draws["side"] == side).mean())


@dataclass(frozen=True)
class Threshold:
    """Where an output passes a level as one parameter moves.

    Parameters
    ----------
    parameter, output : str
    at : float
        The level.
    between : (float, float)
        The range that was searched.
    crossings : DataFrame
        A row a crossing, by place: ``value``; ``low``, ``high`` (it lies between them);
        ``direction`` ("rising", "falling"); ``kind`` ("root": the output takes the level there,
        "jump": it leaps over it, "unresolved": runs failed around it); ``before``, ``after``
        (the output within a thousandth of the range); ``settled`` (whether a final value has
        come to rest there by the last time; NA for outputs that are not final); ``allowed``
        (whether the value keeps the model's constraints).
    side : str
        "crosses"; or where the output stays: "above", "below"; "cannot tell" where runs failed.
    curve : DataFrame
        The scan at the case's own values: columns value, output.
    spread : Spread or None
        With samples: the same over draws of other parameters.
    """

    parameter: str
    output: str
    at: float
    between: tuple[float, float]
    crossings: pd.DataFrame = field(repr=False)
    side: str
    curve: pd.DataFrame = field(repr=False)
    spread: Spread | None = field(default=None, repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def critical(self) -> float:
        """The lowest critical value; NaN if there is none."""
        return float(self.crossings["value"].iloc[0]) if len(self.crossings) else float("nan")

    @property
    def own_finding(self) -> str:
        """What was found at the case's own values, in a sentence."""
        return _own_sentence(self)

    @property
    def finding(self) -> str:
        """What was found, in a sentence or two."""
        own = self.own_finding
        return own if self.spread is None else f"{own} {self.spread.finding}"

    @property
    def reservations(self) -> tuple[str, ...]:
        """What to bear in mind: values still moving at the end, parts that failed."""
        return tuple(_reservations(self))

    def to_dataframe(self) -> pd.DataFrame:
        """Return the crossings, with those of the draws: ``draw`` is empty for the case's own."""
        import pandas as pd

        own = self.crossings.assign(draw=pd.array([pd.NA] * len(self.crossings), dtype="Int64"))
        parts = [own, *([self.spread.crossings] if self.spread is not None else [])]
        filled = [each for each in parts if len(each)] or parts[:1]
        table = pd.concat(filled, ignore_index=True).astype({"draw": "Int64"})
        return table[["draw", *CROSSING_COLUMNS]]

    def save(self, path: str | Path) -> Path:
        """Write the crossings as .csv or .parquet, or everything as .json."""
        tables = {"crossings": self.to_dataframe(), "curve": self.curve}
        if self.spread is not None:
            tables |= {"draws": self.spread.draws, "shares": self.spread.shares}
        record = {
            "finding": self.finding,
            "reservations": list(self.reservations),
            "parameter": self.parameter,
            "output": self.output,
            "at": self.at,
            "between": list(self.between),
            "side": self.side,
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        parts = [self.finding, *self.reservations]
        if len(self.crossings):
            shown = self.crossings.dropna(axis="columns", how="all")
            parts.append(shown.to_string(index=False, float_format="{:.4g}".format))
        if self.spread is not None:
            parts.append(self.spread.shares.to_string(index=False, float_format="{:.2f}".format))
        return "\n\n".join(parts)


def phrase(output: str) -> str:
    """Return an output as it is said in a sentence.

    >>> phrase("reaction gain final"), phrase("peak spiral number"), phrase("burden.A max")
    ('final reaction gain', 'peak spiral number', 'highest burden.A')
    """
    words = {"final": "final", "initial": "initial", "max": "highest", "min": "lowest"}
    words["mean"] = "mean"
    head, _, last = output.rpartition(" ")
    return f"{words[last]} {head}" if last in words and head else output


def _own_sentence(found: Threshold) -> str:
    name, what = found.parameter, phrase(found.output)
    low, high = (f"{each:.3g}" for each in found.between)
    if found.side == "crosses":
        rows = list(found.crossings.itertuples())
        if len(rows) == 1:
            return f"The critical {name} is {rows[0].value:.3g}: {_how(rows[0], found)}."
        places = "; ".join(f"at {row.value:.3g} {_how(row, found)}" for row in rows)
        return f"There are {len(rows)} critical values of {name}: {places}."
    known = found.curve["output"].dropna()
    if found.side == "cannot tell":
        failed = len(found.curve) - len(known)
        return (
            f"Whether there is a critical {name} between {low} and {high} cannot be told: "
            f"{failed} of {len(found.curve)} runs failed."
        )
    extreme = known.min() if found.side == "above" else known.max()
    most = "at least" if found.side == "above" else "at most"
    return (
        f"There is no critical {name} between {low} and {high}: the {what} stays {found.side} "
        f"{found.at:g} ({most} {extreme:.3g})."
    )


def _how(row: Any, found: Threshold) -> str:
    what = phrase(found.output)
    outside = "" if row.allowed else " (outside the model's constraints)"
    if row.kind == "jump":
        return (
            f"the {what} jumps over {found.at:g} there, from {row.before:.3g} to "
            f"{row.after:.3g}{outside}"
        )
    verb = "rises above" if row.direction == "rising" else "falls below"
    unsure = f", somewhere from {row.low:.3g} to {row.high:.3g}" if row.kind == "unresolved" else ""
    return f"the {what} {verb} {found.at:g} there{unsure}{outside}"


def _reservations(found: Threshold) -> Iterator[str]:
    end, what = float(found.provenance.get("end", "nan")), phrase(found.output)
    if not found.crossings["settled"].fillna(True).all():
        yield (
            f"At time {end:,.6g} the {what} still moves beside the critical value: the place is "
            "that of this horizon, and shifts with a longer one."
        )
    failed = int(found.curve["output"].isna().sum())
    if failed and found.side == "crosses":
        yield f"{failed} of {len(found.curve)} runs of the scan failed: nothing is said there."
    if found.spread is not None and len(found.spread.crossings):
        moving = ~found.spread.crossings["settled"].fillna(True).astype(bool)
        if moving.any():
            yield (
                f"In {moving.mean():.0%} of the draws with a critical value the {what} still moves "
                f"there at time {end:,.6g}."
            )


def _spread_sentence(spread: Spread) -> str:
    low, middle, high = (spread.quantiles[q] for q in QUANTILES)
    share, above, below = (spread.share(each) for each in ("crosses", "above", "below"))
    where = f" (median {middle:.2g}, 5-95% {low:.2g} to {high:.2g})" if share else ""
    unknown = spread.share("cannot tell")
    failed = f", in {unknown:.0%} runs failed and it cannot be told" if unknown else ""
    return (
        f"Over {len(spread.draws):,} draws of {_plain_names(spread.varied)} a critical "
        f"{spread.parameter} exists in {share:.0%}{where}; in {above:.0%} the "
        f"{phrase(spread.output)} stays above {spread.at:g} whatever it is, in {below:.0%} "
        f"below{failed}."
    )


def _plain_names(varied: Sequence[str]) -> str:
    names = list(dict.fromkeys(each.split("[")[0] for each in varied))
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} other quantities"
