"""The historical scenarios: their tables come from the sources, their values from least squares."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models.prototype import Array, Parameters, Stocks
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import secdil_sd as sd
from models import prototype as oracle

MODELS = Path(__file__).resolve().parents[2] / "models"
RAW = Path(__file__).resolve().parents[3] / "shared" / "data"
SCENARIOS = sorted(path.stem for path in (MODELS / "scenarios").glob("*.toml"))
BOOLE = np.array([7, 32, 12, 32, 7]) / 90
"""Weights of a year's mean over its quarters."""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def scenario(name: str) -> dict[str, Any]:
    return tomllib.loads((MODELS / "scenarios" / f"{name}.toml").read_text("utf-8"))


def observed(case: dict[str, Any], variable: str) -> Array:
    """Return a scenario's figures of one variable, shape (state, year)."""
    table = rows(MODELS / "data" / case["data"]["file"])
    years = sorted({int(row["year"]) for row in table})
    value = {
        (r["state"], int(r["year"])): float(r["value"]) for r in table if r["variable"] == variable
    }
    return np.array(
        [[value[state, year] for year in years] for state in case["subscripts"]["state"]]
    )


def yearly_means(quarters: Array) -> Array:
    """Return means over each year from values at its quarters, shape (state, year)."""
    years = (quarters.shape[1] - 1) // 4
    return np.stack([quarters[:, 4 * y : 4 * y + 5] @ BOOLE for y in range(years)], axis=1)


def miss(model: Array, data: Array) -> Array:
    """Return each state's root mean square error of the logarithm."""
    return np.sqrt(((np.log(model) - np.log(data)) ** 2).mean(axis=1))


# ------------------------------------------------------------------ every scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_value_says_where_it_comes_from(name: str) -> None:
    case = scenario(name)
    given = set(case.get("params", {})) | set(case.get("series", {}))
    for variant in case.get("cases", {}).values():
        given |= set(variant["params"])
    assert set(case["origins"]) == given
    kinds = {origin.split(":")[0] for origin in case["origins"].values()}
    assert kinds <= {"fitted", "measured", "judgement"}


HISTORIES = ["wwi_blocs", "wwi_richardson", "cold_war", "india_pakistan", "greece_turkey"]


@pytest.mark.parametrize("name", HISTORIES)
def test_fitted_values_are_what_a_fit_finds(name: str) -> None:
    """Whoever runs `sd.fit` on a scenario gets the values its file holds, bounds and all."""
    found = sd.fit(sd.load_scenario(name), starts=32, intervals=False)
    own = found.problem.natural(found.problem.own)
    np.testing.assert_allclose(own, list(found.values.values()), rtol=2e-3, atol=2e-5)
    origins = scenario(name)["origins"]
    fitted = {each.columns[0].split("[")[0] for each in found.problem.free}
    assert {text for text, why in origins.items() if why.startswith("fitted")} == fitted
    for row in found.estimates.itertuples():
        if row.at_bound:
            constant = row.parameter.split("[")[0]
            assert f"on its {row.at_bound} bound" in origins[constant]


# ------------------------------------------------------------------ before 1914


def linear_path(case: dict[str, Any], scale: float = 1.0) -> Array:
    """Return the yearly means of Richardson's model in closed form, reactions times ``scale``."""
    states, params = case["subscripts"]["state"], case["params"]
    K = np.array([[params["reaction"][i].get(j, 0.0) for j in states] for i in states]) * scale
    g = np.array([params["grievance"][i] for i in states])
    start = np.array([params["initial spending"][i] for i in states])
    A = K - params["fatigue"] * np.eye(len(states))
    rest = np.linalg.solve(A, -g)
    times = np.arange(0, 5.01, 0.25)
    return yearly_means(np.stack([rest + expm(A * t) @ (start - rest) for t in times], axis=1))


@pytest.mark.parametrize(("name", "error"), [("wwi_richardson", 0.0192), ("wwi_blocs", 0.0208)])
def test_prewar_values_are_least_squares(name: str, error: float) -> None:
    case = scenario(name)
    data = observed(case, "spending")
    best = np.sqrt((miss(linear_path(case), data) ** 2).mean())
    assert best == pytest.approx(error, abs=2e-4)
    for scale in (0.98, 1.02):
        assert np.sqrt((miss(linear_path(case, scale), data) ** 2).mean()) > best


