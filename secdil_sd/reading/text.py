"""A Vensim file as text: its entries with their lines.

PySD's syntax tree knows no lines and its grammar drops what it cannot cut into entries, so the
cutting is done here; PySD translates the equations one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from secdil_sd.errors import Finding

SKETCH = re.compile(r"\\{2,}---///")
_BETWEEN = "\\ \t\r\n-/*~"
"""What may stand after the last bar."""


@dataclass(frozen=True)
class Entry:
    """One entry of a model file: ``equation ~ units ~ documentation |`` and its first line."""

    equation: str
    units: str
    documentation: str
    line: int

    @property
    def name(self) -> str:
        """What stands on the left, without subscripts and quotes."""
        match = re.match(r'\s*("(?:\\"|[^"])*"|[^=:(<\[]*)', self.equation)
        return " ".join((match[1] if match else self.equation).strip().strip('"').split())


def entries(text: str, place: str) -> tuple[list[Entry], list[Finding]]:
    """Cut a file into entries; report pieces that are not whole.

    Parameters
    ----------
    text : str
        The file, sketch included.
    place : str
        File name, for messages.

    Returns
    -------
    list of Entry, list of Finding
    """
    body = _without_comments(SKETCH.split(text, maxsplit=1)[0])
    found: list[Entry] = []
    findings: list[Finding] = []
    for piece, line in _pieces(body):
        if piece.lstrip().startswith("*"):  # a group heading
            continue
        parts = _parts(piece)
        if len(parts) < 3:
            name = " ".join(piece.split())[:40]
            findings.append(
                Finding(
                    "error",
                    f"The entry {name!r} is not whole.",
                    f"{place}, line {line}",
                    remedy="Each entry reads: equation ~ units ~ documentation |",
                )
            )
            continue
        equation, units, documentation = (_joined(each) for each in parts[:3])
        found.append(Entry(equation, units, documentation, line))
    if found and not findings and not body.rstrip(_BETWEEN).endswith("|"):
        last = found[-1]
        findings.append(
            Finding(
                "error",
                f"The file ends inside the entry {last.name!r}.",
                f"{place}, line {last.line}",
                (last.name,),
                "It may have been cut short: save it again.",
            )
        )
    return found, findings


def _pieces(body: str) -> Iterator[tuple[str, int]]:
    """Yield what stands between bars, with the line on which it starts."""
    parts = list(_entries(body))
    line = 1
    for k, part in enumerate(parts):
        lead = len(part) - len(part.lstrip())
        last = k == len(parts) - 1
        if part.strip() and not (last and not part.strip(_BETWEEN)):
            yield part.strip(), line + part[:lead].count("\n")
        line += part.count("\n")


_QUOTED = re.compile(r'"(?:\\[\s\S]|[^"\\\n])*"')
_MARKS = re.compile(rf"{_QUOTED.pattern}|[~|]")


def _entries(body: str) -> Iterator[str]:
    """Split at bars; quotes matter in equations, not in units and documentation."""
    start = place = 0
    while place < len(body):
        mark = _MARKS.search(body, place)
        while mark and mark[0] not in "~|":
            mark = _MARKS.search(body, mark.end())
        if mark and mark[0] == "|":
            bar = mark.start()
        else:
            bar = body.find("|", mark.end()) if mark else -1
        if bar < 0:
            break
        yield body[start:bar]
        start = place = bar + 1
    yield body[start:]


def _parts(piece: str) -> list[str]:
    """Split an entry at its tildes, except in quoted names of its equation."""
    mark = _MARKS.search(piece)
    while mark and mark[0] != "~":
        mark = _MARKS.search(piece, mark.end())
    if mark is None:
        return [piece]
    return [piece[: mark.start()], *piece[mark.end() :].split("~")]


def _without_comments(text: str) -> str:
    """Blank out ``{...}``, one in another too, keeping line breaks, unless in a quoted name."""
    inner = re.compile(rf"{_QUOTED.pattern}|\{{[^{{}}]*\}}")

    def blank(match: re.Match[str]) -> str:
        found = match[0]
        return found if found.startswith('"') else "\n" * found.count("\n")

    while True:
        shorter = inner.sub(blank, text)
        if shorter == text:
            return text
        text = shorter


def _joined(text: str) -> str:
    """One line: continuations and runs of spaces become one space."""
    return " ".join(re.sub(r"\\\s*\n", " ", text).split())
