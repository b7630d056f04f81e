"""Reality Check lines of a Vensim file as data: test inputs and constraints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from secdil_sd.equations.expression import Node


@dataclass(frozen=True)
class RealityLine:
    """One line that says something about a model and is no part of it.

    Parameters
    ----------
    name : str
    kind : {"test input", "constraint"}
    subscripts : tuple of str
        Ranges or elements the line is said of; none for the whole.
    condition : Node or None
        What stands behind ``:THE CONDITION:``, or the equation behind ``:TEST INPUT:``; None
        where it cannot be read.
    consequence : Node or None
        What stands behind ``:IMPLIES:``; None for test inputs.
    line : int or None
        Line of the file on which it starts.
    text, documentation : str
        As written.
    problem : str
        Why it cannot be read, in a clause; empty if it can.
    """

    name: str
    kind: Literal["test input", "constraint"]
    subscripts: tuple[str, ...] = ()
    condition: Node | None = None
    consequence: Node | None = None
    line: int | None = None
    text: str = ""
    documentation: str = ""
    problem: str = ""
