"""The one basis a table must state, and the refusal of two: who is in what, how to convert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.basis import MONEY, Basis, basis_of

if TYPE_CHECKING:
    import pandas as pd

HOW_TO_DEFLATE = "Deflate with deflated(table, index, base_year={})."
HOW_TO_REBASE = "Change the base year with rebased(table, index, base_year={})."
HOW_TO_STATE = (
    "Say it when reading: read_spending(path, units='million USD', price_basis='current')."
)
NO_RATE = (
    "Exchange rates and purchasing power differ by state: read both from one source, or get GDP "
    "from a published share with gdp_from_share(spending, share)."
)


def check_one_basis(bases: Mapping[str, Basis]) -> None:
    """Refuse figures of different bases.

    Parameters
    ----------
    bases : mapping of str to Basis
        By the name of the table.

    Raises
    ------
    DataError
        Saying which table is in what, and how to convert.
    """
    first, *others = bases.values()
    if all(each.same_prices(first) for each in others):
        return
    shown = ", ".join(f"{name} in {basis}" for name, basis in bases.items())
    message = f"The tables are in different bases: {shown}."
    raise DataError(Finding("error", message, remedy=how_to_convert(list(bases.values()))))


def how_to_convert(bases: list[Basis]) -> str:
    """Say how figures of different bases can be brought to one."""
    if {each.kind for each in bases} != {MONEY}:
        return "Money and shares cannot be put together: read the same kind from each."
    if len({(each.what, each.per) for each in bases}) > 1:
        return NO_RATE
    years = sorted({each.base_year for each in bases if each.base_year})
    steps = []
    if any(each.prices == "current" for each in bases):
        steps.append(HOW_TO_DEFLATE.format(years[-1] if years else "YEAR"))
    if len(years) > 1:
        steps.append(HOW_TO_REBASE.format(years[-1]))
    return " ".join(steps)


def stated_basis(table: pd.DataFrame, at: int = 1) -> Basis:
    """Return the one basis a table states.

    Raises
    ------
    DataError
        If it states none, or one for each of several variables.
    """
    if isinstance(table.attrs.get("units"), Mapping):
        names = ", ".join(table.attrs["units"])
        message = f"The table has several variables: {names}."
        remedy = "Take one: select(table, variable=...)."
        raise DataError(Finding("error", message, table_name(table, at), remedy=remedy))
    basis = basis_of(table.attrs)
    if not basis.stated:
        message = "The table does not say in what currency and prices its figures are."
        raise DataError(Finding("error", message, table_name(table, at), remedy=HOW_TO_STATE))
    return basis


def money_basis(table: pd.DataFrame) -> Basis:
    """Return the basis of a table of sums of money.

    Raises
    ------
    DataError
        If it states none, or its figures are something else.
    """
    basis = stated_basis(table)
    if basis.kind != MONEY:
        message = f"The figures are {basis}, no sums of money."
        remedy = "Give a table of spending or GDP."
        raise DataError(Finding("error", message, table_name(table), remedy=remedy))
    return basis


def table_name(table: pd.DataFrame, at: int = 1) -> str:
    """Return the file and sheet a table came from, else its number."""
    file, sheet = table.attrs.get("file"), table.attrs.get("sheet")
    if not file:
        return f"table {at}"
    return f"{file}, sheet {sheet!r}" if sheet else str(file)


def table_names(tables: Iterable[pd.DataFrame]) -> list[str]:
    """Name tables apart, two of one file and sheet by number."""
    names = [table_name(table, at) for at, table in enumerate(tables, 1)]
    return [f"{name} ({at})" if names.count(name) > 1 else name for at, name in enumerate(names, 1)]
