"""What a design varies: names, ranges, constraints, and the way out to SALib."""

from __future__ import annotations

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.analysis.plausible import judgement_parameters
from secdil_sd.analysis.space import space
from secdil_sd.errors import InputError
from secdil_sd.simulation.scenario import scenario_of


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma")


RULE = ["worst case bias", "buildup alarm", "revelation strength"]


@pytest.mark.parametrize("design", ["latin hypercube", "sobol", "random"])
def test_every_draw_keeps_the_constraint_and_there_are_as_many_as_asked(model, design):
    draws = space(model, RULE).draw(300, seed=4, design=design)
    assert len(draws) == 300
    assert (
        draws["revelation strength"] >= draws["worst case bias"] + draws["buildup alarm"] - 1e-9
    ).all()
    again = space(model, RULE).draw(300, seed=4, design=design)
    assert draws.equals(again)
    assert not draws.equals(space(model, RULE).draw(300, seed=5, design=design))


def test_the_kept_share_is_the_volume_the_constraint_cuts_out(model):
    """Revelation 2..8 against the sum of U(0,1.5) and U(0,4): the integral by hand."""
    a, eta = np.meshgrid((np.arange(400) + 0.5) / 400 * 1.5, (np.arange(400) + 0.5) / 400 * 4)
    exact = np.clip((8 - np.maximum(a + eta, 2)) / 6, 0, 1).mean()
    (share,) = space(model, RULE).kept_shares().values()
    assert share == pytest.approx(exact, abs=0.01)


def test_what_is_not_drawn_has_the_value_of_the_case(model):
    """Bias 0..1.5 beside alarm 2 and revelation 3: two thirds stay at or below 1."""
    (share,) = space(model, ["worst case bias"]).kept_shares().values()
    assert share == pytest.approx(2 / 3, abs=0.01)
    assert space(model, {"worst case bias": (0, 1)}).constrained is False
    assert space(model, ["transparency"]).binding == ()


def test_an_array_gives_a_parameter_an_element_or_one_for_all(model):
    assert space(model, ["fatigue"]).names == ("fatigue[East]", "fatigue[West]")
    assert space(model, ["fatigue[*]"]).names == ("fatigue",)
    assert space(model, ["fatigue.West"]).names == ("fatigue[West]",)


def test_ranges_may_be_given_and_the_kind_of_the_model_is_kept(model):
    box = space(model, {"base hazard": (0.001, 0.002), "reaction[*]": None})
    kinds = [each.distribution.kind for each in box.parameters]
    assert kinds == ["loguniform", "uniform"]
    assert box.at(np.full((1, 2), 0.5))["base hazard"][0] == pytest.approx(0.001 * 2**0.5)


def test_a_constraint_may_name_elements(model):
    box = space(model, ["reaction"], ["reaction.East >= reaction.West"])
    draws = box.draw(100)
    assert (draws["reaction[East]"] >= draws["reaction[West]"]).all()


def test_salib_draws_from_the_problem_what_it_describes(model):
    from SALib.sample import latin

    box = space(model, ["base hazard", "worst case bias"])
    draws = latin.sample(box.to_salib(), 400, seed=1)
    assert draws[:, 0].min() == pytest.approx(0.000125, rel=0.02)
    assert np.median(draws[:, 0]) == pytest.approx((0.000125 * 0.002) ** 0.5, rel=0.02)
    assert draws[:, 1].max() == pytest.approx(1.5, rel=0.01)
    with pytest.raises(InputError, match="discrete"):
        space(model, ["saturation"]).to_salib()


def test_groups_are_labels_in_the_order_of_the_parameters(model):
    box = space(
        model, ["fatigue", "reaction[*]"], groups={"routine": ["fatigue"], "other": ["reaction"]}
    )
    assert box.group_labels() == ["routine", "routine", "other"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["tranparency", "fatige"], ["transparency", "fatigue"]),
        ({"transparency": (1, 0)}, ["low below high"]),
        ({"transparency": (0.5, 0.5)}, ["low below high"]),
        ({"base hazard": {"kind": "loguniform", "low": -1, "high": 1}}, ["low above 0"]),
        ({"base hazard": {"kind": "logunifrm", "low": 1, "high": 2}}, ["kind"]),
        ({"fatigue": 3}, ["(low, high)"]),
        (["fatigue", "fatigue"], ["twice"]),
        (["fatigue[*]", "fatigue.East"], ["same number"]),
        (["fatigue.Nowhere"], ["Nowhere"]),
        (["initial GDP"], ["no range"]),
        ([], ["no parameters"]),
    ],
)
def test_mistakes_are_told_together_and_by_name(model, given, words):
    with pytest.raises(InputError) as caught:
        space(model, given)
    for each in words:
        assert each in str(caught.value)


def test_a_constraint_that_accepts_nothing_is_named_with_its_share(model):
    with pytest.raises(InputError, match=r"fatigue >= 2' keeps 0.00%"):
        space(model, ["fatigue"], ["fatigue >= 2"]).draw(10)
    with pytest.raises(InputError, match="No constant 'fatige'"):
        space(model, ["fatigue"], ["fatige >= 2"])


def test_series_are_no_parameters_and_cases_must_be_chosen():
    with pytest.raises(InputError, match="series over time"):
        space(sd.load_scenario("cold_war"), ["democracy"])
    with pytest.raises(InputError, match="has cases W1"):
        space(sd.load_scenario("four_worlds"))
    with pytest.raises(InputError, match="neither a scenario nor a model"):
        space(3)


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "many"])
def test_a_count_is_a_positive_whole_number(model, n):
    with pytest.raises(InputError, match="n is"):
        space(model, ["fatigue"]).draw(n)


def test_a_state_with_itself_is_not_varied():
    names = space(sd.load_model("richardson"), ["reaction"]).names
    assert names == ("reaction[East,West]", "reaction[West,East]")


def test_switches_between_models_are_varied_only_when_named(model):
    names = space(model).names
    assert "saturation" not in names
    assert "settled start" not in names
    assert "offense defense balance" in names
    assert space(model, ["saturation"]).names == ("saturation",)


def test_what_is_symmetric_stays_so_in_a_design(model):
    """Interaction that differs by direction would make a community of one (MODEL: C symmetric)."""
    assert "interaction" in space(model).names
    assert space(model, ["interaction"]).names == ("interaction",)
    draws = space(model).draw(24, seed=3)
    run = model.run_ensemble(draws, times=[0, 60], outputs=["security community final"])
    found = run["security_community_final"].transpose("member", "state", "rival").values
    assert np.abs(found - found.swapaxes(1, 2))[np.isfinite(found).all((1, 2))].max() < 1e-9
    assert np.nanmax(found) > 0.1


def test_without_a_list_of_its_own_a_case_leaves_open_what_nobody_knows(model):
    names = [each.selector for each in judgement_parameters(scenario_of(model))]
    assert {"worst case bias", "reaction", "offense defense balance"} <= set(names)
    assert not {"contact", "interaction", "democracy", "revisionism"} & set(names)
    listed = judgement_parameters(sd.load_scenario("four_worlds").cases["W1"])
    assert "worst case bias" in [each.name for each in listed]
