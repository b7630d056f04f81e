"""The extended model against closed forms, symmetries and bounds: O4 to O20 of MODEL.md."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import secdil_sd as sd
from models import prototype
from secdil_sd.simulation.scenario import scenario_of

PER_YEAR = (
    "reaction", "fatigue", "obsolescence", "grievance share", "crowding out", "GDP growth",
    "community growth", "community erosion", "base hazard", "fear hazard", "predation hazard",
)  # fmt: skip
TRAP = {
    "buildup alarm": 3,
    "revelation strength": 4,
    "transparency": 0.18,
    "grievance share": 0.0006,
}


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma")


@pytest.fixture(scope="module")
def three():
    return sd.load_model("security_dilemma", subscripts={"state": ["A", "B", "C"]})


def final(model, params, times=(0, 50), outputs=("spending",), **more):
    return model.run(params, times=times, outputs=list(outputs), rtol=1e-10, **more).isel(time=-1)


def draw(rng, n, growth=True):
    """A random point of the plausible space, with asymmetry everywhere."""
    point = {
        "reaction": rng.uniform(0.03, 0.4, n), "fatigue": rng.uniform(0.1, 0.4, n),
        "grievance share": rng.uniform(0, 0.005, n), "transparency": rng.uniform(0, 1, n),
        "democracy": rng.uniform(0, 1, n), "revisionism": rng.uniform(0, 1, n),
        "sensibility": rng.uniform(0, 1, n), "preemption": rng.uniform(0, 0.5, n),
        "offense defense balance": rng.uniform(-0.8, 0.8), "distinguishability": rng.uniform(0, 1),
        "buildup alarm": rng.uniform(0, 4), "stock weight": rng.uniform(0, 1),
        "size exponent": rng.uniform(0, 1), "audience discount": rng.uniform(0, 1),
        "initial GDP": rng.uniform(500, 3000, n), "initial spending": rng.uniform(5, 60, n),
    }  # fmt: skip
    interaction = rng.uniform(0, 0.8, (n, n))
    point["interaction"] = (interaction + interaction.T) / 2
    if growth:
        point["GDP growth"] = rng.uniform(-0.01, 0.05, n)
    return point


@pytest.mark.parametrize(
    ("k", "g", "expected"), [(0.18, 2, 36.7326), (0.30, 2, 94.3343), (0.30, 1e-12, 83.3333)]
)
def test_o4_saturated_symmetric_dyad(model, k, g, expected):
    """Beliefs held at even odds, posture fungible: theta is 1 and the quadratic decides."""
    frozen = {
        "worst case bias": 0, "buildup alarm": 0, "revelation strength": 0, "posture signal": 0,
        "community effect": 0, "reaction": k, "grievance share": g / 1000, "stock weight": 0,
    }  # fmt: skip
    found = sd.equilibria(scenario_of(model).replace(params=frozen))
    x = k - 0.2 - g / 250
    formula = 250 / (2 * k) * (x + np.sqrt(x * x + 4 * k * g / 250))
    assert formula == pytest.approx(expected, abs=5e-5)
    equal = found[np.isclose(found["spending[East]"], found["spending[West]"]) & found["stable"]]
    np.testing.assert_allclose(equal["spending[East]"].to_numpy()[-1], formula, rtol=1e-9)


def closed_community(interaction, effect):
    return {"buildup alarm": 0, "community effect": effect, "interaction": interaction}


def test_o5_folds_of_community(model):
    """c = 5, L0 = .6: two ends exist between I = .4267 and .5825, one outside."""
    starts = {"cold": {}, "close": {"initial community": 0.95, "initial belief log odds": -4.0}}
    for interaction, path_dependent in (
        (0.4267 * 0.98, False),
        (0.4267 * 1.02, True),
        (0.5825 * 0.98, True),
        (0.5825 * 1.02, False),
    ):
        ends = [
            float(
                final(
                    model,
                    {**closed_community(interaction, 5), **start},
                    (0, 20_000),
                    ["security community"],
                )["security_community"].max()
            )
            for start in starts.values()
        ]
        assert (abs(ends[0] - ends[1]) > 0.1) is path_dependent, (interaction, ends)


@pytest.mark.parametrize("interaction", [0.2, 0.4, 0.6])
def test_o6_no_path_dependence_below_four(model, interaction):
    ends = [
        float(
            final(
                model,
                {
                    **closed_community(interaction, 3.9),
                    "initial community": c,
                    "initial belief log odds": b,
                },
                (0, 20_000),
                ["security community"],
            )["security_community"].max()
        )
        for c, b in ((0.0, 0.0), (0.95, -4.0))
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1e-5)


def test_o7_the_trap_is_reached_from_either_side(model):
    low = final(model, TRAP, (0, 2000), ["burden"])["burden"].values
    high = final(
        model, {**TRAP, "initial spending": 70, "settled start": 1}, (0, 2000), ["burden"]
    )["burden"].values
    np.testing.assert_allclose(low, 0.01105, atol=1e-5)
    np.testing.assert_allclose(high, 0.06189, atol=1e-5)


def test_o8_a_disarmed_world_stays_disarmed_where_the_gain_is_below_one(model):
    for transparency in (0.0, 0.1, 0.2, 0.3):
        params = {
            "grievance share": 0,
            "transparency": transparency,
            "initial spending": 0.1,
            "settled start": 1,
        }
        run = model.run(params, times=[0, 400, 800], outputs=["spending", "reaction gain"])
        assert float(run["reaction_gain"][0]) < 1
        spending = run["spending"].values
        assert (spending[1] < spending[0]).all()
        assert (spending[2] < spending[1]).all()


def test_o9_money_has_no_scale(three):
    rng = np.random.default_rng(9)
    point = draw(rng, 3)
    scaled = {
        **point,
        "initial GDP": point["initial GDP"] * 7.3,
        "initial spending": point["initial spending"] * 7.3,
    }
    names = ["burden", "belief log odds", "security community", "war probability"]
    one, other = (final(three, p, outputs=names) for p in (point, scaled))
    for name in one.data_vars:
        np.testing.assert_allclose(one[name], other[name], rtol=1e-7, atol=1e-9)


def test_o10_time_has_no_scale(three):
    point = draw(np.random.default_rng(10), 3)
    constants = three.constants["value"]
    fast = dict(point)
    for name in PER_YEAR:
        value = point.get(
            name, constants[sd.load_model("security_dilemma").system[name].name.replace(" ", "_")]
        )
        fast[name] = np.asarray(value) * 2
    fast["belief delay"] = constants["belief_delay"] / 2
    names = ["spending", "belief log odds", "security community", "war probability"]
    slow_end = final(three, point, (0, 40), names)
    fast_end = final(three, fast, (0, 20), names)
    for name in slow_end.data_vars:
        np.testing.assert_allclose(slow_end[name], fast_end[name], rtol=1e-6, atol=1e-9)


def test_o11_labels_carry_no_meaning(three):
    point = draw(np.random.default_rng(11), 3)
    order = [2, 0, 1]
    turned = {
        n: (v[order] if np.ndim(v) == 1 else v[np.ix_(order, order)] if np.ndim(v) == 2 else v)
        for n, v in point.items()
    }
    one = final(three, point, outputs=["spending"])["spending"].values
    other = final(three, turned, outputs=["spending"])["spending"].values
    np.testing.assert_allclose(one[order], other, rtol=1e-7)


def test_o12_community_is_symmetric_and_arms_are_bought_not_made(three):
    point = draw(np.random.default_rng(12), 3, growth=False)
    times = np.arange(0, 40.01, 0.05)
    run = three.run(
        point, times=times, outputs=["security community", "spending", "capability"], rtol=1e-11
    )
    community = run["security_community"].values
    np.testing.assert_allclose(community, community.transpose(0, 2, 1), atol=1e-9)
    delta = 0.08
    kernel = np.exp(-delta * (times[-1] - times))
    bought = np.trapezoid(run["spending"].values * kernel[:, None], times, axis=0)
    expected = run["capability"].values[0] * np.exp(-delta * times[-1]) + bought
    np.testing.assert_allclose(run["capability"].values[-1], expected, rtol=1e-5)


def test_o13_without_contact_nobody_matters(three):
    point = {**draw(np.random.default_rng(13), 3), "contact": 0.0}
    moved = {**point, "initial spending": point["initial spending"] * np.array([1, 1, 4])}
    one, other = (final(three, p, (0, 8))["spending"].values for p in (point, moved))
    np.testing.assert_allclose(one[:2], other[:2], rtol=1e-7)
    assert not np.isclose(one[2], other[2], rtol=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_o14_bounds_hold(seed):
    model = sd.load_model("security_dilemma", subscripts={"state": ["A", "B", "C"]})
    point = draw(np.random.default_rng(seed), 3, growth=False)
    names = ["burden", "belief log odds", "security community", "cumulative hazard"]
    run = model.run(point, times=range(0, 101, 5), outputs=names)
    assert (run["burden"] > 0).all()
    assert (run["burden"] < 0.25).all()
    bound = 0.6 + point["buildup alarm"] + 3 + 1 + 5
    assert (abs(run["belief_log_odds"]) <= bound).all()
    assert ((run["security_community"] >= -1e-12) & (run["security_community"] <= 1)).all()
    assert (run["cumulative_hazard"].diff("time") >= -1e-12).all()


@pytest.mark.parametrize(
    ("name", "low", "high", "sign"),
    [
        ("reaction", 0.1, 0.2, 1),
        ("grievance share", 0.001, 0.003, 1),
        ("worst case bias", 0.3, 0.9, 1),
        ("buildup alarm", 1, 3, 1),
        ("offense defense balance", -0.3, 0.3, 1),
        ("fatigue", 0.15, 0.25, -1),
        ("transparency", 0.1, 0.5, -1),
        ("binding procedures", 0.1, 0.5, -1),
        ("interaction", 0.1, 0.5, -1),
    ],
)
def test_o15_spending_is_monotone_at_every_time(three, name, low, high, sign):
    """With s = r = zeta = 0; d = 0, so the offensive share of arms does not act."""
    base = {"democracy": [0.2, 0.5, 0.0], "initial spending": [8.0, 12.0, 20.0]}
    less, more = (
        three.run({**base, name: value}, times=range(0, 101, 5), outputs=["spending"], rtol=1e-10)[
            "spending"
        ].values
        for value in (low, high)
    )
    assert (sign * (more - less)[1:] > 0).all()


def test_o16_stock_weight_moves_no_equilibrium_without_growth(model):
    ends = [
        sd.equilibria(scenario_of(model).replace(params={"stock weight": w}))["spending[East]"][0]
        for w in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_allclose(ends, ends[0], rtol=1e-8)
    growing = {"GDP growth": 0.02, "grievance growth exponent": 1}
    burdens = [
        100 * float(final(model, {**growing, "stock weight": w}, (0, 400), ["burden"])["burden"][0])
        for w in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_allclose(burdens, [6.76, 5.27, 3.80], atol=0.006)


def test_o17_limits(model):
    names = ["effective reaction", "threat factor", "war hazard"]
    arduous = final(model, {"offense defense balance": -40}, outputs=names)
    assert float(abs(arduous["effective_reaction"]).max()) < 1e-12
    striking = final(model, {"preemption": 1}, outputs=names)
    assert float(abs(striking["effective_reaction"]).max()) == 0
    postures = [
        final(model, {"posture sensitivity": k}, outputs=["threat factor"])["threat_factor"].values
        for k in (1, 5)
    ]
    np.testing.assert_allclose(*postures, rtol=1e-8)
    blind = {"regime transparency effect": 0, "regime binding effect": 0}
    regimes = [final(model, {**blind, "democracy": g})["spending"].values for g in (0, 1)]
    np.testing.assert_allclose(*regimes, rtol=1e-9)
    united = {
        "initial community": 1,
        "interaction": 1,
        "initial belief log odds": -30,
        "community erosion": 0,
    }
    assert float(abs(final(model, united, (0, 5), names)["war_hazard"]).max()) < 1e-12


def test_o18_three_states_against_the_independent_transcription(three):
    """The prototype was written from MODEL.md alone; PySD on the file is in tests/models."""
    point = draw(np.random.default_rng(18), 3)
    times = np.arange(0, 61, 10.0)
    names = ["spending", "belief log odds", "security community", "cumulative hazard"]
    run = three.run(
        point, times=times, outputs=[*names, "spiral number", "reaction gain"], rtol=1e-10
    )
    p = prototype.parameters(3, point)
    path = prototype.simulate(p, times)
    for name, truth in zip(names, (path.M, path.L, path.C, path.Lam), strict=True):
        ours = np.moveaxis(run[name.replace(" ", "_")].values, 0, -1)
        np.testing.assert_allclose(ours, truth, rtol=1e-6, atol=1e-8)
    for k, t in enumerate(times):
        stocks = prototype.at(path, k)
        assert float(run["spiral_number"][k]) == pytest.approx(
            prototype.spiral_number(stocks, p, t), rel=1e-6
        )
        assert float(run["reaction_gain"][k]) == pytest.approx(
            prototype.reaction_gain(stocks, p), rel=1e-6
        )


@pytest.mark.parametrize("n", [2, 3, 5])
def test_o19_the_size_exponent_leaves_the_gain(n):
    rng = np.random.default_rng(n)
    model = sd.load_model("security_dilemma", subscripts={"state": [f"S{k}" for k in range(n)]})
    gdp = rng.uniform(300, 5000, n)
    found = [
        float(
            model.run(
                {"initial GDP": gdp, "size exponent": s, "reaction": rng_k},
                times=[0, 1],
                outputs=["reaction gain"],
            )["reaction_gain"][0]
        )
        for s in (0.0, 0.4, 1.0)
        for rng_k in [np.linspace(0.1, 0.3, n)]
    ]
    np.testing.assert_allclose(found, found[0], rtol=1e-10)


@pytest.mark.parametrize(
    "method", ["Euler", "RK4", "Tsit5", "DOP853", "RK45", "LSODA", "BDF", "Radau"]
)
def test_o20_no_method_steps_over_a_pulse(model, method):
    """From the settled low state a push of width 3 in 400 years tips the trap at 8, not at 6."""
    low = sd.equilibria(scenario_of(model).replace(params=TRAP)).iloc[0]
    start = {
        **TRAP, "initial spending": low["spending[East]"], "settled start": 1,
        "arming shock time": 20, "arming shock width": 3,
    }  # fmt: skip
    ends = []
    for amplitude in (6.0, 8.0):
        params = {**start, "arming shock amplitude": {"East": amplitude, "West": 0.0}}
        run = model.run(
            params, times=[0, 100, 200, 300, 400], outputs=["burden"], method=method, rtol=1e-7
        )
        ends.append(100 * float(run["burden"].sel(state="East")[-1]))
    assert ends[0] == pytest.approx(1.19, abs=0.02)
    assert ends[1] == pytest.approx(5.78, abs=0.05)


def test_shocks_at_different_times_in_one_ensemble(model):
    samples = pd.DataFrame(
        {"arming shock amplitude": [5.0] * 3, "arming shock time": [10.0, 20.0, 30.0]}
    )
    settings_ = {"times": range(0, 51, 5), "outputs": ["spending"], "rtol": 1e-9}
    together = model.run_ensemble(samples, **settings_)["spending"]
    for k in range(3):
        alone = model.run(samples.iloc[k].to_dict(), **settings_)["spending"]
        np.testing.assert_allclose(together.isel(member=k).transpose(*alone.dims), alone, rtol=1e-5)
