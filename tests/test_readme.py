"""What README says works as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import secdil_sd as sd
from secdil_sd.cli import app

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


SCRIPTS = re.findall(r"```python\n(.*?)```", README, re.S)
COMMANDS = re.findall(r"```bash\n(.*?)```", README, re.S)
SAID = ["Spiral number", "The critical audience discount is", "What the figures cannot tell apart"]


@pytest.mark.parametrize("place", range(len(SCRIPTS)))
def test_a_script_runs(place, capsys):
    exec(compile(SCRIPTS[place], "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert SAID[place] in printed
    assert len(printed.splitlines()) >= 3


def test_every_command_shown_exists():
    shown = set(re.findall(r"^secdil (\w+)", "\n".join(COMMANDS), re.M))
    assert {"sweep", "sensitivity", "discover", "policy", "propositions", "fit", "screen"} <= shown
    commands = {each.name or each.callback.__name__ for each in app.registered_commands}
    assert shown <= commands | {each.name for each in app.registered_groups}


def test_what_is_named_exists():
    for name in re.findall(r"`(reports/\w+\.py|benchmarks/\w+\.py|models/[\w/]+\.\w+)`", README):
        assert (Path(__file__).parent.parent / name).is_file(), name
    for name in (*sd.models(), *sd.scenarios()):
        assert f"`{name}`" in README, name
    for verb in re.findall(r"`sd\.(\w+)`", README):
        assert verb in sd.__all__
