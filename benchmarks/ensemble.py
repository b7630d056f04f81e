"""How fast, and how exactly, are ensembles solved, beside every peer that can?

Two problems, 51 or 41 yearly output times of spending, nine sampled constants (`VARIED`):

A  the bundled model file, a dyad of 21 stocks over 50 years: every peer solves it;
B  the Cold War, whose growth and democracy are yearly series: those who can take series.

One row an engine, with its rate on one core and in two processes. On one core all peers live in
one process, one thread each. In two processes each peer is loaded in both and has half of the
members; secdil is asked as a user asks it, with ``client=`` a pool of two, and so also pays for
gathering the results, which the others do not. Rounds alternate between all rows and both core
counts, and medians are shown, so that a busy machine troubles all alike; slow peers solve fewer
members, and PySD, at half a minute a member, is asked once. ``error`` is the largest relative error
of spending over the first 16 members (fewer for slow peers), against DOP853 at 1e-12; Euler's is
that of its step. ``compile s`` is how much longer the first call took (secdil keeps what numba
compiled: then it is a fraction of a second). ``NumPy x`` and ``numba x`` are our rates over the
row's, same problem and number of cores. ``a CPU s`` is members a second of processor time in the
one-core column: below the rate beside it somebody has used a second core; far above, the machine
was busy elsewhere, and it is this column that counts.

    python benchmarks/ensemble.py [--members 32768] [--rounds 5]    # minutes: diffrax compiles
    python benchmarks/ensemble.py --scaling          # cost per member from 10^3 to 10^6
    python benchmarks/ensemble.py --members 1024 --rounds 1 --skip PySD diffrax     # a quick look

Peers that are not installed are left out and named: pip install jax diffrax pysimlin.
"""

from __future__ import annotations

import crew

crew.one_thread_each()

import argparse
import importlib.util
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import peers
from loky import ProcessPoolExecutor

VARIED = {
    "audience discount": (0.5, 1.0),
    "worst case bias": (0.3, 0.9),
    "buildup alarm": (1.0, 3.0),
    "alarming burden": (0.02, 0.05),
    "balance effect": (0.5, 1.2),
    "belief delay": (2.0, 8.0),
    "stock weight": (0.2, 0.8),
    "offense defense balance": (-0.5, 0.5),
    "distinguishability": (0.0, 0.6),
}
REFERENCE_MEMBERS = 16
CHUNKS = (64, 256, 1024)
TRIAL_MEMBERS = 2048
BEST = "diffrax, best chunk"


def design(members: int) -> pd.DataFrame:
    """Return uniform draws, the same for every peer."""
    rng = np.random.default_rng(1)
    return pd.DataFrame({name: rng.uniform(*span, members) for name, span in VARIED.items()})


@dataclass
class Row:
    """One engine on one problem: what it is asked, and what it has taken.

    Parameters
    ----------
    name : str
    problem : peers.Problem
    build : callable
        Of `peers`.
    options : tuple
        Its further arguments.
    members : int
        Solved in one call.
    once : bool
        Asked in the first round only, and not before: it compiles nothing and takes long.
    """

    name: str
    problem: peers.Problem
    build: Callable[..., Any]
    options: tuple[Any, ...]
    members: int
    once: bool = False
    first_seconds: float = 0.0
    processor: list[float] = field(default_factory=list)
    error: float = float("nan")
    seconds: dict[int, list[float]] = field(default_factory=lambda: {1: [], 2: []})

    @property
    def key(self) -> str:
        return f"{self.name}, {self.problem.name}"

    @property
    def compile_seconds(self) -> float:
        """How much longer the first call took."""
        return max(self.first_seconds - statistics.median(self.seconds[1]), 0.0)

    def rate(self, processes: int) -> float:
        """Members a second."""
        return self.members / statistics.median(self.seconds[processes])


