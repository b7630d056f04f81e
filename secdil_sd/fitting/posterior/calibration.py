"""Simulation-based calibration: does the fitting procedure find what it was given?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import check_count, check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, SolveError
from secdil_sd.fitting.estimate import pose
from secdil_sd.fitting.posterior.chains import run_chains
from secdil_sd.fitting.posterior.predictive import scattered
from secdil_sd.fitting.posterior.quick import draw
from secdil_sd.fitting.posterior.target import Target, target_of, usual_spread_prior
from secdil_sd.fitting.posterior.uniformity import coverage_table, uniformity_table
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.together import Ask, in_lockstep
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit
    from secdil_sd.simulation.companion import Distribution
    from secdil_sd.simulation.scenario import Scenario

METHODS = ("quick", "emcee")
AT_ONCE = 25
"""Fits in lockstep: each asks for hundreds of members at a time."""
MEMBERS = 1000
BEYOND = 1e3
"""Simulated figures this many times off the size of real ones are like none anybody has."""
PATIENCE = 20
"""Times as many truths are drawn as wanted, before too few give usable figures."""
LEVELS = (0.5, 0.8, 0.9, 0.95)
WALKERS, STEPS = 32, 500
ALARM = 0.01


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often posteriors of simulated figures hold the truth.

    Parameters
    ----------
    ranks : DataFrame
        A row a simulation and number: simulation, parameter, truth, rank (of ``draws``), share
        (posterior probability below the truth).
    uniformity : DataFrame
        A row a number: chi_square, p_value, p_ecdf, mean_share, spread_share, verdict.
    coverage : DataFrame
        A row a number and level: level, covered, low, high, n.
    failed : mapping of str to int
        Simulations left out, by why.
    draws : int
    settings : mapping
    provenance : mapping
    """

    ranks: pd.DataFrame = field(repr=False)
    uniformity: pd.DataFrame = field(repr=False)
    coverage: pd.DataFrame = field(repr=False)
    failed: dict[str, int]
    draws: int
    settings: dict[str, Any]
    provenance: dict[str, str] = field(repr=False)

    @property
    def calibrated(self) -> bool:
        """Whether no number's ranks depart from uniform, all of them judged together."""
        return bool((self.uniformity["verdict"] == "calibrated").all())

    @property
    def finding(self) -> str:
        """What the ranks say, in a sentence."""
        count = self.ranks["simulation"].nunique()
        table = self.uniformity
        bad = table[table["verdict"] != "calibrated"]
        failed = sum(self.failed.values())
        left = f" {failed} more gave no usable figures and are left out." if failed else ""
        if len(bad):
            listed = "; ".join(f"{row.parameter} is {row.verdict}" for row in bad.itertuples())
            return f"Not calibrated over {count} simulations: {listed}.{left}"
        lowest = float(table["p_value"].min())
        return (
            f"Calibrated over {count} simulations: ranks are uniform "
            f"(smallest p {lowest:.2f} of {len(table)} numbers).{left}"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return the uniformity table."""
        return self.uniformity

    def save(self, path: str | Path) -> Path:
        """Write ranks as .csv or .parquet, or all tables as .json."""
        tables = {"ranks": self.ranks, "uniformity": self.uniformity, "coverage": self.coverage}
        record = {"finding": self.finding, "failed": self.failed, "provenance": self.provenance}
        return save_result(path, tables, record)


@verb
def simulation_based_calibration(
    case: Scenario | Fit | Problem,
    data: Any = None,
    parameters: Sequence[str] | None = None,
    n: int = 100,
    draws: int = 200,
    method: str = "quick",
    seed: int = 1,
    priors: Mapping[str, Distribution] | None = None,
    noise: str = "lognormal",
    spread_prior: Distribution | None = None,
    judged: Problem | None = None,
) -> Calibration:
    """Draw truths from the prior, simulate figures, fit them, and see where the truths fall.

    If prior, model and procedure are right, the rank of a truth among the posterior's draws is
    uniform. What is tested is the whole way from figures to posterior for this case, its years
    and its gaps; not whether the model is true.

    Parameters
    ----------
    case : Scenario, Fit or Problem
        Its figures only say where figures are. A fit or problem brings its own parameters,
        priors and noise.
    data, parameters, priors, noise
        Of a scenario, as for `fit`.
    n : int
        Simulations.
    draws : int
        Posterior draws among which a truth is ranked.
    method : {"quick", "emcee"}
    seed : int
    spread_prior : Distribution, optional
        Lognormal, of the spread of figures about the model.
    judged : Problem, optional
        The problem the posterior is taken of, where it is another than figures come from: how
        much a wrong noise or prior would cost.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        For another method, or too few simulations or draws.
    SolveError
        If fewer than 20 simulations give figures that can be fitted.

    Source
    ------
    Talts, Betancourt, Simpson, Vehtari and Gelman (2018); Saeilynoja, Buerkner and Vehtari
    (2022) for the test of the whole distribution.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> checked = simulation_based_calibration(sd.load_scenario("wwi_blocs"), n=25,
    ...               parameters=["reaction[*]", "grievance", "initial spending"])
    >>> bool(checked.ranks["rank"].between(0, checked.draws).all())
    True
    """

    if method not in METHODS:
        hint = suggestion(str(method), METHODS)
        raise InputError(Finding("error", f"method is {method!r}.", "method", remedy=hint))
    check_count(n, 20, "n")
    check_count(draws, 20, "draws")
    check_seed(seed)
    problem = _problem(case, data, parameters, priors, noise)
    own = spread_prior or usual_spread_prior(problem)
    truth, figures, failed = _simulated(target_of(problem, own), n, seed)
    if len(truth) < 20:
        tried = len(truth) + sum(failed.values())
        message = f"Only {len(truth)} of {tried} simulations gave figures that can be fitted."
        remedy = "Narrow the priors: most of what they allow explodes."
        raise SolveError(Finding("error", message, remedy=remedy))
    wanted = judged or problem
    jobs = [
        _job(wanted.with_figures(each), own, method, seed + k) for k, each in enumerate(figures)
    ]
    drawn: list[np.ndarray] = []
    for begin in range(0, len(jobs), AT_ONCE):
        drawn += in_lockstep(jobs[begin : begin + AT_ONCE], wanted.paths)
    names = target_of(problem, own).names
    ranks = _ranks(truth, drawn, names, draws, seed)
    settings = {"n": n, "draws": draws, "method": method, "seed": seed}
    return Calibration(
        ranks,
        uniformity_table(ranks, draws, ALARM),
        coverage_table(ranks, LEVELS),
        failed,
        draws,
        settings,
        _provenance(problem, settings),
    )


def _problem(case: Any, data: Any, parameters: Any, priors: Any, noise: str) -> Problem:
    """The problem of a fit, or of a scenario that has not been fitted."""
    from secdil_sd.fitting.fit import Fit

    if isinstance(case, Problem | Fit):
        return case if isinstance(case, Problem) else case.problem
    return pose(case, data, parameters, priors=priors, noise=noise)


def _simulated(
    target: Target, n: int, seed: int
) -> tuple[np.ndarray, list[np.ndarray], dict[str, int]]:
    """Truths in natural units with the spread, figures simulated from them, and what failed.

    Whether figures are usable is asked of them alone, so that leaving others out is fair.
    """
    truths: list[np.ndarray] = []
    figures: list[np.ndarray] = []
    failed = {"the model failed": 0, "figures beyond any data": 0}
    rng = np.random.default_rng(seed)
    for _ in range(PATIENCE):
        x, spread = target.draw_prior(n, rng)
        paths = target.problem.predicted(target.points(x))
        made = scattered(target.problem, paths, spread, rng)
        exploded = ~np.isfinite(paths).all(axis=(1, 2))
        beyond = ~exploded & _beyond(target.problem, made)
        failed["the model failed"] += int(exploded.sum())
        failed["figures beyond any data"] += int(beyond.sum())
        good = ~exploded & ~beyond
        truths += list(np.concatenate([target.natural(x), spread[:, None]], axis=1)[good])
        figures += list(made[good])
        if len(figures) >= n:
            break
    return np.array(truths[:n]), figures[:n], failed


def _beyond(problem: Problem, figures: np.ndarray) -> np.ndarray:
    """Whether simulated figures are like none that anybody has, (simulation,)."""
    present = figures[:, problem.observed.present]
    size = problem.observed.size
    with np.errstate(invalid="ignore"):
        found = (np.abs(present) > BEYOND * size).any(axis=1)
        if problem.noise.logarithmic:
            found = found | (present < size / BEYOND).any(axis=1)
    return np.asarray(found)


def _job(problem: Problem, own: Distribution, method: str, seed: int) -> Any:
    """What one fit does when it may ask the model: draws in natural units, the spread last."""

    def work(ask: Ask) -> np.ndarray:
        target = target_of(problem, own, ask)
        found = draw(target, None, MEMBERS, seed, MEMBERS)
        x, spread = found.x, found.spread
        if method == "emcee":
            chains = run_chains(found, max(WALKERS, 2 * x.shape[1]), STEPS, seed)
            x, spread = chains.x.reshape(-1, x.shape[1]), chains.spread.ravel()
        return np.concatenate([target.natural(x), spread[:, None]], axis=1)

    return work


def _ranks(
    truth: np.ndarray, drawn: Sequence[np.ndarray], names: Sequence[str], draws: int, seed: int
) -> pd.DataFrame:
    import pandas as pd

    rng = np.random.default_rng(seed + 2)
    rows = []
    for k, (own, found) in enumerate(zip(truth, drawn, strict=True)):
        for j, name in enumerate(names):
            share = (float((found[:, j] < own[j]).sum()) + 0.5) / (len(found) + 1)
            rows.append((k, name, own[j], int(rng.binomial(draws, share)), share))
    return pd.DataFrame(rows, columns=["simulation", "parameter", "truth", "rank", "share"])


def _provenance(problem: Problem, settings: dict[str, Any]) -> dict[str, str]:
    from secdil_sd.provenance import provenance

    return provenance(
        analysis="simulation-based calibration",
        model=problem.case.model.name,
        scenario=problem.case.name,
        noise=problem.noise.kind,
        **settings,
    )
