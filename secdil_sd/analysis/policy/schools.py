"""The schools of thought and the levers they would move: models/remedies.toml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import field_validator

from secdil_sd import bundle
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling, suggestion
from secdil_sd.simulation.toml_file import Strict, read_toml

FILE = "remedies.toml"


class School(Strict):
    """One remedy: what a school of thought would move, and why.

    Parameters
    ----------
    name : str
    school, source, statement, caveat : str
    levers : mapping of str to {"low", "high"}
        By the role its variable plays in a model: to which end of its range it moves.
    """

    name: str
    school: str
    source: str
    statement: str
    levers: dict[str, Literal["low", "high"]]
    caveat: str = ""

    @field_validator("levers")
    @classmethod
    def _some(cls, levers: dict[str, str]) -> dict[str, str]:
        if not levers:
            raise ValueError("a remedy needs a lever")
        return levers


class Schools(Strict):
    """What the file holds: roles a policy may move by default, and the remedies."""

    levers: tuple[str, ...]
    remedies: tuple[School, ...]


def read_schools(given: str | Path | Sequence[str] | None = None) -> Schools:
    """Read the table of remedies: the bundled one, some schools of it, or a file of its shape.

    Parameters
    ----------
    given : sequence of str, or path, optional
        Names of schools or remedies of the bundled table, or a TOML file in its place.

    Raises
    ------
    FileError, ScenarioError
        If there is no such file; for everything wrong in it, with its place.
    InputError
        For names that are none, with the nearest.

    Examples
    --------
    >>> sorted({each.school for each in read_schools().remedies})[:3]
    ['Booth and Wheeler', 'Democratic peace', 'Deutsch']
    >>> [each.name for each in read_schools(["Glaser"]).remedies]
    ['transparency of motive']
    """
    if isinstance(given, Path) or (isinstance(given, str) and given.lower().endswith(".toml")):
        return read_toml(Path(given), Schools)
    book = read_toml(bundle.path(FILE), Schools)
    if given is None:
        return book
    wanted = [given] if isinstance(given, str) else [str(each) for each in given]
    own = {spelling(each): each for one in book.remedies for each in (one.school, one.name)}
    strays = [each for each in wanted if spelling(each) not in own]
    if strays or not wanted:
        known = list(own.values())
        findings = [
            Finding("error", f"No school {each!r}.", "", (each,), suggestion(each, known))
            for each in strays or [""]
        ]
        raise InputError(*findings)
    chosen = {spelling(each) for each in wanted}
    kept = tuple(
        each for each in book.remedies if chosen & {spelling(each.school), spelling(each.name)}
    )
    return book.model_copy(update={"remedies": kept})
