"""Units of whole models: the bundled ones agree, and every planted error is found."""

import dataclasses
from pathlib import Path

import pytest

import secdil_sd as sd
from secdil_sd.analysis.checking.units import UnitCheck
from secdil_sd.equations.system import TIME_NAMES

HEAD = "{UTF-8}\n"
CONTROL = """
INITIAL TIME = 0 ~ year ~ |
FINAL TIME = 5 ~ year ~ |
TIME STEP = 0.25 ~ year ~ |
SAVEPER = 1 ~ year ~ |
"""


def checked(folder: Path, equations: str, settings: str = "") -> UnitCheck:
    path = folder / "tried.mdl"
    path.write_text(HEAD + equations + CONTROL + settings)
    return sd.check_units(sd.load_model(path))


@pytest.mark.parametrize("name", ["richardson", "security_dilemma"])
def test_bundled_models_agree_without_exemption(name: str) -> None:
    found = sd.check_units(sd.load_model(name))
    assert found.agrees
    assert found.undeclared == ()
    assert found.findings == ()


def planted(name: str) -> list[str]:
    """Variables that some equation uses together with others, so that their unit shows."""
    system = sd.load_model(name).system
    return [each.name for each in system.variables if each.name not in TIME_NAMES]


@pytest.mark.parametrize("name", ["richardson", "security_dilemma"])
def test_one_wrong_unit_is_found_wherever_it_is_planted(name: str) -> None:
    model = sd.load_model(name)
    missed = []
    for wrong in planted(name):
        variables = tuple(
            dataclasses.replace(each, units=f"({each.units})*furlong")
            if each.name == wrong
            else each
            for each in model.system.variables
        )
        system = model.system.replace(variables=variables)
        found = sd.check_units(dataclasses.replace(model, system=system))
        if found.agrees:
            missed.append(wrong)
    assert missed == []


def test_message_names_term_line_both_units_and_what_would_mend_it(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        "GDP = 5 ~ USD/year ~ |\nfatigue = 0.2 ~ 1/year ~ |\nshock = 1 ~ USD/year/year ~ |\n"
        "arming =\n  shock +\n  GDP - fatigue*GDP ~ USD/year/year ~ |\n",
    )
    (row,) = found.table.to_dict("records")
    assert (row["variable"], row["term"], row["line"]) == ("arming", "GDP", 5)
    assert (row["found"], row["needed"]) == ("USD/year", "USD/year/year")
    assert "Multiply it by a constant in 1/year" in row["remedy"]
    assert str(found.findings[0]).startswith("tried.mdl, line 5: The units of 'arming' disagree")


def test_right_side_as_a_whole(tmp_path: Path) -> None:
    found = checked(tmp_path, "a = 5 ~ USD ~ |\nb = 2 ~ year ~ |\nc = a/b ~ USD ~ |\n")
    (row,) = found.table.to_dict("records")
    assert (row["term"], row["found"], row["needed"]) == ("a/b", "USD/year", "USD")
    assert "declare 'c' in USD/year" in row["remedy"]


def test_stock_needs_its_unit_a_time(tmp_path: Path) -> None:
    found = checked(tmp_path, "w = INTEG(flow, 1) ~ litre ~ |\nflow = 3 ~ litre ~ |\n")
    (row,) = found.table.to_dict("records")
    assert (row["term"], row["needed"]) == ("flow", "litre/year")


def test_one_message_for_all_elements(tmp_path: Path) -> None:
    text = "region: north, south ~ ~ |\na = 5 ~ USD ~ |\n"
    text += "x[north] = a ~ km ~ |\nx[south] = a ~ km ~ |\n"
    assert len(checked(tmp_path, text).table) == 1


SOUND = {
    "a number alone takes any unit": "x = 3 ~ km ~ |",
    "0 takes any unit": "x = 0 + a ~ USD ~ |",
    "a number takes the other side's unit in MAX": "x = MAX(a, 5) ~ USD ~ |",
    "and in a comparison": "x = IF THEN ELSE(a > 5, a, 1) ~ USD ~ |",
    "a factor has no unit": "x = 2*a/3 ~ USD ~ |",
    "a reciprocal": "x = 1/b ~ 1/year ~ |",
    "a root": "x = SQRT(a*a) ~ USD ~ |",
    "a power of a number": "x = a^2/a ~ USD ~ |",
    "a cube root": "x = (a*a*a)^(1/3) ~ USD ~ |",
    "exponential of what has no unit": "x = EXP(-Time/b) ~ Dmnl ~ |",
    "a smooth": "x = SMOOTH(a, b) ~ USD ~ |",
    "a trend": "x = TREND(a, b, 0) ~ 1/year ~ |",
    "a ramp": "x = RAMP(a/b, 1, 3) ~ USD ~ |",
    "a step": "x = STEP(a, 3) ~ USD ~ |",
    "a safe division": "x = ZIDZ(a, b) ~ USD/year ~ |",
}
WRONG = {
    "a number is added": "x = a + 1 ~ USD ~ |",
    "an exponent with a unit": "x = 2^b ~ Dmnl ~ |",
    "a base with a unit": "x = a^c ~ USD ~ |",
    "EXP of a unit": "x = EXP(b) ~ Dmnl ~ |",
    "LN of a unit": "x = LN(a) ~ Dmnl ~ |",
    "a smooth over money": "x = SMOOTH(b, a) ~ year ~ |",
    "branches differ": "x = IF THEN ELSE(c > 1, a, b) ~ USD ~ |",
    "a comparison of two units": "x = IF THEN ELSE(a > b, 1, 2) ~ Dmnl ~ |",
    "a root of the wrong unit": "x = SQRT(a) ~ USD ~ |",
    "maximum of two units": "x = MAX(a, b) ~ USD ~ |",
    "a ramp's slope": "x = RAMP(a, 1, 3) ~ USD ~ |",
}
GIVEN = "a = 5 ~ USD ~ |\nb = 2 ~ year ~ |\nc = 2 ~ Dmnl ~ |\n"


@pytest.mark.parametrize("name", SOUND)
def test_sound_equations(name: str, tmp_path: Path) -> None:
    assert checked(tmp_path, f"{GIVEN}{SOUND[name]}\n").findings == ()


@pytest.mark.parametrize("name", WRONG)
def test_unsound_equations(name: str, tmp_path: Path) -> None:
    assert not checked(tmp_path, f"{GIVEN}{WRONG[name]}\n").agrees


def test_synonyms_in_the_settings_of_the_file(tmp_path: Path) -> None:
    text = "a = 5 ~ bucks ~ |\nx = a ~ USD ~ |\n"
    end = "\\\\\\---/// Sketch information\n*V\n///---\\\\\\\n:L<%^E!@\n22:USD,bucks\n"
    assert not checked(tmp_path, text).agrees
    assert checked(tmp_path, text, end).agrees


def test_missing_units_are_a_note_and_not_judged(tmp_path: Path) -> None:
    found = checked(tmp_path, "a = 5 ~ ~ |\nx = a ~ USD ~ |\n")
    assert found.agrees
    assert [each.severity for each in found.findings] == ["note"]
    assert found.undeclared == ("a",)


def test_units_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    found = checked(tmp_path, "a = 5 ~ USD/ ~ |\n")
    assert "'USD/', cannot be read: a unit is missing at the end" in str(found.findings[0])
    assert not found.agrees


def test_neither_model_nor_scenario_is_refused() -> None:
    with pytest.raises(sd.InputError, match="neither a scenario nor a model"):
        sd.check_units(3)
