"""Expressions as people type them, for messages."""

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

_WORDS = {"and": ":AND:", "or": ":OR:", "not": ":NOT: ", "negative": "-"}


def plain(node: Node, outer: int = 0) -> str:
    """Return an expression in Vensim's manner, bracketed where ``outer`` binds tighter.

    Examples
    --------
    >>> total = Call("+", (Reference("arms", ("state",)), Number(1.0)))
    >>> plain(Call("*", (Number(2.0), total)))
    '2*(arms[state] + 1)'
    """
    match node:
        case Number(value):
            return f"{value:.15g}"
        case Reference(name, subscripts):
            return f"{name}[{','.join(subscripts)}]" if subscripts else name
        case Text(value):
            return f"'{value}'"
        case Array(_, values):
            return ", ".join(f"{each:.6g}" for each in values[:6])
        case Table():
            return "table"
        case LookupCall(table, argument):
            called = plain(table) if isinstance(table, Reference) else "lookup"
            return f"{called}({plain(argument)})"
        case Call(function, arguments):
            row = FUNCTIONS[function]
            if row.kind != "operator":
                return f"{function.upper()}({', '.join(map(plain, arguments))})"
            return _operator(function, row.precedence, arguments, outer)
    raise TypeError(f"not a node: {node!r}")


def _operator(name: str, precedence: int, arguments: tuple[Node, ...], outer: int) -> str:
    sign = _WORDS.get(name, name)
    if len(arguments) == 1:
        text = f"{sign}{plain(arguments[0], precedence)}"
    else:
        left = plain(arguments[0], precedence + (name == "^"))
        right = plain(arguments[1], precedence + (name in ("-", "/")))
        text = f"{left}{sign}{right}" if name in "*/^" else f"{left} {sign} {right}"
    return f"({text})" if outer > precedence else text
