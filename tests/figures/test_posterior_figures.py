"""Posteriors drawn: what is drawn is the table, and a table that lacks something is refused."""

import numpy as np
import pandas as pd
import pytest
from linear_problem import linear

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.figures.posterior import densities, rank_histograms
from secdil_sd.fitting.posterior.densities import density_rows, posterior_densities
from secdil_sd.fitting.posterior.posterior import posterior


def test_densities_are_densities():
    rng = np.random.default_rng(1)
    table = density_rows("a", {"prior": rng.normal(0, 2, 4000), "posterior": rng.random(4000)})
    for belief, area in (("prior", 0.98), ("posterior", 1.0)):
        rows = table[table["belief"] == belief]
        assert np.trapezoid(rows["density"], rows["value"]) == pytest.approx(area, abs=0.04)
    inside = table[(table["belief"] == "posterior") & table["value"].between(0.05, 0.95)]
    assert inside["density"].to_numpy() == pytest.approx(1.0, abs=0.15)  # not bent at its ends


def test_prior_and_posterior_of_every_number_are_drawn():
    found = posterior(linear(), method="quick")
    table = posterior_densities(found)
    figure = densities(table, threshold=1.0)
    assert len(figure.data) == 2 * 4
    assert {each.name for each in figure.data} == {"prior", "posterior"}
    assert sum(bool(each.showlegend) for each in figure.data) == 2
    assert sd.figure(found).layout.title.text == "The figures taught 3 of 3 numbers"


def test_ranks_are_drawn_with_the_level_they_should_have():
    table = pd.DataFrame({"parameter": ["a"] * 50 + ["b"] * 50, "rank": list(range(100))})
    figure = rank_histograms(table, 100)
    assert [len(each.x) for each in figure.data] == [50, 50]
    assert {each.y0 for each in figure.layout.shapes} == {5.0}


def test_columns_are_asked_for():
    with pytest.raises(InputError, match="density"):
        densities(pd.DataFrame({"parameter": [], "belief": [], "value": []}))
    with pytest.raises(InputError, match="rank"):
        rank_histograms(pd.DataFrame({"parameter": []}), 100)
