"""Plain tables of any layout, known sources recognised, and what a user gets wrong."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import secdil_sd as sd

LONG = ["country,year,value", "India,1990,1.5", "IND,1991,...", "Pakistan,1990,1"]


@pytest.mark.parametrize(
    "lines",
    [
        LONG,
        ["year,India,Pakistan", "1990,1.5,1", "1991,,"],
        ["Country;1990;1991;1992", "IND;1,5;n/a;", "PAK;1;;"],
        ["ccode\tyear\tmilitary expenditure", "750\t1990\t1.5", "750\t1991\t", "770\t1990\t1"],
        ["iso3,Year,spending", "IND,1990,1.5", "IND,1991,NA", "PAK,1990,1"],
    ],
)
def test_long_and_wide_tables_read_alike(text, lines):
    table = sd.read_spending(text("mine.csv", *lines)).dropna().reset_index(drop=True)
    assert table.to_dict("list") == {
        "state": ["India", "Pakistan"],
        "year": [1990, 1990],
        "value": [1.5, 1.0],
    }


def test_a_missing_figure_is_nan(text):
    table = sd.read_spending(text("mine.csv", *LONG))
    assert math.isnan(table.query("year == 1991")["value"].item())


def test_workbooks_too(workbook):
    rows = [["state", "year", "value"], ["India", 1990, 1.5], ["Pakistan", 1990, 2]]
    path = workbook("mine.xlsx", {"Notes": [["x"]], "Data": rows})
    assert sd.read_spending(path, sheet="data")["value"].tolist() == [1.5, 2.0]
    with pytest.raises(sd.DataError, match=r"no sheet of data 'dta'.*Did you mean 'Data'"):
        sd.read_spending(path, sheet="dta")


def test_units_are_given_or_stated_in_the_table(text):
    given = sd.read_spending(text("a.csv", *LONG), units="million USD", price_basis="current")
    assert (given.attrs["units"], given.attrs["price_basis"]) == ("million USD", "current")
    rows = [
        "state,year,value,units,price_basis,base_year",
        "India,1990,5,billion USD,constant,2011",
    ]
    stated = sd.read_spending(text("b.csv", *rows))
    assert (stated.attrs["units"], stated.attrs["base_year"]) == ("billion USD", 2011)
    silent = sd.read_spending(text("c.csv", *LONG))
    assert silent.attrs["price_basis"] == "unstated"
    assert "Nobody stated units" in silent.attrs["notes"][0]


def test_percent_becomes_a_fraction(text):
    table = sd.read_spending(text("a.csv", "state,year,value", "India,1990,3"), units="% of GDP")
    assert table["value"].tolist() == pytest.approx([0.03])
    assert table.attrs["units"] == "fraction of GDP"


def test_several_columns_become_variables(text):
    path = text("a.csv", "state,year,spending a,GDP", "India,1990,1,100", "India,1991,2,110")
    table = sd.read_spending(path)
    assert set(table["variable"]) == {"spending a", "GDP"}
    assert sd.select(table, variable="GDP")["value"].tolist() == [100, 110]


def test_the_tables_that_come_with_secdil_are_read():
    from secdil_sd import bundle

    table = sd.read_spending(bundle.path("data", "cold_war.csv"))
    assert set(table["variable"]) == {"spending", "GDP"}
    assert set(table["state"]) == {"United States", "Soviet Union"}


def test_known_sources_are_recognised(sipri, text):
    assert "SIPRI" in sd.read_spending(sipri()).attrs["source"]
    assert "SIPRI" in sd.read_spending(sipri(), sheet="current").attrs["source"]
    headers = {
        "Correlates": ["ccode,year,milex", "2,1950,1"],
        "Maddison": ["countrycode,year,gdppc,pop", "USA,1950,1,1"],
        "Polity": ["ccode,year,polity2,xconst", "2,1950,1,1"],
        "V-Dem": ["country_name,year,v2x_libdem", "India,1950,1"],
        "World Bank": ["Country Name,Series Name,1990,1991,1992", "India,GDP (current US$),1,2,3"],
    }
    for source, lines in headers.items():
        assert source in sd.read_spending(text(f"{source}.csv", *lines)).attrs["source"]


def test_every_mistake_at_once(text):
    path = text(
        "mine.csv",
        "state,year,value",
        "India,1990,1",
        "India,1990,2",
        "Indai,1990,3",
        "Korea,1990,4",
        "Germany,1960,5",
        "Pakistan,199O,6",
        "Pakistan,1991,lots",
        ",1991,7",
        "Soviet Union,1990,8",
    )
    with pytest.raises(sd.DataError) as caught:
        sd.read_spending(path)
    told = {str(each).partition(": ")[0]: str(each) for each in caught.value.findings}
    words = {3: "second figure", 4: "'India'", 5: "ambiguous", 6: "West Germany"}
    words |= {7: "not a year", 8: "not a number", 9: "no state"}
    for row, word in words.items():
        assert word in told[f"mine.csv, row {row}"]
    assert len(caught.value.findings) == 7


def test_many_mistakes_are_counted_not_listed(text):
    lines = [f"India,{year},x" for year in range(1900, 1950)]
    with pytest.raises(sd.DataError) as caught:
        sd.read_spending(text("a.csv", "state,year,value", "India,1950,1", *lines))
    assert len(caught.value.findings) == 13
    assert "And 38 more" in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["a,b,c", "1,2,3"], "no column state and none year.*'a', 'b', 'c'"),
        (["state,value", "India,3"], "no column year"),
        (["state,year,value"], "no figures"),
        (["state,year,note", "India,1990,abc"], "no column of figures"),
        (
            ["state,1990,1991,1992", ",1,2,3", "India,1,2,3"],
            "row 2: There are figures but no state",
        ),
    ],
)
def test_a_table_without_what_is_needed(text, lines, words):
    with pytest.raises(sd.DataError, match=words):
        sd.read_spending(text("a.csv", *lines))


def test_two_bases_in_one_table_are_refused(text):
    rows = ["state,year,value,units", "India,1990,1,million USD", "India,1991,2,billion USD"]
    with pytest.raises(sd.DataError, match=r"row 3.*'million USD' and 'billion USD'"):
        sd.read_spending(text("a.csv", *rows))


def test_select_tells_all_it_cannot_find(text):
    table = sd.read_spending(text("a.csv", *LONG))
    with pytest.raises(sd.DataError) as caught:
        sd.select(table, ["IND", "Korea", "Nepal", "Indai"], years=[1800], variable="x")
    said = str(caught.value)
    for word in ("ambiguous", "no figures for 'Nepal'", "'Indai'", "1990-1991", "variable 'x'"):
        assert word in said
    assert sd.select(table, ["770"])["state"].tolist() == ["Pakistan"]


def test_a_tidy_table_is_long_with_one_row_a_state_and_year(text):
    table = sd.read_spending(text("mine.csv", *LONG))
    assert not table.duplicated(["state", "year"]).any()
    assert pd.api.types.is_integer_dtype(table["year"])
    assert pd.api.types.is_float_dtype(table["value"])
