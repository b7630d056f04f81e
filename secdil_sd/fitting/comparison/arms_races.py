"""Richardson's linear arms race and its restrictions, integrated exactly from figure to figure.

Each is what the bundled model files say with all extensions off: `richardson.mdl`, without
reaction (self-stimulation), with shares of GDP for dollars (burden: `security_dilemma.mdl` with
a size exponent of 1), or with capability in place of spending (stocks: a stock weight of 1). A
linear system has an exact solution, so nothing is differenced and nothing is stepped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from secdil_sd.fitting.comparison.equation import Family, logarithm, unbounded
from secdil_sd.fitting.comparison.exponentials import year_operators


@dataclass(frozen=True)
class ArmsRace:
    """x_i' = reaction_i sum_j rivals_ij A_j - fatigue_i x_i + grievance_i.

    Parameters
    ----------
    name, family, shared
        As `Equation`.
    rivals : array (state, state)
        Who answers whom; all zero: self-stimulation (Wagner, Perkins and Taagepera, 1975).
    obsolescence : array (state,) or None [1/yr]
        Given: rivals answer obsolescence times capability, the perpetual inventory of spending
        (Ward, 1984). None: they answer spending (Richardson, 1960).
    outputs : array (year, state) or None
        Logarithms of GDP. Given: spending is a share of it in the equation, and the density is
        still that of log spending: with GDP known, log share differs from it by a constant.
    """

    name: str
    family: Family
    rivals: np.ndarray = field(repr=False)
    obsolescence: np.ndarray | None = field(default=None, repr=False)
    outputs: np.ndarray | None = field(default=None, repr=False)
    shared: bool = True

    @property
    def reacting(self) -> bool:
        """Whether anybody answers anybody."""
        return bool(self.rivals.any())

    @property
    def held(self) -> None:
        """None: all numbers are fitted together."""
        return None

    def names(self, states: Sequence[str]) -> tuple[str, ...]:
        """Return reaction (if any), fatigue and grievance of each state."""
        words = ("reaction", "fatigue", "grievance") if self.reacting else ("fatigue", "grievance")
        return tuple(f"{word}.{state}" for state in states for word in words)

    def starts(self, logs: np.ndarray) -> np.ndarray:
        """Return two points: least squares on yearly changes, and growth with no reaction."""
        x = np.exp(self._own(logs[None]))[0]
        seen = self._seen(logs[None])[0]
        answered = seen @ self.rivals.T
        regressed, routine = [], []
        for k in range(logs.shape[1]):
            now = x[1:-1, k]
            growth = np.log(x[2:, k] / now)
            columns = [answered[1:-1, k] / now] if self.reacting else []
            terms = np.stack([*columns, -np.ones_like(now), 1 / now], axis=-1)
            regressed.append(np.linalg.lstsq(terms, growth, rcond=1e-8)[0])
            routine.append([*([0.0] if self.reacting else []), -growth.mean(), 0.0])
        return np.stack([np.concatenate(regressed), np.concatenate(routine)])

    def bounds(self, states: int) -> tuple[np.ndarray, np.ndarray]:
        """Return none: every number is meaningful, a reaction below zero is an inverse one."""
        return unbounded((3 if self.reacting else 2) * states)

    def innovations(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Return log figures minus log means of the year that the year before led to."""
        own = self._own(logs)
        _, mean = year_operators(self._matrices(points, logs.shape[-1]))
        started = self._stacked(np.exp(own), logs)[:, 1:-1]
        ahead = np.einsum("mij,mtj->mti", mean[:, : logs.shape[-1]], started)
        return own[:, 2:] - logarithm(ahead, own[:, 1:-1])

    def paths(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray:
        """Integrate on from the last figures."""
        own = self._own(logs)
        found = self._onward(self._stacked(np.exp(own), logs)[:, -1], points, steps, own[:, -1])
        return found + self._outputs_ahead(logs.shape[1], steps)

    def free_run(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray:
        """Integrate from the second figures through the history and on, (member, year, state)."""
        own = self._own(logs)
        begin = self._stacked(np.exp(own[:, :2]), logs[:, :2])[:, -1]
        years = logs.shape[1] - 2
        found = self._onward(begin, points, years + steps, own[:, 1])
        if self.outputs is None:
            return found
        ahead = self._outputs_ahead(logs.shape[1], steps)
        return found + np.concatenate([self.outputs[2 : logs.shape[1]], ahead])

    def extra_variance(self, logs: np.ndarray, steps: int) -> np.ndarray:
        """Return what not knowing later GDP adds, (step, state): zero for dollars."""
        if self.outputs is None:
            return np.zeros((steps, logs.shape[-1]))
        growth = np.diff(self.outputs[: logs.shape[-2]], axis=0)
        ahead = np.arange(1, steps + 1)[:, None]
        return growth.var(axis=0, ddof=1) * (ahead + ahead**2 / len(growth))

    def _matrices(self, points: np.ndarray, states: int) -> np.ndarray:
        """M of z' = M z with z = spending, capability if it is answered, 1."""
        values = points.reshape(len(points), states, -1)
        fatigue, grievance = values[..., -2], values[..., -1]
        answers = values[..., :1] * self.rivals if self.reacting else np.zeros((states, states))
        size = states + 1 if self.obsolescence is None else 2 * states + 1
        found = np.zeros((len(points), size, size))
        place = np.arange(states)
        if self.obsolescence is None:
            found[:, :states, :states] = answers
        else:
            stocks = states + place
            found[:, :states, states : 2 * states] = answers * self.obsolescence
            found[:, stocks, place] = 1.0
            found[:, stocks, stocks] = -self.obsolescence
        found[:, place, place] -= fatigue
        found[:, :states, -1] = grievance
        return found

    def _stacked(self, x: np.ndarray, logs: np.ndarray) -> np.ndarray:
        """The state of the system in the middle of each year, (member, year, n)."""
        parts = [x, np.ones((*x.shape[:2], 1))]
        if self.obsolescence is not None:
            parts.insert(1, self._inventory(x))
        return np.concatenate(parts, axis=-1)

    def _seen(self, logs: np.ndarray) -> np.ndarray:
        """What rivals answer, (member, year, state)."""
        x = np.exp(self._own(logs))
        return x if self.obsolescence is None else self.obsolescence * self._inventory(x)

    def _inventory(self, x: np.ndarray) -> np.ndarray:
        """Capability by perpetual inventory, begun where the first year's spending keeps it."""
        assert self.obsolescence is not None
        kept = np.exp(-self.obsolescence)
        bought = (1 - kept) / self.obsolescence
        stocks = [x[:, 0] / self.obsolescence]
        for year in range(1, x.shape[1]):
            stocks.append(kept * stocks[-1] + bought * (x[:, year - 1] + x[:, year]) / 2)
        return np.stack(stocks, axis=1)

    def _onward(
        self, begin: np.ndarray, points: np.ndarray, steps: int, last: np.ndarray
    ) -> np.ndarray:
        states = last.shape[-1]
        step, mean = year_operators(self._matrices(points, states))
        found = []
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                ahead = np.einsum("mij,mj->mi", mean[:, :states], begin)
                found.append(logarithm(ahead, last))
                begin = np.einsum("mij,mj->mi", step, begin)
        return np.stack(found, axis=1)

    def _own(self, logs: np.ndarray) -> np.ndarray:
        """Spending in the unit of the equation, as logarithms."""
        return logs if self.outputs is None else logs - self.outputs[: logs.shape[-2]]

    def _outputs_ahead(self, years: int, steps: int) -> np.ndarray | float:
        """GDP after the last year, continued at its mean growth up to then."""
        if self.outputs is None:
            return 0.0
        known = self.outputs[:years]
        growth = (known[-1] - known[0]) / (years - 1)
        return known[-1] + growth * np.arange(1, steps + 1)[:, None]
