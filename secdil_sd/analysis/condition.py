"""A condition on what members give, as "peak spiral number > 1 and burden final < 0.1"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import key, spoken
from secdil_sd.simulation.outputs import Output, parse_outputs
from secdil_sd.simulation.scenario import model_of

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARISON = re.compile(r"^(?:(any|every|all)\s+)?(.+?)\s*(<=|>=|<|>)\s*(\S+)$", re.I)
_SIGNS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
_REDUCED = {
    "final": "final",
    "initial": "initial",
    "mean": "mean",
    "max": "highest",
    "min": "lowest",
}
_GRAMMAR = 'Write it as "peak spiral number > 1 and burden final < 0.1".'


@dataclass(frozen=True)
class Comparison:
    """One comparison of an output with a number.

    Parameters
    ----------
    text : str
    output : Output
    sign : {"<", "<=", ">", ">="}
    level : float
    some : bool
        Whether one element (or time) suffices; else all must keep it.
    """

    text: str
    output: Output
    sign: str
    level: float
    some: bool = False

    def holds(self, run: xr.Dataset) -> np.ndarray:
        """Return for each member 1, 0, or NaN where a value is missing."""
        name = self.output.key
        found = run[name] if name in run else run[key(self.output.variable)]
        for element in self.output.elements if name not in run else ():
            found = found.isel({found.dims[0]: _place(found, element)})
        values = found.transpose(*(each for each in found.dims if each != "member"), ...).values
        if "member" not in found.dims:
            values = np.repeat(values[..., None], run.sizes["member"], axis=-1)
        values = _without_self_pairs(found, values).reshape(-1, values.shape[-1])
        kept = OPERATORS[self.sign](values, self.level)
        unknown = np.isnan(values)
        if self.some:
            answer = np.where((kept & ~unknown).any(axis=0), 1.0, 0.0)
            return np.where((answer == 0) & unknown.any(axis=0), np.nan, answer)
        answer = np.where((~kept & ~unknown).any(axis=0), 0.0, 1.0)
        return np.where((answer == 1) & unknown.any(axis=0), np.nan, answer)


@dataclass(frozen=True)
class Condition:
    """Comparisons joined by "and" and "or"; "and" binds closer.

    Parameters
    ----------
    text : str
    alternatives : tuple of tuple of Comparison
        One of them must hold, with all of its comparisons.

    Examples
    --------
    >>> import pandas as pd, secdil_sd as sd
    >>> linear = sd.load_model("richardson")
    >>> rule = Condition.parse("spending.East final > 12 or any spending final < 9", linear)
    >>> rule.outputs
    ('spending.East final', 'spending final')
    >>> draws = pd.DataFrame({"reaction": [0.0, 0.15]})
    >>> rule.holds(linear.run_ensemble(draws, times=range(3), outputs=rule.outputs)).tolist()
    [0.0, 1.0]
    """

    text: str
    alternatives: tuple[tuple[Comparison, ...], ...]

    @classmethod
    def parse(cls, text: str, case: Scenario | Model) -> Condition:
        """Read a condition on the outputs and constants of a case.

        Parameters
        ----------
        text : str
            Comparisons ``output < number`` (also <= > >=) joined by "and" and "or". An output
            with elements must keep it for every element, or after "any" for at least one; a
            whole series at every time, or at one.
        case : Scenario or Model

        Raises
        ------
        InputError
            For everything it cannot read, together.
        """
        findings: list[Finding] = []
        alternatives: list[list[Comparison]] = [[]]
        for joint, piece in _pieces(text):
            if joint == "or":
                alternatives.append([])
            try:
                alternatives[-1].append(_comparison(piece, text, case))
            except SecdilError as error:
                findings += error.findings
        if findings:
            raise InputError(*findings)
        return cls(text, tuple(map(tuple, alternatives)))

    @property
    def outputs(self) -> tuple[str, ...]:
        """What a run must be asked for."""
        texts = [each.output.text for part in self.alternatives for each in part]
        return tuple(dict.fromkeys(texts))

    def holds(self, run: xr.Dataset) -> np.ndarray:
        """Return for each member 1 where it holds, 0 where not, NaN where it cannot be known."""
        answer = np.zeros(run.sizes["member"])
        for part in self.alternatives:
            both = np.ones(run.sizes["member"])
            for each in part:
                own = each.holds(run)
                both = np.where((both == 0) | (own == 0), 0.0, both * own)
            answer = np.where((answer == 1) | (both == 1), 1.0, answer + both)
        return answer


def condition_in_words(text: str, verb: str = "") -> str:
    """Return a condition as one says it.

    Parameters
    ----------
    text : str
        As `Condition.parse` takes it.
    verb : str
        Between an output and its bound, as "is"; "" where the sentence has one already.

    Examples
    --------
    >>> condition_in_words("peak spiral number < 1"), condition_in_words("burden final<=.1", "is")
    ('the peak spiral number below 1', 'the final burden is at most .1')
    >>> condition_in_words("spending final.India < 9 and any burden max > 0.1")
    'the final spending of India below 9 and any highest burden above 0.1'
    """
    parts: list[str] = []
    for joint, piece in _pieces(text):
        match = _COMPARISON.match(piece)
        if match is None:
            return repr(text)
        word, name, sign, level = match.groups()
        name, _, element = name.partition(".")
        head, _, last = name.rpartition(" ")
        named = f"{_REDUCED[last]} {head}" if head and last in _REDUCED else name
        named = spoken(f"{word or 'the'} {named}" + (f"[{element}]" if element else ""))
        said = " ".join(each for each in (named, verb, _SIGNS[sign], level) if each)
        parts += [joint, said] if parts else [said]
    return " ".join(parts)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Cut at "and" and "or" where a comparison is complete: names may hold the words too."""
    found: list[tuple[str, str]] = []
    joint, current = "and", ""
    for part in re.split(r"\s+(and|or)\s+", str(text).strip(), flags=re.I):
        complete = re.search(r"[<>]=?\s*[-+.\d]\S*$", current)
        if part.casefold() in ("and", "or") and complete:
            found.append((joint, current))
            joint, current = part.casefold(), ""
        else:
            current = f"{current} {part}".strip()
    return [*found, (joint, current)]


