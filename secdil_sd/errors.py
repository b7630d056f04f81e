"""What can go wrong, as data: findings, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """One thing to tell the user: what is wrong, where, and what would mend it.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
    message : str
        One sentence saying what is wrong.
    place : str
        File and line, row or table, as the user knows them.
    variables : tuple of str
        Names of the variables involved.
    remedy : str
        One sentence saying what to do.

    Examples
    --------
    >>> print(Finding("error", "Step is 0.", "a.mdl, line 3", remedy="Make it positive."))
    a.mdl, line 3: Step is 0. Make it positive.
    """

    severity: Literal["error", "warning", "note"]
    message: str
    place: str = ""
    variables: tuple[str, ...] = ()
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}" if self.place else self.message
        return f"{text} {self.remedy}" if self.remedy else text


class SecdilError(Exception):
    """Base of everything secdil raises for a reason a user can act on.

    Built from findings (or bare sentences, taken as errors); all mistakes of one
    kind travel together, and the exception survives pickling.

    Examples
    --------
    >>> str(SecdilError("The file is empty."))
    'The file is empty.'
    """

    def __init__(self, *findings: Finding | str) -> None:
        self.findings: tuple[Finding, ...] = tuple(
            Finding("error", finding) if isinstance(finding, str) else finding
            for finding in findings
        )
        super().__init__(*self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.findings


class InputError(SecdilError, ValueError):
    """Something the user gave does not fit: a parameter, a time, an output, a keyword."""


class ModelError(InputError):
    """A model file cannot be read, resolved or compiled."""


class ScenarioError(InputError):
    """A scenario file has mistakes; each is one finding."""


class DataError(InputError):
    """Historical data are missing, malformed or on another basis."""


class FileError(SecdilError, OSError):
    """A file is missing, unreadable or cannot be written."""

    def __str__(self) -> str:
        return SecdilError.__str__(self)


class SolveError(SecdilError, RuntimeError):
    """The integration of a single run stopped before its last output time."""


@contextmanager
def collecting(findings: list[Finding]) -> Iterator[None]:
    """Go on after a mistake, keeping it: several checks then report all of theirs together.

    >>> found: list[Finding] = []
    >>> with collecting(found):
    ...     raise InputError("Step is 0.")
    >>> [str(each) for each in found]
    ['Step is 0.']
    """
    try:
        yield
    except SecdilError as error:
        findings += error.findings
