"""Equations of XMILE cut into numbers, names and marks; names changed, comments dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from secdil_sd.names import spelling

_PART = r'(?:[^\W\d][\w$]*|"(?:\\"|[^"])*")'
_TOKEN = re.compile(
    rf"""\{{[^{{}}]*\}}
    | (?P<number> (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
    | (?P<name> \.?{_PART}(?:\s*\.\s*{_PART})* )
    | (?P<space> \s+ )
    | (?P<mark> <> | <= | >= | // | . )""",
    re.X | re.S,
)
KEYWORDS = frozenset({"if", "then", "else", "and", "or", "not", "mod"})


@dataclass(frozen=True)
class Token:
    """A piece of an equation: a number, a name (quoted or not, with dots) or a mark."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """What keywords and functions are compared by."""
        return self.text.casefold() if '"' not in self.text else ""

    @property
    def is_operand(self) -> bool:
        """Say whether this is a number or a name."""
        return self.kind == "number" or (self.kind == "name" and self.word not in KEYWORDS)

    @property
    def ends_operand(self) -> bool:
        """Say whether an operator may follow."""
        return self.is_operand or self.text in (")", "]")


def tokens(text: str) -> list[Token]:
    """Cut an equation into tokens; comments and spaces are left out.

    >>> [each.text for each in tokens("a + {rate} 2*x[*]")]
    ['a', '+', '2', '*', 'x', '[', '*', ']']
    """
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind and kind != "space":
            found.append(Token(kind, match[0]))
    return found


def without_comments(text: str) -> str:
    """Return an equation without its ``{comments}``, runs of spaces made one."""
    return " ".join(re.sub(r"\{[^{}]*\}", " ", text).split())


def renamed(text: str, change: Callable[[str], str], called: Collection[str] = ()) -> str:
    """Return an equation with every name changed that is neither a keyword nor a function.

    ``called`` are the spellings of graphical functions, which may be called like functions.

    >>> renamed("IF a > 1 THEN b ELSE MAX(a, 2)", lambda name: name + "_1")
    'IF a_1 > 1 THEN b_1 ELSE MAX ( a_1 , 2 )'
    """
    parts = tokens(text)
    after = [each.text for each in parts[1:]] + [""]
    return " ".join(
        change(each.text)
        if each.kind == "name"
        and each.word not in KEYWORDS
        and (following != "(" or spelling(each.text) in called)
        else each.text
        for each, following in zip(parts, after, strict=True)
    )


def quoted(name: str) -> str:
    """Return a name as it may stand in any equation."""
    return f'"{name}"'
