"""The pieces of a comparison against closed forms, peers and the bundled model files."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad_vec
from scipy.linalg import expm

import secdil_sd as sd
from secdil_sd.fitting.comparison.arms_races import ArmsRace
from secdil_sd.fitting.comparison.automatic import auto_arima, auto_ets
from secdil_sd.fitting.comparison.backtest import (
    NAIVE,
    backtest_table,
    equation_forecasts,
    forecast_table,
)
from secdil_sd.fitting.comparison.criteria import criteria, leave_year_out
from secdil_sd.fitting.comparison.equation import EDGE, logarithm
from secdil_sd.fitting.comparison.estimation import estimate, forecast, free_run
from secdil_sd.fitting.comparison.exponentials import year_operators
from secdil_sd.fitting.comparison.innovations import covariance, log_likelihood, log_student
from secdil_sd.fitting.comparison.regressions import (
    AUTOREGRESSION,
    COMMON_SHOCK,
    EXPONENTIAL_GROWTH,
    GROWTH_AUTOREGRESSION,
    INDEPENDENT_TREND,
    RANDOM_WALK,
)
from secdil_sd.fitting.comparison.scores import Predictive, diebold_mariano, naive_error, within

BOTH = 1 - np.eye(2)
OBSOLESCENCE = np.array([0.08, 0.05])
SPENDING = ArmsRace("spending", "reaction", BOTH)
STOCKS = ArmsRace("stocks", "reaction", BOTH, OBSOLESCENCE)
ROUTINE = ArmsRace("routine", "no reaction", 0 * BOTH)
REGRESSIONS = (
    RANDOM_WALK,
    EXPONENTIAL_GROWTH,
    GROWTH_AUTOREGRESSION,
    INDEPENDENT_TREND,
    COMMON_SHOCK,
    AUTOREGRESSION,
)


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """Two drifting histories of forty years."""
    shocks = np.random.default_rng(3).normal([0.03, 0.02], [0.08, 0.05], (40, 2))
    return np.log([10.0, 20.0]) + np.cumsum(shocks, axis=0)


# -- exact years -----------------------------------------------------------------------------------


def test_a_year_is_the_matrix_exponential_and_its_mean_the_integral():
    matrices = np.random.default_rng(0).normal(size=(6, 5, 5))
    step, mean = year_operators(matrices)
    np.testing.assert_allclose(step, expm(matrices), rtol=1e-10, atol=1e-11)
    for matrix, found in zip(matrices, mean, strict=True):
        exact = quad_vec(lambda u, m=matrix: expm(u * m), 0.5, 1.5)[0]
        np.testing.assert_allclose(found, exact, rtol=1e-9, atol=1e-10)


def _year_means(run, start: float) -> np.ndarray:
    """Means over years centered on start + 1, 2, ... of a run by eighths of a year."""
    from scipy.integrate import simpson

    values = run["spending"].transpose("time", "state").values
    times = run["time"].values
    rows = []
    for center in np.arange(start + 1, times[-1] - 0.49):
        inside = (times >= center - 0.5 - 1e-9) & (times <= center + 0.5 + 1e-9)
        rows.append(simpson(values[inside], times[inside], axis=0))
    return np.array(rows)


def test_the_race_on_spending_is_the_bundled_richardson_model():
    model = sd.load_model("richardson", subscripts={"state": ["A", "B"]})
    params = {
        "reaction[A,B]": 0.2, "reaction[B,A]": 0.15, "fatigue.A": 0.1, "fatigue.B": 0.3,
        "grievance.A": 1.0, "grievance.B": 2.0, "initial spending.A": 10.0,
        "initial spending.B": 12.0,
    }  # fmt: skip
    run = model.run(params=params, times=np.arange(0, 5.6, 0.125), rtol=1e-10)
    logs = np.log([[9.0, 11.0], [10.0, 12.0]])[None]
    point = np.array([[0.2, 0.1, 1.0, 0.15, 0.3, 2.0]])
    found = SPENDING.paths(logs, point, 5)[0]
    np.testing.assert_allclose(np.exp(found), _year_means(run, 0), rtol=1e-6)


def test_the_race_on_stocks_is_the_extended_model_with_all_weight_on_stocks():
    model = sd.load_model("security_dilemma", subscripts={"state": ["A", "B"]})
    logs = np.log([[9.0, 11.0], [10.0, 12.0]])
    stocks = STOCKS._inventory(np.exp(logs)[None])[0, -1]
    params = {
        **model.companion.neutral, "stock weight": 1, "reaction.A": 0.2, "reaction.B": 0.15,
        "fatigue.A": 0.1, "fatigue.B": 0.3, "grievance share.A": 0.001, "grievance share.B": 0.002,
        "initial GDP": 1000, "initial spending.A": 10.0, "initial spending.B": 12.0,
        "initial capability.A": stocks[0], "initial capability.B": stocks[1],
        "obsolescence.A": 0.08, "obsolescence.B": 0.05,
    }  # fmt: skip
    run = model.run(params=params, times=np.arange(0, 5.6, 0.125), rtol=1e-10)
    point = np.array([[0.2, 0.1, 1.0, 0.15, 0.3, 2.0]])
    found = STOCKS.paths(logs[None], point, 5)[0]
    np.testing.assert_allclose(np.exp(found), _year_means(run, 0), rtol=1e-6)


def test_the_race_on_burden_is_the_race_on_spending_where_all_economies_are_alike(walk):
    flat = np.full_like(walk, np.log(500.0))
    burden = ArmsRace("burden", "reaction", BOTH, outputs=flat)
    own, other = estimate(SPENDING, walk[None]), estimate(burden, walk[None])
    np.testing.assert_allclose(own.log_likelihood, other.log_likelihood, atol=1e-2)
    ahead, share = forecast(SPENDING, own, walk, 5), forecast(burden, other, walk, 5)
    np.testing.assert_allclose(ahead.center, share.center, atol=0.01)


def test_no_reaction_is_self_stimulation(walk):
    routine = estimate(ROUTINE, walk[None])
    values = routine.points.reshape(2, 2)
    nested = np.concatenate([np.zeros((2, 1)), values], axis=1).reshape(1, -1)
    np.testing.assert_allclose(
        SPENDING.innovations(walk[None], nested), routine.residuals, atol=1e-12
    )
    assert estimate(SPENDING, walk[None]).log_likelihood[0] >= routine.log_likelihood[0] - 1e-6


def test_a_linear_race_fitted_to_its_own_path_finds_its_numbers():
    true = np.array([[0.25, 0.2, 0.5, 0.2, 0.3, 1.0]])
    begun = np.log([[10.0, 12.0], [10.6, 12.4]])[None]
    path = np.concatenate([begun, SPENDING.paths(begun, true, 30)], axis=1)
    quiet = path + np.random.default_rng(0).normal(0, 1e-4, path.shape)
    found = estimate(SPENDING, quiet)
    np.testing.assert_allclose(found.points, true, rtol=0.1)


def test_spending_that_falls_below_zero_is_taken_at_the_edge_and_said():
    logs = np.log([[10.0, 10.0]] * 8) + np.random.default_rng(0).normal(0, 0.01, (8, 2))
    fitted = estimate(ROUTINE, logs[None])
    falling = type(fitted)(
        np.array([[-0.2, -6.0, -0.2, -6.0]]), fitted.log_likelihood, fitted.residuals,
        fitted.slopes, fitted.converged,
    )  # fmt: skip
    ahead = forecast(ROUTINE, falling, logs, 10)
    assert ahead.beyond[-1].all()
    assert not ahead.beyond[0].any()
    np.testing.assert_allclose(ahead.center[-1], logs[-1] - EDGE)
    assert logarithm(np.array(np.nan), np.array(0.0)) == EDGE


# -- likelihood ------------------------------------------------------------------------------------


def test_log_likelihood_is_that_of_a_normal_at_its_own_covariance():
    residuals = np.random.default_rng(1).normal(size=(12, 2)) @ np.array([[1, 0.5], [0, 2.0]])
    spread = residuals.T @ residuals / 12
    exact = stats.multivariate_normal([0, 0], spread).logpdf(residuals).sum()
    assert log_likelihood(residuals, shared=True) == pytest.approx(exact)
    np.testing.assert_allclose(covariance(residuals, shared=True), spread)
    apart = [stats.norm(0, np.sqrt(spread[k, k])).logpdf(residuals[:, k]).sum() for k in (0, 1)]
    assert log_likelihood(residuals, shared=False) == pytest.approx(sum(apart))


def test_years_without_figures_do_not_count():
    residuals = np.random.default_rng(1).normal(size=(12, 2))
    longer = np.concatenate([residuals, np.full((3, 2), np.nan)])
    assert log_likelihood(longer, True) == pytest.approx(log_likelihood(residuals, True))


def test_students_density_is_scipys():
    spread = np.array([[2.0, 0.3], [0.3, 1.0]])
    x = np.array([[0.3, -1.2]])
    exact = stats.multivariate_t([0, 0], spread, df=7).logpdf(x)
    assert log_student(x, spread[None], 7, shared=True)[0] == pytest.approx(exact)


@pytest.mark.parametrize("equation", REGRESSIONS[:4], ids=lambda each: each.name)
def test_regressions_are_ordinary_least_squares(equation, walk):
    """A peer library's coefficients and likelihood, state by state."""
    import statsmodels.api as sm

    found = estimate(equation, walk[None])
    terms, target = equation._design(walk[None])
    peers = [sm.OLS(target[0, :, k], terms[0, :, k]).fit() for k in (0, 1)]
    np.testing.assert_allclose(
        found.points[0], np.concatenate([each.params for each in peers]), rtol=1e-4, atol=1e-5
    )
    assert found.log_likelihood[0] == pytest.approx(sum(each.llf for each in peers), abs=1e-5)


