"""What came of a reality check, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

HOLDS, IN_PART, FAILS, UNTESTED, UNKNOWN = (
    "holds", "holds in part", "fails", "not tested", "cannot tell"
)  # fmt: skip
BEFORE_DRAWN = ["name", "case", "draw", "output", "element", "time", "value", "unchanged"]
"""The columns of counterexamples that are not parameters."""
_VERBS = {FAILS: ("fails", "fail"), UNTESTED: ("never applies", "never apply"),
          UNKNOWN: ("cannot be told", "cannot be told")}  # fmt: skip


def summary(rows: pd.DataFrame, word: str, kept: str) -> str:
    """Return one sentence on the rows of a table: how many hold, in part, fail."""
    if rows.empty:
        return ""
    verdicts = rows["verdict"]
    good = int((verdicts == HOLDS).sum())
    many = f"{word}s" if len(rows) != 1 else word
    parts = [f"{good} of {len(rows)} {many} {'holds' if good == 1 else 'hold'} {kept}"]
    part = rows[verdicts == IN_PART]
    if len(part):
        low, high = percent(part["share"].min()), percent(part["share"].max())
        parts.append(
            f"{len(part)} in part ({low if low == high else f'{low} to {high}'} of the draws)"
        )
    for verdict, (one, more) in _VERBS.items():
        count = int((verdicts == verdict).sum())
        if count:
            parts.append(f"{count} {one if count == 1 else more}")
    return f"{', '.join(parts)}."


def title(row: pd.Series) -> str:
    """Return what a row of the table is about."""
    label = f" ({row['case']})" if row["case"] else ""
    return f"{row['name']}{label}: {row['statement']}"


def detail(row: pd.Series) -> str:
    """Return what came out of a row, with its reservations."""
    broken = "" if np.isnan(row["first"]) else f" first at {row['first']:g}"
    broken += f" for {row['where']}" if row["where"] else ""
    if row["kind"] == "constraint":
        return _constraint(row, broken)
    value = "" if np.isnan(row["value"]) else f" ({row['value']:.3g})"
    own = {
        "holds": "holds at the case's own values",
        "fails": f"fails at the case's own values{broken}{value}",
        "does not apply": "the case's own values lie outside the premise",
    }.get(row["own"], "cannot be told at the case's own values")
    share = "no draw could be judged"
    if row["members"]:
        span = f"{percent(row['low'])} to {percent(row['high'])}"
        share = f"{percent(row['share'])} of {row['members']} draws ({span})"
    lost = f"; {row['failed']} draws failed" if row["failed"] else ""
    return f"{share}; {own}{lost}"


def _constraint(row: pd.Series, broken: str) -> str:
    said = []
    if row["run"]:
        said.append("in the run as it is" if row["run"] == "as it is" else f"with {row['run']}")
    if row["tested"] and not row["violated"]:
        said.append(f"kept at all {row['tested']} steps")
    elif row["tested"]:
        said.append(f"violated at {row['violated']} of {row['tested']} steps{broken}")
    return "; ".join([*said, *([row["note"]] if row["note"] else [])])


def counterexample(row: pd.Series) -> str:
    """Return a draw that breaks a proposition, in a line."""
    label = f" ({row['case']})" if row["case"] else ""
    element = f" [{row['element']}]" if row["element"] else ""
    when = "" if np.isnan(row["time"]) else f" first at {row['time']:g}"
    before = "" if np.isnan(row["unchanged"]) else f" after {row['unchanged']:.4g}"
    drawn = row.drop(BEFORE_DRAWN).dropna()
    values = ", ".join(f"{name} {value:.3g}" for name, value in drawn.items())
    what = f"{row['output']}{element} is {row['value']:.4g}{before}{when}"
    return f"{row['name']}{label}: {what} with {values}"


def percent(share: float) -> str:
    """Return a share in percent; only all is 100%, only none is 0%.

    >>> percent(1.0), percent(0.9996), percent(0.314)
    ('100%', 'over 99.9%', '31.4%')
    """
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.999 < share < 1:
        return "over 99.9%"
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.1%}"
