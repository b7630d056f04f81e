"""Posteriors against exact ones: a model linear in its numbers, and the bundled blocs."""

from dataclasses import dataclass, replace

import emcee
import numpy as np
import pytest
from linear_problem import DESIGN, Linear, free, linear
from scipy import stats

import secdil_sd as sd
from secdil_sd.errors import InputError, SolveError
from secdil_sd.fitting.noise import LOGNORMAL, NORMAL, STUDENT
from secdil_sd.fitting.posterior.chains import diagnostics
from secdil_sd.fitting.posterior.posterior import Posterior, moved, posterior
from secdil_sd.fitting.posterior.quick import quick_draws
from secdil_sd.fitting.posterior.target import target_of
from secdil_sd.fitting.posterior.weights import smoothed
from secdil_sd.simulation.companion import Distribution


def exact(problem, spread_prior):
    """Mean and covariance of the exact posterior: normal for each spread, over a grid of them."""
    y = problem.observed.values.ravel()
    before, prior = np.array([2.0, 0.0, 0.0]), np.eye(3) * 4.0
    grid = np.exp(np.linspace(np.log(0.1), np.log(2.0), 400))
    means, covariances, evidence = [], [], []
    for s in grid:
        precision = np.linalg.inv(prior) + DESIGN.T @ DESIGN / s**2
        covariances.append(np.linalg.inv(precision))
        means.append(covariances[-1] @ (np.linalg.inv(prior) @ before + DESIGN.T @ y / s**2))
        whole = DESIGN @ prior @ DESIGN.T + s**2 * np.eye(24)
        weight = stats.lognorm.pdf(s, spread_prior.spread, scale=spread_prior.mean) * s
        evidence.append(
            stats.multivariate_normal.logpdf(y, DESIGN @ before, whole) + np.log(weight)
        )
    w = np.exp(np.array(evidence) - max(evidence))
    w /= w.sum()
    mean = w @ np.array(means)
    apart = np.array(means) - mean
    covariance = np.einsum("s,sij->ij", w, np.array(covariances)) + (w[:, None] * apart).T @ apart
    return mean, covariance, float(w @ grid)


@pytest.fixture(scope="module")
def blocs():
    names = ["reaction[*]", "grievance", "initial spending"]
    return sd.fit(sd.load_scenario("wwi_blocs"), parameters=names, starts=16)


@pytest.fixture(scope="module")
def sampled():
    return posterior(linear(), seed=2, steps=1500)


def test_quick_draws_of_a_linear_model_have_its_exact_moments():
    problem = linear()
    found = quick_draws(problem, count=4000)
    mean, covariance, spread = exact(problem, found.target.spread_prior)
    points = problem.natural(found.points)
    error = np.sqrt(np.diag(covariance) / found.effective)
    assert (np.abs(points.mean(axis=0) - mean) < 4 * error).all()
    assert np.cov(points.T) == pytest.approx(covariance, rel=0.2, abs=0.1 * covariance.max())
    assert found.spread.mean() == pytest.approx(spread, rel=0.03)
    assert found.how == "Laplace" and found.k_hat < 0.7


def test_chains_of_a_linear_model_have_its_exact_moments(sampled):
    mean, covariance, spread = exact(sampled.problem, sampled.target.spread_prior)
    flat = sampled.values.reshape(-1, 4)
    error = np.sqrt(np.diag(covariance) / sampled.chains.ess_bulk[:3])
    assert (np.abs(flat[:, :3].mean(axis=0) - mean) < 4 * error).all()
    assert flat[:, :3].std(axis=0) == pytest.approx(np.sqrt(np.diag(covariance)), rel=0.05)
    assert flat[:, 3].mean() == pytest.approx(spread, rel=0.02)
    assert sampled.settled


def test_emcee_scalar_says_the_same(sampled):
    """The peer: emcee's own stretch moves, one point at a time, on the same density."""
    target = sampled.target
    start = sampled.quick.x[:10]
    peer = emcee.EnsembleSampler(10, 3, lambda x: float(target.log_density(x[None])[0]))
    peer._random.seed(3)
    peer.run_mcmc(start, 250)
    own = sampled.target.natural(peer.get_chain(flat=True, discard=50))
    flat = sampled.values.reshape(-1, 4)[:, :3]
    assert np.abs(own.mean(axis=0) - flat.mean(axis=0)).max() < 0.25 * flat.std(axis=0).max()
    assert own.std(axis=0) == pytest.approx(flat.std(axis=0), rel=0.25)


