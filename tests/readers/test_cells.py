"""Cells to numbers and years; files to grids; titles to units."""

from __future__ import annotations

import math
from datetime import datetime

import pytest

import secdil_sd as sd
from secdil_sd.readers.basis import basis_of, read_basis
from secdil_sd.readers.cells import number, without_marks, year
from secdil_sd.readers.grid import Grid, read_text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (5, 5.0),
        (0.25, 0.25),
        ("1,234,567.5", 1234567.5),
        ("1 234", 1234.0),
        ("[12.5]", 12.5),
        ("12.5 ‡", 12.5),
        ("12.5 [a]", 12.5),
        ("-9", -9.0),
        ("1e3", 1000.0),
    ],
)
def test_numbers(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize("cell", ["", "...", ". .", "..", "xxx", "NA", "n/a", "–", float("nan")])
def test_marks_of_missing_are_nan_never_zero(cell):
    assert math.isnan(number(cell))


@pytest.mark.parametrize(
    "cell", ["abc", "2,5", "1,23,4", "12 apples", True, None, datetime(1990, 1, 1), "inf", "(5)"]
)
def test_text_and_doubtful_numbers_are_refused(cell):
    with pytest.raises(ValueError):
        number(cell)


def test_decimal_comma():
    assert number("1.234,5", ",") == 1234.5
    assert number("2,5", ",") == 2.5


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (1949, 1949),
        (1949.0, 1949),
        ("1949", 1949),
        ("1990 [YR1990]", 1990),
        ("FY1974", 1974),
        (datetime(1990, 1, 1), 1990),
        ("1990-01-01", 1990),
        ("2018 Current", None),
        ("2024 (current prices)", None),
        ("Notes", None),
        (12.5, None),
        (85000, None),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_years(cell, found):
    assert year(cell) == found


def test_marks_of_notes_leave_names_alone():
    assert without_marks("Libya ‡§¶16") == "Libya"
    assert without_marks("Congo, Republic") == "Congo, Republic"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("in constant (2023) US$ m., 1949-2024", "million USD of 2023"),
        ("Figures are in US $m., at constant 2017 prices, except the last", "million USD of 2017"),
        ("in millions of US$ at current prices and exchange rate", "million USD at current prices"),
        ("US$ b., at constant 2023 prices", "billion USD of 2023"),
        ("as percentage of gross domestic product", "fraction of GDP"),
        ("(% of general government expenditure)", "fraction of government spending"),
        ("GDP (constant 2015 US$)", "USD of 2015"),
        ("GDP, PPP (constant 2021 international $)", "international USD of 2021"),
        ("Military expenditure (current LCU)", "local currency at current prices"),
        ("thousand GBP current", "thousand GBP at current prices"),
        ("billion USD of 2011", "billion USD of 2011"),
    ],
)  # fmt: skip
def test_units_are_told_from_words(text, shown):
    assert str(read_basis(text)) == shown


def test_a_basis_survives_its_attrs():
    for text in ("constant (2023) US$ m.", "current US$", "% of GDP", "current LCU", "GBP current"):
        basis = read_basis(text)
        again = basis_of(basis.attrs)
        assert (again.units, again.prices, again.base_year) == (
            basis.units,
            basis.prices,
            basis.base_year,
        )


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(text, mark):
    path = text("a.csv", mark.join("abc"), mark.join("123"))
    assert [list(row) for row in read_text(path).rows] == [list("abc"), list("123")]


def test_old_encodings_and_semicolons(text):
    path = text("a.csv", "state;1990;1991;1992", "Türkei;1,5;2,5;3,5", encoding="cp1252")
    grid = read_text(path)
    assert grid.rows[1][0] == "Türkei"
    assert grid.decimal == ","


def test_places_are_named_as_a_spreadsheet_names_them():
    assert Grid("a.xlsx", "S", []).place(9, 27) == "a.xlsx, sheet 'S', cell AB10"
    assert Grid("a.csv", "", []).place(9, 27) == "a.csv, row 10"


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (tmp_path / "b.csv").write_bytes(b"\x00\x01\x02\x00")
    (tmp_path / "c.csv").write_text("\n \n")
    for name, words in (("a.xlsx", "not a workbook"), ("b.csv", "text table"), ("c.csv", "empty")):
        with pytest.raises(sd.DataError, match=words):
            sd.read_spending(tmp_path / name)
    with pytest.raises(sd.FileError, match="cannot be read"):
        sd.read_spending(tmp_path / "none.xlsx")
    with pytest.raises(sd.FileError, match="cannot be read"):
        sd.read_spending(tmp_path)
