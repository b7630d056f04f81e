"""Chunks, whoever solves them and wherever they are kept: same numbers, nothing lost."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.errors import InputError, SolveError

CONTROL = """
INITIAL TIME = 0 ~~|
FINAL TIME = 10 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
SETTINGS = {"times": range(0, 21, 5), "outputs": ["spending", "spending final"], "progress": False}


@pytest.fixture(scope="module")
def model():
    return sd.load_model("richardson")


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(4)
    draws = {"reaction": rng.uniform(0, 0.5, 50), "fatigue.East": rng.uniform(0.1, 1, 50)}
    return pd.DataFrame(draws, index=[f"draw {k}" for k in range(50)])


@pytest.fixture(scope="module")
def whole(model, samples):
    return model.run_ensemble(samples, chunk=7, **SETTINGS)


def executors():
    loky = pytest.importorskip("loky")
    yield "threads", ThreadPoolExecutor(2)
    yield "loky", loky.ProcessPoolExecutor(2)
    yield "a number", 2


def test_any_executor_gives_the_same(model, samples, whole):
    for name, client in executors():
        found = model.run_ensemble(samples, chunk=7, client=client, **SETTINGS)
        assert found.identical(whole), name
        if hasattr(client, "shutdown"):
            client.shutdown()


def test_what_cannot_submit_is_refused(model, samples):
    for client in ("four", 0, object()):
        with pytest.raises(InputError, match="solves nothing"):
            model.run_ensemble(samples, client=client, **SETTINGS)


def test_a_worker_that_dies_is_named_and_its_chunks_are_redone(model, samples, whole, caplog):
    loky = pytest.importorskip("loky")
    pool = loky.ProcessPoolExecutor(2)
    killed = []

    def kill_one(done, total):
        if not killed:
            killed.append(next(iter(pool._processes)))
            os.kill(killed[0], signal.SIGKILL)

    settings = {**SETTINGS, "progress": kill_one}
    found = model.run_ensemble(samples, chunk=3, client=pool, **settings)
    assert found.identical(model.run_ensemble(samples, chunk=3, **SETTINGS))
    assert f"worker process {killed[0]} died (SIGKILL); redoing chunk" in caplog.text


class Deadly:
    """An executor whose workers die of one chunk, whoever takes it."""

    def __init__(self, count):
        from concurrent.futures.process import BrokenProcessPool

        self.count, self.broken = count, BrokenProcessPool

    def submit(self, function, job, sampled, members):
        from concurrent.futures import Future

        future = Future()
        if members == self.count:
            future.set_exception(self.broken("gone"))
        else:
            future.set_result(function(job, sampled, members))
        return future

    def shutdown(self, wait, kill_workers=False):
        pass


def test_a_chunk_that_kills_every_worker_is_given_up_and_can_be_retried(
    model, samples, whole, monkeypatch, tmp_path
):
    from secdil_sd.simulation import execution

    monkeypatch.setattr(execution, "_processes", lambda count: Deadly(1))
    settings = {"chunk": 7, "store": tmp_path / "x.zarr", **SETTINGS}
    found = model.run_ensemble(samples, client=Deadly(1), **settings).load()
    assert (found["status"].values == ["ok"] * 49 + ["worker died"]).all()
    assert np.isnan(found["spending"].isel(member=-1)).all()
    assert (found["spending"][..., :49] == whole["spending"][..., :49]).all()
    again = model.run_ensemble(samples, retry_failed=True, **settings)
    assert again.identical(whole)


# stores


def test_a_store_holds_what_memory_would(model, samples, whole, tmp_path):
    stored = model.run_ensemble(samples, chunk=7, store=tmp_path / "x.zarr", **SETTINGS)
    assert stored.identical(whole)
    anybody = xr.open_zarr(tmp_path / "x.zarr")
    assert set(anybody.data_vars) == {"spending", "spending_final"}
    assert {"status", "stopped_at", "reaction", "fatigue"} <= set(anybody.coords)
    np.testing.assert_array_equal(anybody["spending"].values, whole["spending"].values)


