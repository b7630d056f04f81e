"""Pages on sweeps: the finding first, the doubt beside it, the data on offer."""

from __future__ import annotations

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.reporting.results import result_page


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson", subscripts={"state": ["A", "B"]})


@pytest.fixture(scope="module")
def found(linear):
    return sd.threshold(
        linear, "reaction", "reaction gain final", between=(0.05, 0.5), times=[0, 1],
        samples=20, uncertainties=["fatigue[*]"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def plane(linear):
    grid = np.linspace(0.05, 0.4, 5)
    return sd.stability_map(
        linear, {"reaction": grid}, {"fatigue": grid}, "reaction gain final", times=[0, 1],
        cases={"here": (0.1, 0.3)},
    )  # fmt: skip


def test_a_threshold_has_a_page(found):
    page = result_page(found)
    assert page.question == "At which reaction does the final reaction gain pass 1?"
    assert page.answer == (found.own_finding, found.spread.finding)
    assert [each.id for each in page.sections] == ["curve", "spread"]


def test_a_map_has_a_page(plane):
    page = result_page(plane)
    assert page.answer == (plane.finding,)
    (exhibit,) = page.sections[0].exhibits
    assert len(exhibit.data) == 25
    assert page.sections[0].tables[0].rows[0][0] == "here"


def test_several_results_share_a_page_and_keep_their_names_apart(found, plane, tmp_path):
    page = result_page([found, plane, plane])
    names = [each.id for each in page.sections]
    assert len(names) == len(set(names)) == 4
    exhibits = [each.id for section in page.sections for each in section.exhibits]
    assert len(exhibits) == len(set(exhibits))
    assert page.question == result_page(found).question
    path = sd.report([found, plane], tmp_path / "both.html")
    text = path.read_text(encoding="utf-8")
    assert found.own_finding in text
    assert plane.finding in text
    with pytest.raises(InputError, match="no results"):
        result_page([])


def test_sweeps_and_ensembles_have_pages(linear):
    cube = sd.sweep(linear, {"reaction": [0.1, 0.2]}, ["spending final", "peak spending"])
    page = result_page(cube)
    assert page.question == "What does reaction change?"
    assert [each.id for each in page.sections[0].exhibits] == ["spending-final", "peak-spending"]
    run = linear.run_ensemble({"reaction": [0.1, 0.2]}, times=range(3), outputs=["spending"])
    assert "Half of 2 members end" in result_page(run).answer[0]
    with pytest.raises(InputError, match="no report on a dataset"):
        result_page(linear.run(times=range(3)))
