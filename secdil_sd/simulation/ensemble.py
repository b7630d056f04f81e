"""Many members: cut into chunks, solved one after the other, joined with labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.dataset import build_dataset
from secdil_sd.simulation.engine import Setup, simulate
from secdil_sd.simulation.outputs import Output
from secdil_sd.simulation.samples import Samples
from secdil_sd.simulation.single import collect

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def run_chunks(
    setup: Setup,
    outputs: Sequence[Output],
    samples: Samples,
    roles: Mapping[str, str],
    record: Mapping[str, str],
    chunk: int | None,
    progress: bool | Callable[[int, int], None] | None,
) -> xr.Dataset:
    """Solve every member and return one dataset; no member's failure stops the others."""
    size = _checked(chunk) if chunk is not None else default_chunk(len(setup.atol))
    parts: dict[Output, list[np.ndarray]] = {each: [] for each in outputs}
    status: list[np.ndarray] = []
    stopped: list[np.ndarray] = []
    with _reporter(progress, samples.count) as report:
        for begin in range(0, samples.count, size):
            end = min(begin + size, samples.count)
            sampled = {name: array[..., begin:end] for name, array in samples.constants.items()}
            solved = simulate(setup, sampled, end - begin)
            arrays = collect(setup, outputs, roles, solved, sampled, end - begin)
            for each in outputs:
                parts[each].append(arrays[each])
            status.append(np.asarray(solved.solution.status))
            stopped.append(np.asarray(solved.solution.stopped_at))
            report(end, samples.count)
    return build_dataset(
        setup.system,
        setup.times,
        {each: np.concatenate(arrays, axis=-1) for each, arrays in parts.items()},
        constants=setup.values.constants,
        series=setup.values.series,
        samples=samples,
        status=np.concatenate(status),
        stopped_at=np.concatenate(stopped),
        attrs={**record, "chunk": str(size)},
    )


def _checked(chunk: int) -> int:
    if isinstance(chunk, int) and chunk > 0:
        return chunk
    raise InputError(
        Finding(
            "error",
            f"chunk is {chunk!r}.",
            variables=("chunk",),
            remedy="Give a positive whole number.",
        )
    )


@contextmanager
def _reporter(progress: Any, total: int) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal, call the user's function, or stay silent."""
    if callable(progress):
        yield progress
        return
    import sys

    if progress is False or (progress is None and not sys.stderr.isatty()):
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("members", total=total)
        yield lambda done, of: bar.update(task, completed=done)
