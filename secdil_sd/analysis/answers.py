"""A design run, and what came out lined up: a row a member, a column a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import as_case
from secdil_sd.names import key

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Answers:
    """What the members of a design gave.

    Parameters
    ----------
    samples : DataFrame
        A row a member.
    run : Dataset
    columns : DataFrame
        A row a number asked for: ``output``, ``element`` ("" or "India" or "India, Pakistan"),
        ``time`` (NaN where reduced over time).
    values : array (member, column)
        NaN where a member failed.
    ok : array (member,) of bool
    """

    samples: pd.DataFrame
    run: xr.Dataset = field(repr=False)
    columns: pd.DataFrame = field(repr=False)
    values: np.ndarray = field(repr=False)
    ok: np.ndarray = field(repr=False)

    @property
    def failed(self) -> pd.DataFrame:
        """The members that failed: their parameters, ``status`` and ``stopped_at``."""
        lost = ~self.ok
        found = self.samples[lost].copy()
        found["status"] = self.run["status"].values[lost]
        found["stopped_at"] = self.run["stopped_at"].values[lost]
        return found


def answer(
    case: Scenario | Model,
    samples: pd.DataFrame,
    outputs: Sequence[str],
    times: Any = None,
    **options: Any,
) -> Answers:
    """Run every row of a design and line its answers up.

    Parameters
    ----------
    case : Scenario or Model
    samples : DataFrame
        A row a member, a column a constant or element.
    outputs : sequence of str
        Whole series give a column a time.
    times : sequence of float, optional
        Default one a time unit over the scenario's times; as the model saves them where only
        Euler's method solves it, which is then used.
    **options
        As `Model.run_ensemble`: backend, client, chunk, store, progress, method, rtol.

    Raises
    ------
    InputError
        As `Model.run_ensemble`.

    Examples
    --------
    >>> import pandas as pd, secdil_sd as sd
    >>> draws = pd.DataFrame({"reaction": [0.1, 0.2]})
    >>> found = answer(sd.load_model("richardson"), draws, ["spending final"], range(3))
    >>> found.columns["element"].tolist(), found.values.shape
    (['East', 'West'], (2, 2))
    """
    case = as_case(case)
    outputs = [outputs] if isinstance(outputs, str) else list(outputs)
    options.setdefault("progress", False)
    if "method" not in options and case.model.needs_euler(case.params):
        options["method"] = "Euler"  # what no adaptive method solves steps as its file says
    grid = yearly(case) if times is None and options.get("method") != "Euler" else times
    run = case.run_ensemble(samples, times=grid, outputs=outputs, **options)
    return lined_up(samples, run)


def lined_up(samples: pd.DataFrame, run: xr.Dataset, names: Sequence[str] | None = None) -> Answers:
    """Line up the outputs of an ensemble that has been run.

    Parameters
    ----------
    samples : DataFrame
    run : Dataset
        With the dimension member.
    names : sequence of str, optional
        Keys of its outputs, or their long names; default all.
    """
    import pandas as pd

    chosen = list(run.data_vars) if names is None else [key(str(each)) for each in names]
    rows: list[tuple[str, str, float]] = []
    blocks: list[np.ndarray] = []
    for name in chosen:
        array = run[name]
        rest = [each for each in array.dims if each not in ("member", "time")]
        moving = ["time"] if "time" in array.dims else []
        values = array.transpose(*rest, *moving, "member").values
        title = str(array.attrs.get("long_name", name))
        for place in product(*(range(array.sizes[each]) for each in rest)):
            labels = [str(array[each].values[k]) for each, k in zip(rest, place, strict=True)]
            if len(labels) == 2 and labels[0] == labels[1]:
                continue  # a state with itself is no pair
            block = values[place]
            times = array["time"].values.tolist() if moving else [np.nan]
            rows += [(title, ", ".join(labels), float(time)) for time in times]
            blocks.append(block.reshape(len(times), -1))
    table = pd.DataFrame(rows, columns=["output", "element", "time"])
    values = np.concatenate(blocks).T if blocks else np.empty((len(samples), 0))
    return Answers(samples, run, table, values, run["status"].values == "ok")


def yearly(case: Scenario) -> np.ndarray:
    """Return a scenario's times, one a time unit, its last time among them."""
    times = np.asarray(case.times or case.model.time.times, dtype=float)
    grid = np.arange(times[0], times[-1] + 1e-9, 1.0)
    return grid if times[-1] - grid[-1] < 1e-6 else np.append(grid, times[-1])
