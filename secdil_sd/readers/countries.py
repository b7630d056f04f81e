"""Which state a name or code means, in which years: names, ISO 3166 and Correlates of War codes.

Names of today's countries are recognised by country_converter; a small table that comes with
secdil (``state_history.csv``) knows the years of every state, the dissolved and merged ones,
and which names two of them share.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from numbers import Integral

from secdil_sd import bundle
from secdil_sd.errors import DataError, Finding
from secdil_sd.names import nearest

UNKNOWN = "No state is called"
"""How the message begins that says so; names of two states are told in other words."""
TODAY = 9999
"""The end of a span that is still open."""


@dataclass(frozen=True)
class State:
    """A state or territory and the years it has existed as such.

    Parameters
    ----------
    name : str
        Short and English, as tables write it.
    code : str
        ISO 3166 alpha-3, for dissolved states the former code, else the abbreviation of the
        Correlates of War; "" where there is none.
    cow : int or None
        Number in the Correlates of War; several states in succession may share one.
    years : tuple of (int, int)
        Spans of membership in the international system, both ends included; none for
        territories.

    Examples
    --------
    >>> print(find_state("IND"))
    India (IND, COW 750), 1947-
    """

    name: str
    code: str = ""
    cow: int | None = None
    years: tuple[tuple[int, int], ...] = ()

    def existed(self, year: int) -> bool:
        """Return whether a year lies in one of its spans; territories always exist."""
        return not self.years or any(begin <= year <= end for begin, end in self.years)

    @property
    def dissolved(self) -> int | None:
        """The last year of a state that is no more."""
        last = max((end for _, end in self.years), default=TODAY)
        return None if last == TODAY else last

    def distance(self, year: int) -> int:
        """Return how many years lie between a year and the state's nearest span."""
        return min((max(a - year, year - b, 0) for a, b in self.years), default=0)

    def __str__(self) -> str:
        codes = [each for each in (self.code, f"COW {self.cow}" if self.cow else "") if each]
        shown = f"{self.name} ({', '.join(codes)})" if codes else self.name
        return f"{shown}, {_spans(self.years)}" if self.years else shown


@dataclass(frozen=True)
class _Entry:
    """A row of the table: a state, its other names, its own codes in Polity."""

    state: State
    also: tuple[str, ...]
    polity: tuple[int, ...]


def find_state(text: str | int, years: int | Iterable[int] | None = None) -> State:
    """Return the state a name or code means.

    Parameters
    ----------
    text : str or int
        A name in any usual spelling, an ISO 3166 code of three letters, or a number of the
        Correlates of War.
    years : int or iterable of int, optional
        The years in question. A name two states have shared means the one that existed then;
        a series that reaches into the years of the state so named means that state.

    Returns
    -------
    State

    Raises
    ------
    DataError
        If nothing bears that name, or several do; the message names them.

    Examples
    --------
    >>> find_state("Viet Nam").name, find_state("PAK").name, find_state(2).name
    ('Vietnam', 'Pakistan', 'United States')
    >>> find_state("Russia", 1960).name, find_state(365, 2000).name
    ('Soviet Union', 'Russia')
    >>> find_state("Germany", 1960)
    Traceback (most recent call last):
    ...
    secdil_sd.errors.DataError: 'Germany' is ambiguous in 1960: East Germany (DDR, COW 265),
    1949-1990 or West Germany (GFR, COW 260), 1949-1990. Write one of these names.
    """
    asked = _years(years)
    found = _candidates(text)
    if not found:
        raise DataError(_unknown(str(text)))
    chosen = _chosen(str(text), found, asked)
    if len(chosen) == 1:
        return chosen[0]
    raise DataError(_undecided(str(text), chosen, found, asked))


@lru_cache(maxsize=65536)
def by_cow(code: int, year: int) -> State | None:
    """Return the state that bore a number of the Correlates of War in a year.

    >>> by_cow(365, 1950).name, by_cow(365, 1913).name, by_cow(255, 1913).name
    ('Soviet Union', 'Russia', 'Germany')
    """
    return _closest(_by_number()[0].get(code, []), year)


@lru_cache(maxsize=65536)
def by_polity(code: int, year: int) -> State | None:
    """Return the state that bears a Polity number in a year: mostly the Correlates of War's.

    >>> by_polity(364, 1950).name, by_polity(342, 2010).name, by_polity(2, 2010).name
    ('Soviet Union', 'Serbia', 'United States')
    """
    return _closest(_by_number()[1].get(code, []), year)


@cache
def _by_number() -> tuple[dict[int, list[State]], dict[int, list[State]]]:
    """Return the states by Correlates of War number, and by Polity number."""
    cow: dict[int, list[State]] = {}
    polity: dict[int, list[State]] = {}
    for entry in _entries():
        numbers = (entry.state.cow,) if entry.state.cow is not None else ()
        for number in numbers:
            cow.setdefault(number, []).append(entry.state)
        for number in entry.polity or numbers:
            polity.setdefault(number, []).append(entry.state)
    return cow, polity


def _closest(found: Sequence[State], year: int) -> State | None:
    return min(found, key=lambda each: each.distance(year), default=None)


