"""The result of a sensitivity analysis: indices with reservations, failed members, how to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.saving import save_result
from secdil_sd.analysis.sensitivity import judging, words
from secdil_sd.analysis.sensitivity.constraints import GENTLE, left_shares, narrowing, touched
from secdil_sd.analysis.sensitivity.failures import failure_drivers, region
from secdil_sd.analysis.sensitivity.fitted import MORE_DRAWS
from secdil_sd.analysis.sensitivity.methods import check_addition
from secdil_sd.analysis.sensitivity.work import RTOL, Work, run_part
from secdil_sd.errors import Finding, InputError, SolveError
from secdil_sd.provenance import provenance

if TYPE_CHECKING:
    import pandas as pd

TOLERATED = 0.1
"""Share of failed members above which an analysis is refused unless it is asked for."""
POLICIES = ("refuse", "drop")

CAVEATS = {
    "delta": "Delta ranks parameters: it compares smoothed densities, which understates its size, "
    "and its intervals are about the sample, not about that."
}
"""What a reader must know of a method's numbers whatever the sample says."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Which parameters drive an output, and how sure that is.

    Parameters
    ----------
    method : str
    n : int
        Base points, trajectories, points of a curve or runs, as the method counts.
    indices : DataFrame
        A row an index: output, state (element), time (NaN where reduced), parameter, parameter2
        (of a pair), index ("S1", "ST", "S2", "mu_star", "mu", "sigma", "delta", "PAWN median",
        "PAWN maximum"; of a tornado "base", "low", "high", "swing"), value, conf_low and
        conf_high (95%, by bootstrap), settled (half of the interval within .05 or a tenth of the
        value; in units of the output within a twentieth of the largest), more_runs (what it
        likely takes to settle), note. An output that does not vary has NaN and says so.
    samples : DataFrame
        The design: a row a run.
    runs, new_runs : int
        Runs the indices rest on, and those that were made for this result.
    failed : DataFrame
        Runs that failed: parameters, ``status``, ``stopped_at``. They are never imputed: the
        block, trajectory or row they belong to is left out.
    dropped, blocks : int
        Blocks left out, of how many.
    drivers : DataFrame
        How well each parameter tells failed runs from others.
    notes : tuple of str
        Reservations about the whole.
    units : mapping of str to str
        Of each output.
    provenance : mapping of str to str
    """

    method: str
    n: int
    indices: pd.DataFrame = field(repr=False)
    samples: pd.DataFrame = field(repr=False)
    runs: int
    new_runs: int
    failed: pd.DataFrame = field(repr=False)
    dropped: int
    blocks: int
    drivers: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict, repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)
    work: Work | None = field(default=None, repr=False)

    @property
    def finding(self) -> str:
        """The headline in a sentence."""
        return words.finding(self.indices, self.method)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """What was looked at: (output, element)."""
        pairs = zip(self.indices["output"], self.indices["state"], strict=True)
        return tuple(dict.fromkeys(pairs))

    @property
    def timed(self) -> bool:
        """Whether the first output was looked at over time."""
        return bool(self.indices["time"].notna().iloc[0])

    @property
    def settled(self) -> bool:
        """Whether every index of an output that varies is settled."""
        return bool(self.indices["settled"][self.indices["value"].notna()].all())

    @property
    def more(self) -> int:
        """How much to extend by so that every index likely settles; 0 if all are."""
        if self.work is None or self.work.plan.space is None or self.settled:
            return 0
        if not self.work.plan.space.parameters:
            return 0
        return int(self.indices["more_runs"].max()) // self.work.plan.runs_each

    def extend(self, n: int) -> Sensitivity:
        """Return the analysis with ``n`` more base points; only the missing runs are made.

        A ``store`` belongs to the first runs and is not written to again.

        Parameters
        ----------
        n : int
            Base points, trajectories, points of a curve or runs; for sobol and fast a multiple
            of the first n.

        Raises
        ------
        InputError
            If ``n`` does not suit the design, or the runs came from elsewhere.
        """
        work = self.work
        if work is None or work.plan.space is None:
            message = "These runs were made elsewhere, so there is no design to extend."
            remedy = "Run a larger ensemble, or ask sd.sensitivity for a design."
            raise InputError(Finding("error", message, remedy=remedy))
        plan = work.plan
        if not work.plan.space.parameters:
            message = "Only a fit is open here, and all of its draws have been run."
            raise InputError(Finding("error", message, remedy=MORE_DRAWS))
        count = check_addition(plan.method, plan.sizes[0], n)
        plan = replace(plan, sizes=(*plan.sizes, count))
        run = {name: value for name, value in work.run.items() if name != "store"}
        grown = run_part(replace(work, plan=plan, run=run))
        return concluded(grown, new=plan.runs_each * count)

    def to_dataframe(self) -> pd.DataFrame:
        """Return the table of indices."""
        return self.indices.copy()

    def to_salib(self) -> dict[str, Any]:
        """Return the problem as SALib takes it, with what was run.

        Returns
        -------
        dict
            num_vars, names, bounds, dists, groups; ``samples`` (run, parameter), ``outputs``
            (labels) and ``results`` (run, output), failed runs with NaN.

        Raises
        ------
        InputError
            For distributions SALib does not have.
        """
        assert self.work is not None
        space, u = self.work.plan.space, self.work.rows.u
        table = self.samples.to_numpy(dtype=float)
        names = list(map(str, self.samples.columns))
        drawn = space is not None and space.fitted is not None
        if space is not None and drawn and u is not None:  # a draw has a place, but no number
            table, names = u, list(space.names)
        bounds = [[float(each.min()), float(each.max())] for each in table.T]
        plain = {"num_vars": len(names), "names": names, "bounds": bounds}
        labels = [words.about(*each) for each in self.work.columns.itertuples(index=False)]
        problem = plain if space is None or drawn else space.to_salib()
        return {**problem, "samples": table, "outputs": labels, "results": self.work.values}

    def save(self, path: str | Path) -> Path:
        """Write the indices as .csv or .parquet, or everything as .json."""
        tables = {"indices": self.indices, "failed": self.failed, "drivers": self.drivers}
        record = {
            "finding": self.finding,
            "method": self.method,
            "n": self.n,
            "runs": self.runs,
            "dropped_blocks": self.dropped,
            "notes": list(self.notes),
            "provenance": dict(self.provenance),
        }
        return save_result(path, tables, record)

    def __str__(self) -> str:
        size = "" if self.method == "tornado" else f", n = {self.n:,}"
        parts = [self.finding, f"{self.method}{size}, {self.runs:,} runs"]
        parts += [words.tables(self.indices, self.method), *self.notes]
        if not self.settled and self.method != "tornado":
            parts.append("? not settled: half of the interval is wider than .05 and a tenth.")
            if self.more:
                parts[-1] += f" Extending by {self.more:,} would likely settle all."
        return "\n\n".join(each for each in parts if each)


def concluded(work: Work, new: int | None = None) -> Sensitivity:
    """Return what a design that has been run says.

    Parameters
    ----------
    work : Work
    new : int, optional
        Runs that were made for it; default all.

    Raises
    ------
    SolveError
        If more than a tenth of the runs failed and that is not asked for, or too few are left.
    """
    plan, samples = work.plan, work.rows.samples
    drivers = failure_drivers(samples[list(samples.columns)], ~work.ok)
    kept = judging.kept_rows(plan, work.ok)
    blocks, dropped = len(kept) // plan.block, int((~kept).sum()) // plan.block
    _refuse_failures(work, drivers, blocks - dropped)
    caveat = [CAVEATS[plan.method.name]] if plan.method.name in CAVEATS else []
    notes = [*work.notes, *_failure_notes(work, drivers, dropped, blocks), *caveat]
    values = work.values[kept]
    if plan.method.name == "tornado":
        indices = judging.tornado(plan, work.columns, values)
    else:
        indices = _indices(work, kept, values, blocks - dropped)
    reserved, indices = _leaving(work, indices)
    notes = [*reserved, *notes]
    settings = {"method": plan.method.name, "n": plan.n, "seed": plan.seed, "sizes": plan.sizes}
    return Sensitivity(
        plan.method.name, plan.n, indices, samples, len(samples),
        len(samples) if new is None else new, work.failed, dropped, blocks, drivers,
        tuple(notes), work.units, provenance(**settings, ensemble=dict(work.record)), work,
    )  # fmt: skip


def _leaving(work: Work, indices: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Say how much of the design leaves a constraint, for the whole and beside its parameters."""
    box = work.plan.space
    if box is None or not box.binding:
        return [], indices
    notes = []
    for text, share in left_shares(box, work.rows.samples).items():
        rule = next(each for each in box.binding if each.text == text)
        notes.append(
            f"{share:.0%} of the design leaves the constraint {text!r}, as {work.plan.method.name} "
            f"varies each parameter by itself. To keep it, {narrowing(box, rule)}{GENTLE}."
        )
        named = zip(work.plan.names, work.plan.groups, strict=True)
        own = {group for name, group in named if name in touched(box, text)}
        concerned = indices["parameter"].isin(own) | indices["parameter2"].isin(own)
        said = f"{share:.0%} of the design leaves {text!r}"
        joined = indices["note"].where(indices["note"] == "", indices["note"] + "; ") + said
        indices = indices.assign(note=indices["note"].where(~concerned, joined))
    return notes, indices


