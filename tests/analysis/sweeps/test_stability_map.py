"""The border of a map against closed forms; cases stand where their values put them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.sweeps.stability_map import contour
from secdil_sd.errors import InputError


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson", subscripts={"state": ["A", "B"]})


@pytest.fixture(scope="module")
def worlds():
    return sd.stability_map(
        sd.load_scenario("four_worlds"),
        {"offense defense balance": np.linspace(-1, 1, 9)},
        {"distinguishability": np.linspace(0, 1, 11)},
        cases=["cold_war"],
        times=range(0, 401, 4),
    )


def test_the_border_of_the_linear_model_is_a_hyperbola(linear):
    """Richardson (1960): stable where kl < ab."""
    grid = np.linspace(0.02, 0.42, 41)
    found = sd.stability_map(
        linear, {"reaction.A": [0.02, 0.42]}, {"reaction.B": grid}, "reaction gain final",
        times=[0, 1],
    )  # fmt: skip
    ab = linear.run(times=[0, 1])["fatigue"].values.prod()
    assert found.share_above == pytest.approx(
        np.mean([a * b > ab for a in (0.02, 0.42) for b in grid])
    )
    fine = sd.stability_map(
        linear, {"reaction.A": grid}, {"reaction.B": grid}, "reaction gain final", times=[0, 1]
    )
    np.testing.assert_allclose(fine.contour["x"] * fine.contour["y"], ab, rtol=0.01)
    assert fine.sides == ("below 1", "above 1")


def test_the_four_worlds_lie_where_jervis_puts_them(worlds):
    placed = worlds.placed.set_index("name")
    np.testing.assert_allclose(placed.loc["W1", ["x", "y"]].astype(float), [0.5, 0.0])
    assert placed.loc["W1", "on_map"] > 1
    assert (placed.loc[["W2", "W3", "W4"], "on_map"] < 1).all()
    np.testing.assert_allclose(placed["on_map"][:4], placed["own"][:4], atol=0.06)
    assert "W2, W3 and W4 lie on the calm side, W1 and cold war lie on the spiral side" in (
        worlds.finding
    )


def test_a_case_that_differs_in_other_things_says_so(worlds):
    (said,) = [each for each in worlds.reservations if each.startswith("cold war")]
    assert "itself gives 0.79" in said


def test_the_words_stand_on_their_own_side(worlds):
    cells = worlds.table.set_index(["x", "y"])["value"]
    regions = worlds.regions.set_index("region")
    assert cells[tuple(regions.loc["calm"])] < 1 < cells[tuple(regions.loc["spiral"])]


def test_values_by_element_and_over_time_are_means_and_said_to_be():
    case = sd.load_scenario("cold_war")
    found = sd.stability_map(
        case, {"democracy": [0.0, 1.0]}, {"transparency": [0.0, 1.0]}, cases=[case],
        times=range(1948, 1989, 20), params={"democracy": 0.0},
    )  # fmt: skip
    (row,) = found.placed.itertuples()
    assert 0.3 < row.x < 0.7
    assert "its mean over time" in row.note
    assert "United States" in row.note
    assert any("mean" in each for each in found.reservations)


def test_failed_cells_leave_a_hole(linear):
    found = sd.stability_map(
        linear, {"reaction": [0.1, 0.2, 90.0]}, {"grievance": [0.0, 1.0]}, "spending.A final",
        level=50.0,
    )  # fmt: skip
    assert found.failed == 2
    assert any("2 of 6 cells failed" in each for each in found.reservations)
    assert found.contour["x"].max() <= 0.2 if len(found.contour) else True


def test_one_side_only_is_said(linear):
    found = sd.stability_map(
        linear, {"reaction": [0.01, 0.02]}, {"fatigue": [0.3, 0.4]}, "reaction gain final",
        times=[0, 1],
    )  # fmt: skip
    assert found.share_above == 0
    assert found.contour.empty
    assert "is below 1 all over the map" in found.finding


def test_a_contour_keeps_out_of_what_is_not_known():
    x = np.linspace(-1, 1, 21)
    z = x[None, :] ** 2 + x[:, None] ** 2
    ring = contour(x, x, z, 0.5)
    np.testing.assert_allclose(np.hypot(ring["x"], ring["y"]), np.sqrt(0.5), atol=0.01)
    z[:, x > 0] = np.nan
    assert contour(x, x, z, 0.5)["x"].max() <= 0


def test_what_cannot_be_mapped(linear):
    with pytest.raises(InputError) as caught:
        sd.stability_map(linear, "reactoin", {"fatigue": [1]}, "spending")
    for each in ("'reactoin'", "needs two or more", "Ask for one number"):
        assert each in str(caught.value)
    with pytest.raises(InputError, match="differ in more than"):
        sd.stability_map(sd.load_scenario("regime_dyads"), "transparency", "audience discount")


def test_points_and_files(linear, tmp_path):
    found = sd.stability_map(
        linear, {"reaction": [0.1, 0.3]}, {"fatigue": [0.1, 0.3]}, "reaction gain final",
        cases={"here": (0.2, 0.2), "beside": (2.0, 0.2)}, times=[0, 1],
    )  # fmt: skip
    placed = found.placed.set_index("name")
    assert np.isfinite(placed.loc["here", "on_map"])
    assert np.isnan(placed.loc["beside", "on_map"])
    table = pd.read_csv(found.save(tmp_path / "map.csv"))
    assert list(table.columns) == ["reaction", "fatigue", "reaction gain final"]
    assert json.loads(found.save(tmp_path / "map.json").read_text())["finding"] == found.finding
    assert found.save(tmp_path / "map.nc").exists()


def test_a_case_on_a_map_has_no_values_of_a_state_with_itself():
    blocs = sd.load_scenario("wwi_blocs")
    sides = {"reaction": np.linspace(0, 1, 3)}, {"fatigue": np.linspace(0.1, 1, 3)}
    found = sd.stability_map(blocs, *sides, cases=["wwi_richardson"])
    case = sd.load_scenario("wwi_richardson")
    reaction = case.values.constants["reaction"]
    between = reaction[~np.eye(len(reaction), dtype=bool)]
    assert found.placed["x"].tolist() == pytest.approx([between.mean()])
    assert "(France, France)" not in str(found)


def test_an_output_with_a_value_for_each_state_is_refused_whatever_is_marked():
    blocs = sd.load_scenario("wwi_blocs")
    sides = {"reaction": np.linspace(0, 1, 3)}, {"fatigue": np.linspace(0.1, 1, 3)}
    with pytest.raises(InputError, match="a value for each state"):
        sd.stability_map(blocs, *sides, output="spending final", cases=["wwi_richardson"])