def test_prewar_fit_beats_fixed_origin_forecasts() -> None:
    case = scenario("wwi_richardson")
    data = observed(case, "spending")
    last = np.repeat(data[:, :1], 5, axis=1)
    drift = data[:, :1] * (data[:, -1:] / data[:, :1]) ** (np.arange(5) / 4)
    found = miss(linear_path(case), data)
    assert (found < miss(last, data)).all()
    assert (found < miss(drift, data)).all()


def test_only_reaction_minus_fatigue_is_identified() -> None:
    """Twice the fatigue with as much more reaction draws almost the same lines."""
    case = scenario("wwi_blocs")
    data = observed(case, "spending")
    params = case["params"]
    pair = [params["reaction"][i][j] for i, j in _ordered(case)]
    shifted = scenario("wwi_blocs")
    shifted["params"]["fatigue"] = 0.25
    for (i, j), value in zip(_ordered(case), pair, strict=True):
        shifted["params"]["reaction"][i][j] = value + 0.05
    total = [linear_path(each).sum(axis=0) for each in (case, shifted)]
    np.testing.assert_allclose(total[0], total[1], rtol=1e-6)
    assert np.sqrt((miss(linear_path(shifted), data) ** 2).mean()) < 0.03


def _ordered(case: dict[str, Any]) -> list[tuple[str, str]]:
    a, b = case["subscripts"]["state"]
    return [(a, b), (b, a)]


# ------------------------------------------------------------------ the Cold War


@pytest.fixture(scope="module")
def cold_war() -> dict[str, Any]:
    return scenario("cold_war")


def cold_war_parameters(case: dict[str, Any], **changed: Any) -> Parameters:
    states = case["subscripts"]["state"]
    params = {
        name: [value[state] for state in states] if isinstance(value, dict) else value
        for name, value in case["params"].items()
        if name != "initial capability"
    }
    p = oracle.parameters(2, {**params, **changed})
    for name, source in case["series"].items():
        table = rows(MODELS / "data" / source["file"])
        knots = [
            [(float(r["year"]), float(r[source["column"]])) for r in table if r["state"] == state]
            for state in states
        ]
        p[oracle.SYMBOLS[name]] = lambda t, knots=knots: np.array(
            [np.interp(t, *zip(*each, strict=True)) for each in knots]
        )
    return p


def cold_war_path(case: dict[str, Any], **changed: Any) -> Stocks:
    """Return the oracle's path at quarter years from 1948 to 1989."""
    p = cold_war_parameters(case, **changed)
    s = Stocks.unpack(oracle.initial(p, 1948.0), 2)
    K = np.array([case["params"]["initial capability"][i] for i in case["subscripts"]["state"]])
    share = s.O / (s.O + s.D)
    start = Stocks(s.M, share * K, (1 - share) * K, s.Y, s.L, s.C, s.Lam).pack()
    done = solve_ivp(
        oracle.rhs,
        (1948.0, 1989.0),
        start,
        "LSODA",
        np.linspace(1948, 1989, 165),
        args=(p,),
        rtol=1e-7,
        atol=1e-7,
        max_step=0.5,
    )
    return Stocks.unpack(done.y, 2)


def test_cold_war_follows_measured_gdp(cold_war: dict[str, Any]) -> None:
    gdp = yearly_means(cold_war_path(cold_war).Y)
    data = observed(cold_war, "GDP")
    np.testing.assert_allclose(gdp[:, 0], data[:, 0], rtol=1e-3)
    np.testing.assert_allclose(gdp, data, rtol=0.045)
    assert (miss(gdp, data) < 0.015).all()


def test_cold_war_fit_error_is_as_stated(cold_war: dict[str, Any]) -> None:
    data = observed(cold_war, "spending")
    found = miss(yearly_means(cold_war_path(cold_war).M), data)
    assert found == pytest.approx([0.1363, 0.0711], abs=3e-4)
    drift = data[:, :1] * np.exp(np.log(data[:, -1:] / data[:, :1]) * np.arange(41) / 40)
    assert (found < miss(drift, data)).all()
    text = " ".join(cold_war["caveats"])
    assert ".136 and .071" in text


@pytest.mark.parametrize("state", ["United States", "Soviet Union"])
def test_cold_war_reaction_is_least_squares(cold_war: dict[str, Any], state: str) -> None:
    data = observed(cold_war, "spending")
    costs = []
    for scale in (0.95, 1.0, 1.05):
        reaction = dict(cold_war["params"]["reaction"])
        reaction[state] *= scale
        path = cold_war_path(cold_war, reaction=list(reaction.values()))
        costs.append((miss(yearly_means(path.M), data) ** 2).sum())
    assert costs[1] < min(costs[0], costs[2])


