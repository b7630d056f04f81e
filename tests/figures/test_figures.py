"""Figures state the columns they need; states keep their colors; nothing is computed."""

from __future__ import annotations

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.analysis.phase import COLUMNS as PHASE
from secdil_sd.analysis.what_if import COLUMNS as LEVERS
from secdil_sd.errors import InputError
from secdil_sd.figures import paths, phase, style


def test_analyses_create_what_figures_need():
    assert set(phase.COLUMNS) <= set(PHASE)
    assert set(paths.LEVER_COLUMNS) <= set(LEVERS)


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: paths.against_history(t, ["A"], "y"),
        paths.gains_over_time,
        lambda t: paths.by_pair(t, ["A"], "y"),
        lambda t: paths.by_case(t, "y"),
        lambda t: paths.by_lever(t, "spending", ["A"], "y"),
        lambda t: phase.phase_portrait(t, ["A", "B"], "bn"),
    ],
)
def test_a_missing_column_is_named(draw):
    with pytest.raises(InputError, match="needs the columns"):
        draw(pd.DataFrame({"nonsense": [1]}))


def test_a_state_keeps_its_color():
    table = pd.DataFrame(
        {"state": ["A", "B"] * 2, "year": [1, 1, 2, 2], "value": [1.0, 2, 3, 4], "kind": "model"}
    )
    figure = paths.against_history(table, ["A", "B"], "bn")
    assert [each.line.color for each in figure.data] == [style.color(0), style.color(1)]
    assert len({each.line.dash for each in figure.data}) == 2


def test_one_verb_draws_runs_outputs_and_tables():
    model = sd.load_model("security_dilemma")
    run = model.run(times=range(5), outputs=["spending", "hostility belief"])
    assert len(sd.figure(run).data) == 2
    assert len(sd.figure(run["hostility_belief"]).data) == 4
    modes = sd.figure(sd.stability(model)).data[0]
    assert max(modes.x) < 0
    with pytest.raises(InputError, match="no figure for a int"):
        sd.figure(3)
    with pytest.raises(InputError, match="does not vary over time"):
        sd.figure(run["spending"].isel(time=0))
    with pytest.raises(InputError, match="no figure for a table"):
        sd.figure(pd.DataFrame({"a": [1]}))
