"""Fits against truth: closed forms, other programs, and histories whose parameters are known."""

import json

import numpy as np
import pandas as pd
import pytest
from fitting.dyads import FITTED, STATES, TRUTH, linear_case, simulated
from scipy import integrate, stats

import secdil_sd as sd

BACKEND = {"backend": "numpy"}


@pytest.fixture(scope="module")
def noisy():
    return simulated(30, 0.05, seed=3)


@pytest.fixture(scope="module")
def found(noisy):
    return sd.fit(linear_case(), noisy, parameters=FITTED, starts=32, **BACKEND)


def truth_of(parameter: str) -> float:
    base, rest = parameter.split("[")
    return TRUTH[".".join([base, *rest.rstrip("]").split(",")])]


def test_exact_figures_give_back_the_truth():
    found = sd.fit(linear_case(), simulated(), parameters=FITTED, intervals=False, starts=32)
    for name, value in found.values.items():
        assert value == pytest.approx(truth_of(name), rel=2e-4), name


def test_a_years_figure_is_a_years_mean():
    """M = M0 + g t where nobody reacts or tires: the mean of year k is M0 + g (k + 1/2)."""
    case = linear_case(10, {"fatigue": 0.0, "reaction": 0.0, "grievance": 2.0})
    problem = sd.fit(
        case, simulated(10), parameters=["initial spending"], intervals=False, starts=4
    ).problem
    path = problem.predicted(np.log([[10.0, 20.0]]))[0]
    assert np.allclose(path[0], 10 + 2 * (np.arange(10) + 0.5), rtol=1e-9)
    assert np.allclose(path[1], 20 + 2 * (np.arange(10) + 0.5), rtol=1e-9)


def test_intervals_are_exact_where_the_model_is_linear():
    """A straight line with normal noise: the profile must be Student's interval."""
    rng = np.random.default_rng(5)
    years = np.arange(1950, 1962)
    values = {each: 50 + 3 * (years - 1950 + 0.5) + rng.normal(0, 2, 12) for each in STATES}
    data = pd.DataFrame(
        [(s, y, v) for s in STATES for y, v in zip(years, values[s], strict=True)],
        columns=["state", "year", "value"],
    )
    case = linear_case(12, {"fatigue": 0.0, "reaction": 0.0})
    found = sd.fit(
        case,
        data,
        parameters=["grievance", "initial spending"],
        noise="normal",
        bounds={"grievance": (-40, 40)},
        starts=8,
    )
    # Two lines with one common spread, by the normal equations.
    x = years - 1950 + 0.5
    design = np.column_stack([np.ones(12), x])
    slopes, squares = [], 0.0
    for state in STATES:
        line, left, *_ = np.linalg.lstsq(design, values[state], rcond=None)
        slopes.append(line[1])
        squares += float(left[0])
    error = np.sqrt(squares / 20 * np.linalg.inv(design.T @ design)[1, 1])
    reach = stats.t.ppf(0.95, 20) * error
    for state, slope in zip(STATES, slopes, strict=True):
        low, high = found.interval(f"grievance.{state}")
        assert found.values[f"grievance[{state}]"] == pytest.approx(slope, rel=1e-5)
        assert (low, high) == pytest.approx((slope - reach, slope + reach), rel=2e-3)


