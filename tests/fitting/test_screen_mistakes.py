"""What a user can get wrong when dyads are screened: told together, in words, with a remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd

YEARS = range(1960, 2000)


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"state": state, "year": year, "value": float(np.exp(0.03 * k + rng.normal(0, 0.05)))}
        for state in ("India", "Pakistan", "China")
        for k, year in enumerate(YEARS)
    )


def with_value(table, state, year, value):
    return table.assign(
        value=table["value"].where((table["state"] != state) | (table["year"] != year), value)
    )


def without(table, state):
    return table.assign(value=table["value"].where(table["state"] != state))


@pytest.mark.parametrize(
    ("change", "dyads", "said"),
    [
        (None, [("India", "Pakistn"), ("Indja", "China")], "Did you mean 'Pakistan'?"),
        (None, [("India", "IND")], "India is paired with itself."),
        (None, [("India", "Brazil")], "There are no figures for 'Brazil'."),
        (None, [("Congo", "India")], "Congo"),
        (None, [("India",)], "is no dyad"),
        (None, 5, "is no list of dyads"),
        (None, [], "There is no dyad."),
        (None, [("India", "China", 1990, 1980)], "not a first and a later last year"),
        (lambda t: pd.concat([t, t.iloc[[3]]]), None, "India has a second figure for 1963"),
        (lambda t: with_value(t, "China", 1970, -1.0), None, "China has -1 in 1970"),
        (lambda t: with_value(t, "China", 1970, 0.0), None, "spending must be positive"),
        (lambda t: with_value(t, "China", 1970, np.inf), None, "'inf' is not a number"),
        (lambda t: t.astype({"value": object}).replace(t["value"][0], "?"), None, "'?' is not a"),
        (lambda t: t.assign(year=t["year"] + 0.5), None, "1960.5 is not a year"),
        (lambda t: without(t, "China"), [("India", "China")], "China has no figure in any year."),
        (
            lambda t: t.assign(units=["USD"] * 60 + ["GBP"] * 60),
            None,
            "One table has units 'USD' and 'GBP'",
        ),
        (lambda t: t.rename(columns={"value": "values"}), None, "Did you mean 'values'?"),
        (lambda t: t.iloc[:0], None, "The table has no positive figure."),
        (
            lambda t: pd.concat([t.assign(variable="GDP"), t.assign(variable="people")]),
            None,
            "several variables: GDP, people",
        ),
    ],
)
def test_mistakes_are_sentences(table, change, dyads, said):
    given = table if change is None else change(table)
    with pytest.raises(sd.SecdilError) as caught:
        sd.screen(given, dyads)
    assert said in str(caught.value)


def test_mistakes_of_data_and_dyads_are_told_together(table):
    bad = with_value(pd.concat([table, table.iloc[[0]]]), "China", 1970, -1.0)
    with pytest.raises(sd.DataError) as caught:
        sd.screen(bad, [("Indja", "China"), ("China", "CHN")], window=(1990, 1980))
    said = str(caught.value)
    for part in ("second figure", "-1 in 1970", "'Indja'", "paired with itself", "window"):
        assert part in said


@pytest.mark.parametrize("states", [2, 9])
def test_a_break_in_currency_is_not_read_as_arms(states):
    rng = np.random.default_rng(2)
    broken = pd.DataFrame(
        {
            "state": f"state {k}",
            "year": year,
            "value": (1 if year < 1914 else 4.87) * np.exp(rng.normal(0, 0.05)),
        }
        for k in range(states)
        for year in range(1905, 1925)
    )
    with pytest.raises(sd.DataError, match="a change of unit"):
        sd.screen(broken)
    assert len(sd.screen(broken[broken["year"] >= 1914])) == states * (states - 1) / 2


def test_zeros_of_a_published_source_are_gaps(table):
    zero = with_value(table, "China", 1970, 0.0)
    zero.attrs["source"] = "Correlates of War, National Material Capabilities"
    assert sd.screen(zero, [("India", "China")])["n"].item() == 37


def test_too_few_figures_are_a_row_that_cannot_tell(table):
    short = sd.screen(table, [("India", "China", 1960, 1962), ("India", "China", 1800, 1830)])
    assert set(short["buildup"]) == set(short["reaction"]) == {"cannot tell"}
    assert short["n"].tolist() == [2, 0]
    assert "Build-up needs 3 yearly changes" in short["reasons"].iloc[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"placebos": -1}, "placebos is -1"),
        ({"placebos": pd.DataFrame({"kind": ["x"]})}, "has no column reaction_probability"),
        ({"deflator": {1800: 1.0}}, "The deflator covers 1800-1800"),
        ({"deflator": {1970: 1.0}}, "does not say in what currency"),
    ],
)
def test_options_are_checked(table, options, said):
    with pytest.raises(sd.SecdilError, match=said):
        sd.screen(table, [("India", "China")], **options)


def test_placebos_that_cannot_be_had_are_refused(table):
    with pytest.raises(sd.InputError, match="no kind 'years'"):
        sd.placebo_pairs(table, kind="years")
    with pytest.raises(sd.DataError, match="no placebo pairs from the other years"):
        sd.placebo_pairs(table, kind="other years")
    with pytest.raises(sd.InputError, match="not a positive number"):
        sd.placebo_pairs(table, n=0)
