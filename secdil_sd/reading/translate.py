"""Model files to systems: PySD parses the equations, we keep lines, spelling and every mistake."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from secdil_sd.equations.expression import Node, Reference
from secdil_sd.equations.macros import Macro, expand_macros
from secdil_sd.equations.system import TIME_NAMES, Definition, System, Variable
from secdil_sd.errors import Finding, ModelError, SecdilError
from secdil_sd.names import spelling
from secdil_sd.reading.external import READERS
from secdil_sd.reading.guard import VENSIM, check_xml, decode, read_bytes
from secdil_sd.reading.parsed import Parsed, Piece
from secdil_sd.reading.reality import reality_line
from secdil_sd.reading.sheets import Sheets, UnreadableError
from secdil_sd.reading.tree import Converter
from secdil_sd.reading.vensim import parse_vensim
from secdil_sd.reading.verify import verify
from secdil_sd.reading.xmile import parse_xmile


def read_model(path: Path, sheets: Sheets | None = None) -> System:
    """Read a Vensim or XMILE file.

    Parameters
    ----------
    path : Path
        A file ending in .mdl, .xmile, .stmx or .xml.
    sheets : Sheets, optional
        Opens the tables the model names, and remembers them; by default those in its folder.

    Returns
    -------
    System

    Raises
    ------
    FileError
        If the file cannot be read.
    ModelError
        If it is not a model, or any equation does not parse or resolve; all together, each
        with its line.
    """
    data = read_bytes(path)
    with closing(sheets or Sheets(path.parent)) as beside:
        if path.suffix.lower() in VENSIM:
            parsed, dialect = parse_vensim(decode(data), path.name, beside), "vensim"
        else:
            check_xml(data, path.name)
            parsed, dialect = parse_xmile(data, path.name, beside), "xmile"
        macros = [
            Macro(each.name, each.inputs, each.outputs, tuple(_variables(each.parsed, path.name)))
            for each in parsed.macros
        ]
        for each in parsed.macros:
            parsed.findings += [one for one in each.parsed.findings if one not in parsed.findings]
        variables = _variables(parsed, path.name)
        converter = _converter(parsed)
    system = System(
        path.stem,
        tuple(parsed.ranges),
        tuple(_with_time_settings(variables, parsed, path.name)),
        "vensim" if dialect == "vensim" else "xmile",
        path.name,
        tuple(parsed.notes),
        tuple(reality_line(each, converter) for each in parsed.reality),
        tuple(parsed.synonyms),
    )
    system, misused = expand_macros(system, macros)
    parsed.findings += misused
    findings = [*parsed.findings, *_verified(system, parsed.findings)]
    if findings:
        raise ModelError(*findings)
    return system


def _verified(system: System, found: list[Finding]) -> list[Finding]:
    """Check what resolves; names of equations already refused are not reported again."""
    known = {spelling(each) for finding in found for each in finding.variables}
    if found:  # what was not understood may have held the time settings
        known |= {spelling(each) for each in TIME_NAMES}
    try:
        checked = verify(system)
    except SecdilError as error:
        checked = list(error.findings)
    return [
        each for each in checked if not known & {spelling(name) for name in each.variables[-1:]}
    ]


def _variables(parsed: Parsed, place: str) -> list[Variable]:
    if not parsed.pieces and not parsed.findings:
        remedy = "A Vensim model saved as text has lines such as: name = equation ~ units ~ text |"
        raise ModelError(
            Finding("error", "This is not a model: it has no equations.", place, remedy=remedy)
        )
    groups: dict[str, list[Piece]] = {}
    names = _names(parsed)
    for piece in parsed.pieces:
        groups.setdefault(names[spelling(piece.name)], []).append(piece)
    converter = _converter(parsed)
    return [_variable(name, group, converter, parsed, place) for name, group in groups.items()]


def _names(parsed: Parsed) -> dict[str, str]:
    """The file's own spelling of each variable: the one it was first written with."""
    names: dict[str, str] = {}
    for name in [*(p.name for p in parsed.pieces), *(p.name for p in parsed.reality)]:
        names.setdefault(spelling(name), name)
    return names


def _converter(parsed: Parsed) -> Converter:
    names = _names(parsed)
    lookups = {spelling(each.name) for each in parsed.pieces if each.is_lookup}
    return Converter(
        lambda name: names.get(spelling(name), name.strip('"')),
        lambda name: spelling(name) in lookups,
    )


def _variable(
    name: str, group: list[Piece], converter: Converter, parsed: Parsed, place: str
) -> Variable:
    definitions = []
    for piece in group:
        where = f"{place}, line {piece.line}" if piece.line else place
        try:
            node = _external(piece, parsed) or converter.node(piece.tree)
        except UnreadableError as error:
            message = f"The values of {name!r} cannot be read: {error.message}."
            parsed.findings.append(Finding("error", message, where, (name,), error.remedy))
            continue
        except (ValueError, TypeError) as error:
            message = f"The equation of {name!r} cannot be used: {error}."
            parsed.findings.append(Finding("error", message, where, (name,)))
            continue
        except RecursionError:
            message = f"The equation of {name!r} is nested too deeply."
            parsed.findings.append(Finding("error", message, where, (name,), "Split it."))
            continue
        definitions.append(
            Definition(piece.subscripts, node, piece.excepted, piece.line, piece.text)
        )
    low, high = next(
        (each.limits for each in group if any(x is not None for x in each.limits)), (None, None)
    )
    return Variable(
        name,
        tuple(definitions),
        next((each.units for each in group if each.units), ""),
        low,
        high,
        next((each.documentation for each in group if each.documentation), ""),
        any(each.is_data for each in group),
        next((each.keyword for each in group if each.keyword), ""),
    )


def _external(piece: Piece, parsed: Parsed) -> Node | None:
    """What an equation that reads a table holds; None for any other."""
    read = READERS.get(type(piece.tree).__name__)
    if read is None:
        return None
    sizes = {spelling(each.name): len(each.elements) for each in parsed.ranges}
    ranged = [spelling(each) for each in piece.subscripts if spelling(each) in sizes]
    return read(parsed.sheets, piece.tree, tuple(sizes[each] for each in ranged), piece.keyword)


def _with_time_settings(found: list[Variable], parsed: Parsed, place: str) -> list[Variable]:
    """The four time settings in their standard spelling; SAVEPER is TIME STEP if missing."""
    standard = {spelling(each): each for each in TIME_NAMES}
    found = [replace(each, name=standard.get(spelling(each.name), each.name)) for each in found]
    present = {each.name for each in found}
    for name in TIME_NAMES:
        if name in present:
            continue
        if name == "SAVEPER":
            step = Definition((), Reference("TIME STEP"), text="SAVEPER = TIME STEP")
            found.append(Variable("SAVEPER", (step,), documentation="Saved at every step."))
        elif not parsed.findings:
            remedy = f"Add a line such as: {name} = 0 ~ year ~ |"
            parsed.findings.append(Finding("error", f"There is no {name}.", place, (name,), remedy))
    return found
