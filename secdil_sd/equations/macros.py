"""Macros written out: each use becomes variables of its own, named after the macro."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from secdil_sd.equations.expand import free_ranges
from secdil_sd.equations.expression import Call, LookupCall, Node, Number, Reference, rebuild
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.errors import Finding, ModelError
from secdil_sd.names import spelling

GLOBAL = "$"
"""What a name inside a macro ends in if it is one of the model, as in ``TIME STEP$``."""


@dataclass(frozen=True)
class Macro:
    """Equations that are written once and used with different inputs.

    Parameters
    ----------
    name : str
        Also the variable that a use stands for.
    inputs, outputs : tuple of str
        Names of the arguments, and of further variables a use may ask for.
    variables : tuple of Variable
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    variables: tuple[Variable, ...]


def expand_macros(system: System, macros: Sequence[Macro]) -> tuple[System, list[Finding]]:
    """Return the system with every use of a macro written out, and what is wrong with the uses.

    The first use of a macro ``lag`` is the variable ``lag 1``, what it is made of ``lag 1 ...``.
    Every further output a use asks for becomes a variable of the name given there.

    Examples
    --------
    >>> double = Variable("double", (Definition((), Call("*", (Reference("x"), Number(2.0)))),))
    >>> use = Call("double", (Reference("y"),))
    >>> system = System("m", (), (Variable("z", (Definition((), use),)),))
    >>> found, _ = expand_macros(system, [Macro("double", ("x",), (), (double,))])
    >>> [each.name for each in found.variables]
    ['double 1', 'z']
    """
    if not macros:
        return system, []
    return _Expansion(system, macros).expanded()


def called(name: str) -> str:
    """Return a macro's name as calls write it: ``DELAYN`` is not the function ``DELAY N``."""
    return " ".join(name.replace("_", " ").split()).casefold()


class _Expansion:
    def __init__(self, system: System, macros: Sequence[Macro]) -> None:
        self.system = system
        self.macros = {called(each.name): each for each in macros}
        self.taken = {spelling(each.name) for each in system.variables}
        self.uses = dict.fromkeys(self.macros, 0)
        self.added: list[Variable] = []
        self.findings: list[Finding] = []

    def expanded(self) -> tuple[System, list[Finding]]:
        variables: list[Variable] = []
        for variable in self.system.variables:
            definitions = tuple(
                replace(each, expression=self._plain(each.expression, variable, each, ()))
                for each in variable.definitions
            )
            variables += [*self.added, replace(variable, definitions=definitions)]
            self.added.clear()
        return self.system.replace(variables=tuple(variables)), self.findings

    def _plain(
        self, node: Node, variable: Variable, definition: Definition, within: tuple[str, ...]
    ) -> Node:
        def change(each: Node) -> Node:
            if isinstance(each, Call) and called(each.function) in self.macros:
                return self._use(each, variable, definition, within)
            return each

        return rebuild(node, change)

    def _use(
        self, call: Call, variable: Variable, definition: Definition, within: tuple[str, ...]
    ) -> Node:
        """Write out one use; return the reference that stands for it."""
        own = called(call.function)
        macro = self.macros[own]
        try:
            self._check(macro, len(call.arguments), own in within)
        except ModelError as error:
            where, names = self.system.where(definition.line), (variable.name, macro.name)
            self.findings += [
                replace(each, place=where, variables=names) for each in error.findings
            ]
            return Number(float("nan"))
        use = _Use(self.system, macro, self._free_name(own), call, definition)
        for each in macro.variables:
            made = use.variable(each)
            self.added.append(
                replace(
                    made,
                    definitions=tuple(
                        replace(d, expression=self._plain(d.expression, made, d, (*within, own)))
                        for d in made.definitions
                    ),
                )
            )
        self.added += use.arguments + use.asked()
        return Reference(use.name, use.marked)

    def _check(self, macro: Macro, given: int, again: bool) -> None:
        wanted, most = len(macro.inputs), len(macro.inputs) + len(macro.outputs)
        if again:
            message, remedy = f"The macro {macro.name!r} uses itself.", "Break the circle."
        elif given not in (wanted, most):
            takes = f"{wanted}" + (f" or {most} with outputs" if most > wanted else "")
            message = f"The macro {macro.name!r} takes {takes} arguments but is given {given}."
            remedy = f"Its inputs are {', '.join(macro.inputs) or 'none'}."
        elif not any(spelling(each.name) == spelling(macro.name) for each in macro.variables):
            message = f"The macro {macro.name!r} has no equation for {macro.name!r}."
            remedy = "Give the variable of its own name an equation: that is what a use stands for."
        else:
            return
        raise ModelError(Finding("error", message, remedy=remedy))

    def _free_name(self, own: str) -> str:
        """The macro's name with the number of this use, as no variable is called."""
        while True:
            self.uses[own] += 1
            name = f"{self.macros[own].name} {self.uses[own]}"
            if spelling(name) not in self.taken:
                self.taken.add(spelling(name))
                return name


