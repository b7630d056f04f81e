"""A posterior as ArviZ keeps one: named groups, constants with their subscripts as dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.fitting.posterior.predictive import scattered
from secdil_sd.fitting.posterior.target import SPREAD
from secdil_sd.names import key, split_selector

if TYPE_CHECKING:
    from secdil_sd.fitting.observed import Observed
    from secdil_sd.fitting.posterior.posterior import Posterior
    from secdil_sd.fitting.problem import Problem


def to_arviz(found: Posterior) -> Any:
    """Return an `xarray.DataTree` of the draws kept of a posterior; as `Posterior.to_arviz`."""
    from arviz_base import from_dict

    target, problem = found.target, found.problem
    observed = problem.observed
    x, spread = found.few
    shape = x.shape[:2]
    flat = x.reshape(-1, x.shape[-1])
    paths = problem.predicted(target.points(flat))
    with np.errstate(all="ignore"):
        there = problem.noise.scaled(paths[:, observed.present], observed.size)
    residuals = there - problem.target
    pointwise = problem.pointwise(residuals, spread.ravel())
    seed = int(found.settings["seed"])
    figures = scattered(problem, paths, spread.ravel(), seed)[:, observed.present]
    variable = key(observed.variable)
    along, labels, form = _figures(observed)
    before_x, before_spread = target.draw_prior(len(flat), seed)
    constants, dims, coords = constants_of(problem, target.natural(x))
    prior, _, _ = constants_of(problem, target.natural(before_x)[None])
    log_density = target.log_prior(flat) + target.integrated(residuals).log_likelihood
    tree = from_dict(
        {
            "posterior": {**constants, SPREAD: spread},
            "prior": {**prior, SPREAD: before_spread[None]},
            "sample_stats": {"lp": log_density.reshape(shape)},
            "log_likelihood": {variable: pointwise.reshape(*shape, *form)},
            "posterior_predictive": {variable: figures.reshape(*shape, *form)},
            "observed_data": {variable: observed.values[observed.present].reshape(form)},
        },
        coords={**coords, **labels},
        dims={**dims, variable: along},
        attrs={"/": found.provenance},
    )
    for group in tree.subtree:  # the same draws make the same file, whenever
        group.attrs.pop("created_at", None)
    return tree


def _figures(observed: Observed) -> tuple[list[str], dict[str, list[Any]], tuple[int, ...]]:
    """Dimensions, labels and shape of figures: a list of them where some are missing."""
    if observed.present.all():
        labels = {"state": list(observed.states), "year": observed.years.tolist()}
        return ["state", "year"], labels, observed.values.shape
    called = [
        f"{observed.states[i]} {observed.years[j]}"
        for i, j in zip(*np.nonzero(observed.present), strict=True)
    ]
    return ["figure"], {"figure": called}, (len(called),)


def constants_of(
    problem: Problem, values: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, list[str]], dict[str, list[str]]]:
    """Return fitted numbers as the model's constants, subscripts as dimensions.

    Parameters
    ----------
    problem : Problem
    values : array (chain, draw, parameter)
        Natural units.

    Returns
    -------
    tuple
        Arrays by name, dimensions by name, labels by dimension. Elements that were not fitted
        are NaN; numbers tied under a name of their own stand under it.
    """
    from secdil_sd.equations.dimensions import dimensions, elements

    system = problem.case.model.system
    known = {each.name for each in system.variables}
    arrays: dict[str, np.ndarray] = {}
    dims: dict[str, list[str]] = {}
    coords: dict[str, list[str]] = {}
    for k, each in enumerate(problem.free):
        own = each.columns[0] if len(each.columns) == 1 else ""
        name, chosen = (own, ()) if own in known else split_selector(own)
        if not own or not chosen:
            arrays[key(own or each.name)] = values[..., k]
            continue
        along = list(dimensions(system, name))
        labels = {dimension: list(elements(system, dimension)) for dimension in along}
        coords.update(labels)
        called = key(name)
        dims[called] = along
        shape = (*values.shape[:2], *(len(labels[dimension]) for dimension in along))
        array = arrays.setdefault(called, np.full(shape, np.nan))
        place: tuple[Any, ...] = tuple(
            labels[d].index(e) for d, e in zip(along, chosen, strict=True)
        )
        array[(..., *place)] = values[..., k]
    return arrays, dims, coords
