"""A model to run: equations, their companion file, and the verbs run and run_ensemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secdil_sd import bundle
from secdil_sd.equations.schedule import Schedule
from secdil_sd.equations.system import System
from secdil_sd.errors import Finding, SecdilError
from secdil_sd.simulation import ensemble, gains
from secdil_sd.simulation.arguments import (
    check_rtol,
    check_times,
    refuse_unknown,
)
from secdil_sd.simulation.backend import check_backend, chosen
from secdil_sd.simulation.companion import Companion, load_companion
from secdil_sd.simulation.compiler import Compiler, bind
from secdil_sd.simulation.control import Control, control
from secdil_sd.simulation.demands import check_memory, why_euler
from secdil_sd.simulation.describe import constants_table, schedule_table, variables_table
from secdil_sd.simulation.engine import Setup, absolute_tolerance
from secdil_sd.simulation.march import check_common_steps, march, moving_settings
from secdil_sd.simulation.outputs import Output, parse_outputs
from secdil_sd.simulation.reality import reality_findings, reality_table
from secdil_sd.simulation.relabel import relabelled
from secdil_sd.simulation.samples import Samples, resolve_samples
from secdil_sd.simulation.single import single_run
from secdil_sd.simulation.state import State, carried, gone_on, one_state, read_state
from secdil_sd.simulation.stop import stopped
from secdil_sd.simulation.values import Values, resolve
from secdil_sd.targets.program import Program

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

RUN_METHOD = "DOP853"
RUN_RTOL = 1e-8
ENSEMBLE_METHOD = "Tsit5"
ENSEMBLE_RTOL = 1e-6
STATE_ARGUMENTS = ("start", "method", "rtol", "chunk", "backend", "start_from")
RUN_ARGUMENTS = ("params", "times", "outputs", "method", "rtol", "start_from", "backend")
ENSEMBLE_ARGUMENTS = (
    "samples",
    "times",
    "outputs",
    "params",
    "method",
    "rtol",
    "chunk",
    "client",
    "store",
    "progress",
    "backend",
    "failures",
    "retry_failed",
    "start_from",
    "stragglers",
)
MOST_STATES_WITH_GAINS = 40


@dataclass(frozen=True)
class Model:
    """A system-dynamics model, ready to run.

    Made by `load_model`; a run never changes it.

    Parameters
    ----------
    system : System
        The equations as written.
    companion : Companion
        Roles, limits and distributions from the TOML file beside the model.
    path : Path or None
        The file it came from.
    """

    system: System
    companion: Companion = field(default_factory=Companion)
    path: Path | None = None
    compiler: Compiler = field(default_factory=Compiler, repr=False, compare=False)

    # what it is

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.system.name

    @cached_property
    def variables(self) -> pd.DataFrame:
        """One row a variable: key, name, kind, dimensions, units, range, equation, text."""
        return variables_table(self.system)

    @cached_property
    def constants(self) -> pd.DataFrame:
        """The constants among the variables, with their values."""
        return constants_table(self.system)

    @cached_property
    def reality_checks(self) -> pd.DataFrame:
        """The Reality Check lines of the file, which `reality_check` runs: one row a line."""
        return reality_table(self.system)

    @cached_property
    def defaults(self) -> Values:
        """The file's own values."""
        return resolve(self.system, None, self.companion.limits)

    @cached_property
    def _schedule(self) -> Schedule:
        return self.compiler.schedule(self.system)

    @property
    def schedule(self) -> pd.DataFrame:
        """What is computed when: one row an assignment (order, variable, stage, kind, equation)."""
        return schedule_table(self._schedule)

    @cached_property
    def program(self) -> Program:
        """The compiled program that observes every variable."""
        return self.compiler.program(self.system, self.defaults, self._all_variables)

    @property
    def source(self) -> str:
        """The NumPy code generated from the equations."""
        return self.program.source

    @cached_property
    def time(self) -> Control:
        """The file's time settings."""
        return control(self.system, self.compiler, self.defaults)

    def needs_euler(self, params: Mapping[str, Any] | None = None) -> str:
        """Say why no adaptive method solves the model, in a clause; empty if they do.

        Parameters
        ----------
        params : mapping, optional
            Values as for `run`; one that replaces an equation may take the reason away.
        """
        values = resolve(self.system, params, self.companion.limits)
        return why_euler(self.compiler.schedule(self.system, values), self.system)

    @property
    def _all_variables(self) -> tuple[str, ...]:
        kinds = ("stock", "auxiliary")
        return tuple(each.name for each in self.system.variables if each.kind in kinds)

    @property
    def gains(self) -> tuple[str, ...]:
        """Which of reaction gain and spiral number the model's roles allow."""
        return gains.available(self.companion.roles)

    def check(self) -> list[Finding]:
        """Return what is wrong or doubtful about the model, errors first.

        Returns
        -------
        list of Finding
            Empty for a sound model whose roles are all named.
        """
        findings = [*self.system.notes, *reality_findings(self.system)]
        for part in (lambda: self._schedule, lambda: self.defaults, lambda: self.time):
            try:
                part()
            except SecdilError as error:
                findings += [each for each in error.findings if each not in findings]
        for role, name in self.companion.roles.items():
            if name not in self.system:
                findings.append(
                    replace(self.system.names.unknown(name, "companion file"), variables=(role,))
                )
        if not self.gains:
            findings.append(gains.missing_finding(self.companion.roles, self.system.place))
        order = {"error": 0, "warning": 1, "note": 2}
        return sorted(findings, key=lambda each: order[each.severity])

    # relabelling

    def with_subscripts(self, **labels: Sequence[str]) -> Model:
        """Return the model with other elements in its subscript ranges.

        Parameters
        ----------
        **labels : sequence of str
            New elements for a range; ranges with the same elements follow (``state`` sets
            ``rival``).

        Raises
        ------
        InputError
            For an unknown range, repeated or no labels, or labels that equations name.
        """
        system = self.system
        for name, given in labels.items():
            system = relabelled(system, name, given)
        return replace(self, system=system)

    # running

    def setup(
        self,
        params: Mapping[str, Any] | None = None,
        times: Any = None,
        outputs: Sequence[str] | None = None,
        method: str = RUN_METHOD,
        rtol: float = RUN_RTOL,
        default_outputs: Callable[[], Iterable[str]] | None = None,
        start_from: Any = None,
    ) -> tuple[Setup, tuple[Output, ...]]:
        """Check what a run was given and return what it needs."""
        values = resolve(self.system, params, self.companion.limits)
        settings = control(self.system, self.compiler, values) if params else self.time
        texts = outputs if outputs is not None else (default_outputs or self.default_outputs)()
        wanted = parse_outputs(list(texts), self.system, extra=self.gains)
        names = (each.variable for each in wanted if each.variable not in gains.GAINS)
        observed = tuple(dict.fromkeys(names))
        state = None if start_from is None else self.read_state(start_from)
        course = march(self.system, self.compiler, values, settings, method, times)
        if course and state is not None:
            raise moving_settings(self.system)
        moments = course.times if course and times is None else times
        grid = check_times(moments, settings, values, method, state)
        start = float(grid[0]) if state is None else state.start
        base = bind(self.system, self.compiler, values, observed, start, settings.step, False)
        check_memory(base.program.schedule, self.system, method)
        rtol = check_rtol(rtol)
        atol = absolute_tolerance(base, self.system, rtol)
        setup = Setup(
            self.system, self.compiler, values, observed, grid, settings.step, method, rtol, atol
        )
        if course:
            setup = replace(setup, steps=course.steps)
        return (setup if state is None else gone_on(setup, state)), wanted

    def read_state(self, given: Any) -> State:
        """Return a state to go on from: what `state` gave, or the file it was saved in."""
        return read_state(given, self.system, self._schedule, self._equations)

    def state(
        self,
        at: float,
        params: Mapping[str, Any] | None = None,
        samples: Any = None,
        start: float | None = None,
        method: str | None = None,
        rtol: float | None = None,
        chunk: int | None = None,
        backend: str = "numpy",
        start_from: Any = None,
    ) -> xr.Dataset:
        """Return everything a run needs to go on from a time as if it had never stopped.

        ``run(start_from=state)`` with the same values, method and outputs gives what the run
        that was not interrupted gives: under Euler and RK4 to the last bit, under adaptive
        methods to tolerance. Values that ``params`` then set hold from that time on; INITIAL
        values stay those of the start.

        Parameters
        ----------
        at : float
            The time; under Euler and RK4 a whole number of steps after the start.
        params
            As for `run`.
        samples : DataFrame, optional
            A row a member, as for `run_ensemble`: then the state of each of them.
        start : float, optional
            Where the run begins; default INITIAL TIME.
        method, rtol
            As for `run` and `run_ensemble`.
        chunk, backend
            With samples, as for `run_ensemble`.
        start_from : Dataset or path, optional
            An earlier state to begin with.

        Returns
        -------
        xarray.Dataset
            Stocks, those inside delays and smooths included, and INITIAL values; ``time`` a
            coordinate. ``to_netcdf`` or ``to_zarr`` keep it; `run` takes the path as well.

        Raises
        ------
        InputError
            For anything that does not fit.
        SolveError
            If a single run stops before.

        Examples
        --------
        >>> model = load_model("richardson")
        >>> half = model.state(50, method="Euler")
        >>> rest = model.run(start_from=half, method="Euler", outputs=["spending"])
        >>> whole = model.run(method="Euler", outputs=["spending"])
        >>> bool((rest["spending"] == whole["spending"].sel(time=rest["time"])).all())
        True
        """
        several = samples is not None
        solving = {
            "method": method or (ENSEMBLE_METHOD if several else RUN_METHOD),
            "rtol": rtol or (ENSEMBLE_RTOL if several else RUN_RTOL),
            "start_from": start_from,
        }
        check_backend(backend)
        return stopped(self, at, params, samples, start, chunk, backend, solving)

    def default_outputs(self) -> tuple[str, ...]:
        """What a run gives unless asked for less: every stock and auxiliary, and the gains.

        The gains cost as many evaluations as there are states: large worlds ask for them.
        """
        states = self.system.range("state")
        small = states is None or len(states.elements) <= MOST_STATES_WITH_GAINS
        return (*self._all_variables, *(self.gains if small else ()))

    def default_ensemble_outputs(self) -> tuple[str, ...]:
        """What an ensemble gives unless asked: the stocks."""
        return tuple(each.name for each in self.system.variables if each.kind == "stock")

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
        """Solve the model once.

        Parameters
        ----------
        params : mapping, optional
            Values for constants (or auxiliaries, whose equations are then unused): scalars,
            arrays, mappings by element, or year-indexed Series for inputs that vary in time.
            Keys may name elements: ``"transparency.India"``.
        times : sequence of float, optional
            Output times, increasing; integration starts at the first with the file's initial
            values. Default: INITIAL TIME to FINAL TIME by SAVEPER.
        outputs : sequence of str, optional
            Variables, elements ("spending.India") or reductions ("peak spiral number").
            Default: every stock and auxiliary.
        method : str
            "DOP853" (the default), "RK45", "LSODA", "BDF", "Radau" (SciPy), "Tsit5", or "Euler"
            and "RK4" at the file's TIME STEP.
        rtol : float
            Relative tolerance of adaptive methods.
        start_from : Dataset or path, optional
            What `state` gave, to go on from there; times then begin with its time.
        backend : {"numpy", "numba"}
            What integrates, as for `run_ensemble`; compiled code pays for large worlds, and
            its default method is Tsit5.

        Returns
        -------
        xarray.Dataset
            Outputs as data variables over time and the model's dimensions; constants as
            coordinates.

        Raises
        ------
        InputError
            For anything that does not fit; all mistakes together.
        SolveError
            If the integration cannot reach the last output time.
        """
        refuse_unknown(unknown, RUN_ARGUMENTS, "run")
        if start_from is not None:
            start_from = one_state(self.read_state(start_from))
        check_backend(backend)
        method = method or (RUN_METHOD if backend == "numpy" else ENSEMBLE_METHOD)
        setup, wanted = self.setup(params, times, outputs, method, rtol, start_from=start_from)
        setup = replace(setup, backend=chosen(setup, backend))
        return single_run(setup, wanted, self.companion.roles, self.record(setup))

    def run_ensemble(
        self,
        samples: pd.DataFrame | Mapping[str, Any],
        times: Any = None,
        outputs: Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
        method: str = ENSEMBLE_METHOD,
        rtol: float = ENSEMBLE_RTOL,
        chunk: int | None = None,
        client: Any = None,
        store: Any = None,
        progress: bool | Callable[[int, int], None] | None = None,
        backend: str = "numpy",
        failures: str = "record",
        retry_failed: bool | str = False,
        start_from: Any = None,
        stragglers: str = "alone",
        **unknown: Any,
    ) -> xr.Dataset:
        """Solve many members at once.

        Parameters
        ----------
        samples : DataFrame
            A row a member, a column a constant or one element of it ("transparency.India").
        times, outputs, params, method, rtol
            As for `run`, for every member. Default outputs: the stocks.
        chunk : int, optional
            Members solved together; by default a function of the model alone.
        client : int or executor, optional
            Who solves the chunks: a number of processes, or anything with ``submit`` (loky,
            concurrent.futures, a dask.distributed Client). Results do not depend on it. A
            worker that dies is named and its chunks are redone.
        store : path, optional
            A folder, as "x.zarr", that takes each chunk as soon as it is solved; the result is
            then read from there. The same call goes on where an interrupted one ended; a store
            of other samples, equations or settings is refused.
        progress : bool or callable(done, total), optional
            Show progress; by default on a terminal.
        backend : {"numpy", "numba"}
            What integrates: NumPy, or code compiled for this model (extra ``fast``), which is
            several times faster once compiled and kept for later runs. Where a construct or
            method has no compiled form, NumPy takes its place and a message says why.
        failures : {"record", "raise", "stop"}
            What failed members lead to: a status; an error after all ran; an error at once.
        retry_failed : bool or str
            Solve the members that failed (in this call or in the store) once more, by Radau or
            the method named; those whose workers died, as before.
        start_from : Dataset or path, optional
            What `state` gave, to go on from there: one for all members, or one of the same
            members.
        stragglers : {"alone", "drop"}
            What members that hold up their batch do: they are solved by themselves, or given up,
            with a status that says so. Fits drop them: who explodes is no candidate.

        Returns
        -------
        xarray.Dataset
            As `run`, with the dimension ``member``; what was sampled is a coordinate on it, and
            so are ``status`` ("ok", "not finite", ...) and ``stopped_at``. A failed member is
            NaN from there on and never takes the others down. Kept in a store, values are read
            from disk as they are asked for.

        Raises
        ------
        InputError
            For anything that does not fit; all mistakes together.
        SolveError
            If members failed and ``failures`` asks for an error.
        """
        refuse_unknown(unknown, ENSEMBLE_ARGUMENTS, "run_ensemble")
        check_backend(backend)
        start_from = None if start_from is None else self.read_state(start_from)
        manner = ensemble.Manner(chunk, client, store, progress, failures, retry_failed, stragglers)
        setup, wanted = self.setup(
            params, times, outputs, method, rtol, self.default_ensemble_outputs, start_from
        )
        setup, drawn = self.drawn(setup, samples, start_from, backend)
        setup = replace(setup, alone=manner.stragglers == "alone")
        record = self.record(setup, drawn)
        return ensemble.run_chunks(setup, wanted, drawn, self.companion.roles, record, manner)

    def drawn(
        self, setup: Setup, samples: Any, start_from: Any, backend: str
    ) -> tuple[Setup, Samples]:
        """Return the members, with what they bring along from an earlier run, and their setup."""
        found = resolve_samples(self.system, samples, setup.values, self.companion.limits)
        if start_from is not None:
            found = carried(found, self.read_state(start_from), setup)
        setup = _with_replaced(setup, found, self.system)
        setup = replace(setup, backend=chosen(setup, backend))
        check_common_steps(setup, found.base)
        return setup, found

    @cached_property
    def _equations(self) -> str:
        """Fingerprint of the equations: taken once, since it reads every one."""
        from secdil_sd.provenance import fingerprint

        return fingerprint(self.system)

    def record(self, setup: Setup, drawn: Samples | None = None) -> dict[str, str]:
        """Return the provenance of a run, or of an ensemble with its samples."""
        from secdil_sd.provenance import fingerprint, provenance

        series = {name: (each.knots, each.values) for name, each in setup.values.series.items()}
        given: dict[str, Any] = {"constants": dict(setup.values.constants), "series": series}
        if setup.values.lookups:
            given["lookups"] = setup.values.lookups
        samples = {} if drawn is None else {"samples": drawn.fingerprint, "backend": setup.backend}
        if setup.origin is not None:
            samples["state"] = setup.origin.state
        return provenance(
            model=self.name,
            equations=self._equations,
            method=setup.method,
            rtol=setup.rtol,
            start=float(setup.times[0]),
            end=float(setup.times[-1]),
            values=fingerprint(given),
            **samples,
        )


