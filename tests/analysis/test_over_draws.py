"""Analyses over draws of fitted values: closed forms of the linear model, draw by draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import secdil_sd as sd
from secdil_sd.analysis.fan import fan
from secdil_sd.analysis.plausible import plausible
from secdil_sd.analysis.space import FITTED, Space, space
from secdil_sd.analysis.sweeps.sweep_tables import as_table, sweep_findings
from secdil_sd.errors import InputError
from secdil_sd.simulation.scenario import scenario_of

GAIN = "reaction gain final"


def dyad():
    """The linear model of A and B over two years; its gain is the root of the products' ratio."""
    model = sd.load_model("richardson", subscripts={"state": ["A", "B"]})
    return scenario_of(model).replace(times=[0, 1, 2])


def fitted(count=24, seed=0):
    """The dyad with draws whose reaction and fatigue go together, and the gain of each draw."""
    rng = np.random.default_rng(seed)
    fatigue = rng.uniform(0.15, 0.4, count)
    gain = rng.uniform(0.7, 1.3, count)
    draws = pd.DataFrame({"fatigue": fatigue, "reaction": gain * fatigue})
    return dyad().replace(draws=draws), fatigue, gain


# sweeps


def test_each_cell_of_a_sweep_holds_every_draw():
    case, fatigue, _ = fitted()
    cube = sd.sweep(case, {"reaction": [0.1, 0.2]}, [GAIN], progress=False)
    assert dict(cube.sizes).items() >= {"reaction": 2, "draw": 24}.items()
    for value in (0.1, 0.2):
        assert np.allclose(cube["reaction_gain_final"].sel(reaction=value), value / fatigue)
    assert cube.attrs["draws"] == 24
    assert cube.attrs["fitted_draws"].startswith("24 draws")
    assert set(cube["fatigue"].dims) == {"draw", "state"}


def test_with_two_draws_the_median_is_their_mean_and_one_of_two_passes_one():
    case = dyad().replace(draws=pd.DataFrame({"fatigue": [0.2, 0.4]}))
    cube = sd.over_draws(sd.sweep(case, {"reaction": [0.3]}, [GAIN], progress=False))
    assert float(cube["reaction_gain_final"][0]) == pytest.approx((1.5 + 0.75) / 2)
    assert float(cube["reaction_gain_final_share"][0]) == 0.5
    low, high = (float(cube[f"reaction_gain_final_{end}"][0]) for end in ("low", "high"))
    assert (low, high) == pytest.approx((0.75 + 0.05 * 0.75, 1.5 - 0.05 * 0.75))


def test_one_draw_gives_what_the_values_give():
    case = dyad()
    one = case.replace(draws=pd.DataFrame({"fatigue[A]": [0.23], "fatigue[B]": [0.31]}))
    axes, wanted = {"reaction": [0.1, 0.2]}, ["spending final"]
    drawn = sd.sweep(one, axes, wanted, progress=False)["spending_final"].isel(draw=0)
    plain = sd.sweep(case, axes, wanted, params={"fatigue": [0.23, 0.31]}, progress=False)
    assert np.array_equal(drawn.transpose(*plain["spending_final"].dims), plain["spending_final"])


def test_zipped_and_listed_members_are_crossed_with_draws():
    case, fatigue, _ = fitted(5)
    points = sd.sweep_zipped(case, {"reaction": [0.1, 0.2]}, [GAIN], progress=False)
    assert np.allclose(points["reaction_gain_final"].sel(point=1), 0.2 / fatigue)
    rows = pd.DataFrame({"reaction": [0.1, 0.2], "grievance": [1.0, 2.0]}, index=[7, 9])
    members = sd.sweep_members(case, rows, [GAIN], progress=False)
    assert members["member"].values.tolist() == [7, 9]
    assert np.allclose(members["reaction_gain_final"].sel(member=9), 0.2 / fatigue)


