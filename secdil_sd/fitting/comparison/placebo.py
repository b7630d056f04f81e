"""Whether reaction explains more of a history than of placebos in which nobody reacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from secdil_sd.fitting.comparison.equation import EDGE, Equation
from secdil_sd.fitting.comparison.estimation import Estimates, estimate, unbiased

if TYPE_CHECKING:
    import pandas as pd

SMOOTH = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class ReactionTest:
    """How much reaction adds to a history, beside what it adds to placebos.

    Parameters
    ----------
    names : tuple of str
        The equations with reaction.
    gains : array (equation,)
        Twice the gain in log likelihood over the same equation without reaction.
    placebo_gains : mapping of str to array (placebo, equation)
        By what the placebos were drawn from; NaN where a fit did not converge.
    estimates : tuple of Estimates
        Of the equations with reaction, on the history.
    """

    names: tuple[str, ...]
    gains: np.ndarray
    placebo_gains: dict[str, np.ndarray] = field(repr=False)
    estimates: tuple[Estimates, ...] = field(repr=False)

    @property
    def best(self) -> int:
        """The place of the equation that gains most; the first if no fit converged."""
        return int(np.argmax(np.nan_to_num(self.gains, nan=-np.inf)))

    @property
    def gain(self) -> float:
        """The best gain of the history."""
        return float(self.gains[self.best])

    @property
    def drawn(self) -> pd.DataFrame:
        """The best gain of each placebo: columns kind, gain."""
        import pandas as pd

        parts = [
            pd.DataFrame({"kind": kind, "gain": np.fmax.reduce(gains, axis=1)})
            for kind, gains in self.placebo_gains.items()
        ]
        return pd.concat(parts, ignore_index=True).dropna(ignore_index=True)

    @property
    def p_value(self) -> float:
        """Share of placebos whose best gain reaches the history's, for the most credulous kind.

        NaN where no fit to the history converged.
        """
        return self._share(self.gains[self.best], lambda gains: np.fmax.reduce(gains, axis=1))

    def _share(self, gain: float, of: Callable[[np.ndarray], np.ndarray]) -> float:
        if not np.isfinite(gain):
            return float("nan")
        shares = []
        for gains in self.placebo_gains.values():
            drawn = of(gains)
            drawn = drawn[np.isfinite(drawn)]
            shares.append((1 + np.sum(drawn >= gain)) / (1 + len(drawn)))
        return float(max(shares))


def hold_against_placebos(
    logs: np.ndarray,
    routine: Equation,
    reacting: Sequence[Equation],
    nulls: Sequence[Equation],
    placebos: int,
    seed: int,
    smooth: SMOOTH = lambda logs: logs,
) -> ReactionTest:
    """Hold a history against placebos drawn from equations in which nobody reacts.

    The gain of reaction has no textbook distribution: spending drifts, and two drifting series
    look related (Granger and Newbold, 1974). So its distribution is drawn: histories as long as
    this one, from the same first figures, with the same drift, persistence and shared shocks,
    but without reaction; the most credulous kind of placebo sets the share.

    Parameters
    ----------
    logs : array (year, state)
        As observed, not smoothed.
    routine : Equation
        Without reaction, nested in each of ``reacting``.
    reacting : sequence of Equation
    nulls : sequence of Equation
        What placebos are drawn from, at its likeliest parameters.
    placebos : int
        Of each kind.
    seed : int
    smooth : function, optional
        Applied to (member, year, state) before fitting, to history and placebos alike.
    """
    generator = np.random.default_rng(seed)
    own, fits = _gains(smooth(logs[None]), routine, reacting)
    drawn = {}
    for null in nulls:
        histories = draw_histories(null, estimate(null, logs[None]), logs, placebos, generator)
        drawn[null.name] = _gains(smooth(histories), routine, reacting)[0]
    names = tuple(each.name for each in reacting)
    return ReactionTest(names, own[0], drawn, fits)


def draw_histories(
    equation: Equation,
    fitted: Estimates,
    logs: np.ndarray,
    count: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return histories an equation might have brought from the same first two years.

    Parameters
    ----------
    equation : Equation
    fitted : Estimates
        Its estimates.
    logs : array (year, state)
        Gives the first two years and the length.
    count : int
    generator : Generator

    Returns
    -------
    array (count, year, state)
    """
    spread, _ = unbiased(fitted, equation.shared)
    years, states = logs.shape
    shocks = generator.multivariate_normal(np.zeros(states), spread, (count, years - 2))
    points = np.repeat(fitted.points, count, axis=0)
    found = np.repeat(logs[None, :2], count, axis=0)
    for year in range(years - 2):
        ahead = equation.paths(found, points, 1) + shocks[:, year : year + 1]
        found = np.concatenate([found, ahead], axis=1)
    return np.clip(found, logs[:2].mean(axis=0) - EDGE, logs[:2].mean(axis=0) + EDGE)


def _gains(
    logs: np.ndarray, routine: Equation, reacting: Sequence[Equation]
) -> tuple[np.ndarray, tuple[Estimates, ...]]:
    """Twice the gain of each equation over routine, (member, equation); never below zero."""
    without = estimate(routine, logs)
    fits = tuple(estimate(each, logs, _from_routine(each, without, logs)) for each in reacting)
    gains = [np.maximum(2 * (each.log_likelihood - without.log_likelihood), 0.0) for each in fits]
    good = [each.converged & without.converged for each in fits]
    return np.where(np.stack(good, 1), np.stack(gains, 1), np.nan), fits


def _from_routine(equation: Equation, without: Estimates, logs: np.ndarray) -> np.ndarray:
    """Where a fit with reaction begins: its own starts, and the optimum without reaction."""
    states = logs.shape[-1]
    values = without.points.reshape(len(logs), states, -1)
    nested = np.concatenate([np.zeros((len(logs), states, 1)), values], axis=-1)
    own = np.stack([equation.starts(each) for each in logs])
    return np.concatenate([own, nested.reshape(len(logs), 1, -1)], axis=1)
