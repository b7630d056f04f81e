"""Draws of fitted constants: a table whose rows belong together, checked, narrowed, crossed.

Fitted constants depend on each other, so a draw is a whole row: nothing here resamples a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.equations.dimensions import dimensions, elements, positions
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import split_selector
from secdil_sd.provenance import fingerprint
from secdil_sd.simulation.overrides import leaves
from secdil_sd.simulation.parameters import PAIR
from secdil_sd.simulation.samples import resolve_samples

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.equations.system import System
    from secdil_sd.simulation.values import Limits, Values

PLACE = "draws"


def checked_draws(
    table: Any, system: System, values: Values, limits: Limits | None = None
) -> pd.DataFrame:
    """Return draws with a column an element, in the spelling of the model.

    Parameters
    ----------
    table : DataFrame
        A row a draw, a column a constant or one element of it.
    system : System
    values : Values
        What holds otherwise.
    limits : mapping of str to (low, high), optional

    Raises
    ------
    InputError
        All mistakes together: no table, no rows, unknown columns, numbers that are not finite
        or leave hard limits, constants given as series.
    """
    import pandas as pd

    remedy = "Give a table with a row a draw, a column a constant, as fit.draws(200) returns."
    if not isinstance(table, pd.DataFrame):
        message = f"draws is a {type(table).__name__}, no table."
        raise InputError(Finding("error", message, PLACE, remedy=remedy))
    if table.empty:
        raise InputError(Finding("error", "There are no draws.", PLACE, remedy=remedy))
    try:
        resolve_samples(system, table, values, limits)
    except SecdilError as error:
        raise InputError(*(replace(each, place=PLACE) for each in error.findings)) from None
    columns: dict[str, Any] = {}
    order = [each for text in table.columns for each in named(system, str(text))]
    whole_first = sorted(table.columns, key=lambda each: len(_split(system, str(each))[1]))
    for text in whole_first:
        numbers = table[text].to_numpy(dtype=float)
        columns |= dict.fromkeys(named(system, str(text)), numbers)
    return pd.DataFrame(columns)[list(dict.fromkeys(order))]


def named(system: System, text: str) -> tuple[str, ...]:
    """Return every number a name stands for, as parameters call it; none if it is unknown.

    A state paired with itself is left out.
    """
    name, chosen = _split(system, text)
    if name not in system:
        return ()
    name = system.names[name]
    dims = dimensions(system, name)
    try:
        where = [positions(system, d, e) for d, e in zip(dims, chosen, strict=False)]
    except SecdilError:
        return ()
    labels = [elements(system, each) for each in dims]
    chosen_labels = [
        [labels[k][place] for place in (where[k] if k < len(where) else range(len(labels[k])))]
        for k in range(len(dims))
    ]
    return tuple(
        f"{name}[{','.join(place)}]" if place else name
        for place in product(*chosen_labels)
        if dims != PAIR or place[0] != place[1]
    )


def without(
    draws: pd.DataFrame | None, system: System, names: Iterable[str]
) -> pd.DataFrame | None:
    """Return draws less the columns that others set; None if no column is left.

    Dropping columns leaves the rest the joint sample it was.
    """
    if draws is None:
        return None
    taken = {each for text in names for each in named(system, str(text))}
    left = [each for each in draws.columns if each not in taken]
    return draws[left] if left else None


def set_by(system: System, params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that values given by a user set, those inside tables by element."""
    for text, value in params.items():
        name, chosen = _split(system, str(text))
        for place, _ in leaves((name, *chosen), value):
            yield f"{place[0]}[{', '.join(place[1:])}]" if len(place) > 1 else place[0]


def crossed(samples: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """Return every row of a design with every draw, draw by draw within a row.

    >>> import pandas as pd
    >>> found = crossed(pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [3, 4]}))
    >>> found.values.tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    import pandas as pd

    rows = np.repeat(np.arange(len(samples)), len(draws))
    drawn = np.tile(np.arange(len(draws)), len(samples))
    parts = [samples.iloc[rows].reset_index(drop=True), draws.iloc[drawn].reset_index(drop=True)]
    return pd.concat(parts, axis=1)


def ordered(draws: pd.DataFrame) -> pd.DataFrame:
    """Return draws along their first principal component, whatever their order was.

    Neighbors are then alike, so that a design that spreads over the rows spreads over the draws.
    """
    table = draws.sort_values(list(draws.columns), ignore_index=True)
    x = table.to_numpy(dtype=float)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    axis = np.linalg.svd(x, full_matrices=False)[2][0]
    score = x @ axis * np.sign(axis[np.argmax(np.abs(axis))])
    return table.iloc[np.argsort(score.round(12), kind="stable")].reset_index(drop=True)


def told_of(draws: pd.DataFrame | None) -> dict[str, str]:
    """Return what provenance says of draws: their number and fingerprint, whatever their order.

    >>> import pandas as pd
    >>> told_of(None), told_of(pd.DataFrame({"a": [1.0, 2.0]}))["fitted_draws"][:16]
    ({}, '2 draws, sha256:')
    """
    if draws is None:
        return {}
    table = draws[sorted(draws.columns)]
    table = table.sort_values(list(table.columns))
    found = fingerprint({str(name): table[name].to_numpy(dtype=float) for name in table.columns})
    return {"fitted_draws": f"{len(draws)} draws, sha256:{found}"}


def _split(system: System, text: str) -> tuple[str, tuple[str, ...]]:
    return (text, ()) if text in system else split_selector(text)
