"""Units carried through the equations of a model: every place where two sides disagree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from pint.facets.plain import PlainUnit as Unit

from secdil_sd.equations.expression import Call, LookupCall, Node, Number, Reference, walk
from secdil_sd.equations.functions import FUNCTIONS
from secdil_sd.equations.plain import plain
from secdil_sd.equations.system import INTEGRALS, TIME_NAMES, Definition, System, Variable
from secdil_sd.names import spelling
from secdil_sd.units.signatures import Pattern, signature
from secdil_sd.units.words import Words, same

POWERS = ("^", "power")


@dataclass(frozen=True)
class Disagreement:
    """A term in another unit than its place needs.

    Parameters
    ----------
    variable : str
        Whose equation it is.
    line : int or None
        The line of the file on which the term stands.
    term : str
        The term as people type it.
    found, needed : Unit
    whole : bool
        Whether the term is all of the right side, in itself sound.
    why : str
        What asks for the needed unit.
    """

    variable: str
    line: int | None
    term: str
    found: Unit
    needed: Unit
    whole: bool = False
    why: str = ""


@dataclass(frozen=True)
class Unreadable:
    """Units that cannot be read, and why."""

    variable: Variable
    reason: str


@dataclass(frozen=True)
class _Misfit:
    """A disagreement before its equation is known."""

    node: Node
    found: Unit
    needed: Unit
    why: str = ""


class Units:
    """The units of a model and what its equations make of them.

    Parameters
    ----------
    system : System

    Examples
    --------
    >>> from secdil_sd.equations.system import Definition
    >>> stay = Variable("stay", (Definition((), Number(2.0)),), "year")
    >>> visits = Call("/", (Number(1.0), Reference("stay")))
    >>> wrong = Variable("visits", (Definition((), visits),), "year")
    >>> found = Units(System("m", (), (stay, wrong))).disagreements
    >>> [(each.variable, each.term, str(each.found)) for each in found]
    [('visits', '1/stay', '1 / u0')]
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.words = Words(system.synonyms)
        self.unreadable: list[Unreadable] = []
        self._declared: dict[str, Unit | None] = {}
        for variable in system.variables:
            self._declared[spelling(variable.name)] = self._read(variable)
        settings = (self._declared.get(spelling(each)) for each in ("TIME STEP", *TIME_NAMES))
        self.time = next((each for each in settings if each is not None), None)
        self._declared.setdefault(spelling("Time"), self.time)
        self._misfits: list[_Misfit] = []

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Variables whose units the file leaves open: what they are in cannot be told."""
        known = {spelling(each) for each in TIME_NAMES}
        return tuple(
            each.name
            for each in self.system.variables
            if not each.units.strip() and spelling(each.name) not in known
        )

    @cached_property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Every disagreement in file order, one for all elements of an array."""
        found: dict[tuple[object, ...], Disagreement] = {}
        for variable in self.system.variables:
            for definition in variable.definitions:
                for each in self._definition(variable, definition):
                    alike = (each.variable, each.term.split("[")[0], each.found, each.needed)
                    found.setdefault(alike, each)
        return tuple(found.values())

    # one equation

    def _read(self, variable: Variable) -> Unit | None:
        if not variable.units.strip():
            return None
        try:
            return self.words.read(variable.units)
        except ValueError as error:
            self.unreadable.append(Unreadable(variable, str(error)))
            return None

    def _definition(self, variable: Variable, definition: Definition) -> list[Disagreement]:
        declared = self._declared[spelling(variable.name)]
        node = definition.expression
        parts = [(node, declared, "")]
        if isinstance(node, Call) and node.function in INTEGRALS:
            rate, initial = node.arguments
            pace = declared / self.time if declared is not None and self.time is not None else None
            parts = [
                (rate, pace, "a stock changes in its own unit per unit of time"),
                (initial, declared, "a stock starts in its own unit"),
            ]
        found: list[Disagreement] = []
        for part, needed, why in parts:
            for each, whole in self._part(part, needed):
                line = _line(definition, each.node)
                found.append(
                    Disagreement(
                        variable.name,
                        line,
                        plain(each.node),
                        each.found,
                        each.needed,
                        whole,
                        each.why or why,
                    )
                )
        return found

    def _part(self, node: Node, needed: Unit | None) -> list[tuple[_Misfit, bool]]:
        """What is wrong within a side; or, where it is sound in itself, the side as a whole."""
        if is_bare(node):
            return []
        self._misfits = []
        unit = self._unit(node, None)
        if not self._misfits:
            if unit is None or needed is None or same(unit, needed):
                return []
            return [(_Misfit(node, unit, needed), True)]
        if needed is not None:
            self._misfits = []
            self._unit(node, needed)
        return [(each, False) for each in self._misfits]

    # one node

    def _unit(self, node: Node, needed: Unit | None) -> Unit | None:
        """The unit of an expression, None if it cannot be told; tells what does not fit inside."""
        found: Unit | None = None
        if isinstance(node, Reference):
            found = self._of(node)
        elif isinstance(node, LookupCall):
            self._unit(node.argument, None)
            named = isinstance(node.table, Reference) and node.manner != "invert"
            found = self._of(node.table) if named and isinstance(node.table, Reference) else None
        elif isinstance(node, Call):
            if node.function in POWERS:
                found = self._power(node)
            else:
                return self._call(node, needed)
        return self._fitted(node, found, needed)

    def _of(self, reference: Reference) -> Unit | None:
        name = spelling(reference.name)
        if name in self._declared:
            return self._declared[name]
        return self.words.free  # the place of a subscript

    def _fitted(
        self, node: Node, found: Unit | None, needed: Unit | None, why: str = ""
    ) -> Unit | None:
        """Note where a unit is not the needed one, and go on with the needed one."""
        if found is None or needed is None:
            return found if needed is None else needed
        if not same(found, needed):
            self._misfits.append(_Misfit(node, found, needed, why))
        return needed

    def _argument(
        self, node: Node, needed: Unit | None, strict: bool, why: str = ""
    ) -> Unit | None:
        if not is_bare(node):
            before = len(self._misfits)
            found = self._unit(node, needed)
            for k in range(before, len(self._misfits)):
                each = self._misfits[k]
                if why and not each.why:
                    self._misfits[k] = _Misfit(each.node, each.found, each.needed, why)
            return found
        if not strict or is_nothing(node):
            return needed
        return self._fitted(node, self.words.free, needed, why)

    def _call(self, node: Call, needed: Unit | None) -> Unit | None:
        inputs, output = signature(FUNCTIONS[node.function].units)
        bound: dict[str, Unit | None] = {"t": self.time}
        if needed is not None and output.letter and output.letter != "t":
            bound[output.letter] = needed
        inputs = (*inputs, *([Pattern(None)] * (len(node.arguments) - len(inputs))))
        pairs = list(zip(inputs, node.arguments, strict=False))
        # letters alone first, and numbers after what has a unit: they say what the rest must be
        for pattern, argument in sorted(
            pairs, key=lambda pair: (not pair[0].letter, is_bare(pair[1]))
        ):
            wanted = self._filled(pattern, bound)
            found = self._argument(argument, wanted, pattern.strict, _why(node.function, pattern))
            self._bind(pattern, found, bound)
        result = self._filled(output, bound)
        return result if output.letter else self._fitted(node, result, needed)

    def _filled(self, pattern: Pattern, bound: dict[str, Unit | None]) -> Unit | None:
        """The unit a pattern stands for; None while one of its letters is not known."""
        if pattern.powers is None:
            return None
        unit = self.words.free
        for letter, power in pattern.powers.items():
            known = bound.get(letter)
            if known is None:
                return None
            unit = unit * known**power
        return unit

    def _bind(self, pattern: Pattern, found: Unit | None, bound: dict[str, Unit | None]) -> None:
        """Learn the one letter that is not known yet from the unit of an argument."""
        unknown = [each for each in pattern.powers or {} if bound.get(each) is None]
        if found is None or len(unknown) != 1 or unknown == ["t"]:
            return
        (letter,) = unknown
        powers = dict(pattern.powers or {})
        rest = self._filled(Pattern({k: v for k, v in powers.items() if k != letter}), bound)
        if rest is not None:
            bound[letter] = (found / rest) ** (1 / powers[letter])

    def _power(self, node: Call) -> Unit | None:
        base, exponent = node.arguments
        self._argument(exponent, self.words.free, True, "an exponent has no unit")
        size = number_of(exponent)
        if size is None:
            why = "only what has no unit can be raised to a power that is not a plain number"
            return self._argument(base, self.words.free, True, why)
        unit = self._argument(base, None, True)
        return None if unit is None else unit**size


