"""What is believed of fitted numbers after the figures, beside what was believed before."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import check_count, check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, SolveError
from secdil_sd.fitting.posterior.chains import LEAST, Chains, check_walkers, run_chains
from secdil_sd.fitting.posterior.quick import Draws, draw
from secdil_sd.fitting.posterior.target import Target, target_of
from secdil_sd.fitting.problem import Problem
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.fit import Fit
    from secdil_sd.fitting.posterior.spiral import SpiralVerdict
    from secdil_sd.simulation.companion import Distribution

METHODS = ("emcee", "quick")
LEARNED, PARTLY = 0.75, 0.25
"""Share of the prior variance that the figures removed, from which a number counts as learned
(its spread at least halved) or as partly learned."""
SHIFTED = 1.0
"""Prior standard deviations by which a mean has to move to count as partly learned anyway."""
PRIOR_DRAWS = 4000
SUMMARY_COLUMNS = (
    "parameter",
    "prior_mean",
    "prior_low",
    "prior_high",
    "mean",
    "sd",
    "low",
    "high",
    "contraction",
    "moved",
    "rhat",
    "ess_bulk",
    "ess_tail",
    "settled",
)


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of fitted numbers given the figures; made by `posterior`.

    Parameters
    ----------
    target : Target
        The density drawn from: prior times likelihood.
    quick : Draws
        The quick draws the chains began from, or all there are.
    chains : Chains or None
        None where quick draws were asked for.
    settings : mapping
        Method, seed, walkers, steps.
    kept : int
        Draws that predictions and tables of draws take, evenly from all.
    """

    target: Target = field(repr=False)
    quick: Draws = field(repr=False)
    chains: Chains | None = field(repr=False)
    settings: dict[str, Any]
    kept: int

    @property
    def problem(self) -> Problem:
        """What was fitted to what."""
        return self.target.problem

    @property
    def values(self) -> np.ndarray:
        """All draws in natural units, the spread last, (chain, draw, number)."""
        x, spread = self._whole
        return np.concatenate([self.target.natural(x), spread[..., None]], axis=-1)

    @cached_property
    def few(self) -> tuple[np.ndarray, np.ndarray]:
        """The draws kept: coordinates (chain, draw, coordinate) and spreads (chain, draw)."""
        x, spread = self._whole
        step = max(x.shape[0] * x.shape[1] // max(self.kept, 1), 1)
        return x[:, ::step], spread[:, ::step]

    @property
    def points(self) -> np.ndarray:
        """The draws kept as points on the fitting scale, (draw, parameter)."""
        x, _ = self.few
        return self.target.points(x.reshape(-1, x.shape[-1]))

    @property
    def samples(self) -> pd.DataFrame:
        """The draws kept as samples of the model's constants, for any ensemble."""
        return self.problem.constants(self.points)

    def draws(self, count: int = 200, seed: Any = 1) -> pd.DataFrame:
        """Return some of all draws as samples of the model's constants, as `Fit.to_scenario` takes.

        Parameters
        ----------
        count : int
        seed : int or Generator
        """
        x, _ = self._whole
        flat = x.reshape(-1, x.shape[-1])
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(flat), count, replace=count > len(flat))
        return self.problem.constants(self.target.points(flat[chosen]))

    @property
    def effective(self) -> float:
        """The least number of effective draws of any number, bulk or tail."""
        if self.chains is None:
            return self.quick.effective
        return float(np.nanmin([self.chains.ess_bulk, self.chains.ess_tail]))

    @property
    def settled(self) -> bool:
        """Whether the chains tell the same and there are enough draws."""
        if self.chains is None:
            return self.quick.settled and self.quick.effective >= LEAST
        return self.chains.enough and self.chains.alike

    @cached_property
    def prior_values(self) -> np.ndarray:
        """Draws of the prior in natural units, the spread last, (draw, number)."""
        x, spread = self.target.draw_prior(PRIOR_DRAWS, int(self.settings["seed"]))
        return np.concatenate([self.target.natural(x), spread[:, None]], axis=-1)

    def summary(self, level: float = 0.9) -> pd.DataFrame:
        """Return prior and posterior side by side, a row a number.

        Parameters
        ----------
        level : float
            Of the central intervals.

        Returns
        -------
        DataFrame
            Columns parameter, prior_mean, prior_low, prior_high, mean, sd, low, high (natural
            units), contraction (1 minus posterior over prior variance), moved ("learned",
            "partly learned", "barely moved"), rhat, ess_bulk, ess_tail, settled.

        Raises
        ------
        SolveError
            If there are fewer than 400 effective draws: such numbers would mislead.
        """
        import pandas as pd

        self._refuse_few()
        tails = [(1 - level) / 2, (1 + level) / 2]
        flat = self.values.reshape(-1, len(self.target.names))
        before = self.prior_values
        rhat, bulk, tail = self._diagnostics()
        rows = []
        for k, name in enumerate(self.target.names):
            old, new = before[:, k], flat[:, k]
            contraction = 1 - float(new.var() / old.var())
            shift = abs(new.mean() - old.mean()) / old.std()
            settled = self.settled if self.chains is None else bool(rhat[k] < 1.01)
            rows.append(
                (
                    name,
                    float(old.mean()),
                    *map(float, np.quantile(old, tails)),
                    float(new.mean()),
                    float(new.std()),
                    *map(float, np.quantile(new, tails)),
                    contraction,
                    moved(contraction, float(shift)),
                    rhat[k],
                    bulk[k],
                    tail[k],
                    settled,
                )
            )
        return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))

    @property
    def finding(self) -> str:
        """What the figures taught, in a sentence."""
        table = self.summary()
        table = table[table["parameter"] != self.target.names[-1]]
        learned = list(table.loc[table["moved"] == "learned", "parameter"])
        barely = list(table.loc[table["moved"] == "barely moved", "parameter"])
        text = f"The figures taught {len(learned)} of {len(table)} numbers"
        if barely:
            text += f"; {', '.join(barely)} barely moved from the prior"
        return text + "."

    def predict(self, kind: str = "mean", years: Any = None, level: float = 0.9) -> pd.DataFrame:
        """Return the model's yearly figures with a band, over the draws kept.

        Parameters
        ----------
        kind : {"mean", "observation"}
            The band of the model's path, or of figures that scatter about it.
        years : iterable of int, optional
            Default the years observed.
        level : float

        Returns
        -------
        DataFrame
            Columns state, year, value (the median), low, high, failed.
        """
        from secdil_sd.fitting.posterior.predictive import predicted_table

        return predicted_table(self, kind, years, level)

    def spiral(self, output: str = "peak spiral number", **options: Any) -> SpiralVerdict:
        """Return whether the figures say that this is a spiral; as `spiral_verdict`."""
        from secdil_sd.fitting.posterior.spiral import spiral_verdict

        return spiral_verdict(self, output, **options)

    def to_arviz(self) -> Any:
        """Return the draws kept as ArviZ keeps them.

        Returns
        -------
        xarray.DataTree
            Groups posterior, prior, sample_stats, log_likelihood, posterior_predictive and
            observed_data; constants by name with their subscripts as dimensions.
        """
        from secdil_sd.fitting.posterior.inference_data import to_arviz

        return to_arviz(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the draws kept in natural units: chain, draw, a column a number."""
        import pandas as pd

        x, spread = self.few
        chains, draws = x.shape[:2]
        table = pd.DataFrame(
            self.target.natural(x).reshape(-1, x.shape[-1]), columns=list(self.problem.names)
        )
        table.insert(0, "chain", np.repeat(np.arange(chains), draws))
        table.insert(1, "draw", np.tile(np.arange(draws), chains))
        return table.assign(**{self.target.names[-1]: spread.ravel()})

    @property
    def provenance(self) -> dict[str, str]:
        """What made the result: same inputs, same text."""
        from secdil_sd.provenance import fingerprint, provenance

        observed = self.problem.observed
        return provenance(
            analysis="posterior",
            model=self.problem.case.model.name,
            scenario=self.problem.case.name,
            figures=fingerprint({"years": observed.years, "values": observed.values}),
            noise=self.problem.noise.kind,
            **self.settings,
        )

    def save(self, path: str | Path) -> Path:
        """Write draws: .csv or .parquet a row a draw; .json with the summary.

        Raises
        ------
        InputError, FileError
            For an unknown ending, or a place that cannot be written.
        """
        tables = {"draws": self.to_dataframe()}
        record: dict[str, Any] = {"provenance": self.provenance, "quick": self.quick.note}
        if self.effective >= LEAST:
            tables["summary"] = self.summary()
            record["finding"] = self.finding
        return save_result(path, tables, record)

    @property
    def _whole(self) -> tuple[np.ndarray, np.ndarray]:
        if self.chains is None:
            return self.quick.x[None], self.quick.spread[None]
        return self.chains.x, self.chains.spread

    def _diagnostics(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self.chains is not None:
            return self.chains.rhat, self.chains.ess_bulk, self.chains.ess_tail
        worth = np.full(len(self.target.names), self.quick.effective)
        return np.full(len(worth), np.nan), worth, worth

    def _refuse_few(self) -> None:
        if self.effective >= LEAST:
            return
        if self.chains is None:
            did, remedy = f"{len(self.quick.x)} quick draws", "Take method='emcee', or more draws."
        else:
            did = f"{self.chains.steps} steps of {len(self.chains.x)} walkers"
            remedy = f"Allow more than steps={self.chains.steps}, fit fewer numbers, or tie some."
        message = (
            f"{did} are worth {self.effective:.0f} independent draws; nothing is summarised "
            f"below {LEAST:.0f}. The draws themselves are in to_dataframe()."
        )
        raise SolveError(Finding("error", message, remedy=remedy))


def moved(contraction: float, shift: float) -> str:
    """Return in words how far figures moved a number from its prior.

    Parameters
    ----------
    contraction : float
        1 minus posterior over prior variance.
    shift : float
        Of the mean, in prior standard deviations.

    >>> moved(0.9, 0.1), moved(0.1, 0.2), moved(-0.2, 1.5)
    ('learned', 'barely moved', 'partly learned')
    """
    if contraction >= LEARNED:
        return "learned"
    return "partly learned" if contraction >= PARTLY or shift >= SHIFTED else "barely moved"


@verb
def posterior(
    fit: Fit | Problem,
    draws: int = 2000,
    method: str = "emcee",
    seed: int = 1,
    walkers: int | None = None,
    steps: int = 3000,
    spread_prior: Distribution | None = None,
) -> Posterior:
    """Return the posterior of a fit: what figures leave of the prior.

    Parameters
    ----------
    fit : Fit or Problem
    draws : int
        Draws kept for predictions and exports, taken evenly from all.
    method : {"emcee", "quick"}
        Chains until they tell the same, or quick draws alone: seconds, with their worth.
    seed : int
    walkers : int, optional
        Chains, all simulated together; default 32 or twice the numbers fitted.
    steps : int
        The most of each walker; fewer if the chains settle.
    spread_prior : Distribution, optional
        Lognormal, of the spread of figures about the model.

    Returns
    -------
    Posterior

    Raises
    ------
    InputError
        For another method, or too few walkers, draws or steps.

    Source
    ------
    Foreman-Mackey et al. (2013); Vehtari et al. (2021) for when to stop.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.fit(sd.load_scenario("wwi_blocs"), parameters=["reaction[*]", "grievance",
    ...                "initial spending"], intervals=False, starts=8)
    >>> drawn = posterior(found, method="quick")
    >>> row = drawn.summary().set_index("parameter").loc["reaction[*]"]
    >>> bool(0.5 < row["mean"] < 1.1)
    True
    """
    if method not in METHODS:
        hint = suggestion(str(method), METHODS)
        raise InputError(Finding("error", f"method is {method!r}.", "method", remedy=hint))
    check_count(draws, 100, "draws")
    check_count(steps, 100, "steps")
    check_seed(seed)
    problem, point = (fit, None) if isinstance(fit, Problem) else (fit.problem, fit.best.point)
    target = target_of(problem, spread_prior)
    numbers = len(problem.free)
    chosen = max(32, 2 * numbers) if walkers is None else walkers
    check_walkers(chosen, numbers)
    quick = draw(target, point, max(draws, 1000), seed)
    chains = run_chains(quick, chosen, steps, seed) if method == "emcee" else None
    settings = {"method": method, "seed": seed, "steps": steps, "walkers": chosen, "draws": draws}
    return Posterior(target, quick, chains, settings, draws)
