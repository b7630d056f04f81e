"""NMC, World Bank, Maddison, Polity and V-Dem: layouts, special codes, the real files."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import secdil_sd as sd


def value(table, state, year, variable=None):
    found = table[(table["state"] == state) & (table["year"] == year)]
    if variable:
        found = found[found["variable"] == variable]
    (only,) = found["value"]
    return only


NMC = [
    "stateabb,ccode,year,milex,milper,version",
    "UKG,200,1913,72500,500,2021",
    "UKG,200,1914,1200000,500,2021",
    "RUS,365,1913,90000,1300,2021",
    "RUS,365,1950,15500000,4000,2021",
    "RUS,365,2000,52000000,1000,2021",
    "GFR,260,1960,-9,300,2021",
    "ICE,395,1960,0,0,2021",
]


def test_pounds_and_dollars_are_never_one_series(text):
    path = text("nmc.csv", *NMC)
    dollars, pounds = sd.read_nmc(path), sd.read_nmc(path, currency="GBP")
    assert dollars["year"].min() == 1914 and dollars.attrs["units"] == "thousand USD"
    assert pounds["year"].max() == 1913 and pounds.attrs["units"] == "thousand GBP"
    assert "2 figures before 1914: they are in GBP" in dollars.attrs["dropped"][0]
    assert dollars.attrs["price_basis"] == "current"
    assert dollars.attrs["vintage"] == "2021"


def test_a_number_means_the_state_of_its_year(text):
    table = sd.read_nmc(text("nmc.csv", *NMC))
    assert value(table, "Soviet Union", 1950) == 15500000
    assert value(table, "Russia", 2000) == 52000000


def test_minus_nine_is_nan_and_zero_stays_zero(text):
    table = sd.read_nmc(text("nmc.csv", *NMC))
    assert math.isnan(value(table, "West Germany", 1960))
    assert value(table, "Iceland", 1960) == 0


def test_other_variables_cover_all_years(text):
    table = sd.read_nmc(text("nmc.csv", *NMC), "milper")
    assert table.attrs["units"] == "thousand persons"
    assert value(table, "Russia", 1913) == 1300


def test_what_nmc_refuses_comes_together(text):
    path = text("nmc.csv", *NMC)
    with pytest.raises(sd.DataError) as caught:
        sd.read_nmc(path, "milpr", currency="EUR")
    assert "'milper'" in str(caught.value) and "not in 'EUR'" in str(caught.value)
    bad = text("bad.csv", NMC[0], "XXX,999,1950,1,1,1", "USA,2,MCML,1,1,1", "USA,2,1950,abc,1,1")
    with pytest.raises(sd.DataError) as caught:
        sd.read_nmc(bad)
    said = str(caught.value)
    assert "bad.csv, row 2: 999 is not a state number" in said
    assert "bad.csv, row 3: 'MCML' is not a year" in said
    assert "bad.csv, row 4: 'abc' is not a number" in said
    with pytest.raises(sd.DataError, match="no column 'ccode'"):
        sd.read_nmc(text("other.csv", "a,b", "1,2"))


def test_real_nmc(real):
    path = real("cow_nmc_v6_abridged.csv")
    raw = pd.read_csv(path)
    table = sd.read_nmc(path)
    milex = raw.set_index(["ccode", "year"])["milex"]
    assert value(table, "United States", 1951) == milex[2, 1951]
    assert value(table, "Soviet Union", 1988) == milex[365, 1988]
    assert value(table, "India", 2016) == milex[750, 2016]
    assert len(table) == (raw["year"] >= 1914).sum()
    assert table["value"].isna().sum() == ((raw["year"] >= 1914) & (raw["milex"] == -9)).sum()


def test_deflated_nmc_is_the_bundled_cold_war(real):
    """The scenario's own table was made the same way by hand."""
    from secdil_sd import bundle

    nmc = sd.read_nmc(real("cow_nmc_v6_abridged.csv"))
    ours = sd.rescaled(sd.deflated(nmc, real("us_cpi_annual.csv"), base_year=2011), "billion")
    own = pd.read_csv(bundle.path("data", "cold_war.csv")).query("variable == 'spending'")
    both = own.merge(ours, on=["state", "year"], suffixes=("", "_ours"))
    assert len(both) == len(own) == 82
    assert both["value_ours"].round(1).tolist() == pytest.approx(both["value"].tolist(), abs=0.051)


