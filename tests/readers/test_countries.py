"""Names and codes to states: year-aware where states dissolved, ambiguous ones refused."""

from __future__ import annotations

import csv
from itertools import pairwise

import pytest

import secdil_sd as sd
from secdil_sd import bundle
from secdil_sd.errors import DataError
from secdil_sd.readers.countries import TODAY, _entries, by_cow, by_polity


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IND", "India"),
        ("pak", "Pakistan"),
        ("750", "India"),
        (2, "United States"),
        ("Viet Nam", "Vietnam"),
        ("Türkiye", "Turkey"),
        ("Turkiye", "Turkey"),
        ("Gambia, The", "Gambia"),
        ("Cote d'Ivoire", "Ivory Coast"),
        ("Korea, South", "South Korea"),
        ("Korea, Dem. People's Rep.", "North Korea"),
        ("Congo, DR", "Democratic Republic of the Congo"),
        ("Congo, Republic", "Republic of the Congo"),
        ("Kyrgyz Republic", "Kyrgyzstan"),
        ("Russian Federation", "Russia"),
        ("USSR", "Soviet Union"),
        ("German Democratic Republic", "East Germany"),
        ("Yemen, North", "North Yemen"),
        ("Egypt, Arab Rep.", "Egypt"),
        ("Burma", "Myanmar"),
        ("Austria-Hungary", "Austria-Hungary"),
        ("Hong Kong SAR, China", "Hong Kong"),
    ],
)
def test_names_and_codes(text, name):
    assert sd.find_state(text).name == name


@pytest.mark.parametrize(
    ("text", "year", "name"),
    [
        ("Russia", 1913, "Russia"),
        ("Russia", 1950, "Soviet Union"),
        ("RUS", 1991, "Soviet Union"),
        ("365", 1992, "Russia"),
        ("365", 1950, "Soviet Union"),
        ("Germany", 1913, "Germany"),
        ("Germany", 2000, "Germany"),
        ("Turkey", 1900, "Ottoman Empire"),
        ("Austria", 1910, "Austria-Hungary"),
        ("Austria", 1930, "Austria"),
        ("Yugoslavia", 1970, "Yugoslavia"),
        ("Yugoslavia", 2000, "Serbia and Montenegro"),
        ("Vietnam", 2000, "Vietnam"),
        ("Yemen", 2000, "Yemen"),
        ("Korea", 1900, "Korean Empire"),
        ("India", 1930, "India"),
        ("Germany", range(1949, 2025), "Germany"),
        ("Serbia", range(1996, 2025), "Serbia"),
    ],
)
def test_names_change_hands(text, year, name):
    assert sd.find_state(text, year).name == name


@pytest.mark.parametrize(
    ("text", "year", "among"),
    [
        ("Korea", None, ["North Korea", "South Korea"]),
        ("Korea", 1960, ["North Korea", "South Korea"]),
        ("Congo", None, ["Republic of the Congo", "Democratic Republic of the Congo"]),
        ("Germany", 1960, ["East Germany", "West Germany"]),
        ("DEU", 1960, ["East Germany", "West Germany"]),
        ("Vietnam", 1960, ["North Vietnam", "South Vietnam"]),
        ("Yemen", 1980, ["North Yemen", "South Yemen"]),
    ],
)
def test_ambiguous_names_are_refused_with_what_they_may_mean(text, year, among):
    with pytest.raises(DataError, match="ambiguous") as caught:
        sd.find_state(text, year)
    (finding,) = caught.value.findings
    assert all(each in finding.message for each in among)
    assert "Write one of these names." in str(finding)


def test_numbers_of_numpy_will_do():
    import numpy as np

    assert sd.find_state(np.int64(365), np.int64(1950)).name == "Soviet Union"
    assert sd.find_state("RUS", np.arange(1950, 1960)).name == "Soviet Union"


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match=r"No state is called 'Indai'.*'India'"):
        sd.find_state("Indai")


@pytest.mark.parametrize(
    "text", ["World", "Africa", "European Union", "Euro area", "", "x", "9999"]
)
def test_what_is_no_state_is_none(text):
    with pytest.raises(DataError, match="No state is called"):
        sd.find_state(text)


def test_a_dissolved_state_has_no_later_years():
    with pytest.raises(DataError, match="There was no 'Soviet Union' in 2000"):
        sd.find_state("Soviet Union", 2000)


def test_every_state_of_today_is_in_the_table_under_its_code():
    with bundle.path("data", "states.csv").open(encoding="utf-8") as file:
        today = {row["code"]: row["state"] for row in csv.DictReader(file)}
    table = {each.state.code: each.state for each in _entries()}
    assert set(today) <= set(table)
    differ = {code for code, name in today.items() if table[code].name != name}
    assert differ == {"COG"}, "only the name two states share is written out"


def test_names_and_codes_of_the_table_are_unique_and_spans_make_sense():
    names = [each.state.name for each in _entries()]
    codes = [each.state.code for each in _entries() if each.state.code]
    assert len(names) == len(set(names))
    assert len(codes) == len(set(codes))
    for entry in _entries():
        flat = [year for span in entry.state.years for year in span]
        assert flat == sorted(flat), entry.state.name


def test_states_in_succession_under_one_number_never_overlap():
    numbers = {each.state.cow for each in _entries() if each.state.cow}
    for number in numbers:
        spans = sorted(
            span for each in _entries() if each.state.cow == number for span in each.state.years
        )
        for (_, end), (begin, _) in pairwise(spans):
            assert end < begin, number


def test_every_alias_finds_its_state_in_its_years():
    for entry in _entries():
        begin, end = entry.state.years[-1]
        year = begin if end == TODAY else (begin + end) // 2
        for name in (entry.state.name, *entry.also):
            try:
                assert sd.find_state(name, year) == entry.state, (name, year)
            except DataError as error:
                assert entry.state.name in str(error), (name, year)


def test_numbers_of_the_correlates_of_war_cover_their_file(real):
    import pandas as pd

    table = pd.read_csv(real("cow_nmc_v6_abridged.csv"))
    for code, rows in table.groupby("ccode"):
        for year in (rows["year"].min(), rows["year"].max()):
            state = by_cow(int(code), int(year))
            assert state is not None
            assert state.distance(int(year)) <= 1, (code, year, state)


def test_numbers_of_polity_cover_its_file(real):
    import pandas as pd

    table = pd.read_csv(real("polity5_v2018.csv"))
    assert all(by_polity(int(code), 2000) is not None for code in table["ccode"].unique())
