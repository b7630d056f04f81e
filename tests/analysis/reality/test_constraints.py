"""Vensim's Reality Check: published outcomes, hand-made models, what cannot be run."""

from __future__ import annotations

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.errors import InputError

# The example of Vensim's User Guide, chapter 14 (yeast1.mdl and yeast2.mdl), whose outcomes it
# prints: "cold is dormant" violated at time 0, "hot is dead" and "drink or die" at time 11; in
# the second version the cold is respected, and the heat once the decay time is 5 instead of 2.
YEAST = """{UTF-8}
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 300 ~ Minute ~ |
TIME STEP = 1 ~ Minute ~ |
SAVEPER = TIME STEP ~ Minute ~ |
RC START TIME = 10 ~ Minute ~ |
Sugar = 100 ~ g ~ |
Water = 100 ~ ml ~ |
temperature = 85 ~ Fahrenheit ~ |
divisions = Yeast Count*division rate ~ Cell/Minute ~ |
terminations = Yeast Count/average lifetime ~ Cell/Minute ~ |
Yeast Count = INTEG(divisions-terminations,100) ~ Cell ~ |
cold is dormant :THE CONDITION: temperature < 50 :IMPLIES: divisions = 0 ~ ~ |
hot is dead :THE CONDITION: temperature = RC STEP(120,1)
   :IMPLIES: Yeast Count <= RC DECAY CHECK(1,Yeast Count,2) ~ ~ |
drink or die :THE CONDITION: Water = RC STEP(Water,0) :AND: temperature > 65
   :IMPLIES: Yeast Count <= RC DECAY CHECK(1,Yeast Count,2) ~ ~ |
"""
FIRST = """
average lifetime = 250 ~ Minute ~ |
division rate = 0.08 ~ 1/Minute ~ |
"""
SECOND = """
division rate = norm division rate*division from temp(temperature/norm temperature) ~ 1/Minute ~ |
norm division rate = 0.08 ~ 1/Minute ~ |
norm temperature = 80 ~ Fahrenheit ~ |
division from temp((0,0),(0.8,0),(1,1),(2,1)) ~ ~ |
average lifetime = norm lifetime * life from temp(temperature/norm temperature) ~ Minute ~ |
norm lifetime = 250 ~ Minute ~ |
life from temp((0,1),(1,1),(1.25,0.02),(2,0.001)) ~ ~ |
"""
PLANT = """{UTF-8}
city: North, South ~ ~ |
initial stock[city] = 100, 200 ~ widget ~ |
Inventory[city] = INTEG(production[city] - shipments[city], initial stock[city]) ~ widget ~ |
workers[city] = 10, 20 ~ person ~ |
demand[city] = 20, 30 ~ widget/week ~ |
productivity = 2 ~ widget/person/week ~ |
production[city] = workers[city] * productivity ~ widget/week ~ |
shipments[city] = MIN(demand[city], Inventory[city]/2) ~ widget/week ~ |
leaky shipments[city] = MIN(demand[city], 1 + Inventory[city]/2) ~ widget/week ~ |
RC START TIME = 5 ~ week ~ |
INITIAL TIME = 0 ~ week ~ |
FINAL TIME = 20 ~ week ~ |
TIME STEP = 0.5 ~ week ~ |
SAVEPER = 1 ~ week ~ |
"""


@pytest.fixture
def check(tmp_path):
    def checker(text, name="hand.mdl", **options):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return sd.reality_check(sd.load_model(path), **options)

    return checker


def rows(checked):
    return {(row["name"], row["run"]): row for _, row in checked.table.iterrows()}


def only(checked):
    (row,) = checked.table.to_dict("records")
    return row


def test_the_first_yeast_model_breaks_what_vensim_says_and_when(check):
    found = check(YEAST + FIRST).table.set_index("name")
    assert set(found["verdict"]) == {"fails"}
    assert found["first"].to_dict() == {
        "cold is dormant": 0.0, "hot is dead": 11.0, "drink or die": 11.0,
    }  # fmt: skip


