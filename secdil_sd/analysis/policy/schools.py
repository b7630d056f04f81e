"""The schools of thought and the levers they would move: models/remedies.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import field_validator

from secdil_sd import bundle
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


def read_schools(path: str | Path | None = None) -> Schools:
    """Read the table of remedies: the bundled one, or a file of the same shape.

    Raises
    ------
    FileError, ScenarioError
        If there is no such file; for everything wrong in it, with its place.

    Examples
    --------
    >>> sorted({each.school for each in read_schools().remedies})[:3]
    ['Booth and Wheeler', 'Democratic peace', 'Deutsch']
    """
    return read_toml(bundle.path(FILE) if path is None else Path(path), Schools)
