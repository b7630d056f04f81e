"""Is it a spiral? The probability that the spiral number passes 1, after figures and before."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import check_count
from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.posterior.weights import Weights, effective, smoothed
from secdil_sd.names import key

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.posterior.posterior import Posterior

PEAK = "peak spiral number"
SPIRAL, CALM, UNKNOWN = "spiral", "no spiral", "cannot tell"
LITTLE = 3.0
"""Factor by which figures must change the odds: less is barely worth a mention (Jeffreys 1961)."""
MANY_FAILED = 0.05
COLUMNS = ("belief", "probability", "error", "low", "high", "n", "failed", "k_hat", "verdict")


@dataclass(frozen=True, eq=False)
class SpiralVerdict:
    """Whether figures say that a rivalry is a spiral.

    Parameters
    ----------
    verdict : {"spiral", "no spiral", "cannot tell"}
    reason : str
        Why, in a sentence.
    table : DataFrame
        A row a belief (prior, posterior, and the posterior under other priors): probability that
        the number passes the threshold, its Monte Carlo error, the central interval of the
        number, draws, failed draws, k_hat of the reweighting, and what each alone would say.
    output : str
    threshold : float
    values : mapping of str to array
        Draws of the number under prior and posterior, failed ones left out.
    provenance : mapping
    """

    verdict: str
    reason: str
    table: pd.DataFrame = field(repr=False)
    output: str
    threshold: float
    values: dict[str, np.ndarray] = field(repr=False)
    provenance: dict[str, str] = field(repr=False)

    @property
    def probability(self) -> float:
        """Posterior probability that the number passes the threshold."""
        return float(self.table["probability"].iloc[1])

    @property
    def prior_probability(self) -> float:
        """The same before the figures."""
        return float(self.table["probability"].iloc[0])

    @property
    def finding(self) -> str:
        """The verdict and what it rests on, in a sentence."""
        opening = self.verdict[:1].upper() + self.verdict[1:]
        return f"{opening}: {self.reason}"

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def save(self, path: str | Path) -> Path:
        """Write the table as .csv or .parquet, or all as .json."""
        record = {"finding": self.finding, "output": self.output, "provenance": self.provenance}
        return save_result(path, {"spiral": self.table}, record)


def spiral_verdict(
    posterior: Posterior,
    output: str = PEAK,
    threshold: float = 1.0,
    level: float = 0.9,
    prior_draws: int = 1000,
) -> SpiralVerdict:
    """Return the probability that a number passes a threshold, and what may be said of it.

    "Cannot tell" where the posterior straddles the threshold, where figures changed the odds by
    less than a factor of three, where another prior would change the answer, or where too many
    draws failed.

    Parameters
    ----------
    posterior : Posterior
    output : str
        Any output with one number a run, over the years fitted: "peak spiral number",
        "spiral number at 1914", "reaction gain max". In a linear model the two are one.
    threshold : float
    level : float
        A verdict wants its tail below half of what is left: .05 at .9.
    prior_draws : int

    Returns
    -------
    SpiralVerdict

    Raises
    ------
    InputError
        For an output that is no single number a run.

    Source
    ------
    MODEL.md 4.3 for the spiral number; Kallioinen, Paananen, Buerkner and Vehtari (2024) for
    priors changed by their power.
    """
    import pandas as pd

    check_count(prior_draws, 100, "prior_draws")
    target = posterior.target
    after = _output(posterior, posterior.points, output)
    x, _ = target.draw_prior(prior_draws, int(posterior.settings["seed"]) + 1)
    before = _output(posterior, target.points(x), output)
    worth = posterior.effective
    rows = [
        _row("prior", before, threshold, level, prior_draws),
        _row("posterior", after, threshold, level, min(worth, len(after))),
    ]
    for name, weights in _other_priors(posterior).items():
        rows.append(_weighted_row(name, after, weights, threshold, level, worth / len(after)))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    verdict, reason = judge(table, level, what_of(output, threshold))
    values = {"prior": before[np.isfinite(before)], "posterior": after[np.isfinite(after)]}
    return SpiralVerdict(verdict, reason, table, output, threshold, values, posterior.provenance)


def what_of(output: str, threshold: float) -> str:
    """Return how a sentence names the event.

    >>> what_of("peak spiral number", 1.0)
    'the peak spiral number exceeds 1'
    """
    return f"the {output} exceeds {threshold:g}"


def judge(table: pd.DataFrame, level: float, what: str) -> tuple[str, str]:
    """Return the verdict and its reason from the probabilities under each belief.

    Parameters
    ----------
    table : DataFrame
        Prior first, posterior second, other priors after them; columns belief, probability,
        n, failed, k_hat, verdict.
    level : float
    what : str
        Of which the probabilities are.
    """
    prior, after = table.iloc[0], table.iloc[1]
    told = f"the probability that {what} is {after['probability']:.2f}, {_before(prior)}"
    if after["failed"] > MANY_FAILED * (after["n"] + after["failed"]):
        return UNKNOWN, f"{after['failed']} of {after['n'] + after['failed']} draws failed."
    if after["verdict"] == UNKNOWN:
        return UNKNOWN, f"{told}; the posterior straddles the threshold."
    change = _odds(after) / _odds(prior)
    if max(change, 1 / change) < LITTLE:
        return UNKNOWN, f"{told}; the figures moved it little."
    others = table.iloc[2:]
    trusted = others[others["k_hat"] < 0.7]
    other = trusted[trusted["verdict"] != after["verdict"]]
    if len(other):
        row = other.iloc[0]
        return UNKNOWN, f"{told}; under a prior that is {row['belief']} it is " + (
            f"{row['probability']:.2f}."
        )
    if len(others) and not len(trusted):
        return UNKNOWN, f"{told}; the prior decides, no other can be tried on these draws."
    return str(after["verdict"]), f"{told}; other priors agree."


def _before(prior: Any) -> str:
    text = f"{prior['probability']:.2f} before the figures"
    tried = prior["n"] + prior["failed"]
    if prior["failed"] > MANY_FAILED * tried:
        text += f" (of {tried} draws of the prior {prior['failed']} failed and are left out)"
    return text


def _odds(row: Any) -> float:
    """Odds, kept off 0 and infinity by half a draw."""
    count = max(float(row["n"]), 1.0)
    share = (row["probability"] * count + 0.5) / (count + 1)
    return float(share / (1 - share))


def _output(posterior: Posterior, points: np.ndarray, output: str) -> np.ndarray:
    """One number a draw, NaN where a member failed."""
    problem = posterior.problem
    first, last = problem.first, int(problem.observed.years[-1])
    settings = {"rtol": 1e-6, "progress": False, "stragglers": "drop", **problem.options}
    run = problem.case.run_ensemble(
        problem.constants(points), times=range(first, last + 2), outputs=[output], **settings
    )
    found = run[key(output)] if key(output) in run else next(iter(run.data_vars.values()))
    if found.dims != ("member",):
        message = f"{output!r} is no single number a run."
        remedy = 'Give "peak spiral number", or a number at a time: "spiral number at 1914".'
        raise InputError(Finding("error", message, "output", remedy=remedy))
    return np.asarray(found.values, dtype=float)


def _other_priors(posterior: Posterior) -> dict[str, Weights]:
    """Weights of the draws kept under other priors."""
    target, problem = posterior.target, posterior.problem
    x, _ = posterior.few
    flat = x.reshape(-1, x.shape[-1])
    log_prior = target.log_prior(flat)
    with np.errstate(all="ignore"):
        scaled = problem.log_prior(target.points(flat))
    ratios = {
        "half as strong": -0.5 * log_prior,
        "twice as strong": log_prior,
        "flat": -log_prior,
        "flat on the fitting scale": -np.where(np.isfinite(scaled), scaled, np.inf),
    }
    return {name: smoothed(each - each.max()) for name, each in ratios.items()}


def _alone(share: float, level: float) -> str:
    tail = (1 - level) / 2
    return SPIRAL if share >= 1 - tail else CALM if share <= tail else UNKNOWN


def _row(
    name: str, values: np.ndarray, threshold: float, level: float, worth: float
) -> tuple[Any, ...]:
    good = values[np.isfinite(values)]
    if not len(good):
        return (name, np.nan, np.nan, np.nan, np.nan, 0, len(values), np.nan, UNKNOWN)
    share = float((good > threshold).mean())
    error = float(np.sqrt(max(share * (1 - share), 1 / worth) / worth))
    low, high = np.quantile(good, [(1 - level) / 2, (1 + level) / 2])
    failed = len(values) - len(good)
    return (name, share, error, low, high, len(good), failed, np.nan, _alone(share, level))


def _weighted_row(
    name: str, values: np.ndarray, weights: Weights, threshold: float, level: float, worth: float
) -> tuple[Any, ...]:
    good = np.isfinite(values)
    if not good.any() or not weights.values[good].sum() > 0:
        return (name, np.nan, np.nan, np.nan, np.nan, 0, int((~good).sum()), np.inf, UNKNOWN)
    own = weights.values[good] / weights.values[good].sum()
    share = float(own[values[good] > threshold].sum())
    count = max(effective(own) * min(worth, 1.0), 1.0)
    error = float(np.sqrt(max(share * (1 - share), 1 / count) / count))
    order = np.argsort(values[good])
    edges = np.cumsum(own[order])
    low, high = np.interp([(1 - level) / 2, (1 + level) / 2], edges, values[good][order])
    failed = int((~good).sum())
    alone = _alone(share, level)
    return (name, share, error, low, high, int(good.sum()), failed, weights.k_hat, alone)
