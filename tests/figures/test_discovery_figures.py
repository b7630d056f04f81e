"""Figures of a discovery: they show what the tables say, and refuse tables that lack columns."""

from __future__ import annotations

import html

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.figures import discovery


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(0)
    x = rng.random((900, 3))
    hits = ((x[:, 0] > 0.6) & (x[:, 1] < 0.5)) | (rng.random(900) < 0.03)
    names = ["offense defense balance", "transparency", "sensibility"]
    coords = {
        name.replace(" ", "_"): ("member", x[:, k], {"long_name": name})
        for k, name in enumerate(names)
    }
    data = {"outcome": ("member", hits.astype(float), {"long_name": "outcome"})}
    made = xr.Dataset(data, {"member": np.arange(900), **coords})
    return sd.discover(made, "outcome > 0.5", resamples=5)


def test_the_trajectory_rings_the_shown_box(result):
    figure = discovery.peeling(result.trajectory, result.base_rate, "spirals")
    ring = figure.data[-1]
    row = result.trajectory[result.trajectory["chosen"]].iloc[0]
    assert (ring.x[0], ring.y[0]) == (row["coverage"], row["density"])
    drawn = sum(len(each.x) for each in figure.data[:-1])
    assert drawn == len(result.trajectory)
    candidates = figure.data[0]
    assert list(candidates.marker.color) == result.trajectory["restricted"].tolist()
    assert not candidates.showlegend, "thirty counts in a legend would not fit a page"


def test_the_pair_draws_the_box_where_it_is(result):
    members = result.samples.assign(holds=result.holds)
    limits = result.box(result.chosen[0]).limits
    figure = discovery.box_pair(members, limits, result.leading[:2], ("yes", "no"))
    box = figure.layout.shapes[0]
    own = limits.set_index("parameter")
    x, y = result.leading[:2]
    ends = {x: (box.x0, box.x1), y: (box.y0, box.y1)}
    assert ends["offense defense balance"][0] == own.loc["offense defense balance", "low"]
    assert ends["transparency"][1] == own.loc["transparency", "high"]
    assert sum(len(each.x) for each in figure.data) == 900
    assert figure.data[1].name == "yes"
    assert len(figure.data[1].x) == result.holds.sum()


def test_parallel_coordinates_are_brushed_to_the_box(result):
    members = result.samples.assign(holds=result.holds)
    limits = result.box(result.chosen[0]).limits
    figure = discovery.parallel_coordinates(members, limits, result.leading)
    brush = figure.layout.meta["brush"]
    values, holds = np.array(brush["values"]), np.array(brush["holds"])
    bands = [figure.layout.shapes[k] for k in brush["bands"]]
    inside = np.all([(v >= b.y0) & (v <= b.y1) for v, b in zip(values.T, bands, strict=True)], 0)
    lines = [list(each.y).count(None) for each in figure.data]
    assert abs(lines[2] - (inside & (holds == 1)).sum()) <= 1  # a rounded edge may flip one
    assert sum(lines) == len(values)
    assert all(each.editable for each in bands)
    open_axis = result.leading.index("sensibility")
    assert (bands[open_axis].y0, bands[open_axis].y1) == (0, 1)


def test_scores_cells_and_modes(result):
    bars = discovery.scores(result.scores).data[0]
    assert list(bars.x) == result.scores["score"].tolist()
    cells = sd.dimensional_stacking(result, ["offense defense balance", "transparency"], bins=2)
    heat = discovery.stacking(cells.table).data[0]
    assert np.ravel(heat.z).tolist() == cells.table["share"].tolist()
    assert "n = " in heat.text[0][0]
    shares = pd.DataFrame(
        {"mode": ["race", "mixed"], "share": [0.7, 0.3], "low": 0.2, "high": 0.8, "members": 5}
    )
    bars = discovery.mode_shares(shares).data[0]
    assert list(bars.error_x.array) == pytest.approx([0.1, 0.5])


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: discovery.peeling(t, 0.5, "x"),
        lambda t: discovery.box_pair(t, t, ("a", "b"), ("yes", "no")),
        lambda t: discovery.parallel_coordinates(t, t, ("a", "b")),
        discovery.scores,
        discovery.stacking,
        discovery.mode_shares,
    ],
)
def test_columns_that_are_missing_are_named(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"a": [1.0]}))


def test_one_verb_draws_them_all(result, tmp_path):
    assert result.finding[:20] in sd.figure(result).layout.title.text
    cells = sd.dimensional_stacking(result, bins=2)
    assert sd.figure(cells).data
    run = sd.load_model("richardson").run(times=range(50), outputs=["spending"])
    modes = sd.behavior_modes(run)
    assert sd.figure(modes).data
    for each in (result, cells, modes):
        text = sd.report(each, tmp_path / "page.html").read_text()
        assert text.count('class="plot"') >= 1
        assert html.escape(each.finding) in text


def test_no_box_is_drawn_as_no_box(tmp_path):
    rng = np.random.default_rng(4)
    coords = {name: ("member", rng.random(400), {"long_name": name}) for name in ("a", "b")}
    data = {"outcome": ("member", rng.random(400), {"long_name": "outcome"})}
    found = sd.discover(xr.Dataset(data, {"member": range(400), **coords}), "outcome > 0.7")
    assert not found.chosen
    assert "No region stands out" in sd.figure(found).layout.title.text
    assert "No box is reliably denser" in sd.report(found, tmp_path / "no.html").read_text()
