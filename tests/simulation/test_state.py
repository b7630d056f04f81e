"""A run that goes on from a state is the run that never stopped."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.errors import InputError, SolveError
from secdil_sd.simulation.export import write_dataset

CONSTRUCTS = Path(__file__).parents[1] / "models" / "constructs"
MODELS = (
    "initial_values",
    "delays",
    "delays_subscripted",
    "smooths",
    "trends",
    "steps_and_pulses",
    "time",
    "odd_step",
    "except",
    "subranges",
    "pipelines",
    "pipelines_subscripted",
    "delay_orders",
    "macros",
    "present_value",
)


def halves(subject, method, at=None, **settings):
    """The run, and what follows when it is stopped at a time and gone on with."""
    whole = subject.run(method=method, **settings)
    times = whole["time"].values
    at = float(times[len(times) // 2]) if at is None else at
    state = subject.state(at, method=method)
    return whole.sel(time=times[times >= at]), subject.run(
        method=method, start_from=state, **settings
    )


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("method", ["Euler", "RK4"])
def test_fixed_steps_go_on_bit_for_bit(name, method):
    whole, rest = halves(sd.load_model(CONSTRUCTS / f"{name}.mdl"), method)
    assert set(rest.data_vars) == set(whole.data_vars)
    for each in whole.data_vars:
        np.testing.assert_array_equal(rest[each].values, whole[each].values, each)


@pytest.mark.parametrize("method", ["Euler", "RK4"])
def test_scenarios_go_on_bit_for_bit(method):
    """Series over time, replaced equations, a start that is not the file's."""
    whole, rest = halves(sd.load_scenario("cold_war"), method, outputs=["spending", "burden"])
    assert rest.sizes["time"] == whole.sizes["time"] > 10
    np.testing.assert_array_equal(rest["spending"], whole["spending"])
    np.testing.assert_array_equal(rest["burden"], whole["burden"])


@pytest.mark.parametrize("method", ["DOP853", "Tsit5", "LSODA"])
def test_adaptive_methods_go_on_to_tolerance(method):
    for subject in (sd.load_model(CONSTRUCTS / "initial_values.mdl"), sd.load_model("richardson")):
        whole, rest = halves(subject, method, rtol=1e-8)
        for each in rest.data_vars:
            np.testing.assert_allclose(rest[each], whole[each], rtol=1e-5, atol=1e-9, err_msg=each)


def test_initial_values_stay_those_of_the_start_when_constants_change(tmp_path):
    """x grows by what it was at the start; the policy changes half way, the memory does not."""
    path = tmp_path / "own.mdl"
    path.write_text(
        "{UTF-8}\nx = INTEG(gain * INITIAL(x) + first, size) ~~|\nfirst = INITIAL(size) ~~|\n"
        "size = 3 ~~|\ngain = 1 ~~|\n"
        "INITIAL TIME=0 ~~|\nFINAL TIME=4 ~~|\nTIME STEP=1 ~~|\nSAVEPER=1 ~~|\n"
    )
    model = sd.load_model(path)
    state = model.state(2, method="Euler")
    assert float(state["x"]) == 3 + 2 * 6
    assert float(state["first"]) == 3
    rest = model.run({"gain": 10, "size": 100}, start_from=state, method="Euler")
    assert rest["x"].values.tolist() == [15, 15 + 33, 15 + 66]
    assert (rest["first"] == 3).all()
    again = model.state(3, {"gain": 10}, method="Euler", start_from=state)
    assert float(again["x"]) == 48
    assert float(again["first"]) == 3
    last = model.run({"gain": 10}, start_from=again, method="Euler")
    assert last["x"].values.tolist() == [48, 81]


def test_what_was_given_a_value_has_no_initial_one():
    model = sd.load_model(CONSTRUCTS / "initial_values.mdl")
    params = {"kept": 5}
    whole = model.run(params, method="Euler")
    state = model.state(5, params, method="Euler")
    assert "kept" not in state
    rest = model.run(params, method="Euler", start_from=state)
    np.testing.assert_array_equal(rest["third"], whole["third"].sel(time=rest["time"]))


