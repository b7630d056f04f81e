"""Causal tracing: what a variable depends on, or what depends on it, as a tree and a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import checked_model
from secdil_sd.analysis.structure.links import INITIAL, Link, links
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import split_selector
from secdil_sd.simulation.describe import kinds

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

SIGNS = {1: "+", -1: "-", 0: "0", None: ""}


@dataclass(frozen=True)
class Trace:
    """What a variable depends on, or what depends on it; prints as a tree.

    Parameters
    ----------
    variable : str
    direction : {"cause", "use"}
    table : DataFrame
        A row a link: level, variable (the one asked about at that place), cause or use, kind,
        sign ("+": more of the cause never means less; "-": never more; "0": it never matters;
        "": it depends), part ("rate", "equation" or "initial value"), equation, units,
        repeated (shown in full elsewhere).
    """

    variable: str
    direction: Literal["cause", "use"]
    table: pd.DataFrame = field(repr=False)
    head: str = ""

    def __str__(self) -> str:
        rows = list(self.table.itertuples(index=False))
        lines = [self.head]
        for place, row in enumerate(rows):
            bars = "".join(
                "│  " if _goes_on(rows, place, level) else "   " for level in range(1, row.level)
            )
            last = not _goes_on(rows, place, row.level)
            name = getattr(row, self.direction)
            start, unsure = ("initially: ", "") if row.part == INITIAL else ("", "? ")
            sign = f"{row.sign} " if row.sign else unsure
            known = ", ".join(each for each in (row.kind, row.units) if each)
            again = ", see above" if row.repeated else ""
            lines.append(f"{bars}{'└─' if last else '├─'} {start}{sign}{name} ({known}{again})")
        return "\n".join(lines)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table (.csv, .parquet), or it and the tree (.json)."""
        record = {"variable": self.variable, "direction": self.direction, "tree": str(self)}
        return save_result(path, {"table": self.table}, record)


def causes(subject: Model | Scenario, variable: str, depth: int = 2) -> Trace:
    """Return what a variable depends on, through so many equations.

    Parameters
    ----------
    subject : Model or Scenario
    variable : str
        In any spelling; elements are left out, since the equations are for all of them.
    depth : int
        How many equations to go back.

    Returns
    -------
    Trace
        Prints as a tree; ``.table`` has a row a link.

    Raises
    ------
    InputError
        For an unknown variable, naming the nearest, or a depth that is no whole number from 1.

    Examples
    --------
    >>> from secdil_sd.simulation.model import load_model
    >>> print(causes(load_model("richardson"), "spending", depth=1))
    spending (stock, billion USD/year) is caused by
    ├─ + arming (flow, billion USD/year/year)
    ├─ - disarming (flow, billion USD/year/year)
    └─ initially: + initial spending (constant, billion USD/year)
    """
    return _trace(checked_model(subject).system, variable, depth, "cause")


def uses(subject: Model | Scenario, variable: str, depth: int = 1) -> Trace:
    """Return what depends on a variable, through so many equations.

    Parameters
    ----------
    subject, variable, depth
        As for `causes`.

    Returns
    -------
    Trace

    Raises
    ------
    InputError
        As for `causes`.

    Examples
    --------
    >>> from secdil_sd.simulation.model import load_model
    >>> print(uses(load_model("richardson"), "fatigue"))
    fatigue (constant, 1/year) is used by
    └─ ? disarming (flow, billion USD/year/year)
    """
    return _trace(checked_model(subject).system, variable, depth, "use")


def _trace(system: System, variable: str, depth: int, direction: Literal["cause", "use"]) -> Trace:
    import pandas as pd

    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        remedy = "Give a whole number from 1, as depth=2."
        raise InputError(Finding("error", f"No depth {depth!r}.", "depth", remedy=remedy))
    bare = variable if variable in system else split_selector(str(variable))[0]
    name = system.names[bare]
    by_end: dict[str, list[Link]] = {}
    for each in links(system):
        near = each.effect if direction == "cause" else each.cause
        by_end.setdefault(near, []).append(each)
    kind_of = kinds(system)
    rows = list(_Walk(system, direction, depth, by_end, kind_of, {name}).below(name))
    columns = ["level", "variable", direction, "kind", "sign", "part", "equation", "units"]
    table = pd.DataFrame(rows, columns=[*columns, "repeated"])
    known = ", ".join(each for each in (kind_of[name], system[name].units) if each)
    verb = "is caused by" if direction == "cause" else "is used by"
    nothing = "" if rows else " nothing"
    return Trace(name, direction, table, f"{name} ({known}) {verb}{nothing}")


@dataclass
class _Walk:
    """Goes from link to link; what was shown in full is not shown again."""

    system: System
    direction: str
    depth: int
    by_end: Mapping[str, Sequence[Link]]
    kind_of: Mapping[str, str]
    seen: set[str]

    def below(self, name: str, level: int = 1) -> Iterator[dict[str, object]]:
        """Yield the rows below one variable."""
        for link in self.by_end.get(name, ()):
            other = link.cause if self.direction == "cause" else link.effect
            variable = self.system.get(other)
            repeated = other in self.seen and other in self.by_end
            yield {
                "level": level,
                "variable": name,
                self.direction: other,
                "kind": self.kind_of.get(other, "time"),
                "sign": SIGNS[link.sign],
                "part": link.part,
                "equation": "\n".join(e.text for e in variable.definitions) if variable else "",
                "units": variable.units if variable else "",
                "repeated": repeated,
            }
            if level < self.depth and not repeated:
                self.seen.add(other)
                yield from self.below(other, level + 1)


def _goes_on(rows: list, place: int, level: int) -> bool:
    """Whether another row of that level follows under the same branch."""
    for row in rows[place + 1 :]:
        if row.level < level:
            return False
        if row.level == level:
            return True
    return False
