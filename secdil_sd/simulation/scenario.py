"""A scenario: a model with the values, times and history of one rivalry, ready to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd.errors import Finding, InputError
from secdil_sd.simulation.arguments import refuse_unknown
from secdil_sd.simulation.draws import checked_draws, set_by, told_of, without
from secdil_sd.simulation.engine import Setup
from secdil_sd.simulation.model import (
    ENSEMBLE_METHOD,
    ENSEMBLE_RTOL,
    RUN_ARGUMENTS,
    RUN_METHOD,
    RUN_RTOL,
    STATE_ARGUMENTS,
    Model,
)
from secdil_sd.simulation.outputs import Output
from secdil_sd.simulation.overrides import merged
from secdil_sd.simulation.parameters import Parameter, design_parameters
from secdil_sd.simulation.proposition import Proposition
from secdil_sd.simulation.scenario_file import (
    ScenarioFile,
)
from secdil_sd.simulation.state import going_on
from secdil_sd.simulation.values import Values, resolve

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Scenario:
    """One rivalry: what is asked, of which model, with which values, against which history.

    Made by `load_scenario`. ``replace`` is the only override; a run changes nothing.

    Parameters
    ----------
    name, title, question : str
    model : Model
        With the scenario's states as subscripts.
    params : mapping
        Values that differ from the model file's.
    times : tuple of float
        Output times; the integration starts at the first.
    data : DataFrame or None
        History: state, year, variable, value.
    varied : tuple of str
        Names of the parameters designs vary; none for every constant with a range.
    origins : mapping of str to str
        Where each value comes from: fitted, measured or judgement.
    cases : mapping of str to Scenario
        Variants that ``run`` puts side by side.
    draws : DataFrame or None
        What a fit leaves open: a row a draw, a column a fitted constant or element; rows belong
        together. Whatever analyses the scenario speaks over all of them; ``run`` takes the
        estimates.
    """

    name: str
    model: Model
    title: str = ""
    question: str = ""
    description: str = ""
    sources: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    times: tuple[float, ...] = ()
    data: pd.DataFrame | None = None
    varied: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    cases: Mapping[str, Scenario] = field(default_factory=dict)
    file: ScenarioFile | None = field(default=None, repr=False)
    path: Path | None = None
    draws: pd.DataFrame | None = field(default=None, repr=False)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters designs vary, with their distributions."""
        return design_parameters(self.model.system, self.model.companion, self.varied or None)

    @cached_property
    def values(self) -> Values:
        """The inputs of a run as arrays, whatever method solves it."""
        return resolve(self.model.system, self.params, self.model.companion.limits)

    @cached_property
    def draws_record(self) -> dict[str, str]:
        """What provenance says of the draws: how many, and their fingerprint; else nothing."""
        return told_of(self.draws)

    @property
    def propositions(self) -> Mapping[str, Proposition]:
        """What the scenario's author expects, by name; see `reality_check`."""
        return self.file.propositions if self.file else {}

    @property
    def states(self) -> tuple[str, ...]:
        """The states of the rivalry; empty for a model without them."""
        found = self.model.system.range("state")
        return found.elements if found else ()

    def replace(
        self,
        params: Mapping[str, Any] | None = None,
        times: Iterable[float] | None = None,
        **fields: Any,
    ) -> Scenario:
        """Return the scenario with some values, times or other fields replaced.

        Parameters
        ----------
        params : mapping, optional
            Merged over the scenario's own: an element ("transparency.India") keeps the rest.
            What they set is no longer drawn: it leaves the draws the scenario has.
        times : sequence of float, optional
        **fields
            title, question, data, varied, origins, draws (None for none).

        Raises
        ------
        InputError
            For unknown fields, suggesting the nearest; for draws that do not fit, or with cases.
        """
        known = (
            "title", "question", "description", "data", "varied", "origins", "caveats", "draws",
        )  # fmt: skip
        stray = {name: value for name, value in fields.items() if name not in known}
        refuse_unknown(stray, ("params", "times", *known), "replace")
        changes: dict[str, Any] = dict(fields)
        if params is not None:
            resolve(self.model.system, params, self.model.companion.limits)
            changes["params"] = merged(self.params, params, self.model.system.names)
            changes["cases"] = {n: each.replace(params=params) for n, each in self.cases.items()}
            if "draws" not in fields:
                system = self.model.system
                changes["draws"] = without(self.draws, system, set_by(system, params))
        if times is not None:
            changes["times"] = tuple(float(each) for each in times)
            changes["cases"] = {
                n: each.replace(times=changes["times"])
                for n, each in changes.get("cases", self.cases).items()
            }
        found = replace(self, **changes)
        if fields.get("draws") is None:
            return found
        self.refuse_cases()
        limits = self.model.companion.limits
        own = checked_draws(fields["draws"], self.model.system, found.values, limits)
        return replace(found, draws=own)

    def setup(
        self,
        times: Any = None,
        outputs: Sequence[str] | None = None,
        method: str = RUN_METHOD,
        rtol: float = RUN_RTOL,
    ) -> tuple[Setup, tuple[Output, ...]]:
        """Check the scenario and return what a run of it needs."""
        return self.model.setup(self.params, self._times(times), outputs, method, rtol)

    def refuse_cases(self) -> None:
        """Raise InputError if there are several cases where one is needed."""
        if self.cases:
            first = next(iter(self.cases))
            raise InputError(
                Finding(
                    "error",
                    f"The scenario {self.name!r} has cases {', '.join(self.cases)}.",
                    remedy=f"Take one of them, as case.cases[{first!r}].",
                )
            )

    def _times(self, times: Any, start_from: Any = None) -> Any:
        if times is not None or not self.times:
            return times
        if start_from is None:
            return self.times
        return going_on(self.times, self.model.read_state(start_from))

    def state(
        self,
        at: float,
        params: Mapping[str, Any] | None = None,
        samples: Any = None,
        **settings: Any,
    ) -> xr.Dataset:
        """Return everything a run needs to go on from a time; as `Model.state`."""
        stray = {n: v for n, v in settings.items() if n not in STATE_ARGUMENTS}
        refuse_unknown(stray, STATE_ARGUMENTS, "state")
        case = self.replace(params=params) if params else self
        case.refuse_cases()
        begin = {"start": case.times[0]} if case.times else {}
        return case.model.state(at, case.params, samples, **{**begin, **settings})

    def run(
        self,
        params: Mapping[str, Any] | None = None,
        times: Any = None,
        outputs: Sequence[str] | None = None,
        method: str | None = None,
        rtol: float = RUN_RTOL,
        start_from: Any = None,
        backend: str = "numpy",
        **unknown: Any,
    ) -> xr.Dataset:
        """Solve the scenario once, or once a case: then with the dimension ``case``.

        Parameters and errors as for `Model.run`; ``params`` are merged over the scenario's.
        """
        refuse_unknown(unknown, RUN_ARGUMENTS, "run")
        case = self.replace(params=params) if params else self
        if start_from is not None:
            case.refuse_cases()
        if case.cases:
            import xarray as xr

            runs = [
                each.run(None, times, outputs, method, rtol, backend=backend)
                for each in case.cases.values()
            ]
            labels = xr.DataArray(list(case.cases), dims="case", name="case")
            return xr.concat(
                runs,
                labels,
                coords="different",
                compat="equals",
                join="exact",
                combine_attrs="drop_conflicts",
            )
        moments = case._times(times, start_from)
        run = case.model.run(case.params, moments, outputs, method, rtol, start_from, backend)
        return run.assign_attrs(scenario=self.name, **case.draws_record)

    def run_ensemble(
        self,
        samples: Any,
        times: Any = None,
        outputs: Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
        method: str = ENSEMBLE_METHOD,
        rtol: float = ENSEMBLE_RTOL,
        **options: Any,
    ) -> xr.Dataset:
        """Solve the scenario for every row of ``samples``; as `Model.run_ensemble`."""
        case = self.replace(params=params) if params else self
        case.refuse_cases()
        moments = case._times(times, options.get("start_from"))
        run = case.model.run_ensemble(
            samples, moments, outputs, case.params, method, rtol, **options
        )
        return run.assign_attrs(scenario=self.name, **case.draws_record)

    def run_draws(
        self, times: Any = None, outputs: Sequence[str] | None = None, **options: Any
    ) -> xr.Dataset:
        """Solve the scenario for every draw of its fitted values; as `Model.run_ensemble`.

        Raises
        ------
        InputError
            If the scenario has no draws.
        """
        if self.draws is None:
            message = f"The scenario {self.name!r} has no draws."
            remedy = "Make it by fit.to_scenario(draws=200), or give it some by replace(draws=...)."
            raise InputError(Finding("error", message, "draws", remedy=remedy))
        case = self.replace(params=options.pop("params", None))
        if case.draws is None:
            message = f"These values set all that is drawn in {self.name!r}."
            raise InputError(Finding("error", message, "params", remedy="Use run instead."))
        return case.run_ensemble(case.draws, times, outputs, **options)


def scenario_of(model: Model) -> Scenario:
    """Return a model as a scenario of its own: the file's values and times."""
    return Scenario(model.name, model, title=model.name.replace("_", " "))


def model_of(case: Scenario | Model) -> Model:
    """Return the model of what a verb was given."""
    return case.model if isinstance(case, Scenario) else case
