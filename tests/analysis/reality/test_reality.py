"""Propositions tried on draws: known areas, planted counterexamples, premises, mistakes."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.analysis.reality.contrast import contrast
from secdil_sd.analysis.reality.premises import is_inside, premise_space
from secdil_sd.errors import InputError, ScenarioError
from secdil_sd.simulation.companion import Distribution
from secdil_sd.simulation.proposition import check_proposition

PAIR = ["reaction[East,West]", "reaction[West,East]"]
CALM = "peak spiral number < 1"
SHORT = {"times": [0, 1]}


@pytest.fixture(scope="module")
def linear():
    return sd.load_model("richardson")


def one(subject, proposition, n=256, **options):
    return sd.reality_check(subject, n=n, propositions={"mine": proposition}, **options)


def only(checked):
    (row,) = checked.table.to_dict("records")
    return row


# a share that is known


def area(low, high, product):
    """Share of a square [low, high]^2 in which x y < product (product between the ends)."""
    split = product / high
    inside = (split - low) * (high - low) if split > low else 0.0
    start = max(split, low)
    stop = min(product / low, high)
    return (inside + product * log(stop / start) - low * (stop - start)) / (high - low) ** 2


def test_the_share_is_the_area_under_richardsons_hyperbola(linear):
    """Rs = sqrt(k l / a b): below 1 where k l < a b (Richardson 1960)."""
    rule = {
        "when": "reaction >= 0.2 and reaction <= 0.6",
        "settings": {"fatigue": 0.4},
        "then": CALM,
        "varied": PAIR,
    }
    row = only(one(linear, rule, n=4096, **SHORT))
    exact = area(0.2, 0.6, 0.16)
    assert row["share"] == pytest.approx(exact, abs=0.01)
    assert row["low"] < exact < row["high"]
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * 0.5 / 64, rel=0.05)
    assert (row["members"], row["failed"], row["verdict"]) == (4096, 0, "holds in part")


def test_every_counterexample_breaks_it_and_can_be_run(linear):
    rule = {"settings": {"fatigue": 0.4}, "then": CALM, "varied": PAIR}
    checked = one(linear, rule, **SHORT)
    found = checked.counterexamples
    assert len(found) == 10
    products = found[PAIR[0]] * found[PAIR[1]]
    assert (products >= 0.16).all()
    assert found["value"].to_numpy() == pytest.approx(np.sqrt(products.to_numpy()) / 0.4)
    values = checked.params("mine", 3)
    run = linear.run({"fatigue": 0.4, **values}, [0, 1], ["peak spiral number"])
    assert float(run["peak_spiral_number"]) == pytest.approx(found["value"][3], rel=1e-6)


def test_the_nearest_counterexample_comes_first(linear):
    rule = {"settings": {"fatigue": 0.4}, "then": CALM, "varied": PAIR}
    checked = one(linear, rule, **SHORT)
    draws = checked.draws["mine", ""]
    own = linear.defaults.constants["reaction"][0, 1]
    broken = draws[draws["holds"] == 0]
    far = (((broken[PAIR] - own) / draws[PAIR].std(ddof=0)) ** 2).sum(axis=1)
    assert checked.counterexamples["draw"].tolist() == far.nsmallest(10).index.tolist()


def test_a_planted_counterexample_is_found_with_output_element_time_and_value(linear):
    rule = {
        "settings": {"reaction": 0, "fatigue": 0.1, "initial spending": 10},
        "when": "grievance.East >= 1.5 and grievance.East <= 2 and grievance.West >= 0.5"
        " and grievance.West <= 0.9",
        "then": "spending < 11",
        "varied": ["grievance"],
    }
    row = one(linear, rule, n=64, times=np.arange(0.0, 30.0)).counterexamples.iloc[0]
    assert (row["output"], row["element"]) == ("spending", "East")
    g = row["grievance[East]"]  # M = g/a + (10 - g/a) exp(-a t): passes 11 at a known time
    crossing = np.log((10 - g / 0.1) / (11 - g / 0.1)) / 0.1
    assert row["time"] == np.ceil(crossing)
    assert row["value"] == pytest.approx(g / 0.1 + (10 - g / 0.1) * np.exp(-0.1 * row["time"]))


@pytest.mark.parametrize(
    ("then", "time"),
    [
        ("peak spending < 11", "crossing"),
        ("spending final < 11", "end"),
        ("spending initial > 11", "start"),
        ("spending at 7 > 25", "at"),
        ("spending max > 100", "never"),
        ("any spending final > 100", "end"),
    ],
)
def test_reductions_say_when_they_first_break(linear, then, time):
    rule = {
        "settings": {"reaction": 0, "fatigue": 0.1, "initial spending": 10},
        "when": "grievance >= 1.5 and grievance <= 2",
        "then": then,
        "varied": ["grievance"],
    }
    found = one(linear, rule, n=16, times=np.arange(0.0, 30.0)).counterexamples
    g = found[["grievance[East]", "grievance[West]"]].max(axis=1).iloc[0]
    expected = {"start": 0.0, "end": 29.0, "at": 7.0}.get(time)
    if time == "never":
        assert found["time"].isna().all()
    elif time == "crossing":
        g = found.iloc[0][f"grievance[{found['element'][0]}]"]
        crossing = np.log((10 - g / 0.1) / (11 - g / 0.1)) / 0.1
        assert found["time"][0] == np.ceil(crossing)
    else:
        assert (found["time"] == expected).all()


# comparisons


def test_a_change_is_compared_with_the_same_draw_unchanged(linear):
    """dM/dt = g - a M: more fatigue lowers what it settles at, and grievance raises it."""
    calm = {"settings": {"reaction": 0}, "varied": ["grievance"], "when": "grievance >= 1"}
    down = only(one(linear, {**calm, "change": {"fatigue": 0.5}, "then": "spending final falls"}))
    assert (down["kind"], down["share"], down["verdict"]) == ("comparison", 1.0, "holds")
    both = {**calm, "change": {"grievance": {"East": 7}}, "then": "spending final rises"}
    found = one(linear, both)
    assert only(found)["share"] == 0.0  # East's rises, West's does not
    assert set(found.counterexamples["element"]) == {"West"}
    same = found.counterexamples
    assert same["value"].to_numpy() == pytest.approx(same["unchanged"].to_numpy(), rel=1e-6)
    kept = {**both, "then": "spending final does not fall and spending.East final rises"}
    assert only(one(linear, kept))["share"] == 1.0


def test_elements_drawn_together_are_changed_one_by_one(linear):
    rule = {
        "settings": {"reaction": 0}, "when": "grievance >= 1", "varied": ["fatigue[*]"],
        "change": {"fatigue.East": 5}, "then": "spending.East final falls",
    }  # fmt: skip
    checked = one(linear, rule, n=16)
    assert only(checked)["share"] == 1.0
    assert "fatigue" in checked.draws["mine", ""]
    kept = one(linear, {**rule, "then": "spending.West final falls"}, n=16)
    assert only(kept)["share"] == 0.0
    assert set(kept.params("mine")) == {"fatigue", "grievance[East]", "grievance[West]"}


def test_rises_to_speaks_only_of_draws_from_which_it_is_a_rise(linear):
    text = "when reaction rises to 0.3, spending.East final rises"
    checked = one(linear, text, times=[0, 5])
    drawn = checked.draws["mine", ""].filter(like="reaction")
    assert drawn.to_numpy().max() <= 0.3


# premises


@pytest.mark.parametrize(
    "distribution",
    [
        Distribution(kind="uniform", low=0, high=1),
        Distribution(kind="loguniform", low=0.01, high=1),
        Distribution(kind="normal", mean=0.5, spread=0.2),
        Distribution(kind="lognormal", mean=0.3, spread=0.5),
        Distribution(kind="triangular", low=0, high=1, mode=0.3),
        Distribution(kind="pert", low=0, high=1, mode=0.3),
        Distribution(kind="discrete", values=(0.1, 0.3, 0.5, 0.7)),
    ],
    ids=lambda each: each.kind,
)
def test_draws_lie_inside_the_premise_and_keep_the_distributions_form(distribution):
    """What is drawn inside is the distribution given that it lies inside."""
    from dataclasses import replace

    from secdil_sd.analysis.reality.premises import _inside
    from secdil_sd.simulation.parameters import Parameter
    from secdil_sd.simulation.premise import Bound

    u = (np.arange(20000) + 0.5) / 20000
    inside = _inside(
        Parameter("x", (), distribution), [Bound("x", ">=", 0.25), Bound("x", "<", 0.6)]
    )
    drawn = np.sort(inside.distribution.quantile(u))
    whole = distribution.quantile(u)
    kept = np.sort(whole[(whole >= 0.25) & (whole <= 0.6)])
    assert drawn.min() >= 0.25 - 1e-9 and drawn.max() <= 0.6 + 1e-9
    places = np.linspace(0.01, 0.99, 25)
    assert np.quantile(drawn, places) == pytest.approx(np.quantile(kept, places), abs=2e-3)
    assert replace(inside, distribution=distribution).selector == "x"


def test_rules_between_constants_are_kept_by_every_draw():
    case = sd.load_scenario("regime_dyads").cases["dem-aut"]
    rule = check_proposition({"when": "democracy.A >= 2 democracy.B", "then": CALM}, "mine")
    draws = premise_space(case, rule).draw(128)
    assert (draws["democracy[A]"] >= 2 * draws["democracy[B]"]).all()
    assert is_inside(case, rule)
    assert not is_inside(sd.load_scenario("regime_dyads").cases["aut-aut"], rule)


def test_what_is_fixed_is_not_drawn_and_what_is_bounded_is():
    case = sd.load_scenario("regime_dyads").cases["dem-aut"]
    rule = {
        "when": "democracy.A >= 0.8",
        "settings": {"reaction": {"A": 0.2}, "audience discount": 0.5},
        "then": CALM,
    }
    names = premise_space(case, check_proposition(rule, "mine")).names
    assert "democracy[A]" in names and "democracy[B]" not in names
    assert "reaction[B]" in names and "reaction[A]" not in names
    assert "audience discount" not in names


def test_a_constant_without_a_range_is_drawn_between_its_two_bounds(tmp_path):
    text = """{UTF-8}
