"""The explorer: what the page computes is what SciPy computes, and what a reader sets stays set."""

from __future__ import annotations

import html
import json
import re
import subprocess

import numpy as np
import pandas as pd
import pytest
from model_files import loaded
from reporting.browser import CHROMIUM, FLAGS

import secdil_sd as sd
from secdil_sd.equations.folding import NoScalarForm
from secdil_sd.names import key
from secdil_sd.reporting.explorer import explorer_section
from secdil_sd.reporting.in_page import in_page, page_model
from secdil_sd.reporting.page import Page, write_page
from secdil_sd.simulation.scenario import scenario_of

browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

RIVALRIES = ("cold_war", "india_pakistan", "greece_turkey", "wwi_richardson", "wwi_blocs")
BUNDLED = ("richardson", "security_dilemma")
STRANGERS = (
    *("delays_subscripted", "external_data", "functions", "initial_values", "logic"),
    *("lookup_subscripted", "macros", "smooths", "steps_and_pulses", "trends", "time"),
    *("safe_division", "rounding", "xmile_delays", "xmile_pulses", "xmile_modules"),
)


def case_of(name):
    return sd.load_scenario(name) if name in RIVALRIES else scenario_of(loaded(name))


def said(page, folder, fragment=""):
    """What a page writes into its element ``said``, as data."""
    command = [
        CHROMIUM,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=200000",
        "--dump-dom",
        page.resolve().as_uri() + fragment,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.S)
    assert found, f"the page said nothing: {done.stderr[-2000:]}"
    return json.loads(html.unescape(found[1]))


def stocks(case):
    """The stocks, or where all are inside of functions what these give."""
    own = case.model.system.variables
    found = [each.name for each in own if each.kind == "stock"]
    return found or [each.name for each in own if each.kind == "auxiliary"]


def thinned(case):
    times = np.asarray(case.setup()[0].times)
    return times[np.unique(np.linspace(0, len(times) - 1, 40).astype(int))].tolist()


SOLVED = """(function () {{ {model}
var own = secdilModel(), given = {given};
var run = own.solver.run(own.make, given, given.constants, 1e-8);
answers[{name}] = {{ spiral: run.spiral,
  shown: run.shown.map(function (row) {{ return Array.from(row); }}) }};
}})();"""


@browser
def test_the_page_computes_what_scipy_computes(tmp_path):
    """All bundled models and rivalries and some strangers, to 1e-5 of each stock's size."""
    cases = {name: case_of(name) for name in (*BUNDLED, *RIVALRIES, *STRANGERS)}
    parts = []
    for name, case in cases.items():
        page = in_page(case, thinned(case), stocks(case))
        text = {"given": json.dumps(page.given, allow_nan=False), "name": json.dumps(name)}
        parts.append(SOLVED.format(model=page_model(page.script), **text))
    file = tmp_path / "all.html"
    file.write_text(
        '<!doctype html><pre id="answer"></pre><script>var answers = {};'
        + "\n".join(parts)
        + 'document.getElementById("answer").textContent = JSON.stringify(answers);</script>',
        "utf-8",
    )
    answers = said(file, tmp_path)
    assert set(answers) == set(cases)
    for name, case in cases.items():
        wanted = case.run(
            times=thinned(case),
            outputs=[*stocks(case), *case.model.gains],
            method="DOP853",
            rtol=1e-10,
        )
        parts = [wanted[key(each)].transpose("time", ...).values for each in stocks(case)]
        flat = np.concatenate([each.reshape(len(each), -1) for each in parts], axis=1)
        size = np.abs(flat).max(axis=0)
        miss = np.abs(np.array(answers[name]["shown"]) - flat)
        assert (miss <= 1e-5 * size + 1e-12).all(), name
        if case.model.gains:
            np.testing.assert_allclose(
                answers[name]["spiral"], wanted["spiral_number"], rtol=1e-5, err_msg=name
            )


def with_draws():
    case = sd.load_scenario("wwi_richardson")
    rng = np.random.default_rng(1)
    first = case.states[0]
    return case.replace(draws=pd.DataFrame({f"reaction.{first}": rng.uniform(0.5, 1.0, 200)}))


