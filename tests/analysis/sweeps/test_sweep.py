"""A cell of a sweep is the single run at its values; what was varied labels it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.analysis.sweeps.sweep import merged_cases
from secdil_sd.analysis.sweeps.sweep_tables import as_table, sweep_findings, write_sweep
from secdil_sd.errors import InputError

TIMES = range(0, 41, 4)


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma", subscripts={"state": ["India", "Pakistan"]})


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson")


def test_a_cell_is_the_single_run(model):
    cube = sd.sweep(
        model,
        {"transparency": [0.7, 0.1], "offense defense balance": [-0.5, 0.2, 0.6]},
        ["spending", "peak spiral number"],
        TIMES,
    )
    assert cube["spending"].dims == (
        "transparency", "offense_defense_balance", "time", "state",
    )  # fmt: skip
    for openness, balance in [(0.7, -0.5), (0.1, 0.6)]:
        cell = cube.sel(transparency=openness, offense_defense_balance=balance)
        run = model.run(
            {"transparency": openness, "offense defense balance": balance},
            TIMES,
            ["spending", "peak spiral number"],
        )
        np.testing.assert_allclose(cell["spending"], run["spending"], rtol=1e-5)
        np.testing.assert_allclose(cell["peak_spiral_number"], run["peak_spiral_number"], rtol=1e-4)


def test_axes_keep_their_order_and_say_what_they_are(model):
    cube = sd.sweep(model, {"TRANSPARENCY_": [0.9, 0.1, 0.5]}, ["burden final"], TIMES)
    axis = cube["transparency"]
    assert axis.values.tolist() == [0.9, 0.1, 0.5]
    assert axis.attrs["long_name"] == "transparency"
    assert axis.attrs["units"] == model.variables.set_index("name").loc["transparency", "units"]
    assert cube.attrs["axes"] == "transparency"
    burden = cube["burden_final"].mean("state").values
    assert burden[0] < burden[2] < burden[1]


def test_a_name_moves_all_elements_and_an_element_itself(model):
    both = sd.sweep(model, {"transparency": [0.0, 0.8]}, ["burden final"], TIMES)
    one = sd.sweep(model, {"transparency.pakistan": [0.0, 0.8]}, ["burden final"], TIMES)
    assert one["transparency_Pakistan"].attrs["long_name"] == "transparency[Pakistan]"
    assert one["transparency"].dims == ("transparency_Pakistan", "state")
    assert one["transparency"].sel(state="India").values.tolist() == [0.0, 0.0]
    run = model.run({"transparency.Pakistan": 0.8}, TIMES, ["burden final"])
    np.testing.assert_allclose(
        one["burden_final"].isel(transparency_Pakistan=1), run["burden_final"], rtol=1e-5
    )
    open_cell = both["burden_final"].isel(transparency=1)
    assert not np.allclose(one["burden_final"].isel(transparency_Pakistan=1), open_cell, rtol=0.01)
    starred = sd.sweep(model, {"transparency[*]": [0.0, 0.8]}, ["burden final"], TIMES)
    np.testing.assert_array_equal(starred["burden_final"], both["burden_final"])


def test_zipped_values_are_the_diagonal_of_the_grid(linear):
    axes = {"reaction": [0.05, 0.1, 0.15], "fatigue": [0.3, 0.2, 0.4]}
    grid = sd.sweep(linear, axes, ["spending final"])
    path = sd.sweep_zipped(linear, axes, ["spending final"])
    assert path["spending_final"].dims == ("point", "state")
    assert path["fatigue"].values.tolist() == axes["fatigue"]
    for k in range(3):
        np.testing.assert_allclose(
            path["spending_final"][k], grid["spending_final"][k, k], rtol=1e-5
        )


def test_members_are_an_ensemble_labelled_by_its_table(linear):
    table = pd.DataFrame({"reaction": [0.1, 0.2], "fatigue.East": [0.2, 0.4]}, index=["a", "b"])
    swept = sd.sweep_members(linear, table, ["spending final"])
    run = linear.run_ensemble(table, outputs=["spending final"])
    np.testing.assert_array_equal(
        swept["spending_final"].transpose("member", "state"),
        run["spending_final"].transpose("member", "state"),
    )
    assert swept["member"].values.tolist() == ["a", "b"]
    assert swept["fatigue_East"].values.tolist() == [0.2, 0.4]
    assert swept["reaction"].dims == ("member",)


def test_a_scenario_with_cases_is_swept_case_by_case():
    case = sd.load_scenario("regime_dyads")
    cube = sd.sweep(case, {"audience discount": [0, 1]}, ["burden final"], TIMES)
    assert cube["burden_final"].dims == ("case", "audience_discount", "state")
    assert cube["status"].dims == ("case", "audience_discount")
    assert cube.attrs["cells"] == 6
    one = sd.sweep(case.cases["dem-aut"], {"audience discount": [0, 1]}, ["burden final"], TIMES)
    np.testing.assert_allclose(
        cube["burden_final"].sel(case="dem-aut"), one["burden_final"], rtol=1e-6
    )


def test_cases_that_axes_make_one_are_swept_once():
    four = sd.load_scenario("four_worlds")
    axes = {"offense defense balance": [-0.5, 0.5], "distinguishability": [0, 0.9]}
    cube = sd.sweep(four, axes, ["burden final"], TIMES)
    assert "case" not in cube.dims
    for name, (b, d) in {"W1": (0.5, 0), "W2": (-0.5, 0), "W3": (0.5, 0.9)}.items():
        own = four.cases[name].run(times=TIMES, outputs=["burden final"])["burden_final"]
        cell = cube["burden_final"].sel(offense_defense_balance=b, distinguishability=d)
        np.testing.assert_allclose(cell, own, rtol=1e-5)
    assert merged_cases(four, {"distinguishability": 0}) == four.cases


def test_failed_cells_are_blank_and_counted(linear):
    cube = sd.sweep(linear, {"reaction": [0.1, 90.0]}, ["spending final", "peak spending"])
    assert cube["status"].values[0] == "ok"
    assert cube["status"].values[1] != "ok"
    assert np.isnan(cube["spending_final"].values[1]).all()
    assert np.isfinite(cube["spending_final"].values[0]).all()
    assert cube.attrs["failed"] == 1
    assert any("1 of 2 cells failed" in each for each in sweep_findings(cube))


def test_all_mistakes_come_together(linear):
    axes = {
        "reactoin": [1],
        "fatigue": [],
        "grievance": [1, float("nan")],
        "initial spending": "much",
        "reaction": 3,
        "reaction[Eats,West]": [1],
    }
    with pytest.raises(InputError) as caught:
        sd.sweep(linear, axes, ["spendng"])
    text = str(caught.value)
    for each in (
        "No parameter 'reactoin'. Did you mean 'reaction'?",
        "'fatigue' has no values",
        "Value 2 of 'grievance' is nan",
        "'initial spending' are not numbers",
        "'reaction' is one number, 3",
        "No state 'Eats'",
        "No output 'spendng'. Did you mean 'spending'?",
    ):
        assert each in text


@pytest.mark.parametrize(
    ("verb", "axes", "message"),
    [
        (sd.sweep, {}, "nothing to vary"),
        (sd.sweep, [0.1, 0.2], "nothing to vary"),
        (sd.sweep, {"fatigue": [0.1, 0.1]}, "takes the value 0.1 twice"),
        (sd.sweep, {"fatigue": [[0.1], [0.2]]}, "have 2 dimensions"),
        (sd.sweep, {"fatigue": [1], "Fatigue ": [2]}, "mean the same"),
        (sd.sweep, {"fatigue.East": [1], "fatigue": [2]}, "set the same elements"),
        (sd.sweep, {"fatigue": range(5000), "reaction": range(5000)}, "25,000,000 cells"),
        (sd.sweep, {"spending": [1]}, "is a stock"),
        (sd.sweep, {"initial spending": [-1, 1]}, "at least 0"),
        (sd.sweep_zipped, {"fatigue": [1, 2], "reaction": [1]}, "as many values each"),
    ],
)
def test_what_cannot_be_an_axis(linear, verb, axes, message):
    with pytest.raises(InputError, match=message):
        verb(linear, axes, ["spending final"])


def test_unknown_options_and_subjects_are_refused(linear):
    with pytest.raises(InputError, match=r"no argument 'backnd'.*'backend'"):
        sd.sweep(linear, {"fatigue": [1]}, ["spending"], backnd="numba")
    with pytest.raises(InputError, match="A str cannot be swept"):
        sd.sweep("richardson", {"fatigue": [1]})
    with pytest.raises(InputError, match="varied and asked for"):
        sd.sweep(linear, {"fatigue": [0.1, 0.2]}, ["fatigue"])


def test_options_reach_the_ensemble(linear, tmp_path):
    axes = {"reaction": [0.1, 0.2], "fatigue": [0.2, 0.3]}
    plain = sd.sweep(linear, axes, ["spending final"])
    stored = sd.sweep(linear, axes, ["spending final"], store=tmp_path / "cube.zarr")
    assert (tmp_path / "cube.zarr").exists()
    np.testing.assert_array_equal(plain["spending_final"], stored["spending_final"])
    other = sd.sweep(linear, axes, ["spending final"], params={"grievance": 0.0})
    assert (other["spending_final"] < plain["spending_final"]).all()


def test_what_would_not_fit_into_memory_is_refused(linear):
    axes = {"reaction": np.linspace(0.1, 0.2, 2000), "fatigue": np.linspace(0.2, 0.3, 2000)}
    with pytest.raises(InputError, match=r"4,000,000 cells .* 8.1e\+08 numbers"):
        sd.sweep(linear, axes, ["spending"])


def test_each_case_keeps_a_store_of_its_own(tmp_path):
    case = sd.load_scenario("regime_dyads")
    ask = (case, {"audience discount": [0, 1]}, ["burden final"], TIMES)
    plain, stored = sd.sweep(*ask), sd.sweep(*ask, store=tmp_path / "cube.zarr")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "cube-aut_aut.zarr", "cube-dem_aut.zarr", "cube-dem_dem.zarr",
    ]  # fmt: skip
    np.testing.assert_array_equal(plain["burden_final"], stored["burden_final"])


def test_files_hold_the_cube(linear, tmp_path):
    axes = {"reaction": [0.1, 0.2], "fatigue": [0.2, 0.3]}
    cube = sd.sweep(linear, axes, ["spending", "spending final"], range(3))
    back = xr.load_dataset(write_sweep(cube, tmp_path / "cube.nc"))
    np.testing.assert_array_equal(back["spending"], cube["spending"])
    table = pd.read_csv(write_sweep(cube, tmp_path / "cube.csv"))
    assert list(table.columns[:3]) == ["reaction", "fatigue", "time"]
    row = table[(table["reaction"] == 0.2) & (table["fatigue"] == 0.3) & (table["time"] == 2)]
    cell = cube.sel(reaction=0.2, fatigue=0.3, state="East")
    assert row["spending[East]"].item() == pytest.approx(cell["spending"].sel(time=2).item())
    assert row["spending final[East]"].item() == pytest.approx(cell["spending_final"].item())
    assert row["status"].item() == "ok"


def test_a_table_of_points_names_what_moved(linear):
    path = sd.sweep_zipped(linear, {"reaction": [0.1, 0.2], "fatigue": [0.2, 0.3]}, ["spending"])
    table = as_table(path)
    assert list(table.columns[:3]) == ["reaction", "fatigue", "time"]
    assert table["fatigue"].unique().tolist() == [0.2, 0.3]


def test_findings_say_from_where_to_where():
    four = sd.load_scenario("four_worlds")
    axes = {"offense defense balance": [-0.5, 0.5], "distinguishability": [0, 0.9]}
    (said,) = sweep_findings(sd.sweep(four, axes, ["peak spiral number"]))
    assert said == (
        "The peak spiral number goes from 0.076 (offense defense balance -0.5, "
        "distinguishability 0.9) to 1.61 (offense defense balance 0.5, distinguishability 0); "
        "in 25% of the cells above 1."
    )
    with pytest.raises(InputError, match="no sweep"):
        sweep_findings(four.cases["W1"].run(outputs=["spending"]))
