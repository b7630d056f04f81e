"""Macros written out: each call becomes variables of its own, beside the one that calls."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from secdil_sd.equations.sorting import TangledError, in_order
from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import spelling
from secdil_sd.reading.xmile_document import VARIABLES, Document, dimension_names, plain_name
from secdil_sd.reading.xmile_modules import EQUATIONS, MOST_COPIES, WRITTEN
from secdil_sd.reading.xmile_tokens import Token, quoted, renamed, tokens


@dataclass(frozen=True)
class _Macro:
    name: str
    parameters: tuple[str, ...]
    defaults: tuple[str, ...]
    variables: tuple[Any, ...]
    equation: str
    node: Any


def without_macros(document: Document, nodes: list[Any]) -> tuple[list[Any], list[Finding]]:
    """Return the variables with every macro call written out, and what is wrong with calls.

    ``x = LG2(y)`` becomes a variable ``x LG2 1`` with the macro's equation, and one more for each
    parameter and each variable of the macro, over the dimensions of ``x``.
    """
    macros = {spelling(each.name): each for each in _macros(document)}
    if not macros:
        return nodes, []
    wrong = _without_end(document, macros)
    if wrong:
        return nodes, wrong
    expansion = _Expansion(document, macros)
    return expansion.all(nodes), expansion.findings


def _without_end(document: Document, macros: dict[str, _Macro]) -> list[Finding]:
    """Macros that call themselves, directly or through each other."""

    def called(name: str) -> list[str]:
        macro = macros[name]
        texts = [macro.equation]
        for each in macro.variables:
            texts += [one.text or "" for one in each.iter(f"{document.space}eqn")]
        words = [spelling(each.text) for text in texts for each in tokens(text)]
        return [each for each in words if each in macros and each != ""]

    try:
        in_order(macros, called)
    except TangledError as error:
        names = [macros[each].name for group in error.groups for each in group]
        node = macros[error.groups[0][0]].node
        message = f"The macro {names[0]!r} calls itself without end."
        return [document.error(message, node, names[0], "Take the call out.")]
    return []


def _macros(document: Document) -> list[_Macro]:
    found = []
    for node in document.all(document.root, "macro"):
        parameters = document.all(node, "parm")
        holder = document.first(node, "model")
        holders = document.all(node, "variables") + (
            [] if holder is None else document.all(holder, "variables")
        )
        found.append(
            _Macro(
                plain_name(node.get("name", "")),
                tuple(plain_name(each.text or "") for each in parameters),
                tuple(each.get("default", "") for each in parameters),
                tuple(one for each in holders for one in document.all(each, *VARIABLES)),
                document.text(node, "eqn"),
                node,
            )
        )
    return found


class _Expansion:
    def __init__(self, document: Document, macros: dict[str, _Macro]) -> None:
        self.document = document
        self.macros = macros
        self.findings: list[Finding] = []
        self.calls = 0

    def all(self, nodes: Sequence[Any]) -> list[Any]:
        """The nodes with the variables their calls stand for before them."""
        found: list[Any] = []
        for node in nodes:
            added: list[Any] = []
            for equation in node.iter(*(f"{self.document.space}{tag}" for tag in EQUATIONS)):
                if equation.text:
                    self._equation(node, equation, added)
            found += [*self.all(added), node]
        return found

    def _equation(self, node: Any, equation: Any, added: list[Any]) -> None:
        parts = tokens(equation.text)
        whole = equation.getparent() is node
        dimensions = dimension_names(self.document, node) if whole else ()
        written: list[str] = []
        place = 0
        changed = False
        while place < len(parts):
            macro = self.macros.get(spelling(parts[place].text))
            called = place + 1 < len(parts) and parts[place + 1].text == "("
            if macro is None or parts[place].kind != "name" or not called:
                written.append(parts[place].text)
                place += 1
                continue
            arguments, place = _arguments(parts, place + 2)
            written.append(self._call(node, macro, arguments, dimensions, added))
            changed = True
        if changed:
            equation.set(WRITTEN, equation.get(WRITTEN) or " ".join(equation.text.split()))
            equation.text = " ".join(written)

    def _call(
        self,
        node: Any,
        macro: _Macro,
        arguments: list[str],
        dimensions: tuple[str, ...],
        added: list[Any],
    ) -> str:
        """Add the variables of one call and return the reference to its value."""
        self.calls += 1
        if self.calls > MOST_COPIES:
            name = node.get("name", "")
            message = f"Macros are called more than {MOST_COPIES} times."
            raise ModelError(self.document.error(message, node, name, "Use fewer."))
        arguments = arguments + list(macro.defaults[len(arguments) :])
        if len(arguments) != len(macro.parameters) or not all(arguments):
            name = node.get("name", "")
            message = (
                f"The macro {macro.name!r} is given {sum(map(bool, arguments))} arguments for "
                f"{len(macro.parameters)}, in the equation of {plain_name(name)!r}."
            )
            remedy = f"Its parameters are {', '.join(macro.parameters)}."
            self.findings.append(self.document.error(message, node, name, remedy))
            return "0"
        number = 1 + sum(each.get("macro") == macro.name for each in added)
        own = f"{plain_name(node.get('name', ''))} {macro.name} {number}"
        subscripts = f"[{', '.join(dimensions)}]" if dimensions else ""
        local = {spelling(e): e for e in macro.parameters}
        local |= {spelling(n): n for n in (plain_name(e.get("name", "")) for e in macro.variables)}
        result = {} if spelling(macro.name) in local else {spelling(macro.name): own}

        def change(name: str) -> str:
            found = local.get(spelling(name))
            full = f"{own} {found}" if found else result.get(spelling(name))
            return quoted(full) + subscripts if full else name

        for parameter, argument in zip(macro.parameters, arguments, strict=True):
            added.append(self._auxiliary(node, f"{own} {parameter}", argument, dimensions))
        for variable in macro.variables:
            copied = deepcopy(variable)
            copied.set("name", f"{own} {plain_name(variable.get('name', ''))}")
            self._set_dimensions(copied, dimensions)
            for each in copied.iter(*(f"{self.document.space}{tag}" for tag in EQUATIONS)):
                each.text = renamed(each.text or "", change)
            for each in self.document.all(copied, "inflow", "outflow"):
                each.text = change(plain_name(each.text or ""))
            added.append(copied)
        value = renamed(macro.equation, change)
        added.append(self._auxiliary(node, own, value, dimensions))
        added[-1].set("macro", macro.name)
        return quoted(own) + subscripts

    def _auxiliary(self, like: Any, name: str, equation: str, dimensions: tuple[str, ...]) -> Any:
        made = self.document.make("aux", like, name=name)
        self._set_dimensions(made, dimensions)
        made.append(self.document.make("eqn", like, equation))
        return made

    def _set_dimensions(self, node: Any, dimensions: tuple[str, ...]) -> None:
        if dimensions:
            holder = self.document.make("dimensions", node)
            for each in dimensions:
                holder.append(self.document.make("dim", node, name=each))
            node.append(holder)


def _arguments(parts: Sequence[Token], place: int) -> tuple[list[str], int]:
    """The arguments that follow an opening bracket, and the place after the closing one."""
    found: list[list[str]] = [[]]
    depth = 1
    while place < len(parts):
        text = parts[place].text
        depth += (text in ("(", "[")) - (text in (")", "]"))
        place += 1
        if depth == 0:
            break
        if text == "," and depth == 1:
            found.append([])
        else:
            found[-1].append(text)
    return [" ".join(each) for each in found], place