def _comparison(piece: str, text: str, case: Scenario | Model) -> Comparison:
    match = _COMPARISON.match(piece)
    if match is None:
        message = f"{piece or text!r} is not a comparison."
        raise InputError(Finding("error", message, "condition", remedy=_GRAMMAR))
    word, name, sign, number = match.groups()
    try:
        level = float(number)
    except ValueError:
        message = f"{number!r} in {piece!r} is not a number."
        raise InputError(Finding("error", message, "condition", remedy=_GRAMMAR)) from None
    model = model_of(case)
    try:
        output = parse_outputs([name], model.system, model.gains)[0]
    except SecdilError:
        if word is None:
            raise
        name = f"{word} {name}"  # "any" may be part of a name
        output = parse_outputs([name], model.system, model.gains)[0]
        word = None
    return Comparison(piece, output, sign, level, (word or "").casefold() == "any")


def _place(array: xr.DataArray, element: str) -> int:
    labels = [str(each) for each in array[array.dims[0]].values]
    return labels.index(element)


def _without_self_pairs(array: xr.DataArray, values: np.ndarray) -> np.ndarray:
    """Drop the entries of a state with itself, which never act."""
    rest = [each for each in array.dims if each not in ("member", "time")]
    if len(rest) != 2 or array.sizes[rest[0]] != array.sizes[rest[1]]:
        return values
    order = [each for each in array.dims if each != "member"]
    own = np.array([str(each) for each in array[rest[0]].values])
    other = np.array([str(each) for each in array[rest[1]].values])
    pairs = np.argwhere(own[:, None] != other[None, :])
    moved = np.moveaxis(values, [order.index(each) for each in rest], [0, 1])
    return moved[pairs[:, 0], pairs[:, 1]]
