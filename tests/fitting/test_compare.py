"""A comparison of explanations: its verdicts, its tables, its page and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.fitting.comparison.arms_races import ArmsRace
from secdil_sd.fitting.comparison.backtest import equation_forecasts
from secdil_sd.fitting.comparison.candidates import SELF_STIMULATION
from secdil_sd.fitting.comparison.contest import contest
from secdil_sd.fitting.comparison.estimation import count_parameters, estimate
from secdil_sd.fitting.comparison.history import read_history
from secdil_sd.fitting.comparison.model_path import model_path
from secdil_sd.fitting.comparison.placebo import draw_histories, hold_against_placebos
from secdil_sd.fitting.comparison.regressions import COMMON_SHOCK, MOMENTUM
from secdil_sd.fitting.comparison.verdict import (
    criteria_sentences,
    forecast_sentence,
    reaction_verdict,
)
from secdil_sd.simulation.scenario import scenario_of

BOTH = 1 - np.eye(2)
SPENDING = ArmsRace("Richardson on spending", "reaction", BOTH)
STOCKS = ArmsRace("Richardson on stocks", "reaction", BOTH, np.array([0.08, 0.08]))
ROUTINE = ArmsRace(SELF_STIMULATION, "no reaction", 0 * BOTH)
QUICK = {"models": [], "placebos": 39}


def history_of(equation, point, years, seed, spread=0.06, start=(10.0, 12.0)):
    """A history the equation brings with shocks, (year, state)."""
    generator = np.random.default_rng(seed)
    logs = np.log([start]) + generator.normal(0, [[0.3, 0.3]])
    logs = np.concatenate([logs, logs + generator.normal(0, spread, 2)])
    points = np.array([point])
    for _ in range(years - 2):
        ahead = equation.paths(logs[None], points, 1)[0] + generator.normal(0, spread, (1, 2))
        logs = np.concatenate([logs, ahead])
    return logs


def table_of(logs, first=1950, states=("A", "B")):
    """A tidy table of spending."""
    rows = [
        (state, first + year, float(np.exp(logs[year, k])))
        for k, state in enumerate(states)
        for year in range(len(logs))
    ]
    found = pd.DataFrame(rows, columns=["state", "year", "value"])
    found.attrs = {"units": "billion USD", "price_basis": "constant"}
    return found


@pytest.fixture(scope="module")
def pair():
    return sd.load_model("richardson", subscripts={"state": ["A", "B"]})


@pytest.fixture(scope="module")
def race(pair):
    """Fifty years in which each answers the other's every dollar."""
    logs = history_of(SPENDING, (0.3, 0.3, 0.5, 0.3, 0.3, 0.5), 50, 11)
    return sd.compare(pair, table_of(logs), **QUICK)


@pytest.fixture(scope="module")
def walks(pair):
    """Forty years of two drifts with nothing between them."""
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 40, 12)
    return sd.compare(pair, table_of(logs), **QUICK)


# -- verdicts --------------------------------------------------------------------------------------


def test_a_strong_race_of_fifty_years_is_found(race):
    assert race.reaction == "supported"
    assert race.reaction_p <= 0.05
    assert "Evidence of reaction: each side answers the other" in race.finding
    assert (race.reactions["answers"] == "yes").all()


def test_independent_drifts_are_no_race(walks):
    assert walks.reaction == "not supported"
    assert walks.finding.startswith("No evidence of reaction")
    assert "times in 10" in walks.finding
    assert (walks.reactions["answers"] == "cannot tell").all()


def test_five_years_cannot_tell():
    found = sd.compare(sd.load_scenario("wwi_blocs"), placebos=19)
    assert found.reaction == "cannot tell"
    assert "4 yearly changes are too few" in found.finding
    assert any("5 years are too few to fit" in each for each in found.notes)
    assert any("No forecasts 1, 3, 5, 10 years ahead" in each for each in found.notes)
    assert (found.robustness["answer"] == "cannot tell").all()


def test_four_powers_of_1909_are_no_more_telling():
    found = sd.compare(sd.load_scenario("wwi_richardson"), placebos=19)
    assert found.reaction == "cannot tell"
    assert len(found.states) == 4


def test_the_test_keeps_its_level_and_finds_what_is_there():
    """Drifts with shared shocks and momentum beside strong races, six of each."""
    shares = {"none": [], "race": []}
    for seed in range(6):
        generator = np.random.default_rng(seed)
        shocks = generator.multivariate_normal([0, 0], [[0.004, 0.002], [0.002, 0.004]], 50)
        growth = np.zeros((50, 2))
        for year in range(1, 50):
            growth[year] = 0.02 + 0.3 * growth[year - 1] + shocks[year]
        none = np.cumsum(growth, axis=0)
        race = history_of(SPENDING, (0.3, 0.3, 0.5, 0.3, 0.3, 0.5), 50, seed, start=(10, 25))
        for kind, logs in (("none", none), ("race", race)):
            test = hold_against_placebos(
                logs, ROUTINE, [SPENDING, STOCKS], [MOMENTUM, ROUTINE], 39, seed
            )
            shares[kind].append(test.p_value)
    assert np.median(shares["race"]) <= 0.1
    assert np.median(shares["none"]) >= 0.2
    assert sum(each <= 0.05 for each in shares["none"]) <= 1


