"""Which starts lead where: closed forms, the trap's separatrix, honest classes."""

from __future__ import annotations

import json

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.simulation.scenario import scenario_of

TRAP = {
    "buildup alarm": 3,
    "revelation strength": 4,
    "transparency": 0.18,
    "grievance share": 0.0006,
}
TWO_WELLS = """{{UTF-8}}
x= INTEG (x - x*x*x{tilt}, x start) ~ Dmnl ~ |
y= INTEG (-y, y start) ~ Dmnl ~ |
x start= 0.1 ~ Dmnl [-2,2] ~ |
y start= 0.1 ~ Dmnl [-1,1] ~ |
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 5 ~ year ~ |
TIME STEP = 0.1 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""


@pytest.fixture(scope="module")
def dilemma():
    return scenario_of(sd.load_model("security_dilemma"))


@pytest.fixture(scope="module")
def trap(dilemma):
    return sd.basins(dilemma.replace(params=TRAP), n=21)


def wells(tmp_path, tilt=""):
    path = tmp_path / "wells.mdl"
    path.write_text(TWO_WELLS.format(tilt=tilt), encoding="utf-8")
    return sd.load_model(path)


def test_two_wells_part_at_zero(tmp_path):
    found = sd.basins(wells(tmp_path), "x start", "y start", n=20)
    right = found.grid["x start"] > 0
    assert (found.grid["basin"] == np.where(right, 2, 1)).all()
    line = found.boundary.dropna()
    cell = 4 / 19
    assert np.abs(line["x"]).max() <= cell / 2**5
    assert found.finding == "50% of these starts settle at rest 1, 50% at rest 2."
    rest = found.equilibria.set_index("name")
    np.testing.assert_allclose(rest.loc[["rest 1", "rest 2"], "x"], [-1, 1], atol=1e-9)
    assert rest.loc["unstable rest", "basin"] == 0
    assert found.unsettled == 0


def test_a_tilted_well_is_wider(tmp_path):
    """x' = x - x^3 + c: the separatrix is the middle root, whatever y is."""
    found = sd.basins(wells(tmp_path, " + 0.2"), "x start", "y start", n=15)
    middle = np.sort(np.roots([-1, 0, 1, 0.2]).real)[1]
    line = found.boundary.dropna()
    assert np.abs(line["x"] - middle).max() <= 4 / 14 / 2**5
    assert found.equilibria["share"].max() == pytest.approx((2 - middle) / 4, abs=0.05)


def test_the_traps_unstable_rest_lies_on_the_line(trap):
    """MODEL.md 4.8: with beliefs and arms settled, an even start at the middle root stays."""
    rest = trap.equilibria.set_index("name")
    np.testing.assert_allclose(rest.loc["peace", ["x", "y"]].astype(float), 11.05, atol=0.01)
    np.testing.assert_allclose(rest.loc["race", ["x", "y"]].astype(float), 61.89, atol=0.01)
    middle = rest.loc["unstable rest", "x"]
    assert middle == pytest.approx(18.84, abs=0.01)
    line = trap.boundary.dropna()
    cell = np.diff(np.unique(trap.grid[trap.x]))[0]
    even = line.iloc[(line["x"] - line["y"]).abs().argmin()]
    assert np.hypot(even["x"] - middle, even["y"] - middle) < cell
    names = dict(zip(trap.equilibria["basin"], trap.equilibria["name"], strict=True))
    low = trap.grid[(trap.grid[trap.x] < middle - cell) & (trap.grid[trap.y] < middle - cell)]
    high = trap.grid[(trap.grid[trap.x] > middle + cell) & (trap.grid[trap.y] > middle + cell)]
    assert set(low["basin"].map(names)) == {"peace"}
    assert set(high["basin"].map(names)) == {"race"}
    assert "settle in peace" in trap.finding
    assert "Beliefs start settled" in trap.conditions


def test_basins_are_what_single_runs_do(dilemma, trap):
    case = dilemma.replace(params={**TRAP, "settled start": 1})
    rest = trap.equilibria.set_index("basin")["x"]
    for place in (0, 130, 440):
        row = trap.grid.iloc[place]
        start = {name: row[name] for name in (trap.x, trap.y)}
        run = case.run(start, times=[0, 1600], outputs=["spending"])
        end = float(run["spending"].isel(time=-1).sel(state="East"))
        assert end == pytest.approx(rest[row["basin"]], rel=0.05)


def test_the_line_is_symmetric_for_twins(trap):
    wide = trap.grid.pivot(index=trap.y, columns=trap.x, values="basin").to_numpy()
    np.testing.assert_array_equal(wide, wide.T)


def test_one_place_to_settle_is_one_basin():
    found = sd.basins(sd.load_model("richardson"), n=4)
    assert found.finding == "Every one of these starts settles at rest."
    assert found.boundary.empty


def test_what_has_not_settled_is_said(monkeypatch, tmp_path):
    from secdil_sd.analysis.tipping import basins

    monkeypatch.setattr(basins, "HORIZONS", (0.01,))
    found = sd.basins(wells(tmp_path), "x start", "y start", n=4)
    assert found.unsettled > 0.5
    assert "had not settled after 0.01 years" in found.finding
    assert (found.grid["basin"] == 0).mean() == found.unsettled


def test_maps_are_saved_and_drawn(trap, tmp_path):
    whole = json.loads(trap.save(tmp_path / "x.json").read_text())
    assert len(whole["grid"]) == 21 * 21
    assert whole["conditions"] == trap.conditions
    figure = sd.figure(trap)
    assert figure.layout.title.text.replace("<br>", " ") == trap.finding.rstrip(".")
    names = [each.name for each in figure.data]
    assert sum("peace" in each for each in names) == 2
    assert "unstable rest" in names
    page = sd.report(trap, tmp_path / "x.html").read_text(encoding="utf-8")
    assert trap.finding in page
    assert "unstable rest" in str(trap)


def test_mistakes_are_answered(dilemma, tmp_path):
    with pytest.raises(InputError, match="no two states with initial spending"):
        sd.basins(wells(tmp_path))
    with pytest.raises(InputError, match="both 'x start'"):
        sd.basins(wells(tmp_path), "x start", "x start")
    with pytest.raises(InputError, match=r"No parameter 'initial spendng'"):
        sd.basins(dilemma, "initial spendng.East", n=3)
    with pytest.raises(InputError, match="low below high"):
        sd.basins(dilemma, x_between=(10, 1), n=3)
    with pytest.raises(InputError, match="n is 1"):
        sd.basins(dilemma, n=1)
    with pytest.raises(InputError, match="Nothing is at stable rest"):
        sd.basins(scenario_of(sd.load_model("richardson")).replace(params={"reaction": 0.5}))
    with pytest.raises(InputError, match="'GDP' grows"):
        sd.basins(sd.load_scenario("cold_war"))
