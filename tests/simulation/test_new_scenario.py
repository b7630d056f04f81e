"""New scenarios: figures of the sources round-trip, prices are one basis, origins are told."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from public_layouts import sipri_sheets
from typer.testing import CliRunner

import secdil_sd as sd
from secdil_sd.cli import app
from secdil_sd.simulation.drafting.inputs import capability, gdp_growth, start_of
from secdil_sd.simulation.drafting.toml_text import Inline, toml_text

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
REAL = Path(os.environ.get("SECDIL_PUBLIC_DATA", BESIDE))
YEARS = range(1988, 1993)
INDIA = [100.0, 110, 121, 133.1, 146.41]
SHARE = [0.03, 0.031, 0.032, 0.033, 0.034]


@pytest.fixture
def workbook(tmp_path) -> Path:
    """SIPRI's workbook in small, with a share for South Korea too."""
    sheets = sipri_sheets()
    sheets["Share of GDP"].append(["Korea, South", None, 0.05, 0.05, 0.05, 0.05, 0.05])
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "sipri.xlsx")
    return tmp_path / "sipri.xlsx"


def plain(folder: Path, name: str, states: dict[str, list[float]], first: int = 1988) -> Path:
    """Write a wide table, a row a state."""
    count = len(next(iter(states.values())))
    header = ["state", *map(str, range(first, first + count))]
    rows = [[state, *map(str, values)] for state, values in states.items()]
    path = folder / name
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    return path


# ------------------------------------------------------------------ one price basis


def test_sipri_gives_gdp_from_its_own_share(workbook, tmp_path):
    """Y = M / share in the prices of the spending; both sheets round-trip."""
    path = sd.new_scenario(["IND", "KOR"], workbook, tmp_path)
    assert path.name == "india_south_korea.toml"
    case = sd.load_scenario(path)
    assert case.model.name == "security_dilemma"
    table = case.data.pivot(index=["state", "variable"], columns="year", values="value")
    np.testing.assert_allclose(table.loc["India", "spending"], np.array(INDIA) / 1e3, rtol=1e-7)
    expected = np.array(INDIA) / 1e3 / SHARE
    np.testing.assert_allclose(table.loc["India", "GDP"], expected, rtol=1e-7)
    assert case.data.attrs["units"] == "billion USD of 2023"
    burden = case.file.data.published_burden["India"]
    assert (burden["low"], burden["high"]) == (0.03, 0.034)


def test_the_first_years_gdp_is_the_figure(workbook, tmp_path):
    """The model's GDP averaged over each year follows the source."""
    case = sd.load_scenario(sd.new_scenario(["IND", "KOR"], workbook, tmp_path))
    run = case.run(times=np.arange(1988, 1993.01, 0.25), outputs=["GDP"])
    gdp = run["GDP"].transpose("state", "time").values
    weights = np.array([7, 32, 12, 32, 7]) / 90
    means = np.stack([gdp[:, 4 * y : 4 * y + 5] @ weights for y in range(5)], axis=1)
    np.testing.assert_allclose(means[0, 0], INDIA[0] / 1e3 / SHARE[0], rtol=1e-6)
    np.testing.assert_allclose(means[0], np.array(INDIA) / 1e3 / SHARE, rtol=0.01)


def test_current_prices_need_an_index(tmp_path):
    states = {"India": INDIA, "Pakistan": [40.0] * 5}
    spending = sd.read_spending(plain(tmp_path, "now.csv", states), units="million current USD")
    with pytest.raises(sd.DataError, match=r"current prices.*--cpi"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path)
    index = pd.Series(np.linspace(80, 100, 5), index=YEARS)
    case = sd.load_scenario(sd.new_scenario(["IND", "PAK"], spending, tmp_path, index=index))
    found = case.data[case.data["state"] == "India"]["value"]
    np.testing.assert_allclose(found, np.array(INDIA) / 1e3 * 100 / index, rtol=1e-7)
    assert "Deflated" in case.data.attrs["price_basis"]


