"""Which members satisfy what is asked: a condition in words, a behavior mode, or one's own test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.condition import Comparison, Condition
from secdil_sd.analysis.exploration.modes import NOUNS, ModeCondition, behavior_modes, parse_mode
from secdil_sd.equations.expression import Call, Number
from secdil_sd.equations.system import Definition, Range, System, Variable
from secdil_sd.errors import Finding, InputError
from secdil_sd.names import key, spelling
from secdil_sd.simulation.gains import SPIRAL_NUMBER
from secdil_sd.simulation.outputs import reduce_output

if TYPE_CHECKING:
    import xarray as xr

    from secdil_sd.simulation.scenario import Scenario

Where = str | Callable[["xr.Dataset"], Any] | Sequence[bool] | np.ndarray

SPIRALS = f"peak {SPIRAL_NUMBER} > 1"
"""The product's own question; asked where a model has a spiral number and nothing is said."""


@dataclass(frozen=True)
class Verdicts:
    """What each member answers.

    Parameters
    ----------
    text : str
        The condition.
    holds : array (member,) of float
        1, 0, or NaN where it cannot be known.
    spans : tuple of str
        What came out instead, for messages: the range of each output it asks for.
    remedy : str
        What to do where it tells nobody apart.
    clause : str
        The condition as a clause: "the rivalry spirals".
    worlds : str
        What satisfies it, as a noun: "spirals".
    """

    text: str
    holds: np.ndarray = field(repr=False)
    spans: tuple[str, ...] = ()
    remedy: str = "Choose another condition."
    clause: str = "the condition holds"
    worlds: str = "such worlds"


def outputs_for(where: Where | None, case: Scenario) -> tuple[Where, tuple[str, ...]]:
    """Return what is asked of a case, and the outputs its run must have.

    Raises
    ------
    InputError
        If nothing is asked and the model has no spiral number, or the condition cannot be read.
    """
    if where is None:
        if not case.model.gains:
            message = f"{case.model.name!r} has no spiral number to ask for by default."
            remedy = 'Say where, as where="spending final > 20".'
            raise InputError(Finding("error", message, "where", remedy=remedy))
        where = SPIRALS
    if isinstance(where, str):
        mode = parse_mode(where)
        if mode is not None:
            return where, (mode.output or _spending(case),)
        return where, Condition.parse(where, case).outputs
    return where, ()


def verdicts(where: Where | None, run: xr.Dataset) -> Verdicts:
    """Judge every member of an ensemble.

    Parameters
    ----------
    where : str, callable or array (member,) of bool
        A condition as `Condition` reads it, "mode is race" (also "mode of burden is not
        plateau"), a function of the ensemble, or the answers themselves.
    run : Dataset

    Raises
    ------
    InputError
        If the ensemble does not hold what is asked for, or the answers do not fit its members.
    """
    if where is None:
        where = SPIRALS
    if isinstance(where, str):
        mode = parse_mode(where)
        if mode is not None:
            return _of_mode(mode, where, run)
        rule = Condition.parse(where, _stand_in(run))
        held = rule.holds(_with_reductions(run, rule))
        spoken = ("the rivalry spirals", "spirals") if spelling(where) == spelling(SPIRALS) else ()
        return Verdicts(
            where,
            held,
            tuple(_spans(run, rule)),
            "Choose a level inside that range.",
            *(spoken or (f"{where} holds",)),
        )
    answers = where(run) if callable(where) else where
    try:
        held = np.asarray(answers, dtype=float)
    except (TypeError, ValueError):
        remedy = "Give one true or false a member."
        raise InputError(Finding("error", "where gives no numbers.", remedy=remedy)) from None
    if held.shape != (run.sizes["member"],):
        message = f"where gives answers of shape {held.shape} for {run.sizes['member']} members."
        raise InputError(
            Finding("error", message, "where", remedy="Give one true or false a member.")
        )
    held = np.where(np.isnan(held), np.nan, (held != 0).astype(float))
    name = getattr(where, "__name__", "the condition") if callable(where) else "the condition"
    name = "the condition" if name == "<lambda>" else name.replace("_", " ")
    return Verdicts(name, held, clause=f"{name} holds")


def _spending(case: Scenario) -> str:
    model = case.model
    roles = model.companion.roles
    if "spending" in roles:
        return str(roles["spending"])
    stocks = [each.name for each in model.system.variables if each.kind == "stock"]
    message = f"{model.name!r} names no variable as spending."
    remedy = f'Say whose mode, as "mode of {stocks[0] if stocks else "population"} is race".'
    raise InputError(Finding("error", message, "where", remedy=remedy))


def _of_mode(mode: ModeCondition, text: str, run: xr.Dataset) -> Verdicts:
    found = behavior_modes(run, mode.output)
    labels = found.members
    held = np.where((labels == mode.mode) != mode.negated, 1.0, 0.0)
    held = np.where(labels == "failed", np.nan, held)
    counts = ", ".join(
        f"{each.mode} {each.members:,}" for each in found.shares.itertuples() if each.members
    )
    verb = "does not end as" if mode.negated else "ends as"
    return Verdicts(
        text,
        held,
        (f"modes are {counts}",),
        "Ask for a mode that some have.",
        f"{found.output} {verb} {NOUNS[mode.mode]}",
    )


def _stand_in(run: xr.Dataset) -> Any:
    """What an ensemble holds, as a model whose outputs a condition can name."""
    ranges = tuple(
        Range(str(dim), tuple(map(str, run[dim].values)))
        for dim in run.dims
        if dim not in ("member", "time") and dim in run.coords
    )
    given = Call("integ", (Number(0.0), Number(0.0)))  # what varies; its equation is never used
    variables = tuple(
        Variable(
            str(array.attrs.get("long_name", name)),
            (
                Definition(
                    tuple(str(each) for each in array.dims if each not in ("member", "time")),
                    given,
                ),
            ),
        )
        for name, array in {**run.data_vars, **_sampled(run)}.items()
    )
    return SimpleNamespace(system=System("ensemble", ranges, variables), gains=())


def _sampled(run: xr.Dataset) -> dict[Any, Any]:
    return {
        name: each
        for name, each in run.coords.items()
        if "member" in each.dims and name not in ("member", "status", "stopped_at")
    }


def _with_reductions(run: xr.Dataset, rule: Condition) -> xr.Dataset:
    """Add the reductions a condition asks for where the ensemble holds the whole series."""
    return run.assign(dict(_reductions(run, rule)))


def _reductions(run: xr.Dataset, rule: Condition) -> Any:
    system = _stand_in(run).system
    for each in _comparisons(rule):
        output = each.output
        whole = key(output.variable)
        if output.reduction and output.key not in run and "time" in run[whole].dims:
            array = run[whole]
            rest = [dim for dim in array.dims if dim not in ("time", "member")]
            ordered = array.transpose("time", *rest, "member")
            values = reduce_output(output, ordered.values, run["time"].values, system)
            yield output.key, ((*rest[len(output.elements) :], "member"), values)


def _comparisons(rule: Condition) -> list[Comparison]:
    return [each for part in rule.alternatives for each in part]


def _spans(run: xr.Dataset, rule: Condition) -> Any:
    """The range each output of a condition takes over the members."""
    held = _with_reductions(run, rule)
    for each in {one.output.text: one.output for one in _comparisons(rule)}.values():
        name = each.key if each.key in held else key(each.variable)
        values = np.asarray(held[name].values, dtype=float)
        if np.isfinite(values).any():
            yield f"{each.text} runs from {np.nanmin(values):.3g} to {np.nanmax(values):.3g}"
