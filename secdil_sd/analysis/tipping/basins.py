"""From which starts a case settles where: two initial values on a grid, one ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import answer
from secdil_sd.analysis.point import Point, is_self_pair
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import as_case, check_count
from secdil_sd.analysis.stability import equilibria
from secdil_sd.analysis.tipping.along import Axis, axis
from secdil_sd.analysis.tipping.separatrix import separatrix
from secdil_sd.analysis.tipping.windows import APART
from secdil_sd.analysis.verbs import verb
from secdil_sd.equations.expression import Call, Reference
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling, split_selector

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

POINTS = 101
HORIZONS = (400.0, 1600.0, 6400.0)
"""Time units after which starts are looked at; those not settled by one are run to the next."""

NEAR = 0.05
"""Distance from a point of rest, relative to its size, that counts as settled there."""

_ANY = (0.1, 0.9)
"""A range that stands for none yet: only the name is of interest."""

REACH = 1.6
"""How far beyond the highest point of rest the default grid of spending goes."""


@dataclass(frozen=True, eq=False)
class Basins:
    """Which starts lead where.

    Parameters
    ----------
    grid : DataFrame
        A row a start: the two initial values (columns ``x`` and ``y`` name them), ``basin``
        (the number of a row of ``equilibria``, 0 where it had not settled), ``settled_by``.
    equilibria : DataFrame
        The points of rest: ``basin`` (0 for unstable ones), ``name``, ``share`` of the starts,
        ``x`` and ``y`` (where it lies on the map; NaN if it has no place there), the state.
    boundary : DataFrame
        ``x``, ``y``: the line between basins, in pieces parted by NaN.
    x, y : str
    unsettled : float
        Share of starts that had not come to rest at the last horizon.
    horizon : float
        Time units the longest of them were followed.
    conditions : str
        How what is not on the map starts.
    provenance : mapping of str to str
    """

    grid: pd.DataFrame = field(repr=False)
    equilibria: pd.DataFrame = field(repr=False)
    boundary: pd.DataFrame = field(repr=False)
    x: str
    y: str
    unsettled: float
    horizon: float
    conditions: str
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """What the map says, in a sentence or two."""
        own = self.equilibria[self.equilibria["basin"] > 0]
        if len(own) == 1 and not self.unsettled:
            text = f"Every one of these starts settles {own['place'].iloc[0]}."
        else:
            verbs = (" of these starts settle", *("" for _ in range(len(own) - 1)))
            parts = [
                f"{_percent(row['share'])}{verb} {row['place']}"
                for verb, (_, row) in zip(verbs, own.iterrows(), strict=True)
            ]
            text = ", ".join(parts) + "."
        if self.unsettled:
            text += f" {_percent(self.unsettled)} had not settled after {self.horizon:g} years."
        return text

    def to_dataframe(self) -> pd.DataFrame:
        """Return the grid of starts."""
        return self.grid.copy()

    def save(self, path: str | Path) -> Path:
        """Write the grid as .csv or .parquet, or everything as .json."""
        tables = {"grid": self.grid, "equilibria": self.equilibria, "boundary": self.boundary}
        record = {
            "finding": self.finding,
            "conditions": self.conditions,
            "unsettled": self.unsettled,
            "horizon": self.horizon,
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        lines = [self.finding, f"  {self.conditions}"]
        for _, row in self.equilibria.iterrows():
            share = f"{_percent(row['share'])} of starts" if row["basin"] else "unstable"
            where = "" if np.isnan(row["x"]) else f" ({row['x']:.4g}, {row['y']:.4g})"
            lines.append(f"  {row['name']}{where}: {share}")
        return "\n".join(lines)


@verb
def basins(
    case: Scenario | Model,
    x: str | None = None,
    y: str | None = None,
    n: int = POINTS,
    x_between: Sequence[float] | None = None,
    y_between: Sequence[float] | None = None,
    at: float | None = None,
    **options: Any,
) -> Basins:
    """Return which starts lead to which point of rest.

    Parameters
    ----------
    case : Scenario or Model
    x, y : str, optional
        Two constants that set initial values, or elements of one; default the initial spending
        of the first two states. Beliefs then start settled to that spending and arms as it
        would have built them.
    n : int
        Starts a side.
    x_between, y_between : (low, high), optional
        Default, for spending, beyond the highest point of rest; else the model's range.
    at : float, optional
        The time whose conditions hold for ever (default: the last).
    **options
        As `Model.run_ensemble`: backend, client, store, progress.

    Returns
    -------
    Basins

    Raises
    ------
    InputError
        For unknown names, ranges that are none, or where nothing is at stable rest.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> sd.basins(sd.load_model("richardson"), n=5).finding
    'Every one of these starts settles at rest.'
    """
    case = as_case(case)
    check_count(n, 2)
    first = Point(case)
    time = float(first.setup.times[-1] if at is None else first.moment(at))
    names = _names(case, x, y)
    spans = (x_between, y_between)
    for name, span in zip(names, spans, strict=True):  # before anything is computed
        axis(case, name, span or (_ANY if _starts(case, name, "spending") else None))
    held, conditions = _held(case, time, names)
    chart = _Chart(held, time, options)
    axes = [chart.axis(name, span) for name, span in zip(names, spans, strict=True)]
    grids = [np.linspace(each.low, each.high, n) for each in axes]
    xs, ys = (each.ravel() for each in np.meshgrid(*grids, indexing="ij"))
    label = chart.labels(*axes)
    found, horizon = label(xs, ys)
    line = separatrix(found.reshape(n, n), grids[0], grids[1], lambda a, b: label(a, b)[0])
    return chart.result(axes, xs, ys, found, horizon, line, conditions)


class _Chart:
    """A case with its points of rest, and where starts end among them."""

    def __init__(self, case: Scenario, time: float, options: Mapping[str, Any]) -> None:
        self.case, self.time, self.options = case, time, dict(options)
        self.point = Point(case)
        self.rest = equilibria(case, time)
        if not len(self.rest) or not self.rest["stable"].any():
            message = f"Nothing is at stable rest in {case.name!r}, so there are no basins."
            remedy = "Run it: it grows or oscillates. Or look along a constant by bifurcation."
            raise InputError(Finding("error", message, remedy=remedy))
        if "burden" not in self.rest:
            burdens = [each for each in self.rest if str(each).startswith("burden[")]
            if burdens:
                self.rest["burden"] = self.rest[burdens].mean(axis=1)
        own = set(map(str, self.rest.columns))
        self.entries = [
            each for each in self.point.labels if each in own and not is_self_pair(each)
        ]
        self.stable = self.rest[self.rest["stable"]]
        size = np.abs(self.rest[self.entries].to_numpy()).max(axis=0)
        self.size = np.where(size > 1e-9, size, 1.0)

    def axis(self, name: str, between: Sequence[float] | None) -> Axis:
        """Return the range of a start; of spending, far enough to show every point of rest."""
        if between is None and _starts(self.case, name, "spending"):
            label = self.stock(axis(self.case, name, _ANY))
            highest = float(self.rest[label].max()) if label else 0.0
            between = (1e-3 * REACH * highest, REACH * highest) if highest > 0 else None
        return axis(self.case, name, between)

    def stock(self, start: Axis) -> str | None:
        """Return the entry of the state whose initial value a constant is, if it is one."""
        name = _stock_started_by(self.case, start.name)
        label = f"{name}{start.text[len(start.name) :]}".replace(",", ", ")
        return label if label in self.rest else None

    def labels(self, x: Axis, y: Axis) -> Any:
        """Return a function of starts that says where they settle, and after how long."""

        def label(xs: np.ndarray, ys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = np.zeros(len(xs), dtype=int)
            horizon = np.full(len(xs), np.nan)
            for span in HORIZONS:
                left = np.flatnonzero(found == 0)
                if not len(left):
                    break
                found[left] = self.settled({x.text: xs[left], y.text: ys[left]}, span)
                horizon[left[found[left] > 0]] = span
            return found, horizon

        return label

    def settled(self, starts: Mapping[str, np.ndarray], span: float) -> np.ndarray:
        """Return the number of the point of rest each start has come near to, 0 for none."""
        import pandas as pd

        stocks = list(dict.fromkeys(each.partition("[")[0] for each in self.entries))
        outputs = [f"{each} final" for each in stocks]
        times = [self.time, self.time + span]
        given = answer(self.case, pd.DataFrame(dict(starts)), outputs, times, **self.options)
        names = [
            str(row["output"]).removesuffix(" final")
            + (f"[{row['element']}]" if row["element"] else "")
            for _, row in given.columns.iterrows()
        ]
        place = [names.index(each) for each in self.entries]
        ends = given.values[:, place]
        away = np.stack(
            [
                np.max(np.abs(ends - each) / self.size, axis=1)
                for each in self.stable[self.entries].to_numpy()
            ]
        )
        away = np.where(np.isfinite(away), away, np.inf)
        near = np.argmin(away, axis=0)
        return np.where(away[near, np.arange(away.shape[1])] < NEAR, near + 1, 0)

    def result(
        self,
        axes: Sequence[Axis],
        xs: np.ndarray,
        ys: np.ndarray,
        found: np.ndarray,
        horizon: np.ndarray,
        line: np.ndarray,
        conditions: str,
    ) -> Basins:
        import pandas as pd

        x, y = axes
        rest = self.rest.copy()
        rest["basin"] = np.where(rest["stable"], rest["stable"].cumsum(), 0)
        rest["share"] = [float(np.mean(found == k)) if k else np.nan for k in rest["basin"]]
        rest["name"], rest["place"] = _named(rest)
        for name, start in (("x", x), ("y", y)):
            label = self.stock(start)
            rest[name] = rest[label] if label else np.nan
        first = ["basin", "name", "place", "share", "x", "y"]
        record = self.case.model.record(self.point.setup)
        record |= {"x": x.text, "y": y.text, "at": f"{self.time:g}"}
        unsettled = float(np.mean(found == 0))
        return Basins(
            pd.DataFrame({x.text: xs, y.text: ys, "basin": found, "settled_by": horizon}),
            rest[[*first, *(each for each in rest if each not in first)]],
            pd.DataFrame(line, columns=["x", "y"]),
            x.text,
            y.text,
            unsettled,
            HORIZONS[-1] if unsettled else float(np.nanmax(horizon)),
            conditions,
            record,
        )


def _names(case: Scenario, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the two constants of the map: as given, else the spending of two states."""
    roles = case.model.companion.roles
    initial = roles.get("initial_spending")
    if (x is None or y is None) and (initial is None or len(case.states) < 2):
        message = f"{case.name!r} has no two states with initial spending to map by default."
        remedy = "Name two constants that set initial values, as x=..., y=...."
        raise InputError(Finding("error", message, variables=("x", "y"), remedy=remedy))
    default = [f"{initial}[{each}]" for each in case.states[:2]]
    names = (str(x or default[0]), str(y or default[1]))
    if spelling(names[0]) == spelling(names[1]):
        message = f"x and y are both {names[0]!r}."
        raise InputError(Finding("error", message, variables=("x", "y"), remedy="Choose two."))
    return names