x = INTEG(rate, 0) ~~|
rate = 1 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 4 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
    (tmp_path / "m.mdl").write_text(text)
    model = sd.load_model(tmp_path / "m.mdl")
    with pytest.raises(InputError, match="Nothing in 'm' has a range"):
        one(model, "x ends below 8")
    with pytest.raises(InputError, match="'rate' has no range"):
        one(model, "when rate is at least 1, x ends below 8")
    row = only(one(model, "when rate is between 1 and 3, x ends below 8", n=1000))
    assert row["share"] == pytest.approx(0.5, abs=0.01)


def test_own_values_outside_the_premise_do_not_apply(linear):
    rule = {"when": "fatigue >= 0.4", "then": CALM, "varied": PAIR}
    assert only(one(linear, rule, **SHORT))["own"] == "does not apply"
    assert only(one(linear, {"then": CALM, "varied": PAIR}, **SHORT))["own"] == "holds"
    broken = only(one(linear, {"then": "spending < 5", "varied": PAIR}, **SHORT))
    assert (broken["own"], broken["first"]) == ("fails", 0.0)


def test_failed_members_are_counted_and_not_judged(linear):
    """A reaction of 300 a year makes the path leave the range of floats."""
    rule = {"then": "spending final < 1e300", "varied": ["grievance"]}
    case = sd.reality_check(
        linear, n=8, propositions={"m": {**rule, "settings": {"reaction": 300}}}, times=[0, 5000]
    )
    row = only(case)
    assert row["failed"] == 8 and row["members"] == 0
    assert row["verdict"] == "cannot tell" and row["own"] == "cannot tell"
    assert case.counterexamples.empty


