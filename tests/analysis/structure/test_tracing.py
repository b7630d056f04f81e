"""Causal tracing against what the equations say and an independent parser."""

from __future__ import annotations

import pytest

import secdil_sd as sd
from secdil_sd.analysis.structure.links import INITIAL, links
from secdil_sd.equations.system import TIME_NAMES


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma")


def test_a_stock_is_traced_through_its_flows_to_their_causes(model):
    table = sd.causes(model, "Spending", depth=2).table
    first = table[table["level"] == 1]
    assert list(zip(first["cause"], first["sign"], first["part"], strict=True)) == [
        ("arming", "+", "rate"),
        ("disarming", "-", "rate"),
        ("initial spending", "+", "initial value"),
    ]
    arming = table[table["variable"] == "arming"].set_index("cause")
    assert arming.loc["maximum burden", "sign"] == ""  # a shock may be negative: no range says not
    assert set(table.loc[table["variable"] == "disarming", "sign"]) == {"+"}
    assert arming.loc["arming pressure", "sign"] == ""  # beyond the ceiling it turns round
    assert arming.loc["burden", "equation"].startswith("burden[state]=")
    assert arming.loc["burden", "units"] == "Dmnl"


def test_uses_mirror_causes(model):
    for effect in ("spending", "hostility belief", "war hazard"):
        for cause in set(sd.causes(model, effect, depth=1).table["cause"]):
            assert effect in set(sd.uses(model, cause).table["use"])


def test_tree_marks_what_was_shown_and_what_only_begins(model):
    text = str(sd.causes(model, "spending", depth=3))
    assert "see above" in text
    assert "└─ initially: + initial spending (constant, billion USD/year)" in text
    assert str(sd.causes(model, "fatigue")).endswith("is caused by nothing")


def test_elements_and_spellings_find_the_variable(model):
    assert sd.causes(model, "spending.East").variable == "spending"


def test_mistakes_are_answered(model):
    with pytest.raises(sd.InputError, match="Did you mean 'spending'"):
        sd.causes(model, "spendng")
    for depth in (0, True, 1.5, "two"):
        with pytest.raises(sd.InputError, match="whole number from 1"):
            sd.uses(model, "spending", depth=depth)


@pytest.mark.parametrize("name", ["richardson", "security_dilemma"])
def test_links_and_signs_agree_with_simlin(name):
    """A program of its own, with its own parser and its own rules of polarity."""
    simlin = pytest.importorskip("simlin")
    model = sd.load_model(name)
    names = {each.name.replace(" ", "_").lower(): each.name for each in model.system.variables}
    theirs = {}
    for each in simlin.load(str(model.path)).get_links():
        bare = [str(end).split("[")[0] for end in (each.from_var, each.to_var)]
        if all(end in names for end in bare):
            theirs[tuple(names[end] for end in bare)] = int(each.polarity)
    moving = {"stock", "auxiliary"}
    ours = {
        (each.cause, each.effect): each.sign
        for each in links(model.system)
        if each.part != INITIAL and each.cause not in TIME_NAMES and each.cause != "Time"
    }
    inner = {pair for pair in ours if model.system[pair[0]].kind in moving}
    assert inner
    missing = inner - set(theirs)
    assert not missing, f"simlin does not see {sorted(missing)}"
    opposite = {1: 0, -1: 1}  # simlin: 0 positive, 1 negative, 2 unknown
    clash = [
        pair
        for pair in inner
        if ours[pair] in opposite
        and theirs[pair] in (0, 1)
        and theirs[pair] != opposite[ours[pair]]
    ]
    assert not clash
