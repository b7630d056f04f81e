"""Dimensional stacking: how often something happens in each cell of a few binned parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.exploration.discovery import Discovery
from secdil_sd.analysis.exploration.judged import judged_members
from secdil_sd.analysis.exploration.scores import feature_scores
from secdil_sd.analysis.exploration.words import percent, shown
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.shares import wilson
from secdil_sd.analysis.space import check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import Names, spoken

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.analysis.exploration.verdicts import Where
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

Bins = int | Mapping[str, int | Sequence[float]]
MOST = 4


@dataclass(frozen=True, eq=False)
class Stacking:
    """Shares by cell.

    Parameters
    ----------
    where : str
    table : DataFrame
        A row a cell: ``row`` and ``column`` (its place, in words), the bin of each parameter,
        ``share`` of its members that satisfy the condition (NaN where it has none), ``low, high``
        (95%, Wilson), ``members``.
    parameters : tuple of str
        The first splits the rows, the second the columns, further ones split those again.
    base_rate : float
    members, failed, unknown : int
    """

    where: str
    table: pd.DataFrame = field(repr=False)
    parameters: tuple[str, ...]
    base_rate: float
    members: int
    failed: int
    unknown: int
    clause: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def finding(self) -> str:
        """The headline: the cells where it happens most and least."""
        known = self.table.dropna(subset=["share"])
        top, bottom = known.loc[known["share"].idxmax()], known.loc[known["share"].idxmin()]
        return (
            f"{self.clause[:1].upper()}{self.clause[1:]} in {percent(top['share'])} of worlds with "
            f"{_cell(top)}, in {percent(bottom['share'])} with {_cell(bottom)}"
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return the cells."""
        return self.table.copy()

    def save(self, path: str | Path) -> Path:
        """Write the cells as .csv or .parquet, or everything as .json."""
        record = {
            "finding": self.finding,
            "where": self.where,
            "base_rate": self.base_rate,
            "members": self.members,
            "failed": self.failed,
            "unknown": self.unknown,
            "provenance": dict(self.provenance),
        }
        return save_result(path, {"cells": self.table}, record)

    def __str__(self) -> str:
        wide = self.table.pivot(index="row", columns="column", values="share")
        order = dict.fromkeys(self.table["row"]), dict.fromkeys(self.table["column"])
        wide = wide.loc[list(order[0]), list(order[1])]
        text = wide.map(lambda each: "-" if np.isnan(each) else percent(each)).to_string()
        return f"{self.finding}.\n{text}\n{self.members:,} members."


@verb
def dimensional_stacking(
    subject: Discovery | Scenario | Model | xr.Dataset,
    parameters: Sequence[str] | None = None,
    where: Where | None = None,
    bins: Bins = 3,
    n: int = 2048,
    seed: int = 1,
    vary: Sequence[str] | Mapping[str, Any] | None = None,
    constraints: Sequence[str] | None = (),
    outputs: Sequence[str] = (),
    samples: pd.DataFrame | None = None,
    **options: Any,
) -> Stacking:
    """Return how often something happens in each cell of two to four binned parameters.

    Parameters
    ----------
    subject : Discovery, Scenario, Model or Dataset
        A discovery's members are taken as they are; everything else as for `discover`.
    parameters : sequence of str, optional
        Two to four of the sampled ones; default the two with the highest feature scores.
    where : optional
        As for `discover`.
    bins : int, or mapping of parameter to int or inner edges
        Bins of equal width over the range of the sample; {"distinguishability": [0.5]} cuts there.
    n, seed, constraints, outputs, samples, **options
        As for `discover`.
    vary : sequence of str, or mapping of str to range, optional
        What a drawn sample varies: the ``parameters`` of `discover`; default the case's own.

    Returns
    -------
    Stacking

    Raises
    ------
    InputError
        For parameters that are not sampled, fewer than two or more than four, bins that are none.

    Source: LeBlanc, Ward and Wittels (1990); Suzuki, Stern and Manzocchi (2015), SPE-174774.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> W1 = sd.load_scenario("four_worlds").cases["W1"]
    >>> worlds = {"offense defense balance": [0], "distinguishability": [0.5]}
    >>> cells = dimensional_stacking(W1, list(worlds), bins=worlds, n=256, times=range(0, 101, 5))
    >>> len(cells.table)
    4
    """
    check_seed(seed)
    if isinstance(subject, Discovery):
        samples, hits, judged = subject.samples, subject.holds, subject.verdicts
        failed, unknown, record = subject.failed, subject.unknown, subject.provenance
    else:
        found = judged_members(
            subject, where, n, seed, vary, constraints, outputs, samples=samples, **options
        )
        samples, hits, judged = found.samples, found.hits, found.judged
        failed, unknown, record = found.failed, found.unknown, found.provenance
    names = _chosen(samples, hits, parameters, seed)
    edges = {name: _edges(samples[name], name, bins) for name in names}
    table = _cells(samples, hits, edges)
    return Stacking(
        judged.text, table, names, float(hits.mean()), len(hits), failed, unknown,
        judged.clause, record,
    )  # fmt: skip


