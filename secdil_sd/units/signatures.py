"""The unit rule of a function, read from its text in the table of functions.

``"a/t, a -> a"``: the second argument has the result's unit, the first that unit per time. ``t``
is the unit of time, ``1`` unit-free, ``?`` anything. Where the letter is a capital a bare number
counts as unit-free; elsewhere it takes the unit that is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_PART = re.compile(r"([*/]?)([A-Za-z1])(?:\^([-\d.]+))?")


@dataclass(frozen=True)
class Pattern:
    """What one argument must be in: letters with their powers; None for anything."""

    powers: Mapping[str, float] | None
    strict: bool = False

    @property
    def letter(self) -> str:
        """The letter, where the pattern is one letter alone; else empty."""
        alone = self.powers is not None and list(self.powers.values()) == [1.0]
        return next(iter(self.powers or {})) if alone else ""


@lru_cache(maxsize=256)
def signature(text: str) -> tuple[tuple[Pattern, ...], Pattern]:
    """Return the patterns of the arguments and of the result.

    Examples
    --------
    >>> inputs, output = signature("a/t, a -> a")
    >>> dict(inputs[0].powers), output.letter
    ({'a': 1.0, 't': -1.0}, 'a')
    """
    left, right = text.split("->")
    return tuple(_pattern(each) for each in left.split(",") if each.strip()), _pattern(right)


def _pattern(text: str) -> Pattern:
    text = text.strip()
    if text == "?":
        return Pattern(None)
    powers: dict[str, float] = {}
    for sign, letter, power in _PART.findall(text):
        if letter != "1":
            size = float(power or 1) * (-1 if sign == "/" else 1)
            powers[letter.lower()] = powers.get(letter.lower(), 0.0) + size
    return Pattern({each: size for each, size in powers.items() if size}, text != text.lower())
