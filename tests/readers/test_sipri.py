"""SIPRI's workbook: every sheet, editions old and new, what is refused; the real one by lookup."""

from __future__ import annotations

import math

import openpyxl
import pandas as pd
import pytest
from public_layouts import sipri_sheets

import secdil_sd as sd

SHEETS = {
    "constant": ("million USD", "constant", 2023),
    "current": ("million USD", "current", None),
    "share of GDP": ("fraction of GDP", "share", None),
    "per capita": ("USD per head", "current", None),
    "share of govt. spending": ("fraction of government spending", "share", None),
    "local currency financial years": ("local currency", "current", None),
    "regional totals": ("billion USD", "constant", 2023),
}


def value(table, state, year):
    (found,) = table.query("state == @state and year == @year")["value"]
    return found


@pytest.mark.parametrize("sheet", SHEETS)
def test_each_sheet_states_its_units(sipri, sheet):
    table = sd.read_sipri(sipri(), sheet=sheet)
    assert list(table.columns) == ["state", "year", "value"]
    assert (table.attrs["units"], table.attrs["price_basis"], table.attrs["base_year"]) == SHEETS[
        sheet
    ]
    assert table.attrs["source"] == "SIPRI Military Expenditure Database"


def test_values_and_what_is_missing(sipri):
    table = sd.read_sipri(sipri())
    assert value(table, "India", 1992) == 146.41
    assert value(table, "Soviet Union", 1990) == 250
    assert value(table, "Turkey", 1988) == 20
    for state, year in [("Algeria", 1990), ("Libya", 1989), ("Russia", 1990), ("Vietnam", 1988)]:
        assert math.isnan(value(table, state, year))
    assert not (table["value"] == 0).any()
    assert table.attrs["vintage"] == "1988-1992"


def test_what_was_left_out_is_said(sipri):
    dropped = " ".join(sd.read_sipri(sipri()).attrs["dropped"])
    assert "Africa, North Africa, Asia & Oceania, Europe: 4 rows without figures" in dropped
    assert "European Union: no state" in dropped


def test_an_older_edition_has_its_header_elsewhere(sipri):
    old = sd.read_sipri(sipri("2018"))
    new = sd.read_sipri(sipri())
    pd.testing.assert_frame_equal(old, new, check_like=True)
    assert (old.attrs["units"], old.attrs["base_year"]) == ("million USD", 2017)
    assert "Column Reporting year, 1992 Current: not a year." in old.attrs["dropped"]


@pytest.mark.parametrize("column", [0, 1, 3, 5, 8])
def test_blank_rows_and_columns_change_nothing(sipri, column):
    """Wherever a column is inserted, and however low the header stands."""
    rows = sipri_sheets()["Constant (2023) US$"]
    moved = [[*row[:column], None, *row[column:]] if len(row) > 1 else row for row in rows]
    found = sd.read_sipri(sipri(Constant=[[], *moved[:2], *[[]] * column, *moved[2:]]))
    pd.testing.assert_frame_equal(found, sd.read_sipri(sipri()), check_exact=True)


def test_regions_are_read_from_their_own_sheet_only(sipri):
    table = sd.read_sipri(sipri(), "regional totals")
    assert set(table["state"]) == {"World", "Central Asia"}
    assert value(table, "World", 1992) == 1.1
    assert math.isnan(value(table, "Central Asia", 1988))
    assert table["year"].max() == 1992


def test_shares_saved_as_percent_become_fractions(sipri):
    rows = [
        ["Military expenditure by country as percentage of gross domestic product"],
        ["Country", 1990, 1991, 1992],
        ["India", 3.1, 3.2, 3.3],
    ]
    table = sd.read_sipri(sipri(Share=rows), "share of gdp")
    assert table["value"].tolist() == pytest.approx([0.031, 0.032, 0.033])


def test_a_sheet_of_early_years_means_the_same_germany(sipri):
    """A published source means one series by a name, also where only the Germanys existed."""
    rows = [
        ["Military expenditure by country, in constant (2023) US$ m., 1960-1962"],
        ["Country", "Notes", 1960, 1961, 1962],
        ["Germany", "", 10, 11, 12],
        ["German Democratic Republic", "74", 2, 2.1, 2.2],
    ]
    table = sd.read_sipri(sipri(Constant=rows))
    assert set(table["state"]) == {"Germany", "East Germany"}