def test_the_second_yeast_model_keeps_what_vensim_says(check):
    strict = check(YEAST + SECOND).table.set_index("name")["verdict"]
    assert strict["cold is dormant"] == "holds"
    assert strict["hot is dead"] == "fails"
    relaxed = check(YEAST.replace("CHECK(1,Yeast Count,2)", "CHECK(1,Yeast Count,5)", 1) + SECOND)
    assert relaxed.table.set_index("name")["verdict"]["hot is dead"] == "holds"


PASSING = {
    "constant": "TI[city] :TEST INPUT: workers[city] = 0 ~~|"
    "c[city] :THE CONDITION: TI[city] :IMPLIES: production[city] = 0 ~~|",
    "step": "TI[city] :TEST INPUT: workers[city] = RC STEP(workers[city], .5) ~~|"
    "c[city] :THE CONDITION: TI[city] :IMPLIES:"
    " production[city] = RC STEP CHECK(0, production[city], .5) ~~|",
    "ramp": "c[city] :THE CONDITION: production[city] = RC RAMP(production[city], 0, 2) :IMPLIES:"
    " production[city] = RC RAMP CHECK(0, production[city], 0, 2) :AND:"
    " Inventory[city] <= RC STEP CHECK(2, Inventory[city], 1.5) ~~|",
    "grow": "c :THE CONDITION: productivity = RC GROW(productivity, .1) :IMPLIES:"
    " production[North] = RC GROW CHECK(0, production[North], .1) ~~|",
    "decay": "c :THE CONDITION: productivity = RC DECAY(productivity, 3) :IMPLIES:"
    " production[North] = RC DECAY CHECK(0, production[North], 3) ~~|",
    "compare": "c :THE CONDITION: productivity = RC COMPARE('base', productivity, 2) :IMPLIES:"
    " production[South] = RC COMPARE CHECK('base', production[South], 0, 2) ~~|",
    "vector compare": "c[city] :THE CONDITION: workers[city] = RC COMPARE('base', workers[city], 2)"
    " :IMPLIES: production[city] = RC COMPARE CHECK('base', production[city], 0, 2) ~~|",
    "one element leaves the other": "TI[city] :TEST INPUT: workers[city] = RC STEP(workers[city],0)"
    " ~~|c :THE CONDITION: TI[North] :IMPLIES: production[North] = RC STEP CHECK(0, 1, 0) :AND:"
    " production[South] = RC STEP CHECK(0, production[South], 1) ~~|",
    "stock": "c[city] :THE CONDITION: Inventory[city] = 0 :IMPLIES: shipments[city] = 0 ~~|",
    "own start and length": "c :THE CONDITION: productivity = RC STEP(productivity, 2, 8, 4)"
    " :IMPLIES: production[North] = RC STEP CHECK(0, production[North], 2, 8, 3) ~~|",
    "either": "c :THE CONDITION: workers[North] = 0 :OR: productivity = 0"
    " :IMPLIES: production[North] = 0 ~~|",
    "bound": "c :THE CONDITION: productivity > 5 :IMPLIES: production[North] >= 50 ~~|",
    "not": "c :THE CONDITION: :NOT: (productivity > 1 :OR: demand[North] > 1)"
    " :IMPLIES: production[North] <= 10 :AND: shipments[North] <= 1 ~~|",
    "no condition": "c :THE CONDITION: :IMPLIES: Inventory[North] >= 0 ~~|",
}  # fmt: skip


@pytest.mark.parametrize("line", PASSING)
def test_what_follows_is_found_to_follow(check, line):
    found = check(PLANT + PASSING[line])
    assert set(found.table["verdict"]) == {"holds"}, str(found)
    assert found.kept and (found.table["tested"] == 41).all()


