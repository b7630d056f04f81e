"""Who solves the ensemble: each peer is a function from a problem and samples to a call to time.

Every call returns spending (member, time, state) of its members at the problem's output times.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import secdil_sd as sd
from secdil_sd.simulation.samples import resolve_samples

RTOL = 1e-6
Solve = Callable[[], np.ndarray]


@dataclass(frozen=True)
class Problem:
    """What is solved.

    Parameters
    ----------
    name : str
        As the table calls it.
    scenario : bool
        The Cold War with its yearly series, or the model file at its own values.
    """

    name: str
    scenario: bool

    @property
    def subject(self) -> Any:
        return sd.load_scenario("cold_war") if self.scenario else sd.load_model("security_dilemma")

    @property
    def times(self) -> np.ndarray:
        """Yearly: 0 to 50, or the years of the scenario."""
        if not self.scenario:
            return np.arange(51.0)
        years = self.subject.times
        return np.arange(float(years[0]), float(years[-1]) + 1)


FILE = Problem("A: model file", scenario=False)
SCENARIO = Problem("B: Cold War", scenario=True)


def spending(run: Any) -> np.ndarray:
    """(member, time, state) of spending."""
    return run["spending"].transpose("member", "time", "state").values


def secdil(problem: Problem, samples: pd.DataFrame, backend: str, client: Any = None) -> Solve:
    """This package at its defaults: Tsit5 in chunks."""
    subject, times = problem.subject, problem.times

    def solve() -> np.ndarray:
        return spending(
            subject.run_ensemble(
                samples,
                times=times,
                outputs=["spending"],
                backend=backend,
                client=client,
                progress=False,
            )
        )

    return solve


def reference(problem: Problem, samples: pd.DataFrame) -> np.ndarray:
    """DOP853 at 1e-12, member by member."""
    return spending(
        problem.subject.run_ensemble(
            samples,
            times=problem.times,
            outputs=["spending"],
            method="DOP853",
            rtol=1e-12,
            progress=False,
        )
    )


def diffrax(problem: Problem, samples: pd.DataFrame, chunk: int | None = None) -> Solve:
    """diffrax's Tsit5 under vmap, on the same equations; all members at once, or in chunks."""
    import diffrax as dfx
    import jax
    import jax.numpy as jnp
    from jax_printer import vector_field

    jax.config.update("jax_enable_x64", True)
    setup, _ = problem.subject.setup(times=problem.times, outputs=["spending"], rtol=RTOL)
    schedule = setup.compiler.schedule(setup.system, setup.values)
    drawn = resolve_samples(setup.system, samples, setup.values, {})
    count, size = len(samples), chunk or len(samples)
    whole = setup.bind(("spending",), drawn.constants, count)
    constants = {name for name, slot in schedule.slots.items() if slot.role == "constant"}
    fixed = {
        name: value
        for name, value in setup.values.constants.items()
        if name in constants and name not in drawn.constants
    }
    term = dfx.ODETerm(vector_field(schedule, setup.values.series))
    times = jnp.array(setup.times)
    control = dfx.PIDController(rtol=RTOL, atol=jnp.array(setup.atol))
    knots = [each.knots for each in setup.values.series.values()]
    if knots:  # steps end where series bend, as ours do
        control = dfx.ClipStepSizeController(control, step_ts=np.unique(np.concatenate(knots)))
    place = schedule.slots["spending"]

    def one(y0: Any, varied: Any) -> Any:
        done = dfx.diffeqsolve(
            term,
            dfx.Tsit5(),
            times[0],
            times[-1],
            None,
            y0,
            args={**fixed, **varied},
            saveat=dfx.SaveAt(ts=times),
            stepsize_controller=control,
            max_steps=4096,
        )
        return done.ys[:, place.offset : place.offset + place.size]

    batched = jax.jit(jax.vmap(one))
    initial = jnp.array(whole.initial.T)
    varied = {name: jnp.moveaxis(jnp.array(v), -1, 0) for name, v in drawn.constants.items()}

    def solve() -> np.ndarray:
        parts = [
            batched(initial[k : k + size], {name: v[k : k + size] for name, v in varied.items()})
            for k in range(0, count, size)
        ]
        return np.concatenate([np.asarray(each) for each in parts])

    return solve


def scipy(problem: Problem, samples: pd.DataFrame) -> Solve:
    """A loop of solve_ivp over members, on the same compiled right-hand side."""
    from scipy.integrate import solve_ivp

    setup, _ = problem.subject.setup(times=problem.times, outputs=["spending"], rtol=RTOL)
    drawn = resolve_samples(setup.system, samples, setup.values, {})
    times = setup.times

    def one(k: int) -> np.ndarray:
        own = {name: array[..., k] for name, array in drawn.constants.items()}
        program = setup.bind(("spending",), own)
        place = program.program.schedule.slots["spending"]
        rate = np.empty_like(program.initial)

        def field(t: float, y: np.ndarray) -> np.ndarray:
            program.derivatives(t, y, rate)
            return rate.copy()

        options = {"rtol": RTOL, "atol": setup.atol, "t_eval": times}
        done = solve_ivp(field, (times[0], times[-1]), program.initial, "RK45", **options)
        return done.y[place.offset : place.offset + place.size].T

    return lambda: np.array([one(k) for k in range(len(samples))])


def pysd(problem: Problem, samples: pd.DataFrame) -> Solve:
    """PySD: Euler at the file's step."""
    import pysd as package

    times = problem.times
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = package.read_vensim(str(_file(problem)))

    def one(row: dict[str, float]) -> np.ndarray:
        run = model.run(params=row, return_columns=["spending"], return_timestamps=times)
        return run[[f"spending[{each}]" for each in ("East", "West")]].to_numpy()

    def solve() -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.array([one(row) for row in samples.to_dict("records")])

    return solve


def pysimlin(problem: Problem, samples: pd.DataFrame) -> Solve:
    """pysimlin: Euler at the file's step."""
    import simlin

    model = simlin.load(str(_file(problem)))

    def one(row: dict[str, float]) -> np.ndarray:
        with model.simulate(overrides=row) as run:
            run.run_to_end()
            return np.stack([run.get_series(f"spending[{each}]") for each in ("east", "west")], 1)

    return lambda: np.array([one(row) for row in samples.to_dict("records")])


def _file(problem: Problem) -> Path:
    """A copy of the model file that ends with the problem's last year."""
    path = Path(problem.subject.path)
    text = path.read_text(encoding="utf-8")
    shorter, found = re.subn(r"(FINAL TIME\s*=\s*)[\d.]+", rf"\g<1>{problem.times[-1]:g}", text)
    assert found == 1, f"{path} has no FINAL TIME"
    copy = Path(tempfile.mkdtemp()) / path.name
    copy.write_text(shorter, encoding="utf-8")
    return copy
