"""Models and scenarios run: labels, tolerances, failures, and what users get wrong."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError, ModelError, SolveError


@pytest.fixture(scope="module")
def dilemma():
    return sd.load_model("security_dilemma", subscripts={"state": ["India", "Pakistan"]})


@pytest.fixture(scope="module")
def richardson():
    return sd.load_model("richardson")


RUNAWAY = (
    "x = INTEG(x^2, initial x) ~~|\ninitial x = 1 ~ ~ |\ncalm = INTEG(-calm, 1) ~~|\n"
    "INITIAL TIME = 0 ~~|\nFINAL TIME = 5 ~~|\nTIME STEP = 0.125 ~~|\nSAVEPER = 1 ~~|\n"
)


@pytest.fixture(scope="module")
def runaway(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "runaway.mdl"
    path.write_text(RUNAWAY)
    return sd.load_model(path)


def test_a_run_is_labelled(dilemma):
    run = dilemma.run(
        params={"transparency.India": 0.8},
        times=range(1960, 1971),
        outputs=["spending", "spiral number"],
    )
    assert dict(run.sizes) == {"time": 11, "state": 2, "rival": 2}
    assert set(run.data_vars) == {"spending", "spiral_number"}
    assert run["spending"].dims == ("time", "state")
    assert run["spending"].attrs["long_name"] == "spending"
    assert run["spending"].attrs["units"]
    assert run.coords["state"].values.tolist() == ["India", "Pakistan"]
    assert run.coords["transparency"].values.tolist() == [0.8, 0.0]
    assert run.coords["time"].values[0] == 1960
    assert "provenance" in run.attrs


def test_provenance_has_no_clock_and_repeats(dilemma):
    first, second = (dilemma.run(times=[0, 1], outputs=["spending"]) for _ in range(2))
    assert first.attrs == second.attrs
    pd.testing.assert_frame_equal(first.to_dataframe(), second.to_dataframe())


def test_times_default_to_the_file(richardson):
    run = richardson.run(outputs=["spending"])
    assert run["time"].values.tolist() == list(range(101))


def test_a_run_never_changes_a_model(dilemma):
    before = dilemma.run(times=[0, 5], outputs=["spending"])
    dilemma.run(params={"reaction": 0.5}, times=[0, 5], outputs=["spending"])
    after = dilemma.run(times=[0, 5], outputs=["spending"])
    np.testing.assert_array_equal(before["spending"], after["spending"])


def test_a_replaced_auxiliary_leaves_its_equation_unused(dilemma):
    run = dilemma.run({"initial capability": 50.0}, times=[0, 1], outputs=["capability"])
    np.testing.assert_allclose(run["capability"][0], 50.0)


@pytest.mark.parametrize(
    "method", ["Euler", "RK4", "Tsit5", "RK45", "DOP853", "LSODA", "BDF", "Radau"]
)
def test_every_method_solves_the_same_problem(dilemma, method):
    times = range(0, 31, 5)
    best = dilemma.run(times=times, outputs=["spending"], rtol=1e-12)["spending"]
    found = dilemma.run(times=times, outputs=["spending"], method=method, rtol=1e-8)["spending"]
    bound = {"Euler": 2e-2}.get(method, 1e-6)
    np.testing.assert_allclose(found, best, rtol=bound)


def test_an_ensemble_of_one_is_a_run_of_the_same_method(dilemma):
    settings = {"times": range(0, 41, 4), "outputs": ["spending"], "method": "Tsit5", "rtol": 1e-6}
    run = dilemma.run({"transparency": 0.3}, **settings)["spending"]
    one = dilemma.run_ensemble({"transparency": [0.3]}, **settings)["spending"]
    np.testing.assert_allclose(one.isel(member=0).transpose(*run.dims), run, rtol=1e-13)


def test_members_do_not_depend_on_their_companions(dilemma):
    rng = np.random.default_rng(3)
    samples = pd.DataFrame(
        {"transparency": rng.uniform(0, 1, 40), "reaction": rng.uniform(0.05, 0.4, 40)}
    )
    settings = {"times": range(0, 41, 4), "outputs": ["spending"], "rtol": 1e-8}
    together = dilemma.run_ensemble(samples, **settings)["spending"]
    for k in (0, 17, 39):
        alone = dilemma.run_ensemble(samples.iloc[[k]], **settings)["spending"]
        np.testing.assert_allclose(alone.isel(member=0), together.isel(member=k), rtol=1e-6)
    cut = dilemma.run_ensemble(samples, chunk=7, **settings)["spending"]
    np.testing.assert_allclose(cut, together, rtol=1e-6)


def test_a_diverging_member_changes_nobody_else(runaway):
    ensemble = runaway.run_ensemble({"initial x": [-1.0, 1.0, 0.0]}, outputs=["x", "calm"])
    status = ensemble["status"].values.tolist()
    assert [each == "ok" for each in status] == [True, False, True]
    assert ensemble["stopped_at"].values[1] == pytest.approx(1.0, abs=0.2)
    assert np.isnan(ensemble["x"].sel(member=1).values[2:]).all()
    x = ensemble["x"].sel(member=0).values
    np.testing.assert_allclose(x, -1 / (1 + ensemble["time"].values), rtol=1e-5)


def test_a_diverging_run_names_time_variable_and_what_was_set(runaway):
    with pytest.raises(SolveError) as caught:
        runaway.run({"initial x": 1.0})
    text = str(caught.value)
    assert "'x'" in text
    assert "initial x" in text
    assert "time 1" in text or "time 0.99" in text
    assert pickle.loads(pickle.dumps(caught.value)).findings == caught.value.findings


def test_samples_and_reductions(dilemma):
    samples = pd.DataFrame({"transparency": [0.0, 0.5]}, index=["opaque", "open"])
    found = dilemma.run_ensemble(
        samples, times=range(101), outputs=["peak spiral number", "burden.India final"]
    )
    assert found["member"].values.tolist() == ["opaque", "open"]
    assert found["peak_spiral_number"].dims == ("member",)
    whole = dilemma.run({"transparency": 0.5}, times=range(101))
    assert float(found["peak_spiral_number"][1]) == pytest.approx(
        float(whole["spiral_number"].max()), rel=1e-5
    )
    assert sd.spiral_number(whole).attrs["peak"] == pytest.approx(
        float(whole["spiral_number"].max())
    )


def test_series_vary_in_time(richardson):
    goodwill = pd.Series({0: 2.0, 10: 2.0, 10.5: -1.0, 40: -1.0})
    run = richardson.run(
        {"grievance": goodwill, "reaction": 0.0}, times=range(0, 41), outputs=["spending"]
    )
    assert run["grievance"].dims[0] == "time"
    expected = 10.0  # fatigue 0.2: at rest at g / fatigue, then toward -5
    np.testing.assert_allclose(run["spending"].sel(time=10), expected, rtol=1e-9)
    decay = np.exp(-0.2 * np.arange(11, 41))
    tail = run["spending"].isel(state=0).sel(time=slice(11, 40)).values
    ratio = (tail + 5) / decay
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-6)


def test_relabelling(dilemma, richardson):
    three = richardson.with_subscripts(state=["A", "B", "C"])
    assert three.run(times=[0, 1], outputs=["spending"]).sizes["state"] == 3
    assert three.system.range("rival").elements == ("A", "B", "C")
    assert richardson.system.range("state").elements == ("East", "West")


def test_tables_describe_the_model(dilemma):
    table = dilemma.variables
    assert {
        "key",
        "name",
        "kind",
        "dimensions",
        "units",
        "low",
        "high",
        "equation",
        "documentation",
    } <= set(table)
    assert table.loc["spending", "kind"] == "stock"
    assert table.loc["arming", "kind"] == "flow"
    assert table.loc["burden", "kind"] == "auxiliary"
    assert dilemma.constants.loc["reaction", "value"] == 0.15
    assert (table["documentation"] != "").all()
    assert {"order", "variable", "stage"} <= set(dilemma.schedule)
    assert "def derivatives(t, y, dy):" in dilemma.source
    assert dilemma.check() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"params": {"transparncy": 1}}, "Did you mean 'transparency'"),
        ({"params": {"grievance share": -0.1}}, "'grievance share' is -0.1"),
        ({"params": {"reaction": float("nan")}}, "not a finite number"),
        ({"params": {"contact": [1, 2, 3]}}, "shape"),
        ({"times": [3, 2, 1]}, "increasing order"),
        ({"times": [0]}, "at least two"),
        ({"times": ["x", "y"]}, "not numbers"),
        ({"times": [0, 1.03], "method": "Euler"}, "1.03"),
        (
            {"times": range(5), "params": {"democracy": pd.Series({0: 0.1, 3: 0.2})}},
            "outside the series given for 'democracy'",
        ),
        ({"method": "Eulr"}, "Did you mean 'Euler'"),
        ({"rtol": 0}, "rtol"),
        ({"outputs": ["spendin"]}, "Did you mean 'spending'"),
        ({"tims": [1, 2]}, "has no argument 'tims'. Did you mean 'times'"),
    ],
)
def test_what_users_get_wrong(dilemma, arguments, words):
    with pytest.raises(InputError, match=words):
        dilemma.run(**arguments)


def test_wrong_ensembles(dilemma):
    with pytest.raises(InputError, match="chunk"):
        dilemma.run_ensemble({"reaction": [0.1]}, times=[0, 1], chunk=0)
    with pytest.raises(InputError, match="argument 'sample'"):
        dilemma.run_ensemble({"reaction": [0.1]}, sample=3)
    with pytest.raises(InputError, match=r"No backend 'nunpy'\. Did you mean 'numpy'"):
        dilemma.run_ensemble({"reaction": [0.1]}, backend="nunpy")
    plain = {"client": None, "store": None, "backend": "numpy"}
    assert dilemma.run_ensemble({"reaction": [0.1]}, times=[0, 1], **plain).sizes["member"] == 1


def test_wrong_subscripts(richardson, tmp_path):
    with pytest.raises(InputError, match="Did you mean 'state'"):
        richardson.with_subscripts(stat=["A", "B"])
    with pytest.raises(InputError, match="empty or repeat"):
        richardson.with_subscripts(state=["A", "A"])
    path = tmp_path / "named.mdl"
    path.write_text("s: A, B ~~|\nk[A] = 1 ~~|\nk[B] = 2 ~~|\n" + RUNAWAY)
    with pytest.raises(ModelError, match="names them"):
        sd.load_model(path).with_subscripts(s=["C", "D"])


def test_unknown_models_are_answered_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'richardson'"):
        sd.load_model("richardsn")


def test_non_negative_stocks_run_under_euler_only(tmp_path):
    path = tmp_path / "tank.xmile"
    path.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">'
        "<sim_specs><start>0</start><stop>4</stop><dt>0.25</dt></sim_specs><model><variables>"
        '<stock name="water"><eqn>1</eqn><outflow>leak</outflow><non_negative/></stock>'
        '<flow name="leak"><eqn>0.7</eqn></flow></variables></model></xmile>'
    )
    model = sd.load_model(path)
    run = model.run(times=range(5), outputs=["water"], method="Euler")
    np.testing.assert_allclose(run["water"], [1, 0.3, 0, 0, 0], atol=1e-15)
    with pytest.raises(InputError, match="non-negative"):
        model.run()


def test_provenance_tells_runs_apart(dilemma):
    settings = {"times": [0, 1], "outputs": ["spending"]}
    base = dilemma.run(**settings).attrs
    other = dilemma.run({"reaction": 0.2}, **settings).attrs
    moved = dilemma.run({"democracy": pd.Series({0: 0.1, 1: 0.2})}, **settings).attrs
    assert len({each["values"] for each in (base, other, moved)}) == 3
    assert len({each["equations"] for each in (base, other, moved)}) == 1
    one, two = (dilemma.run_ensemble({"reaction": [v]}, **settings).attrs for v in (0.1, 0.2))
    assert one["samples"] != two["samples"]


def test_large_worlds_give_gains_when_asked():
    model = sd.load_model("richardson", subscripts={"state": [f"S{k}" for k in range(60)]})
    assert "spiral_number" not in model.run({"reaction": 0.001}, times=[0, 1])
    asked = model.run({"reaction": 0.001}, times=[0, 1], outputs=["spiral number"])
    np.testing.assert_allclose(asked["spiral_number"], 0.001 * 59 / 0.2)


def test_a_run_by_compiled_code_is_the_run_by_numpy(dilemma):
    pytest.importorskip("numba")
    settings = {"times": range(0, 31, 5), "outputs": ["spending", "burden"], "rtol": 1e-9}
    numpy = dilemma.run(method="Tsit5", **settings)
    numba = dilemma.run(backend="numba", **settings)
    np.testing.assert_allclose(numba["spending"], numpy["spending"], rtol=1e-8)
    np.testing.assert_allclose(numba["burden"], numpy["burden"], rtol=1e-8)
    euler = dilemma.run(method="Euler", outputs=["spending"])
    compiled = dilemma.run(method="Euler", backend="numba", outputs=["spending"])
    np.testing.assert_allclose(compiled["spending"], euler["spending"], rtol=1e-11)


def test_a_file_loaded_again_is_compiled_once_until_it_says_something_else(tmp_path):
    path = tmp_path / "grow.mdl"
    text = """{UTF-8}
x= INTEG (rate*x, 1) ~ ~ |
rate= 0.5 ~ 1/year ~ |
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 2 ~ year ~ |
TIME STEP = 1 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""
    path.write_text(text)
    first, second = sd.load_model(path), sd.load_model(path)
    assert first.compiler is second.compiler
    assert first.run()["x"].values[-1] == pytest.approx(np.exp(1.0))
    path.write_text(text.replace("rate*x", "2*rate*x"))
    third = sd.load_model(path)
    assert third.compiler is not first.compiler
    assert third.run()["x"].values[-1] == pytest.approx(np.exp(2.0))
    assert first.run()["x"].values[-1] == pytest.approx(np.exp(1.0))
