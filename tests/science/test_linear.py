"""The linear model and the neutral set: O1, O2, O3 and the equality of the two files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import secdil_sd as sd

METHODS = ("DOP853", "RK45", "LSODA", "BDF", "Radau", "Tsit5")


def labels(n):
    return [f"S{k}" for k in range(n)]


def random_race(n, seed, top=0.2):
    """Reaction of zero diagonal, fatigue, grievance, initial spending."""
    rng = np.random.default_rng(seed)
    reaction = rng.uniform(0, top / n, (n, n)) * (1 - np.eye(n))
    return reaction, rng.uniform(0.1, 0.4, n), rng.uniform(-1, 2, n), rng.uniform(5, 20, n)


def exact(reaction, fatigue, grievance, start, times):
    """The matrix exponential of the system with the constant appended."""
    n = len(start)
    whole = np.zeros((n + 1, n + 1))
    whole[:n, :n] = reaction - np.diag(fatigue)
    whole[:n, n] = grievance
    return np.array([(expm(whole * t) @ np.append(start, 1.0))[:n] for t in times])


def as_params(reaction, fatigue, grievance, start):
    return {
        "reaction": reaction, "fatigue": fatigue, "grievance": grievance, "initial spending": start,
    }  # fmt: skip


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("method", METHODS)
def test_o1_linear_richardson_is_the_matrix_exponential(n, method):
    race = random_race(n, n)
    times = np.linspace(0, 40, 9)
    model = sd.load_model("richardson", subscripts={"state": labels(n)})
    run = model.run(as_params(*race), times=times, outputs=["spending"], method=method, rtol=1e-12)
    truth = exact(*race, times)
    error = np.max(np.abs(run["spending"].values - truth) / np.abs(truth).max())
    assert error < {"BDF": 1e-6, "LSODA": 1e-7}.get(method, 1e-8)


def neutral(model, n):
    reaction, fatigue, grievance, start = random_race(n, 10 + n)
    strongest = reaction.max(axis=1)
    return {
        **model.companion.neutral,
        "reaction": strongest,
        "contact": reaction / strongest[:, None],
        "fatigue": fatigue,
        "grievance share": np.abs(grievance) / 1000.0,
        "initial spending": start,
    }


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("method", ["Euler", "RK4", "DOP853", "Tsit5"])
def test_the_neutral_set_is_richardsons_model(n, method):
    extended = sd.load_model("security_dilemma", subscripts={"state": labels(n)})
    linear = sd.load_model("richardson", subscripts={"state": labels(n)})
    params = neutral(extended, n)
    matrix = params["reaction"][:, None] * params["contact"]
    simple = as_params(
        matrix, params["fatigue"], params["grievance share"] * 1000.0, params["initial spending"]
    )
    settings_ = {"times": range(0, 31, 5), "outputs": ["spending"], "method": method}
    left = extended.run(params, **settings_)["spending"].values
    right = linear.run(simple, **settings_)["spending"].values
    if method in ("Euler", "RK4"):
        np.testing.assert_array_equal(left, right)
    else:
        np.testing.assert_allclose(left, right, rtol=1e-6)


def test_in_the_neutral_set_regime_and_intent_change_nothing():
    model = sd.load_model("security_dilemma")
    base = model.companion.neutral
    loaded = {**base, "democracy": 0.8, "revisionism": 0.5, "sensibility": 0.4, "transparency": 0.7}
    runs = [
        model.run(p, times=range(0, 21, 5), outputs=["spending"], method="Euler")["spending"].values
        for p in (base, loaded)
    ]
    np.testing.assert_array_equal(*runs)


def test_o2_sum_and_difference_modes():
    a, k = 0.25, 0.1
    model = sd.load_model("richardson")
    params = {"reaction": k, "fatigue": a, "grievance": 0.0, "initial spending": [9.0, 3.0]}
    run = model.run(params, times=range(0, 21), outputs=["spending"], rtol=1e-11)["spending"].values
    t = np.arange(21)
    np.testing.assert_allclose(run.sum(axis=1), 12 * np.exp((k - a) * t), rtol=1e-9)
    np.testing.assert_allclose(run[:, 0] - run[:, 1], 6 * np.exp(-(k + a) * t), rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(0, 10**6), st.floats(0.05, 3.0))
def test_o3_stable_if_and_only_if_the_gain_is_below_one(n, seed, top):
    from secdil_sd.simulation.gains import spectral_radius

    reaction, fatigue, _, _ = random_race(n, seed, top)
    abscissa = np.linalg.eigvals(reaction - np.diag(fatigue)).real.max()
    gain = float(spectral_radius(reaction / fatigue[:, None]))
    if abs(gain - 1) > 1e-9:
        assert (abscissa < 0) == (gain < 1)


def test_the_reaction_gain_of_a_linear_dyad_is_richardsons():
    model = sd.load_model("richardson")
    k, a = np.array([0.3, 0.2]), np.array([0.25, 0.4])
    params = {"reaction": k[:, None] * np.ones((1, 2)), "fatigue": a}
    run = model.run(params, times=[0, 1], outputs=["reaction gain", "spiral number"])
    expected = np.sqrt(k.prod() / a.prod())
    np.testing.assert_allclose(run["reaction_gain"], expected, rtol=1e-12)
    np.testing.assert_allclose(run["spiral_number"], expected, rtol=1e-12)