def test_a_fit_that_did_not_converge_is_no_result(race):
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 30, 1)
    test = hold_against_placebos(logs, ROUTINE, [SPENDING], [MOMENTUM], 19, 1)
    lost = replace(test, gains=np.array([np.nan]))
    assert np.isnan(lost.p_value)
    verdict = reaction_verdict(lost, [SPENDING], ["A", "B"], 29)
    assert verdict.judgement == "cannot tell"
    assert "did not converge" in verdict.sentence


def test_an_inverse_response_is_no_race():
    """High answered by low and low by high, as Oren (1994) found."""
    logs = history_of(SPENDING, (-0.3, 0.1, 6.0, -0.3, 0.1, 6.0), 50, 4, start=(10, 20))
    test = hold_against_placebos(logs, ROUTINE, [SPENDING], [MOMENTUM, ROUTINE], 39, 1)
    verdict = reaction_verdict(test, [SPENDING], ["A", "B"], 49)
    assert (test.estimates[0].points[0, ::3] < 0).all()
    assert verdict.judgement != "supported"


def test_reaction_is_not_supported_where_another_explanation_is_better(race):
    logs = history_of(SPENDING, (0.3, 0.3, 0.5, 0.3, 0.3, 0.5), 50, 11)
    test = hold_against_placebos(logs, ROUTINE, [SPENDING], [MOMENTUM], 39, 1)
    table = race.criteria.copy()
    assert reaction_verdict(test, [SPENDING], ["A", "B"], 49, table).judgement == "supported"
    table.loc[table["model"] == "autoregression", "aicc"] -= 500
    table = table.sort_values("aicc", ignore_index=True)
    verdict = reaction_verdict(test, [SPENDING], ["A", "B"], 49, table)
    assert verdict.judgement == "cannot tell"
    assert "autoregression explains the figures better" in verdict.sentence


def test_the_words_on_forecasts_claim_no_more_than_the_tests():
    base = {"model": "M", "against": "best naive", "other": "N", "origins": 20, "dm": 1.0}
    rows = pd.DataFrame(
        [{**base, "horizon": h, "relative_error": 1.2, "p": 0.5, "judgement": "cannot tell"}
         for h in (1, 3)]
    )  # fmt: skip
    assert "naive forecast wins, within noise" in forecast_sentence(rows)
    assert "cannot be told apart" in forecast_sentence(rows.assign(relative_error=0.9))
    assert "The naive forecast wins: N errs less" in forecast_sentence(
        rows.assign(judgement="worse")
    )
    assert "better than the best naive" in forecast_sentence(
        rows.assign(judgement="better", relative_error=0.5)
    )
    assert "too few years" in forecast_sentence(rows.assign(p=np.nan))


def test_a_lead_within_noise_is_not_chosen(race):
    table = race.criteria.head(2).assign(
        family=["no reaction", "reaction"], aicc=[10.0, 11.0], model=["habit", "race"]
    )
    assert criteria_sentences(table)[0].startswith("AICc does not choose")
    assert "is 5.0 behind" in criteria_sentences(table.assign(aicc=[10.0, 15.0]))[0]


# -- tables ----------------------------------------------------------------------------------------


def test_every_explanation_is_judged_on_the_same_figures(walks):
    assert set(walks.criteria["figures"]) == {76}
    assert set(walks.criteria["family"]) == {"naive", "no reaction", "reaction"}
    assert walks.criteria["converged"].all()


def test_no_forecast_is_made_beyond_what_is_asked_and_known(walks):
    assert walks.forecasts["year"].max() == 1989
    assert walks.forecasts["origin"].min() == 1964
    assert walks.forecasts["horizon"].max() == 10
    assert set(walks.forecasts["start"]) == {"last figure", "first year"}


def test_skill_is_reported_from_the_last_figure_and_from_the_first_year(walks):
    rows = walks.backtest[walks.backtest["model"] == "Richardson on spending"]
    assert set(rows["start"]) == {"last figure", "first year"}
    anchored = rows[(rows["horizon"] == 1) & (rows["state"] == "all states")]
    by_start = anchored.set_index("start")["mase"]
    assert by_start["last figure"] < by_start["first year"]


