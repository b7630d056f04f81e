"""Points of rest along a constant: MODEL.md's thresholds, closed forms, normal forms as files."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError
from secdil_sd.simulation.scenario import scenario_of

TRAP = {
    "buildup alarm": 3,
    "revelation strength": 4,
    "transparency": 0.18,
    "grievance share": 0.0006,
}
COMMUNITY = {"buildup alarm": 0, "community effect": 5, "worst case bias": 0.6}
FROZEN = {  # beliefs at even odds for ever, no grievance: formula 4.5 with q = reaction
    "worst case bias": 0,
    "buildup alarm": 0,
    "revelation strength": 0,
    "posture signal": 0,
    "grievance share": 0,
}

FILE = """{{UTF-8}}
{equations}
{constants}
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 5 ~ year ~ |
TIME STEP = 0.1 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""


@pytest.fixture(scope="module")
def dilemma():
    return scenario_of(sd.load_model("security_dilemma"))


@pytest.fixture(scope="module")
def community(dilemma):
    return sd.bifurcation(dilemma.replace(params=COMMUNITY), "interaction")


@pytest.fixture(scope="module")
def trap(dilemma):
    return sd.bifurcation(dilemma.replace(params=TRAP), "buildup alarm")


@pytest.fixture
def model(tmp_path):
    """A model file of one or two stocks along mu."""

    def write(rates, low=-1.0, high=1.0, starts=0.1):
        stocks = "".join(
            f"{name}= INTEG ({rate}, {starts}) ~ Dmnl ~ |\n" for name, rate in rates.items()
        )
        path = tmp_path / "form.mdl"
        constants = f"mu= -0.5 ~ Dmnl [{low},{high}] ~ |"
        path.write_text(FILE.format(equations=stocks, constants=constants), encoding="utf-8")
        return sd.load_model(path)

    return write


# the science


def test_community_folds_are_those_of_the_closed_form(community):
    """MODEL.md 4.7 and O5: I = (eC/gC) exp(L0 - c C + logit C), C = 1/2 +- sqrt(1/4 - 1/c)."""
    close = 0.5 + np.array([1, -1]) * np.sqrt(0.25 - 1 / 5)
    exact = 0.2 / 0.06 * np.exp(0.6 - 5 * close + np.log(close / (1 - close)))
    np.testing.assert_allclose(exact, [0.4267, 0.5825], atol=5e-5)
    folds = community.points[community.points["kind"] == "fold"]
    np.testing.assert_allclose(folds["interaction"], np.sort(exact), atol=1e-7)
    np.testing.assert_allclose(folds["security community[East, West]"], close, atol=1e-6)
    assert folds["below"].tolist() == ["1 stable", "2 stable, 1 unstable"]
    assert folds["above"].tolist() == ["2 stable, 1 unstable", "1 stable"]
    assert community.finding == (
        "Peace and race coexist between interaction 0.427 and 0.583; below, only the race is "
        "left; above, only peace is left."
    )


def test_a_weak_community_has_no_folds(dilemma):
    """O6: no path dependence at c = 3.9."""
    found = sd.bifurcation(
        dilemma.replace(params={**COMMUNITY, "community effect": 3.9}), "interaction"
    )
    assert found.points.empty
    assert found.windows["stable"].tolist() == [1]
    assert found.finding.startswith("One stable state of rest whatever interaction is")


def test_the_trap_has_three_points_of_rest_between_two_folds(trap):
    """MODEL.md 4.8, met where the diagram passes the case's own value."""
    found = trap.at(3)
    np.testing.assert_allclose(found["burden"], [0.01105, 0.01884, 0.06189], atol=1e-5)
    np.testing.assert_allclose(found["spiral_number"], [0.885, 1.092, 0.805], atol=1e-3)
    assert found["stable"].tolist() == [True, False, True]
    folds = trap.points["buildup alarm"].to_numpy()
    assert trap.points["kind"].tolist() == ["fold", "fold"]
    assert folds[0] < 3 < folds[1]
    assert trap.windows["stable"].tolist() == [1, 2, 1]


def test_at_a_fold_one_mode_stands_still_and_the_spiral_number_is_one(trap, community):
    for found in (trap, community):
        folds = found.branches[found.branches["kind"] == "fold"]
        np.testing.assert_allclose(folds["leading_eigenvalue"], 0, atol=1e-8)
    np.testing.assert_allclose(trap.points["spiral_number"], 1.0, atol=1e-8)


def test_the_trap_closes_with_grievance(dilemma):
    found = sd.bifurcation(dilemma.replace(params=TRAP), "grievance share", (0, 0.002))
    np.testing.assert_allclose(found.at(0.0006)["burden"], [0.01105, 0.01884, 0.06189], atol=1e-5)
    assert found.finding.startswith("Peace and race coexist below grievance share")


def test_the_diagram_agrees_with_equilibria(dilemma, trap):
    alone = sd.equilibria(dilemma.replace(params={**TRAP, "buildup alarm": 2.7}))
    found = trap.at(2.7)
    np.testing.assert_allclose(found["burden"], alone["burden[East]"], rtol=2e-3)
    assert found["stable"].tolist() == alone["stable"].tolist()


