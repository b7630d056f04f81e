"""The commands that say what drives what."""

from __future__ import annotations

from typer.testing import CliRunner

from secdil_sd.cli import app


def test_causes_prints_a_tree_and_writes_its_table(tmp_path):
    target = tmp_path / "causes.csv"
    arguments = ["causes", "richardson", "spending", "--depth", "1", "-o", str(target)]
    found = CliRunner().invoke(app, arguments)
    assert found.exit_code == 0
    assert "├─ - disarming" in found.stdout
    assert target.read_text(encoding="utf-8").startswith("level,variable,cause,kind,sign,part")


def test_uses_prints_a_tree():
    found = CliRunner().invoke(app, ["uses", "richardson", "fatigue"])
    assert "└─ ? disarming" in found.stdout
