"""Graphical functions: the points of an XMILE table."""

from __future__ import annotations

import math
from typing import Any

from secdil_sd.reading.xmile_document import Document

_KINDS = {
    "continuous": "interpolate",
    "extrapolate": "extrapolate",
    "discrete": "hold_backward",
}
"""The types of XMILE under the names of PySD."""


def table(document: Document, node: Any) -> Any:
    """Return the table of a ``<gf>`` as PySD's syntax tree has it.

    Raises
    ------
    ValueError
        If its points are not numbers, or as many x as y.
    """
    from pysd.translators.structures.abstract_expressions import LookupsStructure

    y = _numbers(document, node, "ypts")
    x = _numbers(document, node, "xpts")
    scale = document.first(node, "xscale")
    if not x and scale is not None:
        low, high = _number(scale.get("min", "")), _number(scale.get("max", ""))
        x = [low + (high - low) * k / max(len(y) - 1, 1) for k in range(len(y))]
    if not y or len(x) != len(y):
        raise ValueError(f"its graphical function has {len(x)} x for {len(y)} y")
    kind = node.get("type", "continuous").strip().casefold()
    if node.get("discrete", "").casefold() == "true":  # Stella 10 and before
        kind = "discrete"
    if kind not in _KINDS:
        raise ValueError(f"its graphical function is of an unknown type, {kind!r}")
    points = sorted(zip(x, y, strict=True), key=lambda point: point[0])
    return LookupsStructure(
        x=tuple(a for a, _ in points),
        y=tuple(b for _, b in points),
        x_limits=(min(x), max(x)),
        y_limits=(min(y), max(y)),
        type=_KINDS[kind],
    )


def _numbers(document: Document, node: Any, tag: str) -> list[float]:
    found = document.first(node, tag)
    text = "" if found is None else (found.text or "")
    if found is None or not text.strip():
        return []
    mark = found.get("sep", ",")
    parts = text.split(mark) if mark.strip() else text.split()
    return [_number(each) for each in parts if each.strip() or len(parts) == 1]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"its graphical function has {text.strip()[:20]!r} for a number")
    return value
