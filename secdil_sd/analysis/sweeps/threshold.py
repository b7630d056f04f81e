"""Critical values: where an output passes a level as one parameter moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.answers import answer
from secdil_sd.analysis.plausible import judgement_parameters
from secdil_sd.analysis.space import Space, as_case, check_count, check_seed, space
from secdil_sd.analysis.sweeps.axes import one_parameter, own_values, read_axis
from secdil_sd.analysis.sweeps.critical import CROSSING_COLUMNS, Spread, Threshold
from secdil_sd.analysis.sweeps.crossings import Brackets, refine, scan
from secdil_sd.analysis.verbs import verb
from secdil_sd.equations.dimensions import elements
from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.provenance import fingerprint, provenance
from secdil_sd.simulation.draws import without
from secdil_sd.simulation.model import ENSEMBLE_METHOD
from secdil_sd.simulation.outputs import Output, parse_outputs, remaining_dimensions
from secdil_sd.simulation.parameters import Parameter
from secdil_sd.simulation.values import Reader

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.scenario import Scenario

POINTS = 33
"""Values of the first scan: what crosses twice between two of them is not seen."""

TOLERANCE = 1e-5
"""Width of the final brackets, as a share of the range."""

STILL = 0.01
"""A final value that moves by less of its span over the last tenth of the time is settled."""


@verb
def threshold(
    case: Scenario | Model,
    parameter: str,
    output: str,
    at: float = 1.0,
    between: tuple[float, float] | None = None,
    samples: int | pd.DataFrame | None = None,
    uncertainties: Sequence[str] | Mapping[str, Any] | None = None,
    times: Any = None,
    seed: int = 1,
    points: int = POINTS,
    tolerance: float | None = None,
    **options: Any,
) -> Threshold:
    """Find every value of a parameter at which an output passes a level.

    One ensemble scans the range; all the places found are then narrowed together, a batch a
    round.

    Parameters
    ----------
    case : Scenario or Model
    parameter : str
        A constant ("transparency" moves all its elements together) or one element of it.
    output : str
        One number a run, as "peak spiral number", "reaction gain final", "burden.A final".
    at : float
        The level.
    between : (float, float), optional
        Where to look; default the parameter's range.
    samples : int or DataFrame, optional
        Draws of other parameters, a row a draw; or how many to draw, each with a draw of the
        scenario's fitted values. Gives the spread of the critical value. Default: the draws of
        the scenario, if it has any.
    uncertainties : sequence of str, or mapping of str to range, optional
        What to draw, as for `space`; default what rests on judgement among the scenario's
        parameters.
    times : sequence of float, optional
        Output times; default the scenario's. What is read at the end is as settled as it is by
        then: near a tipping point that takes long.
    seed : int
    points : int
        Values of the first scan; two crossings between two of them go unseen.
    tolerance : float, optional
        Width of the final brackets; default 1e-5 of the range.
    **options
        backend, client, method, rtol, chunk: as for `Scenario.run_ensemble`.

    Returns
    -------
    Threshold

    Raises
    ------
    InputError
        All mistakes together.

    Examples
    --------
    Richardson's two states are stable while the product of their reactions stays below that of
    their fatigues, so with a fatigue of .2 each the critical common reaction is .2.

    >>> import secdil_sd as sd
    >>> model = sd.load_model("richardson")
    >>> found = threshold(model, "reaction", "reaction gain final", between=(0.1, 0.5),
    ...                   times=[0, 1])
    >>> round(found.critical, 3), found.crossings["direction"].tolist()
    (0.2, ['rising'])
    """
    import pandas as pd

    case = as_case(case)
    draw = _Draw(samples, uncertainties, seed)
    asked = _read(case, parameter, output, at, between, draw, points, tolerance)
    settings = {"times": _times(case, times, options), **options}
    own, curve, side = _locate(case, asked, None, settings)
    spread = None
    if asked.draws is not None:
        found, values, sides = _locate(case, asked, asked.draws, settings)
        spread = _spread(asked, found, values, sides)
    return Threshold(
        asked.axis,
        asked.output.text,
        float(at),
        (float(asked.grid[0]), float(asked.grid[-1])),
        own.drop(columns="draw"),
        str(side[0]),
        pd.DataFrame({"value": asked.grid, "output": curve[0]}),
        spread,
        _record(case, asked, settings),
    )


# reading


@dataclass(frozen=True, eq=False)
class _Draw:
    """Which other worlds a user wants: a table of them, or how many to draw of what."""

    samples: Any
    uncertainties: Any
    seed: int


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a user asked, checked: the parameter as a space of one, the scan, the draws."""

    box: Space
    output: Output
    at: float
    grid: np.ndarray
    width: float
    draws: pd.DataFrame | None

    @property
    def axis(self) -> str:
        return self.box.names[0]

    @property
    def span(self) -> float:
        return float(self.grid[-1] - self.grid[0])

    def members(self, draws: pd.DataFrame | None, curve: np.ndarray, x: np.ndarray) -> pd.DataFrame:
        """The runs that give curves (point,) at values x (point,) of the parameter."""
        import pandas as pd

        base = pd.DataFrame(index=range(len(x))) if draws is None else draws.iloc[curve]
        return base.reset_index(drop=True).assign(**{self.axis: x})


