"""What a parser hands over: equations as PySD parsed them, with what the text knows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secdil_sd.equations.system import Range
from secdil_sd.errors import Finding
from secdil_sd.reading.reality import RealityPiece
from secdil_sd.reading.sheets import Sheets


@dataclass(frozen=True)
class Piece:
    """One equation as PySD parsed it, with what the text knows of it."""

    name: str
    subscripts: tuple[str, ...]
    excepted: tuple[tuple[str, ...], ...]
    tree: Any
    line: int | None
    text: str
    units: str = ""
    limits: tuple[float | None, float | None] = (None, None)
    documentation: str = ""
    is_lookup: bool = False
    is_data: bool = False
    keyword: str = ""


@dataclass
class Parsed:
    """A file parsed equation by equation, with what went wrong; ``sheets`` lie beside it."""

    ranges: list[Range] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    sheets: Sheets = field(default_factory=lambda: Sheets(Path()))
    macros: list[ParsedMacro] = field(default_factory=list)
    reality: list[RealityPiece] = field(default_factory=list)
    synonyms: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class ParsedMacro:
    """A macro parsed: its head, and its equations as a file of their own."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parsed: Parsed
