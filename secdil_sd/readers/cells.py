"""Single cells to numbers and years: missing marks, thousands, footnote marks, text refused."""

from __future__ import annotations

import math
import numbers
import re
from datetime import date
from typing import Any

MISSING = frozenset(
    {"", "...", "..", ". .", ". . .", "…", "xxx", "na", "n/a", "n.a.", "#n/a", "nan", "null"}
    | {"none", "-", "–", "—", "missing"}
)
MARKS = "†‡§¶‖*"
"""What SIPRI sets beside names and figures that have a note."""


_PLAIN = re.compile(r"-?\d+(?:\.\d{1,2}|\.\d{4,})?")
"""A number in any convention: three digits after a point may be thousands."""
_NOTES = re.compile(rf"\s*(?:[{re.escape(MARKS)}][{re.escape(MARKS)}\d]*|\[\w{{1,3}}\])$")


def number(cell: Any, decimal: str = ".") -> float:
    """Return a cell's number; NaN where it is blank or says that there is none.

    Parameters
    ----------
    cell : object
        Text, or what a workbook holds.
    decimal : str
        The decimal mark of numbers written as text; the other of comma and point may then
        stand between thousands.

    Raises
    ------
    ValueError
        If it is text, a date, or a number in doubt.

    Examples
    --------
    >>> number("1,234.5"), number("2,5", ","), number(". .")
    (1234.5, 2.5, nan)
    """
    if isinstance(cell, bool) or cell is None:
        raise ValueError(cell)
    if isinstance(cell, numbers.Real):
        if math.isinf(float(cell)):
            raise ValueError(cell)
        return float(cell)
    if not isinstance(cell, str):
        raise ValueError(cell)
    if _PLAIN.fullmatch(cell):
        return float(cell)
    text = without_marks(cell)
    if text.casefold() in MISSING:
        return math.nan
    thousands = "." if decimal == "," else ","
    text = re.sub(r"(?<=\d)[\s\u00a0\u202f](?=\d{3})", "", text)
    if re.fullmatch(
        rf"-?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", text
    ):
        text = text.replace(thousands, "")
    if decimal == ",":
        text = text.replace(",", ".")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value


def year(cell: Any) -> int | None:
    """Return the year a heading means, None for any other heading.

    >>> year(1949.0), year("1990 [YR1990]"), year("2024 (current prices)"), year("Notes")
    (1949, 1990, None, None)
    """
    if isinstance(cell, numbers.Real):
        value = float(cell)
        return int(value) if 1000 <= value <= 2999 and value.is_integer() else None
    if isinstance(cell, date):
        return cell.year
    if not isinstance(cell, str):
        return None
    form = r"(?:FY|YR|X)?\s*([12]\d{3})(?:\.0|-\d\d-\d\d)?(?:\s*\[YR\d{4}\])?"
    found = re.fullmatch(form, cell.strip())
    return int(found[1]) if found else None


def without_marks(text: str) -> str:
    """Return text without the marks of footnotes at its end, nor brackets around all of it.

    >>> without_marks("Libya ‡§¶16"), without_marks("[12.5]"), without_marks("India [a]")
    ('Libya', '12.5', 'India')
    """
    text = " ".join(text.split())
    if found := re.fullmatch(r"\[\s*([\d.,\s]+)\s*\]", text):
        return found[1].strip()
    return _NOTES.sub("", text)