FAILING = {
    "leaky": ("c[city] :THE CONDITION: Inventory[city] = 0 :IMPLIES: leaky shipments[city] = 0 ~~|",
              0.0, "North"),
    "at once": ("c :THE CONDITION: productivity = RC STEP(productivity, .5) :IMPLIES:"
                " production[South] <= RC STEP CHECK(0, production[South], .4) ~~|", 5.0, ""),
    "after the grace": ("c :THE CONDITION: productivity = RC STEP(productivity, .5) :IMPLIES:"
                        " production[South] <= RC STEP CHECK(2, production[South], .4) ~~|",
                        7.0, ""),
    "one of them": ("c[city] :THE CONDITION: productivity = 1 :IMPLIES: production[city] < 15 ~~|",
                    0.0, "South"),
    "after it ends": ("c :THE CONDITION: productivity = RC STEP(productivity, 2, 8, 4)"
                      " :IMPLIES: production[North] = RC STEP CHECK(0, production[North], 2, 8) "
                      "~~|", 12.0, ""),
    "as time goes": ("c :THE CONDITION: Time > 15 :IMPLIES: Time < 17 ~~|", 17.0, ""),
}  # fmt: skip


@pytest.mark.parametrize("line", FAILING)
def test_what_does_not_follow_is_found_with_its_time_and_element(check, line):
    text, first, element = FAILING[line]
    found = only(check(PLANT + text))
    assert (found["verdict"], found["first"], found["where"]) == ("fails", first, element)
    assert 0 < found["violated"] <= found["tested"]


def test_the_sample_of_the_public_test_suite_holds(check):
    """Its construction: names with underscores, no RC START TIME, so the first step is meant."""
    text = PLANT.replace("RC START TIME = 5 ~ week ~ |\n", "")
    line = (
        "no_productivity_no_output[city]:THE CONDITION:\n\tproductivity_to_zero[city]:IMPLIES:"
        "production[city] <= RC_STEP_CHECK(0.5, production[city\\\n\t], 0.0001)\n\t~\t\n\t~\t\t|\n"
        "productivity_to_zero[city]:TEST INPUT:\n\tworkers[city] = RC_STEP(workers[city], 0)\n\t~~|"
    )
    assert only(check(text + line))["verdict"] == "holds"


def test_an_inequality_that_holds_by_itself_changes_nothing(check):
    line = "c :THE CONDITION: productivity < 5 :IMPLIES: production[North] = 20 ~~|"
    found = rows(check(PLANT + line))
    assert found["c", "productivity < 5"]["verdict"] == "holds"
    assert found["c", "as it is"]["tested"] == 41


def test_a_condition_that_comes_up_by_itself_is_also_tested_as_it_is(check):
    line = "c :THE CONDITION: Inventory[South] > 250 :IMPLIES: shipments[South] < 10 ~~|"
    found = rows(check(PLANT + line))
    passive = found["c", "as it is"]
    assert passive["verdict"] == "fails" and 0 < passive["tested"] < 41
    assert found["c", "Inventory[South] > 250"]["tested"] == 41


def test_a_run_that_compare_names_may_be_given(check, tmp_path):
    line = "c :THE CONDITION: productivity = 3 :IMPLIES: production[North] >= RC COMPARE CHECK("
    line += "'fast.vdf', production[North], 0, 1) ~~|"
    assert "compared with the unchanged run" in only(check(PLANT + line))["note"]
    fast = sd.load_model(tmp_path / "hand.mdl").run(
        {"productivity": 4}, np.arange(0, 20.5, 0.5), ["production"], method="Euler"
    )
    fast = fast.assign({"production_North": fast["production"].sel(city="North", drop=True)})
    found = only(check(PLANT + line, runs={"fast": fast}))
    assert (found["verdict"], found["first"], found["note"]) == ("fails", 5.0, "")


def test_values_of_a_scenario_are_those_tested(tmp_path):
    line = "c :THE CONDITION: workers[North] < 8 :IMPLIES: production[North] <= 20 ~~|"
    path = tmp_path / "hand.mdl"
    path.write_text(PLANT + line, encoding="utf-8")
    (tmp_path / "busy.toml").write_text(
        'title = "t"\nmodel = "hand.mdl"\n[params]\nproductivity = 3\n"workers.North" = 6\n'
    )
    found = rows(sd.reality_check(sd.load_scenario(tmp_path / "busy.toml")))
    assert found["c", "as it is"]["verdict"] == "holds"
    (tmp_path / "busy.toml").write_text(
        'title = "t"\nmodel = "hand.mdl"\n[params]\nproductivity = 3\n"workers.North" = 7\n'
    )
    found = rows(sd.reality_check(sd.load_scenario(tmp_path / "busy.toml")))
    assert found["c", "workers[North] < 8"]["verdict"] == "fails"  # its own value is kept: 7


