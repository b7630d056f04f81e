"""The command screen: verdicts as text, files by their ending, mistakes as sentences."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from fitting.screen_worlds import richardson, table_of


@pytest.fixture
def secdil(quick):
    return partial(quick, "screen")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    table, _ = table_of(richardson(2, 40, np.random.default_rng(1)))
    names = dict(
        zip(sorted(table["state"].unique()), ("India", "China", "Pakistan", "Iran"), strict=True)
    )
    path = tmp_path_factory.mktemp("data") / "mine.csv"
    table.assign(state=table["state"].map(names)).to_csv(path, index=False)
    return path


def test_verdicts_are_printed_with_reasons_and_written(secdil, file, tmp_path):
    rows = tmp_path / "rows.csv"
    code, out, _ = secdil(file, "--dyad", "IND:PAK", "--dyad", "CHN:IRN:1955:1985", "-o", rows)
    assert code == 0
    assert "India - Pakistan 1950-1990 40" in out
    assert "India - Pakistan: Build-up:" in out
    assert "too few for a median of the world" in out
    assert f"Wrote {rows}" in out
    found = pd.read_csv(rows)
    assert found["n"].tolist() == [40, 30]
    assert set(found["reaction"]) <= {"supported", "not", "cannot tell"}


def test_all_dyads_are_screened_in_the_years_given(secdil, file):
    code, out, _ = secdil(file, "--window", "1960:1970")
    assert code == 0
    assert "reaction: 6 cannot tell" in out


def test_it_writes_a_page(secdil, file, tmp_path):
    page = tmp_path / "dyads.html"
    code, *_ = secdil(file, "--dyad", "IND:PAK", "-o", page)
    assert code == 0
    assert "How high chance alone scores" in page.read_text()


def test_pounds_before_1914_are_read_when_asked_for(secdil, tmp_path):
    path = tmp_path / "nmc.csv"
    rows = [
        f"{code},{year},{100 * (1 + k * year - k * 1899)}"
        for k, code in enumerate((200, 255), 1)
        for year in range(1900, 1920)
    ]
    path.write_text("\n".join(["ccode,year,milex", *rows]) + "\n")
    words = (path, "--dyad", "GBR:DEU:1900:1913")
    code, out, _ = secdil(*words)
    assert code == 0
    assert "1 window reaches beyond it." in out
    assert "currency='GBP'" in out
    code, out, _ = secdil(*words, "--currency", "GBP")
    assert code == 0
    assert "United Kingdom - Germany 1900-1913 13" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dyad", "IND"), "is no dyad"),
        (("--dyad", "IND:PAK:a:b"), "is no span of years"),
        (("--window", "1960"), "is no span of years"),
        (("--dyad", "Indja:PAK"), "Did you mean 'India'"),
        (("--dyad", "IND:India"), "paired with itself"),
        (("-o", "x.doc"), "No format ends in '.doc'"),
        (("--deflator", "nope.csv"), "nope.csv"),
        (("--currency", "GBP"), "There is no column 'ccode'"),
    ],
)
def test_mistakes_end_with_code_two(secdil, file, words, said):
    code, _, complained = secdil(file, *words)
    assert code == 2
    assert said in complained
