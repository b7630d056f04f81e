"""Many members: cut into chunks, solved by whoever there is, joined with labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError, SolveError
from secdil_sd.names import key, suggestion
from secdil_sd.provenance import fingerprint
from secdil_sd.simulation.chunk import WORKER_DIED, Job, Part
from secdil_sd.simulation.dataset import build_dataset
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.execution import Task, solve_tasks
from secdil_sd.simulation.outputs import Output
from secdil_sd.simulation.progress import Reporter, reporter
from secdil_sd.simulation.samples import Samples
from secdil_sd.simulation.store import Store

if TYPE_CHECKING:
    import xarray as xr

CHUNK_BYTES = 700_000
"""Size of the state vector of a chunk: what stays near the processor on common machines."""


def default_chunk(stocks: int) -> int:
    """Return how many members are solved together: a function of the model alone.

    >>> default_chunk(21), default_chunk(45150)
    (4096, 1)
    """
    members = CHUNK_BYTES // (8 * max(stocks, 1))
    return int(2 ** np.clip(np.floor(np.log2(max(members, 1))), 0, 12))


POLICIES = ("record", "raise", "stop")
"""What failed members do: a status and no more; an error after all ran; an error at once."""

STRAGGLERS = ("alone", "drop")

RETRY_METHOD = "Radau"
"""Who tries again: implicit, and strict about what it cannot follow."""

RETRY_CHUNK = 64


@dataclass(frozen=True)
class Manner:
    """How an ensemble is run, which does not change what comes out.

    Parameters
    ----------
    chunk : int or None
        Members solved together.
    client : None, int or executor
    store : path or None
    progress : None, bool or callable
    failures : {"record", "raise", "stop"}
    retry_failed : bool or str
        Solve failed members again, by the method of that name.
    stragglers : {"alone", "drop"}
        Members that hold up their batch are solved by themselves, or given up.
    """

    chunk: int | None = None
    client: Any = None
    store: Any = None
    progress: Any = None
    failures: str = "record"
    retry_failed: bool | str = False
    stragglers: str = "alone"

    def __post_init__(self) -> None:
        wrong = []
        chunk = self.chunk
        if chunk is not None and not (isinstance(chunk, int | np.integer) and chunk > 0):
            remedy = "Give a positive whole number."
            wrong.append(
                Finding("error", f"chunk is {chunk!r}.", variables=("chunk",), remedy=remedy)
            )
        if self.failures not in POLICIES:
            hint = suggestion(str(self.failures), POLICIES)
            message = f"failures is {self.failures!r}."
            wrong.append(Finding("error", message, variables=("failures",), remedy=hint))
        if self.stragglers not in STRAGGLERS:
            hint = suggestion(str(self.stragglers), STRAGGLERS)
            message = f"stragglers is {self.stragglers!r}."
            wrong.append(Finding("error", message, variables=("stragglers",), remedy=hint))
        if wrong:
            raise InputError(*wrong)


def run_chunks(
    setup: Setup,
    outputs: Sequence[Output],
    samples: Samples,
    roles: Mapping[str, str],
    record: Mapping[str, str],
    manner: Manner,
) -> xr.Dataset:
    """Solve every member and return one dataset; no member's failure stops the others.

    Parameters
    ----------
    setup : Setup
    outputs : sequence of Output
    samples : Samples
    roles : mapping of str to str
    record : mapping of str to str
        Provenance: the attributes of the result.
    manner : Manner

    Raises
    ------
    SolveError
        If the manner asks for it and members failed; what was solved stays in the store.
    """
    size = int(manner.chunk or default_chunk(len(setup.atol)))
    asked = {"outputs": [each.text for each in outputs], "times": setup.times, "chunk": size}
    job = Job(fingerprint({**record, **asked}), setup, tuple(outputs), roles, record["equations"])
    run = _Ensemble(job, samples, {**record, "chunk": str(size)}, size)
    if manner.store is None:
        sink: Store | _Memory = _Memory(run)
    else:
        sink = Store(manner.store, run.header(), samples.index, size, run.labelled, run.numbers)
    with reporter(manner.progress, samples.count) as report:
        run.fill(sink, manner, report)
        if manner.retry_failed:
            run.retry(sink, manner, report)
    if manner.failures == "raise":
        run.refuse_failures(sink)
    return sink.dataset()


class _Ensemble:
    """The chunks of one ensemble: cut, sent out, taken in."""

    def __init__(self, job: Job, samples: Samples, attrs: Mapping[str, str], size: int) -> None:
        self.job, self.samples, self.attrs, self.size = job, samples, attrs, size

    def header(self) -> dict[str, str]:
        """What must be equal for two results to be parts of one."""
        names = ("model", "equations", "values", "samples", "state", "method", "rtol", "backend")
        found = {name: self.attrs[name] for name in names if name in self.attrs}
        times = self.job.setup.times
        found["times"] = fingerprint(times)
        found["outputs"] = ", ".join(each.text for each in self.job.outputs)
        return found

    def fill(self, sink: Store | _Memory, manner: Manner, report: Reporter) -> None:
        """Solve the chunks that are not there yet."""
        present = sink.present
        if present.any():
            count = int(present.sum())
            report.say(f"resuming: {count} of {len(present)} chunks present")
            for _, status in sink.statuses():
                report.advance(len(status), int(np.count_nonzero(status != "ok")))
        tasks = [self._task(int(number)) for number in np.flatnonzero(~present)]
        for number, part in solve_tasks(self.job, tasks, manner.client, report.say):
            sink.write(number, part)
            report.advance(len(part.status), part.failed)
            if manner.failures == "stop" and part.failed:
                begin = number * self.size
                raise self._failure([(begin, part.status)], "the rest was not solved")

    def retry(self, sink: Store | _Memory, manner: Manner, report: Reporter) -> None:
        """Solve failed members again; those whose workers died as before, others by a new way."""
        method = RETRY_METHOD if manner.retry_failed is True else str(manner.retry_failed)
        for again, job in ((True, self.job), (False, self.job.by(method))):
            lost = [
                begin + np.flatnonzero((status == WORKER_DIED) if again else (status != "ok"))
                for begin, status in sink.statuses()
            ]
            pieces = [each for each in lost if len(each)]  # as they were, to give the same bits
            if not pieces:
                continue
            failed = np.concatenate(pieces)
            if not again:
                pieces = np.split(failed, range(RETRY_CHUNK, len(failed), RETRY_CHUNK))
            tasks = [Task(k, len(each), self._draw(each)) for k, each in enumerate(pieces)]
            left = 0
            for k, part in solve_tasks(job, tasks, manner.client, report.say):
                sink.patch(pieces[k], part)
                left += part.failed
            how = "as before" if again else f"by {method}"
            report.say(f"retried {len(failed)} members {how}: {len(failed) - left} succeeded")

    def refuse_failures(self, sink: Store | _Memory) -> None:
        """Raise if any member failed."""
        failed = [each for each in sink.statuses() if (each[1] != "ok").any()]
        if failed:
            raise self._failure(failed, "all others were solved")

    def labelled(self, members: slice | np.ndarray, part: Part) -> xr.Dataset:
        """Return a chunk with its labels on."""
        setup = self.job.setup
        return build_dataset(
            setup.system,
            setup.times,
            dict(zip(self.job.outputs, part.arrays, strict=True)),
            constants=setup.values.constants,
            series=setup.values.series,
            samples=self.samples.take(members),
            status=part.status,
            stopped_at=part.stopped_at,
            attrs=self.attrs,
        )

    def numbers(self, members: slice | np.ndarray, part: Part) -> dict[str, np.ndarray]:
        """Return what differs between the members of a chunk, by dataset key."""
        sampled = self.samples.take(members).constants
        found = {key(name): array for name, array in sampled.items()}
        found |= {o.key: array for o, array in zip(self.job.outputs, part.arrays, strict=True)}
        return {**found, "stopped_at": part.stopped_at, "status": part.status}

    def _slice(self, number: int) -> slice:
        begin = number * self.size
        return slice(begin, min(begin + self.size, self.samples.count))

    def _task(self, number: int) -> Task:
        members = self._slice(number)
        return Task(number, members.stop - members.start, self._draw(members))

    def _draw(self, members: slice | np.ndarray) -> Any:
        return partial(_drawn, self.samples, members)

    def _failure(self, failed: Sequence[tuple[int, np.ndarray]], rest: str) -> SolveError:
        """Name the first members that failed, and how."""
        named = [
            f"{self.samples.index[begin + k]} ({status[k]})"
            for begin, status in failed
            for k in np.flatnonzero(status != "ok")[:5]
        ]
        total = sum(int(np.count_nonzero(status != "ok")) for _, status in failed)
        shown = ", ".join(named[:5]) + (" and others" if total > 5 else "")
        return SolveError(
            Finding(
                "error",
                f"{total} of {self.samples.count} members failed: {shown}; {rest}.",
                self.job.setup.system.place,
                remedy='Narrow the samples, or ask for failures="record" to keep the others.',
            )
        )


def _drawn(samples: Samples, members: slice | np.ndarray) -> dict[str, np.ndarray]:
    return samples.take(members).drawn


class _Memory:
    """The chunks of one ensemble in this process: the arrays of the whole, filled in place."""

    def __init__(self, run: _Ensemble) -> None:
        self._run = run
        self._arrays: list[np.ndarray] = []
        self._status: dict[int, np.ndarray] = {}
        self._stopped = np.full(run.samples.count, np.nan)

    @property
    def present(self) -> np.ndarray:
        return np.zeros(-(-self._run.samples.count // self._run.size), dtype=bool)

    def write(self, number: int, part: Part) -> None:
        begin = number * self._run.size
        self._place(slice(begin, begin + len(part.status)), part)
        longest = max(map(len, np.unique(part.status)))
        self._status[begin] = part.status.astype(f"U{longest}")

    def patch(self, members: np.ndarray, part: Part) -> None:
        self._place(members, part)
        for member, status in zip(members, part.status, strict=True):
            self._set(int(member), str(status))

    def _place(self, members: slice | np.ndarray, part: Part) -> None:
        if not self._arrays:
            count = self._run.samples.count
            self._arrays = [np.empty((*each.shape[:-1], count), each.dtype) for each in part.arrays]
        for array, values in zip(self._arrays, part.arrays, strict=True):
            array[..., members] = values
        self._stopped[members] = part.stopped_at

    def _set(self, member: int, status: str) -> None:
        begin = member - member % self._run.size
        own = self._status[begin]
        if own[member - begin] != status:
            own = own.astype(f"U{max(len(status), own.dtype.itemsize // 4)}")
            own[member - begin] = status
            self._status[begin] = own

    def statuses(self) -> Iterator[tuple[int, np.ndarray]]:
        yield from sorted(self._status.items())

    def dataset(self) -> xr.Dataset:
        status = np.concatenate([each for _, each in sorted(self._status.items())])
        part = Part(tuple(self._arrays), status, self._stopped)
        return self._run.labelled(slice(None), part)
