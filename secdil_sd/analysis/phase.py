"""The phase plane of two states: curves of rest, points of rest, the paths taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import root

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import key
from secdil_sd.simulation import gains

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.scenario import Scenario

POINTS = 121
COLUMNS = ("x", "y", "kind", "year", "stable")


def phase_portrait(case: Scenario, points: int = POINTS) -> pd.DataFrame:
    """Return what a phase portrait of a two-state rivalry shows.

    Beliefs and stocks of arms are settled to the spending at each point; GDP, community and
    everything measured are those of the last year of the run.

    Parameters
    ----------
    case : Scenario
        With two states and roles.
    points : int
        Grid points a side.

    Returns
    -------
    DataFrame
        Columns x, y (spending of the first and second state), kind ("nullcline <state>",
        "trajectory", "data", "equilibrium"), year, stable.

    Raises
    ------
    InputError
        If the model has not exactly two states.
    """
    import pandas as pd

    case.refuse_cases()
    if len(case.states) != 2 or not case.model.gains:
        count = len(case.states)
        message = f"A phase portrait needs two states with spending; {case.name!r} has {count}."
        raise InputError(Finding("error", message, remedy="Choose two with with_subscripts."))
    plane = _Plane(case)
    parts = [plane.trajectory(), plane.history()]
    reach = np.max([each[["x", "y"]].max().to_numpy() for each in parts if len(each)], axis=0)
    rest = plane.rest(1.6 * reach)
    inside = rest[(rest["x"] <= 3 * reach[0]) & (rest["y"] <= 3 * reach[1])]
    if len(inside):
        reach = np.maximum(reach, inside[["x", "y"]].max().to_numpy())
    parts += [plane.nullclines(1.15 * reach, points), inside]
    return pd.concat([each for each in parts if len(each)], ignore_index=True)[list(COLUMNS)]


class _Plane:
    def __init__(self, case: Scenario) -> None:
        self.case = case
        roles = case.model.companion.roles
        self.name = case.model.system.names[roles["spending"]]
        self.setup = case.setup(outputs=[self.name])[0]
        self.run = case.run(outputs=[self.name])
        self.time = float(self.setup.times[-1])
        from secdil_sd.simulation.engine import simulate

        self.last = np.asarray(simulate(self.setup).solution.states[-1])
        slot = self.setup.compiler.schedule(self.setup.system, self.setup.values).slots[self.name]
        self.place = slice(slot.offset, slot.offset + slot.size)
        self.looped = all(each in roles for each in gains.LOOP_ROLES)
        self.roles = roles

    def rates(self, members: int | None) -> Callable[[np.ndarray], np.ndarray]:
        """Return how fast spending changes, (2[, member]), at given spending of the same shape."""
        trailing = () if members is None else (members,)
        base = np.broadcast_to(
            self.last.reshape(-1, *(1,) * len(trailing)), (len(self.last), *trailing)
        )
        loop = gains.Loop(self.setup, self.roles, None, members) if self.looped else None
        bound = None if self.looped else self.setup.bind((), None, members)

        def rates(spending: np.ndarray) -> np.ndarray:
            y = base.copy()
            y[self.place] = spending
            with np.errstate(all="ignore"):
                if loop is not None:
                    return loop.armament_rate(self.time, y)
                assert bound is not None
                out = np.empty_like(y)
                bound.derivatives(self.time, y, out)
                return out[self.place]

        return rates

    def trajectory(self) -> pd.DataFrame:
        import pandas as pd

        values = self.run[key(self.name)].transpose("time", ...).values
        years = self.run["time"].values
        return pd.DataFrame(
            {
                "x": values[:, 0],
                "y": values[:, 1],
                "kind": "trajectory",
                "year": years,
                "stable": False,
            }
        )

    def history(self) -> pd.DataFrame:
        import pandas as pd

        if self.case.data is None:
            return pd.DataFrame(columns=list(COLUMNS))
        own = self.case.data[self.case.data["variable"] == self.name]
        wide = own.pivot(index="year", columns="state", values="value").dropna()
        first, second = self.case.states
        return pd.DataFrame(
            {
                "x": wide[first].to_numpy(),
                "y": wide[second].to_numpy(),
                "kind": "data",
                "year": wide.index.to_numpy(),
                "stable": False,
            }
        )

    def nullclines(self, reach: np.ndarray, points: int) -> pd.DataFrame:
        """Where each state's spending stands still, traced on a grid, each crossing refined."""
        import pandas as pd

        axes = [np.linspace(1e-3 * top, top, points) for top in reach]
        x, y = np.meshgrid(*axes, indexing="ij")
        field = self.rates(points * points)(np.stack([x.ravel(), y.ravel()]))
        parts = []
        for place, state in enumerate(self.case.states):
            signed = field[place].reshape(points, points)
            if place == 1:
                signed = signed.T
            along, across = axes[place], axes[1 - place]
            found = _crossings(signed, along, across)
            x_y = found if place == 0 else found[:, ::-1]
            parts.append(
                pd.DataFrame(
                    {
                        "x": x_y[:, 0],
                        "y": x_y[:, 1],
                        "kind": f"nullcline {state}",
                        "year": np.nan,
                        "stable": False,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def rest(self, reach: np.ndarray) -> pd.DataFrame:
        """Points where both stand still, with the spiral number's verdict on each."""
        import pandas as pd

        rates = self.rates(None)
        found: list[np.ndarray] = []
        levels = np.array([0.02, 0.1, 0.3, 0.6, 1.0, 1.8])
        for a in levels:
            for b in levels:
                start = np.array([a, b]) * reach
                done = root(lambda m: rates(m) / reach, start, tol=1e-12)
                good = (
                    done.success
                    and (done.x > 0).all()
                    and np.max(np.abs(rates(done.x) / reach)) < 1e-8
                )
                if good and not any(np.allclose(done.x, each, rtol=1e-5) for each in found):
                    found.append(done.x)
        rows = [
            {
                "x": each[0],
                "y": each[1],
                "kind": "equilibrium",
                "year": np.nan,
                "stable": self._stable(each),
            }
            for each in found
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _stable(self, spending: np.ndarray) -> bool:
        y = self.last.copy()
        y[self.place] = spending
        moment = replace(self.setup, times=np.array([self.time, self.time + self.setup.step]))
        number = gains.gains(moment, self.roles, np.stack([y, y]), (gains.SPIRAL_NUMBER,))
        return bool(number[gains.SPIRAL_NUMBER][0] < 1)


def _crossings(signed: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return points (along, across) where ``signed`` (along, across) changes sign, as one curve.

    Branches follow one another, parted by NaN.
    """
    branches: dict[int, list[tuple[float, float]]] = {}
    for j, height in enumerate(across):
        column = signed[:, j]
        places = np.flatnonzero(column[:-1] * column[1:] < 0)
        for branch, k in enumerate(places):
            share = column[k] / (column[k] - column[k + 1])
            spot = along[k] + share * (along[k + 1] - along[k])
            branches.setdefault(branch, []).append((float(spot), float(height)))
    rows: list[tuple[float, float]] = []
    for curve in branches.values():
        rows += [*curve, (float("nan"), float("nan"))]
    return np.array(rows[:-1] or np.empty((0, 2))).reshape(-1, 2)
