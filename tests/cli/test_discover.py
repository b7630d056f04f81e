"""The command `secdil discover`: a box in words, files by their ending, mistakes as sentences."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import secdil_sd as sd

PLANT = ("discover", "richardson", "-n", "200", "-p", "reaction=0.05:0.5", "-p", "fatigue=0.1:0.4")
WHERE = ("--where", "spending.East final > 30")


def test_it_prints_the_box_and_writes_what_the_ending_asks(quick, tmp_path):
    boxes, record, drawn = (tmp_path / each for each in ("box.csv", "box.json", "drawn.parquet"))
    code, out, _ = quick(*PLANT, *WHERE, "-o", boxes, "--save-samples", drawn)
    assert code == 0
    assert "Where " in out
    assert "reaction" in out
    assert "quasi-p" in out
    assert f"Wrote {boxes}" in out
    assert {"parameter", "low", "high", "stability"} <= set(pd.read_csv(boxes).columns)
    assert len(sd.read_samples(drawn)) == 200
    code, again, _ = quick("discover", "richardson", *WHERE, "--samples", drawn, "-o", record)
    assert code == 0
    assert again.splitlines()[:8] == out.splitlines()[:8]
    assert json.loads(record.read_text())["members"] == 200


def test_it_writes_a_page(quick, tmp_path):
    page = tmp_path / "box.html"
    code, *_ = quick(*PLANT, *WHERE, "--method", "cart", "-o", page)
    assert code == 0
    assert "What tells the worlds apart" in page.read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "spendin final > 3"), "Did you mean 'spending'"),
        (("--where", "spending final"), "not a comparison"),
        (("--where", "spending final > 1e99"), "None of the 200 members"),
        (("--method", "trees"), "No method 'trees'"),
        (("-p", "reacton"), "Did you mean 'reaction'"),
        (("-o", "box.doc"), "No format ends in '.doc'"),
        (("--save-samples", "x.json"), "No format ends in '.json'"),
    ],
)
def test_mistakes_are_sentences_and_leave_with_2(quick, words, said):
    code, _, err = quick(*PLANT, *words)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
