"""Delays, smooths and trends become the stocks, pipelines and auxiliaries they stand for.

The forms are PySD's, term by term (Vensim documents the same structures), so that Euler gives
the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from secdil_sd.equations import delays
from secdil_sd.equations.expression import (
    Call,
    LookupCall,
    Node,
    Number,
    Reference,
    children,
    rebuild,
)
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.system import INTEGRALS, Definition, System, Variable
from secdil_sd.errors import Finding, ModelError

_WHOLE = (*INTEGRALS, "initial", "active initial")
"""Stateful calls that stay where they are when they are a whole right-hand side."""


def expand(system: System, given: frozenset[str] = frozenset()) -> System:
    """Return the system with every delay, smooth, trend and forecast written as stocks.

    Parameters
    ----------
    system : System
    given : frozenset of str
        Variables whose equations are not used, because their values are given.

    Raises
    ------
    ModelError
        For an order that is not a number, or a function this engine does not have;
        all of them together.
    """
    findings: list[Finding] = []
    variables: list[Variable] = []
    for variable in system.variables:
        if variable.name in given:
            variables.append(variable)
            continue
        added: list[Variable] = []
        definitions = tuple(
            _expand_definition(system, variable, definition, added, findings)
            for definition in variable.definitions
        )
        variables += [*added, replace(variable, definitions=definitions)]
    if findings:
        raise ModelError(*findings)
    return system.replace(variables=tuple(variables))


def _expand_definition(
    system: System,
    variable: Variable,
    definition: Definition,
    added: list[Variable],
    findings: list[Finding],
) -> Definition:
    def change(node: Node) -> Node:
        if not isinstance(node, Call) or FUNCTIONS[node.function].kind != "stateful":
            if isinstance(node, Call) and FUNCTIONS[node.function].kind == "discrete":
                findings.append(_unsupported(system, variable, definition, node.function))
            return node
        helper = _Helper(system, variable, definition, node, added)
        try:
            return _EXPANSIONS[node.function](helper, *node.arguments)
        except ModelError as error:
            findings.extend(error.findings)
            return Number(float("nan"))

    expression = definition.expression
    if isinstance(expression, Call) and expression.function in _WHOLE:
        inner = tuple(rebuild(each, change) for each in expression.arguments)
        return replace(definition, expression=Call(expression.function, inner))
    return replace(definition, expression=rebuild(expression, change))


class _Helper:
    """Makes the variables one stateful call stands for, with the subscripts it needs."""

    def __init__(
        self,
        system: System,
        variable: Variable,
        definition: Definition,
        call: Call,
        added: list[Variable],
    ) -> None:
        self.system = system
        self.variable = variable
        self.definition = definition
        self.call = call
        self.added = added
        self.number = 1 + sum(
            each.name.startswith(f"{variable.name} {call.function}") for each in added
        )
        found = list(dict.fromkeys(free_ranges(system, call)))
        own = [each for each in definition.subscripts if system.range(each)]
        bound = [each for each in found if each.endswith("!")]
        if all(each in own or each in bound for each in found):  # else one is mapped to its own
            own = [each for each in own if each in found]
        self.marked = tuple(own + bound)
        self.subscripts = tuple(each.rstrip("!") for each in self.marked)

    def own(self, suffix: str) -> Reference:
        """Return the reference that reads a helper variable."""
        name = f"{self.variable.name} {self.call.function} {self.number} {suffix}".strip()
        return Reference(name, self.marked)

    def add(self, suffix: str, expression: Node) -> Reference:
        """Add a helper variable and return the reference that reads it."""
        name = self.own(suffix).name
        definition = Definition(
            self.subscripts,
            rebuild(expression, self._unmark),
            line=self.definition.line,
            text=self.definition.text,
        )
        self.added.append(Variable(name, (definition,), self.variable.units))
        return Reference(name, self.marked)

    def _unmark(self, node: Node) -> Node:
        """Inside the helper, subscripts that the call is summed over are its own."""
        if isinstance(node, Reference):
            free = {each for each in self.marked if each.endswith("!")}
            subscripts = tuple(s.rstrip("!") if s in free else s for s in node.subscripts)
            return Reference(node.name, subscripts)
        return node

    def refuse_order(self) -> ModelError:
        """Return the error for an order that is no whole number known before the run."""
        return ModelError(
            Finding(
                "error",
                f"The order of {self.call.function.upper()} in {self.variable.name!r} is not a "
                "whole number.",
                self.system.where(self.definition.line),
                (self.variable.name,),
                "Write the order as a number, or as an expression of constants that is one.",
            )
        )


def _average(helper: _Helper, source: Node, time: Node, divisor: Node) -> Reference:
    own = helper.own("average")
    flow = Call("/", (Call("-", (source, own)), time))
    return helper.add("average", Call("integ", (flow, Call("/", (source, divisor)))))


def _trend(helper: _Helper, source: Node, time: Node, initial: Node) -> Node:
    divisor = Call("+", (Number(1.0), Call("*", (initial, time))))
    average = _average(helper, source, time, divisor)
    below = Call("*", (time, Call("abs", (average,))))
    return Call("zidz", (Call("-", (source, average)), below))


def _forecast(helper: _Helper, source: Node, time: Node, horizon: Node, initial: Node) -> Node:
    average = _average(helper, source, time, Call("+", (Number(1.0), initial)))
    below = Call("*", (time, average))
    growth = Call("zidz", (Call("-", (source, average)), below))
    return Call("*", (source, Call("+", (Number(1.0), Call("*", (growth, horizon))))))


def _npv(helper: _Helper, stream: Node, rate: Node, initial: Node, factor: Node) -> Node:
    """What a stream is worth at the start: Vensim's stocks, discounted by the end of the step."""
    step = Reference("TIME STEP")
    left = helper.own("left")
    fall = Call("/", (Call("*", (left, rate)), Call("+", (Number(1.0), Call("*", (rate, step))))))
    helper.add("left", Call("integ", (Call("negative", (fall,)), Number(1.0))))
    worth = helper.add("worth", Call("*", (stream, left)))
    total = helper.add("total", Call("integ", (worth, initial)))
    return Call("*", (Call("+", (total, Call("*", (worth, step)))), factor))


