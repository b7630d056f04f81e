"""A system changed so that a Reality Check's condition holds, with what is to be seen of it.

As in Vensim, a forced variable keeps its own equation (here under the name "... as modelled",
which the forcing may read) while everything else sees the forced value; a stock's own equation
goes on integrating the flows of the changed model. An inequality changes the variable only where
it does not hold by itself, and then to the bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from secdil_sd.equations.conditions import Branch, Term, shown
from secdil_sd.equations.dimensions import dimensions
from secdil_sd.equations.expression import Call, Node, Number, Reference, rebuild
from secdil_sd.equations.functions import COMPARISONS
from secdil_sd.equations.reality import RealityLine
from secdil_sd.equations.system import Definition, System, Variable
from secdil_sd.equations.trajectories import Trajectory, trajectory
from secdil_sd.names import spelling

CLOSE = Number(1e-6)
"""Relative difference within which values count as equal: Vensim computes in single precision."""

_TOLERANT = ("=", "<=", ">=")


@dataclass(frozen=True)
class Recorded:
    """A value that a course starts from, taken from a run without the RC functions.

    Parameters
    ----------
    name : str
        The constant that takes it.
    expression : Node
    subscripts : tuple of str
        Ranges it has a value for each element of.
    start : Node
        When it is read; ``is_series`` asks for all times instead (RC COMPARE).
    run : str
        The run RC COMPARE names.
    """

    name: str
    expression: Node
    subscripts: tuple[str, ...]
    start: Node
    is_series: bool = False
    run: str = ""

    @property
    def moment(self) -> str:
        """The name of the variable that holds its start."""
        return f"{self.name} start"


@dataclass(frozen=True)
class Experiment:
    """One way to test a constraint.

    Parameters
    ----------
    label : str
        What is forced, in words; empty where the model is left as it is.
    system : System
        The changed model, with the variables named by ``condition`` and ``consequence``:
        1 where true, for each element the constraint is said of.
    reference : System
        The model with what is forced from the beginning, observing what is recorded.
    unchanged : System
        The model as it is, observing what RC COMPARE reads.
    recorded : tuple of Recorded
    renamed : mapping of str to str
        Forced variables and the names that now hold their own equations.
    """

    label: str
    system: System
    reference: System
    unchanged: System
    recorded: tuple[Recorded, ...]
    renamed: dict[str, str]
    condition: str
    consequence: str


def experiment(system: System, line: RealityLine, branch: Branch) -> Experiment:
    """Return a constraint's test in one way of making its condition true.

    Raises
    ------
    ValueError
        For what cannot be forced or checked, in a clause.
    """
    assert line.consequence is not None
    recorder = _Recorder(system, line)
    forced = [each for each in branch if each.forced]
    early = [each for each in forced if trajectory(each.comparison.arguments[1], system) is None]
    changed, renamed = _force(system, forced, recorder, line)
    base, _ = _force(system, early, recorder, line)
    condition: Node = Number(1.0)
    for each in branch:
        if not each.forced:
            condition = Call("and", (condition, each.comparison))
    own = tuple(each for each in line.subscripts if system.range(each) is not None)
    consequence = _checked(line.consequence, system, recorder, own)
    names = (_free(f"{line.name} condition", system), _free(line.name, system))
    seen = [
        _variable(name, own, _truth(node), line)
        for name, node in zip(names, (condition, consequence), strict=True)
    ]
    constants = [
        _variable(each.name, each.subscripts, Number(0.0), line) for each in recorder.found
    ]
    return Experiment(
        " and ".join(each.label for each in forced),
        _with(changed, [*constants, *seen]),
        _with(base, [*_observers(recorder.found, False, line)]),
        _with(system, [*_observers(recorder.found, True, line)]),
        tuple(recorder.found),
        renamed,
        *names,
    )


class _Recorder:
    """Gives each course's basis a name of its own."""

    def __init__(self, system: System, line: RealityLine) -> None:
        self.system = system
        self.line = line
        self.found: list[Recorded] = []

    def course(self, found: Trajectory, subscripts: tuple[str, ...]) -> Node:
        """Return the value of a course, its basis among what is recorded."""
        new = Recorded(
            _free(f"{self.line.name} basis {len(self.found) + 1}", self.system),
            found.basis,
            subscripts,
            found.start,
            found.function.startswith("rc compare"),
            found.run,
        )
        same = (each for each in self.found if replace(each, name="") == replace(new, name=""))
        known = next(same, None)
        if known is None:
            self.found.append(new)
        return found.value(Reference((known or new).name, subscripts))


