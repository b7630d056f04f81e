"""What every verb says of an argument that is none: by name, together, and before anything runs."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd

VERBS = [
    "basins", "behavior_modes", "bifurcation", "dimensional_stacking", "discover", "propositions",
    "reality_check", "remedies", "search_policy", "sensitivity", "sensitivity_of",
    "stability_map", "sweep", "sweep_members", "sweep_zipped", "threshold", "to_ema", "to_salib",
]  # fmt: skip
WRONG = (3, float("nan"), True)


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson")


@pytest.mark.parametrize("name", VERBS)
def test_a_misspelt_keyword_suggests_the_nearest(name, linear):
    verb = getattr(sd, name)
    known = list(inspect.signature(verb).parameters)
    last = [each for each in known if each != "options"][-1]
    with pytest.raises(sd.InputError, match=f"{name}\\(\\) has no argument .*{last}"):
        verb(**{f"{last}x": 1})


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("sensitivity", "outputs"), ("sensitivity", "parameters"), ("sensitivity", "constraints"),
        ("sensitivity", "groups"), ("sweep", "outputs"), ("discover", "where"),
        ("search_policy", "levers"), ("search_policy", "costs"), ("search_policy", "times"),
        ("remedies", "who"), ("remedies", "schools"), ("reality_check", "propositions"),
        ("propositions", "ids"), ("stability_map", "cases"), ("dimensional_stacking", "vary"),
    ],
)  # fmt: skip
def test_an_argument_of_the_wrong_kind_is_named_with_its_remedy(name, argument, wrong, linear):
    first = () if name == "propositions" else (linear,)
    with pytest.raises(sd.InputError, match=rf"{argument} is .*\. (Give|Name)"):
        getattr(sd, name)(*first, **{argument: wrong})


@pytest.mark.parametrize("seed", [-1, 1.5, None, "x"])
@pytest.mark.parametrize(
    "name", ["sensitivity", "discover", "search_policy", "remedies", "reality_check"]
)
def test_a_seed_is_a_whole_number(name, seed, linear):
    with pytest.raises(sd.InputError, match=r"seed is .* at least 0"):
        getattr(sd, name)(linear, seed=seed)


def test_an_empty_mapping_of_parameters_varies_nothing(linear):
    for verb in (sd.discover, sd.sensitivity, sd.to_salib):
        with pytest.raises(sd.InputError, match="There are no parameters to vary"):
            verb(linear, parameters={})


def test_infinite_ranges_are_refused(linear):
    with pytest.raises(sd.InputError, match="must be finite"):
        sd.to_salib(linear, {"fatigue": (0.1, np.inf)})


@pytest.mark.parametrize(
    ("distribution", "why"),
    [
        ({"kind": "triangular", "low": 0.1, "high": 0.2, "mode": 0.5}, "mode must lie between"),
        ({"kind": "pert", "low": 0.1, "high": 0.2, "mode": -1}, "mode must lie between"),
        ({"kind": "lognormal", "mean": -1, "spread": 0.1}, "mean above 0"),
        ({"kind": "discrete", "values": [0.1, 0.2], "weights": [1]}, "a weight of at least 0"),
        ({"kind": "discrete", "values": [0.1, 0.2], "weights": [-1, 2]}, "a weight of at least 0"),
        ({"kind": "discrete", "values": [0.1, 0.2], "weights": [0, 0]}, "not all of them 0"),
    ],
)
def test_distributions_that_are_none_say_what_they_need(distribution, why, linear):
    with pytest.raises(sd.InputError, match=why):
        sd.sensitivity(linear, parameters={"fatigue": distribution})


def test_any_whole_number_is_a_seed(linear):
    ranges = {"fatigue": (0.1, 0.3), "reaction[*]": (0.05, 0.2)}
    ask = {"parameters": ranges, "n": 64, "seed": 2**40, "resamples": 2, "times": range(9)}
    assert sd.discover(linear, "spending.East final > 15", **ask).members == 64


def test_answers_that_are_no_numbers_are_refused(linear):
    run = linear.run_ensemble({"fatigue": np.linspace(0.1, 0.3, 60)}, times=range(3))
    with pytest.raises(sd.InputError, match="where gives no numbers"):
        sd.discover(run, where=["a"] * 60)


def test_groups_may_name_what_moves_together_as_it_was_given(linear):
    box = sd.to_salib(linear, ["reaction[*]", "fatigue"], groups={"both": ["reaction[*]"]})
    assert box["groups"] == ["both", "fatigue[East]", "fatigue[West]"]


def test_mistakes_of_names_sizes_and_methods_come_together(linear):
    with pytest.raises(sd.InputError) as caught:
        sd.sensitivity(linear, "sobl", 0, ["reactn"], ["spendng final"], seed=-1)
    assert len(caught.value.findings) == 5
    with pytest.raises(sd.InputError) as caught:
        sd.discover(linear, "spendng > 20", 5, -1, ["reactn"], method="prm")
    assert len(caught.value.findings) == 5
    with pytest.raises(sd.InputError) as caught:
        sd.propositions(8, -1, ["P99"], ["reactn"])
    assert len(caught.value.findings) == 4


def test_a_map_needs_two_parameters(linear):
    with pytest.raises(sd.InputError, match="Both sides of the map"):
        sd.stability_map(linear, "fatigue", "Fatigue", "reaction gain final")


@pytest.mark.parametrize("path", [3, None])
def test_files_of_samples_need_a_path_and_a_table(path, tmp_path):
    with pytest.raises(sd.InputError, match="The path is"):
        sd.read_samples(path)
    with pytest.raises(sd.InputError, match="The path is"):
        sd.write_samples(pd.DataFrame({"a": [1.0]}), path)
    with pytest.raises(sd.InputError, match="samples is a"):
        sd.write_samples(path, tmp_path / "draws.csv")


def test_a_file_never_replaces_a_folder(tmp_path):
    folder = tmp_path / "draws.csv"
    folder.mkdir()
    (folder / "kept.txt").write_text("mine")
    with pytest.raises(sd.FileError, match="cannot be written"):
        sd.write_samples(pd.DataFrame({"a": [1.0]}), folder)
    assert (folder / "kept.txt").read_text() == "mine"


@pytest.mark.filterwarnings("error")
def test_indices_of_runs_that_dwarf_all_others_are_not_settled_and_do_not_warn(linear):
    found = sd.sensitivity(linear, n=64).indices
    first = found[found["index"] == "S1"]
    assert len(first) and not first["settled"].any() and (first["more_runs"] > 0).all()


def test_a_single_state_has_no_pairs_to_vary():
    alone = sd.load_model("richardson", subscripts={"state": ["A"]})
    with pytest.raises(sd.InputError, match="'reaction' has no element to vary"):
        sd.discover(alone, parameters=["reaction", "fatigue"])
    with pytest.raises(sd.InputError, match="none of the levers is there"):
        sd.remedies(alone, n=16, keep="spending final < 50")
