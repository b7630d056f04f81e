"""What the documentation says works as written, and its generated pages hold everything."""

from __future__ import annotations

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import secdil_sd as sd
from secdil_sd.cli import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
GENERATE = runpy.run_path(str(DOCS / "generate.py"))
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = [(page.name, code) for page in PAGES for code in re.findall(
    r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S)]  # fmt: skip
VARIABLES = {name for each in sd.models() for name in sd.load_model(each).variables["name"]}


@pytest.mark.parametrize("code", [code for _, code in BLOCKS], ids=[page for page, _ in BLOCKS])
def test_a_script_runs(code, capsys):
    exec(compile(code, "docs", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_the_tutorial_runs_from_its_first_command_to_its_last(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = next(t for t in re.findall(r"```text\n(.*?)```", TUTORIAL, re.S) if "IND" in t)
    Path("spending.csv").write_text(table, encoding="utf-8")
    lines = "\n".join(re.findall(r"```bash\n(.*?)```", TUTORIAL, re.S)).splitlines()
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("secdil ")]
    peaks = []
    for words in commands:
        said = CliRunner().invoke(app, words)
        assert said.exit_code == 0, (words, said.output, said.exception)
        if words[0] == "run":
            peaks.append(float(said.output.split()[-1]))
    assert [round(each, 2) for each in peaks] == [0.79, 0.83, 0.93]  # base, hard, easy, as told
    assert sd.load_scenario("india_pakistan.toml").model.name == "richardson"
    assert Path("cold_war.html").stat().st_size > 100_000
    assert "Pakistan" in Path("mine.html").read_text(encoding="utf-8")


def test_hard_attack_lightens_both_burdens_as_the_tutorial_says():
    case = sd.load_scenario("cold_war")
    hard, base, easy = (
        case.run(params={"offense defense balance": each})["burden"].isel(time=-1).values
        for each in (-0.5, 0.0, 0.5)
    )
    assert (hard < base).all()
    assert (base < easy).all()


def test_what_theory_says_of_essay_and_literature_holds():
    """Mixed pairs are calm if anyone can read a parliament; benign and opaque states spiral."""
    mixed = sd.load_scenario("regime_dyads").cases["dem-aut"]
    peak = {mu: _peak(mixed.run(params={"audience discount": mu})) for mu in (0, 1)}
    assert peak[0] < 1 < peak[1]
    assert _peak(sd.load_model("security_dilemma").run(times=range(401))) > 1


def _peak(run):
    return float(run["spiral_number"].max())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"\bsd\.(\w+)", text):
        assert name in sd.__all__, name
    for command in re.findall(r"(?:^|`)secdil (\w+)", text, re.M):
        assert (command,) in GENERATE["_commands"](app) or command == "data", command
    generated = GENERATE["pages"]()
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (DOCS / link).exists() or link in generated, link


def test_variables_named_by_theory_are_in_the_model():
    text = (DOCS / "theory.md").read_text(encoding="utf-8")
    named = {each for each in re.findall(r"`([a-z ]+)`", text) if not each.startswith("secdil ")}
    assert len(named) > 15
    assert named <= VARIABLES


def test_every_public_name_is_documented_once():
    grouped = [name for names in GENERATE["groups"]().values() for name in names]
    assert sorted(grouped) == sorted(sd.__all__)
    page = GENERATE["api_page"]()
    assert all(f"::: {sd._HOMES[name]}.{name}\n" in page for name in sd.__all__)
    assert {"Model", "Scenario", "Fit"} <= {each.__name__ for each in GENERATE["returned"]()}


def test_every_command_and_variable_has_its_heading():
    pages = GENERATE["pages"]()
    for words in GENERATE["_commands"](app):
        assert f"## secdil {' '.join(words)}\n" in pages["reference/command-line.md"]
    for name in sd.models():
        for row in sd.load_model(name).variables.itertuples():
            assert f"### {row.name}\n" in pages[f"reference/{name}.md"]


def test_the_pages_are_built_without_a_warning_and_ask_no_network(tmp_path):
    pytest.importorskip("material")
    pytest.importorskip("mkdocstrings_handlers")
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(ROOT / "mkdocs.yml"), strict=True, site_dir=str(tmp_path / "site")))
    built = list((tmp_path / "site").rglob("*.html"))
    assert {page.with_suffix(".html").name for page in PAGES} <= {each.name for each in built}
    for page in built:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"?https?:", text)
    assert "<math" in (tmp_path / "site" / "theory.html").read_text(encoding="utf-8")


def test_documentation_is_an_extra_and_never_in_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "mkdocs" in " ".join(project["project"]["optional-dependencies"]["docs"])
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["secdil_sd"]
