"""Bridges: what goes to the EMA workbench, SALib and files comes back, to the last bit."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import FileError, InputError


@pytest.fixture(scope="module")
def draws():
    rng = np.random.default_rng(5)
    names = ["reaction[East,West]", "reaction[West,East]", "fatigue", "grievance[East]"]
    return pd.DataFrame(0.1 + rng.random((300, 4)) / 3, columns=names)


@pytest.fixture(scope="module")
def run(draws):
    model = sd.load_model("richardson")
    return model.run_ensemble(
        draws, times=range(0, 31, 10), outputs=["spending", "spending final"], progress=False
    )


def test_the_sample_of_an_ensemble_comes_back_and_runs_the_same(run, draws):
    found = sd.samples_of(run)
    for name in draws:
        assert (found[name].to_numpy() == draws[name].to_numpy()).all()
    model = sd.load_model("richardson")
    again = model.run_ensemble(
        found, times=range(0, 31, 10), outputs=["spending", "spending final"], progress=False
    )
    assert (again["spending"].values == run["spending"].values).all()


def test_member_labels_stay(draws):
    model = sd.load_model("richardson")
    labelled = draws.head(3).set_index(pd.Index([7, 3, 9]))
    found = sd.samples_of(model.run_ensemble(labelled, times=range(3), progress=False))
    assert found.index.tolist() == [7, 3, 9]


@pytest.mark.parametrize("ending", ["csv", "tab", "parquet"])
def test_samples_are_written_to_the_last_bit(draws, tmp_path, ending):
    wild = draws * 10.0 ** np.random.default_rng(1).integers(-12, 12, draws.shape)
    path = sd.write_samples(wild, tmp_path / f"draws.{ending}")
    pd.testing.assert_frame_equal(sd.read_samples(path), wild, check_exact=True)


def test_samples_nobody_can_write(draws, tmp_path):
    with pytest.raises(InputError, match=r"No format ends in '.xlsq'"):
        sd.write_samples(draws, tmp_path / "draws.xlsq")
    with pytest.raises(FileError, match="cannot be written"):
        sd.write_samples(draws, tmp_path / "nowhere" / "draws.csv")


def test_the_workbench_takes_the_ensemble(run, draws):
    experiments, outcomes = sd.to_ema(run)
    assert outcomes["spending[East]"].shape == (300, 4)
    assert outcomes["spending final[East]"].shape == (300,)
    assert (outcomes["spending[East]"][:, -1] == outcomes["spending final[East]"]).all()
    assert outcomes["TIME"][0].tolist() == [0, 10, 20, 30]
    assert (experiments["fatigue"].to_numpy() == draws["fatigue"].to_numpy()).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim

        theirs = prim.setup_prim(
            (experiments, outcomes), lambda o: o["spending final[East]"] > 20, threshold=0.5
        ).find_box()
    kept = [n for n in draws if n != "scenario"]
    ours = sd.discover(run, "spending.East final > 20", parameters=kept)
    own = ours.trajectory.iloc[1]  # the first peel, by the same rule on the same numbers
    assert own["density"] == pytest.approx(theirs.peeling_trajectory["density"][1])


def test_failed_members_do_not_go_to_the_workbench(run):
    torn = run.copy(deep=True)
    torn = torn.assign_coords(status=("member", np.where(np.arange(300) < 4, "no", "ok")))
    experiments, outcomes = sd.to_ema(torn)
    assert len(experiments) == len(outcomes["spending[East]"]) == 296
    assert experiments.attrs["failed"] == 4


def test_salib_takes_the_problem():
    problem = sd.to_salib(sd.load_scenario("cold_war"), ["fatigue", "transparency[*]"])
    assert problem["names"] == ["fatigue[United States]", "fatigue[Soviet Union]", "transparency"]
    from SALib.sample import latin

    assert latin.sample(problem, 16, seed=1).shape == (16, 3)


def test_a_run_is_no_ensemble():
    run = sd.load_model("richardson").run(times=range(3))
    for verb in (sd.samples_of, sd.to_ema):
        with pytest.raises(InputError, match="no ensemble"):
            verb(run)
    with pytest.raises(InputError, match="no ensemble"):
        sd.samples_of(pd.DataFrame({"a": [1]}))
