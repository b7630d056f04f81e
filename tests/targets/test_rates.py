"""The form for many members, element by element, gives what the program over arrays gives."""

from __future__ import annotations

import numpy as np
import pytest
from model_files import FILES, loaded

from secdil_sd.targets.forms import Facts
from secdil_sd.targets.program import MANY_MEMBERS
from secdil_sd.targets.rates import print_inputs, print_rates

FEW = 20

EULER_ONLY = {"xmile_non_negative", "pipelines", "pipelines_subscripted"}
"""What other methods refuse by name."""


def states(initial: np.ndarray, members: int) -> np.ndarray:
    """States around the initial one, (stock, member)."""
    rng = np.random.default_rng(7)
    size = rng.uniform(0.5, 1.6, (len(initial), MANY_MEMBERS))
    shift = rng.normal(0, 0.3, (len(initial), MANY_MEMBERS))
    shift[:, 0] = 0.0
    return (np.nan_to_num(initial[:, :1]) * size + shift)[:, :members]


def times(model: object) -> np.ndarray:
    """Times on and off the grid, among them where things switch."""
    time = model.time  # type: ignore[attr-defined]
    ends = time.initial + (time.final - time.initial) * np.linspace(0, 1, 41)
    return np.concatenate([ends, ends + time.step, ends + time.step / 3])


def derivatives(bound: object, t: float, y: np.ndarray) -> np.ndarray:
    """The rates of a bound program."""
    out = np.full_like(y, 7.0)
    with np.errstate(all="ignore"):
        bound.derivatives(float(t), y, out)  # type: ignore[attr-defined]
    return out


@pytest.mark.parametrize("method", ["Euler", "DOP853"])
@pytest.mark.parametrize("name", FILES)
def test_equals_the_program_over_arrays(name, method):
    model = loaded(name)
    if name in EULER_ONLY and method != "Euler":
        return
    setup, _ = model.setup(method=method)
    few, many = (setup.bind(setup.observed, {}, n) for n in (FEW, MANY_MEMBERS))
    if not many.program.forms.rates(Facts()):
        pytest.skip("no form for single numbers")
    y = states(many.initial, MANY_MEMBERS)
    for t in times(model):
        wanted = derivatives(few, t, np.ascontiguousarray(y[:, :FEW]))
        found = derivatives(many, t, y)
        np.testing.assert_array_equal(found[:, :FEW], wanted)


def test_a_buffer_is_never_read_after_it_was_given_away():
    """Members differ, so that a buffer overwritten too early shows."""
    model = loaded("security_dilemma")
    setup, _ = model.setup(method="Euler")
    few, many = (setup.bind(setup.observed, {}, n) for n in (FEW, MANY_MEMBERS))
    y = states(many.initial, MANY_MEMBERS)
    first, turned = derivatives(many, 0.0, y), derivatives(many, 0.0, y[:, ::-1].copy())
    np.testing.assert_array_equal(turned[:, ::-1], first)
    np.testing.assert_array_equal(derivatives(many, 0.0, y), first)
    np.testing.assert_allclose(
        first[:, :FEW], derivatives(few, 0.0, y[:, :FEW].copy()), rtol=1e-14, atol=1e-14
    )


def test_names_of_a_model_are_only_ever_keys():
    """Printed code names values by number; what a file calls them stands in quotes."""
    for name in ("names", "security_dilemma"):
        setup, _ = loaded(name).setup(method="Euler")
        program = setup.bind(setup.observed, {}, 1).program
        scalars = program.forms.scalars(Facts())
        for text in (
            print_rates(scalars, program.schedule),
            print_inputs(scalars, program.schedule),
        ):
            tree = compile(text, "test", "exec")
            used = set(tree.co_names) | {
                each for code in _codes(tree) for each in (*code.co_names, *code.co_varnames)
            }
            assert not used & {"open", "import", "lambda", "exec", "__import__", "getattr"}
            assert all(each.isidentifier() for each in used)


def _codes(code):
    for each in code.co_consts:
        if hasattr(each, "co_names"):
            yield each
            yield from _codes(each)