def test_params_win_over_draws_and_all_set_has_no_draws_left():
    case, fatigue, _ = fitted(5)
    cube = sd.sweep(case, {"reaction": [0.1]}, [GAIN], params={"fatigue": 0.5}, progress=False)
    assert "draw" not in cube.dims
    assert float(cube["reaction_gain_final"][0]) == pytest.approx(0.2)
    part = sd.sweep(case, {"reaction": [0.1]}, [GAIN], params={"fatigue.A": 0.5}, progress=False)
    assert np.allclose(part["reaction_gain_final"][0], 0.1 / np.sqrt(0.5 * fatigue))


def test_draws_that_explode_are_counted_and_left_out():
    draws = pd.DataFrame({"fatigue": [0.2, 0.3], "initial spending": [10.0, 1e308]})
    case = dyad().replace(draws=draws, times=None).replace(times=[0, 50])
    cube = sd.sweep(case, {"reaction": [0.9]}, ["spending.A final"], progress=False)
    assert cube.attrs["failed"] == 1
    found = sd.over_draws(cube)
    assert int(found["answered"][0]) == 1
    assert found["status"].values.tolist() == ["1 of 2 draws failed"]
    assert float(found["spending_A_final"][0]) == float(cube["spending_A_final"][0, 0])
    assert "1 of 2 runs failed and are left out of the medians." in sweep_findings(cube)
    assert as_table(cube)["status"].tolist() == ["1 of 2 draws failed"]


def test_a_sweep_says_over_how_many_draws_it_speaks():
    case, _, _ = fitted(5)
    cube = sd.sweep(case, {"reaction": [0.01, 0.9]}, [GAIN], progress=False)
    said = sweep_findings(cube)
    assert any("medians over 5 draws" in each for each in said)
    assert any("above 1 in 0% to 100% of the draws" in each for each in said)
    assert as_table(cube)["answered"].tolist() == [5, 5]
    with pytest.raises(InputError, match="between 0 and 1"):
        sd.over_draws(cube, share=2)


def test_what_a_sweep_says_does_not_depend_on_the_order_of_draws():
    case, _, _ = fitted(9)
    other = case.replace(draws=case.draws[::-1])
    said = [
        sd.over_draws(sd.sweep(each, {"grievance": [0, 1]}, ["spending final"], progress=False))
        for each in (case, other)
    ]
    assert said[0].identical(
        said[1].assign_attrs(
            samples=said[0].attrs["samples"], provenance=said[0].attrs["provenance"]
        )
    )


# thresholds and maps


def test_the_critical_reaction_of_a_draw_is_its_fatigue():
    case, fatigue, _ = fitted()
    found = sd.threshold(case, "reaction", GAIN, between=(0.05, 0.3))
    draws = found.spread.draws
    inside = fatigue < 0.3
    assert np.allclose(draws["critical"][inside], fatigue[inside], atol=1e-5)
    assert draws["critical"][~inside].isna().all()
    assert found.spread.share("below") == pytest.approx((~inside).mean())
    assert "Over 24 draws of fatigue" in found.finding
    assert found.provenance["fitted_draws"].startswith("24 draws")


def test_a_threshold_draws_judgement_with_whole_rows_of_the_fit():
    case, fatigue, gain = fitted()
    many = sd.threshold(
        case, "grievance", "spending.A final", 12.0, (0, 6), samples=48,
        uncertainties={"initial spending[*]": (5, 15)},
    ).spread.draws  # fmt: skip
    assert len(many) == 48
    counts = many.groupby("fatigue[A]").size()
    assert sorted(counts.index) == pytest.approx(sorted(fatigue))
    assert (counts == 2).all()
    pairs = dict(zip(fatigue, gain * fatigue, strict=True))
    for row in many.itertuples(index=False):
        values = dict(zip(many.columns, row, strict=True))
        assert values["reaction[A,B]"] == pairs[values["fatigue[A]"]]


