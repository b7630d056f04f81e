"""The command `panel`: thin over fit_panel, mistakes in sentences."""

from __future__ import annotations

import pytest
from simulated_panels import simulated_panel
from typer.testing import CliRunner

from secdil_sd.cli import app
from secdil_sd.errors import SecdilError

STATES = ("India", "Pakistan", "Greece", "Turkey", "Chile", "Argentina", "Iran", "Iraq")
PAIRS = ("IND:PAK", "GRC:Turkey", "CHL:ARG", "IRN:IRQ")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("panel")
    truth = simulated_panel(2, dyads=4, years=25)
    real = dict(zip([each for pair in truth.dyads for each in pair], STATES, strict=True))
    for name in ("spending", "gdp", "democracy"):
        table = getattr(truth, name)
        table.assign(state=table["state"].map(real)).to_csv(folder / f"{name}.csv", index=False)
    return folder


def test_panel_says_what_it_found_and_writes_it(files, tmp_path):
    out = tmp_path / "panel.html"
    arguments = ["panel", str(files / "spending.csv"), "--year-effects", "none", "--placebos", "0"]
    for pair in PAIRS:
        arguments += ["--dyad", pair]
    found = CliRunner().invoke(app, [*arguments, "--gdp", str(files / "gdp.csv"), "-o", str(out)])
    assert found.exit_code == 0, found.output
    assert "Over 4 dyads" in found.output
    assert "Greece to Turkey" in out.read_text(encoding="utf-8")


def test_mistakes_are_told_together(files):
    arguments = [
        "panel",
        str(files / "spending.csv"),
        "--dyad",
        "IND:Atlantis",
        "--year-effects",
        "sun",
    ]
    found = CliRunner().invoke(app, arguments)
    assert isinstance(found.exception, SecdilError)
    assert "Atlantis" in str(found.exception)
    assert "sun" in str(found.exception)
    wrong = CliRunner().invoke(app, ["panel", str(files / "spending.csv"), "--years", "all"])
    assert "FIRST:LAST" in str(wrong.exception)
