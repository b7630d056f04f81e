"""The parts of screening: regressions, statistics, worlds, the rule learnt from them, placebos."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitting.screen_worlds import richardson, table_of, walks
from hypothesis import given
from hypothesis import strategies as st

import secdil_sd as sd
from secdil_sd.fitting.screening.chance import chance, simulated_chance
from secdil_sd.fitting.screening.evidence import STATISTICS, answers, statistics
from secdil_sd.fitting.screening.reference import (
    SHARES,
    learn_reference,
    read_reference,
    reference,
)
from secdil_sd.fitting.screening.regression import regress
from secdil_sd.fitting.screening.spending import world_growth
from secdil_sd.fitting.screening.worlds import KINDS, REACTING, simulate


@given(seed=st.integers(0, 2**32 - 1), missing=st.integers(0, 8))
def test_regressions_are_those_of_each_pair_alone(seed, missing):
    rng = np.random.default_rng(seed)
    one, two, y = rng.normal(size=(3, 5, 25))
    y[rng.integers(0, 5, missing), rng.integers(0, 25, missing)] = np.nan
    found = regress([one, two], y)
    for pair in range(5):
        seen = np.isfinite(y[pair])
        x = np.column_stack([one[pair], two[pair], np.ones(25)])[seen]
        slope, rss, *_ = np.linalg.lstsq(x, y[pair, seen], rcond=None)
        error = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * rss[0] / (seen.sum() - 3))
        np.testing.assert_allclose(found.slope[pair], slope[:2], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(found.ratio[pair], (slope / error)[:2], rtol=1e-6, atol=1e-8)


def test_answers_have_the_sign_and_size_of_the_reaction():
    """Without shocks the slope of growth on the rival's level is what was put in."""
    rng = np.random.default_rng(1)
    logs = np.zeros((2, 30, 61))
    logs[..., 0] = rng.normal(0, 1, (2, 30))
    push = np.array([0.15, -0.1])[:, None]
    for year in range(60):
        step = push * logs[::-1, :, year] - 0.2 * logs[..., year]
        logs[..., year + 1] = logs[..., year] + step + 0.02 * rng.normal(size=(2, 30))
    first, second = answers(*logs)
    assert np.median(first) > 3
    assert np.median(second) < -3
    assert (first > 0).all()
    assert (second < 0).all()
    at = STATISTICS.index("answer rate sum")
    assert statistics(*logs)[:, at].mean() == pytest.approx(0.05, abs=0.01)


def test_series_that_never_move_have_no_evidence():
    flat = np.zeros((4, 30))
    assert not statistics(flat, flat).any()
    assert np.isfinite(statistics(np.full((1, 30), np.nan), flat[:1])).all()


@pytest.mark.parametrize("kind", list(KINDS))
def test_worlds_are_finite_and_their_seed_decides(kind):
    first, again = (simulate(kind, 50, 40, np.random.default_rng(3)) for _ in range(2))
    assert first.shape == (2, 50, 41)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


def test_the_rule_that_ships_is_the_one_its_recipe_learns():
    """A small sample of the same worlds gives nearly the same probabilities."""
    small = learn_reference(worlds=5_000, lengths=(20, 40), seed=7)
    rng = np.random.default_rng(11)
    found = [statistics(*simulate(kind, 100, 30, rng)) for kind in KINDS]
    together, changes = np.concatenate(found), np.full(100 * len(KINDS), 30)
    mine, shipped = (rule.probability(together, changes) for rule in (small, reference()))
    assert np.corrcoef(mine, shipped)[0, 1] > 0.95
    assert np.abs(mine - shipped).mean() < 0.1
    assert reference().names == STATISTICS


def test_the_rule_is_calibrated_on_worlds_of_another_seed():
    rng = np.random.default_rng(12)
    for changes in (12, 30, 60):
        pairs = {kind: round(3000 * share) for kind, share in SHARES.items()}
        found = [statistics(*simulate(kind, n, changes, rng)) for kind, n in pairs.items()]
        react = np.repeat([kind in REACTING for kind in pairs], list(pairs.values()))
        scored = reference().probability(np.concatenate(found), np.full(len(react), changes))
        for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
            inside = (scored >= low) & (scored <= high)
            told, true = scored[inside].mean(), react[inside].mean()
            by_chance = np.sqrt(told * (1 - told) / inside.sum())
            assert abs(true - told) < 0.04 + 3 * by_chance, (changes, low)


def test_rules_are_saved_and_read(tmp_path):
    assert read_reference(reference().save(tmp_path / "rule.json")) == reference()


def test_the_world_grows_as_its_median_state():
    logs = np.log(np.outer(np.arange(1, 14), [1.0, 1.2, 1.2, 1.5]))
    logs[0, 2:] = np.nan
    logs[1, 3] = np.nan
    assert world_growth(logs)[:2] == pytest.approx([np.log(1.2), 0])
    assert np.isnan(world_growth(logs)[2])  # eleven states are too few


def test_placebos_are_as_long_and_of_other_states_or_other_years():
    table, dyads = table_of(walks(15, 60, np.random.default_rng(2)))
    same = sd.placebo_pairs(table, dyads, window=(1960, 1985), n=150)
    assert len(same) == 150
    assert same["n"].eq(25).all()
    assert same["shift"].eq(0).all()
    pairs = {frozenset(each) for each in zip(same["state_a"], same["state_b"], strict=True)}
    assert not pairs & {frozenset(each) for each in dyads}
    other = sd.placebo_pairs(table, dyads, window=(1960, 1985), kind="other years", n=150)
    assert other["shift"].abs().ge(15).all()
    assert (other["end"] + other["shift"]).le(2010).all()
    again = sd.placebo_pairs(table, dyads, window=(1960, 1985), n=150)
    pd.testing.assert_frame_equal(same, again)


def test_placebos_that_score_high_forbid_the_verdict():
    table, dyads = table_of(richardson(30, 50, np.random.default_rng(3), shock=0.03))
    found = sd.screen(table, dyads, placebos=0)
    supported = found["reaction"] == "supported"
    assert supported.sum() >= 5
    high = pd.DataFrame({"kind": "same years", "reaction_probability": np.linspace(0.8, 1, 50)})
    held = sd.screen(table, dyads, placebos=high)
    assert (held["placebo_share"][supported] > 0).all()
    stopped = supported & (held["placebo_share"] > 0.08)
    assert stopped.any()
    assert (held["reaction"][stopped] == "cannot tell").all()
    assert held["reasons"][stopped].str.contains("of placebo pairs score as high").all()


def test_chance_falls_with_the_score_and_is_small_where_verdicts_begin():
    assert (simulated_chance(25) >= 0.8).mean() < 0.05
    table, dyads = table_of(walks(15, 40, np.random.default_rng(4)))
    found = sd.screen(table, dyads, window=(1950, 1972))
    curves = chance(found, found.attrs["placebos"])
    assert set(curves["kind"]) == {"same years", "other years", "simulated"}
    for _, curve in curves.groupby("kind"):
        assert curve["share"].iloc[0] == 1
        assert (curve["share"].diff().dropna() <= 0).all()