@pytest.mark.peer
def test_lmfit_with_solve_ivp_finds_the_same(noisy, found):
    lmfit = pytest.importorskip("lmfit")
    figures = noisy.pivot(index="state", columns="year", values="value").loc[list(STATES)]
    target = np.log(figures.to_numpy())

    def residual(p):
        k = np.array([[0, p["k1"].value], [p["k2"].value, 0]], dtype=float)
        g = np.array([p["g1"].value, p["g2"].value], dtype=float)

        def rates(t, y):
            m = y[:2]
            return np.concatenate([k @ m - 0.25 * m + g, m])

        start = [np.exp(p["m1"].value), np.exp(p["m2"].value), 0, 0]
        run = integrate.solve_ivp(
            rates, (0, 30), start, t_eval=np.arange(31), rtol=1e-10, atol=1e-10
        )
        return (np.log(np.clip(np.diff(run.y[2:], axis=1), 1e-3, None)) - target).ravel()

    p = lmfit.Parameters()
    for name, value in (("k1", 0.1), ("k2", 0.1), ("g1", 1), ("g2", 1), ("m1", 1.5), ("m2", 3)):
        p.add(name, value=value)
    theirs = lmfit.minimize(residual, p, method="least_squares")
    ours = found.estimates.set_index("parameter")
    for name, key in (
        ("k1", "reaction[India,Pakistan]"),
        ("k2", "reaction[Pakistan,India]"),
        ("g1", "grievance[India]"),
        ("g2", "grievance[Pakistan]"),
    ):
        assert ours.loc[key, "value"] == pytest.approx(theirs.params[name].value, rel=1e-3)
        assert ours.loc[key, "std_error"] == pytest.approx(theirs.params[name].stderr, rel=2e-2)


def test_two_optimizers_agree_well_within_intervals(noisy, found):
    other = sd.fit(
        linear_case(), noisy, parameters=FITTED, method="L-BFGS-B", intervals=False, starts=8
    )
    table = found.estimates.set_index("parameter")
    for name, value in other.values.items():
        width = table.loc[name, "high"] - table.loc[name, "low"]
        assert abs(value - table.loc[name, "value"]) < 0.02 * width, name
    assert other.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-3)


def test_a_global_search_ends_at_the_same_place(noisy, found):
    other = sd.fit(
        linear_case(),
        noisy,
        parameters=FITTED,
        search="differential_evolution",
        starts=1,
        intervals=False,
    )
    assert other.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-3)


