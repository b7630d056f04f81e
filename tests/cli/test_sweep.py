"""The command sweep: what it prints, what it writes, what it refuses."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest
import xarray as xr


@pytest.fixture
def secdil(quick):
    return partial(quick, "sweep")


GRID = ("-p", "reaction=0.05:0.4:8", "-p", "fatigue=0.1,0.2,0.3")


def test_a_map_is_printed_with_its_finding(secdil):
    code, out, _ = secdil("richardson", *GRID)
    assert code == 0
    assert out.startswith("The peak spiral number passes 1 on 50% of the map of reaction and")
    assert out.splitlines()[-1].split()[:3] == ["0.1", "0.500", "1.000"]


def test_a_sweep_is_printed_as_a_table(secdil):
    code, out, _ = secdil("richardson", "-p", "reaction=0.1,0.15", "-v", "spending final")
    assert code == 0
    assert out.startswith("The final spending goes from")
    assert len(out.strip().splitlines()) == 5
    code, out, _ = secdil("richardson", *GRID[:2], "-p", "fatigue=0.1:0.8:8", "--together")
    assert code == 0
    assert len(out.strip().splitlines()) == 11


def test_a_parameter_alone_takes_its_own_range(secdil, tmp_path):
    path = tmp_path / "one.csv"
    assert (
        secdil("security_dilemma", "-p", "distinguishability", "-v", "burden final", "-o", path)[0]
        == 0
    )
    assert pd.read_csv(path)["distinguishability"].tolist()[::10] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("ending", ["csv", "nc", "html", "json"])
def test_a_map_is_written(secdil, tmp_path, ending):
    path = tmp_path / f"map.{ending}"
    code, out, _ = secdil("richardson", *GRID, "-v", "peak spiral number", "-o", path)
    assert (code, path.exists()) == (0, True)
    assert f"Wrote {path}" in out
    if ending == "csv":
        assert len(pd.read_csv(path)) == 24
    if ending == "nc":
        assert xr.load_dataset(path)["peak_spiral_number"].shape == (8, 3)


@pytest.mark.parametrize("ending", ["csv", "nc", "html"])
def test_a_sweep_is_written(secdil, tmp_path, ending):
    path = tmp_path / f"sweep.{ending}"
    code, _, _ = secdil("richardson", *GRID, "-v", "spending", "-o", path)
    assert (code, path.exists()) == (0, True)
    if ending == "csv":
        assert len(pd.read_csv(path)) == 24 * 101


def test_a_threshold_is_found(secdil, tmp_path):
    path = tmp_path / "critical.csv"
    code, out, _ = secdil(
        "richardson", "-p", "reaction=0.1:0.5", "--threshold", "reaction gain final=1", "-o", path
    )
    assert code == 0
    assert out.startswith("The critical reaction is 0.2:")
    assert pd.read_csv(path)["value"].item() == pytest.approx(0.2, abs=1e-5)


def test_the_cases_of_a_scenario_have_each_their_own(secdil, tmp_path):
    ask = ("regime_dyads", "-p", "audience discount", "--threshold", "reaction gain initial=1")
    code, out, _ = secdil(*ask, "-o", tmp_path / "all.html")
    assert code == 0
    titles = [each.split(":")[0] for each in out.splitlines()]
    assert titles[:3] == ["Two democracies", "Democracy and autocracy", "Two autocracies"]
    assert (tmp_path / "all.html").exists()
    code, _, err = secdil(*ask, "-o", tmp_path / "all.csv")
    assert code == 2
    assert "Write an .html page" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "There is nothing to vary"),
        (("-p", "reactoin"), "Did you mean 'reaction'?"),
        (("-p", "reaction=a:b:c"), "'a:b:c' are no values"),
        (("-p", "reaction=2:1:5"), "low below high"),
        (("-p", "reaction=1", "-p", "reaction=2"), "given twice"),
        (("-p", "reaction=0:1:3", "-v", "spendng"), "Did you mean 'spending'?"),
        (("-p", "reaction=0:1:3", "-n", "5"), "only for a threshold"),
        (("-p", "reaction", "--threshold", "reaction gain final=x"), "is not a number"),
        (("--threshold", "reaction gain final=1"), "moves one parameter, not 0"),
        (("-p", "reaction", "--threshold", "spending final=1"), "Ask for one number"),
        (("-p", "reaction", "--threshold", "x=1", "--together"), "--together: not with"),
        (("-p", "reaction=0:1:3", "-o", "map.doc"), "No format ends in '.doc'"),
    ],
)
def test_mistakes_are_sentences(secdil, arguments, said):
    code, _, err = secdil("richardson", *arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_scenario_with_draws_is_swept_over_them_and_what_is_set_leaves_them(secdil, tmp_path):
    text = 'title = "Two"\nmodel = "richardson"\n[draws]\nfile = "d.csv"\n'
    (tmp_path / "two.toml").write_text(text)
    (tmp_path / "d.csv").write_text("fatigue[East],fatigue[West]\n0.1,0.1\n0.2,0.2\n")
    ask = (tmp_path / "two.toml", "-p", "reaction=0.05,0.1", "-v", "reaction gain final")
    code, out, _ = secdil(*ask)
    assert code == 0
    assert "These are medians over 2 draws of the fitted values" in out
    last = [float(each) for each in out.strip().splitlines()[-1].split()[:2]]
    assert last == [0.1, 0.75]  # the mean of 1 and 0.5
    code, out, complained = secdil(*ask, "--set", "fatigue=0.2")
    assert code == 0
    assert "no longer drawn from the fit: fatigue[East], fatigue[West]" in complained
    assert "draws" not in out
    (tmp_path / "d.csv").write_text("fatige\n0.1\n")
    code, _, complained = secdil(*ask)
    assert code == 2
    assert "fatigue" in complained
