"""Does a small increase die out, and where would things settle? Labels on the points of rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis import rest
from secdil_sd.analysis.point import Point
from secdil_sd.errors import FileError, Finding, InputError
from secdil_sd.simulation import gains

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario


@dataclass(frozen=True)
class Stability:
    """What happens to a small disturbance at one point.

    Parameters
    ----------
    stable : bool
        Judged by the Jacobian: every mode dies out.
    eigenvalues : array (mode,) of complex [1/yr]
        Leading first; entries that are held or only count are left out.
    table : DataFrame
        One row a mode: growth rate, time constant, period, the variables that move most.
    reaction_gain, spiral_number : float
        NaN where the model has none. Below 1 the spiral number agrees with ``stable``.
    place : str
        Where it was taken.
    """

    stable: bool
    eigenvalues: np.ndarray
    table: pd.DataFrame = field(repr=False)
    reaction_gain: float
    spiral_number: float
    place: str
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of modes."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the table as .csv, or everything as .json."""
        path = Path(path)
        if path.suffix not in (".csv", ".json"):
            remedy = "Use .csv or .json."
            raise InputError(
                Finding("error", f"No format ends in {path.suffix!r}.", str(path), remedy=remedy)
            )
        record = {
            "stable": self.stable,
            "place": self.place,
            "reaction_gain": self.reaction_gain,
            "spiral_number": self.spiral_number,
            "modes": json.loads(self.table.to_json(orient="records")),
            "provenance": dict(self.provenance),
        }
        text = (
            self.table.to_csv(index=False)
            if path.suffix == ".csv"
            else json.dumps(record, indent=1)
        )
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise FileError(
                Finding("error", f"{path} cannot be written: {error.strerror}.")
            ) from None
        return path

    def __str__(self) -> str:
        lead = self.eigenvalues[0]
        rate = abs(lead.real)
        span = f"{np.log(2) / max(rate, 1e-12):.3g} years"
        if self.stable:
            word = f"Stable {self.place}: a small disturbance dies out, "
            word += f"its slowest part by half every {span}."
        else:
            word = f"Unstable {self.place}: a small disturbance doubles every {span} at first."
        if np.isfinite(self.spiral_number):
            word += (
                f" Spiral number {self.spiral_number:.2f}, reaction gain {self.reaction_gain:.2f}."
            )
        return word


def stability(case: Scenario | Model, at: str | float | np.ndarray = "start") -> Stability:
    """Return what happens to a small disturbance.

    Parameters
    ----------
    case : Scenario or Model
    at : "start", "end", float or array (stock,)
        The state at the first or last time, at a time of the run, or a state of one's own.

    Returns
    -------
    Stability

    Raises
    ------
    InputError
        For a time outside the run.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> linear = sd.load_model("richardson")
    >>> stability(linear).stable
    True
    """
    point = Point(case)
    t, y, place = point.state(at)
    roles = point.roles(t, y)
    grown = point.growing(t)
    if grown:  # its growth is no answer to arms: judge arms and beliefs at the GDP of the moment
        roles = replace(roles, active=np.setdiff1d(roles.active, np.arange(len(y))[grown]))
        place += ", GDP taken as given"
    values, vectors = rest.modes(rest.jacobian(point.rates(t), y), roles)
    numbers = point.gains(t, y)
    return Stability(
        bool(values[0].real < 0) if len(values) else True,
        values,
        _modes_table(values, vectors, point.labels[roles.active]),
        numbers.get(gains.REACTION_GAIN, float("nan")),
        numbers.get(gains.SPIRAL_NUMBER, float("nan")),
        place,
        {"model": point.model.name, "time": f"{t:g}"},
    )


def equilibria(case: Scenario | Model, at: float | None = None) -> pd.DataFrame:
    """Return the points of rest, stable and unstable, found from many starts.

    Parameters
    ----------
    case : Scenario or Model
    at : float, optional
        The time whose conditions hold for ever (default: the last).

    Returns
    -------
    DataFrame
        One row a point: the stocks solved for (and the burden) by element, ``stable``,
        ``leading_eigenvalue`` [1/yr], ``reaction_gain``, ``spiral_number``, and how far to trust
        it: ``residual``, ``starts`` tried, ``held`` stocks. Sorted by the first stock.

    Raises
    ------
    InputError
        If a stock that others depend on grows without limit, as GDP does: nothing rests then.
    """
    import pandas as pd

    point = Point(case)
    t = float(point.setup.times[-1] if at is None else at)
    point.refuse_growth(t)
    rates = point.rates(t)
    roles = point.roles(t, point.start)
    starts = list(point.starts(t))
    low, high = point.bounds()
    found = rest.find_rest(rates, starts, roles, point.scale, low, high)
    rows = []
    for y in found:
        values, _ = rest.modes(rest.jacobian(rates, y), roles)
        numbers = point.gains(t, y)
        row: dict[str, Any] = {str(point.labels[k]): float(y[k]) for k in roles.active}
        row |= point.burdens(y)
        row |= {
            "stable": bool(values[0].real < 0),
            "leading_eigenvalue": float(values[0].real),
            "reaction_gain": numbers.get(gains.REACTION_GAIN, float("nan")),
            "spiral_number": numbers.get(gains.SPIRAL_NUMBER, float("nan")),
            "residual": float(np.max(np.abs(np.real(rates(y.astype(complex)))[roles.active]))),
            "starts": len(starts),
            "held": ", ".join(point.labels[roles.held]),
        }
        rows.append(row)
    table = pd.DataFrame(rows)
    first = [point.labels[k] for k in roles.active[:1]]
    return table.sort_values(first, ignore_index=True) if rows else table


def _modes_table(values: np.ndarray, vectors: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for k, value in enumerate(values):
        weight = np.abs(vectors[:, k])
        share = weight / weight.sum() if weight.sum() else weight
        order = np.argsort(-share)[:3]
        moving = ", ".join(f"{labels[j]} {share[j]:.0%}" for j in order if share[j] > 0.01)
        rows.append(
            {
                "growth_rate": float(value.real),
                "time_constant": float(1 / abs(value.real)) if value.real else float("inf"),
                "period": float(2 * np.pi / abs(value.imag)) if value.imag else float("nan"),
                "moves_most": moving,
            }
        )
    return pd.DataFrame(rows, columns=["growth_rate", "time_constant", "period", "moves_most"])
