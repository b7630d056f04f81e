"""Critical values against closed forms and the published thresholds of the model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.sweeps.critical import SIDES
from secdil_sd.errors import InputError

CONSTRUCTS = Path(__file__).parents[2] / "models" / "constructs"
END = [0, 400]
SPREAD = {"samples": 60, "times": END, "points": 9, "tolerance": 1e-3}


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson", subscripts={"state": ["A", "B"]})


@pytest.fixture(scope="module")
def mixed():
    """A democracy facing an autocracy."""
    return sd.load_scenario("regime_dyads").cases["dem-aut"]


@pytest.fixture(scope="module")
def spread(mixed):
    return sd.threshold(mixed, "audience discount", "reaction gain final", **SPREAD)


def test_the_linear_model_turns_where_the_product_of_reactions_is_that_of_fatigues(linear):
    """Richardson (1960): R = sqrt(kl/ab)."""
    found = sd.threshold(
        linear,
        "reaction[A,B]",
        "reaction gain final",
        between=(0.0, 1.0),
        times=[0, 1],
        tolerance=1e-7,
    )
    defaults = linear.run(times=[0, 1])
    k = defaults["reaction"].values[1, 0]
    ab = defaults["fatigue"].values.prod()
    assert found.critical == pytest.approx(ab / k, abs=1e-6)
    row = found.crossings.iloc[0]
    assert (row["direction"], row["kind"]) == ("rising", "root")
    assert row["low"] <= ab / k <= row["high"]


def test_fatigue_calms(linear):
    found = sd.threshold(
        linear, "fatigue", "reaction gain final", between=(0.05, 0.5), times=[0, 1]
    )
    reaction = linear.run(times=[0, 1])["reaction"].values
    assert found.critical == pytest.approx(np.sqrt(reaction[0, 1] * reaction[1, 0]), abs=1e-5)
    assert found.crossings["direction"].tolist() == ["falling"]
    assert "falls below 1" in found.finding


@pytest.mark.parametrize(
    ("output", "times", "critical"),
    [("reaction gain final", END, 0.58), ("peak spiral number", None, 0.78)],
)
def test_the_critical_audience_discounts_of_the_mixed_dyad(mixed, output, times, critical):
    found = sd.threshold(mixed, "audience discount", output, times=times, points=9)
    assert found.critical == pytest.approx(critical, abs=0.005)
    assert found.finding.startswith(f"The critical audience discount is {critical:.2f}"[:-1])


@pytest.mark.parametrize(
    ("start", "fold"),
    [
        ({}, 0.5825),
        ({"initial community": 0.9, "initial belief log odds": -3}, 0.4267),
    ],
    ids=["cold start", "hot start"],
)
def test_a_community_forms_and_dissolves_at_its_folds(start, fold):
    """Formula 4.7 at c=5, L0=.6, eta=0; read at t=3000, so slowing shifts it by below 1%."""
    case = sd.load_scenario("regime_dyads").cases["dem-dem"]
    case = case.replace(params={"democracy": 0, "buildup alarm": 0, **start})
    found = sd.threshold(
        case, "interaction", "security community[A,B] final", at=0.5, between=(0.3, 0.7),
        times=[0, 3000], points=9, tolerance=2e-4,
    )  # fmt: skip
    assert found.critical == pytest.approx(fold, rel=0.02)
    assert found.crossings["kind"].tolist() == ["jump"]
    assert "jumps over 0.5" in found.finding
    assert found.crossings["settled"].tolist() == [False]
    assert "At time 3,000 the final security community[A,B] still moves" in str(found)


def test_the_spread_over_judgement_values(spread):
    """Some worlds have a critical discount, some always spiral, some never do."""
    assert spread.spread is not None
    shares = spread.spread.shares.set_index("side")
    assert list(shares.index) == list(SIDES)
    assert shares["draws"].sum() == 60
    assert (shares["low"] <= shares["share"]).all()
    assert (shares["share"] <= shares["high"]).all()
    assert (shares.loc[["crosses", "above", "below"], "draws"] > 0).all()
    low, middle, high = spread.spread.quantiles.values()
    assert 0 <= low < middle < high <= 1
    assert spread.crossings["settled"].tolist() == [True]
    assert spread.critical == pytest.approx(0.578, abs=0.002)
    counts = spread.spread.histogram(0, 1)["count"]
    assert counts.sum() == shares.loc["crosses", "draws"]
    assert "Over 60 draws of 7 other quantities" in spread.finding


def test_about_half_of_the_plausible_worlds_have_a_critical_discount(mixed):
    """Specified: half have one (5-95% from .06 to .88), a third always spirals, a sixth never."""
    drawn = {
        "reaction[*]": (0.1, 0.3), "grievance share[*]": None, "regime binding effect": None,
        "regime transparency effect": None, "worst case bias": None, "buildup alarm": None,
        "alarming burden": None, "revelation strength": None,
    }  # fmt: skip
    found = sd.threshold(
        mixed, "audience discount", "reaction gain final", samples=120, uncertainties=drawn,
        times=END, points=9, tolerance=1e-2,
    )  # fmt: skip
    share = found.spread.share
    assert 0.4 < share("crosses") < 0.65
    assert 0.22 < share("above") < 0.45
    assert 0.05 < share("below") < 0.25
    low, _, high = found.spread.quantiles.values()
    assert low < 0.15
    assert high > 0.75


def test_a_draws_critical_value_is_what_it_finds_alone(mixed, spread):
    draws = spread.spread.draws
    row = draws[draws["side"] == "crosses"].iloc[0]
    alone = mixed.replace(params={name: float(row[name]) for name in spread.spread.varied})
    found = sd.threshold(alone, "audience discount", "reaction gain final", times=END, points=9)
    assert found.critical == pytest.approx(row["critical"], abs=1e-3)


def test_the_same_seed_gives_the_same_spread_whatever_the_chunks(mixed, spread):
    again = sd.threshold(mixed, "audience discount", "reaction gain final", chunk=200, **SPREAD)
    np.testing.assert_allclose(
        again.spread.draws["critical"], spread.spread.draws["critical"], atol=2e-4
    )


def test_another_seed_another_sample(linear):
    ask = {"between": (0.1, 0.5), "uncertainties": ["fatigue[*]"], "samples": 4, "times": [0, 1]}
    one, same, other = (
        sd.threshold(linear, "reaction", "reaction gain final", seed=seed, **ask)
        for seed in (1, 1, 2)
    )
    assert one.to_dataframe().equals(same.to_dataframe())
    assert not one.to_dataframe().equals(other.to_dataframe())


def test_draws_of_ones_own(linear):
    table = pd.DataFrame({"fatigue": [0.1, 0.2, 0.3, 5.0]})
    found = sd.threshold(
        linear, "reaction", "reaction gain final", between=(0.05, 1.0), samples=table,
        times=[0, 1],
    )  # fmt: skip
    draws = found.spread.draws
    np.testing.assert_allclose(draws["critical"][:3], table["fatigue"][:3], atol=1e-5)
    assert draws["side"].tolist() == ["crosses"] * 3 + ["below"]
    assert found.to_dataframe()["draw"].tolist() == [pd.NA, 0, 1, 2]


@pytest.mark.parametrize(("between", "side"), [((0.3, 0.5), "above"), ((0.01, 0.1), "below")])
def test_no_crossing_says_on_which_side_it_stays(linear, between, side):
    found = sd.threshold(linear, "reaction", "reaction gain final", between=between, times=[0, 1])
    assert found.side == side
    assert np.isnan(found.critical)
    assert f"stays {side} 1" in found.finding


def test_failed_runs_leave_it_open(linear):
    found = sd.threshold(linear, "reaction", "spending.A final", at=1e9, between=(50, 90), points=5)
    assert found.side == "cannot tell"
    assert "cannot be told: 5 of 5 runs failed" in found.finding


def test_a_value_outside_the_constraints_is_marked(mixed):
    found = sd.threshold(
        mixed.replace(params={"audience discount": 0.0, "revelation strength": 0.7}),
        "buildup alarm", "reaction gain final", between=(0, 8), times=END, points=9,
    )  # fmt: skip
    assert found.crossings["allowed"].tolist() == [False]
    assert "outside the model's constraints" in found.finding


def test_what_only_euler_solves_is_solved_by_it():
    model = sd.load_model(CONSTRUCTS / "pipelines.mdl")
    found = sd.threshold(model, "about", "level final", at=3.0, between=(0.5, 4.0), points=5)
    assert found.provenance["method"] == "Euler"
    run = model.run({"about": found.curve["value"][1]}, method="Euler", outputs=["level final"])
    assert found.curve["output"][1] == pytest.approx(run["level_final"].item())
    cube = sd.sweep(model, {"about": [1.0, 2.0]}, ["level final"])
    assert cube.attrs["method"] == "Euler"


def test_all_mistakes_come_together(linear):
    with pytest.raises(InputError) as caught:
        sd.threshold(linear, "reactoin", "spending final", at="one", points=1, tolerance=-1)
    text = str(caught.value)
    for each in (
        "No parameter 'reactoin'. Did you mean 'reaction'?",
        "Ask for one number, as 'spending[A] final'",
        "The level is 'one'",
        "points is 1",
        "tolerance is -1",
    ):
        assert each in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parameter": "TIME STEP"}, "has no range"),
        ({"parameter": "reaction.A"}, r"names 2 numbers .* as 'reaction\[A,A\]'"),
        ({"between": (0.5, 0.1)}, "low below high"),
        ({"output": "spiral number"}, "as 'peak spiral number'"),
        ({"output": "peak spending"}, r"as 'peak spending\[A\]'"),
        ({"samples": 0}, "samples is 0"),
        ({"samples": pd.DataFrame({"reaction.A": [1.0]})}, "is what the threshold moves"),
        ({"samples": 5, "uncertainties": ["reaction"]}, "Nothing else"),
    ],
)
def test_what_cannot_be_asked(linear, arguments, message):
    asked = {"parameter": "reaction", "output": "reaction gain final", "between": (0.1, 0.5)}
    if "parameter" in arguments:
        asked["between"] = None
    with pytest.raises(InputError, match=message):
        sd.threshold(linear, **{**asked, **arguments})


def test_files_hold_the_finding(spread, tmp_path):
    record = json.loads(spread.save(tmp_path / "found.json").read_text())
    assert record["finding"] == spread.finding
    assert len(record["draws"]) == 60
    table = pd.read_csv(spread.save(tmp_path / "found.csv"))
    assert table["draw"].isna().sum() == 1
    assert str(spread).startswith(spread.finding)
