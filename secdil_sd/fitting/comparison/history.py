"""The figures a comparison is made on, and who answers whom in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.fitting.observed import Observed, observe_history

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

LEAST_YEARS = 5
"""Two years are given; a drift and its spread take three more."""
OBSOLESCENCE = 0.08
"""Of the bundled model, for models without capability [1/yr]."""


@dataclass(frozen=True, eq=False)
class History:
    """Yearly spending without gaps.

    Parameters
    ----------
    states : tuple of str
    years : tuple of int
    logs : array (year, state)
        Logarithms of spending.
    outputs : array (year, state) or None
        Logarithms of GDP, where it is known for every year.
    rivals : array (state, state)
        1 where the case lets the row's state answer the column's, else 0.
    obsolescence : array (state,) [1/yr]
    observed : Observed
        The same figures, as a fit of the model takes them.
    notes : tuple of str
        What was left out, and why.
    """

    states: tuple[str, ...]
    years: tuple[int, ...]
    logs: np.ndarray = field(repr=False)
    outputs: np.ndarray | None = field(repr=False)
    rivals: np.ndarray = field(repr=False)
    obsolescence: np.ndarray = field(repr=False)
    observed: Observed = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """Number of yearly changes."""
        return len(self.years) - 1


def read_history(case: Scenario, data: Any = None) -> History:
    """Return the longest stretch of years with spending of every state.

    Parameters
    ----------
    case : Scenario
        With two states or more.
    data : DataFrame, str or Path, optional
        As `observe_history`; default the scenario's own figures.

    Raises
    ------
    DataError
        As `observe_history`; for a single state, and for fewer than five years in a row.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = read_history(sd.load_scenario("cold_war"))
    >>> found.years[0], found.years[-1], found.logs.shape, found.outputs.shape
    (1948, 1988, (41, 2), (41, 2))
    """
    if len(case.states) < 2:
        message = f"{case.name!r} has {len(case.states)} state: nobody to react to."
        remedy = "Take a scenario of two states or more."
        raise DataError(Finding("error", message, "states", remedy=remedy))
    if isinstance(data, str | Path):
        from secdil_sd.readers.spending import read_spending

        data = read_spending(data)
    whole = observe_history(case, data, "spending")
    first, last, notes = _longest_stretch(whole)
    observed = whole.between(first, last)
    count = len(observed.years)
    if count < LEAST_YEARS:
        message = f"Only {count} years in a row have figures of every state."
        remedy = (
            f"A comparison needs {LEAST_YEARS}: two are given, and three tell a drift and its "
            "spread; reaction needs some twenty."
        )
        raise DataError(Finding("error", message, "data", remedy=remedy))
    history = History(
        tuple(observed.states),
        tuple(int(each) for each in observed.years),
        np.log(observed.values.T),
        None,
        _rivals(case),
        _obsolescence(case),
        observed,
        notes,
    )
    return _with_outputs(history, case, data)


def _longest_stretch(observed: Observed) -> tuple[int, int, tuple[str, ...]]:
    """First and last year of the longest run in which every state has a figure."""
    complete = observed.present.all(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], complete, [0]])))
    if not len(edges):
        message = "There is no year with figures of every state."
        remedy = "Take states whose figures overlap."
        raise DataError(Finding("error", message, "data", remedy=remedy))
    begins, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - begins))
    first, last = int(observed.years[begins[longest]]), int(observed.years[ends[longest] - 1])
    years = [int(each) for each in observed.years]
    if (first, last) == (years[0], years[-1]):
        return first, last, ()
    note = (
        f"Years {first}-{last} are used of {years[0]}-{years[-1]}: the longest without a gap in "
        "any state's figures, which yearly forecasts need."
    )
    return first, last, (note,)


def _with_outputs(history: History, case: Scenario, data: Any) -> History:
    """Add GDP where the data have it for every year, from spending and burden or as it is."""
    try:
        if data is not None and "variable" not in data:
            raise DataError("The figures are of spending alone.")
        burden = observe_history(case, data, "burden")
    except SecdilError:
        note = "Burden is not compared: the data have neither GDP nor shares of it."
        return replace(history, notes=(*history.notes, note))
    used = burden.between(history.years[0], history.years[-1])
    same = [int(each) for each in used.years] == list(history.years)
    if not same or not used.present.all():
        note = "Burden is not compared: GDP is not known for every year."
        return replace(history, notes=(*history.notes, note))
    return replace(history, outputs=history.logs - np.log(used.values.T))


def _rivals(case: Scenario) -> np.ndarray:
    """Who may answer whom: pairs whose reaction and contact the case does not set to nothing."""
    states = len(case.states)
    found = 1.0 - np.eye(states)
    roles, values = case.model.companion.roles, case.values
    for role in ("reaction", "contact"):
        array = values.constants.get(roles.get(role, ""))
        if array is not None and np.shape(array) == (states, states):
            found *= np.asarray(array) != 0
    return found


def _obsolescence(case: Scenario) -> np.ndarray:
    roles, values = case.model.companion.roles, case.values
    own = values.constants.get(roles.get("obsolescence", ""), OBSOLESCENCE)
    return np.broadcast_to(np.asarray(own, dtype=float), (len(case.states),)).copy()
