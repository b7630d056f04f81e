"""What public files say of the states of one rivalry: spending, GDP in its prices, democracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import DataError, Finding, SecdilError, collecting
from secdil_sd.readers.basis import SHARE, Basis
from secdil_sd.readers.checks import JUMP
from secdil_sd.readers.countries import find_state
from secdil_sd.readers.levels import Burdens, Level, level_of, source_of
from secdil_sd.readers.one_basis import money_basis, stated_basis, table_name
from secdil_sd.readers.one_price import at_one_price
from secdil_sd.readers.select import select
from secdil_sd.readers.sipri import SOURCE as SIPRI
from secdil_sd.readers.sipri import read_sipri
from secdil_sd.readers.spending import read_spending
from secdil_sd.readers.variables import only, variables_like

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 5
"""Figures a state needs: as many as Richardson had."""


@dataclass(frozen=True)
class Sources:
    """The files of a rivalry, or tables already read.

    Parameters
    ----------
    spending : path or DataFrame
    gdp, democracy : path or DataFrame, optional
    index : path, Series or mapping, optional
        Price level by year, to deflate or rebase with.
    burden : mapping of str to float, path or DataFrame, optional
        Published spending as a share of GDP: a mean by state, or a table.
    sheet, units, price_basis, base_year
        As for `read_spending`, of the spending.
    """

    spending: Any
    gdp: Any = None
    democracy: Any = None
    index: Any = None
    burden: Any = None
    sheet: str | None = None
    units: str | None = None
    price_basis: str | None = None
    base_year: int | None = None


@dataclass(frozen=True)
class Rivalry:
    """Some states' history in one price basis.

    Parameters
    ----------
    states : tuple of str
    years : (int, int)
        First and last.
    spending : DataFrame
        Rows years, known ones before the first included, columns states [billion/yr].
    gdp : DataFrame or None
        The same, of GDP.
    democracy : DataFrame or None
        The same, 0 to 1.
    basis : Basis
        What spending and GDP are measured in.
    burdens : mapping
        Published burdens by state: mean, lowest, highest.
    how : mapping of str to str
        Where "spending", "GDP", "democracy" and "burden" come from.
    caveats : tuple of str
    """

    states: tuple[str, ...]
    years: tuple[int, int]
    spending: pd.DataFrame
    gdp: pd.DataFrame | None
    democracy: pd.DataFrame | None
    basis: Basis
    burdens: Burdens
    how: Mapping[str, str]
    caveats: tuple[str, ...]


def read_rivalry(
    states: Sequence[str | int], sources: Sources, years: tuple[int, int] | str | None = None
) -> Rivalry:
    """Read what files say of some states, in one price basis.

    Parameters
    ----------
    states : sequence of str or int
        Names or codes, in their years.
    sources : Sources
    years : (int, int) or str, optional
        First and last, or "1960:2016"; by default those in which every state has figures.

    Returns
    -------
    Rivalry

    Raises
    ------
    DataError
        For unknown states, files that cannot be read and what they lack, all together; then for
        figures in different prices; then for too few of them.
    """
    findings: list[Finding] = []
    span = _span(years, findings)
    names = _names(states, span, findings)
    tables = _tables(sources, names, findings)
    if findings:
        raise DataError(*dict.fromkeys(findings))
    spending = at_one_price(tables.spending, tables.gdp, tables.share, sources.index, span)
    level, burdens = level_of(spending, tables.gdp, tables.share, tables.means, span, names)
    return _rivalry(names, span, spending, level, tables, burdens)


@dataclass(frozen=True)
class _Tables:
    """What was read: tidy tables of the states, each of one variable."""

    spending: Any
    gdp: Any
    share: Any
    democracy: Any
    means: Mapping[str, float]


def _tables(sources: Sources, names: Sequence[str], findings: list[Finding]) -> _Tables:
    """Read every file; mistakes go to ``findings``."""
    spending = _read(sources.spending, "spending", names, findings, _stated(sources))
    gdp = _read(sources.gdp, "GDP", names, findings)
    democracy = _read(sources.democracy, "democracy", names, findings)
    share, means = None, {}
    if isinstance(sources.burden, Mapping):
        means = _means(sources.burden, names, findings)
    else:
        share = _read(sources.burden, "spending", names, findings)
    with collecting(findings):
        if gdp is not None and stated_basis(gdp).kind == SHARE:
            share, gdp = gdp, None
        if democracy is not None:
            _check_democracy(democracy)
    if spending is not None and share is None and not means:
        with collecting(findings if gdp is None else []):
            share, beside = _beside(sources, spending, names)
            gdp = beside if gdp is None else gdp
    return _Tables(spending, gdp, share, democracy, means)


def _span(years: Any, findings: list[Finding]) -> tuple[int, int] | None:
    """Return first and last year; what is none goes to ``findings``."""
    if years is None:
        return None
    try:
        first, last = (int(e) for e in (years.split(":") if isinstance(years, str) else years))
    except (TypeError, ValueError):
        first, last = 0, 0
    if first < last:
        return first, last
    remedy = "Give first and last, as 1960:2016."
    findings.append(Finding("error", f"{years!r} is no span of years.", "years", remedy=remedy))
    return None


def _names(
    states: Sequence[str | int], years: tuple[int, int] | None, findings: list[Finding]
) -> list[str]:
    """Return the states' names in these years."""
    found = []
    for each in states:
        try:
            span = range(years[0], years[1] + 1) if years else None
            found.append(find_state(each, span).name)
        except DataError as error:
            findings += error.findings
    for name in {each for each in found if found.count(each) > 1}:
        findings.append(Finding("error", f"{name!r} is named twice.", remedy="Name two states."))
    if len(states) < 2:
        findings.append(Finding("error", "A rivalry has two states or more.", remedy="Name two."))
    return found


