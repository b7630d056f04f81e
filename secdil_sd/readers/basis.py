"""What figures are measured in: currency, scale, prices, base year; read from text, compared."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
CURRENCIES = {  # first match wins: an international dollar is a dollar too
    "international USD": r"international\s*(?:\$|dollars?|US)|intl|PPP",
    "local currency": r"local currency|\bLCU\b",
    "USD": r"US\s?\$|\bUSD\b|US dollars?|U\.S\. dollars?|\bdollars?\b|(?<![A-Za-z])\$",
    "GBP": r"\bGBP\b|£|\bpounds?\b",
    "EUR": r"\bEUR\b|€|\beuros?\b",
}
MONEY, SHARE, OTHER = "money", "share", "other"


@dataclass(frozen=True)
class Basis:
    """What a column of figures is measured in.

    Parameters
    ----------
    kind : {"money", "share", "other"}
    what : str
        A currency, what a share is of, or the unit of anything else; "" if nobody said.
    scale : float
        How many of it the number 1 stands for.
    prices : {"constant", "current", ""}
    base_year : int or None
        Of constant prices.
    per : str
        "head" for figures divided by population.

    Examples
    --------
    >>> print(Basis("money", "USD", 1e6, "constant", 2023))
    million USD of 2023
    """

    kind: str
    what: str
    scale: float = 1.0
    prices: str = ""
    base_year: int | None = None
    per: str = ""

    @property
    def units(self) -> str:
        """The unit in words."""
        if self.kind == SHARE:
            return f"fraction of {self.what}"
        words = [next((word for word, size in SCALES.items() if size == self.scale), "")]
        words += [self.what, f"per {self.per}" if self.per else ""]
        return " ".join(each for each in words if each)

    @property
    def price_basis(self) -> str:
        """Constant, current, share, none (of what has no price) or unstated."""
        return self.prices or {SHARE: "share", OTHER: "none"}.get(self.kind, "unstated")

    @property
    def attrs(self) -> dict[Hashable, Any]:
        """What a table says about itself."""
        return {
            "units": self.units,
            "price_basis": self.price_basis,
            "base_year": self.base_year,
        }

    @property
    def stated(self) -> bool:
        """Whether anything is known: a currency and its prices, a share, another unit."""
        if self.kind == MONEY:
            return bool(self.what and self.prices)
        return bool(self.what)

    def same_prices(self, other: Basis) -> bool:
        """Return whether figures of the two may be added and divided, scale aside."""
        return replace(self, scale=1.0) == replace(other, scale=1.0)

    def __str__(self) -> str:
        if self.kind != MONEY or not self.stated:
            return self.units or "units nobody stated"
        if self.prices == "current":
            return f"{self.units} at current prices"
        return f"{self.units} of {self.base_year}" if self.base_year else f"{self.units}, constant"


def read_basis(text: str, kind: str | None = None) -> Basis:
    """Tell a basis from the words of a title, a note or an indicator.

    >>> print(read_basis("Figures are in US $m., at constant 2023 prices and exchange rates"))
    million USD of 2023
    >>> print(read_basis("Military expenditure (% of GDP)"))
    fraction of GDP
    """
    share = _share(text)
    if share and kind != MONEY:
        return Basis(SHARE, share, price_share(text))
    currency = next((n for n, p in CURRENCIES.items() if re.search(p, text, re.IGNORECASE)), "")
    year = _base_year(text)
    prices = "constant" if year or re.search(r"\bconstant\b", text, re.IGNORECASE) else ""
    if not prices and re.search(r"\bcurrent\b|\bnominal\b", text, re.IGNORECASE):
        prices = "current"
    per = "head" if re.search(r"per (capita|head)", text, re.IGNORECASE) else ""
    return Basis(MONEY, currency, _scale(text), prices, year, per)


def price_share(text: str) -> float:
    """Return what the number 1 stands for in a share: a hundredth where the text says percent.

    >>> price_share("% of GDP"), price_share("fraction of GDP")
    (0.01, 1.0)
    """
    return 0.01 if re.search(r"%|percent|per cent", text, re.IGNORECASE) else 1.0


def basis_of(attrs: Mapping[Any, Any]) -> Basis:
    """Return the basis a table's attrs state; not ``stated`` where they say too little.

    >>> str(basis_of({"units": "billion USD", "price_basis": "constant", "base_year": 2011}))
    'billion USD of 2011'
    """
    units = str(attrs.get("units") or "")
    prices = str(attrs.get("price_basis") or "")
    if prices == "none":
        return Basis(OTHER, units)
    found = read_basis(f"{units} {prices}")
    base = attrs.get("base_year")
    if base is None or found.kind != MONEY:
        return found
    return replace(found, base_year=int(base), prices="constant")


def _share(text: str) -> str:
    asked = r"(?:share|percentage|per ?cent|%|fraction) of (?:the )?"
    if re.search(asked + r"(?:gdp|gross domestic product)", text, re.IGNORECASE):
        return "GDP"
    government = r"(?:general |central )?gov(?:ernmen)?t\.?"
    if re.search(asked + government, text, re.IGNORECASE):
        return "government spending"
    return ""


def _base_year(text: str) -> int | None:
    year = r"\(?((?:18|19|20)\d\d)\)?"
    money = r"(?:international |US ?)?(?:\$|USD|dollars?|pounds?|GBP|EUR|euros?)"
    for pattern in (rf"constant\s*{year}", rf"{year}\s+prices", rf"{money}\s+(?:of|at)\s+{year}"):
        if found := re.search(pattern, text, re.IGNORECASE):
            return int(found[1])
    return None


def _scale(text: str) -> float:
    for word, size in SCALES.items():
        if re.search(rf"\b{word}s?\b", text, re.IGNORECASE):
            return size
    short = re.search(r"(?:\$|£|€|USD|GBP|EUR)\s*(m|b|bn|th)\b\.?", text, re.IGNORECASE)
    return {"m": 1e6, "b": 1e9, "bn": 1e9, "th": 1e3}[short[1].lower()] if short else 1.0
