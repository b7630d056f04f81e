"""A fit and a posterior against the same by lmfit, emcee and SciPy's solve_ivp, one run at a time.

    python benchmarks/fit.py [ROUNDS]

One synthetic dyad of Richardson's model, thirty years, six numbers fitted. The peer writes the
right-hand side by hand and solves it with solve_ivp; lmfit optimizes from the same eight starts
and walks the same profiles (conf_interval at 90%); emcee samples with one solve a walker. Rounds
are interleaved in one process; ratios of medians, and how far the answers are apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import emcee
import lmfit
import numpy as np
from scipy.integrate import solve_ivp

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fitting.dyads import FITTED, STATES, linear_case, simulated

import secdil_sd as sd

YEARS, WALKERS, STEPS = 30, 32, 40
NAMES = ("k1", "k2", "g1", "g2", "m1", "m2")


def peer_model(target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Residuals of one point: solve_ivp, with the integral of spending for yearly means."""

    def residuals(x: np.ndarray) -> np.ndarray:
        k1, k2, g1, g2, m1, m2 = x

        def rates(t: float, y: np.ndarray) -> list[float]:
            a, b = y[0], y[1]
            return [k1 * b - 0.25 * a + g1, k2 * a - 0.25 * b + g2, a, b]

        start = [np.exp(m1), np.exp(m2), 0.0, 0.0]
        run = solve_ivp(rates, (0, YEARS), start, t_eval=np.arange(YEARS + 1), rtol=1e-8, atol=1e-8)
        return (np.log(np.clip(np.diff(run.y[2:], axis=1), 1e-3, None)) - target).ravel()

    return residuals


def lmfit_fit(residuals: Callable[[np.ndarray], np.ndarray], starts: np.ndarray) -> np.ndarray:
    """The best of least squares from several starts."""
    found = []
    for start in starts:
        p = lmfit.Parameters()
        for name, value in zip(NAMES, start, strict=True):
            p.add(name, value=value)
        found.append(
            lmfit.minimize(
                lambda q: residuals(np.array([q[n].value for n in NAMES])),
                p,
                method="least_squares",
            )
        )
    best = min(found, key=lambda each: each.chisqr)
    return np.array([best.params[n].value for n in NAMES])


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds and result."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main(rounds: int) -> None:
    data = simulated(YEARS, 0.05, seed=3)
    case = linear_case(YEARS)
    figures = data.pivot(index="state", columns="year", values="value").loc[list(STATES)]
    residuals = peer_model(np.log(figures.to_numpy()))
    ours = {
        backend: (
            lambda intervals, backend=backend: sd.fit(
                case, data, parameters=FITTED, starts=64, intervals=intervals, backend=backend
            )
        )
        for backend in ("numpy", "numba")
    }
    problem = ours["numpy"](False).problem
    from secdil_sd.fitting.optimum import best_starts

    starts = best_starts(problem, 64, 6, 1)
    for each in ours.values():
        each(False)  # compiled before the clock starts
    spread = ours["numpy"](False).spread

    def vector(points: np.ndarray) -> np.ndarray:
        return problem.log_likelihood(points, np.full(len(points), spread))

    def scalar(x: np.ndarray) -> float:
        return float(-0.5 * np.sum((residuals(x) / spread) ** 2))

    begin = problem.own * 0 + ours["numpy"](False).best.point
    walkers = begin + 1e-3 * np.random.default_rng(1).standard_normal((WALKERS, len(begin)))

    def sample(function: Callable, vectorize: bool) -> np.ndarray:
        sampler = emcee.EnsembleSampler(WALKERS, len(begin), function, vectorize=vectorize)
        sampler.run_mcmc(walkers, STEPS)
        return sampler.get_chain(flat=True)

    seconds: dict[str, list[float]] = {}
    answers: dict[str, object] = {}
    jobs = {
        "lmfit, 6 starts": lambda: lmfit_fit(residuals, starts),
        "secdil numpy, 6 starts": lambda: ours["numpy"](False),
        "secdil numba, 6 starts": lambda: ours["numba"](False),
        "secdil numba, 6 starts and profiles": lambda: ours["numba"](True),
        "emcee, one solve a walker": lambda: sample(scalar, False),
        "emcee, one ensemble a step": lambda: sample(vector, True),
    }
    for _ in range(rounds):
        for name, work in jobs.items():
            spent, answers[name] = timed(work)
            seconds.setdefault(name, []).append(spent)
    medians = {name: float(np.median(each)) for name, each in seconds.items()}
    peer, best = answers["lmfit, 6 starts"], answers["secdil numpy, 6 starts"].best.point
    print(f"largest difference of estimates: {np.abs(peer - best).max():.2g}")
    for name, value in medians.items():
        base = "emcee, one solve a walker" if name.startswith("emcee") else "lmfit, 6 starts"
        print(f"{name:38s} {value:8.3f} s   {medians[base] / value:6.1f} times as fast as {base}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
