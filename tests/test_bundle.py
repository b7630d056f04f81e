"""The bundled files are found from a checkout and from an installed package."""

from __future__ import annotations

import pytest

from secdil_sd import bundle
from secdil_sd.errors import FileError, InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A package laid out in ``tmp_path``, with models where the test puts them."""
    package = tmp_path / "secdil_sd"
    package.mkdir()
    monkeypatch.setattr(bundle, "__file__", str(package / "bundle.py"))
    bundle._root.cache_clear()
    yield tmp_path
    bundle._root.cache_clear()


def fill(models):
    (models / "scenarios").mkdir(parents=True)
    (models / "data").mkdir()
    for name in (
        "security_dilemma.mdl",
        "security_dilemma.toml",
        "other.stmx",
        "scenarios/cold_war.toml",
        "data/spending.csv",
        "data/SOURCES.md",
    ):
        (models / name).write_text("", encoding="utf-8")


@pytest.mark.parametrize("place", ["models", "secdil_sd/bundled"])
def test_lists_what_is_there(folder, place):
    fill(folder / place)
    assert bundle.path() == folder / place
    assert bundle.models() == ["other", "security_dilemma"]
    assert bundle.scenarios() == ["cold_war"]
    assert bundle.data() == ["spending"]
    assert bundle.path("data", "spending.csv") == folder / place / "data/spending.csv"


def test_the_installed_copy_wins(folder):
    """A folder called ``models`` beside an installed package belongs to somebody else."""
    fill(folder / "secdil_sd/bundled")
    (folder / "models").mkdir()
    assert bundle.path() == folder / "secdil_sd/bundled"


def test_files_by_name_however_spelled(folder):
    fill(folder / "models")
    assert bundle.model("Security Dilemma").name == "security_dilemma.mdl"
    assert bundle.scenario("cold war").name == "cold_war.toml"


@pytest.mark.parametrize(
    ("ask", "error", "hint"),
    [
        (lambda: bundle.model("securty_dilemma"), InputError, "'security_dilemma'"),
        (lambda: bundle.scenario("cold_wat"), InputError, "'cold_war'"),
        (lambda: bundle.path("data", "spendings.csv"), FileError, "'spending.csv'"),
        (lambda: bundle.path("nowhere", "spendings.csv"), FileError, "'nowhere/spendings.csv'"),
    ],
)
def test_a_missing_file_suggests_the_nearest(folder, ask, error, hint):
    fill(folder / "models")
    with pytest.raises(error, match=hint):
        ask()


def test_an_installation_without_models_says_how_to_mend_it(folder):
    with pytest.raises(FileError, match="pip install"):
        bundle.models()


def test_everything_promised_is_bundled():
    assert {"richardson", "security_dilemma"} <= set(bundle.models())
    assert {"wwi_richardson", "cold_war", "four_worlds", "regime_dyads"} <= set(bundle.scenarios())
    assert bundle.path("data", "SOURCES.md").stat().st_size
