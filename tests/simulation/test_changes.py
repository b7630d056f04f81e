"""Vensim's changes files: what each line means, what is refused, and the way back."""

import logging

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.simulation.values import resolve

MODEL = """{UTF-8}
row: a, b ~~|
column: x, y, z ~~|
major: y, z ~~|
weight[row, column] = 1 ~~|
share[column] = 0.5 ~~|
scale = 1 ~~|
"odd, name (1)" = 4 ~~|
effect((0,0),(10,10)) ~~|
sum = scale * effect(Time) ~~|
stock = INTEG(sum, 0) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("changes") / "own.mdl"
    path.write_text(MODEL)
    return sd.load_model(path)


@pytest.fixture
def changes(tmp_path, model):
    def read(text, encoding="utf-8"):
        path = tmp_path / "case.cin"
        path.write_bytes(text.encode(encoding))
        return sd.read_changes(path, model)

    return read


def constants(model, params):
    return resolve(model.system, params).constants


def test_every_form_of_the_manual(model, changes):
    params = changes(
        "{a comment} SCALE  = 2.5 ~ units ~ remark |\n"
        "; another\n"
        "share[column] = .1, .2, \\\n  3e-1\n"
        "weight[a, column] = 1,2,3\n"
        "Weight[b,major]=7\n"
        "effect((0,0),\n  (4,8))  ! a line that goes on\n"
        '"odd, name (1)" = -2\n'
        "0 <= share[y] = .25 <= 1 FRAC\n"
    )
    found = constants(model, params)
    assert found["scale"] == 2.5
    assert found["share"].tolist() == [0.1, 0.25, 0.3]
    assert found["weight"].tolist() == [[1, 2, 3], [1, 7, 7]]
    assert found["odd, name (1)"] == -2
    run = model.run(params, method="Euler", outputs=["sum", "stock"])
    assert run["sum"].values.tolist() == [0, 5, 10, 15, 20]  # 2.5 times twice the time
    assert run["stock"].values.tolist() == [0, 0, 5, 15, 30]


def test_a_table_of_two_dimensions(model, changes):
    found = constants(model, changes("weight[row,column] = 1,2,3;\n4,5,6;\n"))
    assert found["weight"].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_points_with_a_drawing_range_and_in_the_old_form(changes):
    assert changes("effect([(0,0)-(9,9)],(0,1),(5,2))") == {"effect": [(0, 1), (5, 2)]}
    assert changes("effect(0,5,1,2)") == {"effect": [(0, 1), (5, 2)]}


def test_later_lines_override_earlier_ones(model, changes):
    text = "share[x] = 9\nshare[column] = 1,2,3\nshare[z] = 4\nSHARE[Z] = 5\n"
    assert constants(model, changes(text))["share"].tolist() == [1, 2, 5]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_and_line_ends(changes, encoding):
    assert changes("! Größe\r\nscale = 3\r\n", encoding) == {"scale": 3.0}


def test_all_mistakes_are_told_together_with_their_lines(changes):
    with pytest.raises(InputError) as caught:
        changes(
            "scal = 1\n"
            "share[w] = 1\n"
            "share[column] = 1,2\n"
            "scale = 2 * 3\n"
            "scale =\n"
            "sum = 4\n"
            "stock = 4\n"
            "effect = 4\n"
            "effect((0,0),(1))\n"
            "name :IS: 'text'\n"
            "what is this\n"
            "scale = 1\n"
        )
    told = str(caught.value).splitlines()
    wanted = [
        "line 1: No parameter 'scal'. Did you mean 'scale'?",
        "line 2: No column 'w' in 'share[w]'.",
        "line 3: 'share[column]' has shape (2,). Give 3 (column).",
        "line 4: '2 * 3', given for 'scale', is not a number.",
        "line 5: 'scale' has no value.",
        "line 6: 'sum' is not a constant.",
        "line 7: 'stock' is a stock",
        "line 8: 'effect' is a lookup table, not a number.",
        "line 9: The points of the lookup table 'effect' cannot be read.",
        "line 10: \"name :IS: 'text'\" sets a text.",
        "line 11: 'what is this' is neither a constant nor a lookup table.",
    ]
    assert len(told) == len(wanted)
    for line, start in zip(told, wanted, strict=True):
        assert line.startswith(f"case.cin, {start}")


def test_the_ending_may_be_left_out(tmp_path):
    (tmp_path / "case.cin").write_text("a = 1")
    assert sd.read_changes(tmp_path / "case") == {"a": 1.0}
    with pytest.raises(OSError, match="cannot be read"):
        sd.read_changes(tmp_path / "none.cin")


def test_a_scenario_goes_to_vensim_and_back(tmp_path, caplog):
    """Every value that can be written comes back to the last bit."""
    for name in ("wwi_blocs", "wwi_richardson", "cold_war"):
        case = sd.load_scenario(name)
        path = sd.write_changes(case, tmp_path / f"{name}.cin")
        back = sd.read_changes(path, case)
        then, now = (resolve(case.model.system, each).constants for each in (case.params, back))
        for each in now.keys() - {"INITIAL TIME", "FINAL TIME", "SAVEPER"}:
            if each in then:
                np.testing.assert_array_equal(now[each], then[each], each)
        assert now["INITIAL TIME"] == case.times[0]
        assert now["FINAL TIME"] == case.times[-1]
    assert "cold_war.cin leaves out" in caplog.text
    assert "'GDP growth'" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING


def test_lookups_and_odd_numbers_survive(tmp_path, model):
    from secdil_sd.simulation.scenario import scenario_of

    params = {
        "effect": pd.Series([0.1, 1 / 3], index=[0, 2]),
        "scale": 1e-300,
        "weight": np.arange(6).reshape(2, 3) / 7,
        "odd, name (1)": -0.0,
    }
    case = scenario_of(model).replace(params=params)
    path = sd.write_changes(case, tmp_path / "a.cin")
    back = resolve(model.system, sd.read_changes(path, model))
    then = resolve(model.system, params)
    assert back.lookups == then.lookups
    for name, array in then.constants.items():
        np.testing.assert_array_equal(back.constants[name], array, name)
    with pytest.raises(InputError, match="has cases"):
        sd.write_changes(sd.load_scenario("four_worlds"), path)


def test_a_run_takes_another_lookup_as_a_parameter(model):
    run = model.run({"effect": [(0, 0), (4, 8)]}, outputs=["sum"])
    assert run["sum"].values.tolist() == pytest.approx([0, 2, 4, 6, 8])
    assert model.run(outputs=["sum"])["sum"].values.tolist() == pytest.approx([0, 1, 2, 3, 4])
    with pytest.raises(InputError, match="in order of x"):
        model.run({"effect": [(4, 0), (0, 8)]})
    with pytest.raises(InputError, match="lookup table, not a parameter"):
        model.run_ensemble({"effect": [1.0, 2.0]})
