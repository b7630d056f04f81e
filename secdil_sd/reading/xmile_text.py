"""Equations of XMILE written as PySD's grammar wants them.

PySD knows neither comments, lower-case or nested IF, ``x[*]``, DT, LOOKUP, PREVIOUS, nor names
with a dot; its function table also takes NOT for the beginning of every name that starts so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

from secdil_sd.names import spelling
from secdil_sd.reading.xmile_tokens import KEYWORDS, Token, quoted, tokens

_REDUCING = frozenset({"sum", "prod", "mean", "min", "max", "size"})
_CLOCK = {"dt": "TIME_STEP", "starttime": "INITIAL_TIME", "stoptime": "FINAL_TIME"}
_PI = "3.141592653589793"


@dataclass(frozen=True)
class Scope:
    """What must be known of a model to write its equations out.

    Parameters
    ----------
    dimensions : mapping
        The dimensions of each variable, by its spelling.
    ranges : mapping
        The elements of each dimension, by its spelling.
    tables : mapping
        The lookup that holds the table of a graphical function, by the spelling of its variable.
    """

    dimensions: Mapping[str, tuple[str, ...]]
    ranges: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, str] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Say whether the model has a variable of that name."""
        return spelling(name) in self.dimensions


def written_out(text: str, scope: Scope, own: str, dimensions: tuple[str, ...]) -> str:
    """Return an equation as PySD's grammar wants it.

    Parameters
    ----------
    text : str
    scope : Scope
    own : str
        The variable it belongs to, for SELF.
    dimensions : tuple of str
        The dimensions on its left-hand side.

    Raises
    ------
    ValueError
        If brackets do not match, or an IF has no THEN and ELSE.

    Examples
    --------
    >>> scope = Scope({"x": ("Region",)}, {"region": ("North", "South")})
    >>> written_out("if MEAN(x[*]) > DT then 1 else 0", scope, "y", ())
    'if_then_else((sum(x[Region!])/2)>TIME_STEP,1,0)'
    """
    return _Writer(tokens(text), scope, own, dimensions).whole()