# seeds, cases, files


def test_the_same_seed_gives_the_same_answer_and_another_another(linear):
    rule = {"settings": {"fatigue": 0.4}, "then": CALM, "varied": PAIR}
    first, again, other = (one(linear, rule, seed=seed, **SHORT) for seed in (3, 3, 4))
    assert first.table.equals(again.table)
    assert first.counterexamples.equals(again.counterexamples)
    assert not first.counterexamples.equals(other.counterexamples)


def test_the_bundled_propositions_give_a_verdict_in_the_cases_they_name():
    case = sd.load_scenario("regime_dyads")
    checked = sd.reality_check(
        case, 32, names=["democratic peace", "openness_calms"], times=np.arange(0, 401, 20.0)
    )
    table = checked.table.set_index("name")
    assert table.loc["democratic_peace", "case"] == "dem-dem"
    assert set(table["own"]) == {"holds"}
    assert table.loc["openness_calms", "verdict"] == "holds"
    assert 0 < table.loc["democratic_peace", "share"] < 1
    drawn = checked.draws["democratic_peace", "dem-dem"]
    assert drawn[["democracy[A]", "democracy[B]"]].to_numpy().min() >= 0.8
    every = sd.reality_check(
        case, n=4, names=["x"], propositions={"x": {"then": CALM}}, times=[0, 1]
    )
    assert every.table["case"].tolist() == list(case.cases)


