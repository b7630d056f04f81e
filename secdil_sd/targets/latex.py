"""Equations as LaTeX, from the expressions as the author wrote them."""

from __future__ import annotations

from secdil_sd.equations.expression import (
    Array,
    Call,
    LookupCall,
    Node,
    Number,
    Reference,
    Table,
    Text,
)
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.system import INTEGRALS, Definition

_SPECIAL = {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}"}
_OWN_BRACKETS = frozenset({"/"})
_REDUCTIONS = {"sum": r"\sum", "prod": r"\prod", "vmin": r"\min", "vmax": r"\max"}


def print_latex(name: str, definition: Definition) -> str:
    """Return one equation as LaTeX; a stock's as its derivative.

    Parameters
    ----------
    name : str
        The variable on the left.
    definition : Definition

    Returns
    -------
    str

    Examples
    --------
    >>> burden = Call("/", (Reference("spending"), Reference("GDP")))
    >>> print(print_latex("burden", Definition(("state",), burden)))
    \\text{burden}_{\\text{state}} = \\frac{\\text{spending}}{\\text{GDP}}
    """
    left = _named(name, definition.subscripts)
    node = definition.expression
    if isinstance(node, Call) and node.function in INTEGRALS:
        return rf"\frac{{d}}{{dt}} {left} = {latex(node.arguments[0])}"
    return f"{left} = {latex(node)}"


def latex(node: Node, outer: int = 0, right: bool = False) -> str:
    """Return an expression as LaTeX, bracketed where ``outer`` binds tighter."""
    match node:
        case Number(value):
            text = f"{value:.15g}"
            return rf"\left({text}\right)" if value < 0 and outer else text
        case Reference(name, subscripts):
            return _named(name, subscripts)
        case Text(value):
            return rf"\text{{{_escaped(value)}}}"
        case Array(_, values):
            shown = ", ".join(f"{each:.6g}" for each in values[:6])
            more = r", \ldots" if len(values) > 6 else ""
            return rf"\left[{shown}{more}\right]"
        case Table(x, _, _):
            return rf"\text{{table of {len(x)} points}}"
        case LookupCall(table, argument):
            called = (
                _named(table.name, table.subscripts)
                if isinstance(table, Reference)
                else r"\text{lookup}"
            )
            return rf"{called}\left({latex(argument)}\right)"
        case Call():
            return _call(node, outer, right)
    raise TypeError(f"not a node: {node!r}")


def _call(node: Call, outer: int, right: bool) -> str:
    row = FUNCTIONS[node.function]
    if row.kind == "operator":
        return _operator(node, outer, right)
    if row.kind == "reduction":
        over = sorted(_reduced(node.arguments[0]))
        below = ", ".join(rf"\text{{{_escaped(each)}}}" for each in over)
        return rf"{_REDUCTIONS[node.function]}_{{{below}}} {latex(node.arguments[0], 6)}"
    arguments = [latex(each) for each in node.arguments]
    if row.latex and row.latex.count("{0}") and row.most == len(arguments):
        return row.latex.format(*arguments)
    called = node.function.upper()
    return rf"\text{{{_escaped(called)}}}\left({', '.join(arguments)}\right)"


def _operator(node: Call, outer: int, right: bool) -> str:
    row = FUNCTIONS[node.function]
    if node.function in _OWN_BRACKETS:
        return row.latex.format(*(latex(each) for each in node.arguments))
    if len(node.arguments) == 1:
        parts = [latex(node.arguments[0], row.precedence)]
    elif node.function == "^":
        parts = [latex(node.arguments[0], row.precedence + 1), latex(node.arguments[1])]
    else:
        strict = node.function in ("-", "<", "<=", ">", ">=", "=", "<>")
        first, second = node.arguments
        parts = [latex(first, row.precedence), latex(second, row.precedence, strict)]
    text = row.latex.format(*parts)
    tighter = outer > row.precedence or (right and outer == row.precedence)
    return rf"\left({text}\right)" if tighter else text


def _reduced(node: Node) -> set[str]:
    from secdil_sd.equations.expression import references

    return {s.rstrip("!") for each in references(node) for s in each.subscripts if s.endswith("!")}


def _named(name: str, subscripts: tuple[str, ...]) -> str:
    text = rf"\text{{{_escaped(name)}}}"
    if not subscripts:
        return text
    below = ", ".join(rf"\text{{{_escaped(each.rstrip('!'))}}}" for each in subscripts)
    return f"{text}_{{{below}}}"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(each, each) for each in text.replace("\\", "/"))
