"""Boxes in words: bounds as sentences, numbers as coarse as they deserve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.names import spoken

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.analysis.exploration.discovery import Discovery
    from secdil_sd.analysis.exploration.verdicts import Verdicts


def in_words(limits: pd.DataFrame, density: float, coverage: float, verdicts: Verdicts) -> str:
    """Return a box as a sentence, without its full stop.

    Parameters
    ----------
    limits : DataFrame
        As `Box.limits`.
    density, coverage : float
    verdicts : Verdicts
    """
    share = f"{verdicts.clause} in {percent(density)} of worlds"
    if limits.empty:
        return f"Over the whole space {share}"
    parts = [_bound(row) for row in limits.itertuples()]
    first, *rest = (f"{name} {{}}{bound}" for name, bound in parts)
    named = [first.format("is "), *(each.format("") for each in rest)]
    joined = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"Where {joined}, {share} (covers {percent(coverage)} of all {verdicts.worlds})"


def shown(value: float, low: float, high: float) -> str:
    """Return a bound to about a fiftieth of the range it was drawn from.

    >>> shown(2.0831, 0, 4), shown(0.00123, 0, 0.006), shown(1234.5, 0, 9000), shown(-0.001, 0, 1)
    ('2.08', '0.0012', '1200', '0')
    """
    step = abs(high - low) / 50
    if not step > 0:
        return f"{value:.3g}"
    digits = int(np.ceil(-np.log10(step)))
    text = f"{round(value, digits) + 0.0:.{max(digits, 0)}f}"  # adding 0 turns -0 into 0
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """Return a share as a percentage that is 0% or 100% only when it is exactly so.

    >>> percent(1.0), percent(0.996), percent(0.93)
    ('100%', '99.6%', '93%')
    """
    rounded = f"{share:.0%}"
    return f"{share:.1%}" if rounded in ("0%", "100%") and share not in (0.0, 1.0) else rounded


def as_text(result: Discovery) -> str:
    """Return what the command line prints of a discovery."""
    lines = [f"{each}." for each in result.words] or [f"{result.finding}."]
    if result.chosen:
        lines.append(
            f"Base rate {percent(result.base_rate)}; among worlds not used to find it "
            f"{percent(result.unseen_density)}."
        )
    table = result.trajectory
    for number in result.chosen:
        row = table.iloc[number]
        lines.append("")
        lines.append(
            f"Box {number}: density {row['density']:.3f} ({row['density_low']:.3f} to "
            f"{row['density_high']:.3f}), coverage {row['coverage']:.3f}, "
            f"{int(row['support']):,} worlds ({row['mass']:.1%})"
        )
        lines.append(readable(result.boxes[result.boxes["box"] == number]).to_string(index=False))
    lines.append("")
    top = result.scores.head(5)
    lines.append(
        "Tells them apart: "
        + ", ".join(f"{spoken(e.parameter)} {e.score:.0%}" for e in top.itertuples())
    )
    lines.append(counted(result))
    return "\n".join([*lines, *result.reservations])


def readable(boxes: pd.DataFrame) -> pd.DataFrame:
    """Return restrictions as text: parameter, above, below, quasi-p, density without, stability."""
    import pandas as pd

    def ends(row: pd.Series, side: str) -> str:
        value = row[side]
        return "" if np.isnan(value) else shown(value, row["range_low"], row["range_high"])

    worst = boxes[["quasi_p_low", "quasi_p_high"]].max(axis=1)
    return pd.DataFrame(
        {
            "parameter": boxes["parameter"].map(spoken),
            "above": [ends(row, "low") for _, row in boxes.iterrows()],
            "below": [ends(row, "high") for _, row in boxes.iterrows()],
            "quasi-p": [f"{each:.1g}" for each in worst],
            "density without": [f"{each:.2f}" for each in boxes["density_without"]],
            "stability": [f"{each:.0%}" for each in boxes["stability"]],
        }
    )


def counted(result: Discovery) -> str:
    """Return how many members were judged, and how many were left out and why."""
    said = f"{result.members:,} worlds were judged"
    if result.failed:
        said += f"; {result.failed:,} more failed and are left out"
    if result.unknown:
        said += f"; {result.unknown:,} more give no answer and are left out"
    return f"{said}."


def _bound(row: object) -> tuple[str, str]:
    """A restriction as (parameter, bounds): ("buildup alarm", "above 2.1")."""
    low, high = row.low, row.high  # type: ignore[attr-defined]
    span = row.range_low, row.range_high  # type: ignore[attr-defined]
    if np.isnan(high):
        text = f"above {shown(low, *span)}"
    elif np.isnan(low):
        text = f"below {shown(high, *span)}"
    else:
        text = f"between {shown(low, *span)} and {shown(high, *span)}"
    return spoken(row.parameter), text  # type: ignore[attr-defined]
