"""Sensitivity analysis: closed forms, SALib on the same data, extension, failed runs, bad input."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import secdil_sd as sd
from secdil_sd.analysis.sensitivity import distances, effects, spectra, variance, words
from secdil_sd.analysis.sensitivity.failures import failure_drivers
from secdil_sd.analysis.sensitivity.methods import METHODS

MODELS = Path(__file__).parents[2] / "models" / "sensitivity"
INDICES = ["output", "state", "time", "parameter", "parameter2", "index"]


def load(name):
    return sd.load_model(MODELS / f"{name}.mdl")


@pytest.fixture(scope="module")
def ishigami():
    return sd.sensitivity(load("ishigami"), n=1024, outputs=["level final"])


@pytest.fixture(scope="module")
def world():
    return sd.load_scenario("four_worlds").cases["W1"].replace(times=range(41))


def ishigami_values(x):
    return np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2


def ishigami_truth():
    a, b = 7, 0.1
    parts = {
        ("x1",): 0.5 * (1 + b * math.pi**4 / 5) ** 2,
        ("x2",): a**2 / 8,
        ("x1", "x3"): b**2 * math.pi**8 * (1 / 18 - 1 / 50),
    }
    whole = sum(parts.values())
    share = {names: part / whole for names, part in parts.items()}
    first = {name: share.get((name,), 0.0) for name in ("x1", "x2", "x3")}
    total = {
        name: sum(part for names, part in share.items() if name in names)
        for name in ("x1", "x2", "x3")
    }
    return first, total, share[("x1", "x3")]


def g_truth():
    parts = 1 / (3 * (1 + np.array([0, 1, 4.5, 9, 99, 99, 99, 99])) ** 2)
    whole = np.prod(1 + parts) - 1
    return parts / whole, parts * np.prod(1 + parts) / (1 + parts) / whole


def values_of(result, index, state=None):
    own = result.indices[(result.indices["index"] == index)]
    if state is not None:
        own = own[own["state"] == state]
    return own.set_index("parameter")["value"]


# the closed forms


def test_ishigami_as_a_model_file_gives_the_analytic_indices_within_their_intervals(ishigami):
    first, total, pair = ishigami_truth()
    for index, truth in (("S1", first), ("ST", total)):
        own = ishigami.indices[ishigami.indices["index"] == index].set_index("parameter")
        for name, value in truth.items():
            assert own.loc[name, "conf_low"] <= value <= own.loc[name, "conf_high"], (index, name)
            assert own.loc[name, "value"] == pytest.approx(value, abs=0.04)
    own = ishigami.indices[ishigami.indices["index"] == "S2"]
    found = own[(own["parameter"] == "x1") & (own["parameter2"] == "x3")].iloc[0]
    assert found["conf_low"] <= pair <= found["conf_high"]
    assert ishigami.runs == 1024 * 8 == len(ishigami.samples)


def test_sobol_g_as_a_model_file_gives_the_analytic_indices_within_their_intervals():
    found = sd.sensitivity(
        load("sobol_g"), n=1024, outputs=["level final"], second_order=False, seed=3
    )
    for index, truth in zip(("S1", "ST"), g_truth(), strict=True):
        own = found.indices[found.indices["index"] == index]
        inside = (own["conf_low"] - 1e-3 <= truth) & (truth <= own["conf_high"] + 1e-3)
        assert inside.all(), own
    assert found.finding.startswith("X1 alone explains 7")


@pytest.mark.parametrize(("method", "n"), [("fast", 513), ("rbd_fast", 2048), ("hdmr", 600)])
def test_other_variance_methods_find_the_first_order_indices_of_ishigami(method, n):
    first, _, _ = ishigami_truth()
    found = sd.sensitivity(load("ishigami"), method, n=n, outputs=["level final"])
    assert values_of(found, "S1").to_dict() == pytest.approx(
        first, abs=0.1 if method == "hdmr" else 0.06
    )


# SALib on the same data

UNIT = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-math.pi, math.pi]] * 3}


def test_the_design_and_the_numbers_of_sobol_are_salibs(ishigami):
    from SALib.analyze import sobol
    from SALib.sample import sobol as sampler

    rows = sampler.sample(UNIT, 1024, seed=np.random.default_rng(1))
    np.testing.assert_allclose(ishigami.samples.to_numpy(), rows, rtol=1e-12, atol=1e-12)
    values = ishigami.to_salib()["results"][:, 0]
    np.testing.assert_allclose(values, ishigami_values(rows), rtol=1e-6, atol=1e-6)
    peer = sobol.analyze(UNIT, values, seed=1)
    for index in ("S1", "ST"):
        own = ishigami.indices[ishigami.indices["index"] == index]
        np.testing.assert_allclose(own["value"], peer[index], rtol=1e-9, atol=1e-12)
        half = own["conf_high"] - own["value"]
        np.testing.assert_allclose(half, peer[f"{index}_conf"], rtol=1e-9)
    own = ishigami.indices[ishigami.indices["index"] == "S2"]
    upper = np.triu_indices(3, 1)
    np.testing.assert_allclose(own["value"], peer["S2"][upper], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(own["conf_high"] - own["value"], peer["S2_conf"][upper], rtol=1e-9)


def test_columns_judged_together_are_those_judged_alone():
    rng = np.random.default_rng(0)
    values = rng.random((64 * 8, 3))
    together = variance.sobol_indices(values, 3, True, 20, 1)
    for column in range(3):
        alone = variance.sobol_indices(values[:, [column]], 3, True, 20, 1)
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one.value[:, 0], all_of_them.value[:, column])
            np.testing.assert_allclose(one.half[:, 0], all_of_them.half[:, column])


def test_elementary_effects_are_salibs():
    from SALib.analyze import morris
    from SALib.sample import morris as sampler

    cube = {**UNIT, "bounds": [[0, 1]] * 3}
    u = sampler.sample(cube, 50, seed=2)
    values = ishigami_values((2 * u - 1) * math.pi)
    peer = morris.analyze(cube, u, values, seed=2)
    own = {
        each.index: each
        for each in effects.morris_indices(u, values[:, None], np.arange(3), 400, 1)
    }
    for index in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(own[index].value[:, 0], np.array(peer[index], dtype=float))
    conf = np.array(peer["mu_star_conf"], dtype=float)
    np.testing.assert_allclose(own["mu_star"].half[:, 0], conf, rtol=0.3, atol=1e-9)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    x = rng.uniform(-math.pi, math.pi, (1024, 3))
    return x, ishigami_values(x)


def test_rbd_fast_has_the_numbers_of_salib(drawn):
    from SALib.analyze import rbd_fast

    x, y = drawn
    peer = rbd_fast.analyze(UNIT, x, y, seed=4)
    (own,) = spectra.rbd_fast_indices(x, y[:, None], 100, 4)
    np.testing.assert_allclose(own.value[:, 0], peer["S1"], rtol=1e-9)
    np.testing.assert_allclose(own.half[:, 0], peer["S1_conf"], rtol=1e-9)


def test_fast_has_the_indices_of_salib():
    from SALib.analyze import fast
    from SALib.sample import fast_sampler

    x = fast_sampler.sample(UNIT, 257, seed=1)
    y = ishigami_values(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = fast.analyze(UNIT, y, seed=1)
    first, total = spectra.fast_indices(y[:, None], 3, 257, 20, 1)
    np.testing.assert_allclose(first.value[:, 0], peer["S1"], rtol=1e-9)
    np.testing.assert_allclose(total.value[:, 0], peer["ST"], rtol=1e-9)


def test_pawn_is_salibs_but_for_the_last_row_it_leaves_out(drawn):
    from SALib.analyze import pawn

    x, y = drawn
    peer = pawn.analyze(UNIT, x, y, S=10)
    median, largest = distances.pawn_indices(x, y[:, None], 20, 1)
    np.testing.assert_allclose(median.value[:, 0], peer["median"], atol=0.01)
    np.testing.assert_allclose(largest.value[:, 0], peer["maximum"], atol=0.01)


def test_delta_estimates_what_salib_sums_exactly(drawn):
    from SALib.analyze.delta import calc_delta

    x, y = drawn
    classes = np.linspace(0, len(x), distances._class_count(len(x)) + 1)
    grid = np.linspace(y.min(), y.max(), 100)
    rows = np.arange(len(x))[None, :]
    smooth = distances._Densities(y, rows)
    for column in x.T:
        own = smooth.delta(distances._classes(column, rows), distances._class_count(len(x)))
        assert own[0] == pytest.approx(calc_delta(y, grid, column, classes), abs=1e-3)


def test_a_parameter_without_effect_is_told_from_one_with():
    rng = np.random.default_rng(1)
    x = rng.random((512, 2))
    y = x[:, :1] + 0.01 * rng.random((512, 1))
    for judge in (distances.pawn_indices, distances.delta_indices):
        notes = judge(x, y, 20, 1)[0].notes
        assert set(notes) <= {1}
    assert distances.pawn_indices(x, y, 20, 1)[0].value[0, 0] > 0.4


def test_distances_with_ties_are_those_of_scipy():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(0)
    x, y = rng.random(200), rng.integers(0, 5, 200).astype(float)
    slices = distances.slices_of(x)
    own = distances._distances(slices, y, np.full((1, 200), 1 / 200))
    peer = [ks_2samp(y[slices == k], y).statistic for k in range(10)]
    assert own[:, 0] == pytest.approx([np.median(peer), max(peer)])


def test_salib_takes_the_problem_and_gives_the_same(ishigami):
    from SALib.analyze import sobol

    problem = ishigami.to_salib()
    assert problem["num_vars"] == 3 and problem["samples"].shape == (8192, 3)
    peer = sobol.analyze(problem, problem["results"][:, 0], seed=1)
    assert values_of(ishigami, "ST").to_numpy() == pytest.approx(peer["ST"])


# the bundled scenarios


@pytest.mark.parametrize("name", ["cold_war", "four_worlds", "regime_dyads"])
def test_morris_and_sobol_agree_on_the_ranking(name):
    case = sd.load_scenario(name)
    if case.cases:
        case = next(iter(case.cases.values())).replace(times=range(61))
    sobol = sd.sensitivity(case, n=64, second_order=False)
    morris = sd.sensitivity(case, "morris", n=64)
    state = case.states[0]
    strong, stronger = values_of(sobol, "ST", state), values_of(morris, "mu_star", state)
    assert spearmanr(strong, stronger.reindex(strong.index)).statistic > 0.8
    assert strong.idxmax() in set(stronger.nlargest(3).index)


def test_the_default_says_how_much_of_the_design_leaves_a_constraint(world):
    found = sd.sensitivity(world, n=16)
    (note,) = found.notes
    assert "leaves the constraint" in note and "narrow 'buildup alarm' to at most 1.5" in note
    concerned = found.indices[found.indices["note"] != ""]
    touched = {"buildup alarm", "worst case bias"}
    assert all(
        touched & {row.parameter, row.parameter2} for row in concerned.itertuples(index=False)
    )
    assert note in str(found)
    narrow = {"buildup alarm": (0, 1.5), "worst case bias": None}
    assert sd.sensitivity(world, n=16, parameters=narrow).notes == ()
    assert sd.sensitivity(world, n=16, constraints=None).notes == ()
    assert sd.sensitivity(world, "pawn", n=64).notes == ()


def test_a_constraint_of_ones_own_is_kept_by_given_data_methods_and_refused_by_others(world):
    rule = "buildup alarm >= worst case bias"
    with pytest.raises(sd.InputError, match=r"cannot keep .*buildup alarm >= worst") as caught:
        sd.sensitivity(world, n=16, constraints=[rule])
    assert "pawn" in str(caught.value)
    found = sd.sensitivity(world, "pawn", n=64, constraints=[rule])
    assert (found.samples["buildup alarm"] >= found.samples["worst case bias"]).all()


def test_outputs_over_time_are_analysed_at_each_time_for_each_element(world):
    parameters = ["reaction[*]", "offense defense balance"]
    found = sd.sensitivity(
        world, n=32, parameters=parameters, outputs=["burden", "peak spiral number"],
        times=[0, 10, 20],
    )  # fmt: skip
    table = found.indices
    assert table.groupby("output")["state"].unique().map(list).to_dict() == {
        "burden": ["A", "B"],
        "peak spiral number": [""],
    }
    burden = table[table["output"] == "burden"]
    assert sorted(burden["time"].unique()) == [0, 10, 20]
    assert table[table["output"] == "peak spiral number"]["time"].isna().all()
    assert not table.duplicated(INDICES).any()
    start = burden[burden["time"] == 0]
    assert start["value"].isna().all() and (start["note"] == "does not vary").all()
    assert not start["settled"].any() and (start["more_runs"] == 0).all()
    alone = sd.sensitivity(
        world, n=32, parameters=parameters, outputs=["burden final"], times=[0, 10, 20]
    )
    last = burden[burden["time"] == 20]
    np.testing.assert_allclose(last["value"], alone.indices["value"], rtol=1e-9)


def test_groups_are_judged_as_one(world):
    groups = {"beliefs": ["buildup alarm", "worst case bias"], "arms": ["reaction"]}
    for method, index in (("sobol", "ST"), ("morris", "mu_star")):
        found = sd.sensitivity(
            world, method, n=16, parameters=["buildup alarm", "worst case bias", "reaction"],
            groups=groups,
        )  # fmt: skip
        assert set(values_of(found, index, "A").index) == {"beliefs", "arms"}
        assert values_of(found, index, "A").idxmax() == "arms"
        assert found.runs == 16 * (6 if method == "sobol" else 3)


# going on


@pytest.mark.parametrize(
    ("method", "n", "more"),
    [("sobol", 32, 64), ("morris", 10, 7), ("fast", 65, 65), ("pawn", 64, 70)],
)
def test_extending_runs_only_what_is_missing(method, n, more, monkeypatch):
    from secdil_sd.simulation.model import Model

    run = []
    whole = Model.run_ensemble

    def counted(self, samples, *arguments, **options):
        run.append(len(samples))
        return whole(self, samples, *arguments, **options)

    monkeypatch.setattr(Model, "run_ensemble", counted)
    first = sd.sensitivity(load("ishigami"), method, n=n, outputs=["level final"])
    longer = first.extend(more)
    assert longer.n == n + more and longer.runs == sum(run) and longer.new_runs == run[1]
    assert run[1] * n == run[0] * more
    assert first.runs == run[0] and len(first.indices) == len(longer.indices)
    pd.testing.assert_frame_equal(first.samples, longer.samples.iloc[: first.runs])
    assert not longer.samples.duplicated().all()
    if method in ("sobol", "morris"):
        twice = sd.sensitivity(load("ishigami"), method, n=128, outputs=["level final"])
        assert np.array_equal(longer.samples, twice.samples.iloc[: longer.runs])


def test_an_extended_analysis_is_the_one_made_at_once(ishigami):
    half = sd.sensitivity(load("ishigami"), n=512, outputs=["level final"])
    longer = half.extend(512)
    np.testing.assert_allclose(longer.indices["value"], ishigami.indices["value"], atol=1e-5)
    width = [(e.indices["conf_high"] - e.indices["value"]).mean() for e in (half, longer)]
    assert width[1] < 0.85 * width[0]


def test_how_many_more_runs_are_needed_follows_the_root_of_n(ishigami):
    table = ishigami.indices
    half = table["conf_high"] - table["value"]
    enough = np.maximum(0.05, 0.1 * table["value"].abs())
    assert (table["settled"] == (half <= enough)).all()
    assert (table.loc[table["settled"], "more_runs"] == 0).all()
    open_ones = table[~table["settled"]]
    wanted = 1024 * ((half / enough) ** 2 - 1)[~table["settled"]]
    assert (open_ones["more_runs"] % (1024 * 8) == 0).all()
    assert (open_ones["more_runs"] >= 8 * wanted).all()
    assert (open_ones["more_runs"] <= 8 * (wanted + 1024)).all()


def test_one_seed_is_one_result_on_any_number_of_workers(world):
    asked = {"n": 16, "parameters": ["reaction", "fatigue"], "outputs": ["burden final"]}
    alone, again, shared = (
        sd.sensitivity(world, **asked, **more) for more in ({}, {}, {"client": 4, "chunk": 32})
    )
    pd.testing.assert_frame_equal(alone.indices, again.indices)
    one = sd.sensitivity(world, **asked, client=1, chunk=32)
    pd.testing.assert_frame_equal(one.indices, shared.indices)
    other = sd.sensitivity(world, **asked, seed=2)
    assert not np.isclose(other.samples, alone.samples).any(axis=None)


# an ensemble one already has


def test_an_ensemble_one_has_is_judged_as_it_is():
    rng = np.random.default_rng(2)
    draws = pd.DataFrame(rng.uniform(-math.pi, math.pi, (600, 3)), columns=["x1", "x2", "x3"])
    run = load("ishigami").run_ensemble(draws, outputs=["level final"], progress=False)
    for method, index in (("pawn", "PAWN median"), ("delta", "delta"), ("rbd_fast", "S1")):
        found = sd.sensitivity_of(run, method=method)
        assert values_of(found, index).idxmax() == "x2"
        assert found.new_runs == 0 and found.runs == 600
    with pytest.raises(sd.InputError, match="own design"):
        sd.sensitivity_of(run, method="sobol")
    with pytest.raises(sd.InputError, match="made elsewhere"):
        found.extend(100)
    with pytest.raises(sd.InputError, match=r"no output 'levle final'.*level final"):
        sd.sensitivity_of(run, outputs=["levle final"])
    with pytest.raises(sd.InputError, match="no members"):
        sd.sensitivity_of(load("ishigami").run(outputs=["level"]))


def test_elements_moved_together_are_one_parameter_of_an_ensemble(world):
    draws = {"reaction": np.linspace(0.1, 0.3, 80), "fatigue.A": np.tile([0.1, 0.3], 40)}
    run = world.run_ensemble(draws, outputs=["burden final"], progress=False)
    found = sd.sensitivity_of(run)
    assert set(found.indices["parameter"]) == {"reaction", "fatigue[A]"}


# failed runs


def test_blocks_with_failed_runs_are_left_out_and_counted():
    model = load("fails")
    ranges = {"gain": (0, 1.03), "drain": (0, 0.01)}
    found = sd.sensitivity(model, n=256, parameters=ranges, outputs=["size final"])
    lost = found.failed
    assert len(lost) and (lost["gain"] > 1).all() and lost["stopped_at"].between(0.9, 1).all()
    assert set(lost.columns) == {"gain", "drain", "status", "stopped_at"}
    blocks = set(lost.index // 6)
    assert found.dropped == len(blocks) and found.blocks == 256
    assert found.drivers["parameter"].iloc[0] == "gain"
    assert found.drivers["separation"].iloc[0] > 0.95
    (note,) = found.notes
    assert f"{len(lost)} of 1,536 runs failed" in note and f"{found.dropped} of 256 blocks" in note
    assert found.indices["value"].notna().all()
    assert values_of(found, "ST")["gain"] > 0.9


@pytest.mark.parametrize(("method", "n"), [("sobol", 64), ("morris", 40), ("pawn", 100)])
def test_failed_runs_of_an_extension_join_those_of_the_first(method, n):
    ranges = {"gain": (0, 1.05), "drain": (0, 0.01)}
    first = sd.sensitivity(load("fails"), method, n=n, parameters=ranges, outputs=["size final"],
                           failures="drop")  # fmt: skip
    longer = first.extend(n)
    assert len(longer.failed) > len(first.failed) > 0
    lost = longer.samples["gain"].to_numpy() > 1
    assert list(longer.failed.index) == list(np.flatnonzero(lost))
    np.testing.assert_array_equal(longer.failed["gain"], longer.samples["gain"][lost])
    assert longer.dropped >= first.dropped and longer.blocks == 2 * first.blocks


def test_too_many_failures_are_an_error_that_names_the_region():
    ranges = {"gain": (0, 2), "drain": (0, 0.01)}
    asked = {"n": 64, "parameters": ranges, "outputs": ["size final"]}
    with pytest.raises(sd.SolveError, match=r"runs failed \(\d\d%\), most where 'gain' is above"):
        sd.sensitivity(load("fails"), **asked)
    found = sd.sensitivity(load("fails"), **asked, failures="drop")
    assert 0.4 < len(found.failed) / found.runs < 0.6 and found.dropped > 32
    given = sd.sensitivity(load("fails"), "pawn", **{**asked, "n": 200}, failures="drop")
    assert given.dropped == len(given.failed)
    curves = sd.sensitivity(load("fails"), "fast", **{**asked, "n": 65}, failures="drop")
    assert curves.indices["value"].isna().any()
    with pytest.raises(sd.SolveError, match="too few"):
        sd.sensitivity(
            load("fails"), "sobol", n=16, parameters={"gain": (1.5, 2), "drain": (0, 0.01)},
            outputs=["size final"], failures="drop",
        )  # fmt: skip


def test_what_failed_runs_would_have_told_is_not_called_constant():
    asked = {"parameters": {"gain": (1.2, 2), "drain": (0, 0.01)}, "failures": "drop"}
    found = sd.sensitivity(load("fails"), "tornado", outputs=["size final"], **asked)
    assert len(found.failed) == 2 and found.finding.startswith("Drain swings")
    own = found.indices.set_index(["parameter", "index"])["value"]
    assert own.loc["gain"].drop("base").isna().all()


def test_what_drives_failure_is_found_on_either_side():
    values = np.linspace(0, 1, 200)
    table = failure_drivers(
        pd.DataFrame({"low": values, "noise": np.tile([0.0, 1.0], 100)}), values < 0.3
    )
    top = table.iloc[0]
    assert top["parameter"] == "low" and top["side"] == "below"
    assert top["threshold"] == pytest.approx(0.3, abs=0.03)
    assert top["separation"] == pytest.approx(1) and top["failed_elsewhere"] < 0.05


def test_an_output_that_never_moves_says_so():
    model = load("fails")
    for method, n in (("sobol", 16), ("morris", 4), ("pawn", 64), ("delta", 64), ("fast", 65)):
        found = sd.sensitivity(
            model, method, n=n, parameters={"gain": (0, 0.5), "drain": (0, 0.01)},
            outputs=["constant stock final"],
        )  # fmt: skip
        assert found.indices["value"].isna().all()
        assert found.indices["note"].str.startswith("does not vary").all()
        assert "does not vary" in found.finding and "does not vary" in str(found)


def test_a_tornado_moves_one_parameter_at_a_time(world):
    found = sd.sensitivity(world, "tornado", parameters=["reaction[*]", "fatigue[A]"])
    assert found.runs == 5
    own = found.indices[found.indices["state"] == "A"].set_index(["parameter", "index"])["value"]
    base = float(world.run(outputs=["burden final"])["burden_final"].sel(state="A"))
    assert own["reaction", "base"] == pytest.approx(base, rel=1e-5)
    ends = world.run(params={"fatigue.A": 0.6}, outputs=["burden final"])
    assert own["fatigue[A]", "high"] == pytest.approx(
        float(ends["burden_final"].sel(state="A")), rel=1e-5
    )
    swing = own["fatigue[A]", "high"] - own["fatigue[A]", "low"]
    assert own["fatigue[A]", "swing"] == pytest.approx(swing)
    with pytest.raises(sd.InputError, match="complete"):
        found.extend(3)


def test_unbounded_distributions_are_sampled_by_every_method(world):
    bell = {"kind": "normal", "mean": 0.6, "spread": 0.1}
    for name, method in METHODS.items():
        n = max(method.least, 2)
        found = sd.sensitivity(
            world, name, n=n, parameters={"worst case bias": bell, "balance effect": (0.5, 1)}
        )
        assert np.isfinite(found.samples.to_numpy()).all() and not len(found.failed)


# words, files, figures


def test_a_negative_index_whose_interval_holds_zero_prints_as_about_zero(ishigami):
    row = next(ishigami.indices.itertuples(index=False))
    near = row._replace(value=-0.01, conf_low=-0.03, conf_high=0.01)
    assert words.cell(near) == "about 0"
    assert words.cell(near._replace(settled=False)) == "about 0 ?"
    assert words.cell(near._replace(value=0.01, conf_low=-0.01, conf_high=0.03)) == "0.010 ± 0.020"
    assert words.cell(near._replace(value=-0.3, conf_low=-0.4, conf_high=-0.2)) == "-0.30 ± 0.10"
    assert words.cell(near._replace(value=float("nan"))) == "-"


def test_the_finding_never_contradicts_itself(ishigami):
    table = ishigami.indices.copy()
    table.loc[(table["parameter"] == "x1") & (table["index"] == "S1"), "value"] = 0.75
    found = words.finding(table, "sobol")  # by chance more alone than with its interactions
    assert found.startswith("X1 explains about 55% of the variation of the final level")


def test_the_finding_admits_what_it_cannot_tell_apart(world):
    found = sd.sensitivity(world, n=16, parameters=["reaction", "fatigue"])
    assert "may matter as much" in found.finding


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_results_are_written(ishigami, tmp_path, ending):
    path = ishigami.save(tmp_path / f"out{ending}")
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet}.get(ending)
    if read is not None:
        table = read(path)
        np.testing.assert_allclose(table["value"], ishigami.indices["value"])
    else:
        assert ishigami.finding in path.read_text().encode().decode("unicode_escape")


def test_every_method_has_a_figure_and_a_page_with_the_finding(world, tmp_path):
    parameters = ["reaction", "buildup alarm", "offense defense balance"]
    for name, method in METHODS.items():
        n = {"sobol": 16, "morris": 8}.get(name, max(method.least, 1))
        for output in (
            ("burden final", "burden") if name in ("sobol", "morris") else ("burden final",)
        ):
            found = sd.sensitivity(
                world, name, n=n, parameters=parameters, outputs=[output], times=[0, 20, 40]
            )
            figure = sd.figure(found)
            assert figure.layout.title.text and len(figure.data)
    path = sd.report(sd.sensitivity(world, n=16, parameters=parameters), tmp_path / "page.html")
    text = path.read_text()
    assert "What drives it" in text and "leaves the constraint" in text


# bad input


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"method": "sobl"}, "No method 'sobl'. Did you mean 'sobol'"),
        ({"n": 1000}, "take 1024, or 512"),
        ({"n": 0}, "n is 0"),
        ({"method": "fast", "n": 64}, "65 points of a search curve or more"),
        ({"method": "hdmr", "n": 100}, "600 runs or more"),
        ({"parameters": ["reactoin"]}, "Did you mean 'reaction'"),
        ({"parameters": {"fatigue": (0.3, 0.1)}}, "0.3"),
        ({"outputs": ["burdn final"]}, "burdn"),
        ({"failures": "dorp"}, "Did you mean 'drop'"),
        ({"method": "pawn", "n": 64, "groups": {"g": ["fatigue"]}}, "does not judge"),
        ({"seed": -1}, "seed is -1"),
        ({"method": "pawn", "n": 64, "constraints": ["fatigue.A >= 2"]}, "keeps 0.00%"),
        ({"constraints": ["fatigue.A >= fatigu"]}, "Did you mean 'fatigue'"),
        ({"resamples": 1}, "resamples is 1"),
        ({"clint": 2}, "clint"),
    ],
)
def test_bad_input_is_a_sentence(world, asked, words):
    with pytest.raises(sd.InputError, match=words.replace("(", r"\(")):
        sd.sensitivity(world, **{"n": 16, "parameters": ["fatigue"], **asked})


def test_all_mistakes_are_told_together(world):
    with pytest.raises(sd.InputError) as caught:
        sd.sensitivity(world, "sobol", n=7, parameters=["fatigu"], failures="never")
    assert len(caught.value.findings) == 3


@pytest.mark.parametrize(("n", "more"), [(32, 48), (32, 0), (32, 7)])
def test_an_extension_that_breaks_the_balance_says_what_fits(n, more):
    found = sd.sensitivity(load("ishigami"), n=n, outputs=["level final"])
    with pytest.raises(sd.InputError, match="32"):
        found.extend(more)
