"""What `data check` finds in a file, each with its place; the command line around it."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

import secdil_sd as sd
from secdil_sd import cli

WITH_BASIS = ["state,year,value,units,price_basis"]


def rows(*values, state="India", units="million USD", prices="current"):
    return [f"{state},{year},{value},{units},{prices}" for year, value in values]


def found(path, **options):
    return [str(each) for each in sd.check_data(path, **options)]


def test_nothing_to_say_of_a_sound_file(text):
    assert found(text("a.csv", *WITH_BASIS, *rows((1990, 1), (1991, 1.1), (1992, 1.2)))) == []


@pytest.mark.parametrize(
    ("values", "place", "words"),
    [
        ([(1990, 1), (1993, 1.1)], "row 3", "no figure for 1991-1992"),
        ([(1990, 1), (1992, 1.1)], "row 3", "no figure for 1991."),
        ([(1990, 2), (1991, 3.02)], "row 3", "rises by 51% from 1990 to 1991 (2 to 3.02)"),
        ([(1990, 2), (1991, 0.5)], "row 3", "falls by 75%"),
        ([(1990, 2), (1991, 2), (1992, 2)], "row 2", "same figure, 2, from 1990 to 1992"),
        ([(1990, 2), (1991, 0)], "row 3", "is zero in 1991"),
        ([(1990, 2), (1991, -1)], "row 3", "is negative in 1991 (-1)"),
        ([(1990, 2), (1990, 2.5)], "row 3", "second figure for 1990"),
    ],
)
def test_each_thing_is_found_in_its_place(text, values, place, words):
    said = found(text("a.csv", *WITH_BASIS, *rows(*values)))
    assert any(each.startswith(f"a.csv, {place}: ") and words in each for each in said), said


def test_a_change_of_just_half_is_no_jump(text):
    assert found(text("a.csv", *WITH_BASIS, *rows((1990, 2), (1991, 3)))) == []


def test_years_before_independence_are_no_gap(text):
    lines = rows((1921, 5), (1992, 6), state="Russia")
    assert found(text("a.csv", *WITH_BASIS, *lines)) == []


def test_mixed_and_missing_bases(text):
    mixed = text("a.csv", *WITH_BASIS, *rows((1990, 1)), *rows((1991, 1.1), units="billion USD"))
    assert "two bases cannot be mixed" in found(mixed)[0]
    silent = text("b.csv", "state,year,value", "India,1990,1")
    assert "Nobody says in what currency" in found(silent)[0]


def test_files_are_held_against_each_other(text, sipri):
    own = text("a.csv", *WITH_BASIS, *rows((1990, 1), (1991, 1.1)))
    said = [str(each) for each in sd.check_data(own, sipri())]
    assert "a.csv in million USD at current prices" in said[-1]
    assert "deflated(table, index, base_year=2023)" in said[-1]


def test_mistakes_do_not_hide_what_is_conspicuous(text):
    said = found(text("a.csv", *WITH_BASIS, *rows((1990, 1), (1991, "x"), (1992, 3), (1993, 9))))
    assert "'x' is not a number" in said[0]
    assert any("rises by 200%" in each for each in said)


def test_scores_are_not_held_to_the_rules_of_money(text):
    path = text("p.csv", "ccode,year,polity2,xconst", "750,1990,-8,7", "750,1991,8,7")
    assert found(path) == []


def test_states_can_be_chosen(text):
    lines = [*rows((1990, 1), (1991, 5)), *rows((1990, 1), (1991, 7), state="Pakistan")]
    (only,) = found(text("a.csv", *WITH_BASIS, *lines), states=["PAK"])
    assert "Pakistan rises by 600%" in only


@pytest.fixture
def quick(monkeypatch, capsys):
    """Run in this process; gives (exit code, printed, complained)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["secdil", "data", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        said = capsys.readouterr()
        return caught.value.code or 0, said.out, said.err

    return run


def test_check_leaves_with_two_only_for_mistakes(quick, text):
    warned = text("a.csv", *WITH_BASIS, *rows((1990, 1), (1991, 5)))
    code, out, _ = quick("check", warned)
    assert code == 0 and "warning: a.csv, row 3" in out and "0 errors, 1 warning" in out
    wrong = text("b.csv", *WITH_BASIS, *rows((1990, 1), (1991, "x")))
    code, out, _ = quick("check", wrong)
    assert code == 2 and "error: b.csv, row 3" in out


def test_show_writes_a_table_that_reads_back(quick, sipri, tmp_path):
    path = tmp_path / "tidy.csv"
    code, out, _ = quick("show", sipri(), "--state", "IND", "--state", "DEU", "-o", path)
    assert code == 0
    assert "units: million USD, constant prices of 2023" in out and "146.41" in out
    again = sd.read_spending(path)
    first = sd.select(sd.read_sipri(sipri()), ["India", "Germany"])
    pd.testing.assert_frame_equal(again, first)
    for name in ("units", "price_basis", "base_year", "source", "vintage"):
        assert again.attrs[name] == first.attrs[name]


@pytest.mark.parametrize("ending", [".parquet", ".json"])
def test_show_writes_other_formats(quick, sipri, tmp_path, ending):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"tidy{ending}"
    code, out, _ = quick("show", sipri(), "--state", "IND", "-o", path)
    assert code == 0 and path.stat().st_size and "Wrote" in out


def test_show_without_states_lists_what_there_is(quick, text):
    path = text("mpd2020.csv", "countrycode,year,gdppc,pop", "IND,1950,5,1", "IND,1952,6,1")
    code, out, _ = quick("show", path, "--variable", "GDP")
    assert code == 0
    assert "India   1950  1952        2" in out
    code, out, _ = quick("show", path)
    assert "GDP: million international USD, constant prices of 2011" in out


def test_show_refuses_in_sentences(quick, sipri, text, tmp_path):
    code, _, err = quick("show", sipri(), "--state", "Indai", "--state", "Korea")
    assert code == 2 and "'India'" in err and "ambiguous" in err and "Traceback" not in err
    code, _, err = quick("show", sipri(), "--sheet", "curent")
    assert code == 2 and "'Current US$'" in err
    code, _, err = quick("show", tmp_path / "none.csv")
    assert code == 2 and "cannot be read" in err
    code, _, err = quick("show", sipri(), "-o", tmp_path / "a.docx")
    assert code == 2 and ".csv" in err
    code, _, err = quick("show", text("x.csv", "state,year,value", "India,1990,x", "Xx,1990,1"))
    assert code == 2 and err.count("\n") == 2


def test_countries_says_what_a_name_means(quick):
    assert "India (IND, COW 750), 1947-" in quick("countries", "IND")[1]
    assert "Soviet Union" in quick("countries", "365", "--year", "1950")[1]
    code, _, err = quick("countries", "Germany", "--year", "1960")
    assert code == 2 and "West Germany" in err
