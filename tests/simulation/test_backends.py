"""NumPy and compiled code give the same ensembles; what cannot be compiled NumPy solves."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from model_files import FILES, loaded
from targets.test_rates import EULER_ONLY

import secdil_sd as sd
from secdil_sd import bundle
from secdil_sd.equations import functions
from secdil_sd.errors import InputError
from secdil_sd.simulation import backend as choice
from secdil_sd.simulation.backend import check_backend, chosen
from secdil_sd.simulation.engine import simulate_observed
from secdil_sd.targets.native import available

needs_numba = pytest.mark.skipif(not available(), reason="needs numba")
MEMBERS = 18


def solved(setup, members=MEMBERS, **sampled):
    return simulate_observed(setup, sampled, members)


def assert_alike(found, wanted, rtol):
    """Equal statuses and times of stopping, and values within ``rtol`` of each one's largest."""
    np.testing.assert_array_equal(found.solution.status, wanted.solution.status)
    np.testing.assert_allclose(found.solution.stopped_at, wanted.solution.stopped_at, rtol=1e-6)
    for name, value in wanted.values.items():
        np.testing.assert_array_equal(np.isnan(found.values[name]), np.isnan(value), name)
        size = np.nanmax(np.abs(value), initial=1e-300)
        np.testing.assert_allclose(found.values[name] / size, value / size, atol=rtol, err_msg=name)


@needs_numba
@pytest.mark.parametrize("name", FILES)
def test_constructs(name, caplog):
    model = loaded(name)
    methods = {"Euler": 1e-10, "RK4": 1e-10, "Tsit5": 1e-5}
    for method in ("Euler",) if name in EULER_ONLY else methods:
        stocks = model.default_ensemble_outputs()  # others may jump where a digit decides
        setup, _ = model.setup(method=method, rtol=1e-8, outputs=stocks)
        if chosen(setup, "numba") == "numpy":  # said once, naming what it is
            assert re.search(r"instead of numba: .*([A-Z]{3}|no stock).*\.$", caplog.messages[-1])
            return
        compiled = solved(replace(setup, backend="numba"))
        assert compiled.bound.kernel is not None
        assert_alike(compiled, solved(setup), methods[method])


@needs_numba
@pytest.mark.parametrize("name", bundle.scenarios())
def test_scenarios(name, caplog):
    case = sd.load_scenario(name)
    case = next(iter(case.cases.values()), case)
    known = set(case.model.constants["key"])
    names = [each for each in ("fatigue", "reaction", "worst_case_bias") if each in known]
    rng = np.random.default_rng(3)
    samples = {each: rng.uniform(0.1, 0.6, MEMBERS) for each in names}
    for method, rtol in (("Euler", 1e-10), ("RK4", 1e-10), ("Tsit5", 1e-5)):
        plain, compiled = (
            case.run_ensemble(samples, method=method, rtol=1e-8, backend=each)
            for each in ("numpy", "numba")
        )
        assert (plain.attrs["backend"], compiled.attrs["backend"]) == ("numpy", "numba")
        np.testing.assert_array_equal(compiled["status"], plain["status"])
        for key in plain.data_vars:
            size = float(np.nanmax(np.abs(plain[key]), initial=1e-300))
            np.testing.assert_allclose(compiled[key] / size, plain[key] / size, atol=rtol)
    assert not caplog.records


DEATHS = """{UTF-8}
power = 2 ~~|
pull = 0.1 ~~|
x = INTEG(x ^ power - 3 * pull, 0.9) ~~|
y = INTEG(LN(z + 3) * 0.01, 1) ~~|
z = INTEG(-pull, 0.5) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 0.125 ~~|
SAVEPER = 0.5 ~~|
"""


@pytest.fixture(scope="module")
def deaths(tmp_path_factory):
    """Members that grow without bound, members whose logarithm ends, and others."""
    path = tmp_path_factory.mktemp("models") / "deaths.mdl"
    path.write_text(DEATHS)
    return sd.load_model(path)


@needs_numba
@pytest.mark.parametrize("method", ["Euler", "RK4", "Tsit5"])
def test_failures_are_the_same(deaths, method):
    pull = np.linspace(0.05, 1.2, MEMBERS)
    settings = {"samples": {"pull": pull}, "method": method, "rtol": 1e-8, "progress": False}
    plain, compiled = (deaths.run_ensemble(**settings, backend=b) for b in ("numpy", "numba"))
    failed = plain["status"].values != "ok"
    assert 4 < failed.sum() < MEMBERS
    np.testing.assert_array_equal(compiled["status"], plain["status"])
    np.testing.assert_allclose(compiled["stopped_at"], plain["stopped_at"], rtol=1e-5)
    for name in ("x", "y", "z"):
        np.testing.assert_array_equal(np.isnan(compiled[name]), np.isnan(plain[name]))


# what cannot be compiled


@needs_numba
@pytest.mark.parametrize("method", ["DOP853", "Radau"])
def test_other_methods_fall_back_with_one_message(method, caplog):
    model = loaded("richardson")
    samples = {"fatigue": [0.2, 0.3, 0.4]}
    settings = {"times": [0, 5, 10], "method": method}
    plain = model.run_ensemble(samples, **settings)
    found = model.run_ensemble(samples, backend="numba", **settings)
    assert [each.getMessage() for each in caplog.records] == [
        f"NumPy integrates instead of numba: {method} has no compiled form "
        "(Tsit5, Euler and RK4 have)."
    ]
    assert found.identical(plain) and found.attrs["backend"] == "numpy"


