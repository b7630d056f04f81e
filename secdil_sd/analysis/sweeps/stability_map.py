"""A map of two parameters: where small increases die out, where they grow, and the border."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import share_of, told
from secdil_sd.analysis.space import as_case
from secdil_sd.analysis.sweeps.axes import Axis, one_parameter, own_values, read_axis
from secdil_sd.analysis.sweeps.critical import phrase
from secdil_sd.analysis.sweeps.placing import Mark, cloud_of, marks_of, no_cloud, placed
from secdil_sd.analysis.sweeps.sweep import merged_cases, sweep
from secdil_sd.analysis.sweeps.threshold import one_number
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.simulation.export import path_of, write_dataset
from secdil_sd.simulation.model import Model
from secdil_sd.simulation.outputs import Output
from secdil_sd.simulation.scenario import Scenario, scenario_of
from secdil_sd.simulation.values import Reader

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

POINTS = 41
"""Values on an axis that was given without."""

CALM, SPIRAL = "calm", "spiral"


@dataclass(frozen=True)
class StabilityMap:
    """An output over a grid of two parameters, with the line on which it takes a level.

    Parameters
    ----------
    x, y, output : str
        As they are called in the model.
    level : float
    cube : Dataset
        As `sweep` gives it.
    table : DataFrame
        A row a cell: x, y, value (NaN where it failed).
    contour : DataFrame
        The border, as points in order: line, x, y.
    regions : DataFrame
        Where the middle of each side lies: region, x, y.
    placed : DataFrame
        Cases on the map: name, title, x, y; ``on_map`` is the map's value there, ``own`` what
        the case itself gives (NaN for a bare point): they differ as far as the case differs from
        the map in other things. ``note`` says what was averaged.
    cloud : DataFrame
        Where draws of fitted values lie: draw, x, y; ``value`` is what a draw gives with all of
        its own values (NaN where it failed). Empty without draws, whose estimates the map takes.
    """

    x: str
    y: str
    output: str
    level: float
    cube: xr.Dataset = field(repr=False)
    table: pd.DataFrame = field(repr=False)
    contour: pd.DataFrame = field(repr=False)
    regions: pd.DataFrame = field(repr=False)
    placed: pd.DataFrame = field(repr=False)
    cloud: pd.DataFrame = field(repr=False, default_factory=no_cloud)

    @property
    def draws_above(self) -> tuple[float, float, float]:
        """Share of the draws with an answer above the level, with its interval (95%, Wilson)."""
        known = self.cloud["value"].dropna()
        share = (float("nan"),) * 3
        return share_of(float((known > self.level).sum()), len(known)) if len(known) else share

    @property
    def share_above(self) -> float:
        """Share of the cells with an answer in which the output lies above the level."""
        known = self.table["value"].dropna()
        return float((known > self.level).mean()) if len(known) else float("nan")

    @property
    def failed(self) -> int:
        """Cells without an answer."""
        return int(self.table["value"].isna().sum())

    @property
    def provenance(self) -> Mapping[str, str]:
        """What made the map."""
        return {name: str(value) for name, value in self.cube.attrs.items()}

    @property
    def sides(self) -> tuple[str, str]:
        """What the two sides of the border are called."""
        return _side_names(self.output, self.level)

    @property
    def finding(self) -> str:
        """What was found, in a sentence or two."""
        return " ".join(_sentences(self))

    @property
    def reservations(self) -> tuple[str, ...]:
        """What to bear in mind: cases unlike the map, values that are means, failed cells."""
        return tuple(_reservations(self))

    def to_dataframe(self) -> pd.DataFrame:
        """Return the cells: x, y and value under their own names."""
        names = {"x": self.x, "y": self.y, "value": self.output}
        return self.table.rename(columns=names)

    def save(self, path: str | Path) -> Path:
        """Write the cells as .csv or .parquet, the cube as .nc or .zarr, everything as .json."""
        if path_of(path).suffix.lower() in (".nc", ".zarr"):
            return write_dataset(self.cube, path)
        tables = {"cells": self.to_dataframe(), "contour": self.contour, "placed": self.placed}
        tables |= {"cloud": self.cloud} if len(self.cloud) else {}
        record = {
            "finding": self.finding,
            "level": self.level,
            "share_above": self.share_above,
            "failed": self.failed,
            "reservations": list(self.reservations),
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        parts = [self.finding, *self.reservations]
        if len(self.placed):
            columns = ["name", "x", "y", "on_map", "own"]
            parts.append(self.placed[columns].to_string(index=False, float_format="{:.3g}".format))
        return "\n\n".join(parts)


@verb
def stability_map(
    case: Scenario | Model,
    x: str | Mapping[str, Any],
    y: str | Mapping[str, Any],
    output: str = "peak spiral number",
    level: float = 1.0,
    cases: Sequence[str | Scenario] | Mapping[str, tuple[float, float]] = (),
    times: Any = None,
    **options: Any,
) -> StabilityMap:
    """Map an output over two parameters and draw the border between its sides.

    Parameters
    ----------
    case : Scenario or Model
        One with cases may differ between them in ``x`` and ``y`` only; they are marked.
    x, y : str or mapping of str to sequence of float
        A parameter, over its own range in 41 steps, or {name: values}.
    output : str
        One number a run.
    level : float
        Above it is the other side; 1 divides what dies out from what grows.
    cases : sequence of str or Scenario, or mapping of str to (x, y), optional
        What to mark besides: scenarios at their own values of the two parameters (means over
        elements and time), or points.
    times : sequence of float, optional
        As for `sweep`.
    **options
        As for `sweep`.

    Returns
    -------
    StabilityMap
        Of a scenario with draws of fitted values: the map at the estimates, with the draws on it
        as a cloud.

    Raises
    ------
    InputError
        All mistakes together.

    Examples
    --------
    Two of Richardson's states are stable where the product of their reactions is below that of
    their fatigues (Richardson 1960).

    >>> import secdil_sd as sd
    >>> model = sd.load_model("richardson", subscripts={"state": ["A", "B"]})
    >>> grid = np.linspace(0.05, 0.45, 9)
    >>> found = stability_map(model, {"reaction[A,B]": grid}, {"reaction[B,A]": grid},
    ...                       "reaction gain final", times=[0, 1], progress=False)
    >>> bool(np.allclose(found.contour["x"] * found.contour["y"], 0.2**2, rtol=0.05))
    True
    """
    subject = scenario_of(case) if isinstance(case, Model) else case
    axes, wanted, findings = _read(subject, x, y, output)
    marks: list[Mark] = []
    with collecting(findings):
        marks = list(marks_of(subject, axes, cases, wanted, times)) if not findings else []
    if findings:
        raise InputError(*findings)
    values = {axis.text: axis.values for axis in axes}
    own = _one_of(subject)
    cube = sweep(own.replace(draws=None), values, [output], times, **options)
    cube = cube.assign_attrs(scenario=subject.name, **own.draws_record)
    z = cube[wanted.key].transpose(axes[1].key, axes[0].key).values
    return StabilityMap(
        axes[0].name,
        axes[1].name,
        output,
        float(level),
        cube,
        _cells(axes, z),
        contour(axes[0].values, axes[1].values, z, float(level)),
        _regions(axes, z, output, float(level)),
        placed(marks, cube[wanted.key], axes),
        cloud_of(own, axes, wanted, times),
    )


def contour(x: np.ndarray, y: np.ndarray, z: np.ndarray, level: float) -> pd.DataFrame:
    """Return the lines along which a field takes a level.

    Parameters
    ----------
    x : array (column,)
    y : array (row,)
    z : array (row, column)
        NaN where it is not known: no line is drawn there.
    level : float

    Returns
    -------
    DataFrame
        Points in order: line, x, y.

    Examples
    --------
    >>> edge = np.array([0.0, 1.0, 2.0])
    >>> contour(edge, edge, edge[:, None] + edge[None, :], 1.0)[["x", "y"]].sum(axis=1).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    import pandas as pd
    from contourpy import contour_generator

    lines = contour_generator(x, y, np.ma.masked_invalid(z)).lines(level)
    rows = [(k, float(a), float(b)) for k, line in enumerate(lines) for a, b in np.asarray(line)]
    return pd.DataFrame(rows, columns=["line", "x", "y"])


