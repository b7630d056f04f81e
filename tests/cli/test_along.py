"""``secdil stability --along``: where it tips, from the command line."""

from __future__ import annotations

import pandas as pd
import pytest


def test_where_a_race_runs_away_is_printed_and_written(quick, tmp_path):
    table, page = tmp_path / "x.csv", tmp_path / "x.html"
    code, out, _ = quick("stability", "richardson", "--along", "reaction=0.05:0.3", "-o", table)
    assert code == 0
    assert out.startswith("Nothing is at stable rest above reaction 0.2.")
    assert "leaves for infinity" in out
    assert {"branch", "reaction", "stable"} <= set(pd.read_csv(table).columns)
    code, out, _ = quick("stability", "richardson", "--along", "reaction", "-o", page)
    assert (code, page.exists()) == (0, True)
    assert "Wrote" in out


def test_every_case_has_its_line(quick):
    code, out, _ = quick("stability", "four_worlds", "--along", "revisionism", "--at", "start")
    assert code == 0
    assert out.count("branch 1") == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--along", "reactoin=0:1"], "Did you mean 'reaction'"),
        (["--along", "reaction=1:0"], "low below high"),
        (["--along", "reaction=a:b"], "not a range"),
        (["--along", "reaction", "-o", "x.txt"], "No format ends in '.txt'"),
        (["--along", "reaction", "--at", "never"], "'never' is not a time"),
    ],
)
def test_mistakes_are_answered_with_exit_code_two(quick, arguments, says):
    code, _, complained = quick("stability", "richardson", *arguments)
    assert code == 2
    assert says in complained
