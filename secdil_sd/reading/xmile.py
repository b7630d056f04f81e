"""XMILE files: each element through PySD's parser, alone, so that none is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from secdil_sd.equations.system import Range
from secdil_sd.errors import Finding, ModelError
from secdil_sd.reading.guard import inert
from secdil_sd.reading.parsed import Parsed, Piece


def parse_xmile(path: Path) -> Parsed:
    """Parse an XMILE file, already known to be sound XML without entities."""
    from pysd.translators.xmile import xmile_element, xmile_file

    parsed = Parsed()
    with inert(xmile_element):
        file = _opened(path, xmile_file)
        _refuse_modules(file, path.name, parsed)
        section = _section(file, path.name)
        for each in section.subscripts:
            parsed.ranges.append(Range(each.name, tuple(each.definition), tuple(each.mapping)))
        for component in section.components:
            _parse_component(component, section.behaviors, parsed, path.name)
    return parsed


def _opened(path: Path, pysd: Any) -> Any:
    try:
        return pysd.XmileFile(path)
    except KeyError:
        remedy = "Its first element should be <xmile> with the XMILE namespace."
        message = "This XML file is not an XMILE model."
        raise ModelError(Finding("error", message, path.name, remedy=remedy)) from None


def _section(file: Any, place: str) -> Any:
    try:
        file.parse(parse_all=False)
        section = file.sections[0]
        section.parse(parse_all=False)
    except (IndexError, KeyError, AttributeError):
        message = "This XMILE file has no complete <sim_specs> with start, stop and dt."
        raise ModelError(Finding("error", message, place, remedy="Add them.")) from None
    return section


def _refuse_modules(file: Any, place: str, parsed: Parsed) -> None:
    space = {"ns": file.ns}
    for node in file.xmile_root.xpath("//ns:variables/ns:module | //ns:macro", namespaces=space):
        kind = node.tag.rpartition("}")[2]
        name = node.attrib.get("name", "")
        message = f"The {kind} {name!r} is not supported."
        where = f"{place}, line {node.sourceline}"
        remedy = "Write its equations into the main model."
        parsed.findings.append(Finding("error", message, where, (name,), remedy))


def _parse_component(component: Any, behaviors: Any, parsed: Parsed, place: str) -> None:
    node = getattr(component, "node", None)
    line = node.sourceline if node is not None else None
    where = f"{place}, line {line}" if line else place
    text = _equation(component, node)
    name = " ".join(component.name.split())
    if "???" in text or (node is not None and not text.strip() and "gf" not in _tags(node)):
        message = f"The equation of {name!r} is incomplete."
        parsed.findings.append(Finding("error", message, where, (name,), "Finish it."))
        return
    try:
        component.parse(behaviors)
        element = component.get_abstract_element()
    except RecursionError:
        message = f"The equation of {name!r} is nested too deeply."
        parsed.findings.append(Finding("error", message, where, (name,), "Split it."))
        return
    except Exception:  # PySD raises whatever its parser meets; the user needs the place
        shown = text if len(text) < 80 else f"{text[:77]}..."
        message = f"This equation of {name!r} is not understood: {shown}"
        remedy = "Check brackets, operators, commas and the number of arguments."
        parsed.findings.append(Finding("error", message, where, (name,), remedy))
        return
    low, high = element.limits or (None, None)
    for one in element.components:
        parsed.pieces.append(
            Piece(
                name,
                tuple(each.strip() for each in one.subscripts[0]),
                (),
                one.ast,
                line,
                text,
                " ".join((element.units or "").split()),
                (low, high),
                " ".join((element.documentation or "").split()),
                type(one).__name__ == "AbstractLookup",
            )
        )


def _equation(component: Any, node: Any) -> str:
    """What the file says: the equation, and a stock's flows."""
    if node is None:
        return f"{component.name} = {component.eqn}"
    parts: dict[str, list[str]] = {"eqn": [], "inflow": [], "outflow": []}
    for child in node.iter():
        tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if tag in parts and child.text:
            parts[tag].append(" ".join(child.text.split()))
    equation = "; ".join(parts["eqn"])
    if parts["inflow"] or parts["outflow"]:
        flows = " + ".join(parts["inflow"]) + "".join(f" - {each}" for each in parts["outflow"])
        return f"{component.name} = INTEG({flows}, {equation})"
    return f"{component.name} = {equation}" if equation else ""


def _tags(node: Any) -> set[str]:
    return {each.tag.rpartition("}")[2] for each in node.iter() if isinstance(each.tag, str)}
