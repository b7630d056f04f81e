"""What a fit leaves free: numbers with the constants they set, their scale, bounds and prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import special, stats

from secdil_sd.errors import Finding, InputError, collecting
from secdil_sd.names import key, spelling, split_selector, suggestion
from secdil_sd.simulation.companion import Distribution
from secdil_sd.simulation.parameters import Parameter, element_parameters

if TYPE_CHECKING:
    from secdil_sd.fitting.observed import Observed
    from secdil_sd.simulation.scenario import Scenario

WIDER = 2.0
"""Fits may leave the range that designs draw from, by this factor: data may say so."""
MUCH_WIDER = 5.0
"""And by this one where the model has no hard limits: no reaction and inverse reaction are news."""
SPAN = 3.29
"""Standard deviations that hold the middle nine tenths of a normal distribution."""
INITIAL = 5.0
"""Spending at the start lies within this factor of the first figure."""
UNIT = Distribution(kind="uniform", low=0.0, high=1.0)


@dataclass(frozen=True)
class Scale:
    """A scale on which a number is estimated; nothing is lost by going there and back.

    >>> Scale("log").to_natural(Scale("log").from_natural(5.0)).round(6)
    np.float64(5.0)
    """

    kind: Literal["identity", "log", "logit"]
    floor: float = 0.0
    ceiling: float = 1.0

    def from_natural(self, value: Any) -> np.ndarray:
        """Return natural values on this scale."""
        value = np.asarray(value, dtype=float)
        if self.kind == "log":
            return np.log(value - self.floor)
        if self.kind == "logit":
            return special.logit((value - self.floor) / (self.ceiling - self.floor))
        return value

    def to_natural(self, value: Any) -> np.ndarray:
        """Return values of this scale in natural units."""
        value = np.asarray(value, dtype=float)
        if self.kind == "log":
            return self.floor + np.exp(value)
        if self.kind == "logit":
            return self.floor + (self.ceiling - self.floor) * special.expit(value)
        return value


@dataclass(frozen=True)
class Free:
    """One number to fit.

    Parameters
    ----------
    name : str
        What tables call it: "fatigue[India]", or the name its author gave to tied constants.
    columns : tuple of str
        The constants it sets, all to the same value.
    scale : Scale
    low, high : float
        Bounds in natural units.
    start : tuple of float
        Natural range from which starts are drawn.
    prior : Distribution
        In natural units; cut off at the bounds.
    """

    name: str
    columns: tuple[str, ...]
    scale: Scale
    low: float
    high: float
    start: tuple[float, float]
    prior: Distribution

    @property
    def bounds(self) -> tuple[float, float]:
        """The bounds on the fitting scale."""
        low, high = self.scale.from_natural([self.low, self.high])
        return float(low), float(high)

    def log_prior(self, natural: np.ndarray) -> np.ndarray:
        """Return the log density of the prior, per natural unit, up to its cut at the bounds.

        Parameters
        ----------
        natural : array
            Values in natural units.
        """
        own = self.prior
        with np.errstate(all="ignore"):
            if own.kind == "normal":
                found = stats.norm.logpdf(natural, own.mean, own.spread)
            elif own.kind == "lognormal":
                found = stats.lognorm.logpdf(natural, own.spread, scale=own.mean)
            elif own.kind == "loguniform":
                found = stats.loguniform.logpdf(natural, own.low, own.high)
            elif own.kind == "uniform":
                low, high = own.low or 0.0, own.high or 0.0
                found = stats.uniform.logpdf(natural, low, high - low)
            else:
                found = _numerical_density(own, natural)
        inside = (natural >= self.low) & (natural <= self.high)
        return np.where(inside, found, -np.inf)

    def draw_prior(self, u: np.ndarray) -> np.ndarray:
        """Return draws of the prior, cut off at the bounds, at shares ``u`` of it."""
        grid = np.linspace(0, 1, 4097)[1:-1]
        quantiles = self.prior.quantile(grid)
        inside = (quantiles >= self.low) & (quantiles <= self.high)
        if not inside.any():
            return self.low + (self.high - self.low) * np.asarray(u)
        low, high = grid[inside][0], grid[inside][-1]
        return np.clip(self.prior.quantile(low + (high - low) * u), self.low, self.high)


def _numerical_density(own: Distribution, natural: np.ndarray) -> np.ndarray:
    """Log density of a distribution known by its quantiles."""
    grid = np.linspace(0, 1, 2049)
    points = own.quantile(np.clip(grid, 1e-9, 1 - 1e-9))
    density = np.gradient(grid, np.maximum.accumulate(points) + 1e-12 * np.arange(len(grid)))
    return np.log(np.interp(natural, points, density, left=0.0, right=0.0))


def free_parameters(
    case: Scenario,
    observed: Observed,
    names: Sequence[str] | None = None,
    bounds: Mapping[str, Any] | None = None,
    tied: Mapping[str, Sequence[str]] | None = None,
    priors: Mapping[str, Distribution] | None = None,
) -> tuple[Free, ...]:
    """Return what a fit leaves free.

    Parameters
    ----------
    case : Scenario
    observed : Observed
        Its size scales bounds of money where the model states no range.
    names : sequence of str, optional
        Constants ("fatigue": one number for each element; "fatigue[*]": one for all), or names
        of ``tied``; default what the scenario's file lists, else what `usual_parameters` says.
    bounds : mapping of str to (low, high), optional
        By constant, element or tied name; natural units.
    tied : mapping of str to sequence of str, optional
        A name of one's own for constants that share one value.
    priors : mapping of str to Distribution, optional

    Raises
    ------
    InputError
        For unknown names, bounds that are none or beyond hard limits, constants without a range
        or bounds, and numbers set twice; all together.
    """
    own = case.file.fit if case.file else None
    tied = {**(own.tied if own else {}), **(tied or {})}
    spans = {**(own.bounds if own else {}), **(bounds or {})}
    beliefs = {**(own.priors if own else {}), **(priors or {})}
    listed = [names] if isinstance(names, str) else names
    wanted = list(listed) if listed is not None else list(own.parameters if own else ())
    if listed is None and not wanted:
        wanted = usual_parameters(case)
    if not wanted:
        message = f"{case.name!r} does not say which parameters to fit."
        remedy = "Name them, as parameters=['reaction', 'fatigue', 'initial spending']."
        raise InputError(Finding("error", message, "parameters", remedy=remedy))
    maker = _Maker(case, observed, spans, beliefs)
    for text in wanted:
        with collecting(maker.findings):
            if text in tied:
                maker.add(str(text), list(tied[text]))
            else:
                maker.each(str(text))
    maker.refuse(wanted, tied)
    return tuple(maker.found)


def check_names(
    case: Scenario, names: Sequence[str] | None, tied: Mapping[str, Sequence[str]] | None
) -> None:
    """Raise InputError for names of parameters that the model has not, all together."""
    own = case.file.fit if case.file else None
    known = {**(own.tied if own else {}), **(tied if isinstance(tied, Mapping) else {})}
    findings: list[Finding] = []
    for text in [names] if isinstance(names, str) else names or ():
        for each in known.get(text, (text,)) if isinstance(known.get(text, ()), Sequence) else ():
            with collecting(findings):
                element_parameters(case.model.system, case.model.companion, str(each), UNIT)
    if findings:
        raise InputError(*findings)


USUAL = ("reaction", "fatigue", "grievance_share", "grievance", "initial_spending")


def usual_parameters(case: Scenario) -> list[str]:
    """Return what one fits where nobody says otherwise: Richardson's three, and the start.

    >>> import secdil_sd as sd
    >>> usual_parameters(sd.load_scenario("wwi_blocs"))
    ['reaction', 'fatigue', 'grievance', 'initial spending']
    """
    roles = case.model.companion.roles
    constants = {each.name for each in case.model.system.variables if each.kind == "constant"}
    return [roles[role] for role in USUAL if roles.get(role) in constants]


class _Maker:
    """Free numbers being made: bounds, scales and priors from the model, the data and the user."""

    def __init__(
        self,
        case: Scenario,
        observed: Observed,
        bounds: Mapping[str, Any],
        priors: Mapping[str, Distribution],
    ) -> None:
        self.case, self.observed, self.bounds, self.priors = case, observed, bounds, priors
        self.found: list[Free] = []
        self.findings: list[Finding] = []
        self._used: set[str] = set()

    def each(self, text: str) -> None:
        """Add a number for each element a name stands for."""
        for one in self._elements(text):
            columns = [one.selector]
            if one.elements == () and "*" in text:
                columns = [p.selector for p in self._elements(one.name)]
            self.add(text if "*" in text else one.selector, columns, one)

    def add(self, name: str, texts: Sequence[str], one: Parameter | None = None) -> None:
        """Add one number for all constants listed."""
        if one is None:
            listed = [each for text in texts for each in self._elements(text)]
            columns = tuple(each.selector for each in listed)
            one = listed[0]
        else:
            columns = tuple(texts)
        low, high, start, prior = self._range(name, one)
        scale = self._scale(one.name, low, high)
        self.found.append(Free(name, columns, scale, low, high, start, prior))

    def _elements(self, text: str) -> list[Parameter]:
        system, companion = self.case.model.system, self.case.model.companion
        found = element_parameters(system, companion, text, UNIT)
        found = [
            each
            for each in found
            if not (len(each.elements) == 2 and each.elements[0] == each.elements[1])
        ]
        if not found:
            message = f"{text!r} has no element to fit."
            raise InputError(Finding("error", message, "parameters", (text,)))
        series = [each.name for each in found if each.name in self.case.values.series]
        if series:
            message = f"{text!r} is given as a measured series."
            remedy = "Fit another, or replace the series by a number."
            raise InputError(Finding("error", message, "parameters", (text,), remedy))
        return found

    def _range(
        self, name: str, one: Parameter
    ) -> tuple[float, float, tuple[float, float], Distribution]:
        """Bounds, start range and prior of a number, from the user, the model or the data."""
        low, high, start, prior = self._usual(one)
        given = self._lookup(self.bounds, name, one)
        if given is not None:
            low, high = self._checked(name, one, given)
            start = (max(start[0], low), min(start[1], high))
            if not start[0] < start[1]:
                start = (low, high)
        own = self._lookup(self.priors, name, one)
        if not np.isfinite([low, high]).all():
            message = f"{name!r} has neither a range in the model nor bounds."
            remedy = f"Give bounds={{{name!r}: (low, high)}}."
            raise InputError(Finding("error", message, "bounds", (name,), remedy))
        if own is None:
            own = prior or Distribution(kind="uniform", low=low, high=high)
        return low, high, start, own

    def _usual(
        self, one: Parameter
    ) -> tuple[float, float, tuple[float, float], Distribution | None]:
        roles = {spelling(name): role for role, name in self.case.model.companion.roles.items()}
        role = roles.get(spelling(one.name), "")
        variable = self.case.model.system[one.name]
        floor, ceiling = self._limits(one.name)
        if role == "initial_spending":
            first = self._first(one)
            first = first if first > 0 else max(self.observed.size, 1e-6)
            prior = Distribution(kind="lognormal", mean=first, spread=np.log(INITIAL) / SPAN * 2)
            return first / INITIAL, first * INITIAL, (0.7 * first, 1.4 * first), prior
        if role in ("grievance", "arming_shock_amplitude"):
            size = self.observed.size if self._in_money else self._first()
            prior = Distribution(kind="normal", mean=0.0, spread=size)
            return -3 * size, 3 * size, (-0.2 * size, 0.4 * size), prior
        low, high = variable.low, variable.high
        if low is None or high is None or not low < high:
            return -np.inf, np.inf, (-np.inf, np.inf), None
        if not np.isfinite(floor):
            most = max(abs(low), abs(high))
            prior = Distribution(kind="normal", mean=0.0, spread=most / 2)
            return -MUCH_WIDER * most, MUCH_WIDER * most, (low, high), prior
        if np.isfinite(ceiling):
            prior = Distribution(kind="uniform", low=low, high=high)
            return max(floor, low), min(ceiling, high), (low, high), prior
        if low > floor:
            spread = (np.log(high) - np.log(low)) / SPAN
            prior = Distribution(kind="lognormal", mean=float(np.sqrt(low * high)), spread=spread)
            return low / WIDER, high * WIDER, (low, high), prior
        prior = Distribution(kind="normal", mean=(low + high) / 2, spread=(high - low) / 2)
        return floor, high * WIDER, (low, high), prior

    @property
    def _in_money(self) -> bool:
        roles = self.case.model.companion.roles
        return key(self.observed.variable) == key(roles.get("spending", "spending"))

    def _first(self, one: Parameter | None = None) -> float:
        """Spending at the start: the first figure, or where spending is not what is fitted, the
        case's own value."""
        if self._in_money:
            return self.observed.first(one.elements if one else ())
        name = self.case.model.companion.roles["initial_spending"]
        array = np.asarray(self.case.values.constants[name], dtype=float)
        places = [self.case.states.index(e) for e in (one.elements if one else ())]
        return float(array[places].mean() if places else array.mean())

    def _limits(self, name: str) -> tuple[float, float]:
        for known, limits in self.case.model.companion.limits.items():
            if spelling(known) == spelling(name):
                return float(limits[0]), float(limits[1])
        return -np.inf, np.inf

    def _scale(self, name: str, low: float, high: float) -> Scale:
        """Log and logit where the bounds keep off the hard limits; zero itself needs identity."""
        floor, ceiling = self._limits(name)
        if not np.isfinite(floor) or low <= floor:
            return Scale("identity")
        if np.isfinite(ceiling):
            return Scale("logit", floor, ceiling) if high < ceiling else Scale("identity")
        return Scale("log", 0.0 if floor < 1e-6 else floor)

    def _lookup(self, given: Mapping[str, Any], name: str, one: Parameter) -> Any:
        """Return what is said of a name, an element or a whole constant: the closest wins."""
        asked = [spelling(name), spelling(one.selector), spelling(one.name)]
        best = {}
        for text, value in given.items():
            base, chosen = split_selector(str(text))
            written = f"{base}[{','.join(chosen)}]" if chosen else base
            for form in (spelling(str(text)), spelling(written)):
                if form in asked:
                    best[asked.index(form)] = value
                    self._used.add(str(text))
        return best[min(best)] if best else None

    def _checked(self, name: str, one: Parameter, given: Any) -> tuple[float, float]:
        try:
            low, high = (float(each) for each in given)
        except (TypeError, ValueError):
            low = high = np.nan
        if not (np.isfinite([low, high]).all() and low < high):
            remedy = "Give two finite numbers, the lower first."
            message = f"The bounds of {name!r} are {given!r}."
            raise InputError(Finding("error", message, "bounds", (name,), remedy))
        floor, ceiling = self._limits(one.name)
        if low < floor or high > ceiling:
            message = f"The bounds of {name!r}, {low:g} to {high:g}, leave what has a meaning."
            remedy = f"Stay within {floor:g} and {ceiling:g}."
            raise InputError(Finding("error", message, "bounds", (name,), remedy))
        return low, high

    def refuse(self, wanted: Sequence[str], tied: Mapping[str, Sequence[str]]) -> None:
        """Raise with everything that is wrong."""
        set_by: dict[str, str] = {}
        for each in self.found:
            for column in each.columns:
                other = set_by.setdefault(column, each.name)
                if other != each.name:
                    message = f"{other!r} and {each.name!r} both set {column!r}."
                    self.findings.append(Finding("error", message, "parameters"))
        names = [each.name for each in self.found]
        for text in dict.fromkeys(names):
            if names.count(text) > 1:
                message = f"{text!r} is to be fitted twice."
                self.findings.append(Finding("error", message, "parameters", (text,)))
        said = {**self.bounds, **self.priors}
        own = self.case.file.fit if self.case.file else None
        by_file = set(own.bounds) | set(own.priors) if own else set()
        for text in said:
            if str(text) not in self._used and text not in by_file and not self.findings:
                message = f"Bounds or a prior are given for {text!r}, which is not fitted."
                hint = suggestion(str(text), names)
                self.findings.append(Finding("error", message, "bounds", (str(text),), hint))
        if self.findings:
            raise InputError(*self.findings)
