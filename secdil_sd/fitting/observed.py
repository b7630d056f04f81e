"""Figures of history as a fit takes them: years by states, in the money of the model."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.names import key, suggestion
from secdil_sd.readers.basis import MONEY, Basis, basis_of
from secdil_sd.readers.countries import find_state
from secdil_sd.readers.one_basis import check_one_basis

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.scenario import Scenario

POUNDS_END = 1913
"""The last year in pounds of National Material Capabilities; dollars follow."""
BREAK = 2.5
"""Every state's figure changing by this factor in that one year is a change of currency."""


@dataclass(frozen=True, eq=False)
class Observed:
    """What was observed of one variable.

    Parameters
    ----------
    variable : str
        "spending" or "burden", or another variable of the model.
    states : tuple of str
        In the model's order.
    years : array (year,) of int
        Without holes, from the first figure to the last.
    values : array (state, year)
        NaN where there is no figure.
    units, price_basis, source : str
    """

    variable: str
    states: tuple[str, ...]
    years: np.ndarray
    values: np.ndarray
    units: str = ""
    price_basis: str = ""
    source: str = ""

    @property
    def present(self) -> np.ndarray:
        """Where there is a figure, shape (state, year)."""
        return np.isfinite(self.values)

    @property
    def count(self) -> int:
        """Number of figures."""
        return int(self.present.sum())

    @property
    def size(self) -> float:
        """The mean figure: what is large for these states."""
        return float(np.nanmean(np.abs(self.values)))

    def first(self, elements: Sequence[str] = ()) -> float:
        """Return the first figure of a state; of all of them, their mean."""
        rows = [self.states.index(each) for each in elements if each in self.states]
        chosen = self.values[rows] if rows else self.values
        return float(np.mean([row[np.isfinite(row)][0] for row in chosen]))

    def until(self, year: int) -> Observed:
        """Return the figures up to a year, that year among them."""
        return self.between(int(self.years[0]), year)

    def between(self, first: int, last: int) -> Observed:
        """Return the figures of some years."""
        from dataclasses import replace

        chosen = (self.years >= first) & (self.years <= last)
        return replace(self, years=self.years[chosen], values=self.values[:, chosen])

    def with_values(self, values: np.ndarray) -> Observed:
        """Return other figures in the same places."""
        from dataclasses import replace

        return replace(self, values=np.where(self.present, values, np.nan))

    def to_dataframe(self) -> pd.DataFrame:
        """Return the figures as a tidy table: state, year, variable, value."""
        import pandas as pd

        rows = [
            (state, int(year), self.variable, value)
            for state, row in zip(self.states, self.values, strict=True)
            for year, value in zip(self.years, row, strict=True)
            if np.isfinite(value)
        ]
        table = pd.DataFrame(rows, columns=["state", "year", "variable", "value"])
        table.attrs = {
            "units": self.units,
            "price_basis": self.price_basis,
            "source": self.source,
        }
        return table


def observe_history(
    case: Scenario,
    data: Any = None,
    variable: str | None = None,
    years: tuple[int, int] | None = None,
    positive: bool = True,
) -> Observed:
    """Return the figures a fit is held against.

    Parameters
    ----------
    case : Scenario
        Its states, in its order; its own figures if ``data`` is not given.
    data : DataFrame, str or Path, optional
        Tidy figures (state, year, value, perhaps variable), or a file of them.
    variable : str, optional
        Default what the scenario's file fits, else "spending".
    years : (int, int), optional
        First and last year to use.
    positive : bool
        Whether only positive figures can be used: they are where logarithms are taken.

    Raises
    ------
    DataError
        For states without figures, doubled years, figures that are no positive numbers, other
        prices than the scenario's, a change of currency, years before the start; all together.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = observe_history(sd.load_scenario("wwi_blocs"))
    >>> found.values.shape, found.units
    ((2, 5), 'million GBP')
    """
    own = case.file.fit.variable if case.file else ""
    name = variable or own or "spending"
    table = _table(case, data)
    findings: list[Finding] = []
    if "variable" in table.columns:
        table = _one_variable(table, name, findings)
    table = _named(table, case.states, findings)
    findings += _wrong(table, positive)
    factor = _factor(case, table, data, name, findings)
    if findings:
        raise DataError(*findings)
    observed = _arranged(case, table, name, years, factor)
    return observed


