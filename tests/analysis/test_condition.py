"""Conditions on what members give, against the numbers of the run itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.answers import answer
from secdil_sd.analysis.condition import Condition
from secdil_sd.errors import InputError

OUTPUTS = ["peak spiral number", "burden final", "hostility belief final", "burden"]


@pytest.fixture(scope="module")
def model():
    return sd.load_model("security_dilemma")


@pytest.fixture(scope="module")
def found(model):
    draws = pd.DataFrame({"transparency[East]": np.linspace(0, 1, 9), "reaction": 0.2})
    return answer(model, draws, OUTPUTS, times=range(0, 41, 10))


def holds(text, model, found):
    return Condition.parse(text, model).holds(found.run).tolist()


def test_a_number_is_compared(model, found):
    peak = found.run["peak_spiral_number"].values
    assert 0 < (peak > 1).sum() < 9
    assert holds("peak spiral number > 1", model, found) == (peak > 1).tolist()
    assert holds("peak spiral number <= 1", model, found) == (peak <= 1).tolist()


def test_every_element_must_keep_it_or_after_any_at_least_one(model, found):
    burden = found.run["burden_final"].transpose("member", "state").values
    level = float(np.median(burden))
    assert holds(f"burden final > {level}", model, found) == (burden > level).all(1).tolist()
    assert holds(f"any burden final > {level}", model, found) == (burden > level).any(1).tolist()


def test_a_series_must_keep_it_at_every_time(model, found):
    burden = found.run["burden"].transpose("member", "time", "state").values
    level = float(np.quantile(burden, 0.8))
    flat = burden.reshape(9, -1)
    assert holds(f"burden < {level}", model, found) == (flat < level).all(1).tolist()
    assert holds(f"any burden >= {level}", model, found) == (flat >= level).any(1).tolist()


def test_a_state_with_itself_does_not_count(model, found):
    """The diagonal of hostility is 0 and would break every such condition."""
    assert (
        np.diagonal(
            found.run["hostility_belief_final"].transpose("member", "state", "rival").values,
            axis1=1,
            axis2=2,
        )
        == 0
    ).all()
    assert holds("hostility belief final > 0", model, found) == [1.0] * 9


def test_and_binds_closer_than_or(model, found):
    peak = found.run["peak_spiral_number"].values
    east = found.run["transparency"].sel(state="East").values
    text = "peak spiral number > 1 and transparency.East < 0.2 or transparency.East > 0.9"
    assert holds(text, model, found) == ((peak > 1) & (east < 0.2) | (east > 0.9)).tolist()


def test_what_is_missing_is_unknown_unless_the_rest_decides(model, found):
    run = found.run.copy(deep=True)
    run["peak_spiral_number"][0] = np.nan
    values = Condition.parse("peak spiral number > 1", model).holds(run)
    assert np.isnan(values[0])
    assert not np.isnan(values[1:]).any()
    both = Condition.parse("peak spiral number > 1 and burden final < 0", model).holds(run)
    assert both[0] == 0
    either = Condition.parse("peak spiral number > 1 or burden final > 0", model).holds(run)
    assert either[0] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("peak spirl number > 1", "spiral number"),
        ("peak spiral number > one", "'one'"),
        ("peak spiral number", "comparison"),
        ("", "comparison"),
        ("burden.Nowhere final > 1 and spendng final > 2", "Nowhere"),
    ],
)
def test_mistakes_are_answered(model, text, words):
    with pytest.raises(InputError, match=words):
        Condition.parse(text, model)


def test_the_columns_of_answers_are_named_and_pairs_have_no_diagonal(found):
    columns = found.columns
    assert found.values.shape == (9, len(columns))
    assert columns.loc[columns.output == "hostility belief final", "element"].tolist() == [
        "East, West",
        "West, East",
    ]
    series = (columns.output == "burden") & (columns.element == "West")
    assert columns.loc[series, "time"].tolist() == [0, 10, 20, 30, 40]
    west = found.run["burden"].sel(state="West").transpose("member", "time").values
    assert (found.values[:, series] == west).all()
    assert found.ok.all()
    assert found.failed.empty
