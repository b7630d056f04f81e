"""Vensim files: each entry through PySD's element parser, alone, so that none is lost."""

from __future__ import annotations

import re
from typing import Any

from secdil_sd.equations.system import Range
from secdil_sd.errors import Finding
from secdil_sd.reading.external import elements
from secdil_sd.reading.guard import inert
from secdil_sd.reading.parsed import Parsed, Piece
from secdil_sd.reading.sheets import Sheets, UnreadableError
from secdil_sd.reading.text import Entry, entries

_NESTING = 400
_NAME_ALONE = re.compile(r'("(?:\\"|[^"])*"|[^=:(<"\[]+)(\[[^\]=:(]*\])?\s*')
_DATA = ("DataStructure", "GetDataStructure")


def parse_vensim(text: str, place: str, sheets: Sheets) -> Parsed:
    """Parse the text of a Vensim file, entry by entry."""
    from pysd.translators.vensim import vensim_element

    parsed = Parsed(sheets=sheets)
    found, parsed.findings = entries(text, place)
    macro = re.search(r":MACRO:\s*([^(\n]+)", text)
    if macro:
        line = text[: macro.start()].count("\n") + 1
        name = macro[1].strip()
        message = f"The macro {name!r} is not supported."
        remedy = "Write its equations out where it is used."
        parsed.findings.append(Finding("error", message, f"{place}, line {line}", (name,), remedy))
        return parsed
    with inert(vensim_element):
        for entry in found:
            _parse_entry(entry, vensim_element, parsed, place)
    _copy_ranges(parsed, place)
    return parsed


def _parse_entry(entry: Entry, pysd: Any, parsed: Parsed, place: str) -> None:
    where = f"{place}, line {entry.line}"
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
        equation = _bracketed(entry.equation)
        if _NAME_ALONE.fullmatch(equation):  # a data variable, read between its points
            equation += ":INTERPOLATE:"
        element = pysd.Element(equation, entry.units, entry.documentation)
        component = element.parse()
        if hasattr(component, "parse"):
            component.parse()
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
            _keep(component, entry, parsed)
        except UnreadableError as error:
            message = f"The subscript range {entry.name!r} cannot be read: {error.message}."
            parsed.findings.append(Finding("error", message, where, (entry.name,), error.remedy))


def _keep(component: Any, entry: Entry, parsed: Parsed) -> None:
    kind = type(component).__name__
    name = _plain(component.name)
    if kind == "SubscriptRange":
        definition = component.definition
        if isinstance(definition, dict):
            labels = elements(parsed.sheets, definition)
        else:
            labels = (f"<-> {definition}",) if isinstance(definition, str) else tuple(definition)
        parsed.ranges.append(Range(name, tuple(map(_plain, labels)), tuple(component.mapping)))
        return
    if kind in ("Constraint", "TestInput"):
        message = f"The reality check {name!r} is not run."
        parsed.notes.append(Finding("note", message, "", (name,)))
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
        Range(each.name, tuple(flat(each, frozenset((each.name,)))), each.mappings)
        for each in parsed.ranges
    ]


def _bracketed(equation: str) -> str:
    """Keep the brackets of ``(-2)^2``, which PySD's tree forgets: as ``(0-2)^2``."""
    return re.sub(r"\(\s*-\s*(\d[\d.]*(?:[eE][-+]?\d+)?)\s*\)(?=\s*\^)", r"(0-\1)", equation)


def _plain(name: str) -> str:
    return " ".join(name.strip().strip('"').split())


def _depth(text: str) -> int:
    depth = most = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        most = max(most, depth)
    return most
