"""What a model file says about its model beside the equations: its Reality Check lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from secdil_sd.equations.system import System
from secdil_sd.errors import Finding

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("name", "kind", "subscripts", "file", "line", "text", "documentation", "problem")
MOST_NAMED = 4


def reality_table(system: System) -> pd.DataFrame:
    """Return the Reality Check lines of a model file, a row a line."""
    import pandas as pd

    rows = [
        (
            each.name,
            each.kind,
            ", ".join(each.subscripts),
            system.place,
            each.line,
            each.text,
            each.documentation,
            each.problem,
        )
        for each in system.reality
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def reality_findings(system: System) -> list[Finding]:
    """Say how many lines there are and how to run them, and which cannot be read."""
    if not system.reality:
        return []
    constraints = [each.name for each in system.reality if each.kind == "constraint"]
    tests = len(system.reality) - len(constraints)
    count = f"{len(constraints)} constraint{'' if len(constraints) == 1 else 's'}"
    if tests:
        count += f" and {tests} test input{'' if tests == 1 else 's'}"
    named = ", ".join(constraints[:MOST_NAMED]) + (", ..." if constraints[MOST_NAMED:] else "")
    message = f"The file holds {count} of Reality Check{f' ({named})' if named else ''}."
    remedy = f"Run them: secdil propositions {system.place or system.name}."
    found = [Finding("note", message, system.place, tuple(constraints), remedy)]
    for each in system.reality:
        if each.problem:
            said = f"The {each.kind} {each.name!r} cannot be run: {each.problem}."
            found.append(Finding("warning", said, system.where(each.line), (each.name,)))
    return found
