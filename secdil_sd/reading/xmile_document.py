"""An XMILE file as a tree: its models, dimensions and settings, whichever dialect wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from secdil_sd.equations.system import Range
from secdil_sd.errors import Finding, ModelError

VARIABLES = ("aux", "flow", "gf", "stock")
_SETTINGS = (("INITIAL TIME", "start"), ("FINAL TIME", "stop"), ("TIME STEP", "dt"))


@dataclass(frozen=True)
class Document:
    """An opened file: ``root`` is its tree, ``space`` the namespace in braces."""

    root: Any
    space: str
    place: str

    def all(self, node: Any, *tags: str) -> list[Any]:
        """Return the children of a node that bear one of the tags, in file order."""
        wanted = {f"{self.space}{each}" for each in tags}
        return [each for each in node if each.tag in wanted]

    def first(self, node: Any, tag: str) -> Any | None:
        """Return the first child with a tag, or None."""
        return next(iter(self.all(node, tag)), None)

    def text(self, node: Any, tag: str) -> str:
        """Return the text of the first child with a tag, its runs of spaces made one."""
        found = self.first(node, tag)
        return " ".join((found.text or "").split()) if found is not None else ""

    def variables(self, model: Any) -> list[Any]:
        """Return the variables of a model; Stella 10 and before do not wrap them."""
        holders = self.all(model, "variables") or [model]
        return [each for holder in holders for each in self.all(holder, *VARIABLES, "module")]

    def where(self, node: Any) -> str:
        """Return "file, line n" for messages."""
        return f"{self.place}, line {node.sourceline}" if node.sourceline else self.place

    def make(self, tag: str, like: Any, text: str = "", **attributes: str) -> Any:
        """Return a new node that stands on the line of another."""
        try:
            node = like.makeelement(f"{self.space}{tag}", attributes)
        except ValueError:  # lxml reads namespaces that it does not write
            message = f"{self.space.strip('{}')!r} is no valid namespace."
            remedy = "Mend the xmlns of the file."
            raise ModelError(Finding("error", message, self.where(like), remedy=remedy)) from None
        node.sourceline = like.sourceline
        node.text = text
        return node

    def error(self, message: str, node: Any, name: str, remedy: str) -> Finding:
        """Return the finding of a mistake in a node of the file."""
        return Finding("error", message, self.where(node), (name,) if name else (), remedy)


def open_document(data: bytes, place: str) -> Document:
    """Return the tree of an XMILE file, already known to be sound XML without entities.

    Raises
    ------
    ModelError
        If it is another kind of XML.
    """
    from lxml import etree

    # Stella leaves prefixes such as isee: undeclared, which only a recovering parser accepts
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    root = etree.fromstring(data, parser)
    space, _, tag = str(root.tag).rpartition("}") if root is not None else ("", "", "")
    if tag != "xmile" or not re.fullmatch(r"(\{https?://[\w./-]+)?", space):
        remedy = "Its first element should be <xmile> with the XMILE namespace."
        raise ModelError(
            Finding("error", "This XML file is not an XMILE model.", place, remedy=remedy)
        )
    return Document(root, f"{space}}}" if space else "", place)


def settings(document: Document) -> list[tuple[str, str, str, Any]]:
    """Return the time settings: name, equation, units and node of each.

    Raises
    ------
    ModelError
        If start, stop or dt is missing.
    """
    specs = document.first(document.root, "sim_specs")
    found = []
    for name, tag in _SETTINGS:
        node = None if specs is None else document.first(specs, tag)
        if specs is None or node is None or not (node.text or "").strip():
            message = "This XMILE file has no complete <sim_specs> with start, stop and dt."
            raise ModelError(Finding("error", message, document.place, remedy="Add them."))
        equation = node.text.strip()
        if node.get("reciprocal", "").lower() == "true":
            equation = f"1/({equation})"
        found.append((name, equation, specs.get("time_units", ""), node))
    return found


def ranges(document: Document) -> list[Range]:
    """Return the dimensions of the file; those given by size have elements 1, 2, ..."""
    holder = document.first(document.root, "dimensions")
    found = []
    nodes: list[Any] = [] if holder is None else document.all(holder, "dim")
    for node in nodes:
        elements = [each.get("name", "") for each in document.all(node, "elem")]
        size = str(node.get("size", ""))
        if not elements and size.isdecimal():
            elements = [str(each + 1) for each in range(min(int(size), 100_000))]
        found.append(Range(node.get("name", ""), tuple(elements)))
    return found


def always_non_negative(document: Document) -> frozenset[str]:
    """Return which of "stock" and "flow" the model-wide behavior makes non-negative."""
    holders = document.all(document.root, "behavior")
    for model in document.all(document.root, "model"):
        holders += document.all(model, "behavior")
    found: set[str] = set()
    for holder in holders:
        if document.first(holder, "non_negative") is not None:
            return frozenset(("stock", "flow"))
        for kind in ("stock", "flow"):
            inside = document.first(holder, kind)
            if inside is not None and document.first(inside, "non_negative") is not None:
                found.add(kind)
    return frozenset(found)


def dimension_names(document: Document, node: Any) -> tuple[str, ...]:
    """Return the dimensions a variable declares."""
    holder = document.first(node, "dimensions")
    names = [] if holder is None else [e.get("name", "") for e in document.all(holder, "dim")]
    return tuple(names)


def plain_name(name: str) -> str:
    """Return a name as it is shown: line breaks and runs of spaces are one space.

    >>> plain_name(r"size of one\\ntime harvest")
    'size of one time harvest'
    """
    return " ".join(name.replace("\\n", " ").strip().strip('"').split())
