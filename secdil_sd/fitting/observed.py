"""Figures of history as a fit takes them: years by states, in the money of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import DataError, Finding, SecdilError
from secdil_sd.names import key, suggestion
from secdil_sd.readers.basis import Basis, basis_of
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
    beginning : tuple of float
        Each state's first figure since the start of the scenario, also where only later years
        are used; empty for the first of ``values``.
    """

    variable: str
    states: tuple[str, ...]
    years: np.ndarray
    values: np.ndarray
    units: str = ""
    price_basis: str = ""
    source: str = ""
    beginning: tuple[float, ...] = ()

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
        places = rows or list(range(len(self.states)))
        if self.beginning:
            return float(np.mean([self.beginning[k] for k in places]))
        chosen = self.values[places]
        return float(np.mean([row[np.isfinite(row)][0] for row in chosen]))

    def until(self, year: int) -> Observed:
        """Return the figures up to a year, that year among them."""
        return self.between(int(self.years[0]), year)

    def between(self, first: int, last: int) -> Observed:
        """Return the figures of some years."""
        chosen = (self.years >= first) & (self.years <= last)
        return replace(self, years=self.years[chosen], values=self.values[:, chosen])

    def with_values(self, values: np.ndarray) -> Observed:
        """Return other figures in the same places."""
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
    findings: list[Finding] = list(_unfit(case, name, years))
    table = _stated(table, findings)
    if "variable" in table.columns:
        table = _one_variable(table, name, findings)
    table = _named(table, case.states, findings)
    if findings:
        raise DataError(*findings)
    since = table[table["year"] >= (case.times[0] if case.times else -np.inf)]
    window = since
    if years is not None:
        window = since[(since["year"] >= years[0]) & (since["year"] <= years[1])]
        window.attrs = dict(table.attrs)
    findings += _wrong(window, positive)
    factor = _factor(case, table, data, name, findings)
    if findings:
        raise DataError(*findings)
    observed = _arranged(case, window, name, years, factor)
    return replace(observed, beginning=_beginning(since, case.states, factor, positive))


def _unfit(case: Scenario, name: str, years: Any) -> list[Finding]:
    """What cannot be asked: a variable that does not move, years that are no window."""
    findings = []
    variable = case.model.system.get(name) or next(
        (each for each in case.model.system.variables if key(each.name) == key(name)), None
    )
    if variable is None:
        known = [each.name for each in case.model.system.variables if each.kind != "constant"]
        message = f"The model has no variable {name!r}."
        findings.append(Finding("error", message, "variable", (name,), suggestion(name, known)))
    elif variable.kind == "constant":
        message = f"{variable.name!r} is a constant of the model: nothing to hold figures against."
        remedy = "Give what the figures are of, as variable='spending'."
        findings.append(Finding("error", message, "variable", (name,), remedy))
    if years is None:
        return findings
    whole = isinstance(years, Sequence) and not isinstance(years, str) and len(years) == 2
    whole = whole and all(isinstance(each, int | np.integer) for each in years)
    if not whole or years[0] > years[1]:
        remedy = "Give the first and the last year, as years=(1950, 1988)."
        findings.append(Finding("error", f"years is {years!r}.", "years", remedy=remedy))
    return findings


def _stated(table: pd.DataFrame, findings: list[Finding]) -> pd.DataFrame:
    """The table with its units among what it says of itself, and years as whole numbers."""
    import pandas as pd

    attrs = dict(table.attrs)
    for column in [each for each in ("units", "price_basis") if each in table.columns]:
        said = [str(each) for each in table[column].dropna().unique()]
        if len(said) > 1:
            message = f"The data mix {' and '.join(repr(each) for each in said[:4])}."
            remedy = "Bring them to one basis first: deflated, rebased, rescaled."
            findings.append(Finding("error", message, f"data, column {column}", remedy=remedy))
        elif said:
            attrs[column] = said[0]
    years = pd.to_numeric(table["year"], errors="coerce")
    lost = table["state"].isna() | years.isna()
    if lost.any():
        message = f"{int(lost.sum())} rows of the data have no state or no year."
        findings.append(Finding("error", message, "data", remedy="Fill or drop them."))
    uneven = years[~lost] != np.floor(years[~lost])
    if uneven.any():
        message = f"The data have a figure for {years[~lost][uneven].iloc[0]:g}."
        remedy = "A figure is of a whole year."
        findings.append(Finding("error", message, "data", remedy=remedy))
    found = table[~lost].assign(year=np.floor(years[~lost]).astype(int))
    found.attrs = attrs
    return found


def _beginning(
    table: pd.DataFrame, states: Sequence[str], factor: float, positive: bool
) -> tuple[float, ...]:
    """The first usable figure of each state."""
    import pandas as pd

    numbers = pd.to_numeric(table["value"], errors="coerce")
    usable = table.assign(value=numbers)[np.isfinite(numbers) & ((numbers > 0) | (not positive))]
    first = usable.sort_values("year").groupby("state")["value"].first()
    return tuple(float(first[each]) * factor for each in states)


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
                table.attrs = {"file": path.name}
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
    official = {each: _official(each) for each in known}
    back: dict[str, str] = {}
    for state in states:
        own = _official(state)
        same = [each for each in known if each == state or (own and official[each] == own)]
        back |= dict.fromkeys(same, state)
        if not same and not table.empty:
            message = f"The data have no figures for {state!r}."
            findings.append(Finding("error", message, "data", (state,), suggestion(state, known)))
    found = table[table["state"].isin(back)].copy()
    found["state"] = found["state"].map(back)
    found.attrs = dict(table.attrs)
    return found


def _official(text: str) -> str:
    """The name of a state, or "" for what is none or may be several."""
    try:
        return find_state(text).name
    except SecdilError:
        return ""


def _wrong(table: pd.DataFrame, positive: bool) -> list[Finding]:
    """What cannot be used as it is: doubled years, text, figures that are not positive."""
    import pandas as pd

    findings = []
    for (state, year), rows in table.groupby(["state", "year"], sort=False):
        if len(rows) > 1:
            message = f"{state} has {len(rows)} figures for {year}."
            findings.append(Finding("error", message, "data", (str(state),), "Keep one."))
    numbers = pd.to_numeric(table["value"], errors="coerce")
    numbers = numbers.where(np.isfinite(numbers))
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
    theirs, ours = basis_of(_first_words(table.attrs)), basis_of(_own_attrs(case, name))
    if theirs.stated and ours.stated:
        try:
            check_one_basis({"the data": theirs, f"the scenario {case.name!r}": ours})
        except SecdilError as error:
            findings += error.findings
    # A million is a million though nobody says at whose prices.
    alike = theirs.kind == ours.kind and theirs.what == ours.what != ""
    return theirs.scale / ours.scale if alike else 1.0


def _own_attrs(case: Scenario, name: str) -> dict[Any, Any]:
    if key(name) == "burden":
        return {"units": "fraction of GDP", "price_basis": "share"}
    return _first_words(case.data.attrs if case.data is not None else {})


def _first_words(attrs: Mapping[Any, Any]) -> dict[Any, Any]:
    """A scenario may say more than the prices of its spending, after a colon."""
    return {**attrs, "price_basis": str(attrs.get("price_basis") or "").split(":")[0]}


def _arranged(
    case: Scenario,
    table: pd.DataFrame,
    name: str,
    years: tuple[int, int] | None,
    factor: float,
) -> Observed:
    """Years by states, from the first figure to the last."""
    table = table.dropna(subset=["value"])
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
