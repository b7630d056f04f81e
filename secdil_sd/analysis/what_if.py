"""What if? The same rivalry with one lever moved at a time, from batched ensembles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import yearly
from secdil_sd.errors import Finding, InputError

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.scenario import Scenario

COLUMNS = ("lever", "value", "label", "state", "year", "spending", "burden", "spiral_number")


@dataclass(frozen=True)
class Lever:
    """One thing to change for every state at once.

    Parameters
    ----------
    role : str
        The part its variable plays in the model.
    title : str
        What a reader calls it.
    values : tuple of float
    labels : tuple of str
        One a value.
    """

    role: str
    title: str
    values: tuple[float, ...]
    labels: tuple[str, ...]


LEVERS = (
    Lever(
        "transparency",
        "Openness of both sides",
        (0.0, 0.3, 0.6, 0.9),
        ("closed", "0.3", "0.6", "open"),
    ),
    Lever(
        "democracy",
        "Regime of both sides",
        (0.0, 0.33, 0.67, 1.0),
        ("autocracy", "0.33", "0.67", "democracy"),
    ),
    Lever(
        "balance",
        "Ease of attack",
        (-0.8, -0.4, 0.0, 0.4, 0.8),
        ("defense leads", "-0.4", "even", "0.4", "offense leads"),
    ),
    Lever(
        "distinguishability",
        "Can weapons be told apart?",
        (0.0, 0.3, 0.6, 0.9),
        ("not at all", "0.3", "0.6", "clearly"),
    ),
)


def what_if(case: Scenario, levers: Sequence[Lever] = LEVERS, times: Any = None) -> pd.DataFrame:
    """Return how spending and the spiral number answer to each lever.

    Parameters
    ----------
    case : Scenario
        Of a model with roles.
    levers : sequence of Lever
        Those whose role the model lacks are left out.
    times : sequence of float, optional
        Default: the scenario's, one a year.

    Returns
    -------
    DataFrame
        Columns lever, value, label, state, year, spending, burden, spiral_number; NaN for an
        output the model does not have, and from where a member stopped.

    Raises
    ------
    InputError
        If the model has none of the levers.
    """
    import pandas as pd

    roles = case.model.companion.roles
    present = [each for each in levers if each.role in roles]
    if not present or "spending" not in roles:
        raise InputError(
            Finding(
                "error",
                f"The model {case.model.name!r} names none of the levers.",
                variables=tuple(each.role for each in levers),
                remedy="Name their variables under [roles] in a TOML file beside the model.",
            )
        )
    grid = np.asarray(times if times is not None else yearly(case))
    timed = [each for each in present if _is_series(case, roles[each.role])]
    still = [each for each in present if each not in timed]
    groups = [still, *([each] for each in timed)]
    parts = [_group(case, each, grid) for each in groups if each]
    order = {each.title: k for k, each in enumerate(present)}
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values("lever", key=lambda title: title.map(order), kind="stable")


def _is_series(case: Scenario, variable: str) -> bool:
    return variable in case.values.series


def _group(case: Scenario, levers: Sequence[Lever], times: np.ndarray) -> pd.DataFrame:
    """Solve all values of some levers as one ensemble."""
    import pandas as pd

    roles = case.model.companion.roles
    names = [roles[each.role] for each in levers]
    fixed = {name: levers[0].values[0] for name in names if _is_series(case, name)}
    subject = case.replace(params=fixed) if fixed else case
    values = subject.values
    samples = []
    for lever, name in zip(levers, names, strict=True):
        for value in lever.values:
            row: dict[str, float] = {}
            for other in names:
                row |= _columns(
                    other, values.constants[other], subject, value if other == name else None
                )
            samples.append(row)
    outputs = [roles["spending"], *([roles["burden"]] if "burden" in roles else [])]
    outputs += [each for each in case.model.gains if each == "spiral number"]
    run = subject.run_ensemble(pd.DataFrame(samples), times=times, outputs=outputs, progress=False)
    return _tidy(run, levers, roles)


def _columns(name: str, base: np.ndarray, case: Scenario, value: float | None) -> dict[str, float]:
    """A sample's columns for one variable: the lever's value, or what the scenario says."""
    if base.ndim == 0:
        return {name: float(base) if value is None else value}
    return {
        f"{name}[{state}]": float(base[k]) if value is None else value
        for k, state in enumerate(case.states)
    }


def _tidy(run: Any, levers: Sequence[Lever], roles: Any) -> pd.DataFrame:
    import pandas as pd

    from secdil_sd.names import key

    rows = []
    member = 0
    spending, burden = key(roles["spending"]), key(roles.get("burden", ""))
    for lever in levers:
        for value, label in zip(lever.values, lever.labels, strict=True):
            one = run.isel(member=member)
            member += 1
            for state in one["state"].values:
                part = one.sel(state=state)
                count = part.sizes["time"]
                blank = np.full(count, np.nan)
                rows.append(
                    pd.DataFrame(
                        {
                            "lever": lever.title,
                            "value": value,
                            "label": label,
                            "state": str(state),
                            "year": part["time"].values,
                            "spending": part[spending].values,
                            "burden": part[burden].values if burden in part else blank,
                            "spiral_number": part["spiral_number"].values
                            if "spiral_number" in part
                            else blank,
                        },
                        columns=list(COLUMNS),
                    )
                )
    return pd.concat(rows, ignore_index=True)
