"""What integrates an ensemble: NumPy, or code compiled by numba where there is a form for it."""

from __future__ import annotations

from secdil_sd.errors import Finding, InputError
from secdil_sd.names import spelling, suggestion
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.progress import LOG
from secdil_sd.solving.compiled import METHODS
from secdil_sd.targets.native import available

BACKENDS = ("numpy", "numba")


def check_backend(backend: str) -> None:
    """Raise for a backend that does not exist or is not installed."""
    if backend not in BACKENDS:
        hint = suggestion(str(backend), BACKENDS)
        raise InputError(Finding("error", f"No backend {backend!r}.", "", ("backend",), hint))
    if backend == "numba" and not available():
        message = "The backend 'numba' needs the package numba, which is not installed."
        remedy = 'Install it: pip install "secdil-sd[fast]".'
        raise InputError(Finding("error", message, "", ("backend",), remedy))


def chosen(setup: Setup, backend: str) -> str:
    """Return the backend for a setup: the one asked for, or NumPy, saying why, where it cannot."""
    if backend != "numba":
        return backend
    reason = _refused(setup)
    if reason:
        LOG.warning(f"NumPy integrates instead of numba: {reason}")
    return "numpy" if reason else backend


def _refused(setup: Setup) -> str:
    """Why a setup cannot be compiled, in a sentence; empty if it can."""
    if spelling(str(setup.method)) not in map(spelling, METHODS):
        return f"{setup.method} has no compiled form (Tsit5, Euler and RK4 have)."
    if len(setup.steps):
        return "TIME STEP changes during the run."
    return setup.compiler.program(setup.system, setup.values, setup.observed).forms.refusal
