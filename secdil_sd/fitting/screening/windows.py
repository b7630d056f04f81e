"""Which two states in which years: names and spans as a user gives them, mistakes told together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, InputError
from secdil_sd.fitting.screening.spending import Spending
from secdil_sd.names import suggestion
from secdil_sd.readers.countries import UNKNOWN, find_state
from secdil_sd.readers.tidy import capped

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("state_a", "state1", "a", "first")
SECOND = ("state_b", "state2", "b", "second")
START = ("start", "start_year", "from", "begin")
END = ("end", "end_year", "to")
LEAST = 4
"""Figures a state must have in the years both share, for a pair of all pairs to be looked at."""


@dataclass(frozen=True)
class Window:
    """Two states in a span of years.

    Parameters
    ----------
    first, second : int
        Rows of the states.
    start, end : int
        First and last year, both included.
    shift : int
        How many years later the second state's figures are taken: 0 except for placebos.
    """

    first: int
    second: int
    start: int
    end: int
    shift: int = 0


def windows_of(
    dyads: Any, window: tuple[int, int] | None, spending: Spending, findings: list[Finding]
) -> list[Window]:
    """Return the windows a user asked for; mistakes join the findings.

    Parameters
    ----------
    dyads : None, pair of names, or iterable of them
        Each item two names, two names and two years, or a mapping; or a DataFrame with columns
        state_a, state_b and perhaps start and end. None stands for all pairs.
    window : (first year, last year), optional
        For dyads without years of their own; else all years of the table.
    """
    span = _span(window, "window", findings) if window is not None else None
    whole = span or (spending.first_year, spending.last_year)
    if dyads is None:
        return list(_all_pairs(spending, whole))
    told: list[Finding] = []
    found: list[Window] = []
    names: dict[tuple[str, int, int], int | Finding] = {}
    for at, row in enumerate(_rows(dyads), 1):
        made = _window(row, f"dyad {at}", whole, spending, names, told)
        if made is not None:
            found.append(made)
    if not found and not told:
        told.append(Finding("error", "There is no dyad.", remedy="Give at least one pair."))
    unique = {(str(each.message), each.remedy): each for each in reversed(told)}
    findings += capped(list(unique.values())[::-1], "mistakes in the dyads")
    return found


def _rows(dyads: Any) -> Iterator[Sequence[Any]]:
    """Yield name, name and perhaps first and last year of each dyad."""
    if hasattr(dyads, "columns"):
        yield from _of_table(dyads)
        return
    if isinstance(dyads, str) or (
        isinstance(dyads, tuple) and len(dyads) in (2, 4) and isinstance(dyads[0], str)
        and isinstance(dyads[1], str) and ":" not in dyads[0]
    ):  # fmt: skip
        dyads = [dyads]
    if not isinstance(dyads, Iterable):
        message = f"{dyads!r} is no list of dyads."
        raise InputError(Finding("error", message, remedy=HOW))
    for each in dyads:
        if isinstance(each, str):
            yield each.split(":")
        elif isinstance(each, Mapping):
            keys = [_first_of(names, each) for names in (FIRST, SECOND, START, END)]
            yield [each[key] for key in keys if key is not None]
        elif isinstance(each, Sequence) and len(each) == 3 and isinstance(each[2], Sequence):
            yield [each[0], each[1], *each[2]]
        else:
            yield each


HOW = "Give pairs as [('India', 'Pakistan')] or ('India', 'Pakistan', 1960, 1990)."


def _of_table(table: pd.DataFrame) -> Iterator[Sequence[Any]]:
    columns = [_first_of(names, table.columns) for names in (FIRST, SECOND, START, END)]
    missing = [
        names[0] for names, found in zip((FIRST, SECOND), columns, strict=False) if found is None
    ]
    if (columns[2] is None) != (columns[3] is None):
        missing.append("start" if columns[2] is None else "end")
    if missing:
        present = [str(each) for each in table.columns]
        raise InputError(
            *(
                Finding(
                    "error",
                    f"The table of dyads has no column {each!r}.",
                    variables=(each,),
                    remedy=suggestion(each, present),
                )
                for each in missing
            )
        )
    used = [each for each in columns if each is not None]
    yield from table[used].itertuples(index=False, name=None)


def _first_of(names: Sequence[str], present: Iterable[Any]) -> Any:
    by_name = {str(each).casefold(): each for each in present}
    return next((by_name[each] for each in names if each in by_name), None)


def _window(
    row: Any,
    place: str,
    whole: tuple[int, int],
    spending: Spending,
    names: dict[tuple[str, int, int], int | Finding],
    findings: list[Finding],
) -> Window | None:
    if not isinstance(row, Sequence) or len(row) not in (2, 4):
        findings.append(Finding("error", f"{row!r} is no dyad.", place, remedy=HOW))
        return None
    years = list(row[2:])
    given = any(not _absent(each) for each in years)
    span = _span(years, place, findings) if given else whole
    if span is None:
        return None
    states: list[int] = []
    for name in row[:2]:
        key = (str(name), *span)
        if key not in names:
            names[key] = _state(name, span, spending)
        found = names[key]
        if isinstance(found, Finding):
            findings.append(found)
        else:
            states.append(found)
    if len(states) < 2:
        return None
    first, second = states
    if first == second:
        message = f"{spending.states[first]} is paired with itself."
        findings.append(Finding("error", message, place, (str(row[0]),), "Name two states."))
        return None
    return Window(first, second, *span)


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, Real) and bool(np.isnan(float(value))))


def _span(years: Any, place: str, findings: list[Finding]) -> tuple[int, int] | None:
    """Return first and last year, or say what is wrong with them."""
    try:
        start, end = years
        whole = all(isinstance(each, Integral) or float(each) % 1 == 0 for each in (start, end))
        start, end = int(start), int(end)
    except (TypeError, ValueError, OverflowError):
        whole, start, end = False, 0, 0
    if whole and start < end:
        return start, end
    message = f"{years!r} is not a first and a later last year."
    findings.append(Finding("error", message, place, remedy="Write them as (1960, 1990)."))
    return None


def _state(name: Any, span: tuple[int, int], spending: Spending) -> int | Finding:
    """Return the row a name means in these years, or what is wrong with it.

    A name of the table is taken at its word, unless it has no figure in these years and another
    state was so called then: Russia of 1960 is the Soviet Union.
    """
    known = spending.states
    text = str(name)
    at = known.index(text) if text in known else None
    if at is not None and _figures(at, span, spending):
        return at
    try:
        found = find_state(name, range(span[0], span[1] + 1)).name
    except DataError as error:
        if at is None:
            (finding,) = error.findings
            if finding.message.startswith(UNKNOWN):
                message = f"No state of the table is called {text!r}."
                return Finding("error", message, "", (text,), suggestion(text, known))
            return finding
        found = text
    if found in known and (at is None or _figures(known.index(found), span, spending)):
        at = known.index(found)
    if at is None:
        message = f"There are no figures for {found!r}."
        return Finding("error", message, "", (text,), suggestion(found, known))
    if not np.isfinite(spending.logs[at]).any():
        message = f"{known[at]} has no figure in any year."
        return Finding("error", message, "", (text,), "Fill in its figures, or leave it out.")
    return at


def _figures(at: int, span: tuple[int, int], spending: Spending) -> bool:
    begin, stop = (year - spending.first_year for year in (span[0], span[1] + 1))
    return bool(np.isfinite(spending.logs[at, max(begin, 0) : max(stop, 0)]).any())


def _all_pairs(spending: Spending, whole: tuple[int, int]) -> Iterator[Window]:
    """Yield every pair with enough figures in common years."""
    begin, stop = (year - spending.first_year for year in (whole[0], whole[1] + 1))
    known = np.isfinite(spending.logs[:, max(begin, 0) : max(stop, 0)]).astype(int)
    common = known @ known.T
    for first, second in combinations(range(len(spending.states)), 2):
        if common[first, second] >= LEAST:
            yield Window(first, second, *whole)