@pytest.mark.parametrize("noise", [NORMAL, LOGNORMAL, STUDENT])
def test_the_spread_is_integrated_as_quadrature_does(noise):
    from scipy import integrate

    target = target_of(linear(noise))
    x = target.coordinates(np.array([[2.5, 0.5, 0.0]]))
    residuals = target.residuals(x)
    prior = target.spread_prior

    def integrand(log_spread):
        own = target.problem.pointwise(residuals, np.exp([log_spread])).sum()
        return np.exp(own - top) * stats.norm.pdf(log_spread, np.log(prior.mean), prior.spread)

    top = target.problem.pointwise(residuals).sum()
    middle = float(np.log(noise.spread(residuals))[0])
    found, _ = integrate.quad(integrand, middle - 3, middle + 3, epsabs=0, points=[middle])
    own = target.integrated(residuals).log_likelihood[0]
    assert own == pytest.approx(top + np.log(found), abs=1e-4)


def test_the_spread_is_drawn_from_its_own_distribution():
    target = target_of(linear())
    likelihood = target.integrated(np.repeat(target.residuals(np.zeros((1, 3))), 4000, axis=0))
    drawn = np.log(likelihood.draw(np.random.default_rng(1).random(4000)))
    mean = (likelihood.weights[0] * likelihood.nodes[0]).sum()
    assert drawn.mean() == pytest.approx(mean, abs=4 * drawn.std() / np.sqrt(4000))


def test_a_posterior_on_a_bound_is_the_truncated_one():
    """One number, its mode far below the bound: an exponential tail, not a bell."""
    problem = linear(spread=0.4, level={"low": 4.0})
    found = quick_draws(problem, count=4000)
    mean, _, _ = exact(problem, found.target.spread_prior)
    level = problem.natural(found.points)[:, 0]
    assert level.min() >= 4.0 - 1e-9
    assert level.mean() < 4.0 + 0.5 * (4.0 - mean[0])
    assert found.effective > 400


def test_two_modes_are_both_found():
    """A number that enters by its square: the figures cannot know its sign."""

    @dataclass(frozen=True, eq=False)
    class Squared(Linear):
        def predicted(self, points, years=None):
            values = self.natural(np.atleast_2d(points))
            return (np.square(values) @ DESIGN[:, :1].T).reshape(-1, 2, 12)

    base = linear()
    problem = Squared(base.case, (free("root", 0.0, 2.0),), base.observed, NORMAL)
    found = quick_draws(problem, count=2000)
    share = float((found.points[:, 0] > 0).mean())
    assert 0.4 < share < 0.6


def test_rhat_and_ess_are_those_of_the_papers():
    rng = np.random.default_rng(1)
    x = np.empty((4, 4000, 1))
    x[:, 0] = rng.standard_normal((4, 1))
    for t in range(1, 4000):
        x[:, t] = 0.8 * x[:, t - 1] + 0.6 * rng.standard_normal((4, 1))
    rhat, bulk, tail = diagnostics(x)
    assert bulk[0] == pytest.approx(16000 * (1 - 0.8) / (1 + 0.8), rel=0.15)
    assert rhat[0] < 1.01 and tail[0] > 400
    halves = x[..., 0].reshape(8, 2000)
    within, between = halves.var(axis=1, ddof=1).mean(), halves.mean(axis=1).var(ddof=1)
    own = np.sqrt(((1999 / 2000) * within + between) / within)
    assert rhat[0] == pytest.approx(own, abs=2e-3)
    assert diagnostics(x + np.arange(4)[:, None, None])[0][0] > 1.1


def test_smoothed_weights_know_when_they_are_worthless():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(4000)
    good = smoothed(stats.norm.logpdf(x, 0.2, 0.9) - stats.norm.logpdf(x))
    assert good.sound and good.values @ x == pytest.approx(0.2, abs=0.05)
    bad = smoothed(stats.norm.logpdf(x, 0, 4.0) - stats.norm.logpdf(x))
    assert not bad.sound


def test_seeds_reproduce():
    one, same, other = (posterior(linear(), seed=k, steps=200) for k in (1, 1, 2))
    assert np.array_equal(one.values, same.values)
    assert not np.array_equal(one.values[:, :50], other.values[:, :50])


def test_too_few_draws_are_not_summarised_but_stay_readable():
    short = posterior(linear(), steps=100, walkers=6)
    chains = replace(short.chains, ess_bulk=np.full(4, 150.0), ess_tail=np.full(4, 500.0))
    few = Posterior(short.target, short.quick, chains, short.settings, 600)
    with pytest.raises(SolveError, match=r"100 steps of 6 walkers.*worth 150.*400.*steps="):
        few.summary()
    assert len(few.to_dataframe()) >= 600


