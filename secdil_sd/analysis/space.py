"""The space a design is drawn from: what varies, how it is distributed, what it must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from secdil_sd.analysis.salib_problem import salib_problem
from secdil_sd.analysis.unit_cube import DESIGNS, Design, unit_points
from secdil_sd.equations.dimensions import dimensions, positions
from secdil_sd.errors import Finding, InputError, SecdilError
from secdil_sd.names import Names, spelling, split_selector, suggestion
from secdil_sd.simulation.companion import Constraint
from secdil_sd.simulation.draws import named, ordered, without
from secdil_sd.simulation.parameters import Parameter, design_parameters
from secdil_sd.simulation.samples import resolve_samples
from secdil_sd.simulation.scenario import Scenario, model_of, scenario_of

if TYPE_CHECKING:
    import pandas as pd

    from secdil_sd.equations.system import System
    from secdil_sd.simulation.model import Model
    from secdil_sd.simulation.values import Values

TRIAL = 4096
"""Draws that tell which share of the space keeps the constraints."""
FITTED = "draw of the fit"
"""What a space calls the draws of a fit: rows belong together, so they vary as one."""
LEAST_SHARE = 1e-3
"""A constraint that keeps less than this share of the draws accepts nothing worth drawing."""


def as_case(subject: Scenario | Model) -> Scenario:
    """Return what a verb was given as one scenario; one with cases must be narrowed to a case.

    Raises
    ------
    InputError
        If the scenario has cases, or the subject is neither a scenario nor a model.
    """
    if isinstance(subject, Scenario):
        subject.refuse_cases()
        return subject
    return scenario_of(checked_model(subject))


def checked_model(subject: Scenario | Model) -> Model:
    """Return the model of what a user gave to a verb.

    Raises
    ------
    InputError
        If it is neither a scenario nor a model.
    """
    model = model_of(subject)
    if not hasattr(model, "with_subscripts"):
        message = f"A {type(subject).__name__} is neither a scenario nor a model."
        remedy = "Load one by sd.load_scenario(name) or sd.load_model(name)."
        raise InputError(Finding("error", message, remedy=remedy))
    return model


@dataclass(frozen=True)
class Space:
    """What a design varies.

    Parameters
    ----------
    case : Scenario
    parameters : tuple of Parameter
    constraints : tuple of Constraint
        The model companion's and the user's.
    groups : mapping of str to tuple of str
        Names for parameters that are judged together: selectors by group; empty for none.
    fitted : DataFrame or None
        Draws of a fit, a row of which goes into every draw of the space; see `with_draws`.
    """

    case: Scenario
    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fitted: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """What varies by itself: the dimensions of a design."""
        own = tuple(each.selector for each in self.parameters)
        return own if self.fitted is None else (*own, FITTED)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of samples, in order."""
        own = tuple(each.selector for each in self.parameters)
        return own if self.fitted is None else (*own, *map(str, self.fitted.columns))

    def with_draws(self) -> Space:
        """Return the space with the case's draws of fitted values in it.

        They vary as one thing, independently of the parameters; what the space varies itself
        leaves them.
        """
        left = without(self.case.draws, self.case.model.system, self.names)
        return self if left is None else replace(self, fitted=ordered(left))

    def size(self, n: int) -> int:
        """Return how many draws `draw` gives of ``n``: where only a fit is open, its own."""
        alone = not self.parameters and self.fitted is not None
        return min(n, len(self.fitted)) if alone and self.fitted is not None else n

    @property
    def binding(self) -> tuple[Constraint, ...]:
        """The constraints that concern something this space varies."""
        drawn = {spelling(each.name) for each in self.parameters}
        return tuple(
            rule
            for rule in self.constraints
            if any(spelling(_constant(name)) in drawn for _, name in rule.terms)
        )

    @property
    def constrained(self) -> bool:
        """Whether a draw from the full box can break a constraint."""
        return any(share < 1 for share in self.kept_shares().values())

    def at(self, u: np.ndarray) -> pd.DataFrame:
        """Return the samples that lie at shares ``u`` of each parameter's distribution.

        Parameters
        ----------
        u : array (member, dimension)
            Numbers from 0 to 1, a column a name.

        Examples
        --------
        >>> import secdil_sd as sd
        >>> box = space(sd.load_model("security_dilemma"), {"worst case bias": (0, 1)})
        >>> box.at(np.array([[0.25], [0.5]]))["worst case bias"].tolist()
        [0.25, 0.5]
        """
        import pandas as pd

        u = np.asarray(u, dtype=float)
        columns = {
            each.selector: each.distribution.quantile(u[:, k])
            for k, each in enumerate(self.parameters)
        }
        found = pd.DataFrame(columns, index=range(len(u)))
        if self.fitted is None:
            return found
        row = np.minimum((u[:, -1] * len(self.fitted)).astype(int), len(self.fitted) - 1)
        return pd.concat([found, self.fitted.iloc[row].reset_index(drop=True)], axis=1)

    def accepts(self, draws: pd.DataFrame) -> np.ndarray:
        """Say which rows keep every constraint; what is not drawn has the case's value.

        Raises
        ------
        InputError
            If a constraint names something that is no constant, or a draw leaves a hard limit.
        """
        good = np.ones(len(draws), dtype=bool)
        for kept in self._kept(draws).values():
            good &= kept
        return good

    def kept_shares(self) -> dict[str, float]:
        """Return for each constraint the share of the box that keeps it."""
        if not self.binding:
            return {}
        from scipy.stats import qmc

        u = qmc.Sobol(len(self.names), rng=np.random.default_rng(0)).random(TRIAL)
        corners = np.random.default_rng(0).integers(0, 2, (TRIAL, len(self.names)))
        kept = self._kept(self.at(np.vstack([u, np.clip(corners, 1e-9, 1 - 1e-9)])))
        return {  # a corner that breaks it shows in a share below 1
            text: float(rows[:TRIAL].mean()) if rows[:TRIAL].mean() < 1 else float(rows.mean())
            for text, rows in kept.items()
        }

    def draw(self, n: int, seed: int = 1, design: Design = "latin hypercube") -> pd.DataFrame:
        """Return ``n`` draws that keep the constraints.

        Parameters
        ----------
        n : int
        seed : int
        design : {"latin hypercube", "sobol", "random"}
            How the box is filled; draws that break a constraint are left out and made up for.
            Where nothing but a fit is open these are its draws, each once at most.

        Returns
        -------
        DataFrame
            A row a member, a column a parameter.

        Raises
        ------
        InputError
            If nearly nothing keeps the constraints: says which share each of them keeps.
        """
        check_count(n)
        if design not in DESIGNS:
            hint = suggestion(str(design), DESIGNS)
            raise InputError(Finding("error", f"No design {design!r}.", remedy=hint))
        if not self.parameters and self.fitted is not None:
            rows = np.random.default_rng(seed).permutation(len(self.fitted))[:n]
            return self.fitted.iloc[np.sort(rows)].reset_index(drop=True)
        share = self._share()
        wanted = n if share == 1 else int(np.ceil(1.1 * n / share)) + 16
        while True:
            draws = self.at(unit_points(wanted, len(self.names), seed, design))
            kept = draws[self.accepts(draws)]
            if len(kept) >= n:
                return kept.iloc[:n].reset_index(drop=True)
            wanted *= 2

    def to_salib(self) -> dict[str, Any]:
        """Return the problem as SALib takes it: num_vars, names, bounds, dists, groups.

        Raises
        ------
        InputError
            For distributions SALib does not have (PERT, discrete); sample those here.

        Examples
        --------
        >>> import secdil_sd as sd
        >>> box = space(sd.load_model("security_dilemma"), ["worst case bias", "base hazard"])
        >>> box.to_salib()["dists"]
        ['unif', 'logunif']
        """
        problem = salib_problem(self.parameters)
        if self.fitted is not None:
            problem["num_vars"] += 1
            problem["names"].append(FITTED)
            problem["bounds"].append([0.0, 1.0])
            problem["dists"].append("unif")
        if self.groups:
            problem["groups"] = self.group_labels()
        return problem

    def group_labels(self) -> list[str]:
        """Return the group of each parameter; one in none is a group of its own."""
        of = {name: group for group, names in self.groups.items() for name in names}
        return [of.get(name, name) for name in self.names]

    def _kept(self, draws: pd.DataFrame) -> dict[str, np.ndarray]:
        """Return by constraint which rows keep it."""
        rules = self.binding
        if not rules:
            return {}
        system, own = self.case.model.system, self.case.values
        drawn = resolve_samples(system, draws, own, self.case.model.companion.limits).constants
        kept: dict[str, np.ndarray] = {}
        for rule in rules:
            values = {name: values_of(system, name, drawn, own) for _, name in rule.terms}
            held = np.broadcast_to(rule.holds(values), np.broadcast(*values.values()).shape)
            kept[rule.text] = np.asarray(held.reshape(-1, held.shape[-1]).all(axis=0))
        return kept

    def _share(self) -> float:
        """The share of the box that keeps all constraints."""
        if not self.binding:
            return 1.0
        share = float(self.accepts(self.at(unit_points(TRIAL, len(self.names), 0, "sobol"))).mean())
        if share < LEAST_SHARE:
            findings = [
                Finding(
                    "error",
                    f"The constraint {text!r} keeps {kept:.2%} of what is drawn.",
                    remedy="Widen the ranges of what it names, or leave it out.",
                )
                for text, kept in self.kept_shares().items()
                if kept < 1
            ]
            raise InputError(*findings)
        return share


