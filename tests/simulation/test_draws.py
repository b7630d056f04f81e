"""Draws a scenario carries: read, spelled, narrowed by what a user sets, never torn apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError, ScenarioError
from secdil_sd.simulation.scenario import scenario_of

SCENARIO = """
title = "Two"
model = "richardson"
[subscripts]
state = ["A", "B"]
[times]
start = 2000
end = 2004
[draws]
file = "draws.csv"
"""


@pytest.fixture
def case():
    model = sd.load_model("richardson", subscripts={"state": ["A", "B"]})
    return scenario_of(model).replace(times=range(2000, 2005))


def table(**columns):
    """Two draws of a constant each of whose elements is drawn, and of one element."""
    return pd.DataFrame({"fatigue": [0.2, 0.4], "reaction[A,B]": [0.1, 0.3], **columns})


def test_draws_are_spelled_as_parameters_an_element_a_column(case):
    found = case.replace(draws=pd.DataFrame({"Reaction.a.B": [0.1, 0.3], "FATIGUE": [0.2, 0.4]}))
    assert list(found.draws) == ["reaction[A,B]", "fatigue[A]", "fatigue[B]"]
    assert found.draws["fatigue[B]"].tolist() == [0.2, 0.4]


def test_an_element_wins_over_its_whole(case):
    found = case.replace(draws=table(**{"fatigue[B]": [1.0, 2.0]})).draws
    assert found["fatigue[A]"].tolist() == [0.2, 0.4]
    assert found["fatigue[B]"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("params", "left"),
    [
        ({"fatigue.A": 0.5}, ["fatigue[B]", "reaction[A,B]"]),
        ({"fatigue": {"A": 0.5}}, ["fatigue[B]", "reaction[A,B]"]),
        ({"Fatigue": 0.5}, ["reaction[A,B]"]),
        ({"fatigue": [0.5, 0.6]}, ["reaction[A,B]"]),
        ({"fatigue": pd.Series({2000: 0.2, 2004: 0.3})}, ["reaction[A,B]"]),
        ({"reaction.A": 0.2}, ["fatigue[A]", "fatigue[B]"]),
        ({"grievance": 1.0}, ["fatigue[A]", "fatigue[B]", "reaction[A,B]"]),
    ],
)
def test_what_a_user_sets_is_no_longer_drawn(case, params, left):
    assert list(case.replace(draws=table()).replace(params=params).draws) == left


def test_all_set_leaves_no_draws_and_the_same_run_for_all(case):
    found = case.replace(draws=table())
    assert found.replace(params={"fatigue": 0.3, "reaction": 0.1}).draws is None
    assert found.replace(draws=None).draws is None
    run = found.run_draws(outputs=["spending final"], params={"fatigue": 0.3}, progress=False)
    assert run.sizes["member"] == 2
    assert float(run["fatigue"].sel(state="A")) == 0.3
    with pytest.raises(InputError, match="set all that is drawn"):
        found.run_draws(params={"fatigue": 0.3, "reaction": 0.1})


def test_run_takes_the_estimates_and_run_draws_every_draw(case):
    found = case.replace(params={"fatigue": 0.3}).replace(draws=table())
    assert "member" not in found.run(outputs=["spending"]).dims
    many = found.run_draws(outputs=["spending"], progress=False)
    for k in range(2):
        row = {name: float(found.draws[name].iloc[k]) for name in found.draws}
        alone = case.run(params=row, outputs=["spending"])["spending"]
        assert np.allclose(many["spending"].isel(member=k), alone, rtol=1e-5)


def test_provenance_names_the_draws_whatever_their_order(case):
    names = ["fitted_draws"]
    runs = [
        case.replace(draws=each).run(outputs=["spending"])
        for each in (table(), table()[::-1], table()[["reaction[A,B]", "fatigue"]], table() * 1.01)
    ]
    marks = [tuple(run.attrs[name] for name in names) for run in runs]
    assert marks[0][0].startswith("2 draws, sha256:")
    assert marks[0] == marks[1] == marks[2] != marks[3]
    assert "fitted_draws" not in case.run(outputs=["spending"]).attrs


@pytest.mark.parametrize(
    ("draws", "words"),
    [
        ([1, 2], "no table"),
        (pd.DataFrame({"fatigue": []}), "no draws"),
        (pd.DataFrame(index=range(3)), "no draws"),
        (pd.DataFrame({"fatigue": [0.2, np.nan]}), "'fatigue' is not a finite number in row 1"),
        (pd.DataFrame({"spending": [1.0]}), "is a stock"),
        (pd.DataFrame({"fatigue.C": [1.0]}), "No state 'C'"),
        (pd.DataFrame([[1.0, 2.0]], columns=["fatigue", "Fatigue"]), "mean the same"),
    ],
)
def test_draws_that_are_none(case, draws, words):
    with pytest.raises(InputError, match=words):
        case.replace(draws=draws)


def test_all_mistakes_in_draws_at_once(case):
    wrong = pd.DataFrame({"fatige": [0.1], "reaction": [np.inf], "grievance.Z": [1.0]})
    with pytest.raises(InputError) as caught:
        case.replace(draws=wrong)
    assert len(caught.value.findings) == 3
    assert {each.place for each in caught.value.findings} == {"draws"}
    assert "fatigue" in str(caught.value)  # the nearest name


def test_a_series_is_not_drawn_and_cases_have_no_draws(case):
    timed = case.replace(params={"fatigue": pd.Series({2000: 0.2, 2004: 0.3})})
    with pytest.raises(InputError, match="series over time"):
        timed.replace(draws=table())
    with pytest.raises(InputError, match="has cases"):
        sd.load_scenario("four_worlds").replace(draws=pd.DataFrame({"transparency": [0.1]}))
    with pytest.raises(InputError, match="has no draws"):
        case.run_draws()


def test_a_scenario_file_brings_its_draws(tmp_path, case):
    own = case.replace(draws=table()).draws
    sd.write_samples(own, tmp_path / "draws.csv")
    (tmp_path / "two.toml").write_text(SCENARIO)
    found = sd.load_scenario(tmp_path / "two.toml")
    assert found.draws.equals(own)
    (tmp_path / "draws.csv").write_text("fatige,reaction\n0.1,x\n")
    with pytest.raises(ScenarioError) as caught:
        sd.load_scenario(tmp_path / "two.toml")
    assert len(caught.value.findings) == 2
    assert all("two.toml, [draws] draws.csv" in each.place for each in caught.value.findings)
    (tmp_path / "draws.csv").unlink()
    with pytest.raises(ScenarioError, match=r"draws\.csv"):
        sd.load_scenario(tmp_path / "two.toml")
