"""How long does a Sobol analysis of the Cold War take, and what are its indices worth?

Twenty parameters, n = 1,024: 43,008 runs of 41 years, first-order, total and all 190 second-order
indices of the final burden of both states, with bootstrap intervals. Timed as a user asks for it,
design and analysis included, after start-up: workers are warm and the model is compiled. Beside
the seconds: processor time of the same on one core (what counts on a busy machine), the largest
difference of any index from the same design solved at rtol 1e-9, and the indices of the three
strongest parameters. Then where the time goes, and what SALib's own analysis would cost.

    python benchmarks/sensitivity.py [--n 1024] [--rounds 5] [--skip numba]

Targets: under 4 s with NumPy on two cores, under 2 s with numba.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from loky import ProcessPoolExecutor

import secdil_sd as sd
from secdil_sd.analysis.sensitivity.variance import sobol_indices

TARGETS = {"numpy": 4.0, "numba": 2.0}


def twenty(case: Any) -> list[str]:
    """The eighteen parameters of the scenario and two more."""
    return [*(each.selector for each in case.parameters), "audience discount", "belief delay"]


def seconds(ask: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> float:
    begin = clock()
    ask()
    return clock() - begin


def print_backend(backend: str, case: Any, n: int, rounds: int, truth: Any) -> None:
    """Time one backend and print its row and its indices."""
    parameters = twenty(case)
    with ProcessPoolExecutor(2) as pool:

        def ask(size: int = n, client: Any = pool) -> Any:
            return sd.sensitivity(
                case, n=size, parameters=parameters, backend=backend, client=client
            )

        ask(256)  # starts the workers, compiles
        ask(256)
        took = [seconds(ask) for _ in range(rounds)]
        found = ask()
    alone = seconds(lambda: ask(client=None), time.process_time)
    value = found.indices["value"]
    error = np.abs(value - truth.indices["value"]).max()
    middle = statistics.median(took)
    verdict = "ok" if middle < TARGETS[backend] else "MISSED"
    print(
        f"{backend:6} {found.runs:,} runs: {middle:.2f} s (best {min(took):.2f}, worst "
        f"{max(took):.2f}) in two processes; {alone:.2f} s of processor time on one core; "
        f"largest error of an index {error:.1e}; target {TARGETS[backend]:g} s: {verdict}"
    )
    totals = found.indices[found.indices["index"] == "ST"].nlargest(3, "value")
    for row in totals.itertuples(index=False):
        half = row.conf_high - row.value
        print(f"       ST of {row.parameter} for {row.state}: {row.value:.3f} ± {half:.3f}")


def print_analysis(n: int, columns: int = 42) -> None:
    """Print what the estimators cost beside SALib's, on numbers of the same size."""
    from SALib.analyze import sobol

    rng = np.random.default_rng(1)
    values = rng.random((42 * n, columns))
    problem = {"num_vars": 20, "names": [f"x{k}" for k in range(20)], "bounds": [[0, 1]] * 20}
    own = seconds(lambda: sobol_indices(values, 20, True, 100, 1), time.process_time)
    peer = seconds(lambda: sobol.analyze(problem, values[:, 0], seed=1), time.process_time)
    print(
        f"230 indices and their intervals: {own / columns * 1e3:.0f} ms a column (a time or an "
        f"element), SALib {peer * 1e3:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip", nargs="+", default=[], choices=list(TARGETS))
    arguments = parser.parse_args()
    case = sd.load_scenario("cold_war")
    fastest = "numpy" if "numba" in arguments.skip else "numba"
    truth = sd.sensitivity(
        case, n=arguments.n, parameters=twenty(case), backend=fastest, rtol=1e-9, client=2
    )
    for backend in TARGETS:
        if backend not in arguments.skip:
            print_backend(backend, case, arguments.n, arguments.rounds, truth)
    print_analysis(arguments.n)


if __name__ == "__main__":
    main()
