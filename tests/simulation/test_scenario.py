"""Scenario and companion files: what they hold, and all their mistakes at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import secdil_sd as sd
from secdil_sd import bundle
from secdil_sd.errors import DataError, FileError, InputError, ScenarioError, SecdilError
from secdil_sd.simulation.companion import Constraint, Distribution, load_companion
from secdil_sd.simulation.scenario_file import Data, read_data

GOOD = """
title = "Test"
question = "Does it race?"
model = "richardson"
[subscripts]
state = ["A", "B"]
[times]
start = 2000
end = 2010
step = 0.5
[params]
fatigue = 0.25
[params.reaction]
A = { B = 0.1 }
[series.grievance]
A = { "2000" = 1.0, "2010" = 2.0 }
B = { "2000" = 0.5, "2010" = 0.5 }
[origins]
fatigue = "judgement: because"
grievance = "measured: a table"
[data]
file = "d.csv"
units = "bn"
[parameters]
names = ["fatigue", "reaction[A,B]"]
[cases.calm]
title = "Calm"
params = { fatigue = 0.5 }
[cases.tense]
title = "Tense"
params = { "reaction.B.A" = 0.3 }
"""
TABLE = "state,year,variable,value\nA,2000,spending,10\nB,2000,spending,12\nA,2001,spending,11\n"


@pytest.fixture
def scenario(tmp_path):
    def make(text=GOOD, table=TABLE):
        (tmp_path / "d.csv").write_text(table)
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return sd.load_scenario(path)

    return make


def test_everything_a_file_says_arrives(scenario):
    case = scenario()
    assert (case.title, case.question, case.states) == ("Test", "Does it race?", ("A", "B"))
    assert len(case.times) == 21
    assert case.data["value"].tolist() == [10.0, 12.0, 11.0]
    assert case.data.attrs["units"] == "bn"
    assert [each.selector for each in case.parameters] == [
        "fatigue[A]",
        "fatigue[B]",
        "reaction[A,B]",
    ]
    run = case.run(outputs=["spending"])
    assert {"case": 2, "time": 21, "state": 2}.items() <= dict(run.sizes).items()
    assert run.coords["fatigue"].sel(case="calm", state="A") == 0.5
    assert run.coords["reaction"].sel(case="tense", state="B", rival="A") == 0.3
    assert run.coords["reaction"].sel(case="tense", state="A", rival="B") == 0.1


def test_replace_is_the_only_override(scenario):
    case = scenario().cases["calm"]
    moved = case.replace(params={"reaction.B": 0.2}, times=[2000, 2005])
    assert moved.times == (2000.0, 2005.0)
    found = moved.setup(outputs=[])[0].values.constants["reaction"]
    np.testing.assert_allclose(found[1], 0.2)
    assert found[0, 1] == 0.1
    assert "reaction.B" not in case.params
    with pytest.raises(InputError, match="Did you mean 'params'"):
        case.replace(parms={})
    with pytest.raises(InputError, match="Did you mean 'fatigue'"):
        case.replace(params={"fatige": 1})
    for verb in (lambda c: c.run_ensemble({"fatigue": [0.1]}), sd.stability, sd.equilibria):
        with pytest.raises(InputError, match=r"has cases calm, tense.*cases\['calm'\]"):
            verb(scenario())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("title =", "titel =", ["Unknown key 'titel'. Did you mean 'title'", "'title' is missing"]),
        ("start = 2000", "strat = 2000", ["mine.toml, [times] strat", "Did you mean 'start'"]),
        ("end = 2010", "end = 1990", ["times need a start before their end"]),
        ("step = 0.5", "step = 0", ["[times] step", "greater than 0"]),
        ('model = "richardson"', 'model = "richardsn"', ["Did you mean 'richardson'"]),
        ("fatigue = 0.25", "fatige = 0.25", ["Did you mean 'fatigue'"]),
        ("A = { B = 0.1 }", "A = { C = 0.1 }", ["No rival 'C'"]),
        (
            'fatigue = "judgement: because"',
            'x = "judgement: because"',
            ["An origin is given for 'x'"],
        ),
        ('"reaction[A,B]"', '"reacton[A,B]"', ["[parameters]", "Did you mean 'reaction'"]),
        ('file = "d.csv"', 'file = "e.csv"', ["data file 'e.csv'"]),
        ("[times]", "[times", ["mine.toml, line", "not TOML"]),
        ('state = ["A", "B"]', 'state = ["A", "B", "C"]', ["no figures for 'C'"]),
    ],
)
def test_mistakes_in_a_file(scenario, old, new, words):
    with pytest.raises(SecdilError) as caught:
        scenario(GOOD.replace(old, new))
    for each in words:
        assert each in str(caught.value)


def test_three_typos_three_findings(scenario):
    text = (
        GOOD.replace("units =", "unit =").replace("step =", "stp =").replace("question", "qestion")
    )
    with pytest.raises(ScenarioError) as caught:
        scenario(text)
    assert len(caught.value.findings) == 3


def test_wrong_values_are_all_reported(scenario):
    text = GOOD.replace("fatigue = 0.25", 'fatigue = -1\ngreivance = 2\n"initial spending" = "x"')
    with pytest.raises(ScenarioError) as caught:
        scenario(text)
    assert len(caught.value.findings) >= 3
    assert all("mine.toml" in each.place for each in caught.value.findings)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("state,year,value\nA,2000,1\n", "No column variable"),
        (TABLE + "A,2001,spending,12\n", "row 5: This state, year and variable stand twice"),
        (TABLE + "A,2002,spending,0\n", "row 5: The value 0 is not positive"),
        (TABLE + "A,x,spending,3\n", "year 'x' is not a number"),
        ("state,year,variable,value\nA,2000,spending,1\n", "no figures for 'B'"),
    ],
)
def test_mistakes_in_data(tmp_path, table, words):
    path = tmp_path / "d.csv"
    path.write_text(table)
    with pytest.raises(DataError, match=words):
        read_data(path, ("A", "B"), Data(file="d.csv"))


def test_missing_scenarios():
    with pytest.raises(FileError, match="There is no file"):
        sd.load_scenario("none/mine.toml")
    with pytest.raises(InputError, match="Did you mean 'cold_war'"):
        sd.load_scenario("coldwr")


@settings(max_examples=40)
@given(st.sampled_from(bundle.scenarios()), st.floats(0, 1))
def test_truncated_scenarios_give_findings(tmp_path_factory, name, share):
    text = bundle.scenario(name).read_text("utf-8")
    path = tmp_path_factory.mktemp("cut") / "cut.toml"
    path.write_text(text[: int(len(text) * share)], "utf-8")
    try:
        sd.load_scenario(path)
    except SecdilError as error:
        assert all(each.message for each in error.findings)


def test_companions(tmp_path):
    model = tmp_path / "m.mdl"
    assert load_companion(model).roles == {}
    model.with_suffix(".toml").write_text('[roles]\nspending = "M"\n[limit]\nx = [0, 1]\n')
    with pytest.raises(ScenarioError, match=r"Unknown key 'limit'\. Did you mean 'limits'"):
        load_companion(model)
    model.with_suffix(".toml").write_text('constraints = ["a > b"]\n')
    with pytest.raises(InputError, match="not an inequality"):
        load_companion(model)


def test_constraints_are_linear_inequalities():
    rule = Constraint.parse("revelation strength >= worst case bias + 2 buildup alarm - 1")
    values = {"revelation_strength": np.array([3.0, 3.0]), "Worst Case Bias": 0.5}
    assert rule.holds({**values, "buildup alarm": np.array([1.5, 2.0])}).tolist() == [True, False]
    with pytest.raises(InputError, match="which has no value"):
        rule.holds(values)
    assert Constraint.parse("a <= 2 b").holds({"a": 1.0, "b": 0.5})


@pytest.mark.parametrize(
    ("given_", "u", "value"),
    [
        ({"kind": "uniform", "low": 2, "high": 4}, 0.25, 2.5),
        ({"kind": "loguniform", "low": 1, "high": 16}, 0.25, 2.0),
        ({"kind": "normal", "mean": 3, "spread": 2}, 0.5, 3.0),
        ({"kind": "lognormal", "mean": 3, "spread": 0.5}, 0.5, 3.0),
        ({"kind": "triangular", "low": 0, "high": 2, "mode": 1}, 0.5, 1.0),
        ({"kind": "pert", "low": 0, "high": 2, "mode": 1}, 0.5, 1.0),
        ({"kind": "discrete", "values": (0, 1), "weights": (3, 1)}, 0.8, 1.0),
    ],
)
def test_quantiles(given_, u, value):
    assert float(Distribution(**given_).quantile(u)) == pytest.approx(value)


@pytest.mark.parametrize(
    "given_",
    [
        {"kind": "uniform", "low": 2, "high": 1}, {"kind": "loguniform", "low": 0, "high": 1},
        {"kind": "normal", "mean": 1}, {"kind": "discrete"}, {"kind": "pert", "low": 0, "high": 1},
        {"kind": "gauss"},
    ],
)  # fmt: skip
def test_incomplete_distributions_are_refused(given_):
    with pytest.raises(ValueError, match=r"needs|Input should be"):
        Distribution(**given_)


def test_every_bundled_scenario_says_where_values_come_from():
    for name in bundle.scenarios():
        case = sd.load_scenario(name)
        assert case.question.endswith("?")
        assert all(
            each.startswith(("fitted", "measured", "judgement")) for each in case.origins.values()
        )
        assert isinstance(case.data, pd.DataFrame) or not case.origins.get(
            "reaction", ""
        ).startswith("fitted")