def test_the_cloud_on_a_map_stands_where_the_draws_are():
    case, fatigue, gain = fitted()
    grid = np.linspace(0.05, 0.6, 6)
    found = sd.stability_map(case, {"fatigue": grid}, {"reaction": grid}, GAIN, progress=False)
    assert np.allclose(found.cloud["x"], fatigue)
    assert np.allclose(found.cloud["y"], gain * fatigue)
    assert np.allclose(found.cloud["value"], gain)
    assert found.draws_above[0] == pytest.approx((gain > 1).mean())
    assert "24 draws" in found.finding
    assert found.provenance["fitted_draws"].startswith("24 draws")
    plain = sd.stability_map(dyad(), {"fatigue": grid}, {"reaction": grid}, GAIN, progress=False)
    assert plain.cloud.empty
    assert plain.table.equals(found.table)  # the map itself is at the estimates
    part = sd.stability_map(case, {"fatigue[A]": grid}, {"grievance": [0, 1]}, GAIN, progress=False)
    assert np.allclose(part.cloud["x"], fatigue)
    assert part.cloud["y"].nunique() == 1


# spaces, sensitivity, discovery


def test_a_space_draws_rows_that_belong_together_and_each_as_often():
    case, fatigue, gain = fitted(8)
    box = space(case, {"grievance[*]": (0, 1)}).with_draws()
    assert box.names == ("grievance", FITTED)
    found = box.draw(80, seed=3)
    assert tuple(found) == box.columns
    assert set(found["fatigue[A]"].round(12)) == set(fatigue.round(12))
    assert (found.groupby("fatigue[A]").size() == 10).all()
    known = {round(f, 12): r for f, r in zip(fatigue, gain * fatigue, strict=True)}
    assert all(
        known[round(f, 12)] == r
        for f, r in zip(found["fatigue[A]"], found["reaction[B,A]"], strict=True)
    )
    assert not box.draw(80, seed=4).equals(found)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(7)), seed=st.integers(0, 99))
def test_the_order_of_draws_changes_nothing(order, seed):
    case, _, _ = fitted(7)
    other = case.replace(draws=case.draws.iloc[order])
    first, second = (space(each, ["grievance"]).with_draws() for each in (case, other))
    assert first.draw(20, seed).equals(second.draw(20, seed))


def test_what_is_drawn_is_not_varied_by_default_and_what_is_varied_is_not_drawn():
    case, _, _ = fitted(4)
    assert {each.name for each in space(case).parameters} == {"grievance"}
    box = space(case, ["fatigue.A"]).with_draws()
    assert "fatigue[A]" not in box.fitted
    assert "fatigue[B]" in box.fitted


def test_sobol_judges_a_fit_as_one_parameter_as_a_direct_count_does():
    """Spending after a short while is near linear in grievance: the variances of both add up."""
    case, _, _ = fitted(16)
    ranges = {"grievance[A]": (0.0, 4.0)}
    found = sd.sensitivity(
        case, n=512, parameters=ranges, outputs=["spending.A final"], second_order=False
    )
    first = found.indices[found.indices["index"] == "S1"].set_index("parameter")["value"]
    grid = np.linspace(0, 4, 41)[:-1] + 0.05
    cube = sd.sweep(case, {"grievance[A]": grid}, ["spending.A final"], progress=False)
    values = cube["spending_A_final"].values
    assert first["grievance[A]"] == pytest.approx(values.mean(1).var() / values.var(), abs=0.02)
    assert first[FITTED] == pytest.approx(values.mean(0).var() / values.var(), abs=0.02)
    assert any("16 draws of a fit" in note for note in found.notes)
    assert len(found.to_salib()["names"]) == 2


def test_methods_take_a_fit_as_they_can():
    case, _, _ = fitted(64)
    ask = {"outputs": ["spending.A final"], "parameters": ["grievance"]}
    for method, n in (("morris", 4), ("tornado", 1)):
        found = sd.sensitivity(case, method, n, **ask)
        assert set(found.indices["parameter"]) == {"grievance[A]", "grievance[B]"}
        assert any("At their estimates" in note for note in found.notes)
    found = sd.sensitivity(case, "pawn", 64, **ask)
    assert {"fatigue[A]", "reaction[A,B]"} <= set(found.indices["parameter"])
    assert any("depend on each other" in note for note in found.notes)


