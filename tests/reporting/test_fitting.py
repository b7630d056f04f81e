"""Pages on fits: the answer first, what cannot be told beside it, in any browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import secdil_sd as sd
from secdil_sd.errors import Finding, SolveError
from secdil_sd.fitting import findings
from secdil_sd.reporting import report
from secdil_sd.reporting.results import result_page

sys.path.insert(0, str(Path(__file__).parent))
from browser import CHROMIUM, look


@pytest.fixture(scope="module")
def found():
    return sd.fit(
        sd.load_scenario("wwi_blocs"), parameters=["reaction", "grievance", "initial spending"],
        starts=2, backend="numpy",
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(found, tmp_path_factory):
    return sd.report(found, tmp_path_factory.mktemp("fits") / "fit.html")


def test_the_answer_comes_first(found):
    page = result_page(found)
    assert page.question == (
        "What do 10 figures of spending say of reaction, grievance and initial spending?"
    )
    assert page.answer[0] == f"{found.finding}." and page.answer[1] == f"{findings.told(found)}."
    assert "1.23 (0.618 to 2.09)" in page.answer[2]
    assert [each.id for each in page.sections] == ["figures", "estimates", "apart", "misses"]
    assert page.sections[2].lead == found.identifiability
    assert page.sections[3].lead == found.remarks


def test_every_number_has_its_row(found):
    (table,) = result_page(found).sections[1].tables
    assert [row[0] for row in table.rows][-1] == "initial spending of Germany and Austria-Hungary"
    by_name = dict(zip(table.columns, table.rows[2], strict=True))
    assert float(by_name["estimate"]) == pytest.approx(-73.01, abs=0.05)
    assert by_name["scale"] == "identity"
    assert by_name["told by the figures"].startswith("only together with reaction")


def test_what_made_it_is_on_the_page(found, page):
    record = result_page(found).provenance
    for name in ("source", "units", "price_basis", "noise", "method", "seed", "starts_agreeing"):
        assert name in record
    text = page.read_text("utf-8")
    assert "2 of 2 starts end here" in text and page.stat().st_size < 6_000_000


def test_without_intervals_the_page_has_no_profiles():
    found = sd.fit(
        sd.load_scenario("wwi_blocs"), starts=1, intervals=False, noise="normal", backend="numpy"
    )
    page = result_page(found)
    shown = [each.id for section in page.sections for each in section.exhibits]
    assert "fit-profiles" not in shown and "fit-figures" in shown
    assert {row[2] for row in page.sections[1].tables[0].rows} == {"not asked for"}
    assert "million GBP" in found.finding


def test_a_scenario_that_says_what_to_fit_is_fitted_in_its_report():
    page = report.build_page(sd.load_scenario("wwi_blocs"))
    (section,) = [each for each in page.sections if each.id == "fit"]
    assert [each.id for each in section.exhibits] == [
        "fit-figures", "fit-profiles", "fit-residuals",
    ]  # fmt: skip
    assert "secdil fit wwi_blocs" in section.points[-1]


def test_a_fit_that_does_not_converge_is_said_to_be_none(monkeypatch):
    def never(*_, **__):
        raise SolveError(Finding("error", "None of 2 starts converged."))

    monkeypatch.setattr(report, "fit", never)
    page = report.build_page(sd.load_scenario("wwi_blocs"))
    (section,) = [each for each in page.sections if each.id == "fit"]
    assert "None of 2 starts converged" in section.lead[0] and not section.exhibits


def test_two_fits_share_a_page(found):
    ids = [each.id for section in result_page([found, found]).sections for each in section.exhibits]
    assert len(ids) == len(set(ids)) == 12


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [400, 1600])
def test_in_a_browser_without_network(page, width):
    sight = look(page, width, page.parent)
    assert sight.drawn == sight.figures > 8
    assert sight.errors == 0 and sight.console == () and sight.requests == ()
    assert sight.overflow <= 0 and sight.clipped == ()
