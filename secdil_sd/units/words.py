"""Units as model files write them, ``billion USD/year`` or ``Dmnl``; pint does the algebra.

A unit is whatever stands between the signs ``* / ^ ( )``, spaces included, and every word is a
unit of its own: no model means a conversion it does not write down. Upper and lower case,
singular and plural are one word; so are the synonyms the file lists, and Vensim's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import pint
from pint.facets.plain import PlainUnit as Unit

VENSIM_SYNONYMS = (
    ("$", "Dollar", "Dollars", "$s"),
    ("Day", "Days"),
    ("Hour", "Hours"),
    ("Month", "Months"),
    ("Person", "People", "Persons"),
    ("Unit", "Units"),
    ("Week", "Weeks"),
    ("Year", "Years"),
)
"""What Vensim takes for one word in a new model."""

UNIT_FREE = ("Dmnl", "dimensionless", "fraction", "unitless", "no units", "none", "ratio")
"""Words that say that there is no unit."""

_PIECES = re.compile(r"\s*([*/^()]|[^*/^()]+)")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


def folded(word: str) -> str:
    """Return a word without case, double spaces and plural.

    >>> folded("Billion  Dollars"), folded("countries"), folded("gas")
    ('billion dollar', 'country', 'gas')
    """
    word = " ".join(word.replace("_", " ").split()).casefold()
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


class Words:
    """The units of one model: reads them as pint units and shows them as the file does.

    Parameters
    ----------
    synonyms : iterable of sequence of str
        Groups of words that mean one unit, besides Vensim's own.

    Examples
    --------
    >>> words = Words()
    >>> pace = words.read("billion USD/year") / words.read("Years")
    >>> words.shown(pace), pace == words.read("billion USD/(year*year)")
    ('billion USD/year/year', True)
    """

    def __init__(self, synonyms: Iterable[Sequence[str]] = ()) -> None:
        self._registry: pint.UnitRegistry = pint.UnitRegistry(None)
        self.free = self._registry.Unit("")
        self._names: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._same: dict[str, str] = {}
        for group in (UNIT_FREE, *synonyms, *VENSIM_SYNONYMS):
            known = [self._same[folded(each)] for each in group if folded(each) in self._same]
            first = known[0] if known else folded(group[0])
            for each in group:
                self._same.setdefault(folded(each), first)

    def read(self, text: str) -> Unit:
        """Return the unit that a text names.

        Raises
        ------
        ValueError
            Saying what is wrong with the text.
        """
        pieces = [each.strip() for each in _PIECES.findall(text) if each.strip()]
        waiting = iter([*pieces, ""])
        unit, end = self._product(waiting)
        if end:
            raise ValueError("a bracket closes that was never opened")
        return unit

    def shown(self, unit: Unit) -> str:
        """Return a unit as text that `read` understands."""
        powers = [(self._shown[name], power) for name, power in powers_of(unit).items()]
        above = [_raised(name, power) for name, power in powers if power > 0]
        below = [
            f"/{name}" * int(-power) if power == int(power) else f"/{_raised(name, -power)}"
            for name, power in powers
            if power < 0
        ]
        if not powers:
            return "Dmnl"
        return ("*".join(above) or "1") + "".join(below)

    def _product(self, pieces: Iterator[str]) -> tuple[Unit, str]:
        """Factors up to a closing bracket or the end, which is returned too."""
        unit, sign = self.free, "*"
        factor, piece = self._factor(next(pieces, ""), pieces)
        while True:
            unit = unit * factor if sign == "*" else unit / factor
            if piece in (")", ""):
                return unit, piece
            if piece not in ("*", "/"):
                raise ValueError(f"a * or / is missing before {piece!r}")
            sign = piece
            factor, piece = self._factor(next(pieces, ""), pieces)

    def _factor(self, piece: str, pieces: Iterator[str]) -> tuple[Unit, str]:
        """One word or bracket with its power, and the piece after it."""
        if piece == "(":
            unit, end = self._product(pieces)
            if end != ")":
                raise ValueError("a bracket is not closed")
        elif piece in ("", ")", "*", "/", "^"):
            raise ValueError(f"a unit is missing{f' before {piece!r}' if piece else ' at the end'}")
        else:
            unit = self._word(piece)
        after = next(pieces, "")
        if after != "^":
            return unit, after
        power = next(pieces, "")
        if not _NUMBER.fullmatch(power):
            raise ValueError("a power is not a number")
        return unit ** float(power), next(pieces, "")

    def _word(self, word: str) -> Unit:
        if _NUMBER.fullmatch(word):
            return self.free
        meant = self._same.get(folded(word), folded(word))
        if meant == folded(UNIT_FREE[0]):
            return self.free
        if meant not in self._names:
            name = self._names[meant] = f"u{len(self._names)}"
            self._registry.define(f"{name} = [{name}]")
            self._shown[name] = " ".join(word.split())
        return self._registry.Unit(self._names[meant])


def _raised(name: str, power: float) -> str:
    return name if power == 1 else f"{name}^{power:g}"


def same(one: Unit, other: Unit) -> bool:
    """Say whether two units agree; powers from roots may differ in the last digit."""
    return all(abs(power) < 1e-9 for power in powers_of(one / other).values())


def powers_of(unit: Unit) -> dict[str, float]:
    """Return the power of each base unit."""
    return {name: float(power.real) for name, power in unit._units.items()}
