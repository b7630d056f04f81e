"""Sweeps drawn: needed columns, cases and words on the map, bands that explain themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.sweeps import bands as analysis_bands
from secdil_sd.analysis.sweeps import placing
from secdil_sd.analysis.sweeps.critical import CROSSING_COLUMNS
from secdil_sd.errors import InputError
from secdil_sd.figures import sweeps

TIMES = range(0, 21, 5)


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson", subscripts={"state": ["A", "B"]})


def test_analyses_create_what_figures_need():
    assert set(sweeps.BAND_COLUMNS) <= set(analysis_bands.BAND_COLUMNS)
    assert set(sweeps.MEDIAN_COLUMNS) <= set(analysis_bands.MEDIAN_COLUMNS)
    assert set(sweeps.TRACE_COLUMNS) <= set(analysis_bands.TRACE_COLUMNS)
    assert set(sweeps.MARK_COLUMNS) <= set(placing.PLACED_COLUMNS)
    assert set(sweeps.CROSSING_COLUMNS) <= set(CROSSING_COLUMNS)


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: sweeps.plane(t, ("x", "y", "z")),
        lambda t: sweeps.along(t, "x", "y"),
        lambda t: sweeps.critical_curve(t, t, "x", "y", 1.0),
        lambda t: sweeps.critical_values(t, "x"),
        lambda t: sweeps.bands(t, t, t, "y"),
    ],
)
def test_a_missing_column_is_named(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"nonsense": [1]}))


def test_a_map_shows_border_words_and_cases(linear):
    grid = np.linspace(0.05, 0.4, 8)
    found = sd.stability_map(
        linear, {"reaction": grid}, {"fatigue": grid}, "reaction gain final",
        cases={"here": (0.1, 0.3), "beside": (9, 9)}, times=[0, 1],
    )  # fmt: skip
    drawn = sd.figure(found)
    kinds = [each.type for each in drawn.data]
    assert kinds[0] == "heatmap"
    assert drawn.data[0].zmid == 1
    words = [each.text for each in drawn.layout.annotations]
    assert {"below 1", "above 1", "here"} <= set(words)
    assert "beside" not in words
    assert drawn.data[-1].x == (0.1,)
    assert "passes 1 on" in drawn.layout.title.text


def test_one_axis_is_a_line_an_element(linear):
    cube = sd.sweep(linear, {"fatigue": [0.3, 0.2, 0.4]}, ["spending final"])
    drawn = sd.figure(cube)
    assert [each.name for each in drawn.data] == ["A", "B"]
    assert drawn.data[0].x == (0.2, 0.3, 0.4)
    path = sd.sweep_zipped(
        linear, {"fatigue": [0.2, 0.3], "reaction": [0.1, 0.2]}, ["spending final"]
    )
    assert sd.figure(path).data[0].x == (0.2, 0.3)


def test_one_axis_over_time_is_a_line_a_value(linear):
    cube = sd.sweep(linear, {"fatigue": np.linspace(0.2, 0.4, 21)}, ["spending"], TIMES)
    drawn = sd.figure(cube)
    assert len({each.name for each in drawn.data}) == 7
    assert "solid A, dashed B" in drawn.layout.legend.title.text


def test_what_else_varies_gets_a_slider(linear):
    axes = {"fatigue": [0.2, 0.3], "reaction": [0.1, 0.2], "grievance": [0.0, 1.0, 2.0]}
    drawn = sd.figure(sd.sweep(linear, axes, ["spending.A final"]))
    (slider,) = drawn.layout.sliders
    assert [each.label for each in slider.steps] == ["grievance 0", "grievance 1", "grievance 2"]
    assert [each.visible for each in drawn.data] == [True, False, False]
    assert np.array(drawn.data[2].z).min() > np.array(drawn.data[0].z).min()
    axes["initial spending"] = [10, 20]
    with pytest.raises(InputError, match="too much for a figure"):
        sd.figure(sd.sweep(linear, axes, ["spending.A final"]))


def test_a_chosen_part_of_a_cube_is_drawn_by_what_is_left(linear):
    cube = sd.sweep(linear, {"fatigue": [0.2, 0.3], "reaction": [0.1, 0.2]}, ["spending"], TIMES)
    assert len(sd.figure(cube.sel(fatigue=0.2)).data) == 4
    assert len(sd.figure(cube.sel(fatigue=0.2, reaction=0.1)).data) == 2


def test_an_ensemble_is_drawn_as_bands_that_say_what_they_are(linear):
    run = linear.run_ensemble(
        {"reaction": np.linspace(0.05, 0.19, 80)}, times=TIMES, outputs=["spending"]
    )
    drawn = sd.figure(run)
    names = [each.name for each in drawn.data if each.showlegend]
    assert names == [
        "all", "95 of 100", "three quarters", "half of the members lie in here",
        "single members", "median",
    ]  # fmt: skip
    lines = [each for each in drawn.data if each.name == "single members"]
    assert len(lines) == 2 * analysis_bands.MOST_TRACES
    assert drawn.layout.title.text.startswith("Half of 80 members end with spending between")


def test_critical_values_are_marked(linear):
    ask = {"between": (0.05, 0.5), "times": [0, 1]}
    alone = sd.threshold(linear, "reaction", "reaction gain final", **ask)
    drawn = sd.figure(alone)
    assert drawn.layout.title.text.startswith("The critical reaction is 0.2")
    assert "0.2" in [each.text for each in drawn.layout.annotations]
    many = sd.threshold(
        linear, "reaction", "reaction gain final", samples=20, uncertainties=["fatigue[*]"], **ask
    )
    (bars,) = sd.figure(many).data
    assert sum(bars.y) == (many.spread.draws["side"] == "crosses").sum()
