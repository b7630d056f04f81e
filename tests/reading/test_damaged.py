"""Damaged files: a finding or a model, never a traceback, a hang, or half a model in silence."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import secdil_sd as sd
from secdil_sd import bundle
from secdil_sd.errors import SecdilError
from secdil_sd.reading.text import SKETCH
from secdil_sd.reading.translate import read_model

CONSTRUCTS = Path(__file__).parents[1] / "models" / "constructs"
XMILE = sorted(e for e in CONSTRUCTS.iterdir() if e.suffix in (".xmile", ".stmx"))
VENSIM = sorted(CONSTRUCTS.glob("*.mdl"))
MARKS = st.sampled_from("~|()[]{},=+-\"!:\\\n x<>/&;09.'*^\x00é")
CHANGES = ("cut", "lose", "add", "change")


def bounded(examples: int) -> settings:
    """Few examples, each within seconds: a hang fails."""
    return settings(
        max_examples=examples,
        deadline=timedelta(seconds=10),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@st.composite
def damaged(draw, files):
    """A file of the list, and its text cut short or with one letter lost, added or changed."""
    path = draw(st.sampled_from(files))
    text = path.read_text(encoding="utf-8")
    place = draw(st.integers(0, len(text) - 1))
    mark = draw(MARKS)
    texts = {
        "cut": text[:place],
        "lose": text[:place] + text[place + 1 :],
        "add": text[:place] + mark + text[place:],
        "change": text[:place] + mark + text[place + 1 :],
    }
    return path, texts[draw(st.sampled_from(CHANGES))]


def refused_or_read(read, path):
    """Read a file; a refusal must say something about it."""
    try:
        return read(path)
    except SecdilError as error:
        assert error.findings
        assert all(each.message for each in error.findings)
        return None


@pytest.mark.parametrize("files", [VENSIM, XMILE], ids=["vensim", "xmile"])
def test_constructs(files, tmp_path):
    @bounded(60)
    @given(damaged(files))
    def check(one):
        path, text = one
        place = tmp_path / path.name
        place.write_text(text, encoding="utf-8")
        refused_or_read(read_model, place)

    check()


@bounded(12)
@given(damaged([bundle.model(each) for each in bundle.models()]))
def test_bundled_models(tmp_path_factory, one):
    path, text = one
    place = tmp_path_factory.mktemp("damaged") / path.name
    place.write_text(text, encoding="utf-8")
    refused_or_read(read_model, place)


@bounded(40)
@given(st.floats(0, 1))
def test_a_model_cut_short_is_whole_or_refused(tmp_path_factory, share):
    path = bundle.model("richardson")
    text = path.read_text(encoding="utf-8")
    place = tmp_path_factory.mktemp("cut") / path.name
    left = text[: int(share * len(text))]
    place.write_text(left, encoding="utf-8")
    found, whole = refused_or_read(read_model, place), read_model(path)
    if found is not None and "SAVEPER" not in left:
        # cut between two entries: SAVEPER, the last, has a default, so all the rest must be there
        found, whole = (
            each.replace(variables=tuple(v for v in each.variables if v.name != "SAVEPER"))
            for each in (found, whole)
        )
    assert found is None or found == whole


@pytest.mark.parametrize("path", [*VENSIM, *XMILE], ids=lambda path: path.stem)
def test_a_file_cut_inside_its_last_equation_is_refused(tmp_path, path):
    text = SKETCH.split(path.read_text(encoding="utf-8"), maxsplit=1)[0].rstrip()
    place = tmp_path / path.name
    place.write_text(text[:-1], encoding="utf-8")
    assert refused_or_read(read_model, place) is None


@bounded(60)
@given(damaged([bundle.scenario(each) for each in bundle.scenarios()]))
def test_scenarios(tmp_path_factory, one):
    path, text = one
    place = tmp_path_factory.mktemp("damaged") / path.name
    place.write_text(text, encoding="utf-8")
    refused_or_read(sd.load_scenario, place)


@bounded(12)
@given(damaged([bundle.model(each).with_suffix(".toml") for each in bundle.models()]))
def test_companion_files(tmp_path_factory, one):
    path, text = one
    folder = tmp_path_factory.mktemp("damaged")
    model = folder / path.with_suffix(".mdl").name
    shutil.copy(path.with_suffix(".mdl"), model)
    (folder / path.name).write_text(text, encoding="utf-8")
    refused_or_read(lambda each: sd.load_model(each).check(), model)


def test_a_namespace_that_cannot_be_written_is_a_finding(tmp_path):
    text = (CONSTRUCTS / "xmile_macros.xmile").read_text("utf-8")
    path = tmp_path / "x.xmile"
    path.write_text(text.replace("http://docs", "http://édocs", 1), "utf-8")
    with pytest.raises(SecdilError, match="no valid namespace"):
        sd.load_model(path)
