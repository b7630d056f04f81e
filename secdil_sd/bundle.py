"""Where files live: the models, scenarios and data that come with secdil, and its cache."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from secdil_sd.errors import FileError, Finding
from secdil_sd.names import Names, suggestion

MODEL_SUFFIXES = (".mdl", ".xmile", ".stmx", ".xml")


def path(*parts: str) -> Path:
    """Return a bundled file or folder.

    Parameters
    ----------
    *parts : str
        Folder and file names under ``models/``; none for that folder itself.

    Raises
    ------
    FileError
        If nothing of that name comes with secdil.

    Examples
    --------
    >>> path().is_dir()
    True
    """
    found = _root().joinpath(*parts)
    if found.exists():
        return found
    siblings = [each.name for each in found.parent.iterdir()] if found.parent.is_dir() else []
    raise FileError(
        Finding(
            "error",
            f"No file {'/'.join(parts)!r} comes with secdil.",
            remedy=suggestion(found.name, siblings),
        )
    )


def models() -> list[str]:
    """Return the names of the bundled models, as ``load_model`` takes them."""
    return sorted(_files(_root(), *MODEL_SUFFIXES))


def scenarios() -> list[str]:
    """Return the names of the bundled scenarios, as ``load_scenario`` takes them."""
    return sorted(_files(_root() / "scenarios", ".toml"))


def data() -> list[str]:
    """Return the names of the bundled tables of historical data."""
    return sorted(_files(_root() / "data", ".csv"))


def model(name: str) -> Path:
    """Return the file of a bundled model; case, spaces and underscores do not matter.

    Raises
    ------
    InputError
        If no bundled model has that name; the message suggests the nearest.
    """
    return _named(name, _files(_root(), *MODEL_SUFFIXES), "bundled model")


def scenario(name: str) -> Path:
    """Return the file of a bundled scenario; case, spaces and underscores do not matter.

    Raises
    ------
    InputError
        If no bundled scenario has that name; the message suggests the nearest.
    """
    return _named(name, _files(_root() / "scenarios", ".toml"), "bundled scenario")


def cache_folder() -> Path:
    """Return the folder for what can be made again: SECDIL_CACHE, or the system's place for it."""
    own = os.environ.get("SECDIL_CACHE")
    if own:
        return Path(own)
    from platformdirs import user_cache_path

    return user_cache_path("secdil")


@lru_cache(maxsize=1)
def _root() -> Path:
    """Return the folder: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "bundled", package.parent / "models"):
        if folder.is_dir():
            return folder
    raise FileError(
        Finding(
            "error",
            "The models that come with secdil are missing from this installation.",
            remedy="Install it again: pip install --force-reinstall secdil-sd.",
        )
    )


def _files(folder: Path, *suffixes: str) -> dict[str, Path]:
    """Return the files of a folder by name without ending; a missing folder holds none."""
    return {each.stem: each for each in sorted(folder.glob("*")) if each.suffix in suffixes}


def _named(name: str, files: dict[str, Path], what: str) -> Path:
    return files[Names(files, what)[name]]
