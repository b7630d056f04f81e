"""Do the units of a model agree? One finding a disagreement, with what would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import checked_model
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding
from secdil_sd.provenance import provenance

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario
    from secdil_sd.units.equations import Disagreement, Units

COLUMNS = ("variable", "line", "term", "found", "needed", "message", "remedy")
MOST_NAMES = 8


@dataclass(frozen=True, eq=False)
class UnitCheck:
    """What came of checking a model's units.

    Parameters
    ----------
    table : DataFrame
        One row a disagreement (one for all elements of an array): ``variable``, ``line`` of the
        file, the offending ``term``, the unit it is ``found`` in and the one ``needed`` there,
        ``message`` and ``remedy``.
    findings : tuple of Finding
        The same as sentences; errors for disagreements, a note on what could not be told.
    variables : int
        How many variables the model has.
    undeclared : tuple of str
        Those without units: what depends on them cannot be judged.
    """

    table: pd.DataFrame = field(repr=False)
    findings: tuple[Finding, ...] = field(repr=False)
    variables: int
    undeclared: tuple[str, ...]
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def agrees(self) -> bool:
        """Whether nothing disagrees; what has no units was not judged (see `undeclared`)."""
        return not any(each.severity == "error" for each in self.findings)

    @property
    def finding(self) -> str:
        """What came out, in a sentence."""
        judged = self.variables - len(self.undeclared)
        if not judged:
            return "Cannot tell: no variable has units."
        rest = f"; {len(self.undeclared)} have none" if self.undeclared else ""
        wrong = len({each for finding in self.errors for each in finding.variables})
        if not wrong:
            return f"Units agree in every equation ({judged} variables with units{rest})."
        equations = (
            "the equation of 1 variable" if wrong == 1 else f"equations of {wrong} variables"
        )
        return f"Units disagree in {equations}, of {judged} with units{rest}."

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(each for each in self.findings if each.severity == "error")

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table (.csv, .parquet), or everything (.json)."""
        record = {"finding": self.finding, "provenance": dict(self.provenance)}
        return save_result(path, {"table": self.table}, record)

    def __str__(self) -> str:
        return "\n".join([self.finding, *(f"{each.severity}: {each}" for each in self.findings)])


@verb
def check_units(subject: Scenario | Model) -> UnitCheck:
    """Check that both sides of every equation are in the same unit.

    Every word of a unit is a unit of its own, synonyms the file lists apart. A bare number has no
    unit where it is added or multiplied, and takes the unit of the other side where it is
    compared; 0 is 0 in any unit. What has no units in the file is not judged.

    Parameters
    ----------
    subject : Scenario or Model

    Returns
    -------
    UnitCheck

    Raises
    ------
    InputError
        If the subject is neither.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> print(sd.check_units(sd.load_model("richardson")))
    Units agree in every equation (14 variables with units).
    """
    import pandas as pd

    from secdil_sd.units.equations import Units

    model = checked_model(subject)
    units = Units(model.system)
    pairs = [(each, _finding(units, each)) for each in units.disagreements]
    rows = [_row(units, each, finding) for each, finding in pairs]
    return UnitCheck(
        pd.DataFrame(rows, columns=list(COLUMNS)),
        (*_unread(units), *(finding for _, finding in pairs), *_open(units)),
        len(model.system.variables),
        units.undeclared,
        provenance(model=model.name),
    )


def _row(units: Units, wrong: Disagreement, finding: Finding) -> tuple[object, ...]:
    found, needed = units.words.shown(wrong.found), units.words.shown(wrong.needed)
    return (
        wrong.variable,
        wrong.line,
        wrong.term,
        found,
        needed,
        finding.message,
        finding.remedy,
    )


def _finding(units: Units, wrong: Disagreement) -> Finding:
    found, needed = units.words.shown(wrong.found), units.words.shown(wrong.needed)
    factor = units.words.shown(wrong.needed / wrong.found)
    why = f" ({wrong.why})" if wrong.why else ""
    message = (
        f"The units of {wrong.variable!r} disagree: {wrong.term} is in {found}, where {needed} is "
        f"needed{why}."
    )
    remedy = f"Multiply it by a constant in {factor}"
    if wrong.whole and not wrong.why:
        remedy += f", or declare {wrong.variable!r} in {found}"
    elif wrong.term.split("[")[0] in units.system:
        remedy += f", or declare {wrong.term.split('[')[0]!r} in {needed}"
    return Finding(
        "error", message, units.system.where(wrong.line), (wrong.variable,), f"{remedy}."
    )


def _unread(units: Units) -> list[Finding]:
    """Units that are not written as units are."""
    return [
        Finding(
            "error",
            f"The units of {each.variable.name!r}, {each.variable.units!r}, cannot be read: "
            f"{each.reason}.",
            units.system.where(each.variable.line),
            (each.variable.name,),
            "Write them as in billion USD/year, 1/year or Dmnl.",
        )
        for each in units.unreadable
    ]


def _open(units: Units) -> list[Finding]:
    """What has no units, in one note."""
    names = units.undeclared
    if not names:
        return []
    shown = ", ".join(names[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    have = "has" if len(names) == 1 else "have"
    message = f"{shown}{more} {have} no units: equations with them are not fully judged."
    return [
        Finding(
            "note", message, units.system.place, names, "Give units, Dmnl where there are none."
        )
    ]