def test_same_seed_same_fit_another_seed_the_same_optimum(noisy):
    one, two, other = (
        sd.fit(linear_case(), noisy, parameters=FITTED, intervals=False, starts=16, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one.values == two.values
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-4)


def test_reaction_may_be_negative():
    """Oren (1994): states that answer high with low."""
    data = simulated(40, 0.03, truth={"reaction.India.Pakistan": -0.05, "grievance.India": 4.0})
    case = linear_case(40)
    found = sd.fit(case, data, parameters=FITTED, starts=16)
    assert found.estimates["scale"][0] == "identity"
    assert found.values["reaction[India,Pakistan]"] < 0
    low, high = found.interval("reaction.India.Pakistan")
    assert low < -0.05 < high


def test_missing_years_are_left_out_not_filled(noisy):
    holes = noisy.drop(noisy.index[[3, 4, 20, 40]])
    found = sd.fit(linear_case(), holes, parameters=FITTED, starts=16, intervals=False)
    assert found.problem.count == len(noisy) - 4
    assert np.isnan(found.problem.observed.values).sum() == 4
    blank = noisy.copy()
    blank.loc[blank.index[[3, 4, 20, 40]], "value"] = np.nan
    again = sd.fit(linear_case(), blank, parameters=FITTED, starts=16, intervals=False)
    assert again.values == found.values


def test_heavy_tails_are_not_led_astray_by_one_figure(noisy):
    wild = noisy.copy()
    wild.loc[10, "value"] *= 4
    settings = {"parameters": FITTED, "starts": 16, "intervals": False}
    clean = sd.fit(linear_case(), noisy, **settings).values
    normal = sd.fit(linear_case(), wild, **settings).values
    robust = sd.fit(linear_case(), wild, noise="student t", **settings).values

    def moved(values):
        return max(abs(values[name] - clean[name]) / (abs(clean[name]) + 0.1) for name in clean)

    assert moved(robust) < 0.5 * moved(normal)


def test_burden_may_be_fitted_from_spending_and_gdp():
    case = sd.load_scenario("cold_war")
    found = sd.fit(
        case, variable="burden", parameters=["initial spending"], intervals=False, starts=4
    )
    wide = case.data.pivot(index=["state", "year"], columns="variable", values="value")
    share = (wide["spending"] / wide["GDP"]).unstack("year").loc[list(case.states)]
    assert np.allclose(found.problem.observed.values, share)
    assert found.problem.observed.units == "fraction of GDP"
    model = found.problem.predicted(found.best.point)[0]
    assert np.allclose(np.log(model / share).to_numpy().mean(), 0, atol=0.05)


def test_tied_numbers_share_one_value():
    case = sd.load_scenario("wwi_richardson")
    found = sd.fit(
        case,
        parameters=["France", "grievance", "initial spending"],
        tied={"France": ["reaction.France.Germany", "reaction.France.Austria-Hungary"]},
        intervals=False,
        starts=8,
    )
    frame = found.problem.constants(found.best.point[None])
    assert frame["reaction[France,Germany]"][0] == frame["reaction[France,Austria-Hungary]"][0]
    assert "France" in found.values


def test_richardson_four_points_identify_one_number():
    """With fatigue free too, only reaction minus fatigue can be learned, and it is said so."""
    case = sd.load_scenario("wwi_blocs")
    found = sd.fit(
        case,
        parameters=["reaction[*]", "fatigue[*]", "grievance", "initial spending"],
        starts=32,
    )
    said = " ".join(found.identifiability)
    assert "Only reaction minus fatigue of all is identified" in said
    fatigue = found.estimates.set_index("parameter").loc["fatigue[*]"]
    assert not fatigue["identified"]
    assert fatigue["open_low"]


def test_a_bound_that_is_hit_is_named(noisy):
    found = sd.fit(
        linear_case(),
        noisy,
        parameters=[*FITTED, "fatigue[*]"],
        bounds={"fatigue": (0.3, 0.6)},
        starts=16,
    )
    row = found.estimates.set_index("parameter").loc["fatigue[*]"]
    assert row["at_bound"] == "lower" and not row["identified"]
    assert any(each.startswith("Bound hit by fatigue[*]") for each in found.identifiability)


def test_profiles_show_where_other_bounds_bind(noisy):
    found = sd.fit(
        linear_case(),
        noisy,
        parameters=[*FITTED, "fatigue[*]"],
        bounds={"fatigue": (0.2, 0.27)},
        starts=16,
    )
    profile = found.profile("reaction.India.Pakistan")
    assert (profile["other_bound"] == "fatigue[*]").any()
    assert profile["deviance"].min() == 0
    assert profile["value"].is_monotonic_increasing


def test_predictions_hold_the_figures_as_often_as_they_say(noisy, found):
    mean = found.predict("mean")
    wide = found.predict("observation")
    assert (wide["high"] - wide["low"] > mean["high"] - mean["low"]).all()
    inside = ((wide["figure"] > wide["low"]) & (wide["figure"] < wide["high"])).mean()
    assert 0.8 < inside < 1
    later = found.predict("observation", years=range(1980, 1990))
    assert later["figure"].isna().all() and np.isfinite(later["value"]).all()


def test_theil_and_the_checks_of_residuals(found):
    table = found.diagnostics
    assert np.allclose(table[["bias", "variation", "covariation"]].sum(axis=1), 1)
    assert (table["memory"].abs() < 0.5).all()
    assert len(found.residuals) == 60
    assert found.residuals["leverage"].sum() == pytest.approx(6, abs=1e-6)


def test_influence_is_what_leaving_a_figure_out_does(noisy, found):
    k = int(found.influence["cook"].to_numpy().argmax())
    without = sd.fit(
        linear_case(), noisy.drop(noisy.index[k]), parameters=FITTED, starts=8, intervals=False
    )
    table = found.estimates.set_index("parameter")
    name = "reaction[India,Pakistan]"
    moved = (without.values[name] - found.values[name]) / table.loc[name, "std_error"]
    assert found.influence[name][k] == pytest.approx(moved, rel=0.1)


def test_lasting_residuals_are_told_and_the_bootstrap_is_wider():
    case = sd.load_scenario("cold_war")
    found = sd.fit(case, parameters=["reaction", "initial spending"], starts=8)
    assert any("too narrow" in each for each in found.remarks)
    drawn = found.bootstrap(60, seed=1)
    assert drawn.failed == 0 and drawn.block > 3
    assert drawn.estimates()["wider"].max() > 1.5
    again = found.bootstrap(60, seed=1)
    assert np.array_equal(drawn.points, again.points)


def test_the_bootstrap_agrees_with_theory_where_noise_has_no_memory(found):
    drawn = found.bootstrap(200, block=1, seed=2)
    errors = found.estimates["std_error"].to_numpy()
    assert np.allclose(drawn.estimates()["std_error"] / errors, 1, atol=0.3)


def test_saved_and_loaded_it_is_the_same(found, tmp_path):
    path = found.save(tmp_path / "fit.json")
    again = sd.load_fit(path, linear_case())
    pd.testing.assert_frame_equal(again.estimates, found.estimates)
    assert again.identifiability == found.identifiability
    assert again.provenance == found.provenance
    assert json.loads(path.read_text())["estimates"][0]["parameter"] == "reaction[India,Pakistan]"
    assert len(pd.read_csv(found.save(tmp_path / "fit.csv"))) == 6


def test_a_changes_file_carries_the_estimates(found, tmp_path):
    path = found.to_changes(tmp_path / "fit.cin")
    back = linear_case().replace(params=sd.read_changes(path, linear_case()))
    assert back.values.constants["initial spending"] == pytest.approx(
        found.case.values.constants["initial spending"], rel=1e-6
    )


def test_another_scale_of_the_same_money_is_the_same_fit(tmp_path):
    case = sd.load_scenario("cold_war")
    data = case.data[case.data["variable"] == "spending"].drop(columns="variable").copy()
    data["value"] *= 1000
    data.attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2011}
    settings = {"parameters": ["reaction", "initial spending"], "starts": 8, "intervals": False}
    ours, theirs = sd.fit(case, **settings), sd.fit(case, data, **settings)
    for name, value in ours.values.items():
        assert theirs.values[name] == pytest.approx(value, rel=1e-6)


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """Ninety in a hundred 90% intervals hold it, give or take what 20 dyads allow."""
    hits = []
    for seed in range(20):
        data = simulated(30, 0.05, seed=100 + seed)
        found = sd.fit(linear_case(), data, parameters=FITTED, starts=8)
        for row in found.estimates.itertuples():
            hits.append(row.low <= truth_of(row.parameter) <= row.high)
    assert 0.83 <= np.mean(hits) <= 0.96