# reading


def _read(
    subject: Any, x: Any, y: Any, output: str
) -> tuple[tuple[Axis, ...], Output, list[Finding]]:
    """Return what of the question can be read, and what is wrong with the rest."""
    if not isinstance(subject, Scenario):
        as_case(subject)  # refuses what is neither scenario nor model
    findings: list[Finding] = []
    axes: list[Axis] = []
    wanted = Output(str(output), str(output))
    for side in (x, y):
        with collecting(findings):
            axes.append(_axis(subject, side))
    with collecting(findings):
        wanted = one_number(subject.model, output)
    if len(axes) == 2 and axes[0].key == axes[1].key:
        message = f"Both sides of the map are {axes[0].name!r}."
        findings.append(Finding("error", message, remedy="Choose two parameters."))
    if len(axes) == 2 and not findings:
        left = merged_cases(subject, {each.text: float(each.values[0]) for each in axes})
        if left:
            first = next(iter(left))
            message = f"The cases of {subject.name!r} differ in more than {axes[0].name!r} and "
            remedy = f"Map one of them, as case.cases[{first!r}]."
            findings.append(Finding("error", f"{message}{axes[1].name!r}.", remedy=remedy))
    return tuple(axes), wanted, findings


def _axis(case: Scenario, side: Any) -> Axis:
    """Return one side of the map, its values in order."""
    if isinstance(side, Mapping):
        if len(side) != 1:
            remedy = "Give {name: values} with one name."
            message = f"One side of a map is one parameter, not {len(side)}."
            raise InputError(Finding("error", message, remedy=remedy))
        ((text, values),) = side.items()
        values = np.sort(np.asarray(list(values), dtype=float))
    else:
        text, values = str(side), own_values(one_parameter(_one_of(case), str(side)), POINTS)
    if len(values) < 2:
        message = f"{text!r} has {len(values)} value; a map needs two or more on each side."
        raise InputError(Finding("error", message, "axes", (text,)))
    return read_axis(Reader(case.model.system, "axes"), str(text), values)


