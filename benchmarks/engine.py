"""How fast, and how exactly, does one core solve an ensemble of the Cold War dyad?

One table: members a second beside the largest relative error of spending, against a reference
at rtol 1e-12. Peers run in this process, interleaved, one BLAS thread each, on the same
equations, parameters and output times. Compile times stand in a column of their own.

    python benchmarks/engine.py [--members 8192] [--rounds 3]

Peers that are not installed are left out and named: pip install jax diffrax pysimlin.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import secdil_sd as sd

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
SCENARIO, FILE = "cold_war", "model file"
"""The scenario has yearly series for growth and democracy; PySD and pysimlin cannot take those,
so they solve the model file at its own values over as many years, and so do we beside them."""


@dataclass
class Peer:
    """One row: how many members a call solves, the call, and what it has taken."""

    name: str
    members: int
    solve: Callable[[], np.ndarray]
    problem: str = SCENARIO
    compile_seconds: float = 0.0
    seconds: list[float] = field(default_factory=list)
    error: float = float("nan")


def design(members: int) -> pd.DataFrame:
    """Return uniform draws, the same for every peer."""
    rng = np.random.default_rng(1)
    return pd.DataFrame({name: rng.uniform(*span, members) for name, span in VARIED.items()})


def spending(run: Any) -> np.ndarray:
    """(member, time, state) of spending."""
    return run["spending"].transpose("member", "time", "state").values


def own_peer(subject: Any, samples: pd.DataFrame, times: np.ndarray, problem: str) -> Peer:
    """Our ensemble at its defaults."""
    settings = {"times": times, "outputs": ["spending"], "progress": False}

    def solve() -> np.ndarray:
        return spending(subject.run_ensemble(samples, **settings))

    return Peer("secdil, NumPy Tsit5", len(samples), solve, problem)


def setups(case: Any, samples: pd.DataFrame, count: int) -> tuple[Any, list[Any]]:
    """Return the setup of a run and the bound single-member programs, for peers in Python."""
    from secdil_sd.simulation.samples import resolve_samples

    setup, _ = case.setup(outputs=["spending"], rtol=1e-6)
    drawn = resolve_samples(setup.system, samples.iloc[:count], setup.values, {})
    bound = [
        setup.bind(("spending",), {name: array[..., k] for name, array in drawn.constants.items()})
        for k in range(count)
    ]
    return setup, bound


def scipy_peer(case: Any, samples: pd.DataFrame, count: int = 24) -> Peer:
    """A loop of solve_ivp over members, on the same compiled right-hand side."""
    from scipy.integrate import solve_ivp

    setup, bound = setups(case, samples, count)
    place = bound[0].program.schedule.slots["spending"]

    def one(program: Any) -> np.ndarray:
        rate = np.empty_like(program.initial)

        def field(t: float, y: np.ndarray) -> np.ndarray:
            program.derivatives(t, y, rate)
            return rate.copy()

        times = setup.times
        options = {"rtol": 1e-6, "atol": setup.atol, "t_eval": times}
        done = solve_ivp(field, (times[0], times[-1]), program.initial, "RK45", **options)
        return done.y[place.offset : place.offset + place.size].T

    return Peer("SciPy solve_ivp loop", count, lambda: np.array([one(each) for each in bound]))


def diffrax_peers(case: Any, samples: pd.DataFrame) -> list[Peer]:
    """diffrax Tsit5 under vmap: all members at once, and in its best chunk."""
    import diffrax
    import jax
    import jax.numpy as jnp
    from jax_printer import vector_field

    from secdil_sd.simulation.samples import resolve_samples

    jax.config.update("jax_enable_x64", True)
    setup, _ = case.setup(outputs=["spending"], rtol=1e-6)
    schedule = setup.compiler.schedule(setup.system, setup.values)
    drawn = resolve_samples(setup.system, samples, setup.values, {})
    whole = setup.bind(("spending",), drawn.constants, len(samples))
    roles = {name for name, slot in schedule.slots.items() if slot.role == "constant"}
    fixed = {
        n: v for n, v in setup.values.constants.items() if n in roles and n not in drawn.constants
    }
    term = diffrax.ODETerm(vector_field(schedule, setup.values.series))
    times = jnp.array(setup.times)
    control = diffrax.PIDController(rtol=1e-6, atol=jnp.array(setup.atol))
    place = schedule.slots["spending"]

    def one(y0: Any, varied: Any) -> Any:
        done = diffrax.diffeqsolve(
            term,
            diffrax.Tsit5(),
            times[0],
            times[-1],
            None,
            y0,
            args={**fixed, **varied},
            saveat=diffrax.SaveAt(ts=times),
            stepsize_controller=control,
            max_steps=4096,
        )
        return done.ys[:, place.offset : place.offset + place.size]

    def peer(name: str, chunk: int) -> Peer:
        batched = jax.jit(jax.vmap(one))
        initial = jnp.array(whole.initial.T)
        varied = {n: jnp.moveaxis(jnp.array(v), -1, 0) for n, v in drawn.constants.items()}
        starts = range(0, len(samples), chunk)

        def solve() -> np.ndarray:
            parts = [
                batched(initial[k : k + chunk], {n: v[k : k + chunk] for n, v in varied.items()})
                for k in starts
            ]
            return np.concatenate([np.asarray(each.block_until_ready()) for each in parts])

        begin = time.perf_counter()
        solve()
        first = time.perf_counter() - begin
        begin = time.perf_counter()
        solve()
        again = time.perf_counter() - begin
        return Peer(name, len(samples), solve, SCENARIO, first - again)

    chunks = [peer(f"diffrax Tsit5, chunk {n}", n) for n in (64, 256, 1024) if n < len(samples)]
    for each in chunks:
        _timed(each)
    best = min(chunks, key=lambda each: each.seconds[0])
    best.name = f"diffrax Tsit5, best chunk ({best.name.split()[-1]})"
    best.seconds.clear()
    return [best, peer("diffrax Tsit5, one vmap", len(samples))]


def _flat(setup: Any, samples: pd.DataFrame, k: int) -> dict[str, float]:
    return {name: float(samples[name].iloc[k]) for name in samples}


def file_peers(case: Any, samples: pd.DataFrame) -> list[Peer]:
    """PySD and pysimlin on the model file, over as many years; they cannot take the scenario."""
    folder = Path(tempfile.mkdtemp())
    path = folder / case.model.path.name
    path.write_bytes(Path(case.model.path).read_bytes())
    span = float(case.times[-1] - case.times[0])
    peers = [_pysd_peer(path, samples, span)]
    try:
        peers.append(_simlin_peer(path, samples, span))
    except ImportError:
        print("pysimlin is not installed: left out")
    return peers


def _row(samples: pd.DataFrame, k: int) -> dict[str, float]:
    return {name: float(samples[name].iloc[k]) for name in samples}


def _pysd_peer(path: Path, samples: pd.DataFrame, span: float) -> Peer:
    import pysd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = pysd.read_vensim(str(path))

    def solve() -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.run(
                params={**_row(samples, 0), "final time": span},
                return_columns=["spending"],
                return_timestamps=np.arange(span + 1),
            )
        return np.empty(0)

    return Peer("PySD, Euler at the file's step", 1, solve, FILE)


def _simlin_peer(path: Path, samples: pd.DataFrame, span: float) -> Peer:
    import simlin

    model = simlin.load(str(path))

    def solve() -> np.ndarray:
        for k in range(16):
            with model.simulate(overrides=_row(samples, k)) as run:
                run.run_to(span)
        return np.empty(0)

    return Peer("pysimlin, Euler at the file's step", 16, solve, FILE)


def _timed(peer: Peer) -> np.ndarray:
    begin = time.perf_counter()
    result = peer.solve()
    peer.seconds.append(time.perf_counter() - begin)
    return result


def reference(subject: Any, samples: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """DOP853 at rtol 1e-12, member by member."""
    few = samples.iloc[:REFERENCE_MEMBERS]
    settings = {"times": times, "outputs": ["spending"], "method": "DOP853", "rtol": 1e-12}
    return spending(subject.run_ensemble(few, **settings))


def peers_of(case: Any, samples: pd.DataFrame, years: np.ndarray) -> list[Peer]:
    """Everyone who can be asked here, by problem."""
    peers = [own_peer(case, samples, years, SCENARIO)]
    try:
        peers += diffrax_peers(case, samples)
    except ImportError as error:
        print(f"{error.name} is not installed: diffrax left out")
    peers.append(scipy_peer(case, samples))
    peers.append(own_peer(case.model, samples, years - years[0], FILE))
    return peers + file_peers(case, samples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--members", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    case = sd.load_scenario("cold_war")
    years = np.arange(case.times[0], case.times[-1] + 1)
    case = case.replace(times=years)
    samples = design(arguments.members)
    truth = {
        SCENARIO: reference(case, samples, years),
        FILE: reference(case.model, samples, years - years[0]),
    }
    peers = peers_of(case, samples, years)
    for _ in range(arguments.rounds):
        for peer in peers:
            found, best = _timed(peer), truth[peer.problem]
            if found.ndim == 3 and found.shape[1:] == best.shape[1:]:
                count = min(len(found), len(best))
                peer.error = float(np.max(np.abs(found[:count] / best[:count] - 1)))
    table(peers)


def table(peers: list[Peer]) -> None:
    """Print a row a peer; ratios are against our row on the same problem."""
    rates = {id(each): each.members / statistics.median(each.seconds) for each in peers}
    own = {each.problem: rates[id(each)] for each in peers if each.name.startswith("secdil")}
    print(
        f"{'engine':42} {'problem':>11} {'members/s':>11} {'ours/this':>10} {'error':>9} "
        f"{'compile s':>9}"
    )
    for peer in peers:
        rate = rates[id(peer)]
        print(
            f"{peer.name:42} {peer.problem:>11} {rate:11,.1f} {own[peer.problem] / rate:10,.1f} "
            f"{peer.error:9.1e} {peer.compile_seconds:9.1f}"
        )


if __name__ == "__main__":
    main()