class _Writer:
    def __init__(
        self, parts: list[Token], scope: Scope, own: str, dimensions: tuple[str, ...]
    ) -> None:
        self.parts = parts
        self.place = 0
        self.scope = scope
        self.own = own
        self.left = {spelling(each) for each in dimensions}
        self.marked: list[str] | None = None
        """Dimensions the reduction around this place runs over; None outside one."""

    def whole(self) -> str:
        text = self.expression(frozenset())
        if self.place < len(self.parts):
            raise ValueError("its brackets do not match")
        return text

    def peek(self) -> Token | None:
        return self.parts[self.place] if self.place < len(self.parts) else None

    def expect(self, word: str) -> None:
        found = self.peek()
        if found is None or found.word != word:
            raise ValueError(f"{word.upper()!r} is missing")
        self.place += 1

    def expression(self, stops: frozenset[str]) -> str:
        """Write up to a stop word or mark, which is left standing."""
        return _joined(_folded(list(self._pieces(stops))))

    def _pieces(self, stops: frozenset[str]) -> Iterator[str]:
        while (token := self.peek()) is not None and token.word not in stops:
            if token.text in (")", "]"):
                return
            before = self.parts[self.place - 1] if self.place else None
            self.place += 1
            if token.word == "if":
                yield self._conditional(stops)
            elif token.word in KEYWORDS:
                yield token.word
            elif token.text == "(":
                yield f"({self.expression(frozenset())})"
                self.expect(")")
            elif before is not None and before.is_operand and token.kind in ("name", "number"):
                both = f"{before.text!r} and {token.text!r} stand side by side"
                raise ValueError(f"{both} (names with spaces need underscores or quotes)")
            elif token.kind == "name":
                yield self._name(token)
            elif token.text in ("+", "-") and before is not None and before.ends_operand:
                yield f" {token.text} "  # or PySD takes 4-5 for a list of numbers
            else:
                yield token.text

    def _conditional(self, stops: frozenset[str]) -> str:
        condition = self.expression(frozenset({"then"}))
        self.expect("then")
        yes = self.expression(frozenset({"else"}))
        self.expect("else")
        return f"if_then_else({condition},{yes},{self.expression(stops)})"

    def _name(self, token: Token) -> str:
        after = self.peek()
        if after is not None and after.text == "(":
            return self._call(token)
        if after is not None and after.text == "[":
            self.place += 1
            subscripts = self._subscripts()
            self.expect("]")
            return self._element(token.text, subscripts)
        if not self.scope.knows(token.text):
            if token.word in _CLOCK:
                return _CLOCK[token.word]
            if token.word == "pi":
                return _PI
            if token.word == "self":
                return quoted(self.own)
            if (place := self._element_place(token.text)) is not None:
                return str(place)
        elif self.marked is not None:
            self.marked += self.scope.dimensions[spelling(token.text)]
        return _fit(token.text)

    def _element_place(self, name: str) -> int | None:
        """The place of ``Dimension.element``, counted from one."""
        dimension, dot, element = name.partition(".")
        labels = self.scope.ranges.get(spelling(dimension), ())
        places = [spelling(each) for each in labels]
        if not dot or spelling(element) not in places:
            return None
        return places.index(spelling(element)) + 1

    def _subscripts(self) -> list[list[Token]]:
        """The tokens of each subscript, up to the closing bracket."""
        found: list[list[Token]] = [[]]
        depth = 0
        while (token := self.peek()) is not None and (depth or token.text != "]"):
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            self.place += 1
            if token.text == "," and not depth:
                found.append([])
            else:
                found[-1].append(token)
        return found

    def _element(self, name: str, subscripts: list[list[Token]]) -> str:
        own = self.scope.dimensions.get(spelling(name), ())
        written: list[str] = []
        computed: list[int] = []
        for k, parts in enumerate(subscripts):
            dimension = own[k] if k < len(own) else ""
            found = self._subscript(parts, dimension)
            if found is None:
                computed.append(k)
            written.append(dimension if found is None else found)
        if len(computed) > 1 or any(not each for each in written):
            raise ValueError(f"the subscripts of {name!r} are not understood")
        if computed:
            return self._chosen(name, written, computed[0], subscripts[computed[0]])
        return f"{_fit(name)}[{','.join(written)}]"

    def _chosen(self, name: str, written: list[str], at: int, parts: list[Token]) -> str:
        """An element whose place is computed: 0 beyond the dimension, as XMILE has it."""
        inner = _Writer(parts, self.scope, self.own, ())
        inner.left, inner.marked = self.left, self.marked
        place = inner.whole()
        labels = self.scope.ranges[spelling(written[at])]
        terms = []
        for number, label in enumerate(labels, 1):
            subscripts = ",".join([*written[:at], label, *written[at + 1 :]])
            terms.append(f"if_then_else(({place})={number},{_fit(name)}[{subscripts}],0)")
        return f"({' + '.join(terms)})"

    def _subscript(self, parts: list[Token], dimension: str) -> str | None:
        """One subscript, marked with ``!`` if a reduction runs over it; None if computed."""
        texts = [each.text for each in parts]
        star = texts[:1] == ["*"]
        if star:  # of the whole dimension, or of *:a subrange
            texts = texts[2:] if texts[1:2] == [":"] else texts[1:] or [dimension]
        name = " ".join(texts)
        labels = self.scope.ranges.get(spelling(dimension), ())
        if len(parts) == 1 and parts[0].kind == "number" and spelling(name) not in labels:
            return (
                labels[int(name) - 1] if name.isdecimal() and 0 < int(name) <= len(labels) else ""
            )
        if spelling(name) not in self.scope.ranges:
            if self._element_place(name) is not None:
                return name.partition(".")[2]
            plain = all(each.kind != "mark" for each in parts)
            known = not labels or spelling(name) in map(spelling, labels)
            return name if known or (plain and not self.scope.knows(name)) else None
        if self.marked is None or (not star and spelling(name) in self.left):
            return name
        self.marked.append(name)
        return f"{name}!"

    def _call(self, token: Token) -> str:
        self.place += 1
        function = token.word
        known = self.scope.knows(token.text)
        first = self.place
        outer = self.marked
        reduces = function in _REDUCING and not known and self._is_alone()
        self.marked = [] if reduces else outer
        arguments = self._arguments()
        marked = self.marked or []
        self.marked = outer
        self.expect(")")
        if known:
            table = self.scope.tables.get(spelling(token.text), token.text)
            return f"{_fit(table)}({','.join(arguments)})"
        if function == "lookup" and len(arguments) == 2:
            return self._lookup(self.parts[first], arguments)
        if reduces and function in ("mean", "size"):
            count = self._count(marked)
            return str(count) if function == "size" else f"(sum({arguments[0]})/{count})"
        if function in ("min", "max") and len(arguments) > 2:
            return reduce(lambda a, b: f"{function}({a},{b})", arguments)
        if function == "mean" and len(arguments) > 1:
            return f"(({' + '.join(f'({each})' for each in arguments)})/{len(arguments)})"
        rewrite = _REWRITTEN.get((function, len(arguments)))
        if rewrite:
            return rewrite(*arguments)
        return f"{_fit(token.text)}({','.join(arguments)})"

    def _arguments(self) -> list[str]:
        found: list[str] = []
        while (token := self.peek()) is not None and token.text != ")":
            found.append(self.expression(frozenset({","})))
            token = self.peek()
            if token is not None and token.text == ",":
                self.place += 1
                after = self.peek()
                if after is None or after.text == ")":
                    raise ValueError("an argument is missing")
            elif token is not None and token.text == "]":
                raise ValueError("its brackets do not match")
        if any(not each.strip() for each in found):
            raise ValueError("an argument is missing")
        return found

    def _is_alone(self) -> bool:
        """Say whether the call has a single argument."""
        depth = 0
        for token in self.parts[self.place :]:
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth < 0:
                return True
            if depth == 0 and token.text == ",":
                return False
        return False

    def _count(self, marked: list[str]) -> int:
        size = 1
        for each in dict.fromkeys(map(spelling, marked)):
            size *= len(self.scope.ranges.get(each, ()))
        return size

    def _lookup(self, token: Token, arguments: list[str]) -> str:
        own = self.scope.tables.get(spelling(token.text))
        if own is None:
            raise ValueError(f"LOOKUP reads {token.text!r}, which has no graphical function")
        _, bracket, rest = arguments[0].partition("[")
        return f"{_fit(own)}{bracket}{rest}({arguments[1]})"