def test_gdp_in_other_prices_needs_a_published_burden(tmp_path):
    states = {"India": INDIA, "Pakistan": [40.0] * 5}
    spending = sd.read_spending(plain(tmp_path, "m.csv", states), units="million USD of 2011")
    economy = {"India": [20.0, 21, 22, 23, 24], "Pakistan": [4.0] * 5}
    gdp = sd.read_spending(
        plain(tmp_path, "y.csv", economy), units="billion international USD of 2011"
    )
    with pytest.raises(sd.DataError, match=r"different prices.*published share"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path, gdp=gdp)
    with pytest.raises(sd.DataError, match=r"no published burden for Pakistan"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path, gdp=gdp, burden={"IND": 0.03})
    with pytest.raises(sd.DataError, match=r"nothing of its growth"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path, burden={"IND": 0.03, "PAK": 0.05})
    shares = {"IND": 0.03, "PAK": 0.05}
    path = sd.new_scenario(["IND", "PAK"], spending, tmp_path, gdp=gdp, burden=shares)
    case = sd.load_scenario(path)
    wide = case.data.pivot(index=["state", "year"], columns="variable", values="value")
    burden = (wide["spending"] / wide["GDP"]).groupby("state").mean()
    np.testing.assert_allclose(burden[["India", "Pakistan"]], [0.03, 0.05], rtol=1e-6)
    growth = np.log(wide.loc["India", "GDP"]).diff()
    np.testing.assert_allclose(growth[1:], np.diff(np.log(economy["India"])), rtol=1e-6)
    assert any("as published the two sources imply" in each for each in case.caveats)


def test_gdp_in_the_same_prices_is_taken_as_it_is(tmp_path):
    states = {"India": INDIA, "Pakistan": [40.0] * 5}
    spending = sd.read_spending(plain(tmp_path, "m.csv", states), units="million USD of 2015")
    economy = {"India": [5.0] * 5, "Pakistan": [1.0] * 5}
    gdp = sd.read_spending(plain(tmp_path, "y.csv", economy), units="billion USD of 2015")
    case = sd.load_scenario(sd.new_scenario(["IND", "PAK"], spending, tmp_path, gdp=gdp))
    np.testing.assert_allclose(case.values.constants["initial GDP"], [5.0, 1.0], rtol=1e-6)


def test_a_share_times_gdp_is_spending(tmp_path):
    states = {"India": [3.0] * 5, "Pakistan": [6.0] * 5}
    share = sd.read_spending(plain(tmp_path, "s.csv", states), units="% of GDP")
    with pytest.raises(sd.DataError, match="shares of GDP"):
        sd.new_scenario(["IND", "PAK"], share, tmp_path)
    economy = {"India": [100.0] * 5, "Pakistan": [20.0] * 5}
    gdp = sd.read_spending(plain(tmp_path, "y.csv", economy), units="billion USD of 2015")
    case = sd.load_scenario(sd.new_scenario(["IND", "PAK"], share, tmp_path, gdp=gdp))
    spending = case.data[case.data["variable"] == "spending"]["value"].to_numpy()
    np.testing.assert_allclose(spending, [3.0] * 5 + [1.2] * 5)


def test_without_gdp_it_is_richardsons_model(tmp_path):
    spending = plain(tmp_path, "m.csv", {"India": INDIA, "Pakistan": [40.0] * 5})
    options = {"units": "million USD of 2015"}
    with pytest.raises(sd.InputError, match=r"needs GDP.*richardson"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path, model="security_dilemma", **options)
    case = sd.load_scenario(sd.new_scenario(["IND", "PAK"], spending, tmp_path, **options))
    assert case.model.name == "richardson"
    assert any("no GDP" in each for each in case.caveats)
    assert np.isfinite(case.run()["spending"].values).all()


# ------------------------------------------------------------------ origins and inputs


def test_every_value_says_where_it_comes_from(workbook, tmp_path):
    path = sd.new_scenario(["IND", "KOR"], workbook, tmp_path)
    file = tomllib.loads(path.read_text("utf-8"))
    assert set(file["origins"]) == set(file["params"]) | set(file["series"])
    kinds = {each.split(":")[0] for each in file["origins"].values()}
    assert kinds == {"measured", "judgement", "default of the model", "to be fitted"}
    # what the scenario leaves alone stands in comments, at the model's default
    assert '# "buildup alarm" = 2  # Dmnl, 0 to 4' in path.read_text("utf-8")
    assert set(file["fit"]["parameters"]) <= set(file["params"])
    assert "noise" not in file["fit"]  # five years are too few to tell how misses last


