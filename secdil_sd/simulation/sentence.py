"""Propositions in plain words: one fixed grammar, read into the parts a table would give."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

GRAMMAR = (
    "Write: when NAME [of both | of ELEMENT] is at least | at most | above | below NUMBER "
    "[and ...], OUTPUT stays | ends | peaks at least | at most | above | below NUMBER "
    "(or: reaches NUMBER, never reaches NUMBER); or, to compare with the unchanged run: "
    "when NAME rises | falls | changes to NUMBER, OUTPUT rises | falls | does not rise | "
    "does not fall"
)

_SIGNS = {"at least": ">=", "at most": "<=", "above": ">", "below": "<", "over": ">", "under": "<"}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*%?"
_SIGN = "|".join(_SIGNS)
_OF = r"(?:\s+(?:of|in|for)\s+(?P<of>.+?))?"
_BOUND = re.compile(
    rf"(?P<name>.+?){_OF}\s+(?:is|are)\s+(?P<sign>{_SIGN})\s+(?P<value>{_NUMBER})", re.I
)
_SPAN = re.compile(
    rf"(?P<name>.+?){_OF}\s+(?:is|are)\s+between\s+(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})",
    re.I,
)
_SETTING = re.compile(
    rf"(?P<name>.+?){_OF}\s+(?:is|are)\s+(?:exactly\s+|set\s+to\s+)?(?P<value>{_NUMBER})", re.I
)
_CHANGE = re.compile(
    rf"(?P<name>.+?){_OF}\s+(?P<verb>rises?|falls?|changes?|is\s+raised|is\s+lowered)\s+to\s+"
    rf"(?P<value>{_NUMBER})",
    re.I,
)
_LEVEL = re.compile(
    rf"(?P<name>.+?)\s+(?:always\s+)?(?P<verb>stays|remains|is|are|ends|peaks)\s+(?:always\s+)?"
    rf"(?P<sign>{_SIGN})\s+(?P<value>{_NUMBER})",
    re.I,
)
_REACH = re.compile(rf"(?P<name>.+?)\s+(?P<never>never\s+)?reaches\s+(?P<value>{_NUMBER})", re.I)
TREND = re.compile(
    r"(?P<name>.+?)\s+(?P<verb>rises|falls|does\s+not\s+rise|does\s+not\s+fall)", re.I
)
_ALL = ("both", "each", "all", "both states", "each state", "all states", "every state", "them")


@dataclass(frozen=True)
class Sentence:
    """What a sentence says: bounds and settings, a change, and what then holds."""

    when: str = ""
    settings: dict[str, float] = field(default_factory=dict)
    change: dict[str, float] = field(default_factory=dict)
    then: str = ""


def read_sentence(text: str) -> Sentence:
    """Read a proposition in words.

    Raises
    ------
    ValueError
        For a sentence of another form; shows the grammar.

    Examples
    --------
    >>> read_sentence("when democracy of both is at least .8, peak spiral number stays below 1")
    Sentence(when='democracy >= 0.8', settings={}, change={}, then='peak spiral number < 1')
    >>> read_sentence("When transparency rises to 0.8, burden final falls.").change
    {'transparency': 0.8}
    """
    plain = " ".join(text.split()).removesuffix(".")
    premise, claim = "", plain
    if opening := re.match(r"(?:when|if|where)\s+", plain, re.I):
        premise, comma, claim = plain[opening.end() :].partition(", ")
        if not comma:
            raise ValueError(f"no comma parts the condition from what follows. {GRAMMAR}")
    bounds: list[str] = []
    settings: dict[str, float] = {}
    change: dict[str, float] = {}
    for part in _parts(premise) if premise else ():
        _premise(part, bounds, settings, change)
    claims = [_claim(part, bool(change)) for part in _parts(claim.removeprefix("then "))]
    return Sentence(" and ".join(bounds), settings, change, " and ".join(claims))


def _parts(text: str) -> list[str]:
    joined = re.sub(rf"(between\s+{_NUMBER})\s+and\s+", r"\1 .. ", text, flags=re.I)
    return re.split(r",?\s+and\s+", joined, flags=re.I)


def _premise(
    part: str, bounds: list[str], settings: dict[str, float], change: dict[str, float]
) -> None:
    if match := _CHANGE.fullmatch(part):
        name, level = _name(match), _number(match["value"])
        change[name] = level
        sign = {"r": "<", "f": ">", "c": ""}[match["verb"].split()[-1][0].replace("l", "f")]
        if sign:  # only draws from which it is a rise, or a fall
            bounds.append(f"{name} {sign}= {level:g}")
    elif match := _SPAN.fullmatch(part):
        low, high = _number(match["low"]), _number(match["high"])
        bounds += [f"{_name(match)} >= {low:g}", f"{_name(match)} <= {high:g}"]
    elif match := _BOUND.fullmatch(part):
        sign = _SIGNS[match["sign"].casefold()]
        bounds.append(f"{_name(match)} {sign} {_number(match['value']):g}")
    elif match := _SETTING.fullmatch(part):
        settings[_name(match)] = _number(match["value"])
    else:
        raise ValueError(f"the condition {part!r} is not understood. {GRAMMAR}")


def _claim(part: str, compares: bool) -> str:
    match = TREND.fullmatch(part)
    if match and compares:
        return f"{match['name']} {' '.join(match['verb'].casefold().split())}"
    if match or compares:
        missing = "what rises or falls" if compares else "when something rises or falls to a number"
        raise ValueError(f"{part!r} does not say {missing}. {GRAMMAR}")
    if match := _REACH.fullmatch(part):
        sign = "<" if match["never"] else ">="
        return f"peak {match['name']} {sign} {_number(match['value']):g}"
    if match := _LEVEL.fullmatch(part):
        name, verb = match["name"], match["verb"].casefold()
        words = {"ends": f"{name} final", "peaks": f"peak {name}"}.get(verb, name)
        return f"{words} {_SIGNS[match['sign'].casefold()]} {_number(match['value']):g}"
    raise ValueError(f"{part!r} is not understood. {GRAMMAR}")


def _name(match: re.Match[str]) -> str:
    of = (match["of"] or "").strip()
    return match["name"] if not of or of.casefold() in _ALL else f"{match['name']}[{of}]"


def _number(text: str) -> float:
    plain = text.replace(" ", "")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
