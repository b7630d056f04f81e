"""What a proposition asks of constants: bounds inside which they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import Names, split_selector
from secdil_sd.simulation.companion import Constraint

_COMPARISON = re.compile(r"(.+?)\s*(<=|>=|<|>)\s*(.+)")


@dataclass(frozen=True)
class Bound:
    """One side of a range: ``name`` (a constant or one element) below or above ``level``."""

    name: str
    sign: str
    level: float


@dataclass(frozen=True)
class Premise:
    """The conditions a proposition sets, all of them together.

    Parameters
    ----------
    bounds : tuple of Bound
        Constants against numbers.
    rules : tuple of str
        Constants against each other: linear inequalities.

    Examples
    --------
    >>> found = Premise.parse("democracy >= 0.8 and revelation strength >= worst case bias")
    >>> found.bounds
    (Bound(name='democracy', sign='>=', level=0.8),)
    >>> found.rules
    ('revelation strength >= worst case bias',)
    """

    bounds: tuple[Bound, ...] = ()
    rules: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Premise:
        """Read comparisons joined by "and"; raises ValueError for anything else."""
        bounds: list[Bound] = []
        rules: list[str] = []
        for part in re.split(r"\s+and\s+", text.strip(), flags=re.I) if text.strip() else ():
            match = _COMPARISON.fullmatch(part.strip())
            if match is None or "<" in match[3] or ">" in match[3]:
                raise ValueError(
                    f"{part!r} is not a comparison; "
                    'write it as "democracy >= 0.8 and reaction < 0.5"'
                )
            left, sign, right = match.groups()
            level = _number(right)
            if level is not None and not re.search(r"\s[-+]\s", left):
                bounds.append(Bound(left.strip(), sign, level))
                continue
            try:
                Constraint.parse(f"{left} {sign[0]}= {right}")
            except InputError as error:
                raise ValueError(str(error)) from None
            rules.append(f"{left.strip()} {sign[0]}= {right.strip()}")
        return cls(tuple(bounds), tuple(rules))

    @property
    def names(self) -> tuple[str, ...]:
        """The constants and elements it speaks of."""
        terms = [name for rule in self.rules for _, name in Constraint.parse(rule).terms]
        return tuple(dict.fromkeys([*(each.name for each in self.bounds), *terms]))


def unknown_constants(names: tuple[str, ...], system: System, place: str) -> list[Finding]:
    """Return a finding for every name that is no constant of a model."""
    known = Names([each.name for each in system.variables if each.kind == "constant"], "constant")
    return [
        known.unknown(name, place)
        for name in names
        if name not in known and split_selector(name)[0] not in known
    ]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