KILLED = """
import sys, numpy as np, pandas as pd, secdil_sd as sd
samples = pd.DataFrame({"reaction": np.random.default_rng(4).uniform(0, 0.5, 3000)})
model = sd.load_model("richardson")
run = model.run_ensemble(samples, times=range(0, 21, 5), outputs=["spending"], chunk=10,
                         store=sys.argv[1])
print(int((run["status"] == "ok").sum()))
"""


@pytest.mark.slow
def test_a_killed_ensemble_goes_on_where_it_was(model, tmp_path):
    """kill -9, again and again; the same line completes it, bit for bit."""
    path = tmp_path / "x.zarr"
    command = [sys.executable, "-c", KILLED, str(path)]
    marks = path / "secdil" / "done" / "c"

    def present():
        return (
            len([each for each in marks.iterdir() if each.name.isdigit()]) if marks.is_dir() else 0
        )

    def laid_out():
        return path.exists() or any(tmp_path.glob(".x.zarr*"))

    before = 0
    for reached in (
        laid_out,
        *(lambda wanted=wanted: present() > wanted for wanted in (0, 60, 180)),
    ):
        child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while not reached():
            assert child.poll() is None, "finished before it could be killed"
            time.sleep(0.002)
        child.kill()
        said = child.communicate()[1]
        assert before == 0 or f"resuming: {before} of 300 chunks present" in said
        before = present()
        if before:
            readable = xr.open_zarr(path)
            assert (readable["status"].values[: 10 * before] == "ok").all()
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"resuming: {before} of 300 chunks present" in again.stderr
    assert again.stdout.strip() == "3000"
    assert not list(tmp_path.glob(".x.zarr*"))
    samples = pd.DataFrame({"reaction": np.random.default_rng(4).uniform(0, 0.5, 3000)})
    settings = {"times": range(0, 21, 5), "outputs": ["spending"], "chunk": 10}
    uninterrupted = model.run_ensemble(samples, progress=False, **settings)
    stored = model.run_ensemble(samples, progress=False, store=path, **settings)
    assert stored.identical(uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_control_c_leaves_a_readable_store(tmp_path, workers):
    """The interrupt goes to the whole group, as from a terminal: no traceback, nobody left."""
    draws = np.random.default_rng(4).uniform(0, 0.3, 40_000)
    pd.DataFrame({"reaction": draws}).to_csv(tmp_path / "s.csv", index=False)
    path = tmp_path / "x.zarr"
    line = ["run", "richardson", "--samples", tmp_path / "s.csv", "-o", path, "--chunk", "500"]
    command = [sys.executable, "-m", "secdil_sd", *map(str, line), *workers]
    marks = path / "secdil" / "done" / "c"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    child = subprocess.Popen(command, **pipes, start_new_session=True)
    while not (marks.is_dir() and len(list(marks.iterdir())) > 5):
        assert child.poll() is None, "finished before it could be interrupted"
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert child.returncode == 130
    assert "x.zarr is whole so far. The same command goes on." in said
    assert "Traceback" not in said
    done = int((xr.open_zarr(path)["status"].values == "ok").sum())
    assert 0 < done < len(draws)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"resuming: {done // 500} of 80 chunks present" in again.stderr
    assert "40,000 members, 0 failed" in again.stdout


MEASURED = """
import resource, sys, numpy as np, pandas as pd, secdil_sd as sd
members, store = int(sys.argv[1]), sys.argv[2]
model = sd.load_model("richardson")
samples = pd.DataFrame({"reaction": np.random.default_rng(4).uniform(0, 0.3, members)})
settings = {"times": range(51), "outputs": ["spending", "arming"], "progress": False}
run = model.run_ensemble(samples, store=store, **settings)
assert run["spending"].shape == (51, 2, members)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="resident memory is counted otherwise")
def test_memory_does_not_grow_with_what_is_stored(tmp_path):
    """320 MB of results pass through; what is left are the samples and a byte or so a member."""

    def peak(members):
        command = [sys.executable, "-c", MEASURED, str(members), str(tmp_path / f"{members}.zarr")]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert peak(200_000) - peak(20_000) < 100


def test_an_interrupted_store_is_readable_and_goes_on(model, samples, whole, tmp_path, caplog):
    path = tmp_path / "x.zarr"

    def stop(done, total):
        if done >= 21:
            raise KeyboardInterrupt

    settings = {**SETTINGS, "chunk": 7, "store": path}
    with pytest.raises(KeyboardInterrupt):
        model.run_ensemble(samples, **{**settings, "progress": stop})
    part = xr.open_zarr(path)
    assert (part["status"].values[:21] == "ok").all()
    assert (part["status"].values[21:] == "").all()
    assert model.run_ensemble(samples, **settings).identical(whole)
    assert "resuming: 3 of 8 chunks present" in caplog.text


def test_a_torn_chunk_without_its_mark_is_computed_again(model, samples, whole, tmp_path):
    path = tmp_path / "x.zarr"
    model.run_ensemble(samples, chunk=7, store=path, **SETTINGS)
    (path / "secdil" / "done" / "c" / "2").unlink()
    torn = next((path / "spending" / "c").rglob("2"))
    torn.write_bytes(b"half")
    assert model.run_ensemble(samples, chunk=7, store=path, **SETTINGS).identical(whole)


def test_a_store_of_something_else_is_refused_by_what_differs(model, samples, tmp_path):
    path = tmp_path / "x.zarr"
    model.run_ensemble(samples, chunk=7, store=path, **SETTINGS)

    def refused(words, samples=samples, model=model, **changes):
        with pytest.raises(InputError, match=words):
            model.run_ensemble(samples, **{"chunk": 7, "store": path, **SETTINGS, **changes})

    refused("other samples", samples=samples * 1.5)
    refused("other samples", samples=samples.rename(index={"draw 0": "first"}))
    refused("other times", times=range(0, 26, 5))
    refused("other outputs", outputs=["spending"])
    refused(r"other rtol \(1e-06 there, 1e-05 here\)", rtol=1e-5)
    refused(r"other method \(Tsit5 there, RK4 here\)", method="RK4")
    refused(r"other chunk \(7 there, 8 here\)", chunk=8)
    refused("other values", params={"grievance": 0.1})
    refused("other state", start_from=model.state(0))
    if find_spec("numba"):
        refused(r"other backend \(numpy there, numba here\)", backend="numba")
    refused("equations", model=sd.load_model("richardson", subscripts={"state": ["East", "North"]}))
    foreign = tmp_path / "notes"
    foreign.mkdir()
    refused("not an ensemble kept by secdil", store=foreign)
    with pytest.raises(OSError, match="does not exist"):
        model.run_ensemble(samples, **{**SETTINGS, "store": tmp_path / "none" / "x.zarr"})


def test_progress_shows_rate_remaining_time_and_failures(runaway, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    samples = {"initial x": [0.1, 30.0] * 10}
    settings = {"times": [0, 1, 2], "outputs": ["x"], "chunk": 2, "progress": True}
    runaway.run_ensemble(samples, **settings)
    shown = capsys.readouterr().err
    assert "/20" in shown
    assert "/s" in shown
    assert re.search(r"\d:\d\d:\d\d", shown)
    assert "10 failed" in shown
    told = []
    runaway.run_ensemble(samples, **{**settings, "progress": lambda *each: told.append(each)})
    assert told == [(done, 20) for done in range(2, 21, 2)]


# failures


def model_in(folder, equations):
    path = folder / "own.mdl"
    path.write_text("{UTF-8}\n" + equations + CONTROL)
    return sd.load_model(path)


@pytest.fixture(scope="module")
def runaway(tmp_path_factory):
    equations = "x = INTEG(x * x, initial x) ~~|\ninitial x = 1 ~~|"
    return model_in(tmp_path_factory.mktemp("runaway"), equations)


def test_three_policies_for_failures(runaway, tmp_path):
    samples = {"initial x": [0.1, 0.2, 30.0, 0.1, 40.0, 0.1]}
    settings = {"times": [0, 1, 2], "outputs": ["x"], "progress": False, "chunk": 2}
    recorded = runaway.run_ensemble(samples, **settings)
    assert list(recorded["status"].values != "ok") == [False, False, True, False, True, False]
    path = tmp_path / "x.zarr"
    with pytest.raises(SolveError, match=r"2 of 6 members failed: 2 \(.*4 \(.*all others were"):
        runaway.run_ensemble(samples, failures="raise", store=path, **settings)
    assert xr.open_zarr(path)["x"].notnull().any("time").all()
    path = tmp_path / "y.zarr"
    with pytest.raises(SolveError, match=r"1 of 6 members failed: 2 .*the rest was not solved"):
        runaway.run_ensemble(samples, failures="stop", store=path, **settings)
    assert list(xr.open_zarr(path)["status"].values[4:]) == ["", ""]
    with pytest.raises(InputError, match="record"):
        runaway.run_ensemble(samples, failures="records", **settings)


def test_retry_takes_the_method_it_is_given(tmp_path):
    """What Euler at its coarse step cannot reach, an adaptive method can."""
    model = model_in(tmp_path, "x = INTEG(-50 * x * x * x, scale) ~~|\nscale = 1 ~~|")
    settings = {"times": range(0, 9), "outputs": ["x"], "method": "Euler", "progress": False}
    samples = {"scale": [1.0, 2.0]}
    assert (model.run_ensemble(samples, **settings)["status"] == "not finite").all()
    again = model.run_ensemble(samples, retry_failed="LSODA", **settings)
    assert (again["status"] == "ok").all()
    np.testing.assert_allclose(again["x"][-1], [(1 + 800) ** -0.5, (0.25 + 800) ** -0.5], rtol=1e-4)


@pytest.mark.slow
def test_a_cluster_loses_a_worker_and_gives_the_same(model, caplog):
    distributed = pytest.importorskip("dask.distributed")
    rng = np.random.default_rng(4)
    samples = pd.DataFrame({"reaction": rng.uniform(0, 0.5, 400)})
    settings = {"times": range(0, 21, 5), "outputs": ["spending"], "chunk": 10}
    killed = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):

        def kill_one(done, total):
            if not killed:
                pids = client.run(os.getpid)
                killed.append(next(iter(pids)))
                os.kill(pids[killed[0]], signal.SIGKILL)

        found = model.run_ensemble(samples, client=client, progress=kill_one, **settings)
        while killed[0] in client.nthreads():
            time.sleep(0.05)
    assert found.identical(model.run_ensemble(samples, progress=False, **settings))


def test_columns_of_samples_meet_in_one_variable(model):
    """A whole variable first, then its elements, whatever the order of the columns."""
    both = pd.DataFrame({"fatigue.East": [0.3, 0.4], "fatigue": [0.5, 0.6]})
    run = model.run_ensemble(both, **SETTINGS)
    assert run["fatigue"].sel(state="East").values.tolist() == [0.3, 0.4]
    assert run["fatigue"].sel(state="West").values.tolist() == [0.5, 0.6]


def test_large_arrays_are_told_apart_by_digest():
    from secdil_sd.provenance import canonical, fingerprint

    big = np.arange(5000.0)
    assert len(canonical(big)) < 200
    other = big.copy()
    other[4999] += 1e-9
    assert fingerprint(big) != fingerprint(other)
    assert fingerprint(big) == fingerprint(big[::-1][::-1])
