"""Vensim's changes files (.cin): read as params, and written from a scenario's."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements
from secdil_sd.equations.system import TIME_NAMES, System
from secdil_sd.errors import FileError, Finding, InputError, SecdilError
from secdil_sd.simulation.overrides import merged
from secdil_sd.simulation.scenario import Scenario, model_of
from secdil_sd.simulation.tables import read_text
from secdil_sd.simulation.values import Reader, resolve

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model

LOG = logging.getLogger("secdil_sd")

_NAME = r'(?P<name>"(?:\\"|[^"])*"|[^"=(\[<]+?)\s*(?:\[(?P<subscripts>[^\]]*)\])?\s*'
_CONSTANT = re.compile(_NAME + r"=(?P<value>[^=]*)", re.S)
_LOOKUP = re.compile(_NAME + r"\((?P<points>.*)\)\s*", re.S)
_LOWER = re.compile(r"^[^=<\"]*<=")
_UPPER = re.compile(r"<=[^\"]*$")
_NUMBERS = re.compile(r"[-+\d.eE,;\s]+")
_QUOTED = re.compile(r'"(?:\\"|[^"])*"')
_COMMENT = re.compile(r'"(?:\\"|[^"\n])*"|\{[^{}]*\}|![^\n]*|^[ \t]*;[^\n]*|~[^\n]*', re.M)
_PLAIN_NAME = re.compile(r"[^\W\d_][\w $']*")


@dataclass(frozen=True)
class _Statement:
    text: str
    line: int


def read_changes(path: str | Path, case: Scenario | Model | None = None) -> dict[str, Any]:
    """Read a Vensim changes file.

    The lines of such a file are constants, ``name = 1.5``, ``name[element] = 2``,
    ``name[range] = 3, 2, 7``, and lookup tables, ``name((0,0),(1,1))``; a later line overrides an
    earlier one. A line that ends in a backslash, a comma or inside brackets goes on in the next.
    Comments stand in braces or after an exclamation mark, or in lines that begin with a
    semicolon. Bounds of an optimization file, ``0 <= name = 0.5 <= 1``, are read over.

    Parameters
    ----------
    path : str or Path
        Without an ending, ``.cin`` is meant.
    case : Scenario or Model, optional
        What the changes are for: then every name and value is checked here, with its line.

    Returns
    -------
    dict of str to number, list or points
        For ``params`` of any verb.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        For every mistake in the file, each with its line and the nearest name.

    Source: Vensim Reference Manual, "Constant Input Files".

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "case.cin"
    ...     _ = path.write_text("reaction[East] = 0.1\\nfatigue = 0.2\\neffect((0,0),(1,2))\\n")
    ...     read_changes(path)
    {'reaction[East]': 0.1, 'fatigue': 0.2, 'effect': [(0.0, 0.0), (1.0, 2.0)]}
    """
    path = Path(path)
    if not path.suffix and not path.exists():
        path = path.with_suffix(".cin")
    params: dict[str, Any] = {}
    findings: list[Finding] = []
    for statement in _statements(read_text(path)):
        place = f"{path.name}, line {statement.line}"
        try:
            text, value = _change(statement.text, place)
            if case is not None:
                _check(case, text, value, place)
            known = () if case is None else model_of(case).system.names
            params = merged(params, {text: value}, known)
        except SecdilError as error:
            findings += error.findings
    if findings:
        raise InputError(*findings)
    return params


def write_changes(case: Scenario, path: str | Path) -> Path:
    """Write what a scenario sets as a Vensim changes file, to go on with in Vensim.

    Constants and lookup tables that the scenario sets are written whole, numbers to the last
    digit, and its times as INITIAL TIME, FINAL TIME and SAVEPER. Inputs that vary in time and
    replaced equations have no place in such a file: they are left out, and named in a warning.
    Subscripts are the scenario's: the model opened in Vensim needs the same elements.

    Parameters
    ----------
    case : Scenario
    path : str or Path

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    FileError
        If the place cannot be written.
    InputError
        If the scenario has several cases.

    Source: Vensim Reference Manual, "Constant Input Files".

    Examples
    --------
    >>> import secdil_sd as sd
    >>> from tempfile import TemporaryDirectory
    >>> case = sd.load_scenario("wwi_blocs")
    >>> with TemporaryDirectory() as folder:
    ...     path = write_changes(case, Path(folder) / "blocs.cin")
    ...     print(path.read_text().splitlines()[0])
    fatigue[state] = 0.2
    """
    path = Path(path)
    case.refuse_cases()
    system = case.model.system
    values = resolve(system, case.params, case.model.companion.limits)
    names = dict.fromkeys(_variable(system, each) for each in values.given)
    held = [each for each in names if each in values.constants and each not in values.replaced]
    lines = [line for name in held for line in _lines(system, values.constants[name], name)]
    lines += [_lookup_line(*each) for each in values.lookups]
    lines += _time_lines(case, set(names))
    dropped = [each for each in names if each in values.series or each in values.replaced]
    if dropped:
        LOG.warning(
            "%s leaves out %s: a changes file holds constants and lookup tables only.",
            path.name,
            ", ".join(map(repr, dropped)),
        )
    try:
        path.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise FileError(Finding("error", message, remedy="Write to another place.")) from None
    return path


# reading


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the statements of a file, lines joined where one goes on."""
    held, line = "", 0
    for place, row in enumerate(_without_comments(text).split("\n"), 1):
        goes_on = bool(held) and (_goes_on(held, row) or _NUMBERS.fullmatch(row) is not None)
        if held and not goes_on:
            yield _Statement(held.strip(), line)
            held = ""
        if not held:
            line = place
        held = f"{held.removesuffix(chr(92))} {row.strip()}".strip()
    if held:
        yield _Statement(held.strip(), line)


