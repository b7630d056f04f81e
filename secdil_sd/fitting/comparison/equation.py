"""What an explanation of yearly spending must say to be fitted, judged and asked for forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

Family = Literal["naive", "no reaction", "reaction", "own model"]

EDGE = np.log(100.0)
"""Forecasts of less than a hundredth, or more than a hundred times, the last figure are taken at
that edge and counted: a linear equation may fall below zero, where there is no logarithm."""


class Equation(Protocol):
    """One explanation: how this year's log spending follows from earlier years'.

    1. ``name`` is what a reader calls it, ``family`` what it says about reaction.
    2. ``shared`` says whether the shocks of a year go together across states.
    3. ``names`` has a name for each free number, the same count for every state.
    4. ``starts`` gives points (start, parameter) to begin a fit from, seeing one history;
       ``bounds`` the least and largest of each number.
    5. ``innovations`` gives what each year from the third on brought beyond the equation.
    6. ``paths`` continues histories without further shocks.
    7. ``free_run`` does so from the first figures on, never looking at later ones; None where
       the equation has no such thing.
    8. ``held`` is an equation whose own estimates are the first numbers of this one and are kept
       while the rest is fitted; None where all are fitted together.
    9. ``extra_variance`` is what forecasts miss besides shocks and the fit, per step and state.

    Arrays: logs (member, year, state), points (member, parameter), innovations (member, year - 2,
    state), paths (member, step, state). Only figures inside ``logs`` may be used.
    """

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> Family: ...

    @property
    def shared(self) -> bool: ...

    @property
    def held(self) -> Equation | None: ...

    def names(self, states: Sequence[str]) -> tuple[str, ...]: ...

    def starts(self, logs: np.ndarray) -> np.ndarray: ...

    def bounds(self, states: int) -> tuple[np.ndarray, np.ndarray]: ...

    def innovations(self, logs: np.ndarray, points: np.ndarray) -> np.ndarray: ...

    def paths(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray: ...

    def free_run(self, logs: np.ndarray, points: np.ndarray, steps: int) -> np.ndarray | None: ...

    def extra_variance(self, logs: np.ndarray, steps: int) -> np.ndarray: ...


def unbounded(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of numbers that may be anything.

    >>> unbounded(1)
    (array([-inf]), array([inf]))
    """
    return np.full(size, -np.inf), np.full(size, np.inf)


def logarithm(values: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return log values, taken at the edge where they leave what spending can be.

    Parameters
    ----------
    values : array
        Spending; may be negative or not finite.
    last : array
        Log figures that set the edges.

    Examples
    --------
    >>> np.exp(logarithm(np.array([2.0, -1.0, np.inf]), np.zeros(3))).round(2).tolist()
    [2.0, 0.01, 100.0]
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        found = np.log(np.maximum(values * np.exp(-last), 0.0))
    found = np.where(np.isnan(values), EDGE, found)
    return last + np.clip(found, -EDGE, EDGE)
