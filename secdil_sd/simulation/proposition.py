"""A user's proposition: the schema of ``[propositions.NAME]`` in scenario files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from secdil_sd.simulation.premise import Premise
from secdil_sd.simulation.sentence import TREND, Sentence, read_sentence
from secdil_sd.simulation.toml_file import Strict, check_table

Value = float | dict[str, float] | dict[str, dict[str, float]]


class Proposition(Strict):
    """What a scenario's author expects of the model, to be tried over what is not known.

    ``when`` bounds constants (they are then drawn inside), ``settings`` fixes some, ``change``
    asks for a second run to compare with; ``then`` says what must hold of the outputs. Without
    ``then`` the statement itself is read, if it has the form of `sentence.GRAMMAR`.
    """

    statement: str = ""
    when: str = ""
    settings: dict[str, Value] = {}
    change: dict[str, Value] = {}
    then: str = ""
    varied: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _said(cls, data: Any) -> Any:
        """Take a sentence alone, and settings given under ``when``."""
        if isinstance(data, str):
            data = {"statement": data}
        if not isinstance(data, Mapping):
            return data
        found = dict(data)
        if isinstance(found.get("when"), Mapping):
            found["settings"] = {**found.pop("when"), **found.get("settings", {})}
        return found

    @model_validator(mode="after")
    def _complete(self) -> Proposition:
        if not self.then:
            beside = [each for each in ("when", "settings", "change") if getattr(self, each)]
            if beside:
                raise ValueError(f"'then' is missing beside {beside[0]!r}")
            if not self.statement:
                raise ValueError("it needs a statement in words, or 'when' and 'then'")
        Premise.parse(self.parts.when)
        if self.change:
            for part in self.then.split(" and "):
                if TREND.fullmatch(part.strip()) is None:
                    raise ValueError(
                        f"{part.strip()!r} compares nothing: beside 'change', 'then' says that "
                        "an output rises, falls, does not rise or does not fall"
                    )
        return self

    @property
    def parts(self) -> Sentence:
        """When, settings, change and then, whether given each by itself or in words."""
        if not self.then:
            return read_sentence(self.statement)
        return Sentence(self.when, dict(self.settings), dict(self.change), self.then)  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        """The statement, or one made of its parts."""
        if self.statement:
            return self.statement
        given = [self.when, *(f"{n} = {v}" for n, v in self.settings.items())]
        given += [f"{n} set to {v}" for n, v in self.change.items()]
        premise = " and ".join(each for each in given if each)
        return f"when {premise}: {self.then}" if premise else self.then


def check_proposition(given: Any, place: str) -> Proposition:
    """Return a proposition given as a table or as a sentence.

    Raises
    ------
    ScenarioError
        For everything that does not fit.

    Examples
    --------
    >>> found = check_proposition("when reaction is at most 0.1, spending stays below 50", "mine")
    >>> found.parts.then
    'spending < 50'
    """
    return check_table(given, Proposition, place)
