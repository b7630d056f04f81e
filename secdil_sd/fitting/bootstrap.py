"""Block bootstrap: figures drawn anew with their memory, all of them fitted in lockstep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import check_count, check_seed
from secdil_sd.errors import Finding, InputError
from secdil_sd.fitting.optimum import least_squares
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.together import Ask, in_lockstep

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit


FEWEST_YEARS = 10
MOST_LEVERAGE = 0.9


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """What fits to redrawn figures gave.

    Parameters
    ----------
    fit : Fit
    points : array (draw, parameter)
        On the fitting scale; those that converged.
    block : int
        Years that were kept together.
    failed : int
        Redrawn figures whose fit did not converge; counted, not imputed.
    """

    fit: Fit = field(repr=False)
    points: np.ndarray = field(repr=False)
    block: int
    failed: int

    @property
    def draws(self) -> pd.DataFrame:
        """The constants of each draw, as samples for `run_ensemble`."""
        return self.fit.problem.constants(self.points)

    def estimates(self, level: float | None = None) -> pd.DataFrame:
        """Return a row a number: value, low, high (percentiles), and ``wider``.

        ``wider`` is how many times the interval is that of the profile, which takes the noise of
        one year to say nothing about the next.
        """
        import pandas as pd

        share = level or self.fit.level
        if not 0 < share < 1:
            remedy = "Give a share, as level=0.9."
            raise InputError(Finding("error", f"level is {level!r}.", "level", remedy=remedy))
        tail = (1 - share) / 2
        natural = self.fit.problem.natural(self.points)
        low, high = np.quantile(natural, [tail, 1 - tail], axis=0)
        own = np.array([self.fit.interval(each, share) for each in self.fit.problem.names])
        with np.errstate(all="ignore"):
            wider = (high - low) / (own[:, 1] - own[:, 0])
        return pd.DataFrame(
            {
                "parameter": self.fit.problem.names,
                "value": list(self.fit.values.values()),
                "low": low,
                "high": high,
                "std_error": natural.std(axis=0, ddof=1),
                "wider": wider,
            }
        )


def bootstrap(fit: Fit, n: int = 200, block: int | None = None, seed: int = 1) -> Bootstrap:
    """Return fits to figures redrawn in blocks of years.

    Residuals are taken in blocks, the same years for all states, so that their memory and their
    dependence between states stay; they are added to the fitted path and fitted again.

    Parameters
    ----------
    fit : Fit
    n : int
        Redrawn histories.
    block : int, optional
        Years in a block; default by how long residuals last, at least the cube root of the years.
    seed : int

    Raises
    ------
    InputError
        For counts that are none, and histories too short to be drawn from.

    Source
    ------
    Künsch (1989); circular blocks after Politis and Romano (1992).
    """
    check_count(n, 2)
    check_seed(seed)
    problem = fit.problem
    years = len(problem.observed.years)
    if years < FEWEST_YEARS:
        message = f"{years} years are too few to draw histories from; {FEWEST_YEARS} are needed."
        remedy = "Use the profile-likelihood intervals in fit.estimates, or a posterior."
        raise InputError(Finding("error", message, "bootstrap", remedy=remedy))
    length = _length(fit) if block is None else block
    check_count(length, 1, "block")
    length = min(length, years)
    rng = np.random.default_rng(seed)
    redrawn = [_redrawn(fit, length, rng) for _ in range(n)]
    start = fit.best.point
    free = np.arange(len(start))

    def job(own: Problem) -> Any:
        def fitted(ask: Ask) -> Any:
            return least_squares(own, ask, start, free)

        return fitted

    found = in_lockstep([job(each) for each in redrawn], problem.paths)
    good = [each.point for each in found if each.converged and np.isfinite(each.loss)]
    points = np.array(good).reshape(-1, len(start))
    return Bootstrap(fit, points, length, n - len(good))


def _length(fit: Fit) -> int:
    """Years after which the most lasting residuals have forgotten; the cube root at least."""
    years = len(fit.problem.observed.years)
    memory = float(np.clip(fit.diagnostics["memory"].max(), 0.0, 0.95))
    lasting = int(np.ceil((1 + memory) / (1 - memory))) if memory > 0 else 1
    return int(np.clip(max(lasting, round(years ** (1 / 3))), 1, max(years // 3, 1)))


def _redrawn(fit: Fit, length: int, rng: np.random.Generator) -> Problem:
    """The problem with redrawn figures."""
    problem = fit.problem
    present = problem.observed.present
    residuals = np.full(present.shape, np.nan)
    residuals[present] = fit.best.residuals
    # Fitting has taken up part of the scatter, most of it where a figure has leverage.
    residuals[present] /= np.sqrt(1 - np.minimum(fit.residuals["leverage"], MOST_LEVERAGE))
    residuals -= np.nanmean(residuals, axis=1, keepdims=True)
    years = present.shape[1]
    begins = rng.integers(0, years, size=-(-years // length))
    order = ((begins[:, None] + np.arange(length)) % years).ravel()[:years]
    taken = residuals[:, order]
    for row, own in zip(taken, residuals, strict=True):
        holes = ~np.isfinite(row)
        row[holes] = rng.choice(own[np.isfinite(own)], size=int(holes.sum()))
    path = np.full(present.shape, np.nan)
    path[present] = problem.target + fit.best.residuals
    return problem.with_figures(problem.noise.back(path - taken))
