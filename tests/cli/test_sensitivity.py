"""The sensitivity command as a newcomer meets it."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

import secdil_sd as sd
from secdil_sd import cli

QUICK = ["--method", "morris", "-n", "8", "-p", "transparency[*]", "-p", "reaction=0.1:0.3"]


def secdil(*arguments):
    return CliRunner().invoke(cli.app, ["sensitivity", *map(str, arguments)])


def test_the_finding_and_a_table_are_printed():
    done = secdil(*QUICK, "-v", "peak spiral number")
    assert done.exit_code == 0
    assert done.output.startswith("Transparency moves the peak spiral number most")
    assert "morris, n = 8, 32 runs" in done.output
    assert "reaction[Soviet Union]" in done.output


@pytest.mark.parametrize("ending", ["csv", "parquet", "json", "html"])
def test_results_are_written(tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    done = secdil("cold_war", *QUICK, "-o", path)
    assert done.exit_code == 0 and f"Wrote {path}" in done.output
    if ending == "csv":
        assert set(pd.read_csv(path)["index"]) == {"mu_star", "mu", "sigma"}
    assert path.stat().st_size > 100


def test_a_table_of_samples_is_run_and_judged(tmp_path):
    case = sd.load_scenario("cold_war")
    draws = sd.sensitivity(case, "pawn", n=80, parameters=["fatigue"]).samples
    draws.to_csv(tmp_path / "draws.csv", index=False)
    done = secdil("cold_war", "--samples", tmp_path / "draws.csv")
    assert done.exit_code == 0 and "pawn, n = 80" in done.output
    wrong = secdil("cold_war", "--samples", tmp_path / "draws.csv", "-n", "64")
    assert "n: the members of --samples are what they are" in str(wrong.exception)


def test_groups_and_constraints(tmp_path):
    beliefs = "--group", "beliefs=buildup alarm,worst case bias"
    named = "-p", "buildup alarm", "-p", "worst case bias", "-p", "stock weight"
    done = secdil("-n", "8", *named, *beliefs)
    assert done.exit_code == 0 and "beliefs" in done.output and "48 runs" in done.output
    refused = secdil("-n", "8", *named, "--constraint", "buildup alarm >= worst case bias")
    assert "cannot keep" in str(refused.exception)


def test_a_scenario_with_cases_needs_one():
    assert "--case W1" in str(secdil("four_worlds").exception)
    assert "Did you mean 'W1'" in str(secdil("four_worlds", "--case", "W11").exception)
    assert "has no cases" in str(secdil("cold_war", "--case", "W1").exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--method", "sobl"], "Did you mean 'sobol'"),
        (["-n", "100"], "take 128, or 64"),
        (["-p", "fatigue=3:1"], "3"),
        (["--group", "beliefs"], "names no parameters"),
        (["-o", "x.doc"], ".doc"),
    ],
)
def test_mistakes_are_sentences(arguments, words):
    done = secdil("cold_war", *arguments)
    assert isinstance(done.exception, sd.SecdilError) and words in str(done.exception)
