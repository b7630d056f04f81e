"""Vensim files: each entry through PySD's element parser, alone, so that none is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from secdil_sd.equations.system import Range
from secdil_sd.errors import Finding
from secdil_sd.reading.external import elements
from secdil_sd.reading.guard import inert
from secdil_sd.reading.parsed import Parsed, ParsedMacro, Piece
from secdil_sd.reading.points import parse_component
from secdil_sd.reading.reality import is_reality_line, read_reality_line
from secdil_sd.reading.sections import Section, outputs_as_arguments, sections
from secdil_sd.reading.sheets import Sheets, UnreadableError
from secdil_sd.reading.text import Entry, entries

_NESTING = 400
_NAME_ALONE = re.compile(r'("(?:\\"|[^"])*"|[^=:(<"\[]+)(\[[^\]=:(]*\])?\s*')
_DATA = ("DataStructure", "GetDataStructure")


def parse_vensim(text: str, place: str, sheets: Sheets) -> Parsed:
    """Parse the text of a Vensim file, entry by entry."""
    from pysd.translators.vensim import vensim_element

    parsed = Parsed(sheets=sheets)
    main, macros, parsed.findings = sections(text, place)
    with inert(vensim_element):
        _parse_entries(main, macros, vensim_element, parsed, place)
        for macro in macros:
            inner = Parsed(sheets=sheets)
            _parse_entries(macro.body, macros, vensim_element, inner, place)
            parsed.macros.append(ParsedMacro(macro.name, macro.inputs, macro.outputs, inner))
            parsed.ranges += inner.ranges
            parsed.findings += inner.findings
            stray = "it stands inside a macro"
            parsed.reality += [replace(each, problem=stray) for each in inner.reality]
    _copy_ranges(parsed, place)
    parsed.synonyms = unit_synonyms(text)
    return parsed


def unit_synonyms(text: str) -> list[tuple[str, ...]]:
    """Return the words that the settings at the end of a file list as one unit.

    >>> unit_synonyms("a = 1 ~ ~ |\\n///---\\\\\\\\\\\\\\n:L<%^E!@\\n22:year,Years\\n")
    [('year', 'Years')]
    """
    settings = text.rpartition(":L")[2]
    listed = re.findall(r"^22:(.+)$", settings, re.M)
    return [tuple(each.strip() for each in line.split(",") if each.strip()) for line in listed]


def _parse_entries(text: str, macros: list[Section], pysd: Any, parsed: Parsed, place: str) -> None:
    found, findings = entries(text, place)
    parsed.findings += findings
    for entry in found:
        equation = outputs_as_arguments(entry.equation, macros)
        _parse_entry(replace(entry, equation=equation), pysd, parsed, place)


def _parse_entry(entry: Entry, pysd: Any, parsed: Parsed, place: str) -> None:
    where = f"{place}, line {entry.line}"
    if is_reality_line(entry.equation):
        parsed.reality.append(read_reality_line(entry, pysd))
        return
    if re.search(r"\bA FUNCTION OF\s*\(", entry.equation, re.I) or entry.equation.rstrip().endswith(
        "="
    ):
        message = f"The equation of {entry.name!r} is incomplete."
        parsed.findings.append(Finding("error", message, where, (entry.name,), "Finish it."))
        return
    if entry.equation.count("(") > _NESTING and _depth(entry.equation) > _NESTING:
        message = f"The equation of {entry.name!r} is nested too deeply."
        parsed.findings.append(Finding("error", message, where, (entry.name,), "Split it."))
        return
    try:
        equation, mappings = _without_mappings(_paired(_bracketed(entry.equation)))
        if _NAME_ALONE.fullmatch(equation):  # a data variable, read between its points
            equation += ":INTERPOLATE:"
        element = pysd.Element(equation, entry.units, entry.documentation)
        component = element.parse()
        if hasattr(component, "parse"):
            parse_component(component)
    except RecursionError:
        message = f"The equation of {entry.name!r} is nested too deeply."
        parsed.findings.append(Finding("error", message, where, (entry.name,), "Split it."))
    except Exception:  # PySD raises whatever its parser meets; the user needs the place
        shown = entry.equation if len(entry.equation) < 80 else f"{entry.equation[:77]}..."
        message = f"This equation of {entry.name!r} is not understood: {shown}"
        remedy = "Check brackets, operators, commas and the number of arguments."
        parsed.findings.append(Finding("error", message, where, (entry.name,), remedy))
    else:
        try:
            _keep(component, entry, mappings, parsed)
        except UnreadableError as error:
            message = f"The subscript range {entry.name!r} cannot be read: {error.message}."
            parsed.findings.append(Finding("error", message, where, (entry.name,), error.remedy))


_MAPPED = re.compile(r'^((?:"(?:\\.|[^"\\])*"|[^="<(\[])+?:[^=]*?)->(.*)$', re.S)
_MAPPING = re.compile(r'\(([^():]*):([^()]*)\)|("(?:\\.|[^"\\])*"|[^(),]+)')


def _without_mappings(equation: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """Take ``-> city, (zone: north, south)`` off a range: PySD counts its elements as the range's.

    Returns what is left and, for each range mapped to, the elements listed for it.
    """
    match = _MAPPED.match(equation)
    if match is None or match[1].rstrip().endswith("<"):
        return equation, {}
    if _MAPPING.sub("", match[2]).strip(" ,"):
        return equation, {}  # left for PySD to refuse
    found = {}
    for listed, inside, name in _MAPPING.findall(match[2]):
        if (listed or name).strip():
            found[_plain(listed or name)] = tuple(map(_plain, inside.split(","))) if listed else ()
    return match[1], found


def _keep(
    component: Any, entry: Entry, mappings: dict[str, tuple[str, ...]], parsed: Parsed
) -> None:
    kind = type(component).__name__
    name = _plain(component.name)
    if kind == "SubscriptRange":
        definition = component.definition
        if isinstance(definition, dict):
            labels = elements(parsed.sheets, definition)
        else:
            labels = (f"<-> {definition}",) if isinstance(definition, str) else tuple(definition)
        parsed.ranges.append(
            Range(name, tuple(map(_plain, labels)), tuple(mappings), tuple(mappings.values()))
        )
        return
    low, high = (*(component.limits or ()), None, None)[:2]  # a third figure is a step
    parsed.pieces.append(
        Piece(
            name,
            tuple(_plain(each) for each in component.subscripts[0]),
            tuple(tuple(map(_plain, each)) for each in component.subscripts[1]),
            component.ast,
            entry.line,
            entry.equation,
            component.units.strip(),
            (low, high),
            component.documentation,
            kind == "Lookup" or getattr(component, "lookup", False),
            kind == "Data" and type(component.ast).__name__ in _DATA,
            getattr(component, "keyword", None) or "",
        )
    )


def _copy_ranges(parsed: Parsed, place: str) -> None:
    """Write out ``a <-> b`` and ranges listed among the elements of others."""
    by_name = {each.name.casefold(): each for each in parsed.ranges}

    def flat(each: Range, above: frozenset[str]) -> list[str]:
        found: list[str] = []
        for element in each.elements:
            copied = element.removeprefix("<-> ").strip()
            inner = by_name.get(copied.casefold())
            if inner is not None and inner.name not in above:
                found += flat(inner, above | {inner.name})
            elif element.startswith("<-> "):
                message = f"The subscript range {each.name!r} copies one that does not exist."
                parsed.findings.append(Finding("error", message, place, (each.name,)))
            else:
                found.append(element)
        return list(dict.fromkeys(found))

    parsed.ranges = [
        replace(each, elements=tuple(flat(each, frozenset((each.name,))))) for each in parsed.ranges
    ]


def _bracketed(equation: str) -> str:
    """Keep the brackets of ``(-2)^2``, which PySD's tree forgets: as ``(0-2)^2``."""
    return re.sub(r"\(\s*-\s*(\d[\d.]*(?:[eE][-+]?\d+)?)\s*\)(?=\s*\^)", r"(0-\1)", equation)


_LISTED = re.compile(
    r'((?:"(?:\\.|[^"\\])*"|[^"=:()\[\]])+(?:\[[^\]]*\])?)\(((?:[-+.\deE\s]+,)+[-+.\deE\s]+)\)\s*'
)


def _paired(equation: str) -> str:
    """Write the points of a lookup in the old form, all x and then all y, as pairs."""
    match = _LISTED.fullmatch(equation)
    numbers = match[2].split(",") if match else []
    if match is None or len(numbers) % 2:
        return equation
    half = len(numbers) // 2
    pairs = zip(numbers[:half], numbers[half:], strict=True)
    return f"{match[1]}({','.join(f'({x.strip()},{y.strip()})' for x, y in pairs)})"


def _plain(name: str) -> str:
    return " ".join(name.strip().strip('"').split())


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        most = max(most, depth)
    return most
