"""Where the fitted values of the historical scenarios come from: least squares on log spending.

    python reports/fit_history.py [SCENARIO ...]

For each scenario: the fitted values with standard errors, those that ended on a bound, and the
error beside what repeating the first year and drifting at the mean rate would have missed. A
year's figure is a year's mean, so the model is averaged over each year before it is compared.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeResult, least_squares

import secdil_sd as sd

BOOLE = np.array([7, 32, 12, 32, 7]) / 90
"""Weights of a year's mean over its five quarter points."""

STARTS = 4
"""Random starts, so that a local minimum is not taken for the answer."""


@dataclass(frozen=True)
class Free:
    """One number to fit: the constants it sets, its bounds and where starts are drawn."""

    columns: tuple[str, ...]
    low: float
    high: float
    start: tuple[float, float]

    @property
    def name(self) -> str:
        """The first constant it sets, and how many more."""
        more = f" (and {len(self.columns) - 1} more)" if len(self.columns) > 1 else ""
        return self.columns[0] + more


def each(name: str, states: tuple[str, ...], low: float, high: float, start: tuple[float, float]):
    """Return one free number for each state."""
    return [Free((f"{name}.{state}",), low, high, start) for state in states]


def cold_war(states: tuple[str, ...]) -> list[Free]:
    """Reaction may be negative; fatigue and grievance stay in the ranges of the model file."""
    return [
        *each("reaction", states, -1.0, 2.0, (0.05, 0.5)),
        *each("fatigue", states, 0.05, 0.6, (0.06, 0.4)),
        *each("grievance share", states, 0.0, 0.006, (0.001, 0.005)),
        *each("initial spending", states, 20.0, 400.0, (80.0, 140.0)),
        Free(("arming shock amplitude.United States",), -1000.0, 2000.0, (200.0, 400.0)),
    ]


def cold_war_apart(states: tuple[str, ...]) -> list[Free]:
    """The null: nobody reacts, and grievance may be as large as it likes."""
    return [
        *each("fatigue", states, 0.05, 0.6, (0.06, 0.4)),
        *each("grievance share", states, 0.0, 0.1, (0.002, 0.03)),
        *each("initial spending", states, 20.0, 400.0, (80.0, 140.0)),
        Free(("arming shock amplitude.United States",), -1000.0, 2000.0, (200.0, 400.0)),
    ]


def blocs(states: tuple[str, ...]) -> list[Free]:
    """One reaction for both blocs, fatigue fixed: only their difference is identified."""
    one, two = states
    return [
        Free((f"reaction.{one}.{two}", f"reaction.{two}.{one}"), -2.0, 3.0, (0.4, 1.2)),
        *each("grievance", states, -400.0, 200.0, (-60.0, 0.0)),
        *each("initial spending", states, 5.0, 400.0, (80.0, 120.0)),
    ]


def powers(states: tuple[str, ...]) -> list[Free]:
    """One reaction a state, toward both powers across the line."""
    entente, central = states[:2], states[2:]
    lines = [(state, central) for state in entente] + [(state, entente) for state in central]
    return [
        *(
            Free(tuple(f"reaction.{i}.{j}" for j in across), -2.0, 3.0, (0.2, 0.8))
            for i, across in lines
        ),
        *each("grievance", states, -400.0, 200.0, (-40.0, 0.0)),
        *each("initial spending", states, 5.0, 400.0, (20.0, 70.0)),
    ]


PLANS = {"cold_war": cold_war, "wwi_blocs": blocs, "wwi_richardson": powers}


def observed(case: sd.Scenario) -> np.ndarray:
    """Return spending as observed, shape (state, year)."""
    data = case.data[case.data["variable"] == "spending"]
    return data.pivot(index="state", columns="year", values="value").loc[list(case.states)].values


def yearly_spending(case: sd.Scenario, free: list[Free], points: np.ndarray) -> np.ndarray:
    """Return the model's yearly means for many points at once, shape (point, state, year)."""
    columns = {column: points[:, index] for index, one in enumerate(free) for column in one.columns}
    run = case.run_ensemble(pd.DataFrame(columns), outputs=["spending"], rtol=1e-9, progress=False)
    quarters = run["spending"].transpose("member", "state", "time").values
    years = (quarters.shape[-1] - 1) // 4
    return np.stack([quarters[..., 4 * y : 4 * y + 5] @ BOOLE for y in range(years)], axis=-1)


