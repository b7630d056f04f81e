"""Vensim's Reality Check lines, taken out of a file before its equations are parsed.

``name :TEST INPUT: variable = expression`` and ``name :THE CONDITION: condition :IMPLIES:
consequence`` say something about a model and are no part of it: one that cannot be read is kept
with the reason, and the model loads all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from secdil_sd.equations.expression import Call, Node, Number, Reference
from secdil_sd.equations.reality import RealityLine
from secdil_sd.reading.text import Entry
from secdil_sd.reading.tree import Converter

_KEYWORD = re.compile(r":\s*(THE[\s_]*CONDITION|TEST[\s_]*INPUT)\s*:", re.I)
_IMPLIES = re.compile(r":\s*IMPLIES\s*:", re.I)
_UNSUPPORTED = re.compile(r":\s*(CROSSING|AT[\s_]*LEAST[\s_]*ONCE)\s*:", re.I)
_HEAD = re.compile(r'("(?:\\"|[^"])*"|[^\["]+?)\s*(?:\[([^\]]*)\])?\s*')
_QUOTED = re.compile(r'"(?:\\"|[^"])*"')


@dataclass(frozen=True)
class RealityPiece:
    """A line cut into its parts, each a syntax tree of PySD (None where there is none)."""

    name: str
    kind: Literal["test input", "constraint"]
    subscripts: tuple[str, ...]
    entry: Entry
    condition: Any = None
    consequence: Any = None
    problem: str = ""


def is_reality_line(equation: str) -> bool:
    """Say whether an entry is a test input or a constraint.

    >>> is_reality_line("no men no output :THE CONDITION: men = 0 :IMPLIES: output = 0")
    True
    >>> is_reality_line('":TEST INPUT:" = 3')
    False
    """
    return _KEYWORD.search(_QUOTED.sub("", equation)) is not None


def read_reality_line(entry: Entry, pysd: Any) -> RealityPiece:
    """Cut a line into its parts and parse each with PySD's grammar of expressions."""
    keyword = next(
        found for found in _KEYWORD.finditer(entry.equation) if not _inside(found, entry.equation)
    )
    kind: Literal["test input", "constraint"] = (
        "test input" if keyword[1].casefold().startswith("test") else "constraint"
    )
    head = _HEAD.fullmatch(entry.equation[: keyword.start()])
    name = " ".join((head[1] if head else entry.name).strip().strip('"').split())
    listed = (head[2] or "").split(",") if head else []
    subscripts = tuple(each.strip().strip('"') for each in listed if each.strip())
    bare = RealityPiece(name, kind, subscripts, entry)
    body = entry.equation[keyword.end() :]
    try:
        condition, consequence = _parts(body, kind)
        return RealityPiece(
            name,
            kind,
            subscripts,
            entry,
            _tree(condition, pysd) if condition else 1.0,
            None if consequence is None else _tree(consequence, pysd),
        )
    except ValueError as error:
        return RealityPiece(bare.name, bare.kind, subscripts, entry, problem=str(error))


def _inside(match: re.Match[str], equation: str) -> bool:
    """Whether a match lies in a quoted name."""
    return any(each.start() < match.start() < each.end() for each in _QUOTED.finditer(equation))


def _parts(body: str, kind: str) -> tuple[str, str | None]:
    unsupported = _UNSUPPORTED.search(body)
    if unsupported:
        raise ValueError(f":{' '.join(unsupported[1].upper().split())}: is not supported")
    parts = [each.strip() for each in _IMPLIES.split(body)]
    if kind == "test input":
        if len(parts) > 1 or not parts[0]:
            raise ValueError("a test input reads: name :TEST INPUT: variable = expression")
        return parts[0], None
    if len(parts) != 2 or not parts[1]:
        raise ValueError("a constraint reads: name :THE CONDITION: condition :IMPLIES: consequence")
    return parts[0], parts[1]


def _tree(text: str, pysd: Any) -> Any:
    try:
        component = pysd.Element(f"part = {text}", "", "").parse()
        component.parse()
    except Exception:  # PySD raises whatever its parser meets
        shown = text if len(text) < 80 else f"{text[:77]}..."
        raise ValueError(f"this part of it is not understood: {shown}") from None
    return component.ast


def reality_line(piece: RealityPiece, converter: Converter) -> RealityLine:
    """Return a line with its expressions in our own nodes."""
    entry, problem = piece.entry, piece.problem
    condition: Node | None = None
    consequence: Node | None = None
    if not problem:
        try:
            condition = converter.node(piece.condition)
            if piece.consequence is not None:
                consequence = converter.node(piece.consequence)
            if piece.kind == "test input" and not _assigns(condition):
                problem = "a test input reads: name :TEST INPUT: variable = expression"
        except (ValueError, TypeError, RecursionError) as error:
            problem = str(error) or "it is nested too deeply"
    return RealityLine(
        piece.name,
        piece.kind,
        piece.subscripts,
        None if problem else condition,
        None if problem else consequence,
        entry.line,
        entry.equation,
        entry.documentation,
        problem,
    )


def _assigns(node: Node) -> bool:
    if isinstance(node, Number):
        return False
    return (
        isinstance(node, Call)
        and node.function in ("=", "<", "<=", ">", ">=")
        and isinstance(node.arguments[0], Reference)
    )