def _delay_fixed(helper: _Helper, source: Node, time: Node, initial: Node) -> Node:
    """A pipeline: its input and, as Vensim keeps it, its delay time at the start."""
    entering = helper.add("input", source)
    length = helper.add("time", Call("initial", (time,)))
    return helper.add("", Call("delay fixed", (entering, length, initial)))


def _sample_if_true(helper: _Helper, condition: Node, source: Node, initial: Node) -> Node:
    """What is sampled now or, a pipeline of one step, was held before."""
    held = helper.own("held")
    sampled = helper.add("", Call("if then else", (condition, source, held)))
    helper.add("held", Call("delay fixed", (sampled, Number(0.0), initial)))
    return sampled


def _initial(helper: _Helper, source: Node) -> Node:
    return helper.add("", Call("initial", (source,)))


def _active_initial(helper: _Helper, active: Node, initial: Node) -> Node:
    return helper.add("", Call("active initial", (active, initial)))


def _stock_inside(helper: _Helper, flow: Node, initial: Node) -> Node:
    return helper.add("", Call(helper.call.function, (flow, initial)))


_EXPANSIONS: dict[str, Callable[..., Node]] = {
    "smooth": delays.smooth,
    "smooth n": delays.smooth,
    "delay": delays.delay,
    "delay n": delays.delay_n,
    "trend": _trend,
    "forecast": _forecast,
    "npv": _npv,
    "delay fixed": _delay_fixed,
    "sample if true": _sample_if_true,
    "initial": _initial,
    "active initial": _active_initial,
    "integ": _stock_inside,
    "non negative integ": _stock_inside,
}


def free_ranges(system: System, node: Node, bound: bool = False) -> Iterator[str]:
    """Yield the subscript ranges an expression needs from outside, marked ``!`` as written."""
    if isinstance(node, Reference):
        if not node.subscripts and node.name not in system and system.range(node.name):
            yield node.name
        for subscript in node.subscripts:
            if system.range(subscript) and not (bound and subscript.endswith("!")):
                yield subscript
    row = FUNCTIONS.get(node.function) if isinstance(node, Call) else None
    inside = row is not None and row.kind == "reduction"
    parts = (node.argument, node.table) if isinstance(node, LookupCall) else children(node)
    for each in parts:
        yield from free_ranges(system, each, bound or inside)


def _unsupported(
    system: System, variable: Variable, definition: Definition, function: str
) -> Finding:
    return Finding(
        "error",
        f"{function.upper()}, used by {variable.name!r}, is not supported.",
        system.where(definition.line),
        (variable.name,),
        "Replace it, or give the variable's values as a parameter.",
    )
