"""Diagrams of rest and maps of basins: what they need, and that nothing is hidden or clipped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secdil_sd.errors import InputError
from secdil_sd.figures.bifurcation import basins_map, bifurcation_diagram


def rows(values, stable, branch=1, kind=None):
    count = len(values)
    return pd.DataFrame(
        {
            "branch": branch,
            "point": range(count),
            "mu": np.linspace(0, 1, count),
            "burden": values,
            "stable": stable,
            "spiral_number": 1.0,
            "kind": kind or [""] * count,
        }
    )


def points(**columns):
    return pd.DataFrame({"kind": [], "branch": [], "mu": [], "burden": [], **columns})


def test_stable_and_unstable_lines_meet_at_the_special_point_between():
    branches = rows(
        [0.1, 0.2, 0.3, 0.4, 0.5], [True, True, False, False, False], kind=["", "", "fold", "", ""]
    )
    special = points(kind=["fold"], branch=[1], mu=[0.5], burden=[0.3])
    figure = bifurcation_diagram(branches, special, "mu", "burden", 0.25)
    stable, unstable, fold = figure.data
    assert [y for y in stable.y if y is not None] == [0.1, 0.2, 0.3]
    assert [y for y in unstable.y if y is not None] == [0.3, 0.4, 0.5]
    assert (stable.line.dash, unstable.line.dash) == ("solid", "dash")
    assert fold.marker.symbol == "diamond"
    texts = [each.text for each in figure.layout.annotations]
    assert set(texts) == {"0.5", "this case"}


def test_what_leaves_for_infinity_does_not_flatten_the_rest():
    values = 0.01 / np.maximum(1.001 - np.linspace(0, 1, 200), 1e-6)
    figure = bifurcation_diagram(
        rows(values, [True] * 200).assign(burden=np.where(values > 9, 1e6, values)),
        points(),
        "mu",
        "burden",
        np.nan,
    )
    assert figure.layout.yaxis.range[1] < 1
    assert bifurcation_diagram(
        rows([0.1, 0.2], [True] * 2), points(), "mu", "burden", np.nan
    ).layout.yaxis.range[1] == pytest.approx(0.206)


def test_a_map_shows_every_class_and_every_rest():
    grid = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "basin": [1, 2, 0, 2]})
    rest = pd.DataFrame(
        {
            "basin": [1, 2, 0],
            "name": ["peace", "race", "unstable rest"],
            "share": [0.25, 0.5, np.nan],
            "x": [0.1, 0.9, 0.5],
            "y": [0.1, 0.9, np.nan],
        }
    )
    line = pd.DataFrame({"x": [0.0, 1.0], "y": [1.0, 0.0]})
    names = {each.name for each in basins_map(grid, rest, line, "a", "b").data}
    assert names == {
        "not settled",
        "settles: peace (25%)",
        "settles: race (50%)",
        "the line between",
        "stable rest",
    }  # the unstable rest has no place on this map


def test_a_missing_column_is_named():
    table = pd.DataFrame({"nonsense": [1]})
    with pytest.raises(InputError, match="bifurcation diagram needs the columns"):
        bifurcation_diagram(table, table, "mu", "burden", np.nan)
    with pytest.raises(InputError, match="map of basins needs the columns"):
        basins_map(table, table, table, "a", "b")
