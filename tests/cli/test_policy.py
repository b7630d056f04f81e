"""The policy command: remedies and the cheapest policy printed, cases, mistakes as sentences."""

from __future__ import annotations

import pytest


def test_policy_prints_remedies_and_the_cheapest(quick, tmp_path):
    target = tmp_path / "advice.json"
    code, out, _ = quick(
        "policy", "richardson", "--lever", "fatigue=0.1:0.6", "--uncertain", "reaction=0.1:0.5",
        "-n", 16, "--seed", 2, "--share", 0.8, "--budget", 2000, "--cost", "fatigue=2",
        "-o", target,
    )  # fmt: skip
    assert code == 0
    assert "reassurance by restraint (Kydd)" in out
    assert "<- asked for" in out
    assert target.is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["four_worlds"], "Choose one, as --case W1"),
        (["four_worlds", "--case", "W9"], "Known: W1, W2"),
        (["richardson", "--case", "W1"], "has no cases"),
        (["richardson", "--lever", "fatige", "--uncertain", "reaction"], "'fatigue'"),
        (["richardson", "--lever", "fatigue=1"], "not a range"),
        (["richardson", "--cost", "fatigue"], "not a number"),
        (["richardson", "-o", "x.pdf"], ".pdf"),
    ],
)
def test_mistakes_of_policy_are_sentences(quick, arguments, said):
    code, _, complained = quick("policy", *arguments)
    assert code == 2
    assert said in complained
