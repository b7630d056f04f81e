"""Figures of sensitivity: what they need, what they leave blank."""

from __future__ import annotations

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.figures import sensitivity

ROWS = pd.DataFrame(
    {
        "parameter": ["fatigue", "fatigue", "reaction", "reaction"],
        "index": ["S1", "ST", "S1", "ST"],
        "value": [0.5, 0.6, -0.01, 0.1],
        "conf_low": [0.4, 0.5, -0.03, 0.05],
        "conf_high": [0.6, 0.7, 0.01, 0.15],
        "settled": [False, True, True, True],
    }
)


@pytest.mark.parametrize(
    "draw",
    [
        lambda table: sensitivity.tornado(table, "burden"),
        lambda table: sensitivity.index_bars(table, "share"),
        lambda table: sensitivity.effects(table, ""),
        sensitivity.pair_heat,
        lambda table: sensitivity.shares_over_time(table, "share"),
    ],
)
def test_a_table_that_lacks_a_column_is_refused_by_its_name(draw):
    with pytest.raises(sd.InputError, match="needs the columns"):
        draw(ROWS[["parameter"]])


def test_bars_have_intervals_and_pale_where_they_are_not_settled():
    alone, total = sensitivity.index_bars(ROWS, "share").data
    assert list(alone.x) == [0.5, 0] and list(total.x) == [0.6, 0.1]
    assert alone.error_x.array == pytest.approx((0.1, 0.02))
    assert alone.marker.opacity[0] < alone.marker.opacity[1] == 1


def test_a_pair_whose_interval_holds_zero_is_a_dot():
    table = pd.DataFrame(
        {
            "parameter": ["a", "a", "b"],
            "parameter2": ["b", "c", "c"],
            "value": [0.2, 0.05, -0.01],
            "conf_low": [0.1, -0.05, -0.1],
            "conf_high": [0.3, 0.15, 0.1],
        }
    )
    heat, dots = sensitivity.pair_heat(table).data
    assert [list(row) for row in heat.z] == [[0.2, None], [None, None]]
    assert [list(row) for row in heat.text] == [["0.20", ""], ["", ""]]
    assert list(zip(dots.x, dots.y, strict=True)) == [("a", "c"), ("b", "c")]
    assert list(heat.x) == ["a", "b"] and list(heat.y) == ["b", "c"]


def test_shares_over_time_are_stacked_and_effects_are_not():
    table = pd.DataFrame(
        {"parameter": ["a", "a", "b", "b"], "time": [0, 1] * 2, "value": [0.5] * 4}
    )
    assert all(each.stackgroup for each in sensitivity.shares_over_time(table, "share").data)
    assert not any(each.stackgroup for each in sensitivity.indices_over_time(table, "mu*").data)


def test_every_parameter_has_its_label_in_words():
    rows = [
        (f"fatigue[{state}]", "S1", 0.4, 0.3, 0.5, True)
        for state in ("United States", "Soviet Union", "India")
    ]
    drawn = sensitivity.index_bars(pd.DataFrame(rows, columns=list(sensitivity.INDEX_COLUMNS)), "")
    assert drawn.layout.yaxis.tickmode == "linear", "else every other name is left out"
    assert [each.replace("<br>", " ") for each in drawn.data[0].y] == [
        "fatigue of the United States",
        "fatigue of the Soviet Union",
        "fatigue of India",
    ]
