"""Datasets as wide tables and files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import FileError, InputError
from secdil_sd.simulation.export import to_table, write_dataset


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma")


def test_a_row_a_time_and_a_column_an_element(model):
    run = model.run(times=[0, 1], outputs=["spending", "hostility belief", "war probability"])
    table = to_table(run)
    assert table.index.tolist() == [0.0, 1.0]
    assert list(table.columns[:2]) == ["spending[East]", "spending[West]"]
    assert "hostility belief[East,West]" in table
    np.testing.assert_array_equal(table["spending[West]"], run["spending"].sel(state="West"))


def test_ensembles_and_cases(model):
    ensemble = model.run_ensemble({"transparency": [0.1, 0.9]}, times=[0, 5], outputs=["spending"])
    table = to_table(ensemble)
    assert table.index.names == ["member", "time"]
    assert table.loc[(1, 5.0), "spending[East]"] == float(
        ensemble["spending"].sel(member=1, time=5, state="East")
    )
    cases = sd.load_scenario("four_worlds").run(times=[0, 5], outputs=["peak spiral number"])
    assert to_table(cases).index.tolist() == ["W1", "W2", "W3", "W4"]


@pytest.mark.parametrize("ending", [".csv", ".json", ".nc"])
def test_files_are_whole_or_absent(model, tmp_path, ending):
    run = model.run(times=[0, 1], outputs=["spending"])
    path = write_dataset(run, tmp_path / f"run{ending}")
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    if ending == ".csv":
        assert len(pd.read_csv(path)) == 2
    with pytest.raises(FileError):
        write_dataset(run, tmp_path / "none" / f"run{ending}")
    with pytest.raises(InputError, match="No format"):
        write_dataset(run, tmp_path / "run.xyz")
