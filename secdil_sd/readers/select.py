"""Parts of a tidy table: states by any name or code, years, one variable of several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from secdil_sd.errors import DataError, Finding
from secdil_sd.names import suggestion
from secdil_sd.readers.countries import find_state

if TYPE_CHECKING:
    import pandas as pd


def select(
    table: pd.DataFrame,
    states: Sequence[str | int] | None = None,
    years: Iterable[int] | None = None,
    variable: str | None = None,
) -> pd.DataFrame:
    """Return part of a tidy table, with what it says about itself.

    Parameters
    ----------
    table : DataFrame
        Columns state, year, value, perhaps variable.
    states : sequence of str or int, optional
        Names, ISO codes or Correlates of War numbers.
    years : iterable of int, optional
    variable : str, optional
        One of several; the column is left out of the result, whose units are the variable's.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        For unknown, ambiguous and absent states, absent years and variables; all together.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"state": ["India", "Pakistan"], "year": 1990, "value": [1.0, 2.0]})
    >>> select(table, ["IND"])
       state  year  value
    0  India  1990    1.0
    """
    findings: list[Finding] = []
    file = str(table.attrs.get("file", ""))
    found = table
    if states is not None:
        names = _names(table, states, file, findings)
        found = found[found["state"].isin(names)]
    if years is not None:
        wanted = set(years)
        if not wanted & set(table["year"]):
            span = f"{table['year'].min()}-{table['year'].max()}"
            message = f"None of these years is here: the table covers {span}."
            findings.append(Finding("error", message, file))
        found = found[found["year"].isin(wanted)]
    if variable is not None:
        found = _of_variable(found, variable, file, findings)
    if findings:
        raise DataError(*findings)
    found = found.reset_index(drop=True)
    found.attrs = _attrs(table, variable)
    return found


def _names(
    table: pd.DataFrame, states: Sequence[str | int], file: str, findings: list[Finding]
) -> list[str]:
    present = list(dict.fromkeys(table["state"]))
    names = []
    for each in states:
        if each in present:
            names.append(str(each))
            continue
        try:
            name = find_state(each).name
        except DataError as error:
            findings += error.findings
            continue
        if name in present:
            names.append(name)
        else:
            message = f"There are no figures for {name!r}."
            hint = suggestion(name, present)
            remedy = hint if hint.startswith("Did") else f"The table has {len(present)} states."
            findings.append(Finding("error", message, file, (name,), remedy))
    return names


def _of_variable(
    table: pd.DataFrame, variable: str, file: str, findings: list[Finding]
) -> pd.DataFrame:
    present = list(dict.fromkeys(table["variable"])) if "variable" in table else []
    if variable not in present:
        hint = suggestion(variable, present) if present else "The table has one variable only."
        message = f"There is no variable {variable!r}."
        findings.append(Finding("error", message, file, (variable,), hint))
        return table
    return table[table["variable"] == variable].drop(columns="variable")


def _attrs(table: pd.DataFrame, variable: str | None) -> dict:
    """Return the attrs of the part: of a variable, its own units and prices."""
    attrs = dict(table.attrs)
    if variable is not None:
        for name, value in attrs.items():
            if isinstance(value, dict):
                attrs[name] = value.get(variable)
    return attrs
