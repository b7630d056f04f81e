"""Behavior modes: closed-form curves have the mode they are made for, whatever their units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import secdil_sd as sd
from secdil_sd.analysis.exploration.modes import judge_paths, parse_mode
from secdil_sd.errors import InputError

T = np.linspace(0, 100, 101)


def logistic(rate, first=0.01):
    return 1 / (1 + (1 / first - 1) * np.exp(-rate * T))


CURVES = {
    "exponential growth": (np.exp(0.03 * T), "race"),
    "straight growth": (10 + T, "race"),
    "hyperbolic growth": (1 / (105 - T), "race"),
    "logistic, still rising": (logistic(0.05), "race"),
    "logistic, at its ceiling": (logistic(0.15), "plateau"),
    "goal seeking": (1 - np.exp(-0.2 * T), "plateau"),
    "constant": (np.full_like(T, 3.0), "plateau"),
    "nothing at all": (np.zeros_like(T), "plateau"),
    "a tenth of a percent a year": (np.exp(0.001 * T), "plateau"),
    "slow steady growth": (np.exp(0.004 * T), "race"),
    "a straight line up": (100 + 0.6 * T, "race"),
    "a passing dip": (10 - 5 * np.exp(-(((T - 20) / 5) ** 2)), "plateau"),
    "decay": (np.exp(-0.05 * T), "decline"),
    "decay to a level": (50 + 50 * np.exp(-0.1 * T), "decline"),
    "straight decline": (10 - 0.05 * T, "decline"),
    "log odds that fall": (-3 * (1 - np.exp(-0.1 * T)), "decline"),
    "damped cosine": (10 + 5 * np.exp(-0.02 * T) * np.cos(0.5 * T), "oscillation"),
    "sine": (10 + 5 * np.sin(0.5 * T), "oscillation"),
    "jump up": (1 + 3 / (1 + np.exp(-(T - 50) / 3)), "tipping"),
    "jump down": (4 - 3 / (1 + np.exp(-(T - 50) / 3)), "tipping"),
    "up and half way down again": (np.where(T < 70, T, 140 - T) + 5, "mixed"),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_have_their_mode(name):
    path, mode = CURVES[name]
    assert judge_paths(T, path[:, None])["mode"].tolist() == [mode]


@given(
    name=some.sampled_from(sorted(CURVES)),
    unit=some.floats(1e-6, 1e6),
    years=some.floats(0.01, 100),
    first=some.floats(-1e4, 1e4),
)
def test_units_and_horizon_do_not_matter(name, unit, years, first):
    path, mode = CURVES[name]
    assert judge_paths(first + years * T, unit * path[:, None])["mode"][0] == mode


def test_paths_are_judged_one_by_one():
    together = judge_paths(T, np.stack([path for path, _ in CURVES.values()], axis=1))
    assert together["mode"].tolist() == [mode for _, mode in CURVES.values()]


def test_turns_are_counted_where_they_are_large_enough():
    wave = 10 + np.cos(2 * np.pi * T / 25)  # four periods: down and up, seven times back
    assert judge_paths(T, wave[:, None])["turns"][0] == 7
    ripples = T / 10 + 0.3 * np.sin(T)
    assert judge_paths(T, ripples[:, None])["turns"][0] == 0


@pytest.fixture(scope="module")
def trap():
    """MODEL.md section 6: peace and race coexist, and a shock decides."""
    import pandas as pd

    model = sd.load_model("security_dilemma", subscripts={"state": ["A", "B"]})
    preset = {
        "buildup alarm": 3, "revelation strength": 4, "transparency": 0.18,
        "grievance share": 0.0006, "initial spending": 11.05, "settled start": 1,
        "arming shock time": 20, "arming shock width": 3,
    }  # fmt: skip
    draws = pd.DataFrame({"arming shock amplitude[A]": [0.0, 6.0, 8.0, 10.0]})
    return model.run_ensemble(
        draws, params=preset, times=range(0, 401, 2), outputs=["spending"], progress=False
    )


def test_the_trap_tips_where_the_model_says_so(trap):
    """It returns at 6 and tips at 8 and 10."""
    assert sd.behavior_modes(trap).members.tolist() == ["plateau", "plateau", "tipping", "tipping"]


def test_shares_and_findings(trap):
    found = sd.behavior_modes(trap, "spending")
    shares = found.shares.set_index("mode")
    assert shares.loc["tipping", "share"] == 0.5
    assert (shares["low"] <= shares["share"]).all()
    assert (shares["share"] <= shares["high"]).all()
    assert shares["members"].sum() == 4
    assert "Spending ends as a plateau in 50% of worlds" in str(found)
    assert found.paths["element"].tolist() == ["A"] * 4 + ["B"] * 4


def test_states_that_differ_make_a_mixed_member_and_failed_ones_are_left_out(trap):
    torn = trap.copy(deep=True)
    torn["spending"].loc[{"member": 3, "state": "B"}] = 7.0
    torn["spending"].loc[{"member": 2, "time": slice(100, None)}] = np.nan
    found = sd.behavior_modes(torn)
    assert found.members.tolist() == ["plateau", "plateau", "failed", "mixed"]
    assert found.failed == 1
    assert found.shares["members"].sum() == 3


def test_a_mode_is_something_to_discover_on():
    model = sd.load_model("richardson")
    ranges = {"reaction[East,West]": (0.05, 0.5), "reaction[West,East]": (0.05, 0.5)}
    found = sd.discover(
        model, "mode is race", 300, parameters=ranges, times=range(0, 101, 5), resamples=5
    )
    assert set(found.boxes["parameter"]) == set(ranges)
    assert (found.boxes["side"] == "low").all()
    assert "spending ends as a race in" in found.finding


def test_conditions_on_modes():
    assert parse_mode("burden final > 1") is None
    assert parse_mode("The mode of GDP is not a race").output == "GDP"
    with pytest.raises(InputError, match="Did you mean 'tipping'"):
        parse_mode("mode is tiping")


def test_modes_need_a_path():
    run = sd.load_model("richardson").run(times=range(3), outputs=["spending final"])
    with pytest.raises(InputError, match="no output here is over time"):
        sd.behavior_modes(run)
    run = sd.load_model("richardson").run(times=range(3), outputs=["spending"])
    with pytest.raises(InputError, match="Did you mean 'spending'"):
        sd.behavior_modes(run, "spendin")
