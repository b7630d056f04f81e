"""Pages that are made from the code while the documentation is built, and so are never stale.

MkDocs calls this file as a hook: the public names come from ``secdil_sd``, the commands from
their own ``--help``, the models from their files; equations in ``$$`` become MathML, which
browsers draw without a script.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import secdil_sd as sd
from secdil_sd.reporting.equations import HEADINGS

HOME = "secdil_sd"
GROUP = re.compile(r"^    # (?P<heading>.+)$|^    \"(?P<name>\w+)\":", re.M)
EQUATION = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.M | re.S)


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to those that are written by hand."""
    from mkdocs.structure.files import File

    for place, text in pages().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Typeset the equations of a page."""
    from latex2mathml.converter import convert

    return EQUATION.sub(lambda found: convert(found[1], display="block"), markdown)


def pages() -> dict[str, str]:
    """Return the text of every generated page by its place under ``docs/``."""
    models = {f"reference/{name}.md": model_page(name) for name in sd.models()}
    return {"reference/api.md": api_page(), "reference/command-line.md": cli_page(), **models}


def groups() -> dict[str, list[str]]:
    """Return the public names under the headings they have in the package's own table."""
    source = Path(sd.__file__).read_text(encoding="utf-8").partition("_HOMES = {")[2]
    found: dict[str, list[str]] = {}
    for line in GROUP.finditer(source.partition("\n}")[0]):
        if line["heading"]:
            heading = found.setdefault(line["heading"].capitalize(), [])
        else:
            heading.append(line["name"])
    return found


def returned() -> list[type]:
    """Return the classes of the package that public functions give back."""
    classes: dict[str, type] = {}
    for name in sd.__all__:
        value = getattr(sd, name)
        if inspect.isclass(value):
            continue
        kind = inspect.signature(value).return_annotation
        kind = getattr(inspect.getmodule(value), kind, None) if isinstance(kind, str) else kind
        if inspect.isclass(kind) and kind.__module__.startswith(HOME):
            classes[kind.__name__] = kind
    return [classes[name] for name in sorted(classes)]


def api_page() -> str:
    """Return the page of public names, from their docstrings."""
    parts = [
        "# Public names\n\n`import secdil_sd as sd`; each name is loaded on first use. "
        "What they return is at the [end of the page](#what-they-return).\n"
    ]
    for heading, names in groups().items():
        parts.append(f"## {heading}\n")
        parts += [_documented(sd._HOMES[name], name, f"sd.{name}") for name in names]
    parts.append("## What they return\n")
    parts += [_documented(each.__module__, each.__name__, each.__name__) for each in returned()]
    return "\n".join(parts)


def _documented(module: str, name: str, heading: str) -> str:
    return f'::: {module}.{name}\n    options:\n      heading: "{heading}"\n'


def cli_page() -> str:
    """Return the page of commands: what each says of itself."""
    from secdil_sd.cli import app

    parts = ["# Command line\n\nWhat `secdil COMMAND --help` prints.\n"]
    for words in _commands(app):
        parts.append(f"## secdil {' '.join(words)}\n\n```text\n{help_of(words)}\n```\n")
    return "\n".join(parts)


def _commands(app: Any) -> list[tuple[str, ...]]:
    names = [(each.name or each.callback.__name__,) for each in app.registered_commands]
    for group in app.registered_groups:
        inside = group.typer_instance.registered_commands
        names += [(group.name, each.name or each.callback.__name__) for each in inside]
    return names


def help_of(words: tuple[str, ...]) -> str:
    """Return the help of one command, 80 columns wide."""
    from typer.testing import CliRunner

    from secdil_sd.cli import app

    said = CliRunner().invoke(
        app, [*words, "--help"], prog_name="secdil", env={"COLUMNS": "80", "NO_COLOR": "1"}
    )
    if said.exit_code:
        raise RuntimeError(f"secdil {' '.join(words)} --help: {said.output}")
    return said.output.strip()


def model_page(name: str) -> str:
    """Return the page of a model: every variable, as its file has it."""
    table = sd.load_model(name).variables
    parts = [
        f"# Model {name}\n\nAll {len(table)} variables of `models/{name}.mdl`, as the file has "
        "them; a range is what a sensitivity analysis draws from.\n"
    ]
    for kind, heading in HEADINGS.items():
        rows = table[table["kind"] == kind]
        if len(rows):
            parts += [f"## {heading}\n", *(_variable(row) for row in rows.to_dict("records"))]
    return "\n".join(parts)


def _variable(row: dict[str, Any]) -> str:
    facts = [f"Units: {row['units'] or 'none'}"]
    limits = [row["low"], row["high"]]
    if any(limit == limit for limit in limits):  # NaN is no limit
        low, high = (f"{each:g}" if each == each else "…" for each in limits)
        facts.append(f"range {low} to {high}")
    return (
        f"### {row['name']}\n\n{row['documentation'] or ''}\n\n"
        f"```text\n{row['equation']}\n```\n\n{'; '.join(facts)}.\n"
    )