@needs_numba
def test_constructs_without_a_form_fall_back_by_name(tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(
        functions.FUNCTIONS, "arctan", replace(functions.FUNCTIONS["arctan"], scalar="")
    )
    path = tmp_path / "angle.mdl"
    path.write_text(DEATHS.replace("LN(z + 3)", "ARCTAN(z)"))
    model = sd.load_model(path)
    samples = {"pull": np.linspace(0.6, 1.2, 700)}  # many members: no form for these either
    plain = model.run_ensemble(samples, method="RK4")
    found = model.run_ensemble(samples, method="RK4", backend="numba", chunk=300)
    assert [each.getMessage() for each in caplog.records] == [
        "NumPy integrates instead of numba: ARCTAN has no form for single numbers."
    ]
    assert found.attrs["backend"] == "numpy"
    np.testing.assert_array_equal(found["y"], plain["y"])


def test_a_backend_that_does_not_exist():
    with pytest.raises(InputError, match=r"No backend 'nunba'\. Did you mean 'numba'"):
        loaded("richardson").run_ensemble({"fatigue": [0.2]}, backend="nunba")


def test_numba_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(choice, "available", lambda: False)
    with pytest.raises(InputError, match=r'Install it: pip install "secdil-sd\[fast\]"'):
        loaded("richardson").run_ensemble({"fatigue": [0.2]}, backend="numba")
    check_backend("numpy")
    assert loaded("richardson").run_ensemble({"fatigue": [0.2]}).attrs["backend"] == "numpy"


# processes, files, silence


ENSEMBLE = """
import numpy as np, secdil_sd as sd
from secdil_sd.simulation.engine import simulate_observed
from dataclasses import replace
setup, _ = sd.load_model("richardson").setup(method="Euler", times=[0, 5])
solved = simulate_observed(replace(setup, backend="numba"), {}, 3)
stats = solved.bound.kernel.rates.stats
print(len(stats.cache_hits), len(stats.cache_misses), repr(solved.solution.states[-1, 0, 0]))
"""


@needs_numba
def test_machine_code_is_kept_for_the_next_process(fresh_python, tmp_path):
    folder = str(tmp_path / "own")
    first, second = (fresh_python(ENSEMBLE, SECDIL_CACHE=folder).split() for _ in range(2))
    assert first[:2] == ["0", "1"] and second[:2] == ["1", "0"]
    assert first[2] == second[2]


@needs_numba
def test_a_folder_that_cannot_be_written_is_no_error(fresh_python, tmp_path):
    (tmp_path / "file").write_text("no folder")
    found = fresh_python(ENSEMBLE, SECDIL_CACHE=str(tmp_path / "file" / "own")).split()
    assert found[0] == "0"


NOWHERE = """
from numba.core import caching
kind = getattr(caching, "CacheImpl", None) or caching._CacheImpl
kind._locator_classes = []  # as where package and home are read only
"""


@needs_numba
@pytest.mark.slow
def test_nowhere_to_keep_machine_code_is_no_error(fresh_python):
    assert fresh_python(NOWHERE + ENSEMBLE).split()[0] == "0"


@needs_numba
def test_workers_of_a_pool_compile_for_themselves(deaths):
    pytest.importorskip("loky")
    settings = {"samples": {"pull": np.linspace(0.05, 1.2, 40)}, "backend": "numba", "chunk": 20}
    here = deaths.run_ensemble(**settings)
    assert deaths.run_ensemble(**settings, client=2).identical(here)


SILENT = """
import warnings
import numpy as np, secdil_sd as sd
import pysd  # announces its own deprecations when it is imported
model = sd.load_model({path!r})
warnings.simplefilter("error")
for backend in {backends!r}:
    for method in ("Tsit5", "Euler", "RK4"):
        for members in (3, 600):
            pull, power = np.linspace(0.05, 1.2, members), np.linspace(0.5, 2, members)
            samples = {{"pull": pull, "power": power}}
            found = model.run_ensemble(samples, method=method, backend=backend)
            assert set(np.unique(found["status"])) > {{"ok"}}
"""


def test_no_warning_reaches_the_user(fresh_python, deaths):
    backends = ["numpy", "numba"] if available() else ["numpy"]
    assert fresh_python(SILENT.format(path=str(deaths.path), backends=backends)) == ""


PLAIN = """
import sys, contextlib, io
import secdil_sd as sd
for each in sd.__all__:
    getattr(sd, each)
model = sd.load_model("richardson")
model.run(times=[0, 1])
model.run_ensemble({"fatigue": [0.2] * 600}, times=[0, 1])
from secdil_sd.cli import main
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    sys.argv = ["secdil", "--help"]
    main()
print([each for each in sys.modules if each.split(".")[0] in ("numba", "llvmlite")])
"""


def test_numba_is_imported_only_where_it_is_asked_for(fresh_python):
    assert fresh_python(PLAIN).strip() == "[]"