def test_leaving_years_out_is_what_refitting_without_them_gives(walk):
    """Exact for a regression of one state: refit without each year, Student predictive."""
    one = walk[:14, :1]
    found = leave_year_out(estimate(INDEPENDENT_TREND, one[None]), shared=False)
    terms, target = (each[0, :, 0] for each in INDEPENDENT_TREND._design(one[None]))
    for year in range(len(target)):
        keep = np.arange(len(target)) != year
        x, y = terms[keep], target[keep]
        beta, rest, *_ = np.linalg.lstsq(x, y, rcond=None)
        degrees = keep.sum() - 3
        own = terms[year]
        scale = np.sqrt(rest[0] / degrees * (1 + own @ np.linalg.inv(x.T @ x) @ own))
        exact = stats.t(degrees, own @ beta, scale).logpdf(target[year])
        assert found[year] == pytest.approx(exact, abs=2e-3)


def test_criteria_are_their_formulas(walk):
    fits = {each.name: (each, estimate(each, walk[None])) for each in REGRESSIONS}
    table = criteria(fits).set_index("model")
    row = table.loc["autoregression"]
    k, n = 9, 76
    assert (row["parameters"], row["figures"]) == (k, n)
    assert row["aicc"] == pytest.approx(
        -2 * row["log_likelihood"] + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    )
    assert row["bic"] == pytest.approx(-2 * row["log_likelihood"] + k * np.log(n))
    assert table["aicc_weight"].sum() == pytest.approx(1)
    assert table["aicc_difference"].iloc[0] == 0
    assert table["loo_difference"].max() == 0


