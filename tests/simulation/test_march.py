"""Time settings that change during a run, and what a model asks of its method."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError

GROWTH = "x = INTEG(rate * x, 1) ~~|\nrate = 0.5 ~~|\n"
SETTINGS = {"INITIAL TIME": "0", "FINAL TIME": "4", "TIME STEP": "0.5", "SAVEPER": "TIME STEP"}


@pytest.fixture
def model(tmp_path):
    """Make a model of some equations and time settings."""

    def make(equations=GROWTH, **settings):
        named = {key.replace("_", " ").upper(): value for key, value in settings.items()}
        lines = [f"{key} = {value} ~~|" for key, value in {**SETTINGS, **named}.items()]
        path = tmp_path / "hand.mdl"
        path.write_text("{UTF-8}\n" + equations + "\n".join(lines), encoding="utf-8")
        return sd.load_model(path)

    return make


def growth(steps, rate=0.5):
    return np.cumprod([1, *(1 + rate * np.asarray(steps))])


def test_steps_that_change_with_time(model):
    run = model(time_step="IF THEN ELSE(Time < 2, 1, 0.25)").run(method="Euler")
    steps = [1, 1, *[0.25] * 8]
    np.testing.assert_array_equal(run["time"], np.cumsum([0, *steps]))
    np.testing.assert_allclose(run["x"], growth(steps), rtol=1e-14)


def test_a_run_ends_when_time_passes_the_present_final_time(model):
    run = model(final_time="IF THEN ELSE(x > 3, Time, 100)").run(method="Euler")
    expected = growth([0.5] * 5)
    assert expected[-2] < 3 < expected[-1]
    np.testing.assert_allclose(run["x"], expected, rtol=1e-14)


def test_saving_changes_with_the_state(model):
    run = model(saveper="IF THEN ELSE(x > 1.5, 1, 0.5)").run(method="Euler")
    np.testing.assert_array_equal(run["time"], [0, 0.5, 1, 2, 3, 4])


def test_times_given_replace_the_end_but_not_the_steps(model):
    made = model(
        time_step="IF THEN ELSE(Time < 2, 1, 0.25)", final_time="IF THEN ELSE(x > 3, Time, 100)"
    )
    run = made.run(times=[1, 2, 2.5, 6], method="Euler")
    steps = [1, *[0.25] * 16]
    np.testing.assert_allclose(run["x"], growth(steps)[[0, 1, 3, 17]], rtol=1e-14)
    with pytest.raises(InputError, match=r"time 1\.5.*ends at 2"):
        made.run(times=[0, 1.5, 6], method="Euler")


def test_impulses_are_as_wide_as_the_step_they_fall_into(model):
    equations = "x = INTEG(PULSE(2, 0) + STEP(1, 2), 0) ~~|\n"
    run = model(equations, time_step="IF THEN ELSE(Time < 1, 1, 0.25)").run(method="Euler")
    rises = np.diff(run["x"]) / np.diff(run["time"])
    np.testing.assert_allclose(rises[run["time"][:-1] >= 2], 1.0)
    np.testing.assert_allclose(rises[run["time"][:-1] < 2], 0.0)


def test_members_take_common_steps_or_are_refused(model):
    made = model(time_step="IF THEN ELSE(Time < 2, 1, 0.25)")
    samples = pd.DataFrame({"rate": [0.1, 0.5, 0.9]})
    several = made.run_ensemble(samples, method="Euler")
    for k, rate in enumerate(samples["rate"]):
        alone = made.run({"rate": rate}, method="Euler")
        np.testing.assert_array_equal(several["x"].isel(member=k), alone["x"])
    for step, reason in (("IF THEN ELSE(x < 2, 1, 0.5)", "the stocks"), ("rate", "'rate'")):
        with pytest.raises(InputError, match=f"TIME STEP depends on {reason}.*one by one"):
            model(time_step=step).run_ensemble(samples, method="Euler")


def test_members_keep_to_the_times_of_the_model_itself(model):
    made = model(final_time="IF THEN ELSE(x > 3, Time, 100)")
    several = made.run_ensemble(pd.DataFrame({"rate": [0.5, 0.1]}), method="Euler")
    np.testing.assert_array_equal(several["time"], np.arange(6) / 2)
    np.testing.assert_allclose(several["x"].isel(member=1), growth([0.5] * 5, 0.1), rtol=1e-14)


def test_adaptive_methods_end_where_euler_does(model):
    run = model(final_time="IF THEN ELSE(x > 3, Time, 100)").run(method="DOP853")
    np.testing.assert_allclose(run["x"], np.exp(run["time"].values / 2), rtol=1e-7)
    assert float(run["time"][-1]) == 2.5


def test_a_run_without_end_and_a_step_that_vanishes_are_refused(model, monkeypatch):
    monkeypatch.setattr("secdil_sd.simulation.march.MOST_STEPS", 100)
    with pytest.raises(InputError, match=r"does not end: after 100 steps, at time 50"):
        model(final_time="Time + 1").run(method="Euler")
    with pytest.raises(InputError, match=r"At time 3 TIME STEP is 0 .*positive"):
        model(time_step="IF THEN ELSE(Time < 3, 1, 0)").run(method="Euler")


def test_memory_asks_for_fixed_steps_by_name_and_line(model):
    made = model("x = INTEG(1 - late, 0) ~~|\nlate = DELAY FIXED(x, 1, 0) ~~|\n")
    with pytest.raises(InputError) as caught:
        made.run()
    (finding,) = caught.value.findings
    assert finding.place == "hand.mdl, line 3"
    assert finding.variables == ("late",)
    assert "DELAY FIXED" in finding.message
    assert 'method="Euler"' in finding.remedy
    assert made.run({"late": 0.5}).sizes["time"] == 9  # nothing left to remember


def test_ensembles_with_memory_equal_single_runs(model):
    made = model(
        "x = INTEG(1 - late / 2, start) ~~|\nstart = 1 ~~|\nwait = 1 ~~|\n"
        "late = DELAY FIXED(x, wait, 0) ~~|\n"
        "top = SAMPLE IF TRUE(x > before, x, 0) ~~|\nbefore = DELAY FIXED(top, 0, 0) ~~|\n"
    )
    samples = pd.DataFrame({"wait": [0.5, 3.0, 1.2, 0.0], "start": [1.0, 2.0, 3.0, 4.0]})
    several = made.run_ensemble(samples, outputs=["x", "late", "top"], method="Euler", chunk=3)
    for k in range(4):
        alone = made.run(dict(samples.iloc[k]), outputs=["x", "late", "top"], method="Euler")
        for name in alone.data_vars:
            np.testing.assert_array_equal(several[name].isel(member=k), alone[name])


@pytest.mark.parametrize(
    ("equations", "settings", "reason"),
    [
        (
            "x = INTEG(rate - late, 1) ~~|\nlate = DELAY FIXED(x, 1, 0) ~~|\nrate = 1 ~~|\n",
            {},
            "DELAY FIXED",
        ),
        (GROWTH, {"time_step": "IF THEN ELSE(Time < 2, 1, 0.25)"}, "TIME STEP changes"),
    ],
)
def test_numba_hands_over_to_numpy_and_says_why(model, caplog, equations, settings, reason):
    pytest.importorskip("numba")
    made, samples = model(equations, **settings), pd.DataFrame({"rate": [0.1, 0.5]})
    found = made.run_ensemble(samples, method="Euler", backend="numba")
    assert reason in caplog.text
    assert found.equals(made.run_ensemble(samples, method="Euler"))


ORDERED = (
    "late = DELAY N(STEP(4, 1), wait, 0, n) ~~|\nsoft = SMOOTH N(STEP(4, 1), wait, 0, n) ~~|\n"
    "n = 3 ~~|\nwait = 4 ~~|\nx = INTEG(late - soft, 0) ~~|\n"
)


@pytest.mark.parametrize("order", [1, 2])
def test_a_lower_order_equals_the_file_with_that_order(model, order):
    outputs = ["late", "soft", "x"]
    given = model(ORDERED).run({"n": order}, outputs=outputs, method="Euler")
    written = model(ORDERED.replace("n = 3", f"n = {order}")).run(outputs=outputs, method="Euler")
    for name in outputs:
        np.testing.assert_array_equal(given[name], written[name])


def test_an_order_above_the_files_is_refused_with_its_bound(model):
    made = model(ORDERED)
    for ask in (
        lambda: made.run({"n": 4}),
        lambda: made.run_ensemble(pd.DataFrame({"n": [1, 5]})),
    ):
        with pytest.raises(InputError, match=r"line 2: 'n' is [45].*'late', which has 3 stages"):
            ask()


def test_a_delay_of_no_time_gives_what_enters(model):
    made = model("late = DELAY N(Time, 0, 5, 2) ~~|\nx = INTEG(late, 0) ~~|\n")
    run = made.run(method="Euler")
    np.testing.assert_array_equal(run["late"], run["time"])