def _why(function: str, pattern: Pattern) -> str:
    """Why an argument needs its unit, where the function says so."""
    if pattern.powers == {} and FUNCTIONS[function].kind != "operator":
        return f"{function.upper()} needs a number without unit there"
    if pattern.letter == "t":
        return f"{function.upper()} needs a time there"
    return ""


def is_bare(node: Node) -> bool:
    """Say whether an expression is written in numbers alone.

    >>> is_bare(Call("*", (Number(2.0), Number(3.0)))), is_bare(Reference("x"))
    (True, False)
    """
    return not any(isinstance(each, Reference | LookupCall) for each in walk(node))


def is_nothing(node: Node) -> bool:
    """Say whether a bare number is 0 or missing: those are so in any unit."""
    value = number_of(node)
    return value is not None and (value == 0 or math.isnan(value))


def number_of(node: Node) -> float | None:
    """Return the value of plain numbers and their sums, products and quotients; else None.

    >>> number_of(Call("/", (Number(1.0), Number(4.0))))
    0.25
    """
    if isinstance(node, Number):
        return node.value
    if not isinstance(node, Call):
        return None
    values = [number_of(each) for each in node.arguments]
    if any(each is None for each in values):
        return None
    return _worked_out(node.function, [each for each in values if each is not None])


def _worked_out(function: str, values: list[float]) -> float | None:
    match function, values:
        case "negative", [one]:
            return -one
        case "+", [one, other]:
            return one + other
        case "-", [one, other]:
            return one - other
        case "*", [one, other]:
            return one * other
        case "/", [one, other] if other:
            return one / other
    return None


def _line(definition: Definition, node: Node) -> int | None:
    """The line of the term: that of its first name, where the equation has it only once."""
    if definition.line is None:
        return None
    name = next((each.name for each in walk(node) if isinstance(each, Reference)), "")
    head, sign, body = definition.text.partition("=")
    lowered = body.casefold()
    if not sign or not name or lowered.count(name.casefold()) != 1:
        return definition.line
    before = head + sign + body[: lowered.index(name.casefold())]
    return definition.line + before.lstrip("\n").count("\n")