def test_a_wrong_sheet_suggests_the_right_one(sipri):
    with pytest.raises(sd.DataError, match=r"'Constant \(2019\) US\$'.*'Constant \(2023\) US\$'"):
        sd.read_sipri(sipri(), sheet="Constant (2019) US$")
    with pytest.raises(sd.DataError, match="Several sheets match 'share'"):
        sd.read_sipri(sipri(), sheet="share")


def test_another_workbook_is_not_sipris(workbook):
    path = workbook("mine.xlsx", {"Sheet1": [["state", 1990, 1991, 1992], ["India", 1, 2, 3]]})
    with pytest.raises(sd.DataError, match=r"not SIPRI's workbook.*read_spending"):
        sd.read_sipri(path)
    assert len(sd.read_spending(path)) == 3


def test_mistakes_of_a_sheet_are_told_together(sipri):
    rows = [
        ["Military expenditure by country, in constant (2023) US$ m., 1990-1992"],
        ["Country", "Notes", 1990, 1991, 1992],
        ["India", "", 1, "two", 3],
        ["Pakistan", "", 1, 2, 3],
        ["PAK", "", 1, "...", 3],
        ["Korea", "", 1, 2, 3],
    ]
    with pytest.raises(sd.DataError) as caught:
        sd.read_sipri(sipri(Constant=rows))
    said = str(caught.value)
    assert "cell D3: 'two' is not a number (India, 1991)" in said
    assert "cell C5: Pakistan has a second figure for 1990: 1, after 1 in cell C4" in said
    assert "cell E5" in said and "cell D5" not in said
    assert "row 6: 'Korea' is ambiguous" in said
    assert len(caught.value.findings) == 4


def test_a_sheet_without_header_or_with_two_base_years(sipri):
    with pytest.raises(sd.DataError, match="No row of this sheet is a header with years"):
        sd.read_sipri(sipri(Constant=[["Nothing"], ["here"]]))
    rows = [["Figures are in US $m., at constant 2020 prices"], ["Country", 1990, 1991, 1992]]
    with pytest.raises(sd.DataError, match="prices of 2020"):
        sd.read_sipri(sipri(Constant=[*rows, ["India", 1, 2, 3]]))


LOOKED_UP = {  # sheet, country as written, state, year
    "Constant (2023) US$": [("India", "India", 2020), ("Germany", "Germany", 1970)],
    "Current US$": [("Pakistan", "Pakistan", 1999), ("USSR", "Soviet Union", 1989)],
    "Share of GDP": [("Türkiye", "Turkey", 2010), ("Viet Nam", "Vietnam", 2015)],
    "Per capita": [("Korea, South", "South Korea", 2000)],
    "Share of Govt. spending": [("Viet Nam", "Vietnam", 2017)],
    "Share of govt. spending cleaned": [("Brazil", "Brazil", 2005)],
    "Local currency financial years": [("India", "India", 1988)],
    "Local currency calendar years": [("India", "India", 1988)],
    "Regional totals": [("World", "World", 2000)],
}  # fmt: skip


@pytest.fixture
def book(real):
    return openpyxl.load_workbook(
        real("sipri_milex_1949_2024.xlsx"), read_only=True, data_only=True
    )


@pytest.mark.parametrize("sheet", LOOKED_UP)
def test_the_real_workbook_by_an_independent_lookup(real, book, sheet):
    page = book[sheet]
    page.reset_dimensions()
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    header = next(row for row in rows if row and row[0] in ("Country", "Region"))
    table = sd.read_sipri(real("sipri_milex_1949_2024.xlsx"), sheet)
    for written, state, year in LOOKED_UP[sheet]:
        row = next(row for row in rows if row and row[0] == written)
        at = next(n for n, cell in enumerate(header) if str(cell) == str(year))
        assert value(table, state, year) == row[at]


def test_known_values_of_the_real_workbook(real):
    table = sd.read_sipri(real("sipri_milex_1949_2024.xlsx"))
    assert value(table, "India", 2020) == pytest.approx(77443.737, rel=1e-6)
    assert table.attrs["base_year"] == 2023
    assert table.attrs["vintage"] == "1949-2024"
    assert table["state"].nunique() == 173
    known = table.dropna()
    assert len(known) == 8326  # 8,329 numbers in the sheet, three of them the European Union's
    assert set(known[known["state"] == "Soviet Union"]["year"]) == {1988, 1989, 1990}
