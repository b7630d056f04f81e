"""Two verdicts on dyads of known truth: what is supported, refuted, and cannot be told."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fitting.screen_worlds import auc, richardson, table_of, walks

import secdil_sd as sd

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
NMC = Path(os.environ.get("SECDIL_PUBLIC_DATA", BESIDE)) / "cow_nmc_v6_abridged.csv"
real = pytest.mark.skipif(not NMC.is_file(), reason="National Material Capabilities not at hand")


def screened(logs, **options):
    table, dyads = table_of(logs)
    return sd.screen(table, dyads, **options)


def growing(*rates, years=8):
    """Return a table of states that grow by a constant rate each."""
    begin = 1930
    return pd.DataFrame(
        {"state": name, "year": begin + k, "value": (1 + rate) ** k}
        for name, rate in zip(("Germany", "France", "Italy"), rates, strict=False)
        for k in range(years)
    )


@pytest.mark.parametrize(("changes", "least"), [(30, 0.75), (50, 0.90)])
def test_those_who_answer_score_above_those_who_drift(changes, least):
    rng = np.random.default_rng(changes)
    react = screened(richardson(300, changes, rng), placebos=0)["reaction_probability"]
    for shared in (0.0, 0.5):
        alone = screened(walks(300, changes, rng, shared), placebos=0)["reaction_probability"]
        assert auc(react, alone) >= least


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_independent_trends_are_seldom_said_to_react(shared):
    rng = np.random.default_rng(5)
    for changes in (20, 35, 60):
        found = screened(walks(300, changes, rng, shared, drift=0.05), placebos=0)
        assert (found["reaction"] == "supported").mean() <= 0.05
        assert (found["buildup"] == "supported").mean() > 0.5


def test_probabilities_are_what_they_say_on_worlds_of_even_odds():
    rng = np.random.default_rng(2)
    react = screened(richardson(500, 40, rng), placebos=0)["reaction_probability"]
    alone = screened(walks(500, 40, rng), placebos=0)["reaction_probability"]
    sure = np.concatenate([react >= 0.8, alone >= 0.8])
    truth = np.repeat([True, False], 500)
    assert truth[sure].mean() > 0.85
    assert truth[np.concatenate([react <= 0.2, alone <= 0.2])].mean() < 0.2


def test_below_twenty_changes_reaction_cannot_be_told():
    rng = np.random.default_rng(3)
    found = screened(richardson(50, 19, rng))
    assert set(found["reaction"]) == {"cannot tell"}
    assert found["n"].eq(19).all()
    assert "below 20" in found["reasons"].iloc[0]
    assert found["reaction_probability"].between(0, 1).all()
    assert screened(richardson(3, 7, rng))["reaction_probability"].isna().all()


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [(0.12, 0.09, "supported"), (0.30, 0.07, "not"), (0.08, 0.08, "supported"), (0.2, -0.2, "not")],
)
def test_build_up_is_the_rule_of_the_lists(first, second, verdict):
    found = sd.screen(growing(first, second)).iloc[0]
    assert found["buildup"] == verdict
    assert (found["buildup_probability"] >= 0.5) == (min(first, second) >= 0.08)
    assert found["slower_growth"] == pytest.approx(min(first, second))
    assert found["every_year"] == (min(first, second) >= 0.08)


def test_the_score_rises_with_the_growth_of_the_slower_side():
    scores = [
        sd.screen(growing(rate, 0.4))["buildup_probability"].item()
        for rate in np.linspace(0, 0.2, 21)
    ]
    assert np.all(np.diff(scores) > 0)
    assert scores[8] == pytest.approx(0.5)


def test_a_shared_shock_of_currencies_is_no_build_up():
    rng = np.random.default_rng(1)
    growth = rng.normal(0.0, 0.01, (20, 9))
    growth[:, 4] += 0.36  # as in 1934, when gold became dearer in dollars
    logs = np.concatenate([np.zeros((20, 1)), growth.cumsum(axis=1)], axis=1)
    table = pd.DataFrame(
        {"state": f"state {k}", "year": 1930 + year, "value": np.exp(logs[k, year])}
        for k in range(20)
        for year in range(10)
    )
    found = sd.screen(table)
    assert (found["buildup_probability"] > 0.5).mean() > 0.9
    told = found["buildup"].value_counts(normalize=True)
    assert told.get("supported", 0) < 0.05
    stopped = found[found["buildup"] == "cannot tell"].iloc[0]
    assert "a shared shock of currencies" in stopped["reasons"]
    assert min(stopped["growth_above_a"], stopped["growth_above_b"]) <= 0.024


def test_prices_that_rise_are_no_build_up():
    table = growing(0.12, 0.10)
    table.attrs = {"units": "million USD", "price_basis": "current"}
    alone = sd.screen(table).iloc[0]
    assert alone["buildup"] == "supported"
    index = {year: 1.07 ** (year - 1930) for year in range(1930, 1940)}
    beside = sd.screen(table, deflator=index).iloc[0]
    assert beside["buildup"] == "cannot tell"
    assert beside["growth_real_a"] == pytest.approx(1.12 / 1.07 - 1)
    assert "rising prices account for it" in beside["reasons"]
    assert any("current prices" in each for each in sd.screen(table).attrs["notes"])


def test_the_inverse_of_a_race_is_told_and_not_supported():
    rng = np.random.default_rng(4)
    logs = np.zeros((2, 40, 51))
    for year in range(50):
        pull = -0.25 * logs[::-1, :, year] - 0.3 * logs[..., year]
        logs[..., year + 1] = logs[..., year] + pull + 0.08 * rng.normal(size=(2, 40))
    found = screened(logs)
    assert (found["reaction"] != "supported").all()
    assert found["reasons"].str.contains("the inverse of a race").mean() > 0.8


def test_units_order_and_gaps_do_not_matter():
    rng = np.random.default_rng(6)
    table, dyads = table_of(richardson(20, 40, rng))
    found = sd.screen(table, dyads, placebos=0)
    shuffled = table.sample(frac=1, random_state=1).assign(value=table["value"] * 7.3e6)
    turned = sd.screen(shuffled, [(b, a) for a, b in dyads], placebos=0)
    for name in ("reaction_probability", "buildup_probability", "n"):
        np.testing.assert_allclose(found[name], turned[name], rtol=1e-6)
    np.testing.assert_allclose(found["answer_a"], turned["answer_b"], rtol=1e-5)
    holed = table.assign(value=table["value"].where(table["year"] != 1970))
    assert sd.screen(holed, dyads, placebos=0)["n"].eq(38).all()


def test_one_seed_one_result():
    table, dyads = table_of(walks(20, 30, np.random.default_rng(8)))
    first, again, other = (sd.screen(table, dyads, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert first.attrs == again.attrs
    assert first.attrs["placebos"] != other.attrs["placebos"]


def test_windows_may_be_given_in_many_ways():
    table, dyads = table_of(richardson(3, 40, np.random.default_rng(9)))
    (a, b), *_ = dyads
    rows = pd.DataFrame({"state_a": [a], "state_b": [b], "start": [1955], "end": [1985]})
    ways = [
        sd.screen(table, each, placebos=0).iloc[0]
        for each in ((a, b, 1955, 1985), [(a, b, (1955, 1985))], rows, rows.to_dict("records"))
    ]
    ways.append(sd.screen(table, [(a, b)], window=(1955, 1985), placebos=0).iloc[0])
    for each in ways:
        assert (each["start"], each["end"], each["n"]) == (1955, 1985, 30)
        assert each["reaction_probability"] == ways[0]["reaction_probability"]
    assert len(sd.screen(table, placebos=0)) == 15


def test_names_mean_states_of_their_years():
    table = growing(0.1, 0.1).replace({"Germany": "Soviet Union", "France": "United States"})
    found = sd.screen(table, [("USA", "Russia")]).iloc[0]
    assert (found["state_a"], found["state_b"]) == ("United States", "Soviet Union")


@real
@pytest.mark.parametrize(("kind", "most"), [("same years", 0.15), ("other years", 0.10)])
def test_placebo_pairs_of_the_world_seldom_react(kind, most):
    table = sd.read_nmc(NMC)
    for window in ((1955, 1976), (1960, 1990), (1960, 2010)):
        found = sd.placebo_pairs(table, window=window, kind=kind, n=500)
        assert len(found) == 500
        assert (found["reaction_probability"] >= 0.8).mean() < 0.75 * most
    pairs = sd.placebo_pairs(table, window=(1960, 1990), n=500, seed=2)
    verdicts = sd.screen(table, pairs[["state_a", "state_b", "start", "end"]])["reaction"]
    assert (verdicts == "supported").mean() < 0.08


@real
def test_the_world_between_the_wars_and_after():
    table = sd.read_nmc(NMC)
    found = sd.screen(
        table,
        [("GBR", "DEU", 1933, 1939), ("IRN", "IRQ", 1969, 1979), ("USA", "Russia", 1946, 1988)],
    )
    assert set(found["buildup"]) == {"supported"}
    assert found["reaction"].tolist()[:2] == ["cannot tell", "cannot tell"]
    assert found["state_b"].iloc[2] == "Soviet Union"
    assert found["growth_above_a"].iloc[1] > 0.1


@real
def test_thousands_of_dyads_take_seconds():
    from time import perf_counter

    begun = perf_counter()
    found = sd.screen(sd.read_nmc(NMC), window=(1960, 1990))
    assert len(found) > 8000
    assert perf_counter() - begun < 60
