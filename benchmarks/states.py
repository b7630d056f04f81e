"""What does a world of many states cost, from a dyad to every state there is?

One run of the bundled model over 50 years, 51 output times of spending, in worlds of 2, 10, 50 and
150 states: today's borders and major powers (`sd.world`), economies and burdens drawn at random
(lognormal GDP, burdens of 1 to 4 %, the same draw at every size). Threats of several rivals
average (attention exponent 1): added up over a dozen neighbours they would drive everybody to the
ceiling of burdens, which is no world to measure. What is timed is the whole public call, after
compilation: checks, labels and all.

Each size and engine has a process of its own (one BLAS thread), so that peak memory is its own;
rounds alternate between engines, and medians of time and of processor time (on a busy machine it is
the second that counts) are shown beside the largest relative error of spending against DOP853 at
1e-12. Exponents: slope of log processor time, and of log memory above that of the world of two, in
the number of states; in dyads (ordered pairs) it is close to half. Fixed costs flatten the slope
over all sizes; that between the two largest is what growing further would cost.

    python benchmarks/states.py [--sizes 2 10 50 150] [--rounds 5]
"""

from __future__ import annotations

import crew

crew.one_thread_each()

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import secdil_sd as sd

TIMES = np.arange(51.0)
TARGETS = {"NumPy Tsit5": 0.5, "numba Tsit5": 0.1}
"""Seconds for the largest world."""

LARGEST, EVERYBODY = 150, 195


def world_model(count: int) -> tuple[Any, dict[str, Any]]:
    """Return the model with that many states, and what is set in it."""
    world = sd.world(count)
    rng = np.random.default_rng(1)
    gdp = rng.lognormal(6, 1.2, EVERYBODY)[:count]
    burden = rng.uniform(0.01, 0.04, EVERYBODY)[:count]
    params = {
        "contact": world.contact,
        "interaction": 0.5 * world.contact,
        "initial GDP": gdp,
        "initial spending": gdp * burden,
        "attention exponent": 1.0,
    }
    return sd.load_model("security_dilemma").with_subscripts(state=world.states), params


def single(count: int, method: str, rtol: float) -> Callable[[], tuple[str, np.ndarray]]:
    """One run, as ``run`` does it."""
    model, params = world_model(count)

    def solve() -> tuple[str, np.ndarray]:
        run = model.run(params, TIMES, ["spending"], method=method, rtol=rtol)
        return "numpy", run["spending"].transpose("time", "state").values

    return solve


def compiled(count: int) -> Callable[[], tuple[str, np.ndarray]]:
    """An ensemble of one, compiled for the model."""
    model, params = world_model(count)
    row = pd.DataFrame({"belief delay": [4.0]})

    def solve() -> tuple[str, np.ndarray]:
        run = model.run_ensemble(
            row, TIMES, ["spending"], params, rtol=1e-6, progress=False, backend="numba"
        )
        values = run["spending"].transpose("member", "time", "state").values[0]
        return run.attrs["backend"], values

    return solve


ENGINES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "NumPy Tsit5": (single, ("Tsit5", 1e-6)),
    "NumPy DOP853": (single, ("DOP853", 1e-8)),
    "numba Tsit5": (compiled, ()),
}


@dataclass
class Row:
    """One size and engine, in its own process."""

    states: int
    engine: str
    worker: crew.Crew = field(default_factory=lambda: crew.Crew(1))
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    first_seconds: float = 0.0
    memory: float = 0.0
    error: float = float("nan")

    def prepare(self) -> None:
        build, options = ENGINES[self.engine]
        self.worker.prepare("run", build, [(self.states, *options)])
        self.first_seconds = self.worker.time("run").seconds

    @property
    def compile_seconds(self) -> float:
        return max(self.first_seconds - statistics.median(self.seconds), 0.0)

    def measure(self, truth: np.ndarray) -> None:
        timing = self.worker.time("run")
        (backend, values), *_ = timing.results
        if self.engine.startswith("numba") and backend == "numpy":
            self.engine = "numba Tsit5 (fell back on NumPy)"
        self.seconds.append(timing.seconds)
        self.processor.append(timing.processor)
        self.error = float(np.abs(values / truth - 1).max())


def measured(count: int, rounds: int) -> list[Row]:
    """Return a row an engine for one size."""
    rows = [Row(count, engine) for engine in ENGINES]
    _, truth = single(count, "DOP853", 1e-12)()
    for row in rows:
        row.prepare()
    for _ in range(rounds):
        for row in rows:
            row.measure(truth)
    for row in rows:
        row.memory = row.worker.peak_memory()
        row.worker.close()
    return rows


def slope(x: list[float], y: list[float]) -> float:
    """Slope of log y in log x."""
    if len(x) < 2 or min(y) <= 0:
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def print_rows(rows: list[Row]) -> None:
    print(
        f"{'states':>6} {'dyads':>7} {'engine':32} {'seconds':>9} {'CPU s':>9} {'MB':>6} "
        f"{'error':>9} {'compile s':>9}"
    )
    for row in rows:
        dyads = row.states * (row.states - 1)
        print(
            f"{row.states:6d} {dyads:7,d} {row.engine:32} {statistics.median(row.seconds):9.4f} "
            f"{statistics.median(row.processor):9.4f} {row.memory / 1e6:6.0f} "
            f"{row.error:9.1e} {row.compile_seconds:9.1f}"
        )


def print_exponents(rows: list[Row]) -> None:
    """Print how time and memory grow, by engine."""
    print(
        f"\n{'exponent of':32} {'time':>6} {'in dyads':>9} {'largest two':>12} "
        f"{'memory':>7} {'in dyads':>9}"
    )
    for k, engine in enumerate(ENGINES):
        own = rows[k :: len(ENGINES)]
        states = [float(row.states) for row in own]
        dyads = [n * (n - 1) for n in states]
        time = [statistics.median(row.processor) for row in own]
        grown = [(row.states, row.memory - own[0].memory) for row in own[1:]]
        grown = [(n, more) for n, more in grown if more > 1e6]  # less is noise
        sizes, memory = [float(n) for n, _ in grown], [more for _, more in grown]
        print(
            f"{engine:32} {slope(states, time):6.2f} {slope(dyads, time):9.2f} "
            f"{slope(states[-2:], time[-2:]):12.2f} {slope(sizes, memory):7.2f} "
            f"{slope([n * (n - 1) for n in sizes], memory):9.2f}"
        )


def print_targets(rows: list[Row]) -> None:
    print()
    for row in rows:
        target = next((s for name, s in TARGETS.items() if row.engine.startswith(name)), None)
        if row.states == LARGEST and target is not None:
            seconds = statistics.median(row.seconds)
            verdict = "holds" if seconds < target else "does not hold"
            print(f"{row.engine}, {LARGEST} states: {seconds:.3f} s < {target} s: {verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 10, 50, LARGEST])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rows = [row for count in sorted(arguments.sizes) for row in measured(count, arguments.rounds)]
    print_rows(rows)
    print_exponents(rows)
    print_targets(rows)


if __name__ == "__main__":
    main()
