"""Bands hold the shares of the members that they claim."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import secdil_sd as sd
from secdil_sd.analysis.sweeps.bands import MOST_TRACES, SHARES, bands
from secdil_sd.errors import InputError


@pytest.fixture
def ensemble():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(400, 5, 2)).cumsum(axis=1)
    return xr.DataArray(
        values,
        {"member": np.arange(400), "time": np.arange(5), "state": ["A", "B"]},
        ("member", "time", "state"),
        "walk",
    )


def test_each_band_holds_its_share(ensemble):
    found = bands(ensemble)
    for row in found.table.itertuples():
        own = ensemble.sel(time=row.time, state=row.element)
        inside = float(((own >= row.low) & (own <= row.high)).mean())
        assert inside == pytest.approx(row.share, abs=0.006)


def test_bands_are_nested_around_the_median(ensemble):
    found = bands(ensemble)
    wide = found.table.pivot(index=["element", "time"], columns="share", values=["low", "high"])
    assert (np.diff(wide["low"][list(SHARES)], axis=1) <= 0).all()
    assert (np.diff(wide["high"][list(SHARES)], axis=1) >= 0).all()
    middle = found.median.set_index(["element", "time"])["value"]
    assert (wide["low"][0.5] <= middle).all()
    assert (middle <= wide["high"][0.5]).all()


def test_at_most_thirty_members_are_shown_and_failed_ones_left_out(ensemble):
    ensemble[7, 3:] = np.nan
    found = bands(ensemble)
    assert (found.members, found.failed) == (399, 1)
    assert found.traces["member"].nunique() == MOST_TRACES
    assert 7 not in set(found.traces["member"])
    assert "1 that failed are left out" in found.finding
    assert np.isfinite(found.table["low"]).all()


def test_a_state_is_no_pair_with_itself():
    model = sd.load_model("security_dilemma")
    run = model.run_ensemble(
        {"transparency": [0.0, 0.5]}, times=range(3), outputs=["hostility belief"]
    )
    found = bands(run["hostility_belief"])
    assert all(a != b for a, b in (each.split(", ") for each in found.table["element"]))


def test_what_has_no_bands(ensemble):
    with pytest.raises(InputError, match="no members over time"):
        bands(ensemble.isel(time=0))
    with pytest.raises(InputError, match="All 400 members failed"):
        bands(ensemble * np.nan)
