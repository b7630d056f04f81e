"""Translated models kept as JSON, so that a second run never imports PySD."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from secdil_sd import bundle
from secdil_sd.equations.expression import Call, Node, from_json, to_json, walk
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.reality import RealityLine
from secdil_sd.equations.system import Definition, Range, System, Variable
from secdil_sd.errors import Finding
from secdil_sd.reading.guard import read_bytes
from secdil_sd.reading.sheets import Sheets, digest, table_path

FORMAT = 13
"""Raised whenever what is kept, or what a file is translated to, changes."""


def load_system(path: Path) -> System:
    """Return the system of a model file, translated now or earlier.

    Raises
    ------
    FileError, ModelError
        As `translate.read_model`.
    """
    data = read_bytes(path)
    mark = f"{FORMAT} {version('pysd')} {path.suffix.lower()} {path.name}\n".encode()
    name = hashlib.sha256(mark + data).hexdigest()
    kept = _LOADED.get((path, name))
    if kept is None or not kept.is_fresh(path.parent):
        kept = _LOADED[path, name] = _translated(path, bundle.cache_folder() / f"{name}.json")
        for old in list(_LOADED)[:-MOST_LOADED]:
            del _LOADED[old]
    return kept.system


@dataclass(frozen=True)
class Kept:
    """A translated model with the tables it was read from: file as named, SHA-256 of content."""

    system: System
    tables: Mapping[str, str]

    def is_fresh(self, folder: Path) -> bool:
        """Say whether the tables still hold what they held."""
        return all(digest(table_path(folder, name)) == held for name, held in self.tables.items())


_LOADED: dict[tuple[Path, str], Kept] = {}
MOST_LOADED = 32


def _translated(path: Path, place: Path) -> Kept:
    kept = _read(place)
    if kept is not None and kept.is_fresh(path.parent):
        return kept
    from secdil_sd.reading.translate import read_model

    sheets = Sheets(path.parent)
    kept = Kept(read_model(path, sheets), sheets.digests)
    _write(place, kept)
    return kept


def _read(place: Path) -> Kept | None:
    """Return what a cache file holds; None if it is missing, damaged or not ours."""
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        tables = {_text(name): _text(held) for name, held in data["tables"].items()}
        return Kept(system_from_json(data), tables)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _write(place: Path, kept: Kept) -> None:
    """Write whole or not at all; a cache that cannot be written is no error."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=place.parent, delete=False, suffix=".part", encoding="utf-8"
        ) as part:
            json.dump({**system_to_json(kept.system), "tables": dict(kept.tables)}, part)
        os.replace(part.name, place)
    except OSError:
        return


def system_to_json(system: System) -> dict[str, Any]:
    """Return a system as plain lists, numbers and strings."""
    return {
        "format": FORMAT,
        "name": system.name,
        "dialect": system.dialect,
        "place": system.place,
        "ranges": [
            [r.name, list(r.elements), list(r.mappings), [list(each) for each in r.images]]
            for r in system.ranges
        ],
        "variables": [_variable_to_json(each) for each in system.variables],
        "notes": [
            [n.severity, n.message, n.place, list(n.variables), n.remedy] for n in system.notes
        ],
        "reality": [_reality_to_json(each) for each in system.reality],
        "synonyms": [list(each) for each in system.synonyms],
    }


def _reality_to_json(line: RealityLine) -> list[Any]:
    parts = [None if each is None else to_json(each) for each in (line.condition, line.consequence)]
    return [
        line.name,
        line.kind,
        list(line.subscripts),
        *parts,
        line.line,
        line.text,
        line.documentation,
        line.problem,
    ]


def _reality_from_json(data: Any) -> RealityLine:
    name, kind, subscripts, condition, consequence, line, text, documentation, problem = data
    return RealityLine(
        _text(name),
        "test input" if kind == "test input" else "constraint",
        tuple(map(_text, subscripts)),
        None if condition is None else from_json(condition),
        None if consequence is None else from_json(consequence),
        None if line is None else int(line),
        _text(text),
        _text(documentation),
        _text(problem),
    )


def _variable_to_json(variable: Variable) -> list[Any]:
    definitions = [
        [list(d.subscripts), to_json(d.expression), [list(e) for e in d.excepted], d.line, d.text]
        for d in variable.definitions
    ]
    return [
        variable.name,
        definitions,
        variable.units,
        variable.low,
        variable.high,
        variable.documentation,
        variable.is_data,
        variable.data_keyword,
    ]


def system_from_json(data: Any) -> System:
    """Return the system that ``system_to_json`` wrote; ValueError on anything else."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("not a translated model")
    ranges = [
        Range(
            _text(name),
            tuple(map(_text, elements)),
            tuple(map(_text, mappings)),
            tuple(tuple(map(_text, each)) for each in images),
        )
        for name, elements, mappings, images in data["ranges"]
    ]
    variables = [_variable_from_json(each) for each in data["variables"]]
    notes = [
        Finding("note", _text(message), _text(place), tuple(map(_text, names)), _text(remedy))
        for _, message, place, names, remedy in data["notes"]
    ]
    dialect = _text(data["dialect"])
    if dialect not in ("vensim", "xmile") or not variables:
        raise ValueError("not a translated model")
    return System(
        _text(data["name"]),
        tuple(ranges),
        tuple(variables),
        "vensim" if dialect == "vensim" else "xmile",
        _text(data["place"]),
        tuple(notes),
        tuple(map(_reality_from_json, data["reality"])),
        tuple(tuple(map(_text, each)) for each in data["synonyms"]),
    )


def _variable_from_json(data: Any) -> Variable:
    name, definitions, units, low, high, documentation, is_data, keyword = data
    made = tuple(
        Definition(
            tuple(map(_text, subscripts)),
            _known(from_json(expression)),
            tuple(tuple(map(_text, each)) for each in excepted),
            None if line is None else int(line),
            _text(text),
        )
        for subscripts, expression, excepted, line, text in definitions
    )
    low, high = (None if each is None else float(each) for each in (low, high))
    return Variable(
        _text(name),
        made,
        _text(units),
        low,
        high,
        _text(documentation),
        bool(is_data),
        _text(keyword),
    )


def _known(expression: Node) -> Node:
    """Refuse functions that are not in the table: no translation of ours holds one."""
    for node in walk(expression):
        if isinstance(node, Call) and node.function not in FUNCTIONS:
            raise ValueError(f"no function {node.function!r}")
    return expression


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"not text: {str(value)[:40]}")
    return value
