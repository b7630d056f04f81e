"""One self-contained HTML page: sections in, a file out; no clock, no network."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import FileError, Finding
from secdil_sd.figures.style import Exhibit, Panel

if TYPE_CHECKING:
    import pandas as pd
    from jinja2 import Template

_WHOLE = re.compile(r"^(-?\d+)\.0$")
_DIGEST = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{48}\b")


@dataclass(frozen=True)
class Table:
    """A small table to read.

    ``rows`` hold text; a cell that begins with "badge:" is shown as a mark of origin.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    data: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Equation:
    """One variable as the reader of a report meets it; ``mathml`` is markup we made."""

    name: str
    units: str
    mathml: str
    documentation: str
    span: str = ""


@dataclass(frozen=True)
class Card:
    """One thing among many alike: a statement with its marks, a small figure and what is known.

    Parameters
    ----------
    id : str
        Stable name in the page.
    number, statement : str
    marks : tuple of (kind, text)
        Short labels; kinds the style knows: holds, fails, outside, label.
    quote, source : str
        What was said and where; empty for none.
    panel : Panel
    alt : str
    facts : tuple of (term, text)
    """

    id: str
    number: str
    statement: str
    marks: tuple[tuple[str, str], ...]
    quote: str
    source: str
    panel: Panel
    alt: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Drawing:
    """A picture of lines and words that we made ourselves: inline SVG, never a stranger's markup.

    Parameters
    ----------
    id, title, caption, alt : str
        As of an `Exhibit`.
    svg : str
        An ``<svg>`` element with a ``viewBox``; colors from ``currentColor`` and the page's
        variables (``var(--accent)``, ...), so that it suits light, dark and paper.
    data : DataFrame or None
        What it shows, for download.
    """

    id: str
    title: str
    caption: str
    alt: str
    svg: str
    data: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Widget:
    """Something the reader works with: markup and script of ours, and the data they run on.

    Parameters
    ----------
    id : str
        Stable name; the markup stands in ``<div class="widget" id=...>``, the data in the
        ``<script type="application/json">`` inside it.
    markup : str
        HTML of our own templates, names of a model already escaped.
    data : Any
        Plain lists, mappings, numbers and text.
    script : str
        JavaScript, put once after Plotly and before ``page.js``; it may wait for the event
        ``plotly-ready`` of ``document``.
    """

    id: str
    markup: str
    data: Any
    script: str


@dataclass(frozen=True)
class Section:
    """A part of the page under one heading."""

    id: str
    heading: str
    lead: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()
    tables: tuple[Table, ...] = ()
    equations: Mapping[str, tuple[Equation, ...]] = field(default_factory=dict)
    points: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    widget: Widget | None = None
    drawings: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class Page:
    """A whole report.

    Parameters
    ----------
    title, question : str
    answer : tuple of str
        Plain sentences.
    cannot_tell : tuple of str
        What the tool cannot say; shown beside the answer.
    sections : tuple of Section
    provenance : mapping of str to str
    """

    title: str
    question: str
    answer: tuple[str, ...]
    cannot_tell: tuple[str, ...]
    sections: tuple[Section, ...]
    provenance: Mapping[str, str] = field(default_factory=dict)


def render(page: Page) -> str:
    """Return the page as HTML: the same input gives the same text."""
    scripts = [each.widget.script for each in page.sections if each.widget is not None]
    return _template().render(
        page=page,
        plotly=_plotly(),
        plotly_version=_plotly_version(),
        style=resource("style.css"),
        scripts=(*dict.fromkeys(scripts), resource("page.js")),
    )


@lru_cache(maxsize=1)
def _plotly() -> str:
    """Plotly's JavaScript, packed: a fifth of every page's bytes; the page unpacks it."""
    from plotly.offline import get_plotlyjs

    packed = gzip.compress(get_plotlyjs().encode("utf-8"), 9, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _plotly_version() -> str:
    from plotly.offline import get_plotlyjs_version

    return str(get_plotlyjs_version())


def write_page(page: Page, path: Path | str) -> Path:
    """Write the page whole, or not at all.

    Raises
    ------
    FileError
        If the place cannot be written.
    """
    path = Path(path)
    text = render(page)
    part = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.resolve().parent, delete=False, suffix=".part", encoding="utf-8"
        ) as handle:
            part = handle.name
            handle.write(text)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        if part and os.path.exists(part):
            os.unlink(part)
        reason = error.strerror or str(error)
        remedy = "Choose a folder that exists and can be written."
        raise FileError(
            Finding("error", f"{path} cannot be written: {reason}.", remedy=remedy)
        ) from None
    return path


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["spec"] = _spec
    environment.filters["csv"] = _csv
    environment.filters["record"] = _record
    environment.filters["json"] = _json
    return environment.from_string(resource("page.html"))


@lru_cache(maxsize=8)
def resource(name: str) -> str:
    """Return a template, style or script of ours."""
    return files("secdil_sd.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def _record(provenance: Mapping[str, Any]) -> dict[str, str]:
    """What made a result, line by line: without the same once more as one text, digests cut."""
    found = {name: str(text) for name, text in provenance.items() if name != "provenance" and text}
    return {name: _WHOLE.sub(r"\1", _DIGEST.sub(r"\1", text)) for name, text in found.items()}


def _spec(figure: Any) -> str:
    """A figure as JSON that cannot end the script element it stands in."""
    plain = json.loads(figure.to_json())
    plain.get("layout", {}).pop("template", None)
    return _json(_rounded(plain))


def _json(value: Any) -> str:
    """Plain data as JSON that cannot end the script element it stands in."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _rounded(value: Any) -> Any:
    """Six digits are more than a screen shows."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if value == value else None
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return value


def _csv(table: pd.DataFrame) -> str:
    """A table as the address of a download."""
    text = table.to_csv(index=False, float_format="%.8g", lineterminator="\n")
    return "data:text/csv;base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")
