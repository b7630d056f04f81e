"""A Vensim file cut into its main part and its macros, lines kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from secdil_sd.errors import Finding
from secdil_sd.names import spelling
from secdil_sd.reading.text import SKETCH

_BEGIN = re.compile(r"^[ \t]*:MACRO:[ \t]*", re.M | re.I)
_END = re.compile(r"^[ \t]*:END OF MACRO:", re.M | re.I)
_HEAD = re.compile(r"([^()~|=]*)\(([^()~|]*)\)")
_LOGIC = re.compile(r":[A-Za-z]+:")


@dataclass(frozen=True)
class Section:
    """One macro as text: its head taken apart, and its equations on their own lines."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    body: str
    line: int


def sections(text: str, place: str) -> tuple[str, list[Section], list[Finding]]:
    """Return the file without its macros, the macros, and what is wrong with their heads.

    What is taken out leaves its line breaks, so that every equation keeps its line.
    """
    sketch = SKETCH.search(text)
    model = text[: sketch.start()] if sketch else text
    found: list[Section] = []
    findings: list[Finding] = []
    main, kept = "", 0
    for begin in _BEGIN.finditer(model):
        if begin.start() < kept:  # inside the one before, which says so itself
            continue
        line = model.count("\n", 0, begin.start()) + 1
        end = _END.search(model, begin.end())
        following = _BEGIN.search(model, begin.end())
        head = _HEAD.match(model, begin.end())
        name = _joined(head[1] if head else model[begin.end() :].partition("\n")[0])
        wrong = ""
        if head is None or not name:
            wrong = f"The first line of the macro {name!r} is not understood."
        elif end is None or (following and following.start() < end.start()):
            wrong = f"The macro {name!r} has no end."
        elif any(spelling(each.name) == spelling(name) for each in found):
            wrong = f"The macro {name!r} is defined twice."
        if wrong:
            remedy = "A macro reads: :MACRO: NAME(inputs : outputs), equations, :END OF MACRO:"
            findings.append(Finding("error", wrong, f"{place}, line {line}", (name,), remedy))
        stop = end.end() if end else len(model)
        if head and end and not wrong:
            inputs, _, outputs = head[2].partition(":")
            body = "\n" * model.count("\n", 0, head.end()) + model[head.end() : end.start()]
            found.append(Section(name, _listed(inputs), _listed(outputs), body, line))
        main += model[kept : begin.start()] + "\n" * model.count("\n", begin.start(), stop)
        kept = stop
    return main + model[kept:], found, findings


def outputs_as_arguments(equation: str, macros: list[Section]) -> str:
    """Write the further outputs of macro calls, ``NAME(a : z)``, as arguments: ``NAME(a , z)``."""
    for macro in macros:
        if not macro.outputs:
            continue
        words = r"[\s_]+".join(map(re.escape, re.split(r"[\s_]+", macro.name.strip('"'))))
        for call in re.finditer(rf'(?<![\w"])"?{words}"?\s*\(', equation, re.I):
            colon = _colon(equation, call.end())
            if colon is not None:
                equation = f"{equation[:colon]},{equation[colon + 1 :]}"
    return equation


def _colon(equation: str, start: int) -> int | None:
    """Where the colon between the inputs and the outputs of a call stands."""
    plain = _LOGIC.sub(lambda match: "_" * len(match[0]), equation)
    depth = 1
    for place in range(start, len(plain)):
        depth += (plain[place] == "(") - (plain[place] == ")")
        if depth == 0:
            return None
        if plain[place] == ":" and depth == 1:
            return place
    return None


def _listed(names: str) -> tuple[str, ...]:
    return tuple(_joined(each) for each in names.split(",") if each.strip())


def _joined(name: str) -> str:
    return " ".join(name.replace("\\\n", " ").strip().strip('"').split())
