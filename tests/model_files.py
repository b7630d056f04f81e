"""Model files that tests of every target go through: the bundled ones and one a construct."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import secdil_sd as sd
from secdil_sd import bundle

CONSTRUCTS = Path(__file__).parent / "models" / "constructs"
SUFFIXES = (".mdl", ".xmile", ".stmx")

FILES = {
    **{name: bundle.model(name) for name in bundle.models()},
    **{each.stem: each for each in sorted(CONSTRUCTS.iterdir()) if each.suffix in SUFFIXES},
}
"""Every model file by its name without ending."""


@cache
def loaded(name: str) -> Any:
    """Return the model of that name."""
    return sd.load_model(FILES[name])
