"""What a design varies: parameters with their ranges and distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling, split_selector
from secdil_sd.simulation.companion import Companion, Distribution


@dataclass(frozen=True)
class Parameter:
    """One number a design varies: a constant, or one element of it.

    Parameters
    ----------
    name : str
        The variable, in the file's spelling.
    elements : tuple of str
        The element, for an array.
    distribution : Distribution
    """

    name: str
    elements: tuple[str, ...]
    distribution: Distribution

    @property
    def selector(self) -> str:
        """The name samples and outputs know it by.

        >>> even = Distribution(kind="uniform", low=0, high=1)
        >>> Parameter("transparency", ("India",), even).selector
        'transparency[India]'
        """
        return f"{self.name}[{','.join(self.elements)}]" if self.elements else self.name


def design_parameters(
    system: System, companion: Companion, names: Sequence[str] | None = None
) -> tuple[Parameter, ...]:
    """Return the parameters a design varies.

    Parameters
    ----------
    system : System
    companion : Companion
    names : sequence of str, optional
        Constants or elements; default every constant with a range, each element its own.

    Raises
    ------
    InputError
        For unknown names and for constants without a range; all together.
    """
    ranged = [
        each.name
        for each in system.variables
        if each.kind == "constant"
        and each.name not in TIME_NAMES
        and (
            each.name in companion.distributions or (each.low is not None and each.high is not None)
        )
    ]
    known = Names([each.name for each in system.variables if each.kind == "constant"], "parameter")
    found: list[Parameter] = []
    findings: list[Finding] = []
    for text in names if names is not None else ranged:
        try:
            name, chosen = (text, ()) if text in known else split_selector(text)
            found += _elements(system, companion, known[name], chosen)
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise InputError(*findings)
    return tuple(found)


def _elements(
    system: System, companion: Companion, name: str, chosen: tuple[str, ...]
) -> list[Parameter]:
    distribution = _distribution(system, companion, name)
    labels = [elements(system, each) for each in dimensions(system, name)]
    for place, each in enumerate(chosen):
        by_spelling = {spelling(label): label for label in labels[place]}
        if spelling(each) not in by_spelling:
            raise InputError(Names(labels[place], f"element of {name}").unknown(each))
        labels[place] = (by_spelling[spelling(each)],)
    return [Parameter(name, each, distribution) for each in product(*labels)]


def _distribution(system: System, companion: Companion, name: str) -> Distribution:
    for each, distribution in companion.distributions.items():
        if spelling(each) == spelling(name):
            return distribution
    low, high = system[name].low, system[name].high
    if low is None or high is None or not low < high:
        remedy = "Give it one in the model's unit field, as [0,1], or under [distributions]."
        raise InputError(
            Finding("error", f"{name!r} has no range to vary over.", "", (name,), remedy)
        )
    return Distribution(kind="uniform", low=low, high=high)
