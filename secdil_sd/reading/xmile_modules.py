"""Modules written into the main model: variables of ``sector`` become ``sector.name``."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import spelling
from secdil_sd.reading.xmile_document import Document, dimension_names, plain_name
from secdil_sd.reading.xmile_tokens import quoted, renamed

WRITTEN = "written"
"""The attribute that keeps an equation as the file has it."""
EQUATIONS = ("eqn", "init_eqn")
MOST_COPIES = 10_000
"""Modules in modules, or calls of macros in macros, beyond which a file is not written out."""


@dataclass(frozen=True)
class _Instance:
    """A model where it stands: its path from the root, its variables and modules."""

    path: tuple[str, ...]
    variables: list[Any]
    modules: list[Any]


def flattened(document: Document) -> tuple[list[Any], list[Finding]]:
    """Return the variables of all models as nodes of one model, and what is wrong with modules.

    A variable of a module is named ``module.variable``; an input of a module is an auxiliary
    equal to what is connected to it.
    """
    models = document.all(document.root, "model")
    if not models:
        return [], []
    main = next((each for each in models if not each.get("name")), models[0])
    by_name = {spelling(each.get("name", "")): each for each in models if each is not main}
    flat = _Flattening(document, by_name)
    flat.enter(main, ())
    return flat.nodes(), flat.findings


class _Flattening:
    def __init__(self, document: Document, models: Mapping[str, Any]) -> None:
        self.document = document
        self.models = models
        self.instances: list[_Instance] = []
        self.connected: dict[str, str] = {}
        """What each input is equal to, by the spelling of its full name."""
        self.findings: list[Finding] = []

    def enter(self, model: Any, path: tuple[str, ...], above: tuple[Any, ...] = ()) -> None:
        """Note a model where it stands, inside the models above, and the modules in it."""
        modules: list[Any] = []
        variables: list[Any] = []
        for node in self.document.variables(model):
            (modules if node.tag.endswith("}module") else variables).append(node)
        self.instances.append(_Instance(path, variables, modules))
        for module in modules:
            name = plain_name(module.get("name", ""))
            inner = self.models.get(spelling(name))
            if inner is None:
                message = f"The module {name!r} has no model in this file."
                remedy = f'Add a <model name="{name}">, or write its equations into the main model.'
                self.findings.append(self.document.error(message, module, name, remedy))
            elif inner in (*above, model):
                message = f"The module {name!r} contains itself."
                self.findings.append(self.document.error(message, module, name, "Take it out."))
            elif len(self.instances) >= MOST_COPIES:
                message = f"There are more than {MOST_COPIES} modules in modules."
                raise ModelError(self.document.error(message, module, name, "Use fewer."))
            else:
                self._connect(module, name, path)
                self.enter(inner, (*path, name), (*above, model))

    def _connect(self, module: Any, name: str, path: tuple[str, ...]) -> None:
        for each in self.document.all(module, "connect"):
            target = each.get("to", "")
            first, dot, _ = target.partition(".")
            inside = path if dot and spelling(first) == spelling(name) else (*path, name)
            full = _absolute(target, inside)
            self.connected[spelling(full)] = _absolute(each.get("from", ""), path)

    def nodes(self) -> list[Any]:
        """The variables of every model under their full names."""
        found = []
        for instance in self.instances:
            inside = _Inside(self.document, instance)
            for node in instance.variables:
                full = ".".join((*instance.path, plain_name(node.get("name", ""))))
                source = self.connected.get(spelling(full))
                made = inside.qualified(node) if source is None else self._input(node, source)
                made.set("name", full)
                found.append(made)
        return found

    def _input(self, node: Any, source: str) -> Any:
        made = self.document.make("aux", node, name="")
        holder = self.document.first(node, "dimensions")
        if holder is not None:
            made.append(deepcopy(holder))
        for tag in ("units", "doc"):
            kept = self.document.first(node, tag)
            if kept is not None:
                made.append(deepcopy(kept))
        subscripts = ", ".join(dimension_names(self.document, node))
        text = quoted(source) + (f"[{subscripts}]" if subscripts else "")
        made.append(self.document.make("eqn", node, text))
        return made


class _Inside:
    """What names mean inside one module."""

    def __init__(self, document: Document, instance: _Instance) -> None:
        self.document = document
        self.path = instance.path
        self.own = {spelling(plain_name(e.get("name", ""))) for e in instance.variables}
        self.modules = {spelling(plain_name(e.get("name", ""))) for e in instance.modules}
        self.tables = {
            spelling(plain_name(each.get("name", "")))
            for each in instance.variables
            if has_table(document, each)
        }

    def qualified(self, node: Any) -> Any:
        """A copy of a variable whose equations read full names."""
        copied = deepcopy(node)
        for each in copied.iter(*(f"{self.document.space}{tag}" for tag in EQUATIONS)):
            if each.text:
                each.set(WRITTEN, " ".join(each.text.split()))
                each.text = renamed(each.text, self.full, self.tables)
        for each in self.document.all(copied, "inflow", "outflow"):
            name = plain_name(each.text or "")
            is_name = spelling(name) in self.own
            each.text = self.full(name) if is_name else renamed(name, self.full, self.tables)
        return copied

    def full(self, name: str) -> str:
        """The full name of what a name means here, in quotes."""
        name = name.replace("\\n", " ")
        local = spelling(name) in self.own or spelling(name.split(".")[0]) in self.modules
        return quoted(_absolute(name, self.path)) if local or name.startswith(".") else name


def has_table(document: Document, node: Any) -> bool:
    """Say whether a variable has a graphical function, whole or for an element."""
    return any(True for _ in node.iter(f"{document.space}gf"))


def _absolute(name: str, path: tuple[str, ...]) -> str:
    """The full name: from the root if it begins with a dot, else from the module it stands in."""
    parts = [plain_name(each) for each in name.strip().lstrip(".").split(".")]
    return ".".join(parts if name.strip().startswith(".") else [*path, *parts])