def _held(case: Scenario, time: float, names: Sequence[str]) -> tuple[Scenario, str]:
    """Return the case under the conditions of one moment, beliefs settled, and that in words."""
    roles = case.model.companion.roles
    series = case.values.series
    params: dict[str, Any] = {name: each.at(np.array([time]))[0] for name, each in series.items()}
    settled, belief = roles.get("settled_start"), roles.get("initial_belief", "")
    own_beliefs = any(spelling(each).startswith(spelling(belief)) for each in names if belief)
    if settled is None or own_beliefs:
        words = "Everything that is not on the map starts as the case has it."
    else:
        params[settled] = 1.0
        words = "Beliefs start settled to the initial spending; all else as the case has it."
        if roles.get("initial_capability", "") not in case.values.replaced:
            words = (
                "Beliefs start settled to the initial spending, and arms as it would have built "
                "them; all else as the case has it."
            )
    return (case.replace(params=params) if params else case), words


def _named(rest: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return a name for each point of rest, and the words for settling there."""
    stable = rest[rest["stable"]]
    if (
        "burden" in rest
        and len(stable) == 2
        and stable["burden"].max() > APART * stable["burden"].min()
    ):
        names = {stable["burden"].idxmin(): "peace", stable["burden"].idxmax(): "race"}
    elif len(stable) == 1:
        names = {stable.index[0]: "rest"}
    else:
        names = {place: f"rest {k}" for k, place in enumerate(stable.index, start=1)}
    words = {"peace": "in peace", "race": "in a race", "rest": "at rest"}
    found = [names.get(place, "unstable rest") for place in rest.index]
    return found, [words.get(each, f"at {each}") for each in found]


def _stock_started_by(case: Scenario, constant: str) -> str | None:
    """Return the stock whose initial value is a constant and nothing more."""
    for stock in case.model.system.variables:
        for definition in stock.definitions if stock.kind == "stock" else ():
            node = definition.expression
            initial = node.arguments[1] if isinstance(node, Call) and node.arguments[1:] else None
            if isinstance(initial, Reference) and spelling(initial.name) == spelling(constant):
                return stock.name
    return None


def _starts(case: Scenario, text: str, role: str) -> bool:
    """Whether a constant, or an element of one, is the initial value of the stock of a role."""
    stock = _stock_started_by(case, text if text in case.model.system else split_selector(text)[0])
    return stock is not None and spelling(stock) == spelling(
        case.model.companion.roles.get(role, "")
    )


def _percent(share: float) -> str:
    return f"{share:.0%}" if 0.01 <= share <= 0.99 or share in (0, 1) else f"{share:.2%}"
