"""Which variable of a table is spending, GDP or democracy, by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from secdil_sd.errors import DataError, Finding
from secdil_sd.readers.one_basis import table_name
from secdil_sd.readers.select import select

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "spending": r"spending|milex|militar|defen[cs]e|armament|expenditure",
    "GDP": r"\bGDP\b|gross domestic product",
    "democracy": r"^democracy$|v2x_libdem|v2x_polyarchy",
}
"""How the variables of a table that has several are recognised."""
PER_HEAD = r"per (head|capita)"


def variables_like(table: pd.DataFrame, what: str) -> list[str]:
    """Return the variables of a table that are "spending", "GDP" or "democracy", best first.

    >>> import pandas as pd
    >>> names = ["GDP per head", "Military expenditure (% of GDP)", "GDP"]
    >>> variables_like(pd.DataFrame({"variable": names}), "GDP")
    ['GDP']
    """
    if "variable" not in table:
        return []
    present = [str(each) for each in dict.fromkeys(table["variable"])]
    found = [each for each in present if re.search(NAMES[what], each, re.IGNORECASE)]
    if what == "GDP":  # neither a head's, nor what is spent of it
        spent = variables_like(table, "spending")
        found = [e for e in found if e not in spent and not re.search(PER_HEAD, e, re.IGNORECASE)]
    return found


def only(table: pd.DataFrame, what: str) -> pd.DataFrame:
    """Return the part of a table that is of one variable: all of it where it has but one.

    Raises
    ------
    DataError
        If it has several, none of that name.
    """
    if "variable" not in table:
        return table
    found = variables_like(table, what)
    if not found:
        present = ", ".join(dict.fromkeys(map(str, table["variable"])))
        message = f"None of its variables is {what}: {present}."
        raise DataError(Finding("error", message, table_name(table), remedy="Give another file."))
    return select(table, variable=found[0])