def load_model(
    name: str | Path,
    subscripts: Mapping[str, Sequence[str]] | None = None,
    data: str | Path | Sequence[str | Path] = (),
    **unknown: Any,
) -> Model:
    """Read a model: a bundled name, or the path of a Vensim or XMILE file.

    Parameters
    ----------
    name : str or Path
        "security_dilemma" or "richardson"; or a path, recognized by its ending (.mdl, .xmile,
        .stmx, .xml) or a folder separator.
    subscripts : mapping of str to sequence of str, optional
        Elements for subscript ranges, as `Model.with_subscripts`.
    data : path or sequence of paths, optional
        Files of values over time (.csv, .tab), as another model's output, for data variables
        that have none in the model.

    Returns
    -------
    Model

    Raises
    ------
    FileError
        If a file is missing or cannot be read.
    ModelError
        If it is not a model or an equation does not resolve; every mistake with its line.
    DataError
        If a data variable has no values in ``data``.

    Examples
    --------
    >>> model = load_model("richardson", subscripts={"state": ["India", "Pakistan"]})
    >>> run = model.run(times=[0, 1, 2], outputs=["spending"])
    >>> run["spending"].dims
    ('time', 'state')
    """
    from secdil_sd.reading.cache import load_system

    refuse_unknown(unknown, ("name", "subscripts", "data"), "load_model")
    text = str(name)
    is_path = isinstance(name, Path) or Path(text).suffix or "/" in text or "\\" in text
    path = Path(text) if is_path else bundle.model(text)
    system, compiler = _as_before(path, load_system(path))
    files = [data] if isinstance(data, str | Path) else list(data)
    if files:
        from secdil_sd.reading.recorded import read_recorded, with_recorded

        system = with_recorded(system, map(read_recorded, map(Path, files)))
        compiler = Compiler()
    model = Model(system, load_companion(path), path, compiler=compiler)
    return model.with_subscripts(**subscripts) if subscripts else model


MOST_LOADED = 16
"""Model files whose compiled programs are kept for whoever loads them again."""
_LOADED: dict[Path, tuple[System, Compiler]] = {}


def _as_before(path: Path, system: System) -> tuple[System, Compiler]:
    """What was compiled for a file serves again while the file says the same."""
    place = path.resolve()
    known = _LOADED.pop(place, None)
    if known is not None and known[0].variables == system.variables:
        system, compiler = replace(system, variables=known[0].variables), known[1]
    else:
        compiler = Compiler()
    _LOADED[place] = system, compiler
    for oldest in list(_LOADED)[:-MOST_LOADED]:
        del _LOADED[oldest]
    return system, compiler


def _with_replaced(setup: Setup, drawn: Samples, system: System) -> Setup:
    """Auxiliaries among the samples are replaced for every member."""
    new = {each for each in drawn.base if system[each].kind not in ("constant", "data")}
    if new <= setup.values.replaced:
        return setup
    return replace(setup, values=replace(setup.values, replaced=setup.values.replaced | new))
