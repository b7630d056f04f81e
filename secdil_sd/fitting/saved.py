"""Fits as plain files: one JSON record that holds all a fit is made of, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.space import as_case
from secdil_sd.errors import FileError, Finding, InputError
from secdil_sd.fitting.fit import Fit
from secdil_sd.fitting.free import Free, Scale
from secdil_sd.fitting.noise import noise_of
from secdil_sd.fitting.observed import Observed
from secdil_sd.fitting.optimum import Optimum
from secdil_sd.fitting.problem import Problem
from secdil_sd.fitting.profile import Profile
from secdil_sd.simulation.companion import Distribution

if TYPE_CHECKING:
    from secdil_sd.simulation.scenario import Scenario

KIND = "secdil fit"
PARTS = ("observed", "free", "best", "walked", "noise", "options", "starts", "level", "settings")


def fit_record(found: Fit) -> dict[str, Any]:
    """Return everything but tables that a fit is made of, as plain values."""
    problem, best = found.problem, found.best
    observed = problem.observed
    return {
        "kind": KIND,
        "scenario": problem.case.name,
        "provenance": found.provenance,
        "level": found.level,
        "settings": dict(found.settings),
        "noise": problem.noise.kind,
        "options": {k: v for k, v in problem.options.items() if isinstance(v, str | int | float)},
        "observed": {
            "variable": observed.variable,
            "states": list(observed.states),
            "years": observed.years.tolist(),
            "values": [[_number(v) for v in row] for row in observed.values],
            "units": observed.units,
            "price_basis": observed.price_basis,
            "source": observed.source,
        },
        "free": [
            {**asdict(each), "prior": each.prior.model_dump(exclude_none=True)}
            for each in problem.free
        ],
        "best": {
            "point": best.point.tolist(),
            "loss": best.loss,
            "residuals": best.residuals.tolist(),
            "slopes": best.slopes.tolist(),
            "bound": best.bound.tolist(),
            "message": best.message,
            "steps": best.steps,
        },
        "walked": [
            {
                "name": each.name,
                "values": each.values.tolist(),
                "scaled": each.scaled.tolist(),
                "deviance": each.deviance.tolist(),
                "other_bound": list(each.other_bound),
                "points": each.points.tolist(),
            }
            for each in found.profiles
        ],
        "starts": found.starts.to_dict(orient="list"),
        "findings": [*found.identifiability, *found.remarks],
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def load_fit(path: str | Path, case: Scenario | str | Path | None = None) -> Fit:
    """Return a fit that ``Fit.save`` wrote to a .json file.

    Parameters
    ----------
    path : str or Path
    case : Scenario, str or Path, optional
        The scenario that was fitted; default the bundled one of that name.

    Raises
    ------
    FileError
        If the file cannot be read or is no such record.
    InputError
        If the scenario is not bundled and none is given.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> found = sd.fit(sd.load_scenario("wwi_blocs"), intervals=False, starts=8)
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     again = load_fit(found.save(Path(folder) / "fit.json"))
    >>> again.values == found.values
    True
    """
    import pandas as pd

    record = _read(Path(path))
    lost = [each for each in PARTS if each not in record]
    if lost:
        message = f"{Path(path).name} is not whole: {', '.join(lost)} is missing."
        raise FileError(Finding("error", message, remedy="Save the fit again."))
    known = record["observed"]
    values = np.array([[np.nan if v is None else v for v in row] for row in known["values"]])
    observed = Observed(
        known["variable"],
        tuple(known["states"]),
        np.array(known["years"]),
        values,
        known["units"],
        known["price_basis"],
        known["source"],
    )
    free = tuple(
        Free(
            each["name"],
            tuple(each["columns"]),
            Scale(**each["scale"]),
            each["low"],
            each["high"],
            tuple(each["start"]),
            Distribution(**each["prior"]),
        )
        for each in record["free"]
    )
    own = record["best"]
    best = Optimum(
        np.array(own["point"]),
        own["loss"],
        np.array(own["residuals"]),
        np.array(own["slopes"]),
        np.array(own["bound"]),
        True,
        own["message"],
        own["steps"],
    )
    walked = tuple(
        Profile(
            each["name"],
            np.array(each["values"]),
            np.array(each["scaled"]),
            np.array(each["deviance"]),
            tuple(each["other_bound"]),
            np.array(each["points"]),
        )
        for each in record["walked"]
    )
    problem = Problem(
        _case(record, case, observed), free, observed, noise_of(record["noise"]), record["options"]
    )
    _check_same(problem, best)
    starts = pd.DataFrame(record["starts"])
    return Fit(problem, best, walked, starts, record["level"], record["settings"])


def _check_same(problem: Problem, best: Optimum) -> None:
    """Refuse a case that does not give the residuals that were saved."""
    from secdil_sd.errors import SecdilError

    try:
        found = problem.residuals(best.point)[0]
        same = len(found) == len(best.residuals) and np.allclose(
            found, best.residuals, rtol=1e-3, atol=1e-4
        )
    except SecdilError:
        same = False
    if not same:
        message = f"{problem.case.name!r} is not the case that was fitted: it gives other paths."
        remedy = "Give the scenario or model as it was, with the values it had."
        raise InputError(Finding("error", message, "case", remedy=remedy))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(Finding("error", f"{path} cannot be read: {error.strerror}.")) from None
    except ValueError:
        record = {}
    if not isinstance(record, dict) or record.get("kind") != KIND:
        message = f"{path.name} is not a saved fit."
        remedy = "Give the .json file that fit.save(path) wrote."
        raise FileError(Finding("error", message, remedy=remedy))
    return record


def _case(record: Mapping[str, Any], case: Any, observed: Observed) -> Scenario:
    from secdil_sd import bundle
    from secdil_sd.simulation.scenario import Scenario
    from secdil_sd.simulation.scenario_loading import load_scenario

    if isinstance(case, Scenario) or hasattr(case, "with_subscripts"):
        found = as_case(case)
    elif case is not None or record["scenario"] in bundle.scenarios():
        found = load_scenario(case or record["scenario"])
    else:
        message = f"The scenario {record['scenario']!r} that was fitted is not bundled."
        raise InputError(Finding("error", message, remedy="Give it: load_fit(path, case=...)."))
    if not found.times:
        found = found.replace(times=range(int(observed.years[0]), int(observed.years[-1]) + 2))
    return found
