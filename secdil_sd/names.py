"""How users' spellings meet the names in a model file: keys, selectors, nearest names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from secdil_sd.errors import Finding, InputError


def key(name: str) -> str:
    """Return the dataset key of a model-file name.

    Runs of anything but letters, digits and underscores become one underscore.

    >>> key("belief log odds"), key('"R&D share"'), key("GDP")
    ('belief_log_odds', 'R_D_share', 'GDP')
    """
    return re.sub(r"[^\w]+", "_", name.strip().strip('"')).strip("_") or "_"


@lru_cache(maxsize=65536)
def spelling(name: str) -> str:
    """Return the form in which names are compared: no case, spaces, quotes or underscores.

    >>> spelling("Belief_log odds") == spelling("belief log  odds")
    True
    """
    return re.sub(r"[\s_]+", "", name.strip().strip('"')).casefold()


def nearest(name: str, candidates: Iterable[str], count: int = 3) -> list[str]:
    """Return up to ``count`` candidates most like ``name``, best first.

    >>> nearest("spendng", ["spending", "burden", "GDP"])
    ['spending']
    """
    by_spelling = {spelling(candidate): candidate for candidate in candidates}
    found = difflib.get_close_matches(spelling(name), list(by_spelling), count, 0.6)
    return [by_spelling[form] for form in found]


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """Return the sentence that answers an unknown name with the closest known ones.

    >>> suggestion("spendng", ["spending", "burden"])
    "Did you mean 'spending'?"
    """
    candidates = list(candidates)
    found = nearest(name, candidates)
    if found:
        return f"Did you mean {' or '.join(repr(each) for each in found)}?"
    shown = sorted(candidates)[:8]
    more = f" and {len(candidates) - len(shown)} more" if len(candidates) > len(shown) else ""
    return f"Known: {', '.join(shown)}{more}." if shown else ""


def split_selector(text: str) -> tuple[str, tuple[str, ...]]:
    """Split ``name.element`` or ``name[element, element]`` into name and elements.

    >>> split_selector("contact[India, Pakistan]"), split_selector("transparency.India")
    (('contact', ('India', 'Pakistan')), ('transparency', ('India',)))
    >>> split_selector("GDP"), split_selector('"a.b".India')
    (('GDP', ()), ('"a.b"', ('India',)))
    """
    text = text.strip()
    if quoted := re.fullmatch(r'("[^"]*")(?:\.(.*))?', text):
        name, rest = quoted.groups()
        return name, tuple(part.strip() for part in rest.split(".")) if rest else ()
    bracket = re.fullmatch(r"(.+?)\s*\[([^\]]*)\]", text)
    if bracket:
        name, inside = bracket.groups()
        return name.strip(), tuple(part.strip() for part in inside.split(","))
    name, *elements = text.split(".")
    return name.strip(), tuple(part.strip() for part in elements)


COLLECTIVE = (
    *("alliance", "bloc", "confederation", "emirates", "empire", "entente", "federation"),
    *("kingdom", "league", "netherlands", "philippines", "powers", "republic", "states", "union"),
)
"""Last words of names that take the article: the Soviet Union, the Central Powers."""


def the(element: str) -> str:
    """Return an element as it stands in a sentence.

    >>> the("United States"), the("India"), the("Soviet Union")
    ('the United States', 'India', 'the Soviet Union')
    """
    *before, last = element.split() or [""]
    return f"the {element}" if before and last.casefold() in COLLECTIVE else element


def spoken(selector: str) -> str:
    """Return a selector as one says it.

    >>> spoken("fatigue[United States]"), spoken("contact[India,Pakistan]")
    ('fatigue of the United States', 'contact of India toward Pakistan')
    >>> spoken("fatigue[*]")
    'fatigue of all'
    """
    name, elements = split_selector(selector) if "[" in selector else (selector, ())
    if set(elements) == {"*"}:
        return f"{name} of all"
    return f"{name} of {' toward '.join(map(the, elements))}" if elements else name


class Names(Mapping[str, str]):
    """The names of a model, found whatever the user's case, spaces and underscores.

    Examples
    --------
    >>> names = Names(["GDP growth", "spending"], "variable")
    >>> names["gdp_growth"]
    'GDP growth'
    >>> names["spendng"]
    Traceback (most recent call last):
    ...
    secdil_sd.errors.InputError: No variable 'spendng'. Did you mean 'spending'?
    """

    def __init__(self, names: Iterable[str], what: str = "variable") -> None:
        self._what = what
        self._names: dict[str, str] = {}
        for name in names:
            other = self._names.setdefault(spelling(name), name)
            if other != name:
                raise InputError(
                    Finding(
                        "error",
                        f"Two {what}s, {other!r} and {name!r}, differ only in case, spaces or "
                        "underscores.",
                        variables=(other, name),
                        remedy="Rename one of them.",
                    )
                )

    def __getitem__(self, name: str) -> str:
        try:
            return self._names[spelling(name)]
        except KeyError:
            raise InputError(self.unknown(name)) from None

    def unknown(self, name: str, place: str = "") -> Finding:
        """Return the finding that answers a name which is not here."""
        return Finding(
            "error",
            f"No {self._what} {name!r}.",
            place,
            (name,),
            suggestion(name, self._names.values()),
        )

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and spelling(name) in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names.values())

    def __len__(self) -> int:
        return len(self._names)
