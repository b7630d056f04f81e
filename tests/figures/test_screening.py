"""Screened dyads drawn and reported: every dyad in its place, titles that say the finding."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitting.screen_worlds import richardson, table_of

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.figures import screening
from secdil_sd.fitting.screening.chance import chance
from secdil_sd.fitting.screening.words import finding
from secdil_sd.reporting.results import result_page


@pytest.fixture(scope="module")
def found():
    table, dyads = table_of(richardson(8, 45, np.random.default_rng(1)))
    return sd.screen(table, dyads)


@pytest.fixture(scope="module")
def many():
    table, _ = table_of(richardson(8, 45, np.random.default_rng(1)))
    return sd.screen(table)


def test_a_few_dyads_are_drawn_by_name(found):
    drawn = screening.dots(found)
    scores = [x for trace in drawn.data if trace.xaxis == "x2" for x in trace.x if x is not None]
    assert sorted(scores) == pytest.approx(sorted(found["reaction_probability"]))
    assert len(drawn.layout.yaxis.categoryarray) == len(found)
    assert sd.figure(found).layout.title.text.replace("<br>", " ") == finding(found)


def test_many_dyads_are_points_of_a_plane(many):
    assert len(many) > screening.MOST_ROWS
    drawn = screening.verdicts(many)
    assert sum(len(trace.x) for trace in drawn.data) == len(many)
    assert all(-0.25 <= x <= screening.WIDEST for trace in drawn.data for x in trace.x)


def test_chance_shows_every_kind_and_the_dyads(found):
    curves = chance(found, found.attrs["placebos"])
    drawn = screening.chance(curves, found)
    assert len(drawn.data) == curves["kind"].nunique() + 1
    assert sorted(drawn.data[-1].x) == pytest.approx(sorted(found["reaction_probability"]))


def test_figures_refuse_tables_without_their_columns(found):
    for draw in (screening.dots, screening.plane):
        with pytest.raises(InputError, match="reaction_probability"):
            draw(found.drop(columns="reaction_probability"))
    with pytest.raises(InputError, match="share"):
        screening.chance(pd.DataFrame({"kind": []}), found)


def test_a_page_says_both_verdicts_and_what_they_rest_on(found, tmp_path):
    page = result_page(found)
    assert page.answer == (f"{finding(found)}.",)
    assert len(page.sections[0].tables[0].rows) == len(found)
    text = sd.report(found, path=tmp_path / "page.html").read_text()
    assert "Did both build up" in text
    assert "re-paired" in text
    single = result_page(sd.screen(*_one()))
    assert single.answer[1].startswith("Build-up:")
    with pytest.raises(InputError, match="no report on a table"):
        result_page(pd.DataFrame({"x": [1]}))


def _one():
    table, dyads = table_of(richardson(1, 30, np.random.default_rng(2)))
    return table, dyads
