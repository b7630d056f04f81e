"""One chunk of an ensemble: what a worker is sent, and what it sends back."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from secdil_sd.equations.dimensions import elements
from secdil_sd.equations.system import System
from secdil_sd.simulation.compiler import Compiler
from secdil_sd.simulation.engine import Setup, simulate, simulate_observed
from secdil_sd.simulation.gains import GAINS
from secdil_sd.simulation.outputs import Output, remaining_dimensions
from secdil_sd.simulation.single import collect

WORKER_DIED = "worker died"
"""Status of members whose workers died more often than is put up with."""


@dataclass(frozen=True)
class Part:
    """A solved chunk: one array a wanted output, and how each member fared.

    Parameters
    ----------
    arrays : tuple of array ([time,] *dimensions, member)
        In the order of the job's outputs.
    status : array (member,) of str
    stopped_at : array (member,)
    """

    arrays: tuple[np.ndarray, ...]
    status: np.ndarray
    stopped_at: np.ndarray

    @property
    def failed(self) -> int:
        """Number of members that did not reach the last output time."""
        return int(np.count_nonzero(self.status != "ok"))


@dataclass(frozen=True)
class Job:
    """Everything that is the same for every chunk of an ensemble.

    A worker compiles it once, however many chunks it is sent: copies of one job meet in the
    worker under its ``key``.

    Parameters
    ----------
    key : str
        Fingerprint of all of it.
    setup : Setup
    outputs : tuple of Output
    roles : mapping of str to str
    equations : str
        Fingerprint of the setup's system.
    """

    key: str
    setup: Setup
    outputs: tuple[Output, ...]
    roles: Mapping[str, str] = field(hash=False)
    equations: str

    @cached_property
    def _packed(self) -> bytes:
        """Everything but the key, packed once however many chunks take it along."""
        return pickle.dumps((self.setup, self.outputs, dict(self.roles), self.equations))

    def __reduce__(self) -> Any:
        return _arrived, (self.key, self._packed)

    def solve(self, sampled: Mapping[str, np.ndarray], members: int) -> Part:
        """Solve one chunk.

        Parameters
        ----------
        sampled : mapping of str to array (*dimensions, member)
        members : int
        """
        solver = simulate if self._gains else simulate_observed
        with one_blas_thread():
            solved = solver(self.setup, sampled, members)
            found = collect(self.setup, self.outputs, self.roles, solved, sampled, members)
        return Part(
            tuple(found[each] for each in self.outputs),
            np.asarray(solved.solution.status),
            np.asarray(solved.solution.stopped_at, dtype=float),
        )

    @property
    def _gains(self) -> bool:
        return any(each.variable in GAINS for each in self.outputs)

    def lost(self, members: int) -> Part:
        """Return what there is to say of a chunk nobody could solve."""
        arrays = []
        for each in self.outputs:
            lead = () if each.reduction else (len(self.setup.times),)
            dims = remaining_dimensions(each, self.setup.system)
            sizes = tuple(len(elements(self.setup.system, name)) for name in dims)
            arrays.append(np.full((*lead, *sizes, members), np.nan))
        status = np.full(members, WORKER_DIED)
        return Part(tuple(arrays), status, np.full(members, float(self.setup.times[0])))

    def by(self, method: str) -> Job:
        """Return the job with another method of integration."""
        return replace(self, key=f"{self.key} {method}", setup=replace(self.setup, method=method))


_JOBS: dict[str, Job] = {}
_MODELS: dict[str, tuple[System, Compiler]] = {}
"""Models this worker has met, by their equations: another job of theirs is compiled already."""

MOST_JOBS = 8


def _arrived(key: str, packed: bytes) -> Job:
    """Return the job this worker already knows under that key, or unpack the new one."""
    if key not in _JOBS:
        for kept in (_JOBS, _MODELS):
            while len(kept) >= MOST_JOBS:
                kept.pop(next(iter(kept)))
        # Our own bytes, from the process that asks: what carries them was unpickled the same way.
        setup, outputs, roles, equations = pickle.loads(packed)  # noqa: S301
        system, compiler = _MODELS.setdefault(equations, (setup.system, setup.compiler))
        _JOBS[key] = Job(
            key, replace(setup, system=system, compiler=compiler), outputs, roles, equations
        )
    return _JOBS[key]


def solve_chunk(job: Job, sampled: Mapping[str, np.ndarray], members: int) -> Part:
    """Solve one chunk: what workers are asked to do."""
    return job.solve(sampled, members)


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread() -> Any:
    """A context in which linear algebra keeps to one thread: a second only gets in the way."""
    return _libraries().limit(limits=1, user_api="blas")