@pytest.mark.slow
def test_intervals_cover_the_truth_where_noise_lasts():
    """What a year is off, the next is half off: only noise with memory covers as it says."""
    from secdil_sd.fitting.memory import lasting

    hits = {"lognormal": [], "lognormal with memory": []}
    for seed in range(12):
        data = simulated(30, 0.0)
        noise = 0.04 * lasting(np.random.default_rng(seed).standard_normal((2, 30)), 0.7)
        data["value"] *= np.exp(noise.ravel())
        for kind, own in hits.items():
            found = sd.fit(linear_case(), data, parameters=FITTED, starts=8, noise=kind)
            own += [r.low <= truth_of(r.parameter) <= r.high for r in found.estimates.itertuples()]
    assert np.mean(hits["lognormal"]) < 0.75
    assert np.mean(hits["lognormal with memory"]) > 0.78


def test_a_file_may_name_blocs_that_are_no_country(tmp_path):
    case = sd.load_scenario("wwi_blocs")
    path = tmp_path / "blocs.csv"
    case.data.to_csv(path, index=False)
    settings = {"parameters": ["reaction[*]", "initial spending"], "starts": 8, "intervals": False}
    assert sd.fit(case, path, **settings).values == sd.fit(case, **settings).values


def test_years_across_a_gap_are_no_neighbours(noisy):
    from secdil_sd.fitting.diagnostics import residual_checks

    years = np.array([0, 1, 2, 10, 11, 12])
    values = np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
    table = pd.DataFrame({"state": "India", "year": years, "residual": values})
    assert residual_checks(table)["memory"][0] == pytest.approx(4 / 6)
