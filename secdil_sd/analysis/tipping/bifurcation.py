"""Where things would settle as a constant moves, and where that tips: labels on curves of rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.point import is_self_pair
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import as_case, check_count
from secdil_sd.analysis.tipping.along import Along, axis, shares_of
from secdil_sd.analysis.tipping.continuation.diagram import Diagram, draw_up
from secdil_sd.analysis.tipping.continuation.roots import find_roots
from secdil_sd.analysis.tipping.continuation.walk import BOUNDS, CROSSING, INFINITY, Curve, End
from secdil_sd.analysis.tipping.windows import (
    LABELS,
    MARGINAL,
    count_windows,
    counted,
    finding,
    moves,
    rest_at,
)
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import Names
from secdil_sd.simulation import gains

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

SEARCHES = 9


@dataclass(frozen=True, eq=False)
class Bifurcation:
    """Curves of rest along a parameter.

    Parameters
    ----------
    branches : DataFrame
        A row a point: ``branch``, ``point``, the parameter, the stocks and burdens by element,
        ``burden`` (mean over states), ``stable``, ``leading_eigenvalue`` [1/yr],
        ``spiral_number``, ``reaction_gain``, ``kind`` (of a special point, else empty). Stability
        is the Jacobian's; the spiral number holds communities as they are, so it stays below 1
        where it is a community that tips.
    points : DataFrame
        A row a special point: ``kind`` ("fold", "transcritical", "branch", "oscillation"),
        ``branch``, ``meets`` (the branch that crosses), the parameter, the state, and the points
        of rest just ``below`` and just ``above`` it.
    ends : DataFrame
        A row a branch: where it begins and ends, and why.
    windows : DataFrame
        Stretches of the parameter with the same number of points of rest.
    parameter : str
    between : (float, float)
    own : float
        The case's own value; NaN where its elements differ or it lies outside.
    measure : str
        The column that stands for the state in words and figures.
    complete : bool
        Whether every curve found was followed.
    provenance : mapping of str to str
    """

    branches: pd.DataFrame = field(repr=False)
    points: pd.DataFrame = field(repr=False)
    ends: pd.DataFrame = field(repr=False)
    windows: pd.DataFrame = field(repr=False)
    parameter: str
    between: tuple[float, float]
    own: float
    measure: str
    complete: bool = True
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """What the diagram says, in one or two sentences."""
        return finding(self.windows, self.points, self.branches, self.parameter, self.measure)

    def at(self, value: float) -> pd.DataFrame:
        """Return the points of rest at a value of the parameter, as rows of ``branches``.

        The case's own value is met exactly; others are read off between neighbours.
        """
        import pandas as pd

        exact = self.branches[np.isclose(self.branches[self.parameter], value, rtol=0, atol=1e-12)]
        if len(exact):
            return exact.sort_values(self.measure, ignore_index=True)
        found = rest_at(self.branches, self.parameter, self.measure, value)
        return pd.DataFrame(
            {self.parameter: value, self.measure: found["measure"], "stable": found["stable"]}
        ).sort_values(self.measure, ignore_index=True)

    def crossings(self, column: str, level: float) -> pd.DataFrame:
        """Return where a column of ``branches`` passes a level: branch, parameter, ``stable``.

        As ``crossings("reaction_gain", 1)``; read off between neighbouring points.
        """
        import pandas as pd

        if column not in self.branches:
            raise InputError(Names(map(str, self.branches.columns), "column").unknown(column))
        rows = []
        for number, own in self.branches.groupby("branch", sort=True):
            away, p = own[column].to_numpy() - level, own[self.parameter].to_numpy()
            for k in np.flatnonzero(away[:-1] * away[1:] < 0):
                value = p[k] - away[k] * (p[k + 1] - p[k]) / (away[k + 1] - away[k])
                rows.append((number, float(value), bool(own["stable"].iloc[k])))
        return pd.DataFrame(rows, columns=["branch", self.parameter, "stable"])

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of branches."""
        return self.branches.copy()

    def save(self, path: str | Path) -> Path:
        """Write the branches as .csv or .parquet, or everything as .json."""
        tables = {
            "branches": self.branches,
            "points": self.points,
            "ends": self.ends,
            "windows": self.windows,
        }
        record = {
            "finding": self.finding,
            "parameter": self.parameter,
            "complete": self.complete,
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [self.finding]
        for _, row in self.points.sort_values(self.parameter).iterrows():
            meets = "" if np.isnan(row["meets"]) else f", where branch {row['meets']:.0f} crosses"
            lines.append(
                f"  {row['kind']} at {self.parameter} {row[self.parameter]:.6g}: {self.measure} "
                f"{_shown(row[self.measure], self.measure)} (branch {row['branch']}{meets}); "
                f"below it {row['below']}, above it {row['above']}"
            )
        for _, row in self.ends.iterrows():
            lines.append(
                f"  branch {row['branch']}: from {row['from']:.4g} ({row['begins']}) to "
                f"{row['to']:.4g} ({row['ends']}), {row['stability']}"
            )
        if not self.complete:
            lines.append("  There are more branches than were followed.")
        return "\n".join(lines)


@verb
def bifurcation(
    case: Scenario | Model,
    parameter: str,
    between: Sequence[float] | None = None,
    at: float | None = None,
    searches: int = SEARCHES,
) -> Bifurcation:
    """Follow the points of rest, stable and unstable, as one constant moves.

    Parameters
    ----------
    case : Scenario or Model
    parameter : str
        A constant (all of its elements move together) or one element, "transparency.India".
    between : (low, high), optional
        Default the model's range.
    at : float, optional
        The time whose conditions hold for ever (default: the last).
    searches : int
        Values of the parameter, besides the case's own, at which points of rest are looked for
        from many starts: branches that hang together with no other are found there.

    Returns
    -------
    Bifurcation

    Raises
    ------
    InputError
        For an unknown name, a range that is none, a stock that grows without limit as GDP does,
        or if nothing rests anywhere in the range.

    Source
    ------
    Keller (1977): pseudo-arclength continuation; branch points by the algebraic bifurcation
    equation.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.bifurcation(sd.load_model("richardson"), "reaction", (0.05, 0.3))
    >>> found.finding
    'Nothing is at stable rest above reaction 0.2.'
    """
    case = as_case(case)
    check_count(searches, 2, "searches")
    line = axis(case, parameter, between)
    along = Along(case, line, at)
    shares = shares_of(line, searches)
    along.search(shares)
    if not len(along.roles.active):
        message = f"No stock of {case.name!r} both moves and is read by another, so none settles."
        raise InputError(Finding("error", message, remedy="Ask it of a model with feedback."))
    family = along.family()
    roots = {share: find_roots(family, along.starts(share), share) for share in shares}
    if not any(roots.values()):
        message = f"Nothing rests for any {line.text!r} between {line.low:g} and {line.high:g}."
        remedy = "Look over another range, or run it to see what grows."
        raise InputError(Finding("error", message, variables=(line.text,), remedy=remedy))
    return _Labels(along).result(draw_up(family, roots))


class _Labels:
    """From curves of bare arrays to tables with names."""

    def __init__(self, along: Along) -> None:
        self.along, self.axis, self.point = along, along.axis, along.point
        self.names = self.point.labels[along.roles.active]

    def result(self, diagram: Diagram) -> Bifurcation:
        import pandas as pd

        kinds = {id(each.special.spot): each.special.kind for each in diagram.events}
        tables = [
            self.table(np.stack([each.x for each in curve.spots], axis=1)).assign(
                branch=number,
                point=np.arange(len(curve.spots)),
                leading_eigenvalue=[float(each.eigenvalues[0].real) for each in curve.spots],
                kind=[kinds.get(id(each), "") for each in curve.spots],
            )
            for number, curve in enumerate(diagram.curves, start=1)
        ]
        branches = pd.concat(tables, ignore_index=True)
        special = (branches["kind"] != "").to_numpy()
        lead = branches["leading_eigenvalue"].to_numpy()
        branches["stable"] = np.where(special, lead < -1e-6, lead < -MARGINAL)
        stocks = [each for each in branches if each in set(self.names)]
        moving = [each for each in stocks if moves(branches, each)]
        measure = "burden" if "burden" in branches else (moving or stocks)[0]
        text, between = self.axis.text, (self.axis.low, self.axis.high)
        branches = branches[self.columns(branches)]
        points = self.points(diagram, branches, measure)
        own = self.axis.own
        inside = own is not None and self.axis.low <= own <= self.axis.high
        return Bifurcation(
            branches,
            points,
            self.ends(diagram, branches),
            count_windows(branches, points, text, measure, between),
            text,
            between,
            float(own) if own is not None and inside else float("nan"),
            measure,
            diagram.complete,
            self.provenance(),
        )

    def columns(self, table: pd.DataFrame) -> list[str]:
        first, last = [*LABELS[:2], self.axis.text], list(LABELS[2:])
        return [*first, *(each for each in table if each not in (*first, *last)), *last]

    def table(self, points: np.ndarray) -> pd.DataFrame:
        """Return the state and the gains at points of a curve, (entry + 1, point)."""
        import pandas as pd

        states = self.along.states(points)
        shares = np.where(
            points[-1] < 1e-12, 0.0, np.where(points[-1] > 1 - 1e-12, 1.0, points[-1])
        )
        columns: dict[str, Any] = {self.axis.text: self.axis.value(shares)}
        for entry, label in zip(self.along.roles.active, self.names, strict=True):
            if not is_self_pair(label):
                columns[label] = states[entry]
        burdens = [self.point.burdens(y) for y in states.T]
        if burdens and burdens[0]:
            columns["burden"] = [float(np.mean(list(each.values()))) for each in burdens]
            columns |= {name: [each[name] for each in burdens] for name in burdens[0]}
        numbers = self.along.gains(states, points[-1])
        nothing = np.full(points.shape[1], np.nan)
        columns["spiral_number"] = numbers.get(gains.SPIRAL_NUMBER, nothing)
        columns["reaction_gain"] = numbers.get(gains.REACTION_GAIN, nothing)
        return pd.DataFrame(columns)

    def points(self, diagram: Diagram, branches: pd.DataFrame, measure: str) -> pd.DataFrame:
        import pandas as pd

        text, step = self.axis.text, 1e-6 * (self.axis.high - self.axis.low)
        rows = []
        for event in diagram.events:
            row = self.table(event.special.spot.x[:, None]).iloc[0].to_dict()
            value = row[text]
            sides = [rest_at(branches, text, measure, value + d) for d in (-step, step)]
            rows.append(
                {
                    "kind": event.special.kind,
                    "branch": event.curve + 1,
                    "meets": float("nan") if event.meets is None else event.meets + 1,
                    **row,
                    "below": counted(sides[0]),
                    "above": counted(sides[1]),
                }
            )
        state = self.table(diagram.curves[0].spots[0].x[:, None]).columns
        names = ["kind", "branch", "meets", *state, "below", "above"]
        return pd.DataFrame(rows, columns=names).sort_values(text, ignore_index=True)

    def ends(self, diagram: Diagram, branches: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        rows = []
        for number, curve in enumerate(diagram.curves, start=1):
            own = branches[branches["branch"] == number]
            stable = own[own["kind"] == ""]["stable"]
            word = "partly stable" if stable.any() else "unstable"
            rows.append(
                {
                    "branch": number,
                    "from": own[self.axis.text].iloc[0],
                    "begins": self.reason(curve.ends[0], curve, 0),
                    "to": own[self.axis.text].iloc[-1],
                    "ends": self.reason(curve.ends[1], curve, -1),
                    "stability": "stable" if stable.all() else word,
                }
            )
        return pd.DataFrame(rows)

    def reason(self, end: End, curve: Curve, place: int) -> str:
        """Say why a branch stops, naming the stock."""
        if end.reason == BOUNDS and end.entry is not None:
            return f"{self.names[end.entry]} leaves its bounds"
        if end.reason == INFINITY and end.entry is not None:
            way = "" if curve.spots[place].x[end.entry] > 0 else "minus "
            return f"{self.names[end.entry]} leaves for {way}infinity"
        return "meets another branch" if end.reason == CROSSING else end.reason

    def provenance(self) -> dict[str, str]:
        record = self.along.case.model.record(self.along.setup)
        record["parameter"] = self.axis.text
        record["between"] = f"{self.axis.low:g}, {self.axis.high:g}"
        record["at"] = f"{self.along.time:g}"
        return record


def _shown(value: float, measure: str) -> str:
    return f"{value:.2%}" if measure == "burden" else f"{value:.4g}"
