"""Figures and pages of policy: the columns they need, what they show, what they must not hide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.policy.advice import Advice
from secdil_sd.errors import InputError
from secdil_sd.figures import policy

RACE = {"reaction[East,West]": (0.1, 0.5), "reaction[West,East]": (0.1, 0.5)}


@pytest.fixture(scope="module")
def advice():
    race = sd.load_model("richardson")
    return Advice(
        "A race",
        sd.remedies(race, uncertainties=RACE, n=32),
        sd.search_policy(race, ["fatigue"], RACE, n=32, budget=3000),
    )


@pytest.mark.parametrize(
    "draw",
    [
        policy.doses,
        lambda t: policy.gains(t, 0.9),
        lambda t: policy.curves(t, t, 0.9),
        lambda t: policy.front(t, t, 0.9),
        lambda t: policy.settings(t, t),
    ],
)
def test_a_missing_column_is_named(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"nonsense": [1]}))


def test_no_feasible_amount_is_shown_as_such():
    table = pd.DataFrame(
        {
            "remedy": ["openness", "restraint"],
            "school": ["Glaser", "Kydd"],
            "verdict": ["enough", "no feasible amount"],
            "dose": [0.4, np.nan],
            "dose_low": [0.3, np.inf],
            "dose_high": [np.inf, np.inf],
            "share": [0.9, 0.12],
        }
    )
    figure = policy.doses(table)
    told = [each.text.strip() for each in figure.layout.annotations]
    assert told == ["40%", "no feasible amount: at best 12%"]
    assert figure.data[0].error_x.array[0] == pytest.approx(0.6)  # an endless interval ends at 1
    assert figure.data[0].marker.color != figure.data[1].marker.color == policy.FAINT


def test_a_remedy_that_does_harm_goes_back():
    table = pd.DataFrame(
        {
            "remedy": ["good", "harmful"],
            "school": ["One", "Two"],
            "status_quo_share": [0.5, 0.5],
            "full_share": [0.8, 0.3],
        }
    )
    bars = policy.gains(table, 0.9).data
    assert [float(each.x[0]) for each in bars] == pytest.approx([0.5, 0.3, -0.2])
    assert bars[2].base[0] == 0.5
    assert bars[2].marker.color == policy.THRESHOLD


def test_one_verb_draws_them(advice):
    for result in (advice.remedies, advice.search, advice):
        figure = sd.figure(result)
        assert figure.layout.title.text
        assert len(figure.data)


def test_pages_are_whole(advice, tmp_path):
    text = sd.report(advice, tmp_path / "advice.html").read_text("utf-8")
    for piece in (
        "A race: what would stop it",
        "The smallest remedy of each school",
        "The cheapest policy",
        "reassurance by restraint",
        "What this cannot tell",
        "fresh worlds",
    ):
        assert piece in text
    alone = sd.report(advice.remedies, tmp_path / "remedies.html").read_text("utf-8")
    assert "The smallest remedy of each school" in alone
    other = sd.report(advice.search, tmp_path / "search.html").read_text("utf-8")
    assert "The cheapest policy" in other


def test_both_are_saved_together(advice, tmp_path):
    text = advice.save(tmp_path / "advice.json").read_text()
    assert '"remedies_finding"' in text and '"front"' in text
    table = pd.read_csv(advice.save(tmp_path / "advice.csv"))
    assert list(table["remedy"]) == list(advice.to_dataframe()["remedy"])


def test_nothing_to_do_needs_no_section(tmp_path):
    calm = sd.load_model("richardson")
    found = Advice(
        "Calm", sd.remedies(calm, uncertainties=[]), sd.search_policy(calm, ["fatigue"], [])
    )
    text = sd.report(found, tmp_path / "calm.html").read_text("utf-8")
    assert "Nothing need be done" in text
    assert 'id="cheapest"' not in text