UNKNOWN = {
    "c :THE CONDITION: workerz[North] = 0 :IMPLIES: production[North] = 0 ~~|": "workerz",
    "c :THE CONDITION: TI gone :IMPLIES: production[North] = 0 ~~|": "'ti gone' is no test input",
    "c :THE CONDITION: productivity = 0 :IMPLIES: productions[North] = 0 ~~|": "productions",
    "c :THE CONDITION: productivity = 0 :IMPLIES: production[East] = 0 ~~|": "No subscript 'East'",
    "c :THE CONDITION: productivity = 0 :IMPLIES: production[North] + 1 ~~|": "not a comparison",
    "c :THE CONDITION: workers[North] = production[North] :IMPLIES: productivity = 2 ~~|":
        "Simultaneous equations",
    "c :THE CONDITION: productivity = 1 :AND: productivity = 2 :IMPLIES: productivity = 2 ~~|":
        "sets productivity twice",
    "c :THE CONDITION: productivity = RC JUMP(productivity) :IMPLIES: productivity = 2 ~~|":
        "no function RC JUMP",
    "c :THE CONDITION: productivity = RC STEP(productivity) :IMPLIES: productivity = 2 ~~|":
        "takes 2 (basis, mult)",
    "c :THE CONDITION: productivity = 2*RC STEP(productivity,0) :IMPLIES: productivity = 2 ~~|":
        "must be all that a variable is compared to",
    "c :THE CONDITION: productivity = 0 :IMPLIES: productivity = RC STEP(productivity,0) ~~|":
        "belongs into the condition",
    "c :THE CONDITION: productivity = RC STEP CHECK(0,1,0) :IMPLIES: productivity = 0 ~~|":
        "belongs into the consequence",
    "c :THE CONDITION: workers = 0 :AND: MAX(productivity,1) :IMPLIES: productivity = 0 ~~|":
        "neither a comparison nor a test input",
    "t :TEST INPUT: productivity = 1 ~~|c :THE CONDITION: :NOT: t :IMPLIES: productivity = 1 ~~|":
        "cannot be made true",
    "c :THE CONDITION: productivity=1 :IMPLIES: productivity > :CROSSING: 5 ~~|": ":CROSSING:",
}  # fmt: skip


@pytest.mark.parametrize("line", UNKNOWN)
def test_what_cannot_be_run_is_said_with_its_line_and_the_others_go_on(check, line):
    good = "good :THE CONDITION: productivity = 0 :IMPLIES: production[North] = 0 ~~|\n"
    found = check(PLANT + good + line).table.set_index("name")
    assert found.loc["good", "verdict"] == "holds"
    assert found.loc["c", "verdict"] == "cannot tell"
    assert UNKNOWN[line] in found.loc["c", "note"]
    assert "hand.mdl, line 17" in found.loc["c", "note"]


def test_names_choose_and_unknown_ones_are_answered(check):
    two = PLANT + PASSING["stock"] + PASSING["bound"].replace("c :", "other :", 1)
    assert set(check(two, names=["other"]).table["name"]) == {"other"}
    with pytest.raises(InputError, match="Did you mean 'other'"):
        check(two, names=["othr"])
    with pytest.raises(InputError, match="nothing to check"):
        check(PLANT)


def test_a_sentence_sums_up_and_the_printed_rows_say_what_was_forced(check):
    found = check(PLANT + PASSING["bound"] + FAILING["leaky"][0].replace("c[", "leak["))
    assert found.finding == "1 of 2 constraint tests holds at every step, 1 fails."
    text = str(found)
    assert "productivity > 5 implies production[North] >= 50" in text
    assert "with productivity > 5; kept at all 41 steps" in text
    assert "violated at 41 of 41 steps first at 0 for North" in text
    assert not found.kept and found.counterexamples.empty
