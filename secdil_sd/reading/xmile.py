"""XMILE files: each equation through PySD's parser, alone, so that none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from secdil_sd.equations.system import TIME_NAMES
from secdil_sd.errors import Finding
from secdil_sd.names import spelling
from secdil_sd.reading.guard import inert
from secdil_sd.reading.parsed import Parsed, Piece
from secdil_sd.reading.sheets import Sheets
from secdil_sd.reading.xmile_document import (
    Document,
    always_non_negative,
    dimension_names,
    open_document,
    ranges,
    settings,
)
from secdil_sd.reading.xmile_macros import without_macros
from secdil_sd.reading.xmile_modules import WRITTEN, flattened, has_table
from secdil_sd.reading.xmile_tables import table
from secdil_sd.reading.xmile_text import Scope, written_out
from secdil_sd.reading.xmile_tokens import tokens, without_comments

_DISCRETE = ("conveyor", "queue", "oven")
_TIMES = frozenset(map(spelling, TIME_NAMES))


def parse_xmile(data: bytes, place: str, sheets: Sheets) -> Parsed:
    """Parse an XMILE file, already known to be sound XML without entities."""
    from pysd.translators.xmile import xmile_element

    parsed = Parsed(sheets=sheets)
    document = open_document(data, place)
    times = settings(document)
    parsed.ranges = ranges(document)
    nodes, wrong = flattened(document)
    parsed.findings += wrong
    nodes, wrong = without_macros(document, nodes)
    parsed.findings += wrong
    nodes = [each for each in nodes if spelling(each.get("name", "")) not in _TIMES]
    if not nodes and not parsed.findings:
        message = "This XMILE file has no variables."
        remedy = "Save it again in the program that wrote it, or give the file it was made from."
        parsed.findings.append(Finding("error", message, place, remedy=remedy))
    scope = _scope(document, nodes, parsed)
    with inert(xmile_element):
        reader = _Reader(document, scope, _names_called(document, nodes), parsed)
        for node in nodes:
            reader.read(node)
        for name, equation, units, node in times:
            reader.read_setting(name, equation, units, node)
    return parsed


def _scope(document: Document, nodes: list[Any], parsed: Parsed) -> Scope:
    dimensions: dict[str, tuple[str, ...]] = {}
    tables: dict[str, str] = {}
    for node in nodes:
        name = node.get("name", "")
        dimensions[spelling(name)] = dimension_names(document, node)
        if has_table(document, node):
            tables[spelling(name)] = f"{name} table" if _is_read(document, node) else name
    for own, lookup in tables.items():
        while spelling(lookup) != own and spelling(lookup) in dimensions:
            lookup = tables[own] = f"{lookup} table"
    elements = {spelling(each.name): each.elements for each in parsed.ranges}
    return Scope(dimensions, elements, tables)


def _is_read(document: Document, node: Any) -> bool:
    """Say whether a graphical function is read at its own equation, and so is a variable too."""
    return any((each.text or "").strip() for each in node.iter(f"{document.space}eqn"))


@dataclass(frozen=True)
class _Part:
    """One equation of a variable: for its dimensions, or for one of its elements."""

    subscripts: tuple[str, ...]
    excepted: tuple[tuple[str, ...], ...]
    equation: str
    written: str
    table: Any
    node: Any


class _Reader:
    """Turns the variables of a file into pieces; collects what is wrong with them."""

    def __init__(self, document: Document, scope: Scope, called: set[str], parsed: Parsed) -> None:
        self.document = document
        self.scope = scope
        self.parsed = parsed
        self.non_negative = always_non_negative(document)
        self.called = called

    def read(self, node: Any) -> None:
        name = node.get("name", "")
        kind = node.tag.rpartition("}")[2]
        for each in _DISCRETE:
            if self.document.first(node, each) is not None:
                message = f"The stock {name!r} is a {each}, which is not supported."
                remedy = "Write it as a stock with a delayed outflow."
                self._refuse(message, node, name, remedy)
                return
        for part in self._parts(node):
            self._read_part(name, kind, node, part)

    def read_setting(self, name: str, equation: str, units: str, node: Any) -> None:
        part = _Part((), (), equation, equation, None, node)
        tree = self._parsed(name, part, lambda: self._tree(name, equation, ()))
        if tree is not None:
            self._keep(name, part, tree, f"{name} = {equation}", {"units": units})

    def _parts(self, node: Any) -> Iterator[_Part]:
        document = self.document
        dimensions = dimension_names(document, node)
        own_table = document.first(node, "gf") if not node.tag.endswith("}gf") else node
        elements = document.all(node, "element")
        listed = []
        for each in elements:
            subscripts = tuple(s.strip() for s in each.get("subscript", "").split(","))
            listed.append(subscripts)
            inner = document.first(each, "gf")
            yield self._part(each, subscripts, (), own_table if inner is None else inner)
        equations = document.all(node, "eqn")
        if len(equations) > 1 and dimensions:
            labels = self.scope.ranges.get(spelling(dimensions[0]), ())
            for label, equation in zip(labels, equations, strict=False):
                text, written = _texts(equation)
                yield _Part((label,), (), text, written, own_table, equation)
        elif not elements or (equations and without_comments(equations[0].text or "")):
            yield self._part(node, dimensions, tuple(listed), own_table)

    def _part(
        self, node: Any, subscripts: tuple[str, ...], excepted: tuple[tuple[str, ...], ...], gf: Any
    ) -> _Part:
        text, written = _texts(self.document.first(node, "eqn"))
        return _Part(subscripts, excepted, text, written, gf, node)

    def _read_part(self, name: str, kind: str, node: Any, part: _Part) -> None:
        """Keep the piece (and the lookup, if others read it too) of one equation."""
        equation = without_comments(part.equation)
        shown = f"{name} = {part.written}"
        if kind == "stock":
            shown = f"{name} = INTEG({self._flows_shown(node)}, {part.written})"
        if "???" in part.written or (not equation and part.table is None):
            self._refuse(f"The equation of {name!r} is incomplete.", part.node, name, "Finish it.")
            return
        if part.table is not None and (not equation or self._called(name)):
            own = self.scope.tables.get(spelling(name), name)
            points = self._parsed(name, part, lambda: table(self.document, part.table))
            if points is not None:
                self._keep(own, part, points, shown, _about(self.document, node), is_lookup=True)
            if not equation:
                return
        tree = self._parsed(name, part, lambda: self._equation(name, kind, node, part, equation))
        if tree is not None:
            self._keep(name, part, tree, shown, _about(self.document, node))

    def _called(self, name: str) -> bool:
        return spelling(name) in self.called

    def _equation(self, name: str, kind: str, node: Any, part: _Part, equation: str) -> Any:
        from pysd.translators.structures import abstract_expressions as pysd

        tree = self._tree(name, equation, part.subscripts)
        if part.table is not None:
            tree = pysd.InlineLookupsStructure(tree, table(self.document, part.table))
        started = self.document.first(part.node, "init_eqn")
        if started is not None and kind != "stock":
            initial = self._tree(name, started.text or "", part.subscripts)
            function = pysd.ReferenceStructure("active_initial")
            tree = pysd.CallStructure(function, (tree, initial))
        if kind == "flow" and self._is_non_negative(node, kind):
            tree = pysd.CallStructure(pysd.ReferenceStructure("max"), (tree, 0))
        if kind == "stock":
            flows = self._flows(name, node, part.subscripts)
            tree = pysd.IntegStructure(flows, tree, self._is_non_negative(node, kind))
        return tree

    def _tree(self, name: str, equation: str, dimensions: tuple[str, ...]) -> Any:
        from pysd.translators.xmile.xmile_element import EquationVisitor
        from pysd.translators.xmile.xmile_structures import parsing_ops
        from pysd.translators.xmile.xmile_utils import Grammar

        text = written_out(equation, self.scope, name, dimensions)
        return EquationVisitor(Grammar.get("equations", parsing_ops).parse(text)).translation

    def _flows(self, name: str, node: Any, dimensions: tuple[str, ...]) -> Any:
        from pysd.translators.structures.abstract_expressions import ArithmeticStructure

        signs, trees = [], []
        for each in self.document.all(node, "inflow", "outflow"):
            signs.append("+" if each.tag.endswith("}inflow") else "-")
            flow = each.text or ""
            if len(self.scope.dimensions.get(spelling(flow), ())) == len(dimensions) > 0:
                flow += f"[{', '.join(dimensions)}]"  # of an element, the flow of that element
            trees.append(self._tree(name, flow, dimensions))
        if not trees:
            return 0
        if signs[0] == "-":
            trees[0] = ArithmeticStructure(["negative"], (trees[0],))
        return ArithmeticStructure(signs[1:], tuple(trees)) if len(trees) > 1 else trees[0]

    def _flows_shown(self, node: Any) -> str:
        text = ""
        for each in self.document.all(node, "inflow", "outflow"):
            sign = "+" if each.tag.endswith("}inflow") else "-"
            text += f" {sign} {(each.text or '').strip().strip(chr(34))}"
        return text.removeprefix(" + ").strip() or "0"

    def _is_non_negative(self, node: Any, kind: str) -> bool:
        found = self.document.first(node, "non_negative")
        if found is None:
            return kind in self.non_negative
        return "false" not in (found.text or "").casefold()

    def _parsed(self, name: str, part: _Part, make: Callable[[], Any]) -> Any | None:
        """What ``make`` returns, or None and a finding."""
        try:
            return make()
        except RecursionError:
            message = f"The equation of {name!r} is nested too deeply."
            self._refuse(message, part.node, name, "Split it.")
        except ValueError as error:
            shown = str(error).split("\n")[0]
            message = f"The equation of {name!r} is not understood: {shown}."
            remedy = "Check brackets, operators, commas and the number of arguments."
            self._refuse(message, part.node, name, remedy)
        except Exception:  # PySD raises whatever its parser meets; the user needs the place
            text = f"{name} = {part.written}"
            shown = text if len(text) < 80 else f"{text[:77]}..."
            message = f"This equation of {name!r} is not understood: {shown}"
            remedy = "Check brackets, operators, commas and the number of arguments."
            self._refuse(message, part.node, name, remedy)
        return None

    def _refuse(self, message: str, node: Any, name: str, remedy: str) -> None:
        self.parsed.findings.append(self.document.error(message, node, name, remedy))

    def _keep(
        self,
        name: str,
        part: _Part,
        tree: Any,
        shown: str,
        about: dict[str, Any],
        is_lookup: bool = False,
    ) -> None:
        self.parsed.pieces.append(
            Piece(
                name,
                part.subscripts,
                part.excepted,
                tree,
                part.node.sourceline,
                shown,
                is_lookup=is_lookup,
                **about,
            )
        )


def _texts(equation: Any | None) -> tuple[str, str]:
    """An equation as it is to be read, and as the file has it."""
    if equation is None:
        return "", ""
    text = " ".join((equation.text or "").split())
    return text, equation.get(WRITTEN, text)


def _about(document: Document, node: Any) -> dict[str, Any]:
    """Units, range and documentation of a variable, as a piece holds them."""
    scale = document.first(node, "range")
    if scale is None and node.tag.endswith("}gf"):
        scale = document.first(node, "yscale")
    limits = (None, None) if scale is None else (_limit(scale, "min"), _limit(scale, "max"))
    return {
        "units": document.text(node, "units"),
        "limits": limits,
        "documentation": document.text(node, "doc"),
    }


def _limit(scale: Any, side: str) -> float | None:
    try:
        return float(scale.get(side, ""))
    except ValueError:
        return None


def _names_called(document: Document, nodes: list[Any]) -> set[str]:
    """The spellings of names that stand before an opening bracket, or first in LOOKUP()."""
    found: set[str] = set()
    for node in nodes:
        for equation in node.iter(f"{document.space}eqn"):
            parts = tokens(equation.text or "")
            for token, following in pairwise(parts):
                if token.kind == "name" and following.text == "(":
                    found.add(spelling(token.text))
            for first, second, third in zip(parts, parts[1:], parts[2:], strict=False):
                if (first.word, second.text, third.kind) == ("lookup", "(", "name"):
                    found.add(spelling(third.text))
    return found
