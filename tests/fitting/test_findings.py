"""A fit in single sentences, against fits whose answer is known."""

from __future__ import annotations

import pandas as pd
import pytest
from fitting.dyads import FITTED, TRUTH, linear_case, simulated

import secdil_sd as sd
from secdil_sd.fitting import findings
from secdil_sd.fitting.bands import BAND_COLUMNS, bands
from secdil_sd.fitting.diagnostics import neighbors

BACKEND = {"backend": "numpy", "starts": 4}


@pytest.fixture(scope="module")
def sure():
    known = {name: TRUTH[name] for name in ("grievance.India", "grievance.Pakistan")}
    return sd.fit(
        linear_case(30, known), simulated(30, 0.03, seed=3),
        parameters=["reaction", "initial spending"], **BACKEND,
    )  # fmt: skip


@pytest.fixture(scope="module")
def blocs():
    apart = ["reaction", "grievance", "initial spending"]
    return sd.fit(sd.load_scenario("wwi_blocs"), parameters=apart, **BACKEND)


@pytest.fixture(scope="module")
def bound():
    """Fatigue held above the truth, 0.25."""
    names = [name for name in TRUTH if name.startswith("grievance")]
    return sd.fit(
        linear_case(30, {name: TRUTH[name] for name in names}), simulated(30, 0.02, seed=4),
        parameters=["reaction", "initial spending", "fatigue[*]"],
        bounds={"fatigue[*]": (0.3, 0.4)}, **BACKEND,
    )  # fmt: skip


def test_closeness_is_the_scatter_that_was_put_in(sure):
    text = findings.closeness(sure)
    assert text.startswith("The model follows spending of India within 3%")
    assert sure.finding == text


def test_what_is_identified_is_said_so(sure):
    assert findings.told(sure) == (
        "All 4 numbers are identified: each interval ends inside its bounds"
    )
    assert set(findings.standing(sure)) == {"yes"}
    assert findings.memory(sure) == "Misses show no memory from one year to the next"
    decided = sure.residuals["cook"].max() > 1
    assert findings.pulls(sure).startswith("No figure alone") != decided


def test_pairs_that_hang_together_are_named(blocs):
    assert findings.told(blocs).startswith("Only reaction of France and Russia toward Germany")
    words = dict(zip(blocs.problem.names, findings.standing(blocs), strict=True))
    assert words["grievance[France and Russia]"].startswith("only together with reaction of France")
    assert words["initial spending[France and Russia]"] == "yes"
    assert "cannot be told apart" in findings.tied(blocs)
    assert "1913" in findings.pulls(blocs)


def test_bounds_that_are_hit_are_named(bound):
    at = bound.estimates.set_index("parameter").loc["fatigue[*]", "at_bound"]
    assert at == "lower"
    assert "fatigue of all runs into a bound" in findings.told(bound)
    words = dict(zip(bound.problem.names, findings.standing(bound), strict=True))
    assert words["fatigue[*]"] == "no: at its lower bound"
    assert words["initial spending[India]"] == "yes, with others at a bound"


def test_bands_are_nested_and_missing_years_are_gaps():
    data = simulated(20, 0.05, seed=1)
    hole = (data["state"] == "India") & data["year"].between(1955, 1958)
    found = sd.fit(linear_case(), data[~hole], parameters=FITTED, intervals=False, **BACKEND)
    table = bands(found)
    assert tuple(table.columns) == BAND_COLUMNS
    assert table["figure"].isna().sum() == 4 and table["value"].notna().all()
    assert (table["figure_low"] < table["low"]).all()
    assert (table["high"] < table["figure_high"]).all()
    assert table.attrs["scale"] == "log" and table.attrs["level"] == found.level


def test_neighbors_are_years_that_follow_each_other():
    table = pd.DataFrame(
        {"state": ["A", "A", "A", "B"], "year": [1, 2, 4, 5], "residual": [1.0, 2.0, 3.0, 4.0]}
    )
    assert neighbors(table).to_dict("records") == [
        {"state": "A", "year": 2, "residual": 2.0, "before": 1.0}
    ]


def test_the_report_keeps_to_the_width_of_a_terminal(blocs):
    lines = blocs.report().splitlines()
    assert max(map(len, lines)) <= 100
    assert "What the figures cannot tell apart" in lines