def _table(case: Scenario, data: Any) -> pd.DataFrame:
    """The figures as they come: the scenario's, a table, or a file."""
    import pandas as pd

    if data is None:
        if case.data is None or case.data.empty:
            message = f"{case.name!r} has no historical figures."
            remedy = "Give data=, a table with columns state, year and value, or a file of it."
            raise DataError(Finding("error", message, "data", remedy=remedy))
        return case.data
    if isinstance(data, str | Path):
        return _file(case, Path(data))
    if not isinstance(data, pd.DataFrame):
        message = f"The data are a {type(data).__name__}."
        remedy = "Give a table with columns state, year and value, or a file of it."
        raise DataError(Finding("error", message, "data", remedy=remedy))
    missing = [each for each in ("state", "year", "value") if each not in data.columns]
    if missing:
        message = f"The data have no column {', '.join(missing)}."
        remedy = "Give columns state, year and value."
        raise DataError(Finding("error", message, "data", remedy=remedy))
    return data


def _file(case: Scenario, path: Path) -> pd.DataFrame:
    """A file of figures: a plain table if it knows the case's states by name, which may be blocs
    that are no country; else whatever the readers make of it."""
    from secdil_sd.readers.spending import read_spending
    from secdil_sd.simulation.scenario_file import read_table

    if path.suffix.lower() == ".csv" and path.is_file():
        with suppress(SecdilError):
            table = read_table(path)
            plain = {"state", "year", "value"} <= set(table.columns)
            if plain and set(case.states) <= set(table["state"].astype(str)):
                first = table.iloc[0] if len(table) else {}
                said = [each for each in ("units", "price_basis") if each in table.columns]
                table.attrs = {"file": path.name, **{each: str(first[each]) for each in said}}
                return table
    return read_spending(path)


def _one_variable(table: pd.DataFrame, name: str, findings: list[Finding]) -> pd.DataFrame:
    """The rows of one variable; burden is made of spending and GDP where it is not there."""
    by_key = {key(str(each)): each for each in table["variable"].unique()}
    attrs = dict(table.attrs)
    if key(name) in by_key:
        found = table[table["variable"] == by_key[key(name)]]
    elif key(name) == "burden" and {"spending", "GDP"} <= set(by_key):
        wide = table.pivot(index=["state", "year"], columns="variable", values="value")
        share = wide[by_key["spending"]] / wide[by_key["GDP"]]
        found = share.rename("value").reset_index()
        attrs |= {"units": "fraction of GDP", "price_basis": "share"}
    else:
        message = f"The data have no variable {name!r}."
        hint = suggestion(name, [str(each) for each in by_key.values()])
        findings.append(Finding("error", message, "data", (name,), hint))
        found = table[:0]
    found.attrs = attrs
    for each in ("units", "price_basis", "base_year"):
        if isinstance(attrs.get(each), dict):
            found.attrs[each] = attrs[each].get(by_key.get(key(name)))
    return found


def _named(table: pd.DataFrame, states: Sequence[str], findings: list[Finding]) -> pd.DataFrame:
    """The rows of the case's states, under the case's names for them."""
    known = [str(each) for each in table["state"].unique()]
    called = {state: state for state in states if state in known}
    for state in [each for each in states if each not in called]:
        same = [each for each in known if _is(each, state)]
        if len(same) == 1:
            called[state] = same[0]
        elif not table.empty:
            message = f"The data have no figures for {state!r}."
            findings.append(Finding("error", message, "data", (state,), suggestion(state, known)))
    back = {theirs: ours for ours, theirs in called.items()}
    found = table[table["state"].isin(back)].copy()
    found["state"] = found["state"].map(back)
    found.attrs = dict(table.attrs)
    return found


def _is(theirs: str, ours: str) -> bool:
    try:
        return find_state(theirs).name == find_state(ours).name
    except SecdilError:
        return False