def test_where_only_a_fit_is_open_given_data_methods_take_each_draw_once():
    case, fatigue, _ = fitted(64)
    case = case.replace(varied=["fatigue", "reaction"])
    found = sd.sensitivity(case, "pawn", 128, outputs=[GAIN])
    assert sorted(found.samples["fatigue[A]"]) == pytest.approx(sorted(fatigue))
    assert found.more == 0
    with pytest.raises(InputError, match="all of its draws have been run"):
        found.extend(128)
    with pytest.raises(InputError, match="cannot tell them apart"):
        sd.sensitivity(case, "sobol", 64, outputs=[GAIN])
    with pytest.raises(InputError, match="needs 600 runs"):
        sd.sensitivity(case, "hdmr", 600, outputs=[GAIN])


def test_discovery_finds_the_fitted_value_that_decides():
    case, _, _ = fitted(200)
    slow = sd.discover(case, f"{GAIN} > 1", 256, parameters={"reaction": (0.1, 0.5)})
    assert {"reaction[A,B]", "reaction[B,A]", "fatigue[A]", "fatigue[B]"} == set(slow.samples)
    assert slow.provenance["fitted_draws"].startswith("200 draws")


# policy


def test_a_search_finds_the_dose_that_the_draws_it_searched_need():
    """A gain falls below 1 once fatigue is the reaction: the dose is a quantile over draws."""
    case, _, _ = fitted(40)
    found = sd.search_policy(
        case, {"fatigue": (0.1, 1.0)}, [], f"{GAIN} < 1", 0.8, budget=4000, times=[0, 1]
    )
    searched = Space(case, ()).with_draws().fitted[::2]
    own, reaction = searched["fatigue[A]"], searched["reaction[A,B]"]
    needed = np.sort(np.maximum((reaction - own) / (1 - own), 0))[15]  # 16 of 20
    assert needed <= found.policy["dose"].iloc[0] <= needed + 0.01
    assert "the 20 worlds searched" in str(found)
    assert "from where each world has it" in str(found)
    assert found.policy["before"].iloc[0] == pytest.approx(own.mean())


def test_remedies_meet_every_draw():
    case = sd.load_scenario("four_worlds").cases["W1"]
    draws = pd.DataFrame({"reaction": [0.1, 0.2, 0.3, 0.4], "fatigue": [0.1, 0.2, 0.25, 0.3]})
    found = sd.remedies(
        case.replace(draws=draws), 0.8, uncertainties=[], schools=["Jervis"], times=[0, 50]
    )
    assert found.worlds == 4
    assert any("reaction" in each for each in found.uncertainties)
    assert found.provenance["fitted_draws"].startswith("4 draws")


# what a report shows


def test_fan_and_plausible_count_the_draws_above_one():
    case, _, gain = fitted()
    found = fan(case)
    assert np.allclose(found.draws["peak_spiral_number"], gain)
    assert found.share_above[0] == pytest.approx((gain > 1).mean())
    assert found.failed == 0
    assert int(found.histogram()["count"].sum()) == 24
    middle = found.of("spiral number")
    assert np.allclose(middle["middle"], np.median(gain))
    only = plausible(replace(case, origins={"grievance": "measured: a table"}), 256)
    assert only.fitted == 24
    assert only.share_above == pytest.approx((gain > 1).mean())


def test_a_report_of_a_fitted_scenario_says_so(tmp_path):
    case, _, gain = fitted()
    text = sd.report(case, tmp_path / "r.html").read_text()
    assert f"In {(gain > 1).mean():.0%}" in text
    assert "24 draws of the fitted values" in text
    assert "24 draws, sha256" in text


STRANGER = """{UTF-8}
cup= INTEG(-flow, 90) ~ degrees ~ |
flow= (cup-20)/delay ~ degrees/hour ~ |
delay= 2 ~ hour [0.5,5] ~ |
INITIAL TIME = 0 ~ hour ~ |
FINAL TIME = 4 ~ hour ~ |
TIME STEP = 0.125 ~ hour ~ |
SAVEPER = 1 ~ hour ~ |
"""


def test_a_report_of_any_model_shows_where_its_draws_go(tmp_path):
    (tmp_path / "cup.mdl").write_text(STRANGER)
    case = scenario_of(sd.load_model(tmp_path / "cup.mdl"))
    case = case.replace(draws=pd.DataFrame({"delay": np.linspace(1, 3, 11)}))
    text = sd.report(case, tmp_path / "cup.html").read_text()
    assert "Where 11 draws of the fitted values go" in text
