"""Scenario discovery: planted boxes are found, noise is not, and the EMA workbench agrees."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.analysis.exploration import boxes as judging
from secdil_sd.analysis.exploration.boxes import cart, prim, quasi_p, wilson
from secdil_sd.analysis.exploration.peeling import Boxes, peel
from secdil_sd.analysis.exploration.verdicts import verdicts
from secdil_sd.errors import InputError

NAMES = ["alarm", "openness", "noise", "static"]


def ensemble(x, outcome, **more):
    """An ensemble as `run_ensemble` labels one, with an outcome of our own."""
    members = np.arange(len(x))
    coords = {"member": members, "status": ("member", np.full(len(x), "ok"))}
    for name, column in zip(NAMES, x.T, strict=False):
        coords[name] = ("member", column, {"long_name": name.replace("_", " ")})
    data = {"outcome": ("member", outcome, {"long_name": "outcome"})}
    return xr.Dataset({**data, **more}, coords)


def planted(n=1500, width=4, seed=0, inside=0.97, outside=0.02):
    """Worlds in which something happens where the first parameter is high, the second low."""
    rng = np.random.default_rng(seed)
    x = rng.random((n, width))
    box = (x[:, 0] > 0.6) & (x[:, 1] < 0.35)
    hits = np.where(box, rng.random(n) < inside, rng.random(n) < outside)
    return x, box, hits


@pytest.fixture(scope="module")
def found():
    x, _, hits = planted()
    return sd.discover(ensemble(x, hits.astype(float)), "outcome > 0.5")


def test_the_planted_box_is_found_with_its_numbers(found):
    x, box, hits = planted()
    limits = found.boxes.set_index("parameter")
    assert set(limits.index) == {"alarm", "openness"}
    assert limits.loc["alarm", "low"] == pytest.approx(0.6, abs=0.02)
    assert limits.loc["openness", "high"] == pytest.approx(0.35, abs=0.02)
    assert limits["side"].to_dict() == {"alarm": "low", "openness": "high"}
    shown = (x[:, 0] >= limits.loc["alarm", "low"]) & (x[:, 1] <= limits.loc["openness", "high"])
    assert found.density == pytest.approx(hits[shown].mean(), abs=1e-12)
    assert found.coverage == pytest.approx(hits[shown].sum() / hits.sum(), abs=1e-12)
    assert found.density == pytest.approx(hits[box].mean(), abs=0.02)
    assert found.base_rate == hits.mean()
    assert found.members == len(hits)
    assert found.failed == found.unknown == 0


def test_its_bounds_are_stable_significant_and_hold_in_worlds_not_seen(found):
    assert (found.boxes["stability"] >= 0.95).all()
    assert found.boxes[["quasi_p_low", "quasi_p_high"]].max().max() < 1e-6
    assert found.unseen_density > 0.85
    row = found.trajectory[found.trajectory["chosen"]].iloc[0]
    assert row["density_low"] < row["density"] < row["density_high"]
    assert set(found.scores["parameter"].head(2)) == {"alarm", "openness"}
    assert found.scores["score"].sum() == pytest.approx(1)
    assert (found.scores["low"] <= found.scores["score"]).all()


def test_the_box_in_words(found):
    assert found.finding.startswith("Where openness is below 0.34 and alarm above 0.6, ")
    assert "outcome > 0.5 holds in 9" in found.finding
    assert "Base rate" in str(found)
    assert "1,500 worlds were judged." in str(found)


def test_other_boxes_can_be_looked_at(found):
    whole = found.box(0)
    assert whole.limits.empty
    assert whole.coverage == 1
    assert whole.density == found.base_rate
    assert found.box(found.chosen[0]).words == found.finding
    last = found.box(len(found.trajectory) - 1)
    assert last.support == found.trajectory["support"].iloc[-1]
    with pytest.raises(InputError, match=r"no box 9999.*0 to"):
        found.box(9999)


def test_trees_find_it_too():
    x, _, hits = planted()
    found = sd.discover(
        ensemble(x, hits.astype(float)), "outcome > 0.5", method="cart", resamples=5
    )
    limits = found.boxes.set_index("parameter")
    assert limits.loc["alarm", "low"] == pytest.approx(0.6, abs=0.02)
    assert limits.loc["openness", "high"] == pytest.approx(0.35, abs=0.02)
    assert found.density > 0.93


def test_trees_show_two_regions_where_there_are_two():
    rng = np.random.default_rng(3)
    x = rng.random((2000, 3))
    hits = ((x[:, 0] > 0.7) & (x[:, 1] > 0.7)) | ((x[:, 0] < 0.2) & (x[:, 2] < 0.4))
    found = sd.discover(
        ensemble(x, hits.astype(float)), "outcome > 0.5", method="cart", resamples=5
    )
    assert len(found.chosen) == 2
    assert found.coverage > 0.9
    assert found.density > 0.9
    assert len(found.words) == 2


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_noise_has_no_box(method):
    """Quasi-p alone would let one through: it knows nothing of the search."""
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        x = rng.random((800, 4))
        made = ensemble(x, (rng.random(800) < 0.3).astype(float))
        found = sd.discover(made, "outcome > 0.5", method=method, resamples=10)
        assert found.chosen == ()
        assert found.boxes.empty
        assert "stability" in found.boxes
        assert np.isnan(found.density)
        assert not found.trajectory["chosen"].any()
        assert "No region stands out" in str(found)
        assert "%" in found.finding


@pytest.mark.parametrize("case", range(4))
def test_the_workbench_takes_the_same_steps(case):
    """Same trajectory, same numbers, same quasi-p, for smooth, coarse and tied data."""
    sizes = [(400, 6), (250, 3), (600, 4), (120, 5)]
    x, _, hits = planted(*sizes[case], seed=case)
    if case == 1:
        x[:, 2] = np.round(x[:, 2], 1)
    if case == 2:
        x[:, 3] = x[:, 3] > 0.5
        hits = np.random.default_rng(9).random(len(x)) < 0.4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis.prim import Prim

        frame = pd.DataFrame(x, columns=[f"p{k}" for k in range(x.shape[1])])
        theirs = Prim(frame, hits.astype(int), threshold=1e-9).find_box()
    ours = peel(x, hits)
    assert len(ours) == len(theirs.box_lims)
    for k, limits in enumerate(theirs.box_lims):
        assert (limits.iloc[0].to_numpy() == ours.low[k]).all()
        assert (limits.iloc[1].to_numpy() == ours.high[k]).all()
    table = judging.judged(prim(x, hits, ours), x, hits).iloc[: len(ours)]
    for name in ("coverage", "density", "mass"):
        assert table[name].to_numpy() == pytest.approx(
            theirs.peeling_trajectory[name].to_numpy(dtype=float), abs=1e-12
        )
    for k in (3, len(ours) // 2, len(ours) - 1):
        own = quasi_p(x, hits, ours.low[k], ours.high[k])
        for name, values in theirs.qp[k].items():
            mine = np.nan_to_num(own[:, int(name[1:])], nan=-1)
            assert mine == pytest.approx(values, rel=1e-9)


def test_pruned_boxes_keep_only_bounds_that_matter():
    x, _, hits = planted(800, 8)
    found = prim(x, hits)
    assert found.pruned.any()
    for k in np.flatnonzero(found.pruned):
        values = quasi_p(x, hits, found.boxes.low[k], found.boxes.high[k])
        assert not np.nanmax(np.nan_to_num(values, nan=0)) > judging.SIGNIFICANT


def test_the_rule_that_picks_the_box():
    x, _, hits = planted(700, 5)
    for search in (prim, cart):
        found = search(x, hits)
        table = judging.judged(found, x, hits)
        good = table[table["significant"] & (table["density_low"] > hits.mean())]
        best = good[good["restricted"] > 0]["harmonic"].max()
        together = found.inside(x)
        coverage, density = hits[together].sum() / hits.sum(), hits[together].mean()
        assert 2 * coverage * density / (coverage + density) >= best - judging.NEAR_BEST


def test_wilson_against_scipy():
    from scipy.stats import binomtest

    for hits, size in ((0, 12), (7, 9), (50, 50)):
        low, high = wilson(np.array([hits]), np.array([size]))
        theirs = binomtest(hits, size).proportion_ci(0.95, "wilson")
        assert (low[0], high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_boxes_hold_their_edges():
    box = Boxes(np.array([[0.0, 0.2]]), np.array([[0.5, 0.4]]))
    assert box.hold(np.array([[0.5, 0.2], [0.51, 0.3], [0, 0.4]])).tolist() == [[True, False, True]]


def test_the_same_seed_gives_the_same_and_another_another():
    x, _, hits = planted(400, 4, inside=0.7, outside=0.2)
    made = ensemble(x, hits.astype(float))
    first, again, other = (
        sd.discover(made, "outcome > 0.5", seed=k, resamples=4) for k in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first.resamples, again.resamples)
    pd.testing.assert_frame_equal(first.boxes, again.boxes)
    assert not first.resamples.equals(other.resamples)


def test_failed_members_and_those_without_an_answer_are_counted_and_left_out():
    x, _, hits = planted(600)
    outcome = hits.astype(float)
    made = ensemble(x, outcome)
    outcome[:30] = np.nan
    made["status"].values[:20] = "no"
    found = sd.discover(made, "outcome > 0.5", resamples=3)
    assert (found.failed, found.unknown, found.members) == (20, 10, 570)
    assert "20 more failed" in str(found)


def test_the_condition_may_be_a_function_or_the_answers_themselves():
    x, _, hits = planted(500)
    made = ensemble(x, hits.astype(float))
    by_text = sd.discover(made, "outcome > 0.5", resamples=3)
    by_function = sd.discover(made, lambda run: run["outcome"] > 0.5, resamples=3)
    by_array = sd.discover(made, hits, resamples=3)
    for other in (by_function, by_array):
        assert other.boxes["low"].dropna().tolist() == by_text.boxes["low"].dropna().tolist()
    with pytest.raises(InputError, match=r"\(3,\) for 500 members"):
        sd.discover(made, [True, False, True])


def test_a_reduction_is_made_from_the_series_an_ensemble_holds():
    x, _, hits = planted(300)
    made = ensemble(x, hits.astype(float))
    path = np.outer([0.0, 2.0, 1.0], hits)
    made["stress"] = (("time", "member"), path, {"long_name": "stress"})
    made = made.assign_coords(time=[0.0, 1.0, 2.0])
    assert (verdicts("peak stress > 1.5", made).holds == hits).all()
    assert not verdicts("stress final > 1.5", made).holds.any()
    assert (verdicts("stress at 1 > 1.5 and outcome > 0.5", made).holds == hits).all()


def test_some_of_the_parameters_of_an_ensemble():
    x, _, hits = planted(500)
    found = sd.discover(
        ensemble(x, hits.astype(float)), "outcome > 0.5", parameters=["alarm"], resamples=2
    )
    assert list(found.samples) == ["alarm"]
    with pytest.raises(InputError, match="Did you mean 'alarm'"):
        sd.discover(ensemble(x, hits.astype(float)), "outcome > 0.5", parameters=["alarn"])


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("outcome > 5", "None of the 300 members satisfies.*outcome runs from 0 to 1"),
        ("outcome >= 0", "Every one of the 300 members satisfies.*Choose a level inside"),
        ("outcom > 0.5", "Did you mean 'outcome'"),
        ("outcome", "not a comparison"),
        ("mode is races", "Did you mean 'race'"),
    ],
)
def test_conditions_that_tell_nothing_or_are_none(where, said):
    x, _, hits = planted(300)
    with pytest.raises(InputError, match=said):
        sd.discover(ensemble(x, hits.astype(float)), where)


def test_what_cannot_be_discovered_on():
    x, _, hits = planted(300)
    made = ensemble(x, hits.astype(float))
    with pytest.raises(InputError, match="Did you mean 'prim'"):
        sd.discover(made, "outcome > 0.5", method="prin")
    with pytest.raises(InputError, match="holds no sampled parameters"):
        sd.discover(made.drop_vars(NAMES), "outcome > 0.5")
    same = ensemble(np.ones_like(x), hits.astype(float))
    with pytest.raises(InputError, match="No parameter differs"):
        sd.discover(same, "outcome > 0.5")
    with pytest.raises(InputError, match="Only 40 members"):
        sd.discover(made.isel(member=slice(40)), "outcome > 0.5")
    with pytest.raises(InputError, match="constraints"):
        sd.discover(made, "outcome > 0.5", constraints=["alarm > 1"])
    with pytest.raises(InputError, match="no ensemble"):
        sd.discover(sd.load_model("richardson").run(times=range(3)), "outcome > 0.5")
    with pytest.raises(InputError, match="at least 50"):
        sd.discover(sd.load_model("richardson"), n=10)


def test_it_is_written_whole(found, tmp_path):
    record = json.loads(found.save(tmp_path / "box.json").read_text())
    assert record["finding"] == found.finding
    assert [row["parameter"] for row in record["boxes"]] == found.boxes["parameter"].tolist()
    table = pd.read_csv(found.save(tmp_path / "box.csv"))
    assert table["low"].dropna().tolist() == found.boxes["low"].dropna().tolist()
    assert pickle.loads(pickle.dumps(found)).finding == found.finding


def test_the_cold_war_from_end_to_end():
    """Where offense leads and reaction is strong the rivalry spirals: P15 and Richardson."""
    case = sd.load_scenario("cold_war")
    found = sd.discover(case, n=600, times=range(1948, 1990, 4), resamples=5)
    assert "offense defense balance" in found.boxes["parameter"].tolist()
    row = found.boxes.set_index("parameter").loc["offense defense balance"]
    assert row["side"] == "low"
    assert found.density > 3 * found.base_rate
    assert found.finding.endswith("of all spirals)")
    inside = found.samples["revisionism[United States]"]
    assert len(inside) == 600


def test_the_four_worlds_need_no_case_where_what_tells_them_apart_is_varied():
    worlds = sd.load_scenario("four_worlds")
    found = sd.discover(worlds, n=600, times=range(0, 101, 5), resamples=5)
    own = found.boxes.set_index("parameter")
    assert own.loc["offense defense balance", "side"] == "low"  # easy conquest: P15
    with pytest.raises(InputError, match="has cases"):
        sd.discover(worlds, n=100, parameters=["reaction"])


def test_samples_of_ones_own_are_run():
    case = sd.load_model("richardson")
    rng = np.random.default_rng(0)
    draws = pd.DataFrame({"reaction": rng.random(200) / 2, "fatigue": 0.1 + rng.random(200) / 2})
    found = sd.discover(case, "spending final > 20", samples=draws, times=range(0, 21, 5))
    assert found.members == 200
    assert set(found.boxes["parameter"]) == {"reaction", "fatigue"}
    run = case.run_ensemble(draws, times=range(0, 21, 5), outputs=["spending final"])
    pd.testing.assert_frame_equal(sd.discover(run, "spending final > 20").boxes, found.boxes)


def test_a_function_sees_the_outputs_of_the_run_it_is_given():
    model = sd.load_model("richardson")
    ranges = {"reaction": (0.05, 0.5), "fatigue": (0.1, 0.4)}
    settings = {"n": 100, "parameters": ranges, "times": range(0, 21, 5), "resamples": 2}

    def big(run):
        return (run["spending_final"] > 20).all("state")

    asked = sd.discover(model, big, outputs="spending final", **settings)
    in_words = sd.discover(model, "spending final > 20", **settings)
    assert asked.base_rate == in_words.base_rate
    assert "big holds in" in asked.finding
    with pytest.raises(InputError, match="needs outputs to look at"):
        sd.discover(model, big, **settings)


def cells(**options):
    x, _, hits = planted(2000, inside=1, outside=0)
    made = ensemble(x, hits.astype(float))
    return sd.dimensional_stacking(made, where="outcome > 0.5", **options), x, hits


def test_stacking_counts_every_cell():
    found, x, hits = cells(
        parameters=["alarm", "openness"], bins={"alarm": [0.6], "openness": [0.35]}
    )
    assert found.table["members"].sum() == 2000
    share = found.table.set_index(["row", "column"])["share"]
    assert share[("alarm above 0.6", "openness below 0.35")] == 1
    assert share.drop(("alarm above 0.6", "openness below 0.35")).sum() == 0
    corner = (x[:, 0] >= 0.6) & (x[:, 1] < 0.35)
    top = found.table.loc[found.table["share"].idxmax()]
    assert top["members"] == corner.sum()
    low, high = wilson(np.array([hits.sum()]), np.array([corner.sum()]))
    assert (top["low"], top["high"]) == pytest.approx((low[0], high[0]))
    assert "in 100% of worlds with alarm above 0.6" in found.finding


def test_stacking_takes_three_and_defaults_to_the_two_that_matter():
    found, *_ = cells(parameters=["alarm", "openness", "noise"], bins=2)
    assert len(found.table) == 8
    assert found.table["row"].nunique() == 4
    assert "alarm below" in found.table["row"].iloc[0]
    assert "noise below" in found.table["row"].iloc[0]
    assert set(cells()[0].parameters) == {"alarm", "openness"}
    x, _, hits = planted()
    result = sd.discover(ensemble(x, hits.astype(float)), "outcome > 0.5", resamples=2)
    again = sd.dimensional_stacking(result, ["alarm", "openness"])
    assert again.members == result.members
    assert again.base_rate == result.base_rate


def test_the_four_worlds_are_four_cells():
    """P26: W1, where offense leads and arms look alike, spirals most; W4 least."""
    corners = {"offense defense balance": [0], "distinguishability": [0.5]}
    found = sd.dimensional_stacking(
        sd.load_scenario("four_worlds"), list(corners), bins=corners, n=600, times=range(0, 101, 5)
    )
    share = found.table["share"].to_numpy().reshape(2, 2)  # (balance, distinguishability)
    assert share[1, 0] == share.max()
    assert share[0, 1] == share.min()
    assert (found.table["low"] <= found.table["share"]).all()
    assert (found.table["share"] <= found.table["high"]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"parameters": ["alarm", "opennes"]}, "Did you mean 'openness'"),
        ({"parameters": ["alarm"]}, "1 parameters cannot be stacked"),
        ({"bins": 1}, "bins of .* are 1"),
        ({"parameters": ["alarm", "noise"], "bins": {"alarm": [7]}}, "runs from 0"),
    ],
)
def test_what_cannot_be_stacked(options, said):
    with pytest.raises(InputError, match=said):
        cells(**options)