ASK = """<pre id="answer"></pre><script>
(function wait() {
  var root = document.getElementById("try");
  if (root.dataset.drawn !== "yes" || (DRAWS && !root.dataset.cloud)) {
    setTimeout(wait, 50);
    return;
  }
  var input = root.querySelector('input[data-slider="0"]');
  var words = function () { return root.querySelector(".said").textContent; };
  var found = {
    begin: input.valueAsNumber, charts: root.querySelectorAll(".chart .main-svg").length,
    disabled: root.querySelector(".reset").disabled, sentence: words(),
    cloud: Number(root.dataset.cloud || 0)
  };
  function when(met, then) {
    if (met()) then(); else setTimeout(function () { when(met, then); }, 50);
  }
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "PageUp", cancelable: true }));
  var told = function () { return words() !== found.sentence && /draws/.test(words()) === DRAWS; };
  when(told, function () {
    found.moved = input.valueAsNumber;
    found.hash = location.hash;
    found.words = words();
    found.milliseconds = Number(root.dataset.milliseconds);
    root.querySelector(".reset").click();
    when(function () { return location.hash === "" && /^At/.test(words()); }, function () {
      found.back = input.valueAsNumber;
      found.empty = location.hash;
      document.getElementById("answer").textContent = JSON.stringify(found);
    });
  });
})();
</script>"""


def page_with(case, folder):
    section = explorer_section(case)
    file = write_page(Page(case.name, "", (), (), (section,), {}), folder / "page.html")
    ask = ASK.replace("DRAWS", json.dumps(case.draws is not None))
    text = file.read_text("utf-8")
    file.write_text(text.replace("</body>", f"{ask}</body>"), "utf-8")
    return section, file


@browser
def test_a_slider_moves_the_model_and_the_address_keeps_it(tmp_path):
    section, page = page_with(with_draws(), tmp_path)
    slider = section.widget.data["sliders"][0]
    found = said(page, tmp_path)
    assert found["begin"] == pytest.approx(slider["value"]) and found["disabled"]
    assert found["charts"] >= 3
    assert found["moved"] > found["begin"]
    assert found["words"].startswith(f"With {slider['label']} at ") and "draws" in found["words"]
    assert found["hash"].startswith("#try?")
    assert found["back"] == pytest.approx(slider["value"]) and found["empty"] == ""
    print(f"one run {found['milliseconds']:.1f} ms, cloud {found['cloud']:.0f} ms")
    again = said(page, tmp_path, found["hash"])
    assert again["begin"] == pytest.approx(found["moved"]) and not again["disabled"]
    assert again["sentence"].split(": ")[0] == found["words"].split(": ")[0]


@browser
def test_an_address_of_someone_else_does_no_harm(tmp_path):
    section, page = page_with(sd.load_scenario("wwi_richardson"), tmp_path)
    found = said(page, tmp_path, "#try?%E0%A4%A=3&nonsense=1&show=99&" + "=1e999")
    assert found["begin"] == pytest.approx(section.widget.data["sliders"][0]["value"])


def test_what_the_page_cannot_solve_is_a_sentence():
    for name, said_of in (("pipelines", "DELAY FIXED"), ("allocation", "ALLOCATE")):
        section = explorer_section(scenario_of(loaded(name)))
        assert section.widget is None and said_of in " ".join(section.lead)


def test_a_scenario_of_several_cases_has_no_explorer():
    assert explorer_section(sd.load_scenario("four_worlds")) is None


def test_series_with_gaps_are_refused():
    case = scenario_of(loaded("missing"))
    with pytest.raises(NoScalarForm, match="some times only"):
        in_page(case, thinned(case), stocks(case))


def test_no_name_of_a_model_becomes_code():
    """A stranger's file decides numbers and structure, never text of the script or the markup."""
    case = scenario_of(loaded("names"))
    page = in_page(case, thinned(case), stocks(case))
    for each in case.model.system.variables:
        if len(each.name) > 8:
            assert each.name not in page.script.source