def test_the_spiral_number_judges_arms_not_communities(trap, community):
    own = trap.branches[trap.branches["kind"] == ""]
    assert ((own["spiral_number"] < 1) == own["stable"]).all()
    # where it is the community that tips, arms answer calmly: only the Jacobian tells
    own = community.branches[community.branches["kind"] == ""]
    assert (own["spiral_number"] < 1).all()
    assert not own["stable"].all()


def test_without_grievance_arms_begin_where_reaction_passes_fatigue(dilemma):
    """Formula 4.5 as g -> 0: M* = c(1 - 1/R) crosses M = 0 at R = 1."""
    found = sd.bifurcation(dilemma.replace(params=FROZEN), "reaction")
    (crossing,) = found.points.to_dict("records")
    assert crossing["kind"] == "transcritical"
    assert crossing["reaction"] == pytest.approx(0.2, abs=1e-6)
    assert {crossing["branch"], crossing["meets"]} == {1, 2}
    armed = found.branches[found.branches["spending[East]"] > 1]
    np.testing.assert_allclose(armed["spending[East]"], 250 * (1 - 0.2 / armed["reaction"]))
    assert armed["stable"].all()
    assert "leaves its bounds" in " ".join(found.ends["begins"])
    assert found.finding == "Stability passes from one state of rest to another at reaction 0.2."


def test_a_linear_race_leaves_for_infinity_at_richardsons_threshold():
    """x* = (A - K)^-1 g, with the sign of every entry turned beyond R = 1."""
    model = sd.load_model("richardson")
    found = sd.bifurcation(model, "reaction")
    k = found.branches["reaction"].to_numpy()
    np.testing.assert_allclose(found.branches["spending[East]"], 2 / (0.2 - k), rtol=1e-6)
    assert found.branches["stable"].tolist() == (k < 0.2).tolist()
    assert "leaves for infinity" in found.ends["ends"].iloc[0]
    assert found.ends["to"].iloc[0] == pytest.approx(0.2, abs=1e-4)
    assert "minus infinity" in found.ends["begins"].iloc[1]
    assert found.finding == "Nothing is at stable rest above reaction 0.2."


def test_the_mixed_dyad_settles_at_unit_gain_where_the_prototype_says():
    """MODEL.md 6: the settled reaction gain passes 1 at an audience discount of .58."""
    case = sd.load_scenario("regime_dyads")
    mixed = next(each for each in case.cases.values() if "and autocracy" in each.title)
    found = sd.bifurcation(mixed, "audience discount")
    crossing = found.crossings("reaction_gain", 1)
    assert crossing["audience discount"].tolist() == [pytest.approx(0.58, abs=0.005)]
    with pytest.raises(InputError, match=r"No column 'reaction gan'.*'reaction_gain'"):
        found.crossings("reaction gan", 1)


def test_one_element_moves_alone(dilemma):
    found = sd.bifurcation(dilemma.replace(params=TRAP), "transparency.East")
    assert found.parameter == "transparency[East]"
    away = found.branches[found.branches["transparency[East]"] > 0.5]
    assert (away["spending[East]"] != away["spending[West]"]).all()


# normal forms as files


def test_a_fold_in_a_file(model):
    found = sd.bifurcation(model({"x": "mu - x*x"}), "mu")
    (fold,) = found.points.to_dict("records")
    assert (fold["kind"], fold["below"], fold["above"]) == ("fold", "none", "1 stable, 1 unstable")
    assert fold["mu"] == pytest.approx(0, abs=1e-9)
    own = found.branches
    np.testing.assert_allclose(own["mu"], own["x"] ** 2, atol=1e-9)
    assert found.finding == "Nothing is at stable rest below mu 0."


def test_a_transcritical_point_in_a_file(model):
    found = sd.bifurcation(model({"x": "mu*x - x*x"}), "mu")
    (crossing,) = found.points.to_dict("records")
    assert crossing["kind"] == "transcritical"
    assert crossing["mu"] == pytest.approx(0, abs=1e-7)
    assert crossing["below"] == crossing["above"] == "1 stable, 1 unstable"


def test_a_pitchfork_in_a_file(model):
    found = sd.bifurcation(model({"x": "mu*x - x*x*x"}), "mu")
    (point,) = found.points.to_dict("records")
    assert (point["kind"], point["below"], point["above"]) == (
        "branch",
        "1 stable",
        "2 stable, 1 unstable",
    )
    assert point["mu"] == pytest.approx(0, abs=1e-7)
    assert found.finding.startswith("Two stable states coexist above mu")


def test_an_oscillation_in_a_file(model):
    rates = {"x": "mu*x - y - x*(x*x + y*y)", "y": "x + mu*y - y*(x*x + y*y)"}
    found = sd.bifurcation(model(rates), "mu")
    (point,) = found.points.to_dict("records")
    assert point["kind"] == "oscillation"
    assert point["mu"] == pytest.approx(0, abs=1e-9)
    assert found.finding.startswith("Rest gives way to oscillation at mu")


