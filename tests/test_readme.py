"""What README says works as written."""

from __future__ import annotations

import re
from pathlib import Path

import secdil_sd as sd

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_script_runs(capsys):
    [script] = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(compile(script, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Spiral number" in printed
    assert len(printed.splitlines()) >= 3


def test_what_is_named_exists():
    for name in re.findall(r"`(reports/\w+\.py|benchmarks/\w+\.py|models/[\w/]+\.\w+)`", README):
        assert (Path(__file__).parent.parent / name).is_file(), name
    for name in (*sd.models(), *sd.scenarios()):
        assert f"`{name}`" in README, name
    for verb in re.findall(r"`sd\.(\w+)`", README):
        assert verb in sd.__all__
