"""Reality checks drawn and reported: what the figures hold, and pages of both kinds."""

from __future__ import annotations

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.reality.contrast import contrast
from secdil_sd.errors import InputError
from secdil_sd.figures import reality
from secdil_sd.names import spoken
from secdil_sd.reporting.reality import reality_page
from secdil_sd.reporting.results import result_page

PLANT = """{UTF-8}
workers = 10 ~~|
output = 1 + 2 * workers ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
no workers no <b>output</b> :THE CONDITION: workers = 0 :IMPLIES: output = 0 ~~|
few :THE CONDITION: workers = 1 :IMPLIES: output < 5 ~~|
gone :THE CONDITION: horses = 1 :IMPLIES: output < 5 ~~|
"""


@pytest.fixture(scope="module")
def tried():
    mine = {
        "calm <i>": {"settings": {"fatigue": 0.4}, "then": "peak spiral number < 1"},
        "never": {"then": "spending > 1e9", "varied": ["fatigue"]},
        "outside": {"when": "fatigue >= 0.5", "then": "spending < 1e9", "varied": ["fatigue"]},
    }
    return sd.reality_check(sd.load_model("richardson"), 64, propositions=mine, times=[0, 1])


@pytest.fixture(scope="module")
def vensim(tmp_path_factory):
    path = tmp_path_factory.mktemp("plant") / "plant.mdl"
    path.write_text(PLANT.replace("<b>output</b>", "output"))
    return sd.reality_check(sd.load_model(path))


def test_shares_have_a_dot_a_proposition_and_a_mark_for_its_own_values(tried):
    drawn = reality.shares(tried.table)
    points = [(y, x) for trace in drawn.data for y, x in zip(trace.y, trace.x, strict=True)]
    assert dict(points) == dict(zip(tried.table["name"], tried.table["share"], strict=True))
    assert {trace.name for trace in drawn.data} == {
        "holds at the case's own values", "fails there", "own values lie outside the premise",
    }  # fmt: skip
    assert sd.figure(tried).layout.title.text.replace("<br>", " ") == tried.finding.rstrip(".")


def test_ranges_show_the_telling_parameters_of_both_kinds_of_draws(tried):
    table = contrast(tried.draws["calm <i>", ""])
    drawn = reality.ranges(table, most=3)
    assert len(drawn.layout.yaxis.ticktext) == 3
    assert spoken(table["parameter"][0]) in drawn.layout.yaxis.ticktext[-1]
    assert [t.name for t in drawn.data if t.showlegend is not False] == [
        "draws in which it holds", "draws in which it breaks",
    ]  # fmt: skip


def test_steps_have_a_bar_a_test(vensim):
    drawn = reality.steps(vensim.table)
    assert {trace.name for trace in drawn.data} == {"holds", "fails", "cannot tell"}
    assert sd.figure(vensim).layout.title.text.replace("<br>", " ") == vensim.finding.rstrip(".")


@pytest.mark.parametrize("draw", [reality.shares, reality.steps, reality.ranges])
def test_a_table_without_the_columns_is_refused(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"name": ["a"]}))


def test_the_page_on_propositions_states_findings_and_lists_counterexamples(tried, tmp_path):
    page = result_page(tried)
    titles = [each.title for each in page.sections[0].exhibits]
    assert titles[0] == "“outside” holds in 100% of the draws, “never” in 0%"
    assert titles[1].startswith("“calm <i>” breaks in ")
    assert len(titles) == 2
    assert [each.title for each in page.sections[0].tables][1:] == [
        "Counterexamples to “calm <i>”", "Counterexamples to “never”",
    ]  # fmt: skip
    text = sd.report(tried, tmp_path / "page.html").read_text("utf-8")
    assert "calm &lt;i&gt;" in text and "calm <i>" not in text.split("</title>")[1]


def test_the_page_on_constraints_names_the_violated_one(vensim, tmp_path):
    (section,) = reality_page(vensim).sections
    assert section.exhibits[0].title == "“no workers no output” is violated, first at 0"
    (table,) = section.tables
    assert [row[2] for row in table.rows] == ["fails", "holds", "cannot tell"]
    assert "horses" in table.rows[2][5]
    assert sd.report(vensim, tmp_path / "plant.html").exists()
