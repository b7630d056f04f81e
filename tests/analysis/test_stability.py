"""Stability, points of rest, dyads and phase planes of models."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.history import score, yearly_means
from secdil_sd.analysis.phase import phase_portrait
from secdil_sd.analysis.what_if import what_if
from secdil_sd.errors import InputError
from secdil_sd.simulation.scenario import scenario_of

TRAP = {
    "buildup alarm": 3,
    "revelation strength": 4,
    "transparency": 0.18,
    "grievance share": 0.0006,
}


@pytest.fixture(scope="module")
def dilemma():
    return scenario_of(sd.load_model("security_dilemma"))


@pytest.fixture(scope="module")
def linear():
    return scenario_of(sd.load_model("richardson"))


def test_linear_equilibrium_and_modes(linear):
    k, a, g = 0.1, 0.3, np.array([2.0, 1.0])
    case = linear.replace(params={"reaction": k, "fatigue": a, "grievance": list(g)})
    found = sd.equilibria(case)
    matrix = np.array([[-a, k], [k, -a]])
    np.testing.assert_allclose(
        found[["spending[East]", "spending[West]"]].to_numpy()[0], np.linalg.solve(-matrix, g)
    )
    result = sd.stability(case)
    np.testing.assert_allclose(sorted(result.eigenvalues.real), [-a - k, -a + k])
    assert result.reaction_gain == pytest.approx(k / a)
    assert result.stable


def test_a_linear_race_is_unstable_beyond_richardsons_threshold(linear):
    for k, stable in ((0.19, True), (0.21, False)):
        result = sd.stability(linear.replace(params={"reaction": k, "fatigue": 0.2}))
        assert result.stable is stable
        assert (result.spiral_number < 1) is stable


def test_the_trap_has_its_three_points_of_rest(dilemma):
    found = sd.equilibria(dilemma.replace(params=TRAP))
    np.testing.assert_allclose(found["burden[East]"], [0.01105, 0.01884, 0.06189], atol=1e-5)
    np.testing.assert_allclose(found["burden[East]"], found["burden[West]"], rtol=1e-9)
    np.testing.assert_allclose(found["spiral_number"], [0.885, 1.092, 0.805], atol=1e-3)
    assert found["stable"].tolist() == [True, False, True]
    assert (found["residual"] < 1e-8).all()


def test_community_is_path_dependent(dilemma):
    """MODEL.md 4.7 at eta = 0: folds of I at .4267 and .5825 for c = 5 and L0 = .6."""
    closed = {"buildup alarm": 0, "community effect": 5, "worst case bias": 0.6}
    for interaction, stable, unstable in ((0.4, 1, 0), (0.5, 2, 1), (0.6, 1, 0)):
        found = sd.equilibria(dilemma.replace(params={**closed, "interaction": interaction}))
        equal = np.isclose(found["spending[East]"], found["spending[West]"])
        verdicts = found[equal]["stable"]
        assert (int(verdicts.sum()), int((~verdicts).sum())) == (stable, unstable)


@pytest.mark.parametrize("states", [2, 3])
def test_the_spiral_number_and_the_jacobian_agree(states):
    rng = np.random.default_rng(states)
    labels = [f"S{k}" for k in range(states)]
    model = scenario_of(sd.load_model("security_dilemma", subscripts={"state": labels}))
    checked = 0
    for _ in range(6):
        params = {
            "reaction": rng.uniform(0.05, 0.4),
            "buildup alarm": rng.uniform(1, 4),
            "transparency": rng.uniform(0, 0.5),
            "offense defense balance": rng.uniform(-0.5, 0.5),
            "grievance share": rng.uniform(0.0005, 0.004),
        }
        found = sd.equilibria(model.replace(params=params))
        checked += len(found)
        assert ((found["spiral_number"] < 1) == found["stable"]).all()
    assert checked >= 6


def test_growing_gdp_is_said_and_not_solved():
    case = sd.load_scenario("cold_war")
    with pytest.raises(InputError, match=r"'GDP' grows.*'GDP growth': 0"):
        sd.equilibria(case)
    assert "GDP taken as given" in str(sd.stability(case))
    assert len(sd.equilibria(case.replace(params={"GDP growth": 0})))


def test_stability_at_other_times_and_saved(dilemma, tmp_path):
    late = sd.stability(dilemma, at="end")
    assert late.spiral_number == pytest.approx(
        float(dilemma.run(outputs=["spiral number"])["spiral_number"][-1]), rel=1e-6
    )
    assert sd.stability(dilemma, at=50).place == "at time 50"
    with pytest.raises(InputError, match="not a time between"):
        sd.stability(dilemma, at=1e6)
    assert len(pd.read_csv(late.save(tmp_path / "s.csv"))) == len(late.to_dataframe())
    assert json.loads(late.save(tmp_path / "s.json").read_text())["stable"] is True
    with pytest.raises(InputError, match="No format"):
        late.save(tmp_path / "s.txt")


def test_dyads_leave_out_self_pairs():
    model = sd.load_model("security_dilemma", subscripts={"state": ["A", "B", "C"]})
    run = model.run(times=[0, 1, 2], outputs=["hostility belief", "spending"])
    pairs = sd.dyads(run)
    assert pairs["dyad"].values.tolist() == [
        "A -> B",
        "A -> C",
        "B -> A",
        "B -> C",
        "C -> A",
        "C -> B",
    ]
    assert list(pairs.data_vars) == ["hostility_belief"]
    np.testing.assert_array_equal(
        pairs["hostility_belief"].sel(dyad="C -> A"),
        run["hostility_belief"].sel(state="C", rival="A"),
    )
    one = sd.dyads(run["hostility_belief"])
    assert one.sizes == {"time": 3, "dyad": 6}
    with pytest.raises(InputError, match="Nothing here is about pairs"):
        sd.dyads(model.run(times=[0, 1], outputs=["spending"]))


def test_nullclines_cross_where_both_rest(dilemma):
    table = phase_portrait(dilemma.replace(params={"transparency": {"East": 0.3}}), points=81)
    rest = table[table["kind"] == "equilibrium"]
    assert rest["stable"].tolist() == [True]
    for state in ("East", "West"):
        curve = table[table["kind"] == f"nullcline {state}"][["x", "y"]].dropna().to_numpy()
        gap = np.hypot(*(curve - rest[["x", "y"]].to_numpy()).T).min()
        assert gap < 0.02 * rest["x"].iloc[0]
    with pytest.raises(InputError, match="two states"):
        phase_portrait(
            scenario_of(sd.load_model("richardson", subscripts={"state": ["A", "B", "C"]}))
        )


def test_linear_nullclines_are_straight(linear):
    table = phase_portrait(linear.replace(params={"reaction": 0.1}), points=41)
    own = table[table["kind"] == "nullcline East"]
    np.testing.assert_allclose(own["x"], (0.1 * own["y"] + 2) / 0.2, rtol=1e-6)


def test_yearly_means_integrate():
    import xarray as xr

    times = np.arange(1950, 1953.01, 0.25)
    values = xr.DataArray((times - 1950) ** 2, {"time": times}, "time")
    np.testing.assert_allclose(yearly_means(values), [1 / 3, 7 / 3, 19 / 3])
    with pytest.raises(InputError, match="no whole year"):
        yearly_means(values[::4])


def test_scores_stand_beside_naive_forecasts():
    table = score(sd.load_scenario("wwi_blocs"))
    assert (table["model"] < table["mean_growth"]).all()
    data = sd.load_scenario("wwi_blocs").data
    first = data[data["state"] == table["state"][0]]["value"].to_numpy()
    log = np.log(first)
    assert table["first_year_repeated"][0] == pytest.approx(np.sqrt(np.mean((log - log[0]) ** 2)))
    assert table["last_year_repeated"][0] == pytest.approx(np.sqrt(np.mean(np.diff(log) ** 2)))


def test_what_if_moves_one_lever_at_a_time(dilemma):
    table = what_if(dilemma, times=range(0, 51, 10))
    part = table[(table["lever"] == "Openness of both sides") & (table["value"] == 0.6)]
    whole = dilemma.run({"transparency": 0.6}, times=range(0, 51, 10), outputs=["spending"])
    own = part[part["state"] == "East"]["spending"].to_numpy()
    np.testing.assert_allclose(own, whole["spending"].sel(state="East"), rtol=1e-5)
    with pytest.raises(InputError, match="none of the levers"):
        what_if(scenario_of(sd.load_model("richardson")))


def test_judgement_values_are_drawn_and_nothing_else():
    from secdil_sd.analysis.plausible import judgement_parameters, plausible

    case = sd.load_scenario("cold_war")
    names = {each.name for each in judgement_parameters(case)}
    assert {"transparency", "buildup alarm"} <= names
    assert not names & {"reaction", "fatigue", "grievance share", "democracy", "GDP growth"}
    found = plausible(case, n=64)
    peaks = found.draws["peak_spiral_number"]
    assert found.share_above == pytest.approx((peaks > 1).mean())
    alarm = found.draws["buildup alarm"] + found.draws["worst case bias"]
    assert (alarm <= 3 + 1e-9).all()
    k = int(peaks.argmax())
    params = found.draws.drop(columns="peak_spiral_number").iloc[k].to_dict()
    alone = case.run(params, times=range(1948, 1990), outputs=["peak spiral number"])
    assert float(alone["peak_spiral_number"]) == pytest.approx(peaks[k], rel=1e-4)
    assert plausible(case, n=64).draws.equals(found.draws)
    assert found.histogram()["count"].sum() == len(peaks)


@pytest.mark.parametrize(
    ("peak", "share", "word"),
    [
        (0.8, 0.02, "No:"),
        (0.8, 0.3, "This cannot be told"),
        (1.4, 0.97, "Yes:"),
        (1.4, 0.6, "This cannot be told"),
    ],
)
def test_verdicts_do_not_over_claim(peak, share, word):
    import xarray as xr

    from secdil_sd.reporting.answer import verdict

    spiral = xr.DataArray([0.5, peak], {"time": [1950, 1951]}, "time")
    assert verdict(spiral, share).startswith(word)
