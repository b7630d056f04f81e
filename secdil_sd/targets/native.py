"""Compiled rates of a program: printed, compiled by numba once, and kept on disk.

The text is written to a file in the user's cache, named by its own fingerprint, because numba
keeps machine code beside a file; what is executed is the text just printed, never the file's.
"""

from __future__ import annotations

import hashlib
import math
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from secdil_sd import bundle
from secdil_sd.solving.contract import Kernel
from secdil_sd.targets.forms import NativeText
from secdil_sd.targets.runtime import Clock, SeriesTable


def available() -> bool:
    """Say whether numba is installed."""
    return find_spec("numba") is not None


@lru_cache(maxsize=64)
def compiled_rates(source: str) -> Callable[..., None]:
    """Return the compiled ``rates`` that a text of ``targets.kernel`` defines.

    Parameters
    ----------
    source : str
        As printed; nothing else is ever compiled.
    """
    from numba import njit

    from secdil_sd.solving.blocks import FAST, KERNEL, SIGNATURE, can_keep
    from secdil_sd.targets import lanes

    path = _kept(source)
    # A module of its own: machine code that was kept asks for it by name.
    module = ModuleType(f"secdil_rates_{_mark(source)}")
    sys.modules[module.__name__] = module
    names = vars(module)
    names |= {**lanes.namespace(), "__builtins__": {}, "__file__": str(path)}
    exec(compile(source, str(path or "<secdil generated>"), "exec"), names)  # noqa: S102
    rates = names["rates"]
    kept = path is not None and can_keep(rates)
    options: dict[str, Any] = {**KERNEL, "fastmath": FAST, "cache": kept}
    return njit(SIGNATURE, **options)(rates)


@cache
def _mark(source: str) -> str:
    """Fingerprint of a text and of everything that decides what it compiles to."""
    import numba

    from secdil_sd.solving.blocks import FAST, KERNEL
    from secdil_sd.targets import lanes

    own = Path(lanes.__file__).read_text(encoding="utf-8")
    options = repr((sorted(FAST), sorted(KERNEL.items())))
    text = "\n".join((numba.__version__, own, options, source))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _kept(source: str) -> Path | None:
    """Write the text where numba can keep its machine code; None if that cannot be written."""
    folder = bundle.cache_folder() / "compiled"
    path = folder / f"rates_{_mark(source)}.py"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, delete=False, suffix=".part", encoding="utf-8"
            ) as part:
                part.write(source)
            os.replace(part.name, path)
        return path if os.access(folder, os.W_OK) else None
    except OSError:
        return None


_MANNERS = ("hold", "discrete", "forward", "raw")
"""Manners of a series by their numbers in ``targets.lanes``."""


def shared_data(clock: Clock, series: Sequence[SeriesTable]) -> np.ndarray:
    """Return ``s``: the clock's settings, where each series is, and the series themselves.

    Each series is its knots, then the values of one element after another.
    """
    head = [clock.ahead, clock.slack, clock.shortest, clock.step_size]
    place = len(head) + 3 * len(series)
    parts: list[np.ndarray] = []
    for each in series:
        knots = np.asarray(each.knots, dtype=float)
        values = each.values.reshape(len(knots), -1).T.ravel()
        head += [float(place), float(len(knots)), float(_MANNERS.index(each.between))]
        parts += [knots, values]
        place += len(knots) + len(values)
    return np.concatenate([np.array(head), *parts])


def stacked(values: Sequence[Any], shapes: Sequence[tuple[int, ...]], members: int) -> np.ndarray:
    """Return values known from the constants, element by element, (input, member).

    Parameters
    ----------
    values : sequence of array or float
        Each (*shape, member), with an axis of one wherever it does not vary.
    shapes : sequence of tuple of int
    members : int
    """
    sizes = [math.prod(each) for each in shapes]
    rows = np.empty((sum(sizes), members))
    begin = 0
    for value, shape, size in zip(values, shapes, sizes, strict=True):
        rows[begin : begin + size].reshape(*shape, members)[...] = value
        begin += size
    return rows


def kernel_of(
    text: NativeText,
    values: Sequence[Any],
    series: Mapping[str, SeriesTable],
    clock: Clock,
    members: int,
) -> Kernel:
    """Return compiled rates with the values they read."""
    shared = shared_data(clock, [series[each] for each in text.series])
    inputs = stacked(values, text.shapes, members)
    rates = compiled_rates(text.rates.source)
    return Kernel(rates, inputs, shared, text.rates.scratch, text.lanes)
