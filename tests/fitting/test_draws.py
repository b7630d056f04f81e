"""Draws about a fit: normal where the model is linear, thinned where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from fitting.dyads import linear_case, simulated

import secdil_sd as sd

BACKEND = {"backend": "numpy"}


@pytest.fixture(scope="module")
def line():
    """Straight lines with normal noise: the model is linear in what is fitted."""
    still = {"fatigue": 0.0, "reaction": 0.0, "grievance": 2.0}
    data = simulated(12, 0.03, seed=2, truth=still)
    return sd.fit(
        linear_case(12, still), data, parameters=["grievance", "initial spending"],
        bounds={"grievance": (-40, 40)}, noise="normal", starts=4, intervals=False, **BACKEND,
    )  # fmt: skip


@pytest.fixture(scope="module")
def loose():
    return sd.fit(sd.load_scenario("wwi_blocs"), starts=1, intervals=False, **BACKEND)


def test_where_the_model_is_linear_draws_are_normal(line):
    points = line.local_draws(4000, seed=1)
    grievance = line.problem.constants(points)["grievance[India]"]
    error = line.estimates.set_index("parameter").loc["grievance[India]", "std_error"]
    assert grievance.mean() == pytest.approx(line.values["grievance[India]"], abs=0.06 * error)
    assert grievance.std() == pytest.approx(error, rel=0.05)
    assert grievance.nunique() == 4000  # none dropped, none repeated


def test_draws_follow_the_figures_as_closely_as_chance_allows(loose):
    """Half of them within the deviance that half of a linear model's draws keep to."""
    points = loose.local_draws(400, seed=1)
    fall = 2 * (loose.problem.log_likelihood(points) + loose.best.loss)
    n, fitted = loose.problem.count, len(loose.problem.free)
    half = n * np.log1p(5.35 / (n - fitted))  # chi-square of 6 has its median at 5.35
    assert np.median(fall) < 1.2 * half


def test_bands_of_a_loose_fit_stay_with_the_figures(loose):
    """Unthinned, the upper end of 1913 is twice the figure: growth compounded."""
    last = loose.predict().query("year == 1913")
    assert (last["high"] < 1.3 * last["figure"]).all()
    assert (last["low"] > 0.7 * last["figure"]).all()


def test_the_same_seed_gives_the_same_draws(loose):
    assert loose.draws(20, 3).equals(loose.draws(20, 3))
    assert not loose.draws(20, 3).equals(loose.draws(20, 4))
