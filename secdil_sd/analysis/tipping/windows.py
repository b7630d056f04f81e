"""How many points of rest there are along a parameter, and what that says in words."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

BESIDE = 1e-6
"""Share of the range that counts as just beside a special point."""

APART = 1.5
"""Ratio of burdens above which two stable states are called peace and race."""

MARGINAL = 1e-12
"""Rate of decay [1/yr] below which a point is not called stable: it may as well circle for ever."""

LABELS = (
    "branch",
    "point",
    "stable",
    "leading_eigenvalue",
    "spiral_number",
    "reaction_gain",
    "kind",
)
"""Columns of ``branches`` that are no part of the state; the parameter is one more."""

COLUMNS = ("low", "high", "stable", "unstable", "lowest", "highest")


def rest_at(branches: pd.DataFrame, parameter: str, measure: str, value: float) -> pd.DataFrame:
    """Return the points of rest at a value: the measure, read off between points, and ``stable``.

    Parameters
    ----------
    branches : DataFrame
        Columns branch, kind, stable, leading_eigenvalue, the parameter and the measure.
    """
    import pandas as pd

    rows = []
    for _, own in branches.groupby("branch", sort=True):
        p, y = own[parameter].to_numpy(), own[measure].to_numpy()
        lead, special = own["leading_eigenvalue"].to_numpy(), own["kind"].to_numpy() != ""
        for k in np.flatnonzero((p[:-1] - value) * (p[1:] - value) < 0):
            share = (value - p[k]) / (p[k + 1] - p[k])
            sides = lead[k : k + 2][~special[k : k + 2]]
            stable = bool((sides if len(sides) else lead[k : k + 2]).mean() < -MARGINAL)
            rows.append((float(y[k] + share * (y[k + 1] - y[k])), stable))
    return pd.DataFrame(rows, columns=["measure", "stable"]).astype({"stable": bool})


def count_windows(
    branches: pd.DataFrame,
    points: pd.DataFrame,
    parameter: str,
    measure: str,
    between: tuple[float, float],
) -> pd.DataFrame:
    """Return the stretches of the parameter over which the number of points of rest is the same.

    Returns
    -------
    DataFrame
        Columns low, high, ``stable``, ``unstable`` (counts), ``lowest``, ``highest`` (the
        measure of the stable ones at the middle; NaN where there is none).
    """
    import pandas as pd

    low, high = between
    tips = branches.groupby("branch")[parameter].agg(["first", "last"]).to_numpy().ravel()
    edges = np.unique(np.concatenate([[low, high], tips, points[parameter].to_numpy(dtype=float)]))
    edges = edges[np.append(True, np.diff(edges) > BESIDE * (high - low))]
    rows: list[tuple[float, ...]] = []
    for a, b in pairwise(edges):
        found = rest_at(branches, parameter, measure, _inside(a, b))
        stable = found[found["stable"]]["measure"]
        count = (len(stable), len(found) - len(stable))
        extremes = (float(stable.min()), float(stable.max())) if len(stable) else (np.nan, np.nan)
        if rows and rows[-1][2:4] == count:
            a = rows.pop()[0]
        rows.append((float(a), float(b), *count, *extremes))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _inside(a: float, b: float) -> float:
    """A value between, at no round place where a point of a curve may lie."""
    return float(a + 0.4987654321 * (b - a))


def counted(found: pd.DataFrame) -> str:
    """Return the points of rest as words: "2 stable, 1 unstable"."""
    stable = int(found["stable"].sum()) if len(found) else 0
    parts = [(stable, "stable"), (len(found) - stable, "unstable")]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "none"


def finding(
    windows: pd.DataFrame,
    points: pd.DataFrame,
    branches: pd.DataFrame,
    parameter: str,
    measure: str,
) -> str:
    """Return what the diagram says, in one or two sentences."""
    if points.empty and not any(moves(branches, each) for each in state(branches, parameter)):
        return f"Where things settle does not depend on {parameter}."
    sentences = [
        *_coexistence(windows, branches, parameter, measure),
        *_handing_over(points, parameter),
        *_nothing_stable(windows, parameter),
    ]
    return " ".join(sentences[:2]) or _one_throughout(windows, branches, parameter, measure)


def state(branches: pd.DataFrame, parameter: str) -> list[str]:
    """Return the columns that tell where things rest."""
    return [str(each) for each in branches if each not in (*LABELS, parameter)]


def moves(branches: pd.DataFrame, column: str) -> bool:
    """Whether a part of the state changes along any branch."""
    spread = branches.groupby("branch")[column].agg(np.ptp).max()
    return bool(spread > 1e-9 * max(1e-3, branches[column].abs().max()))


def _coexistence(
    windows: pd.DataFrame, branches: pd.DataFrame, parameter: str, measure: str
) -> list[str]:
    several = windows["stable"] >= 2
    blocks = (several != several.shift()).cumsum()
    found = []
    for _, block in windows[several].groupby(blocks[several]):
        first, last = block.iloc[0], block.iloc[-1]
        two = (block["stable"] == 2).all() and measure == "burden"
        apart = two and (block["highest"] > APART * block["lowest"]).all()
        counts = sorted({int(block["stable"].min()), int(block["stable"].max())})
        number = " to ".join(map(_number, counts)).capitalize()
        what = "Peace and race" if apart else f"{number} stable states"
        where = _where(parameter, first["low"], last["high"], windows)
        text = f"{what} coexist {where}"
        if apart:
            text += _left_over(windows, branches, parameter, measure, first.name, last.name)
        found.append(text + ".")
    return found


def _left_over(
    windows: pd.DataFrame,
    branches: pd.DataFrame,
    parameter: str,
    measure: str,
    first: int,
    last: int,
) -> str:
    """Say which of the two is left on either side."""
    step = 1e-3 * (windows["high"].iloc[-1] - windows["low"].iloc[0])
    left = []
    for side, outer, edge, sign in (
        ("below", first - 1, windows["low"].iloc[first], -1.0),
        ("above", last + 1, windows["high"].iloc[last], 1.0),
    ):
        if not 0 <= outer < len(windows) or windows["stable"].iloc[outer] != 1:
            continue
        inner = rest_at(branches, parameter, measure, edge - sign * step)
        beyond = rest_at(branches, parameter, measure, edge + sign * step)
        inner, beyond = (each[each["stable"]]["measure"].to_numpy() for each in (inner, beyond))
        if len(inner) < 2 or len(beyond) != 1:
            continue
        gaps = np.abs(np.log(np.maximum(inner, 1e-12) / max(beyond[0], 1e-12)))
        race = inner[np.argmin(gaps)] > np.sqrt(inner.min() * inner.max())
        left.append(f"{side}, only {'the race' if race else 'peace'} is left")
    return "".join(f"; {each}" for each in left)


def _handing_over(points: pd.DataFrame, parameter: str) -> list[str]:
    words = {
        "transcritical": "Stability passes from one state of rest to another",
        "branch": "A state of rest divides: others branch off",
        "oscillation": "Rest gives way to oscillation",
    }
    found = []
    for kind, text in words.items():
        values = np.unique(points[points["kind"] == kind][parameter].round(9))
        if len(values):
            found.append(f"{text} at {parameter} {' and '.join(f'{v:.3g}' for v in values[:3])}.")
    return found


def _nothing_stable(windows: pd.DataFrame, parameter: str) -> list[str]:
    empty = windows["stable"] == 0
    if empty.all():
        return [f"Nothing is at stable rest, whatever {parameter} is in this range."]
    stretches = windows[empty].groupby((empty != empty.shift()).cumsum()[empty])
    where = [
        _where(parameter, each["low"].iloc[0], each["high"].iloc[-1], windows)
        for _, each in stretches
    ]
    return [f"Nothing is at stable rest {' and '.join(where)}."] if where else []


def _one_throughout(
    windows: pd.DataFrame, branches: pd.DataFrame, parameter: str, measure: str
) -> str:
    own = branches[branches["stable"]][measure]
    low, high = windows["low"].iloc[0], windows["high"].iloc[-1]
    percent = measure == "burden"
    a, b = (f"{v:.1%}" if percent else f"{v:.3g}" for v in (own.min(), own.max()))
    text = f"One stable state of rest whatever {parameter} is between {low:.3g} and {high:.3g}"
    return f"{text}: {measure} from {a} to {b}."


def _where(parameter: str, low: float, high: float, windows: pd.DataFrame) -> str:
    at_low, at_high = low <= windows["low"].iloc[0], high >= windows["high"].iloc[-1]
    if at_low and at_high:
        return f"whatever {parameter} is in this range"
    if at_low:
        return f"below {parameter} {high:.3g}"
    if at_high:
        return f"above {parameter} {low:.3g}"
    return f"between {parameter} {low:.3g} and {high:.3g}"


def _number(count: int) -> str:
    words = {2: "two", 3: "three", 4: "four", 5: "five"}
    return words.get(count, str(count))