WORLD_BANK = [
    '"Data Source","World Development Indicators",',
    "",
    '"Last Updated Date","2024-06-28",',
    "",
    '"Country Name","Country Code","Indicator Name","Indicator Code","1990","1991","1992",',
]


def indicator(name, *rows):
    return [f'"{who}","{code}","{name}","X",{cells},' for who, code, cells in rows]


def test_a_world_bank_page(text):
    rows = indicator(
        "Military expenditure (% of GDP)",
        ("India", "IND", '"3.1","","2.9"'),
        ("Egypt, Arab Rep.", "EGY", '"4.5","..","4.25"'),
        ("Euro area", "EMU", '"2","2","2"'),
        ("World", "WLD", '"3","3","3"'),
    )
    table = sd.read_worldbank(text("API_MS.MIL.csv", *WORLD_BANK, *rows))
    assert table.attrs["units"] == "fraction of GDP"
    assert table.attrs["vintage"] == "2024-06-28"
    assert value(table, "India", 1990) == pytest.approx(0.031)
    assert math.isnan(value(table, "Egypt", 1991))
    assert set(table["state"]) == {"India", "Egypt"}
    assert any("EMU, WLD" in each for each in table.attrs["dropped"])


def test_databank_with_several_series_and_a_footer(text):
    path = text(
        "data.csv",
        "Country Name,Country Code,Series Name,Series Code,1990 [YR1990],1991 [YR1991],1992",
        "India,IND,GDP (constant 2015 US$),A,100,110,..",
        "India,IND,Military expenditure (current USD),B,5,6,7",
        "",
        "Data from database: World Development Indicators",
        "Last Updated: 06/28/2024",
    )
    table = sd.read_worldbank(path)
    assert table.attrs["units"] == {
        "GDP (constant 2015 US$)": "USD",
        "Military expenditure (current USD)": "USD",
    }
    gdp = sd.select(table, ["IND"], variable="GDP (constant 2015 US$)")
    assert (gdp.attrs["units"], gdp.attrs["base_year"]) == ("USD", 2015)
    assert value(gdp, "India", 1991) == 110


def test_a_file_of_another_layout_is_no_world_bank_export(text):
    with pytest.raises(sd.DataError, match="not a World Bank export"):
        sd.read_worldbank(text("a.csv", "state,year,value", "India,1990,1"))


MADDISON = [
    "countrycode,country,year,gdppc,pop",
    "IND,India,1950,1000,350000",
    "SUN,Former USSR,1990,11000,290000",
    "SUN,Former USSR,2000,8000,290000",
    "RUS,Russian Federation,2000,9000,146000",
    "HKG,China: Hong Kong,2000,40000,",
]


def test_maddison(text):
    table = sd.read_maddison(text("mpd2020.csv", *MADDISON))
    assert value(table, "India", 1950, "GDP") == pytest.approx(350_000)  # millions
    assert table.attrs["units"]["GDP"] == "million international USD"
    assert table.attrs["base_year"]["GDP"] == 2011
    assert value(table, "Russia", 2000, "GDP per head") == 9000
    assert math.isnan(value(table, "Hong Kong", 2000, "GDP"))
    assert table.attrs["vintage"] == "2020"


def test_a_dissolved_states_territory_is_left_out(text):
    table = sd.read_maddison(text("mpd2020.csv", *MADDISON))
    assert set(table[table["state"] == "Soviet Union"]["year"]) == {1990}
    assert any("Soviet Union 2000: the state ended in 1991" in e for e in table.attrs["dropped"])


