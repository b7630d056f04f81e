"""The parts a fit is made of: scales, noise, lockstep, profiles."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from secdil_sd.fitting.free import Free, Scale
from secdil_sd.fitting.memory import first_terms, innovations, lasting, likeliest, year_before
from secdil_sd.fitting.noise import LOGNORMAL, NORMAL, STUDENT
from secdil_sd.fitting.profile import threshold
from secdil_sd.fitting.together import in_lockstep
from secdil_sd.simulation.companion import Distribution


@given(st.floats(0.01, 0.99), st.sampled_from(["identity", "log", "logit"]))
def test_scales_go_there_and_back(value, kind):
    scale = Scale(kind)
    assert scale.to_natural(scale.from_natural(value)) == pytest.approx(value, rel=1e-12)


def test_densities_are_scipys():
    r = np.array([[0.3, -0.2, 1.4]])
    spread = np.array([0.7])
    assert np.allclose(NORMAL.log_density(r, spread), stats.norm.logpdf(r, scale=0.7))
    assert np.allclose(STUDENT.log_density(r, spread), stats.t.logpdf(r, 4, scale=0.7))


def test_the_spread_is_the_most_likely_one():
    r = np.random.default_rng(1).standard_t(4, 300)
    best = optimize.minimize_scalar(
        lambda s: -stats.t.logpdf(r, 4, scale=np.exp(s)).sum(), bounds=(-3, 3), method="bounded"
    )
    assert STUDENT.spread(r) == pytest.approx(np.exp(best.x), rel=1e-4)


def test_pulls_are_half_squares_of_the_loss():
    r = np.linspace(-5, 5, 41)
    loss = 0.5 * np.square(STUDENT.pulls(r, 1.3))
    true = -stats.t.logpdf(r, 4, scale=1.3) + stats.t.logpdf(0, 4, scale=1.3)
    assert np.allclose(loss, true)
    step = 1e-6
    slope = (STUDENT.pulls(r + step, 1.3) - STUDENT.pulls(r - step, 1.3)) / (2 * step)
    assert np.allclose(STUDENT.pull_slopes(r, 1.3), slope, rtol=1e-5)


def test_what_failed_is_far_off_but_finite():
    scaled = LOGNORMAL.scaled(np.array([np.nan, -3.0, np.inf, 10.0]), 10.0)
    assert np.isfinite(scaled).all() and scaled[0] < np.log(10) - 8


@pytest.mark.parametrize(
    "prior",
    [
        Distribution(kind="normal", mean=0.2, spread=0.5),
        Distribution(kind="lognormal", mean=0.2, spread=0.8),
        Distribution(kind="loguniform", low=0.02, high=2),
        Distribution(kind="triangular", low=0, high=2, mode=0.3),
    ],
)
def test_priors_are_drawn_as_their_density_says(prior):
    free = Free("x", ("x",), Scale("identity"), 0.05, 1.5, (0.1, 1.0), prior)
    drawn = free.draw_prior(np.linspace(0.001, 0.999, 999))
    grid = np.linspace(0.05, 1.5, 4001)
    density = np.exp(free.log_prior(grid))
    share = np.cumsum(density) / density.sum()
    median = float(np.interp(0.5, share, grid))
    assert np.median(drawn) == pytest.approx(median, rel=0.01)
    assert drawn.min() >= 0.05 and drawn.max() <= 1.5
    assert free.log_prior(np.array([0.01]))[0] == -np.inf


def test_lockstep_answers_everyone_in_few_rounds():
    rounds = []

    def answer(points):
        rounds.append(len(points))
        return points**2

    def job(target):
        return lambda ask: (
            optimize.minimize_scalar(
                lambda x: float(ask(np.array([[x - target]]))[0, 0]),
                bounds=(-5, 5),
                method="bounded",
            ).x
        )

    found = in_lockstep([job(t) for t in (1.0, -2.0, 3.5)], answer)
    assert np.allclose(found, [1.0, -2.0, 3.5], atol=1e-4)
    assert max(rounds) == 3 and len(rounds) < 40


def test_a_job_that_fails_stops_the_others_and_leaves_no_thread():
    before = threading.active_count()

    def bad(ask):
        ask(np.zeros((1, 1)))
        raise ValueError("mine")

    def endless(ask):
        while True:
            ask(np.zeros((1, 1)))

    with pytest.raises(ValueError, match="mine"):
        in_lockstep([endless, bad, endless], lambda points: points)
    assert threading.active_count() == before


def test_an_answer_that_fails_is_heard():
    def broken(points):
        raise RuntimeError("engine")

    with pytest.raises(RuntimeError, match="engine"):
        in_lockstep([lambda ask: ask(np.zeros((1, 1)))] * 3, broken)


def test_thresholds_are_students_for_few_figures():
    """For a linear model the deviance n log(1 + t²/(n - p)) bounds Student's interval."""
    n, p = 12, 3
    t = stats.t.ppf(0.95, n - p)
    assert threshold(0.9, n, p) == pytest.approx(n * np.log1p(t**2 / (n - p)))


def test_memory_is_the_likelihood_of_an_autoregression():
    """Against the joint normal density, whose covariance is written out."""
    rng = np.random.default_rng(2)
    present = np.ones((2, 9), dtype=bool)
    present[0, 4] = False
    before = year_before(present)
    r = lasting(rng.standard_normal((2, 9)), 0.7)[present]
    rho, s = 0.6, 1.3
    new = innovations(r, before, np.array(rho))
    ours = (NORMAL.log_density(new, np.array(s)) + first_terms(before, np.array(rho))).sum()
    states, _ = np.nonzero(present)
    theirs = 0.0
    for series in (r[states == 0][:4], r[states == 0][4:], r[states == 1]):
        gaps = np.abs(np.subtract.outer(np.arange(len(series)), np.arange(len(series))))
        covariance = s**2 / (1 - rho**2) * rho**gaps
        theirs += stats.multivariate_normal(cov=covariance).logpdf(series)
    assert ours == pytest.approx(theirs)


def test_the_likeliest_memory_is_the_best_one():
    rng = np.random.default_rng(3)
    before = year_before(np.ones((1, 60), dtype=bool))
    r = np.stack([lasting(rng.standard_normal(60), rho) for rho in (0.0, 0.5, 0.9)])
    for row, found in zip(r, likeliest(r, before), strict=True):

        def loss(rho, row=row):
            new = innovations(row, before, np.array(rho))
            spread = LOGNORMAL.spread(new)
            terms = LOGNORMAL.log_density(new, spread) + first_terms(before, np.array(rho))
            return -terms.sum()

        best = optimize.minimize_scalar(loss, bounds=(-0.5, 0.99), method="bounded")
        assert found == pytest.approx(best.x, abs=2e-3)
