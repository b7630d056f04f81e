"""What posteriors are used for: the spiral verdict, and whether they can be trusted at all."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from linear_problem import DESIGN, Linear, linear
from scipy import stats

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.fitting.noise import NORMAL
from secdil_sd.fitting.posterior.calibration import simulation_based_calibration
from secdil_sd.fitting.posterior.posterior import posterior
from secdil_sd.fitting.posterior.spiral import COLUMNS, judge
from secdil_sd.fitting.posterior.uniformity import chi_square, coverage_table, uniformity_table
from secdil_sd.simulation.companion import Distribution


@pytest.fixture(scope="module")
def blocs():
    names = ["reaction[*]", "grievance", "initial spending"]
    found = sd.fit(sd.load_scenario("wwi_blocs"), parameters=names, starts=16, intervals=False)
    return posterior(found, method="quick")


def beliefs(*rows):
    """A table of probabilities: (belief, probability, verdict, k_hat)."""
    return pd.DataFrame(
        [(b, p, 0.01, 0.0, 2.0, 1000, 0, k, v) for b, p, v, k in rows], columns=list(COLUMNS)
    )


def test_the_spiral_number_of_a_linear_model_is_reaction_over_fatigue(blocs):
    found = blocs.spiral()
    reaction = blocs.samples.iloc[:, 0].to_numpy()
    own = np.abs(reaction) / 0.2
    assert np.sort(found.values["posterior"]) == pytest.approx(np.sort(own), rel=1e-6)
    assert found.probability == pytest.approx((own > 1).mean())
    exact = 2 * stats.norm.sf(0.2, scale=0.45)
    row = found.table.set_index("belief").loc["prior"]
    assert row["probability"] == pytest.approx(exact, abs=4 * row["error"])


def test_the_verdict_says_why(blocs):
    found = blocs.spiral()
    assert found.verdict in ("spiral", "no spiral", "cannot tell")
    assert f"{found.probability:.2f}" in found.reason
    assert "before the figures" in found.reason
    at = blocs.spiral("spiral number at 1913")
    assert at.probability == found.probability


def test_reweighting_is_importance_sampling_of_another_prior(blocs):
    """Twice the prior, drawn directly, gives what reweighting says."""
    prior = Distribution(kind="normal", mean=0.0, spread=0.45 / np.sqrt(2))
    other = {"reaction[*]": prior}
    case = sd.load_scenario("wwi_blocs")
    names = ["reaction[*]", "grievance", "initial spending"]
    for name, spread in (("grievance", 98.61 / np.sqrt(2)),):
        other[name] = Distribution(kind="normal", mean=0.0, spread=spread)
    direct = posterior(
        sd.fit(case, parameters=names, priors=other, starts=16, intervals=False), method="quick"
    ).spiral()
    row = blocs.spiral().table.set_index("belief").loc["twice as strong"]
    assert row["k_hat"] < 0.7
    assert row["probability"] == pytest.approx(direct.probability, abs=0.08)


def test_a_straddling_posterior_cannot_tell():
    table = beliefs(
        ("prior", 0.5, "cannot tell", np.nan), ("posterior", 0.7, "cannot tell", np.nan)
    )
    verdict, reason = judge(table, 0.9, "it exceeds 1")
    assert verdict == "cannot tell" and "straddles" in reason


def test_a_prior_that_knew_already_cannot_tell():
    table = beliefs(("prior", 0.95, "spiral", np.nan), ("posterior", 0.97, "spiral", np.nan))
    verdict, reason = judge(table, 0.9, "it exceeds 1")
    assert verdict == "cannot tell" and "moved it little" in reason


def test_an_answer_that_turns_with_the_prior_cannot_tell():
    rows = [("prior", 0.5, "cannot tell", np.nan), ("posterior", 0.97, "spiral", np.nan)]
    told = judge(beliefs(*rows, ("flat", 0.99, "spiral", 0.3)), 0.9, "it exceeds 1")
    assert told[0] == "spiral"
    turned = judge(beliefs(*rows, ("flat", 0.6, "cannot tell", 0.3)), 0.9, "it exceeds 1")
    assert turned[0] == "cannot tell" and "flat" in turned[1] and "0.60" in turned[1]
    worthless = judge(beliefs(*rows, ("flat", 0.6, "cannot tell", 1.2)), 0.9, "it exceeds 1")
    assert worthless[0] == "cannot tell" and "prior decides" in worthless[1]


def test_no_spiral_is_a_verdict():
    rows = [("prior", 0.5, "cannot tell", np.nan), ("posterior", 0.01, "no spiral", np.nan)]
    assert judge(beliefs(*rows), 0.9, "it exceeds 1")[0] == "no spiral"


def test_many_failures_cannot_tell():
    table = beliefs(("prior", 0.5, "cannot tell", np.nan), ("posterior", 0.99, "spiral", np.nan))
    table.loc[1, "failed"] = 200
    verdict, reason = judge(table, 0.9, "it exceeds 1")
    assert verdict == "cannot tell" and "200 of 1200 draws failed" in reason


def test_a_prior_of_which_much_failed_is_said_to_be_so():
    table = beliefs(("prior", 0.5, "cannot tell", np.nan), ("posterior", 0.01, "no spiral", np.nan))
    table.loc[0, "failed"] = 1000
    verdict, reason = judge(table, 0.9, "it exceeds 1")
    assert verdict == "no spiral" and "of 2000 draws of the prior 1000 failed" in reason


def test_an_output_with_many_numbers_is_refused(blocs):
    with pytest.raises(InputError, match="single number"):
        blocs.spiral("spending")


def test_a_right_procedure_is_calibrated():
    found = simulation_based_calibration(linear(), n=120, seed=3)
    assert found.calibrated, found.finding
    assert "Calibrated over 120" in found.finding
    same = simulation_based_calibration(linear(), n=120, seed=3)
    assert found.ranks.equals(same.ranks)
    nine = found.coverage[found.coverage["level"] == 0.9]
    assert ((nine["low"] <= 0.9) & (nine["high"] >= 0.9)).mean() >= 0.75


def test_figures_counted_twice_are_found_out():
    """Overconfidence planted: every figure enters the likelihood four times."""

    @dataclass(frozen=True, eq=False)
    class Fourfold(Linear):
        @property
        def target(self):
            return np.tile(self.observed.values.ravel(), 4)

        def paths(self, points):
            return np.tile(super().predicted(points).reshape(len(points), -1), (1, 4))

    base = linear()
    wrong = Fourfold(base.case, base.free, base.observed, NORMAL)
    found = simulation_based_calibration(base, n=120, judged=wrong)
    table = found.uniformity.set_index("parameter")
    assert not found.calibrated
    assert table.loc["level", "verdict"] == "too sure of itself"
    nine = found.coverage.set_index(["parameter", "level"]).loc[("level", 0.9)]
    assert nine["high"] < 0.9


def test_a_biased_model_is_found_out():
    @dataclass(frozen=True, eq=False)
    class Biased(Linear):
        def predicted(self, points, years=None):
            return super().predicted(points) + 0.3 * DESIGN[:, 0].reshape(2, 12)

    base = linear()
    wrong = Biased(base.case, base.free, base.observed, NORMAL)
    found = simulation_based_calibration(base, n=120, judged=wrong)
    assert found.uniformity.set_index("parameter").loc["level", "verdict"] == "too low"
    assert "Not calibrated" in found.finding and "level is too low" in found.finding


def test_synthetic_dyads_of_the_model_are_covered(blocs):
    found = simulation_based_calibration(blocs.problem, n=60, seed=5)
    assert found.calibrated, found.finding
    nine = found.coverage[found.coverage["level"] == 0.9]
    assert 0.8 < nine["covered"].mean() < 0.98
    assert sum(found.failed.values()) > 0 and "left out" in found.finding


def test_chi_square_is_scipys_and_false_alarms_are_rare():
    rng = np.random.default_rng(1)
    assert chi_square(rng.integers(0, 101, 400), 100)[1] > 0.01
    assert chi_square(rng.integers(0, 60, 400), 100)[1] < 1e-6
    alarms = 0
    for _ in range(60):
        share = rng.random(100)
        ranks = pd.DataFrame({"parameter": "a", "rank": rng.binomial(200, share), "share": share})
        alarms += uniformity_table(ranks, 200)["verdict"].iloc[0] != "calibrated"
    assert alarms <= 3


def test_coverage_counts_central_intervals():
    ranks = pd.DataFrame({"parameter": "a", "share": (np.arange(100) + 0.5) / 100})
    table = coverage_table(ranks, (0.5, 0.9))
    assert list(table["covered"]) == [0.5, 0.9]


@pytest.mark.parametrize(("arguments", "message"), [({"n": 3}, "n"), ({"method": "qick"}, "quick")])
def test_calibration_refuses(arguments, message):
    with pytest.raises(InputError, match=message):
        simulation_based_calibration(linear(), **arguments)
