"""The bundled models under Euler: ours equals PySD's own run of the same file."""

from __future__ import annotations

import numpy as np
import pytest
from models.peers import pysd_run

import secdil_sd as sd
from secdil_sd import bundle
from secdil_sd.simulation.export import to_table


@pytest.mark.peer
@pytest.mark.parametrize("name", bundle.models())
def test_euler_equals_pysd(name):
    model = sd.load_model(name)
    ours = to_table(model.run(times=[0, 1, 2], method="Euler", outputs=model._all_variables))
    theirs = pysd_run(bundle.model(name), [0.0, 1.0, 2.0])
    shared = [each for each in ours.columns if each in theirs.columns]
    assert len(shared) > 0.9 * len(ours.columns)
    np.testing.assert_allclose(
        ours[shared].to_numpy(), theirs[shared].to_numpy(dtype=float), rtol=1e-10, atol=1e-12
    )
