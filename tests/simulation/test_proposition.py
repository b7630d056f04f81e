"""Propositions in scenario files: sentences, tables, and every mistake with its place."""

from __future__ import annotations

import pytest

import secdil_sd as sd
from secdil_sd.errors import ScenarioError
from secdil_sd.simulation.premise import Bound, Premise
from secdil_sd.simulation.sentence import Sentence, read_sentence

HEAD = 'title = "t"\nmodel = "security_dilemma"\n[subscripts]\nstate = ["A", "B"]\n'


@pytest.fixture
def load(tmp_path):
    def loader(text):
        path = tmp_path / "mine.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return sd.load_scenario(path)

    return loader


@pytest.mark.parametrize(
    ("text", "when", "settings", "change", "then"),
    [
        ("when democracy of both is at least .8, peak spiral number stays below 1",
         "democracy >= 0.8", {}, {}, "peak spiral number < 1"),
        ("When democracy of A is above .8 and democracy of B is at most 20%, burden ends below 5%.",
         "democracy[A] > 0.8 and democracy[B] <= 0.2", {}, {}, "burden final < 0.05"),
        ("if offense defense balance is between -1 and 0, then security peaks above .5",
         "offense defense balance >= -1 and offense defense balance <= 0", {}, {},
         "peak security > 0.5"),
        ("where audience discount is 0 and preemption is set to .5, burden never reaches .2",
         "", {"audience discount": 0.0, "preemption": 0.5}, {}, "peak burden < 0.2"),
        ("when transparency rises to .8, burden final falls and security final does not fall",
         "transparency <= 0.8", {}, {"transparency": 0.8},
         "burden final falls and security final does not fall"),
        ("when democracy of B falls to .1, spending.A final rises",
         "democracy[B] >= 0.1", {}, {"democracy[B]": 0.1}, "spending.A final rises"),
        ("when attention exponent changes to 1, burden final falls",
         "", {}, {"attention exponent": 1.0}, "burden final falls"),
        ("spending reaches 100 and burden is always below 1",
         "", {}, {}, "peak spending >= 100 and burden < 1"),
    ],
)  # fmt: skip
def test_sentences_are_read_into_their_parts(text, when, settings, change, then):
    assert read_sentence(text) == Sentence(when, settings, change, then)


def test_a_premise_tells_bounds_from_rules():
    found = Premise.parse("democracy.A >= 0.8 and reaction.A <= 2 reaction.B - 0.1")
    assert found.bounds == (Bound("democracy.A", ">=", 0.8),)
    assert found.rules == ("reaction.A <= 2 reaction.B - 0.1",)
    assert found.names == ("democracy.A", "reaction.A", "reaction.B")


def test_tables_and_sentences_stand_side_by_side(load):
    found = load(
        '[propositions]\ncalm = "when democracy is at least .8, burden ends below .1"\n'
        '[propositions.fixed]\nstatement = "Calm."\nwhen = { democracy = 0.9 }\n'
        'then = "peak spiral number < 1"\nsource = "me"\nvaried = ["reaction"]\n'
    ).propositions
    assert found["calm"].parts.then == "burden final < 0.1"
    assert found["fixed"].parts.settings == {"democracy": 0.9}
    assert (found["fixed"].text, found["fixed"].source) == ("Calm.", "me")
    assert sd.load_scenario("cold_war").propositions == {}


def test_all_mistakes_are_told_together_with_place_and_nearest_name(load):
    with pytest.raises(ScenarioError) as caught:
        load(
            '[cases.one]\nparams = { democracy = 0.5 }\n'
            '[propositions.a]\nwhen = "democrac >= 0.8"\nthen = "burden < 1"\ncases = ["on"]\n'
            '[propositions.b]\nchange = { transparancy = 0.8 }\nthen = "burden final falls"\n'
            '[propositions.c]\nsettings = { reaction = { C = 0.1 } }\nthen = "burden < 1"\n'
            'varied = ["fatige"]\n'
        )  # fmt: skip
    said = {each.place: str(each) for each in caught.value.findings}
    for place, hint in {
        "[propositions.a] when": "democracy", "[propositions.a] cases": "'one'",
        "[propositions.b] change": "transparency", "[propositions.c] settings": "C",
        "[propositions.c] varied": "fatigue",
    }.items():  # fmt: skip
        (found,) = [text for where, text in said.items() if where.startswith(f"mine.toml, {place}")]
        assert hint in found


def test_keys_that_are_not_known_are_answered(load):
    with pytest.raises(ScenarioError, match=r"\[propositions.a\] thn.*Did you mean 'then'"):
        load('[propositions.a]\nthn = "burden < 1"\n')
    with pytest.raises(ScenarioError, match="Write: when NAME"):
        load('[propositions]\na = "all is well"\n')