def test_soviet_gdp_has_the_published_burden(cold_war: dict[str, Any]) -> None:
    burden = observed(cold_war, "spending") / observed(cold_war, "GDP")
    bounds = cold_war["data"]["published_burden"]["Soviet Union"]
    middle = (bounds["low"] + bounds["high"]) / 2
    assert burden[1].mean() == pytest.approx(middle, abs=2e-4)


@pytest.mark.parametrize(
    ("name", "mean"),
    [("india_pakistan", (0.03, 0.055)), ("greece_turkey", (0.04, 0.035))],
)
def test_gdp_has_the_published_mean_burden(name: str, mean: tuple[float, float]) -> None:
    case = scenario(name)
    burden = observed(case, "spending") / observed(case, "GDP")
    np.testing.assert_allclose(burden.mean(axis=1), mean, rtol=1e-3)
    for state, share in zip(case["subscripts"]["state"], mean, strict=True):
        published = case["data"]["published_burden"][state]
        assert published["low"] <= share <= published["high"]


@pytest.mark.parametrize("name", ["india_pakistan", "greece_turkey"])
def test_new_pairs_follow_measured_gdp(name: str) -> None:
    case = sd.load_scenario(name)
    data = observed(scenario(name), "GDP")
    run = case.run(outputs=["GDP"])
    gdp = yearly_means(run["GDP"].transpose("state", "time").values)
    np.testing.assert_allclose(gdp[:, 0], data[:, 0], rtol=2e-3)
    np.testing.assert_allclose(gdp, data, rtol=0.08)
    assert (miss(gdp, data) < 0.04).all()


# ------------------------------------------------------------------ the tables and their sources


@pytest.mark.skipif(not RAW.is_dir(), reason="the raw sources are not here")
def test_cold_war_table_comes_from_its_sources(cold_war: dict[str, Any]) -> None:
    cpi = {r["year"]: float(r["cpi_u_1982_84_100"]) for r in rows(RAW / "us_cpi_annual.csv")}
    nmc = {
        (r["ccode"], r["year"]): float(r["milex"]) for r in rows(RAW / "cow_nmc_v6_abridged.csv")
    }
    gdp = {
        (r["countrycode"], r["year"]): float(r["gdp_million_2011_intl_usd"] or "nan") / 1e3
        for r in rows(RAW / "maddison_2020.csv")
    }
    years = [str(year) for year in range(1948, 1989)]
    for index, (war, economy) in enumerate((("2", "USA"), ("365", "SUN"))):
        M = np.array([nmc[war, y] * cpi["2011"] / cpi[y] / 1e6 for y in years])
        Y = np.array([gdp[economy, y] for y in years])
        factor = (M / Y).mean() / 0.14 if economy == "SUN" else 1.0
        np.testing.assert_allclose(observed(cold_war, "spending")[index], M, atol=0.051)
        np.testing.assert_allclose(observed(cold_war, "GDP")[index], Y * factor, atol=0.51)


@pytest.mark.skipif(not RAW.is_dir(), reason="the raw sources are not here")
def test_cold_war_inputs_come_from_their_sources(cold_war: dict[str, Any]) -> None:
    polity = {
        (r["scode"], r["year"]): (float(r["polity2"] or "nan") + 10) / 20
        for r in rows(RAW / "polity5_v2018.csv")
    }
    gdp = {
        (r["countrycode"], r["year"]): float(r["gdp_million_2011_intl_usd"] or "nan")
        for r in rows(RAW / "maddison_2020.csv")
    }
    codes = {"United States": ("USA", "USA"), "Soviet Union": ("USR", "SUN")}
    for row in rows(MODELS / "data" / "cold_war_inputs.csv"):
        regime, economy = codes[row["state"]]
        before = str(int(row["year"]) - 1)
        growth = np.log(gdp[economy, row["year"]] / gdp[economy, before])
        assert float(row["GDP growth"]) == pytest.approx(growth, abs=6e-5)
        assert float(row["democracy"]) == pytest.approx(polity[regime, row["year"]], abs=6e-3)


@pytest.mark.skipif(not RAW.is_dir(), reason="the raw sources are not here")
def test_prewar_tables_come_from_their_source() -> None:
    source = rows(RAW / "richardson_1909_1913.csv")
    single, blocs = scenario("wwi_richardson"), scenario("wwi_blocs")
    states = single["subscripts"]["state"]
    raw = np.array([[float(row[state]) for row in source] for state in states])
    np.testing.assert_allclose(observed(single, "spending"), raw)
    np.testing.assert_allclose(observed(blocs, "spending"), [raw[:2].sum(0), raw[2:].sum(0)])
