"""A model beside another program's output file: same numbers, either orientation."""

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError

DOUBLING = """{UTF-8}
who: a, b ~~|
x[who] = INTEG(x[who], start[who]) ~~|
start[who] = 1, 10 ~~|
total = SUM(x[who!]) ~~|
tiny = 1e-9 * Time ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
TIMES = np.arange(5)
RIGHT = pd.DataFrame(
    {"Time": TIMES, "x[a]": 2.0**TIMES, "x[b]": 10 * 2.0**TIMES, "total": 11 * 2.0**TIMES}
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("against") / "doubling.mdl"
    path.write_text(DOUBLING)
    return sd.load_model(path)


@pytest.fixture
def against(tmp_path, model):
    def compare(table, name="output.csv", **settings):
        path = tmp_path / name
        if name.endswith("xlsx"):
            table.to_excel(path, index=False)
        else:
            table.to_csv(path, index=False, sep="\t" if name.endswith("tab") else ",")
        return sd.check_against(model, path, **settings)

    return compare


def across(table):
    """A row a variable with time across, as Vensim exports by default."""
    turned = table.set_index("Time").T.rename_axis("Time (Month)")
    return turned.reset_index()


@pytest.mark.parametrize("name", ["output.csv", "output.tab", "output.xlsx"])
@pytest.mark.parametrize("turn", [lambda table: table, across])
def test_the_closed_form_matches_in_every_shape(against, name, turn):
    found = against(turn(RIGHT), name)
    assert found.matches
    assert set(found.table["verdict"]) == {"match"}
    assert found.table["difference"].max() == 0.0
    assert found.times == 5
    assert found.missing == ("tiny",)


def test_a_difference_is_dated_and_the_worst_comes_first(against):
    wrong = RIGHT.copy()
    wrong.loc[3:, "x[b]"] *= 1 + 2e-4
    wrong.loc[2:, "total"] *= 1.5
    wrong["x[a]"] *= 1 + 5e-5
    found = against(wrong)
    assert not found.matches
    assert list(found.table["variable"]) == ["total", "x[b]", "x[a]"]
    assert list(found.table["verdict"]) == ["differs", "differs", "match"]
    assert found.table["first_time"].tolist()[:2] == [2, 3]
    assert found.table["difference"].tolist() == pytest.approx([1 / 3, 2e-4, 5e-5], rel=1e-3)
    assert found.table.loc[0, ["file_value", "model_value"]].tolist() == [66, 44]


def test_rounding_around_zero_is_no_difference(against):
    noise = RIGHT.assign(tiny=1e-9 * TIMES + 5e-11)
    noise["x[b]"] += [0.0005, 0, 0, 0, 0]  # half a printed digit of values up to 160
    found = against(noise)
    assert found.matches


def test_blanks_are_passed_over_and_strangers_counted(against):
    table = RIGHT.assign(other=1.0)
    table.loc[1:2, "total"] = np.nan
    found = against(table)
    assert found.matches
    row = found.table.set_index("variable").loc["other"]
    assert row["verdict"] == "not in the model"
    assert "In the file but not in the model: other." in str(found)
    assert "In the model but not in the file: tiny." in str(found)


def test_times_between_the_steps_are_left_out(against):
    between = pd.concat([RIGHT, RIGHT.assign(Time=TIMES + 0.5)]).sort_values("Time")
    found = against(between[between["Time"] < 4])
    assert (found.times, found.skipped) == (4, 4)
    assert found.matches


def test_other_values_and_other_methods(against):
    table = RIGHT[["Time", "x[a]"]].assign(**{"x[a]": 3 * 2.0**TIMES, "start[a]": 3})
    assert not against(table).matches
    assert against(table, params={"start.a": 3}).matches
    exact = RIGHT[["Time"]].assign(**{"x[a]": np.exp(TIMES)})
    assert not against(exact).matches
    assert against(exact, method="DOP853").matches


def test_a_run_that_leaves_the_numbers_differs(tmp_path):
    path = tmp_path / "runaway.mdl"
    path.write_text(DOUBLING.replace("INTEG(x[who], ", "INTEG(1e200 * x[who] * x[who], "))
    output = tmp_path / "output.csv"
    RIGHT.to_csv(output, index=False)
    found = sd.check_against(sd.load_model(path), output)
    assert not found.matches
    assert found.table["difference"].max() == np.inf


def test_what_is_no_output_file_is_refused(against, tmp_path, model):
    with pytest.raises(InputError, match="Nothing in this file"):
        against(pd.DataFrame({"Time": TIMES, "y": 1.0}))
    with pytest.raises(InputError, match="starts at 0"):
        against(RIGHT.assign(Time=TIMES - 100))
    path = tmp_path / "text.csv"
    path.write_text("some words\nand more\n")
    with pytest.raises(InputError, match="no times"):
        sd.check_against(model, path)
    path.write_text("")
    with pytest.raises(InputError, match="no table"):
        sd.check_against(model, path)
    with pytest.raises(OSError, match="cannot be read"):
        sd.check_against(model, tmp_path / "none.csv")
    with pytest.raises(InputError, match="has cases"):
        sd.check_against(sd.load_scenario("four_worlds"), path)


def test_results_are_saved(against, tmp_path):
    found = against(RIGHT)
    saved = pd.read_csv(found.save(tmp_path / "t.csv"))
    pd.testing.assert_frame_equal(saved, found.to_dataframe(), check_dtype=False)
    assert '"matches": true' in found.save(tmp_path / "t.json").read_text()
    with pytest.raises(InputError, match="No format"):
        found.save(tmp_path / "t.txt")


@pytest.mark.peer
def test_pysd_on_the_same_file_matches(tmp_path):
    """Another program's own output, whole: stocks, flows and constants of a bundled model."""
    pysd = pytest.importorskip("pysd")
    from shutil import copy

    source = sd.load_model("richardson").path
    run = pysd.read_vensim(str(copy(source, tmp_path / "richardson.mdl"))).run()
    run.to_csv(tmp_path / "output.tab", sep="\t")
    found = sd.check_against(sd.load_model("richardson"), tmp_path / "output.tab")
    assert found.matches
    assert (found.table["verdict"] == "match").sum() > 10