# -- forecasts -------------------------------------------------------------------------------------


def test_a_random_walks_forecast_is_its_closed_form(walk):
    ahead = forecast(RANDOM_WALK, estimate(RANDOM_WALK, walk[None]), walk, 10)
    growth = np.diff(walk, axis=0)[1:]
    steps = np.arange(1, 11)[:, None]
    count = len(growth)
    spread = growth.std(axis=0, ddof=1) * np.sqrt(steps + steps**2 / count)
    np.testing.assert_allclose(ahead.center, walk[-1] + steps * growth.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(ahead.scale, spread, rtol=1e-5)
    assert ahead.degrees == count - 1


def test_a_lines_forecast_is_the_regression_textbooks(walk):
    import statsmodels.api as sm

    ahead = forecast(EXPONENTIAL_GROWTH, estimate(EXPONENTIAL_GROWTH, walk[None]), walk, 5)
    fit = sm.OLS(walk[2:, 0], sm.add_constant(np.arange(2.0, 40))).fit()
    peer = fit.get_prediction(sm.add_constant(np.arange(40.0, 45))).summary_frame(alpha=0.1)
    np.testing.assert_allclose(ahead.center[:, 0], peer["mean"], rtol=1e-6)
    np.testing.assert_allclose(ahead.quantile(0.95)[:, 0], peer["obs_ci_upper"], rtol=1e-5)


def test_momentum_forecasts_are_statsmodels(walk):
    """Given the same coefficients; the spread apart from what is not known of them."""
    from statsmodels.tsa.arima_process import arma2ma

    fitted = estimate(GROWTH_AUTOREGRESSION, walk[None])
    ahead = forecast(GROWTH_AUTOREGRESSION, fitted, walk, 6)
    drift, momentum = fitted.points[0, :2]
    growth, level, expected = walk[-1, 0] - walk[-2, 0], walk[-1, 0], []
    for _ in range(6):
        growth = drift + momentum * growth
        level += growth
        expected.append(level)
    np.testing.assert_allclose(ahead.center[:, 0], expected, rtol=1e-8)
    shares = np.cumsum(arma2ma([1, -momentum], [1], 6))
    residuals = fitted.residuals[0, :, 0]
    least = np.sqrt(np.cumsum(shares**2) * (residuals @ residuals) / (len(residuals) - 2))
    assert (ahead.scale[:, 0] > least).all()
    np.testing.assert_allclose(ahead.scale[0, 0], least[0], rtol=0.1)


def test_forecast_spread_is_what_simulation_gives():
    """Shocks passed on by the equation, against ten thousand histories continued with shocks."""
    from secdil_sd.fitting.comparison.estimation import unbiased

    true = np.array([[0.1, 0.2, 1.0, 0.1, 0.2, 1.0]])
    logs = np.log([[10.0, 10.0], [10.2, 9.9]])
    generator = np.random.default_rng(5)
    for _ in range(200):
        ahead = SPENDING.paths(logs[None], true, 1)[0] + generator.normal(0, 0.04, (1, 2))
        logs = np.concatenate([logs, ahead])
    fitted = estimate(SPENDING, logs[None])
    spread, _ = unbiased(fitted, shared=True)
    members = 10_000
    shocks = generator.multivariate_normal([0, 0], spread, (members, 5))
    begun = np.repeat(logs[None, -2:], members, axis=0)
    points = np.repeat(fitted.points, members, axis=0)
    for year in range(5):
        ahead = SPENDING.paths(begun, points, 1) + shocks[:, year : year + 1]
        begun = np.concatenate([begun, ahead], axis=1)
    found = forecast(SPENDING, fitted, logs, 5).scale
    drawn = begun[:, 2:].std(axis=0)
    assert (found >= 0.97 * drawn).all()
    np.testing.assert_allclose(found, drawn, rtol=0.2)


def test_a_free_run_never_looks_at_later_figures(walk):
    fitted = estimate(SPENDING, walk[None])
    changed = walk.copy()
    changed[5:] += 1
    own = SPENDING.free_run(walk[None], fitted.points, 3)
    np.testing.assert_array_equal(own, SPENDING.free_run(changed[None], fitted.points, 3))
    assert own.shape == (1, 41, 2)
    assert free_run(RANDOM_WALK, fitted, walk, 3) is None


def test_smoothing_and_arima_are_statsmodels(walk):
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    found = auto_ets(walk[:, :1], 5)
    tried = [
        ETSModel(pd.Series(walk[:, 0]), error="add", **form).fit(disp=False)
        for form in ({}, {"trend": "add"}, {"trend": "add", "damped_trend": True})
    ]
    best = min(tried, key=lambda each: each.aicc)
    peer = best.get_prediction(40, 44)
    free = 40 - len(best.params)
    np.testing.assert_allclose(found.center[:, 0], peer.predicted_mean)
    np.testing.assert_allclose(
        found.scale[:, 0], np.sqrt(peer.forecast_variance * 40 / free), rtol=1e-6
    )
    ahead = auto_arima(walk[:, :1], 5)
    assert ahead.center.shape == (5, 1)
    assert (np.diff(ahead.scale[:, 0]) > 0).all()


# -- scores ----------------------------------------------------------------------------------------


def test_diebold_mariano_is_a_corrected_t_test_of_mean_losses():
    """One year ahead it is the t-test of the mean difference, with the ML variance undone."""
    generator = np.random.default_rng(2)
    own, other = generator.random(20), generator.random(20) + 0.2
    statistic, p = diebold_mariano(own, other, 1)
    peer = stats.ttest_1samp(own - other, 0)
    assert statistic == pytest.approx(peer.statistic)
    assert p == pytest.approx(peer.pvalue)


def test_diebold_mariano_at_longer_horizons_is_harvey_leybourne_and_newbolds():
    generator = np.random.default_rng(2)
    difference = np.convolve(generator.normal(0.3, 1, 42), np.ones(3) / 3, "valid")
    statistic, p = diebold_mariano(difference, np.zeros(40), 3)
    n, h, d = 40, 3, difference - difference.mean()
    long_run = (d @ d + 2 * (d[1:] @ d[:-1]) + 2 * (d[2:] @ d[:-2])) / n
    plain = difference.mean() / np.sqrt(long_run / n)
    corrected = plain * np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    assert statistic == pytest.approx(corrected)
    assert p == pytest.approx(2 * stats.t.sf(abs(corrected), n - 1))


@pytest.mark.parametrize("count, horizon", [(7, 1), (19, 10)])
def test_too_few_origins_are_not_tested(count, horizon):
    losses = np.random.default_rng(0).random((2, count))
    assert np.isnan(diebold_mariano(*losses, horizon)).all()


def test_forecasts_that_are_the_same_are_not_told_apart():
    losses = np.random.default_rng(0).random(30)
    assert np.isnan(diebold_mariano(losses, losses + 1e-15, 1)).all()


def test_scores_of_a_known_distribution():
    known = Predictive(np.zeros((1, 1)), np.full((1, 1), 2.0), np.inf, np.zeros((1, 1), bool))
    assert known.log_density(np.array([[1.0]]))[0, 0] == pytest.approx(stats.norm(0, 2).logpdf(1))
    assert known.quantile(0.95)[0, 0] == pytest.approx(3.2897, abs=1e-4)
    assert within(np.array([[3.2]]), known, 0.9)[0, 0]
    assert not within(np.array([[3.3]]), known, 0.9)[0, 0]


# -- no leakage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("equation", [*REGRESSIONS, SPENDING, STOCKS], ids=lambda each: each.name)
def test_another_future_leaves_the_forecasts_as_they_were(equation, walk):
    other = walk.copy()
    other[25:] = other[25:][::-1] + 0.7
    own = equation_forecasts(equation, walk, [20, 24], 5)
    changed = equation_forecasts(equation, other, [20, 24], 5)
    assert own.keys() == changed.keys()
    for key in own:
        np.testing.assert_array_equal(own[key].center, changed[key].center)
        np.testing.assert_array_equal(own[key].scale, changed[key].scale)


def test_origins_fitted_together_are_as_if_fitted_alone(walk):
    several = equation_forecasts(SPENDING, walk, range(14, 30, 3), 5)
    for key, ahead in several.items():
        alone = equation_forecasts(SPENDING, walk, [key[1]], 5)[key]
        np.testing.assert_allclose(ahead.center, alone.center, atol=2e-3)


def test_skill_of_a_naive_forecast_against_itself_is_one(walk):
    made = {NAIVE: equation_forecasts(RANDOM_WALK, walk, range(14, 39), 10)}
    table = forecast_table(made, walk, range(1950, 1990), ["A", "B"])
    found = backtest_table(table, (1, 3, 50), ["A", "B"])
    one = found[(found["horizon"] == 1) & (found["state"] == "A")].iloc[0]
    assert one["origins"] == 25
    assert one["relative_error"] == 1
    missed = [
        abs(walk[o, 0] + np.diff(walk[1 : o + 1, 0]).mean() - walk[o + 1, 0])
        / naive_error(walk[: o + 1])[0]
        for o in range(14, 39)
    ]
    assert one["mase"] == pytest.approx(np.mean(missed))
    none = found[found["horizon"] == 50]
    assert (none["origins"] == 0).all()
    assert none["note"].str.contains("no origin").all()


def test_intervals_of_the_true_model_hold_what_they_should():
    """Forty random walks of two states: nine tenths of forecasts up to five years inside 90%."""
    generator = np.random.default_rng(4)
    inside = []
    for _ in range(40):
        logs = np.cumsum(generator.normal(0.03, 0.08, (30, 2)), axis=0)
        made = equation_forecasts(RANDOM_WALK, logs, range(14, 25, 5), 5)
        for (_, origin), ahead in made.items():
            inside.append(within(logs[origin + 1 : origin + 6], ahead, 0.9).mean())
    assert 0.85 < np.mean(inside) < 0.95