@pytest.mark.parametrize("ending", ["nc", "zarr"])
def test_a_state_is_kept_in_a_file(tmp_path, ending):
    model = sd.load_model(CONSTRUCTS / "delays_subscripted.mdl")
    path = write_dataset(model.state(5, method="Euler"), tmp_path / f"half.{ending}")
    rest = model.run(method="Euler", start_from=path)
    whole = model.run(method="Euler")
    for each in rest.data_vars:
        np.testing.assert_array_equal(rest[each], whole[each].sel(time=rest["time"]), each)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(4)
    draws = {"reaction": rng.uniform(0, 0.3, 20), "initial spending.East": rng.uniform(1, 9, 20)}
    return pd.DataFrame(draws, index=[f"draw {k}" for k in range(20)])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize(("method", "exact"), [("Euler", True), ("RK4", True), ("Tsit5", False)])
def test_members_go_on_each_from_its_own_state(samples, tmp_path, method, exact, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    model = sd.load_model("richardson")
    settings = {"method": method, "outputs": ["spending"], "progress": False, "chunk": 6}
    settings["backend"] = backend
    whole = model.run_ensemble(samples, times=range(0, 21, 5), **settings)
    state = model.state(10, samples=samples, method=method, chunk=6, backend=backend)
    assert state["spending"].dims == ("state", "member")
    path = write_dataset(state, tmp_path / "half.nc")
    rest = model.run_ensemble(samples, times=range(10, 21, 5), start_from=path, **settings)
    assert (rest["status"] == "ok").all()
    expected = whole["spending"].sel(time=[10, 15, 20]).values
    if exact:
        np.testing.assert_array_equal(rest["spending"].values, expected)
    else:
        np.testing.assert_allclose(rest["spending"].values, expected, rtol=1e-4)


def test_states_travel_to_workers(samples):
    model = sd.load_model("richardson")
    settings = {"outputs": ["spending"], "progress": False, "chunk": 6, "times": [10, 20]}
    state = model.state(10, samples=samples)
    here = model.run_ensemble(samples, start_from=state, **settings)
    there = model.run_ensemble(samples, start_from=state, client=2, **settings)
    assert there.identical(here)


def test_one_state_for_all_members(samples):
    model = sd.load_model("richardson")
    state = model.state(10, method="RK4")
    settings = {"method": "RK4", "outputs": ["spending"], "start_from": state}
    found = model.run_ensemble(samples[["reaction"]], times=[10, 20], **settings)
    one = model.run({"reaction": samples["reaction"].iloc[7]}, times=[10, 20], **settings)
    np.testing.assert_array_equal(found["spending"].isel(member=7).values, one["spending"].values)
    member = model.state(10, samples=samples, method="RK4").isel(member=7)
    assert (
        model.run(start_from=member, method="RK4", outputs=["spending"])["spending"].notnull().all()
    )


def test_a_store_tells_states_apart(samples, tmp_path):
    model = sd.load_model("richardson")
    settings = {"times": [10, 20], "outputs": ["spending"], "store": tmp_path / "x.zarr"}
    model.run_ensemble(samples, start_from=model.state(10, samples=samples), **settings)
    other = model.state(10, {"fatigue": 0.3}, samples=samples)
    with pytest.raises(InputError, match="other state"):
        model.run_ensemble(samples, start_from=other, **settings)
    with pytest.raises(InputError, match="other state"):
        model.run_ensemble(samples, **settings)


def test_members_that_failed_before_stay_failed(tmp_path):
    path = tmp_path / "runaway.mdl"
    path.write_text(
        "{UTF-8}\nx = INTEG(x * x, first) ~~|\nfirst = 1 ~~|\n"
        "INITIAL TIME=0 ~~|\nFINAL TIME=2 ~~|\nTIME STEP=0.5 ~~|\nSAVEPER=1 ~~|\n"
    )
    model = sd.load_model(path)
    samples = {"first": [0.1, 30.0, 0.2]}
    for method in ("Tsit5", "Euler"):
        first = {"first": [0.1, 1e200, 0.2]} if method == "Euler" else samples
        state = model.state(1, samples=first, method=method)
        rest = model.run_ensemble(first, start_from=state, method=method)
        assert list(rest["status"].values) == ["ok", "not finite", "ok"]
    with pytest.raises(SolveError, match="stops at time"):
        model.state(1, {"first": 30.0})


def test_states_of_something_else_are_refused_with_the_reason(samples, tmp_path):
    model = sd.load_model("richardson")
    state = model.state(10)

    def refused(words, given=state, of=model, **settings):
        with pytest.raises(InputError, match=words):
            of.run(start_from=given, **settings)

    others = sd.load_model("richardson", subscripts={"state": ["East", "North"]})
    refused("elements of state are East, West, here East, North", of=others)
    refused("lacks .* and has 'spending'", of=sd.load_model(CONSTRUCTS / "delays.mdl"))
    changed = tmp_path / "richardson.mdl"
    changed.write_text(sd.load_model("richardson").path.read_text().replace("0.15", "0.16", 1))
    refused("equations are others", of=sd.load_model(changed))
    refused("not a state to go on from", given=xr.Dataset({"spending": 1.0}))
    refused("not a state to go on from", given=model.run(times=[0, 1]))
    refused("times begin at 0, but the state is that of 10", times=[0, 20])
    refused("not a whole number of steps", given=model.state(10.03), method="Euler")
    with pytest.raises(InputError, match=r"has 20 members, not those of the samples \(19\)"):
        each = model.state(10, samples=samples)
        model.run_ensemble(samples[1:], start_from=each)
    with pytest.raises(InputError, match="Give a time from 0 on"):
        model.state(-1)
    with pytest.raises(OSError, match="no file"):
        model.run(start_from=tmp_path / "none.nc")
    (tmp_path / "text.nc").write_text("no dataset")
    refused("not a saved state", given=tmp_path / "text.nc")
    with pytest.raises(InputError, match="has cases"):
        sd.load_scenario("four_worlds").run(start_from=state)


def test_a_state_of_members_needs_members(samples):
    model = sd.load_model("richardson")
    each = model.state(10, samples=samples)
    with pytest.raises(InputError, match="several members"):
        model.run(start_from=each)


@pytest.mark.parametrize("ending", ["nc", "zarr"])
def test_members_keep_what_is_under_way(tmp_path, ending):
    """Delay times of their own, chunks of their own lengths, a file in between."""
    path = tmp_path / "own.mdl"
    path.write_text(
        "{UTF-8}\nout = DELAY FIXED(Time * gain, lag, -1) ~~|\nlag = 3 ~~|\ngain = 1 ~~|\n"
        "x = INTEG(out, 0) ~~|\n"
        "INITIAL TIME=0 ~~|\nFINAL TIME=12 ~~|\nTIME STEP=0.5 ~~|\nSAVEPER=1 ~~|\n"
    )
    model = sd.load_model(path)
    samples = {"lag": [1.0, 2.5, 8.0, 0.5, 3.0], "gain": [1.0, 2.0, 3.0, 4.0, 5.0]}
    settings = {"method": "Euler", "outputs": ["out", "x"], "chunk": 2}
    whole = model.run_ensemble(samples, **settings)
    state = write_dataset(
        model.state(5, samples=samples, method="Euler", chunk=2), tmp_path / f"s.{ending}"
    )
    rest = model.run_ensemble(samples, start_from=state, **settings)
    for each in ("out", "x"):
        np.testing.assert_array_equal(rest[each], whole[each].sel(time=rest["time"]))
    begin = model.state(0, method="Euler")
    one = model.run(start_from=begin, method="Euler")
    np.testing.assert_array_equal(one["x"], model.run(method="Euler")["x"])
    half = model.state(5, {"lag": 8.0}, method="Euler")
    shared = model.run_ensemble({"gain": [1.0, 2.0]}, start_from=half, **settings)
    single = model.run({"gain": 2.0}, start_from=half, method="Euler", outputs=["x"])
    np.testing.assert_array_equal(shared["x"].isel(member=1), single["x"])


def test_moving_time_settings_are_refused():
    model = sd.load_model(CONSTRUCTS / "time_settings.mdl")
    with pytest.raises(InputError, match="cannot be gone on with"):
        model.state(5, method="Euler")  # TIME STEP changes at 4
    early = model.state(2, method="Euler")
    with pytest.raises(InputError, match="cannot be gone on with"):
        model.run(start_from=early, times=[2, 3, 5], method="Euler")
