"""The cache: a second run never imports PySD; what is damaged or foreign is rebuilt."""

from __future__ import annotations

import json
import os

import pytest

from secdil_sd import bundle
from secdil_sd.reading import cache

PROGRAM = """
import sys
import secdil_sd as sd
model = sd.load_model("security_dilemma")
print(len(model.variables), "pysd" in sys.modules)
"""


HOSTILE = json.dumps(
    {
        **{"format": cache.FORMAT, "name": "x", "dialect": "vensim", "place": "", "ranges": []},
        **{"notes": [], "tables": {}},
        "variables": [
            [
                *("x", [[[], ["call", "__import__", [["text", "os"]]], [], 1, ""]]),
                *("", None, None, "", False, ""),
            ]
        ],
    }
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SECDIL_CACHE", str(tmp_path / "cache"))
    cache._LOADED.clear()
    yield tmp_path / "cache"
    cache._LOADED.clear()


def test_a_second_run_never_imports_pysd(fresh_python, tmp_path):
    first = fresh_python(PROGRAM, SECDIL_CACHE=str(tmp_path)).split()
    second = fresh_python(PROGRAM, SECDIL_CACHE=str(tmp_path)).split()
    assert first[0] == second[0]
    assert (first[1], second[1]) == ("True", "False")


@pytest.mark.parametrize("name", bundle.models())
def test_what_is_kept_is_what_was_translated(name):
    system = cache.load_system(bundle.model(name))
    text = json.dumps(cache.system_to_json(system))
    assert cache.system_from_json(json.loads(text)) == system


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 0}',
        "[" * 5000,
        HOSTILE,
    ],
)
def test_damaged_and_foreign_caches_are_rebuilt(folder, damage):
    path = bundle.model("richardson")
    good = cache.load_system(path)
    [kept] = folder.iterdir()
    kept.write_text(damage)
    cache._LOADED.clear()
    assert cache.load_system(path) == good


def test_an_unwritable_cache_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SECDIL_CACHE", str(tmp_path / "file" / "inside"))
    cache._LOADED.clear()
    assert cache.load_system(bundle.model("richardson")).name == "richardson"
    assert os.listdir(tmp_path) == ["file"]


def test_a_changed_file_is_read_anew(folder, tmp_path):
    path = tmp_path / "m.mdl"
    text = bundle.model("richardson").read_text()
    path.write_text(text)
    before = cache.load_system(path)["fatigue"].definitions[0].expression.value
    path.write_text(text.replace("\t0.2\n", "\t0.3\n"))
    after = cache.load_system(path)["fatigue"].definitions[0].expression.value
    assert (before, after) == (0.2, 0.3)