def test_too_few_origins_are_said(walks):
    rows = walks.backtest[walks.backtest["horizon"] == 10]
    assert rows["p"].isna().all()
    assert rows["note"].str.contains("origins; a test of skill needs 20").all()


def test_a_contest_shares_its_level_over_horizons(walks):
    table = contest(walks.forecasts, ["Richardson on spending"], ["random walk with drift"], (1, 3))
    tested = table[table["against"] == "best naive"].dropna(subset=["p"])
    clear = tested["judgement"] != "cannot tell"
    assert (clear == (tested["p"] * len(tested) <= 0.05)).all()


def test_the_same_seed_gives_the_same_and_another_another(pair, walks):
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 40, 12)
    again = sd.compare(pair, table_of(logs), **QUICK)
    pd.testing.assert_frame_equal(walks.placebos, again.placebos)
    pd.testing.assert_frame_equal(walks.backtest, again.backtest)
    other = hold_against_placebos(logs, ROUTINE, [SPENDING, STOCKS], [MOMENTUM, ROUTINE], 39, 2)
    assert not np.allclose(other.drawn["gain"].head(39), walks.placebos["gain"].head(39))


def test_placebos_begin_as_the_history_and_drift_as_it():
    logs = history_of(COMMON_SHOCK, (0.05, 0.01), 40, 3)
    drawn = draw_histories(
        COMMON_SHOCK, estimate(COMMON_SHOCK, logs[None]), logs, 400, np.random.default_rng(0)
    )
    np.testing.assert_array_equal(drawn[:, :2], np.repeat(logs[None, :2], 400, axis=0))
    growth = np.diff(drawn[:, 1:], axis=1).mean(axis=(0, 1))
    np.testing.assert_allclose(growth, np.diff(logs[1:], axis=0).mean(axis=0), atol=0.002)


# -- the case's own model --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_path(pair):
    """The bundled linear model as a case's own, with two numbers free."""
    logs = history_of(SPENDING, (0.15, 0.2, 0.8, 0.15, 0.2, 0.8), 22, 5, spread=0.03)
    case = sd.load_scenario("wwi_blocs")
    first, second = case.states
    case = case.replace(
        params={f"reaction[{first},{second}]": 0.15, f"reaction[{second},{first}]": 0.15},
        data=table_of(logs, 1909, case.states).assign(variable="spending"),
        times=range(1909, 1932),
    )
    observed = read_history(case).observed
    return model_path(case, observed, ["grievance", "initial spending"]), logs


def test_the_models_path_is_fitted_first_and_kept(own_path):
    equation, logs = own_path
    path = estimate(equation.held, logs[None])
    found = estimate(equation, logs[None])
    np.testing.assert_array_equal(found.points[:, :4], path.points)
    assert count_parameters(equation, 2) == 4 + 2 + 3
    departures = equation.path.departures(logs[None], path.points)[0]
    for k in (0, 1):  # persistence near the regression of each departure on the one before
        own = departures[2:, k] @ departures[1:-1, k] / (departures[1:-1, k] @ departures[1:-1, k])
        assert np.tanh(found.points[0, 4 + k]) == pytest.approx(own, abs=0.1)


def test_the_models_path_is_what_fit_finds(own_path):
    """Another optimizer on the same problem: the spread that is left is no smaller."""
    from scipy.optimize import least_squares

    equation, logs = own_path
    path = equation.path
    start = path.starts(logs)[0]
    low, high = path.bounds(2)

    def residuals(point):
        found = path.departures(logs[None], point[None])[0, 2:]
        return (found / spread).ravel()

    found = estimate(path, logs[None])
    spread = found.residuals[0].std(axis=0)
    peer = least_squares(residuals, start, bounds=(low, high), x_scale=np.abs(start) + 0.1)
    assert np.square(residuals(found.points[0])).sum() <= 2 * peer.cost * 1.02


def test_another_future_leaves_the_models_forecasts_as_they_were(own_path):
    equation, logs = own_path
    other = logs.copy()
    other[17:] += 0.5
    own = equation_forecasts(equation, logs, [14, 16], 3, 2)
    changed = equation_forecasts(equation, other, [14, 16], 3, 2)
    assert len(own) == 4
    for key in own:
        np.testing.assert_array_equal(own[key].center, changed[key].center)


# -- data ------------------------------------------------------------------------------------------


def test_a_gap_leaves_the_longest_stretch_and_is_said(pair):
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 30, 1)
    table = table_of(logs)
    table = table[~((table["state"] == "A") & (table["year"] == 1955))]
    found = read_history(scenario_of(pair), table)
    assert (found.years[0], found.years[-1]) == (1956, 1979)
    assert "1956-1979 are used of 1950-1979" in found.notes[0]


def test_states_of_one_bloc_do_not_race_each_other():
    found = read_history(sd.load_scenario("wwi_richardson"))
    france, russia = found.states.index("France"), found.states.index("Russia")
    assert found.rivals[france, russia] == 0
    assert found.rivals[france].sum() == 2