def _one_of(case: Scenario) -> Scenario:
    return next(iter(case.cases.values()), case)


# what is on the map


def _cells(axes: Sequence[Axis], z: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    x, y = np.meshgrid(axes[0].values, axes[1].values)
    return pd.DataFrame({"x": x.ravel(), "y": y.ravel(), "value": z.ravel()})


def _regions(axes: Sequence[Axis], z: np.ndarray, output: str, level: float) -> pd.DataFrame:
    """Return for each side the place furthest from the border and the edges."""
    import pandas as pd
    from scipy.ndimage import distance_transform_edt

    rows = []
    for name, side in zip(_side_names(output, level), (z <= level, z > level), strict=True):
        if side.any():
            depth = distance_transform_edt(np.pad(side, 1))[1:-1, 1:-1]
            row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
            rows.append((name, float(axes[0].values[column]), float(axes[1].values[row])))
    return pd.DataFrame(rows, columns=["region", "x", "y"])


# words


def _side_names(output: str, level: float) -> tuple[str, str]:
    if "spiral number" in output.casefold().replace("_", " ") and level == 1:
        return CALM, SPIRAL
    return f"below {level:g}", f"above {level:g}"


def _sentences(found: StabilityMap) -> Iterator[str]:
    what, where = phrase(found.output), f"the map of {found.x} and {found.y}"
    known = found.table["value"].dropna()
    if not len(known):
        yield f"Nothing can be said: all {len(found.table)} cells failed."
        return
    if found.share_above in (0, 1):
        side, extreme = ("below", known.max()) if not found.share_above else ("above", known.min())
        most = "at most" if side == "below" else "at least"
        yield (f"The {what} is {side} {found.level:g} all over {where} ({most} {extreme:.3g}).")
    else:
        yield f"The {what} passes {found.level:g} on {found.share_above:.0%} of {where}."
    on_map = found.placed.dropna(subset=["on_map"])
    parts = []
    for name, above in zip(found.sides, (False, True), strict=True):
        own = on_map.loc[(on_map["on_map"] > found.level) == above, "name"].map(_plain).tolist()
        if own:
            verb = "lies" if len(own) == 1 else "lie"
            parts.append(f"{listed(own)} {verb} on the {name} side")
    if parts:
        yield f"{', '.join(parts)}."
    if len(found.cloud):
        yield (
            f"In {told(found.draws_above)} of {len(found.cloud):,} draws of the fitted values the "
            f"{what} passes {found.level:g}."
        )


def _reservations(found: StabilityMap) -> Iterator[str]:
    known = found.placed.dropna(subset=["own", "on_map"])
    for row in known[(known["own"] > found.level) != (known["on_map"] > found.level)].itertuples():
        yield (
            f"{_plain(row.name)} itself gives {row.own:.2g}, not {row.on_map:.2g}: it differs from "
            "the map in other things."
        )
    for row in found.placed[found.placed["note"] != ""].itertuples():
        yield f"{_plain(row.name)} stands at {row.note}."
    lost = int(found.cloud["value"].isna().sum())
    if lost:
        yield f"{lost:,} of {len(found.cloud):,} draws failed and are left out of their share."
    if len(found.cloud):
        yield "The map holds all else at the estimates; a draw differs from them in all it draws."
    if found.failed:
        yield f"{found.failed:,} of {len(found.table):,} cells failed and are left out."


def _plain(name: str) -> str:
    return name.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """Return names as they stand in a sentence.

    >>> listed(["W2", "W3", "W4"])
    'W2, W3 and W4'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