def test_regime_enters_as_a_series(workbook, tmp_path):
    regime = {"India": [0.9] * 3 + [0.5], "South Korea": [0.3, 0.3, 0.3, 0.8]}
    democracy = plain(tmp_path, "regime.csv", regime)
    path = sd.new_scenario(["IND", "KOR"], workbook, tmp_path, democracy=democracy)
    run = sd.load_scenario(path).run(times=[1988, 1990, 1991, 1993], outputs=["democracy"])
    values = run["democracy"].transpose("state", "time").values
    np.testing.assert_allclose(values, [[0.9, 0.9, 0.5, 0.5], [0.3, 0.3, 0.8, 0.8]])
    assert "after 1991 the nearest held on" in path.read_text("utf-8")
    polity = plain(tmp_path, "polity.csv", {"India": [9] * 5, "South Korea": [-5] * 5})
    with pytest.raises(sd.DataError, match=r"from -5 to 9, not from 0 to 1.*\+ 10\) / 20"):
        sd.new_scenario(["IND", "KOR"], workbook, tmp_path, democracy=polity, overwrite=True)


def test_earlier_spending_becomes_capability():
    """Perpetual inventory in closed form: constant spending keeps the settled stock."""
    table = pd.DataFrame({"A": [5.0] * 30, "B": [2.0] * 30}, index=range(1930, 1960))
    assert capability(table, 1960, 0.1) == pytest.approx({"A": 50.0, "B": 20.0})
    # a burst decays at the rate of obsolescence
    table.loc[1930, "A"] = 105.0
    burst = 1050.0 * np.exp(-3.0) + 50.0 * (1 - np.exp(-3.0))
    table.loc[1930, "A"] = 105.0
    expected = 50.0 + 1000.0 * np.exp(-0.1 * 29)
    assert capability(table, 1960, 0.1)["A"] == pytest.approx(expected)
    assert expected > burst  # the first year's purchases are a year younger
    assert capability(table, 1930, 0.1) == {}


def test_growth_lands_on_the_figures():
    """Growth at exact exponential growth is the rate, and GDP at the start gives the mean."""
    years = np.arange(1960, 1971)
    gdp = pd.DataFrame({"A": 100 * np.exp(0.04 * (years - 1960))}, index=years)
    growth = gdp_growth(gdp, (1962, 1968))
    np.testing.assert_allclose(growth["A"], 0.04, rtol=1e-12)
    assert list(growth.index) == list(range(1962, 1970))
    mean = (np.exp(0.04) - 1) / 0.04
    assert start_of(gdp["A"], growth["A"]) == pytest.approx(gdp.loc[1962, "A"] / mean, rel=1e-9)


def test_toml_text_is_read_back():
    table = {
        "title": 'Côte d\'Ivoire, "a"',
        "list": ["x" * 50, "y\\z\n"],
        "params": {"a b": 1.0, "flag": True, "by": {"State A": 1e-9, "B": 12345678.0}},
        "series": {"g": Inline(file="f.csv", column="GDP growth")},
        "empty": {},
    }
    assert tomllib.loads(toml_text(table)) == {
        **table,
        "params": {"a b": 1.0, "flag": True, "by": {"State A": 1e-9, "B": 12345700.0}},
    }


# ------------------------------------------------------------------ mistakes


def test_mistakes_are_told_together(tmp_path):
    with pytest.raises(sd.DataError) as caught:
        sd.new_scenario(["IND", "Pakixtan"], tmp_path / "none.csv", years="19x", burden={"IND": 3})
    text = str(caught.value)
    for each in ("19x", "'Pakistan'", "none.csv", "no fraction"):
        assert each in text


def test_states_go_by_their_years(tmp_path):
    figures = {"Soviet Union": [300.0, 290, 250, 240, 230], "USA": [500.0] * 5}
    spending = plain(tmp_path, "m.csv", figures, first=1950)
    path = sd.new_scenario(
        ["Russia", "USA"], spending, tmp_path, years=(1950, 1954), units="million USD of 2015"
    )
    assert sd.load_scenario(path).states == ("Soviet Union", "United States")
    with pytest.raises(sd.DataError, match=r"ambiguous in 1960-1964: East Germany"):
        sd.new_scenario(["Germany", "USA"], spending, tmp_path, years=(1960, 1964))
    with pytest.raises(sd.DataError, match="twice"):
        sd.new_scenario(["USA", "US"], spending, tmp_path)


def test_a_table_of_ones_own_may_name_states_its_own_way(tmp_path):
    names = ["Côte d'Ivoire", "Bosnia and Herzegovina"]
    own = pd.DataFrame({"state": np.repeat(names, 6), "year": list(range(2000, 2006)) * 2})
    own["value"] = np.arange(1.0, 13.0)
    own.attrs = {"units": "million USD", "price_basis": "constant", "base_year": 2015}
    case = sd.load_scenario(sd.new_scenario(names, own, tmp_path))
    assert case.states == ("Ivory Coast", "Bosnia and Herzegovina")
    assert case.data["value"].tolist() == pytest.approx(own["value"] / 1e3)