def space(
    case: Scenario | Model,
    parameters: Sequence[str | Parameter] | Mapping[str, Any] | None = None,
    constraints: Sequence[str] | None = (),
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Space:
    """Return what a design of a case varies.

    Parameters
    ----------
    case : Scenario or Model
    parameters : sequence of str, or mapping of str to range, optional
        Constants or elements: an array gives a parameter an element, "transparency[*]" one for
        all elements. Ranges: (low, high), a Distribution, a mapping of its fields, or None for
        the model's. Default: the scenario's own list, else every constant with a range that is
        no series, no switch (with one a design would mix two models) and has no draws of a fit.
    constraints : sequence of str, optional
        Such as "reaction.East >= reaction.West", besides the model's; None for none at all.
    groups : mapping of str to sequence of str, optional
        Parameters that are judged together.

    Returns
    -------
    Space

    Raises
    ------
    InputError
        All mistakes together: unknown names, ranges that are none, names given twice.

    Examples
    --------
    >>> import secdil_sd as sd
    >>> box = space(sd.load_scenario("cold_war"), ["fatigue", "transparency[*]"])
    >>> box.names
    ('fatigue[United States]', 'fatigue[Soviet Union]', 'transparency')
    """
    case = as_case(case)
    findings: list[Finding] = []
    found: tuple[Parameter, ...] = ()
    rules: tuple[Constraint, ...] = ()
    try:
        found = _parameters(case, parameters)
    except SecdilError as error:
        findings += error.findings
    try:
        rules = _constraints(case, constraints)
    except SecdilError as error:
        findings += error.findings
    if findings:
        raise InputError(*findings)
    box = Space(case, found, rules)
    return Space(case, found, rules, _groups(box, groups)) if groups else box


def is_drawn(case: Scenario, parameter: Parameter) -> bool:
    """Say whether a case has draws of a fit for a parameter."""
    if case.draws is None:
        return False
    return not set(named(case.model.system, parameter.selector)).isdisjoint(case.draws.columns)


def check_count(n: Any, least: int = 1, what: str = "n") -> None:
    """Raise InputError unless ``n`` is a whole number of at least ``least``."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least:
        remedy = f"Give a whole number of at least {least}."
        raise InputError(Finding("error", f"{what} is {n!r}.", variables=(what,), remedy=remedy))


def check_seed(seed: Any) -> None:
    """Raise InputError unless ``seed`` is a whole number of at least 0."""
    check_count(seed, 0, "seed")


def _parameters(case: Scenario, given: Any) -> tuple[Parameter, ...]:
    timed = {spelling(name) for name in case.values.series}
    if given is None:
        listed = bool(case.varied)
        found = tuple(
            each
            for each in case.parameters
            if spelling(each.name) not in timed and (listed or not each.is_switch)
        )
        found = tuple(each for each in found if not is_drawn(case, each))
        if not found and case.draws is None:
            message = f"Nothing in {case.name!r} has a range to vary over."
            remedy = "Name parameters with ranges, as {'reaction': (0.1, 0.3)}."
            raise InputError(Finding("error", message, remedy=remedy))
        return found
    found = design_parameters(case.model.system, case.model.companion, given)
    findings = [
        Finding(
            "error",
            f"{each.name!r} is given as a series over time, so it cannot be varied.",
            variables=(each.name,),
            remedy="Leave it out, or replace the series by a number.",
        )
        for each in {each.name: each for each in found if spelling(each.name) in timed}.values()
    ]
    if findings:
        raise InputError(*findings)
    return found


def _constraints(case: Scenario, given: Sequence[str] | None) -> tuple[Constraint, ...]:
    if given is None:
        return ()
    texts = [given] if isinstance(given, str) else list(given)
    own = tuple(Constraint.parse(str(each)) for each in texts)
    known = Names(
        [each.name for each in case.model.system.variables if each.kind == "constant"], "constant"
    )
    findings = [
        known.unknown(name, f"constraint {rule.text!r}")
        for rule in own
        for _, name in rule.terms
        if _constant(name) not in known and name not in known
    ]
    if findings:
        raise InputError(*findings)
    return (*case.model.companion.constraints, *own)


def _groups(box: Space, groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Resolve the members of each group to selectors."""
    found: dict[str, tuple[str, ...]] = {}
    findings: list[Finding] = []
    taken: dict[str, str] = {}
    for group, names in groups.items():
        members: list[str] = []
        for name in [names] if isinstance(names, str) else map(str, names):
            plain = name.removesuffix("[*]")  # how a parameter of all elements may be written
            chosen = [
                each.selector
                for each in box.parameters
                if spelling(plain) in (spelling(each.name), spelling(each.selector))
            ]
            if not chosen:
                hint = suggestion(name, [*box.names, *(each.name for each in box.parameters)])
                message = f"The group {group!r} names {name!r}, which is not varied."
                findings.append(Finding("error", message, variables=(name,), remedy=hint))
            members += chosen
        for member in members:
            other = taken.setdefault(member, group)
            if other != group:
                message = f"{member!r} is in the groups {other!r} and {group!r}."
                findings.append(
                    Finding("error", message, variables=(member,), remedy="Leave it in one.")
                )
        found[str(group)] = tuple(dict.fromkeys(members))
    if findings:
        raise InputError(*findings)
    return found


def _constant(name: str) -> str:
    """The constant a term of a constraint names, whichever of its elements it means."""
    return split_selector(name)[0]


def values_of(
    system: System, name: str, drawn: Mapping[str, np.ndarray], values: Values
) -> np.ndarray:
    """Return the values of a constant, (*dimensions, member), or of one element, (member,).

    ``drawn`` holds what differs between members, by name; of the rest there is one member.
    """
    text, chosen = (name, ()) if name in system else split_selector(name)
    whole = system.names[text]
    found = drawn.get(whole)
    if found is None:
        found = np.asarray(values.constants[whole], dtype=float)[..., None]
    for dimension, element in zip(dimensions(system, whole), chosen, strict=False):
        found = found[positions(system, dimension, element)[0]]
    return found
