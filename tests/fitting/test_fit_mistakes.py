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
