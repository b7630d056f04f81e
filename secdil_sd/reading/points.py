"""The points of a lookup, read without PySD's grammar, which takes seconds for long tables."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_POINT = re.compile(rf"\s*\(\s*({_NUMBER})\s*,\s*({_NUMBER})\s*\)\s*(,|$)")
_RANGE = re.compile(r"\s*\[[^\]]*\]\s*(,|$)")


def parse_component(component: Any) -> None:
    """Parse the equation of a component that PySD has recognised.

    A lookup of plain points is read here; anything else, and whatever is odd, by PySD.
    """
    points = _points(component.expression) if type(component).__name__ == "Lookup" else []
    if points:
        from pysd.translators.structures.abstract_expressions import LookupsStructure

        x, y = zip(*points, strict=True)
        component.ast = LookupsStructure(x, y, (min(x), max(x)), (min(y), max(y)), "interpolate")
    else:
        component.parse()


def _points(text: str) -> list[tuple[float, float]]:
    """The points of ``([range], (x, y), ...)`` in increasing x; none if it is of another form."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    drawn = _RANGE.match(text)
    place = drawn.end() if drawn else 0
    found: list[tuple[float, float]] = []
    while place < len(text):
        match = _POINT.match(text, place)
        if match is None or (match[3] == "," and match.end() == len(text)):
            return []
        found.append((float(match[1]), float(match[2])))
        place = match.end()
    return sorted(found, key=lambda point: point[0])
