"""The recipes run, on the public API alone, and write their pages."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

RECIPES = Path(__file__).resolve().parent.parent / "reports"
SMALL = {
    "four_worlds_map": {"steps": 5},
    "mixed_dyads": {"draws": 8, "steps": 3},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_recipe_writes_its_page(name, tmp_path, capsys):
    recipe = runpy.run_path(str(RECIPES / f"{name}.py"))
    target = tmp_path / "page.html"
    recipe["main"](**SMALL[name], target=target)
    text = target.read_text(encoding="utf-8")
    assert "passes 1 on" in text
    assert f"Wrote {target}" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*SMALL, "cold_war_drivers", "cheapest_way_out"])
def test_a_recipe_is_short_and_public(name):
    text = (RECIPES / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    imported = [
        node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)
    ]
    assert not [each for each in imported if each.startswith("secdil_sd")]
