"""The one gate through which names and texts of a model file enter generated code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping

from secdil_sd.names import key


def identifiers(names: Iterable[str], reserved: Iterable[str]) -> Mapping[str, str]:
    """Return a distinct ASCII identifier for each name; nothing else of a name is ever printed.

    >>> identifiers(["GDP growth", "gdp growth", "lambda", "état"], ["exp"])
    {'GDP growth': 'GDP_growth', 'gdp growth': 'gdp_growth', 'lambda': 'lambda_', 'état': 'v_tat'}
    """
    taken = set(reserved) | set(keyword.kwlist) | set(keyword.softkwlist)
    found: dict[str, str] = {}
    ours = re.compile(r"(b|flag|early_|clock_|view_|table_|numbers_)\d+|d_.*|.*_0")
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", key(name)).strip("_") or "v"
        if not plain[0].isalpha() or not name.strip('"')[:1].isascii():
            plain = f"v_{plain}"
        if ours.fullmatch(plain):
            plain += "_"
        candidate, number = plain, 1
        while candidate in taken:
            candidate = f"{plain}_" if number == 1 else f"{plain}_{number}"
            number += 1
        taken.add(candidate)
        found[name] = candidate
    return found


def comment(text: str) -> str:
    """Return text fit to stand behind a ``#``: one line, printable, not too long.

    >>> comment("a = b\\n+ c")
    'a = b + c'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 110 else f"{line[:107]}..."


def literal(value: float) -> str:
    """Return a number as code.

    >>> literal(0.1), literal(float("-inf")), literal(float("nan"))
    ('0.1', '-inf', 'nan')
    """
    return repr(float(value))


def numbers(values: Iterable[float]) -> str:
    """Return a tuple of numbers as code.

    >>> numbers([1, 0.5])
    '(1.0, 0.5,)'
    """
    return f"({' '.join(f'{literal(each)},' for each in values)})"