def _chosen(text: str, found: Sequence[State], years: Sequence[int]) -> list[State]:
    """Narrow the states a name may mean: the one so named first, then whoever existed."""
    proper = [each for each in found if _plain(text) in (_plain(each.name), _plain(each.code))]
    main = proper or [each for each in found if each.dissolved is None]
    if len(main) != 1 and len(found) > 1:
        main = []
    if not years:
        return main or list(found)
    if any(each.existed(year) for each in main for year in years):
        return main
    alive = [each for each in found if any(each.existed(year) for year in years)]
    if alive or len(found) > 1:
        return alive
    # A colony has figures before it is a state; a dissolved state has none afterwards.
    (only,) = found
    last = only.dissolved
    return [] if last is not None and min(years) > last else [only]


def _candidates(text: str | int) -> list[State]:
    """Return every state a text may mean, whatever the years."""
    text = str(text)
    if text.strip().isdigit():
        return [each.state for each in _entries() if each.state.cow == int(text)]
    if found := _bearing(text):
        return found
    if len(text.strip()) < 2:
        return []
    known: list[State] = []
    for code, name in _recognised(text):
        known += _bearing(code) or [State(name, code)]
    return list(dict.fromkeys(known))


def _bearing(text: str) -> list[State]:
    return _index().get(_plain(text), [])


@cache
def _index() -> dict[str, list[State]]:
    found: dict[str, list[State]] = {}
    for entry in _entries():
        forms = {_plain(each) for each in (entry.state.name, entry.state.code, *entry.also) if each}
        for form in forms:
            found.setdefault(form, []).append(entry.state)
    return found


@cache
def _entries() -> tuple[_Entry, ...]:
    path = bundle.path("data", "state_history.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            _Entry(
                State(
                    row["state"],
                    row["code"],
                    int(row["cow"]) if row["cow"] else None,
                    tuple(_span(each) for each in row["years"].split()),
                ),
                tuple(each for each in row["also"].split("|") if each),
                tuple(int(each) for each in row["polity"].split()),
            )
            for row in csv.DictReader(file)
        )


def _span(text: str) -> tuple[int, int]:
    begin, _, end = text.partition("-")
    return int(begin), int(end) if end else TODAY


def _spans(years: Iterable[tuple[int, int]]) -> str:
    return " and ".join(f"{begin}-{'' if end == TODAY else end}" for begin, end in years)


def _recognised(text: str) -> list[tuple[str, str]]:
    """Return (ISO code, short name) of the countries a name or code means to the library."""
    table, patterns = _library()
    text = text.strip()
    if re.fullmatch(r"[A-Za-z]{3}", text) and text.upper() in table:
        return [(text.upper(), table[text.upper()])]
    return [(code, name) for code, name, pattern in patterns if pattern.search(text)]


@cache
def _library() -> tuple[dict[str, str], list[tuple[str, str, re.Pattern[str]]]]:
    """Return the library's short names by code, and its patterns for names.

    Its table is read here: under pandas 3 the library's own reading makes holes of blank codes
    and stops there.
    """
    import pandas as pd
    from country_converter.country_converter import COUNTRY_DATA_FILE, CountryConverter

    raw = pd.read_csv(COUNTRY_DATA_FILE, sep="\t", dtype=str, keep_default_na=False)
    raw = raw[raw["ISO3"] != ""]
    converter = CountryConverter(country_data=raw.mask(raw == ""))
    data = converter.data
    rows = list(zip(data["ISO3"], data["name_short"], converter.regexes, strict=True))
    return {code: name for code, name, _ in rows}, rows


def _plain(text: str) -> str:
    """Return the form in which names of states are compared: letters and digits alone.

    >>> _plain("Côte d'Ivoire") == _plain("Cote d Ivoire")
    True
    """
    flat = unicodedata.normalize("NFKD", text.casefold().replace("&", "and"))
    words = re.findall(r"\w+", "".join(each for each in flat if not unicodedata.combining(each)))
    return "".join(each for each in words if each != "the")


def _years(years: int | Iterable[int] | None) -> list[int]:
    if years is None:
        return []
    if isinstance(years, int | Integral):
        return [int(years)]
    return sorted(int(each) for each in years)


def _years_shown(years: Sequence[int]) -> str:
    return str(years[0]) if len(set(years)) == 1 else f"{years[0]}-{years[-1]}"


def _undecided(
    text: str, chosen: Sequence[State], found: Sequence[State], years: Sequence[int]
) -> Finding:
    """Say that a name means several states, or none that existed."""
    when = f" in {_years_shown(years)}" if years else ""
    several = chosen or found
    names = tuple(each.name for each in several)
    if chosen:
        message = f"{text!r} is ambiguous{when}: {' or '.join(str(each) for each in several)}."
        return Finding("error", message, variables=names, remedy="Write one of these names.")
    message = f"There was no {text!r}{when}: {'; '.join(str(each) for each in several)}."
    return Finding("error", message, variables=names, remedy="Give other years or another state.")


def _unknown(text: str) -> Finding:
    table, _ = _library()
    names = {each.state.name for each in _entries()} | set(table.values())
    near = nearest(text, names)
    hint = f"Did you mean {' or '.join(repr(each) for each in near)}?" if near else ""
    remedy = hint or "Write an English name, an ISO code as IND, or a Correlates of War number."
    return Finding("error", f"{UNKNOWN} {text!r}.", variables=(text,), remedy=remedy)