class Race:
    """All rows, ready to be asked in turn, on one core and in two processes."""

    def __init__(self, rows: list[Row], samples: pd.DataFrame) -> None:
        self.rows = rows
        self.crews = {1: crew.Crew(1), 2: crew.Crew(2)}
        self.pool = ProcessPoolExecutor(2)
        self.own = {}
        for row in rows:
            tell(f"preparing {row.key}")
            mine = samples.iloc[: row.members]
            for processes in self.crews:
                self._prepare(processes, row, mine)
            if row.build is peers.secdil:
                solve = peers.secdil(row.problem, mine, *row.options, client=self.pool)
                self.own[row.key] = solve
            if not row.once:
                row.first_seconds = self._seconds(1, row)
                self._seconds(2, row)

    def _prepare(self, processes: int, row: Row, samples: pd.DataFrame) -> None:
        cuts = np.linspace(0, len(samples), processes + 1).astype(int)
        shares = [samples.iloc[a:b] for a, b in itertools.pairwise(cuts)]
        arguments = [(row.build, row.problem, each, row.options) for each in shares]
        self.crews[processes].prepare(row.key, head_of, arguments)

    def _seconds(self, processes: int, row: Row) -> float:
        """Ask once."""
        if processes == 2 and row.key in self.own:
            begin = time.perf_counter()
            self.own[row.key]()
            return time.perf_counter() - begin
        return self.crews[processes].time(row.key).seconds

    def round(self, truth: dict[peers.Problem, np.ndarray]) -> None:
        """Ask every row once for each number of processes."""
        for row in self.rows:
            if row.once and row.seconds[1]:
                continue
            timing = self.crews[1].time(row.key)
            row.seconds[1].append(timing.seconds)
            row.processor.append(timing.processor)
            row.error = error(timing.results[0], truth[row.problem])
            row.seconds[2].append(self._seconds(2, row))

    def close(self) -> None:
        for each in self.crews.values():
            each.close()
        self.pool.shutdown()


def head_of(
    build: Callable[..., Any], problem: peers.Problem, samples: pd.DataFrame, options: tuple
) -> Callable[[], np.ndarray]:
    """Prepare a peer whose call returns the first members only: the rest stays where it is."""
    solve = build(problem, samples, *options)
    return lambda: solve()[:REFERENCE_MEMBERS]


def tell(what: str) -> None:
    """Say what is being done, apart from the table."""
    print(what, file=sys.stderr, flush=True)


def error(found: np.ndarray, truth: np.ndarray) -> float:
    """Largest relative error over the members that both have."""
    count = min(len(found), len(truth))
    return float(np.abs(found[:count] / truth[:count] - 1).max())


def installed(*packages: str) -> bool:
    """Say whether all are there, and name the one that is not."""
    for each in packages:
        if importlib.util.find_spec(each) is None:
            print(f"{each} is not installed: left out")
            return False
    return True


def best_chunk(problem: peers.Problem, samples: pd.DataFrame) -> int:
    """Return the chunk at which diffrax is fastest here on one core, best of two tries each."""
    tell(f"looking for diffrax's best chunk, {problem.name}")
    trial = crew.Crew(1)
    seconds = {}
    for chunk in (each for each in CHUNKS if each <= len(samples)):
        arguments = (peers.diffrax, problem, samples, (chunk,))
        trial.prepare(str(chunk), head_of, [arguments])
        trial.time(str(chunk))  # compiles
        seconds[chunk] = min(trial.time(str(chunk)).seconds for _ in range(2))
    trial.close()
    return min(seconds, key=lambda chunk: seconds[chunk])


def rows_of(problem: peers.Problem, samples: pd.DataFrame, skip: Sequence[str]) -> list[Row]:
    """Everyone who can be asked here, and is not skipped; slow peers solve few members."""
    rows: list[Row] = []
    members = len(samples)

    def add(name: str, build: Callable[..., Any], options: tuple = (), most: int = members) -> None:
        count = min(most, members)
        rows.append(Row(name, problem, build, options, count, once=build is peers.pysd))

    def wanted(name: str, *packages: str) -> bool:
        return name not in skip and installed(*packages)

    add("secdil, NumPy", peers.secdil, ("numpy",))
    if wanted("numba", "numba"):
        add("secdil, numba", peers.secdil, ("numba",))
    if wanted("diffrax", "jax", "diffrax"):
        chunk = best_chunk(problem, samples.iloc[:TRIAL_MEMBERS])
        add(f"{BEST} ({chunk:,})", peers.diffrax, (chunk,))
        add("diffrax, one vmap", peers.diffrax)
    if wanted("SciPy"):
        add("SciPy solve_ivp loop", peers.scipy, most=16)
    if wanted("pysimlin", "simlin") and not problem.scenario:
        add("pysimlin, Euler", peers.pysimlin, most=64)
    if wanted("PySD") and not problem.scenario:
        add("PySD, Euler", peers.pysd, most=2)
    return rows


