"""Nested tables as TOML text, laid out for a person to read and change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


def toml_text(tables: Mapping[str, Any]) -> str:
    """Return TOML: plain values first, then each table under its heading.

    >>> print(toml_text({"title": "A", "params": {"fatigue": {"East": 0.2}, "mu": 1}}))
    title = "A"
    <BLANKLINE>
    [params]
    mu = 1
    <BLANKLINE>
    [params.fatigue]
    East = 0.2
    """
    return "\n".join(_lines(tables, ())).strip("\n")


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {n: v for n, v in table.items() if not _is_table(v)}
    found = []
    if path and (plain or not table):
        found = ["", f"[{'.'.join(map(_key, path))}]"]
    found += [f"{_key(name)} = {_value(value)}" for name, value in plain.items()]
    for name, value in table.items():
        if _is_table(value):
            found += _lines(value, (*path, name))
    return found


class Inline(dict):
    """A table written within its line."""


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) and not isinstance(value, Inline)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, Sequence):
        if sum(map(len, map(str, value))) < 60:
            return f"[{', '.join(map(_value, value))}]"
        return "\n".join(["[", *(f"    {_value(each)}," for each in value), "]"])
    raise TypeError(f"TOML has no {type(value).__name__}")


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(f"{value:.6g}"))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
