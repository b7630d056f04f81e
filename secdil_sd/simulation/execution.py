"""Who solves the chunks: this process, a pool or a cluster; and what if a worker dies."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.chunk import Job, Part, solve_chunk

TRIES = 3
"""Workers a chunk may lose before its members are given up."""

AHEAD = 3
"""Chunks in hand for each worker: enough to keep it busy, few enough to bound memory."""


@dataclass(frozen=True)
class Task:
    """One chunk to be solved: its number, and what is sampled in it once it is its turn."""

    number: int
    members: int
    sampled: Callable[[], Mapping[str, np.ndarray]]


def solve_tasks(
    job: Job, tasks: Sequence[Task], client: Any, say: Callable[[str], None]
) -> Iterator[tuple[int, Part]]:
    """Solve chunks and yield them in order: (number, part).

    Parameters
    ----------
    job : Job
    tasks : sequence of Task
    client : None, int or executor
        None solves here; a number starts that many processes; else anything with ``submit``.
    say : callable (str)
        Told which worker died and what is done about it.

    Raises
    ------
    InputError
        If ``client`` is nothing that can solve.
    """
    if client is None:
        for task in tasks:
            yield task.number, job.solve(task.sampled(), task.members)
        return
    workers = _Workers(client, say)
    try:
        yield from workers.solve(job, tasks)
    except BaseException:  # Ctrl-C, a failure that stops all: nobody waits for the rest
        workers.close(abandon=True)
        raise
    workers.close()


class _Workers:
    """A pool or cluster, replaced when it breaks."""

    def __init__(self, client: Any, say: Callable[[str], None]) -> None:
        self.client, self.say = client, say
        self.made: list[Any] = []
        if isinstance(client, int) and not isinstance(client, bool):
            if client < 1:
                raise _not_a_client(client)
            self.client = _processes(client)
            self.made.append(self.client)
        elif not callable(getattr(client, "submit", None)):
            raise _not_a_client(client)
        self.cluster = type(self.client).__module__.split(".")[0] == "distributed"
        self.known = self._alive()

    def close(self, abandon: bool = False) -> None:
        """Let the pools go that were made here; abandoned, without what they are at."""
        for pool in self.made:
            pool.shutdown(wait=True, kill_workers=abandon)

    def solve(self, job: Job, tasks: Sequence[Task]) -> Iterator[tuple[int, Part]]:
        waiting = deque(tasks)
        flying: deque[tuple[Task, Any]] = deque()
        losses = {task.number: 0 for task in tasks}
        try:
            while waiting or flying:
                most = AHEAD * self._size()
                # A chunk that was there when two workers died flies alone, to know if it is why.
                while waiting and len(flying) < (
                    most if losses[waiting[0].number] < TRIES - 1 else 1
                ):
                    task = waiting.popleft()
                    try:
                        flying.append((task, self._submit(job, task)))
                    except (BrokenExecutor, RuntimeError):
                        waiting.appendleft(task)
                        if flying:  # what is in flight says why
                            break
                        self._replace()
                task, future = flying.popleft()
                try:
                    part = future.result()
                except Exception as error:
                    if not _worker_died(error):
                        raise
                    lost = self._lost(error, task, flying)
                    for each in lost:
                        losses[each.number] += 1
                    if losses[task.number] < TRIES:
                        waiting.extendleft(reversed(lost))
                        continue
                    waiting.extendleft(reversed(lost[1:]))
                    part = job.lost(task.members)
                self._notice_losses()
                yield task.number, part
        finally:
            if self.client not in self.made:  # pools made here are abandoned whole
                for _, future in flying:
                    future.cancel()

    def _submit(self, job: Job, task: Task) -> Any:
        # Two submissions of one chunk are two computations: dask would hand out the first again.
        options = {"pure": False} if self.cluster else {}
        return self.client.submit(solve_chunk, job, task.sampled(), task.members, **options)

    def _size(self) -> int:
        if self.cluster:
            return max(1, sum(self.client.nthreads().values()))
        return max(1, int(getattr(self.client, "_max_workers", None) or os.cpu_count() or 1))

    # deaths

    def _alive(self) -> dict[Any, Any]:
        if self.cluster:
            return dict.fromkeys(self.client.nthreads())
        return dict(getattr(self.client, "_processes", None) or {})

    def _notice_losses(self) -> None:
        """Name the workers of a cluster that are gone; its scheduler has redone their chunks."""
        if not self.cluster:
            self.known |= self._alive()
            return
        now = self._alive()
        for worker in self.known.keys() - now.keys():
            self.say(f"The worker {worker} died; its chunks are redone by the others.")
        self.known = now

    def _lost(self, error: BaseException, task: Task, flying: deque[Any]) -> list[Task]:
        """Return the chunks that went down with a worker; what can take work is ready again."""
        if self.cluster:  # its scheduler has tried on other workers already, and lost them too
            self.say(f"{self._dead(error)}, as others before it; chunk {task.number + 1} redone.")
            return [task]
        lost = [task, *(each for each, _ in flying)]
        flying.clear()
        numbers = ", ".join(str(each.number + 1) for each in lost)
        self.say(f"{self._dead(error)}; redoing chunk{'s' * (len(lost) > 1)} {numbers}.")
        self._replace()
        return lost

    def _dead(self, error: BaseException) -> str:
        """Say which worker died, as far as the pool lets know."""
        self.known |= self._alive()
        last = getattr(error, "last_worker", None)
        if last is not None:
            return f"The worker {getattr(last, 'address', last)} died"
        for pid, process in self.known.items():
            code = getattr(process, "exitcode", None)
            if code is not None and code not in (0, -signal.SIGTERM):
                return f"The worker process {pid} died ({_exit(code)})"
        return "A worker process died"

    def _replace(self) -> None:
        """Go on with a new pool of the same size; a broken one takes no work."""
        if self.client in self.made:
            self.made.remove(self.client)
            self.client.shutdown(wait=False)
        self.client = _processes(self._size())
        self.made.append(self.client)
        self.known = self._alive()


def _processes(count: int) -> Any:
    """A pool of processes that do not share this one's memory or threads."""
    from loky import ProcessPoolExecutor

    return ProcessPoolExecutor(count, initializer=_leave_interrupts)


def _leave_interrupts() -> None:
    """In a worker: Ctrl-C is for the process that sends the chunks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _worker_died(error: BaseException) -> bool:
    """Say whether a future failed because of its worker, not because of what it computed."""
    names = {each.__name__ for each in type(error).__mro__}
    return isinstance(error, BrokenExecutor) or "KilledWorker" in names


def _exit(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"exit code {code}"


def _not_a_client(client: Any) -> InputError:
    return InputError(
        Finding(
            "error",
            f"client is {client!r}, which solves nothing.",
            variables=("client",),
            remedy="Give a number of processes, an executor (loky, concurrent.futures) or a "
            "dask.distributed Client.",
        )
    )
