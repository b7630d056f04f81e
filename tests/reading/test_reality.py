"""Reality Check lines: read with their places, kept beside the model, never part of it."""

from __future__ import annotations

import pytest

import secdil_sd as sd
from secdil_sd.equations.expression import Call, Number, Reference
from secdil_sd.provenance import fingerprint
from secdil_sd.reading.cache import system_from_json, system_to_json

PLAIN = """{UTF-8}
city: North, South ~ ~ |
workers[city] = 10, 20 ~ person ~ |
productivity = 2 ~ widget/person/week ~ |
production[city] = workers[city] * productivity ~ widget/week ~ |
stock[city] = INTEG(production[city] - 5, 100) ~ widget ~ |
INITIAL TIME = 0 ~ week ~ |
FINAL TIME = 10 ~ week ~ |
TIME STEP = 0.5 ~ week ~ |
SAVEPER = 1 ~ week ~ |
"""
LINES = """
TI_no_workers[city]:TEST INPUT:
\tworkers[city] = RC_STEP(workers[city], 0) ~ ~ Everybody goes home. |
no workers no production[city]
  :THE CONDITION: TI no workers[city] :IMPLIES:
  production[city] <= RC STEP CHECK(0.5, production[city\\
\t], 0.0001) ~ ~ Work needs hands. |
idle :the condition: :NOT: productivity > 1 :AND: workers[north]=0 :implies: stock[north]=0 ~~|
"""


@pytest.fixture
def load(tmp_path):
    def loader(text, name="plant.mdl"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return sd.load_model(path)

    return loader


def test_lines_are_kept_with_names_subscripts_places_and_expressions(load):
    test, constraint, idle = load(PLAIN + LINES).system.reality
    assert (test.name, test.kind, test.subscripts) == ("TI_no_workers", "test input", ("city",))
    assert (test.line, test.documentation) == (12, "Everybody goes home.")
    workers = Reference("workers", ("city",))
    assert test.condition == Call("=", (workers, Call("rc step", (workers, Number(0.0)))))
    assert (constraint.name, constraint.line) == ("no workers no production", 14)
    assert constraint.kind == "constraint"
    assert constraint.consequence.arguments[1].function == "rc step check"
    assert idle.condition.function == "and"
    assert not any(each.problem for each in (test, constraint, idle))


def test_the_model_is_the_same_with_and_without_them(load):
    plain, checked = load(PLAIN, "a.mdl"), load(PLAIN + LINES, "b.mdl")
    assert plain.system.variables == checked.system.variables
    renamed = checked.system.replace(name=plain.system.name, place=plain.system.place)
    assert fingerprint(renamed) == fingerprint(plain.system)
    assert plain.run().equals(checked.run())
    assert plain.source == checked.source


def test_lines_are_a_table_of_the_model(load):
    table = load(PLAIN + LINES).reality_checks
    assert table["kind"].tolist() == ["test input", "constraint", "constraint"]
    assert table["line"].tolist() == [12, 14, 18]
    assert set(table["file"]) == {"plant.mdl"}
    assert load(PLAIN, "bare.mdl").reality_checks.empty


def test_the_check_names_them_and_those_that_cannot_be_run(load):
    odd = "odd :THE CONDITION: productivity > 1 :IMPLIES: stock[north] > :CROSSING: 5 ~~|\n"
    findings = load(PLAIN + LINES + odd).check()
    (note,) = [each for each in findings if "Reality Check" in each.message]
    assert note.severity == "note"
    assert "3 constraints and 1 test input" in note.message
    assert "secdil propositions plant.mdl" in note.remedy
    (warning,) = [each for each in findings if each.severity == "warning"]
    assert ":CROSSING: is not supported" in warning.message
    assert warning.place == "plant.mdl, line 19"
    assert not any("Reality" in each.message for each in load(PLAIN, "bare.mdl").check())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a :TEST INPUT: productivity ~~|", "a test input reads"),
        ("a :TEST INPUT: 3 = productivity ~~|", "a test input reads"),
        ("a :TEST INPUT: productivity = 3 :IMPLIES: workers[north] = 1 ~~|", "a test input reads"),
        ("a :THE CONDITION: productivity = 3 ~~|", "a constraint reads"),
        ("a :THE CONDITION: productivity = 3 :IMPLIES: ~~|", "a constraint reads"),
        ("a :THE CONDITION: productivity = ) :IMPLIES: productivity > 1 ~~|", "not understood"),
        ("a :THE CONDITION: productivity=1 :IMPLIES: :AT LEAST ONCE: productivity>1 ~~|",
         ":AT LEAST ONCE: is not supported"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_kept_with_the_reason(load, line, said):
    model = load(PLAIN + line + "\n")
    (kept,) = model.system.reality
    assert kept.name == "a" and kept.line == 11
    assert said in kept.problem
    assert kept.condition is None and kept.consequence is None
    assert len(model.run(outputs=["stock"])["time"]) == 11


def test_a_quoted_name_that_holds_the_keyword_is_a_variable(load):
    model = load(PLAIN + '"a :TEST INPUT: b" = 3 ~~|\n')
    assert model.system.reality == ()
    assert "a :TEST INPUT: b" in model.system


def test_a_line_inside_a_macro_is_refused_by_name(load):
    macro = ":MACRO: twice(a)\ntwice = 2*a ~~|\nt :TEST INPUT: a = 3 ~~|\n:END OF MACRO:\n"
    (kept,) = load(PLAIN.replace("{UTF-8}\n", "{UTF-8}\n" + macro)).system.reality
    assert "inside a macro" in kept.problem


def test_the_cache_keeps_them(load):
    system = load(PLAIN + LINES).system
    again = system_from_json(system_to_json(system))
    assert again.reality == system.reality
    assert again == system


def test_other_formats_have_none():
    assert sd.load_model("richardson").system.reality == ()