def _force(
    system: System, terms: list[Term], recorder: _Recorder, line: RealityLine
) -> tuple[System, dict[str, str]]:
    """Return the system with the terms made true, and the new names of forced variables."""
    renamed: dict[str, str] = {}
    made: dict[str, list[Definition]] = {}
    for term in terms:
        left = term.comparison.arguments[0]
        assert isinstance(left, Reference)
        name = system.names[left.name]
        dims = dimensions(system, name)
        subscripts = left.subscripts or dims
        others = made.setdefault(name, [])
        if len(subscripts) != len(dims):
            raise ValueError(f"{shown(left)} does not name an element of each of {', '.join(dims)}")
        if any(_overlap(system, each.subscripts, subscripts) for each in others):
            raise ValueError(f"the condition sets {shown(left)} twice")
        renamed[name] = _free(f"{name} as modelled", system)
        own = Reference(renamed[name], subscripts)
        ranges = tuple(each for each in subscripts if system.range(each) is not None)
        others.append(
            Definition(
                subscripts,
                _forced(term.comparison, own, recorder, ranges),
                line=line.line,
                text=line.text,
            )
        )
    variables: list[Variable] = []
    for variable in system.variables:
        if variable.name not in made:
            variables.append(variable)
            continue
        variables.append(replace(variable, name=renamed[variable.name]))
        variables.append(
            _variable_of(system, variable, made[variable.name], renamed[variable.name])
        )
    return system.replace(variables=tuple(variables)), renamed


def _forced(comparison: Call, own: Reference, recorder: _Recorder, ranges: tuple[str, ...]) -> Node:
    left, value = comparison.arguments
    assert isinstance(left, Reference)
    course = trajectory(value, recorder.system)
    if course is not None:
        if course.function.endswith(" check"):
            raise ValueError(f"{course.function.upper()} belongs into the consequence")
        value = recorder.course(course, ranges)  # its basis as the variable is without it
    value = _own(value, left.name, own.name)
    if comparison.function != "=":
        kept = Call(comparison.function, (own, value))
        value = Call("if then else", (kept, own, value))
    return value if course is None else Call("if then else", (course.lasts(), value, own))


def _variable_of(system: System, variable: Variable, made: list[Definition], own: str) -> Variable:
    """The forced variable: as set where it is, as modelled elsewhere."""
    dims = dimensions(system, variable.name)
    whole = any(
        all(system.range(each) and system.range(each) == system.range(dim) for each, dim in pairs)
        for pairs in (list(zip(each.subscripts, dims, strict=True)) for each in made)
    )
    rest = Definition(
        dims, Reference(own, dims), tuple(each.subscripts for each in made), made[0].line
    )
    definitions = tuple(made) if whole else (rest, *made)
    return Variable(
        variable.name, definitions, variable.units, documentation=variable.documentation
    )


def _overlap(system: System, left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    def elements(name: str) -> set[str]:
        found = system.range(name)
        return set(map(spelling, found.elements)) if found else {spelling(name)}

    return all(elements(one) & elements(other) for one, other in zip(left, right, strict=True))


def _own(node: Node, name: str, own: str) -> Node:
    """The forcing with the variable's own equation where it names the variable."""
    return rebuild(
        node,
        lambda each: (
            replace(each, name=own)
            if isinstance(each, Reference) and spelling(each.name) == spelling(name)
            else each
        ),
    )


def _checked(node: Node, system: System, recorder: _Recorder, ranges: tuple[str, ...]) -> Node:
    """A consequence in which every RC CHECK is its course, tested while it is to be tested."""
    if isinstance(node, Call) and node.function in ("and", "or", "not"):
        return Call(
            node.function,
            tuple(_checked(each, system, recorder, ranges) for each in node.arguments),
        )
    if not isinstance(node, Call) or node.function not in COMPARISONS:
        raise ValueError(f"{shown(node)} is not a comparison")
    sides, tested = [], []
    for side in node.arguments:
        course = trajectory(side, system)
        if course is None:
            sides.append(side)
            continue
        if not course.function.endswith(" check"):
            raise ValueError(
                f"{course.function.upper()} belongs into the condition; "
                f"a consequence has {course.function.upper()} CHECK"
            )
        tested.append(course.tested())
        sides.append(recorder.course(course, ranges))
    found = _compared(node.function, *sides)
    for each in tested:
        found = Call("or", (Call("not", (each,)), found))
    return found


def _compared(relation: str, left: Node, right: Node) -> Node:
    """A comparison; values that differ by less than single precision can tell are equal."""
    if relation not in _TOLERANT:
        return Call(relation, (left, right))
    size = Call("max", (Call("abs", (left,)), Call("abs", (right,))))
    slack = Call("*", (CLOSE, size))
    difference = Call("-", (left, right))
    if relation == "=":
        return Call("<=", (Call("abs", (difference,)), slack))
    if relation == "<=":
        return Call("<=", (difference, slack))
    return Call(">=", (difference, Call("negative", (slack,))))


def _truth(node: Node) -> Node:
    if isinstance(node, Number):
        return node
    return Call("if then else", (node, Number(1.0), Number(0.0)))


def _observers(found: list[Recorded], series: bool, line: RealityLine) -> Iterator[Variable]:
    for each in found:
        if each.is_series == series:
            yield _variable(each.name, each.subscripts, each.expression, line)
            yield _variable(each.moment, (), each.start, line)


def _variable(
    name: str, subscripts: tuple[str, ...], expression: Node, line: RealityLine
) -> Variable:
    return Variable(name, (Definition(subscripts, expression, line=line.line, text=line.text),))


def _with(system: System, variables: list[Variable]) -> System:
    return system.replace(variables=(*system.variables, *variables))


def _free(name: str, system: System) -> str:
    while name in system:
        name += " (Reality Check)"
    return name