def fit(case: sd.Scenario, free: list[Free], seed: int = 1) -> OptimizeResult:
    """Return the best of several least-squares fits; ``x`` in the units of the model."""
    target = np.log(observed(case))
    low, high = (np.array([getattr(one, side) for one in free]) for side in ("low", "high"))
    width = np.array([one.start[1] - one.start[0] for one in free])

    def logs(points: np.ndarray) -> np.ndarray:
        means = yearly_spending(case, free, points)
        # A path that diverged or turned negative is as far off as can be, but finite.
        return np.log(np.clip(np.nan_to_num(means, nan=1e-3), 1e-3, 1e6)).reshape(len(points), -1)

    def residuals(x: np.ndarray) -> np.ndarray:
        return logs(x[None])[0] - target.ravel()

    def slopes(x: np.ndarray) -> np.ndarray:
        step = 1e-4 * width
        ahead, behind = np.minimum(x + step, high), np.maximum(x - step, low)
        moved = np.tile(x, (2 * x.size, 1))
        np.fill_diagonal(moved[: x.size], ahead)
        np.fill_diagonal(moved[x.size :], behind)
        values = logs(moved)
        return ((values[: x.size] - values[x.size :]) / (ahead - behind)[:, None]).T

    rng = np.random.default_rng(seed)
    found = []
    for _ in range(STARTS):
        start = np.array([rng.uniform(*one.start) for one in free])
        options = {"x_scale": width, "max_nfev": 300, "xtol": 1e-10, "ftol": 1e-10}
        found.append(least_squares(residuals, start, slopes, bounds=(low, high), **options))
    return min(found, key=lambda result: result.cost)


def standard_errors(result: OptimizeResult) -> np.ndarray:
    """Return standard errors given the numbers on a bound, which get NaN."""
    inside = result.active_mask == 0
    jacobian = result.jac[:, inside]
    spread = 2 * result.cost / max(result.fun.size - inside.sum(), 1)
    errors = np.full(result.x.size, np.nan)
    errors[inside] = np.sqrt(np.diag(np.linalg.pinv(jacobian.T @ jacobian)) * spread)
    return errors


def baselines(data: np.ndarray) -> dict[str, np.ndarray]:
    """Return what naive rules miss, from the first year and one year ahead, as log errors."""
    logs = np.log(data)
    steps = np.diff(logs, axis=1)
    away = logs - logs[:, :1]
    years = np.arange(logs.shape[1])
    off = {
        "first value carried forward": away,
        "drift from the first value": away - years * steps.mean(axis=1, keepdims=True),
        "last year repeated (one year ahead)": steps,
        "last year and drift (one year ahead)": steps - steps.mean(axis=1, keepdims=True),
    }
    return {rule: np.sqrt((error**2).mean(axis=1)) for rule, error in off.items()}


def report(name: str) -> None:
    """Fit one scenario, and what it must beat, and print what came of it."""
    case = sd.load_scenario(name)
    describe(case, name, PLANS[name](case.states))
    if name == "cold_war":
        describe(case.replace(params={"reaction": 0.0}), "no reaction", cold_war_apart(case.states))


def describe(case: sd.Scenario, name: str, free: list[Free]) -> None:
    """Fit and print the values, their errors, and the miss beside naive rules."""
    result = fit(case, free)
    data = observed(case)
    print(f"\n{case.title} ({name}): {len(free)} numbers fitted to {data.size} figures")
    for one, value, error, side in zip(
        free, result.x, standard_errors(result), result.active_mask, strict=True
    ):
        doubt = "at its bound" if side else f"+- {error:.3g}"
        print(f"  {one.name:58s} {value:10.4g}  {doubt}")
    errors = {"model": np.sqrt((result.fun.reshape(data.shape) ** 2).mean(axis=1))}
    print(pd.DataFrame(errors | baselines(data), index=case.states).T.round(4).to_string())


if __name__ == "__main__":
    for scenario in sys.argv[1:] or PLANS:
        report(scenario)
