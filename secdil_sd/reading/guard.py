"""What may be read: files are checked before any parser sees them, and parsers cannot execute."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from secdil_sd.errors import FileError, Finding, ModelError

VENSIM, XMILE = (".mdl",), (".xmile", ".stmx", ".xml")
MOST_BYTES = 50_000_000


def read_bytes(path: Path) -> bytes:
    """Return a model file's bytes.

    Raises
    ------
    FileError
        If it is missing, a folder, unreadable or absurdly large.
    ModelError
        If its ending is not a model's, it is empty, or it is a binary Vensim file.
    """
    if path.suffix.lower() not in (*VENSIM, *XMILE):
        remedy = f"Known endings: {', '.join((*VENSIM, *XMILE))}."
        if path.suffix.lower() in (".vmf", ".vmfx", ".vpm", ".vpmx"):
            remedy = "Open it in Vensim and save as text (.mdl)."
        message = f"{path.name} is not a model file secdil reads."
        raise ModelError(Finding("error", message, remedy=remedy))
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if path.stat().st_size > MOST_BYTES:
            raise OSError(27, "it is larger than 50 MB")
        data = path.read_bytes()
    except FileNotFoundError:
        remedy = "Check the path, or list the bundled models with: secdil models."
        raise FileError(Finding("error", f"There is no file {path}.", remedy=remedy)) from None
    except OSError as error:
        raise FileError(Finding("error", f"{path} cannot be read: {error.strerror}.")) from None
    if not data.strip():
        raise ModelError(Finding("error", "The file is empty.", path.name))
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        remedy = "Open it in its program and save as text (.mdl or .xmile)."
        raise ModelError(Finding("error", "This is a binary file.", path.name, remedy=remedy))
    return data


def decode(data: bytes) -> str:
    """Return a Vensim file as text: by its encoding mark, else UTF-8, else Windows-1252."""
    mark = re.match(rb"\s*(?:\xef\xbb\xbf)?\{([\w-]+)\}", data[:64])
    for encoding in (mark[1].decode("ascii") if mark else "utf-8-sig", "utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")


def check_xml(data: bytes, place: str) -> None:
    """Refuse XML that is cut short, malformed, or carries entities or a document type."""
    from xml.parsers.expat import ExpatError

    from defusedxml import DefusedXmlException
    from defusedxml.expatbuilder import parseString

    try:
        # without namespaces: Stella leaves prefixes such as isee: undeclared
        parseString(data, namespaces=False, forbid_dtd=True)
    except DefusedXmlException:
        message = "The file declares XML entities or a document type, which models do not need."
        raise ModelError(
            Finding("error", message, place, remedy="Remove the declaration.")
        ) from None
    except ExpatError as error:
        reason = str(error).split(":")[0]
        message = f"The XML is damaged: {reason}."
        remedy = "The file may have been cut short: save it again."
        raise ModelError(
            Finding("error", message, f"{place}, line {error.lineno}", remedy=remedy)
        ) from None
    except (ValueError, LookupError) as error:
        raise ModelError(Finding("error", f"The XML cannot be read: {error}.", place)) from None


def _literals(text: str) -> Any:
    """Read what PySD hands to ``eval``: text, numbers, sums such as ``41 + 1``, lists of these."""

    def value(node: ast.AST) -> Any:
        match node:
            case ast.Constant(str() | float() | int() as literal):
                return literal
            case ast.UnaryOp(ast.USub(), operand):
                return -value(operand)
            case ast.UnaryOp(ast.UAdd(), operand):
                return value(operand)
            case ast.BinOp(left, ast.Add(), right):
                return value(left) + value(right)
            case ast.BinOp(left, ast.Sub(), right):
                return value(left) - value(right)
            case ast.Tuple(elements) | ast.List(elements):
                return tuple(value(each) for each in elements)
        raise ValueError(f"no literal: {text}")

    return value(ast.parse(text.strip(), mode="eval").body)


@contextmanager
def inert(*modules: ModuleType) -> Iterator[None]:
    """Make PySD's ``eval`` read literals only, and keep it quiet, while a file is translated."""
    try:
        for module in modules:
            module.eval = _literals  # type: ignore[attr-defined]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for module in modules:
            del module.eval
