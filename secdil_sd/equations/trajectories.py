"""Vensim's RC functions: what a variable is to follow from a moment on, and for how long.

RC STEP, RAMP, DECAY, GROW and COMPARE stand in conditions, the same with CHECK in consequences.
All keep a variable at what the model makes of it until ``start`` (else RC START TIME, else the
first step), and then, for ``duration`` (else to the end), prescribe a course (Vensim Reference
Guide, Reality Check Functions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from secdil_sd.equations.expression import Call, Node, Number, Reference, Text, walk
from secdil_sd.equations.system import System

START = "RC START TIME"
_ARGUMENTS = {
    "rc step": ("basis", "mult"),
    "rc ramp": ("basis", "mult", "ramptime"),
    "rc decay": ("basis", "decaytime"),
    "rc grow": ("basis", "growrate"),
    "rc compare": ("run", "basis", "mult"),
    "rc step check": ("grace", "basis", "mult"),
    "rc ramp check": ("grace", "basis", "mult", "ramptime"),
    "rc decay check": ("grace", "basis", "decaytime"),
    "rc grow check": ("grace", "basis", "growrate"),
    "rc compare check": ("run", "basis", "grace", "mult"),
}
_SLACK = Number(1e-6)
"""Share of a step by which a time may miss the step it is meant to be."""


@dataclass(frozen=True)
class Trajectory:
    """One RC function with its arguments by name.

    Parameters
    ----------
    function : str
        As "rc step"; with " check" in consequences.
    arguments : mapping of str to Node
        basis, mult, ...; grace for checks.
    start : Node
        When the course begins.
    duration : Node or None
        How long it lasts; None: to the end.
    run : str
        The run that RC COMPARE compares with.
    """

    function: str
    arguments: Mapping[str, Node]
    start: Node
    duration: Node | None = None
    run: str = ""

    @property
    def basis(self) -> Node:
        """What the course begins at, or for RC COMPARE what is compared with."""
        return self.arguments["basis"]

    def value(self, basis: Node) -> Node:
        """Return the course, given what ``basis`` was at the start (or is in the other run)."""
        kind = self.function.removesuffix(" check")
        return _COURSES[kind](basis, self.arguments, _minus(Reference("Time"), self.start))

    def lasts(self) -> Node:
        """Return whether the course holds now: from start to start + duration."""
        return self._between(self.start, False)

    def tested(self) -> Node:
        """Return whether a check is tested now: from start + grace on."""
        return self._between(Call("+", (self.start, self.arguments["grace"])), True)

    def _between(self, begin: Node, ends: bool) -> Node:
        slack = Call("*", (_SLACK, Reference("TIME STEP")))
        now = Reference("Time")
        begun = Call(">=", (now, _minus(begin, slack)))
        if self.duration is None:
            return begun
        end = Call("+", (self.start, self.duration))
        over = (
            Call("<=", (now, Call("+", (end, slack))))
            if ends
            else Call("<", (now, _minus(end, slack)))
        )
        return Call("and", (begun, over))


def trajectory(node: Node, system: System) -> Trajectory | None:
    """Return what an RC function asks for; None for any other expression.

    Raises
    ------
    ValueError
        For the wrong number of arguments, and for an RC function inside an expression.
    """
    if not (isinstance(node, Call) and is_course(node)):
        inner = next((each for each in walk(node) if is_course(each)), None)
        if isinstance(inner, Call):
            raise ValueError(f"{inner.function.upper()} must be all that a variable is compared to")
        return None
    names = _ARGUMENTS.get(node.function)
    if names is None:
        raise ValueError(f"there is no function {node.function.upper()}")
    given = node.arguments
    if not len(names) <= len(given) <= len(names) + 2:
        raise ValueError(
            f"{node.function.upper()} has {len(given)} arguments but takes {len(names)} "
            f"({', '.join(names)}), then start and duration if they are given"
        )
    arguments = dict(zip(names, given, strict=False))
    start, duration = (*given[len(names) :], None, None)[:2]
    run = arguments.pop("run", None)
    return Trajectory(
        node.function,
        arguments,
        start or _start(system),
        duration,
        run.value if isinstance(run, Text) else "",
    )


def is_course(node: Node) -> bool:
    """Say whether an expression is an RC function."""
    return isinstance(node, Call) and node.function.startswith("rc ")


def _start(system: System) -> Node:
    if START in system:
        return Reference(system.names[START])
    return Call("+", (Reference("INITIAL TIME"), Reference("TIME STEP")))


def _minus(left: Node, right: Node) -> Node:
    return Call("-", (left, right))


def _times(left: Node, right: Node) -> Node:
    return Call("*", (left, right))


def _ramp(basis: Node, given: Mapping[str, Node], elapsed: Node) -> Node:
    share = Call("min", (Call("/", (elapsed, given["ramptime"])), Number(1.0)))
    change = _times(_minus(given["mult"], Number(1.0)), share)
    return _times(basis, Call("+", (Number(1.0), change)))


_COURSES: dict[str, Callable[[Node, Mapping[str, Node], Node], Node]] = {
    "rc step": lambda basis, given, elapsed: _times(basis, given["mult"]),
    "rc compare": lambda basis, given, elapsed: _times(basis, given["mult"]),
    "rc ramp": _ramp,
    "rc decay": lambda basis, given, elapsed: _times(
        basis, Call("exp", (Call("negative", (Call("/", (elapsed, given["decaytime"])),)),))
    ),
    "rc grow": lambda basis, given, elapsed: _times(
        basis, Call("exp", (_times(elapsed, given["growrate"]),))
    ),
}
