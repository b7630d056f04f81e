"""What users give: shapes, selectors, series, samples; every mistake at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from systems import RIVAL, STATE, call, num, part, ref, stock, system, var

from secdil_sd.equations.expression import Array
from secdil_sd.equations.system import Range
from secdil_sd.errors import InputError
from secdil_sd.simulation.samples import resolve_samples
from secdil_sd.simulation.values import defaults, resolve

SYSTEM = system(
    var("spending", stock(num(0), ref("initial spending", "state")), on=("state",)),
    var("initial spending", num(10), on=("state",)),
    var("reaction", num(0.15), on=("state",)),
    var("contact", num(1), on=("state", "rival")),
    var("k", Array((3,), (1.0, 2.0, 3.0)), on=("state",)),
    var("mixed", part("bloc", num(4)), part("A", call("negative", num(5)))),
    var("share", call("*", ref("k", "state"), num(2)), on=("state",)),
    var("growth rate", num(0.02)),
    ranges=(STATE, RIVAL, Range("bloc", ("B", "C"))),
)
LIMITS = {"initial spending": (0.0, np.inf), "growth rate": (-1.0, 1.0)}


def constants(params):
    return resolve(SYSTEM, params, LIMITS).constants


def test_defaults_come_from_the_file():
    found = defaults(SYSTEM)
    assert found["reaction"].tolist() == [0.15] * 3
    assert found["k"].tolist() == [1.0, 2.0, 3.0]
    assert found["mixed"].tolist() == [-5.0, 4.0, 4.0]
    assert found["contact"].shape == (3, 3)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"reaction": 0.3}, [0.3, 0.3, 0.3]),
        ({"Reaction": {"B": 0.4}}, [0.15, 0.4, 0.15]),
        ({"reaction.B": 0.4}, [0.15, 0.4, 0.15]),
        ({"reaction[ c ]": 0.4}, [0.15, 0.15, 0.4]),
        ({"reaction.bloc": 0.4}, [0.15, 0.4, 0.4]),
        ({"reaction": [1, 2, 3]}, [1, 2, 3]),
        ({"reaction.A": 9, "reaction": 1}, [9, 1, 1]),
        ({"reaction": xr.DataArray([3, 2, 1], {"state": ["C", "B", "A"]}, "state")}, [1, 2, 3]),
    ],
)
def test_ways_to_give_a_vector(params, expected):
    assert constants(params)["reaction"].tolist() == expected


def test_ways_to_give_a_matrix():
    nested = constants({"contact": {"A": {"B": 0.5}}})["contact"]
    selected = constants({"contact[A, B]": 0.5})["contact"]
    row = constants({"contact.A": 0.5})["contact"]
    assert nested[0].tolist() == selected[0].tolist() == [1.0, 0.5, 1.0]
    assert row.tolist() == [[0.5] * 3, [1.0] * 3, [1.0] * 3]


@given(st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=9))
def test_element_by_element_equals_all_at_once(values):
    matrix = np.array(values).reshape(3, 3)
    one_by_one = {
        f"contact.{a}.{b}": matrix[i, j] for i, a in enumerate("ABC") for j, b in enumerate("ABC")
    }
    np.testing.assert_array_equal(constants(one_by_one)["contact"], matrix)
    np.testing.assert_array_equal(constants({"contact": matrix})["contact"], matrix)


def test_auxiliaries_can_be_replaced_whole():
    found = resolve(SYSTEM, {"share": 7})
    assert found.replaced == {"share"}
    assert found.constants["share"].tolist() == [7.0, 7.0, 7.0]


def test_series_make_inputs_of_time():
    years = pd.Series({1950: 1.0, 1960: 3.0})
    found = resolve(SYSTEM, {"reaction.B": years, "growth rate": pd.Series({1900: 0.1, 2000: 0.2})})
    reaction = found.series["reaction"]
    assert reaction.knots.tolist() == [1950.0, 1960.0]
    assert reaction.values.tolist() == [[0.15, 1.0, 0.15], [0.15, 3.0, 0.15]]
    assert found.series["growth rate"].values.tolist() == [0.1, 0.2]
    assert "reaction" not in found.constants


def test_series_with_different_years_share_all_knots():
    params = {
        "reaction.A": pd.Series({0: 0.0, 10: 1.0}),
        "reaction.B": pd.Series({5: 2.0, 10: 3.0}),
    }
    found = resolve(SYSTEM, params).series["reaction"]
    assert found.knots.tolist() == [0.0, 5.0, 10.0]
    assert found.values[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert found.values[:, 1].tolist() == [2.0, 2.0, 3.0]


def test_a_frame_has_a_column_an_element():
    frame = pd.DataFrame({"A": [1.0, 2.0], "C": [3.0, 4.0]}, index=[0, 1])
    found = resolve(SYSTEM, {"reaction": frame}).series["reaction"].values
    assert found.tolist() == [[1.0, 0.15, 3.0], [2.0, 0.15, 4.0]]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"reactoin": 1}, "No parameter 'reactoin'. Did you mean 'reaction'?"),
        ({"reaction.D": 1}, "No state 'D' in 'reaction.D'"),
        ({"reaction": [1, 2]}, r"'reaction' has shape \(2,\). Give 3 \(state\)"),
        ({"growth rate": [1, 2]}, r"shape \(2,\). Give one number"),
        ({"reaction": float("nan")}, "not a finite number"),
        ({"reaction": [1, np.inf, 2]}, "not finite"),
        ({"reaction": "fast"}, "'fast', not a number"),
        ({"reaction.A.B": 1}, "names 2 elements but 'reaction' has 1"),
        ({"spending": 1}, "'spending' is a stock.*Set 'initial spending' instead"),
        ({"initial spending": -1}, "'initial spending' is -1.*at least 0"),
        ({"growth rate": 2}, "between -1 and 1"),
        ({"share.A": 1}, "replaces an equation for some elements only"),
        ({"reaction": pd.Series({2: 1.0, 1: 2.0})}, "do not increase"),
        ({"reaction": pd.Series([1.0], index=["x"])}, "not years"),
        ({"growth rate": {"A": 1}}, "one number, but a table"),
    ],
)
def test_mistakes(params, words):
    with pytest.raises(InputError, match=words):
        resolve(SYSTEM, params, LIMITS)


def test_all_mistakes_at_once():
    with pytest.raises(InputError) as caught:
        resolve(SYSTEM, {"reactoin": 1, "reaction.D": 2, "growth rate": "x", "spending": 1})
    assert len(caught.value.findings) == 4


def test_samples_broadcast_and_overlay():
    frame = pd.DataFrame(
        {"reaction.B": [5.0, 6.0], "reaction": [1.0, 2.0], "growth_rate": [0.1, 0.2]}
    )
    found = resolve_samples(SYSTEM, frame, resolve(SYSTEM, {"contact": 0.5}))
    assert found.count == 2
    assert found.constants["reaction"].tolist() == [[1.0, 2.0], [5.0, 6.0], [1.0, 2.0]]
    assert found.constants["growth rate"].tolist() == [0.1, 0.2]
    assert set(found.constants) == {"reaction", "growth rate"}


def test_sampling_one_element_keeps_the_others_as_given():
    found = resolve_samples(SYSTEM, {"reaction.B": [5.0]}, resolve(SYSTEM, {"reaction": 0.7}))
    assert found.constants["reaction"].tolist() == [[0.7], [5.0], [0.7]]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (pd.DataFrame({"reaction": []}), "no members"),
        ({"reactoin": [1.0]}, "Did you mean 'reaction'"),
        ({"reaction": [1.0, np.nan]}, "not a finite number in row 1"),
        ({"reaction": [1.0, "x"]}, "row 1"),
        ({"growth rate": [0.1], "Growth_rate": [0.1]}, "mean the same"),
        ({"initial spending": [-5.0]}, "at least 0"),
        ({"spending": [1.0]}, "is a stock"),
    ],
)
def test_sample_mistakes(samples, words):
    with pytest.raises(InputError, match=words):
        resolve_samples(SYSTEM, samples, resolve(SYSTEM, None), LIMITS)


def test_a_series_cannot_be_sampled():
    values = resolve(SYSTEM, {"reaction": pd.Series({0: 1.0, 1: 2.0})})
    with pytest.raises(InputError, match="also given as a series"):
        resolve_samples(SYSTEM, {"reaction": [1.0]}, values)
