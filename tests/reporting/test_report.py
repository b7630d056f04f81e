"""Reports: complete, self-contained, escaped, the same every time; looked at in a browser."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

import pytest

import secdil_sd as sd
from secdil_sd.errors import FileError, InputError
from secdil_sd.reporting.page import Page, Section, render
from secdil_sd.reporting.report import build_page

sys.path.insert(0, str(Path(__file__).parent))
from browser import CHROMIUM, look

PLOTLY_MARK = "plotly.js v"
STRANGER = (
    '"</script><img src=x onerror=alert(1)>" = INTEG('
    'rate - 0.1 * "</script><img src=x onerror=alert(1)>", 5)'
    " ~ cats & dogs ~ <b>bold</b> </script> |\nrate = 1 + SIN(Time) ~ ~ |\n"
    "INITIAL TIME = 0 ~ day ~ |\nFINAL TIME = 20 ~ day ~ |\nTIME STEP = 0.25 ~ day ~ |\n"
    "SAVEPER = 1 ~ day ~ |\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def cold_war(folder):
    return sd.report(path=folder / "cold_war.html")


@pytest.fixture(scope="module")
def stranger(folder):
    path = folder / "theirs.mdl"
    path.write_text(STRANGER, encoding="utf-8")
    return sd.report(path, path=folder / "theirs.html")


def test_the_main_report_is_whole(cold_war):
    text = cold_war.read_text("utf-8")
    assert cold_war.stat().st_size < 6_000_000
    assert text.count(PLOTLY_MARK) == 1
    for heading in (
        "Does history agree?", "Is it a spiral?", "Where is it heading?",
        "What do they believe of each other?", "What would have changed it?",
        "Which values, and where from", "The equations", "What this cannot tell",
        "How this page was made",
    ):  # fmt: skip
        assert heading in text
    assert sd.load_scenario("cold_war").question in text


def test_every_figure_has_title_caption_alt_text_and_data(cold_war):
    text = cold_war.read_text("utf-8")
    figures = re.findall(r"<figure.*?</figure>", text, re.S)
    assert len(figures) >= 7
    for each in figures:
        assert re.search(r"<h3[^>]*>[^<]{10,}</h3>", each)
        assert re.search(r"<figcaption>[^<]{10,}", each)
        assert re.search(r'role="img" aria-label="[^"]{20,}"', each)
        data = re.search(r'href="data:text/csv;base64,([^"]+)"', each)
        assert data
        lines = base64.b64decode(data[1]).decode().splitlines()
        assert len(lines) > 3
        assert lines[0].count(",") >= 1


def test_nothing_is_asked_of_any_network(cold_war):
    text = cold_war.read_text("utf-8")
    own = text[: text.index("<script>")]
    assert "default-src 'none'" in own
    for tag in re.findall(r"<(?:script|link|img|iframe|source)[^>]*>", own):
        assert "http" not in tag, tag


def test_the_same_input_gives_the_same_bytes():
    case = sd.load_scenario("wwi_blocs")
    assert render(build_page(case)) == render(build_page(sd.load_scenario("wwi_blocs")))


def test_names_of_strangers_are_text_not_markup(stranger):
    text = stranger.read_text("utf-8")
    assert "<img src=x" not in text
    assert "<b>bold</b>" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    for spec in re.findall(r'<script type="application/json">(.*?)</script>', text, re.S):
        assert "<" not in spec


@pytest.mark.parametrize(
    "name", ["four_worlds", "regime_dyads", "wwi_richardson", "richardson", "security_dilemma"]
)
def test_every_bundled_subject_has_a_report(folder, name):
    path = sd.report(name, path=folder / f"{name}.html")
    assert path.stat().st_size < 6_000_000
    assert "The equations" in path.read_text("utf-8")


def test_wrong_places_are_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        sd.report("wwi_blocs", path=tmp_path / "none" / "x.html")
    with pytest.raises(InputError, match=r"not .x\.pdf."):
        sd.report("wwi_blocs", path=tmp_path / "x.pdf")
    (tmp_path / "taken.html").mkdir()
    with pytest.raises(FileError):
        sd.report("wwi_blocs", path=tmp_path / "taken.html")
    assert [each.name for each in tmp_path.iterdir()] == ["taken.html"]


def test_text_is_escaped_everywhere():
    evil = '<script>alert("x")</script>'
    page = Page(
        evil, evil, (evil,), (evil,), (Section("a", evil, (evil,), points=(evil,)),), {evil: evil}
    )
    assert evil not in render(page)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("name", ["cold_war", "stranger"])
def test_in_a_browser_without_network(request, folder, name, width):
    sight = look(request.getfixturevalue(name), width, folder)
    assert sight.figures > 0
    assert sight.drawn == sight.figures
    assert sight.errors == 0
    assert sight.console == ()
    assert sight.requests == ()
    assert sight.overflow <= 0
    assert sight.clipped == ()