def _chosen(
    samples: pd.DataFrame, hits: np.ndarray, parameters: Sequence[str] | None, seed: int
) -> tuple[str, ...]:
    if parameters is None:
        return tuple(feature_scores(samples, hits, seed)["parameter"].head(2))
    asked = [parameters] if isinstance(parameters, str) else [str(each) for each in parameters]
    known = Names(samples.columns, "sampled parameter")
    findings = [known.unknown(each) for each in asked if each not in known]
    found = tuple(dict.fromkeys(known[each] for each in asked if each in known))
    if not findings and not 2 <= len(found) <= MOST:
        remedy = "Give two, three or four."
        findings.append(
            Finding("error", f"{len(found)} parameters cannot be stacked.", remedy=remedy)
        )
    if findings:
        raise InputError(*findings)
    return found


def _edges(column: pd.Series, name: str, bins: Bins) -> np.ndarray:
    """All edges of a parameter's bins, the sample's ends included."""
    own: Any = bins
    if isinstance(bins, Mapping):
        known = Names([str(each) for each in bins], "parameter")
        own = bins[known[name]] if name in known else 3
    low, high = float(column.min()), float(column.max())
    if isinstance(own, int | np.integer) and not isinstance(own, bool) and own >= 2:
        return np.linspace(low, high, int(own) + 1)
    try:
        inner = np.unique(np.asarray(list(own), dtype=float))
    except (TypeError, ValueError):  # neither a number of bins nor edges
        inner = np.array([])
    if not len(inner) or inner[0] <= low or inner[-1] >= high:
        message = f"The bins of {name!r} are {own!r}, but it runs from {low:g} to {high:g}."
        remedy = "Give a number of bins of at least 2, or inner edges within that range."
        raise InputError(Finding("error", message, "bins", (name,), remedy))
    return np.concatenate([[low], inner, [high]])


def _cells(
    samples: pd.DataFrame, hits: np.ndarray, edges: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Count every cell, empty ones too."""
    import pandas as pd

    shape = [len(each) - 1 for each in edges.values()]
    places = [
        np.clip(np.searchsorted(each, samples[name], side="right") - 1, 0, len(each) - 2)
        for name, each in edges.items()
    ]
    cell = np.ravel_multi_index(places, shape)
    total = int(np.prod(shape))
    members = np.bincount(cell, minlength=total)
    own = np.bincount(cell[hits], minlength=total)
    low, high = wilson(own, members)
    labels = {name: _labels(name, each) for name, each in edges.items()}
    at = np.array(np.unravel_index(np.arange(total), shape))
    columns: dict[str, Any] = {
        "row": [_joined(labels, at[:, k], 0) for k in range(total)],
        "column": [_joined(labels, at[:, k], 1) for k in range(total)],
    }
    columns |= {name: [labels[name][p] for p in at[k]] for k, name in enumerate(edges)}
    columns |= {
        "share": np.where(members > 0, own / np.maximum(members, 1), np.nan),
        "low": low,
        "high": high,
        "members": members,
    }
    return pd.DataFrame(columns)


def _labels(name: str, edges: np.ndarray) -> list[str]:
    """A bin in words: "distinguishability below 0.5"."""
    title, span = spoken(name), (edges[0], edges[-1])
    ends = [shown(each, *span) for each in edges]
    last = len(edges) - 2
    return [
        f"{title} below {ends[1]}"
        if k == 0
        else f"{title} above {ends[k]}"
        if k == last
        else f"{title} {ends[k]} to {ends[k + 1]}"
        for k in range(last + 1)
    ]


def _joined(labels: Mapping[str, list[str]], at: np.ndarray, side: int) -> str:
    """The place of a cell along rows (0) or columns (1): every other parameter splits it."""
    parts = [own[at[k]] for k, own in enumerate(labels.values()) if k % 2 == side]
    return ", ".join(parts)


def _cell(row: pd.Series) -> str:
    return f"{row['row']} and {row['column']}"