def test_it_saves_and_prints(linear, tmp_path):
    checked = one(linear, "when reaction is at most 0.2, peak spiral number stays below 1", **SHORT)
    assert "draws" in checked.finding
    text = str(checked)
    assert "when reaction is at most 0.2" in text and "nearest to the case's own values" in text
    assert checked.save(tmp_path / "r.csv").read_text().startswith("name,kind")
    assert "counterexamples" in checked.save(tmp_path / "r.json").read_text()
    assert checked.to_dataframe().equals(checked.table)


def test_contrast_puts_the_telling_parameter_first():
    rng = np.random.default_rng(0)
    import pandas as pd

    draws = pd.DataFrame(rng.random((500, 3)), columns=["a", "b", "c"])
    draws["holds"] = (draws["b"] > 0.4).astype(float)
    table = contrast(draws)
    assert table["parameter"].tolist()[:2] == ["b", "b"]
    assert (table[table["parameter"] == "b"]["middle"].diff().abs() > 0.3).any()


# bad input


@pytest.mark.parametrize(
    ("proposition", "said"),
    [
        ({"then": "spendng final < 1"}, "Did you mean 'spending'"),
        ({"then": "spending final is low"}, "not a comparison"),
        ({"when": "fatigue >= 9", "then": CALM}, "Nothing of 'fatigue"),
        ({"when": "fatigu >= 0.1", "then": CALM}, "fatigu"),
        ({"when": "fatigue >= 0.3", "settings": {"fatigue": 0.3}, "then": CALM}, "fixed and bound"),
        ({"settings": {"fatig": 0.3}, "then": CALM}, "fatig"),
        ({"change": {"fatigue": 0.3}, "then": "spendng final falls"}, "spendng"),
        ({"then": CALM, "varied": ["nothing"]}, "nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_with_the_nearest_name(linear, proposition, said):
    with pytest.raises(InputError, match=said):
        one(linear, proposition, n=8, **SHORT)


@pytest.mark.parametrize(
    ("proposition", "said"),
    [
        ("spending is nice", "Write: when NAME"),
        ("when reaction is high, spending stays below 3", "the condition 'reaction is high'"),
        ("when reaction is at most 0.2 spending stays below 3", "no comma"),
        ("when reaction is at most 0.2, spending rises", "does not say when something rises"),
        ("when reaction rises to 0.2, spending stays below 3", "does not say what rises or falls"),
        ({"when": "reaction > 0"}, "'then' is missing beside 'when'"),
        ({"source": "me"}, "needs a statement"),
        ({"statment": "x", "then": CALM}, "Did you mean 'statement'"),
        ({"when": "reaction = 3", "then": CALM}, "not a comparison"),
        ({"change": {"reaction": 1}, "then": CALM}, "compares nothing"),
        (3, "dictionary"),
    ],
)
def test_a_proposition_of_another_form_is_refused(proposition, said):
    with pytest.raises(ScenarioError, match=said):
        check_proposition(proposition, "mine")


def test_all_mistakes_are_told_together(linear):
    wrong = {"a": "nonsense", "b": {"statment": "x", "then": CALM}}
    with pytest.raises(InputError) as caught:
        sd.reality_check(linear, propositions=wrong)
    assert {each.place.split(",")[1].strip() for each in caught.value.findings} == {"a", "b"}
    wrong = {"a": {"then": "spendng < 1"}, "b": {"then": "burdn < 1"}}
    with pytest.raises(InputError) as caught:
        sd.reality_check(linear, propositions=wrong)
    assert len(caught.value.findings) == 2
    wrong = {
        "a": {"when": "fatigue >= 9", "then": "spendng < 1"},
        "b": {"then": CALM, "cases": ["first"]},
    }
    with pytest.raises(InputError) as caught:
        sd.reality_check(linear, propositions=wrong)
    assert [each.place for each in caught.value.findings] == [
        "[propositions.a] then", "[propositions.a]", "[propositions.a]", "[propositions.b]",
    ]  # fmt: skip
    with pytest.raises(InputError, match="Did you mean 'seed'"):
        sd.reality_check(linear, propositions={"a": {"then": CALM}}, sed=2)
    for n in (0, 1.5, True):
        with pytest.raises(InputError, match="whole number"):
            sd.reality_check(linear, n=n, propositions={"a": {"then": CALM}})


def test_a_counterexample_that_is_not_there_is_an_error(linear):
    checked = one(linear, {"then": CALM, "varied": PAIR}, n=16, **SHORT)
    with pytest.raises(InputError, match="there is no number 99"):
        checked.params("mine", 99)
