"""Compiled rates give what the NumPy program gives, and their machine code is kept."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from model_files import FILES, loaded
from targets.test_rates import derivatives, states, times

pytest.importorskip("numba")

from numba import njit

from secdil_sd.solving.blocks import FAST, SIGNATURE
from secdil_sd.solving.contract import LANES
from secdil_sd.targets import lanes
from secdil_sd.targets.forms import Facts
from secdil_sd.targets.kernel import print_kernel
from secdil_sd.targets.native import compiled_rates


def kernel_rates(kernel, t, y):
    """The rates of one whole block, (stock, lane)."""
    out = np.full(y.size, 7.0)
    room = np.full(kernel.scratch, np.nan)
    inputs = np.ascontiguousarray(kernel.inputs[:, :LANES]).reshape(-1)
    kernel.rates(float(t), np.ascontiguousarray(y).reshape(-1), inputs, kernel.shared, room, out)
    return out.reshape(y.shape)


@pytest.mark.parametrize("name", FILES)
def test_equals_the_numpy_program(name):
    model = loaded(name)
    setup, _ = model.setup(method="Euler")
    plain = setup.bind(setup.observed, {}, LANES)
    if plain.program.forms.refusal:
        assert re.search(
            r"([A-Z]{3}|no stock).*\.$", plain.program.forms.refusal
        )  # names what it is
        return
    kernel = replace(setup, backend="numba").bind(setup.observed, {}, LANES).kernel
    y = states(plain.initial, LANES)
    for t in times(model):
        found, wanted = kernel_rates(kernel, t, y), derivatives(plain, t, y)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))
        whole = np.isfinite(wanted)
        size = np.max(np.abs(wanted[whole]), initial=1.0)
        np.testing.assert_allclose(found[whole], wanted[whole], rtol=1e-12, atol=1e-12 * size)


def test_equal_texts_are_compiled_once():
    program = loaded("richardson").setup()[0].bind(("spending",), {}, 1).program
    text = print_kernel(program.forms.scalars(Facts()), (), LANES).source
    assert compiled_rates(text) is compiled_rates("".join(list(text)))


def test_generated_code_has_no_builtins():
    program = loaded("richardson").setup()[0].bind(("spending",), {}, 1).program
    rates = compiled_rates(print_kernel(program.forms.scalars(Facts()), (), LANES).source)
    assert rates.py_func.__globals__["__builtins__"] == {}


def test_loops_are_vectors():
    """What the loops call was inlined: no call stands between a member and the next."""
    setup, _ = loaded("security_dilemma").setup()
    program = setup.bind(setup.observed, {}, 1).program
    names = {**lanes.namespace(), "__builtins__": {}}
    exec(print_kernel(program.forms.scalars(Facts()), (), LANES).source, names)
    rates = njit(SIGNATURE, fastmath=FAST, error_model="numpy")(names["rates"])
    code = "".join(rates.inspect_llvm().values())
    assert "x double>" in code
    assert "call double @exp" not in code and "call double @pow" not in code
