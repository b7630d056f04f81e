"""A fit: estimates with their intervals, what is identified, residuals, predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import check_count, check_seed
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.fitting import diagnostics, identifiability
from secdil_sd.fitting.draws import local_draws
from secdil_sd.fitting.optimum import Optimum
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.profile import Profile, profile_table, threshold

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.fitting.bootstrap import Bootstrap
    from secdil_sd.fitting.posterior.posterior import Posterior
    from secdil_sd.simulation.scenario import Scenario

LOOSE = 1.5
"""A number that another makes up for is not identified if its interval is wider than this, in
its own size."""
ENOUGH = 200
"""Draws made at least, to know whether they can be relied on; fewer are a part of them."""
ESTIMATE_COLUMNS = (
    "parameter",
    "value",
    "low",
    "high",
    "std_error",
    "scale",
    "lower_bound",
    "upper_bound",
    "at_bound",
    "open_low",
    "open_high",
    "identified",
)


@dataclass(frozen=True, eq=False)
class Fit:
    """What came of fitting a scenario to figures; made by `fit`.

    Parameters
    ----------
    problem : Problem
        What was fitted to what.
    best : Optimum
    profiles : tuple of Profile
        One a number fitted; empty if none were asked for.
    starts : DataFrame
        How each start ended: loss, steps, converged.
    level : float
        Of the intervals in ``estimates``.
    settings : mapping
        Method, seed and starts.
    """

    problem: Problem = field(repr=False)
    best: Optimum = field(repr=False)
    profiles: tuple[Profile, ...] = field(repr=False)
    starts: pd.DataFrame = field(repr=False)
    level: float
    settings: Mapping[str, Any]

    @property
    def case(self) -> Scenario:
        """The scenario with the estimates in."""
        return self.at(self.best.point)

    @property
    def values(self) -> dict[str, float]:
        """The estimates by name, in natural units."""
        found = self.problem.natural(self.best.point)
        return dict(zip(self.problem.names, map(float, found), strict=True))

    @property
    def spread(self) -> float:
        """Spread of the figures about the model, on the scale they are compared on.

        With memory, of what is new in each year.
        """
        left = max(self.problem.count - len(self.problem.free), 1)
        own = float(self.problem.noise.spread(self.problem.news(self.best.residuals)))
        return own * float(np.sqrt(self.problem.count / left))

    @property
    def memory(self) -> float:
        """Share of a year's residual that is left in the next; 0 where noise has no memory."""
        return float(self.problem.memory(self.best.residuals))

    @property
    def log_likelihood(self) -> float:
        """Of the figures, at the estimates and their most likely spread."""
        return -self.best.loss

    @cached_property
    def covariance(self) -> np.ndarray:
        """Of the estimates on the fitting scale; NaN for numbers on a bound."""
        return identifiability.covariance(self.problem, self.best)

    @property
    def correlation(self) -> pd.DataFrame:
        """Correlations of the estimates, by name."""
        return self._correlation.copy()

    @cached_property
    def _correlation(self) -> pd.DataFrame:
        import pandas as pd

        names = list(self.problem.names)
        related = identifiability.correlation(self.covariance)
        return pd.DataFrame(related, index=names, columns=names)

    @property
    def estimates(self) -> pd.DataFrame:
        """A row a number: value, interval, standard error, bounds, whether it is identified.

        Intervals are of profile likelihood at ``level``; where an end is open the profile
        reached a bound first, and the bound stands in its place. Standard errors are local.
        ``identified``: both ends lie inside the bounds, and where another number makes up for
        this one (see `identifiability`), it is still known within one and a half times its size.
        """
        return self._estimates.copy()

    @cached_property
    def _estimates(self) -> pd.DataFrame:
        import pandas as pd

        natural = self.problem.natural(self.best.point)
        slopes = np.abs(identifiability.natural_slopes(self.problem, self.best.point))
        with np.errstate(all="ignore"):
            errors = np.sqrt(np.diag(self.covariance)) * slopes
        made_up_for = {
            name
            for pair in identifiability.pairs(
                self.problem, self.best, self.profiles, self.threshold
            )
            for name in pair
        }
        rows = []
        for k, each in enumerate(self.problem.free):
            low, high, open_low, open_high = self._interval(k)
            loose = each.name in made_up_for and high - low > LOOSE * abs(natural[k])
            bound = int(self.best.bound[k])
            rows.append(
                (
                    each.name,
                    float(natural[k]),
                    low,
                    high,
                    float(errors[k]),
                    each.scale.kind,
                    each.low,
                    each.high,
                    {-1: "lower", 0: "", 1: "upper"}[bound],
                    open_low,
                    open_high,
                    bool(self.profiles) and not (open_low or open_high or bound or loose),
                )
            )
        return pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS))

    @property
    def finding(self) -> str:
        """How closely the model follows the figures, in a sentence."""
        from secdil_sd.fitting.findings import closeness

        return closeness(self)

    @property
    def identifiability(self) -> tuple[str, ...]:
        """What the figures can and cannot tell apart, a sentence each."""
        return identifiability.sentences(self.problem, self.best, self.profiles, self.threshold)

    def interval(self, name: str, level: float | None = None) -> tuple[float, float]:
        """Return a profile-likelihood interval in natural units.

        Parameters
        ----------
        name : str
            A number fitted.
        level : float, optional
            Up to .95; default the fit's own.

        Raises
        ------
        InputError
            For an unknown name.
        """
        return self._interval(self._place(name), level)[:2]

    def profile(self, *names: str) -> pd.DataFrame:
        """Return profiles: parameter, value, deviance, other_bound.

        Parameters
        ----------
        *names : str
            Default all numbers fitted.

        Raises
        ------
        InputError
            For an unknown name.
        """
        chosen = [self._place(each) for each in names] or range(len(self.profiles))
        table = profile_table([self.profiles[k] for k in chosen])
        table.attrs["thresholds"] = self.thresholds
        return table

    @property
    def threshold(self) -> float:
        """The deviance that bounds the intervals."""
        return self.thresholds[self.level]

    @property
    def thresholds(self) -> dict[float, float]:
        """The deviance that bounds intervals, by level: of one half, and of the fit's own."""
        count, fitted = self.problem.count, len(self.problem.free)
        return {each: threshold(each, count, fitted) for each in sorted({0.5, self.level})}

    @property
    def residuals(self) -> pd.DataFrame:
        """Figure by figure: state, year, figure, model, residual, standardized, leverage, cook."""
        return self._residuals.copy()

    @cached_property
    def _residuals(self) -> pd.DataFrame:
        return diagnostics.residual_table(self.problem, self.best)

    @property
    def diagnostics(self) -> pd.DataFrame:
        """A row a state: scatter, memory, shape of the residuals, and Theil's decomposition."""
        return self._diagnostics.copy()

    @cached_property
    def _diagnostics(self) -> pd.DataFrame:
        checks = diagnostics.residual_checks(self.residuals)
        sources = diagnostics.error_sources(self.residuals, self.problem.noise.logarithmic)
        return checks.merge(sources, on="state")

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the residuals say against the fit, in sentences."""
        own = diagnostics.remarks(self.residuals, self.diagnostics, self.problem.noise.lasting)
        return (*own, *self._caution)

    @property
    def _caution(self) -> tuple[str, ...]:
        """States that only grow side by side fit reaction too: say so where it seems found."""
        role = self.problem.case.model.companion.roles.get("reaction", "")
        found = self._estimates
        of_reaction = [each.columns[0].split("[")[0] == role for each in self.problem.free]
        if not (found["low"].to_numpy() > 0)[of_reaction].any():
            return ()
        return (
            "A reaction that fits is no proof of one: states that only grow side by side fit it "
            "as well. sd.compare and sd.screen hold it against rivals that cannot have reacted.",
        )

    @property
    def criteria(self) -> dict[str, float]:
        """Log likelihood, AICc and BIC; spread, and memory if any, count as numbers fitted."""
        n, k = self.problem.count, len(self.problem.free) + 1 + self.problem.noise.lasting
        corrected = 2 * k * n / (n - k - 1) if n - k - 1 > 0 else np.inf
        return {
            "log_likelihood": self.log_likelihood,
            "AICc": -2 * self.log_likelihood + corrected,
            "BIC": -2 * self.log_likelihood + k * float(np.log(n)),
        }

    def at(self, point: np.ndarray) -> Scenario:
        """Return the scenario with the values of a point in."""
        row = self.problem.constants(np.atleast_2d(point)).iloc[0]
        case = self.problem.case
        origins = dict(case.origins)
        for name in {each.columns[0].split("[")[0] for each in self.problem.free}:
            origins[name] = f"fitted: {self.settings.get('method', '')}, {self.problem.noise.kind}"
        return case.replace(params=row.to_dict(), origins=origins)

    def draws(self, count: int = 200, seed: Any = 1) -> pd.DataFrame:
        """Return draws of the fitted constants, as samples for `run_ensemble`.

        Of the posterior, by importance sampling about the estimates in seconds; `posterior`
        draws them by Markov chains.

        Parameters
        ----------
        count : int
        seed : int or Generator
        """
        from secdil_sd.fitting.posterior.quick import quick_draws

        check_count(count, 1, "count")
        found = quick_draws(self.problem, self.best.point, max(count, ENOUGH), seed).samples
        chosen = np.random.default_rng(seed).permutation(len(found))[:count]
        return found.iloc[chosen].reset_index(drop=True)

    def to_scenario(self, draws: int = 200, seed: int = 1, posterior: Any = None) -> Scenario:
        """Return the scenario with the estimates in, and draws of what the fit leaves open.

        Every analysis of it speaks over all the draws, a row as a whole: estimates depend on
        each other. ``run`` takes the estimates; ``run_draws`` all draws; `Scenario.replace` with
        ``params`` sets what it names in every draw.

        Parameters
        ----------
        draws : int
            At least 2.
        seed : int
        posterior : Posterior, optional
            Whose draws to take, by its ``draws(count, seed)``; default the fit's own.

        Raises
        ------
        InputError
            For fewer than two draws, a seed that is none, or draws that are not of this model.

        Examples
        --------
        >>> import secdil_sd as sd
        >>> blocs = sd.load_scenario("wwi_blocs")
        >>> found = sd.fit(blocs, parameters=["reaction[*]", "initial spending"], starts=8,
        ...                intervals=False)
        >>> cube = sd.sweep(found.to_scenario(draws=20), {"fatigue": [0.5, 2.0]},
        ...                 ["reaction gain final"], progress=False)
        >>> (cube["reaction_gain_final"] > 1).mean("draw").values.tolist()
        [1.0, 0.0]
        """
        findings: list[Finding] = []
        with collecting(findings):
            check_count(draws, 2, "draws")
        with collecting(findings):
            check_seed(seed)
        if posterior is not None and not callable(getattr(posterior, "draws", None)):
            message = f"A {type(posterior).__name__} is no posterior: it gives no draws."
            findings.append(Finding("error", message, "posterior"))
        if findings:
            raise InputError(*findings)
        table = (self if posterior is None else posterior).draws(draws, seed)
        return self.case.replace(draws=table)

    def local_draws(self, count: int, seed: Any = 1) -> np.ndarray:
        """Return points about the estimates as the figures alone allow, (draw, parameter)."""
        rng = np.random.default_rng(seed)
        return local_draws(self.problem, self.best, self.covariance, count, rng)

    def bootstrap(self, n: int = 200, block: int | None = None, seed: int = 1) -> Bootstrap:
        """Return fits to figures redrawn in blocks of years; see `bootstrap`."""
        from secdil_sd.fitting.bootstrap import bootstrap

        return bootstrap(self, n, block, seed)

    def posterior(self, draws: int = 2000, method: str = "emcee", **options: Any) -> Posterior:
        """Return what the figures leave of the prior, as draws; see `posterior`."""
        from secdil_sd.fitting.posterior.posterior import posterior

        return posterior(self, draws, method, **options)

    @property
    def influence(self) -> pd.DataFrame:
        """Figure by figure: how many standard errors each estimate would move without it."""
        return diagnostics.influence(self.problem, self.best)

    def predict(
        self,
        kind: str = "mean",
        years: Iterable[int] | None = None,
        level: float = 0.9,
        draws: int = 200,
        seed: Any = 1,
        points: np.ndarray | None = None,
    ) -> pd.DataFrame:
        """Return the model's yearly figures with a band.

        Parameters
        ----------
        kind : {"mean", "observation"}
            The band of the model's path, or of figures that scatter about it as the data do.
        years : iterable of int, optional
            Default the years observed; later ones are a forecast.
        level : float
        draws, seed : int
            Points the band is made of.
        points : array (point, parameter), optional
            Draws on the fitting scale, as of a posterior; default the fit's own.

        Returns
        -------
        DataFrame
            Columns state, year, value, low, high, figure (NaN where there is none).

        Raises
        ------
        InputError
            For another kind, and years before the start.
        """
        from secdil_sd.fitting.prediction import predict

        return predict(self, kind, years, level, draws, seed, points)

    def report(self) -> str:
        """Return the fit as text, for reading on a terminal."""
        from secdil_sd.fitting.text import fit_report

        return fit_report(self)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the estimates."""
        return self.estimates

    @property
    def provenance(self) -> dict[str, str]:
        """What made the result: same inputs, same text."""
        from secdil_sd.provenance import fingerprint, provenance

        observed = self.problem.observed
        return provenance(
            analysis="fit",
            model=self.problem.case.model.name,
            scenario=self.problem.case.name,
            figures=fingerprint({"years": observed.years, "values": observed.values}),
            variable=observed.variable,
            units=observed.units,
            price_basis=observed.price_basis,
            noise=self.problem.noise.kind,
            **self.settings,
        )

    def save(self, path: str | Path) -> Path:
        """Write the fit: estimates as .csv or .parquet; .json takes all that `load_fit` needs.

        Raises
        ------
        InputError, FileError
            For an unknown ending, or a place that cannot be written.
        """
        from secdil_sd.fitting.saved import fit_record

        tables = {
            "estimates": self.estimates,
            "profiles": self.profile() if self.profiles else self.estimates[:0],
            "residuals": self.residuals,
            "diagnostics": self.diagnostics,
        }
        return save_result(path, tables, fit_record(self))

    def to_changes(self, path: str | Path) -> Path:
        """Write the estimates as a Vensim changes file (.cin)."""
        from secdil_sd.simulation.changes import write_changes

        return write_changes(self.case, path)

    def _place(self, name: str) -> int:
        from secdil_sd.names import Names, split_selector

        base, chosen = split_selector(name)
        written = f"{base}[{','.join(chosen)}]" if chosen else base
        names = Names(self.problem.names, "fitted number")
        for text in (name, written):
            if text in names:
                return self.problem.names.index(names[text])
        raise InputError(names.unknown(name))

    def _interval(self, place: int, level: float | None = None) -> tuple[float, float, bool, bool]:
        if not self.profiles:
            return (np.nan, np.nan, False, False)
        count, fitted = self.problem.count, len(self.problem.free)
        bounded = threshold(level or self.level, count, fitted)
        low, high, *ends = self.profiles[place].interval(bounded)
        natural = self.problem.free[place].scale.to_natural([low, high])
        return float(natural[0]), float(natural[1]), ends[0], ends[1]
