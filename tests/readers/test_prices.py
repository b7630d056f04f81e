"""One price basis: what is converted exactly, and what is refused with the way out."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import secdil_sd as sd

INDEX = {1990: 50.0, 2000: 80.0, 2010: 100.0, 2011: 104.0}


def table(units="million USD", price_basis="current", base_year=None, **columns):
    columns = {"state": "India", "year": [1990, 2000, 2010], "value": [10.0, 16.0, 20.0]} | columns
    found = pd.DataFrame(columns)
    found.attrs = {
        "units": units,
        "price_basis": price_basis,
        "base_year": base_year,
        "file": "a.csv",
        "source": "A",
        "vintage": "1",
    }
    return found


def test_deflation_is_the_ratio_of_the_index():
    found = sd.deflated(table(), INDEX, base_year=2010)
    assert found["value"].tolist() == [20.0, 20.0, 20.0]
    assert (found.attrs["price_basis"], found.attrs["base_year"]) == ("constant", 2010)
    assert "Deflated by" in found.attrs["notes"][0]


@given(st.sampled_from(sorted(INDEX)), st.sampled_from(sorted(INDEX)))
def test_rebasing_is_deflating_to_the_other_year(first, second):
    there = sd.rebased(sd.deflated(table(), INDEX, first), INDEX, second)
    straight = sd.deflated(table(), INDEX, second)
    assert there["value"].tolist() == pytest.approx(straight["value"].tolist())
    assert there.attrs["base_year"] == second


def test_years_the_index_lacks_are_nan_and_said():
    found = sd.deflated(table(year=[1980, 2000, 2010]), INDEX, base_year=2010)
    assert found["value"].isna().tolist() == [True, False, False]
    assert "1 figures of years the index does not cover" in found.attrs["dropped"][-1]


def test_an_index_is_read_from_a_file(text):
    path = text("cpi.csv", "year,cpi", *(f"{year},{level}" for year, level in INDEX.items()))
    found = sd.deflated(table(), path, 2010)
    assert found["value"].tolist() == [20.0, 20.0, 20.0]
    bad = text("bad.csv", "year,cpi", "1990,x", "1991,-5", "1991,5", "1991,6", "MM,7")
    with pytest.raises(sd.DataError) as caught:
        sd.read_index(bad)
    assert len(caught.value.findings) == 4


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (table("thousand GBP"), "GBP.*pounds before 1914 have none"),
        (table("local currency"), "local currency"),
        (table(price_basis="constant", base_year=2015), "deflated already.*rebased"),
        (table("fraction of GDP", "share"), "no sums of money"),
        (table("", ""), "does not say.*units='million USD'"),
    ],
)
def test_what_cannot_be_deflated(made, words):
    with pytest.raises(sd.DataError, match=words):
        sd.deflated(made, INDEX, 2010)


def test_what_cannot_be_rebased():
    with pytest.raises(sd.DataError, match=r"current prices.*Deflate"):
        sd.rebased(table(), INDEX, 2010)
    with pytest.raises(sd.DataError, match="no 1850: it covers 1990-2011"):
        sd.deflated(table(), INDEX, 1850)


def test_rescaling_changes_words_and_numbers_together():
    found = sd.rescaled(table(), "billion")
    assert found["value"].tolist() == [0.01, 0.016, 0.02]
    assert found.attrs["units"] == "billion USD"
    with pytest.raises(sd.DataError, match="'million'"):
        sd.rescaled(table(), "milion")


def test_tables_of_one_basis_are_combined_whatever_their_scale():
    both = sd.combined(table(), table("billion USD", state="Pakistan"))
    assert both.query("state == 'Pakistan'")["value"].tolist() == [10000.0, 16000.0, 20000.0]
    assert both.attrs["units"] == "million USD"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            table(price_basis="constant", base_year=2015),
            r"deflated\(table, index, base_year=2015\)",
        ),
        (table("million international USD"), "gdp_from_share"),
        (table("thousand GBP"), "Exchange rates"),
        (table("fraction of GDP", "share"), "Money and shares"),
        (table("USD per head"), "Exchange rates"),
    ],
)
def test_different_bases_are_never_combined(other, words):
    with pytest.raises(sd.DataError, match=words) as caught:
        sd.combined(table(), other)
    assert "a.csv (1) in million USD at current prices" in str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).findings == caught.value.findings


def test_base_years_differ():
    with pytest.raises(
        sd.DataError, match=r"of 2011.*of 2015.*rebased\(table, index, base_year=2015\)"
    ):
        sd.combined(
            table(price_basis="constant", base_year=2011),
            table(price_basis="constant", base_year=2015, state="Pakistan"),
        )  # fmt: skip


def test_two_figures_for_one_year_are_not_combined():
    with pytest.raises(sd.DataError, match="Two tables have figures for India 1990"):
        sd.combined(table(), table())


def test_burden_needs_one_basis():
    gdp = table("billion USD", value=[0.4, 0.5, 0.8])
    found = sd.burden(table(), gdp)
    assert found["value"].tolist() == pytest.approx([0.025, 0.032, 0.025])
    assert found.attrs["units"] == "fraction of GDP"
    with pytest.raises(sd.DataError, match="different bases"):
        sd.burden(table(), table("million international USD", "constant", 2011))
    with pytest.raises(sd.DataError, match="no state and year in common"):
        sd.burden(table(), table(state="Pakistan"))


def test_gdp_from_a_published_share_gives_that_burden_back():
    share = table("fraction of GDP", "share", value=[0.02, 0.03, 0.04])
    gdp = sd.gdp_from_share(table(), share)
    assert sd.burden(table(), gdp)["value"].tolist() == pytest.approx([0.02, 0.03, 0.04])
    with pytest.raises(sd.DataError, match="not a share of GDP"):
        sd.gdp_from_share(table(), table())


def test_soviet_burden_implied_by_two_sources_is_the_published_trap(real):
    """MODEL: deflated NMC over Maddison makes India 2016 0.62 %; SIPRI says 2.5 %."""
    nmc = sd.deflated(
        sd.read_nmc(real("cow_nmc_v6_abridged.csv")), real("us_cpi_annual.csv"), base_year=2011
    )
    gdp = sd.select(sd.read_maddison(real("maddison_2020.csv")), variable="GDP")
    share = sd.read_sipri(real("sipri_milex_1949_2024.xlsx"), "share of gdp")
    with pytest.raises(sd.DataError, match="gdp_from_share"):
        sd.burden(nmc, gdp)
    found = sd.implied_burden(nmc, gdp, share).set_index(["state", "year"])
    india = found.loc["India", 2016]
    assert round(india["implied"], 4) == 0.0062
    assert round(india["published"], 3) == 0.025


def test_implied_gdp_of_the_real_workbook(real):
    path = real("sipri_milex_1949_2024.xlsx")
    spending, share = sd.read_sipri(path, "current"), sd.read_sipri(path, "share of gdp")
    gdp = sd.select(sd.gdp_from_share(spending, share), ["IND"], [2020])["value"].item()
    assert 2.5e6 < gdp < 2.8e6  # the World Bank gives 2.67 trillion current dollars