def test_summary_puts_the_prior_beside_the_posterior(sampled):
    table = sampled.summary().set_index("parameter")
    assert table.loc["level", "prior_mean"] == pytest.approx(2.0, abs=0.1)
    assert table.loc["level", "moved"] == "learned"
    flat = sampled.values[..., 0]
    before = sampled.prior_values[:, 0]
    assert table.loc["level", "contraction"] == pytest.approx(1 - flat.var() / before.var())
    assert (table["rhat"] < 1.01).all() and (table["ess_bulk"] > 400).all()
    assert "3 of 3" in sampled.finding


def test_a_number_the_figures_do_not_touch_barely_moves():
    base = linear()
    idle = free("idle", 1.0, 0.5)

    @dataclass(frozen=True, eq=False)
    class Idle(Linear):
        def predicted(self, points, years=None):
            found = self.natural(np.atleast_2d(points))[:, :3] @ DESIGN.T
            return found.reshape(len(found), 2, 12)

    found = posterior(Idle(base.case, (*base.free, idle), base.observed, NORMAL), method="quick")
    row = found.summary().set_index("parameter").loc["idle"]
    assert row["moved"] == "barely moved" and abs(row["contraction"]) < 0.2
    assert row["mean"] == pytest.approx(1.0, abs=0.1)
    assert moved(0.5, 0.0) == "partly learned"


def test_posteriors_agree_with_the_profile_intervals(blocs):
    """Where figures dominate the prior, both describe one likelihood."""
    table = posterior(blocs, method="quick", seed=3).summary().set_index("parameter")
    for name in blocs.problem.names:
        low, high = blocs.interval(name)
        row = table.loc[name]
        assert low - 0.3 * (high - low) < row["mean"] < high + 0.3 * (high - low), name
        assert row["low"] < blocs.values[name] < row["high"], name


def test_arviz_has_named_groups_and_coordinates(blocs):
    found = posterior(blocs, method="quick", draws=500)
    tree = found.to_arviz()
    assert {"posterior", "prior", "sample_stats", "log_likelihood"} < set(tree.children)
    grievance = tree["posterior"]["grievance"]
    assert grievance.dims == ("chain", "draw", "state")
    assert list(grievance["state"].values) == list(blocs.problem.observed.states)
    own = found.target.natural(found.few[0])[
        ..., found.problem.names.index("grievance[France and Russia]")
    ]
    assert np.array_equal(grievance.sel(state="France and Russia").values, own)
    likelihood = tree["log_likelihood"]["spending"]
    assert likelihood.dims == ("chain", "draw", "state", "year")
    flat = found.points[:5]
    spread = found.few[1].ravel()[:5]
    total = likelihood.sum(["state", "year"]).values.ravel()[:5]
    assert total == pytest.approx(blocs.problem.log_likelihood(flat, spread), abs=1e-3)
    assert tree["posterior"]["reaction"].dims == ("chain", "draw")
    assert np.isfinite(tree["posterior_predictive"]["spending"]).all()


def test_arviz_reads_loo_of_it(blocs):
    pytest.importorskip("xarray_einstats")
    from arviz_stats import loo

    found = loo(posterior(blocs, method="quick", draws=500).to_arviz(), var_name="spending")
    assert np.isfinite(found.elpd)


def test_predictions_hold_the_figures(blocs):
    found = posterior(blocs, method="quick")
    path, figures = found.predict(), found.predict("observation")
    assert ((figures["high"] - figures["low"]) > (path["high"] - path["low"])).all()
    own = blocs.problem.observed.values.ravel()
    inside = (figures["low"] < own) & (own < figures["high"])
    assert inside.mean() >= 0.8 and (path["failed"] == 0).all()


def test_saved_draws_can_be_read(tmp_path, blocs):
    import json

    import pandas as pd

    found = posterior(blocs, method="quick", draws=500)
    table = pd.read_csv(found.save(tmp_path / "draws.csv"))
    assert list(table.columns) == ["chain", "draw", *found.problem.names, "spread"]
    record = json.loads(found.save(tmp_path / "all.json").read_text())
    assert record["provenance"]["scenario"] == "wwi_blocs"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "emce"}, "emcee"),
        ({"draws": 3}, "draws"),
        ({"steps": 10}, "steps"),
        ({"walkers": 4}, "at least 6"),
        ({"spread_prior": Distribution(kind="uniform", low=0.1, high=1)}, "lognormal"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        posterior(linear(), **arguments)