def _without_comments(text: str) -> str:
    """Blank comments out, keeping line breaks; what follows a tilde is units and remarks."""

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        return found if found.startswith('"') else "\n" * found.count("\n")

    return _COMMENT.sub(blank, text)


def _goes_on(held: str, row: str) -> bool:
    """Say whether a statement goes on in the next line: it must, and that begins none itself."""
    if held.endswith("\\"):
        return True
    bare = _QUOTED.sub("", held)
    unclosed = any(bare.count(a) > bare.count(b) for a, b in ("()", "[]"))
    return (unclosed or held.endswith((",", "="))) and "=" not in _QUOTED.sub("", row)


def _change(statement: str, place: str) -> tuple[str, Any]:
    """Return the selector and the value of one statement."""
    bare = _UPPER.sub("", _LOWER.sub("", statement)) if "<=" in statement else statement
    constant, lookup = _CONSTANT.fullmatch(bare.strip()), _LOOKUP.fullmatch(bare.strip())
    match = constant or lookup
    if match is None:
        shown = statement if len(statement) <= 40 else f"{statement[:37]}..."
        if ":IS:" in statement.upper():
            message, remedy = f"{shown!r} sets a text.", "Leave it out: texts are not simulated."
        else:
            message = f"{shown!r} is neither a constant nor a lookup table."
            remedy = "Write name = 1.5, name[element] = 1.5 or name((0,0),(1,1))."
        raise InputError(Finding("error", message, place, remedy=remedy))
    subscripts = [each.strip() for each in (match["subscripts"] or "").split(",") if each.strip()]
    name = " ".join(match["name"].strip().strip('"').replace('\\"', '"').split())
    text = f"{name}[{', '.join(subscripts)}]" if subscripts else name
    if constant:
        return text, _numbers(constant["value"], text, place)
    assert lookup is not None
    return text, _points(lookup["points"], text, place)


def _numbers(written: str, text: str, place: str) -> float | list[Any]:
    """A number, a list, or for two dimensions a list a row, as ``1, 2; 3, 4;``."""
    rows = [each for each in written.strip().split(";") if each.strip()]
    found = []
    for row in rows:
        try:
            found.append([float(each) for each in row.split(",")])
        except ValueError:
            bad = row.strip()
            message = f"{bad!r}, given for {text!r}, is not a number."
            remedy = "A changes file holds numbers, not equations."
            raise InputError(Finding("error", message, place, (text,), remedy)) from None
    if not found:
        remedy = "Write a number behind the =, or take the line out."
        raise InputError(Finding("error", f"{text!r} has no value.", place, (text,), remedy))
    if len(found) > 1 or ";" in written:
        return found if len(found) > 1 else found[0]
    return found[0] if len(found[0]) > 1 else found[0][0]