def _read(
    case: Scenario,
    parameter: str,
    output: str,
    at: Any,
    between: Any,
    draw: _Draw,
    points: Any,
    tolerance: Any,
) -> _Asked:
    """Check everything; raises InputError with all mistakes."""
    findings: list[Finding] = []
    box = wanted = draws = None
    with collecting(findings):
        box = one_parameter(case, parameter, between)
    with collecting(findings):
        wanted = one_number(case.model, output)
    with collecting(findings):
        if box is not None:
            draws = _draws(case, box.parameters[0], draw)
    with collecting(findings):
        check_count(points, 3, "points")
    with collecting(findings):
        check_seed(draw.seed)
    if not _is_number(at):
        findings.append(Finding("error", f"The level is {at!r}.", remedy="Give a number, as at=1."))
    if tolerance is not None and not (_is_number(tolerance) and tolerance > 0):
        remedy = "Give a positive number in the units of the parameter."
        findings.append(Finding("error", f"tolerance is {tolerance!r}.", remedy=remedy))
    if findings or box is None or wanted is None:
        raise InputError(*findings)
    grid = own_values(box, points)
    width = float(tolerance) if tolerance is not None else TOLERANCE * float(grid[-1] - grid[0])
    return _Asked(box, wanted, float(at), grid, width, draws)


def one_number(model: Model, text: str) -> Output:
    """Return an output that is one number a run, or say how to make it one.

    Raises
    ------
    InputError
        For an unknown output, one over time, or one with an element a state.
    """
    (output,) = parse_outputs([text], model.system, model.gains)
    rest = remaining_dimensions(output, model.system)
    labels = [elements(model.system, each) for each in rest]
    chosen = [*output.elements, *(each[0 if not k else -1] for k, each in enumerate(labels))]
    if output.reduction and not rest:
        return output
    name = f"{output.variable}[{', '.join(chosen)}]" if chosen else output.variable
    what = f"has a value for each {' and '.join(rest)}" if rest else "varies over time"
    plain = f"peak {name}" if output.variable in model.gains else f"{name} final"
    words = {"": plain, "max": f"peak {name}", "time of max": f"time of peak {name}"}
    at = f"{name} at {output.at}" if output.reduction == "at" else f"{name} {output.reduction}"
    remedy = f"Ask for one number, as {words.get(output.reduction, at)!r}."
    raise InputError(Finding("error", f"{text!r} {what}.", "outputs", (text,), remedy))


def _draws(case: Scenario, parameter: Parameter, draw: _Draw) -> pd.DataFrame | None:
    """Return the draws of everything else; None if there are none."""
    import pandas as pd

    if draw.samples is None:
        return without(case.draws, case.model.system, [parameter.selector])
    if isinstance(draw.samples, pd.DataFrame):
        reader = Reader(case.model.system, "samples")
        own = read_axis(reader, parameter.selector, np.empty(0))
        for column in draw.samples.columns:
            other = read_axis(reader, str(column), np.empty(0))
            if other.variable == own.variable and other.places & own.places:
                message = f"{column!r} is drawn, but it is what the threshold moves."
                raise InputError(Finding("error", message, "samples", remedy="Drop the column."))
        if draw.samples.empty:
            raise InputError(Finding("error", "There are no draws.", "samples"))
        return draw.samples.reset_index(drop=True)
    check_count(draw.samples, 1, "samples")
    if draw.uncertainties is None:
        box = Space(case, judgement_parameters(case), case.model.companion.constraints)
    else:
        box = space(case, draw.uncertainties)
    others = tuple(
        each
        for each in box.parameters
        if each.name != parameter.name
        or (each.elements and parameter.elements and each.elements != parameter.elements)
    )
    whole = replace(box, parameters=others).with_draws()
    whole = replace(whole, fitted=without(whole.fitted, case.model.system, [parameter.selector]))
    if not whole.names:
        message = f"Nothing else in {case.name!r} rests on judgement."
        remedy = "Say what to draw, as uncertainties=['reaction']."
        raise InputError(Finding("error", message, remedy=remedy))
    return whole.draw(draw.samples, draw.seed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value))