def test_other_prices_are_one_more_row(pair):
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 25, 1)
    prices = np.linspace(0, 1.2, 25)[:, None]
    found = sd.compare(
        pair, table_of(logs), **QUICK, alternatives={"current prices": table_of(logs + prices)}
    )
    assert found.robustness["prices"].tolist() == ["constant", "constant", "current prices"]
    assert found.robustness["p"].notna().all()


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda t: t[t["year"] < 1954], "Only 4 years in a row"),
        (lambda t: t.assign(value=t["value"].where(t["state"] == "B")), "All figures of A"),
        (lambda t: t.assign(value=-t["value"]), "not positive numbers"),
        (lambda t: pd.concat([t, t.tail(1)]), "2 figures for 1979"),
        (lambda t: t.replace("A", "Atlantis"), "no figures for 'A'"),
    ],
)
def test_data_that_cannot_be_used(pair, change, message):
    logs = history_of(COMMON_SHOCK, (0.03, 0.02), 30, 1)
    with pytest.raises(sd.DataError, match=message):
        sd.compare(pair, change(table_of(logs)), **QUICK)


def test_mixed_bases_are_refused():
    case = sd.load_scenario("cold_war")
    table = case.data[case.data["variable"] == "spending"].drop(columns="variable")
    table.attrs = {"units": "billion USD", "price_basis": "current"}
    with pytest.raises(sd.DataError, match="price"):
        sd.compare(case, table, **QUICK)


def test_mistakes_in_the_asking_are_told_together(pair):
    table = table_of(history_of(COMMON_SHOCK, (0.03, 0.02), 30, 1))
    with pytest.raises(sd.InputError) as caught:
        sd.compare(pair, table, horizons=(0, 1.5), minimum_years=2, placebos=3)
    assert len(caught.value.findings) == 3
    with pytest.raises(sd.InputError, match="Did you mean 'placebos'"):
        sd.compare(pair, table, placebo=3)
    with pytest.raises(sd.InputError, match="Did you mean 'common shock'"):
        sd.compare(pair, table, models=["comon shock"])
    with pytest.raises(sd.InputError, match="fatige"):
        sd.compare(pair, table, parameters=["fatige"])


def test_one_state_has_nobody_to_react_to():
    one = sd.load_model("richardson", subscripts={"state": ["A"]})
    with pytest.raises(sd.DataError, match="nobody to react to"):
        sd.compare(one, table_of(np.zeros((30, 1)), states=("A",)))


# -- what is made of it ----------------------------------------------------------------------------


def test_it_saves_and_prints(walks, tmp_path):
    record = json.loads(walks.save(tmp_path / "a.json").read_text())
    assert record["reaction"] == "not supported"
    assert {"backtest", "criteria", "contest", "robustness", "provenance"} <= record.keys()
    rows = pd.read_csv(walks.save(tmp_path / "a.csv"))
    assert len(rows) == len(walks.to_dataframe())
    assert "aicc" in rows and "relative_error" in rows
    assert walks.finding in str(walks)


def test_its_page_and_figure_say_the_verdict(race, tmp_path):
    from secdil_sd.reporting.results import result_page

    drawn = sd.figure(race)
    assert "Evidence of reaction" in drawn.layout.title.text.replace("<br>", " ")
    page = result_page(race)
    assert page.answer[0] == race.finding
    assert [each.id for each in page.sections] == ["reaction", "explanations", "forecasts"]
    assert len(sd.report(race, path=tmp_path / "a.html").read_text()) > 10_000


def test_a_figure_refuses_a_table_without_its_columns(race):
    from secdil_sd.figures.comparison import fans, placebos, skill

    with pytest.raises(sd.InputError, match="relative_error"):
        skill(race.backtest.drop(columns="relative_error"))
    with pytest.raises(sd.InputError, match="gain"):
        placebos(race.placebos.drop(columns="gain"), 1.0)
    with pytest.raises(sd.InputError, match="median"):
        fans(race.forecasts.drop(columns="median"), race.history, "x", "y", [1970], "A")


def test_the_command(quick, tmp_path):
    path = tmp_path / "found.csv"
    code, said, _ = quick("compare", "wwi_blocs", "--placebos", "19", "-o", path)
    assert code == 0
    assert "It cannot be told whether they react" in said
    assert path.exists()


def test_the_command_answers_mistakes_with_a_sentence(quick, tmp_path):
    code, _, complained = quick("compare", "wwi_blocs", "--also", "prices")
    assert code == 2
    assert "names no prices and file" in complained
    code, _, complained = quick("compare", "wwi_blocs", "--data", tmp_path / "none.csv")
    assert code == 2
    assert "none.csv" in complained
