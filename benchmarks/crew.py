"""Worker processes that keep what is timed ready, so that rounds of many peers can alternate."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
_ready: dict[str, Callable[[], Any]] = {}
"""What this worker can be asked to do, by name."""


@dataclass(frozen=True)
class Timing:
    """One call, on all workers of a crew at once.

    Parameters
    ----------
    seconds : float
        From asking until the last worker has answered.
    processor : float
        Seconds of processor time, of all workers and their threads.
    results : list
        What each worker returned.
    """

    seconds: float
    processor: float
    results: list[Any]


def one_thread_each() -> None:
    """Keep this process and its workers to one thread each; before anybody loads NumPy or JAX."""
    os.environ.update(ONE_THREAD)


class Crew:
    """A number of fresh processes; all are asked the same, each has its own arguments."""

    def __init__(self, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._workers = [ProcessPoolExecutor(1, mp_context=context) for _ in range(workers)]

    def prepare(
        self, name: str, build: Callable[..., Callable[[], Any]], arguments: Sequence[tuple]
    ) -> None:
        """Let each worker build what it will be asked to do.

        Parameters
        ----------
        name : str
        build : callable
            Returns the callable that is timed later; of a module, so that workers find it.
        arguments : sequence of tuple, one a worker
        """
        self._ask(_prepare, [(name, build, each) for each in arguments])

    def time(self, name: str) -> Timing:
        """Do once what was prepared under a name."""
        begin = time.perf_counter()
        answers = self._ask(_call, [(name,)] * len(self._workers))
        seconds = time.perf_counter() - begin
        results = [result for _, result in answers]
        return Timing(seconds, sum(spent for spent, _ in answers), results)

    def peak_memory(self) -> float:
        """Return the largest resident memory a worker ever had, in bytes."""
        return max(self._ask(peak_memory, [()] * len(self._workers)))

    def close(self) -> None:
        for each in self._workers:
            each.shutdown()

    def _ask(self, question: Callable[..., Any], arguments: Sequence[tuple]) -> list[Any]:
        pairs = zip(self._workers, arguments, strict=True)
        return [each.result() for each in [worker.submit(question, *own) for worker, own in pairs]]


def _prepare(name: str, build: Callable[..., Callable[[], Any]], arguments: tuple) -> None:
    _ready[name] = build(*arguments)


def _call(name: str) -> tuple[float, Any]:
    begin = time.process_time()
    result = _ready[name]()
    return time.process_time() - begin, result


def peak_memory() -> float:
    """Return the largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the process was started from
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text())
        if found:
            return float(found[1]) * 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