class _Use:
    """One use of a macro: its names, and the subscripts of its arguments on all of them."""

    def __init__(
        self, system: System, macro: Macro, name: str, call: Call, definition: Definition
    ) -> None:
        self.macro, self.name, self.definition = macro, name, definition
        found = list(dict.fromkeys(free_ranges(system, call)))
        left = [each for each in definition.subscripts if each in found]
        self.marked = tuple(left + [each for each in found if each not in left])
        self.subscripts = tuple(each.rstrip("!") for each in self.marked)
        self.inner = {spelling(each.name): each for each in macro.variables}
        self.arguments: list[Variable] = []
        self.given: dict[str, Node] = {}
        inputs = call.arguments[: len(macro.inputs)]
        self.wanted = call.arguments[len(macro.inputs) :]
        for own, argument in zip(macro.inputs, inputs, strict=True):
            self.given[spelling(own)] = self._argument(own, rebuild(argument, self._unmarked))

    def _argument(self, own: str, argument: Node) -> Node:
        """What an input is read as: the variable or number itself, or a variable made for it."""
        if isinstance(argument, Reference | Number):
            return argument
        name = f"{self.name} {own}"
        text = f"{own} of {self.name} in: {self.definition.text}"
        made = Definition(self.subscripts, argument, line=self.definition.line, text=text)
        self.arguments.append(Variable(name, (made,)))
        return Reference(name, self.subscripts)

    def _unmarked(self, node: Node) -> Node:
        """An argument that is summed over is whole inside the macro."""
        if isinstance(node, Reference):
            free = {each for each in self.marked if each.endswith("!")}
            found = (each.rstrip("!") if each in free else each for each in node.subscripts)
            return Reference(node.name, tuple(found))
        return node

    def variable(self, inner: Variable) -> Variable:
        """Return a variable of the macro as this use has it."""
        own = inner.kind != "lookup"
        definitions = tuple(
            replace(
                each,
                subscripts=(*each.subscripts, *(self.subscripts if own else ())),
                excepted=tuple((*e, *(self.subscripts if own else ())) for e in each.excepted),
                expression=rebuild(each.expression, self._read),
            )
            for each in inner.definitions
        )
        return replace(inner, name=self._named(inner.name), definitions=definitions)

    def asked(self) -> list[Variable]:
        """The variables that hold the further outputs this use asks for."""
        found = []
        for output, node in zip(self.macro.outputs, self.wanted, strict=False):
            if isinstance(node, Reference):
                source = self._read(Reference(output))
                made = Definition(
                    node.subscripts, source, line=self.definition.line, text=self.definition.text
                )
                found.append(Variable(node.name, (made,)))
        return found

    def _named(self, own: str) -> str:
        return self.name if spelling(own) == spelling(self.macro.name) else f"{self.name} {own}"

    def _read(self, node: Node) -> Node:
        if isinstance(node, Call):
            table = self.given.get(spelling(node.function))
            if isinstance(table, Reference) and len(node.arguments) == 1:
                return LookupCall(table, node.arguments[0])
        if not isinstance(node, Reference):
            return node
        own = spelling(node.name)
        if own in self.given:
            return self.given[own]
        if own in self.inner:
            more = self.subscripts if self.inner[own].kind != "lookup" else ()
            return Reference(self._named(self.inner[own].name), (*node.subscripts, *more))
        return replace(node, name=node.name.removesuffix(GLOBAL).strip())
