"""Dyads as members of one ensemble of Richardson's model: points in, logs of yearly means out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from secdil_sd.fitting.problem import BOOLE, QUARTERS
from secdil_sd.simulation.model import Model, load_model

OWN = ("first", "second")
"""Labels of a pair's states inside the ensemble; whose they are is the caller's to know."""
FIRST, FATIGUE, GRIEVANCE, REACTION = slice(0, 2), slice(2, 4), slice(4, 6), slice(6, 8)
TREND = slice(8, 10)
"""Places in a point: log of spending at the start, log of fatigue, grievance, reaction; and the
yearly growth of each state's own, about which the model's path runs."""
SOLVED, WIDTH = 8, 10
"""Numbers the model takes; numbers of a point."""
STEP = 1e-4
"""Of forward differences; points are logs or yearly rates, all of order one."""
RTOL = 1e-8
FLOOR = 1e-4
"""Share of a state's mean figure below which a path counts as this."""
SPAN = 3.29
"""Standard deviations that hold the middle nine tenths of a normal distribution."""


@dataclass(frozen=True, eq=False)
class Members:
    """The ensemble all dyads of a panel are run in.

    Spending of each state is in units of its own mean figure, so that no currency or size
    decides what a step or a tolerance is.

    Parameters
    ----------
    years : int
        Of the longest dyad.
    options : mapping
        For `run_ensemble`: backend, client, chunk, method, rtol.
    """

    years: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        """Richardson's model of two states."""
        return load_model("richardson", subscripts={"state": list(OWN)})

    def logs(self, points: np.ndarray) -> np.ndarray:
        """Return the logs of the model's yearly means.

        Parameters
        ----------
        points : array (point, 8 or more)

        Returns
        -------
        array (point, state, year)
            NaN where a member failed.
        """
        times = np.arange(self.years * QUARTERS + 1) / QUARTERS
        manner = {"rtol": RTOL, "progress": False, "stragglers": "drop", **self.options}
        run = self.model.run_ensemble(
            _constants(points), times=times, outputs=["spending"], **manner
        )
        values = run["spending"].transpose("member", "state", "time").values
        places = np.arange(self.years)[:, None] * QUARTERS + np.arange(QUARTERS + 1)
        with np.errstate(all="ignore"):
            means = values[..., places] @ BOOLE
            return np.log(np.maximum(means, FLOOR))

    def slopes(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the logs at points and their derivatives, by one ensemble.

        Returns
        -------
        logs : array (point, state, year)
        slopes : array (point, state, year, 8)
        """
        points = points[:, :SOLVED]
        moved = points[:, None, :] + STEP * np.vstack([np.zeros(SOLVED), np.eye(SOLVED)])
        found = self.logs(moved.reshape(-1, SOLVED))
        found = found.reshape(len(points), SOLVED + 1, *found.shape[1:])
        change = (found[:, 1:] - found[:, :1]) / STEP
        return found[:, 0], np.moveaxis(change, 1, -1)


class Normal(NamedTuple):
    """A normal distribution."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Beliefs:
    """What is believed of a panel before its figures are seen; from the ranges of model files.

    Parameters
    ----------
    fatigue : Normal
        Of the log of the typical fatigue.
    trend : Normal
        Of a state's own growth. [1/yr]
    grievance, reaction, size : Normal
        Of the typical grievance (per year, of mean spending), the typical reaction (per year)
        and the size exponent.
    typical : float
        The reaction the model file takes as its default: what would matter. [1/yr]
    """

    fatigue: Normal
    trend: Normal
    grievance: Normal
    reaction: Normal
    size: Normal
    typical: float


def beliefs() -> Beliefs:
    """Return the beliefs the bundled models' ranges imply.

    >>> round(beliefs().reaction.spread, 3)
    0.45
    """
    model = load_model("richardson")
    system = model.system
    low, high = (
        float(np.log(each or np.nan)) for each in (system["fatigue"].low, system["fatigue"].high)
    )
    most = float(system["reaction"].high or np.nan)
    sizes = load_model("security_dilemma").system["size exponent"]
    small, large = float(sizes.low or 0.0), float(sizes.high or np.nan)
    growth = load_model("security_dilemma").system["GDP growth"]
    fastest = float(max(abs(growth.low or 0.0), growth.high or 0.0))
    return Beliefs(
        Normal((low + high) / 2, (high - low) / SPAN),
        Normal(0.0, 2 * fastest / SPAN),
        # A grievance that keeps up mean spending alone is as large as fatigue.
        Normal(0.0, float(np.exp(high)) / 2),
        Normal(0.0, most / 2),
        Normal((small + large) / 2, (large - small) / SPAN),
        float(np.max(model.defaults.constants["reaction"])),
    )


def _constants(points: np.ndarray) -> Any:
    """Points as samples of the model's constants."""
    import pandas as pd

    one, two = OWN
    with np.errstate(over="ignore"):
        columns = {
            f"initial spending[{one}]": np.exp(points[:, 0]),
            f"initial spending[{two}]": np.exp(points[:, 1]),
            f"fatigue[{one}]": np.exp(points[:, 2]),
            f"fatigue[{two}]": np.exp(points[:, 3]),
            f"grievance[{one}]": points[:, 4],
            f"grievance[{two}]": points[:, 5],
            f"reaction[{one},{two}]": points[:, 6],
            f"reaction[{two},{one}]": points[:, 7],
        }
    return pd.DataFrame(columns)
