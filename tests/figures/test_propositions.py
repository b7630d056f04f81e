"""The claims drawn and put on a page: every number on it, nothing lost, nothing computed."""

from __future__ import annotations

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.propositions.book import book
from secdil_sd.errors import InputError
from secdil_sd.figures import propositions as drawings
from secdil_sd.reporting.page import render
from secdil_sd.reporting.results import result_page

ASKED = ["P16", "P19", "P32", "P6"]


@pytest.fixture(scope="module")
def found():
    return sd.propositions(n=32, seed=1, ids=ASKED)


def test_shares_have_a_mark_a_claim_in_the_order_of_the_essay(found):
    drawn = sd.figure(found)
    marks = {y: x for trace in drawn.data for y, x in zip(trace.y, trace.x, strict=True)}
    assert marks == dict(zip(found.table["claim"], found.table["share"], strict=True))
    assert list(drawn.layout.yaxis.ticktext) == found.table["claim"].tolist()
    assert drawn.layout.title.text.replace("<br>", " ") == found.finding.rstrip(".")


def test_the_matrix_says_every_outcome_without_color(found):
    drawn = drawings.knockout_matrix(found.knockouts)
    heat = drawn.data[0]
    signs = {"holds": "✓", "fails": "✕", "not testable": "–"}
    outcomes = found.knockouts.set_index(["claim", "mechanism"])["outcome"]
    for claim, row in zip(heat.y, heat.text, strict=True):
        for mechanism, sign in zip(heat.x, row, strict=True):
            assert sign == signs[outcomes[claim, mechanism]]


def test_small_figures_show_the_runs_by_their_words(found):
    for claim in book().chosen(ASKED):
        own = found.curves[found.curves["claim"] == claim.key]
        assert own["value"].notna().all(), claim.key
        words = {each for each in claim.show.runs.values() if each}
        assert words <= set(own["run"]), claim.key
        if claim.show.axis:
            assert len(drawings.ends(own, "x", "y").data[0].x) == len(claim.show.runs)
        else:
            assert len(drawings.paths(own, "y").data) == own["run"].nunique()


@pytest.mark.parametrize(
    "draw", [drawings.shares, drawings.knockout_matrix, lambda t: drawings.paths(t, "y")]
)
def test_a_table_that_lacks_columns_is_refused(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"claim": ["P1"]}))


def test_the_page_has_a_card_for_every_claim_with_its_doubts(found):
    page = result_page(found)
    cards = [card for section in page.sections for card in section.cards]
    assert [card.number for card in cards] == found.table["id"].tolist()
    for card, row in zip(cards, found.table.itertuples(), strict=True):
        facts = dict(card.facts)
        assert card.statement == row.statement
        assert f"{row.n:,} worlds" in facts["In the plausible space"]
        assert facts["Sources"] == row.source
        assert card.quote
    text = render(page)
    assert len(text) < 6_000_000
    assert text.count('<article class="card"') == len(found.table)
    assert "lying outside the claim" in text  # P6 does not speak of calm worlds
    assert not any("nan" in text.split() for card in cards for _, text in card.facts)


def test_a_card_says_what_history_says():
    asked = sd.propositions(n=32, seed=1, ids=["P6", "P14", "P32"])
    page = result_page(asked)
    marks = [card.marks for section in page.sections for card in section.cards]
    said = [next((t for _, t in m if t.startswith("Cold War")), None) for m in marks]
    assert said == ["Cold War: cannot tell", "Cold War: disagrees", None]
    assert asked.history in page.answer