def test_too_few_figures(tmp_path):
    spending = plain(tmp_path, "m.csv", {"India": INDIA, "Pakistan": ["", "", 1, 0, 2]})
    options = {"units": "million USD of 2015"}
    with pytest.raises(sd.DataError, match=r"Pakistan 2; 5 are needed"):
        sd.new_scenario(["IND", "PAK"], spending, tmp_path, years=(1988, 1992), **options)
    with pytest.raises(
        sd.DataError, match=r"beyond the figures. There are figures from 1988 to 1992"
    ):
        more = plain(tmp_path, "n.csv", {"India": INDIA, "Pakistan": INDIA})
        sd.new_scenario(["IND", "PAK"], more, tmp_path, years="1988:2030", **options)


def test_nothing_is_overwritten_unasked(workbook, tmp_path):
    path = sd.new_scenario(["IND", "KOR"], workbook, tmp_path / "mine.toml")
    before = path.read_bytes()
    with pytest.raises(sd.FileError, match=r"mine.toml, mine.csv, mine_inputs.csv would be"):
        sd.new_scenario(["IND", "KOR"], workbook, path)
    assert sd.new_scenario(["IND", "KOR"], workbook, path, overwrite=True) == path
    assert path.read_bytes() == before
    with pytest.raises(sd.FileError, match="does not exist"):
        sd.new_scenario(["IND", "KOR"], workbook, tmp_path / "nowhere" / "x.toml")


# ------------------------------------------------------------------ the command


def test_the_command_writes_what_report_reads(workbook, tmp_path):
    target = tmp_path / "pair.toml"
    asked = ["new", "IND", "KOR", "--data", str(workbook), "-o", str(target)]
    result = CliRunner().invoke(app, [*asked, "--years", "1988:1992"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "Wrote" in result.output
    assert "secdil fit" in result.output
    assert "cannot tell" in result.output
    assert sd.load_scenario(target).states == ("India", "South Korea")
    again = CliRunner().invoke(app, asked)
    assert isinstance(again.exception, sd.FileError)


# ------------------------------------------------------------------ the real files


def real(name: str) -> Path:
    if not (REAL / name).is_file():
        pytest.skip(f"{name} is not at hand")
    return REAL / name


def test_real_sipri(tmp_path):
    book = real("sipri_milex_1949_2024.xlsx")
    path = sd.new_scenario(["IND", "PAK"], book, tmp_path, years="1960:2016")
    case = sd.load_scenario(path)
    wide = case.data.pivot(index=["state", "year"], columns="variable", values="value")
    burden = wide["spending"] / wide["GDP"]
    assert burden["India", 2016] == pytest.approx(0.0254, abs=1e-4)
    assert case.values.constants["initial capability"][0] > 0
    assert case.file.fit.noise == "lognormal with memory"
    assert np.isfinite(case.run()["spending"].values).all()


@pytest.mark.parametrize(
    ("name", "states", "years", "burden"),
    [
        ("india_pakistan", ("IND", "PAK"), (1960, 2012), {"IND": 0.03, "PAK": 0.055}),
        ("greece_turkey", ("GRC", "TUR"), (1960, 2009), {"GRC": 0.04, "TUR": 0.035}),
    ],
)
def test_the_bundled_pairs_come_from_their_sources(name, states, years, burden, tmp_path):
    sources = {
        "gdp": real("maddison_2020.csv"),
        "index": real("us_cpi_annual.csv"),
        "democracy": real("polity5_v2018.csv"),
    }
    path = sd.new_scenario(
        states, real("cow_nmc_v6_abridged.csv"), tmp_path, years=years, burden=burden, **sources
    )
    made, bundled = sd.load_scenario(path), sd.load_scenario(name)
    keys = ["state", "year", "variable"]
    both = made.data.merge(bundled.data, on=keys)
    assert len(both) == len(bundled.data)
    np.testing.assert_allclose(both["value_y"], both["value_x"], rtol=6e-4)
    for constant in ("initial GDP", "initial capability"):
        ours, theirs = (each.values.constants[constant] for each in (bundled, made))
        np.testing.assert_allclose(ours, theirs, rtol=2e-3)
    for series in ("GDP growth", "democracy"):
        ours, theirs = (each.params[series] for each in (bundled, made))
        np.testing.assert_allclose(ours.values, theirs.values, atol=6e-3)
