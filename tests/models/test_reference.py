"""The package, reading the model file, reproduces MODEL.md's tables (see reference.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import secdil_sd as sd

REFERENCE = tomllib.loads(Path(__file__).with_name("reference.toml").read_text("utf-8"))
LETTERS = "ABCDEFGHIJ"


@cache
def model(states: int) -> Any:
    return sd.load_model("security_dilemma", subscripts={"state": list(LETTERS[:states])})


def whole(output: str) -> tuple[str, tuple[str, ...]]:
    """Split ``burden.A final`` into the output of the whole variable and the element."""
    first, *rest = output.split(".")
    if not rest:
        return output.removeprefix("mean "), ()
    *elements, last = rest
    element, _, reduction = last.partition(" ")
    return f"{first} {reduction}", (*elements, element)


def answers(row: Mapping[str, Any]) -> dict[str, float]:
    """Run a row and return every output it expects."""
    wanted = {output: whole(output) for output in row["expect"]}
    found = model(row["states"]).run(
        params=row["params"],
        times=np.arange(0, row["end"] + row["step"] / 2, row["step"]),
        outputs=sorted({output for output, _ in wanted.values()}),
    )
    values = {}
    for output, (text, elements) in wanted.items():
        variable = found[text.replace(" ", "_")]
        dims = ("state", "rival")[: len(elements)]
        values[output] = float(variable.sel(dict(zip(dims, elements, strict=True))).mean())
    return values


@pytest.mark.parametrize("row", REFERENCE["run"], ids=lambda row: f"{row['table']}: {row['name']}")
def test_table_row(row: dict[str, Any]) -> None:
    got = answers(row)
    wrong = {
        output: (got[output], target)
        for output, (target, tolerance) in row["expect"].items()
        if not abs(got[output] - target) <= tolerance * (1 + 1e-6)
    }
    assert not wrong
