"""What a fit refuses, and that it says all of it at once."""

import numpy as np
import pandas as pd
import pytest
from fitting.dyads import FITTED, linear_case, simulated

import secdil_sd as sd


@pytest.fixture(scope="module")
def data():
    return simulated(12, 0.05)


def refused(*args, **kwargs) -> str:
    with pytest.raises(sd.SecdilError) as caught:
        sd.fit(*args, **kwargs)
    return str(caught.value)


def test_a_parameter_the_model_has_not(data):
    said = refused(linear_case(12), data, parameters=["reactoin", "fatige"])
    assert "'reaction'" in said and "'fatigue'" in said


def test_nothing_to_fit(data):
    said = refused(linear_case(12), data, parameters=[])
    assert "does not say which parameters to fit" in said


def test_too_few_figures_says_how_many_are_needed(data):
    said = refused(linear_case(12), data[data["year"] < 1953], parameters=FITTED)
    assert "6 figures for 6 numbers" in said and "at least 8" in said


def test_a_state_without_figures(data):
    said = refused(linear_case(12), data[data["state"] == "India"], parameters=FITTED)
    assert "no figures for 'Pakistan'" in said


def test_all_missing(data):
    blank = data.copy()
    blank.loc[blank["state"] == "Pakistan", "value"] = np.nan
    assert "All figures of Pakistan are missing" in refused(
        linear_case(12), blank, parameters=FITTED
    )


def test_doubled_years_and_figures_that_are_not_positive_together(data):
    wrong = pd.concat([data, data.iloc[[0]]], ignore_index=True)
    wrong.loc[14, "value"] = -9
    said = refused(linear_case(12), wrong, parameters=FITTED)
    assert "2 figures for 1950" in said and "not positive numbers" in said


def test_other_prices(data):
    case = sd.load_scenario("cold_war")
    other = case.data[case.data["variable"] == "spending"].drop(columns="variable").copy()
    other.attrs = {"units": "billion USD", "price_basis": "constant", "base_year": 2020}
    said = refused(case, other)
    assert "different bases" in said and "rebased" in said


def test_pounds_that_become_dollars():
    years = range(1905, 1925)
    rows = [
        (state, year, (40 if year < 1914 else 180) * factor)
        for state, factor in (("India", 1.0), ("Pakistan", 1.3))
        for year in years
    ]
    table = pd.DataFrame(rows, columns=["state", "year", "value"])
    case = linear_case(20).replace(times=range(1905, 1926))
    said = refused(case, table, parameters=FITTED)
    assert "1913 and 1914" in said and "pounds" in said


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"bounds": {"fatigue": (-1, 1)}}, "Stay within 0"),
        ({"bounds": {"fatigue": (0.4, 0.1)}}, "lower first"),
        ({"bounds": {"grievence": (0, 1)}}, "'grievance"),
        ({"noise": "gauss"}, "noise is 'gauss'"),
        ({"method": "newton"}, "method is 'newton'"),
        ({"search": "anneal"}, "search is 'anneal'"),
        ({"level": 1.0}, "level is 1.0"),
        ({"seed": -1}, "seed is -1"),
        ({"starts": 0}, "starts is 0"),
        ({"variable": "burdens"}, "burden"),
        ({"years": (1990, 1999)}, "no figures"),
        ({"parameters": ["fatigue", "fatigue[*]"]}, "both set"),
        ({"tied": {"both": ["fatigue.Indio"]}, "parameters": ["both"]}, "India"),
    ],
)
def test_what_does_not_fit(data, wrong, text):
    settings = {"parameters": [*FITTED, "fatigue"], **wrong}
    if "variable" in wrong:
        data = data.assign(variable="spending")
    assert text in refused(linear_case(12), data, **settings)


def test_what_is_measured_is_not_fitted():
    said = refused(sd.load_scenario("cold_war"), parameters=["GDP growth", "reaction"])
    assert "measured series" in said


def test_a_file_that_is_no_fit(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{}")
    with pytest.raises(sd.FileError, match="not a saved fit"):
        sd.load_fit(path)


def test_what_does_not_converge_is_no_result(data, monkeypatch):
    from secdil_sd.fitting import optimum

    monkeypatch.setattr(optimum, "MOST_STEPS", 1)
    said = refused(linear_case(12), data, parameters=FITTED, intervals=False, starts=4)
    assert "converged" in said and "best so far" in said


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"years": "1950:1960"}, "years is '1950:1960'"),
        ({"years": (1960, 1950)}, "years is (1960, 1950)"),
        ({"bounds": ["fatigue"]}, "Give a mapping of names to (low, high)"),
        ({"tied": {"r": "fatigue"}, "parameters": ["r"]}, "What is tied as 'r'"),
        ({"priors": {"fatigue": (0, 1)}}, "Give a Distribution"),
        ({"variable": "fatigue"}, "a constant of the model"),
    ],
)
def test_what_is_malformed_is_told_without_a_traceback(data, wrong, text):
    assert text in refused(linear_case(12), data, **{"parameters": FITTED, **wrong})


def test_two_bases_in_one_table(data):
    mixed = data.assign(units=np.where(data["year"] < 1955, "million USD", "billion USD"))
    assert "mix 'million USD' and 'billion USD'" in refused(
        linear_case(12), mixed, parameters=FITTED
    )


def test_one_state_under_two_names_has_doubled_years(data):
    twice = pd.concat([data, data[data["state"] == "India"].assign(state="IND")])
    assert "2 figures for 1950" in refused(linear_case(12), twice, parameters=FITTED)


def test_infinite_figures_and_parts_of_years(data):
    wrong = data.astype({"year": float})
    wrong.loc[0, "value"] = np.inf
    assert "not positive numbers" in refused(linear_case(12), wrong, parameters=FITTED)
    wrong.loc[1, "year"] = 1951.5
    assert "a figure for 1951.5" in refused(linear_case(12), wrong, parameters=FITTED)


def test_a_scenarios_own_figures_are_taken_as_they_are():
    case = sd.load_scenario("cold_war")
    settings = {"parameters": ["reaction", "initial spending"], "starts": 4, "intervals": False}
    assert sd.fit(case, case.data, **settings).values == sd.fit(case, **settings).values


def test_a_fit_is_not_loaded_onto_another_case(data, tmp_path):
    case = linear_case(12)
    found = sd.fit(case, data, parameters=FITTED, starts=4, intervals=False)
    path = found.save(tmp_path / "fit.json")
    other = case.replace(params={"fatigue": 0.5})
    with pytest.raises(sd.InputError, match="not the case that was fitted"):
        sd.load_fit(path, other)


def test_what_is_handed_out_may_be_written_into(data):
    found = sd.fit(linear_case(12), data, parameters=FITTED, starts=4, intervals=False)
    found.estimates.loc[0, "value"] = 99
    assert found.estimates["value"][0] != 99
    assert "not known what is identified" in found.identifiability[0]


def test_a_later_window_keeps_the_start_where_it_is():
    case = linear_case(30)
    data = simulated(30, 0.02)
    found = sd.fit(case, data, parameters=FITTED, years=(1965, 1979), starts=16, intervals=False)
    early = data[(data["state"] == "India") & (data["year"] == 1950)]["value"].item()
    free = next(e for e in found.problem.free if e.name == "initial spending[India]")
    assert free.low < early < free.high and free.high == pytest.approx(5 * early)
