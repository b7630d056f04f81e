"""Many dyads at once: what made a panel is found, placebos stand beside it, mistakes are told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_panels import simulated_panel

import secdil_sd as sd

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REAL = Path(os.environ.get("SECDIL_PUBLIC_DATA", BESIDE))


def fitted(truth, **options):
    settings = {"year_effects": "none", "placebos": 1, "draws": 200, "democracy": truth.democracy}
    return sd.fit_panel(truth.spending, truth.dyads, gdp=truth.gdp, **{**settings, **options})


@pytest.fixture(scope="module")
def truth():
    return simulated_panel(3, dyads=9, years=35, democratic=-0.08)


@pytest.fixture(scope="module")
def panel(truth):
    return fitted(truth)


def row(panel, term):
    return panel.coefficients.set_index("term").loc[term]


def test_what_made_a_panel_is_within_its_intervals(panel):
    two, rest = row(panel, "reaction, two democracies"), row(panel, "reaction, two autocracies")
    assert two["low"] < 0.07 < two["high"]
    assert rest["low"] < 0.15 < rest["high"]
    assert row(panel, "size exponent")["low"] < 0.5 < row(panel, "size exponent")["high"]
    assert two["high"] - two["low"] < 0.2 * (two["prior_high"] - two["prior_low"])


def test_pooling_brings_dyads_nearer_their_truth(truth, panel):
    wide = panel.table.set_index("state")
    names = np.array(truth.dyads)
    alone = wide.loc[names.ravel(), "reaction"].to_numpy().reshape(-1, 2)
    together = wide.loc[names.ravel(), "pooled"].to_numpy().reshape(-1, 2)
    miss = lambda found: np.sqrt(np.mean((found - truth.reactions) ** 2))  # noqa: E731
    assert miss(together) < 0.9 * miss(alone)  # on average of panels: benchmarks/panel.py


def test_nine_tenths_of_dyads_lie_within_their_intervals(truth, panel):
    low, high = (
        panel.table[each].to_numpy().reshape(-1, 2) for each in ("pooled_low", "pooled_high")
    )
    inside = (low <= truth.reactions) & (truth.reactions <= high)
    assert inside.mean() > 0.75  # 18 sides: chance alone gives fewer once in fifty


def test_claims_carry_their_sign_and_verdict(panel):
    claims = panel.contrasts.set_index("contrast")
    found = claims.loc["two democracies less two autocracies"]
    assert found["claim"] == "P21"
    assert found["claimed"] == "below 0"
    assert found["low"] < -0.08 < found["high"]
    assert set(claims["verdict"]) <= {"supported", "contradicted", "cannot tell"}
    assert any("P23" in each and "not asked" in each for each in panel.verdicts)


def test_dyads_drawn_to_what_they_have_in_common(panel):
    spread = panel.table[["reaction", "pooled"]].std()
    assert spread["pooled"] < spread["reaction"]


def test_states_that_only_wander_show_no_reaction_beyond_placebos():
    rng = np.random.default_rng(5)
    steps = 0.02 + 0.08 * rng.normal(size=(12, 30))
    walks = np.exp(np.cumsum(steps, axis=1))
    rows = [(f"S{k:02d}", 1960 + y, walks[k, y]) for k in range(12) for y in range(30)]
    data = pd.DataFrame(rows, columns=["state", "year", "value"])
    dyads = [(f"S{k:02d}", f"S{k + 1:02d}") for k in range(0, 12, 2)]
    found = sd.fit_panel(data, dyads, year_effects="none", placebos=3, draws=100)
    mean = row(found, "reaction, all dyads")
    assert mean["excess_low"] < 0
    assert "supported" not in found.finding
    assert np.isfinite([mean["placebo"], mean["placebo_low"], mean["placebo_high"]]).all()


def test_a_shock_common_to_all_is_taken_out():
    shocked = simulated_panel(4, dyads=4, years=30, reaction=0.0, spread=0.0, shock=0.15)
    plain = simulated_panel(4, dyads=4, years=30, reaction=0.0, spread=0.0, shock=0.0)
    with_world = fitted(shocked, year_effects="world", placebos=0, democracy=None)
    without = fitted(shocked, placebos=0, democracy=None)
    calm = fitted(plain, placebos=0, democracy=None)
    wide = lambda found: found.table["new_noise"].median()  # noqa: E731
    assert wide(with_world) < 1.5 * wide(calm)
    assert wide(without) > 1.8 * wide(with_world)


def test_money_has_no_unit_and_placebos_change_nothing_of_the_panel():
    truth = simulated_panel(7, dyads=3, years=25)
    one = fitted(truth, placebos=0, draws=100)
    scaled = truth.spending.assign(value=truth.spending["value"] * 7300.0)
    other = sd.fit_panel(
        scaled, truth.dyads, gdp=truth.gdp, democracy=truth.democracy, year_effects="none",
        placebos=1, draws=100,
    )  # fmt: skip
    np.testing.assert_allclose(other.table["pooled"], one.table["pooled"], atol=2e-3)


def test_same_seed_same_result_whatever_the_workers():
    truth = simulated_panel(6, dyads=3, years=20)
    one, two = (fitted(truth, placebos=0, draws=100, client=each) for each in (None, 2))
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.coefficients, two.coefficients)
    other = fitted(truth, placebos=0, draws=100, seed=2)
    assert not np.allclose(other.coefficients["value"], one.coefficients["value"], atol=1e-12)


def test_a_missing_covariate_leaves_a_dyad_out_and_says_so(truth):
    gone = truth.gdp[truth.gdp["state"] != "A01"]
    short = truth.spending
    short = short[~((short["state"] == "B02") & (short["year"] > 1970))]
    found = sd.fit_panel(
        short, truth.dyads[:6], gdp=gone, year_effects="none", placebos=0, draws=100
    )
    reasons = found.dropped.set_index("dyad")
    assert reasons.loc["A01 - B01", "left_out_of"] == "regression"
    assert "GDP" in reasons.loc["A01 - B01", "reason"]
    assert reasons.loc["A02 - B02", "left_out_of"] == "fit"
    assert "11 years" in reasons.loc["A02 - B02", "reason"]
    rows = found.table.set_index("dyad").loc["A01 - B01"]
    assert rows["pooled"].isna().all()
    assert not rows["in_regression"].any()
    assert "A02 - B02" not in set(found.table["dyad"])


def test_years_without_figures_are_no_obstacle(truth, panel):
    rng = np.random.default_rng(1)
    holed = truth.spending.assign(
        value=truth.spending["value"].where(rng.random(len(truth.spending)) > 0.1)
    )
    found = sd.fit_panel(
        holed, truth.dyads, gdp=truth.gdp, democracy=truth.democracy, year_effects="none",
        placebos=0, draws=100,
    )  # fmt: skip
    assert (found.table["n"] < 35).any()
    near = row(found, "reaction, two autocracies")["value"]
    assert near == pytest.approx(row(panel, "reaction, two autocracies")["value"], abs=0.05)


def test_it_is_saved_whole(panel, tmp_path):
    record = json.loads(panel.save(tmp_path / "p.json").read_text())
    assert set(record) >= {"dyads", "coefficients", "contrasts", "dropped", "verdicts"}
    table = pd.read_csv(panel.save(tmp_path / "p.csv"))
    assert list(table.columns) == list(panel.table.columns)
    assert panel.to_dataframe() is not panel.table
    assert panel.provenance["year_effects"] == "none"
    assert "reaction, all dyads" in str(panel)


def test_figure_and_page(panel, tmp_path):
    drawn = sd.figure(panel)
    labels = drawn.layout.yaxis.ticktext
    assert len(labels) == len(panel.table)
    assert np.isfinite(panel.placebo_share)
    assert drawn.layout.height > 15 * len(labels)
    page = sd.report(panel, path=tmp_path / "p.html").read_text(encoding="utf-8")
    assert "A00 to B00" in page
    assert "cannot tell" in page


def test_all_mistakes_at_once(truth):
    with pytest.raises(sd.DataError) as told:
        sd.fit_panel(
            truth.spending, ["A00:B99", ("A01", "A01"), "A02", ("A03", "B03", 1990, 1980)],
            year_effects="wrld", democracy=truth.democracy.assign(value=8.0), minimum=2,
            gdp="nowhere.csv",
        )  # fmt: skip
    text = str(told.value)
    for part in ("B99", "twice", "'A02'", "begins after", "world", "0 to 1", "minimum", "nowhere"):
        assert part in text, part


def test_doubled_years_and_text_are_refused(truth):
    doubled = pd.concat([truth.spending, truth.spending.iloc[:1]])
    with pytest.raises(sd.DataError, match="two figures for A00 1960"):
        sd.fit_panel(doubled, truth.dyads)
    worded = truth.spending.assign(value=truth.spending["value"].astype(object))
    worded.iloc[0, 2] = "much"
    with pytest.raises(sd.DataError, match="where a number belongs"):
        sd.fit_panel(worded, truth.dyads)


def test_too_few_dyads_are_refused_with_reasons(truth):
    with pytest.raises(sd.InputError, match="a panel needs 3") as told:
        sd.fit_panel(truth.spending, truth.dyads[:3], year_effects="none", minimum=60)
    assert "60 needed" in str(told.value)
    with pytest.raises(sd.InputError, match="year_effects='none'"):
        few = truth.spending[truth.spending["state"].isin(["A00", "B00", "A01", "B01"])]
        sd.fit_panel(few, truth.dyads[:2])


@pytest.mark.slow
def test_neighbors_since_1950():
    """Real figures: reaction is no more than re-paired states show, or nobody can tell."""
    nmc = REAL / "cow_nmc_v6_abridged.csv"
    if not nmc.is_file():
        pytest.skip("public data are not at hand (SECDIL_PUBLIC_DATA names their folder)")
    data = sd.deflated(sd.read_nmc(nmc), sd.read_index(REAL / "us_cpi_annual.csv"), base_year=2011)
    dyads = ["IND:PAK", "GRC:TUR", "USA:CHN", "CHN:IND", "ISR:EGY", "ISR:SYR", "IRN:IRQ", "ARG:CHL"]
    found = sd.fit_panel(
        data, dyads, years=(1960, 2000), gdp=REAL / "maddison_2020.csv", placebos=2, draws=200,
        democracy=REAL / "polity5_v2018.csv",
    )  # fmt: skip
    assert len(found.table) + 2 * len(found.dropped[found.dropped["left_out_of"] == "fit"]) == 16
    assert found.table["pooled"].abs().max() < 2
    assert "Reaction beyond placebo: supported" not in found.finding