def _wrong(table: pd.DataFrame, positive: bool) -> list[Finding]:
    """What cannot be used as it is: doubled years, text, figures that are not positive."""
    import pandas as pd

    findings = []
    for (state, year), rows in table.groupby(["state", "year"], sort=False):
        if len(rows) > 1:
            message = f"{state} has {len(rows)} figures for {year}."
            findings.append(Finding("error", message, "data", (str(state),), "Keep one."))
    numbers = pd.to_numeric(table["value"], errors="coerce")
    bad = table[numbers.isna() & table["value"].notna()]
    bad = pd.concat([bad, table[numbers <= 0] if positive else table[:0]])
    for state, rows in bad.groupby("state", sort=False):
        years = ", ".join(str(each) for each in rows["year"][:5]) + (
            " ..." if len(rows) > 5 else ""
        )
        message = f"{state} has figures that are not positive numbers: {years}."
        remedy = "Leave unknown years out; a fit of logarithms needs figures above 0."
        findings.append(Finding("error", message, "data", (str(state),), remedy))
    for state, rows in table.groupby("state", sort=False):
        if numbers[rows.index].notna().sum() == 0:
            message = f"All figures of {state} are missing."
            remedy = "Take other years, or another source."
            findings.append(Finding("error", message, "data", (str(state),), remedy))
    return [*findings, *_currency_break(table, numbers)]


def _currency_break(table: pd.DataFrame, numbers: pd.Series) -> list[Finding]:
    """Pounds that become dollars in 1914 look like a race of everybody."""
    wide = table.assign(value=numbers).pivot_table(index="state", columns="year", values="value")
    if not {POUNDS_END, POUNDS_END + 1} <= set(wide.columns):
        return []
    ratio = wide[POUNDS_END + 1] / wide[POUNDS_END]
    if len(ratio) < 2 or not (ratio > BREAK).all():
        return []
    shown = ", ".join(f"{state} x{each:.1f}" for state, each in ratio.items())
    message = f"Every figure jumps between {POUNDS_END} and {POUNDS_END + 1} ({shown})."
    remedy = (
        "National Material Capabilities goes from pounds to dollars there: fit the years before "
        "or after, read with read_nmc(path, currency='GBP') or 'USD'."
    )
    return [Finding("error", message, "data", remedy=remedy)]


def _factor(
    case: Scenario, table: pd.DataFrame, data: Any, name: str, findings: list[Finding]
) -> float:
    """What figures are multiplied by to be in the model's money; other prices are refused."""
    if data is None or case.data is None:
        return 1.0
    theirs, ours = basis_of(table.attrs), basis_of(_own_attrs(case, name))
    if not (theirs.stated and ours.stated):
        return 1.0
    try:
        check_one_basis({"the data": theirs, f"the scenario {case.name!r}": ours})
    except SecdilError as error:
        findings += error.findings
    return theirs.scale / ours.scale if theirs.kind == MONEY else 1.0


def _own_attrs(case: Scenario, name: str) -> dict[Any, Any]:
    if key(name) == "burden":
        return {"units": "fraction of GDP", "price_basis": "share"}
    own = dict(case.data.attrs) if case.data is not None else {}
    # A scenario may say more than the prices of its spending, after a colon.
    return {**own, "price_basis": str(own.get("price_basis") or "").split(":")[0]}


def _arranged(
    case: Scenario,
    table: pd.DataFrame,
    name: str,
    years: tuple[int, int] | None,
    factor: float,
) -> Observed:
    """Years by states, from the first figure to the last."""
    table = table.dropna(subset=["value"])
    if years is not None:
        table = table[(table["year"] >= years[0]) & (table["year"] <= years[1])]
    start = case.times[0] if case.times else -np.inf
    table = table[table["year"] >= start]
    missing = [state for state in case.states if state not in set(table["state"])]
    if missing:
        between = f" from {years[0]} to {years[1]}" if years else ""
        message = f"There are no figures of {' and '.join(missing)}{between} after the start."
        remedy = "Take other years, or let the scenario start earlier."
        raise DataError(Finding("error", message, "data", tuple(missing), remedy))
    first, last = int(table["year"].min()), int(table["year"].max())
    wide = table.pivot(index="state", columns="year", values="value")
    wide = wide.reindex(index=list(case.states), columns=range(first, last + 1)).astype(float)
    basis: Basis = basis_of(table.attrs)
    units = str(table.attrs.get("units") or "")
    if factor != 1.0:
        units = basis_of(case.data.attrs).units if case.data is not None else units
    return Observed(
        name,
        tuple(case.states),
        np.arange(first, last + 1),
        wide.to_numpy() * factor,
        units,
        str(table.attrs.get("price_basis") or basis.price_basis),
        str(table.attrs.get("source") or table.attrs.get("file") or ""),
    )
