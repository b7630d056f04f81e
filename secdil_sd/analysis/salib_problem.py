"""The problem of a design as SALib takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.parameters import Parameter


def salib_problem(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return num_vars, names, bounds and dists.

    Raises
    ------
    InputError
        For distributions SALib does not have (PERT, discrete).
    """
    pairs = [_salib_distribution(each) for each in parameters]
    return {
        "num_vars": len(parameters),
        "names": [each.selector for each in parameters],
        "bounds": [bounds for _, bounds in pairs],
        "dists": [name for name, _ in pairs],
    }


def _salib_distribution(parameter: Parameter) -> tuple[str, list[float]]:
    own = parameter.distribution
    low, high, mode = own.low or 0.0, own.high or 0.0, own.mode or 0.0
    match own.kind:
        case "uniform":
            return "unif", [low, high]
        case "loguniform":
            return "logunif", [low, high]
        case "normal":
            return "norm", [own.mean or 0.0, own.spread or 0.0]
        case "lognormal":
            return "lognorm", [float(np.log(own.mean or 1.0)), own.spread or 0.0]
        case "triangular":
            return "triang", [low, high, (mode - low) / (high - low)]
    message = f"SALib has no {own.kind} distribution, as {parameter.selector!r} has."
    remedy = "Give it another, or draw samples by secdil's own designs."
    raise InputError(Finding("error", message, variables=(parameter.selector,), remedy=remedy))