def _stated(sources: Sources) -> dict[str, Any]:
    options = ("sheet", "units", "price_basis", "base_year")
    return {name: getattr(sources, name) for name in options}


def _read(
    given: Any,
    what: str,
    names: Sequence[str],
    findings: list[Finding],
    stated: Mapping[str, Any] | None = None,
) -> pd.DataFrame | None:
    """Read one variable of a file or table, of these states; mistakes go to ``findings``."""
    if given is None:
        return None
    try:
        is_file = isinstance(given, str | Path)
        table = read_spending(given, **(stated or {})) if is_file else _named(given)
        known = [each for each in names if each in set(table["state"])] if findings else names
        return only(select(table, known), what)
    except SecdilError as error:
        findings += error.findings
        return None


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of the user's own with its states by the names that readers give them."""
    known = {}
    for name in table["state"].unique():
        with suppress(DataError):
            known[name] = find_state(name).name
    found = table.assign(state=table["state"].map(lambda each: known.get(each, each)))
    found.attrs = dict(table.attrs)
    return found


def _beside(
    sources: Sources, spending: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return the share of GDP or the GDP that the file of the spending holds as well."""
    if not isinstance(sources.spending, str | Path):
        return None, None
    if spending.attrs.get("source") == SIPRI:
        return select(read_sipri(sources.spending, "share of gdp"), names), None
    whole = read_spending(sources.spending, **_stated(sources))
    if not variables_like(whole, "GDP"):
        return None, None
    return None, only(select(whole, names), "GDP")


def _means(burden: Mapping[str, Any], names: Sequence[str], findings: list[Finding]) -> dict:
    """Return the published burdens given by hand, by state."""
    found: dict[str, float] = {}
    for given, value in burden.items():
        with collecting(findings):
            name = _which(given, names)
            try:
                found[name] = float(value)
            except ValueError:
                found[name] = -1.0
            if not 0 < found[name] < 1:
                message = f"{value!r} is no fraction of GDP."
                remedy = "Write three percent as 0.03, with its state: IND=0.03."
                raise DataError(Finding("error", message, f"burden of {given}", remedy=remedy))
    return found


def _which(given: str, names: Sequence[str]) -> str:
    """Return which of these states a name or code means; raises DataError if none."""
    if given in names:
        return given
    meant = find_state(given).name
    if meant not in names:
        message = f"{meant!r} is none of the states: {', '.join(names)}."
        raise DataError(Finding("error", message, "burden", (meant,)))
    return meant


def _check_democracy(table: pd.DataFrame) -> None:
    """Refuse scores that are no shares of the way from autocracy to democracy."""
    values = table["value"].dropna()
    if len(values) and not values.between(0, 1).all():
        message = f"Democracy runs from {values.min():g} to {values.max():g}, not from 0 to 1."
        remedy = "Polity's score becomes (polity2 + 10) / 20."
        raise DataError(Finding("error", message, table_name(table), remedy=remedy))


def _rivalry(
    names: Sequence[str],
    years: tuple[int, int] | None,
    spending: pd.DataFrame,
    level: Level | None,
    tables: _Tables,
    burdens: Burdens,
) -> Rivalry:
    """Lay the figures side by side; raises DataError for states with too few."""
    money = _positive(_wide(spending, names))
    gdp = _wide(level.gdp, names) if level else None
    known = money.notna().all(axis=1)
    if gdp is not None:
        known &= gdp.notna().all(axis=1).reindex(money.index, fill_value=False)
    if not known.any():
        message = f"There is no year with figures for {' and '.join(names)}."
        raise DataError(Finding("error", message, table_name(spending)))
    first, last = years or (int(known[known].index.min()), int(known[known].index.max()))
    inside = money.reindex(range(first, last + 1))
    _check_enough(inside, (int(money.index.min()), int(money.index.max())), table_name(spending))
    how = {"spending": _edition(spending)}
    if level:
        how["GDP"] = level.how
    if tables.democracy is not None:
        how["democracy"] = source_of(tables.democracy)
    how["burden"] = "given by hand: check and cite it"
    if tables.share is not None:
        how["burden"] = source_of(tables.share)
    caveats = (*(level.caveats if level else ()), *_jumps(inside), *_gaps(inside))
    return Rivalry(
        tuple(names),
        (first, last),
        money,
        gdp,
        _wide(tables.democracy, names) if tables.democracy is not None else None,
        money_basis(spending),
        burdens,
        how,
        caveats,
    )


def _check_enough(inside: pd.DataFrame, covered: tuple[int, int], place: str) -> None:
    """Refuse years without figures; ``inside`` are those of the years asked for."""
    few = [f"{name} {count}" for name, count in inside.count().items() if count < FEWEST]
    message = ""
    if few:
        message = f"Too few figures in these years: {', '.join(few)}; {FEWEST} are needed."
    elif inside.index.min() < covered[0] or inside.index.max() > covered[1]:
        message = "The years asked for reach beyond the figures."
    if message:
        remedy = f"There are figures from {covered[0]} to {covered[1]}."
        raise DataError(Finding("error", message, place, remedy=remedy))


def _wide(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a row a year, none left out between the first and the last, and a column a state."""
    wide = table.pivot(index="year", columns="state", values="value").reindex(columns=list(names))
    wide = wide.dropna(how="all")
    if wide.empty:
        return wide
    return wide.reindex(range(int(wide.index.min()), int(wide.index.max()) + 1))


def _positive(wide: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is not positive: a year without a figure, for a logarithm."""
    return wide.where(wide > 0)


def _edition(table: pd.DataFrame) -> str:
    """Return whose figures, of which edition, how converted."""
    notes = [e for e in table.attrs.get("notes", ()) if e.startswith(("Deflated", "From prices"))]
    return ". ".join([source_of(table), *(each.rstrip(".") for each in notes)])


def _jumps(wide: pd.DataFrame) -> list[str]:
    """Tell of changes by more than half, up or down: a break of the source or of the currency."""
    change = wide.pct_change(fill_method=None)
    found = []
    for name in wide:
        years = change.index[(change[name] > JUMP) | (change[name] < 1 / (1 + JUMP) - 1)]
        shown = ", ".join(f"{year} ({change.loc[year, name]:+.0%})" for year in years)
        if shown:
            found.append(
                f"{name}'s spending jumps in {shown}: a war, a devaluation or a change of source; "
                "find out which before reading reaction into it."
            )
    return found


def _gaps(wide: pd.DataFrame) -> list[str]:
    return [
        f"{name} has no figure for {', '.join(map(str, wide.index[wide[name].isna()]))}."
        for name in wide
        if wide[name].isna().any()
    ]