_TIGHT = {"//": "safediv", "mod": "modulo"}
_LOOSE = frozenset({" + ", " - ", "=", "<", ">", "<=", ">=", "<>", "and", "or", "not", ","})


def _folded(pieces: list[str]) -> list[str]:
    """``a // b`` and ``a MOD b``, which bind like ``*``, as calls."""
    if not any(each in _TIGHT for each in pieces):
        return pieces
    found: list[str] = []
    term: list[str] = []
    place = 0
    while place < len(pieces):
        each = pieces[place]
        place += 1
        if each in _LOOSE:
            found += [*term, each]
            term = []
        elif each in _TIGHT:
            factor = []
            while place < len(pieces) and pieces[place] not in {*_LOOSE, *_TIGHT, "*", "/"}:
                factor.append(pieces[place])
                place += 1
            if not term or not factor:
                raise ValueError(f"something is missing beside {each.upper()}")
            term = [f"{_TIGHT[each]}({_joined(term)},{_joined(factor)})"]
        else:
            term.append(each)
    return found + term


def _joined(pieces: Iterable[str]) -> str:
    """Pieces in a row, a space wherever two words would grow together."""
    text = ""
    for each in pieces:
        text += " " + each if re.search(r'[\w"$.]$', text) and re.match(r'[\w"$.]', each) else each
    return text


def _fit(name: str) -> str:
    """A name as PySD's grammar takes it: in quotes if it has a dot or begins like NOT."""
    if re.fullmatch(r"\w+", name) and not name.casefold().startswith("not"):
        return name
    if re.fullmatch(r'"(?:\\"|[^"])*"', name):
        return name.replace("\\n", " ")
    return quoted(re.sub(r'\s*\.\s*|"', lambda m: "" if m[0] == '"' else ".", name))


_REWRITTEN: Mapping[tuple[str, int], Callable[..., str]] = {
    ("previous", 1): lambda x: f"delay({x},TIME_STEP)",
    ("previous", 2): lambda x, first: f"delay({x},TIME_STEP,{first})",
    ("sinwave", 2): lambda size, period: f"(({size})*sin(2*{_PI}*TIME/({period})))",
    ("coswave", 2): lambda size, period: f"(({size})*cos(2*{_PI}*TIME/({period})))",
    ("pulse", 3): lambda size, first, every: (
        f"pulse({size},{first})" if every == "0" else f"pulse({size},{first},{every})"
    ),
}
"""Functions PySD does not know, or not with these arguments, in terms of those it knows."""
