"""The oracle itself is right: it reproduces MODEL.md's tables, closed forms and theorems."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models.experiments import (
    Run,
    derived_rows,
    rest,
    run_rows,
    symmetric_roots,
    with_rival_frozen,
)
from scipy.linalg import expm
from scipy.optimize import brentq

from models import prototype as oracle

DATA = Path(__file__).resolve().parents[2] / "models" / "data"


def close(value: float, expected: list[float]) -> bool:
    target, tolerance = expected
    # A hair beyond half a unit: the printed numbers were rounded, some from halves.
    return abs(value - target) <= tolerance * (1 + 1e-6)


@pytest.mark.parametrize("row", run_rows(), ids=lambda row: f"{row['table']}: {row['name']}")
def test_table_row(row: dict[str, Any]) -> None:
    run = Run(row)
    got = {name: run.output(name) for name in row["expect"]}
    wrong = {name: (got[name], want) for name, want in row["expect"].items()}
    assert not {name: pair for name, pair in wrong.items() if not close(*pair)}


@pytest.mark.parametrize("row", derived_rows("reaction slope (P16)"), ids=lambda r: r["balance"])
def test_reaction_slope_falls_with_arduous_conquest(row: dict[str, Any]) -> None:
    guess = np.full(2, 15.0)
    low = rest(oracle.parameters(b=row["balance"]), guess).M
    high = rest(oracle.parameters(b=row["balance"], gs=[0.003, 0.002]), guess).M
    own, rival = high - low
    assert close(rival / own, row["slope"])


@pytest.mark.parametrize(
    "row", derived_rows("security gained by arming (P1, P3)"), ids=lambda row: row["world"]
)
def test_security_gained_by_arming(row: dict[str, Any]) -> None:
    before = oracle.parameters(2, row["params"])
    after = oracle.parameters(2, row["params"], gs=[0.003, 0.002])
    guess = np.full(2, 100.0 if row["world"] == "W1" else 20.0)
    old, new = rest(before, guess), rest(after, guess)
    alone = with_rival_frozen(after, old)
    gain = oracle.security(new, after) - oracle.security(old, before)
    frozen = oracle.security(alone, after) - oracle.security(old, before)
    assert close(gain[0], row["actual"])
    assert close(frozen[0], row["frozen"])
    assert gain[1] < 0


def test_trap_has_peace_a_threshold_and_a_race() -> None:
    (row,) = derived_rows("trap preset (4.8)")
    p = oracle.parameters(2, eta=3, rho=4, T0=0.18, gs=0.0006)
    roots = symmetric_roots(p)
    assert len(roots) == 3
    for s, burden, gain in zip(roots, row["burden"], row["spiral_number"], strict=True):
        assert close((s.M / s.Y)[0], burden)
        spiral = oracle.spiral_number(s, p)
        assert close(spiral, gain)
        moving = np.r_[
            0:6, 9:11
        ]  # all but GDP, self-pairs, community and hazard, which are at rest
        growth = np.linalg.eigvals(oracle.jacobian(0.0, s.pack(), p)[np.ix_(moving, moving)]).real
        assert (growth.max() > 0) == (spiral > 1)


def test_saturated_symmetric_dyad() -> None:
    (row,) = derived_rows("saturated symmetric dyad (4.5)")
    frozen_beliefs = {"a": 0, "eta": 0, "rho": 0, "xi": 0, "c": 0}
    for k, g, expected in zip(row["reaction"], row["grievance"], row["spending"], strict=True):
        p = oracle.parameters(2, k=k, gs=g / 1000, **frozen_beliefs)
        found = rest(p, np.full(2, expected[0] * 1.02)).M
        assert close(found[0], expected)
        x = k - 0.2 - g / 250
        formula = 250 / (2 * k) * (x + np.sqrt(x**2 + 4 * k * g / 250))
        assert found == pytest.approx(np.full(2, formula), rel=1e-10)


def community_at_rest(interaction: float, start: float, c: float) -> float:
    p = oracle.parameters(2, eta=0, c=c, I=interaction, C_0=start, L_0=0.6 - c * start)
    return oracle.at(oracle.simulate(p, [0.0, 20000.0]), -1).C[0, 1]


def test_folds_of_community() -> None:
    (row,) = derived_rows("folds of community (4.7)")
    c = row["community_effect"]
    spread = np.sqrt(0.25 - 1 / c)
    level = np.array([0.5 + spread, 0.5 - spread])
    folds = 0.2 / 0.06 * np.exp(0.6 - c * level + np.log(level / (1 - level)))
    assert all(close(fold, want) for fold, want in zip(folds, row["interaction"], strict=True))
    low, high = folds
    for inside in (1.02 * low, 0.98 * high):
        assert community_at_rest(inside, 0.9, c) - community_at_rest(inside, 0.0, c) > 0.5
    for outside in (0.98 * low, 1.02 * high):
        assert community_at_rest(outside, 0.9, c) == pytest.approx(
            community_at_rest(outside, 0.0, c), abs=1e-6
        )


@pytest.mark.parametrize("interaction", [0.3, 0.6, 0.8])
def test_no_path_dependence_below_four(interaction: float) -> None:
    ends = [community_at_rest(interaction, start, 3.9) for start in (0.0, 0.95)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)


def test_mixed_dyad_races_above_a_critical_audience_discount() -> None:
    (row,) = derived_rows("audience discount at which the mixed dyad races")
    setting = {"states": 2, "end": 400, "params": {"democracy": {"A": 0.9, "B": 0.1}}}

    def excess(mu: float, output: str, step: float) -> float:
        params = {**setting["params"], "audience discount": mu}
        return Run({**setting, "params": params, "step": step}).output(output) - 1

    settled = brentq(excess, 0.4, 0.8, ("reaction gain final", 400.0), xtol=1e-3)
    peak = brentq(excess, 0.6, 0.95, ("peak spiral number", 4.0), xtol=1e-3)
    assert close(settled, row["reaction_gain_1"])
    assert close(peak, row["peak_spiral_number_1"])


@pytest.mark.parametrize("states", [2, 3, 5])
def test_neutral_set_is_richardsons_model(states: int) -> None:
    rng = np.random.default_rng(states)
    k, w = rng.uniform(0.03, 0.3, states), rng.uniform(0, 1, (states, states))
    alpha, g = rng.uniform(0.1, 0.4, states), rng.uniform(0, 5, states)
    M = rng.uniform(5, 60, states)
    # Whatever regime, intent and growth are: MODEL.md 3.3.
    loose = {name: rng.uniform(0, 1, states) for name in ("G", "r", "s", "T0", "B0")}
    loose["gamma"] = rng.uniform(-0.02, 0.05, states)
    p = oracle.parameters(
        states, **oracle.NEUTRAL, k=k, w=w, alpha=alpha, gs=g / 1000, M_0=M, **loose
    )
    times = np.linspace(0, 20, 5)
    path = oracle.simulate(p, times)
    A = k[:, None] * w * oracle.off_diagonal(states) - np.diag(alpha)
    rest_point = np.linalg.solve(A, -g)
    for index, t in enumerate(times):
        exact = rest_point + expm(A * t) @ (M - rest_point)
        assert path.M[:, index] == pytest.approx(exact, rel=1e-8)


def test_richardsons_own_regression() -> None:
    (row,) = derived_rows("Richardson 1909-13 (2.2)")
    with (DATA / "richardson_1909_1913.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    years = sorted({int(each["year"]) for each in rows})
    total = np.array(
        [sum(float(each["value"]) for each in rows if int(each["year"]) == y) for y in years]
    )
    change, middle = np.diff(total), (total[1:] + total[:-1]) / 2
    slope, intercept = np.polyfit(middle, change, 1)
    assert close(slope, row["slope"])
    assert close(-intercept / slope, row["zero"])
    assert close(np.corrcoef(middle, change)[0, 1] ** 2, row["r_squared"])
