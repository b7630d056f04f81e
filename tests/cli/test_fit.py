"""The fit command as a newcomer meets it."""

from __future__ import annotations

import pandas as pd
import pytest
from typer.testing import CliRunner

import secdil_sd as sd
from secdil_sd import cli

QUICK = ["--starts", "1", "--backend", "numpy"]
APART = ["-p", "reaction", "-p", "grievance", "-p", "initial spending"]


def secdil(*arguments):
    return CliRunner().invoke(cli.app, ["fit", *map(str, arguments)])


def test_the_report_is_printed():
    done = secdil("wwi_blocs", *QUICK, *APART)
    assert done.exit_code == 0
    assert done.output.startswith("The two blocs before 1914")
    for words in ("6 numbers fitted to 10 figures", "90% interval", "What the figures cannot tell"):
        assert words in done.output


def test_options_reach_the_fit():
    done = secdil(
        "wwi_blocs", *QUICK, "-p", "reaction[*]=-1:2", "-p", "grievance", "-p", "initial spending",
        "--bounds", "grievance=-150:0", "--noise", "student t", "--level", "0.8", "--set",
        "fatigue=0.3",
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    assert "5 numbers" in done.output and "student t noise" in done.output
    assert "80% interval" in done.output


@pytest.mark.parametrize("ending", ["csv", "json", "html", "cin"])
def test_results_are_written(tmp_path, ending):
    path = tmp_path / f"fit.{ending}"
    done = secdil("wwi_blocs", *QUICK, *APART, "-o", path)
    assert done.exit_code == 0 and f"Wrote {path}" in done.output
    if ending == "csv":
        assert len(pd.read_csv(path)) == 6
    if ending == "json":
        assert sd.load_fit(path).values["grievance[France and Russia]"] < 0
    if ending == "cin":
        assert "grievance[state] = -73.0" in path.read_text("utf-8")


def test_figures_of_ones_own(tmp_path):
    """A scenario that only names two states, and a table of figures."""
    (tmp_path / "dyad.toml").write_text(
        'title = "A dyad"\nmodel = "richardson"\nsubscripts = { state = ["India", "Pakistan"] }\n'
        "times = { start = 1950, end = 1962, step = 1 }\n",
        encoding="utf-8",
    )
    figures = [
        (state, year, round(first * 1.05 ** (year - 1950)))
        for state, first in (("India", 10.0), ("Pakistan", 6.0))
        for year in range(1950, 1962)
    ]
    table = pd.DataFrame(figures, columns=["state", "year", "value"])
    table.to_csv(tmp_path / "mine.csv", index=False)
    done = secdil(
        tmp_path / "dyad.toml", *QUICK, "--data", tmp_path / "mine.csv", "--years", "1950:1959",
        "-p", "reaction", "-p", "initial spending", "--set", "fatigue=0.1", "--set", "grievance=0",
        "--method", "L-BFGS-B",
    )  # fmt: skip
    assert done.exit_code == 0, done.exception
    assert "4 numbers fitted to 20 figures of spending, 1950-1959" in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--years", "1913"], "no span of years"),
        (["--years", "1913:1909"], "no span of years"),
        (["--years", "1911:1911"], "at least"),
        (["--noise", "students"], "Did you mean 'student t'"),
        (["--method", "least_squars"], "Did you mean 'least_squares'"),
        (["--level", "0.99"], "share up to 0.95"),
        (["-p", "reacton"], "Did you mean 'reaction'"),
        (["--bounds", "reaction"], "no bounds"),
        (["--bounds", "reaction=2:1"], "lower first"),
        (["--data", "none.csv"], "cannot be read"),
        (["--starts", "0"], "at least 1"),
        (["-o", "fit.doc"], ".doc"),
    ],
)
def test_mistakes_are_sentences(arguments, words):
    done = secdil("wwi_blocs", *arguments)
    assert isinstance(done.exception, sd.SecdilError) and words in str(done.exception)
