"""Scenario discovery: in which region of the assumptions does something happen?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.exploration import boxes as judging
from secdil_sd.analysis.exploration.boxes import Found
from secdil_sd.analysis.exploration.judged import Judged, judged_members
from secdil_sd.analysis.exploration.limits import Box, limits_of, restrictions
from secdil_sd.analysis.exploration.scores import feature_scores
from secdil_sd.analysis.exploration.verdicts import Verdicts, Where
from secdil_sd.analysis.exploration.words import in_words
from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.space import check_count, check_seed
from secdil_sd.analysis.verbs import verb
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.names import suggestion

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

METHODS = {"prim": judging.prim, "cart": judging.cart}
LARGEST_HALF = 1024
"""Members a box is sought in again at most, in each resample."""
ALWAYS = 0.95
"""Share of the resamples in which a box must be denser than the base rate among unseen members."""
FEW = 20


@dataclass(frozen=True, eq=False)
class Discovery:
    """Where something happens.

    Parameters
    ----------
    where : str
        The condition.
    method : {"prim", "cart"}
    boxes : DataFrame
        A row a restriction of a chosen box: ``box`` and the columns of `Box.limits`, and
        ``stability``: the share of resamples in which the same bounds are set again. No rows
        where nothing beats the base rate.
    trajectory : DataFrame
        A row a candidate box: ``coverage, density, density_low, density_high, mass, support,
        restricted, significant, chosen`` and more; the whole space first for "prim".
    scores : DataFrame
        Which parameters tell hits from others: ``parameter, score, low, high``.
    resamples : DataFrame
        A row a random half in which the box was sought again: ``density, coverage, base_rate``
        among the members of the other half.
    coverage, density : float
        Of the chosen boxes together; NaN where there is none.
    unseen_density : float
        Mean density among members not used to find the box: what to expect of new worlds.
    base_rate : float
        Share of all members that satisfy the condition.
    members, failed, unknown : int
        Judged; not solved to the end; solved, but without an answer. Only the first count.
    reservations : tuple of str
    samples : DataFrame
        What was judged, a row a member.
    holds : array (member,) of bool
    """

    where: str
    method: str
    boxes: pd.DataFrame = field(repr=False)
    trajectory: pd.DataFrame = field(repr=False)
    scores: pd.DataFrame = field(repr=False)
    resamples: pd.DataFrame = field(repr=False)
    coverage: float
    density: float
    unseen_density: float
    base_rate: float
    members: int
    failed: int
    unknown: int
    reservations: tuple[str, ...]
    samples: pd.DataFrame = field(repr=False)
    holds: np.ndarray = field(repr=False)
    verdicts: Verdicts = field(repr=False)
    found: Found = field(repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the boxes to show; none where nothing beats the base rate."""
        return tuple(int(each) for each in dict.fromkeys(self.boxes["box"]))

    @property
    def finding(self) -> str:
        """The headline: the first box in words, or that there is none."""
        if not self.chosen:
            return (
                f"No region stands out: {self.verdicts.clause} in {self.base_rate:.0%} of worlds, "
                "and in no box reliably more often"
            )
        return self.box(self.chosen[0]).words

    @property
    def words(self) -> tuple[str, ...]:
        """Each chosen box in words."""
        return tuple(self.box(each).words for each in self.chosen)

    @property
    def leading(self) -> tuple[str, ...]:
        """The parameters: those the boxes restrict first, then by feature score."""
        return tuple(dict.fromkeys([*self.boxes["parameter"], *self.scores["parameter"]]))

    def box(self, number: int) -> Box:
        """Return any box of the trajectory by its number.

        Raises
        ------
        InputError
            If there is no such box.
        """
        if number not in range(len(self.trajectory)):
            message = f"There is no box {number!r}."
            remedy = f"Give one of 0 to {len(self.trajectory) - 1}, a row of .trajectory."
            raise InputError(Finding("error", message, variables=("number",), remedy=remedy))
        row = self.trajectory.iloc[number]
        limits = limits_of(self.found, number, self.samples, self.holds)
        words = in_words(limits, row["density"], row["coverage"], self.verdicts)
        numbers = {
            name: float(row[name])
            for name in ("coverage", "density", "density_low", "density_high", "mass")
        }
        return Box(
            number,
            limits,
            **numbers,
            support=int(row["support"]),
            hits=int(row["hits"]),
            words=words,
        )

    def to_dataframe(self) -> pd.DataFrame:
        """Return the restrictions of the chosen boxes."""
        return self.boxes.copy()

    def save(self, path: str | Path) -> Path:
        """Write the restrictions as .csv or .parquet, or everything as .json."""
        tables = {
            "boxes": self.boxes,
            "trajectory": self.trajectory,
            "scores": self.scores,
            "resamples": self.resamples,
        }
        names = ("where", "method", "coverage", "density", "unseen_density", "base_rate")
        record = {
            "finding": self.finding,
            "words": list(self.words),
            **{name: getattr(self, name) for name in names},
            **{name: getattr(self, name) for name in ("members", "failed", "unknown")},
            "reservations": list(self.reservations),
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        from secdil_sd.analysis.exploration.words import as_text

        return as_text(self)


@verb
def discover(
    subject: Scenario | Model | xr.Dataset,
    where: Where | None = None,
    n: int = 2048,
    seed: int = 1,
    parameters: Sequence[str] | Mapping[str, Any] | None = None,
    constraints: Sequence[str] | None = (),
    method: str = "prim",
    outputs: Sequence[str] = (),
    times: Any = None,
    samples: pd.DataFrame | None = None,
    resamples: int = 20,
    **options: Any,
) -> Discovery:
    """Find the region of the assumptions in which something happens.

    Parameters
    ----------
    subject : Scenario, Model or Dataset
        A case, of which ``n`` members are drawn and run; or an ensemble one already has, whose
        sampled coordinates are judged by the outputs it holds.
    where : str, callable or array of bool, optional
        What happens: "peak spiral number > 1 and burden final < 0.1" (see `Condition`),
        "mode is race" (see `behavior_modes`), a function of the ensemble, or an answer a member.
        Default "peak spiral number > 1" where the model has one.
    n : int
        Members drawn, by Latin hypercube; those that break a constraint are made up for.
    seed : int
        Of the sample and of the resamples.
    parameters, constraints
        What varies: as for `sd.sensitivity`; with it go whole draws of fitted values, if any.
    method : {"prim", "cart"}
        Patient rule induction, or the leaves of a classification tree.
    outputs : sequence of str
        What to compute for a callable, which sees the run.
    times : sequence of float, optional
        Default yearly.
    samples : DataFrame, optional
        A table of members of one's own (see `sd.read_samples`), run instead of a sample drawn.
    resamples : int
        Random halves of the members in which the box is sought again and then judged by the
        other half.
    **options
        As `Model.run_ensemble`: backend, client, chunk, store, progress.

    Returns
    -------
    Discovery
        Its box is shown only if in 95% of the resamples it is denser than the base rate among
        members it has not seen: quasi-p alone knows nothing of the search.

    Raises
    ------
    InputError
        If every member satisfies the condition or none does, with the range of its outputs; for
        unknown outputs, methods and parameters, with the nearest names; for an ensemble that
        varies nothing.

    Source: Bryant and Lempert (2010), Technological Forecasting and Social Change 77; Friedman
    and Fisher (1999), Statistics and Computing 9.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> linear = sd.load_model("richardson")
    >>> ranges = {"reaction[East,West]": (0.05, 0.3), "fatigue.East": (0.1, 0.4)}
    >>> found = discover(linear, "spending.East final > 30", 256, parameters=ranges)
    >>> found.boxes["parameter"].tolist()
    ['fatigue[East]', 'reaction[East,West]']
    """
    mistakes: list[Finding] = []
    if str(method) not in METHODS:
        message = f"No method {method!r} of discovery."
        mistakes.append(
            Finding("error", message, "method", remedy=suggestion(str(method), METHODS))
        )
    with collecting(mistakes):
        check_count(resamples, 2, "resamples")
    with collecting(mistakes):
        check_seed(seed)
    found = judged_members(
        subject, where, n, seed, parameters, constraints, outputs, times, samples, mistakes,
        **options,
    )  # fmt: skip
    return _discovery(found, method, seed, resamples)


def _discovery(members: Judged, method: str, seed: int, resamples: int) -> Discovery:
    """Search, search again in halves, and put it together."""
    table, hits = members.samples, members.hits
    x = table.to_numpy(dtype=float)
    found = METHODS[method](x, hits)
    again, bounds = _resampled(x, hits, method, resamples, seed)
    beats = float((again["density"] > again["base_rate"]).mean())
    chosen = found.chosen if beats >= ALWAYS else ()
    trajectory = judging.judged(found, x, hits)
    trajectory["chosen"] = np.isin(trajectory["box"], chosen)
    inside = found.inside(x) if chosen else np.zeros(len(x), dtype=bool)
    return Discovery(
        members.judged.text,
        method,
        restrictions(found, chosen, table, hits, bounds),
        trajectory,
        feature_scores(table, hits, seed),
        again,
        coverage=float(hits[inside].sum() / hits.sum()) if chosen else float("nan"),
        density=float(hits[inside].mean()) if chosen else float("nan"),
        unseen_density=float(again["density"].mean()) if chosen else float("nan"),
        base_rate=float(hits.mean()),
        members=len(x),
        reservations=_reservations(hits, beats, bool(found.chosen), bool(chosen)),
        samples=table,
        holds=hits,
        verdicts=members.judged,
        found=found,
        failed=members.failed,
        unknown=members.unknown,
        provenance={**members.provenance, "resamples": str(resamples)},
    )


def _resampled(
    x: np.ndarray, hits: np.ndarray, method: str, count: int, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Seek the box in random halves; judge it by the other halves.

    Returns the densities among unseen members, and how often each bound was set (2, parameter).
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    half = min(len(x) // 2, LARGEST_HALF)
    rows, bounds = [], np.zeros((2, x.shape[1]))
    for _ in range(count):
        order = rng.permutation(len(x))
        seen, unseen = order[:half], order[half:]
        base = float(hits[unseen].mean())
        density, coverage = base, 1.0  # no box: the whole space
        if 0 < hits[seen].sum() < half:
            found = METHODS[method](x[seen], hits[seen])
            if found.chosen:
                bounds += judging.restricted(found, x[seen])
                inside = found.inside(x[unseen])
                own = int(hits[unseen][inside].sum())
                density = own / max(int(inside.sum()), 1)
                coverage = own / max(int(hits[unseen].sum()), 1)
        rows.append((density, coverage, base))
    return pd.DataFrame(rows, columns=["density", "coverage", "base_rate"]), bounds / count


def _reservations(hits: np.ndarray, beats: float, found: bool, shown: bool) -> tuple[str, ...]:
    """What a reader should hold against the result."""
    said = []
    rarer = min(int(hits.sum()), int((~hits).sum()))
    if rarer < FEW:
        what = "satisfy the condition" if hits.sum() < FEW else "do not satisfy it"
        said.append(f"Only {rarer} members {what}: draw more.")
    if found and not shown:
        said.append(
            f"A box was found, but in only {beats:.0%} of the resamples is it denser than the base "
            "rate among worlds it has not seen."
        )
    return tuple(said)
