"""What a sensitivity analysis says: the finding in a sentence, the indices as a table to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from secdil_sd.analysis.sensitivity.judging import SAME
from secdil_sd.names import spoken

RANKING = {
    "sobol": "ST", "fast": "ST", "hdmr": "S1", "rbd_fast": "S1", "morris": "mu_star",
    "delta": "delta", "pawn": "PAWN median", "tornado": "swing",
}  # fmt: skip
"""The index that ranks parameters, by method."""
LAST_WORDS = {
    "final": "final", "initial": "initial", "mean": "mean", "max": "highest", "min": "lowest",
}  # fmt: skip
MOST_COLUMNS = 8
MOST_ROWS = 30
PAIRS = 5


def ranked(own: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return the ranking index of one column, the largest first."""
    rows = own[own["index"] == RANKING[method]]
    return rows.iloc[np.argsort(-np.abs(rows["value"].to_numpy()), kind="stable")]


def one_column(indices: pd.DataFrame, output: str, state: str) -> pd.DataFrame:
    """Return the indices of one output and element, over time at its last time that varies."""
    own = indices[(indices["output"] == output) & (indices["state"] == state)]
    if own["time"].notna().any():
        known = own[own["value"].notna()]
        last = (known if len(known) else own)["time"].max()
        own = own[own["time"] == last]
    return own


def finding(indices: pd.DataFrame, method: str) -> str:
    """Return the headline: what drives the first output, of each of its first two elements."""
    first = indices["output"].iloc[0]
    states = list(dict.fromkeys(indices.loc[indices["output"] == first, "state"]))[:2]
    return " ".join(dict.fromkeys(sentence(indices, method, first, state) for state in states))


def sentence(indices: pd.DataFrame, method: str, output: str, state: str) -> str:
    """Return what drives one output and element."""
    return _sentence(one_column(indices, output, state), method)


def about(output: str, state: str, time: float) -> str:
    """Return how a column is called in a sentence.

    >>> about("burden", "India", 1990.0), about("burden final", "", float("nan"))
    ('the burden of India in 1990', 'the final burden')
    >>> about("burden.India final", "", float("nan"))
    'the final burden of India'
    >>> about("burden", "United States", 40.0)
    'the burden of the United States at time 40'
    """
    head, _, last = output.rpartition(" ")
    named = f"{LAST_WORDS[last]} {head}" if head and last in LAST_WORDS else output
    asked, _, element = named.partition(".")  # an element that was asked for
    named, state = (named, state) if state else (asked, element)
    words = spoken(f"the {named}[{state}]") if state else f"the {named}"
    when = "in" if 1500 <= time < 2500 else "at time"  # a year, or a time since the start
    return words + (f" {when} {time:g}" if time == time else "")


def capital(text: str) -> str:
    """Return a name as it begins a sentence."""
    return text[:1].upper() + text[1:]


def _sentence(own: pd.DataFrame, method: str) -> str:
    row = own.iloc[0]
    what = about(row["output"], row["state"], row["time"])
    rows = ranked(own, method)
    if rows["value"].isna().all() and not rows["note"].str.contains(SAME).any():
        return f"What drives {what} cannot be told: the runs that would tell failed."
    if rows["value"].isna().all():
        return f"{capital(what)} does not vary: none of these parameters moves it."
    top = rows.iloc[0]
    name = capital(spoken(top["parameter"]))
    match method:
        case "sobol" | "fast":
            said = _shares(own, top, name, what)
        case "rbd_fast" | "hdmr":
            said = f"{name} alone explains {_percent(top['value'])} of the variation of {what}"
        case "morris":
            said = f"{name} moves {what} most, by {top['value']:.3g} from end to end of its range"
        case "tornado":
            low, high = (_value(own, top["parameter"], each) for each in ("low", "high"))
            said = f"{name} swings {what} most, from {low:.3g} to {high:.3g}"
        case _:
            said = f"{name} changes the distribution of {what} most ({top['value']:.2f} of 1)"
    if method == "tornado" or len(rows) < 2:
        return f"{said}."
    second = rows.iloc[1]
    if second["conf_high"] > top["conf_low"]:
        return f"{said}; {spoken(second['parameter'])} may matter as much."
    return f"{said}."


def _shares(own: pd.DataFrame, top: Any, name: str, what: str) -> str:
    alone = _value(own, top["parameter"], "S1")
    whole = _percent(top["value"])
    if alone >= top["value"]:  # by chance, or as there is nothing to interact with
        return f"{name} explains about {whole} of the variation of {what}"
    if not alone > 0.01:
        return f"{name} has a part in {whole} of the variation of {what}, only with others"
    said = f"{name} alone explains {_percent(alone)} of the variation of {what}"
    return f"{said} ({whole} with its interactions)"


def _value(own: pd.DataFrame, parameter: str, index: str) -> float:
    found = own.loc[(own["parameter"] == parameter) & (own["index"] == index), "value"]
    return float(found.iloc[0]) if len(found) else float("nan")


def _percent(value: float) -> str:
    return f"{min(value, 1):.0%}"


def cell(row: Any) -> str:
    """Return an index as it is read: its interval, or about 0, and whether it may still move."""
    if not np.isfinite(row.value):
        return "-"
    half = (row.conf_high - row.conf_low) / 2
    mark = "" if row.settled else " ?"
    if row.value < 0 <= row.conf_high and half > 0:
        return f"about 0{mark}"
    if half == 0:
        return f"{row.value:.4g}"
    digits = max(0, min(6, int(np.ceil(1 - np.log10(half))))) if half < 10 else 0
    return f"{row.value:.{digits}f} ± {half:.{digits}f}{mark}"


def tables(indices: pd.DataFrame, method: str) -> str:
    """Return the indices as text: a table an output and element, at the last time if over time."""
    columns = list(dict.fromkeys(zip(indices["output"], indices["state"], strict=True)))
    parts = [_table(one_column(indices, *each), method) for each in columns[:MOST_COLUMNS]]
    if len(columns) > MOST_COLUMNS:
        parts.append(f"... and {len(columns) - MOST_COLUMNS} more columns")
    return "\n\n".join(parts)


def _table(own: pd.DataFrame, method: str) -> str:
    row = own.iloc[0]
    title = capital(about(row["output"], row["state"], row["time"]))
    single = own[own["parameter2"] == ""]
    if single["value"].isna().all():
        same = single["note"].str.contains(SAME).any()
        return f"{title}: {SAME if same else 'cannot be told'}"
    order = list(ranked(own, method)["parameter"])[:MOST_ROWS]
    names = [each for each in dict.fromkeys(single["index"]) if each != "base"]
    cells = {(each.parameter, each.index): cell(each) for each in single.itertuples(index=False)}
    notes = dict(zip(single["parameter"], single["note"], strict=True))
    shared = notes[order[0]] if len(set(notes.values())) == 1 else ""
    lines = [[title, *names, ""]]
    for name in order:
        said = "" if notes[name] == shared or "leaves" in notes[name] else f" {notes[name]}"
        lines.append([name, *(cells.get((name, each), "") for each in names), said])
    text = _aligned(lines) + (f"\n  ({shared})" if shared else "")
    pairs = own[(own["parameter2"] != "") & (own["conf_low"] > 0)].nlargest(PAIRS, "value")
    for pair in pairs.itertuples(index=False):
        text += f"\n  {pair.parameter} with {pair.parameter2}: {pair.index} {cell(pair)}"
    return text


def _aligned(lines: list[list[str]]) -> str:
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if 0 < k < len(line) - 1 else text.ljust(width)
            for k, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
