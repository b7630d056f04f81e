"""Loops over whole arrays give the rates that NumPy gives, for one member and for a block."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import secdil_sd as sd
from secdil_sd.equations.nests import NoScalarForm, nested_form
from secdil_sd.targets.nest_inputs import print_nest_inputs
from secdil_sd.targets.nests import inputs_of, print_nests
from secdil_sd.targets.runtime import Clock, SeriesTable, namespace

pytest.importorskip("numba")

from secdil_sd.targets import lanes
from secdil_sd.targets.native import shared_data, stacked

CONSTRUCTS = sorted((Path(__file__).parents[1] / "models" / "constructs").glob("*.*dl"))
STEP = 0.25


def rates_in_loops(bound, constants, series, t, y, uniform, width):
    """The printed loops run by Python itself: (stock, member)."""
    schedule = bound.program.schedule
    form = nested_form(schedule, uniform)
    names = tuple(sorted(n for n, slot in schedule.slots.items() if slot.role == "series"))
    text = print_nests(form, schedule.slots, names, width)
    clock = Clock(STEP, True)
    tables = {name: SeriesTable(*pair, (1,)) for name, pair in series.items()}
    scope = {**namespace(clock, False)}
    exec(bound.program.source, scope)
    members = y.shape[1]

    def new(*shape, logical=False):
        return np.empty((*shape, members), dtype=bool if logical else float)

    given = {n: np.asarray(v, dtype=float)[..., None] for n, v in constants.items()}
    with np.errstate(all="ignore"):
        *_, known = scope["build"](given, tables, t, np.zeros_like(y), new, (members,))
        exec(print_nest_inputs(form, schedule.slots), scope)
        values = scope["build"](given, known)
    shapes = [tuple(form.sizes[a] for a in form.nodes[k].axes) for k in inputs_of(form)]
    inputs = stacked(values, shapes, members)
    scope = lanes.namespace()
    exec(text.source, scope)
    shared = shared_data(clock, [tables[each] for each in names])
    found = np.empty_like(y)
    with np.errstate(all="ignore"):
        for first in range(0, members, width):
            block = slice(first, first + width)
            rates = np.full(width * len(y), np.nan)
            scratch = np.full(text.scratch, np.nan)
            state = np.ascontiguousarray(y[:, block]).ravel()
            p = np.ascontiguousarray(inputs[:, block]).ravel()
            scope["rates"](t, state, p, shared, scratch, rates)
            found[:, block] = rates.reshape(len(y), width)
    return found


def compared(model, width, uniform=None, params=None, members=4):
    """Rates of loops and of NumPy at states around the start."""
    setup, _ = model.setup(params=params, method="Euler")
    setup = replace(setup, observed=())
    roles = setup.compiler.schedule(setup.system, setup.values).slots
    constants = {
        n: v
        for n, v in setup.values.constants.items()
        if n in roles and roles[n].role == "constant"
    }
    bound = setup.bind((), {}, members)
    rng = np.random.default_rng(5)
    y = bound.initial * rng.uniform(0.8, 1.2, bound.initial.shape)
    y = y + rng.uniform(0.0, 0.1, y.shape)
    t = float(setup.times[0]) + 3.0
    series = {n: (s.knots, s.values) for n, s in setup.values.series.items()}
    bound = bound.program.bind(constants, series, t, STEP, True, members)
    expected = np.empty_like(y)
    with np.errstate(all="ignore"):
        bound.derivatives(t, y, expected)
    found = rates_in_loops(bound, constants, series, t, y, uniform, width)
    return found, expected


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("path", CONSTRUCTS, ids=lambda each: each.stem)
def test_constructs(path, width):
    try:
        found, expected = compared(sd.load_model(path), width)
    except NoScalarForm as reason:
        assert str(reason).endswith(".")
        return
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("states", [2, 5])
@pytest.mark.parametrize("name", ["security_dilemma", "richardson"])
def test_bundled(name, states, width):
    model = sd.load_model(name, subscripts={"state": [f"S{k}" for k in range(states)]})
    params = {"interaction": 0.3, "preemption": 0.2} if name == "security_dilemma" else None
    found, expected = compared(model, width, params=params)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


def test_what_is_the_same_everywhere_is_folded_without_a_change():
    model = sd.load_model("security_dilemma", subscripts={"state": ["A", "B", "C"]})
    neutral = {"interaction": 0.0, "preemption": 0.0, "deterrence": 0.0}
    uniform = {"interaction": 0.0, "preemption": 0.0, "deterrence": 0.0, "belief delay": "positive"}
    schedule = model._schedule
    assert len(nested_form(schedule, uniform).levels) < len(nested_form(schedule).levels)
    found, expected = compared(model, 4, uniform, neutral)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


def test_a_world_compiles_and_agrees_with_numpy():
    states = [f"S{k:02d}" for k in range(50)]
    model = sd.load_model("security_dilemma", subscripts={"state": states})
    samples = {"worst case bias": [0.5, 0.7]}
    settings = {"times": range(0, 21, 5), "outputs": ["spending", "hostility belief"]}
    numpy = model.run_ensemble(samples, backend="numpy", rtol=1e-8, **settings)
    numba = model.run_ensemble(samples, backend="numba", rtol=1e-8, **settings)
    assert numba.attrs["backend"] == "numba"
    for name in ("spending", "hostility_belief"):
        np.testing.assert_allclose(numba[name].values, numpy[name].values, rtol=1e-6)


def test_what_turns_out_to_be_known_early_is_still_written_where_loops_read_it():
    model = sd.load_model("security_dilemma", subscripts={"state": [f"S{k}" for k in range(9)]})
    openness = np.linspace(0.1, 0.9, 9)
    params = {"democracy": openness, "transparency": openness, "sensibility": openness}
    settings = {"params": params, "times": range(0, 11, 5), "outputs": ["spending"], "rtol": 1e-9}
    numpy = model.run_ensemble({"fatigue": [0.2, 0.3]}, backend="numpy", **settings)
    numba = model.run_ensemble({"fatigue": [0.2, 0.3]}, backend="numba", **settings)
    assert numba.attrs["backend"] == "numba"
    np.testing.assert_allclose(numba["spending"].values, numpy["spending"].values, rtol=1e-7)
