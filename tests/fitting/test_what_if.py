"""From a fit to what-if: the scenario with the estimates in, and draws beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from tests.fitting.dyads import FITTED, linear_case, simulated


@pytest.fixture(scope="module")
def fit():
    return sd.fit(
        linear_case(12), simulated(12, 0.03), FITTED, starts=8, intervals=False, variable="spending"
    )


def test_the_scenario_has_the_estimates_and_where_they_come_from(fit):
    case = fit.to_scenario(draws=50)
    run, own = (each.run(outputs=["spending"])["spending"] for each in (case, fit.case))
    assert run.equals(own)
    assert all(case.origins[each].startswith("fitted") for each in FITTED)
    assert len(case.draws) == 50
    assert set(case.draws) == {name for each in fit.problem.free for name in each.columns}


def test_seeds_give_the_same_draws_and_others_others(fit):
    first, again, other = (fit.to_scenario(20, seed).draws for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_correlation_of_the_fit_survives_into_the_draws(fit):
    draws = fit.to_scenario(draws=400).draws
    names = list(fit.problem.names)
    for one, other in (("reaction[India,Pakistan]", "grievance[India]"),):
        assert one in names
        wanted = fit.correlation.loc[one, other]
        assert np.corrcoef(draws[one], draws[other])[0, 1] == pytest.approx(wanted, abs=0.15)


def test_the_draws_of_the_gain_are_those_of_the_products(fit):
    case = fit.to_scenario(draws=30)
    run = case.run_draws(outputs=["reaction gain final"], progress=False)
    d = case.draws
    product = d["reaction[India,Pakistan]"] * d["reaction[Pakistan,India]"]
    gain = np.sqrt(product.clip(lower=0)) / 0.25
    good = product > 0
    assert np.allclose(run["reaction_gain_final"][good.to_numpy()], gain[good], rtol=1e-6)


def test_a_posterior_gives_its_own_draws(fit):
    class Given:
        def draws(self, count, seed):
            return pd.DataFrame({"reaction": np.linspace(0.1, 0.2, count) + 0 * seed})

    case = fit.to_scenario(draws=5, posterior=Given())
    assert case.draws["reaction[India,Pakistan]"].tolist() == pytest.approx(
        np.linspace(0.1, 0.2, 5)
    )


def test_mistakes_are_told_together(fit):
    with pytest.raises(InputError) as caught:
        fit.to_scenario(draws=1, seed=-1, posterior=3)
    assert len(caught.value.findings) == 3