def print_table(rows: list[Row]) -> None:
    """Print a row an engine; ratios are ours over theirs on the same problem and cores."""
    print(
        f"{'':29} {'members a second':>33} {'':>5} {'':>8} {'':>9} "
        f"{'1 core':>15} {'2 processes':>15}\n"
        f"{'engine':29} {'1 core':>10} {'a CPU s':>10} {'2 processes':>11} {'2/1':>5} {'error':>8} "
        f"{'compile s':>9} {'NumPy x':>7} {'numba x':>7} {'NumPy x':>7} {'numba x':>7}"
    )
    problem = None
    for row in rows:
        if row.problem is not problem:
            problem = row.problem
            print(problem.name)
        one, two = row.rate(1), row.rate(2)
        ratios = " ".join(
            f"{ratio(rows, row, backend, processes):7.3g}"
            for processes in (1, 2)
            for backend in ("NumPy", "numba")
        )
        print(
            f"  {row.name:27} {one:10,.1f} {row.members / statistics.median(row.processor):10,.1f} "
            f"{two:11,.1f} {two / one:5.2f} {row.error:8.1e} {row.compile_seconds:9.1f} {ratios}"
        )


def ratio(rows: Iterable[Row], row: Row, backend: str, processes: int) -> float:
    """Our rate over that of a row."""
    for own in rows:
        if own.problem is row.problem and own.name == f"secdil, {backend}":
            return own.rate(processes) / row.rate(processes)
    return float("nan")


def print_targets(rows: list[Row]) -> None:
    """Print what must hold, and whether it does."""
    print()
    for name, floors in (
        (BEST, {"NumPy": 2.5, "numba": 6}),
        ("pysimlin", {"NumPy": 50, "numba": 50}),
    ):
        for row in (each for each in rows if each.name.startswith(name)):
            for backend, floor in floors.items():
                found = ratio(rows, row, backend, 2)
                what = f"{row.problem.name}: {backend} >= {floor} x {name}, two processes"
                say(what, f"{found:.3g}", found >= floor)
    for row in (each for each in rows if each.name.startswith("secdil")):
        what = f"{row.problem.name}: {row.name}"
        say(f"{what}: error <= 3e-6", f"{row.error:.1e}", row.error <= 3e-6)
        gain = row.rate(2) / row.rate(1)
        say(f"{what}: 2 processes >= 1.8 x one", f"{gain:.2f}", gain >= 1.8)


def say(what: str, found: str, good: bool) -> None:
    print(f"{what}: {found}: {'holds' if good else 'does not hold'}")


def print_scaling(largest: int, rounds: int) -> None:
    """Print what a member costs as ensembles grow, in this process and with ``client=2``.

    Only each state's final spending is kept, so that memory is not what is measured. The pool is
    started anew for every call, as it is for a user: that is the fixed cost of small ensembles.
    """
    sizes = [10**k for k in range(3, 7) if 10**k <= largest]
    samples = design(max(sizes))
    subject, times = peers.FILE.subject, peers.FILE.times
    print(f"{'':15} {'microseconds a member':>24}")
    print(f"{'backend':9} {'members':>9} {'1 core':>10} {'client=2':>10} {'2/1':>6}")
    for backend in ("numpy", "numba") if installed("numba") else ("numpy",):
        costs = []
        for size in sizes:
            seconds: dict[Any, list[float]] = {None: [], 2: []}
            for each in range(rounds + 1):
                for client in seconds:
                    begin = time.perf_counter()
                    subject.run_ensemble(
                        samples.iloc[:size],
                        times=times,
                        outputs=["spending final"],
                        backend=backend,
                        client=client,
                        progress=False,
                    )
                    if each:  # the first compiles
                        seconds[client].append(time.perf_counter() - begin)
            one, two = (statistics.median(seconds[client]) / size * 1e6 for client in (None, 2))
            costs.append(one)
            print(f"{backend:9} {size:9,} {one:10.2f} {two:10.2f} {one / two:6.2f}")
        spread = max(costs) / min(costs)
        say(f"{backend}: flat within a factor of 1.5", f"{spread:.2f}", spread < 1.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--members", type=int, default=32768)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--skip", nargs="+", default=[], choices=["numba", "diffrax", "SciPy", "pysimlin", "PySD"]
    )
    parser.add_argument("--scaling", action="store_true", help="cost per member, secdil alone")
    parser.add_argument("--largest", type=int, default=10**6, help="members, for --scaling")
    arguments = parser.parse_args()
    if arguments.scaling:
        print_scaling(arguments.largest, arguments.rounds)
        return
    problems, samples = (peers.FILE, peers.SCENARIO), design(arguments.members)
    few = samples.iloc[:REFERENCE_MEMBERS]
    truth = {each: peers.reference(each, few) for each in problems}
    rows = [row for each in problems for row in rows_of(each, samples, arguments.skip)]
    race = Race(rows, samples)
    for number in range(arguments.rounds):
        tell(f"round {number + 1} of {arguments.rounds}")
        race.round(truth)
    race.close()
    print_table(rows)
    print_targets(rows)


if __name__ == "__main__":
    main()