def _times(case: Scenario, times: Any, options: Mapping[str, Any]) -> Any:
    stepwise = options.get("method") == "Euler" or case.model.needs_euler(case.params)
    if times is not None or stepwise:
        return times
    return case.times or case.model.time.times


# finding


def _locate(
    case: Scenario, asked: _Asked, draws: pd.DataFrame | None, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return all crossings, the scan (curve, point), and the side each curve is on."""

    def values(curve: np.ndarray, x: np.ndarray) -> np.ndarray:
        members = asked.members(draws, curve, x)
        return answer(case, members, [asked.output.text], **settings).values[:, 0]

    count = 1 if draws is None else len(draws)
    curves = np.repeat(np.arange(count), len(asked.grid))
    table = values(curves, np.tile(asked.grid, count)).reshape(count, -1)
    found = refine(values, scan(asked.grid, table, asked.at), asked.at, asked.width, asked.span)
    known = np.isfinite(table)
    side = np.where((table >= asked.at).all(axis=1), "above", "below").astype("U11")
    side[~known.all(axis=1)] = "cannot tell"
    side[found.curve] = "crosses"
    crossings = _crossing_table(asked, found, table)
    crossings["settled"] = _settled(case, asked, draws, crossings, np.ptp(table, axis=1), settings)
    return crossings[["draw", *CROSSING_COLUMNS]], table, side


def _settled(
    case: Scenario,
    asked: _Asked,
    draws: pd.DataFrame | None,
    crossings: pd.DataFrame,
    spans: np.ndarray,
    settings: Mapping[str, Any],
) -> Any:
    """Say where a final value is one: still over the last tenth of the time. NA for others."""
    import pandas as pd

    times = settings["times"]
    known = pd.array([pd.NA] * len(crossings), dtype="boolean")
    if asked.output.reduction != "final" or times is None or crossings.empty:
        return known
    begin, end = float(times[0]), float(times[-1])
    course = {**settings, "times": [begin, begin + 0.9 * (end - begin), end]}
    curve = crossings["draw"].to_numpy()
    members = asked.members(draws, curve, crossings["value"].to_numpy())
    plain = asked.output.text[: -len(" final")]
    values = answer(case, members, [plain], **course).values
    change = np.abs(values[:, 2] - values[:, 1])
    known[np.isfinite(change)] = (change <= STILL * spans[curve])[np.isfinite(change)]
    return known


def _crossing_table(asked: _Asked, found: Brackets, table: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    lowest = np.nanmin(np.where(np.isfinite(table), table, np.inf), axis=1)
    highest = np.nanmax(np.where(np.isfinite(table), table, -np.inf), axis=1)
    jumps = found.jumps((highest - lowest)[found.curve])
    kind = np.where(found.resolved, np.where(jumps, "jump", "root"), "unresolved")
    values = found.root(asked.at)
    allowed: Any = asked.box.accepts(pd.DataFrame({asked.axis: values})) if len(values) else []
    return pd.DataFrame(
        {
            "draw": found.curve,
            "value": values,
            "low": found.low,
            "high": found.high,
            "direction": np.where(found.rising, "rising", "falling"),
            "kind": kind,
            "before": found.before,
            "after": found.after,
            "allowed": np.asarray(allowed, dtype=bool),
        }
    )


def _spread(asked: _Asked, found: pd.DataFrame, values: np.ndarray, sides: np.ndarray) -> Spread:
    assert asked.draws is not None
    by_draw = found.groupby("draw")["value"]
    draws = asked.draws.assign(
        side=sides,
        critical=by_draw.min().reindex(asked.draws.index),
        crossings=by_draw.size().reindex(asked.draws.index).fillna(0).astype(int),
        failed=np.isnan(values).sum(axis=1),
    )
    varied = tuple(map(str, asked.draws.columns))
    return Spread(draws, found, varied, asked.axis, asked.output.text, asked.at)


def _record(case: Scenario, asked: _Asked, settings: Mapping[str, Any]) -> dict[str, str]:
    times = settings["times"]
    method = settings.get("method") or ("Euler" if times is None else ENSEMBLE_METHOD)
    setup = case.setup(times, outputs=[], method=method)[0]
    kept = ("model", "equations", "values", "start", "end", "method")
    record = {name: v for name, v in case.model.record(setup).items() if name in kept}
    drawn = {}
    if asked.draws is not None:
        columns = {str(name): asked.draws[name].to_numpy() for name in asked.draws.columns}
        drawn["samples"] = fingerprint(columns)
    return provenance(
        analysis="threshold",
        scenario=case.name,
        parameter=asked.axis,
        output=asked.output.text,
        at=asked.at,
        points=len(asked.grid),
        tolerance=asked.width,
        **record,
        **drawn,
        **case.draws_record,
    )