def _points(written: str, text: str, place: str) -> list[tuple[float, float]]:
    """Points as pairs, behind a drawing range in brackets or not, or all x before all y."""
    written = re.sub(r"\[[^\]]*\]\s*,?", "", written)
    try:
        if "(" in written:
            if re.sub(r"\([^()]*\)|[\s,]", "", written):
                raise ValueError
            pairs = [each.split(",") for each in re.findall(r"\(([^()]*)\)", written)]
            return [(float(x), float(y)) for x, y in pairs]
        flat = [float(each) for each in written.split(",")]
        if len(flat) % 2:
            raise ValueError
    except ValueError:
        message = f"The points of the lookup table {text!r} cannot be read."
        remedy = "Write them as name((0,0),(1,1))."
        raise InputError(Finding("error", message, place, (text,), remedy)) from None
    half = len(flat) // 2
    return list(zip(flat[:half], flat[half:], strict=True))


def _check(case: Scenario | Model, text: str, value: Any, place: str) -> None:
    """Raise if a change does not fit the model: Vensim too takes constants and lookups only."""
    model = model_of(case)
    reader = Reader(model.system, place)
    found = model.system.get(reader.split(text)[0])
    if found is not None and found.kind in ("auxiliary", "data"):
        message = f"{found.name!r} is not a constant."
        remedy = "A changes file changes constants and lookup tables only; leave it out."
        raise InputError(Finding("error", message, place, (text,), remedy))
    resolve(model.system, {text: value}, model.companion.limits, place)


# writing


def _variable(system: System, text: str) -> str:
    name = Reader(system, "").split(text)[0]
    return system.names[name]


def _lines(system: System, array: np.ndarray, name: str) -> Iterator[str]:
    """Yield the lines that give every element of a constant its value."""
    dims = dimensions(system, name)
    if not dims:
        yield f"{_quoted(name)} = {_written(array)}"
    elif (array == array.flat[0]).all():
        yield f"{_quoted(name)}[{', '.join(dims)}] = {_written(array.flat[0])}"
    else:
        for place in np.ndindex(array.shape[:-1]):
            lead = [elements(system, d)[k] for d, k in zip(dims, place, strict=False)]
            yield from _row(system, name, lead, dims[-1], array[place])


def _row(
    system: System, name: str, lead: list[str], dimension: str, row: np.ndarray
) -> Iterator[str]:
    """Yield one line for a whole row, or one an element where some have no value."""
    if np.isfinite(row).all():
        numbers = ", ".join(map(_written, row))
        yield f"{_quoted(name)}[{', '.join([*lead, dimension])}] = {numbers}"
        return
    for element, value in zip(elements(system, dimension), row, strict=True):
        if np.isfinite(value):
            yield f"{_quoted(name)}[{', '.join([*lead, element])}] = {_written(value)}"


def _lookup_line(
    name: str, chosen: tuple[str, ...], points: tuple[tuple[float, float], ...]
) -> str:
    inside = f"[{', '.join(chosen)}]" if chosen else ""
    pairs = ",".join(f"({_written(x)},{_written(y)})" for x, y in points)
    return f"{_quoted(name)}{inside}({pairs})"


def _time_lines(case: Scenario, given: set[str]) -> Iterator[str]:
    """Yield the times of the scenario as the settings of a file."""
    if not case.times:
        return
    times = np.asarray(case.times)
    steps = np.diff(times)
    found = {"INITIAL TIME": times[0], "FINAL TIME": times[-1]}
    if len(steps) and np.allclose(steps, steps[0]):
        found["SAVEPER"] = steps[0]
    names = case.model.system.names
    for each in TIME_NAMES:
        if each in found and each in names and names[each] not in given:
            yield f"{_quoted(names[each])} = {_written(found[each])}"


def _quoted(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return name
    return '"' + name.replace('"', '\\"') + '"'


def _written(value: Any) -> str:
    """A number with as many digits as give the same number back."""
    return repr(float(value)).removesuffix(".0")
