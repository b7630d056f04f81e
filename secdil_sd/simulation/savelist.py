"""Vensim's save lists (.lst): which variables a run keeps."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from secdil_sd.equations.dimensions import dimensions, elements, positions
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import split_selector
from secdil_sd.simulation.outputs import parse_outputs
from secdil_sd.simulation.scenario import Scenario, model_of
from secdil_sd.simulation.tables import read_text

if TYPE_CHECKING:
    from secdil_sd.simulation.model import Model

COMMENT = ("!", ";", "#")


def read_savelist(path: str | Path, case: Scenario | Model) -> list[str]:
    """Read a save list: a name a line, whole (``spending``) or in part (``spending[East]``).

    A subrange stands for its elements; blank lines and lines that begin with ``!``, ``;`` or
    ``#`` are passed over.

    Parameters
    ----------
    path : str or Path
        Without an ending, ``.lst`` is meant.
    case : Scenario or Model
        What the names are names of.

    Returns
    -------
    list of str
        For ``outputs`` of any verb.

    Raises
    ------
    FileError
        If the file cannot be read.
    InputError
        For every name the model does not have, each with its line and the nearest name.

    Source: Vensim Reference Manual, "Savelist".

    Examples
    --------
    >>> import secdil_sd as sd
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "few.lst"
    ...     _ = path.write_text("spending[East]\\nspending final\\n")
    ...     read_savelist(path, sd.load_model("richardson"))
    ['spending[East]', 'spending final']
    """
    path = Path(path)
    if not path.suffix and not path.exists():
        path = path.with_suffix(".lst")
    model = model_of(case)
    found: list[str] = []
    findings: list[Finding] = []
    for line, row in enumerate(read_text(path).split("\n"), 1):
        text = row.strip()
        if not text or text.startswith(COMMENT):
            continue
        try:
            found += _names(model, text)
        except SecdilError as error:
            place = f"{path.name}, line {line}"
            findings += [
                Finding("error", e.message, place, e.variables, e.remedy) for e in error.findings
            ]
    if not found and not findings:
        remedy = "Write a name a line."
        findings.append(Finding("error", "The save list is empty.", path.name, remedy=remedy))
    if findings:
        raise InputError(*findings)
    return list(dict.fromkeys(found))


def _names(model: Model, text: str) -> list[str]:
    """The outputs one line asks for: subranges taken apart, whole ranges left out."""
    parts = _parts(model.system, text)
    parse_outputs(parts, model.system, extra=model.gains)
    return parts


def _parts(system: System, text: str) -> list[str]:
    if text in system:
        return [text]
    name, chosen = split_selector(text)
    if not chosen or name not in system or len(chosen) > len(dimensions(system, name)):
        return [text]
    dims = dimensions(system, name)
    labels = []
    for dimension, each in zip(dims, chosen, strict=False):
        if system.range(each) is None:
            labels.append([each])
        else:
            places = positions(system, dimension, each)
            labels.append([elements(system, dimension)[k] for k in places])
    sizes = [len(elements(system, each)) for each in dims]
    while labels and len(labels[-1]) == sizes[len(labels) - 1]:
        labels.pop()  # a whole range at the end is what leaving it out means
    return [f"{name}[{','.join(each)}]" for each in product(*labels)] if labels else [name]