def test_what_only_circles_is_not_called_stable(model):
    """Lotka and Volterra: prey rest where predators starve, whatever mu; predators at mu."""
    rates = {"prey": "mu*prey - prey*predators", "predators": "prey*predators - predators"}
    found = sd.bifurcation(model(rates, 0.2, 1.0, 0.5), "mu")
    pair = found.branches[found.branches["prey"] > 0.5]
    np.testing.assert_allclose(pair["prey"], 1.0)
    np.testing.assert_allclose(pair["predators"], pair["mu"])
    assert found.measure == "predators"
    assert not pair["stable"].any()
    assert found.finding == "Nothing is at stable rest, whatever mu is in this range."


def test_two_symmetric_rivals_part_where_symmetry_breaks(model):
    """Two that shut each other out, x' = mu - x + exp(-4 y): evenness ends at 4 exp(-4 x) = 1."""
    rates = {"x": "mu - x + EXP(-4*y)", "y": "mu - y + EXP(-4*x)"}
    found = sd.bifurcation(model(rates), "mu")
    own = found.points[found.points["kind"] == "branch"]
    assert len(own)
    even = np.log(4) / 4
    np.testing.assert_allclose(own["x"], even, atol=1e-6)
    np.testing.assert_allclose(own["mu"], even - 0.25, atol=1e-6)
    apart = found.branches[(found.branches["x"] - found.branches["y"]).abs() > 0.05]
    assert apart["stable"].all()


# what a user sees


def test_results_are_printed_saved_and_drawn(community, tmp_path):
    text = str(community)
    assert "fold at interaction 0.426716" in text
    assert "branch 1: from 0 (end of the range) to 1 (end of the range), partly stable" in text
    table = pd.read_csv(community.save(tmp_path / "x.csv"))
    assert len(table) == len(community.to_dataframe())
    whole = json.loads(community.save(tmp_path / "x.json").read_text())
    assert len(whole["points"]) == 2
    assert whole["finding"] == community.finding
    assert whole["provenance"]["parameter"] == "interaction"
    figure = sd.figure(community)
    assert figure.layout.title.text.replace("<br>", " ") == community.finding.rstrip(".")
    assert {each.name.split(":")[0] for each in figure.data} == {"stable", "unstable", "fold"}
    page = sd.report(community, tmp_path / "x.html").read_text(encoding="utf-8")
    assert community.finding in page
    with pytest.raises(InputError, match="No format"):
        community.save(tmp_path / "x.txt")


def test_a_constant_that_settles_nothing_is_said_to(dilemma):
    found = sd.bifurcation(dilemma, "fear hazard", searches=2)
    assert found.finding == "Where things settle does not depend on fear hazard."


def test_the_same_question_has_the_same_answer(dilemma, community):
    again = sd.bifurcation(dilemma.replace(params=COMMUNITY), "interaction")
    pd.testing.assert_frame_equal(again.branches, community.branches)


@pytest.mark.parametrize(
    ("parameter", "between", "says"),
    [
        ("interactoin", None, "No parameter 'interactoin'. Did you mean 'interaction'"),
        ("spending", (0, 1), "No parameter 'spending'. Did you mean 'initial spending'"),
        ("transparency.Est", None, "'Est'.*'East'"),
        ("initial spending", None, r"'initial spending' has no range.*Give \(low, high\)"),
        ("interaction", (1, 0), "low below high"),
        ("interaction", (1, 1), "low below high"),
        ("interaction", (0, 1, 2), "range of 'interaction'"),
        ("transparency", (-1, 2), r"(?s)is -1.*is 2.*between 0 and 1"),
    ],
)
def test_mistakes_are_answered(dilemma, parameter, between, says):
    with pytest.raises(InputError, match=says):
        sd.bifurcation(dilemma, parameter, between)


def test_what_cannot_rest_is_refused(dilemma, model):
    with pytest.raises(InputError, match=r"'GDP' grows.*'GDP growth': 0"):
        sd.bifurcation(sd.load_scenario("cold_war"), "transparency")
    with pytest.raises(InputError, match="'GDP' grows"):
        sd.bifurcation(dilemma, "GDP growth")
    with pytest.raises(InputError, match="Nothing rests for any 'mu' between -1 and 1"):
        sd.bifurcation(model({"x": "1 + x*x + mu*mu"}), "mu")
    with pytest.raises(InputError, match="none settles"):
        sd.bifurcation(model({"x": "mu"}), "mu")
    with pytest.raises(InputError, match="cases"):
        sd.bifurcation(sd.load_scenario("four_worlds"), "distinguishability")
    with pytest.raises(InputError, match="not a time between"):
        sd.bifurcation(dilemma, "interaction", at=1e6)
    with pytest.raises(InputError, match="searches is 1"):
        sd.bifurcation(dilemma, "interaction", searches=1)