def test_real_maddison(real):
    path = real("maddison_2020.csv")
    raw = pd.read_csv(path)
    table = sd.select(sd.read_maddison(path), ["USA", "SUN", "IND"], variable="GDP")
    gdp = raw.set_index(["countrycode", "year"])["gdp_million_2011_intl_usd"]
    assert value(table, "United States", 1953) == pytest.approx(gdp["USA", 1953], rel=1e-3)
    assert value(table, "Soviet Union", 1988) == pytest.approx(gdp["SUN", 1988], rel=1e-3)
    assert value(table, "India", 2016) == pytest.approx(gdp["IND", 2016], rel=1e-3)


POLITY = [
    "ccode,scode,country,year,polity2,xconst",
    "750,IND,India,1990,8,7",
    "364,USR,USSR,1950,-9,1",
    "700,AFG,Afghanistan,1978,0,-77",
    "700,AFG,Afghanistan,1979,,-66",
    "625,SUD,Sudan,1990,-7,1",
    "625,SUD,Sudan,2011,-2,3",
    "626,SDN,Sudan-North,2011,-4,2",
    "342,SER,Serbia,2010,8,7",
    "305,AUS,Austria,1900,-4,3",
]


def test_polity(text):
    table = sd.read_polity(text("p5v2018.csv", *POLITY))
    assert value(table, "India", 1990, "democracy") == pytest.approx(0.9)
    assert value(table, "Soviet Union", 1950, "xconst") == 1
    for year in (1978, 1979):
        assert math.isnan(value(table, "Afghanistan", year, "xconst"))
    assert math.isnan(value(table, "Afghanistan", 1979, "democracy"))
    assert value(table, "Austria-Hungary", 1900, "polity2") == -4
    assert value(table, "Serbia", 2010, "polity2") == 8
    assert "1 codes -77 (interregnum): no scores, NaN." in table.attrs["dropped"]


def test_polity_gives_a_state_two_numbers_in_the_year_of_a_change(text):
    table = sd.read_polity(text("p5v2018.csv", *POLITY))
    assert value(table, "Sudan", 2011, "polity2") == -4
    assert any("Sudan 2011 under number 625" in each for each in table.attrs["dropped"])


def test_real_polity_has_scores_only(real):
    table = sd.read_polity(real("polity5_v2018.csv"))
    assert value(table, "Pakistan", 1960, "polity2") == -7
    spans = table.groupby("variable")["value"].agg(["min", "max"])
    assert spans.loc["polity2"].tolist() == [-10, 10]
    assert spans.loc["xconst"].tolist() == [1, 7]
    assert spans.loc["democracy"].tolist() == [0, 1]


def test_vdem(text):
    path = text(
        "V-Dem-CY-Core-v14.csv",
        "country_name,country_text_id,year,COWcode,v2x_polyarchy,v2x_libdem",
        "India,IND,1990,750,0.7,0.6",
        "Russia,RUS,1950,365,0.1,0.05",
        "Germany,DEU,1960,260,0.85,0.8",
        "Palestine/West Bank,PSE,2000,,0.3,",
        "Somaliland,SML,2000,,0.4,0.3",
    )
    table = sd.read_vdem(path)
    assert value(table, "India", 1990, "v2x_libdem") == 0.6
    assert value(table, "Soviet Union", 1950, "v2x_polyarchy") == 0.1
    assert value(table, "West Germany", 1960, "v2x_libdem") == 0.8
    assert math.isnan(value(table, "Palestine", 2000, "v2x_libdem"))
    assert table.attrs["vintage"] == "v14"
    with pytest.raises(sd.DataError, match="None of V-Dem's indices"):
        sd.read_vdem(text("a.csv", "country_name,year,x", "India,1990,1"))
