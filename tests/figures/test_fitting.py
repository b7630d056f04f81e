"""Fits drawn: needed columns, gaps, hollow markers, open ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.figures import fitting, residuals
from secdil_sd.fitting import bands as fitted_bands
from secdil_sd.fitting import profile as walked
from secdil_sd.fitting.fit import ESTIMATE_COLUMNS

THRESHOLDS = {0.5: 0.45, 0.9: 2.7}


@pytest.fixture(scope="module")
def found():
    apart = ["reaction", "grievance", "initial spending"]
    return sd.fit(sd.load_scenario("wwi_blocs"), parameters=apart, starts=1, backend="numpy")


@pytest.fixture
def walk():
    """A profile whose right half leans on another number's bound, with an open left end."""
    values = np.linspace(-2, 3, 6)
    table = pd.DataFrame(
        {
            "parameter": "fatigue[India]", "value": values, "deviance": 0.5 * values**2,
            "other_bound": ["", "", "", "reaction", "reaction", "reaction"],
        }
    )  # fmt: skip
    marks = pd.DataFrame(
        [("fatigue[India]", 0.0, -2.0, 2.3, True, False)], columns=list(fitting.MARK_COLUMNS)
    )
    return table, marks


def test_fits_create_what_figures_need(found):
    assert set(fitting.BAND_COLUMNS) <= set(fitted_bands.BAND_COLUMNS)
    assert set(fitting.PROFILE_COLUMNS) <= set(walked.COLUMNS)
    assert set(fitting.MARK_COLUMNS) <= set(ESTIMATE_COLUMNS)
    assert set(residuals.PULL_COLUMNS) <= set(found.residuals.columns)
    assert set(residuals.SOURCE_COLUMNS) <= set(found.diagnostics.columns)


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: fitting.both_bands(t, "y"),
        lambda t: fitting.profiles(t, THRESHOLDS),
        fitting.correlation,
        lambda t: fitting.prior_and_posterior(t, "x"),
        lambda t: residuals.over_time(t, "y"),
        residuals.year_before,
        lambda t: residuals.pulls(t, 1.0),
        residuals.sources,
    ],
)
def test_a_missing_column_is_named(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"nonsense": [1]}))


def test_a_fit_is_drawn_with_both_bands_a_panel_a_state(found):
    drawn = sd.figure(found)
    assert drawn.layout.title.text.replace("<br>", " ") == found.finding
    assert [each.name for each in drawn.data] == 2 * [
        "90% of figures", "90% of paths", "model", "figures",
    ]  # fmt: skip
    assert sum(each.showlegend is not False for each in drawn.data) == 4
    assert {drawn.layout.yaxis.type, drawn.layout.yaxis2.type} == {"log"}


def test_years_without_figures_are_gaps():
    years = range(1950, 1954)
    table = pd.DataFrame(
        {"state": "A", "year": years, "figure": [1.0, np.nan, 3.0, 4.0], "value": 2.0}
        | dict.fromkeys(fitting.BAND_COLUMNS[4:], 2.0)
    )
    dots = fitting.both_bands(table, "y", "linear").data[-1]
    assert dots.y == (1.0, None, 3.0, 4.0) and dots.connectgaps is False
    missed = pd.DataFrame({"state": "A", "year": [1950, 1952], "residual": [0.1, 0.2]})
    assert residuals.over_time(missed, "y").data[0].y == (0.1, None, 0.2)


def test_hollow_markers_stand_where_another_bound_binds(walk):
    drawn = fitting.profiles(walk[0], THRESHOLDS)
    by_symbol = {each.marker.symbol: each for each in drawn.data if each.mode == "markers"}
    assert by_symbol["circle"].x == (-2.0, -1.0, 0.0)
    assert by_symbol["circle-open"].x == (1.0, 2.0, 3.0)
    assert by_symbol["circle-open"].customdata == ("reaction",) * 3
    levels = {each.y0 for each in drawn.layout.shapes}
    assert levels == set(THRESHOLDS.values())


def test_open_ends_are_said_and_estimates_marked(walk):
    drawn = fitting.profiles(walk[0], THRESHOLDS, walk[1])
    arrows = [each for each in drawn.data if "triangle" in str(each.marker.symbol)]
    assert [each.marker.symbol for each in arrows] == ["triangle-left"]
    assert arrows[0].x == (-2.0,)
    assert [each.text for each in drawn.layout.annotations].count("open: its bound") == 1
    (interval,) = [each for each in drawn.data if each.name == "interval"]
    assert interval.x == (-2.0, 2.3) and set(interval.y) == {2.7}


def test_numbers_on_a_bound_are_not_in_the_map():
    table = pd.DataFrame([[1, np.nan, 0.5], [np.nan] * 3, [0.5, np.nan, 1]], *[list("abc")] * 2)
    drawn = sd.figure(table)
    assert len(drawn.data[0].y) == 2
    assert [list(row) for row in drawn.data[0].z] == [[None], [0.5]]


def test_tables_of_a_fit_are_drawn_as_they_are(found):
    profiles = sd.figure(found.profile())
    assert len([each for each in profiles.data if each.mode == "lines"]) == 6
    assert {each.y0 for each in profiles.layout.shapes} == set(found.thresholds.values())
    assert sd.figure(found.residuals).data[0].type == "bar"
    assert sd.figure(found.diagnostics).layout.barmode == "stack"
    assert sd.figure(found.correlation).data[0].type == "heatmap"
    shares = sd.figure(found.diagnostics).data
    assert np.allclose(sum(np.array(each.x) for each in shares), 1)


def test_prior_and_posterior_share_their_bins_and_drop_what_is_infinite():
    rng = np.random.default_rng(1)
    prior, later = rng.lognormal(0, 1, 500), rng.normal(1.4, 0.1, 500)
    table = pd.DataFrame(
        {
            "kind": np.repeat(["prior", "posterior"], 500),
            "value": np.r_[prior[:-1], np.inf, later],
        }
    )
    drawn = fitting.prior_and_posterior(table, "spiral number")
    assert [each.name for each in drawn.data] == ["before the figures", "given the figures"]
    assert drawn.data[0].xbins == drawn.data[1].xbins
    assert np.isfinite(drawn.data[0].x).all()
    assert drawn.layout.shapes[0].x0 == 1
