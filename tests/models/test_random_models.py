"""Random models: runs, batches, compiled code and PySD compute, and fail, alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from models.peers import pysd_run
from random_models import RandomModel, random_models

import secdil_sd as sd
from secdil_sd.equations import scalars
from secdil_sd.simulation.engine import Solved, simulate
from secdil_sd.targets import forms
from secdil_sd.targets.native import available
from secdil_sd.targets.program import MANY_MEMBERS

FEW = 21
"""Members of a small batch: not a whole number of compiled blocks."""

RTOL = 1e-9

BEYOND_PYSD = ("out of range", "number of dimensions", "maximum recursion depth")
"""Its power is Python's, which raises; it wants an array in every branch; elements of a variable
that read each other go round in circles."""


def samples(model: RandomModel, members: int) -> dict[str, np.ndarray]:
    """Values of two constants: the file's own first, then zeros, ones and others."""
    rng = np.random.default_rng(5)
    names = model.constants[1:3]
    values = rng.choice([0.0, 1.0, 0.5, 2.0, -0.7, 0.313, 1.618], (len(names), members))
    return dict(zip(names, values, strict=True))


class Runs:
    """One model file solved every way there is."""

    def __init__(self, model: RandomModel, folder: Path) -> None:
        self.path = folder / "random.mdl"
        self.path.write_text(model.text)
        self.model, self.loaded = model, sd.load_model(self.path)
        self.sampled = samples(model, MANY_MEMBERS)
        for name, values in self.sampled.items():
            values[0] = float(self.loaded.setup()[0].values.constants[name])

    def solved(self, method: str, members: int | None, backend: str = "numpy") -> Solved:
        setup, _ = self.loaded.setup(method=method, outputs=list(self.model.stocks))
        if members is None:
            return simulate(setup)
        sampled = {name: values[:members] for name, values in self.sampled.items()}
        return simulate(replace(setup, backend=backend), sampled, members)


def assert_alike(one: Solved, other: Solved, members: slice | int, rtol: float = RTOL) -> None:
    """Statuses, when a member stopped, and states up to ``rtol`` of the largest a stock takes."""
    np.testing.assert_array_equal(
        np.asarray(one.solution.status)[members], np.asarray(other.solution.status)
    )
    np.testing.assert_array_equal(
        np.asarray(one.solution.stopped_at)[members], other.solution.stopped_at
    )
    left, right = one.solution.states[..., members], other.solution.states
    assert (np.isnan(left) == np.isnan(right)).all()
    size = np.nanmax(np.abs(right), axis=0, initial=1e-300)
    with np.errstate(invalid="ignore"):
        worst = np.nanmax(np.abs(left - right) / size, initial=0.0)
    assert worst <= rtol, f"{worst:.2e}"


def check_numpy(model: RandomModel, folder: Path) -> None:
    """A run, a small batch over arrays, a large one element by element."""
    runs = Runs(model, folder)
    for method in ("Euler", "RK4"):
        alone = runs.solved(method, None)
        few, many = runs.solved(method, FEW), runs.solved(method, MANY_MEMBERS)
        assert_alike(few, alone, 0)
        assert_alike(many, few, slice(FEW))


def check_numba(model: RandomModel, folder: Path) -> None:
    """Compiled code, whole blocks and the rest of one."""
    runs = Runs(model, folder)
    for method in ("Euler", "RK4"):
        few, compiled = runs.solved(method, FEW), runs.solved(method, FEW, "numba")
        assert compiled.bound.kernel is not None
        assert_alike(compiled, few, slice(FEW))


def check_loops(model: RandomModel, folder: Path) -> None:
    """Compiled loops over whole arrays, as for large worlds: members in blocks, and singly."""
    for wide in (1, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(scalars, "MOST_NODES", 0)
            patch.setattr(forms, "WIDE", wide)
            runs = Runs(model, folder)
            few = runs.solved("Euler", FEW)
            if few.bound.program.forms.refusal:
                return
            compiled = runs.solved("Euler", FEW, "numba")
            assert compiled.bound.kernel is not None
            assert_alike(compiled, few, slice(FEW))


def check_pysd(model: RandomModel, folder: Path) -> None:
    """PySD's Euler: values where it is finite, and where it is not."""
    runs = Runs(model, folder)
    alone = runs.solved("Euler", None)
    try:
        theirs = pysd_run(runs.path)
    except (OverflowError, RecursionError, ValueError) as error:
        assert any(each in str(error) for each in BEYOND_PYSD)
        return
    table = np.column_stack(
        [theirs[each] for each in theirs.columns if each.split("[")[0] in model.stocks]
    ).astype(float)
    ours = np.column_stack([alone.values[each].reshape(len(table), -1) for each in model.stocks])
    names = [each.split("[")[0] for each in theirs.columns if each.split("[")[0] in model.stocks]
    assert names == sorted(names, key=model.stocks.index)
    good = np.isfinite(ours).all(axis=1)
    assert (alone.solution.status == "ok") == good.all()
    assert np.isfinite(table[good]).all()
    if not good.all() and "SUM(" not in model.text and "VM" not in model.text:
        assert not np.isfinite(table[~good]).all()  # PySD's sums leave out what is not a number
    size = np.abs(table[good]).max(axis=0, initial=1e-300)
    worst = np.max(np.abs(ours - table)[good] / size, initial=0.0)
    assert worst <= RTOL, f"{worst:.2e}"


rich = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@settings(rich, max_examples=40)
@given(model=random_models())
def test_a_run_and_batches_of_any_size_agree(model, tmp_path):
    check_numpy(model, tmp_path)


@pytest.mark.skipif(not available(), reason="needs numba")
@settings(rich, max_examples=10)
@given(model=random_models(richness=8))
def test_compiled_code_agrees(model, tmp_path):
    check_numba(model, tmp_path)


@pytest.mark.skipif(not available(), reason="needs numba")
@settings(rich, max_examples=4)
@given(model=random_models())
def test_compiled_loops_agree(model, tmp_path):
    check_loops(model, tmp_path)


@pytest.mark.peer
@settings(rich, max_examples=20)
@given(model=random_models())
def test_pysd_agrees(model, tmp_path):
    check_pysd(model, tmp_path)
