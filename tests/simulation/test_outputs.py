"""Outputs: variables, elements, reductions; names that contain the words of reductions."""

from __future__ import annotations

import numpy as np
import pytest
from systems import STATE, num, ref, stock, system, var

from secdil_sd.equations.system import Range
from secdil_sd.errors import InputError
from secdil_sd.simulation.outputs import parse_outputs, reduce_output

SYSTEM = system(
    var("spending", stock(num(0), num(1)), on=("state",)),
    var("peak load", ref("spending", "A")),
    var("final", ref("spending", "A")),
    var("war probability", ref("spending", "A")),
    ranges=(STATE, Range("bloc", ("A", "B"))),
)
TIMES = np.array([1950.0, 1960.0, 1970.0])
VALUES = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0], [2.0, 9.0, 2.0]])


def one(text):
    return parse_outputs([text], SYSTEM, ("spiral number",))[0]


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("spending", "spending", VALUES),
        ("Spending.B", "Spending_B", VALUES[:, 1]),
        ("spending final", "spending_final", VALUES[-1]),
        ("spending initial", "spending_initial", VALUES[0]),
        ("spending.B max", "spending_B_max", 9.0),
        ("spending[B] min", "spending_B_min", 4.0),
        ("peak spending", "peak_spending", [3.0, 9.0, 2.0]),
        ("spending mean", "spending_mean", VALUES.mean(axis=0)),
        ("spending at 1960", "spending_at_1960", VALUES[1]),
        ("time of peak spending", "time_of_peak_spending", [1960.0, 1970.0, 1950.0]),
    ],
)
def test_reductions(text, key, expected):
    output = one(text)
    assert output.key == key
    np.testing.assert_array_equal(reduce_output(output, VALUES, TIMES, SYSTEM), expected)


def test_a_variables_own_name_wins():
    assert (one("peak load").variable, one("peak load").reduction) == ("peak load", "")
    assert (one("final").variable, one("final final").reduction) == ("final", "final")
    assert (one("peak peak load").variable, one("peak peak load").reduction) == ("peak load", "max")


def test_what_the_package_computes_is_an_output_too():
    output = one("peak spiral number")
    assert (output.variable, output.reduction, output.key) == (
        "spiral number",
        "max",
        "peak_spiral_number",
    )


def test_a_member_that_stopped_is_nan_in_every_reduction_over_time():
    values = np.array([[[1.0, 1.0]], [[2.0, np.nan]], [[3.0, np.nan]]])
    for text in ("peak spending", "spending mean", "spending final", "time of peak spending"):
        found = reduce_output(one(text), values, TIMES, SYSTEM)
        assert np.isnan(found[0, 1])
        assert not np.isnan(found[0, 0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spendng", "No output 'spendng'. Did you mean 'spending'"),
        ("peak spendng", "Did you mean 'spending'"),
        ("spending.D", "No state 'D'"),
        ("spending[bloc]", "'bloc' in .* is a range, not one element of state"),
        ("final.A", "names 1 elements but 'final' has 0"),
        ("spirl number", "spiral number"),
    ],
)
def test_mistakes(text, words):
    with pytest.raises(InputError, match=words):
        one(text)


def test_a_whole_range_is_every_element():
    assert one("spending[State]").elements == ()
    assert one("peak spending[state]").elements == ()


def test_all_mistakes_at_once_and_keys_that_clash():
    with pytest.raises(InputError) as caught:
        parse_outputs(["spendng", "wr probability"], SYSTEM)
    assert len(caught.value.findings) == 2
    assert len(parse_outputs(["spending.A", "spending[A]"], SYSTEM)) == 1
    assert len(parse_outputs(["spending", "SPENDING"], SYSTEM)) == 1


def test_a_time_that_is_not_an_output_time():
    with pytest.raises(InputError, match=r"not among the output times \(1950 to 1970\)"):
        reduce_output(one("spending at 1955"), VALUES, TIMES, SYSTEM)
