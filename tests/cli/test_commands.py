"""The command line as a newcomer meets it: exit codes, sentences, formats; no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from secdil_sd import cli

CONSTRUCTS = Path(__file__).parents[1] / "models" / "constructs"


def secdil(*arguments, cwd=None):
    """Run in a process of its own, as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "secdil_sd", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


def test_help_names_every_command():
    out = CliRunner().invoke(cli.app, ["--help"]).output
    commands = (
        "report", "run", "stability", "policy", "propositions", "models", "scenarios", "check",
    )  # fmt: skip
    for command in commands:
        assert command in out


def test_help_loads_nothing_heavy(fresh_python):
    code = (
        "import sys, secdil_sd.cli\n"
        "heavy = {'numpy', 'pandas', 'xarray', 'scipy', 'plotly', 'pysd'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    assert fresh_python(code).strip() == "[]"


def test_lists(quick):
    assert "security_dilemma" in quick("models")[1]
    assert "The Cold War" in quick("scenarios")[1]


def test_a_run_is_printed(quick):
    code, out, _ = quick("run", "richardson", "-v", "spending", "--set", "reaction=0.1")
    assert code == 0
    assert "spending [billion USD/year]" in out


@pytest.mark.parametrize("ending", ["csv", "json", "nc"])
def test_a_run_is_written(quick, tmp_path, ending):
    path = tmp_path / f"run.{ending}"
    code, out, _ = quick("run", "richardson", "-v", "spending", "-o", path)
    assert (code, path.exists()) == (0, True)
    assert str(path) in out
    if ending == "csv":
        assert list(pd.read_csv(path).columns) == ["time", "spending[East]", "spending[West]"]
    if ending == "nc":
        assert xr.load_dataset(path)["spending"].shape == (101, 2)


def test_an_ensemble_kept_on_disk_goes_on(quick, tmp_path):
    samples = tmp_path / "s.csv"
    samples.write_text("reaction\n" + "\n".join(str(0.01 * k) for k in range(30)))
    line = ("run", "richardson", "--samples", samples, "--chunk", 10, "-o", tmp_path / "x.zarr")
    code, out, _ = quick(*line)
    assert code == 0
    assert "30 members, 0 failed" in out
    assert "members a second" in out
    assert xr.open_zarr(tmp_path / "x.zarr").sizes["member"] == 30
    (tmp_path / "x.zarr" / "secdil" / "done" / "c" / "1").unlink()
    code, out, complained = quick(*line)
    assert code == 0
    assert "resuming: 2 of 3 chunks present" in complained
    assert "30 members, 0 failed, the rest in" in out
    code, _, complained = quick(*line, "--set", "fatigue=0.5")
    assert code == 2
    assert "other values" in complained
    code, _, complained = quick("run", "richardson", "--chunk", 5)
    assert (code, "--chunk: only for an ensemble" in complained) == (2, True)


def test_an_ensemble_from_a_table(quick, tmp_path):
    samples = tmp_path / "s.csv"
    samples.write_text("reaction,fatigue\n0.1,0.2\n0.3,0.2\n")
    code, out, _ = quick(
        "run", "richardson", "--samples", samples, "-v", "spending final", "-o", tmp_path / "e.csv"
    )
    assert code == 0
    assert "2 members, 0 failed" in out
    assert len(pd.read_csv(tmp_path / "e.csv")) == 2


def test_changes_files_go_both_ways(quick, tmp_path):
    first, second, written = (tmp_path / f"{each}.cin" for each in ("first", "second", "written"))
    first.write_text("reaction = 0.1\nfatigue = 0.3\n")
    second.write_text("reaction = 0.2\n")
    given = ("--changes", first, "--changes", second, "--set", "fatigue=0.25")
    code, out, _ = quick("run", "richardson", *given, "-o", written)
    assert (code, str(written) in out) == (0, True)
    assert set(written.read_text().splitlines()) == {
        "reaction[state, rival] = 0.2",
        "fatigue[state] = 0.25",
    }
    for command in ("run", "stability", "report", "check"):
        output = ("-o", tmp_path / "r.html") if command == "report" else ()
        assert quick(command, "richardson", "--changes", written, *output)[0] == 0
    first.write_text("reactoin = 0.1\nfatigue[Est] = 0.3\n")
    code, _, err = quick("run", "richardson", "--changes", first, "--set", "spendin=1")
    assert code == 2
    assert "first.cin, line 1: No parameter 'reactoin'. Did you mean 'reaction'" in err
    assert "first.cin, line 2: No state 'Est'" in err
    assert "No parameter 'spendin'" in err


def test_save_lists_and_tabbed_samples(quick, tmp_path):
    (tmp_path / "few.lst").write_text("spending[East]\nspending final\n")
    (tmp_path / "s.tab").write_text("reaction\tfatigue\n0.1\t0.2\n0.2\t\n")
    code, out, _ = quick("run", "richardson", "--savelist", tmp_path / "few.lst")
    assert (code, "spending[East]" in out, "arming" in out) == (0, True, False)
    written = tmp_path / "e.csv"
    line = ("--samples", tmp_path / "s.tab", "--savelist", tmp_path / "few.lst", "-o", written)
    code, out, _ = quick("run", "richardson", *line)
    assert (code, "2 members, 0 failed" in out) == (0, True)
    assert "spending[East]" in pd.read_csv(written).columns


def test_check_against_an_output_file(quick, tmp_path):
    output, table = tmp_path / "output.csv", tmp_path / "table.csv"
    quick("run", "richardson", "--method", "Euler", "-o", output)
    code, out, _ = quick("check", "richardson", "--against", output)
    assert code == 0
    assert "variables match at 101 times." in out
    line = ("check", "richardson", "--against", output, "--set", "reaction=0.151")
    code, out, _ = quick(*line, "-o", table)
    assert code == 1
    assert "differs from time" in out
    assert "differs" in set(pd.read_csv(table)["verdict"])
    assert quick(*line, "--set", "reaction=0.15")[0] == 0
    assert quick("check", "richardson", "--against", output, "--method", "RK4")[0] == 1
    code, _, err = quick("check", "richardson", "--against", tmp_path / "none.csv")
    assert (code, "cannot be read" in err) == (2, True)
    code, _, err = quick("check", "richardson", "--method", "RK4")
    assert (code, "only for a comparison" in err) == (2, True)


def test_a_state_is_saved_and_gone_on_from(quick, tmp_path):
    half, rest, whole = tmp_path / "half.nc", tmp_path / "rest.csv", tmp_path / "whole.csv"
    line = ("run", "richardson", "--method", "Euler")
    assert quick(*line, "--save-state", half, "--at", 50)[0] == 0
    assert quick(*line, "--from-state", half, "-o", rest)[0] == 0
    assert quick(*line, "-o", whole)[0] == 0
    expected = pd.read_csv(whole)
    pd.testing.assert_frame_equal(
        pd.read_csv(rest), expected[expected["time"] >= 50].reset_index(drop=True)
    )
    code, _, err = quick(*line, "--save-state", half)
    assert (code, "--save-state needs --at T" in err) == (2, True)
    code, _, err = quick("run", "security_dilemma", "--from-state", half)
    assert (code, "not one of this model" in err) == (2, True)


def test_stability_in_words(quick, tmp_path):
    code, out, _ = quick("stability", "richardson", "-o", tmp_path / "s.json")
    assert code == 0
    assert out.startswith("Stable")
    assert (tmp_path / "s.json").exists()


def test_stability_of_every_case(quick):
    code, out, _ = quick("stability", "four_worlds")
    assert code == 0
    assert len(out.splitlines()) == 4
    assert "Offense leads, arms look alike: " in out


def test_check_passes_and_fails(quick, tmp_path):
    assert quick("check", "security_dilemma")[0] == 0
    bad = tmp_path / "bad.mdl"
    bad.write_text("x = y ~~|\nINITIAL TIME=0 ~~|\nFINAL TIME=1 ~~|\nTIME STEP=1 ~~|\n")
    code, _, err = quick("check", bad)
    assert code == 2
    assert "bad.mdl, line 1: No variable 'y'" in err


def test_check_names_what_can_be_tried(quick, tmp_path):
    text = (CONSTRUCTS.parent.parent.parent / "models" / "richardson.mdl").read_text("utf-8")
    line = "calm :THE CONDITION: fatigue[East] > 1 :IMPLIES: spending[East] < 20 ~~|\n"
    (tmp_path / "mine.mdl").write_text(text.replace("state:\n", line + "state:\n", 1), "utf-8")
    code, out, _ = quick("check", tmp_path / "mine.mdl")
    assert code == 0
    assert "1 constraint of Reality Check (calm)" in out
    code, out, _ = quick("check", "regime_dyads")
    assert code == 0
    assert "4 propositions" in out and "secdil propositions regime_dyads" in out


def test_a_report_is_written(quick, tmp_path):
    code, out, _ = quick("report", "wwi_blocs", "-o", tmp_path / "r.html")
    assert code == 0
    assert (tmp_path / "r.html").stat().st_size > 1_000_000
    assert "r.html" in out


SCENARIO = """
titel = "x"
title = "y"
model = "richardson"
[times]
strt = 0
end = 5
[params]
reactoin = 1
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "cold_wr"], "Did you mean 'cold_war'"),
        (["run", "missing.mdl"], "There is no file missing.mdl"),
        (["run", "missing.toml"], "There is no file missing.toml"),
        (["run", "richardson", "--set", "fatige=1"], "Did you mean 'fatigue'"),
        (["run", "richardson", "--set", "fatigue"], "there is no '='"),
        (["run", "richardson", "--set", "fatigue=x"], "'x' is not a number"),
        (["run", "richardson", "-v", "spendin"], "Did you mean 'spending'"),
        (["run", "richardson", "--method", "Eulr"], "Did you mean 'Euler'"),
        (["run", "richardson", "-o", "x.txt"], "No format ends in '.txt'"),
        (["run", "richardson", "-o", "none/x.csv"], "does not exist"),
        (["run", "richardson", "--samples", "none.csv"], "none.csv cannot be read"),
        (["run", "richardson", "--set", "initial spending=-5"], "at least 0"),
        (["stability", "richardson", "--at", "soon"], "'soon' is not a time"),
        (["stability", "richardson", "-o", "x.txt"], "No format"),
        (["report", "richardson", "-o", "x.pdf"], "not 'x.pdf'"),
        (["report", "richardson", "-o", "none/x.html"], "cannot be written"),
    ],
)
def test_mistakes_are_sentences_and_exit_code_two(quick, arguments, words):
    code, _, err = quick(*arguments)
    assert code == 2
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipelines.mdl", "DELAY FIXED"),
        ("xmile_non_negative.xmile", "'water' is declared non-negative"),
    ],
)
def test_what_only_euler_solves_is_solved_by_it(quick, tmp_path, name, reason):
    path, page = CONSTRUCTS / name, tmp_path / "page.html"
    code, said, err = quick("run", path)
    assert (code, err.count("\n")) == (0, 1)
    assert "Euler" in err and reason in err
    assert said == quick("run", path, "--method", "Euler")[1]
    assert quick("report", path, "-o", page)[0] == 0
    assert "solved by Euler" in page.read_text("utf-8")


def test_three_typos_are_three_findings(quick, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SCENARIO)
    code, _, err = quick("run", path)
    assert code == 2
    assert "Unknown key 'titel'. Did you mean 'title'" in err
    assert "mine.toml, [times] strt: Unknown key 'strt'. Did you mean 'start'" in err
    path.write_text(SCENARIO.replace("titel", "question").replace("strt", "start"))
    code, _, err = quick("run", path)
    assert code == 2
    assert "Did you mean 'reaction'" in err


def test_a_process_of_its_own_leaves_no_traceback(tmp_path):
    done = secdil("run", "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_propositions_prints_a_row_a_claim_and_writes_a_page(quick, tmp_path):
    page = tmp_path / "claims.html"
    code, out, _ = quick("propositions", "-n", 32, "--only", "P32", "-o", page, "--workers", 1)
    assert code == 0
    assert "P32    holds     100%" in out
    assert "simulations in" in out
    assert page.read_text().count('<article class="card"') == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "P33"), "No claim 'P33'"),
        (("-n", 5), "at least 32"),
        (("-o", "claims.docx"), "No format ends in '.docx'"),
        (("-p", "freedom"), "freedom"),
        (("richardson", "--only", "P1"), "only for the essay's claims"),
    ],
)
def test_propositions_answers_mistakes(quick, arguments, said):
    code, _, complained = quick("propositions", *arguments)
    assert code == 2
    assert said in complained
