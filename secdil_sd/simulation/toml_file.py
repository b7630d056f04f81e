"""TOML files checked by pydantic: every mistake at once, each with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from secdil_sd.errors import FileError, Finding, ScenarioError
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Table = TypeVar("Table", bound=BaseModel)


class Strict(BaseModel):
    """A table of a file: unknown keys are refused, nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path, schema: type[Table]) -> Table:
    """Read a TOML file into a checked table.

    Parameters
    ----------
    path : Path
    schema : subclass of Strict

    Raises
    ------
    FileError
        If the file cannot be read.
    ScenarioError
        For TOML that does not parse (with its line) and for every key or value that does not
        fit, all together.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = [each.name for each in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        hint = suggestion(path.name, near)
        raise FileError(Finding("error", f"There is no file {path}.", remedy=hint)) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FileError(Finding("error", f"{path} cannot be read: {reason}.")) from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        where = f"{path.name}, line {place[1]}" if place else path.name
        reason = re.sub(r"\s*\(at .*\)", "", str(error))
        message = f"This is not TOML: {reason}."
        raise ScenarioError(Finding("error", message, where, remedy="Mend the line.")) from None
    return check_table(data, schema, path.name)


def check_table(data: Any, schema: type[Table], place: str) -> Table:
    """Return data as a checked table; raises ScenarioError for all that does not fit."""
    try:
        return schema.model_validate(data)
    except ValidationError as error:
        found = [_finding(each, place, schema) for each in error.errors()]
        raise ScenarioError(*found) from None


def _finding(error: ErrorDetails, name: str, schema: type[BaseModel]) -> Finding:
    steps = [str(each) for each in error["loc"]]
    place = f"{name}, {_address(steps)}" if steps else name
    if error["type"] == "extra_forbidden":
        known = _keys_at(schema, steps[:-1])
        return Finding(
            "error",
            f"Unknown key {steps[-1]!r}.",
            place,
            (steps[-1],),
            suggestion(steps[-1], known),
        )
    if error["type"] == "missing":
        return Finding("error", f"{steps[-1]!r} is missing.", place, (steps[-1],), "Add it.")
    shown = repr(error.get("input"))
    shown = shown if len(shown) < 60 else f"{shown[:57]}..."
    reason = str(error["msg"]).removeprefix("Value error, ")
    message = f"{shown} does not fit: {reason[:1].lower()}{reason[1:]}."
    return Finding("error", message, place, (steps[-1],) if steps else ())


def _address(steps: list[str]) -> str:
    if len(steps) == 1:
        return steps[0]
    return f"[{'.'.join(steps[:-1])}] {steps[-1]}"


def _keys_at(schema: Any, steps: list[str]) -> list[str]:
    """The keys a table may hold, following the schema down the path."""
    for step in steps:
        if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
            return []
        fields = schema.model_fields
        if step not in fields:
            continue  # the name of a table in a mapping: its schema is already chosen
        schema = _inner(fields[step].annotation)
    return (
        list(schema.model_fields)
        if isinstance(schema, type) and issubclass(schema, BaseModel)
        else []
    )


def _inner(annotation: Any) -> Any:
    """The table inside Optional[...] and Mapping[str, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for each in getattr(annotation, "__args__", ()):
        found = _inner(each)
        if found is not None:
            return found
    return None