def _indices(work: Work, kept: np.ndarray, values: np.ndarray, blocks: int) -> pd.DataFrame:
    plan = work.plan
    u = None if work.rows.u is None else work.rows.u[kept]
    tolerance = float(work.run.get("rtol", RTOL))
    alive = judging.varies(values[work.ok[kept]], tolerance)
    shown = np.where(work.ok[kept][:, None], values, np.nan)[:, alive]
    if not alive.any():  # any column at all gives the shape; every value is masked
        shown, alive_shape = np.ones((len(values), 1)), np.zeros(len(alive), dtype=bool)
        with np.errstate(all="ignore"):
            found = judging.estimates_of(plan, work.rows.samples[kept], u, _ramp(shown))
        found = tuple(replace(e, value=e.value[:, :0], half=e.half[:, :0]) for e in found)
        return judging.tidy(plan, work.columns, alive_shape, found, blocks)
    found = judging.estimates_of(plan, work.rows.samples[kept], u, shown)
    count = plan.n if plan.method.name == "fast" else blocks
    return judging.tidy(plan, work.columns, alive, found, count)


def _ramp(values: np.ndarray) -> np.ndarray:
    return values * np.arange(len(values))[:, None]


def _refuse_failures(work: Work, drivers: pd.DataFrame, left: int) -> None:
    lost, count = int((~work.ok).sum()), len(work.ok)
    where = region(drivers)
    most = f", most {where}" if where else ""
    if lost > TOLERATED * count and work.failures != "drop":
        remedy = 'Narrow that range, or ask for failures="drop" to leave them out.'
        if not where:
            remedy = 'Narrow the ranges, or ask for failures="drop" to leave them out.'
        message = f"{lost:,} of {count:,} runs failed ({lost / count:.0%}){most}."
        raise SolveError(Finding("error", message, remedy=remedy))
    least = 1 if work.plan.method.name in ("tornado", "fast") else work.plan.method.least
    if left < least or lost == count:
        message = f"{lost:,} of {count:,} runs failed{most}; {left:,} blocks are left, too few."
        raise SolveError(Finding("error", message, remedy="Narrow the ranges, or raise n."))


def _failure_notes(work: Work, drivers: pd.DataFrame, dropped: int, blocks: int) -> list[str]:
    lost = int((~work.ok).sum())
    if not lost:
        return []
    where = region(drivers)
    said = f"{lost:,} of {len(work.ok):,} runs failed" + (f", most {where}" if where else "")
    if work.plan.block > 1:
        said += f"; {dropped:,} of {blocks:,} blocks are left out"
    elif work.plan.method.name == "fast":
        said += "; the search curves they lie on give no index"
    return [f"{said}. The indices speak of the rest."]
